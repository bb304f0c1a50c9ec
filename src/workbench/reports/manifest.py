"""What a run leaves beside its report, ``run.json``, and whether it is still up to date.

A study is up to date when what went into it is what would go in now (`workbench.reports.inputs`), the files
that it read are as they were, and what it wrote is as it left it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench import vocabulary
from workbench.reports import commit

FILE = commit.RECORD
REPORT = "report.html"
SWEEPS = "sweeps"  # in the folder of a run: SWEEPS/STUDY/VALUE
NOT_APPLICABLE = "not applicable"
SETTLED = ("up to date", NOT_APPLICABLE)  # states in which nothing has to run


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
    "run": "",
    "started": "",
    "error": None,
    "read": {},
}


def _whole(manifest: Any) -> dict[str, Any] | None:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("status"), str):
        return None
    entry = {**_OPTIONAL, **manifest}
    for name, default in _OPTIONAL.items():
        if default is not None and not isinstance(entry[name], type(default)):
            entry[name] = default
    if not _is_number(entry["duration"]):
        entry["duration"] = None
    answer = entry["answer"]
    if not (isinstance(answer, dict) and isinstance(answer.get("text"), str) and _kind(answer)):
        entry["answer"] = None
    entry["data"] = [one for one in entry["data"] if isinstance(one, dict) and _kind(one, or_none=True)]
    entry["verdicts"] = as_verdicts(entry["verdicts"])
    if entry["status"] == NOT_APPLICABLE and not (
        isinstance(entry.get("lacks"), str) and entry["lacks"].strip()
    ):
        entry["lacks"] = "what it lacks was not recorded"
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

    One of ``up to date``, ``stale``, ``failed``, ``not run``, and ``not applicable`` where the reader's
    survey does not hold what the study needs.
    """
    entry = load(folder)
    if entry is None:
        return "not run"
    if entry["status"] not in ("ok", NOT_APPLICABLE):
        return "failed"
    if _differing(folder, entry, expected):
        return "stale"
    return "up to date" if entry["status"] == "ok" else NOT_APPLICABLE


def reasons(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """What changed since the last good run: inputs, files that it read (by path), files that it wrote."""
    return _differing(folder, last_good(load(folder)) or {}, expected)


def _differing(folder: Path, entry: Mapping[str, Any], expected: Mapping[str, str]) -> list[str]:
    before = entry.get("fingerprint", {})
    read, written = entry.get("read", {}), entry.get("files")
    return [
        *(name for name in {**expected, **before} if before.get(name) != expected.get(name)),
        *commit.changed(folder, read),
        *([REPORT] if not isinstance(written, dict) else commit.changed(folder, written)),
    ]


def standing(folder: Path, good: Mapping[str, Any] | None) -> list[str]:
    """Files of the last good run that stand as it left them; none where its report is not among them."""
    files = (good or {}).get("files")
    if not isinstance(files, dict):
        return []
    there = commit.hashes(folder)
    kept = [name for name, stated in files.items() if there.get(name) == stated]
    return kept if REPORT in kept else []
