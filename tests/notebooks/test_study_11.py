"""Study 11 on tables other than the shipped ones: false claims, one wave only, missing constructs.

The notebook's cells run here as one script, in this process, with parameters put in the place of its own.
"""

import ast
import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

from workbench import run_records
from workbench.datasets import load_population, open_dataset
from workbench.datasets.panel import load_panel
from workbench.datasets.population import codebook_text
from workbench.errors import NotApplicable
from workbench.reports.shipped import other_data
from workbench.studies import effectiveness_mix as mix
from workbench.studies import effectiveness_regression as study

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "11_effectiveness_regression.ipynb"


def displaying(source):
    """A cell as a script: what a kernel would show of its last line is displayed."""
    tree = ast.parse(source)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        tree.body[-1] = ast.parse(f"display({ast.unparse(tree.body[-1])})").body[0]
    return ast.unparse(tree)


def run(folder, monkeypatch, **parameters):
    """Verdicts (by claim and part), kinds of data, and what was shown."""
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv(run_records.VARIABLE, str(folder))
    cells = [c for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    if other_data(parameters):  # as a run does
        cells = [c for c in cells if "shipped" not in c["metadata"].get("tags", ())]
    sources = [
        "".join(f"{name} = {value!r}\n" for name, value in ({"seed": 1, "draws": 40} | parameters).items())
        if "parameters" in cell["metadata"].get("tags", ())
        else "".join(cell["source"])
        for cell in cells
    ]
    script = folder / "study.py"
    script.write_text("\n\n".join(map(displaying, sources)), encoding="utf-8")
    shown = []
    runpy.run_path(str(script), init_globals={"display": shown.append})
    records = run_records.records(folder)
    verdicts = {" ".join(filter(None, [r["claim"], r["part"]])): r for r in records if r["kind"] == "verdict"}
    return verdicts, [r["data_kind"] for r in records if r["kind"] == "data"], "\n".join(map(str, shown))


def write(folder, name, frame, codebook, kind):
    frame.to_csv(folder / f"{name}.csv", index=False)
    codebook = codebook.replace("kind: simulated", f"kind: {kind}")
    (folder / f"{name}.yaml").write_text(codebook, encoding="utf-8")
    return str(folder / f"{name}.csv"), str(folder / f"{name}.yaml")


FILES = ("survey_file", "codebook_file", "panel_file", "panel_codebook_file")
NONE = dict.fromkeys(FILES, "")


def test_one_wave_of_a_reader_in_which_claims_are_false(tmp_path, monkeypatch):
    false = load_population("firm_survey").without_effects("customer_experience", "satisfaction")
    false = false.without_effects("user_interface").without_effects("module_service", "effectiveness")
    answers, codebook = write(tmp_path, "own", false.simulate(seed=7).raw, false.codebook_text(), "user")
    verdicts, kinds, shown = run(
        tmp_path / "run", monkeypatch, **NONE | {"survey_file": answers, "codebook_file": codebook}
    )
    words = {claim: record["verdict"] for claim, record in verdicts.items()}
    assert words["D0-5"] == words["D2-1"] == words["D2-10"] == "not supported"
    assert words["D2-2 structure"] == "supported"
    assert "Customer experience" in verdicts["D0-5"]["reason"]
    assert "User interface" in verdicts["D2-1"]["reason"]
    assert words["D2-5 weights"] == words["D2-5 mix"] == "not testable here"
    assert kinds == ["user"]
    assert "needs a panel of firms" in shown


def test_a_panel_without_human_service_turns_the_verdict(tmp_path, monkeypatch):
    false = load_panel("firm_panel").with_term("maintenance", "human_service", 0.0)
    false = false.with_term("maintenance", "automation", 0.0, times="human_service").with_gain(
        "satisfaction", 0.0
    )
    panel, codebook = write(
        tmp_path, "panel", false.simulate().frame, codebook_text(false.codebook()), "simulated"
    )
    shipped = (str(ROOT / "data/firm_survey.csv"), str(ROOT / "data/codebooks/firm_survey.yaml"))
    files = dict(zip(FILES, (*shipped, panel, codebook), strict=True))
    verdicts, kinds, _ = run(tmp_path / "run", monkeypatch, **files)
    assert verdicts["D2-5 weights"]["verdict"] == verdicts["D2-5 mix"]["verdict"] == "not found"
    assert verdicts["D2-5 weights"]["reason"].startswith("β: ")
    # The questionnaire is the shipped one, so what is planted in it is known; the rates are of both.
    assert verdicts["D0-5"]["planted"] is True
    assert verdicts["D2-5 weights"]["planted"] is None
    assert {record["rate"] for record in verdicts.values()} == {None}
    low, high = verdicts["D2-5 mix"]["interval"]
    assert low < 0 < high
    assert kinds == ["simulated", "simulated"]


OWN_WORDS = {"satisfaction": "contentment", "effectiveness": "payoff", "data_quality": "files"}
SHIPPED_WORDS = (
    "half-year",
    "simulated",
    "planted",
    "Simulated",
    "Planted",
    "Industry",
    "Region",
    "liking for the sea",
    "rates beside",
)


def test_town_halls_with_names_scales_and_columns_of_their_own(tmp_path, monkeypatch):
    """Constructs stand for the documents'; nine points, items turned round, no groups, no marker."""
    population = load_panel("firm_panel")
    drawn = population.simulate(seed=5, firms=5)
    book = population.survey.codebook()
    answers = drawn.survey.raw.head(500)
    book["scales"] = {"nine": {"min": 1, "max": 9}}
    del book["constructs"]["marker"], book["groups"]
    book |= {"kind": "user", "title": "Town halls", "source": ""}
    constructs, columns = {}, {"firm": "T" + answers["firm"].astype(str)}
    for name, construct in book["constructs"].items():
        items = construct["items"]
        for number, (item, words) in enumerate(items.items()):
            turned = bool(number == 1) != words.get("reverse", False)
            columns[item] = 2 * answers[item] - 1 if number != 1 else 11 - 2 * answers[item]
            items[item] = {"en": words["en"]} | ({"reverse": True} if turned else {})
        own = OWN_WORDS.get(name, f"our_{name}")
        constructs[own] = {"scale": "nine", "stands_for": name, "label": {"en": own}, "items": items}
    book["constructs"] = constructs
    survey = write(tmp_path, "halls", pd.DataFrame(columns), codebook_text(book), "user")
    frame = drawn.frame[list(mix.SERIES)].copy()
    frame["satisfaction"] = 2 * frame["satisfaction"] - 1
    frame["firm"] = "T" + frame["firm"].astype(str)
    names = {name: f"COL {number}" for number, name in enumerate(frame)}
    variables = {name: {"column": column, "label": {"en": name}} for name, column in names.items()}
    variables["firm"]["type"] = "text"
    panel_book = {"title": "Years", "kind": "user", "source": "", "variables": variables}
    panel = write(tmp_path, "years", frame.rename(columns=names), codebook_text(panel_book), "user")
    verdicts, kinds, shown = run(
        tmp_path / "run", monkeypatch, **dict(zip(FILES, (*survey, *panel), strict=True))
    )
    assert kinds == ["user", "user"]
    assert {record["planted"] for record in verdicts.values()} == {None}
    assert verdicts["D2-5 weights"]["verdict"] == "supported"
    assert set(verdicts) == {
        "D0-5", "D0-8", "D2-1", "D2-2 effects", "D2-2 structure", "D2-10", "D2-20", "D2-5 weights", "D2-5 mix"
    }  # fmt: skip
    assert "Composites beside no firm characteristics." in shown
    assert [word for word in SHIPPED_WORDS if word in shown] == []


@pytest.mark.parametrize("name", ["mobi", "corp_rep_data"])
def test_public_surveys_of_customers_are_no_fault_and_not_applicable(name):
    with pytest.raises(NotApplicable, match="lacks the constructs system_performance"):
        open_dataset(name).in_documents_terms().require(*study.CONSTRUCTS)


def test_a_codebook_without_the_constructs_is_told_which(tmp_path, monkeypatch):
    population = load_population("firm_survey")
    book = population.codebook()
    for name in ("user_interface", "corporate_culture"):
        del book["constructs"][name]
    answers, codebook = write(tmp_path, "own", population.simulate().raw, codebook_text(book), "user")
    with pytest.raises(NotApplicable, match="constructs user_interface, corporate_culture"):
        run(tmp_path / "run", monkeypatch, **NONE | {"survey_file": answers, "codebook_file": codebook})
