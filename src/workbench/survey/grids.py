"""Sheets of cells as they stand: a text file or a sheet of a workbook as rows, before any row is a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.errors import DataError, Fault
from workbench.survey.encodings import decode
from workbench.survey.texts import clean
from workbench.survey.workbooks import Note, read_workbook

Cell = str | int | float | None
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
MOST_COLUMNS = 20_000
LOOKED_AT = 50  # records by which the delimiter is told


@dataclass(frozen=True)
class Grid:
    """Rows of raw cells, all of them as a spreadsheet would show them.

    Attributes
    ----------
    rows : the filled rows; ``numbers`` are their places in the file, counted from 1; ``lines``, of a text
        file, the lines on which they end (a cell may hold line breaks).
    comma_likely : whether a comma can be a decimal sign (it does not divide the cells).
    sheet, others : of a workbook: the sheet that was read, and the first rows of the others by name.
    merged : ranges of merged cells, as (name, last row).
    """

    file: str
    rows: list[list[Cell]]
    numbers: list[int]
    lines: list[int] = field(default_factory=list)
    comma_likely: bool = True
    sheet: str | None = None
    others: dict[str, list[list[Cell]]] = field(default_factory=dict)
    merged: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def width(self) -> int:
        return max((len(row) for row in self.rows), default=0)

    def without(self, above: int, below: int) -> Grid:
        """The same without the rows up to number ``above`` and the last ``below`` filled rows."""
        first = sum(number <= above for number in self.numbers)
        last = len(self.rows) - below
        return replace(
            self,
            rows=self.rows[first:last],
            numbers=self.numbers[first:last],
            lines=self.lines[first:last],
        )


def text_grid(file: str, content: bytes, known: Sequence[str], encoding: str | None) -> Grid:
    """Rows of a delimited text; ``known`` are the codebook's texts: they tell encoding and delimiter."""
    text, note = decode(file, content, known, encoding)
    notes: list[Note] = [note]
    lines_before = 0
    if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n"):
        delimiter, text, lines_before = text[4], text[5:].lstrip("\r\n"), 1
    else:
        delimiter = _delimiter(text, known)
    name = DELIMITERS.get(delimiter, repr(delimiter))
    notes.append(("delimiter", "", delimiter, 0, f"columns are divided by {name}"))
    if "\0" in text:
        line = lines_before + text[: text.index("\0")].count("\n") + 1
        fix = "Delete it, or export the answers again as CSV in UTF-8"
        raise DataError(Fault("a null character, which no text holds", file, line=line, fix=fix))
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    rows: list[list[Cell]] = []
    numbers, lines = [], []
    number = 0
    try:
        for number, fields in enumerate(reader, 1):
            if fields:
                rows.append(list(fields))
                numbers.append(number)
                lines.append(reader.line_num + lines_before)
    except csv.Error as error:
        line = reader.line_num + lines_before
        what, fix = f"the row cannot be read ({error})", "Look for a quote that is never closed"
        if "field limit" in str(error):
            what = f"a cell has more than {csv.field_size_limit():,} characters"
            fix = "Shorten it, or look for a quote before it that is never closed"
        raise DataError(Fault(what, file, line=line, fix=fix)) from None
    if not any(clean(str(cell)) for row in rows for cell in row):
        raise DataError(Fault("the file holds no text", file, fix="Export the answers again"))
    if number > len(rows):
        notes.append(("blank lines", "", None, number - len(rows), "lines without any text were skipped"))
    return Grid(file, rows, numbers, lines, comma_likely=delimiter != ",", notes=tuple(notes))


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, one after the other: a second copy of a large text would fill the memory."""
    return (match[0] for match in _LINE.finditer(text))


def workbook_grid(path: Path, content: bytes, sheet: str | None) -> Grid:
    """Rows of one sheet of a workbook, all of one length; empty rows are left out, their numbers kept."""
    file, book = path.name, read_workbook(path, content, sheet)
    filled = [
        (number, row) for number, row in enumerate(book.rows, 1) if any(cell is not None for cell in row)
    ]
    blank = len(book.rows) - len(filled)
    notes = list(book.notes)
    if blank:
        notes.append(("blank lines", "", None, blank, "rows without any cell were skipped"))
    return Grid(
        file,
        [row for _, row in filled],
        [number for number, _ in filled],
        comma_likely=True,
        sheet=book.sheet,
        others=book.others,
        merged=book.merged,
        notes=tuple(notes),
    )


def _delimiter(text: str, known: Sequence[str]) -> str:
    """The delimiter that gives most of the codebook's columns, then most records of one length."""
    names = set(known)

    def found(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(_lines(text), delimiter=delimiter)
        cells: set[str] = set()
        lengths: Counter[int] = Counter()
        try:
            for fields, _ in zip(reader, range(LOOKED_AT), strict=False):
                cells.update(clean(field) for field in fields)
                lengths[len(fields)] += len(fields) > 1
        except csv.Error:  # a field longer than any header's; what is wrong is said where the rows are read
            return 0, 0
        return len(names & cells), max((count * length for length, count in lengths.items()), default=0)

    return max(DELIMITERS, key=found)


def plain(value: Any) -> str:
    """A value of a typed format as the text that it would be in a text file."""
    import datetime

    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def plain_cell(cell: Any, narrow: bool = False) -> Cell:
    """A cell of a typed format as None, text or number: what the same cell would be in a text file.

    A ``narrow`` (32-bit) number takes its short decimal form, so that 3.3 stays 3.3.
    """
    if isinstance(cell, str):
        return cell
    if cell is None or (isinstance(cell, float) and cell != cell):
        return None
    if narrow:
        import numpy as np

        return float(str(np.float32(cell)))
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return plain(cell)
    return cell
