"""From a sheet of cells to named columns: title rows, header rows, footer rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from workbench.errors import DataError, Fault
from workbench.survey.codebook_schema import FileForm
from workbench.survey.grids import MOST_COLUMNS, Cell, Grid, plain
from workbench.survey.texts import clean, no_text
from workbench.survey.workbooks import Note

BETWEEN = " | "  # between the parts of a name that several header rows make together


def split_grid(grid: Grid, reading: FileForm) -> tuple[list[list[str]], Grid]:
    """Header rows (cleaned texts, all of one length) and the grid of the answers below them.

    Errors: ``DataError`` where cells of answers are merged, rows are longer or shorter than the header, or
    nothing is left below it.
    """
    body = grid.without(reading.title_rows, reading.footer_rows)
    head, answers = body.rows[: reading.header_rows], body.rows[reading.header_rows :]
    last = body.numbers[len(head) - 1] if head else 0
    merged = [name for name, row in grid.merged if row > last]
    if merged:
        shown = ", ".join(merged[:5]) + (f" and {len(merged) - 5} more" if len(merged) > 5 else "")
        fix = (
            "Unmerge them and fill in every cell; rows above the header are named in the codebook: "
            "'file: {title_rows: …, header_rows: …}'"
        )
        raise DataError(Fault(f"cells of the sheet {grid.sheet!r} are merged: {shown}", grid.file, fix=fix))
    width = max((len(row) for row in head), default=0)
    if width > MOST_COLUMNS:
        fix = "Divide lines by line ends; answers go in rows, one per respondent"
        raise DataError(Fault(f"the header has {width:,} columns", grid.file, row=last, fix=fix))
    faults = [
        Fault(
            f"{len(row)} fields where the header has {width}",
            grid.file,
            row=body.numbers[place],
            line=body.lines[place] if body.lines else None,
            fix="Quote fields that hold the delimiter, or fill up the row",
        )
        for place, row in enumerate(body.rows)
        if place >= len(head) and len(row) != width
    ]
    if faults:
        raise DataError(faults)
    if not answers:
        what, fix = "the file has a header but no respondents", "Export the answers again"
        if filled := [name for name, rows in grid.others.items() if len(rows) > 1]:
            what = f"the sheet {grid.sheet!r} has no rows of answers"
            fix = f"Name another (--sheet, or 'sheet' under 'file' in the codebook): {', '.join(filled)}"
        raise DataError(Fault(what, grid.file, fix=fix))
    refuse_no_text(grid.file, ["" if cell is None else plain(cell) for row in head for cell in row])
    heads = [
        [clean("" if cell is None else plain(cell)) for cell in row] + [""] * (width - len(row))
        for row in head
    ]
    return heads, body.without(last, 0)


def column_names(heads: Sequence[Sequence[str]]) -> list[str]:
    """One name a column, all different.

    The first header row that names every column once gives the names (Qualtrics' short names, say). Otherwise
    the rows are joined, a blank cell of an upper row standing for the one to its left (SurveyMonkey's
    questions above their parts). A name that stands twice gets a number: ``Why? (2)``.
    """
    if len(heads) == 1:
        return _numbered([name or f"(column {place})" for place, name in enumerate(heads[0], 1)])
    for row in heads:
        if all(row) and len(set(row)) == len(row):
            return list(row)
    upper = [_filled_from_the_left(row, below) for row, below in pairwise(heads)]
    joined = [
        BETWEEN.join(dict.fromkeys(part for part in parts if part))
        for parts in zip(*upper, heads[-1], strict=True)
    ]
    return _numbered([name or f"(column {place})" for place, name in enumerate(joined, 1)])


def _filled_from_the_left(row: Sequence[str], below: Sequence[str]) -> list[str]:
    filled: list[str] = []
    for cell, under in zip(row, below, strict=True):
        filled.append(cell or (filled[-1] if filled and under else ""))
    return filled


def _numbered(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    taken = set(names)
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            number = seen[name]
            while f"{name} ({number})" in taken:
                number += 1
            name = f"{name} ({number})"
            taken.add(name)
        result.append(name)
    return result


def doubled(names: Sequence[str]) -> dict[str, list[int]]:
    """Names that stand more than once, with their positions counted from 1."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, 1):
        places.setdefault(name, []).append(place)
    return {name: where for name, where in places.items() if name and len(where) > 1}


def named_columns(
    file: str, header: Sequence[Any], cells: Sequence[list[Cell]], notes: list[Note]
) -> dict[str, list[Cell]]:
    """Columns by name where a format has one name a column; a name that stands twice gets a number."""
    titles = ["" if title is None else plain(title) for title in header]
    if len(titles) > MOST_COLUMNS:
        fix = "Answers go in rows, one per respondent"
        raise DataError(Fault(f"the header has {len(titles):,} columns", file, fix=fix))
    names = [clean(title) for title in titles]
    refuse_no_text(file, names)
    note_blanks(titles, names, notes)
    if not any(cells):
        fix = "Export the answers again"
        raise DataError(Fault("the file has a header but no respondents", file, fix=fix))
    columns = column_names([names])
    return dict(zip(columns, cells, strict=True))


def refuse_no_text(file: str, names: Sequence[str]) -> None:
    """Raise for names of columns that hold what no text holds: nothing could be printed of them."""
    faults = [
        Fault(f"a column's name holds {odd}", file, column=name, fix="Rename the column")
        for name in names
        if (odd := no_text(name))
    ]
    if faults:
        raise DataError(faults)


def note_blanks(titles: Sequence[Any], names: Sequence[str], notes: list[Note]) -> None:
    for title, name in zip(titles, names, strict=True):
        if name and name != title:
            notes.append(("column name", name, title, 0, "blanks around the name were taken off"))
