"""A survey in the terminal: what it holds, which studies can run on it, as ``workbench check`` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from workbench.survey import Survey


def contents(console: Console, survey: Survey) -> None:
    """Constructs with their reliability, groups, and other columns, as tables."""
    from workbench.errors import WorkbenchError
    from workbench.measurement import alpha
    from workbench.survey.overview import overview

    held = overview(survey)
    constructs = held.constructs
    if len(constructs):
        said = []
        for name in constructs["construct"]:
            items = survey.items(name)
            try:
                said.append(f"{alpha(items).estimate:.2f}" if items.shape[1] > 1 else "one item")
            except WorkbenchError as error:
                said.append(error.faults[0].what)
        shares = constructs["missing"].map("{:.1%}".format)
        constructs = constructs.assign(missing=shares, alpha=said)
        if not constructs["unanswered"].any():
            constructs = constructs.drop(columns="unanswered")
    for title, part in (
        ("Constructs", constructs),
        ("Groups", held.groups),
        ("Other columns", held.variables),
    ):
        if len(part):
            shown = part if part["label"].any() else part.drop(columns="label")
            console.print(f"\n{title}:")
            console.print(table(shown))
    for name, said in zip(constructs["construct"], constructs.get("alpha", ()), strict=True):
        if said.startswith("-"):
            console.print(
                f"The items of {name} run against each other (alpha {said}): is one of them reversed? "
                "Say 'reverse: true' for it.",
                style="yellow",
            )


def readiness(console: Console, survey: Survey) -> None:
    """Which studies can run, and what each of the others lacks and how to give it."""
    from rich.table import Table
    from rich.text import Text

    from workbench.studies import needs

    found = needs.readiness(survey)
    ready = ", ".join(one.study for one in found if one.ready)
    console.print(f"\nStudies that can run: {ready or 'none'}.")
    lines = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("Study", "What it does", "Lacks", "How to give it"):
        lines.add_column(head, overflow="fold")
    for one in found:
        state = Text("nothing", "green") if one.ready else Text("; ".join(one.lacks))
        state = Text(one.doubt, "yellow") if one.doubt else state
        lines.add_row(
            Text(one.study, "green" if one.ready else "dim"), one.about, state, Text("; ".join(one.fix))
        )
    console.print(lines)


def folded(notes: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """Notes of reading that say the same of many columns in one line each, the first columns named."""
    import pandas as pd

    names = ["column", "value"]
    rows = []
    for (topic, note), part in notes.groupby(["topic", "note"], sort=False):
        row = {"topic": topic, "note": note, "cells": int(part["cells"].sum())}
        for name in names:
            known = list(dict.fromkeys(str(one) for one in part[name] if str(one)))
            rest = f" and {len(known) - most} more" if len(known) > most else ""
            row[name] = ", ".join(known[:most]) + rest
        rows.append(row)
    return pd.DataFrame(rows, columns=["topic", *names, "cells", "note"])


def table(frame: pd.DataFrame) -> Any:
    """A DataFrame as a table of the terminal."""
    from rich.table import Table

    lines = Table(box=None, header_style="bold", pad_edge=False)
    for head in frame.columns:
        lines.add_column(str(head), overflow="fold")
    for row in frame.itertuples(index=False):
        lines.add_row(*(_cell(value) for value in row))
    return lines


def _cell(value: Any) -> Any:
    from rich.text import Text

    empty = value is None or value != value
    return Text("" if empty else str(value))
