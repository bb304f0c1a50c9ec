"""Hidden stages of customers: a Markov chain that is not seen, and what is seen in each of its stages.

Each stage has its own chances of every answer of every indicator (counts and shares in classes), whatever the
customer; indicators are independent within a stage. Estimated by expectation and maximization over all
customers at once (Baum et al. 1970).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.doors import column, door, flag, made_by, mapping, need_columns, table, usable, whole
from workbench.errors import DataError, SpecificationError

Floats = NDArray[np.float64]
FIRST_ROUNDS, ROUNDS, ENOUGH = (
    15,
    300,
    1e-6,
)  # of expectation and maximization; gain of the log likelihood a row that ends it
MOST = 50  # stages
CUSTOMERS = 50_000  # that are worked on at a time
FLOOR = 1e-6  # added to counts, so that no chance is zero for good


def _starts(name: str, value: Any) -> Any:
    """Places of indicators with 1 or -1, or None."""
    if value is None:
        return None
    pairs = list(value) if isinstance(value, (list, tuple)) else []
    if not pairs or any(
        not isinstance(one, (list, tuple))
        or len(one) != 2
        or not isinstance(one[0], int)
        or one[1] not in (1, -1)
        for one in pairs
    ):
        raise SpecificationError(
            f"{name}: pairs of an indicator's place and 1 or -1 are needed, as in ((0, 1),)"
        )
    return tuple(tuple(one) for one in pairs)


@dataclass(frozen=True)
class Sequences:
    """Customers over periods, each period by the pattern of what is seen in it.

    patterns : (patterns, indicators), the classes of every pattern that occurs. seen : (customers, periods),
    the place of a pattern, or their number where a customer is not there. levels : classes of each indicator.
    """

    patterns: NDArray[np.int64]
    seen: NDArray[np.int32]
    levels: tuple[int, ...]
    customers: pd.Index

    @cached_property
    def there(self) -> NDArray[np.bool_]:
        return self.seen < len(self.patterns)

    def part(self, rows: NDArray[np.bool_] | slice) -> Sequences:
        """Some of the customers."""
        return Sequences(self.patterns, self.seen[rows], self.levels, self.customers[rows])


@dataclass(frozen=True)
class Stages:
    """A fitted chain. start : (stages). moves : from, to. seen : for each indicator (stages, classes)."""

    start: Floats
    moves: Floats
    seen: tuple[Floats, ...]
    loglik: float

    @property
    def size(self) -> int:
        return len(self.start)


@door(data=table, customer=column, period=column, indicators=mapping(whole(2), "{'bought': 4}"))
def sequences(data: pd.DataFrame, customer: str, period: str, indicators: dict[str, int]) -> Sequences:
    """Customers' periods side by side, from their first, with every indicator cut into classes.

    Parameters
    ----------
    data : a row a customer and period. indicators : column -> classes at most, of about equal size.
    """
    needed = [customer, period, *indicators]
    need_columns(data, needed)
    if not indicators:
        raise SpecificationError("indicators: name one at least, as in indicators={'bought': 4}")
    kept = usable(data[list(dict.fromkeys(needed))])
    if kept[[customer, period]].isna().any(axis=None):
        raise DataError("every row needs its customer and its period")
    try:
        ordered = kept.sort_values([customer, period])
    except TypeError:
        raise DataError(f"{period} mixes numbers and texts, so its order is not known") from None
    who, names = pd.factorize(ordered[customer])
    at = ordered.groupby(customer).cumcount().to_numpy()
    classes, levels = [], []
    for name, most in indicators.items():
        try:
            values = ordered[name].to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            raise DataError(f"{name} holds no numbers") from None
        if not np.isfinite(values).all():
            raise DataError(f"{name} has gaps; hidden stages need it in every period")
        cuts = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1], method="inverted_cdf"))
        found = np.searchsorted(cuts, values, side="left")
        classes.append(found)
        levels.append(int(found.max()) + 1)
    patterns, places = np.unique(np.stack(classes, axis=1), axis=0, return_inverse=True)
    seen = np.full((len(names), int(at.max()) + 1), len(patterns), dtype=np.int32)
    seen[who, at] = places
    return Sequences(patterns, seen, tuple(levels), pd.Index(names))


@door(data=made_by(Sequences, "sequences"), stages=whole(1), forward=flag, starts=_starts)
def fit_stages(
    data: Sequences, stages: int, *, forward: bool = False, starts: tuple[tuple[int, int], ...] | None = None
) -> Stages:
    """Fit a chain of so many stages, from several starts; the likeliest is kept.

    Parameters
    ----------
    data : of `sequences`. stages : how many.
    forward : only to the next stage or to the last one. Stages are then in the order of the start.
    starts : an indicator's place and 1 or −1: customers' periods are divided by it to begin with, upwards or
        downwards. Every indicator both ways where nothing is said.

    Notes
    -----
    After a few rounds only the likeliest start goes on. What is found is a maximum near it and need not be
    the highest of all.
    """
    if stages > MOST:
        raise SpecificationError(f"stages={stages}: at most {MOST} are fitted")
    if starts is not None and any(not 0 <= place < len(data.levels) for place, _ in starts):
        raise SpecificationError(f"starts: an indicator's place lies between 0 and {len(data.levels) - 1}")
    if starts is None:
        starts = tuple((place, way) for place in range(len(data.levels)) for way in (1, -1))
    moves, begin = _first_moves(stages, forward), np.full(stages, 1.0 / stages)
    begun = [
        _improved(data, Stages(begin, moves, _first_seen(data, stages, *start), -np.inf), FIRST_ROUNDS)
        for start in starts
    ]
    return _improved(data, max(begun, key=lambda one: one.loglik), ROUNDS)


def _improved(data: Sequences, model: Stages, rounds: int) -> Stages:
    """The chain after so many rounds, or fewer where the likelihood hardly grows any more."""
    begin, moves, seen, before = model.start, model.moves, model.seen, model.loglik
    rows = int(data.there.sum())
    for _ in range(rounds):
        first, pairs, total = np.zeros_like(begin), np.zeros_like(moves), 0.0
        weights = np.zeros((len(begin), len(data.patterns)))
        for part in _parts(data):
            states, both, loglik = _expect(part, begin, moves, seen)
            first, pairs = first + states[:, 0].sum(axis=0), pairs + both
            weights, total = weights + _weights(part, states), total + float(loglik.sum())
        begin = first + FLOOR
        begin = begin / begin.sum()
        moves = np.where(moves > 0, pairs + FLOOR, 0.0)
        moves /= moves.sum(axis=1, keepdims=True)
        seen = _seen(data, weights)
        if total - before < ENOUGH * rows:
            break
        before = total
    return Stages(begin, moves, seen, total)


@door(model=made_by(Stages, "fit_stages"), data=made_by(Sequences, "sequences"))
def predictive(model: Stages, data: Sequences) -> Floats:
    """Log likelihood of every customer under a fitted chain."""
    parts = [_expect(part, model.start, model.moves, model.seen)[2] for part in _parts(data)]
    return np.concatenate(parts)


@door(model=made_by(Stages, "fit_stages"), data=made_by(Sequences, "sequences"))
def chances(model: Stages, data: Sequences) -> Floats:
    """Chance of every stage (customer, period, stage), from all that is seen of the customer."""
    return _expect(data, model.start, model.moves, model.seen)[0]


@door(model=made_by(Stages, "fit_stages"), data=made_by(Sequences, "sequences"))
def filtered(model: Stages, data: Sequences) -> Floats:
    """Chance of every stage from what was seen of the customer up to that period, not after."""
    there = data.there
    likely = _likely(data, model.seen)
    found = np.zeros_like(likely)
    for t in range(there.shape[1]):
        ahead = model.start * likely[:, t] if t == 0 else (found[:, t - 1] @ model.moves) * likely[:, t]
        found[:, t] = ahead / ahead.sum(axis=1, keepdims=True)
    return found


def _parts(data: Sequences) -> Iterator[Sequences]:
    """Some customers after the other, so that the chances of their stages take little memory."""
    for at in range(0, len(data.seen), CUSTOMERS):
        yield data.part(slice(at, at + CUSTOMERS))


def _likely(data: Sequences, seen: tuple[Floats, ...]) -> Floats:
    """Chance of what is seen of every customer in every period, given each stage."""
    of_pattern = np.ones((len(data.patterns) + 1, len(seen[0])))
    for place, known in enumerate(seen):
        of_pattern[:-1] *= known.T[data.patterns[:, place]]
    return of_pattern[data.seen]


def _first_moves(stages: int, forward: bool) -> Floats:
    moves = np.full((stages, stages), 0.3 / max(stages - 1, 1)) if not forward else np.zeros((stages, stages))
    if forward:
        for stage in range(stages - 1):
            moves[stage, stage + 1] = 0.2
            moves[stage, -1] += 0.1
    np.fill_diagonal(moves, 0.0)
    return moves + np.diag(1.0 - moves.sum(axis=1))


def _first_seen(data: Sequences, stages: int, place: int, way: int) -> tuple[Floats, ...]:
    """Stages told apart by one indicator to begin with: customers' periods in the order of its classes."""
    count = np.bincount(data.seen.ravel(), minlength=len(data.patterns) + 1)[:-1].astype(float)
    own = np.bincount(data.patterns[:, place], count)
    order = (np.cumsum(own) - 0.5 * own) / own.sum()
    order = order if way > 0 else 1.0 - order
    rank = np.minimum((order * stages).astype(int), stages - 1)[data.patterns[:, place]]
    weights = np.where(rank == np.arange(stages)[:, None], 0.8, 0.2 / max(stages - 1, 1))
    return _seen(data, weights * count)


def _weights(data: Sequences, states: Floats) -> Floats:
    """Sums of the chances of every stage by pattern: (stages, patterns)."""
    flat, size = data.seen.ravel(), len(data.patterns)
    return np.stack(
        [np.bincount(flat, states[:, :, k].ravel(), size + 1)[:size] for k in range(states.shape[2])]
    )


def _seen(data: Sequences, weights: Floats) -> tuple[Floats, ...]:
    """Chances of every class in every stage, from the sums by pattern."""
    found = []
    for place, levels in enumerate(data.levels):
        values = data.patterns[:, place]
        table = np.stack([np.bincount(values, one, levels) for one in weights]) + FLOOR
        found.append(table / table.sum(axis=1, keepdims=True))
    return tuple(found)


def _expect(
    data: Sequences, start: Floats, moves: Floats, seen: tuple[Floats, ...]
) -> tuple[Floats, Floats, Floats]:
    """Chances of the stages, expected moves, and every customer's log likelihood: forwards and backwards."""
    there = data.there
    n, periods = there.shape
    likely = _likely(data, seen)
    forward = np.empty_like(likely)
    scale = np.ones((n, periods))
    for t in range(periods):
        ahead = start * likely[:, t] if t == 0 else (forward[:, t - 1] @ moves) * likely[:, t]
        scale[:, t] = ahead.sum(axis=1)
        forward[:, t] = ahead / scale[:, t, None]
    backward = np.ones((n, len(start)))
    states = np.empty_like(likely)
    pairs = np.zeros_like(moves)
    states[:, -1] = forward[:, -1]
    for t in range(periods - 2, -1, -1):
        later = likely[:, t + 1] * backward / scale[:, t + 1, None]
        seen_both = there[:, t + 1]
        pairs += moves * (forward[seen_both, t].T @ later[seen_both])
        backward = later @ moves.T
        states[:, t] = forward[:, t] * backward
    states *= there[:, :, None]
    loglik = np.where(there, np.log(scale), 0.0).sum(axis=1)
    return states, pairs, loglik
