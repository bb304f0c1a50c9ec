"""How every notebook of the studies is built."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_parameters_come_first_and_each_says_what_it_is(path):
    cells = [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
    ]
    assert "parameters" in cells[0]["metadata"].get("tags", ())
    lines = "".join(cells[0]["source"]).splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"\w+ = .+?  # \S.+", line), f"no word on what it is: {line}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short(path):
    """Fifteen lines at most; the parameters have a line each, however many there are."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ()):
            assert len("".join(cell["source"]).splitlines()) <= 15, cell["id"]
