"""Drawings whose rows have names at the left, as a phone shows them: each name above its row.

On a narrow screen names beside the rows would push the rows themselves off it. A drawing gets a second set of
names, above the marks of their rows and at the left of the axes; a style sheet shows one set or the other and
takes the column of names off. A drawing in which that has no room is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

Element: TypeAlias = Any  # lxml's elements, which it gives no types of
Box: TypeAlias = tuple[float, float, float, float]  # left, right, top, foot

BESIDE, ABOVE = "beside", "above"  # classes of the two sets of names
LEAST_SHARE = 0.18  # of the drawing's width: a narrower column of names stays
AIR = 4.0  # units between a name and the marks below it, and between the edge and what is nearest to it
LETTER = 0.54  # width of a letter, in sizes
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TICK = re.compile(r"ytick_\d+$")
_ANCHOR = {"start": 0.0, "middle": 0.5, "end": 1.0}


class Row(NamedTuple):
    """A name of a row: its tick, its lines joined, its height, the size of its letters."""

    tick: Element
    name: str
    y: float
    size: float


def above_rows(made: Element) -> float:
    """Give a drawing its second set of names, in place.

    Parameters
    ----------
    made : the rebuilt drawing, with the names that matplotlib gives its parts.

    Returns
    -------
    float : how much of the drawing's left a narrow screen leaves out, in its units; 0 where names stay beside
        the rows.
    """
    axes = [one for one in made.iter("g") if re.search(r"axes_\d+$", one.get("id", ""))]
    if len(axes) != 1:
        return 0.0
    wide, high = (float(part) for part in made.get("viewBox", "0 0 0 0").split()[2:])
    rows = sorted(_rows(axes[0]), key=lambda row: row.y)
    ground = next((one for one in axes[0].findall("g/path") if "patch" in one.getparent().get("id")), None)
    if len(rows) < 2 or ground is None or _named_axis(axes[0]):
        return 0.0
    left, right = _span(ground, 0)
    words = [_box(one) for one in made.iter("text") if not any(_is_tick(up) for up in one.iterancestors())]
    parting = 0.98 * (right - left)  # so broad is a line between rows
    marks = [mark for mark in _marks(axes[0], rows) if mark[1] - mark[0] <= parting]
    tops = _tops(rows, marks)
    ends = [*(word[0] for word in words), *(word[0] for word in _other_ticks(axes[0])), left - AIR]
    cut = min(*ends, wide - max(map(_breadth, rows)) - AIR) - AIR
    if tops is None or cut < LEAST_SHARE * wide:
        return 0.0
    x = max(min(left, wide - max(map(_breadth, rows)) - AIR), cut + AIR)
    feet = [top - AIR for top in tops]
    names = [(x, x + _breadth(row), foot - row.size, foot) for row, foot in zip(rows, feet, strict=True)]
    if any(_meet(name, word) for name in names for word in words):
        return 0.0
    for row, name in zip(rows, names, strict=True):
        row.tick.set("class", BESIDE)
        place = {"x": f"{x + 1:.1f}", "y": f"{name[3]:.1f}"}
        said = made.makeelement("text", {"class": ABOVE, **place, "font-size": f"{row.size:g}px"})
        said.text = row.name
        axes[0].append(said)  # over the lines that run along all rows
    over = max(0.0, AIR - names[0][2])
    made.set("viewBox", f"0 {-over:g} {wide:g} {high + over:g}")
    return cut


def _rows(axes: Element) -> Iterator[Row]:
    for tick in axes.iter("g"):
        if not _TICK.search(tick.get("id", "")):
            continue
        texts = [one for one in tick.iter("text") if (one.text or "").strip()]
        if texts and all(one.get("text-anchor") == "end" for one in texts):
            places = [_place(one)[1] for one in texts]
            size = _size(texts[0])
            middle = sum(places) / len(places) - 0.36 * size
            yield Row(tick, " ".join((one.text or "").strip() for one in texts), middle, size)


def _named_axis(axes: Element) -> bool:
    """Whether the axis of the rows has a name of its own, which stands upright beside their names."""
    return any(
        "rotate" in one.get("transform", "")
        for axis in axes.iter("g")
        if axis.get("id", "").endswith("matplotlib.axis_2")
        for one in axis.iter("text", "g")
    )


def _is_tick(element: Element) -> bool:
    return bool(_TICK.search(element.get("id", "")))


def _other_ticks(axes: Element) -> Iterator[Box]:
    """Where the numbers under the axes stand."""
    for one in axes.iter("text"):
        if any("xtick_" in up.get("id", "") for up in one.iterancestors()):
            yield _box(one)


def _box(text: Element) -> Box:
    """Where a text stands, about: left, right, top and foot."""
    x, y = _place(text)
    size = _size(text)
    broad = LETTER * size * len("".join(text.itertext()))
    left = x - _ANCHOR.get(text.get("text-anchor", "start"), 0.0) * broad
    return left, left + broad, y - 0.8 * size, y + 0.25 * size


def _breadth(row: Row) -> float:
    return LETTER * row.size * len(row.name)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _tops(rows: list[Row], marks: list[Box]) -> list[float] | None:
    """Upper ends of the marks of every row; None where a name has no room above them."""
    pitch = _pitch(rows)
    ends = [(row.y, row.y) for row in rows]
    for _, _, low, high in marks:
        for place, row in enumerate(rows):
            if abs((low + high) / 2 - row.y) <= pitch / 2:
                ends[place] = (min(ends[place][0], low), max(ends[place][1], high))
    free = [below[0] - above[1] for above, below in pairwise(ends)]
    if min(free) < max(row.size for row in rows) + AIR - 1:
        return None
    return [top for top, _ in ends]


def _pitch(rows: list[Row]) -> float:
    return min(below.y - above.y for above, below in pairwise(rows))


def _marks(axes: Element, rows: list[Row]) -> Iterator[Box]:
    """What is drawn in the axes themselves, but for lines along several rows."""
    pitch = _pitch(rows)
    for group in axes.findall("g"):
        name = group.get("id", "")
        if "axis_" in name or "legend" in name or "patch_2" in name or "targets" in name:
            continue
        for one in group.iter("use", "path", "text"):
            if any(above.tag in ("defs", "clipPath") for above in one.iterancestors()):
                continue
            if one.tag == "text":
                yield _box(one)
            elif one.tag == "use":
                x, y = _place(one)
                yield x, x, y - 3.5, y + 3.5
            elif _NUMBER.search(one.get("d", "")) and _span(one, 1)[1] - _span(one, 1)[0] < 1.5 * pitch:
                yield *_span(one, 0), *_span(one, 1)


def _place(element: Element) -> tuple[float, float]:
    """Where a text or a mark stands, moved as its groups are."""
    x, y = float(element.get("x") or 0), float(element.get("y") or 0)
    for one in (element, *element.iterancestors()):
        if moved := re.match(r"translate\(([^)]*)\)", one.get("transform", "")):
            parts = [float(part) for part in _NUMBER.findall(moved[1])]
            x, y = x + parts[0], y + (parts[1] if len(parts) > 1 else 0.0)
    return x, y


def _size(text: Element) -> float:
    found = _NUMBER.match(text.get("font-size") or "")
    return float(found[0]) if found else 10.5


def _span(path: Element, axis: int) -> tuple[float, float]:
    """Least and largest coordinate of a path along x (0) or y (1)."""
    values = [float(part) for part in _NUMBER.findall(path.get("d", ""))][axis::2]
    return min(values), max(values)
