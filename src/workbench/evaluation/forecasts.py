"""Forecasts of an indicator from its past, held against the naive one that nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import column, door, need_columns, optional, share, table, usable
from workbench.errors import DataError, Fault
from workbench.regression.coefficients import numeric_rows
from workbench.regression.panel import check_pairs
from workbench.regression.robust_errors import few_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_PAIRS = 12  # past steps that a forecast is learnt from
CLUSTERS = 10  # units from which errors are told by unit; below, by period
METHODS = ("naive", "forecast")
_COLUMNS = [f"{name}{end}" for name in METHODS for end in ("", "_lower", "_upper")]


@dataclass(frozen=True)
class Forecasts:
    """One-step forecasts by rolling origin.

    ``steps``: unit, period (that is forecast), actual, and of naive and forecast the value, lower and upper.
    ``accuracy``: method -> mae, rmse, coverage, width. ``difference``: mean absolute error of the forecast
    less that of the naive one: estimate, se, ci_lower, ci_upper, and share (of the naive error). ``weights``:
    origin and learnt_from -> intercept, last value, mean so far. ``errors``: in words.
    """

    outcome: str
    steps: pd.DataFrame
    accuracy: pd.DataFrame
    difference: pd.Series
    weights: pd.DataFrame
    errors: str
    units: int
    level: float
    warnings: tuple[str, ...]


@door(data=table, outcome=column, unit=column, period=column, apart=optional(column), level=share)
def rolling_forecasts(
    data: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    period: str,
    apart: str | None = None,
    level: float = 0.95,
) -> Forecasts:
    """Forecast every unit's next value from the past of all, again and again as time goes on.

    Parameters
    ----------
    data : one row for each unit and period; one unit alone is a series.
    outcome : the indicator. unit, period : columns; each pair occurs once. Units that lack a period are left
        out.
    apart : column known when the forecast is made (such as whether a firm has adopted); units that differ in
        it learn from their like alone, where these have enough earlier steps.
    level : of the intervals.

    Returns
    -------
    Forecasts

    Raises
    ------
    DataError : too few periods or units to learn from, or values that do not vary.

    Notes
    -----
    At origin t only what was known by then is used: every earlier step s → s + 1 ≤ t of every unit,
    y(s+1) = a + b·y(s) + c·(mean of y up to s), by least squares; the naive forecast is y(t) itself. An
    interval takes the quantiles of the errors that the method made in those earlier steps. The error of the
    difference is told by units (at least ten), whose errors over time belong together; or, with fewer, by
    periods, whose errors over units do (Diebold & Mariano 1995, with t and periods - 1 degrees of freedom).

    R: ``lm(y_next ~ y + mean_so_far, subset = t < origin)`` by origin; for one series
    ``forecast::dm.test(e1, e2, h = 1, power = 1)`` without its small-sample factor.

    Examples
    --------
    >>> from workbench.datasets import open_dataset
    >>> from workbench.evaluation import forecasts
    >>> panel = open_dataset("firm_panel").responses
    >>> found = forecasts.rolling_forecasts(panel, "satisfaction", unit="firm", period="period")
    >>> found.accuracy["mae"].round(3).to_dict()
    {'naive': 0.129, 'forecast': 0.12}
    """
    y, groups, lost = _wide(data, outcome, unit, period, apart)
    values = y.to_numpy()
    n, periods = values.shape
    first = next((t for t in range(2, periods - 1) if n * t >= LEAST_PAIRS), None)
    if first is None:
        raise DataError(
            Fault(
                f"{n:,} units over {periods:,} periods are too few to learn a forecast and to try it out",
                column=period,
                fix=f"At least four periods and {LEAST_PAIRS} earlier steps over all units are needed.",
            )
        )
    means = np.cumsum(values, axis=1) / np.arange(1, periods + 1)
    steps: list[pd.DataFrame] = []
    weights: dict[tuple[Any, object], NDArray] = {}
    for t in range(first, periods - 1):
        made, learnt = _origin(values, means, groups, t, level)
        steps.append(made.assign(unit=y.index, period=y.columns[t + 1], actual=values[:, t + 1]))
        weights |= {(y.columns[t], group): b for group, b in learnt.items()}
    made = pd.concat(steps, ignore_index=True)
    difference, errors = _difference(made, level)
    index = pd.MultiIndex.from_tuples(list(weights), names=["origin", "learnt_from"])
    columns = ["intercept", "last value", "mean so far"]
    return Forecasts(
        outcome,
        made,
        _accuracy(made),
        difference,
        pd.DataFrame(list(weights.values()), index=index, columns=columns),
        errors,
        n,
        level,
        tuple(lost + (few_clusters(n) if n >= CLUSTERS else [])),
    )


def _wide(
    data: pd.DataFrame, outcome: str, unit: str, period: str, apart: str | None
) -> tuple[pd.DataFrame, NDArray | None, list[str]]:
    """Values by unit and period, the group of each of them, and what was left out."""
    used = [unit, period, outcome, *([apart] if apart is not None else [])]
    need_columns(data, used)
    rows = usable(data[list(dict.fromkeys(used))]).dropna()
    numeric_rows(rows, [outcome])
    check_pairs(rows, unit, period)
    wide = rows.pivot(index=unit, columns=period, values=outcome).sort_index(axis=1)
    whole = wide.dropna()
    if whole.empty:
        fix = "Leave out periods that few units have."
        raise DataError(Fault("no unit is observed in every period", column=unit, fix=fix))
    if np.ptp(whole.to_numpy(float)) == 0:
        raise DataError(Fault("does not vary", column=outcome))
    lost = len(wide) - len(whole)
    said = [f"{lost:,} of {len(wide):,} units left out: they lack a period."] if lost else []
    if apart is None:
        return whole.astype(float), None, said
    groups = rows.pivot(index=unit, columns=period, values=apart)
    return whole.astype(float), groups.loc[whole.index, whole.columns].to_numpy(), said


def _origin(
    y: NDArray, means: NDArray, groups: NDArray | None, t: int, level: float
) -> tuple[pd.DataFrame, dict[object, NDArray]]:
    """The forecasts made at one origin with their intervals, and the weights that were learnt by then."""
    known = np.column_stack([np.ones(y[:, :t].size), y[:, :t].ravel(), means[:, :t].ravel()])
    now = np.column_stack([np.ones(len(y)), y[:, t], means[:, t]])
    following = y[:, 1 : t + 1].ravel()
    parts: dict[object, tuple[NDArray, NDArray]] = {"all": (np.ones(len(known), bool), np.ones(len(y), bool))}
    if groups is not None:
        for group in pd.unique(groups[:, t]):
            past = (groups[:, :t] == group).ravel()
            if past.sum() >= LEAST_PAIRS:
                parts[group] = (past, groups[:, t] == group)
    made = pd.DataFrame(index=range(len(y)), columns=_COLUMNS, dtype=float)
    learnt = {}
    for group, (past, here) in parts.items():
        if (
            group == "all"
            and len(parts) > 1
            and np.any([other for _, other in list(parts.values())[1:]], axis=0).all()
        ):
            continue  # nobody is left who has to learn from all
        b = learnt[group] = np.linalg.lstsq(known[past], following[past], rcond=None)[0]
        values = {"naive": now[:, 1], "forecast": now @ b}
        errors = {"naive": following - known[:, 1], "forecast": following - known @ b}
        for name in METHODS:
            low, high = np.quantile(errors[name][past], [(1 - level) / 2, (1 + level) / 2])
            value = values[name][here]
            made.loc[here, [name, f"{name}_lower", f"{name}_upper"]] = np.column_stack(
                [value, value + low, value + high]
            )
    return made, learnt


def _accuracy(made: pd.DataFrame) -> pd.DataFrame:
    rows = {}
    for name in METHODS:
        error, low, high = made["actual"] - made[name], made[f"{name}_lower"], made[f"{name}_upper"]
        rows[name] = (
            error.abs().mean(),
            float(np.sqrt((error**2).mean())),
            made["actual"].between(low, high).mean(),
            (high - low).mean(),
        )
    columns = ["mae", "rmse", "coverage", "width"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


def _difference(made: pd.DataFrame, level: float) -> tuple[pd.Series, str]:
    """How much smaller the absolute error is, with its interval."""
    from scipy import stats

    gap = (made["actual"] - made["forecast"]).abs() - (made["actual"] - made["naive"]).abs()
    by = "unit" if made["unit"].nunique() >= CLUSTERS else "period"
    groups = gap.groupby(made[by]).mean()
    count, naive = len(groups), float((made["actual"] - made["naive"]).abs().mean())
    if count < 2:
        raise DataError("one forecast alone has no error: give more periods")
    se = float(groups.std(ddof=1)) / np.sqrt(count)
    half = float(stats.t.ppf(0.5 + level / 2, count - 1)) * se
    mean = float(groups.mean())
    found = {"estimate": mean, "se": se, "ci_lower": mean - half, "ci_upper": mean + half}
    return pd.Series(
        {**found, "share": mean / naive if naive else float("nan")}
    ), f"by {by}, {count:,} of them"
