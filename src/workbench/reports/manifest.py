"""What a run leaves beside its report, ``run.json``, and whether it is still up to date.

A study is up to date when what went into it is what would go in now: the notebook's cells, the parameters,
the shipped data and the user's files, the package's source, and the lock of its dependencies.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from workbench import vocabulary
from workbench.reports.studies import Study
from workbench.resources import DATA, PACKAGE, SOURCE_TREE

FILE = "run.json"
REPORT = "report.html"
NOT_APPLICABLE = "not applicable"
SETTLED = ("up to date", NOT_APPLICABLE)  # states in which nothing has to run
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
        "data": _sha256("".join([_data_hash(), *_user_files(parameters).values()]).encode()),
        "package": _package_hash(),
        "lock": _lock_hash(),
    }


def notebook_hash(path: Path) -> str:
    """Hash of a notebook's cells without their outputs: executing it in place changes nothing."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = [
        (cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags", []))
        for cell in cells
    ]
    return _sha256(json.dumps(text, ensure_ascii=False).encode())


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _user_files(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of the files that parameters named ``…_file`` point to."""
    return {
        name: file_hash(Path(value)) if Path(value).is_file() else "missing"
        for name, value in sorted(parameters.items())
        if name.endswith("_file") and isinstance(value, str) and value
    }


@cache
def _data_hash() -> str:
    return _tree_hash(DATA, "*")


@cache
def _package_hash() -> str:
    return _tree_hash(PACKAGE, "*")


@cache
def _lock_hash() -> str:
    """Hash of the lock, or of the installed versions where the package was installed without its tree."""
    lock = None if SOURCE_TREE is None else SOURCE_TREE / "requirements.lock"
    if lock is not None and lock.is_file():
        return file_hash(lock)
    return _sha256(json.dumps(versions(), sort_keys=True).encode())


def _tree_hash(folder: Path, pattern: str) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
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


def load(folder: Path) -> dict[str, Any] | None:
    """The manifest of the last run in a folder; None where there is none (or one that nobody can read).

    What a manifest of another version lacks is filled in, and its verdicts are read as today's
    (`as_verdicts`), so that one old or damaged record does not take an index or a list down.
    """
    try:
        manifest = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return _whole(manifest)


_OPTIONAL: dict[str, Any] = {
    "given": {},
    "parameters": {},
    "fingerprint": {},
    "data": [],
    "answer": None,
    "verdicts": [],
    "warnings": [],
    "duration": None,
    "started": "",
    "error": None,
}


def _whole(manifest: Any) -> dict[str, Any] | None:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("status"), str):
        return None
    entry = {**_OPTIONAL, **manifest}
    for name, default in _OPTIONAL.items():
        if default is not None and not isinstance(entry[name], type(default)):
            entry[name] = default
    answer = entry["answer"]
    if not (isinstance(answer, dict) and isinstance(answer.get("text"), str) and _kind(answer)):
        entry["answer"] = None
    entry["data"] = [one for one in entry["data"] if isinstance(one, dict) and _kind(one, or_none=True)]
    entry["verdicts"] = as_verdicts(entry["verdicts"])
    if entry["status"] == "failed":
        error = entry["error"] if isinstance(entry["error"], dict) else {}
        entry["error"] = {"kind": "failed", "cell": None, "message": "no reason was recorded", **error}
        entry["last_good"] = _whole(entry.get("last_good"))
    return entry


def _kind(record: Mapping[str, Any], *, or_none: bool = False) -> bool:
    kind = record.get("data_kind")
    return kind in vocabulary.DATA_KINDS if isinstance(kind, str) else or_none and kind is None


# What a first version said of simulated data, where it did not say what was planted.
_WORDS_BEFORE = {"recovered": True, "not recovered": False, "supported": True, "not supported": False}


def as_verdicts(records: Any) -> list[dict[str, Any]]:
    """Verdict records of any version as those of this one; what has no claim, word or kind is left out.

    A record of simulated data that does not say what was planted says only whether the claim was found.
    """
    verdicts = []
    for record in records if isinstance(records, list) else ():
        if not isinstance(record, dict) or not _kind(record):
            continue
        if not isinstance(record.get("claim"), str) or not isinstance(record.get("verdict"), str):
            continue
        one = {"part": None, "estimate": None, "interval": None, "n": None, "reason": "", **record}
        if "found" not in one:
            one["found"] = _WORDS_BEFORE.get(one["verdict"])
            if one["data_kind"] == "simulated" and one["found"] is not None:
                one["verdict"] = vocabulary.verdict_word("simulated", one["found"])
        one.setdefault("planted", None)
        limits = one["interval"]
        if not (isinstance(limits, list) and len(limits) == 2 and all(map(_is_number, limits))):
            one["interval"] = None
        for name in ("estimate", "n"):
            if not _is_number(one[name]):
                one[name] = None
        rates = one.get("rates")
        one["rates"] = [rate for rate in rates if _is_rate(rate)] if isinstance(rates, list) else []
        verdicts.append(one)
    return verdicts


def _is_rate(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("population"), str)
        and all(_is_number(record.get(name)) for name in ("found", "seeds"))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def save(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``run.json`` in one step: a reader sees the old one or the new one."""
    write_atomically(folder / FILE, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a text beside its place and move it there in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def last_good(manifest: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The run that made the report which stands in the folder: the last one that did not fail."""
    if manifest is None:
        return None
    return dict(manifest) if manifest["status"] == "ok" else manifest.get("last_good")


def state(folder: Path, expected: Mapping[str, str]) -> str:
    """State of a study whose inputs hash to ``expected``.

    One of ``up to date``, ``stale``, ``failed``, ``not run``, and ``not applicable`` where the reader's survey
    does not hold what the study needs.
    """
    manifest = load(folder)
    if manifest is None:
        return "not run"
    if manifest["status"] == NOT_APPLICABLE:
        return NOT_APPLICABLE if manifest.get("fingerprint") == dict(expected) else "stale"
    if manifest["status"] != "ok":
        return "failed"
    fresh = manifest.get("fingerprint") == dict(expected) and (folder / REPORT).is_file()
    return "up to date" if fresh else "stale"


def reasons(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """Which inputs changed since the last good run."""
    before = (last_good(load(folder)) or {}).get("fingerprint", {})
    return [name for name, value in expected.items() if before.get(name) != value]
