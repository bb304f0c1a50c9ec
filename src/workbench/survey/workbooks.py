"""Excel workbooks: the table on the first sheet that can be seen, as rows of raw cells.

What a reader of the sheet sees and its cells do not tell - merged cells, hidden rows, other sheets - is a
fault or a note here.
"""

from __future__ import annotations

import io
import re
from typing import Any

from workbench.errors import DataError, Fault

Note = tuple[str, str, object, int, str]  # topic, column, value, cells, what was done
MOST_CELLS = 50_000_000
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}


def read_workbook(file: str, content: bytes) -> tuple[list[list[Any]], list[Note]]:
    """Rows of the table, header first and all of one length, and what there is to note.

    Errors: ``DataError`` for a workbook that is damaged or empty, or has merged cells or error values.
    """
    notes: list[Note] = []
    try:
        rows, written = _table(file, content, notes)
    except DataError:
        raise
    except Exception as error:  # openpyxl raises nearly anything on a damaged or an unusual workbook
        what = f"not a readable workbook ({type(error).__name__}: {error})"
        fix = "Save it again, or copy the answers alone into a new workbook"
        raise DataError(Fault(what, file, fix=fix)) from error
    faults, stored, without = [], 0, 0
    for number, (row, source) in enumerate(zip(rows, written, strict=True), 1):
        for position, (cell, formula) in enumerate(zip(row, source, strict=True)):
            text = getattr(formula, "text", formula)  # a formula over several cells is an object
            if isinstance(text, str) and text.startswith("=") and cell != text:
                stored, without = stored + (cell is not None), without + (cell is None)
                row[position] = text if cell is None else cell
            if cell in ERRORS:
                column = str(rows[0][position])
                fix = "Correct the cell in the workbook"
                faults.append(Fault("an error value", file, row=number, column=column, value=cell, fix=fix))
    if faults:
        raise DataError(faults)
    if stored:
        notes.append(("formulas", "", None, stored, "the stored results of formulas were read"))
    if without:
        notes.append(("formulas", "", None, without, "formulas without a stored result: their text was read"))
    return rows, notes


def _table(file: str, content: bytes, notes: list[Note]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Values and formulas of the first visible sheet, without the empty cells below and beside its table."""
    import openpyxl

    books = [openpyxl.load_workbook(io.BytesIO(content), True, data_only=plain) for plain in (True, False)]
    visible = [sheet.title for sheet in books[0].worksheets if sheet.sheet_state == "visible"]
    if not visible:
        raise DataError(Fault("every sheet of the workbook is hidden", file, fix="Unhide the answers' sheet"))
    title = visible[0]
    others = ", ".join(sheet.title for sheet in books[0].worksheets if sheet.title != title)
    if others:
        notes.append(("sheets", "", title, 0, f"the first visible sheet was read; not read: {others}"))
    _check_layout(file, books[0][title], notes)
    values, formulas = (_rows(book[title]) for book in books)
    filled = [
        [n for n, (cell, text) in enumerate(zip(*row, strict=True), 1) if not (cell is None and text is None)]
        for row in zip(values, formulas, strict=True)
    ]
    length = max((number for number, row in enumerate(filled, 1) if row), default=0)
    width = max((row[-1] for row in filled if row), default=0)
    if not length:
        raise DataError(
            Fault(f"the sheet {title!r} is empty", file, fix="Put the answers on the first sheet")
        )
    if length * width > MOST_CELLS:
        what = f"the sheet {title!r} is filled as far as row {length} and column {width}"
        fix = "Delete what stands outside the table; save a table of this size as CSV or Parquet"
        raise DataError(Fault(what, file, fix=fix))
    if length < len(values):
        below = len(values) - length
        notes.append(("blank lines", "", None, below, "empty rows below the table were left out"))
    return _block(values, length, width), _block(formulas, length, width)


def _rows(sheet: Any) -> list[list[Any]]:
    """Rows as they stand; the range that the file states for the sheet is often wrong and not believed."""
    sheet.reset_dimensions()
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _block(rows: list[list[Any]], length: int, width: int) -> list[list[Any]]:
    return [[*row[:width], *[None] * (width - len(row))] for row in rows[:length]]


def _check_layout(file: str, sheet: Any, notes: list[Note]) -> None:
    """Refuse merged cells, where several respondents or questions share what the first alone holds."""
    with sheet._get_source() as source:  # openpyxl tells neither of the two of a sheet that it only reads
        text = source.read().decode("utf-8", "replace")
    merged = re.findall(r"<(?:\w+:)?mergeCell [^>]*?ref=\"([A-Z0-9:]+)\"", text)
    if merged:
        shown = ", ".join(merged[:5]) + (f" and {len(merged) - 5} more" if len(merged) > 5 else "")
        fix = "Unmerge them and fill in every cell; the header stands in row 1, without a title above it"
        raise DataError(Fault(f"cells of the sheet {sheet.title!r} are merged: {shown}", file, fix=fix))
    hidden = len(re.findall(r"<(?:\w+:)?row [^>]*?hidden=\"(?:1|true)\"", text))
    if hidden:
        notes.append(("hidden rows", "", None, hidden, "rows that are hidden or filtered out were read too"))
