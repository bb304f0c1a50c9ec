"""``workbench run``: which studies, on whose answers, and what is said of them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.application import REPORTS, Encoding, Notebooks, Sheet, app
from workbench.cli.files import require_form, write_files
from workbench.cli.outcomes import finish
from workbench.cli.progress import progress

if TYPE_CHECKING:
    from workbench.reports.execute import Task
    from workbench.reports.studies import Study

OWNER = ".survey-"  # begins the name of the file that says whose reports a folder holds
WHOLE = ("ok", "unchanged")  # states of a run that leave a report


@app.command("run", short_help="Run studies; leave their reports and an index.")
def run_command(
    studies: Annotated[
        list[str] | None, typer.Argument(help="Names or unique beginnings; none: all.")
    ] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE")] = None,
    parameters: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Parameters in a file.")
    ] = None,
    sweep: Annotated[list[str] | None, typer.Option(metavar="NAME=A,B", help="One run a value.")] = None,
    survey: Annotated[Path | None, typer.Option(metavar="FILE", help="Your answers.")] = None,
    codebook: Annotated[Path | None, typer.Option(metavar="FILE", help="What they mean.")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers (default: the cores).")] = None,
    backend: Annotated[str | None, typer.Option(help="process, loky or dask.")] = None,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of a Dask cluster.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for the reports (default: reports/, for your answers one inside)."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run also what is up to date.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds that a study may take.")] = 3600.0,
    export: Annotated[
        str | None, typer.Option(metavar="FORM", help="Also write docx, latex, csv, svg, png or zip files.")
    ] = None,
    notebooks: Notebooks = None,
) -> None:
    """Run studies that are not up to date, in parallel, and leave their reports and an index."""
    from workbench.reports import runner
    from workbench.reports import studies as known

    if export is not None:
        require_form(export)
    every = known.find(known.notebooks_folder(notebooks))
    chosen = known.choose(studies or [], every)
    given = {
        **(known.from_file(parameters) if parameters else {}),
        **known.from_command_line(parameter or []),
    }
    own = _own_survey(
        survey or _path(given.pop(known.SURVEY_FILE, "")),
        codebook or _path(given.pop(known.CODEBOOK_FILE, "")),
        chosen if studies else [],
    )
    if own and not studies:
        chosen = [study for study in chosen if known.SURVEY_FILE in study.defaults]
    if output is None:  # reports on a user's answers do not take the place of those on the shipped data
        output = _folder_of(Path(next(iter(own.values()))), every) if own else REPORTS
    own = _read_as(own, {"sheet": sheet, "encoding": encoding}, output)
    given.update(own)
    sweeps = known.sweeps(sweep or [])
    options = runner.Options(output, jobs, backend, scheduler, force, timeout)
    tasks = runner.plan(chosen, given, sweeps, options)
    outcomes = runner.run(tasks, options, starts=progress if not own else _checked(own))
    finish(outcomes, every, output, sweeps)
    if export is not None:
        write_files([one.task.folder for one in outcomes if one.status in WHOLE], export, output / "export")
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(1)


def _folder_of(survey: Path, studies: Collection[str]) -> Path:
    """The folder for reports on a survey, inside `REPORTS`: its own, whatever it and others are called.

    A second survey of a name has the name of its own folder put before, or part of its path's hash after.
    """
    from workbench.reports import kernels, locks, runner

    path_hash = hashlib.sha256(os.fsencode(survey)).hexdigest()
    name, parent = runner.folder_name(survey.stem), runner.folder_name(survey.parent.name)
    with kernels.guard([REPORTS]), locks.held(REPORTS / "of-whom"):
        for candidate in (name, f"{parent}-{name}", f"{name}-{path_hash[:12]}"):
            folder = REPORTS / candidate
            if candidate not in studies and candidate.casefold() not in runner.RESERVED:
                owners = _owners(folder)
                if owners <= {path_hash}:
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f"{OWNER}{path_hash}").touch()
                    return folder
    raise FileExistsError(errno.EEXIST, "every name for a folder of reports is taken", str(REPORTS / name))


def _owners(folder: Path) -> set[str]:
    """Hashes of the paths of the surveys whose reports a folder holds."""
    from workbench.reports import manifest
    from workbench.reports.studies import SURVEY_FILE

    noted = {path.name.removeprefix(OWNER) for path in folder.glob(f"{OWNER}*")}
    records = [manifest.load(path.parent) for path in folder.glob(f"*/{manifest.FILE}")]
    given = [entry["given"].get(SURVEY_FILE) for entry in records if entry is not None]
    read = {hashlib.sha256(os.fsencode(path)).hexdigest() for path in given if isinstance(path, str)}
    return noted | read


def _path(text: str) -> Path | None:
    return Path(str(text)) if text else None


def _checked(own: dict[str, str]) -> Any:
    """The progress, once the user's files are known to be good: one message, not one from every study."""

    @contextlib.contextmanager
    def starts(tasks: Sequence[Task]) -> Iterator[None]:
        from workbench import open_survey
        from workbench.survey.codebook import read_codebook
        from workbench.survey.opening import give_back_memory

        if "survey_file" in own:
            open_survey(own["survey_file"], codebook=own["codebook_file"])
        else:
            read_codebook(own["codebook_file"])
        give_back_memory()  # a large survey's, which the kernels will want
        with progress(tasks):
            yield

    return starts


def _own_survey(survey: Path | None, codebook: Path | None, chosen: Sequence[Study]) -> dict[str, str]:
    """The user's files as parameters: absolute, because a kernel works in the notebooks' folder.

    A codebook may come alone where every study that is named plans answers and needs none.
    """
    from workbench.errors import Fault, ParameterError
    from workbench.studies.needs import NEEDS

    alone = bool(chosen) and all(
        study.name[:2] in NEEDS and not NEEDS[study.name[:2]].answers for study in chosen
    )
    if (survey is None) != (codebook is None) and not (alone and codebook):
        without = ", ".join(number for number, need in NEEDS.items() if not need.answers)
        raise ParameterError(
            "--survey and --codebook go together: the answers and what they mean. Give both; only study "
            f"{without}, by name, takes a codebook whose answers are still to come"
        )
    files = {"survey_file": survey, "codebook_file": codebook}
    faults = [
        Fault("there is no such file", file=str(path), fix="Check the path")
        for path in files.values()
        if path is not None and not path.is_file()
    ]
    if faults:
        raise ParameterError(faults)
    return {name: str(path.resolve()) for name, path in files.items() if path is not None}


def _read_as(own: dict[str, str], form: Mapping[str, str | None], output: Path) -> dict[str, str]:
    """The user's files where a sheet or an encoding is named: beside the reports lies the codebook with it.

    A report stands for the files that it names, so what was said for one run is written down with them.
    """
    import yaml

    from workbench.errors import CodebookError, ParameterError
    from workbench.survey.yaml_lines import read_text, read_yaml

    said = {name: value for name, value in form.items() if value is not None}
    if not said:
        return own
    if not own:
        raise ParameterError("--sheet and --encoding say how a file is read: name it with --survey")
    codebook = Path(own["codebook_file"])
    try:
        text = read_text(codebook, "codebook", CodebookError)
        document = read_yaml(codebook)
    except CodebookError:
        return own  # what is wrong with it is said where it is read
    book = document.content
    if document.faults or not isinstance(book, dict) or not isinstance(book.get("file") or {}, dict):
        return own
    if "file" in book:
        text = yaml.safe_dump(
            {**book, "file": {**(book["file"] or {}), **said}}, allow_unicode=True, sort_keys=False
        )
    else:  # written below, so that messages name the lines of the user's own
        text = f"{text.rstrip()}\n{yaml.safe_dump({'file': said}, allow_unicode=True)}"
    output.mkdir(parents=True, exist_ok=True)
    kept = output / f"{codebook.stem}.as-read.yaml"
    kept.write_text(text, encoding="utf-8")
    return {**own, "codebook_file": str(kept.resolve())}
