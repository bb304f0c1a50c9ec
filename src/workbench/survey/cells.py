"""What one cell means: an answer, a code, a text, nothing, or a fault.

Every format passes through here, so that a cell means the same wherever it was stored. Whatever is changed on
the way is counted in a `Tally`, whatever cannot be understood becomes a `Fault`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import Fault
from workbench.survey.codebook import Group, Item, Variable, Wording
from workbench.survey.files import Cell, RawTable
from workbench.survey.texts import clean, fold

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_WHOLE = re.compile(r"(-?\d+)[.,]0+", re.ASCII)
_WIDE = str.maketrans("０１２３４５６７８９．－＋，", "0123456789.-+,")
EXACT = 2**53  # whole numbers up to here are exact in every format
_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass
class Tally:
    """What was found and changed, counted by topic, column and value."""

    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def note(self, topic: str, column: str, value: object, text: str, cells: int) -> None:
        self.counts[topic, column, "" if value is None else str(value), text] += cells


@dataclass(frozen=True)
class _Bad:
    what: str
    fix: str


@dataclass(frozen=True)
class _Read:
    """A cell's value (None: missing) and, where it was changed, topic, value and words for the notes."""

    value: Any
    topic: str = ""
    shown: object = None
    text: str = ""


def read_item(item: Item, table: RawTable, tally: Tally) -> list[float]:
    """Answers of one item as floats (NaN: missing), as they were given, not yet reversed."""
    scale = item.scale
    words = _words(scale.labels)
    spss_missing = table.user_missing.get(item.column, [])
    span = f"{scale.min:g} to {scale.max:g}"

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, scale.missing, spss_missing, table)
        if common is not None:
            return common
        number = _to_number(cell, table.decimal_comma)
        if number is None:
            code = words.get(fold(clean(str(cell))))
            if code is not None:
                return _Read(float(code), "answers in words", None, "matched to codes by the scale's labels")
            return _Bad(
                _why_no_number(cell, table.decimal_comma),
                f"Use {span}, a label of the scale, or list it under missing in the codebook",
            )
        value, topic, text = number
        if not scale.min <= value <= scale.max:
            return _Bad(f"outside the scale {span}", "Correct it, or list it under missing in the codebook")
        if not scale.continuous and value != math.floor(value):
            return _Bad(
                f"a fraction on a scale of whole numbers {span}",
                "Correct it, or say 'continuous: true' for the scale in the codebook",
            )
        return _Read(value, topic, None, text)

    return [
        math.nan if value is None else value for value in _column(item.name, item.column, table, read, tally)
    ]


def read_group(name: str, group: Group, table: RawTable, tally: Tally) -> list[str | None]:
    """A grouping column as texts; codes become labels where the codebook has labels."""
    words = _words(group.labels)
    by_code = {_code_text(code): str(label) for code, label in group.labels.items()}
    column = group.column or name
    spss_missing = table.user_missing.get(column, [])

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, group.missing, spss_missing, table)
        if common is not None:
            return common
        read = _text(cell, table.decimal_comma)
        if not by_code:
            return read
        if read.value in by_code:
            return _Read(
                by_code[read.value], "labels of groups", read.value, f"shown as {by_code[read.value]}"
            )
        if fold(read.value) in words:
            return _Read(by_code[_code_text(words[fold(read.value)])])
        known = ", ".join(by_code)
        return _Bad("a code without a label", f"Use one of {known}, or add it to the group's labels")

    return _column(name, column, table, read, tally)


def read_id(name: str, table: RawTable, tally: Tally) -> list[int] | list[str]:
    """The respondents' ids: all whole numbers, or texts; missing and doubled ids are faults."""

    def read(cell: Cell) -> _Read | _Bad:
        if cell is None or (isinstance(cell, str) and not clean(cell)):
            return _Bad("the id is missing", "Give every respondent an id, or drop 'id' from the codebook")
        if isinstance(cell, float | int) and abs(cell) > EXACT and not isinstance(cell, str):
            return _Bad("more digits than this format keeps exactly", "Store the ids as text")
        return _text(cell, table.decimal_comma)

    ids = _column(name, name, table, read, tally)
    first: dict[str, int] = {}
    for row, value in enumerate(ids, 2):
        if value is not None and value in first:
            what = f"the id stands twice (first in row {first[value]})"
            fix = "Keep one answer of each respondent"
            tally.faults.append(Fault(what, table.file, row=row, column=name, value=value, fix=fix))
        first.setdefault(value, row)
    whole = all(
        value is not None and re.fullmatch(r"0|-?[1-9][0-9]*", value) and abs(int(value)) <= EXACT
        for value in ids
    )
    return [int(value) for value in ids] if whole else ids


def read_variable(name: str, variable: Variable, table: RawTable, tally: Tally) -> list[Any]:
    """Another column: numbers (missing: NaN) or texts (missing: None), as codebook or cells decide."""
    column = variable.column or name
    spss_missing = table.user_missing.get(column, [])
    numeric = variable.numeric
    if numeric is None:
        filled = [
            cell for cell in set(table.columns[column]) if _missing(cell, variable.missing, (), table) is None
        ]
        numbers = sum(_to_number(cell, table.decimal_comma) is not None for cell in filled)
        truths = sum(clean(str(cell)).casefold() in _TRUTH for cell in filled)
        numeric = numbers > 0 or (truths > 0 and truths == len(filled)) or not filled
        if not numeric:
            tally.note("text column", name, None, "no cell is a number: read as text", len(filled))

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, variable.missing, spss_missing, table)
        if common is not None:
            return common
        if not numeric:
            return _text(cell, table.decimal_comma)
        number = _to_number(cell, table.decimal_comma)
        if number is None:
            truth = _TRUTH.get(clean(str(cell)).casefold())
            if truth is not None:
                return _Read(truth, "true and false", None, "read as 1 and 0")
            fix = "Correct it, list it under the variable's missing, or say 'type: text' in the codebook"
            return _Bad(_why_no_number(cell, table.decimal_comma), fix)
        value, topic, text = number
        low = -math.inf if variable.min is None else variable.min
        high = math.inf if variable.max is None else variable.max
        if not low <= value <= high:
            span = f"{low:g} to {high:g}"
            return _Bad(f"outside the range {span}", "Correct it, or widen the range in the codebook")
        if abs(value) > EXACT and isinstance(cell, str) and "e" not in cell.casefold():
            fix = "Say 'type: text' in the codebook if this is a code and not a quantity"
            return _Bad("more digits than a number keeps exactly", fix)
        return _Read(value, topic, None, text)

    values = _column(name, column, table, read, tally)
    return [math.nan if value is None else value for value in values] if numeric else values


def _column(
    name: str, column: str, table: RawTable, read: Callable[[Cell], _Read | _Bad], tally: Tally
) -> list[Any]:
    """Read every cell of a column, each distinct cell once; row 1 is the header.

    Notes go by the codebook's ``name``, faults by the file's ``column``, where the user has to look.
    """
    known: dict[tuple[type, Cell], _Read | _Bad] = {}
    notes: Counter[tuple[str, object, str]] = Counter()
    values = []
    for row, cell in enumerate(table.columns[column], 2):
        key = (type(cell), cell)
        found = known.get(key) or known.setdefault(key, read(cell))
        if isinstance(found, _Bad):
            shown = "" if cell is None else cell
            tally.faults.append(
                Fault(found.what, table.file, row=row, column=column, value=shown, fix=found.fix)
            )
            values.append(None)
            continue
        if found.topic:
            notes[found.topic, found.shown, found.text] += 1
        values.append(found.value)
    for (topic, shown, text), cells in notes.items():
        tally.note(topic, name, shown, text, cells)
    return values


def _missing(
    cell: Cell, codes: Iterable[Any], ranges: Iterable[tuple[Any, Any]], table: RawTable
) -> _Read | None:
    """The reading of a cell that is empty or a missing code; None for a cell that holds an answer."""
    if cell is None or cell == "":
        return _Read(None)
    text = clean(str(cell))
    if not text:
        return _Read(None, "blank cells", None, "cells of blanks only are missing")
    number = _to_number(cell, table.decimal_comma)
    value = number[0] if number else None
    for code in codes:
        if text == str(code) or (value is not None and not isinstance(code, str) and value == code):
            return _Read(None, "missing code", code, "set to missing, as the codebook says")
    for low, high in ranges:
        inside = text == low if isinstance(low, str) else value is not None and low <= value <= high
        if inside:
            return _Read(
                None, "missing code", text if value is None else f"{value:g}", "set to missing by SPSS"
            )
    return None


def _to_number(cell: Cell, decimal_comma: bool) -> tuple[float, str, str] | None:
    """A finite number with topic and words of what was changed to get it, or None."""
    if not isinstance(cell, str):
        return (float(cell), "", "") if cell is not None and math.isfinite(cell) else None
    text = clean(cell)
    plain = text.translate(_WIDE)
    topic, words = "", ""
    if plain != text:
        topic, words = "full-width digits", "read as ordinary digits"
    elif text != cell:
        topic, words = "blanks", "blanks around numbers were taken off"
    if decimal_comma and _COMMA_NUMBER.fullmatch(plain):
        plain, topic, words = plain.replace(",", "."), "decimal comma", "read as decimal point"
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain)
    return (value, topic, words) if math.isfinite(value) else None


def _why_no_number(cell: Cell, decimal_comma: bool) -> str:
    text = clean(str(cell)).translate(_WIDE)
    if text.startswith("="):
        return "a formula, which is never calculated here (paste its result instead)"
    if not decimal_comma and _COMMA_NUMBER.fullmatch(text):
        return "a comma inside a number is read only in files divided by semicolons or tabs; write a point"
    return "not a number"


def _text(cell: Cell, decimal_comma: bool) -> _Read:
    """A cell as text; a whole number is written without decimals, as other formats would write it."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
        return _Read(str(int(cell)))
    raw = cell if isinstance(cell, str) else repr(cell)
    text = clean(raw)
    whole = _WHOLE.fullmatch(text)
    if whole and ("," not in text or decimal_comma):
        return _Read(whole[1], "whole numbers", None, "decimals of zeros were taken off codes")
    if text.startswith(("=", "@")) or (text[:1] in "+-" and not _NUMBER.fullmatch(text)):
        return _Read(text, "formula-like text", text, "kept as text, never calculated")
    return _Read(text, "blanks", None, "blanks around texts were taken off") if text != raw else _Read(text)


def _words(labels: dict[Any, Wording]) -> dict[str, Any]:
    words = {fold(text): code for code, label in labels.items() for text in (label.en, label.zh)}
    words.pop("", None)
    return words


def _code_text(code: Any) -> str:
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
