"""Which variable of a path diagram stands in which column, and in what order, so that few arrows cross.

Layered drawing after Sugiyama, Tagawa and Toda (1981): variables in columns by their longest way from a
cause, order inside a column by exhaustive search (small columns) or barycentres. An arrow over several
columns bends through a free place in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

import numpy as np

EXHAUSTIVE = 7

Edge = tuple[str, str]


@dataclass
class Columns:
    """Columns of names (bends included), with the steps between neighbouring columns."""

    order: list[list[str]]
    steps: list[list[Edge]]
    bends: dict[str, Edge] = field(default_factory=dict)


def in_columns(names: Sequence[str], edges: Sequence[Edge]) -> Columns:
    """Columns of the names, in an order with few crossings."""
    return _ordered(_proper(names, edges, layers(names, edges)), names)


def layers(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Column of every name: the longest way from a cause. An arrow that closes a circle counts backwards."""
    forward = acyclic(names, edges)
    column = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            column[target] = max(column[target], column[source] + 1)
    return column


def acyclic(names: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """The edges, those that close a circle turned round."""
    targets = {name: [target for source, target in edges if source == name] for name in names}
    state: dict[str, int] = {}
    turned: set[Edge] = set()

    def visit(name: str) -> None:
        state[name] = 1
        for target in targets[name]:
            if state.get(target) == 1:
                turned.add((name, target))
            elif target not in state:
                visit(target)
        state[name] = 2

    for name in names:
        if name not in state:
            visit(name)
    return [edge[::-1] if edge in turned else edge for edge in edges]


def _proper(names: Sequence[str], edges: Sequence[Edge], column: Mapping[str, int]) -> Columns:
    """Columns in which every step leads to the next: long arrows get a bend in each column they pass."""
    order: list[list[str]] = [[] for _ in range(max(column.values()) + 1)]
    for name in names:
        order[column[name]].append(name)
    made = Columns(order, [[] for _ in order[1:]])
    for source, target in edges:
        begin, end = sorted((source, target), key=column.__getitem__)
        before = begin
        for here in range(column[begin] + 1, column[end]):
            bend = f"\0{source}\0{target}\0{here}"  # no name of a variable holds a NUL
            made.bends[bend] = (source, target)
            order[here].append(bend)
            made.steps[here - 1].append((before, bend))
            before = bend
        made.steps[column[end] - 1].append((before, end))
    return made


def _ordered(columns: Columns, names: Sequence[str]) -> Columns:
    """The columns in an order with few crossings: several starts, each improved column by column."""
    rank = {name: place for place, name in enumerate([*names, *columns.bends])}
    best, least = columns, None
    for start in (1, -1):
        order = [column[::start] for column in columns.order]
        cost = _cost(order, columns, rank)
        while True:
            for here in [*range(len(order)), *reversed(range(len(order)))]:
                order[here] = _best_column(order, here, columns, rank)
            now = _cost(order, columns, rank)
            if now >= cost:
                break
            cost = now
        if least is None or cost < least:
            best, least = replace(columns, order=[list(column) for column in order]), cost
    return best


def crossings(order: Sequence[Sequence[str]], steps: Sequence[Sequence[Edge]]) -> int:
    """Crossings of the steps between neighbouring columns."""
    place = {name: position for column in order for position, name in enumerate(column)}
    return sum(
        (place[a] - place[c]) * (place[b] - place[d]) < 0
        for between in steps
        for number, (a, b) in enumerate(between)
        for c, d in between[number + 1 :]
    )


def _cost(
    order: Sequence[Sequence[str]], columns: Columns, rank: Mapping[str, int]
) -> tuple[int, float, int]:
    """Crossings, then bends near the middle, then departures from the given order."""
    inner, turned = 0.0, 0
    for column in order:
        middle = (len(column) - 1) / 2
        inner -= sum(abs(place - middle) for place, name in enumerate(column) if name in columns.bends)
        given = [rank[name] for name in column if name not in columns.bends]
        turned += sum(a > b for place, a in enumerate(given) for b in given[place + 1 :])
    return crossings(order, columns.steps), inner, turned


def _best_column(
    order: Sequence[Sequence[str]], here: int, columns: Columns, rank: Mapping[str, int]
) -> list[str]:
    """The best order of one column while its neighbours stand: exhaustive if small, else by barycentre."""
    column = sorted(order[here], key=rank.__getitem__)
    place = {name: position for row in order for position, name in enumerate(row)}
    ends: dict[str, list[list[int]]] = {name: [] for name in column}
    for side in (here - 1, here):
        if 0 <= side < len(columns.steps):
            beside: dict[str, list[int]] = {name: [] for name in column}
            for step in columns.steps[side]:
                mine, other = step if side == here else step[::-1]
                beside[mine].append(place[other])
            for name in column:
                ends[name].append(beside[name])
    size = len(column)
    above = np.array(
        [
            [
                sum(p > q for own, its in zip(ends[a], ends[b], strict=True) for p in own for q in its)
                for b in column
            ]
            for a in column
        ]
    ).reshape(size, size)  # crossings if the row stands above the column
    if size <= EXHAUSTIVE:
        tries = np.array(list(permutations(range(size))))
    else:
        everyone = {name: [at for side in ends[name] for at in side] for name in column}
        centre = [np.mean(everyone[name] or [place[name]]) for name in column]
        tries = _swapped(np.lexsort((np.arange(size), np.array(centre))), above)
    first, second = np.triu_indices(size, 1)
    total = above[tries[:, first], tries[:, second]].sum(axis=1)
    bend = np.array([name in columns.bends for name in column])
    outward = -(bend[tries] * np.abs(np.arange(size) - (size - 1) / 2)).sum(axis=1)
    given = (~bend[tries[:, first]] & ~bend[tries[:, second]] & (tries[:, first] > tries[:, second])).sum(
        axis=1
    )
    best = np.lexsort((given, outward, total))[0]
    return [column[place] for place in tries[best]]


def _swapped(start: np.ndarray, above: np.ndarray) -> np.ndarray:
    """An order improved by exchanging neighbours, as the only try."""
    order = list(start)
    for _ in range(len(order)):
        for place in range(len(order) - 1):
            a, b = order[place], order[place + 1]
            if above[b, a] < above[a, b]:
                order[place], order[place + 1] = b, a
    return np.array([order])
