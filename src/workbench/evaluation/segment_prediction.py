"""What knowing a customer's segment tells about what follows, in customers who were not used to say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import array, codes, door, same_length, series, share, whole
from workbench.errors import DataError, SpecificationError
from workbench.evaluation.policy_value import folds_of
from workbench.normal_quantiles import two_sided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """``gain``: share of the squared error of predicting all alike that is saved; below 0 where segments
    mislead. ``alike``, ``by_segment``: mean squared errors. ``predicted``: for each customer, from others.
    """

    gain: float
    se: float
    ci_lower: float
    ci_upper: float
    alike: float
    by_segment: float
    segments: int
    predicted: pd.Series

    def row(self) -> dict[str, Any]:
        """The numbers without the predictions."""
        return {name: value for name, value in vars(self).items() if name != "predicted"}


@door(outcome=series, segment=series, folds=whole(2), seed=whole(0), level=share)
def predicted_by_segment(
    outcome: pd.Series, segment: pd.Series, *, folds: int = 5, seed: int = 1, level: float = 0.95
) -> HeldOut:
    """Predict each customer by the mean of the segment among others, against the mean of all others.

    Parameters
    ----------
    outcome : what follows, by customer: 0 or 1, a count, an amount. segment : any division that does not use
        the outcome. folds : a customer is predicted from the other folds. seed : of the folds. level : of the
        interval.

    Notes
    -----
    1 - MSE(by segment) / MSE(alike), R² out of sample; for an outcome of 0 and 1 the Brier skill score. A
    segment that no other fold has gets the mean of all. The error is that of a ratio of two means over
    customers, by the delta method; that folds share customers is not in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.segment_prediction import predicted_by_segment
    >>> made = predicted_by_segment(pd.Series([0.0, 1] * 20), pd.Series(["a", "b"] * 20))
    >>> made.gain
    1.0
    """
    same_length(outcome=outcome, segment=segment)
    y = array()("outcome", outcome)
    if segment.isna().any():
        raise DataError("segment: a level for every customer is needed")
    if folds > len(y):
        raise SpecificationError(f"folds={folds}: there are {len(y):,} customers")
    _, place = np.unique(segment.astype(str).to_numpy(), return_inverse=True)
    fold = folds_of(len(y), folds, seed)
    predicted = np.empty(len(y))
    for one in range(folds):
        here = fold == one
        size = np.bincount(place[~here], minlength=place.max() + 1)
        total = np.bincount(place[~here], weights=y[~here], minlength=place.max() + 1)
        means = np.where(size > 0, total / np.maximum(size, 1), y[~here].mean())
        predicted[here] = means[place[here]]
    return _judged(y, predicted, fold, int(place.max()) + 1, outcome.index, level)


@door(outcome=series, predicted=array(), fold=codes, level=share)
def prediction_gain(
    outcome: pd.Series, predicted: Floats, fold: NDArray[np.int64], *, level: float = 0.95
) -> HeldOut:
    """The same for predictions that somebody else made, each from the other folds.

    Parameters
    ----------
    outcome : by customer. predicted : of each. fold : codes; all alike get the mean of the other folds.
    level : of the interval.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.segment_prediction import prediction_gain
    >>> prediction_gain(pd.Series([0.0, 1, 0, 1]), np.array([0.0, 1, 0, 1]), np.array([0, 0, 1, 1])).gain
    1.0
    """
    same_length(outcome=outcome, predicted=predicted, fold=fold)
    return _judged(array()("outcome", outcome), predicted, fold, 0, outcome.index, level)


def _judged(
    y: Floats, predicted: Floats, fold: NDArray[np.int64], segments: int, index: pd.Index, level: float
) -> HeldOut:
    if len(np.unique(fold)) < 2:
        raise SpecificationError("two folds are needed at least")
    mean = np.empty(len(y))
    for one in np.unique(fold):
        mean[fold == one] = y[fold != one].mean()
    with_segments, alike = (y - predicted) ** 2, (y - mean) ** 2
    if not alike.mean() > 0:
        raise DataError("outcome: it is the same for all, so nothing can be predicted better")
    ratio = with_segments.mean() / alike.mean()
    part = (with_segments - ratio * alike) / alike.mean()
    se = float(part.std(ddof=1) / np.sqrt(len(y)))
    gain, half = float(1 - ratio), two_sided(level) * se
    return HeldOut(
        gain,
        se,
        gain - half,
        gain + half,
        float(alike.mean()),
        float(with_segments.mean()),
        segments,
        pd.Series(predicted, index=index, name="predicted"),
    )
