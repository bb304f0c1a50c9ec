"""A disk that is full, or has no room for another file: said, recorded, and what stood stands. For real."""

import contextlib
import json
import os
import subprocess
import sys

import pytest
from tests.reports.conftest import write_study
from tests.torture._runs import SAID, all_faults

from workbench.reports import kernels, locks, manifest, runner, studies

BIG = SAID.replace("[label] * 50", "[label] * 50 * 20_000").replace("time.sleep(0.3)", "pass")
SMALL = SAID.replace("time.sleep(0.3)", "pass")


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """No more in warm kernels than these studies need."""
    monkeypatch.setattr(kernels, "PRELOADED", ("ipykernel.kernelapp", "ipykernel.ipkernel", "pandas"))


@pytest.fixture
def disk(tmp_path, request):
    """A file system of its own, of the size that the test asks for."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", request.param, "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def run(notebooks, output, label):
    options = runner.Options(output, jobs=1, force=True)
    tasks = runner.plan(list(studies.find(notebooks).values()), {"label": label}, {}, options)
    return runner.run(tasks, options)


@pytest.mark.parametrize("disk", ["size=6M", "size=64M,nr_inodes=60"], indirect=True, ids=["bytes", "inodes"])
def test_what_finds_no_room_is_recorded_as_failed_and_the_others_go_on(disk, notebooks):
    big, output = write_study(notebooks, "01_big", SMALL), disk / "reports"
    write_study(notebooks, "02_small", SMALL)
    assert [one.status for one in run(notebooks, output, "first")] == ["ok", "ok"]
    many = "for number in range(100):\n    run_records.write_table(f'n{number}', pd.DataFrame({'a': [1]}))"
    write_study(notebooks, big.stem, BIG, many)
    outcomes = run(notebooks, output, "second")
    assert [one.status for one in outcomes] == ["failed", "ok"], outcomes
    assert all_faults(output.glob("0*")) == []
    entry = json.loads((output / "01_big" / manifest.FILE).read_text(encoding="utf-8"))
    assert "No space left on device" in entry["error"]["message"]
    assert entry["last_good"]["given"]["label"] == "first"
    assert "mark first" in (output / "01_big" / manifest.REPORT).read_text(encoding="utf-8")
    assert not list(output.rglob(locks.HIDDEN))


@pytest.mark.parametrize("disk", ["size=6M", "size=64M,nr_inodes=60"], indirect=True, ids=["bytes", "inodes"])
def test_on_a_disk_without_any_room_every_study_says_so_and_what_stood_stands(disk, notebooks):
    output = disk / "reports"
    write_study(notebooks, "01_small", SMALL)
    write_study(notebooks, "02_small", SMALL)
    assert [one.status for one in run(notebooks, output, "first")] == ["ok", "ok"]
    filler = disk / "filler"
    filler.mkdir()
    with contextlib.suppress(OSError):
        for number in range(100):
            (filler / str(number)).touch()
            with (filler / str(number)).open("wb", buffering=0) as file:
                while number < 50 and file.write(os.urandom(4096)):
                    pass
    outcomes = run(notebooks, output, "second")
    assert [one.status for one in outcomes] == ["failed", "failed"]
    for one in outcomes:
        assert "No space left on device" in one.entry["error"]["message"]
    assert all_faults(output.glob("0*")) == []
    for folder in output.glob("0*"):
        assert "mark first" in (folder / manifest.REPORT).read_text(encoding="utf-8")
    for path in [*filler.iterdir()]:
        path.unlink()
    filler.rmdir()
    assert [one.status for one in run(notebooks, output, "third")] == ["ok", "ok"]
    assert not list(output.rglob(locks.HIDDEN))
