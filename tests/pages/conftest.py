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
def page_of(tmp_path_factory):
    """The folder of a study's page, made from the stored outputs by the first worker that asks for it."""
    shared = tmp_path_factory.getbasetemp()
    if fcntl is not None and "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    (shared / "stored").mkdir(exist_ok=True)
    numbers = [path.name[:2] for path in NOTEBOOKS]

    def made(study):
        folder = shared / "stored" / study
        with (shared / f"{study}.lock").open("w") as lock:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)  # another worker is making this one
            if not folder.exists():
                new = tmp_path_factory.mktemp("page")
                page = render.report(ROOT / "notebooks" / f"{study}.ipynb", entry(study), numbers)
                (new / manifest.REPORT).write_text(page.html, encoding="utf-8")
                (new / scoreboard.THUMBNAIL).write_text(page.thumbnail or "", encoding="ascii")
                new.rename(folder)  # whole, or not at all
        return folder

    return made


@pytest.fixture
def page(page_of, study):
    """The page of a study."""
    return page_of(study) / manifest.REPORT


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
def full_index(page_of, tmp_path_factory):
    """The index where every claim is judged, by every study that there is and those that are planned."""
    folder = tmp_path_factory.mktemp("full")
    claims = list(ledger.claims())
    found = [studies.read(path) for path in NOTEBOOKS]
    there = {int(path.name[:2]) for path in NOTEBOOKS}
    planned = [number for number in range(1, 19) if number not in there]
    more = {f"{number:02d}_more": study for number, study in zip(planned, found[3::2], strict=False)}
    listed = {study.name: study for study in found} | more
    pictures = {path.stem: (page_of(path.stem) / scoreboard.THUMBNAIL).read_text() for path in NOTEBOOKS}
    answer = {"text": "A sentence of a study's answer with its numbers. " * 6, "data_kind": "simulated"}
    for place, (name, study) in enumerate(listed.items()):
        listed[name] = replace(study, name=name)
        (folder / name).mkdir()
        record = entry(name) | {"answer": answer, "verdicts": list(map(judged, claims[place :: len(listed)]))}
        (folder / name / manifest.FILE).write_text(json.dumps(record), encoding="utf-8")
        (folder / name / manifest.REPORT).write_text("a page", encoding="utf-8")
        (folder / name / scoreboard.THUMBNAIL).write_text(pictures[study.name], encoding="ascii")
    return scoreboard.write_index(folder, listed)
