"""A run: which studies, what is up to date, the rest in parallel, then the index."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench import parallel
from workbench.errors import Fault, ParameterError, SpecificationError
from workbench.reports import commit, inputs, locks, manifest
from workbench.reports.execute import PROGRESS, Task, record_failure, run_study
from workbench.reports.studies import Study

TIMEOUT = 3600.0
SPARE = 60.0  # seconds that a worker has for its last acts when its study's time, or the run, is over
# What a run writes beside its studies' folders, or beside the values of a sweep.
RESERVED = frozenset({"index.html", "sweep.csv", manifest.SWEEPS, "export", "readme.md"})
LONGEST_NAME = 80  # bytes of a folder's name: some file systems take 143, and names are read by people


@dataclass(frozen=True)
class Options:
    """How a run goes about its work."""

    output: Path
    jobs: int | None = None
    backend: str | None = None
    scheduler: str | None = None
    force: bool = False
    timeout: float = TIMEOUT


@dataclass(frozen=True)
class Outcome:
    """What became of one task; ``status`` is ok, failed, not applicable or unchanged."""

    task: Task
    entry: Mapping[str, Any]

    @property
    def status(self) -> str:
        return self.entry["status"]


def plan(
    studies: Sequence[Study],
    parameters: Mapping[str, Any],
    sweeps: Mapping[str, Sequence[str]],
    options: Options,
) -> list[Task]:
    """One task a study, or one a study and combination of the sweeps' values; everything is checked here.

    Raises
    ------
    ParameterError
        Any parameter of any study that cannot be set so; nothing has run then.
    SpecificationError
        Impossible workers, backend, scheduler or time limit.
    """
    parallel.backend_for(
        len(studies), parallel.worker_count(options.jobs), options.backend, options.scheduler
    )
    if not 0 < options.timeout < float("inf"):
        raise SpecificationError(f"timeout = {options.timeout:g}: give the seconds that a study may take")
    faults: list[Fault] = []
    tasks = []
    output = options.output.resolve()
    mark = output / locks.HIDDEN / locks.RUNS / os.urandom(8).hex()
    for study in studies:
        if study.name.casefold() in RESERVED:
            fix = "Give it another name"
            faults.append(Fault("a study's folder cannot have this name", file=study.path.name, fix=fix))
            continue
        study = replace(study, path=study.path.resolve())  # workers may stand in another folder
        for combination in itertools.product(*sweeps.values()):
            swept = dict(zip(sweeps, combination, strict=True))
            twice = sorted(set(swept) & set(parameters))
            if twice:
                raise ParameterError(f"parameter {twice[0]!r} is both set and swept: choose one")
            try:
                values = study.parameters(_its_own(study, studies, {**parameters, **swept}))
            except ParameterError as error:
                faults.extend(error.faults)
                continue
            folder = output / study.name
            label = study.name
            if swept:
                part = folder_name("_".join(combination))
                folder, label = output / manifest.SWEEPS / study.name / part, f"{study.name} {part}"
            tasks.append(Task(study, values, folder, label, options.timeout, mark, force=options.force))
    if faults:
        raise ParameterError(list({str(fault): fault for fault in faults}.values()))
    folders = [str(task.folder).casefold() for task in tasks]  # as some file systems see them
    if len(set(folders)) < len(folders):
        raise ParameterError("two values of the sweep would share a folder: they differ in capitals only")
    return tasks


def _its_own(study: Study, studies: Sequence[Study], given: Mapping[str, Any]) -> dict[str, Any]:
    """Of parameters given to several studies, this one's own; what none has is left for its message."""
    return {
        name: value
        for name, value in given.items()
        if name in study.defaults or not any(name in other.defaults for other in studies)
    }


def folder_name(value: str) -> str:
    """A value as the name of a folder: letters of any script, digits, dot, plus, minus.

    Where that is not the value itself, a part of its hash tells it from others that look the same.

    >>> from workbench.reports.runner import folder_name
    >>> folder_name("0.5"), folder_name("../up")
    ('0.5', 'up-8c722b8a')
    """
    name = re.sub(r"[^\w.+-]+", "-", value).strip("-.")
    name = name.encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore")
    if name == value and name.casefold() not in RESERVED:
        return name
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name}-{digest}" if name else digest


def run(
    tasks: Sequence[Task],
    options: Options,
    *,
    starts: Callable[[Sequence[Task]], contextlib.AbstractContextManager[Any]] | None = None,
) -> list[Outcome]:
    """Run what is not up to date and return the outcomes in the order of the tasks.

    Parameters
    ----------
    tasks, options : as planned.
    starts : called with the tasks that are going to run; the context manager it gives is held meanwhile
        (the command shows its progress bars in it).
    """
    options.output.mkdir(parents=True, exist_ok=True)
    outcomes: dict[Path, Outcome] = {}
    for task in tasks:
        if not task.force:
            expected = inputs.fingerprint(task.study, task.parameters)
            if manifest.state(task.folder, expected) in manifest.SETTLED:
                outcomes[task.folder] = Outcome(
                    task, {**(manifest.load(task.folder) or {}), "status": "unchanged"}
                )
    todo = [task for task in tasks if task.folder not in outcomes]
    if todo:
        with (starts or contextlib.nullcontext)(todo):
            for task, entry in zip(todo, _work(todo, options), strict=True):
                outcomes[task.folder] = Outcome(task, entry)
    return [outcomes[task.folder] for task in tasks]


def _work(todo: Sequence[Task], options: Options) -> list[dict[str, Any]]:
    from workbench.reports import cluster, kernels

    jobs = min(parallel.worker_count(options.jobs), len(todo))
    inner = max(1, parallel.available_cores() // jobs)
    parents = sorted({todo[0].mark.parents[2], *(task.folder.parent for task in todo)})
    with contextlib.ExitStack() as at_work:
        forge = at_work.enter_context(kernels.forge(parents))  # first: it clears away what the rest leaves
        for parent in parents:
            commit.sweep(parent)
        at_work.enter_context(locks.alive(todo[0].mark))
        at_work.enter_context(_stopping(todo[0].mark))
        at_work.enter_context(_bounding(todo))
        if options.scheduler is not None:
            cluster.require_shared(todo[0].mark, options.scheduler)
        now = inputs.git_commit()
        todo = [replace(task, forge=forge, inner_jobs=inner, commit=now) for task in todo]
        try:
            return parallel.map(
                run_study, todo, jobs=jobs, backend=options.backend, scheduler=options.scheduler
            )
        except RuntimeError as error:  # workers that die again and again; what they finished stands on disk
            return [_finished(task) or _lost(task, error) for task in todo]


def _finished(task: Task) -> dict[str, Any] | None:
    """What this run wrote of a study; the clock, which may be put back meanwhile, says nothing of it."""
    entry = manifest.load(task.folder)
    return entry if entry is not None and entry["run"] == task.mark.name else None


def _lost(task: Task, error: Exception) -> dict[str, Any]:
    """Record a study whose worker process died with it."""
    return record_failure(
        task, {"kind": "killed", "cell": None, "message": f"the worker process died ({error})"}
    )


@contextlib.contextmanager
def _stopping(mark: Path) -> Iterator[None]:
    """On Ctrl-C, a polite kill or a closed terminal, ask the workers to record where they are and end.

    The second time all ends at once.
    """
    stop = locks.stop_file(mark)

    def ask(signum: int, frame: Any) -> None:
        if stop.exists():
            raise KeyboardInterrupt
        stop.touch()

    main = threading.current_thread() is threading.main_thread()
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if main else []
    before = {signum: signal.getsignal(signum) for signum in signals}
    heeded = [signum for signum, handler in before.items() if handler is not signal.SIG_IGN]  # nohup stays
    for signum in heeded:
        signal.signal(signum, ask)
    try:
        yield
    finally:
        for signum in heeded:
            signal.signal(signum, before[signum])


@contextlib.contextmanager
def _bounding(tasks: Sequence[Task]) -> Iterator[None]:
    """Kill workers of this process that do not end when they should: a stopped one would never see its time
    run out. Another takes the place of a dead one (`parallel.map`), and tries its study again.
    """
    over = threading.Event()
    thread = threading.Thread(target=_bound, args=(tasks, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _bound(tasks: Sequence[Task], over: threading.Event) -> None:
    began: dict[tuple[Path, int], float] = {}
    called_off = float("inf")
    while not over.wait(1.0):
        now = time.monotonic()
        if locks.stop_file(tasks[0].mark).exists():
            called_off = min(called_off, now)
        for task in tasks:
            who = locks.holder(task.folder)
            process = who.get("process")
            if who.get("run") != task.mark.name or not isinstance(process, int):
                continue
            if not parallel.is_worker(process):  # one of a cluster, or this process itself
                continue
            end = min(began.setdefault((task.folder, process), now) + task.timeout, called_off) + SPARE
            if now > end:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def at_work(task: Task) -> dict[str, Any] | None:
    """The cell that a task is at, as its worker last wrote it down."""
    try:
        return json.loads((commit.work_folder(task.folder) / PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def waits_for(task: Task) -> str | None:
    """The other run that a task's worker has to wait for, as a message names it."""
    who = locks.holder(task.folder)
    if not who or who.get("run") == task.mark.name:
        return None
    return f"another run (process {who.get('process')} on {who.get('host')})"
