"""How good a warning is: ROC curve, precision and recall, calibration, net benefit, Brier score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.doors import array, door, numbers, same_length, share, whole, yes_no
from workbench.errors import DataError
from workbench.normal_quantiles import INTERVAL_95

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95 % interval."""

    estimate: float
    ci_lower: float
    ci_upper: float

    @classmethod
    def normal(cls, estimate: float, se: float) -> Estimate:
        half = INTERVAL_95 * se
        return cls(float(estimate), float(estimate - half), float(estimate + half))

    @classmethod
    def mean(cls, values: Floats) -> Estimate:
        if len(values) < 2:
            raise DataError("one customer alone has no error: give two at least")
        return cls.normal(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))

    @property
    def interval(self) -> tuple[float, float]:
        return self.ci_lower, self.ci_upper


@door(happened=yes_no, score=array())
def auc(happened: Floats, score: Floats) -> Estimate:
    """Area under the ROC curve: the chance that who left had the higher score, ties counted half.

    Parameters
    ----------
    happened : 1 for those who left. score : higher, the more likely.

    R: ``pROC::ci.auc(happened, score, method = "delong")`` (DeLong, DeLong & Clarke-Pearson 1988).

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import auc
    >>> round(auc(np.array([0, 0, 1, 1, 0, 1]), np.array([1.0, 2, 3, 4, 3, 2])).estimate, 3)
    0.778
    """
    (area,), covariance = _areas(happened, [score])
    return Estimate.normal(area, float(np.sqrt(covariance[0, 0])))


@door(happened=yes_no, score=array(), other=array())
def auc_difference(happened: Floats, score: Floats, other: Floats) -> Estimate:
    """Difference of the areas of two scores of the same customers, with DeLong's interval.

    Parameters
    ----------
    happened : 1 for those who left. score, other : higher, the more likely.

    R: ``pROC::roc.test(a, b, method = "delong")``.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import auc_difference
    >>> y = np.array([0, 0, 1, 1, 0, 1])
    >>> auc_difference(y, np.arange(6.0), np.arange(6.0)).estimate
    0.0
    """
    areas, c = _areas(happened, [score, other])
    return Estimate.normal(areas[0] - areas[1], float(np.sqrt(max(c[0, 0] + c[1, 1] - 2 * c[0, 1], 0.0))))


def _areas(happened: Floats, scores: list[Floats]) -> tuple[Floats, Floats]:
    for score in scores:
        same_length(happened=happened, score=score)
    y = np.asarray(happened, dtype=bool)
    m, n = int(y.sum()), int((~y).sum())
    if m < 2 or n < 2:
        raise DataError("an area under the curve needs two who left and two who stayed")
    one, other = np.empty((len(scores), m)), np.empty((len(scores), n))
    for k, score in enumerate(scores):
        s = np.asarray(score, dtype=float)
        ranks = stats.rankdata(s)
        one[k] = (ranks[y] - stats.rankdata(s[y])) / n
        other[k] = 1.0 - (ranks[~y] - stats.rankdata(s[~y])) / m
    return one.mean(axis=1), np.atleast_2d(np.cov(one)) / m + np.atleast_2d(np.cov(other)) / n


@door(happened=yes_no, chance=array(), threshold=share)
def net_benefit(happened: Floats, chance: Floats, threshold: float) -> dict[str, Estimate]:
    """What warnings above a threshold are worth, in customers saved for each customer (Vickers & Elkin 2006).

    A warning that is right counts 1, one that is wrong −threshold / (1 − threshold).

    Parameters
    ----------
    happened : 1 for those who left. chance : predicted. threshold : chance from which one warns.

    Returns
    -------
    dict : ``model``, ``all`` (warn everyone), ``over_all`` and ``over_none`` (differences).

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import net_benefit
    >>> y, p = np.array([1.0, 0, 0, 1]), np.array([0.6, 0.1, 0.4, 0.3])
    >>> round(net_benefit(y, p, 0.25)["model"].estimate, 3)
    0.417
    """
    same_length(happened=happened, chance=chance)
    y = np.asarray(happened, dtype=float)
    worth = y - (1.0 - y) * threshold / (1.0 - threshold)
    warned = np.asarray(chance) >= threshold
    return {
        "model": Estimate.mean(warned * worth),
        "all": Estimate.mean(worth),
        "over_all": Estimate.mean(warned * worth - worth),
        "over_none": Estimate.mean(warned * worth),
    }


@door(happened=yes_no, chance=array(), other=array())
def brier_difference(happened: Floats, chance: Floats, other: Floats) -> Estimate:
    """Mean squared error of one set of chances less that of another, below 0 where the first is better.

    Parameters
    ----------
    happened : 1 for those who left. chance, other : predicted.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import brier_difference
    >>> y = np.array([1.0, 0, 0])
    >>> round(brier_difference(y, np.array([0.9, 0.1, 0.1]), np.array([0.5, 0.5, 0.5])).estimate, 2)
    -0.24
    """
    same_length(happened=happened, chance=chance, other=other)
    y = np.asarray(happened, dtype=float)
    return Estimate.mean((y - np.asarray(chance)) ** 2 - (y - np.asarray(other)) ** 2)


@door(happened=yes_no, chance=array(), groups=whole(1))
def calibration(happened: Floats, chance: Floats, groups: int = 10) -> pd.DataFrame:
    """Predicted and observed share of leavers in groups of equal size by predicted chance.

    Parameters
    ----------
    happened : 1 for those who left. chance : predicted. groups : how many.

    Returns
    -------
    DataFrame : n, predicted, observed, ci_lower, ci_upper (Wilson).

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import calibration
    >>> calibration(np.array([0, 1.0] * 10), np.linspace(0.1, 0.9, 20), groups=2)["n"].tolist()
    [10, 10]
    """
    same_length(happened=happened, chance=chance)
    if groups > len(happened):
        raise DataError(f"{groups} groups of {len(happened):,} customers: take fewer groups")
    y, p = np.asarray(happened, dtype=float), np.asarray(chance, dtype=float)
    order = np.argsort(p, kind="stable")
    rows = []
    for part in np.array_split(order, groups):
        limits = stats.binomtest(int(y[part].sum()), len(part)).proportion_ci(method="wilson")
        rows.append((len(part), p[part].mean(), y[part].mean(), limits.low, limits.high))
    return pd.DataFrame(rows, columns=["n", "predicted", "observed", "ci_lower", "ci_upper"])


@door(happened=yes_no, score=array(), shares=numbers)
def warned_first(happened: Floats, score: Floats, shares: tuple[float, ...]) -> pd.DataFrame:
    """Precision and recall where the highest scores are warned of.

    Parameters
    ----------
    happened : 1 for those who left. score : higher, the more likely. shares : of customers warned of.

    Returns
    -------
    DataFrame by share: warned, precision, recall, times_chance. Ties at the edge count by their share.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.warning_scores import warned_first
    >>> warned_first(np.array([1.0, 0, 1, 0]), np.array([4.0, 3, 2, 1]), (0.25,))["recall"].tolist()
    [0.5]
    """
    same_length(happened=happened, score=score)
    y, s = np.asarray(happened, dtype=float), np.asarray(score, dtype=float)
    if not y.any() or any(not 0 < one <= 1 for one in shares):
        raise DataError("somebody has to have left, and shares lie above 0 and at most at 1")
    table = pd.DataFrame({"s": s, "y": y}).groupby("s")["y"].agg(["size", "sum"])[::-1]
    warned = np.concatenate([[0.0], table["size"].cumsum()])
    hits = np.concatenate([[0.0], table["sum"].cumsum()])
    rows = []
    for part in shares:
        count = part * len(y)
        right = float(np.interp(count, warned, hits))
        precision = right / count
        rows.append((part, count, precision, right / y.sum(), precision / y.mean()))
    return pd.DataFrame(rows, columns=["share", "warned", "precision", "recall", "times_chance"]).set_index(
        "share"
    )
