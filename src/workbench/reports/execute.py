"""One study, executed in a worker: a kernel, papermill, the report, and the record of how it went.

Papermill leaves no sign of a time-out, an interrupt or a killed kernel in the notebook, and writes in place.
Here the work is done in a hidden folder, and only what is whole replaces what stood before, each file in one
step, ``run.json`` last; whatever happens is recorded there. A lock a study keeps two runs apart.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import run_records
from workbench.errors import NotApplicable
from workbench.parallel import BLAS_THREADS, JOBS
from workbench.reports import manifest, shipped
from workbench.reports.studies import CODEBOOK_FILE, SURVEY_FILE, Study, beside

WORK = ".work"
LOCK = ".lock"
PROGRESS = "progress.json"
NOTEBOOK = "notebook.ipynb"
SOURCE = "source.ipynb"
FAILED = "failed.ipynb"
FAILED_PAGE = "failed.html"
THUMBNAIL = ".thumbnail"
GRACE = 3.0  # seconds between asking a kernel to stop and killing it


@dataclass(frozen=True)
class Task:
    """One execution of one study: ``parameters`` are those a user set, ``folder`` is where results go."""

    study: Study
    parameters: Mapping[str, Any]
    folder: Path
    label: str
    timeout: float
    stop: Path
    forge: str | None = None
    force: bool = False
    inner_jobs: int = 1
    commit: str | None = None


def run_study(task: Task) -> dict[str, Any]:
    """Execute and render one study; returns its manifest, with ``status`` ok, failed or unchanged.

    Nothing that goes wrong in a study is raised: the other studies of a run go on.
    """
    if threading.current_thread() is threading.main_thread() and os.environ.get("LOKY_WORKER"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run's own process decides, and says so in a file
    task.folder.mkdir(parents=True, exist_ok=True)
    with _locked(task):
        expected = manifest.fingerprint(task.study, task.parameters)
        before = manifest.load(task.folder)
        if not task.force and manifest.state(task.folder, expected) in manifest.SETTLED:
            return {**before, "status": "unchanged"}
        started = datetime.datetime.now(datetime.UTC)
        clock = time.monotonic()
        work = _fresh_work_folder(task.folder)
        entry = {
            "status": "ok",
            "study": task.study.name,
            "title": task.study.title,
            "parameters": {**task.study.defaults, **task.parameters},
            "given": dict(task.parameters),
            "started": started.isoformat(timespec="seconds"),
            "fingerprint": expected,
            "commit": task.commit,
            "versions": manifest.versions(),
        }
        entry["parameters"] = json.loads(json.dumps(entry["parameters"], default=str))
        entry["seed"] = entry["parameters"].get("seed")
        try:
            error = _execute(task, work)
            entry.update(_recorded(task, work))
            entry["duration"] = round(time.monotonic() - clock, 2)
            if error is None:
                _render(work, entry, task.study)
        except Exception as trouble:  # whatever it is, it fails this study and not the run
            error = {
                "kind": "workbench",
                "cell": None,
                "name": type(trouble).__name__,
                "message": str(trouble),
            }
        if error is None:
            _replace(task.folder, work)
        elif shipped.other_data(task.parameters) and error.get("name") == NotApplicable.__name__:
            entry.update(status=manifest.NOT_APPLICABLE, lacks=error["message"])
            _clear(task.folder)
        else:
            entry.update(status="failed", error=error, last_good=manifest.last_good(before))
            _keep_partial(task.folder, work, entry)
        manifest.save(task.folder, entry)
        shutil.rmtree(work)
        return entry


@contextlib.contextmanager
def _locked(task: Task) -> Iterator[None]:
    """Hold the study's folder against another run; the system frees the lock of a process that dies."""
    with (task.folder / LOCK).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        yield


def _fresh_work_folder(folder: Path) -> Path:
    """An empty work folder; what a killed run left in it is swept away."""
    work = folder / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    return work


def _execute(task: Task, work: Path) -> dict[str, Any] | None:
    """Execute the notebook into the work folder; None, or what went wrong and where."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from workbench.reports.engine import NAME, Watch

    source, places = task.study.path.resolve(), None
    if shipped.other_data(task.parameters):
        source = work / SOURCE
        places = shipped.without_shipped_cells(task.study.path, source)
    watch = Watch(work / PROGRESS, task.stop, time.monotonic() + task.timeout, GRACE, places)
    variables = {
        **os.environ,
        **dict.fromkeys(BLAS_THREADS, "1"),
        run_records.VARIABLE: str(work),
        JOBS: str(task.inner_jobs),
    }
    try:
        if task.stop.exists():
            return {
                "kind": "interrupted",
                "cell": None,
                "message": "the run was interrupted before this study",
            }
        papermill.execute_notebook(
            str(source),
            str(work / NOTEBOOK),
            parameters=dict(task.parameters),
            engine_name=NAME,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=120,
            watch=watch,
            partial=str(work / NOTEBOOK),
            forge=task.forge,
            variables=variables,
            home=str(task.study.path.resolve().parent),
        )
    except PapermillExecutionError as error:
        found = {
            "kind": "error",
            "name": error.ename,
            "message": error.evalue,
            "line": _line(error.traceback),
        }
    except (DeadKernelError, RuntimeError) as error:
        found = {"kind": "killed", "name": type(error).__name__, "message": f"the kernel died ({error})"}
    else:
        _tidy(work / NOTEBOOK)
        return None
    if watch.reason is not None:
        what = f"longer than {task.timeout:g} s" if watch.reason == "timeout" else "the run was interrupted"
        found = {"kind": watch.reason, "message": what}
    _tidy(work / NOTEBOOK)
    return {**found, **watch.where(bool(task.parameters))}


def _line(traceback: list[str]) -> str | None:
    """The line of the traceback that a reader looks for first."""
    import re

    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))
    arrows = [line for line in text.splitlines() if line.lstrip().startswith("--")]
    lines = [line.strip() for line in arrows if re.match(r"-+>\s*\d+", line.strip())]
    return lines[0] if lines else None


def _tidy(path: Path) -> None:
    """Take the machine's paths, and papermill's clocks, out of the notebook that is kept."""
    if not path.exists():
        return
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
    manifest.write_atomically(path, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")


_DATA = dict.fromkeys(("name", "file", "data_kind", "rows", "sha256", "source"))


def _recorded(task: Task, work: Path) -> dict[str, Any]:
    """What the study told the run: data, answer, verdicts, warnings."""
    found = run_records.records(work)
    data = [{**_DATA, **_without_kind(one)} for one in found if one["kind"] == "data"]
    for one in data:
        one["file"] = Path(one["file"]).name if one.get("file") else None
    for name in (SURVEY_FILE, CODEBOOK_FILE):
        given = task.parameters.get(name)
        if given and Path(given).is_file() and not any(one["file"] == Path(given).name for one in data):
            path = Path(given)
            data.append({**_DATA, "file": path.name, "sha256": manifest.file_hash(path)})
    answers = [_without_kind(one) for one in found if one["kind"] == "answer"]
    return {
        "data": data,
        "answer": answers[-1] if answers else None,
        "verdicts": _verdicts(found),
        "hypotheses": [_without_kind(one) for one in found if one["kind"] == "hypothesis"],
        "warnings": [one["text"] for one in found if one["kind"] == "warning"],
        "models": [_without_kind(one) for one in found if one["kind"] == "model"],
        "tables": {one["title"]: one["name"] for one in found if one["kind"] == "table"},
    }


def _verdicts(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The verdicts, each with the rates that were found for it afterwards."""
    verdicts = manifest.as_verdicts([_without_kind(one) for one in found if one["kind"] == "verdict"])
    rated = {(one["claim"], one.get("part")): one for one in found if one["kind"] == "rate"}
    for one in verdicts:
        rate = rated.get((one["claim"], one.get("part")))
        if rate is not None and one["data_kind"] == rate["data_kind"]:
            one.update(rate=rate["rate"], rates=rate["rates"])
    return verdicts


def _without_kind(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "kind"}


def _render(work: Path, entry: dict[str, Any], study: Study) -> None:
    """Write the report, and the picture for its card on the index, into the work folder."""
    from workbench.reports import render

    page = render.report(work / NOTEBOOK, entry, beside(study))
    (work / manifest.REPORT).write_text(page.html, encoding="utf-8")
    if page.thumbnail is not None:
        (work / THUMBNAIL).write_text(page.thumbnail, encoding="ascii")


def _keep_partial(folder: Path, work: Path, entry: dict[str, Any]) -> None:
    """Keep how far a failed run came, as a notebook and as a page, beside the last good report."""
    from workbench.reports import render

    for name in (FAILED, FAILED_PAGE):
        (folder / name).unlink(missing_ok=True)
    if not (work / NOTEBOOK).exists():
        return
    os.replace(work / NOTEBOOK, folder / FAILED)
    with contextlib.suppress(
        Exception
    ):  # where rendering is what failed, it fails again: the notebook stands
        manifest.write_atomically(folder / FAILED_PAGE, render.report(folder / FAILED, entry).html)


def _clear(folder: Path) -> None:
    """Take away what earlier runs of a study left that these data cannot feed."""
    for name in (NOTEBOOK, manifest.REPORT, THUMBNAIL, FAILED, FAILED_PAGE):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tables", ignore_errors=True)


def _replace(folder: Path, work: Path) -> None:
    """Move what a good run made into the place of what stood there."""
    (folder / THUMBNAIL).unlink(missing_ok=True)
    for name in (NOTEBOOK, manifest.REPORT, THUMBNAIL):
        if (work / name).exists():
            os.replace(work / name, folder / name)
    for name in (FAILED, FAILED_PAGE):
        (folder / name).unlink(missing_ok=True)
    old, new = folder / "tables", work / "tables"
    if old.exists():
        os.rename(old, work / "tables.old")
    if new.exists():
        os.rename(new, old)
