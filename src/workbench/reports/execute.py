"""One study, executed in a worker: a kernel, papermill, the report, and the record of how it went.

Papermill leaves no sign of a time-out, an interrupt or a killed kernel in the notebook, and writes in place.
Here the work is done in a hidden folder, and what came of it takes the place of what stood before in one step
(`workbench.reports.commit`); whatever happens is recorded. A lock a study keeps two runs apart.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import run_records
from workbench.errors import NotApplicable
from workbench.parallel import BLAS_THREADS, JOBS
from workbench.reports import commit, inputs, locks, manifest, shipped
from workbench.reports.studies import CODEBOOK_FILE, SURVEY_FILE, Study, beside

PROGRESS = "progress.json"
NOTEBOOK = "notebook.ipynb"
SOURCE = "source.ipynb"
CONNECTION = "kernel.json"
FAILED = "failed.ipynb"
FAILED_PAGE = "failed.html"
THUMBNAIL = ".thumbnail"
GRACE = 3.0  # seconds between asking a kernel to stop and killing it


@dataclass(frozen=True)
class Task:
    """One execution of one study: ``parameters`` are those a user set, ``folder`` is where results go.

    ``mark`` is held by the run for as long as it lives (`locks.alive`).
    """

    study: Study
    parameters: Mapping[str, Any]
    folder: Path
    label: str
    timeout: float
    mark: Path
    forge: str | None = None
    force: bool = False
    inner_jobs: int = 1
    commit: str | None = None


def run_study(task: Task) -> dict[str, Any]:
    """Execute and render one study; returns its manifest, with ``status`` ok, failed or unchanged.

    Nothing that goes wrong in a study is raised: the other studies of a run go on. What cannot be recorded,
    because the folder is another run's or there is no room for it, is returned with ``recorded`` False.
    """
    patience = time.monotonic() + task.timeout
    entry = _begun(task)
    try:
        with locks.takes_part(task.mark) as takes_part:
            if takes_part:
                with locks.held(
                    task.folder, lambda: not _stopped(task) and time.monotonic() < patience, task.mark.name
                ) as mine:
                    if mine:
                        return _run(task, entry)
        if not takes_part:
            error = {"kind": "interrupted", "cell": None, "message": "the run was over before this study"}
            return {**entry, "status": "failed", "error": error, "last_good": None, "recorded": False}
        stopped = _stopped(task)
        until = "the run was interrupted" if stopped else f"the time limit of {task.timeout:g} s"
        error = {
            "kind": "interrupted" if stopped else "timeout",
            "cell": None,
            "message": f"another run was at work in its folder until {until}",
        }
    except OSError as trouble:
        error = _trouble(trouble)
    before = manifest.load(task.folder)
    good = manifest.last_good(before)
    return {**entry, "status": "failed", "error": error, "last_good": good, "recorded": False}


def record_failure(task: Task, error: dict[str, Any]) -> dict[str, Any]:
    """Record a study that failed outside of its own work: its worker died."""
    entry = _begun(task)
    with locks.held(task.folder, lambda: False, task.mark.name) as mine:
        if mine:
            _record(task, commit.fresh(task.folder), entry, error, manifest.load(task.folder))
            return entry
    return {**entry, "status": "failed", "error": error, "last_good": None, "recorded": False}


def _begun(task: Task) -> dict[str, Any]:
    """What is known of a run before it begins."""
    entry: dict[str, Any] = {
        "status": "ok",
        "study": task.study.name,
        "title": task.study.title,
        "parameters": {**task.study.defaults, **task.parameters},
        "given": dict(task.parameters),
        "run": task.mark.name,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": task.commit,
    }
    entry["parameters"] = json.loads(json.dumps(entry["parameters"], default=str))
    entry["seed"] = entry["parameters"].get("seed")
    return entry


def _run(task: Task, entry: dict[str, Any]) -> dict[str, Any]:
    """Run a study whose folder is held, and record what came of it."""
    clock = time.monotonic()
    expected = inputs.fingerprint(task.study, task.parameters)
    before = manifest.load(task.folder)
    if not task.force and manifest.state(task.folder, expected) in manifest.SETTLED:
        return {**(before or {}), "status": "unchanged"}
    entry = {**_begun(task), "fingerprint": expected, "versions": inputs.versions()}
    work = commit.fresh(task.folder)
    try:
        error = _execute(task, work)
        entry.update(_recorded(task, work))
        entry["duration"] = round(time.monotonic() - clock, 2)
        if error is None:
            _render(work, entry, task.study)
    except Exception as trouble:  # whatever it is, it fails this study and not the run
        error = _trouble(trouble)
    try:
        _record(task, work, entry, error, before)
    except OSError as trouble:  # no room for all of it: what was made makes room for what is said of it
        _record(task, commit.fresh(task.folder), entry, _trouble(trouble), before)
    return entry


def _record(
    task: Task, work: Path, entry: dict[str, Any], error: dict[str, Any] | None, before: dict[str, Any] | None
) -> None:
    """Put what came of a run into its folder, in one step."""
    new = work / commit.NEW
    keep: list[str] = []
    new.mkdir(exist_ok=True)
    if error is None:
        for name in (NOTEBOOK, manifest.REPORT, THUMBNAIL, "tables"):
            if (work / name).exists():
                os.replace(work / name, new / name)
    elif shipped.other_data(task.parameters) and error.get("name") == NotApplicable.__name__:
        entry.update(status=manifest.NOT_APPLICABLE, lacks=error["message"])
    else:
        good = manifest.last_good(before)
        keep = manifest.standing(task.folder, good)
        entry.update(status="failed", error=error, last_good=good if keep else None)
        _keep_partial(work, new, entry)
    commit.publish(task.folder, work, entry, keep)


def _trouble(error: Exception) -> dict[str, Any]:
    """A fault of the workbench's own, or of the disk."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = f"{error.strerror}{f' ({error.filename})' if error.filename else ''}"
    return {"kind": "workbench", "cell": None, "name": type(error).__name__, "message": message}


def _stopped(task: Task) -> bool:
    """Whether the run is to end, or has: then nobody waits for this study."""
    return locks.stop_file(task.mark).exists() or locks.is_over(task.mark)


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
    watch = Watch(work / PROGRESS, lambda: _stopped(task), time.monotonic() + task.timeout, GRACE, places)
    variables = {
        **os.environ,
        **dict.fromkeys(BLAS_THREADS, "1"),
        run_records.VARIABLE: str(work),
        JOBS: str(task.inner_jobs),
    }
    try:
        if _stopped(task):
            return {
                "kind": "interrupted",
                "cell": None,
                "message": "the run was interrupted before this study",
            }
        papermill.execute_notebook(
            str(source).replace("{", "{{").replace("}", "}}"),  # papermill fills in what stands in braces
            None,
            parameters=dict(task.parameters),
            engine_name=NAME,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=120,
            watch=watch,
            made=work / NOTEBOOK,
            connection=work / CONNECTION,
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
        found = {"kind": watch.reason, "message": _STOPPED[watch.reason].format(limit=task.timeout)}
    _tidy(work / NOTEBOOK)
    return {**found, **watch.where(bool(task.parameters))}


_STOPPED = {
    "timeout": "longer than {limit:g} s",
    "interrupted": "the run was interrupted",
    "output": "more output than a page can hold: print less, or keep a table with write_table",
}


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
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


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
            data.append({**_DATA, "file": path.name, "sha256": commit.file_hash(path)})
    answers = [_without_kind(one) for one in found if one["kind"] == "answer"]
    return {
        "data": data,
        "answer": answers[-1] if answers else None,
        "verdicts": _verdicts(found),
        "hypotheses": [_without_kind(one) for one in found if one["kind"] == "hypothesis"],
        "warnings": [one["text"] for one in found if one["kind"] == "warning"],
        "models": [_without_kind(one) for one in found if one["kind"] == "model"],
        "tables": {one["title"]: one["name"] for one in found if one["kind"] == "table"},
        "read": {one["path"]: one["sha256"] for one in found if one["kind"] == "file"},
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
    (work / manifest.REPORT).write_text(page.html, encoding="utf-8", errors="backslashreplace")
    if page.thumbnail is not None:
        (work / THUMBNAIL).write_text(page.thumbnail, encoding="ascii")


def _keep_partial(work: Path, new: Path, entry: dict[str, Any]) -> None:
    """Keep how far a failed run came, as a notebook and as a page, beside the last good report."""
    from workbench.reports import render

    if not (work / NOTEBOOK).exists():
        return
    os.replace(work / NOTEBOOK, new / FAILED)
    # Where rendering is what failed, it fails again: the notebook stands.
    with contextlib.suppress(Exception):
        page = render.report(new / FAILED, entry).html
        (new / FAILED_PAGE).write_text(page, encoding="utf-8", errors="backslashreplace")
