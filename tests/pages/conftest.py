"""The page of every study, rendered from the outputs that its notebook stores, and the fullest index."""

import contextlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.evidence import ledger
from workbench.reports import manifest, render, scoreboard, studies

fcntl = None
with contextlib.suppress(ImportError):  # not on Windows, where every worker makes its own
    import fcntl

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def entry(study):
    """What a run would know of a study, as far as a page needs it."""
    return {
        "status": "ok",
        "study": study,
        "title": study,
        "given": {},
        "parameters": {},
        "data": [],
        "answer": None,
        "verdicts": [],
        "tables": {},
        "seed": None,
        "fingerprint": {"notebook": "0" * 64},
        "commit": None,
        "started": "2026-01-01T00:00:00+00:00",
        "duration": 1.0,
        "versions": {},
        "warnings": [],
    }


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A run's folder in which every study has the page that its stored outputs make; workers share it."""
    shared = tmp_path_factory.getbasetemp()
    if fcntl is not None and "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "stored"
    with (shared / "stored.lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a worker waits for the one that makes the pages
        if not folder.exists():
            made = tmp_path_factory.mktemp("pages")
            write_pages(made)
            made.rename(folder)  # whole, or not at all
    return folder


def write_pages(folder):
    numbers = [path.name[:2] for path in NOTEBOOKS]
    for path in NOTEBOOKS:
        own = folder / path.stem
        own.mkdir()
        page = render.report(path, entry(path.stem), numbers)
        (own / manifest.REPORT).write_text(page.html, encoding="utf-8")
        (own / scoreboard.THUMBNAIL).write_text(page.thumbnail or "", encoding="ascii")


def judged(claim):
    """A verdict as long as the longest that a study leaves."""
    return {
        "claim": claim, "part": "every path of it", "verdict": "rightly rejected", "data_kind": "simulated",
        "planted": False, "found": False, "measure": "total effect on satisfaction, β", "estimate": -0.4321,
        "interval": [-0.5432, -0.3210], "unit": "", "n": 1000, "reason": "the whole interval lies above 0",
        "rate": 0.9, "rates": [
            {"population": name, "planted": planted, "seeds": 50, "found": 41, "failed": 0}
            for name, planted in (("made", False), ("with an effect", True), ("with two", True))],
    }  # fmt: skip


@pytest.fixture(scope="session")
def full_index(pages, tmp_path_factory):
    """The index where every claim is judged, by every study that there is and those that are planned."""
    folder = tmp_path_factory.mktemp("full")
    claims = list(ledger.claims())
    found = [studies.read(path) for path in NOTEBOOKS]
    there = {int(path.name[:2]) for path in NOTEBOOKS}
    planned = [number for number in range(1, 19) if number not in there]
    more = {f"{number:02d}_more": study for number, study in zip(planned, found[3::2], strict=False)}
    listed = {study.name: study for study in found} | more
    pictures = {path.parent.name: path.read_text() for path in pages.glob(f"*/{scoreboard.THUMBNAIL}")}
    answer = {"text": "A sentence of a study's answer with its numbers. " * 6, "data_kind": "simulated"}
    for place, (name, study) in enumerate(listed.items()):
        listed[name] = replace(study, name=name)
        (folder / name).mkdir()
        record = entry(name) | {"answer": answer, "verdicts": list(map(judged, claims[place :: len(listed)]))}
        (folder / name / manifest.FILE).write_text(json.dumps(record), encoding="utf-8")
        (folder / name / manifest.REPORT).write_text("a page", encoding="utf-8")
        (folder / name / scoreboard.THUMBNAIL).write_text(pictures[study.name], encoding="ascii")
    return scoreboard.write_index(folder, listed)
