"""Study 08 on tables other than the printed one: losses, few differences, missing columns."""

import ast
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.datasets import open_dataset
from workbench.errors import DataError, NotApplicable
from workbench.reports.shipped import other_data
from workbench.show import pairs_in_words
from workbench.studies import industries_before_after as study
from workbench.survey import open_survey

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08_industries_before_after.ipynb"


def written(folder, frame, kind="user"):
    """A table of firms and its codebook, as parameters take them."""
    frame.to_csv(folder / "firms.csv", index=False)
    variables = {name: {"label": {"en": name}} for name in frame if name != "hotel"}
    content = {"title": "firms", "kind": kind, "id": "hotel", "variables": variables}
    (folder / "firms.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return {"survey_file": str(folder / "firms.csv"), "codebook_file": str(folder / "firms.yaml")}


def hotels(satisfaction, loyalty, n=12):
    """Hotels whose percentages change by these points on average, none the same as another."""
    rng = np.random.default_rng(8)
    start = rng.integers(50, 70, (n, 2)).astype(float)
    moved = rng.integers(-2, 3, (n, 2)) + np.array([satisfaction, loyalty])
    columns = {"satisfaction_before": start[:, 0], "satisfaction_after": start[:, 0] + moved[:, 0]}
    columns |= {"loyalty_before": start[:, 1], "loyalty_after": start[:, 1] + moved[:, 1]}
    return pd.DataFrame({"hotel": [f"H{i}" for i in range(n)], **columns})


def run(**parameters):
    """Names that the study leaves behind, and everything that it showed."""
    names, shown = {"display": print}, []
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if other_data(parameters) and "shipped" in cell["metadata"].get("tags", ()):
            continue
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            shown.append(text)
            continue
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell["id"], "exec"), names)  # noqa: S102 - our notebook
        if last is not None:
            shown.append(str(eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)))  # noqa: S307
        if "parameters" in cell["metadata"].get("tags", ()):
            names.update(parameters)
    return names, "\n".join(shown)


def test_losses_are_called_losses(tmp_path):
    names, shown = run(**written(tmp_path, hotels(-3, -6)))
    found = names["found"]
    said = pairs_in_words.direction(found)
    assert "points lower after CRM, and loyalty" in said
    assert said in shown
    for shipped in (
        "ten firms",
        "ten industries",
        "building materials",
        "points higher",
        "D3's table cont",
    ):
        assert shipped not in shown, shipped
    words = {f"{v.claim} {v.part or ''}".strip(): v.word for v in study.decide(found, kind="user")}
    assert words == {
        "D3-1": "not supported",
        "D3-2 gains": "supported",
        "D3-11": "supported",
        "D3-2 bend": "not testable here",
        "D3-2 seventy per cent": "not testable here",
    }


def test_a_change_that_is_none_is_said_to_be_unclear(tmp_path):
    survey = open_survey(**_files(written(tmp_path, hotels(0, 20))))
    found = study.pairs(survey)
    assert "(no clear change) after CRM, and loyalty" in pairs_in_words.direction(found)
    assert "more than twice" not in " ".join(pairs_in_words.yardsticks(found))


def test_the_printed_table_contradicts_what_d3_says_of_difficulty():
    """D3's own rows: loyalty gained at least as much as satisfaction in all ten."""
    found = study.pairs(open_dataset("ten_firms"))
    verdict = next(v for v in study.decide(found, kind="printed") if v.claim == "D3-11")
    assert verdict.word == "not supported"
    assert verdict.estimate == pytest.approx(-1.9)
    assert verdict.interval[1] < 0
    assert (found.gains["difference"] >= 0).all()
    assert pairs_in_words.compared_gains(found).endswith("in 10 of 10 firms")
    assert pairs_in_words.slope_in_words(found)[1].endswith(
        "from 0.18 to 0.78; Building materials moves it most."
    )


def test_what_a_table_lacks_is_named(tmp_path):
    files = written(tmp_path, hotels(3, 3).drop(columns="loyalty_after"))
    with pytest.raises(NotApplicable, match="lacks the variable loyalty_after"):
        study.pairs(open_survey(**_files(files)))
    files = written(tmp_path, hotels(3, 3).assign(loyalty_before=130.0))
    with pytest.raises(DataError, match="percentages from 0 to 100"):
        study.pairs(open_survey(**_files(files)))
    files = written(tmp_path, hotels(3, 3, n=3))
    with pytest.raises(DataError, match="3 complete pairs"):
        study.pairs(open_survey(**_files(files)))


def test_simulated_pairs_get_no_verdict_that_cannot_be_had(tmp_path):
    files = written(tmp_path, hotels(10, 5), kind="simulated")
    found = study.pairs(open_survey(**_files(files)))
    words = [v.word for v in study.decide(found, kind="simulated")]
    assert words == ["found", "found", "found"]


def _files(parameters):
    return {"file": parameters["survey_file"], "codebook": parameters["codebook_file"]}
