"""A run on a cluster: what its workers have to share is asked first; a worker that dies is no end."""

import json
import os
import shutil
import signal
import threading

import pytest
from tests.reports.conftest import write_study

from workbench.errors import SpecificationError
from workbench.reports import cluster, commit, locks, manifest, runner, studies

HERE = {
    "there": True,
    "over": False,
    "source": ("a", "b"),
    "installed": ("python-3.11", "numpy-2.3.dist-info"),
}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"there": False, "over": True}, "does not see"),
        ({"over": True}, "locks in .* do not reach the worker"),
        ({"source": ("a", "c")}, "another version of the workbench"),
        ({"installed": ("python-3.11", "numpy-2.4.dist-info")}, r"other packages \(numpy-2.3, numpy-2.4\)"),
        ("ModuleNotFoundError: No module named 'workbench'", "cannot run studies"),
    ],
)
def test_what_workers_do_not_share_is_one_message_before_anything_runs(tmp_path, monkeypatch, found, said):
    workers = {"tcp://a": HERE, "tcp://b": {**HERE, **found} if isinstance(found, dict) else found}
    monkeypatch.setattr(cluster, "state", lambda mark: HERE)
    monkeypatch.setattr(cluster.parallel, "everywhere", lambda *_: workers)
    with pytest.raises(SpecificationError, match=f"tcp://b: .*{said}") as error:
        cluster.require_shared(tmp_path / locks.HIDDEN / locks.RUNS / "mark", "tcp://s")
    assert len(error.value.faults) == 1
    assert error.value.faults[0].fix


def test_a_worker_sees_a_run_for_as_long_as_it_lives(tmp_path):
    mark = tmp_path / locks.HIDDEN / locks.RUNS / "mark"
    with locks.alive(mark):
        assert (cluster.state(mark)["there"], cluster.state(mark)["over"]) == (True, False)
        copied = tmp_path / "copied"  # a folder that is synchronised, not shared
        shutil.copy(mark, copied)
        assert (cluster.state(copied)["there"], cluster.state(copied)["over"]) == (True, True)
    assert cluster.state(mark)["over"]


def test_paths_that_go_to_a_worker_are_absolute(notebooks, output, tmp_path, monkeypatch):
    write_study(notebooks, "01_study", "x = 1")
    monkeypatch.chdir(tmp_path)
    found = list(studies.find(notebooks.relative_to(tmp_path)).values())
    (task,) = runner.plan(found, {}, {}, runner.Options(output.relative_to(tmp_path)))
    assert task.study.path == notebooks.resolve() / "01_study.ipynb"
    assert all(path.is_absolute() for path in (task.folder, task.mark))


@pytest.mark.cluster
def test_a_cluster_in_another_folder_loses_a_worker_and_finishes_the_sweep(
    notebooks, output, tmp_path, monkeypatch
):
    distributed = pytest.importorskip("distributed")
    import dask

    write_study(notebooks, "01_study", "import time\ntime.sleep(0.5)\nprint('seed', seed)")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    forked = dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    size = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with forked, distributed.LocalCluster(**size) as workers:
        victim = next(iter(workers.workers.values())).pid
        monkeypatch.chdir(tmp_path)  # paths are given as a user in another folder than the workers would
        options = runner.Options(output.relative_to(tmp_path), scheduler=workers.scheduler_address)
        found = list(studies.find(notebooks.relative_to(tmp_path)).values())
        tasks = runner.plan(found, {}, {"seed": ["1", "2", "3", "4"]}, options)

        def kill_at_work():
            while not over.wait(0.05):
                if list(output.glob("sweeps/01_study/.workbench/work/*/progress.json")):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)
                    return

        over, killed = threading.Event(), []
        killer = threading.Thread(target=kill_at_work, daemon=True)
        killer.start()
        outcomes = runner.run(tasks, options)
        over.set()
        killer.join()
    assert [outcome.entry.get("error") for outcome in outcomes] == [None] * 4
    assert killed
    assert [outcome.status for outcome in outcomes] == ["ok"] * 4
    for number in ("1", "2", "3", "4"):
        folder = output / "sweeps" / "01_study" / number
        assert f"seed {number}" in (folder / "report.html").read_text()
        assert manifest.load(folder)["given"] == {"seed": int(number)}
        assert json.loads((folder / "run.json").read_text())["files"] == commit.hashes(folder)
    assert not list(output.rglob(locks.HIDDEN))
