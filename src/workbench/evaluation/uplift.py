"""Uplift and Qini curves: what it brings to treat those first of whom most is expected, by an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from workbench.doors import array, door, same_length, series, share, whole, yes_no
from workbench.errors import DataError, SpecificationError
from workbench.evaluation.class_regressions import _chances
from workbench.evaluation.policy_value import folds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS, MOST_DRAWS = 50, 10_000


@dataclass(frozen=True)
class Uplift:
    """``curve``: share treated -> estimate, ci_lower, ci_upper (gain a customer of all, treated or not).
    ``area`` under it and ``qini``: estimate, ci_lower, ci_upper. ``effect``: what treating all brings.
    """

    curve: pd.DataFrame
    area: dict[str, float]
    qini: dict[str, float]
    effect: float
    n: int


@door(outcome=series, treated=yes_no, posterior=_chances, folds=whole(2), seed=whole(0))
def places_by_gain(
    outcome: pd.Series, treated: Floats, posterior: Floats, *, folds: int = 10, seed: int = 1
) -> pd.Series:
    """Place of each customer by what a treatment is expected to add, by what the classes gained before.

    Parameters
    ----------
    outcome : by customer. treated : 1 or 0, by lot. posterior : chances of the classes, (n, k). folds : what
        a class gained is taken from the folds before a customer's own. seed : of the folds.

    Returns
    -------
    Series : share of the customers of the same fold of whom no more is expected, ties in the middle; none in
    the first fold. What is expected is the chances of the classes times what the treatment added in them.

    Notes
    -----
    Places are of a fold's own customers. What the folds before gained by luck raises what is expected of the
    next and lowers what is left for it, so an order over all folds by the expectation itself puts those who
    will do worse first: where no order is better, its Qini coefficients lie below 0 on average.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.uplift import places_by_gain
    >>> sure = np.eye(2)[[0, 1] * 8]
    >>> y = pd.Series([1.0, 0, 0, 0] * 4)
    >>> places = places_by_gain(y, np.array([1, 1, 0, 0] * 4), sure, folds=2).dropna()
    >>> sorted(places.round(2).unique().tolist())
    [0.19, 0.69]
    """
    same_length(outcome=outcome, treated=treated, posterior=posterior)
    y = array()("outcome", outcome)
    if folds > len(y):
        raise SpecificationError(f"folds={folds}: there are {len(y):,} customers")
    fold = folds_of(len(y), folds, seed)
    places = np.full(len(y), np.nan)
    for one in range(1, folds):
        past, here = fold < one, fold == one
        added = np.zeros(posterior.shape[1])
        for sign, arm in ((1, treated == 1), (-1, treated == 0)):
            weights = posterior[past & arm]
            size = weights.sum(axis=0)
            if not (size > 0).all():
                raise DataError("a class has nobody in an arm in the first folds: take fewer folds")
            added += sign * (weights * y[past & arm][:, None]).sum(axis=0) / size
        expected = stats.rankdata(posterior[here] @ added)
        places[here] = (expected - 0.5) / len(expected)
    return pd.Series(places, index=outcome.index, name="place")


@door(outcome=series, treated=yes_no, expected=array(), draws=whole(2), seed=whole(0), level=share)
def uplift_curve(
    outcome: pd.Series,
    treated: Floats,
    expected: Floats,
    *,
    draws: int = 500,
    seed: int = 1,
    level: float = 0.95,
) -> Uplift:
    """Treat customers in the order of what is expected of them, and see what it brings.

    Parameters
    ----------
    outcome : by customer. treated : 1 or 0, by lot. expected : what puts them in order, found without their
        outcomes. draws : of customers with replacement. seed : of them. level : of the intervals.

    Notes
    -----
    Of the share f with the highest expectation, the mean of the treated less that of the others, times f, is
    the height of the uplift curve. Qini curve (Radcliffe 2007): sum of the treated less the sum of the others
    times (treated / others), all among the first f, here for one of all treated customers. Qini coefficient:
    the area between that curve and the straight line to its end, which is treating by lot; it is not divided
    by the area of a perfect order. Customers of whom the same is expected come in together. Python:
    ``sklift.metrics.uplift_curve`` divided by the customers, ``qini_curve`` by the treated; where nobody was
    treated so far, or everybody, both are 0 here.

    The band holds pointwise, by percentiles; the order is taken as given.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.uplift import uplift_curve
    >>> y, treated = pd.Series([1.0, 0, 0, 0]), np.array([1, 0, 1, 0])
    >>> found = uplift_curve(y, treated, np.array([2.0, 2, 1, 1]), draws=9)
    >>> found.curve.loc[[0.5, 1.0], "estimate"].tolist(), found.qini["estimate"]
    ([0.5, 0.5], 0.125)
    """
    same_length(outcome=outcome, treated=treated, expected=expected)
    if draws > MOST_DRAWS:
        raise SpecificationError(f"draws={draws}: at most {MOST_DRAWS:,} are made")
    if len(np.unique(treated)) < 2:
        raise DataError("treated: treated and untreated customers are needed")
    y = array()("outcome", outcome)
    order = np.argsort(-expected, kind="stable")
    y, t = y[order], treated[order]
    ends = np.append(np.flatnonzero(np.diff(expected[order])), len(y) - 1)
    grid = np.linspace(0.0, 1.0, STEPS + 1)
    curve, area, qini = _curves(y, t, np.ones(len(y)), ends, grid)
    rng = np.random.default_rng(seed)
    drawn = [
        _curves(
            y,
            t,
            np.bincount(rng.integers(len(y), size=len(y)), minlength=len(y)).astype(np.float64),
            ends,
            grid,
        )
        for _ in range(draws)
    ]
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile([one[0] for one in drawn], tails, axis=0)
    table = pd.DataFrame({"estimate": curve, "ci_lower": low, "ci_upper": high}, index=grid.round(4))
    limits = {place: np.quantile([one[place] for one in drawn], tails) for place in (1, 2)}
    return Uplift(
        table.rename_axis("share"), _held(area, limits[1]), _held(qini, limits[2]), float(curve[-1]), len(y)
    )


def _held(estimate: float, limits: Floats) -> dict[str, float]:
    return {"estimate": estimate, "ci_lower": float(limits[0]), "ci_upper": float(limits[1])}


def _curves(
    y: Floats, t: Floats, weights: Floats, ends: NDArray[np.int64], grid: Floats
) -> tuple[Floats, float, float]:
    """The uplift curve on a grid of shares, the area under it, and the Qini coefficient."""
    sums = [np.cumsum(weights * part)[ends] for part in (t, 1 - t, t * y, (1 - t) * y)]
    treated, others, of_treated, of_others = (np.append(0.0, one) for one in sums)
    share = (treated + others) / (treated[-1] + others[-1])
    both = (treated > 0) & (others > 0)
    means = [np.divide(a, b, out=np.zeros_like(a), where=both)
             for a, b in ((of_treated, treated), (of_others, others))]  # fmt: skip
    uplift = share * (means[0] - means[1])
    qini = (treated * (means[0] - means[1])) / max(treated[-1], 1.0)
    area = float(np.trapezoid(uplift, share))
    return np.interp(grid, share, uplift), area, float(np.trapezoid(qini, share) - qini[-1] / 2)
