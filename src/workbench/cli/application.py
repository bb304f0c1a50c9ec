"""The command itself: its options, how it ends, and what its parts share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

_ORDER = ("run", "list", "check", "new", "export", "lab", "rates")


class _InOrder(typer.core.TyperGroup):
    """Commands in the order in which a user meets them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=_ORDER.index)


app = typer.Typer(
    cls=_InOrder,
    help="From raw questionnaire answers to a report: run studies, check surveys, start new ones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_debug = False

Notebooks = Annotated[Path | None, typer.Option(help="Folder of the studies (default: notebooks/).")]
REPORTS = Path("reports")
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for the reports.")]
Encoding = Annotated[str | None, typer.Option(help="Of a text file, where it cannot be told.")]
Sheet = Annotated[str | None, typer.Option(help="Of a workbook with several.")]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"workbench {version('crm-survey-workbench')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
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
        panel(str(error), error.title)
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has had enough
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if _debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        panel(
            f"{place}{error.strerror or error}. Name another place, or make room there",
            "Cannot write or read",
        )
        sys.exit(2)
    except KeyboardInterrupt:
        panel("Stopped at once. Studies at work may not have been recorded.", "Interrupted")
        sys.exit(130)


def panel(text: str, title: str) -> None:
    """Say on the error stream what went wrong, in a frame."""
    from rich.panel import Panel
    from rich.text import Text

    from workbench.cli.console import open_console

    said = Panel(Text(text), title=Text(title), title_align="left", border_style="red")
    open_console(stderr=True).print(said)
