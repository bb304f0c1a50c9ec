"""``workbench check`` and ``workbench new``: a user's own answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.application import Encoding, Sheet, app


@app.command("check", short_help="Read your survey; say which studies can run on it.")
def check_command(
    file: Annotated[Path, typer.Argument(help="Answers: CSV, Excel, SPSS .sav, Stata .dta or Parquet.")],
    codebook: Annotated[Path, typer.Option(help="The codebook (YAML).")],
    sheet: Sheet = None,
    encoding: Encoding = None,
) -> None:
    """Read a survey with its codebook: what is wrong, what it holds, and which studies can run on it."""
    from rich.panel import Panel
    from rich.text import Text

    from workbench import open_survey
    from workbench.cli.console import open_console
    from workbench.show import terminal

    survey = open_survey(file, codebook=codebook, sheet=sheet, encoding=encoding)
    rows, columns = survey.responses.shape
    console = open_console()
    text = f"{rows:,} respondents × {columns} columns, read without a fault."
    console.print(Panel(Text(text), title=Text(file.name), title_align="left", border_style="green"))
    terminal.contents(console, survey)
    terminal.readiness(console, survey)
    if len(survey.notes):
        console.print("\nWhat reading changed or found (all of it, column by column, is in study 01):")
        console.print(terminal.table(terminal.folded(survey.notes)))


@app.command("new", short_help="Draft a codebook from your answers.")
def new_command(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    answers: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Your answers.")] = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
) -> None:
    """Start a folder for your own survey: a codebook drafted from your answers, or an example to fill in."""
    import shutil

    from workbench.cli.console import open_console
    from workbench.errors import Fault, ParameterError, SpecificationError

    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise SpecificationError(
            Fault("this already exists and is not empty", file=str(folder), fix="Name another")
        )
    console = open_console()
    if answers is not None:
        _draft(folder, answers, sheet, encoding, console)
        return
    if sheet is not None or encoding is not None:
        raise ParameterError("--sheet and --encoding say how a file is read: name it with --from")
    starter = Path(__file__).parents[1] / "reports" / "templates" / "starter"
    shutil.copytree(starter, folder, dirs_exist_ok=True)
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
