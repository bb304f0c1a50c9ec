"""Two arms to which chance assigned: the difference of their rates or means, and what it could have found.

Whether chance assigned is not in the numbers, and nothing here can check it but one sign: arms of sizes that
chance would hardly make (a mismatch of the sample ratio) say that something else had a hand in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import column, door, need_columns, optional, share, table, usable
from workbench.errors import DataError, Fault, SpecificationError
from workbench.normal_quantiles import POWER_80
from workbench.regression.coefficients import numeric_rows
from workbench.regression.robust_errors import few_clusters

if TYPE_CHECKING:
    from collections.abc import Callable

MISMATCH = 0.001  # p below which the sizes of arms are called no accident
FARTHEST = 700.0  # half of an interval of logs beyond which its end is no number
FEWEST = 2  # observations, or clusters, in an arm


@dataclass(frozen=True)
class ArmComparison:
    """Two arms and their difference, treatment less control.

    ``arms``: n, value (rate or mean), sd; of clustered means also clusters.
    ``difference``: estimate, se, df, pvalue, ci_lower, ci_upper.
    ``ratio``: treatment over control less 1, with ci_lower and ci_upper by the log (NaN where a mean is not
    above 0). ``smallest``: the difference that this design finds with power .80 at a two-sided test of
    1 - level. ``sizes_pvalue``: of arms of equal size. ``clusters``: 0 without them. ``method``: in words.
    """

    outcome: str
    arms: pd.DataFrame
    difference: pd.Series
    ratio: pd.Series
    smallest: float
    sizes_pvalue: float
    clusters: int
    method: str
    level: float
    warnings: tuple[str, ...]


def _pair(name: str, value: Any) -> tuple[str, str]:
    """Two columns: events and trials."""
    if not isinstance(value, (tuple, list)) or len(value) != 2 or any(not isinstance(x, str) for x in value):
        raise SpecificationError(
            f"{name}: the columns of events and of trials are needed, as in {name}=('bought', 'shown')"
        )
    return value[0], value[1]


@door(data=table, control=_pair, treatment=_pair, cluster=optional(column), level=share)
def compare_rates(
    data: pd.DataFrame,
    *,
    control: tuple[str, str],
    treatment: tuple[str, str],
    cluster: str | None = None,
    level: float = 0.95,
) -> ArmComparison:
    """Difference of two rates from counts of events and trials.

    Parameters
    ----------
    data : rows with both arms' counts, one for each site, firm or day.
    control, treatment : columns of events and of trials.
    cluster : column of what the trials share (a firm); errors are then clustered. Without it trials count as
        independent.
    level : of the intervals.

    Returns
    -------
    ArmComparison

    Raises
    ------
    DataError : counts that are no whole numbers of zero or more, more events than trials, an empty arm.

    Notes
    -----
    Independent trials: Newcombe's hybrid of two Wilson intervals (1998, method 10) and the score test.
    Clusters: d = Σy₁/Σn₁ - Σy₀/Σn₀ with each cluster's influence u = (y₁ - p₁n₁)/Σn₁ - (y₀ - p₀n₀)/Σn₀,
    variance G/(G-1) Σu², and t with G - 1 degrees of freedom.

    R: ``DescTools::BinomDiffCI(..., method = "score")``; with clusters ``survey::svyratio`` by arm in
    ``svydesign(~cluster)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation import two_arms
    >>> counts = pd.DataFrame({"a": [56], "a_of": [70], "b": [48], "b_of": [80]})
    >>> found = two_arms.compare_rates(counts, control=("b", "b_of"), treatment=("a", "a_of"))
    >>> found.difference[["estimate", "ci_lower", "ci_upper"]].round(4).tolist()
    [0.2, 0.0524, 0.3339]
    """
    columns = [*control, *treatment]
    kept = data
    if cluster is not None:
        need_columns(data, [cluster])
        kept = data[usable(data[[cluster]])[cluster].notna()]
    rows = numeric_rows(kept, list(dict.fromkeys(columns)))
    _check_counts(rows, control, treatment)
    (y0, n0), (y1, n1) = ((rows[a].to_numpy(), rows[b].to_numpy()) for a, b in (control, treatment))
    totals = np.array([[y0.sum(), n0.sum()], [y1.sum(), n1.sum()]])
    if (totals[:, 1] == 0).any():
        raise DataError("an arm has no trials: there is nothing to compare")
    p0, p1 = totals[:, 0] / totals[:, 1]
    arms = _arms(totals[:, 1], [p0, p1], [math.sqrt(p * (1 - p)) for p in (p0, p1)])
    lost = _lost(len(data), len(rows))
    if cluster is not None:
        codes, names = pd.factorize(kept.loc[rows.index, cluster])
        influence = (y1 - p1 * n1) / totals[1, 1] - (y0 - p0 * n0) / totals[0, 1]
        logs = (
            (y1 - p1 * n1) / totals[1, 0] - (y0 - p0 * n0) / totals[0, 0]
            if totals[:, 0].all()
            else influence * np.nan
        )
        return _clustered(
            f"{treatment[0]} of {treatment[1]}", arms, codes, len(names), influence, logs, level, lost
        )
    from statsmodels.stats import proportion

    counts = (*totals[1], *totals[0])
    low, high = proportion.confint_proportions_2indep(
        *counts, method="newcomb", compare="diff", alpha=1 - level
    )
    test = proportion.test_proportions_2indep(*counts, method="score", compare="diff", return_results=True)
    se = math.sqrt(sum(p * (1 - p) / n for p, n in ((p0, totals[0, 1]), (p1, totals[1, 1]))))
    ratio = (math.nan,) * 3
    if totals[:, 0].all():
        bounds = proportion.confint_proportions_2indep(
            *counts, method="log", compare="ratio", alpha=1 - level
        )
        ratio = (p1 / p0 - 1, bounds[0] - 1, bounds[1] - 1)
    return ArmComparison(
        f"{treatment[0]} of {treatment[1]}",
        arms,
        _difference(p1 - p0, se, math.inf, float(test.pvalue), low, high),
        _ratio(ratio),
        _smallest(se, level),
        _sizes(totals[:, 1]),
        0,
        "independent trials; Newcombe's interval and the score test",
        level,
        tuple(lost + _mismatch(_sizes(totals[:, 1]))),
    )


@door(data=table, outcome=column, arm=column, control=optional(column), cluster=optional(column), level=share)
def compare_means(
    data: pd.DataFrame,
    outcome: str,
    *,
    arm: str,
    control: str | None = None,
    cluster: str | None = None,
    level: float = 0.95,
) -> ArmComparison:
    """Difference of two means, one row for each unit that was assigned.

    Parameters
    ----------
    data : one row for each unit. outcome : numbers; 0 and 1 make it a rate. arm : two levels.
    control : the level to compare with; the one that comes first in order without it (0 before 1).
    cluster : column of what was assigned together (a class, a shop), or of who has several rows.
    level : of the intervals.

    Returns
    -------
    ArmComparison

    Raises
    ------
    DataError : other than two arms, fewer than two units in one, an outcome that does not vary.

    Notes
    -----
    Without clusters Welch's t with its degrees of freedom; R: ``t.test(y ~ arm)``. With clusters the
    difference of means with each cluster's summed influence, G/(G-1) and t with G - 1 degrees of freedom;
    R: ``sandwich::vcovCL(lm(y ~ arm), ~cluster, type = "HC0", cadjust = TRUE)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation import two_arms
    >>> data = pd.DataFrame({"asked": [0, 0, 0, 1, 1, 1], "missing": [1, 2, 3, 3, 4, 6]})
    >>> found = two_arms.compare_means(data, "missing", arm="asked")
    >>> found.difference[["estimate", "ci_lower", "ci_upper"]].round(2).tolist()
    [2.33, -0.79, 5.45]
    """
    from scipy import stats

    used = list(dict.fromkeys([outcome, arm, *([cluster] if cluster is not None else [])]))
    need_columns(data, used)
    rows = usable(data[used]).dropna()
    numeric_rows(rows, [outcome])
    levels = sorted(rows[arm].unique(), key=lambda value: (isinstance(value, str), value))
    if len(levels) != 2:
        shown = ", ".join(map(_named, levels[:5])) or "none"
        raise DataError(
            Fault(
                f"two arms are compared; it has {len(levels)}: {shown}",
                column=arm,
                fix="Keep the rows of two arms.",
            )
        )
    if control is not None:
        known = [_named(value) for value in levels]
        if control not in known:
            raise SpecificationError(
                Fault(f"no arm is called {control!r}", column=arm, fix=f"Arms: {', '.join(known)}")
            )
        levels = levels if known[0] == control else levels[::-1]
    parts = [rows.loc[rows[arm] == value, outcome].to_numpy(float) for value in levels]
    if min(map(len, parts)) < FEWEST:
        raise DataError(Fault(f"an arm has fewer than {FEWEST} units", column=arm, fix="Ask more."))
    if all(np.ptp(part) == 0 for part in parts):
        raise DataError(
            Fault("does not vary inside the arms, so the difference has no error", column=outcome)
        )
    means, sds = [part.mean() for part in parts], [part.std(ddof=1) for part in parts]
    sizes = np.array([len(part) for part in parts], float)
    arms = _arms(sizes, means, sds, [_named(value) for value in levels])
    lost = _lost(len(data), len(rows))
    if cluster is not None:
        codes, names = pd.factorize(rows[cluster])
        arms["clusters"] = [rows.loc[rows[arm] == value, cluster].nunique() for value in levels]
        if arms["clusters"].min() < FEWEST:
            what = f"an arm has fewer than {FEWEST} of {cluster}, by which errors are clustered"
            raise DataError(Fault(what, column=arm, fix="Ask more."))
        second = (rows[arm] == levels[1]).to_numpy()
        y = rows[outcome].to_numpy(float)
        influence = np.where(second, (y - means[1]) / sizes[1], -(y - means[0]) / sizes[0])
        logs = (
            np.where(second, influence / means[1], influence / means[0])
            if min(means) > 0
            else influence * np.nan
        )
        return _clustered(outcome, arms, codes, len(names), influence, logs, level, lost)
    test = stats.ttest_ind(parts[1], parts[0], equal_var=False)
    low, high = test.confidence_interval(level)
    se = math.sqrt(sum(sd**2 / n for sd, n in zip(sds, sizes, strict=True)))
    ratio: tuple[float, float, float] = (math.nan,) * 3
    if min(means) > 0:
        logged = math.sqrt(sum((sd / mean) ** 2 / n for sd, mean, n in zip(sds, means, sizes, strict=True)))
        ratio = _by_log(means[1] / means[0], logged, lambda q: stats.t.ppf(q, test.df), level)
    return ArmComparison(
        outcome,
        arms,
        _difference(means[1] - means[0], se, float(test.df), float(test.pvalue), low, high),
        _ratio(ratio),
        _smallest(se, level),
        _sizes(sizes),
        0,
        "Welch's t",
        level,
        tuple(lost + _mismatch(_sizes(sizes))),
    )


def _clustered(
    outcome: str,
    arms: pd.DataFrame,
    codes: np.ndarray,
    count: int,
    influence: np.ndarray,
    logs: np.ndarray,
    level: float,
    warnings: list[str],
) -> ArmComparison:
    """The comparison with errors of clusters, from the influence of every row on difference and log ratio."""
    from scipy import stats

    if count < FEWEST:
        raise DataError(f"{count} cluster: clustered errors need at least {FEWEST}")
    factor = count / (count - 1)
    se, logged = (math.sqrt(factor * (np.bincount(codes, one) ** 2).sum()) for one in (influence, logs))
    if se == 0:
        raise DataError("the arms do not vary, so the difference has no error")
    law = stats.t(count - 1)
    control, treatment = arms["value"]
    gap = treatment - control
    half = law.ppf(0.5 + level / 2) * se
    ratio = (math.nan,) * 3 if math.isnan(logged) else _by_log(treatment / control, logged, law.ppf, level)
    nested = "clusters" in arms and arms["clusters"].sum() == count  # clusters went to the arms, not rows
    sizes = _sizes(arms["clusters" if nested else "n"].to_numpy(float))
    return ArmComparison(
        outcome,
        arms,
        _difference(gap, se, count - 1.0, float(2 * law.sf(abs(gap) / se)), gap - half, gap + half),
        _ratio(ratio),
        _smallest(se, level),
        sizes,
        count,
        f"errors clustered ({count:,} clusters), t with {count - 1:,} degrees of freedom",
        level,
        tuple(warnings + few_clusters(count) + _mismatch(sizes)),
    )


def _check_counts(rows: pd.DataFrame, *arms: tuple[str, str]) -> None:
    faults = []
    for events, trials in arms:
        for name in (events, trials):
            odd = (rows[name] < 0) | (rows[name] % 1 != 0)
            if odd.any():
                place, value = odd.idxmax(), rows[name][odd].iloc[0]
                faults.append(
                    Fault(
                        "no count",
                        row=_row(place),
                        column=name,
                        value=value,
                        fix="Give whole numbers of zero or more.",
                    )
                )
        more = rows[events] > rows[trials]
        if more.any():
            faults.append(
                Fault(
                    f"more than {trials}",
                    row=_row(more.idxmax()),
                    column=events,
                    value=rows[events][more].iloc[0],
                    fix="Check the counts of this row.",
                )
            )
    if faults:
        raise DataError(faults)


def _named(level: Any) -> str:
    """A level as it is written: 1 for 1.0."""
    return f"{level:g}" if isinstance(level, (float, np.floating)) else str(level)


def _row(place: Any) -> int | None:
    return int(place) + 2 if isinstance(place, (int, np.integer)) else None


def _arms(
    n: np.ndarray, values: list[float], sds: list[float], names: list[str] | None = None
) -> pd.DataFrame:
    index = pd.Index(names or ["control", "treatment"], name="arm")
    return pd.DataFrame({"n": np.asarray(n, int), "value": values, "sd": sds}, index=index)


def _difference(gap: float, se: float, df: float, pvalue: float, low: float, high: float) -> pd.Series:
    return pd.Series(
        {"estimate": gap, "se": se, "df": df, "pvalue": pvalue, "ci_lower": low, "ci_upper": high},
        dtype=float,
    )


def _ratio(values: tuple[float, float, float]) -> pd.Series:
    return pd.Series(values, index=["estimate", "ci_lower", "ci_upper"], dtype=float)


def _by_log(
    ratio: float, se: float, quantile: Callable[[float], float], level: float
) -> tuple[float, float, float]:
    half = float(quantile(0.5 + level / 2)) * se
    above = ratio * math.exp(half) if half < FARTHEST else math.inf
    return ratio - 1, ratio * math.exp(-half) - 1, above - 1


def _smallest(se: float, level: float) -> float:
    from scipy import stats

    return float((stats.norm.ppf(0.5 + level / 2) + POWER_80) * se)


def _sizes(n: np.ndarray) -> float:
    """p of the sizes of two arms if each unit had gone to either by the toss of a coin."""
    from scipy import stats

    return float(stats.binomtest(int(n[0]), int(n.sum())).pvalue)


def _mismatch(pvalue: float) -> list[str]:
    if pvalue >= MISMATCH:
        return []
    return [
        "The arms' sizes differ by more than even chance makes: unless shares other than one half were "
        "meant, something else had a hand in who came into which arm or who was counted."
    ]


def _lost(all_rows: int, kept: int) -> list[str]:
    lost = all_rows - kept
    return [f"{lost:,} of {all_rows:,} rows left out: a value is missing."] if lost else []
