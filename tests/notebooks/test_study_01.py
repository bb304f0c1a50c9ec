"""Study 01 on other surveys: many careless, nothing missing, sliders, one construct, instructed items.

The cells that a run on a reader's file executes run here as one script, in this process.
"""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import run_records

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_questionnaire_and_screening.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def run(folder, monkeypatch, frame, codebook):
    """What the page shows, and the study's answer."""
    frame.to_csv(folder / "own.csv", index=False)
    (folder / "own.yaml").write_text(codebook, encoding="utf-8")
    monkeypatch.setenv(run_records.VARIABLE, str(folder))
    given = {"survey_file": str(folder / "own.csv"), "codebook_file": str(folder / "own.yaml")}
    sources = []
    for cell in CELLS:
        tags = cell["metadata"].get("tags", ())
        if cell["cell_type"] != "code" or "shipped" in tags:
            continue
        sources.append(_displayed("".join(cell["source"])))
        if "parameters" in tags:
            sources += [f"{name} = {value!r}" for name, value in given.items()]
    script = folder / "study.py"
    script.write_text("\n\n".join(sources), encoding="utf-8")
    shown = []
    runpy.run_path(str(script), init_globals={"display": shown.append})
    records = run_records.records(folder)
    assert not [record for record in records if record["kind"] == "verdict"]
    (answer,) = [record["text"] for record in records if record["kind"] == "answer"]
    text = "\n".join(str(one) for one in shown if one is not None).replace("\N{NO-BREAK SPACE}", " ")
    return text, answer.replace("\N{NO-BREAK SPACE}", " ")


def _displayed(source):
    """The cell with its last expression shown, as a notebook shows it."""
    import ast

    tree = ast.parse(source)
    last = tree.body[-1]
    if isinstance(last, ast.Expr):
        call = ast.Call(ast.Name("display", ast.Load()), [last.value], [])
        tree.body[-1] = ast.Expr(call)
    return ast.unparse(ast.fix_missing_locations(tree))


def prose(shipped):
    return "\n".join(
        "".join(cell["source"])
        for cell in CELLS
        if cell["cell_type"] == "markdown" and ("shipped" in cell["metadata"].get("tags", ())) is shipped
    )


BOOK = """title: Own survey
scales: {s: {min: 1, max: 5}}
constructs:
  a: {scale: s, role: driver, items: {a1: The staff are polite, a2: I am served soon, a3: I trust them}}
  b: {scale: s, role: driver, items: {b1: It is easy, b2: It is clear}}
  c: {scale: s, role: outcome, items: {c1: I am satisfied, c2: I would come again}}
variables: {told: {min: 1, max: 5, instructed: 4}}
"""
ITEMS = ["a1", "a2", "a3", "b1", "b2", "c1", "c2"]


def crowd(careless, n=200):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.integers(1, 6, (n, 7)), columns=ITEMS)
    frame["told"] = 4
    frame.iloc[:careless, :] = 1
    return frame


def test_many_careless_are_not_called_few_and_instructed_items_are_used(tmp_path, monkeypatch):
    text, answer = run(tmp_path, monkeypatch, crowd(130), BOOK)
    assert "136 of 200 (68 %) show more than one sign of carelessness" in text
    assert "Few show" not in text
    assert "instructed item" in text
    assert "and instructed items; respondents were flagged" in text
    assert "Answers lean to the lower end" in text
    assert answer.startswith("All 200 respondents answered all 7 questions; 136 of 200 show more than one")
    assert "Little's (1988)" not in text
    assert "ABC" not in text + answer


def test_without_an_instructed_item_none_is_spoken_of(tmp_path, monkeypatch):
    frame = crowd(0).astype(float)
    frame.iloc[:40, 6] = np.nan
    text, answer = run(tmp_path, monkeypatch, frame.drop(columns="told"), BOOK.split("variables:")[0])
    assert "instructed" not in text
    assert "80 % of 200 answered every question; the others left out questions in 1 pattern" in text
    assert "Little's (1988)" in text
    assert "; of 4 design errors that can be seen, the questionnaire makes 1" in answer


@pytest.mark.parametrize("items", [2, 6])
def test_one_continuous_construct_has_its_page_too(items, tmp_path, monkeypatch):
    names = [f"q{number}" for number in range(items)]
    frame = pd.DataFrame(np.random.default_rng(2).uniform(0, 100, (60, items)).round(1), columns=names)
    book = "title: Sliders\nscales: {s: {min: 0, max: 100, continuous: true}}\n"
    book += f"constructs: {{c: {{scale: s, items: {{{', '.join(f'{name}: ' for name in names)}}}}}}}\n"
    text, answer = run(tmp_path, monkeypatch, frame, book)
    assert "1 sign not assessed here: inconsistent." in text
    assert "The codebook names no groups" in text
    assert "Nobody left out a question." in text
    assert answer.startswith(f"All 60 respondents answered all {items} questions; ")
    assert "; of 3 design errors that can be seen, the questionnaire makes 1" in answer
    assert answer.endswith("and shows signs of no analysis plan.")


def test_what_every_page_says_names_no_shipped_survey():
    for word in ("ABC", "266", "simulated", "SERVQUAL asks", "later studies run with"):
        assert word not in prose(shipped=False), word
    assert "ABC" in prose(shipped=True)


def test_parameters_are_described_and_no_later_cell_needs_a_shipped_one():
    (parameters,) = [cell for cell in CELLS if "parameters" in cell["metadata"].get("tags", ())]
    assert all("#" in line for line in parameters["source"])
