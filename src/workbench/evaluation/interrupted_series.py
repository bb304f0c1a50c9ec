"""A series that something interrupts: its level and slope afterwards against those before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.doors import door, number, optional, series, share
from workbench.errors import DataError
from workbench.evaluation.pairs import paired

if TYPE_CHECKING:
    import pandas as pd

LEAST = 3  # points on either side, for a slope and what strays from it
FEW = 8  # points on either side below which a warning stands
LONG = 30  # points from which errors are taken as correlated (Newey and West)


@dataclass(frozen=True)
class InterruptedSeries:
    """A segmented regression of one series.

    ``coefficients``: level, slope, change of level, change of slope: estimate, se, pvalue, ci_lower,
    ci_upper. ``fitted``: observed, fitted, without (the line from before drawn on), by time. ``last``: the
    effect at the last point, observed line less line from before. ``autocorrelation``: of neighbouring
    residuals.
    ``errors``: in words.
    """

    coefficients: pd.DataFrame
    fitted: pd.DataFrame
    last: pd.Series
    autocorrelation: float
    errors: str
    level: float
    warnings: tuple[str, ...]


@door(values=series, start=number, control=optional(series), level=share)
def interrupted(
    values: pd.Series, start: float, *, control: pd.Series | None = None, level: float = 0.95
) -> InterruptedSeries:
    """Change of level and slope where a series is interrupted.

    Parameters
    ----------
    values : numbers by time, the index numbers that rise (periods).
    start : first time with what interrupts.
    control : a series of the same times that nothing interrupts; the difference is then analysed.
    level : of the intervals.

    Returns
    -------
    InterruptedSeries

    Raises
    ------
    DataError : times that are no rising numbers, fewer than three points on a side, values that do not vary.

    Notes
    -----
    y = b₀ + b₁t + b₂·after + b₃·(t - start)·after, t counted from ``start`` (Wagner et al. 2002). From 30
    points on the errors are those of Newey and West with floor(4 (n/100)^(2/9)) lags and n - 4 degrees of
    freedom; below, the usual ones, which are too small where neighbours are alike.

    R: ``lm(y ~ t + after + t:after)``, ``sandwich::NeweyWest(m, lag, prewhite = FALSE, adjust = TRUE)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation import interrupted_series
    >>> values = pd.Series([10, 11.2, 11.9, 13.1, 17, 18.1, 18.9, 20], index=range(1, 9))
    >>> found = interrupted_series.interrupted(values, start=5)
    >>> found.coefficients.loc["change of level", ["estimate", "ci_lower", "ci_upper"]].round(2).tolist()
    [2.98, 2.44, 3.52]
    """
    import pandas as pd
    import statsmodels.api as sm

    if control is not None:
        pairs, notes = paired(control, values, 2 * LEAST)
        kept, warnings = pairs["after"] - pairs["before"], notes
    else:
        pairs, notes = paired(values, values, 2 * LEAST)
        kept, warnings = pairs["after"], notes
    try:
        times = np.asarray(kept.index, float)
    except (TypeError, ValueError):
        raise DataError("the index of the series has to be numbers that rise: the periods") from None
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise DataError("the times of the series do not rise, or one stands twice")
    after = times >= start
    if min(after.sum(), (~after).sum()) < LEAST:
        raise DataError(
            f"{int((~after).sum())} points before {start:g} and {int(after.sum())} from there on; "
            f"at least {LEAST} are needed on either side"
        )
    y, t = kept.to_numpy(), times - start
    if np.ptp(y) == 0:
        raise DataError("the series does not vary")
    names = ["level", "slope", "change of level", "change of slope"]
    x = np.column_stack([np.ones(len(t)), t, after, t * after])
    model = sm.OLS(y, x)
    if len(y) >= LONG:
        lags = int(4 * (len(y) / 100) ** (2 / 9))
        fit = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
        errors = f"Newey and West, {lags} lags"
    else:
        fit, errors = model.fit(), "independent errors of equal variance"
    limits = fit.conf_int(alpha=1 - level)
    table = pd.DataFrame(
        {
            "estimate": fit.params,
            "se": fit.bse,
            "pvalue": fit.pvalues,
            "ci_lower": limits[:, 0],
            "ci_upper": limits[:, 1],
        },
        index=pd.Index(names, name="term"),
    )
    end = fit.t_test(np.array([0.0, 0.0, 1.0, t[-1]]))
    low, high = end.conf_int(alpha=1 - level)[0]
    last = pd.Series(
        {"estimate": float(end.effect[0]), "se": float(end.sd[0, 0]), "ci_lower": low, "ci_upper": high}
    )
    residuals = y - fit.fittedvalues
    spread = float(residuals @ residuals)
    alike = float(residuals[1:] @ residuals[:-1]) / spread if spread > 1e-20 * float(y @ y) else float("nan")
    if min(after.sum(), (~after).sum()) < FEW:
        warnings.append(
            f"{int((~after).sum())} points before and {int(after.sum())} after: a slope from so few "
            f"is a guess, "
            "and whether neighbours are alike cannot be told."
        )
    if control is None:
        warnings.append("No control series: whatever else happened at that time is in the change.")
    fitted = pd.DataFrame(
        {"observed": y, "fitted": fit.fittedvalues, "without": x[:, :2] @ fit.params[:2]}, index=kept.index
    )
    return InterruptedSeries(table, fitted, last, alike, errors, level, tuple(warnings))
