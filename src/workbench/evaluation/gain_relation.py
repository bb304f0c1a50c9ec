"""How two gains relate: one regressed on the other, with every pair left out in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.doors import door, series, share
from workbench.errors import DataError
from workbench.evaluation.pairs import MIN_PAIRS, paired

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class GainRelation:
    """Regression of one gain on another.

    ``points``: x and y by pair; ``line``: the fitted line with its confidence band; ``leave_one_out``: slope
    (estimate, ci_lower, ci_upper) and intercept without each pair in turn.
    """

    points: pd.DataFrame
    coefficients: pd.DataFrame
    line: pd.DataFrame
    correlation: float
    leave_one_out: pd.DataFrame
    n: int
    level: float
    warnings: tuple[str, ...]


@door(x=series, y=series, level=share)
def relate_gains(x: pd.Series, y: pd.Series, *, level: float = 0.95) -> GainRelation:
    """Regress one gain on another, with every pair left out in turn.

    Parameters
    ----------
    x, y : gains with the same index (pairs with a missing value are left out and counted in the warnings).
    level : confidence level of the intervals.

    Returns
    -------
    GainRelation : intercept and slope with standard error, interval and p; Pearson's correlation; the slope
        and its interval without each pair.

    Raises
    ------
    DataError : fewer than four pairs, or an x without spread.

    R: ``confint(lm(y ~ x))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.gain_relation import relate_gains
    >>> found = relate_gains(pd.Series([20, 22, 25, 19, 21]), pd.Series([22, 25, 25, 20, 23]))
    >>> round(found.correlation, 2)
    0.87
    """
    import pandas as pd

    pairs, left_out = paired(x, y, at_least=MIN_PAIRS + 1)
    first, second = pairs["before"].to_numpy(), pairs["after"].to_numpy()
    if np.ptp(first) == 0:
        raise DataError("the first gain is the same in every pair: a slope cannot be had")
    coefficients, correlation = _line(first, second, level)
    rows = {}
    for position, label in enumerate(pairs.index):
        keep = np.arange(len(first)) != position
        if np.ptp(first[keep]) == 0:
            continue
        terms = _line(first[keep], second[keep], level)[0]
        slope = terms.loc["slope", ["estimate", "ci_lower", "ci_upper"]]
        rows[label] = {**slope, "intercept": terms.loc["intercept", "estimate"]}
    return GainRelation(
        points=pairs.set_axis(["x", "y"], axis="columns"),
        coefficients=coefficients,
        line=_band(first, second, coefficients["estimate"], level),
        correlation=correlation,
        leave_one_out=pd.DataFrame.from_dict(rows, orient="index").rename_axis(pairs.index.name),
        n=len(first),
        level=level,
        warnings=tuple(left_out),
    )


def _band(x: NDArray, y: NDArray, terms: pd.Series, level: float) -> pd.DataFrame:
    """Fitted line over the range of x, with the pointwise confidence band of the mean."""
    import pandas as pd
    from scipy import stats

    grid = np.linspace(x.min(), x.max(), 41)
    fit = terms["intercept"] + terms["slope"] * grid
    residual = y - terms["intercept"] - terms["slope"] * x
    variance = (residual**2).sum() / (len(x) - 2)
    error = np.sqrt(variance * (1 / len(x) + (grid - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()))
    reach = stats.t.ppf((1 + level) / 2, len(x) - 2) * error
    return pd.DataFrame({"x": grid, "fit": fit, "ci_lower": fit - reach, "ci_upper": fit + reach})


def _line(x: NDArray, y: NDArray, level: float) -> tuple[pd.DataFrame, float]:
    import pandas as pd
    from scipy import stats

    fit = stats.linregress(x, y)
    df = len(x) - 2
    reach = stats.t.ppf((1 + level) / 2, df)
    rows = {}
    for name, estimate, error in (
        ("intercept", fit.intercept, fit.intercept_stderr),
        ("slope", fit.slope, fit.stderr),
    ):
        rows[name] = {
            "estimate": estimate,
            "se": error,
            "ci_lower": estimate - reach * error,
            "ci_upper": estimate + reach * error,
            "pvalue": 2 * stats.t.sf(abs(estimate / error), df) if error > 0 else math.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("term"), float(fit.rvalue)
