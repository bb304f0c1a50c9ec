"""The wheel holds all that a run needs: the package, its data and its studies."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A new environment into which pip put the wheel; what that depends on is lent by the present one."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    offline = ["install", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    command = [sys.executable, "-m", "pip", "--python", str(home), *offline]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")  # read after the environment's own
    return home, site


def _outside():
    """Variables of a shell that knows the new environment alone, and where the lent libraries keep files."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return kept | {"JUPYTER_PATH": str(Path(sysconfig.get_path("data"), "share", "jupyter"))}


def test_the_wheel_carries_data_studies_and_types(environment):
    inside = environment[1] / "workbench"
    assert (inside / "py.typed").is_file()
    stubs = {path.relative_to(ROOT / "src" / "workbench") for path in (ROOT / "src").rglob("*.pyi")}
    assert stubs
    assert {path.relative_to(inside) for path in inside.rglob("*.pyi")} == stubs
    assert (inside / "_shipped" / "data" / "claims.yaml").is_file()
    ours = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(path.name for path in (inside / "_shipped" / "notebooks").glob("*.ipynb")) == ours


def test_an_installed_package_runs_a_study_without_the_source_tree(environment, tmp_path):
    home, site = environment
    where = "import workbench.resources as r; print(r.PACKAGE); print(r.SOURCE_TREE)"
    command = [str(home / "bin" / "python"), "-c", where]
    said = subprocess.run(
        command, cwd=tmp_path, env=_outside(), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == [str(site / "workbench"), "None"]
    command = [str(home / "bin" / "workbench"), "run", "08", "--output", "reports"]
    subprocess.run(command, cwd=tmp_path, env=_outside(), check=True, capture_output=True)
    entry = json.loads((tmp_path / "reports" / "08_industries_before_after" / "run.json").read_text())
    assert entry["status"] == "ok"
    assert entry["commit"] is None
