"""A path diagram of a fitted model: SVG of our own, no graphviz, the same from run to run.

Reading it: circles are constructs (R² inside), boxes are items, arrows carry standardized values. Width grows
with the value; a dashed arrow's interval holds zero; the interval stands in the hover text of the SVG.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.errors import SpecificationError
from workbench.show import numbers, theme
from workbench.show.path_layout import (
    RADIUS,
    Item,
    Layout,
    Node,
    arrange,
    bezier,
    border,
    in_columns,
    straight,
)

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

SPREADS = (1.0, 1.3, 1.6, 2.0, 2.5)
ALONG = (0.5, 0.46, 0.54, 0.42, 0.58, 0.38, 0.62, 0.34, 0.66, 0.3, 0.7, 0.26, 0.74, 0.22, 0.78, 0.18, 0.82)
NEAR_ITEM = (0.6, 0.64, 0.56, 0.68, 0.52, 0.72, 0.48, 0.76, 0.44, 0.8)
MARGIN = 14.0
ITEM_SIZE, R2_SIZE = 11.5, 11.5
SPACES = numbers.NO_BREAK + numbers.THIN


@dataclass(frozen=True)
class Value:
    """A standardized value with its interval (None where it is fixed)."""

    estimate: float
    interval: tuple[float, float] | None

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero; a fixed value counts as clear."""
        return self.interval is None or not self.interval[0] <= 0 <= self.interval[1]

    def __str__(self) -> str:
        return numbers.number(self.estimate, 2, bounded=True)

    def long(self) -> str:
        limits = self.interval
        return f"{self} (fixed)" if limits is None else f"{self} {numbers.interval(*limits, bounded=True)}"


@dataclass(frozen=True)
class Arrow:
    """One line of the diagram: its points, its value, what its hover text says, and its label's box."""

    key: tuple[str, str, str]
    points: np.ndarray
    value: Value
    about: str
    small: bool
    double: bool
    label: tuple[float, float] | None = None

    @property
    def half(self) -> tuple[float, float]:
        """Half width and height of the label."""
        return (text_width(str(self.value), self.size) / 2 + 2.5, self.size / 2 + 1.5)

    @property
    def size(self) -> float:
        return 11.0 if self.small else 15.0

    @property
    def stroke(self) -> float:
        strength = min(abs(self.value.estimate), 1.0)
        if self.small:
            return 0.6 + 0.9 * strength
        return 0.8 + (1.8 if self.double else 4.7) * strength


@dataclass(frozen=True)
class Diagram:
    """A path diagram before it is written: layout and lines with their labels in place.

    ``crowded``: labels for which no free place was found; ``left_out``: covariances that are not drawn.
    """

    nodes: dict[str, Node]
    layout: Layout
    arrows: tuple[Arrow, ...]
    r2: Mapping[str, float]
    labels: Mapping[str, str]
    crowded: int
    left_out: int


def path_diagram(
    fit: Fit,
    labels: Mapping[str, str] | None = None,
    *,
    intervals: pd.DataFrame | None = None,
    indicators: bool = True,
    covariances: bool = True,
    group: int = 1,
) -> str:
    """Draw a fitted model as SVG, for ``show.figure``.

    Parameters
    ----------
    fit : of ``sem.fit``.
    labels : readable name by construct or item.
    intervals : standardized intervals in place of the delta method's, as
        ``boot.interval("bca", standardized=True)`` gives them (lhs, op, rhs, ci_lower, ci_upper).
    indicators, covariances : draw items; draw covariances. Those between variables of an inner column would
        hide the arrows there: they are counted below the drawing.
    group : which group of a fit in several, from 1.

    Returns
    -------
    SVG text on a light card, so that it reads the same in dark mode and in grey print.

    Raises
    ------
    SpecificationError : a fit that has not converged, or a group that it does not have.
    """
    return write(diagram(fit, labels, intervals, indicators, covariances, group))


def diagram(
    fit: Fit,
    labels: Mapping[str, str] | None = None,
    intervals: pd.DataFrame | None = None,
    indicators: bool = True,
    covariances: bool = True,
    group: int = 1,
) -> Diagram:
    """Lay a fitted model out: columns widen until every label has a place of its own."""
    if not fit.converged:
        raise SpecificationError("the fit has not converged, so there are no values to draw")
    if not 1 <= group <= len(fit.groups):
        raise SpecificationError(f"group = {group}: the fit has the groups 1 to {len(fit.groups)}")
    values = _values(fit, intervals, group)
    nodes, edges, owners = _structure(fit, values, indicators)
    r2 = fit.r2 if len(fit.groups) == 1 else fit.r2.iloc[:, group - 1]
    columns = in_columns(list(nodes), list(edges))
    best: Diagram | None = None
    for spread in SPREADS:
        layout = arrange(list(nodes.values()), list(edges), columns, spread)
        if best is not None and layout.conflicts > best.layout.conflicts:
            continue
        lines, left_out = _lines(layout, nodes, edges, owners, values, labels or {}, covariances)
        arrows, crowded = _label(lines, layout, nodes)
        tried = Diagram(nodes, layout, arrows, dict(r2), labels or {}, crowded, left_out)
        if best is None or _faults(tried) < _faults(best):
            best = tried
        if not _faults(best):
            break
    return cast("Diagram", best)  # the first spread is always tried


def _faults(made: Diagram) -> int:
    return made.crowded + made.layout.conflicts


def _values(fit: Fit, intervals, group: int) -> dict[tuple[str, str, str], Value]:
    """Standardized value and interval of every loading, regression and covariance."""
    solution = fit.standardized_solution()
    kept = solution[(solution["group"] == group) & solution["op"].isin(["=~", "~", "~~"])]
    given = {}
    if intervals is not None:
        rows = intervals[intervals["group"] == group] if "group" in intervals else intervals
        keys = zip(rows["lhs"], rows["op"], rows["rhs"], strict=True)
        given = dict(zip(keys, zip(rows["ci_lower"], rows["ci_upper"], strict=True), strict=True))
    found = {}
    for row in kept.itertuples():
        key = (row.lhs, row.op, row.rhs)
        own = (row.ci_lower, row.ci_upper) if row.se > 0 else None
        limits = given.get(key, own)
        if limits is not None and not all(map(math.isfinite, limits)):
            limits = None
        if math.isfinite(row.est_std) and not (row.est_std == 0 and limits is None):
            found[key] = Value(float(row.est_std), limits)
    return found


def _structure(fit: Fit, values, indicators: bool):
    """Nodes, arrows between them with their keys, and owner of every item that stands in a fan."""
    latent = set(fit.table.variables.latent)
    parents: dict[str, list[str]] = {}
    for lhs, op, rhs in values:
        if op == "=~":
            parents.setdefault(rhs, []).append(lhs)
    regressed = {name for lhs, op, rhs in values if op == "~" for name in (lhs, rhs)}
    owners = {
        item: above[0]
        for item, above in parents.items()
        if item not in latent and item not in regressed and len(above) == 1
    }
    items: dict[str, list[str]] = {}
    for item, owner in owners.items():
        items.setdefault(owner, []).append(item)
    nodes: dict[str, Node] = {}
    for lhs, op, rhs in values:
        for name in (lhs, rhs):
            if name not in owners and name not in nodes and (name in latent or op != "~~" or lhs != rhs):
                fan = items.get(name, []) if indicators else []
                widths = tuple((item, max(32.0, text_width(short(item), ITEM_SIZE) + 8)) for item in fan)
                nodes[name] = Node(name, name in latent, widths)
    edges = {}
    for lhs, op, rhs in values:
        if op == "~":
            edges[rhs, lhs] = (lhs, op, rhs)
        elif op == "=~" and rhs not in owners:
            edges[lhs, rhs] = (lhs, op, rhs)
    return nodes, edges, owners if indicators else {}


def _lines(layout: Layout, nodes, edges, owners, values, labels, covariances: bool):
    """Every line of the drawing, without its label yet, and the number of covariances left out."""
    said = {name: labels.get(name, name) for name in (*nodes, *owners)}
    found = []
    for edge, key in edges.items():
        about = f"{said[edge[0]]} → {said[edge[1]]}: {values[key].long()}"
        found.append(Arrow(key, layout.routes[edge], values[key], about, False, False))
    for item, owner in owners.items():
        if item not in layout.items:
            continue
        box = layout.items[item]
        key = (owner, "=~", item)
        start = border(nodes[owner], layout.nodes[owner], (box.x, box.y))
        about = f"{said[owner]} → {said[item]}: {values[key].long()}"
        found.append(Arrow(key, straight(start, _box_edge(box)), values[key], about, True, False))
    left_out = 0
    for (lhs, op, rhs), value in values.items():
        if op != "~~" or lhs == rhs:
            continue
        points = _arc(layout, nodes, lhs, rhs) if covariances else None
        if points is None:
            left_out += 1
            continue
        about = f"{said[lhs]} ↔ {said[rhs]}: {value.long()}"
        small = lhs in layout.items
        found.append(Arrow((lhs, op, rhs), points, value, about, small, True))
    return found, left_out


def _box_edge(box: Item) -> tuple[float, float]:
    """Where a fan's line meets its box: the middle of the side that looks at the construct."""
    wide, high = box.half
    step = {"left": (wide, 0), "right": (-wide, 0), "up": (0, high), "down": (0, -high)}[box.side]
    return box.x + step[0], box.y + step[1]


def _arc(layout: Layout, nodes, lhs: str, rhs: str) -> np.ndarray | None:
    """A covariance's curve beside its column; None where arrows or rows of items stand in its way."""
    if lhs in layout.items and rhs in layout.items:
        a, b = sorted((layout.items[lhs], layout.items[rhs]), key=lambda box: box.y)
        if a.side != b.side or a.side not in ("left", "right") or abs(a.x - b.x) > 40:
            return None
        way = -1 if a.side == "left" else 1
        out = way * (14 + 0.62 * abs(b.y - a.y))
        ends = [(box.x + way * box.half[0], box.y + lean * 3) for box, lean in ((a, 1), (b, -1))]
        return bezier(ends[0], (ends[0][0] + out, ends[0][1]), (ends[1][0] + out, ends[1][1]), ends[1])
    if lhs not in layout.nodes or rhs not in layout.nodes or layout.column[lhs] != layout.column[rhs]:
        return None
    here, last = layout.column[lhs], layout.columns - 1
    if 0 < here < last:
        return None
    column = sorted((n for n in layout.nodes if layout.column[n] == here), key=lambda n: layout.nodes[n][1])
    fans = any(layout.column[box.owner] == here for box in layout.items.values())
    way = 1 if fans == (here == 0) else -1  # away from the items; where there are none, the outer side
    top, low = sorted((lhs, rhs), key=lambda name: layout.nodes[name][1])
    span = column.index(low) - column.index(top)
    out = RADIUS * 0.55 + 44 * (span - 1) + 14
    ends = [_port(nodes[name], layout.nodes[name], way, down, span) for name, down in ((top, 1), (low, -1))]
    far = max(way * end[0] for end in ends) + out
    return bezier(ends[0], (way * far, ends[0][1]), (way * far, ends[1][1]), ends[1])


def _port(node: Node, centre: tuple[float, float], way: int, down: int, span: int) -> tuple[float, float]:
    """Where a covariance's curve leaves a variable: the further it goes, the nearer to the middle."""
    x, y = centre
    if not node.latent:
        return x + way * node.half[0], y + down * node.half[1] * 0.8 / span
    angle = math.radians(max(64 - 13 * span, 8))
    return border(node, centre, (x + way * math.cos(angle), y + down * math.sin(angle)))


def _label(lines: list[Arrow], layout: Layout, nodes) -> tuple[tuple[Arrow, ...], int]:
    """Give every line a label on itself, off all other lines, labels, boxes and circles."""
    every, owner, reach = _all_points(lines)
    centres, halves, _ = _solids(layout, nodes)
    sizes = np.array([line.half for line in lines]).reshape(-1, 2)
    choices = []
    for number, line in enumerate(lines):
        along = np.array(NEAR_ITEM if line.small else ALONG)
        spots = line.points[np.round(along * (len(line.points) - 1)).astype(int)]
        foreign = owner != number
        near = np.abs(every[foreign] - spots[:, None]) - reach[foreign, None] < sizes[number] + 1
        solid = np.abs(centres - spots[:, None]) < sizes[number] + halves + 1
        free = ~(near.all(axis=2).any(axis=1) | solid.all(axis=2).any(axis=1))
        choices.append(spots[free] if free.any() else spots[:1])
    at = np.full((len(lines), 2), np.inf)
    for number in sorted(range(len(lines)), key=lambda number: (len(choices[number]), number)):
        apart = np.abs(choices[number][:, None] - at) >= sizes + sizes[number] + 1
        clear = apart.any(axis=2).all(axis=1)
        at[number] = choices[number][np.argmax(clear)]
    made = tuple(replace(line, label=(float(x), float(y))) for line, (x, y) in zip(lines, at, strict=True))
    return made, len(overlaps(made, layout, nodes))


def _all_points(lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of all lines, the number of the line that each belongs to, and half its stroke."""
    if not lines:
        return np.zeros((0, 2)), np.zeros(0, int), np.zeros(0)
    owner = np.repeat(np.arange(len(lines)), [len(line.points) for line in lines])
    return (
        np.concatenate([line.points for line in lines]),
        owner,
        np.array([line.stroke / 2 for line in lines])[owner],
    )


def _solids(layout: Layout, nodes) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Centres, half sizes and names of variables and items."""
    boxes = layout.items
    centres = [*(layout.nodes[name] for name in nodes), *((box.x, box.y) for box in boxes.values())]
    halves = [*(node.half for node in nodes.values()), *(box.half for box in boxes.values())]
    return np.array(centres), np.array(halves), [*nodes, *boxes]


def overlaps(arrows: tuple[Arrow, ...], layout: Layout, nodes) -> list[tuple[str, str]]:
    """Labels that touch another label, a foreign line, or a variable: pairs of what touches what."""
    every, owner, reach = _all_points(arrows)
    centres, halves, names = _solids(layout, nodes)
    at = np.array([arrow.label for arrow in arrows]).reshape(-1, 2)
    sizes = np.array([arrow.half for arrow in arrows]).reshape(-1, 2)
    said = [" ".join(arrow.key) for arrow in arrows]
    found = []
    for number, me in enumerate(said):
        on = (np.abs(every - at[number]) < sizes[number] + reach[:, None]).all(axis=1) & (owner != number)
        found += [(me, f"line {said[other]}") for other in np.unique(owner[on])]
        on = (np.abs(at - at[number]) < sizes[number] + sizes).all(axis=1)
        found += [(me, f"label {said[other]}") for other in np.flatnonzero(on) if other > number]
        on = (np.abs(centres - at[number]) < sizes[number] + halves).all(axis=1)
        found += [(me, names[other]) for other in np.flatnonzero(on)]
    return found


# -- writing ------------------------------------------------------------------------------------------------
def write(made: Diagram) -> str:
    """SVG text of a diagram."""
    layout, nodes = made.layout, made.nodes
    corners = [arrow.points for arrow in made.arrows]
    for name, node in nodes.items():
        corners.append(np.array(layout.nodes[name]) + np.array([[-1], [1]]) * np.array(node.half))
    for box in layout.items.values():
        corners.append(np.array((box.x, box.y)) + np.array([[-1], [1]]) * np.array(box.half))
    for arrow in made.arrows:
        corners.append(np.array(arrow.label) + np.array([[-1], [1]]) * np.array(arrow.half))
    every = np.concatenate(corners)
    note = f"{made.left_out} covariance{'s' * (made.left_out > 1)} not drawn" if made.left_out else ""
    low = every.min(axis=0) - MARGIN
    size = every.max(axis=0) + MARGIN - low + np.array([0, 16.0 if note else 0])
    wide, high = (f"{value:.0f}" for value in size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        'font-family="Helvetica, Arial, Noto Sans SC, Noto Sans CJK SC, sans-serif" '
        f'text-anchor="middle" fill="{theme.BLACK}">',
        f'<rect width="{wide}" height="{high}" rx="8" fill="#ffffff"/>',
        f'<g transform="translate({-low[0]:.1f} {-low[1]:.1f})">',
    ]
    parts += [_line(arrow) for arrow in made.arrows]
    parts += [_node(node, layout.nodes[name], made) for name, node in nodes.items()]
    parts += [_item(name, box, made.labels) for name, box in layout.items.items()]
    parts += [_text_on(arrow, arrow.label) for arrow in made.arrows if arrow.label is not None]
    parts.append("</g>")
    if note:
        parts.append(f'<text x="{float(wide) - 10:.0f}" y="{float(high) - 8:.0f}" font-size="11.5" '
                     f'text-anchor="end" fill="{theme.SOFT}">{note}</text>')  # fmt: skip
    return "\n".join([*parts, "</svg>"])


def _line(arrow: Arrow) -> str:
    """A line with its head or heads, and its hover text."""
    points = arrow.points
    long, broad = (5.5, 2.3) if arrow.small else (7.5 + 0.9 * arrow.stroke, 3.4 + 0.55 * arrow.stroke)
    end = _base(points, long)
    start = _base(points[::-1], long) if arrow.double else points[0]
    keep = points[(np.hypot(*(points - points[-1]).T) > long) | (np.arange(len(points)) == 0)]
    if arrow.double:
        keep = keep[np.hypot(*(keep - points[0]).T) > long]
    middle = keep[1:-1:3] if _bent(points) else keep[:0]
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in (start, *middle, end))
    colour = theme.SOFT if arrow.small else theme.BLACK
    dash = "" if arrow.value.clear else ' stroke-dasharray="6 4"'
    tips = [(points[-1], end)] + ([(points[0], start)] if arrow.double else [])
    heads = "".join(f'<path d="{_triangle(tip, base, broad)}" fill="{colour}"/>' for tip, base in tips)
    return (
        f'<g><title>{_safe(arrow.about)}</title><path d="M{way}" fill="none" stroke="{colour}" '
        f'stroke-width="{arrow.stroke:.2f}"{dash}/>{heads}</g>'
    )


def _base(points: np.ndarray, long: float) -> np.ndarray:
    """Where the head at the end of a line begins."""
    distance = np.hypot(*(points - points[-1]).T)
    before = points[np.flatnonzero(distance > long)[-1]] if (distance > long).any() else points[0]
    way = (points[-1] - before) / (np.hypot(*(points[-1] - before)) or 1.0)
    return points[-1] - way * long


def _triangle(tip: np.ndarray, base: np.ndarray, broad: float) -> str:
    way = (tip - base) / (np.hypot(*(tip - base)) or 1.0)
    side = np.array([-way[1], way[0]]) * broad
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in (tip, base + side, base - side)) + "Z"


def _bent(points: np.ndarray) -> bool:
    chord = points[-1] - points[0]
    off = chord[0] * (points[:, 1] - points[0, 1]) - chord[1] * (points[:, 0] - points[0, 0])
    return bool(np.abs(off).max() > 0.5 * np.hypot(*chord))


def _node(node: Node, centre: tuple[float, float], made: Diagram) -> str:
    """A circle or box with its label, and R² below it."""
    x, y = centre
    wide, high = node.half
    name = str(made.labels.get(node.name, node.name.replace("_", " ")))
    share = made.r2.get(node.name)
    lines, size = wrapped(name, 2 * wide - 10)
    below = "" if share is None else f"R² = {numbers.number(share, 2, bounded=True)}"
    hover = name if not below else f"{name}: {below}"
    fill = "#ffffff" if share is None else theme.TINT
    if node.latent:
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{wide:.1f}" '
    else:
        corner = f'x="{x - wide:.1f}" y="{y - high:.1f}"'
        shape = f'<rect {corner} width="{2 * wide:.1f}" height="{2 * high:.1f}" rx="2" '
    height = len(lines) * (size + 1.5) + (R2_SIZE + 2.5 if below else 0)
    top = y - height / 2 + size * 0.82
    texts = [
        f'<text x="{x:.1f}" y="{top + number * (size + 1.5):.1f}" font-size="{size:.1f}">{_safe(line)}</text>'
        for number, line in enumerate(lines)
    ]
    if below:
        level = top + len(lines) * (size + 1.5) + 1.5
        place = f'x="{x:.1f}" y="{level:.1f}"'
        texts.append(f'<text {place} font-size="{R2_SIZE}" fill="{theme.SOFT}">{below}</text>')
    return (
        f"<g><title>{_safe(hover)}</title>{shape}"
        f'fill="{fill}" stroke="{theme.BLUE}" stroke-width="1.6"/>{"".join(texts)}</g>'
    )


def _item(name: str, box: Item, labels: Mapping[str, str]) -> str:
    wide, high = box.half
    return (
        f"<g><title>{_safe(f'{name}: {labels[name]}' if name in labels else name)}</title>"
        f'<rect x="{box.x - wide:.1f}" y="{box.y - high:.1f}" width="{2 * wide:.1f}" height="{2 * high:.1f}" '
        f'rx="2" fill="#ffffff" stroke="{theme.GREY}"/>'
        f'<text x="{box.x:.1f}" y="{box.y + 4:.1f}" font-size="{ITEM_SIZE}">{_safe(short(name))}</text></g>'
    )


def _text_on(arrow: Arrow, at: tuple[float, float]) -> str:
    """A value in its halo."""
    x, y = at
    wide, high = arrow.half
    colour, weight = (theme.SOFT, "") if arrow.small else (theme.BLACK, ' font-weight="600"')
    return (
        f'<g><title>{_safe(arrow.about)}</title><rect x="{x - wide:.1f}" y="{y - high:.1f}" '
        f'width="{2 * wide:.1f}" height="{2 * high:.1f}" rx="3" fill="#ffffff" fill-opacity="0.93"/>'
        f'<text x="{x:.1f}" y="{y + 0.35 * arrow.size:.1f}" font-size="{arrow.size}" fill="{colour}"{weight}>'
        f"{arrow.value}</text></g>"
    )


def _safe(text: str) -> str:
    """Text fit for XML: markup escaped, characters that XML does not allow left out."""
    return escape("".join(char for char in str(text) if char.isprintable() or char in SPACES))


def text_width(text: str, size: float) -> float:
    """Width of a text in a sans-serif face, on the safe side; Chinese characters are square."""
    narrow = sum(char in "iljt.,:;'|!()[] fr" for char in text)
    square = sum(ord(char) > 0x2E80 for char in text)
    broad = sum(char in "mwMW%@—" for char in text)
    return size * (0.57 * (len(text) - narrow - square - broad) + 0.33 * narrow + square + 0.87 * broad)


def short(text: str, most: int = 12) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def wrapped(text: str, width: float) -> tuple[list[str], float]:
    """A label in up to three lines, in the largest of a few sizes that fits; the rest is cut with …"""
    for size in (13.5, 12.5, 11.5):
        lines = _lines_of(text, width, size)
        if len(lines) <= 3 and all(text_width(line, size) <= width for line in lines):
            return lines, size
    lines = _lines_of(text, width, size)[:3]
    cut = len(lines) < len(_lines_of(text, width, size))
    fitted = []
    for number, line in enumerate(lines):
        over = cut and number == len(lines) - 1
        whole = line
        while line and text_width(line + "…" * (over or line != whole), size) > width:
            line = line[:-1]
        fitted.append(line.rstrip() + "…" * (over or line != whole))
    return fitted, size


def _lines_of(text: str, width: float, size: float) -> list[str]:
    """Words, and Chinese characters one by one, filled into lines."""
    words, lines = [], [""]
    for word in text.split():
        words += list(word) if all(ord(char) > 0x2E80 for char in word) else [f" {word}"]
    for word in words:
        if lines[-1] and text_width(lines[-1] + word, size) > width:
            lines.append(word.strip())
        else:
            lines[-1] = (lines[-1] + word).strip()
    return lines


__all__ = ["Diagram", "diagram", "overlaps", "path_diagram"]
