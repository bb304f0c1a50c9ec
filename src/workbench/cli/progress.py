"""Bars while something is at work; silence where nobody watches."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reports.execute import Task


@contextlib.contextmanager
def progress(tasks: Sequence[Task]) -> Iterator[None]:
    """A bar a study with the cell it is at, while the run is on; where nobody watches, who has to wait."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    from workbench.cli.console import open_console
    from workbench.reports import manifest, runner

    said: set[Any] = set()
    console = open_console(stderr=True)
    if not console.is_terminal:
        with _watching(lambda: _say_who_waits(tasks, said, console, runner), pause=1.0):
            yield
        return
    where = Column(no_wrap=True, overflow="ellipsis", ratio=1)  # a long heading is cut, the bar stays
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=14),
        TimeElapsedColumn(),
    )
    here = TextColumn("{task.fields[cell]}", table_column=where, markup=False)
    with Progress(*columns, here, console=console, expand=True) as progress:
        bars = {
            task.folder: progress.add_task(task.label[:34], total=1, cell="waiting", start=False)
            for task in tasks
        }

        def look() -> None:
            for task in tasks:
                _look_at(progress, bars[task.folder], task, runner, manifest)

        with _watching(look, pause=0.2):
            yield
        look()


@contextlib.contextmanager
def _watching(look: Callable[[], None], pause: float) -> Iterator[None]:
    """Look again and again, in a thread, while something is at work."""
    import threading

    over = threading.Event()

    def watch() -> None:
        while not over.wait(pause):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _say_who_waits(tasks: Sequence[Task], said: set[Any], console: Any, runner: Any) -> None:
    for task in tasks:
        if task.folder not in said and (other := runner.waits_for(task)):
            said.add(task.folder)
            limit = f"for at most {task.timeout:g} s; Ctrl-C ends it"
            console.print(f"  {task.label} waits {limit}: {other} holds its folder", soft_wrap=True)


def _look_at(progress: Any, bar: Any, task: Task, runner: Any, manifest: Any) -> None:
    if other := runner.waits_for(task):
        progress.update(bar, cell=f"waits: {other} holds its folder")
        return
    state = runner.at_work(task)
    if state is not None:
        progress.start_task(bar)
        cell = f"cell {state['cell']} of {state['cells']}"
        if state["heading"]:
            cell += f", {state['heading'][:40]}"
        progress.update(bar, total=state["cells"], completed=state["cell"] - 1, cell=cell)
        return
    entry = manifest.load(task.folder)
    if entry is not None and entry["run"] == task.mark.name:
        progress.update(bar, total=1, completed=1, cell={"ok": "done"}.get(entry["status"], entry["status"]))
        progress.stop_task(bar)


@contextlib.contextmanager
def counting(what: str) -> Iterator[Any]:
    """A bar that counts what is done, as a callable of (done, total); silent where nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from workbench.cli.console import open_console

    console = open_console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
