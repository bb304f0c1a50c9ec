"""``workbench export``: reports as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from workbench import run_records
from workbench.cli.application import REPORTS, app


@app.command("export", short_help="Write reports as Word, LaTeX, CSV, pictures, zip.")
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
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="In CSV: cells that begin with =, +, - or @ as they are, no byte-order mark."
        ),
    ] = False,
) -> None:
    """Write reports as Word or LaTeX files, tables, figures or a replication package."""
    from workbench.reports import export

    write_files(export.folders(studies or [], reports), to, output, answers=answers, raw=raw)


def require_form(form: str) -> None:
    """Raise ParameterError for a form that reports are not exported to."""
    from workbench.errors import Fault, ParameterError
    from workbench.reports.export import FORMATS

    if form not in FORMATS:
        raise ParameterError(Fault(f"reports are not exported to {form!r}", fix=f"Use {', '.join(FORMATS)}"))


def write_files(
    folders: Sequence[Path], form: str, output: Path, *, answers: bool = False, raw: bool = False
) -> None:
    """Export the reports in ``folders`` and say which files were written."""
    from workbench.cli.console import open_console
    from workbench.reports import export

    console, guarded = open_console(), 0
    for folder in folders:
        written = export.export(folder, form, output, answers=answers, raw=raw)
        guarded += sum(path.suffix == ".csv" and run_records.is_guarded(path) for path in written)
        more = f" and {len(written) - 1} more" if len(written) > 1 else ""
        said = f"{written[0]}{more}" if written else f"nothing of this kind in {folder}"
        console.print(f"  {said}", soft_wrap=True)
    if guarded:
        console.print(
            f"  In {guarded} of the tables, texts that a spreadsheet would calculate (=, +, -, @) begin with "
            "'; --raw writes them without it.",
            soft_wrap=True,
        )
