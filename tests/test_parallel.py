"""Results do not depend on where the work is done, nor on how many do it."""

import gc
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from workbench import parallel
from workbench.errors import SpecificationError


def draw(task, generator):
    return task, generator.standard_normal(3).tolist()


def double(task):
    return 2 * task


def blas_threads(_):
    np.ones((2, 2)) @ np.ones((2, 2))
    from threadpoolctl import threadpool_info

    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


def die_once(marker):
    """Kills its own process the first time it is called for a marker file."""

    def task(number):
        if number == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number**2

    return task


def test_results_keep_the_order_of_the_tasks():
    assert parallel.map(double, range(40), jobs=2) == [2 * task for task in range(40)]


def test_random_streams_are_the_same_for_any_number_of_workers():
    alone = parallel.map(draw, range(7), seed=5, backend="process")
    assert parallel.map(draw, range(7), seed=5, jobs=2, backend="loky") == alone
    assert parallel.map(draw, range(7), seed=5, jobs=3, backend="threads") == alone
    assert parallel.map(draw, range(7), seed=6, backend="process") != alone
    assert len({tuple(numbers) for _, numbers in alone}) == 7


def test_workers_hold_to_one_blas_thread():
    assert parallel.map(blas_threads, range(2), jobs=2) == [1, 1]
    assert parallel.map(blas_threads, range(1)) == [1]


def test_a_dead_worker_is_replaced_and_its_task_tried_again(tmp_path):
    squares = parallel.map(die_once(tmp_path / "died"), range(6), jobs=2, backend="loky")
    assert squares == [number**2 for number in range(6)]
    assert (tmp_path / "died").exists()


def test_an_error_of_a_task_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        parallel.map(lambda task: 1 / task, [1, 0], jobs=2)


def test_progress_counts_every_task():
    seen = []
    parallel.map(double, range(4), jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "ray"}, "not known"),
        ({"backend": "dask"}, "scheduler's address"),
        ({"backend": "loky", "scheduler": "tcp://127.0.0.1:1"}, "dask backend"),
        ({"jobs": 0}, "at least one"),
    ],
)
def test_impossible_wishes_are_refused(options, said):
    with pytest.raises(SpecificationError, match=said):
        parallel.map(double, [1], **options)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_a_scheduler_that_does_not_answer_is_named(address, monkeypatch):
    monkeypatch.setattr(parallel, "PATIENCE", 1)
    with pytest.raises(SpecificationError, match=r"no Dask scheduler answers at .*Start one"):
        parallel.map(double, [1], scheduler=address)
    # A client that is collected later closes itself under a lock, and the next one then waits for ever.
    dask = [one for one in gc.get_objects() if type(one).__module__ == "distributed.client"]
    assert not [one for one in dask if type(one).__name__ == "Client" and one.status != "closed"]


def test_a_run_around_it_limits_the_workers(monkeypatch):
    monkeypatch.setenv(parallel.JOBS, "1")
    assert parallel.worker_count() == 1
    assert parallel.worker_count(4) == 4


@pytest.mark.cluster
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_results():
    distributed = pytest.importorskip("distributed")
    import dask

    def slow_draw(task, generator):
        time.sleep(0.05)
        return task, generator.standard_normal(3).tolist()

    expected = parallel.map(slow_draw, range(12), seed=5, backend="process")
    # Workers forked from one process that has imported what they need start in half the time.
    forked = dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    size = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with forked, distributed.LocalCluster(**size) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        killed = []

        def kill_in_the_middle(done, total):
            if done == 3:
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

        options = {"seed": 5, "scheduler": cluster.scheduler_address, "progress": kill_in_the_middle}
        assert parallel.map(slow_draw, range(12), **options) == expected
    assert killed


def test_a_number_of_workers_that_is_none_is_refused_in_a_message(monkeypatch):
    for text in ("abc", "1.5", "-2", ""):
        monkeypatch.setenv(parallel.JOBS, text)
        with pytest.raises(SpecificationError, match="is no number of workers"):
            parallel.worker_count()


PARENT = """
import os, pathlib, sys, time
from workbench import parallel

def task(number):
    (pathlib.Path(sys.argv[1]) / str(os.getpid())).touch()
    time.sleep(60)

parallel.map(task, range(2), jobs=2, backend="loky")
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    folder = tmp_path / "workers"
    folder.mkdir()
    parent = subprocess.Popen([sys.executable, script, folder])
    end = time.monotonic() + 60
    while len(workers := [int(path.name) for path in folder.iterdir()]) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    assert len(workers) == 2
    end = time.monotonic() + 20
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def is_alive(pid):
    try:
        return "\nState:\tZ" not in open(f"/proc/{pid}/status").read()
    except FileNotFoundError:
        return False


STARTED = """
import os, signal, time
from workbench import parallel

class Sent:
    def __call__(self, task):
        time.sleep(60)

    def __reduce__(self):  # the first task is about to be sent, and the workers wait for it
        time.sleep(2)
        os.kill(os.getpid(), signal.SIGKILL)

parallel.map(Sent(), range(2), jobs=2, backend="loky")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_that_have_no_task_yet_end_when_their_parent_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", STARTED], start_new_session=True)
    assert parent.wait(timeout=60) == -signal.SIGKILL
    end = time.monotonic() + 20
    while (left := in_session(parent.pid)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []


def in_session(leader):
    command = ["ps", "-o", "stat=,args=", "-s", str(leader)]
    found = subprocess.run(command, check=False, capture_output=True, text=True)  # its status is 1 for none
    return [line for line in found.stdout.splitlines() if not line.startswith("Z")]
