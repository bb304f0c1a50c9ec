"""Study 12 turns its verdicts when the population turns, and runs on a reader's own tables.

The cells are executed here, one after the other, with other parameters; that they run in a kernel is tested
where the stored outputs are.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.datasets import open_dataset
from workbench.errors import DataError, NotApplicable, SpecificationError
from workbench.indicators.definitions import compute, read_definitions
from workbench.reports.shipped import other_data
from workbench.studies import effectiveness_index as study

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_effectiveness_index.ipynb"
FIRMS = 40


def run(**parameters):
    """Names that the study leaves behind."""
    names = {"display": print}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        shipped = other_data(parameters) and "shipped" in cell["metadata"].get("tags", ())
        if cell["cell_type"] == "code" and not shipped:
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102 - our notebook
            if "parameters" in cell["metadata"].get("tags", ()):
                names.update({"draws": 500, **parameters})
    return names


def words(names):
    return {f"{v.claim} {v.part or ''}".strip(): v.word for v in names["verdicts"]}


def written(folder, name, frame):
    """A table and its codebook, as parameters take them."""
    file, book = folder / f"{name}.csv", folder / f"{name}.yaml"
    frame.to_csv(file, index=False)
    variables = {column: {"label": {"en": column}} for column in frame}
    texts = {c: {**v, "type": "text"} for c, v in variables.items() if frame[c].dtype.kind not in "if"}
    content = {"title": name, "kind": "user", "variables": variables | texts}
    book.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return str(file), str(book)


def firms(noise):
    """One good behind everything, hidden by more or less noise."""
    rng = np.random.default_rng(12)
    good = rng.normal(size=FIRMS)

    def score(low, high):
        seen = good + noise * rng.normal(size=FIRMS)
        return low + (high - low) * (seen - seen.min()) / np.ptp(seen)

    start, lost, deals = 10_000, score(3000, 500).round(), score(1000, 4000).round()
    rivals, bought = (
        (lost * score(0.6, 0.6 - 1e-9)).round(),
        deals if noise < 0.1 else score(1000, 4000).round(),
    )
    return pd.DataFrame(
        {
            "shop": [f"S{i}" for i in range(FIRMS)],
            "satisfaction": score(2, 5),
            "customers_start": start,
            "customers_lost": lost,
            "customers_lost_to_rivals": rivals,
            "sales_crm": score(500, 1500),
            "sales_planned": 1000.0,
            "leads": 5000,
            "deals": deals,
            "transactions": 5000,
            "transactions_crm": bought,
        }
    )


def customers(care):
    """Records of the firms; the more careful a firm (0 to 1), the more agree with what was verified."""
    rng = np.random.default_rng(7)
    firm = np.repeat(np.arange(FIRMS), 30)
    true = rng.choice(["app", "e-mail", "telephone"], len(firm))
    kept = rng.random(len(firm)) < 0.5 + 0.5 * care[firm]
    city = rng.choice(["A", "B"], len(firm))
    return pd.DataFrame(
        {
            "shop": [f"S{i}" for i in firm],
            "channel": np.where(kept, true, rng.choice(["app", "e-mail", "telephone"], len(firm))),
            "city": city,
            "channel_verified": pd.Series(true).where(rng.random(len(firm)) < 0.6),
            "region": np.where(city == "A", "north", "south"),
            "updated": "2026-01-01",
        }
    )


CARE = np.random.default_rng(5).permutation(np.linspace(0, 1, FIRMS))
RULES = {
    "fields": {
        "channel": {"allowed": ["app", "e-mail", "telephone"], "verified": "channel_verified"},
        "region": {},
    },
    "consistency": [
        {"name": "region", "column": "region", "by": "city", "equals": {"A": "north", "B": "south"}}
    ],
    "updated": "updated",
    "max_age_days": 365,
    "as_of": "2026-06-30",
}


def questionnaire(folder, rated):
    """Answers of the firms to one question on their customer data, and their codebook."""
    frame = pd.DataFrame({"shop": [f"S{i}" for i in range(FIRMS)], "q1": rated, "q2": rated})
    frame.to_csv(folder / "asked.csv", index=False)
    items = {name: {"en": name, "zh": name} for name in ("q1", "q2")}
    content = {
        "title": "asked",
        "kind": "user",
        "id": "shop",
        "scales": {"five": {"min": 1, "max": 5}},
        "constructs": {
            "customer_data_management": {"label": {"en": "Data"}, "scale": "five", "items": items}
        },
    }
    (folder / "asked.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return {
        "questionnaire_file": str(folder / "asked.csv"),
        "questionnaire_codebook": str(folder / "asked.yaml"),
    }


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Parameters for tables of one's own, with one good behind everything, or with noise only."""
    folder = tmp_path_factory.mktemp("own")

    def parameters(noise, rules):
        survey, codebook = written(folder, f"firms{noise:g}", firms(noise))
        records, customers_codebook = written(folder, "customers", customers(CARE))
        file = folder / "rules.yaml"
        file.write_text(yaml.safe_dump(rules), encoding="utf-8")
        return {
            "survey_file": survey, "codebook_file": codebook, "unit": "shop", "customers_file": records,
            "customers_codebook": customers_codebook, "rules_file": str(file),
        }  # fmt: skip

    return parameters


def test_cdq_is_judged_by_what_managers_say(own, tmp_path):
    table = own(0.005, RULES)
    agree = run(**table, **questionnaire(tmp_path, 1 + np.round(4 * CARE)))
    assert words(agree) == {"D2-3": "supported", "D2-8": "not testable here"}
    assert {verdict.kind for verdict in agree["verdicts"]} == {"user"}
    shuffled = np.random.default_rng(2).permutation(CARE)
    other = run(**table, **questionnaire(tmp_path, 1 + np.round(4 * shuffled)))
    assert words(other)["D2-3"] == "not supported"


def test_definitions_and_weights_matter_little_where_one_good_is_behind_everything(own):
    alike, apart = (run(**own(noise, RULES)) for noise in (0.005, 3.0))
    assert alike["average"] < 0.03 < 0.1 < apart["average"]
    assert alike["swapped"]["pairs_reversed"].max() < 0.05 < apart["swapped"]["pairs_reversed"].max()
    assert "another definition of one indicator" in alike["sentences"][0]


def test_wrong_values_are_not_noticed_without_a_reference(own):
    blind = {**RULES, "fields": {"channel": {"allowed": ["app", "e-mail", "telephone"]}}}
    names = run(**own(3.0, blind))
    assert not names["ladder"].noticed.loc["wrong", "noticed"]
    assert names["quality"].first_dimension == "validity"
    assert np.isnan(names["quality"].accurate_share)


def test_what_is_not_given_is_said_to_be_missing(own):
    given = {k: v for k, v in own(0.005, RULES).items() if k in ("survey_file", "codebook_file", "unit")}
    names = run(**given)
    assert words(names) == {"D2-3": "not testable here", "D2-8": "not testable here"}
    assert "lacks period, treated and growth_net" in names["verdicts"][1].reason
    numbers = run(**given, what_if={"gain": 4.0, "gain_se": 1.0, "conversion": 0.2, "conversion_se": 0.02})
    assert numbers["verdicts"][1].reason == "The numbers were given as parameters, not estimated."


def test_satisfaction_on_another_scale_gives_the_same_points():
    """The panel's satisfaction on 1 to 9, said in the codebook: points of 100 and growth stay."""
    panel = open_dataset("firm_panel")
    book = panel.codebook
    wide = book.variables["satisfaction"].model_copy(update={"min": 1, "max": 9})
    other = replace(
        panel,
        responses=panel.responses.assign(satisfaction=2 * panel.responses["satisfaction"] - 1),
        codebook=replace(book, variables={**book.variables, "satisfaction": wide}),
    )
    found = []
    for survey in (panel, other):
        definitions = study.on_its_scale(read_definitions(), survey)
        computed = compute(survey.responses, definitions)
        factors, why = study.estimated(
            survey.responses, computed, unit="firm", period="period", draws=50, seed=1
        )
        assert not why
        found.append(factors)
    pd.testing.assert_series_equal(found[0].gain, found[1].gain, rtol=1e-9)
    pd.testing.assert_series_equal(found[0].before, found[1].before, rtol=1e-9)
    assert definitions.indicators["satisfaction"].unit == "scale points, 1 to 9"
    with pytest.raises(DataError, match="must be between 1 and 5"):
        compute(other.responses)


def test_a_scale_that_a_codebook_does_not_give_stays_that_of_the_definitions():
    panel = open_dataset("firm_panel")
    own = panel.codebook.variables
    bare = {**own, "satisfaction": own["satisfaction"].model_copy(update={"max": None})}
    definitions = read_definitions()
    survey = replace(panel, codebook=replace(panel.codebook, variables=bare))
    assert study.on_its_scale(definitions, survey) is definitions


def test_bounds_are_told_in_words():
    inf = float("inf")
    told = [study.between(*ends) for ends in ((0, 1), (1, 7), (0, inf), (-1, inf), (-inf, 2.5), (-inf, inf))]
    assert told == ["0 to 1", "1 to 7", "0 or more", "−1 or more", "2.5 or less", "any number"]


@pytest.mark.parametrize("name", ["mobi", "corp_rep_data", "firm_survey"])
def test_a_table_without_the_indicators_is_no_fault_and_not_applicable(name):
    with pytest.raises(NotApplicable, match="no table of firms with D2's indicators"):
        study.require(open_dataset(name), read_definitions())


def test_what_a_table_lacks_is_named(own, tmp_path):
    table = firms(1.0)
    survey, codebook = written(tmp_path, "short", table.drop(columns="satisfaction"))
    with pytest.raises(NotApplicable, match="no table of firms with D2's indicators; it lacks satisfaction"):
        run(survey_file=survey, codebook_file=codebook, unit="shop")
    survey, codebook = written(
        tmp_path, "wrong", table.assign(customers_lost=[20_000, *table["customers_lost"][1:]])
    )
    with pytest.raises(DataError, match="row 2: retention = -1 lies outside 0 to 1"):
        run(survey_file=survey, codebook_file=codebook, unit="shop")
    whole = {k: v for k, v in own(0.005, RULES).items() if k in ("survey_file", "codebook_file")}
    with pytest.raises(NotApplicable, match="it lacks firm"):
        run(**whole)
    with pytest.raises(SpecificationError, match="no column 'store'"):  # a name that the reader gave
        run(**whole, unit="store")
