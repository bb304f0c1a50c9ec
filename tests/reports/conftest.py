"""Small studies made for the tests: what a run does must not depend on how long a real study takes."""

import json

import pytest

PARAMETERS = (
    "seed = 1\nrate = 0.5\nlabel = 'a'\nflag = False\nnames = ['x']\nsurvey_file = ''\ncodebook_file = ''"
)


def cell(kind, source, tags=()):
    made = {"cell_type": kind, "metadata": {"tags": list(tags)} if tags else {}, "source": source, "id": "x"}
    return made if kind == "markdown" else {**made, "outputs": [], "execution_count": None}


def write_study(folder, name, *code, title="A study", prose=(), parameters=PARAMETERS):
    """A notebook of a heading, a parameters cell, one code cell a text, and prose beneath."""
    cells = [cell("markdown", f"# {title}\n\n**Question.** Does it run?\n\n## First section")]
    cells.append(cell("code", parameters, ["parameters"]))
    cells += [cell("code", source) for source in code]
    cells += [cell("markdown", text) for text in prose]
    for number, one in enumerate(cells):
        one["id"] = f"cell{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture
def notebooks(tmp_path):
    return tmp_path / "notebooks"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "reports"
