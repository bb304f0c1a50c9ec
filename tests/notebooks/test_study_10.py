"""Study 10 on other surveys: what a survey lacks is left out and said, and verdicts turn with the answers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import run_records
from workbench.datasets import open_codebook
from workbench.reports import shipped

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_satisfaction_index_and_gaps.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the cells of a reader's file; returns verdicts by claim and part, the answer, and the names."""

    def execute(**parameters):
        monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
        names = {"display": lambda shown: None}
        for cell in CELLS:
            tags = cell["metadata"].get("tags", ())
            if cell["cell_type"] != "code" or (shipped.TAG in tags and parameters.get("survey_file")):
                continue
            exec("".join(cell["source"]), names)  # noqa: S102 - the study itself, as committed
            if "parameters" in tags:
                names.update({"draws": 100, **parameters})
        records = run_records.records(tmp_path)
        verdicts = {(r["claim"], r["part"]): r["verdict"] for r in records if r["kind"] == "verdict"}
        (answer,) = [r["text"] for r in records if r["kind"] == "answer"]
        return verdicts, answer, names

    return execute


def written(folder, frame, constructs, scale):
    """A file of our own with its codebook."""
    frame.to_csv(folder / "own.csv", index=False)
    book = {
        "title": "own",
        "scales": {"s": scale},
        "constructs": {
            name: {"scale": "s", **({"role": role} if role else {}), "items": dict.fromkeys(items)}
            for name, (role, items) in constructs.items()
        },
    }
    (folder / "own.yaml").write_text(json.dumps(book), encoding="utf-8")
    return {"survey_file": str(folder / "own.csv"), "codebook_file": str(folder / "own.yaml")}


def rated_by(formula, n=900):
    """Experience and expectation over the whole of a ten-point scale, and a rating that follows a formula."""
    rng = np.random.default_rng(8)
    b, a = rng.uniform(2, 10, n), rng.uniform(2, 10, n)
    columns = {}
    for item in range(3):
        columns[f"q{item}"] = np.clip(np.rint(b + rng.normal(0, 0.5, n)), 1, 10)
        columns[f"q{item}_expected"] = np.clip(np.rint(a + rng.normal(0, 0.5, n)), 1, 10)
    columns["sat"] = np.clip(np.rint(formula(b, a) + rng.normal(0, 0.8, n)), 1, 10)
    return pd.DataFrame(columns).astype(int)


CONSTRUCTS = {
    "service": ("perception", ["q0", "q1", "q2"]),
    "service_expected": ("expectation", ["q0_expected", "q1_expected", "q2_expected"]),
    "satisfaction": ("outcome", ["sat"]),
}


@pytest.mark.parametrize(
    ("formula", "ratio", "gap"),
    [
        (lambda b, a: 3.5 + 3.0 * (b / a - 1) + 2, "supported", "not supported"),
        (lambda b, a: 6.0 + 0.8 * (b - a), "not supported", "supported"),
        (lambda b, a: b, "not supported", "not supported"),
    ],
    ids=["by the ratio", "by the gap", "by experience alone"],
)
def test_the_formula_that_customers_use_is_found(tmp_path, run, formula, ratio, gap):
    scale = {"min": 1, "max": 10}
    verdicts, answer, names = run(**written(tmp_path, rated_by(formula), CONSTRUCTS, scale))
    assert verdicts["D1-1", "formula"] == ratio
    assert verdicts["D4-11", None] == gap
    assert set(names["decided"].reasons) == {
        "D1-3", "D1-5", "D1-10", "D1-11", "D4-2 antecedents", "D4-2 asymmetry"}  # fmt: skip
    assert "experience alone" in answer


def test_a_scale_from_nought_has_a_gap_and_no_ratio(tmp_path, run):
    frame = rated_by(lambda b, a: 6.0 + 0.8 * (b - a)) - 1
    verdicts, answer, names = run(**written(tmp_path, frame, CONSTRUCTS, {"min": 0, "max": 9}))
    assert "refused" in names["decided"].reasons["D1-1 formula"]
    assert set(verdicts) == {("D1-1", "states"), ("D1-9", None)}
    assert answer.startswith("The gap predicts the direct rating")


def test_without_expectations_priorities_and_scores_remain(tmp_path, run):
    from workbench.datasets import open_dataset

    survey = open_dataset("customer_survey")
    kept = ["tangibles", "reliability", "empathy", "satisfaction"]
    shipped_book = open_codebook("customer_survey").constructs
    constructs = {name: (shipped_book[name].role, list(shipped_book[name].items)) for name in kept}
    frame = survey.items(*kept)
    verdicts, answer, names = run(
        **written(tmp_path, frame.fillna(3).astype(int), constructs, {"min": 1, "max": 5})
    )
    assert verdicts == {}
    assert list(names["maps"]) == ["derived"]
    assert "basic or excitement" in answer
    assert names["found"] is None


def test_one_question_alone_has_its_page(tmp_path, run):
    frame = pd.DataFrame({"sat": [1, 2, 3, 4, 5, 4] * 20})
    verdicts, answer, _ = run(
        **written(tmp_path, frame, {"satisfaction": ("outcome", ["sat"])}, {"min": 1, "max": 5})
    )
    assert verdicts == {}
    alone = "Of this study's parts the survey allows scores alone: top two of sat (CSAT) 50.0 ["
    assert answer.startswith(alone)


def test_the_shipped_page_judges_simulated_and_public_answers_apart(run):
    verdicts, _, names = run()
    assert verdicts["D1-1", "formula"] == "rightly rejected"
    assert verdicts["D4-11", "mobi"] == "not supported"
    surveys = ("mobi", "corp_rep_data", "abc2", "airline_survey")
    public = {r for r in verdicts if r[1] and r[1].split(", ")[-1] in surveys}
    assert len(public) == 12
    assert {verdicts[one] for one in public} <= {"supported", "not supported", "not testable here"}
    assert len(verdicts) - len(public) == 10
    # what experience and expectation tell freely is not less than what a formula makes of them
    r2 = names["predicted"].r2["r2"]
    assert r2["both, free"] > max(r2["gap"], r2["ratio"])
