"""A run's folder is one run's, whole, whatever happens to whoever changes it."""

import contextlib
import errno
import hashlib
import json
import os
import signal
import sys
import time

import pytest
from tests.reports.conftest import write_study

from workbench import run_records
from workbench.reports import commit, execute, locks, manifest, render, studies
from workbench.reports.execute import Task, run_study

WRITES = {"open", "os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree"}
WRITES |= {"fcntl.flock", "ctypes.call"}  # and whatever is about to be locked or swapped


@pytest.fixture
def quick(monkeypatch):
    """Studies that are not executed: the notebook, a record and a table are written as a kernel would."""

    def executed(task, work):
        mark = task.parameters["label"]
        notebook = json.loads(task.study.path.read_text(encoding="utf-8"))
        notebook["cells"][2]["outputs"] = [
            {"output_type": "stream", "name": "stdout", "text": f"mark {mark}"}
        ]
        (work / execute.NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
        (work / "tables").mkdir()
        (work / "tables" / f"{mark}.csv").write_text(f"{mark}\n", encoding="utf-8")
        line = {"kind": "answer", "text": f"mark {mark}", "data_kind": "printed"}
        (work / run_records.RECORDS).write_text(json.dumps(line) + "\n", encoding="utf-8")
        return {"kind": "error", "name": "E", "message": "bad", "cell": 3} if mark.startswith("bad") else None

    monkeypatch.setattr(execute, "_execute", executed)
    page = render.Page if hasattr(render, "Page") else None
    monkeypatch.setattr(render, "report", lambda notebook, *_: page_of(page, notebook.read_text("utf-8")))


def page_of(page, text):
    return type("Page", (), {"html": text, "thumbnail": "data:image/svg+xml;base64,AAAA"})()


@pytest.fixture
def once(tmp_path, quick):
    """Run the study with a label, and say how it went."""
    study = studies.read(write_study(tmp_path / "notebooks", "01_study", "x = 1"))
    folder = tmp_path / "reports" / "01_study"
    mark = tmp_path / "reports" / locks.HIDDEN / locks.RUNS / "me"

    def run(label, timeout=60.0):
        with locks.alive(mark):
            return run_study(Task(study, {"label": label}, folder, "01_study", timeout, mark, force=True))

    run.folder = folder
    return run


def whole(folder):
    """The label of the run whose files a folder holds, each of which has to be as the record says."""
    entry = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*entry["files"], "run.json"}
    for name, stated in entry["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == stated, name
    good = entry if entry["status"] == "ok" else entry["last_good"]
    mark = good["given"]["label"]
    for name in ("report.html", "notebook.ipynb", f"tables/{mark}.csv"):
        assert mark in (folder / name).read_text(encoding="utf-8")
    return entry["given"]["label"]


def killed_at(step, work):
    """Do some work in a process that is killed before its ``step``-th write; whether it came to that."""
    pid = os.fork()
    if pid == 0:
        seen = 0

        def write(event, details):
            nonlocal seen
            if event in WRITES and not (event == "open" and details[1] == "r"):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(write)
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("label", ["new", "bad"])
@pytest.mark.parametrize("swaps", [True, False], ids=["swap", "two renames"])
def test_killed_before_any_write_a_run_leaves_the_old_one_or_the_new_one(once, label, swaps, monkeypatch):
    once("first")
    if not swaps:
        monkeypatch.setattr(commit, "_exchange", lambda *_: False)
    found = {}
    for step in range(1, 1000):
        before = whole(once.folder)
        if not killed_at(step, lambda: once(label)):
            break
        if not once.folder.exists():
            assert not swaps
            found[step] = "none"
        else:
            found[step] = whole(once.folder)
            assert found[step] in (before, label)
        commit.sweep(once.folder.parent)
        assert [path.name for path in once.folder.parent.iterdir()] == ["01_study"]
        assert whole(once.folder) in ("first", label)
        assert once("first")["status"] == "ok"
    assert whole(once.folder) == label
    assert len(found) > 20
    assert {"first", label} <= set(found.values())


def test_a_users_own_file_in_a_runs_folder_outlives_the_run(once):
    once("first")
    (once.folder / "notes.txt").write_text("mine")
    once("second")
    assert (once.folder / "notes.txt").read_text() == "mine"
    for step in range(1, 1000):
        if not killed_at(step, lambda: once("third")):
            break
        commit.sweep(once.folder.parent)
        assert (once.folder / "notes.txt").read_text() == "mine"


def test_a_lock_is_never_a_link(once, tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("kept")
    place = once.folder.parent / locks.HIDDEN / locks.LOCKS
    place.mkdir(parents=True)
    (place / "01_study").symlink_to(precious)
    entry = once("first")
    assert entry["status"] == "failed"
    assert "is a link" in entry["error"]["message"]
    assert "01_study" in entry["error"]["message"]
    (place / "01_study").unlink()
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "01_study").mkdir(parents=True)
    (once.folder.parent / locks.HIDDEN / locks.WORK).symlink_to(elsewhere)
    assert "is a link" in once("first")["error"]["message"]
    assert (elsewhere / "01_study").is_dir()
    assert precious.read_text() == "kept"


def test_waiting_ends_with_the_time_limit_and_with_the_first_interrupt(once):
    once("first")
    with locks.held(once.folder, run="other"):
        assert locks.holder(once.folder)["process"] == os.getpid()
        clock = time.monotonic()
        entry = once("second", timeout=0.3)
        assert 0.2 < time.monotonic() - clock < 5
        assert (entry["status"], entry["error"]["kind"], entry["recorded"]) == ("failed", "timeout", False)
        assert "another run was at work in its folder" in entry["error"]["message"]
        stop = locks.stop_file(once.folder.parent / locks.HIDDEN / locks.RUNS / "me")
        stop.parent.mkdir(parents=True, exist_ok=True)
        stop.touch()
        assert once("second", timeout=60)["error"]["kind"] == "interrupted"
    assert whole(once.folder) == "first"
    assert once("second")["status"] == "ok"


def test_a_full_disk_is_recorded_as_the_reason_and_the_last_good_report_stands(once, monkeypatch):
    once("first")
    written = type(once.folder).write_text

    def full(path, text, *args, **options):
        if path.name == manifest.REPORT:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written(path, text, *args, **options)

    monkeypatch.setattr(type(once.folder), "write_text", full)
    entry = once("second")
    assert (entry["status"], entry["error"]["kind"]) == ("failed", "workbench")
    assert entry["error"]["message"].startswith("No space left on device (")
    assert whole(once.folder) == "second"
    assert json.loads((once.folder / "run.json").read_text("utf-8"))["last_good"]["given"] == {
        "label": "first"
    }


def test_where_nothing_can_be_written_the_run_says_so_and_goes_on(once, monkeypatch):
    once("first")

    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "reports/.workbench")

    monkeypatch.setattr(commit, "fresh", refused)
    entry = once("second")
    assert (entry["status"], entry["recorded"]) == ("failed", False)
    assert entry["error"]["message"] == "Permission denied (reports/.workbench)"
    assert whole(once.folder) == "first"


def test_what_a_run_wrote_counts_for_whether_it_is_up_to_date(once):
    once("first")
    files = json.loads((once.folder / "run.json").read_text("utf-8"))["files"]
    assert set(files) == {"report.html", "notebook.ipynb", ".thumbnail", "tables/first.csv"}
    expected = manifest.load(once.folder)["fingerprint"]
    for name in files:
        for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])):
            once("first")
            assert manifest.state(once.folder, expected) == "up to date"
            os.utime(once.folder / name)
            assert manifest.state(once.folder, expected) == "up to date"
            damage(once.folder / name)
            assert manifest.state(once.folder, expected) == "stale"
            assert manifest.reasons(once.folder, expected) == [name]


def test_a_record_that_names_files_elsewhere_copies_none_of_them(once, tmp_path):
    once("first")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    record = json.loads((once.folder / "run.json").read_text("utf-8"))
    record["files"]["../../secret.txt"] = hashlib.sha256(b"secret").hexdigest()
    (once.folder / "run.json").write_text(json.dumps(record))
    once("bad")
    assert whole(once.folder) == "bad"


def test_a_file_in_the_place_of_a_runs_folder_is_kept(once):
    once.folder.parent.mkdir()
    once.folder.write_text("mine")
    entry = once("first")
    assert entry["recorded"] is False
    assert "a file stands where the folder of a run should be" in entry["error"]["message"]
    assert once.folder.read_text() == "mine"


def test_folders_are_made_however_often_another_run_tidies_them_away(tmp_path, monkeypatch):
    """Between the making of a parent and of a folder in it another run may find the parent empty."""
    made, tidied = os.mkdir, []

    def after_another_tidied(path, *args):
        if len(tidied) < 3 and os.path.basename(path) in (locks.RUNS, "one"):
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))
                tidied.append(path)
        return made(path, *args)

    monkeypatch.setattr(os, "mkdir", after_another_tidied)
    mark = tmp_path / locks.HIDDEN / locks.RUNS / "mark"
    with locks.alive(mark):
        assert mark.exists()
        assert commit.fresh(tmp_path / "one").is_dir()
    assert len(tidied) == 3
    monkeypatch.undo()
    blocked = tmp_path / "blocked" / locks.HIDDEN
    blocked.parent.mkdir()
    blocked.write_text("a file of somebody's", encoding="utf-8")
    with pytest.raises((FileExistsError, NotADirectoryError)), locks.alive(blocked / locks.RUNS / "mark"):
        pass


def test_what_a_dead_run_left_stays_while_a_worker_is_at_work_and_who_comes_late_does_nothing(once, tmp_path):
    mark = tmp_path / "reports" / locks.HIDDEN / locks.RUNS / "other"
    with contextlib.ExitStack() as life, locks.takes_part(mark) as early:
        life.enter_context(locks.alive(mark))
        assert early is False  # there was no run yet
        with locks.takes_part(mark) as part:
            assert part is True
            life.close()
            assert locks.is_over(mark)
            assert not commit.sweep(tmp_path / "reports")
        assert commit.sweep(tmp_path / "reports")
        study = studies.read(tmp_path / "notebooks" / "01_study.ipynb")
        late = run_study(Task(study, {"label": "late"}, once.folder, "01_study", 60.0, mark))
        assert (late["status"], late["recorded"]) == ("failed", False)
        assert "was over" in late["error"]["message"]
        assert not (tmp_path / "reports").exists() or not any((tmp_path / "reports").iterdir())
