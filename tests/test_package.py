"""The wheel holds all that a run needs: the package, its data and its studies."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_data_studies_and_types(unpacked):
    inside = unpacked / "workbench"
    assert (inside / "py.typed").is_file()
    stubs = {path.relative_to(ROOT / "src" / "workbench") for path in (ROOT / "src").rglob("*.pyi")}
    assert stubs
    assert {path.relative_to(inside) for path in inside.rglob("*.pyi")} == stubs
    assert (inside / "_shipped" / "data" / "claims.yaml").is_file()
    ours = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(path.name for path in (inside / "_shipped" / "notebooks").glob("*.ipynb")) == ours


def test_an_installed_package_runs_a_study_without_the_source_tree(unpacked, tmp_path):
    variables = {**os.environ, "PYTHONPATH": str(unpacked)}
    where = "import workbench.resources as r; print(r.PACKAGE); print(r.SOURCE_TREE)"
    said = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == [str(unpacked / "workbench"), "None"]
    command = [sys.executable, "-m", "workbench.cli", "run", "08", "--output", "reports"]
    subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True)
    entry = json.loads((tmp_path / "reports" / "08_industries_before_after" / "run.json").read_text())
    assert entry["status"] == "ok"
    assert entry["commit"] is None
