"""The page of every study, rendered from the outputs that its notebook stores."""

from pathlib import Path

import pytest

from workbench.reports import manifest, render

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
    """A run's folder in which every study has the page that its stored outputs make."""
    folder = tmp_path_factory.mktemp("stored")
    numbers = [path.name[:2] for path in NOTEBOOKS]
    for path in NOTEBOOKS:
        own = folder / path.stem
        own.mkdir()
        page = render.report(path, entry(path.stem), numbers)
        (own / manifest.REPORT).write_text(page.html, encoding="utf-8")
    return folder
