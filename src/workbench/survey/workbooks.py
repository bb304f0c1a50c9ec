"""Excel workbooks: the table of one sheet as rows of raw cells.

What a reader of the sheet sees and its cells do not tell (merged cells, hidden rows, other sheets) goes
along.
"""

from __future__ import annotations

import difflib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DataError, Fault
from workbench.survey.apart import read_apart

Note = tuple[str, str, object, int, str]  # topic, column, value, cells, what was done
OLD = b"\xd0\xcf\x11\xe0"  # how a workbook of Excel 97 to 2003 begins
MOST_CELLS = 50_000_000
MOST_ROWS = 1_048_576  # of a sheet, in Excel
MOST_UNPACKED, SMALL_UNPACKED, MOST_TIMES = 1_000_000_000, 50_000_000, 100  # bytes; times what is packed
OTHER_ROWS, OTHER_CELLS = 300, 500  # how much of the sheets that are not read is looked at
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}


@dataclass(frozen=True)
class Workbook:
    """Rows of one sheet, all of one length; first rows of the others; merged ranges with their last row."""

    sheet: str
    rows: list[list[Any]]
    others: dict[str, list[list[Any]]]
    merged: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]


def read_workbook(path: Path, content: bytes, sheet: str | None = None) -> Workbook:
    """One sheet of a workbook, the first that is visible unless it is named.

    Errors: ``DataError`` for a workbook that is damaged or empty, has error values, or lacks the sheet.
    """
    import openpyxl

    file = path.name
    if content.startswith(OLD):
        return _read_old_workbook(path, sheet)
    try:
        _refuse_bomb(file, content)
        books = [
            openpyxl.load_workbook(io.BytesIO(content), True, data_only=plain) for plain in (True, False)
        ]
        sheets = {one.title: one.sheet_state == "visible" for one in books[0].worksheets}
        title, notes = _chosen(file, sheets, sheet)
        rows, written = _table(file, books, title, notes)
        merged = _layout(books[0][title], notes)
        others = {
            other.title: [list(row)[:OTHER_CELLS] for row in _rows(other, OTHER_ROWS)]
            for other in books[0].worksheets
            if other.title != title
        }
    except DataError:
        raise
    except Exception as error:  # openpyxl raises nearly anything on a damaged or an unusual workbook
        what = f"not a readable workbook ({type(error).__name__}: {error})"
        fix = "Save it again, or copy the answers alone into a new workbook"
        raise DataError(Fault(what, file, fix=fix)) from error
    stored, without = 0, 0
    for row, source in zip(rows, written, strict=True):
        for position, (cell, formula) in enumerate(zip(row, source, strict=True)):
            text = getattr(formula, "text", formula)  # a formula over several cells is an object
            if isinstance(text, str) and text.startswith("=") and cell != text:
                stored, without = stored + (cell is not None), without + (cell is None)
                row[position] = text if cell is None else cell
    _refuse_errors(file, rows)
    if stored:
        notes.append(("formulas", "", None, stored, "the stored results of formulas were read"))
    if without:
        notes.append(("formulas", "", None, without, "formulas without a stored result: their text was read"))
    return Workbook(title, rows, others, merged, tuple(notes))


def _refuse_bomb(file: str, content: bytes) -> None:
    """Raise for a workbook that unpacks to far more than a table has."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        size = sum(part.file_size for part in packed.infolist())
    if size > MOST_UNPACKED or (size > SMALL_UNPACKED and size > MOST_TIMES * len(content)):
        what = f"the workbook has {len(content):,} bytes and unpacks to {size:,}"
        fix = "Copy the answers alone into a new workbook, or save them as CSV or Parquet"
        raise DataError(Fault(what, file, fix=fix))


def _read_old_workbook(path: Path, sheet: str | None) -> Workbook:
    """The same of a workbook of Excel 97 to 2003 (.xls), of which formulas have their results alone."""
    file = path.name
    found = read_apart(path, "old_excel", "workbook", "Open it in Excel and save it as .xlsx")
    title, notes = _chosen(file, {name: seen for name, seen, _ in found}, sheet)
    sheets = {
        name: [[None if cell == "" else cell for cell in row] for row in rows] for name, _, rows in found
    }
    rows = sheets.pop(title)
    if not rows:
        raise _empty_sheet(file, title, list(sheets))
    _refuse_errors(file, rows)
    others = {name: [row[:OTHER_CELLS] for row in table[:OTHER_ROWS]] for name, table in sheets.items()}
    return Workbook(title, rows, others, (), tuple(notes))


def _refuse_errors(file: str, rows: list[list[Any]]) -> None:
    """Raise for cells that hold an error of Excel's."""
    fix = "Correct the cell in the workbook"
    faults = [
        Fault("an error value", file, row=number, column=str(rows[0][position]), value=cell, fix=fix)
        for number, row in enumerate(rows, 1)
        for position, cell in enumerate(row)
        if cell in ERRORS
    ]
    if faults:
        raise DataError(faults)


def _chosen(file: str, sheets: Mapping[str, bool], sheet: str | None) -> tuple[str, list[Note]]:
    """The sheet to read of those there are (name -> visible), and a note on those that are not read."""
    titles = list(sheets)
    visible = [title for title in titles if sheets[title]]
    if sheet is not None and sheet not in titles:
        close = difflib.get_close_matches(sheet, titles, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        fix = f"{guess}There are: {', '.join(titles)}"
        raise DataError(Fault(f"the workbook has no sheet {sheet!r}", file, fix=fix))
    if sheet is None and not visible:
        raise DataError(Fault("every sheet of the workbook is hidden", file, fix="Unhide the answers' sheet"))
    title = visible[0] if sheet is None else sheet
    how = "the first visible sheet was read" if sheet is None else "the sheet that was named was read"
    others = ", ".join(one for one in titles if one != title)
    return title, [("sheets", "", title, 0, f"{how}; not read: {others}")] if others else []


def _empty_sheet(file: str, title: str, others: Sequence[str]) -> DataError:
    fix = f"Name another with --sheet: {', '.join(others)}" if others else "Put the answers on it"
    return DataError(Fault(f"the sheet {title!r} is empty", file, fix=fix))


def _table(
    file: str, books: list[Any], title: str, notes: list[Note]
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Values and formulas of a sheet, without the empty cells below and beside its table."""
    values, formulas = (_rows(book[title]) for book in books)
    filled = [
        [n for n, (cell, text) in enumerate(zip(*row, strict=True), 1) if not (cell is None and text is None)]
        for row in zip(values, formulas, strict=True)
    ]
    length = max((number for number, row in enumerate(filled, 1) if row), default=0)
    width = max((row[-1] for row in filled if row), default=0)
    if not length:
        raise _empty_sheet(file, title, [one for one in books[0].sheetnames if one != title])
    if length * width > MOST_CELLS:
        what = f"the sheet {title!r} is filled as far as row {length} and column {width}"
        fix = "Delete what stands outside the table; save a table of this size as CSV or Parquet"
        raise DataError(Fault(what, file, fix=fix))
    if length < len(values):
        below = len(values) - length
        notes.append(("blank lines", "", None, below, "empty rows below the table were left out"))
    return _block(values, length, width), _block(formulas, length, width)


def _rows(sheet: Any, most: int | None = None) -> list[list[Any]]:
    """Rows as they stand; the range that the file states for the sheet is often wrong and not believed."""
    sheet.reset_dimensions()
    rows: list[list[Any]] = []
    for row in sheet.iter_rows(values_only=True, max_row=most):
        if len(rows) >= MOST_ROWS:
            raise ValueError(f"the sheet {sheet.title!r} has more rows than the {MOST_ROWS:,} of Excel")
        rows.append(list(row))
    return rows


def _block(rows: list[list[Any]], length: int, width: int) -> list[list[Any]]:
    return [[*row[:width], *[None] * (width - len(row))] for row in rows[:length]]


def _layout(sheet: Any, notes: list[Note]) -> tuple[tuple[str, int], ...]:
    """Merged ranges, where several respondents or questions share what the first cell alone holds."""
    with sheet._get_source() as source:  # openpyxl tells neither of the two of a sheet that it only reads
        text = source.read().decode("utf-8", "replace")
    hidden = len(re.findall(r"<(?:\w+:)?row [^>]*?hidden=\"(?:1|true)\"", text))
    if hidden:
        notes.append(("hidden rows", "", None, hidden, "rows that are hidden or filtered out were read too"))
    merged = re.findall(r"<(?:\w+:)?mergeCell [^>]*?ref=\"([A-Z]+[0-9]+:[A-Z]+([0-9]+))\"", text)
    return tuple((name, int(last)) for name, last in merged)
