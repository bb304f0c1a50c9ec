"""What goes into a run, as hashes that say what changed: notebook, parameters, data, source, dependencies.

Which files a study reads is known when it has run: it tells them to its record
(`workbench.run_records.opened`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workbench.reports.commit import file_hash
from workbench.reports.studies import Study
from workbench.resources import DATA, PACKAGE, SOURCE_TREE

# The libraries whose versions a reader needs to reproduce a number.
LIBRARIES = (
    "crm-survey-workbench",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "semopy",
    "matplotlib",
    "papermill",
    "nbconvert",
)


def fingerprint(study: Study, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of everything that goes into a run; ``parameters`` are those that differ from the defaults."""
    return {
        "notebook": notebook_hash(study.path),
        "parameters": _sha256(json.dumps(dict(parameters), sort_keys=True).encode()),
        "data": _sha256("".join([_data_hash(), *_user_files(study, parameters).values()]).encode()),
        "package": _package_hash(),
        "lock": _lock_hash(),
        "installed": _sha256("\n".join(installed()).encode()),
    }


def notebook_hash(path: Path) -> str:
    """Hash of a notebook's cells without their outputs: executing it in place changes nothing."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = [
        (cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags", []))
        for cell in cells
    ]
    return _sha256(json.dumps(text).encode())


def _user_files(study: Study, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of the files that parameters named ``…_file`` point to, as seen from the notebook's folder."""
    found = {}
    for name, value in sorted(parameters.items()):
        if name.endswith("_file") and isinstance(value, str) and value:
            path = study.path.parent / value
            try:
                found[name] = file_hash(path)
            except (OSError, ValueError):  # none there, or a name that no file can have
                found[name] = "missing"
    return found


@cache
def _data_hash() -> str:
    return tree_hash(DATA)


@cache
def _package_hash() -> str:
    return tree_hash(PACKAGE)


@cache
def _lock_hash() -> str:
    """Hash of the lock; of nothing where the package was installed without its tree."""
    lock = None if SOURCE_TREE is None else SOURCE_TREE / "requirements.lock"
    return file_hash(lock) if lock is not None and lock.is_file() else _sha256(b"")


@cache
def installed() -> tuple[str, ...]:
    """Every installed distribution with its version, as its folder of metadata is called, and Python."""
    names = {name for place in sys.path if place and os.path.isdir(place) for name in os.listdir(place)}
    kept = sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))
    return (f"python-{platform.python_version()}", *kept)


def tree_hash(folder: Path) -> str:
    """Hash of a folder: its files, by their places in it."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\n".encode())
    return total.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def versions() -> dict[str, str]:
    """Python and the libraries that a result depends on, with their versions."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def git_commit() -> str | None:
    """Commit of the source tree, with ``+`` where tracked files differ from it; None outside of git."""
    if SOURCE_TREE is None:
        return None
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=SOURCE_TREE, capture_output=True, text=True, check=True)
    return done.stdout.strip()
