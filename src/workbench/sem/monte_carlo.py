"""Monte Carlo intervals of defined parameters, such as indirect effects: no refit, any estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.standardized import definition_values, standardize

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

CHUNK = 2_000


def monte_carlo_intervals(
    fit: Fit, *, draws: int = 20_000, seed: int = 1, level: float = 0.95, standardized: bool = False
) -> pd.DataFrame:
    r"""Intervals of the ``:=`` parameters from draws of the estimates' normal distribution.

    The estimates are drawn from a normal distribution with the fit's (robust) covariance matrix, the
    definition is computed for every draw, and the interval is read off the quantiles. A product of two
    estimates thus keeps its skewness, which the delta method loses; nothing is refitted.

    Parameters
    ----------
    fit : a converged fit whose model defines something by ``:=``.
    draws, seed : of the simulation.
    standardized : of the completely standardized values; the scales are drawn along.
    level : of the interval.

    Returns
    -------
    DataFrame, one row per definition: lhs, est, se (deviation of the draws), ci_lower, ci_upper, pvalue
    (twice the smaller tail beyond 0).

    Raises
    ------
    SpecificationError : nothing is defined, or the fit has not converged.

    Source: MacKinnon, Lockwood & Williams (2004), Multivar. Behav. Res. 39, 99-128; Preacher & Selig (2012).
    R: ``semTools::monteCarloCI(fit, standardized = standardized)``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.sem import monte_carlo_intervals
    >>> from workbench import sem
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=200)
    >>> m = 0.5 * x + rng.normal(size=200)
    >>> y = 0.5 * m + rng.normal(size=200)
    >>> fit = sem.fit("m ~ a*x\ny ~ b*m\nab := a*b", pd.DataFrame({"x": x, "m": m, "y": y}))
    >>> bool(monte_carlo_intervals(fit).loc[0, "ci_lower"] > 0)
    True
    """
    import pandas as pd

    draws, seed = arguments.whole("draws", draws, 1000), arguments.whole("seed", seed, 0)
    level, standardized = arguments.share("level", level), arguments.flag("standardized", standardized)
    names = [definition.name for definition in fit.table.definitions]
    if not names:
        raise SpecificationError("the model defines nothing: write for instance  indirect := a*b")
    if not fit.converged:
        raise SpecificationError("the fit has not converged, so its estimates have no distribution")
    generator = np.random.default_rng(seed)
    centre, spread = fit.x, fit.inference.vcov
    unit = fit.problem.model.unit
    drawn = []
    for start in range(0, draws, CHUNK):
        size = min(CHUNK, draws - start)
        x = generator.multivariate_normal(centre, spread, size, method="eigh", check_valid="ignore")
        if standardized:
            drawn.append(standardize(fit.problem, x)[:, -len(names) :])
        else:
            drawn.append(definition_values(fit.problem, x * unit)[0])
    values = np.concatenate(drawn)
    values = values[np.isfinite(values).all(axis=1)]
    estimate = fit.estimates["std_all" if standardized else "est"]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    below = (np.sum(values <= 0, axis=0) + 1) / (len(values) + 2)  # a finite number of draws proves no zero
    return pd.DataFrame(
        {
            "lhs": names,
            "est": estimate.to_numpy(float)[-len(names) :],
            "se": values.std(axis=0, ddof=1),
            "ci_lower": low,
            "ci_upper": high,
            "pvalue": np.minimum(1.0, 2 * np.minimum(below, 1 - below)),
        }
    )
