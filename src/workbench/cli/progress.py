"""Bars while something is at work; silence where nobody watches."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reports.execute import Task


@contextlib.contextmanager
def progress(tasks: Sequence[Task]) -> Iterator[None]:
    """A bar a study with the cell it is at, while the run is on; plain silence where nobody watches."""
    import threading

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    from workbench.reports import manifest, runner

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    where = Column(no_wrap=True, overflow="ellipsis", ratio=1)  # a long heading is cut, the bar stays
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=14),
        TimeElapsedColumn(),
    )
    here = TextColumn("{task.fields[cell]}", table_column=where)
    with Progress(*columns, here, console=console, expand=True) as progress:
        before = {task.folder: (manifest.load(task.folder) or {}).get("started") for task in tasks}
        bars = {
            task.folder: progress.add_task(task.label[:34], total=1, cell="waiting", start=False)
            for task in tasks
        }
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.2):
                for task in tasks:
                    _look_at(progress, bars[task.folder], task, before[task.folder], runner, manifest)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            for task in tasks:
                _look_at(progress, bars[task.folder], task, before[task.folder], runner, manifest)


def _look_at(progress: Any, bar: Any, task: Task, before: str | None, runner: Any, manifest: Any) -> None:
    state = runner.at_work(task)
    if state is not None:
        progress.start_task(bar)
        cell = f"cell {state['cell']} of {state['cells']}"
        if state["heading"]:
            cell += f", {state['heading'][:40]}"
        progress.update(bar, total=state["cells"], completed=state["cell"] - 1, cell=cell)
        return
    entry = manifest.load(task.folder)
    if entry is not None and entry["started"] != before:
        progress.update(bar, total=1, completed=1, cell={"ok": "done"}.get(entry["status"], entry["status"]))
        progress.stop_task(bar)


@contextlib.contextmanager
def counting(what: str) -> Iterator[Any]:
    """A bar that counts what is done, as a callable of (done, total); silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
