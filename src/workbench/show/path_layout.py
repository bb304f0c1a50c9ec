"""Where the parts of a path diagram stand: places, rows of items, routes. Pure geometry, no drawing.

Columns and their order come from ``path_order``; heights here by isotonic regression towards the neighbours,
so that an arrow runs as straight as the columns allow.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.show.path_order import Columns, Edge, layers

RADIUS = 52.0
BOX_HALF = (58.0, 28.0)
ITEM_HEIGHT, ITEM_PITCH, ITEM_GAP = 22.0, 29.0, 8.0
FAN, ROW = 76.0, 54.0
GAP, BEND_ROOM, COLUMN_GAP, ROW_GAP = 20.0, 18.0, 118.0, 24.0
ROWS = [(side, lean) for lean in (0, 1, -1) for side in (-1, 1)]

Point = tuple[float, float]
Row = tuple[int, int]  # side of a row of indicators (above or below), and how it leans
Room = tuple[float, float, float, float]  # to the left, up, right and down of a centre


@dataclass(frozen=True)
class Node:
    """A variable of the structure: a circle (latent) or a box (observed), with its indicators' widths."""

    name: str
    latent: bool = True
    items: tuple[tuple[str, float], ...] = ()

    @property
    def half(self) -> Point:
        """Half its width and height."""
        return (RADIUS, RADIUS) if self.latent else BOX_HALF


@dataclass(frozen=True)
class Item:
    """An indicator's box: centre, half sizes, and the side of its construct it stands on."""

    owner: str
    x: float
    y: float
    half: Point
    side: str


@dataclass(frozen=True)
class Layout:
    """Centres of nodes, boxes of indicators, routes of arrows as points, column of every node."""

    nodes: dict[str, Point]
    items: dict[str, Item]
    routes: dict[Edge, np.ndarray]
    column: dict[str, int]
    columns: int
    conflicts: int

    @property
    def span(self) -> float:
        """Width and height of the routes together."""
        every = np.concatenate([np.array(list(self.nodes.values())), *self.routes.values()])
        return float(np.ptp(every, axis=0).sum())


def arrange(nodes: Sequence[Node], edges: Sequence[Edge], columns: Columns, spread: float = 1.0) -> Layout:
    """Place nodes, their indicators and the routes of the arrows; ``spread`` widens the columns."""
    by_name = {node.name: node for node in nodes}
    column = layers(list(by_name), edges)
    last = max(column.values())
    inner = [node for node in nodes if node.items and 0 < column[node.name] < last]
    middles = {
        name: (-1 if 2 * place < len(order) else 1, 0)
        for order in columns.order
        for place, name in enumerate(order)
    }
    rows = {node.name: middles[node.name] for node in inner}
    best = _placed(by_name, edges, column, columns, rows, spread)
    for _ in range(2):
        for node in inner:
            if not best.conflicts:
                return best
            tries = {
                choice: _placed(by_name, edges, column, columns, {**rows, node.name: choice}, spread)
                for choice in ROWS
                if choice != rows[node.name]
            }
            choice = min(tries, key=lambda choice: (tries[choice].conflicts, tries[choice].span))
            if tries[choice].conflicts < best.conflicts:
                rows[node.name], best = choice, tries[choice]
    return best


def _placed(
    by_name: Mapping[str, Node],
    edges: Collection[Edge],
    column: Mapping[str, int],
    columns: Columns,
    rows: Mapping[str, Row],
    spread: float,
) -> Layout:
    """Coordinates for given rows of indicators, and how often an arrow runs into something."""
    last = max(column.values())
    extent = {name: _extent(node, column[name], last, rows.get(name)) for name, node in by_name.items()}
    extent |= dict.fromkeys(columns.bends, (0.0, BEND_ROOM, 0.0, BEND_ROOM))
    x = _across(columns.order, extent, spread)
    y = _down(columns, extent, spread)
    nodes = {name: (x[column[name]], y[name]) for name in by_name}
    items: dict[str, Item] = {}
    for name, node in by_name.items():
        items |= fan(node, nodes[name], column[name], last, rows.get(name))
    wide = [max(max(extent[name][0], extent[name][2]) for name in order) for order in columns.order]
    routes = {}
    for edge in edges:
        bends = [
            (bend, int(bend.rsplit("\0", 1)[1])) for bend, owner in columns.bends.items() if owner == edge
        ]
        via = [(x[at] + way * wide[at], y[bend]) for bend, at in bends for way in (-1, 1)]
        if column[edge[0]] > column[edge[1]]:
            via = via[::-1]
        both = (edge[1], edge[0]) in edges
        routes[edge] = _route(by_name, nodes, edge, via, both)
    return Layout(nodes, items, routes, dict(column), last + 1, _conflicts(routes, items, nodes, by_name))


def _extent(node: Node, here: int, last: int, row: Row | None) -> Room:
    """Room that a node takes to the left, up, right and down of its centre."""
    wide, high = node.half
    if not node.items:
        return wide, high, wide, high
    if row is None:
        tall = max(high, len(node.items) * ITEM_PITCH / 2)
        return wide, tall, wide, tall
    side, lean = row
    whole = _row_width(node)
    left = whole / 2 if lean == 0 else (wide if lean > 0 else whole - wide / 2)
    right = whole / 2 if lean == 0 else (wide if lean < 0 else whole - wide / 2)
    far = high + ROW + ITEM_HEIGHT
    return max(left, wide), far if side < 0 else high, max(right, wide), far if side > 0 else high


def _row_width(node: Node) -> float:
    return sum(width for _, width in node.items) + ITEM_GAP * (len(node.items) - 1)


def _across(order: Sequence[Sequence[str]], extent: Mapping[str, Room], spread: float) -> list[float]:
    """Centres of the columns."""
    x = [0.0]
    for before, here in pairwise(order):
        right = max(extent[name][2] for name in before)
        left = max(extent[name][0] for name in here)
        x.append(x[-1] + max(right + left + ROW_GAP, 2 * RADIUS + spread * COLUMN_GAP))
    return x


def _down(columns: Columns, extent: Mapping[str, Room], spread: float) -> dict[str, float]:
    """Heights: every node near the mean of its neighbours, in order, with room between."""
    gap = GAP * math.sqrt(spread)
    apart = [[extent[a][3] + extent[b][1] + gap for a, b in pairwise(column)] for column in columns.order]
    y: dict[str, float] = {}
    for column, between in zip(columns.order, apart, strict=True):
        at = np.concatenate([[0.0], np.cumsum(between)])
        y |= dict(zip(column, at - at[-1] / 2, strict=True))
    ends: dict[str, list[str]] = {name: [] for name in y}
    for steps in columns.steps:
        for a, b in steps:
            ends[a].append(b)
            ends[b].append(a)
    for name, near in ends.items():  # variables go by variables; a bend lies wherever there is room
        ends[name] = [other for other in near if other not in columns.bends] or near
    for here in [*range(len(columns.order)), *reversed(range(len(columns.order)))] * 3:
        column = columns.order[here]
        wanted = [np.mean([y[other] for other in ends[name]]) if ends[name] else y[name] for name in column]
        room = np.concatenate([[0.0], np.cumsum(apart[here])])
        y |= dict(zip(column, _isotonic(np.array(wanted) - room) + room, strict=True))
    _level(columns, y)
    return y


def _level(columns: Columns, y: dict[str, float]) -> None:
    """Bends of one arrow at the edge of their columns move out to one height, so that it runs straight."""
    for edge in dict.fromkeys(columns.bends.values()):
        mine = [bend for bend, owner in columns.bends.items() if owner == edge]
        for end, outermost in ((0, min), (-1, max)):
            at_edge = [bend for column in columns.order for bend in mine if column[end] == bend]
            if len(at_edge) == len(mine):
                y |= dict.fromkeys(mine, outermost(y[bend] for bend in mine))


def _isotonic(values: np.ndarray) -> np.ndarray:
    """Closest non-decreasing sequence (pool adjacent violators)."""
    pools: list[list[float]] = []
    for value in values:
        pools.append([float(value), 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m), (b, n) = pools[-2:]
            pools[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    return np.concatenate([np.full(int(count), mean) for mean, count in pools])


def fan(node: Node, centre: Point, here: int, last: int, row: Row | None) -> dict[str, Item]:
    """Boxes of a node's indicators: a column on the outer side, a row above or below an inner node."""
    if not node.items:
        return {}
    x, y = centre
    wide, high = node.half
    found = {}
    if row is None:
        side = -1 if here == 0 else 1
        broad = max(width for _, width in node.items)
        at = x + side * (wide + FAN + broad / 2)
        for place, (name, _) in enumerate(node.items):
            level = y + (place - (len(node.items) - 1) / 2) * ITEM_PITCH
            found[name] = Item(
                node.name, at, level, (broad / 2, ITEM_HEIGHT / 2), "left" if side < 0 else "right"
            )
        return found
    side, lean = row
    whole = _row_width(node)
    at = {0: x - whole / 2, 1: x - wide / 2, -1: x + wide / 2 - whole}[lean]
    for name, width in node.items:
        level = y + side * (high + ROW + ITEM_HEIGHT / 2)
        found[name] = Item(
            node.name, at + width / 2, level, (width / 2, ITEM_HEIGHT / 2), "up" if side < 0 else "down"
        )
        at += width + ITEM_GAP
    return found


def border(node: Node, centre: Point, towards: Point, pad: float = 0.0) -> Point:
    """Point of a node's outline in the direction of another point."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    length = math.hypot(dx, dy) or 1.0
    if node.latent:
        reach = node.half[0] + pad
    else:
        wide, high = node.half
        reach = length * min(wide / abs(dx) if dx else math.inf, high / abs(dy) if dy else math.inf) + pad
    return centre[0] + dx / length * reach, centre[1] + dy / length * reach


def _route(
    by_name: Mapping[str, Node], nodes: Mapping[str, Point], edge: Edge, via: list[Point], both: bool
) -> np.ndarray:
    """An arrow's way from outline to outline: straight to the next column, else a smooth curve over bends."""
    source, target = edge
    start, end = nodes[source], nodes[target]
    if both:  # two arrows between the same two stand side by side
        turn = np.array([end[1] - start[1], start[0] - end[0]])
        start, end = (np.array(point) + 8 * turn / np.linalg.norm(turn) for point in (start, end))
    stops = [start, *via, end]
    first = border(by_name[source], start, stops[1])
    final = border(by_name[target], end, stops[-2])
    if not via:
        return straight(first, final)
    parts = []
    stops = [first, *via, final]
    for number, (a, b) in enumerate(pairwise(stops)):
        pull = (b[0] - a[0]) * 0.45
        leave = (a[0] + pull, a[1]) if number else _leaving(a, start, b)
        arrive = (b[0] - pull, b[1]) if number < len(stops) - 2 else _leaving(b, end, a)
        parts.append(bezier(a, leave, arrive, b))
    return np.concatenate(parts)


def _leaving(outline: Point, centre: Point, other: Point) -> Point:
    """Control point that leaves an outline radially."""
    reach = 0.35 * math.hypot(other[0] - outline[0], other[1] - outline[1])
    dx, dy = outline[0] - centre[0], outline[1] - centre[1]
    length = math.hypot(dx, dy) or 1.0
    return outline[0] + dx / length * reach, outline[1] + dy / length * reach


def straight(a: Point, b: Point) -> np.ndarray:
    """Points along a straight line, about 3 apart."""
    count = max(2, int(math.dist(a, b) / 3))
    return np.linspace(a, b, count)


def bezier(a: Point, b: Point, c: Point, d: Point) -> np.ndarray:
    """Points along a cubic Bézier curve, about 3 apart."""
    length = math.dist(a, b) + math.dist(b, c) + math.dist(c, d)
    t = np.linspace(0, 1, max(4, int(length / 3)))[:, None]
    start, first, second, end = (np.array(point) for point in (a, b, c, d))
    return (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3 * end


def _conflicts(
    routes: Mapping[Edge, np.ndarray],
    items: dict[str, Item],
    nodes: Mapping[str, Point],
    by_name: Mapping[str, Node],
) -> int:
    """Arrows that run through an indicator, a fan, or a variable they do not belong to."""
    if not routes:
        return 0
    points = np.concatenate(list(routes.values()))
    starts = np.cumsum([0, *(len(route) for route in routes.values())])[:-1]
    found = 0
    if items:
        centres = np.array([(box.x, box.y) for box in items.values()])
        halves = np.array([box.half for box in items.values()]) + 5
        within = (np.abs(points[:, None] - centres) < halves).all(axis=2)
        found += np.logical_or.reduceat(within, starts).sum()
        outline = [border(by_name[box.owner], nodes[box.owner], (box.x, box.y)) for box in items.values()]
        found += _crossed(list(routes.values()), np.array(outline), centres)
    names = list(nodes)
    centres = np.array([nodes[name] for name in names])
    halves = np.array([by_name[name].half for name in names]) + 6
    within = np.logical_or.reduceat((np.abs(points[:, None] - centres) < halves).all(axis=2), starts)
    foreign = np.array([[name not in edge for name in names] for edge in routes])
    return int(found + (within & foreign).sum())


def _crossed(routes: list[np.ndarray], begin: np.ndarray, end: np.ndarray) -> int:
    """How many of the segments from ``begin`` to ``end`` each route crosses, added up."""
    corners = [route[np.unique([*range(0, len(route), 6), len(route) - 1])] for route in routes]
    starts = np.cumsum([0, *(len(corner) - 1 for corner in corners)])[:-1]
    a = np.concatenate([corner[:-1] for corner in corners])[:, None]
    b = np.concatenate([corner[1:] for corner in corners])[:, None]

    def turn(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )

    cross = (turn(a, b, begin) * turn(a, b, end) < 0) & (turn(begin, end, a) * turn(begin, end, b) < 0)
    return int(np.logical_or.reduceat(cross, starts).sum())
