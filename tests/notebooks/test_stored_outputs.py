"""Every committed notebook holds the outputs that it gives when it is executed anew.

nbval passes a notebook without outputs and compares nothing, so that outputs are stored is checked first.
Pictures are compared as pictures by their own tests; here the data of a figure is left out of the comparison,
because a line may end a hundredth of a point elsewhere on another machine.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import run_records

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SANITISE = """[pictures]
regex: data:image/[^"')]+
replace: PICTURE

[style of the workbench]
regex: <style>[\\s\\S]*?</style>
replace: STYLE
"""


# What a study leaves in its record on the data that it ships with, where no other test asks for it.
JUDGED = {
    "02": {
        ("D1-2", "explored"): ("recovered", "simulated"),
        ("D1-2", "explored abc"): ("not testable here", "public"),
        ("D1-2", "explored mobi"): ("not testable here", "public"),
        ("D1-2", "explored corp_rep_data"): ("not testable here", "public"),
    }
}


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored_in_order_and_without_errors(path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), (
        "executed out of order, or not at all: run make notebooks"
    )
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert len(outputs) >= 3, "a study that shows nothing has no stored outputs: run make notebooks"
    assert not [one for one in outputs if one["output_type"] == "error"]
    assert not [one for one in outputs if one["output_type"] == "stream" and one["name"] == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_what_it_stores_and_asks_no_network(path, tmp_path, no_network):
    rules, record = tmp_path / "sanitise.cfg", tmp_path / "record"
    rules.write_text(SANITISE, encoding="utf-8")
    record.mkdir()
    compare(path, rules, {**no_network.variables, run_records.VARIABLE: str(record)})
    assert no_network.asked() == []
    if path.stem[:2] in JUDGED:
        found = [one for one in run_records.records(record) if one["kind"] == "verdict"]
        words = {(one["claim"], one["part"]): (one["verdict"], one["data_kind"]) for one in found}
        assert words == JUDGED[path.stem[:2]]


def compare(path, rules, more=None):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=-q"]
    command += ["--nbval", "--nbval-sanitize-with", str(rules), "--nbval-cell-timeout", "900", str(path)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **(more or {})}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_a_changed_output_is_noticed(tmp_path):
    from tests.reports.conftest import write_study

    path = write_study(tmp_path, "01_study", "1 + 1")
    notebook = json.loads(path.read_text())
    result = {
        "output_type": "execute_result",
        "execution_count": 2,
        "metadata": {},
        "data": {"text/plain": "3"},
    }
    notebook["cells"][2].update(outputs=[result], execution_count=2)
    path.write_text(json.dumps(notebook))
    rules = tmp_path / "sanitise.cfg"
    rules.write_text(SANITISE, encoding="utf-8")
    with pytest.raises(AssertionError, match="Cell outputs differ"):
        compare(path, rules)
