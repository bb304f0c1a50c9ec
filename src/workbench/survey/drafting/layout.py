"""Where the header of a sheet begins and ends, and where the answers end, by the shape of the rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import DataError, Fault
from workbench.survey.codebook_schema import FileForm
from workbench.survey.drafting.exports import Tool, first_rows, known_tool
from workbench.survey.files import grid_table
from workbench.survey.grids import Cell, Grid
from workbench.survey.misreadings import total_rows
from workbench.survey.raw_table import RawTable
from workbench.survey.texts import clean

SHORTER = 3  # times as many rows has a sheet of answers than one that explains them
TITLES_WITHIN = 20  # rows among which the header is looked for
_NUMBER = re.compile(r"[+-]?[\d.,]+\s*%?")


@dataclass(frozen=True)
class Layout:
    """How the rows of a file are to be taken, the tool that wrote it if it is known, and why."""

    title_rows: int = 0
    header_rows: int = 1
    footer_rows: int = 0
    tool: Tool | None = None
    why: tuple[str, ...] = ()


def find_layout(grid: Grid) -> Layout:
    """Title, header and footer rows of a grid."""
    start = _header_place(grid)
    title_rows = grid.numbers[start] - 1
    why = []
    if title_rows:
        why.append(f"row {title_rows + 1} is the first that is filled across")
    known = known_tool(first_rows(grid.rows[start:]))
    if known is not None:
        tool, header_rows = known
        why.append(f"the export of {tool.name}")
    else:
        tool, header_rows = None, 1 + _further_headers(grid.rows[start:])
        if header_rows > 1:
            why.append("rows below the first hold texts over columns of other answers")
    footer_rows = _footers(grid, FileForm(title_rows=title_rows, header_rows=header_rows))
    if footer_rows:
        why.append("the last rows sum up or explain the others")
    return Layout(title_rows, header_rows, footer_rows, tool, tuple(why))


def _filled(row: Sequence[Cell]) -> int:
    return sum(cell is not None and clean(str(cell)) != "" for cell in row)


def _header_place(grid: Grid) -> int:
    """Place of the first row that is filled across: title rows above it have a cell or two."""
    widths = Counter(len(row) if grid.lines else _filled(row) for row in grid.rows[:200])
    usual = max(widths, key=lambda width: (widths[width] * width, width))
    if usual < 2:
        return 0
    for place, row in enumerate(grid.rows[:TITLES_WITHIN]):
        whole = len(row) >= usual if grid.lines else True
        if whole and (known_tool(first_rows([row])) or _filled(row) * 5 >= usual * 3):
            _refuse_answers(grid, place, row)
            return place
    return 0


def _refuse_answers(grid: Grid, place: int, row: Sequence[Cell]) -> None:
    """A first row of numbers alone is an answer: the file has no header."""
    cells = [clean(str(cell)) for cell in row if cell is not None and clean(str(cell))]
    if len(cells) > 1 and all(_NUMBER.fullmatch(cell) for cell in cells) and len(set(cells)) < len(cells):
        fix = "Put the names of the columns, or the questions, into the first row"
        what = "the file has no header: its first row holds numbers only"
        raise DataError(Fault(what, grid.file, row=grid.numbers[place], fix=fix))


def _further_headers(rows: Sequence[Sequence[Cell]], most: int = 3) -> int:
    """How many rows below the first are header too.

    A row is, where most of its columns hold numbers below it and a text in it, or few different answers below
    it and a longer text in it that none of them is.
    """
    further = 0
    while (
        further < most and len(rows) > further + 4 and _is_header(rows[further + 1], rows[further + 2 : 400])
    ):
        further += 1
    return further


def _is_header(row: Sequence[Cell], below: Sequence[Sequence[Cell]]) -> bool:
    told = header = 0
    for place, cell in enumerate(row):
        text = "" if cell is None else clean(str(cell))
        column = [clean(str(one[place])) for one in below if place < len(one) and one[place] is not None]
        column = [one for one in column if one]
        if not text or len(column) < 3:
            continue
        numbers = sum(bool(_NUMBER.fullmatch(one)) for one in column)
        distinct = set(column)
        if numbers * 10 >= len(column) * 9:
            told += 1
            header += not _NUMBER.fullmatch(text)
        elif len(distinct) <= max(7, len(column) // 5) and len(column) >= 5:
            told += 1
            header += text not in distinct and len(text) > max(map(len, distinct))
    return told >= 2 and header * 2 > told


def _footers(grid: Grid, reading: FileForm) -> int:
    """Rows at the end that sum up the answers, or hold a note and no answer."""
    notes = 0
    body = grid.without(reading.title_rows, 0).rows[reading.header_rows :]
    usual = Counter(_filled(row) for row in body).most_common(1)
    if usual and usual[0][0] >= 4:
        for row in reversed(body[1:]):
            if _filled(row) > 1 or (_filled(row) == 1 and not _is_note(row)):
                break
            notes += 1
    rows = body[: len(body) - notes]
    width = max((len(row) for row in rows), default=0)
    columns = [[row[place] if place < len(row) else None for row in rows] for place in range(width)]
    table = RawTable(grid.file, "", {}, len(rows), comma_likely=grid.comma_likely)
    return notes + (total_rows(columns, table) if len(rows) > 3 else 0)


def _is_note(row: Sequence[Cell]) -> bool:
    texts = [clean(str(cell)) for cell in row if cell is not None and clean(str(cell))]
    return bool(texts) and not _NUMBER.fullmatch(texts[0]) and len(texts[0]) > 3


def best_sheet(grid: Grid) -> str | None:
    """Another sheet that looks like the answers where the one that was read does not; None otherwise.

    A sheet that explains the columns is a table too, but a far shorter one than the answers.
    """
    likely = {name: len(rows) for name, rows in grid.others.items() if _looks_like_answers(rows)}
    if _looks_like_answers(grid.rows):
        likely = {name: count for name, count in likely.items() if count > SHORTER * len(grid.rows)}
    return max(likely, key=lambda name: likely[name], default=None)


def _looks_like_answers(rows: Sequence[Sequence[Cell]]) -> bool:
    filled = [_filled(row) for row in rows[:TITLES_WITHIN]]
    usual = Counter(width for width in filled if width >= 3).most_common(1)
    return bool(usual) and usual[0][1] >= 3 and len(filled) >= 4


def laid_out(
    grid: Grid, digest: str, encoding: str | None, sheet: str | None
) -> tuple[RawTable, FileForm, Layout]:
    """The table of a grid by its layout, and how a codebook says the same."""
    layout = find_layout(grid)
    reading = FileForm(
        encoding=encoding,
        sheet=sheet,
        title_rows=layout.title_rows,
        header_rows=layout.header_rows,
        footer_rows=layout.footer_rows,
    )
    return grid_table(grid, digest, reading), reading, layout
