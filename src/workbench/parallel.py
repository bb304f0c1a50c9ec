"""The one door for everything that fans out: notebook runs, sweeps, resampling, Monte Carlo.

Tasks run in this process, in loky worker processes, or on a Dask cluster named by its address. The answer
does not depend on which, nor on how many workers there are: results come back in the order of the tasks, and
random streams are spawned per task from one seed.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.errors import Fault, SpecificationError

JOBS = "WORKBENCH_JOBS"
ATTEMPTS = 3
PATIENCE = 10  # seconds that a Dask scheduler has to answer
CALLED_OFF = (signal.SIGINT, signal.SIGHUP)  # what a terminal sends to every process that it started
_ASKS = os.WEXITED | os.WNOHANG | os.WNOWAIT  # and does not bury
BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def worker_count(jobs: int | None = None) -> int:
    """Number of workers: ``jobs``, else what the run around this process allows, else the cores at hand.

    Parameters
    ----------
    jobs : as asked for; None: what there is.

    Examples
    --------
    >>> from workbench import parallel
    >>> parallel.worker_count(2)
    2
    """
    if jobs is None:
        allowed = os.environ.get(JOBS)
        if allowed is None:
            return available_cores()
        if not allowed.isdecimal():
            fix = "Write a whole number, or unset it"
            raise SpecificationError(Fault(f"{JOBS} = {allowed!r} is no number of workers", fix=fix))
        jobs = int(allowed)
    if jobs < 1:
        raise SpecificationError(f"jobs = {jobs}: give at least one worker")
    return jobs


def available_cores() -> int:
    """Cores that this process may use.

    Examples
    --------
    >>> from workbench import parallel
    >>> parallel.available_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map(
    function: Callable[..., Any],
    tasks: Iterable[Any],
    *,
    seed: int | None = None,
    jobs: int | None = None,
    backend: str | None = None,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Any]:
    """Apply ``function`` to every task and return the results in the order of the tasks.

    Parameters
    ----------
    function : called as ``function(task)``, or ``function(task, generator)`` when a seed is given. For loky
        and Dask it and the tasks must be picklable (cloudpickle is used, so closures will do).
    tasks : what it is called with, one after the other.
    seed : gives every task an independent ``numpy.random.Generator``, the same whatever the backend and
        workers.
    jobs : worker processes; without it the cores at hand, or one inside a study that `workbench run`
        executes.
    backend : ``process`` stays in this process; ``threads`` suits functions that leave the interpreter's
        lock, as compiled kernels do; ``loky``; ``dask``. Without it: Dask where a scheduler is given, loky
        where there is more than one worker and more than one task, this process otherwise.
    scheduler : address of a running Dask scheduler, such as ``tcp://host:8786``.
    progress : called as ``progress(done, total)`` after every task, in this process.

    Raises
    ------
    SpecificationError : unknown backend, Dask without an address, an address without Dask.
    Exception : whatever ``function`` raises. A worker process that dies is replaced and its task tried again,
        three times in all.

    Examples
    --------
    >>> from workbench import parallel
    >>> parallel.map(lambda number: number**2, [1, 2, 3], backend="process")
    [1, 4, 9]
    """
    tasks = list(tasks)
    jobs = worker_count(jobs)
    backend = backend_for(len(tasks), jobs, backend, scheduler)
    calls = list(zip(range(len(tasks)), tasks, _streams(seed, len(tasks)), strict=True))
    results: dict[int, Any] = {}
    for index, value in _RUNNERS[backend](function, calls, jobs, scheduler):
        results[index] = value
        if progress is not None:
            progress(len(results), len(tasks))
    return [results[index] for index in range(len(tasks))]


def backend_for(tasks: int, jobs: int, backend: str | None = None, scheduler: str | None = None) -> str:
    """The backend that `map` uses for so many tasks and workers; errors as there.

    Parameters
    ----------
    tasks : how many.
    jobs : worker processes.
    backend, scheduler : as in `map`.

    Examples
    --------
    >>> from workbench import parallel
    >>> parallel.backend_for(10, 1)
    'process'
    """
    if backend is None:
        backend = "dask" if scheduler else "loky" if jobs > 1 and tasks > 1 else "process"
    if backend not in _RUNNERS:
        raise SpecificationError(f"backend {backend!r} is not known: use one of {', '.join(_RUNNERS)}")
    if backend == "dask" and not scheduler:
        raise SpecificationError("the dask backend needs the scheduler's address, such as tcp://host:8786")
    if scheduler and backend != "dask":
        raise SpecificationError(f"a scheduler address goes with the dask backend, not with {backend}")
    return backend


def _streams(seed: int | None, count: int) -> list[Any]:
    if seed is None:
        return [None] * count
    from numpy.random import SeedSequence

    return list(SeedSequence(seed).spawn(count))


def _call(function: Callable[..., Any], call: tuple[int, Any, Any]) -> tuple[int, Any]:
    """One task in a worker, with one BLAS thread: more of them only fight the other workers for cores."""
    with one_blas_thread():
        return _task(function, call)


def _become_worker(parent: int) -> None:
    """Have this process, a worker of this machine, end with its parent and leave Ctrl-C to it.

    That is its first act: a worker whose parent dies before it has sent any task ends too.
    """
    for signum in CALLED_OFF:
        signal.signal(signum, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CALLED_OFF)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def is_worker(process: int) -> bool:
    """Whether a number is that of a living process which this one started.

    Parameters
    ----------
    process : its number.

    Examples
    --------
    >>> import os
    >>> from workbench import parallel
    >>> parallel.is_worker(os.getpid())
    False
    """
    try:
        return os.waitid(os.P_PID, process, _ASKS) is None
    except (ChildProcessError, OverflowError):
        return False


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


@contextmanager
def _held_back() -> Iterator[None]:
    """Have worker processes that start meanwhile not hear Ctrl-C before they can ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, CALLED_OFF)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _task(function: Callable[..., Any], call: tuple[int, Any, Any]) -> tuple[int, Any]:
    index, task, stream = call
    if stream is None:
        return index, function(task)
    from numpy.random import default_rng

    return index, function(task, default_rng(stream))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold this process to one BLAS thread (processes that it starts obey the variables in BLAS_THREADS).

    Examples
    --------
    >>> import numpy as np
    >>> from workbench import parallel
    >>> with parallel.one_blas_thread():
    ...     product = np.eye(2) @ np.eye(2)
    ...
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def _in_process(function: Any, calls: list[Any], jobs: int, scheduler: None) -> Iterator[tuple[int, Any]]:
    for call in calls:
        yield _call(function, call)


def _threads(function: Any, calls: list[Any], jobs: int, scheduler: None) -> Iterator[tuple[int, Any]]:
    if jobs == 1 or len(calls) == 1:
        yield from _in_process(function, calls, jobs, scheduler)
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    with one_blas_thread(), ThreadPoolExecutor(min(jobs, len(calls))) as pool:
        waiting = [pool.submit(_task, function, call) for call in calls]
        for future in as_completed(waiting):
            yield future.result()


def _loky(function: Any, calls: list[Any], jobs: int, scheduler: None) -> Iterator[tuple[int, Any]]:
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = {call[0]: call for call in calls}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            beginning = {"initializer": _become_worker, "initargs": (os.getpid(),)}
            with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1, **beginning):
                pool = joblib.Parallel(return_as="generator_unordered", batch_size=_batch(len(waiting), jobs))
                with _held_back():
                    found = pool(joblib.delayed(_call)(function, call) for call in list(waiting.values()))
                for index, value in found:
                    del waiting[index]
                    yield index, value
            return
        except TerminatedWorkerError:
            if attempt == ATTEMPTS:
                raise


def everywhere(function: Callable[[Any], Any], given: Any, scheduler: str) -> dict[str, Any]:
    """What a function gives on every worker of a Dask cluster, by their addresses; its error as a text.

    Parameters
    ----------
    function : called as ``function(given)`` on each worker.
    given : its argument.
    scheduler : address of the running Dask scheduler.
    """
    with _client(scheduler) as client:
        found = client.run(function, given, on_error="return")
    return {
        worker: f"{type(one).__name__}: {one}" if isinstance(one, BaseException) else one
        for worker, one in found.items()
    }


def _client(scheduler: str) -> Any:
    from distributed import Client

    try:
        return Client(scheduler, timeout=f"{PATIENCE} s", set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers at {scheduler!r} ({error})"
        fix = "Start one with 'dask scheduler' and 'dask worker ADDRESS', or leave the scheduler out"
        refused = SpecificationError(Fault(what, fix=fix))
    # The half-made client closes itself when it is collected, under a lock of Dask's: if that happens while
    # the next client or cluster is made, which holds the lock, both wait for ever. So it is collected now.
    gc.collect()
    raise refused


def _dask(function: Any, calls: list[Any], jobs: int, scheduler: str) -> Iterator[tuple[int, Any]]:
    import joblib

    with _client(scheduler) as client:
        workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        with joblib.parallel_config("dask", client=client, n_jobs=-1):
            pool = joblib.Parallel(return_as="generator_unordered", batch_size=_batch(len(calls), workers))
            yield from pool(joblib.delayed(_call)(function, call) for call in calls)


def _batch(tasks: int, workers: int) -> int:
    """Tasks a message: enough to hide its cost, few enough that no worker idles at the end."""
    return max(1, min(64, tasks // (workers * 16)))


_RUNNERS: dict[str, Callable[..., Iterator[tuple[int, Any]]]] = {
    "process": _in_process,
    "threads": _threads,
    "loky": _loky,
    "dask": _dask,
}
