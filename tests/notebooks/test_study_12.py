"""Study 12 turns its verdicts when the population turns, and runs on a reader's own tables.

The cells are executed here, one after the other, with other parameters; that they run in a kernel is tested
where the stored outputs are.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.errors import DataError, SpecificationError

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_effectiveness_index.ipynb"
RNG = np.random.default_rng(12)
FIRMS = 40


def run(**parameters):
    """Names that the study leaves behind."""
    names = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
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


CUSTOMERS = pd.DataFrame(
    {
        "shop": "S1",
        "channel": RNG.choice(["app", "e-mail", "telephone"], 300),
        "city": RNG.choice(["A", "B"], 300),
    }
).assign(
    channel_verified=lambda t: t["channel"].where(RNG.random(300) < 0.5),
    region=lambda t: t["city"].map({"A": "north", "B": "south"}),
    updated="2026-01-01",
)
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


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Parameters for tables of one's own, with one good behind everything, or with noise only."""
    folder = tmp_path_factory.mktemp("own")

    def parameters(noise, rules):
        survey, codebook = written(folder, f"firms{noise:g}", firms(noise))
        customers, customers_codebook = written(folder, "customers", CUSTOMERS)
        file = folder / "rules.yaml"
        file.write_text(yaml.safe_dump(rules), encoding="utf-8")
        return {
            "survey_file": survey, "codebook_file": codebook, "unit": "shop", "customers_file": customers,
            "customers_codebook": customers_codebook, "rules_file": str(file),
        }  # fmt: skip

    return parameters


def test_one_good_behind_everything_makes_definitions_and_weights_matter_little(own):
    names = run(
        **own(0.005, RULES), what_if={"gain": 4.0, "gain_se": 1.0, "conversion": 0.2, "conversion_se": 0.02}
    )
    assert words(names) == {
        "D2-6 retention": "supported",
        "D2-6 growth": "not testable here",  # the table counts no new customers
        "D2-6 conversion": "supported",
        "D2-4": "supported",
        "D2-3": "supported",
        "D2-8": "supported",
    }
    assert {verdict.kind for verdict in names["verdicts"]} == {"user"}


def test_without_a_common_cause_or_a_reference_the_verdicts_turn(own):
    blind = {**RULES, "fields": {"channel": {"allowed": ["app", "e-mail", "telephone"]}}}
    names = run(**own(3.0, blind), what_if={"gain": 4.0, "gain_se": 4.0, "conversion": 0.2})
    found = words(names)
    assert {found[key] for key in ("D2-6 conversion", "D2-4", "D2-3", "D2-8")} == {"not supported"}
    wrong = next(v for v in names["verdicts"] if v.claim == "D2-3")
    assert wrong.reason.startswith("wrong: CDQ falls at every step: no")
    assert names["quality"].first_dimension == "validity"


def test_no_customer_table_and_no_what_if_are_said_to_be_missing(own):
    given = {k: v for k, v in own(0.005, RULES).items() if k in ("survey_file", "codebook_file", "unit")}
    found = words(run(**given))
    assert found["D2-3"] == found["D2-8"] == "not testable here"


def test_what_a_table_lacks_is_named(own, tmp_path):
    table = firms(1.0)
    survey, codebook = written(tmp_path, "short", table.drop(columns="satisfaction"))
    with pytest.raises(
        SpecificationError, match="'satisfaction' needs columns that the data lack: satisfaction"
    ):
        run(survey_file=survey, codebook_file=codebook, unit="shop")
    survey, codebook = written(
        tmp_path, "wrong", table.assign(customers_lost=[20_000, *table["customers_lost"][1:]])
    )
    with pytest.raises(DataError, match="row 2: retention = -1 lies outside 0 to 1"):
        run(survey_file=survey, codebook_file=codebook, unit="shop")
    with pytest.raises(SpecificationError, match="no column 'firm'"):
        run(**{k: v for k, v in own(0.005, RULES).items() if k in ("survey_file", "codebook_file")})
