"""What tests of several rooms share."""

import contextlib
import os
import shutil

import pytest


@pytest.fixture(scope="session")
def warm_forge():
    """One forge for all runs of the tests, with no more in it than small studies need."""
    from workbench.reports import kernels

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "PRELOADED", ("ipykernel.kernelapp", "ipykernel.ipkernel", "pandas"))
        with kernels.forge() as address:
            yield address


@pytest.fixture
def quick_kernels(warm_forge, monkeypatch):
    """Runs take their kernels from the tests' forge: a start costs a tenth of a cold one."""
    from workbench.reports import kernels

    monkeypatch.setattr(kernels, "forge", lambda *_: contextlib.nullcontext(warm_forge))


CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all pages: playwright cannot be started twice in a process."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("WORKBENCH_REQUIRE_BROWSER") == "1":
            pytest.fail("no browser found, and WORKBENCH_REQUIRE_BROWSER=1 asks for one")
        pytest.skip("no Chromium on this machine: install it to look at the pages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, headless=True, args=list(CHROMIUM))
        yield opened
        opened.close()
