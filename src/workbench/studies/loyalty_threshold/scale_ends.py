"""How much of a bend comes from the answer boxes: the same answers, were the attitudes behind them straight.

Answers crowd at the ends of a scale, so the sum of boxes bends against the attitude behind it, and two sums
bend against each other where nothing bends. What a straight relation would show in these boxes is drawn here:
normal attitudes with the survey's own polychoric correlations, cut at its own thresholds, with its own gaps.
Among normal attitudes every relation is a straight line and nothing moderates anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import sem
from workbench.errors import NotApplicable
from workbench.sem.ordered.data import category_codes

DRAWS = 500
MOST_CATEGORIES = 11  # items with more are put into tenths for the polychoric correlations alone
GRID = np.linspace(-2.0, 1.5, 36)


@dataclass(frozen=True)
class BeyondScale:
    """A statistic of shape beside what straight attitudes would give in the same boxes.

    observed : in standard deviations of the outcome. expected : mean of the draws. excess = observed -
    expected, with the interval of the draws about it. pvalue : share of draws as far from their mean.
    """

    what: str
    observed: float
    expected: float
    interval: tuple[float, float]
    pvalue: float
    draws: int
    n: int

    @property
    def excess(self) -> float:
        return self.observed - self.expected


@dataclass(frozen=True)
class Shapes:
    """``curvature`` of the outcome on the cause and, where a moderator was given, their ``product``; ``null``
    holds the draws, a column each. ``curves``: by the standardized cause, the observed quadratic and that of
    straight attitudes in these boxes: observed, expected, lower, upper."""

    curvature: BeyondScale
    product: BeyondScale | None
    null: pd.DataFrame
    curves: pd.DataFrame
    warnings: tuple[str, ...] = ()


def shapes(
    answers: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
) -> Shapes:
    """Curvature and product beyond what the boxes bend by themselves.

    Parameters
    ----------
    answers : items in the construct's direction, a row for each respondent; gaps stay gaps.
    constructs : cause, outcome and, if wanted, moderator -> their items, in this order.
    draws, seed : simulated surveys with straight attitudes.

    Returns
    -------
    Shapes. The curvature is the coefficient of the squared standardized cause, the product that of cause
    times moderator, by least squares of the standardized outcome on standardized means of answered items.

    Raises
    ------
    NotApplicable : an item that everybody answered alike.
    """
    from scipy.linalg import eigh
    from scipy.stats import norm

    names = list(constructs)
    items = [item for own in constructs.values() for item in own]
    kept = answers[items].dropna(how="all")
    counts = kept.nunique()
    alike = [name for name in items if counts[name] < 2]
    if alike:
        raise NotApplicable(f"everybody answered {alike[0]} alike: it has no correlation with anything")
    coarse = kept.apply(
        lambda one: (
            one if one.nunique() <= MOST_CATEGORIES else pd.qcut(one, 10, labels=False, duplicates="drop")
        )
    )
    found = sem.polychoric(coarse, missing="pairwise")
    r = found.correlations.loc[items, items].to_numpy(float)
    values, vectors = eigh(r)
    half = vectors * np.sqrt(np.maximum(values, 1e-8))
    half /= np.sqrt((half**2).sum(axis=1))[:, None]
    codes, categories, _ = category_codes(kept, items)
    cuts = [
        norm.ppf(np.cumsum(np.bincount(codes[item].dropna().astype(int)))[:-1] / codes[item].notna().sum())
        for item in items
    ]
    boxes = [np.array(categories[item], float) for item in items]
    gaps = kept.isna().to_numpy()
    place = {name: [items.index(item) for item in own] for name, own in constructs.items()}
    generator = np.random.default_rng(seed)
    null, bent = np.empty((draws, 2)), np.empty((draws, len(GRID)))
    own = [place[name] for name in names]
    for draw in range(draws):
        attitudes = generator.standard_normal((len(kept), len(items))) @ half.T
        given = np.column_stack(
            [
                box[np.searchsorted(cut, attitudes[:, k])]
                for k, (cut, box) in enumerate(zip(cuts, boxes, strict=True))
            ]
        )
        given[gaps] = np.nan
        drawn = _scores(given, own)
        null[draw], bent[draw] = _statistics(drawn), _quadratic(drawn)
    scores = _scores(kept.to_numpy(float), own)
    low, high = np.quantile(bent, [(1 - level) / 2, (1 + level) / 2], axis=0)
    curves = {"observed": _quadratic(scores), "expected": bent.mean(axis=0), "lower": low, "upper": high}
    observed = _statistics(scores)
    n = int(np.isfinite(scores).all(axis=1).sum())
    made = [
        _beyond(what, observed[k], null[:, k], level, n) for k, what in enumerate(("curvature", "product"))
    ]
    return Shapes(
        made[0],
        made[1] if len(names) == 3 else None,
        pd.DataFrame(null, columns=["curvature", "product"]),
        pd.DataFrame(curves, index=GRID),
        found.warnings,
    )


def _scores(answers: np.ndarray, places: Sequence[Sequence[int]]) -> np.ndarray:
    """Means of answered items, standardized over those who have them all."""
    columns = []
    for own in places:
        part = answers[:, own]
        there = np.isfinite(part)
        total, many = np.where(there, part, 0.0).sum(axis=1), there.sum(axis=1)
        columns.append(np.divide(total, many, out=np.full(len(part), np.nan), where=many > 0))
    scores = np.column_stack(columns)
    whole = np.isfinite(scores).all(axis=1)
    spread = scores[whole].std(axis=0)
    return (scores - scores[whole].mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _statistics(scores: np.ndarray) -> np.ndarray:
    """Coefficient of the squared cause, and of cause times moderator (NaN without one)."""
    rows = scores[np.isfinite(scores).all(axis=1)]
    x, y = rows[:, 0], rows[:, 1]
    squared = np.column_stack([np.ones_like(x), x, x * x])
    curvature = np.linalg.lstsq(squared, y, rcond=None)[0][2]
    if rows.shape[1] < 3:
        return np.array([curvature, np.nan])
    m = rows[:, 2]
    return np.array([curvature, np.linalg.lstsq(np.column_stack([squared, m, x * m]), y, rcond=None)[0][4]])


def _quadratic(scores: np.ndarray) -> np.ndarray:
    """The fitted quadratic of the outcome on the cause, at the places of ``GRID``."""
    rows = scores[np.isfinite(scores[:, :2]).all(axis=1)]
    return np.polyval(np.polyfit(rows[:, 0], rows[:, 1], 2), GRID)


def _beyond(what: str, observed: float, null: np.ndarray, level: float, n: int) -> BeyondScale:
    if not np.isfinite(observed):
        return BeyondScale(what, np.nan, np.nan, (np.nan, np.nan), np.nan, len(null), n)
    low, high = np.quantile(null, [(1 - level) / 2, (1 + level) / 2])
    apart = np.abs(null - null.mean()) >= abs(observed - null.mean())
    return BeyondScale(
        what,
        float(observed),
        float(null.mean()),
        (float(observed - high), float(observed - low)),
        float((1 + apart.sum()) / (1 + len(null))),
        len(null),
        n,
    )
