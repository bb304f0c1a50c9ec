"""A scale and the columns that were answered on it; what bundles columns together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import tells

MOST_POINTS = 11


@dataclass
class Rating:
    """A scale and the columns that were answered on it.

    ``rare`` are numbers that lie beyond it in a few answers and were taken as codes for no answer.
    """

    base: str
    min: float
    max: float
    columns: list[Column]
    labels: dict[float, str] = field(default_factory=dict)
    missing: list[object] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    rare: set[float] = field(default_factory=set)


def bundle(column: Column) -> str:
    """What the columns of one question share: its matrix, or the stem of their names; '' for none."""
    one = column.question
    if one.block:
        return f"block {one.block}"
    stem = name_stem(one.short)
    return f"stem {stem}" if stem else ""


def name_stem(short: str) -> str:
    """The beginning of a numbered name, ``qual`` of ``qual_1``, ``V2`` of ``V2_1``; '' without number."""
    found = re.fullmatch(r"(.*?[A-Za-z])[_. -]?(\d{1,3})[a-z]?", short)
    found = found or re.fullmatch(r"(.*?[A-Za-z]\d{1,3})[_. -](\d{1,3})[a-z]?", short)
    return found[1] if found else ""


def is_group(column: Column) -> bool:
    one = column.question
    if one.block or not column.label_like:
        return False
    texts = (one.short, one.text)
    return tells("group", *texts) or (tells("number", *texts) and not one.block and not name_stem(one.short))


def span_of(low: float, high: float) -> tuple[float, float, list[str]]:
    """The usual scale that holds answers from ``low`` to ``high``, and why."""
    if low < 0:
        side = max(-low, high)
        return -side, side, [f"answers from {low:g} to {high:g}"]
    if high > MOST_POINTS:
        return 0, 100, [f"answers from {low:g} to {high:g}"]
    bottom = 0 if low == 0 else 1
    why = f"answers from {low:g} to {high:g}"
    if low > 1:
        why += ", so the scale probably begins at 1"
    return bottom, high, [f"{why}; the file has no labels of the numbers"]


def no_answers(cluster: Iterable[Column]) -> list[object]:
    """Texts of these columns that say that there is no answer."""
    return list(dict.fromkeys(word for column in cluster for word in column.no_answer))
