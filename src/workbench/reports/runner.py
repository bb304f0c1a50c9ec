"""A run: which studies, what is up to date, the rest in parallel, then the index."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench import parallel
from workbench.errors import Fault, ParameterError, SpecificationError
from workbench.reports import manifest
from workbench.reports.execute import PROGRESS, WORK, Task, run_study
from workbench.reports.studies import Study

TIMEOUT = 3600.0


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
    stop = output / f".stop-{os.getpid()}"
    for study in studies:
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
                part = "_".join(_folder_name(value) for value in combination)
                folder, label = folder / part, f"{study.name} {part}"
            tasks.append(Task(study, values, folder, label, options.timeout, stop, force=options.force))
    if faults:
        raise ParameterError(list({str(fault): fault for fault in faults}.values()))
    folders = [task.folder for task in tasks]
    if len(set(folders)) < len(folders):
        raise ParameterError("two values of the sweep would share a folder: they differ in punctuation only")
    return tasks


def _its_own(study: Study, studies: Sequence[Study], given: Mapping[str, Any]) -> dict[str, Any]:
    """Of parameters given to several studies, those that this one has; what none has is left for its message."""
    return {
        name: value
        for name, value in given.items()
        if name in study.defaults or not any(name in other.defaults for other in studies)
    }


def _folder_name(value: str) -> str:
    """A value as the name of a folder: letters of any script, digits, dot, plus, minus."""
    name = re.sub(r"[^\w.+-]+", "-", value).strip("-.")
    if not name or name in {"tables"}:
        raise ParameterError(Fault("this value of a sweep cannot name a folder", value=value))
    return name


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
            expected = manifest.fingerprint(task.study, task.parameters)
            if manifest.state(task.folder, expected) in manifest.SETTLED:
                outcomes[task.folder] = Outcome(task, {**manifest.load(task.folder), "status": "unchanged"})
    todo = [task for task in tasks if task.folder not in outcomes]
    if todo:
        with (starts or contextlib.nullcontext)(todo):
            for task, entry in zip(todo, _work(todo, options), strict=True):
                outcomes[task.folder] = Outcome(task, entry)
    return [outcomes[task.folder] for task in tasks]


def _work(todo: Sequence[Task], options: Options) -> list[dict[str, Any]]:
    from workbench.reports import kernels

    jobs = min(parallel.worker_count(options.jobs), len(todo))
    inner = max(1, parallel.available_cores() // jobs)
    began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with _stopping(todo[0].stop), kernels.forge() as forge:
        commit = manifest.git_commit()
        todo = [replace(task, forge=forge, inner_jobs=inner, commit=commit) for task in todo]
        try:
            return parallel.map(
                run_study, todo, jobs=jobs, backend=options.backend, scheduler=options.scheduler
            )
        except RuntimeError as error:  # workers that die again and again; what they finished stands on disk
            return [_finished(task, began) or _lost(task, began, error) for task in todo]


def _finished(task: Task, began: str) -> dict[str, Any] | None:
    entry = manifest.load(task.folder)
    return entry if entry is not None and entry["started"] >= began else None


def _lost(task: Task, began: str, error: Exception) -> dict[str, Any]:
    """Record a study whose worker process died with it."""
    before = manifest.load(task.folder)
    entry = {
        "status": "failed",
        "study": task.study.name,
        "title": task.study.title,
        "parameters": {},
        "given": dict(task.parameters),
        "started": began,
        "duration": None,
        "error": {"kind": "killed", "cell": None, "message": f"the worker process died ({error})"},
        "last_good": manifest.last_good(before),
    }
    task.folder.mkdir(parents=True, exist_ok=True)
    manifest.save(task.folder, entry)
    return entry


@contextlib.contextmanager
def _stopping(stop: Path) -> Iterator[None]:
    """On Ctrl-C or a polite kill, ask the workers to record where they are and end; insist on the second."""

    def ask(signum: int, frame: Any) -> None:
        if stop.exists():
            raise KeyboardInterrupt
        stop.touch()

    signals = (signal.SIGINT, signal.SIGTERM)
    main = threading.current_thread() is threading.main_thread()
    before = {signum: signal.signal(signum, ask) for signum in signals} if main else {}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
        stop.unlink(missing_ok=True)


def at_work(task: Task) -> dict[str, Any] | None:
    """The cell that a task is at, as its worker last wrote it down."""
    try:
        return json.loads((task.folder / WORK / PROGRESS).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
