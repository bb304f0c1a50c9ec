"""The files that say what to install agree with one another and name packages only."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]


def wanted() -> dict[str, Requirement]:
    lines = [*PROJECT["dependencies"], *BUILD]
    for extra in PROJECT["optional-dependencies"].values():
        lines += extra
    requirements = {}
    for line in lines:
        requirement = Requirement(line)
        requirements[canonicalize_name(requirement.name)] = requirement
        for extra in requirement.extras:  # dask[distributed] is two packages for conda
            requirements[canonicalize_name(extra)] = Requirement(f"{extra}{requirement.specifier}")
    return requirements


def conda() -> dict[str, Requirement]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    lines = [entry for entry in entries if isinstance(entry, str)]
    lines += next(entry["pip"] for entry in entries if isinstance(entry, dict))
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


def locked() -> dict[str, list[tuple[Version, str]]]:
    pins: dict[str, list[tuple[Version, str]]] = {}
    for name, version, marker in re.findall(
        r"^([\w.-]+)==([\w.]+)(?: ; (.*?))? \\$", LOCK, flags=re.MULTILINE
    ):
        pins.setdefault(canonicalize_name(name), []).append((Version(version), marker))
    return pins


def test_environment_yml_names_what_pyproject_names():
    ours, theirs = wanted(), conda()
    interpreter = theirs.pop("python")
    assert interpreter.specifier == Requirement(f"python{PROJECT['requires-python']}").specifier
    assert theirs.pop("pip")
    assert set(theirs) == set(ours)
    differing = {name for name in ours if ours[name].specifier != theirs[name].specifier}
    assert not differing


def test_lock_pins_everything_pyproject_names_within_its_bounds():
    pins = locked()
    for name, requirement in wanted().items():
        assert name in pins, f"{name} is not locked: run `make lock`"
        for version, _ in pins[name]:
            assert version in requirement.specifier, (
                f"{name} {version} is outside {requirement.specifier}: run `make lock`"
            )


def test_lock_holds_hashes_and_no_addresses():
    assert "://" not in LOCK
    assert "index-url" not in LOCK
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 150
    unhashed = [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    assert not unhashed


def test_contributing_says_how_to_hold_the_lock_against_advisories():
    written = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\.venv/bin/pip-audit (.*)$", written, flags=re.MULTILINE)
    assert {"--require-hashes", "--disable-pip", "-r"} < set(command.split())
    assert (ROOT / command.split()[-1]).is_file()


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "poetry.lock"])
def test_no_lock_file_with_addresses(name):
    assert not (ROOT / name).exists()


@pytest.mark.parametrize("left", ["nothing", "a broken command", "a whole command"])
def test_make_mends_an_environment_that_its_mark_outlived(tmp_path, left):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    command = tmp_path / ".venv" / "bin" / "workbench"
    command.parent.mkdir(parents=True)
    if left != "nothing":
        command.write_text(f"#!/bin/sh\nexit {int(left == 'a broken command')}\n")
        command.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    told = subprocess.run(
        ["make", "-n", "lint"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert ("-m venv --clear .venv" in told) == (left != "a whole command")
