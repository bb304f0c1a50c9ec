"""The papermill engine of the workbench: our kernels, and a watch that can stop one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from workbench.reports import kernels
from workbench.reports.manifest import write_atomically

NAME = "workbench"
MOST_OUTPUT = 25_000_000  # characters in all cells together: more than a browser shows, or a reader reads


class Watch:
    """Tells the run which cell is at work, and stops the kernel when time is up or the run is interrupted."""

    def __init__(
        self,
        progress: Path,
        stopped: Callable[[], bool],
        deadline: float,
        grace: float,
        places: Sequence[int] | None = None,
    ):
        self.reason: str | None = None
        self._progress, self._stopped, self._deadline, self._grace = progress, stopped, deadline, grace
        self._places = places  # of the executed cells in the notebook's own file, where some were left out
        self._index: int | None = None
        self._heading: str | None = None
        self._done = threading.Event()
        self._output = 0

    def cell_starts(self, notebook: Any, index: Any) -> None:
        if (
            self.reason is not None
        ):  # it is over: where it was counts, not how far it came before its kernel died
            return
        cell = notebook.cells[index]
        if cell.cell_type == "markdown":
            headings = [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
            self._heading = headings[-1] if headings else self._heading
            return
        self._index = index
        seen = {"cell": index + 1, "cells": len(notebook.cells), "heading": self._heading}
        write_atomically(self._progress, json.dumps(seen, ensure_ascii=False))

    def where(self, injected: bool) -> dict[str, Any]:
        """Number of the cell, counted from 1 as in the notebook's own file, and the section it stands in."""
        if self._index is None:
            return {"cell": None, "section": None}
        # Papermill adds a cell for the parameters, which is not in the file that a user opens.
        place = self._index - injected
        if self._places is not None:
            place = self._places[max(place, 0)]
        return {"cell": place + 1, "section": self._heading}

    def takes(self, content: dict[str, Any]) -> bool:
        """Whether a piece of output is kept: not when there is more of it than can be shown."""
        pieces = [content.get("text", ""), *content.get("data", {}).values()]
        self._output += sum(len(piece) if isinstance(piece, str) else len(str(piece)) for piece in pieces)
        if self._output > MOST_OUTPUT and self.reason is None:
            self.reason = "output"
        return self._output <= MOST_OUTPUT

    def over(self, kernel: Any) -> threading.Thread:
        thread = threading.Thread(target=self._look_after, args=(kernel,), daemon=True)
        thread.start()
        return thread

    def finish(self) -> None:
        self._done.set()

    def _look_after(self, kernel: Any) -> None:
        while self.reason is None:
            if self._done.wait(0.1):
                return
            if self._stopped():
                self.reason = "interrupted"
            elif time.monotonic() > self._deadline:
                self.reason = "timeout"
        while getattr(kernel.provisioner, "process", None) is None:  # a kernel that is still to start
            if self._done.wait(0.1):
                return
        # An interrupt first, so that the kept notebook shows the line it stood at; then the end.
        for signum in (signal.SIGINT, signal.SIGKILL):
            process = kernel.provisioner.process
            if process is None or process.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signum)
            if self._done.wait(self._grace):
                return


class Client(PapermillNotebookClient):
    """Papermill's client, whose output is watched too."""

    def __init__(self, nb_man: Any, watch: Watch, **options: Any):
        super().__init__(nb_man, **options)
        self._watch = watch

    def process_message(self, msg: dict[str, Any], *place: Any, **options: Any) -> Any:
        if msg["msg_type"] in ("stream", "display_data", "execute_result") and not self._watch.takes(
            msg["content"]
        ):
            return None
        return super().process_message(msg, *place, **options)


class Engine(NBClientEngine):
    """Papermill's own client, on a kernel that may be warm, under a watch."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        watch: Watch,
        forge: str | None,
        variables: dict[str, str],
        home: str,
        made: Path,
        connection: Path,
        start_timeout: int = 120,
        **_: Any,
    ) -> None:
        kernel = kernels.manager(forge, connection)
        announce = nb_man.cell_start

        def cell_start(cell: Any, cell_index: int | None = None, **options: Any) -> None:
            watch.cell_starts(nb_man.nb, cell_index)
            announce(cell, cell_index, **options)

        nb_man.cell_start = cell_start
        client = Client(
            nb_man,
            watch,
            km=kernel,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            resources={"metadata": {"path": home}},
            shutdown_kernel="immediate",
        )
        client.owns_km = True  # the client ends the kernel when the notebook is done
        watch.over(kernel)
        try:
            # What a kernel itself has to say goes nowhere; what a cell writes is captured in the notebook.
            client.execute(env=variables, stderr=subprocess.DEVNULL)
        finally:
            watch.finish()
            # Also when the kernel was killed, of which papermill keeps nothing. What is no text is written so
            # that it can be read again: a parameter may be a name whose bytes are none.
            made.write_bytes(nbformat.writes(nb_man.nb).encode("utf-8", "backslashreplace"))


papermill_engines.register(NAME, Engine)
