"""Where the usual marks for CFI, RMSEA and SRMR lie for one model: dynamic cut-offs, and T-size of a fit.

What a mark can tell depends on the model: the same fault shows in one and hardly in another. So samples are
drawn from the model itself and from populations in which it is wrong by a stated amount, and the cut-off is
what tells the two apart (McNeish & Wolf 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.normal_samples import Samples, fitted, in_population, normal
from workbench.sem.planning import population_covariance

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

# Measure -> whether higher is better, and the usual mark (Hu & Bentler 1999).
MARKS: Mapping[str, tuple[bool, float]] = {"cfi": (True, 0.95), "rmsea": (False, 0.06), "srmr": (False, 0.08)}
STRICT, LENIENT = 0.05, 0.10


@dataclass(frozen=True)
class Cutoffs:
    """Cut-offs of one model at one n.

    ``table``: (misspecification, measure) -> cutoff (NaN: none tells them apart), level (share of true models
    that it rejects at most, and of wrong ones that it misses), usual mark, true_rejected and wrong_passed (by
    the usual mark), true_median, wrong_median, population (the measure in the wrong population itself).
    ``draws_of``: name ("true" or a misspecification) -> DataFrame of the draws, a column for each measure.
    """

    table: pd.DataFrame
    draws_of: Mapping[str, pd.DataFrame]
    n: int
    draws: int
    seed: int


def cutoffs(
    model: str,
    population: str,
    wrong: Mapping[str, str],
    n: int,
    *,
    draws: int = 500,
    seed: int = 1,
    standardized: bool = True,
    jobs: int | None = None,
) -> Cutoffs:
    """Cut-offs for CFI, RMSEA and SRMR of one model, by simulation.

    Parameters
    ----------
    model : what is fitted, lavaan syntax.
    population : in which it holds, a number before every variable, as in `plan`.
    wrong : name -> a population in which it does not.
    n : respondents.
    draws : samples of each population.
    seed : same seed, same result.
    standardized : as in `plan`.
    jobs : workers; None: the cores.

    Notes
    -----
    A cut-off is the value that only 5 % of the wrong samples reach (the 95th percentile of their CFI, the 5th
    of their RMSEA and SRMR), if the true model reaches it in 95 % of its samples; else the same with 10 % and
    90 %; else there is none. It misses the fault in one sample of twenty, and rejects no more true models.

    Raises
    ------
    SpecificationError : as `plan`; no wrong population.

    Source: McNeish & Wolf (2023), Psychological Methods 28, 61-88. R: ``dynamic::cfaHB``, whose populations
    are its own.

    Examples
    --------
    >>> from workbench import sem
    >>> model = "f =~ a + b + c + d + e"
    >>> true = "f =~ .7*a + .7*b + .7*c + .7*d + .7*e"
    >>> found = sem.cutoffs(model, true, {"pair": true + "\\na ~~ .3*b"}, 400, draws=300)
    >>> float(found.table.loc[("pair", "srmr"), "cutoff"].round(2))
    0.05
    """
    import pandas as pd

    n, draws = arguments.whole("n", n, 10), arguments.whole("draws", draws, 20)
    seed, jobs = arguments.whole("seed", seed, 0), arguments.optional_whole("jobs", jobs)
    if not wrong:
        raise SpecificationError("cutoffs: give at least one population in which the model is wrong")
    cov, names = population_covariance(population, standardized)
    truth = in_population(model, cov, names)
    if not truth.df:
        raise SpecificationError("cutoffs: a model without degrees of freedom fits everything")
    source = normal(truth, cov, names, n)
    made = {"true": _measured(fitted(truth, source, n, draws, [seed, 0], jobs=jobs), truth, n)}
    rows = {}
    for place, (name, text) in enumerate(wrong.items(), 1):
        other, own_names = population_covariance(text, standardized)
        if set(own_names) != set(names):
            raise SpecificationError(f"cutoffs: the population {name!r} has other variables")
        at = in_population(model, other, own_names)
        source = normal(at, other, own_names, n)
        made[name] = _measured(fitted(at, source, n, draws, [seed, place], jobs=jobs), at, n)
        for measure in MARKS:
            rows[name, measure] = _row(made["true"][measure], made[name][measure], measure, at)
    table = pd.DataFrame(rows).T.rename_axis(["wrong", "measure"])
    return Cutoffs(table, made, n, draws, seed)


def _row(true: pd.Series, wrong: pd.Series, measure: str, at: Fit) -> dict[str, float]:
    """One cut-off against the usual mark."""
    high, mark = MARKS[measure]
    sign = 1.0 if high else -1.0
    cutoff, level = np.nan, np.nan
    for share in (STRICT, LENIENT):
        limit = sign * np.quantile(sign * wrong, 1 - share)  # as good as only one wrong model in 1 / share is
        if (sign * true < sign * limit).mean() <= share:
            cutoff, level = float(limit), share
            break
    return {
        "cutoff": cutoff,
        "level": level,
        "mark": mark,
        "true_rejected": float((sign * true < sign * mark).mean()),
        "wrong_passed": float((sign * wrong >= sign * mark).mean()),
        "true_median": float(true.median()),
        "wrong_median": float(wrong.median()),
        "population": float(at.measures[measure]),
    }


def _measured(made: Samples, at: Fit, n: int) -> pd.DataFrame:
    """CFI, RMSEA and SRMR of each draw, by lavaan's formulas."""
    import pandas as pd

    observed = at.problem.model.observed
    excess = np.maximum(made.chisq - at.df, 0.0)
    base = np.maximum(made.baseline - observed * (observed - 1) / 2, excess)
    cfi = 1 - np.divide(excess, base, out=np.zeros_like(excess), where=excess > 1e-10)
    return pd.DataFrame({"cfi": cfi, "rmsea": np.sqrt(excess / (at.df * n)), "srmr": made.srmr})


@dataclass(frozen=True)
class TSize:
    """The worst misfit that a fit cannot rule out.

    ``rmsea``: at most so much, ``cfi``: at least so much in the population, with confidence ``level``.
    """

    rmsea: float
    cfi: float
    level: float


def t_size(fit: Fit, *, level: float = 0.95) -> TSize:
    r"""T-size RMSEA and CFI of an ML fit: equivalence testing of close fit.

    A test that does not reject a model proves little; this turns the question round. With δ the noncentrality
    at which a χ² as small as the one seen has probability α = 1 − level,

    .. math:: RMSEA_t = \sqrt{δ / (df\, N)}, \qquad CFI_t = 1 - δ' / \max(δ', δ_0)

    where δ' is taken at α/2 and δ_0 is the noncentrality of the baseline at 1 − α/2. With confidence
    ``level`` the population's RMSEA is not above the one and its CFI not below the other. RMSEA_t is the
    upper end of RMSEA's interval of 2·level − 1.

    Parameters
    ----------
    fit : by ML, converged.
    level : confidence.

    Raises
    ------
    SpecificationError : another estimator, a robust test, or no degrees of freedom.

    Source: Yuan, Chan, Marcoulides & Bentler (2016), Structural Equation Modeling 23, 319-330. R:
    noncentralities by ``uniroot`` on ``pchisq``, in ``tests/reference/r/sample_size.R``.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench import sem
    >>> r = np.array([[1, .5, .4, .4], [.5, 1, .4, .3], [.4, .4, 1, .5], [.4, .3, .5, 1]])
    >>> found = sem.t_size(sem.fit("f =~ a + b + c + d", sem.moments(r, 300, names=list("abcd"))))
    >>> round(found.rmsea, 2), round(found.cfi, 2)
    (0.25, 0.79)
    """
    level = arguments.share("level", level)
    problem = fit.problem
    if not problem.estimator.likelihood or problem.estimator.robust or not fit.converged:
        raise SpecificationError("t_size: it takes a converged fit by ML without a robust test")
    if not fit.df:
        raise SpecificationError("t_size: a model without degrees of freedom fits everything")
    base, base_df, _ = problem.baseline
    alpha = 1 - level
    own = _noncentrality(alpha, fit.chisq, fit.df)
    near, far = _noncentrality(alpha / 2, fit.chisq, fit.df), _noncentrality(1 - alpha / 2, base, base_df)
    total = fit.measures["ntotal"]
    cfi = 1.0 if not near else 1 - near / max(near, far)
    return TSize(float(np.sqrt(own / (fit.df * total))), float(cfi), level)


def _noncentrality(tail: float, statistic: float, df: float) -> float:
    """δ at which χ² with ``df`` is below ``statistic`` with probability ``tail``; 0 where none is."""
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    if chi2.cdf(statistic, df) <= tail:
        return 0.0
    upper = max(statistic, 1.0)
    while ncx2.cdf(statistic, df, upper) > tail:
        upper *= 2
    return float(brentq(lambda delta: ncx2.cdf(statistic, df, delta) - tail, 1e-12, upper, xtol=1e-10))
