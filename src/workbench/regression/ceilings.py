"""Necessary conditions: without enough of x no high y, whatever else there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, table, whole
from workbench.errors import DataError
from workbench.regression.coefficients import numeric_rows

STEP, LINE = "CE-FDH", "CR-FDH"
LEVELS = tuple(range(0, 101, 10))


@dataclass(frozen=True)
class NecessaryCondition:
    """A necessary condition analysis.

    ``table``: ceiling (CE-FDH a step, CR-FDH a line); effect d from 0 to 1, the share of the area of possible
    answers that stays empty at the upper left, pvalue (permutation), accuracy (share of cases on or below).
    ``bottlenecks``: level of y in % of its range -> least x in % of its range by each ceiling; NaN: none.
    ``step``: x, y of the step's corners. ``line``: intercept, slope; NaN where fewer than two corners.
    """

    outcome: str
    condition: str
    table: pd.DataFrame
    bottlenecks: pd.DataFrame
    step: pd.DataFrame
    line: tuple[float, float]
    n_obs: int
    draws: int
    seed: int


@door(data=table, outcome=column, condition=column, draws=whole(1), seed=whole(0))
def necessary_condition(
    data: pd.DataFrame, outcome: str, condition: str, *, draws: int = 1000, seed: int = 1
) -> NecessaryCondition:
    """How empty the corner of high outcome and low condition is, by two ceilings.

    Parameters
    ----------
    data : DataFrame; rows that lack either column are left out.
    outcome, condition : names of its columns; more of both has to mean more.
    draws, seed : permutations of the outcome, for the test that an empty corner this large comes by chance.

    Returns
    -------
    NecessaryCondition; d = empty area above the ceiling / (x_max - x_min)(y_max - y_min). CE-FDH: the lowest
    step that never falls and no case lies above. CR-FDH: the least squares line through its corners.

    Raises
    ------
    DataError : fewer than three complete cases, or a column that is constant.

    Source: Dul (2016), Organ. Res. Methods 19, 10-52; Dul, van der Laan & Kuik (2020), Organ. Res. Methods
    23, 385-395. R: ``NCA::nca_analysis(data, condition, outcome, test.rep = 1000)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.regression import necessary_condition
    >>> four = pd.DataFrame({"x": [0, 1, 2, 4], "y": [0, 1, 1, 2]})
    >>> necessary_condition(four, "y", "x", draws=10).table["effect"].round(3).tolist()
    [0.625, 0.424]
    """
    rows = numeric_rows(data, [condition, outcome])
    x, y = rows[condition].to_numpy(float), rows[outcome].to_numpy(float)
    if len(rows) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        raise DataError(
            f"{outcome} by {condition}: an empty corner needs three complete cases that differ in both"
        )
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    starts = np.flatnonzero(np.diff(x, prepend=x[0] - 1))
    values = x[starts]
    found = _effects(values, starts, y[None, :])
    generator = np.random.default_rng(seed)
    shuffled = np.stack([generator.permutation(y) for _ in range(draws)])
    chance = _effects(values, starts, shuffled)
    corners, line = _corners(values, np.maximum.reduceat(y, starts))
    p = (1 + (chance >= found - 1e-12).sum(axis=0)) / (1 + draws)
    below = [1.0, float((y <= line[0] + line[1] * x + 1e-12).mean()) if np.isfinite(line[1]) else np.nan]
    made = pd.DataFrame(
        {"effect": found[0], "pvalue": p, "accuracy": below},
        index=pd.Index([STEP, LINE], name="ceiling"),
    )
    return NecessaryCondition(
        outcome,
        condition,
        made,
        _bottlenecks(corners, line, (x[0], x[-1]), (y.min(), y.max())),
        corners,
        line,
        len(x),
        draws,
        seed,
    )


def _corners(values: np.ndarray, highest: np.ndarray) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Corners of the step: where the highest y so far rises; and the line through them."""
    so_far = np.maximum.accumulate(highest)
    rises = np.diff(so_far, prepend=-np.inf) > 0
    corners = pd.DataFrame({"x": values[rises], "y": so_far[rises]})
    return corners, _line(values[rises], so_far[rises])


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of least squares; NaN for fewer than two points."""
    if len(x) < 2:
        return np.nan, np.nan
    apart = x - x.mean()
    slope = float(apart @ y / (apart @ apart))
    return float(y.mean() - slope * x.mean()), slope


def _effects(values: np.ndarray, starts: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Effect sizes of both ceilings, a row for each set of outcomes in the order of the sorted condition."""
    highest = np.maximum.reduceat(y, starts, axis=1)
    so_far = np.maximum.accumulate(highest, axis=1)
    rising = np.diff(so_far, axis=1, prepend=-np.inf) > 0
    low, high = y.min(axis=1), y.max(axis=1)
    scope = (values[-1] - values[0]) * (high - low)
    step = ((high[:, None] - so_far[:, :-1]) * np.diff(values)).sum(axis=1) / scope
    line = np.array(
        [
            _area_above(_line(values[rises], one[rises]), (values[0], values[-1]), (lower, upper))
            for one, rises, lower, upper in zip(so_far, rising, low, high, strict=True)
        ]
    )
    return np.column_stack([step, line / scope])


def _area_above(line: tuple[float, float], x: tuple[float, float], y: tuple[float, float]) -> float:
    """Area between a rising line and the top of the box, inside the box."""
    intercept, slope = line
    if not np.isfinite(slope) or slope <= 0:
        return 0.0
    left = max(x[0], (y[0] - intercept) / slope)
    right = min(x[1], (y[1] - intercept) / slope)
    if right <= x[0]:
        return 0.0
    gap = y[1] - intercept
    area = (
        (left - x[0]) * (y[1] - y[0])
        + (gap * right - slope * right**2 / 2)
        - (gap * left - slope * left**2 / 2)
    )
    return float(max(area, 0.0))


def _bottlenecks(
    corners: pd.DataFrame, line: tuple[float, float], x: tuple[float, float], y: tuple[float, float]
) -> pd.DataFrame:
    """The least condition that each level of the outcome needs, both in % of their ranges."""
    rows = []
    for level in LEVELS:
        wanted = y[0] + level / 100 * (y[1] - y[0])
        reached = corners.loc[corners["y"] >= wanted - 1e-12, "x"].min()
        on_line = (wanted - line[0]) / line[1] if np.isfinite(line[1]) and line[1] > 0 else np.nan
        shares = [100 * (at - x[0]) / (x[1] - x[0]) for at in (reached, on_line)]
        rows.append([share if share > 1e-9 else np.nan for share in shares])
    return pd.DataFrame(rows, index=pd.Index(LEVELS, name="level"), columns=[STEP, LINE])
