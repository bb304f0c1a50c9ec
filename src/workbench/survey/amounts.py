"""Numbers as people and programs write them: 1,349.45, 1.349,45, € 12, 60 %, 123秒.

Whether a comma divides thousands or decimals is told by the whole column, or by the codebook's
``file: {decimal: …}``. Where neither tells, a cell such as ``1,349`` is a question and not a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.survey.grids import Cell
from workbench.survey.texts import clean

LONGEST = 400  # characters of a number: a float's digits end long before
Sign = Literal[".", ","]
_WIDE = str.maketrans("０１２３４５６７８９．－＋，％", "0123456789.-+,%")
_CURRENCY = r"(?:[€$£¥￥₩₽₹]|EUR|USD|GBP|CHF|CNY|RMB|JPY|KRW|元|円|원)"
_MONEY = re.compile(
    rf"(?:{_CURRENCY}\s*)?([+-]?)\s*(?:{_CURRENCY}\s*)?(\d[\d.,'’ ]*|[.,]\d+)\s*{_CURRENCY}?", re.I
)
_EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)", re.ASCII)
_SPACES = re.compile(r"(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Amount:
    """A number that was read, with the topic and words of what was changed to get it ('': nothing)."""

    value: float
    topic: str = ""
    words: str = ""


@dataclass(frozen=True)
class Amounts:
    """How the numbers of one column are written: decimal sign (None: it cannot be told) and unit."""

    sign: Sign | None = "."
    unit: str = ""

    def read(self, cell: Cell) -> Amount | None:
        """The number in a cell; None where there is none, or where it may be two different ones."""
        if not isinstance(cell, str):
            if cell is None or (isinstance(cell, int) and cell.bit_length() > 1000):
                return None
            return Amount(float(cell)) if math.isfinite(cell) else None
        text = clean(cell)
        if len(text) > LONGEST:
            return None
        plain = text.translate(_WIDE)
        topic, words = "", ""
        if plain != text:
            topic, words = "full-width digits", "read as ordinary digits"
        elif text != cell:
            topic, words = "blanks", "blanks around numbers were taken off"
        if _EXPONENT.fullmatch(plain):
            return _finite(float(plain), topic, words)
        core, taken = _without_unit(plain, self.unit)
        if core is None:
            return None
        if taken:
            topic, words = taken
        value = _value(core, self.sign)
        if value is None:
            return None
        number, separated = value
        if separated and not taken:
            topic, words = separated
        return _finite(number, topic, words)

    def two_ways(self, cell: Cell) -> tuple[float, float] | None:
        """The two numbers that a cell may be where the column does not tell its decimal sign."""
        if self.sign is not None or not isinstance(cell, str):
            return None
        point, comma = (Amounts(sign, self.unit).read(cell) for sign in (".", ","))
        if point is None or comma is None or point.value == comma.value:
            return None
        return point.value, comma.value


def column_amounts(
    cells: Iterable[Cell], stated: Sign | None, *, comma_likely: bool, unit: str = ""
) -> Amounts:
    """How a column writes its numbers.

    Parameters
    ----------
    cells : the column's cells.
    stated : the decimal sign that the codebook states, which holds for every column.
    comma_likely : whether the file's cells are divided by something else than commas. In a file divided by
        commas a lone point is a decimal point.
    unit : a unit that may stand behind the numbers.
    """
    if stated is not None:
        return Amounts(stated, unit)
    votes = {".": 0, ",": 0}
    open_question = False
    for cell in {cell for cell in cells if isinstance(cell, str)}:
        core, _ = _without_unit(clean(cell).translate(_WIDE), unit)
        if core is None or not re.search(r"[.,]", core):
            continue
        as_point, as_comma = _value(core, "."), _value(core, ",")
        if as_point and as_comma and as_point[0] != as_comma[0]:
            open_question = open_question or comma_likely or "," in core
        elif as_point or as_comma:
            votes["." if as_point else ","] += 1
    if votes["."] or votes[","]:
        return Amounts("." if votes["."] >= votes[","] else ",", unit)
    return Amounts(None if open_question else ".", unit)


def _without_unit(text: str, unit: str) -> tuple[str | None, tuple[str, str] | None]:
    """Digits and separators without currency, percent sign or unit, and what was taken off."""
    taken: tuple[str, str] | None = None
    if len(text) > LONGEST:
        return None, None
    if text.endswith("%"):
        text, taken = text[:-1].rstrip(), ("percent signs", "60 % is read as 60")
    elif unit and text.casefold().endswith(unit.casefold()):
        text, taken = text[: -len(unit)].rstrip(), ("units", f"the unit {unit} was taken off")
    money = _MONEY.fullmatch(text)
    if money is None:
        return None, None
    core = money[1] + money[2].strip()
    if taken is None and re.search(_CURRENCY, text, re.I):
        taken = ("currency", "currency signs were taken off")
    return core, taken


def _value(core: str, sign: Sign | None) -> tuple[float, tuple[str, str] | None] | None:
    """The number that digits and separators make with this decimal sign, and what was read how."""
    digits = _SPACES.sub("", core)
    if sign is None:
        if re.search(r"[.,]", digits):
            return None
        sign = "."
    other = "," if sign == "." else "."
    whole, mark, rest = digits.partition(sign)
    if other in rest or sign in rest or (mark and rest and not rest.isdigit()):
        return None
    if other in whole:
        if not re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+", whole):
            return None
        whole = whole.replace(other, "")
    text = f"{whole}.{rest}" if mark else whole
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text, re.ASCII):
        return None
    if sign == "," and mark:
        return float(text), ("decimal comma", "read as decimal point")
    if text.rstrip(".") != core.rstrip("."):
        return float(text), ("thousands", "separators of thousands were taken off")
    return float(text), None


def _finite(value: float, topic: str, words: str) -> Amount | None:
    return Amount(value, topic, words) if math.isfinite(value) else None
