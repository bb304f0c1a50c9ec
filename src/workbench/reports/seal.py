"""A page made of others' records says which, and what it is itself: so it is known when to make it again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.reports import commit, inputs, manifest
from workbench.reports.studies import Study

SWEEP = "sweep.csv"
_SEAL = re.compile(r"<!-- of ([0-9a-f]{64}), itself ([0-9a-f]{64}) -->\n\Z")


def sealed(page: str, of: str) -> str:
    """A page with its seal: the hash of what it is made of, and its own."""
    return f"{page}<!-- of {of}, itself {_hash(page)} -->\n"


def holds(path: Path, of: str) -> bool:
    """Whether a page is there as it was written, and was made of this."""
    try:
        page = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    seal = _SEAL.search(page)
    return seal is not None and seal.groups() == (of, _hash(page[: seal.start()]))


def of_records(output: Path, studies: Mapping[str, Study]) -> str:
    """Hash of what an index is made of: the records of its studies and their states."""
    parts: list[object] = []
    for name, study in studies.items():
        folder = output / name
        given = (manifest.load(folder) or {}).get("given", {})
        expected = inputs.fingerprint(study, given)
        parts.append([name, study.title, study.question, manifest.state(folder, expected), expected])
        parts += [_file(folder / manifest.FILE), _file(folder / ".thumbnail")]
        parts.append((output / manifest.SWEEPS / name / "index.html").is_file())
    return _hash(json.dumps(parts))


def of_sweep(folder: Path, values: Iterable[str]) -> str:
    """Hash of what the page of a sweep stands for: the records of its runs, and the table beside it."""
    paths = [*(folder / value / manifest.FILE for value in values), folder / SWEEP]
    return _hash(json.dumps([_file(path) for path in paths]))


def _file(path: Path) -> str | None:
    return commit.file_hash(path) if path.is_file() else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
