"""The page of every study, rendered from the outputs that its notebook stores."""

import os
import shutil
from pathlib import Path

import pytest

from workbench.reports import manifest, render

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update"]


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


@pytest.fixture(scope="session")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
            pytest.fail("no browser found, and WORKBENCH_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium on this machine: install it to look at the pages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, headless=True, args=CHROMIUM)
        yield opened
        opened.close()
