"""What tests of several rooms share."""

import contextlib
import os
import shutil
import signal
from types import SimpleNamespace

import pytest

# No address but this machine's own is spoken to: kernels answer on 127.0.0.1. What asks is written down, for
# it may live with the refusal.
WATCH = """import os
import sys

OWN = ("127.0.0.1", "::1", "localhost", "", None)

def refuse(event, details):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        place = details[0] if event == "socket.getaddrinfo" else details[1]
        if isinstance(place, tuple) or event == "socket.getaddrinfo":
            host = place[0] if isinstance(place, tuple) else place
            host = host.decode() if isinstance(host, bytes) else host
            if host not in OWN:
                with open(os.environ["NETWORK_ASKED"], "a") as file:
                    file.write(f"{host}\\n")
                raise PermissionError(f"the network was asked for {host}")

sys.addaudithook(refuse)
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One worker more than cores: some tests wait for processes that they stop or kill."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None


def pytest_configure():
    """A job in the background and ``nohup`` ignore signals, and so would the runs that tests interrupt."""
    usual = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    for number, answer in ((getattr(signal, name, None), answer) for name, answer in usual.items()):
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, answer)


@pytest.fixture
def no_network(tmp_path):
    """What the environment of a process needs to be refused the network, and the hosts it asked for."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCH)
    written = tmp_path / "asked.txt"
    path = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    variables = {"PYTHONPATH": path, "NETWORK_ASKED": str(written)}
    return SimpleNamespace(
        variables=variables, asked=lambda: written.read_text().split() if written.exists() else []
    )


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
