"""Runs that are killed or called off leave nothing behind but whole folders (many more in `make torture`)."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time

import pytest
from tests.torture import _runs
from tests.torture._runs import Place, all_faults, kill, victim

from workbench.reports import kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path, studies=2)
    yield made
    for pid in made.alive():
        kill(pid)


def slow(place, seconds, numbers=(1, 2)):
    """Let the last cell of studies take its time."""
    for number in numbers:
        path = place.notebooks / f"0{number}_study.ipynb"
        text = path.read_text(encoding="utf-8")
        assert "time.sleep(0.3)" in text
        path.write_text(text.replace("time.sleep(0.3)", f"time.sleep({seconds})"), encoding="utf-8")


def at_work(place, run):
    """Wait until a study of a run is at its last cell."""
    while run.poll() is None:
        for path in place.output.glob(".workbench/work/*/progress.json"):
            with contextlib.suppress(OSError):  # the study is over
                seen = json.loads(path.read_text(encoding="utf-8"))
                if seen["cell"] == seen["cells"]:
                    return path.parent.name
        time.sleep(0.02)
    raise AssertionError(f"no study began: {place.said()}")


@pytest.mark.parametrize("kind", ["parent", "worker", "kernel", "forge"])
def test_a_killed_run_leaves_no_process_no_lock_and_no_temporary_file(place, kind):
    slow(place, 3)  # so that there is somebody to kill, however busy the machine
    run = place.start("-j", "2", label="killed")
    at_work(place, run)
    assert kill(victim(place, run.pid, kind))
    run.wait(timeout=120)
    assert place.left() == []
    assert all_faults(place.output.glob("0*")) == []
    if kind == "worker":  # another took its place
        assert run.returncode == 0, place.said()
    if kind == "kernel":
        entries = [json.loads(path.read_text()) for path in place.output.glob("0*/run.json")]
        kinds = sorted(
            (entry["error"] or {}).get("kind", "ok") if entry["status"] == "failed" else "ok"
            for entry in entries
        )
        assert kinds == ["killed", "ok"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "closed terminal"])
def test_what_a_terminal_sends_to_all_is_recorded_by_every_worker(place, signum):
    slow(place, 60)
    run = place.start("-j", "2")
    at_work(place, run)
    os.killpg(run.pid, signum)
    assert run.wait(timeout=60) == 1
    assert "Traceback" not in place.said()
    entries = [json.loads((place.output / f"0{number}_study" / "run.json").read_text()) for number in (1, 2)]
    assert [entry["error"]["kind"] for entry in entries] == ["interrupted", "interrupted"]
    assert place.left() == []


def test_a_run_that_waits_says_for_whom_and_ends_at_the_first_interrupt(place):
    slow(place, 60, numbers=[1])
    first = place.start("-j", "1", "01")
    at_work(place, first)
    shutil.copy(place.base / "said.txt", place.base / "first.txt")
    second = place.start("-j", "1", "01")
    end = time.monotonic() + 60
    while "waits" not in place.said() and time.monotonic() < end:
        time.sleep(0.1)
    assert f"another run (process {first.pid} on" in place.said()
    os.killpg(second.pid, signal.SIGINT)
    assert second.wait(timeout=30) == 1
    assert "another run was at work in its folder until the run was interrupted" in " ".join(
        place.said().replace("│", " ").split()
    )
    os.killpg(first.pid, signal.SIGINT)
    assert first.wait(timeout=60) == 1
    assert place.left() == []


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C again", "SIGKILL"])
def test_a_run_that_is_called_off_and_then_killed_leaves_nothing(place, second):
    slow(place, 60)
    run = place.start("-j", "2")
    at_work(place, run)
    os.killpg(run.pid, signal.SIGINT)
    kill(run.pid, second)
    run.wait(timeout=60)
    assert place.left() == []
    assert all_faults(place.output.glob("0*")) == []


@pytest.mark.parametrize(
    "moment",
    ["kernels._here", "commit._settle", "seal.sealed"],
    ids=["before the first study", "as a study is written", "as the index is written"],
)
def test_a_parent_that_dies_outside_of_any_study_leaves_nothing(place, moment, monkeypatch):
    module, name = moment.split(".")
    dies = f"from workbench.reports import {module}\nimport os\n"
    dies += f"{module}.{name} = lambda *_: os.kill(os.getpid(), 9)\n"
    monkeypatch.setattr(_runs, "COMMAND", dies + _runs.COMMAND)
    run = place.start("-j", "1", "01")
    assert run.wait(timeout=120) == -signal.SIGKILL, place.said()
    assert place.left() == []
    assert all_faults(place.output.glob("0*")) == []


@pytest.mark.parametrize("kind", ["worker", "forge"])
def test_a_process_that_is_stopped_does_not_hold_a_run_up(place, kind, monkeypatch):
    """It would see neither its study's time run out nor the run called off, so it is killed."""
    slow(place, 2)
    sooner = "from workbench.reports import kernels, runner\nrunner.SPARE, kernels.PATIENCE = 1.0, 1.0\n"
    monkeypatch.setattr(_runs, "COMMAND", sooner + _runs.COMMAND)
    run = place.start("-j", "2")
    at_work(place, run)
    forge = min(pid for pid, words in place.alive().items() if "reports.kernels" in words)
    assert kill(forge if kind == "forge" else victim(place, run.pid, kind), signal.SIGSTOP)
    if kind == "worker":
        os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=120) == (kind == "worker"), place.said()
    assert place.left() == []
    assert all_faults(place.output.glob("0*")) == []


def test_a_forge_that_is_stopped_before_it_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(kernels, "LOOK", 0.1)
    with kernels.forge(modules=()) as address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            kernels._connect(line, kernels._socket_name(address))
            forge, _ = kernels._other_end(line)
        os.kill(forge, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            kernels.ForkedProcess(address, {})
        assert time.monotonic() - began < kernels.ANSWER / 2
        os.kill(forge, signal.SIGCONT)
