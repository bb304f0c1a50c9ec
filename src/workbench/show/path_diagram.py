"""A path diagram of a fitted model: SVG of our own, no graphviz, the same from run to run.

Reading it: circles are constructs (R² inside), boxes are items, arrows carry standardized values. Width grows
with the value; a dashed arrow's interval holds zero; the interval stands in the hover text of the SVG.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.errors import SpecificationError
from workbench.show.path_layout import (
    FAN,
    ITEM_PITCH,
    RADIUS,
    Item,
    Layout,
    Node,
    arrange,
    bezier,
    border,
    fan,
    straight,
)
from workbench.show.path_order import Edge, in_columns
from workbench.show.path_parts import ITEM_SIZE, Arrow, Diagram, Value, short, text_width
from workbench.show.path_svg import MARGIN, write

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit
SPREADS = (1.0, 1.3, 1.6, 2.0, 2.5)
ALONG = (0.5, 0.46, 0.54, 0.42, 0.58, 0.38, 0.62, 0.34, 0.66, 0.3, 0.7, 0.26, 0.74, 0.22, 0.78, 0.18, 0.82)
PAGE, TILE_GAP = 736.0, 24.0  # width of a page's text; between two constructs with their items
NEAR_ITEM = (0.6, 0.64, 0.56, 0.68, 0.52, 0.72, 0.48, 0.76, 0.44, 0.8)


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


def measurement_diagram(
    fit: Fit,
    labels: Mapping[str, str] | None = None,
    *,
    intervals: pd.DataFrame | None = None,
    group: int = 1,
) -> str:
    """Draw every construct of a fitted model with its items and loadings, side by side as far as a page goes.

    The paths between constructs are what `path_diagram` draws: with the items of many constructs around them
    its letters are too small to print.

    Parameters
    ----------
    fit, labels, intervals, group : as in `path_diagram`.

    Returns
    -------
    SVG text.

    Raises
    ------
    SpecificationError : as of `path_diagram`; a model without constructs that have items of their own.
    """
    return write(measurement(fit, labels, intervals, group))


def measurement(
    fit: Fit, labels: Mapping[str, str] | None = None, intervals: pd.DataFrame | None = None, group: int = 1
) -> Diagram:
    """Lay the constructs out in rows, each with a fan of its items to the right."""
    _check(fit, group)
    values = _values(fit, intervals, group)
    every, _, owners = _structure(fit, values, True)
    nodes = {name: node for name, node in every.items() if node.items}
    if not nodes:
        raise SpecificationError("the model has no construct with items of its own")
    broad = max(width for node in nodes.values() for _, width in node.items)
    across = 2 * RADIUS + FAN + broad + TILE_GAP
    columns = max(1, int((PAGE - 2 * MARGIN + TILE_GAP) // across))
    places: dict[str, tuple[float, float]] = {}
    items: dict[str, Item] = {}
    below = 0.0
    names = list(nodes)
    for start in range(0, len(names), columns):
        row = names[start : start + columns]
        high = max(max(2 * RADIUS, len(nodes[name].items) * ITEM_PITCH) for name in row)
        for place, name in enumerate(row):
            places[name] = (place * across, below + high / 2)
            items |= fan(nodes[name], places[name], 1, 1, None)
        below += high + TILE_GAP
    layout = Layout(places, items, {}, dict.fromkeys(places, 0), 1, 0)
    lines, _ = _lines(layout, nodes, {}, owners, values, labels or {}, False)
    arrows, crowded = _label(lines, layout, nodes)
    return Diagram(nodes, layout, arrows, {}, labels or {}, crowded, 0)


def diagram(
    fit: Fit,
    labels: Mapping[str, str] | None = None,
    intervals: pd.DataFrame | None = None,
    indicators: bool = True,
    covariances: bool = True,
    group: int = 1,
) -> Diagram:
    """Lay a fitted model out: columns widen until every label has a place of its own."""
    _check(fit, group)
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


def _check(fit: Fit, group: int) -> None:
    if not fit.converged:
        raise SpecificationError("the fit has not converged, so there are no values to draw")
    if not 1 <= group <= len(fit.groups):
        raise SpecificationError(f"group = {group}: the fit has the groups 1 to {len(fit.groups)}")


def _faults(made: Diagram) -> int:
    return made.crowded + made.layout.conflicts


def _values(fit: Fit, intervals: pd.DataFrame | None, group: int) -> dict[tuple[str, str, str], Value]:
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
            found[key] = Value(float(row.est_std), limits, bounded=row.op != "~")
    return found


def _structure(
    fit: Fit, values: Mapping[tuple[str, str, str], Value], indicators: bool
) -> tuple[dict[str, Node], dict[Edge, tuple[str, str, str]], dict[str, str]]:
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


def _lines(
    layout: Layout,
    nodes: Mapping[str, Node],
    edges: Mapping[Edge, tuple[str, str, str]],
    owners: Mapping[str, str],
    values: Mapping[tuple[str, str, str], Value],
    labels: Mapping[str, str],
    covariances: bool,
) -> tuple[list[Arrow], int]:
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


def _arc(layout: Layout, nodes: Mapping[str, Node], lhs: str, rhs: str) -> np.ndarray | None:
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


def _label(lines: list[Arrow], layout: Layout, nodes: Mapping[str, Node]) -> tuple[tuple[Arrow, ...], int]:
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


def _all_points(lines: Sequence[Arrow]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of all lines, the number of the line that each belongs to, and half its stroke."""
    if not lines:
        return np.zeros((0, 2)), np.zeros(0, int), np.zeros(0)
    owner = np.repeat(np.arange(len(lines)), [len(line.points) for line in lines])
    return (
        np.concatenate([line.points for line in lines]),
        owner,
        np.array([line.stroke / 2 for line in lines])[owner],
    )


def _solids(layout: Layout, nodes: Mapping[str, Node]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Centres, half sizes and names of variables and items."""
    boxes = layout.items
    centres = [*(layout.nodes[name] for name in nodes), *((box.x, box.y) for box in boxes.values())]
    halves = [*(node.half for node in nodes.values()), *(box.half for box in boxes.values())]
    return np.array(centres), np.array(halves), [*nodes, *boxes]


def overlaps(arrows: tuple[Arrow, ...], layout: Layout, nodes: Mapping[str, Node]) -> list[tuple[str, str]]:
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


__all__ = ["Diagram", "diagram", "measurement", "measurement_diagram", "overlaps", "path_diagram"]
