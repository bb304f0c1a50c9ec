"""Studies 02 and 03 on a reader's own file: verdicts turn with the answers, and what lacks is said."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import run_records
from workbench.datasets import open_codebook
from workbench.errors import DataError
from workbench.reports import shipped

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


def write_survey(folder, common, *, whole=0.6, constructs=(*DIMENSIONS, "satisfaction"), n=300):
    """A file of our own. ``common``: share of a dimension that all have in common, near 1 they are one;
    ``whole``: the same of satisfaction, at 1 it is what the dimensions share.
    """
    shipped = open_codebook("customer_survey").constructs
    items = {name: list(shipped[name].items) for name in constructs}
    rng = np.random.default_rng(1)
    shared, columns = rng.normal(size=n), {}
    for name, own in items.items():
        share = whole if name == "satisfaction" else common
        factor = np.sqrt(share) * shared + np.sqrt(1 - share) * rng.normal(size=n)
        for item in own:
            answer = 0.75 * factor + np.sqrt(1 - 0.75**2) * rng.normal(size=n)
            columns[item] = np.digitize(answer, [-1.5, -0.6, 0.3, 1.2]) + 1
    pd.DataFrame(columns).to_csv(folder / "answers.csv", index=False)
    book = {
        "title": "own",
        "scales": {"agree": {"min": 1, "max": 5}},
        "constructs": {
            name: {"scale": "agree", "items": {item: {} for item in own}} for name, own in items.items()
        },
    }
    (folder / "codebook.yaml").write_text(json.dumps(book), encoding="utf-8")
    return {"survey_file": str(folder / "answers.csv"), "codebook_file": str(folder / "codebook.yaml")}


def verdicts(number, folder, parameters):
    """Execute the cells of a study with other parameters; returns the words of its verdicts by claim."""
    path = next(NOTEBOOKS.glob(f"{number}_*.ipynb"))
    space = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        if parameters.get("survey_file") and shipped.TAG in cell["metadata"].get("tags", ()):
            continue  # as a run on other data does
        exec("".join(cell["source"]), space)  # noqa: S102 - the study itself, as committed
        if "parameters" in cell["metadata"].get("tags", ()):
            space.update(parameters)
    found = [one for one in run_records.records(folder) if one["kind"] == "verdict"]
    return {(one["claim"], one["part"]): (one["verdict"], one["data_kind"]) for one in found}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, run_records.VARIABLE, str(tmp_path))
    return lambda number, parameters: verdicts(number, tmp_path, {"draws": 100, **parameters})


@pytest.mark.parametrize(("common", "word"), [(0.4, "supported"), (0.97, "not supported")])
def test_explored_dimensions(tmp_path, run, common, word):
    found = run("02", write_survey(tmp_path, common))
    assert found == {("D1-2", "explored"): (word, "user")}


def test_other_constructs_are_explored_without_a_verdict(tmp_path, run):
    parameters = write_survey(tmp_path, 0.4, constructs=("tangibles", "reliability", "satisfaction"))
    assert run("02", parameters) == {}


def test_five_dimensions_are_confirmed_and_one_is_not(tmp_path, run):
    found = run("03", write_survey(tmp_path, 0.6, whole=1.0, n=600))
    assert found == {("D1-2", "confirmed"): ("supported", "user")}
    found = run("03", write_survey(tmp_path, 0.97, whole=0.4))
    assert found["D1-2", "confirmed"] == ("not supported", "user")


def test_other_constructs_are_measured_without_a_verdict(tmp_path, run):
    """Two dimensions, an outcome with one item, no marker: the study goes on to its end."""
    parameters = write_survey(tmp_path, 0.4, constructs=("tangibles", "reliability", "satisfaction"))
    book = Path(parameters["codebook_file"])
    content = json.loads(book.read_text(encoding="utf-8"))
    items = content["constructs"]["satisfaction"]["items"]
    content["constructs"]["satisfaction"]["items"] = dict([next(iter(items.items()))])
    book.write_text(json.dumps(content), encoding="utf-8")
    assert run("03", parameters) == {}


def test_a_dimension_that_is_named_and_not_there_is_said(tmp_path, run):
    parameters = write_survey(tmp_path, 0.4, constructs=("tangibles", "reliability", "satisfaction"))
    for number in ("02", "03"):
        with pytest.raises(DataError, match="lacks the constructs empathy, speed"):
            run(number, {**parameters, "dimensions": ["tangibles", "empathy", "speed"]})
