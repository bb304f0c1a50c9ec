"""Before and after, without a control group: paired tests and effect sizes.

What such pairs cannot show - what would have happened anyway - no test here repairs; the warnings say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.doors import door, number, optional, series, share, whole
from workbench.errors import DataError, SpecificationError
from workbench.evaluation.pairs import MIN_PAIRS, paired

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ENUMERATED = 20  # up to 2**20 sign flips are all visited; beyond, they are drawn


@dataclass(frozen=True)
class Comparison:
    """Pairs before and after, tests of no change, and effect sizes with intervals.

    ``pairs``: one row for each pair (before, after, gain, relative_gain and, with a maximum, room_closed);
    ``tests``: statistic, df, pvalue by test; ``effects``: estimate, ci_lower, ci_upper by measure;
    ``baseline``: how the gains lean on the level before.
    """

    pairs: pd.DataFrame
    tests: pd.DataFrame
    effects: pd.DataFrame
    baseline: pd.DataFrame
    n: int
    level: float
    warnings: tuple[str, ...]


@door(before=series, after=series, maximum=optional(number), level=share, seed=whole(0), draws=whole(1))
def compare(
    before: pd.Series,
    after: pd.Series,
    *,
    maximum: float | None = None,
    level: float = 0.95,
    seed: int = 1,
    draws: int = 100_000,
) -> Comparison:
    """Compare two measurements of the same units.

    Parameters
    ----------
    before, after : Series in the same unit and with the same index; pairs with a missing value are left out
        and counted in the warnings.
    maximum : the scale's upper end (100 for per cent), for the share of the room above that was closed.
    level : confidence level of the intervals.
    seed, draws : of the sign flips, used beyond 20 pairs; up to there all 2^n are visited.

    Returns
    -------
    Comparison : tests are the paired t, Wilcoxon's signed ranks (exact also with ties, up to 20 pairs) and
        the sign-flip permutation of the mean gain. Effects are the mean gain, the gain relative to the level
        before (geometric mean of after / before, less 1), Hedges' g_av and d_z.

    Raises
    ------
    DataError : fewer than three pairs, text, or gains that are all the same.

    Notes
    -----
    d_av = mean gain / sqrt((s_before^2 + s_after^2) / 2) and g_av = J d_av with J = Γ(m/2) / (sqrt(m/2)
    Γ((m-1)/2)), m = n - 1 (Cumming 2012; Hedges 1981). d_z = mean gain / s_gain: it grows with the
    correlation of before and after, so it tells how consistent a change is, not how large. Intervals turn the
    limits of the noncentrality of t (exact for d_z; for d_av the approximation of Algina and Keselman 2003).
    R: ``t.test(after, before, paired = TRUE)``; the limits as in :func:`noncentrality_interval`.

    Examples
    --------
    >>> from workbench.datasets import open_dataset
    >>> from workbench.evaluation import before_after
    >>> firms = open_dataset("ten_firms").responses
    >>> found = before_after.compare(firms["satisfaction_before"], firms["satisfaction_after"], maximum=100)
    >>> found.effects.loc["mean gain", ["estimate", "ci_lower", "ci_upper"]].round(1).tolist()
    [21.5, 19.8, 23.2]
    """
    import pandas as pd
    from scipy import stats

    pairs, left_out = paired(before, after)
    start, end = pairs["before"].to_numpy(), pairs["after"].to_numpy()
    gain = end - start
    n, mean, spread = len(gain), float(gain.mean()), float(gain.std(ddof=1))
    if spread <= 1e-12 * max(1.0, float(np.abs(pairs.to_numpy()).max())):
        raise DataError(f"all {n} gains are {mean:g}: without spread no test or interval can be had")
    warnings = list(left_out)

    t, margin = mean / (spread / math.sqrt(n)), stats.t.ppf((1 + level) / 2, n - 1) * spread / math.sqrt(n)
    rank_statistic, rank_p, rank_note = _signed_ranks(gain)
    flip_p, flip_note = _sign_flips(gain, seed, draws)
    warnings += rank_note + flip_note
    tests = pd.DataFrame(
        {
            "statistic": [t, rank_statistic, mean],
            "df": [n - 1.0, math.nan, math.nan],
            "pvalue": [2 * stats.t.sf(abs(t), n - 1), rank_p, flip_p],
        },
        index=pd.Index(["paired t", "Wilcoxon signed ranks", "sign-flip permutation"], name="test"),
    )

    average = math.sqrt((start.var(ddof=1) + end.var(ddof=1)) / 2)
    noncentral = noncentrality_interval(t, n - 1, level)
    correction = small_sample_correction(n - 1)
    effects: dict[str, tuple[float, ...]] = {"mean gain": (mean, mean - margin, mean + margin)}
    relative, relative_note = _relative(start, end, level)
    effects |= relative
    if average > 0:
        scale = correction * spread / (math.sqrt(n) * average)
        effects["Hedges' g_av"] = (scale * t, *(scale * limit for limit in noncentral))
    effects["d_z"] = (t / math.sqrt(n), *(limit / math.sqrt(n) for limit in noncentral))
    warnings += relative_note

    table = pairs.assign(gain=gain)
    if "relative gain" in effects:
        table["relative_gain"] = gain / start
    if maximum is not None:
        if max(start.max(), end.max()) > maximum:
            raise SpecificationError(
                f"maximum {maximum:g} is below the largest value {max(start.max(), end.max()):g}"
            )
        with np.errstate(invalid="ignore", divide="ignore"):
            table["room_closed"] = np.where(start < maximum, gain / (maximum - start), math.nan)
    warnings.append(
        "No control group: the change holds whatever else happened between the two measurements, "
        "and units chosen because they were low would have risen by regression to the mean."
    )
    return Comparison(
        pairs=table,
        tests=tests,
        effects=pd.DataFrame.from_dict(
            effects, orient="index", columns=["estimate", "ci_lower", "ci_upper"]
        ).rename_axis("effect"),
        baseline=_baseline(start, end, level),
        n=n,
        level=level,
        warnings=tuple(warnings),
    )


@door(df=number)
def small_sample_correction(df: float) -> float:
    """Hedges' exact factor J(m) against the bias of a standardized mean difference with m degrees of freedom.

    J = Γ(m/2) / (sqrt(m/2) Γ((m-1)/2)) (Hedges 1981).
    R: ``exp(lgamma(m/2) - log(sqrt(m/2)) - lgamma((m-1)/2))``.

    Parameters
    ----------
    df : degrees of freedom m, above 1.

    Examples
    --------
    >>> from workbench.evaluation import before_after
    >>> round(before_after.small_sample_correction(9), 4)
    0.9139
    """
    if df <= 1:
        raise SpecificationError(f"df={df:g}: more than one degree of freedom is needed")
    return math.exp(math.lgamma(df / 2) - 0.5 * math.log(df / 2) - math.lgamma((df - 1) / 2))


@door(t=number, df=number, level=share)
def noncentrality_interval(t: float, df: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of the noncentrality for which an observed t is at the edge of what is expected (Steiger 2004).

    R: ``uniroot(function(ncp) pt(t, df, ncp) - (1 + level) / 2, c(0, 2 * t))$root`` and its mirror, where ncp
    stays below 37.62; beyond, R's ``pt`` is not accurate and the noncentral t must be integrated.

    Parameters
    ----------
    t : observed statistic.
    df : its degrees of freedom.
    level : confidence of the interval.

    Examples
    --------
    >>> from workbench.evaluation import before_after
    >>> low, high = before_after.noncentrality_interval(2.5, 20)
    >>> round(low, 2), round(high, 2)
    (0.37, 4.58)
    """
    from scipy import optimize, stats

    if df <= 0:
        raise SpecificationError(f"df={df:g}: degrees of freedom have to be above zero")
    if t < 0:  # by symmetry, and because SciPy's noncentral t fails far out on that side
        low, high = noncentrality_interval(-t, df, level)
        return -high, -low
    tail = (1 - level) / 2

    def limit(probability: float) -> float:
        def miss(ncp: float) -> float:
            found = stats.nct.cdf(t, df, ncp)
            if math.isnan(found):  # SciPy gives up far from t; there the normal curve steers well enough
                spread = math.sqrt(1 + t**2 / (2 * df))
                found = stats.norm.cdf((t * (1 - 1 / (4 * df)) - ncp) / spread)
            return found - probability

        return float(optimize.brentq(miss, -10, 10 + 5 * t, xtol=1e-10))

    return limit(1 - tail), limit(tail)


def _signed_ranks(gain: NDArray) -> tuple[float, float, list[str]]:
    """Wilcoxon's signed ranks; exact tables know no ties, so small samples visit every sign pattern."""
    from scipy import stats

    moved = gain[gain != 0]
    notes = []
    if len(moved) < len(gain):
        notes.append(f"Wilcoxon: {len(gain) - len(moved)} pairs without change were dropped.")
    if len(moved) == 0:
        return 0.0, 1.0, notes
    ranks = stats.rankdata(np.abs(moved))
    positive = float(ranks[moved > 0].sum())
    if len(moved) <= ENUMERATED:
        return positive, _all_flips(ranks, abs(2 * positive - ranks.sum())), notes
    return positive, float(stats.wilcoxon(moved, correction=True, method="approx").pvalue), notes


def _sign_flips(gain: NDArray, seed: int, draws: int) -> tuple[float, list[str]]:
    """Two-sided p of the mean gain when every gain may have had the other sign."""
    observed = abs(float(gain.sum()))
    if len(gain) <= ENUMERATED:
        return _all_flips(gain, observed), []
    rng = np.random.default_rng(seed)
    reached, done = 0, 0
    while done < draws:
        block = min(draws - done, 10_000)
        signs = rng.integers(0, 2, (block, len(gain)), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ gain) >= observed * (1 - 1e-12)).sum())
        done += block
    # The observed order counts as one of the draws, so that p is never 0 (Phipson and Smyth 2010).
    return (reached + 1) / (draws + 1), [
        f"Permutation: {draws:,} sign flips drawn (seed {seed}), not all 2^{len(gain)}."
    ]


def _all_flips(values: NDArray, observed: float) -> float:
    """Share of all 2^n sign patterns whose absolute sum reaches the observed one."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return float((np.abs(sums) >= observed - 1e-9 * np.abs(values).sum()).mean())


def _relative(
    start: NDArray, end: NDArray, level: float
) -> tuple[dict[str, tuple[float, float, float]], list[str]]:
    from scipy import stats

    if min(start.min(), end.min()) <= 0:
        return {}, ["No relative gain: it needs values above 0."]
    logs = np.log(end / start)
    margin = stats.t.ppf((1 + level) / 2, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs))
    limits = (logs.mean(), logs.mean() - margin, logs.mean() + margin)
    low, middle, high = sorted(math.expm1(limit) for limit in limits)
    return {"relative gain": (middle, low, high)}, []


def _baseline(start: NDArray, end: NDArray, level: float) -> pd.DataFrame:
    """Correlations that tell how gains lean on the level before.

    A gain correlates with its own start even if nothing but chance moves it; Oldham (1962) correlates it with
    the mean of both measurements instead, which is free of that.
    """
    import pandas as pd
    from scipy import stats

    gain = end - start
    looks = {"before with after": (start, end), "gain with before": (gain, start)}
    looks["gain with mean of both (Oldham)"] = (gain, (start + end) / 2)
    rows = {}
    for name, (first, second) in looks.items():
        if np.ptp(first) == 0 or np.ptp(second) == 0:
            continue
        found = stats.pearsonr(first, second)
        limits = found.confidence_interval(level) if len(gain) > MIN_PAIRS else (math.nan, math.nan)
        rows[name] = (found.statistic, *limits)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["r", "ci_lower", "ci_upper"]).rename_axis(
        "correlation"
    )
