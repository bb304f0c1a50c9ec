"""The ``workbench`` command. What a command needs is imported when it runs, so that help is instant."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workbench.reports.execute import Task
    from workbench.reports.runner import Outcome
    from workbench.reports.studies import Study

app = typer.Typer(
    help="From raw questionnaire answers to a report: run studies, check surveys, start new ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_debug = False

Notebooks = Annotated[Path | None, typer.Option(help="Folder of the studies (default: notebooks/).")]
REPORTS = Path("reports")
MOST_SAID = 160  # characters of what a study lacks; its index says all of it
WIDE = 110  # columns of a terminal from which several verdicts stand in one line
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for the reports.")]
Encoding = Annotated[str | None, typer.Option(help="Of a text file, where it cannot be told.")]
Sheet = Annotated[str | None, typer.Option(help="Of a workbook with several.")]


@app.callback()
def _options(debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False) -> None:
    global _debug  # noqa: PLW0603 - the one thing that the top of the command must know about its middle
    _debug = _debug or debug


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; faults of the user's input end it with a panel and status 2, not a traceback."""
    global _debug  # noqa: PLW0603
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _debug = "--debug" in arguments
    try:
        app([word for word in arguments if word != "--debug"])
    except ValueError as error:
        from workbench.errors import WorkbenchError

        if _debug or not isinstance(error, WorkbenchError):
            raise
        _panel(str(error), type(error).__name__)
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has had enough
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if _debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        _panel(
            f"{place}{error.strerror or error}. Name another place, or make room there",
            "Cannot write or read",
        )
        sys.exit(2)
    except KeyboardInterrupt:
        _panel("Stopped at once. Studies at work may not have been recorded.", "Interrupted")
        sys.exit(130)


def _panel(text: str, title: str) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    Console(stderr=True).print(Panel(Text(text), title=title, title_align="left", border_style="red"))


@app.command("run")
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
    notebooks: Notebooks = None,
) -> None:
    """Run studies that are not up to date, in parallel, and leave their reports and an index."""
    from workbench.reports import runner
    from workbench.reports import studies as known

    every = known.find(known.notebooks_folder(notebooks))
    chosen = known.choose(studies or [], every)
    given = {
        **(known.from_file(parameters) if parameters else {}),
        **known.from_command_line(parameter or []),
    }
    own = _own_survey(
        survey or _path(given.pop(known.SURVEY_FILE, "")),
        codebook or _path(given.pop(known.CODEBOOK_FILE, "")),
    )
    if own and not studies:
        chosen = [study for study in chosen if known.SURVEY_FILE in study.defaults]
    if output is None:  # reports on a user's answers do not take the place of those on the shipped data
        output = REPORTS / Path(own[known.SURVEY_FILE]).stem if own else REPORTS
    own = _read_as(own, {"sheet": sheet, "encoding": encoding}, output)
    given.update(own)
    sweeps = known.sweeps(sweep or [])
    options = runner.Options(output, jobs, backend, scheduler, force, timeout)
    tasks = runner.plan(chosen, given, sweeps, options)
    outcomes = runner.run(tasks, options, starts=_progress if not own else _checked(own))
    _finish(outcomes, every, output, sweeps)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(1)


def _path(text: str) -> Path | None:
    return Path(str(text)) if text else None


def _checked(own: dict[str, str]) -> Any:
    """The progress, once the user's files are known to be good: one message, not one from every study."""

    @contextlib.contextmanager
    def starts(tasks: Sequence[Task]) -> Iterator[None]:
        from workbench import open_survey

        open_survey(own["survey_file"], codebook=own["codebook_file"])
        with _progress(tasks):
            yield

    return starts


def _own_survey(survey: Path | None, codebook: Path | None) -> dict[str, str]:
    """The user's files as parameters: absolute, because a kernel works in the notebooks' folder."""
    from workbench.errors import Fault, ParameterError

    if (survey is None) != (codebook is None):
        raise ParameterError("--survey and --codebook go together: the answers and what they mean. Give both")
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

    from workbench.errors import ParameterError

    said = {name: value for name, value in form.items() if value is not None}
    if not said:
        return own
    if not own:
        raise ParameterError("--sheet and --encoding say how a file is read: name it with --survey")
    codebook = Path(own["codebook_file"])
    try:
        text = codebook.read_text(encoding="utf-8")
        book = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError):
        return own  # what is wrong with it is said where it is read
    if isinstance(book, dict) and "file" in book:
        text = yaml.safe_dump(
            {**book, "file": {**(book["file"] or {}), **said}}, allow_unicode=True, sort_keys=False
        )
    else:  # written below, so that messages name the lines of the user's own
        text = f"{text.rstrip()}\n{yaml.safe_dump({'file': said}, allow_unicode=True)}"
    output.mkdir(parents=True, exist_ok=True)
    kept = output / f"{codebook.stem}.as-read.yaml"
    kept.write_text(text, encoding="utf-8")
    return {**own, "codebook_file": str(kept.resolve())}


def _finish(
    outcomes: Sequence[Outcome], every: dict[str, Study], output: Path, sweeps: dict[str, Any]
) -> None:
    """Write the index and the sweeps' tables where anything changed, and say what happened."""
    from rich.console import Console
    from rich.markup import escape

    index = output / "index.html"
    if any(outcome.status != "unchanged" for outcome in outcomes) or not index.is_file():
        from workbench.reports import scoreboard

        if sweeps:
            for study in {outcome.task.study.name: outcome.task.study for outcome in outcomes}.values():
                entries = {one.task.folder.name: one.entry for one in outcomes if one.task.study is study}
                scoreboard.write_sweep(output / study.name, study, ", ".join(sweeps), entries)
        scoreboard.write_index(output, every)

    console = Console(highlight=False)
    for outcome in outcomes:
        if outcome.status == "failed":
            from workbench.reports.render import where

            _panel(_failure(outcome, where(outcome.entry["error"])), f"{outcome.task.label} failed")
        elif outcome.entry.get("lacks"):
            lacks = escape(_first(outcome.entry["lacks"]))
            console.print(f"  [dim]– {outcome.task.label}  not applicable: {lacks}[/]")
        elif outcome.status == "unchanged":
            console.print(f"  [dim]=[/] {outcome.task.label}  [dim]up to date[/]")
        else:
            said = escape(_tally(outcome.entry.get("verdicts", ())))
            seconds = f"{outcome.entry['duration']:.1f} s"
            console.print(
                f"  [green]✓[/] {outcome.task.label}  [dim]{seconds}[/]{said and f'  {said}'}", soft_wrap=True
            )
    console.print(f"  {index}", soft_wrap=True)


def _first(text: str) -> str:
    """The first sentence of a message; of a list of faults that of the first."""
    lines = text.splitlines()
    first = (
        lines[1].strip().removeprefix("1. ") if len(lines) > 1 and lines[0].endswith(" faults:") else lines[0]
    )
    return textwrap.shorten(first.split(". ")[0].split("; it has: ")[0], MOST_SAID, placeholder=" …")


def _tally(verdicts: Sequence[Mapping[str, Any]], between: str = ", ") -> str:
    """How many verdicts have which word: ``✓ 3 recovered, ◇ 1 rightly rejected``."""
    from workbench import vocabulary

    tally = vocabulary.tally(one["verdict"] for one in verdicts)
    return between.join(f"{word.glyph} {count} {word.word}" for word, count in tally.items())


def _failure(outcome: Outcome, what: str) -> str:
    error, lines = outcome.entry["error"], [what]
    if error.get("line"):
        lines.append(error["line"])
    if (outcome.task.folder / "failed.ipynb").exists():
        lines.append(f"The notebook up to there: {outcome.task.folder / 'failed.ipynb'} (and failed.html)")
    if outcome.entry.get("last_good"):
        lines.append("The report of the last good run still stands.")
    return "\n".join(lines)


@contextlib.contextmanager
def _progress(tasks: Sequence[Task]) -> Iterator[None]:
    """A bar a study with the cell it is at, while the run is on; plain silence where nobody watches."""
    import threading

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from workbench.reports import manifest, runner

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[cell]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        before = {task.folder: (manifest.load(task.folder) or {}).get("started") for task in tasks}
        bars = {
            task.folder: progress.add_task(task.label, total=1, cell="waiting", start=False) for task in tasks
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


@app.command("list")
def list_command(output: Output = REPORTS, notebooks: Notebooks = None) -> None:
    """List the studies: their data, their last verdicts, whether they are up to date."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from workbench.reports import manifest
    from workbench.reports import studies as known

    table = Table(box=None, header_style="bold", pad_edge=False, collapse_padding=True)
    table.add_column("Study", no_wrap=True)
    for head in ("Data", "State", "Verdicts"):
        table.add_column(head, overflow="fold")
    console = Console()
    between = ", " if console.width >= WIDE else "\n"
    for study in known.find(known.notebooks_folder(notebooks)).values():
        last = manifest.load(output / study.name)
        good = manifest.last_good(last) or {}
        state = manifest.state(
            output / study.name, manifest.fingerprint(study, (last or {}).get("given", {}))
        )
        kinds = (one.get("data_kind") for one in good.get("data", ()))
        data = ", ".join(dict.fromkeys(kind for kind in kinds if kind))
        style = {"up to date": "green", "failed": "red", "stale": "yellow"}.get(state, "dim")
        table.add_row(
            study.name, Text(data), Text(state, style), Text(_tally(good.get("verdicts", ()), between))
        )
    console.print(table)


@app.command("rates")
def rates_command(
    studies: Annotated[list[str] | None, typer.Argument(help="Numbers of studies; none: all.")] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Surveys per population (default: 50; with --check 3).")
    ] = None,
    first_seed: Annotated[int, typer.Option(help="Seed of the first survey.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers (default: the cores).")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the kept tables, write nothing.")
    ] = False,
) -> None:
    """Count how often each verdict on simulated data is found, over seeds and with the effects at zero."""
    from rich.console import Console

    from workbench.studies import rate_tables

    console, failed = Console(highlight=False), False
    for number in rate_tables.require(studies):
        if check:
            said = rate_tables.disagreements(number, seeds=3 if seeds is None else seeds, jobs=jobs)
            failed = failed or bool(said)
            console.print(f"  {number}  {'as in the table' if not said else 'differs from the table:'}")
            for line in said:
                console.print(f"      {line}", soft_wrap=True)
            continue
        with _counting(f"study {number}") as progress:
            made = rate_tables.make(
                number,
                seeds=rate_tables.SEEDS if seeds is None else seeds,
                first_seed=first_seed,
                jobs=jobs,
                progress=progress,
            )
        console.print(f"  {rate_tables.write(number, made.table)}", soft_wrap=True)
        for row in made.table.itertuples():
            planted = {"yes": "planted", "no": "not planted"}.get(row.planted, "not known whether planted")
            name = f"{row.claim} {row.part}".strip()
            console.print(
                f"      {name}, {row.population} ({planted}): found in {row.found} of {row.seeds}",
                soft_wrap=True,
            )
        for population, seed, what in made.failures:
            failed = True
            console.print(f"      failed: {population}, seed {seed}: {what}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _counting(what: str) -> Iterator[Any]:
    """A bar that counts what is done, as a callable of (done, total); silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="Answers: CSV, Excel, SPSS .sav, Stata .dta or Parquet.")],
    codebook: Annotated[Path, typer.Option(help="The codebook (YAML).")],
    sheet: Sheet = None,
    encoding: Encoding = None,
) -> None:
    """Read a survey with its codebook: what is wrong, what it holds, and which studies can run on it."""
    from rich.console import Console
    from rich.panel import Panel

    from workbench import open_survey
    from workbench.show import terminal

    survey = open_survey(file, codebook=codebook, sheet=sheet, encoding=encoding)
    rows, columns = survey.responses.shape
    console = Console()
    text = f"{rows:,} respondents × {columns} columns, read without a fault."
    console.print(Panel(text, title=file.name, title_align="left", border_style="green"))
    terminal.contents(console, survey)
    terminal.readiness(console, survey)
    if len(survey.notes):
        console.print("\nWhat reading changed or found:")
        console.print(terminal.table(survey.notes))


@app.command("new")
def new_command(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    answers: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Your answers.")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
) -> None:
    """Start a folder for your own survey: a codebook drafted from your answers, or an example to fill in."""
    import shutil

    from rich.console import Console

    from workbench.errors import Fault, ParameterError, SpecificationError

    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise SpecificationError(
            Fault("this already exists and is not empty", file=str(folder), fix="Name another")
        )
    console = Console(highlight=False)
    if answers is not None:
        _draft(folder, answers, sheet, encoding, console)
        return
    if sheet is not None or encoding is not None:
        raise ParameterError("--sheet and --encoding say how a file is read: name it with --from")
    starter = Path(__file__).parent / "reports" / "templates" / "starter"
    shutil.copytree(starter, folder, dirs_exist_ok=True)
    console = Console(highlight=False)
    console.print(f"Made {folder}. Next:", soft_wrap=True)
    console.print(f"  workbench check {folder}/answers.csv --codebook {folder}/codebook.yaml", soft_wrap=True)


def _draft(folder: Path, answers: Path, sheet: str | None, encoding: str | None, console: Any) -> None:
    """Write the codebook that the answers tell of, and say what it holds and what comes next."""
    from workbench.survey.drafting import draft_codebook

    draft = draft_codebook(answers, sheet=sheet, encoding=encoding)
    folder.mkdir(parents=True, exist_ok=True)
    codebook = folder / "codebook.yaml"
    codebook.write_text(draft.text, encoding="utf-8")
    for line in draft.summary:
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"Read {codebook}: what was guessed says why. Then:", soft_wrap=True)
    console.print(f"  workbench check {answers} --codebook {codebook}", soft_wrap=True)
    console.print(f"  workbench run --survey {answers} --codebook {codebook}", soft_wrap=True)


@app.command("export")
def export_command(
    studies: Annotated[
        list[str] | None, typer.Argument(help="Studies, or folders of reports; none: every report.")
    ] = None,
    to: Annotated[
        str, typer.Option(help="docx, latex, csv, svg, png or zip (a replication package).")
    ] = "docx",
    reports: Annotated[Path, typer.Option(help="Folder of a run's reports.")] = REPORTS,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path("export"),
    answers: Annotated[bool, typer.Option("--answers", help="In a zip: the answers, too.")] = False,
) -> None:
    """Write reports as Word or LaTeX files, tables, figures or a replication package."""
    from rich.console import Console

    from workbench.reports import export

    console = Console(highlight=False)
    for folder in export.folders(studies or [], reports):
        written = export.export(folder, to, output, answers=answers)
        more = f" and {len(written) - 1} more" if len(written) > 1 else ""
        said = f"{written[0]}{more}" if written else f"nothing of this kind in {folder}"
        console.print(f"  {said}", soft_wrap=True)


@app.command("lab")
def lab_command(notebooks: Notebooks = None) -> None:
    """Open the notebooks in JupyterLab."""
    import subprocess

    from workbench.reports import studies as known

    folder = known.notebooks_folder(notebooks).resolve()
    known.find(folder)
    raise typer.Exit(
        subprocess.run([sys.executable, "-m", "jupyter", "lab", str(folder)], check=False).returncode
    )


if __name__ == "__main__":
    main()
