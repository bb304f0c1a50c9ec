"""What one cell means: an answer, a code, a text, nothing, or a fault.

Every format passes through here, so that a cell means the same wherever it was stored. Whatever is changed on
the way is counted in a `Tally`, whatever cannot be understood becomes a `Misread`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.errors import Fault
from workbench.survey.amounts import Amounts, column_amounts
from workbench.survey.answer_texts import coded_answer
from workbench.survey.codebook import Group, Item, Variable, Wording
from workbench.survey.grids import Cell
from workbench.survey.raw_table import RawTable
from workbench.survey.texts import clean, code_text, fold, no_text

_WHOLE = re.compile(r"(-?\d+)[.,]0+", re.ASCII)
_SIGNED = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
EXACT = 2**53  # whole numbers up to here are exact in every format
_TRUTH = {"true": 1.0, "false": 0.0}
Kind = Literal["words", "outside", "fraction", "label", "group", "id", "number", "two ways"]


@dataclass(frozen=True)
class Misread:
    """A cell that was not understood: its fault, what kind of fault it is, and the cell's place."""

    fault: Fault
    kind: Kind
    name: str
    place: int
    cell: Cell


@dataclass
class Tally:
    """What was found and changed, counted by topic, column and value, and what was not understood."""

    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    misread: list[Misread] = field(default_factory=list)

    def note(self, topic: str, column: str, value: object, text: str, cells: int) -> None:
        self.counts[topic, column, "" if value is None else str(value), text] += cells


@dataclass(frozen=True)
class _Bad:
    what: str
    fix: str
    kind: Kind


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
    amounts = _amounts(item.column, table)

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, scale.missing, spss_missing, amounts, coded=True)
        if common is not None:
            return common
        topic, shown, text = "", None, ""
        number = amounts.read(cell)
        if number is not None:
            value, topic, text = number.value, number.topic, number.words
        elif (code := words.get(fold(clean(str(cell))))) is not None:
            value, topic, text = float(code), "answers in words", "matched to codes by the scale's labels"
        elif (coded := coded_answer(cell)) is not None:
            bad = _contradiction(coded.code, coded.words, scale.labels, words)
            if bad is not None:
                return bad
            value, topic, text = float(coded.code), "answers with code and words", "the code was taken"
        else:
            bad = _no_number(cell, amounts)
            fix = f"Use {span}, a label of the scale, or list it under missing in the codebook"
            return bad if bad.kind == "two ways" else _Bad(bad.what, fix, "words")
        if not scale.min <= value <= scale.max:
            fix = "Correct it, or list it under missing in the codebook"
            return _Bad(f"outside the scale {span}", fix, "outside")
        if not scale.continuous and value != math.floor(value):
            return _Bad(
                f"a fraction on a scale of whole numbers {span}",
                "Correct it, or say 'continuous: true' for the scale in the codebook",
                "fraction",
            )
        return _Read(value, topic, shown, text)

    return [
        math.nan if value is None else value for value in _column(item.name, item.column, table, read, tally)
    ]


def _contradiction(code: int, said: str, labels: dict[Any, Wording], words: dict[str, Any]) -> _Bad | None:
    """What is wrong with "4 - Agree" where the codebook calls 4, or Agree, something else."""
    elsewhere = words.get(fold(said))
    known = labels.get(code)
    if elsewhere is None and known is not None and str(known) and fold(said):
        texts = {fold(known.en), fold(known.zh)} - {""}
        if not any(text in fold(said) or fold(said) in text for text in texts):
            return _Bad(
                f"the cell says {said!r} for {code}, the codebook {str(known)!r}",
                "Correct the scale's labels in the codebook, or the cell",
                "label",
            )
    if elsewhere is not None and elsewhere != code:
        return _Bad(
            f"the cell says {said!r} for {code}, the codebook for {elsewhere:g}",
            "Correct the scale's labels in the codebook, or the cell",
            "label",
        )
    return None


def read_group(name: str, group: Group, table: RawTable, tally: Tally) -> list[str | None]:
    """A grouping column as texts; codes become labels where the codebook has labels."""
    words = _words(group.labels)
    by_code = {code_text(code): str(label) for code, label in group.labels.items()}
    column = group.column or name
    spss_missing = table.user_missing.get(column, [])
    amounts = _amounts(column, table)

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, group.missing, spss_missing, amounts)
        if common is not None:
            return common
        read = _text(cell, table.comma_likely)
        if not by_code:
            return read
        if read.value in by_code:
            return _Read(
                by_code[read.value], "labels of groups", read.value, f"shown as {by_code[read.value]}"
            )
        if fold(read.value) in words:
            return _Read(by_code[code_text(words[fold(read.value)])])
        known = ", ".join(by_code)
        fix = f"Use one of {known}, or add it to the group's labels"
        return _Bad("a code without a label", fix, "group")

    return _column(name, column, table, read, tally)


def read_id(name: str, table: RawTable, tally: Tally) -> list[int] | list[str]:
    """The respondents' ids: all whole numbers, or texts; missing and doubled ids are faults."""

    def read(cell: Cell) -> _Read | _Bad:
        if cell is None or (isinstance(cell, str) and not clean(cell)):
            fix = "Give every respondent an id, or drop 'id' from the codebook"
            return _Bad("the id is missing", fix, "id")
        if isinstance(cell, float | int) and abs(cell) > EXACT and not isinstance(cell, str):
            return _Bad("more digits than this format keeps exactly", "Store the ids as text", "id")
        return _text(cell, table.comma_likely)

    ids = _column(name, name, table, read, tally)
    first: dict[str, int] = {}
    for place, value in enumerate(ids):
        row = table.number(place)
        if value is not None and value in first:
            what = f"the id stands twice (first in row {first[value]})"
            fix = "Keep one answer of each respondent"
            fault = Fault(what, table.file, row=row, column=name, value=value, fix=fix)
            tally.misread.append(Misread(fault, "id", name, place, value))
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
    amounts = _amounts(column, table, variable.unit)
    numeric = variable.numeric
    if numeric is None:
        filled = [
            cell
            for cell in set(table.columns[column])
            if _missing(cell, variable.missing, (), amounts) is None
        ]
        numbers = sum(amounts.read(cell) is not None or bool(amounts.two_ways(cell)) for cell in filled)
        truths = sum(clean(str(cell)).casefold() in _TRUTH for cell in filled)
        numeric = numbers > 0 or (truths > 0 and truths == len(filled)) or not filled
        if not numeric:
            tally.note("text column", name, None, "no cell is a number: read as text", len(filled))

    def read(cell: Cell) -> _Read | _Bad:
        common = _missing(cell, variable.missing, spss_missing, amounts)
        if common is not None:
            return common
        if not numeric:
            return _text(cell, table.comma_likely)
        number = amounts.read(cell)
        if number is None:
            truth = _TRUTH.get(clean(str(cell)).casefold())
            return _no_number(cell, amounts) if truth is None else _Read(truth, *_AS_TRUTH)
        value = number.value
        low = -math.inf if variable.min is None else variable.min
        high = math.inf if variable.max is None else variable.max
        if not low <= value <= high:
            span = f"{low:g} to {high:g}"
            fix = "Correct it, or widen the range in the codebook"
            return _Bad(f"outside the range {span}", fix, "outside")
        digits = isinstance(cell, int) or (isinstance(cell, str) and "e" not in cell.casefold())
        if abs(value) >= EXACT and digits:
            fix = "Say 'type: text' in the codebook if this is a code and not a quantity"
            return _Bad("more digits than a number keeps exactly", fix, "number")
        return _Read(value, number.topic, None, number.words)

    values = _column(name, column, table, read, tally)
    return [math.nan if value is None else value for value in values] if numeric else values


_AS_TRUTH = ("true and false", None, "read as 1 and 0")


def _amounts(column: str, table: RawTable, unit: str = "") -> Amounts:
    return column_amounts(table.columns[column], table.decimal, comma_likely=table.comma_likely, unit=unit)


def _column(
    name: str, column: str, table: RawTable, read: Callable[[Cell], _Read | _Bad], tally: Tally
) -> list[Any]:
    """Read every cell of a column, each distinct cell once.

    Notes go by the codebook's ``name``, faults by the file's ``column``, where the user has to look.
    """
    known: dict[tuple[type, Cell], _Read | _Bad] = {}
    notes: Counter[tuple[str, object, str]] = Counter()
    values: list[Any] = []
    for place, cell in enumerate(table.columns[column]):
        key = (type(cell), cell)
        found = known.get(key) or known.setdefault(key, _unprintable(cell) or read(cell))
        if isinstance(found, _Bad):
            shown: Any = "" if cell is None else cell
            row = table.number(place)
            fault = Fault(found.what, table.file, row=row, column=column, value=shown, fix=found.fix)
            tally.misread.append(Misread(fault, found.kind, name, place, cell))
            values.append(None)
            continue
        if found.topic:
            notes[found.topic, found.shown, found.text] += 1
        values.append(found.value)
    for (topic, told, text), cells in notes.items():
        tally.note(topic, name, told, text, cells)
    return values


def _unprintable(cell: Cell) -> _Bad | None:
    odd = no_text(cell) if isinstance(cell, str) else ""
    return _Bad(odd, "Delete it from the cell, or export the answers again", "number") if odd else None


def _missing(
    cell: Cell,
    codes: Iterable[Any],
    ranges: Iterable[tuple[Any, Any]],
    amounts: Amounts,
    *,
    coded: bool = False,
) -> _Read | None:
    """The reading of a cell that is empty or a missing code; None for a cell that holds an answer.

    A code matches the cell itself, its number or, of items, the code of an answer that has both
    ("99 - refused", ``coded``); the ``ranges`` are SPSS's, both ends included.
    """
    if cell is None or cell == "":
        return _Read(None)
    text = clean(str(cell))
    if not text:
        return _Read(None, "blank cells", None, "cells of blanks only are missing")
    number = amounts.read(cell)
    value = number.value if number else None
    answer = coded_answer(cell) if coded and number is None else None
    for code in codes:
        if isinstance(code, str):
            same = fold(text) == fold(code)
        else:
            same = value == code or (answer is not None and answer.code == code)
        if same:
            return _Read(None, "missing code", code, "set to missing, as the codebook says")
    for low, high in ranges:
        inside = text == low if isinstance(low, str) else value is not None and low <= value <= high
        if inside:
            return _Read(
                None, "missing code", text if value is None else f"{value:g}", "set to missing by the file"
            )
    return None


def _no_number(cell: Cell, amounts: Amounts) -> _Bad:
    text = clean(str(cell))
    two = amounts.two_ways(cell)
    if two is not None:
        what = f"this may be {two[0]:,g} or {two[1]:,g}"
        fix = "Say which sign divides decimals in the codebook: 'file: {decimal: \".\"}' or '\",\"'"
        return _Bad(what, fix, "two ways")
    what = "not a number"
    if text.startswith("="):
        what = "a formula, which is never calculated here (paste its result instead)"
    fix = "Correct it, list it under the variable's missing, or say 'type: text' in the codebook"
    return _Bad(what, fix, "number")


def _text(cell: Cell, comma_likely: bool) -> _Read:
    """A cell as text; a whole number is written without decimals, as other formats would write it."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
        return _Read(str(int(cell)))
    raw = cell if isinstance(cell, str) else repr(cell)
    text = clean(raw)
    whole = _WHOLE.fullmatch(text)
    if whole and ("," not in text or comma_likely):
        return _Read(whole[1], "whole numbers", None, "decimals of zeros were taken off codes")
    if text.startswith(("=", "@")) or (text[:1] in "+-" and not _SIGNED.fullmatch(text)):
        return _Read(text, "formula-like text", text, "kept as text, never calculated")
    return _Read(text, "blanks", None, "blanks around texts were taken off") if text != raw else _Read(text)


def _words(labels: dict[Any, Wording]) -> dict[str, Any]:
    words = {fold(text): code for code, label in labels.items() for text in (label.en, label.zh)}
    words.pop("", None)
    return words
