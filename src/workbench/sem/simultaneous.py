"""Differences between effects, all of them at once: simultaneous intervals and adjusted p-values.

Which of several effects is larger is not read off their order: a family of differences is tested together, by
the largest standardised deviation among them (single-step max-t; Westfall & Young 1993; Hothorn, Bretz &
Westfall 2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.refitting.refits import parameter_frame
from workbench.sem.resampling import FATES, Bootstrap
from workbench.sem.result import Fit
from workbench.sem.standardized import definition_values, standardize
from workbench.sem.wording import near

if TYPE_CHECKING:
    import pandas as pd

NORMAL_DRAWS = 200_000
EXAMPLE = "such as {'a above b': {'y ~ a': 1, 'y ~ b': -1}}"


@dataclass(frozen=True)
class Contrasts:
    """A family of linear contrasts.

    ``table``: contrast, est, se, z, pvalue (adjusted for the family), ci_lower, ci_upper (simultaneous), and
    the pointwise interval beside it. ``critical``: the multiple of a standard error that holds the family's
    level.
    """

    table: pd.DataFrame
    critical: float
    level: float
    method: str
    standardized: bool
    warnings: tuple[str, ...] = ()


def contrasts(
    source: Fit | Bootstrap,
    family: Mapping[Any, Mapping[str, float]],
    *,
    standardized: bool = False,
    level: float = 0.95,
    seed: int = 1,
) -> Contrasts:
    """Test a family of linear contrasts among parameters.

    Parameters
    ----------
    source : a fit (normal theory with the fit's covariance matrix of estimates, robust where the fit is) or a
        bootstrap (the draws' own deviations, no distribution assumed).
    family : name of each contrast -> weights by parameter, written as in ``Bootstrap.draws``:
        ``{"a above b": {"y ~ a": 1, "y ~ b": -1}}``.
    standardized : contrasts of completely standardised values.
    level : simultaneous coverage of all intervals together.
    seed : of the multivariate normal that the critical value is drawn from.

    Raises
    ------
    SpecificationError for an unknown parameter, or a contrast without variation.

    R: ``multcomp::glht(model, linfct = K)`` and ``confint`` for the normal-theory version.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use")
    >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
    >>> family = {"crm2 - crm3": {"use =~ crm2": 1, "use =~ crm3": -1}}
    >>> found = sem.contrasts(sem.fit(model, answers), family)
    >>> found.table[["est", "ci_lower", "ci_upper"]].round(2)
        est  ci_lower  ci_upper
    0  0.23      0.14      0.33
    """
    level, seed = arguments.share("level", level), arguments.whole("seed", seed, 0)
    standardized = arguments.flag("standardized", standardized)
    if not isinstance(source, (Bootstrap, Fit)):
        raise SpecificationError(f"contrasts: source is a {type(source).__name__}: give a fit or a bootstrap")
    if not isinstance(family, Mapping) or not family:
        raise SpecificationError(f"contrasts: give at least one contrast by name, {EXAMPLE}")
    boot = isinstance(source, Bootstrap)
    described = (
        source.draws.columns if isinstance(source, Bootstrap) else parameter_frame(source.problem).index
    )
    names = list(described)
    weights = _weights(family, names)
    if isinstance(source, Bootstrap):
        estimate, deviations = _from_draws(source, weights, standardized)
        method = f"bootstrap max-t, {len(deviations):,} draws"
    else:
        estimate, spread = _from_fit(source, weights, standardized)
        root = _root(spread)
        deviations = np.random.default_rng(seed).standard_normal((NORMAL_DRAWS, len(root))) @ root.T
        method = "normal max-t"
    error = deviations.std(axis=0, ddof=1) if boot else np.sqrt(np.diag(spread))
    if not (error > 0).all():
        flat = [name for name, value in zip(family, error, strict=True) if not value > 0]
        raise SpecificationError(
            f"contrasts: {', '.join(flat)} does not vary; is it a difference of equal parameters?"
        )
    largest = np.sort(np.abs(deviations / error).max(axis=1))
    critical = float(np.quantile(largest, level))
    z = estimate / error
    adjusted = 1 - np.searchsorted(largest, np.abs(z), side="left") / len(largest)
    return Contrasts(
        _table(family, estimate, error, z, adjusted, critical, level), critical, level, method, standardized
    )


def _weights(family: Mapping[str, Mapping[str, float]], names: list[str]) -> np.ndarray:
    known = {name: place for place, name in enumerate(names)}
    known |= {name.split(" := ")[0]: place for name, place in known.items() if " := " in name}
    matrix = np.zeros((len(family), len(names)))
    for row, (contrast, parts) in enumerate(family.items()):
        if not isinstance(parts, Mapping):
            raise SpecificationError(f"contrast {contrast!r}: give weights by parameter, {EXAMPLE}")
        for parameter, weight in parts.items():
            if parameter not in known:
                meant = near(parameter, known)
                raise SpecificationError(
                    f"contrast {contrast!r}: no parameter {parameter!r}{meant}. Known: {', '.join(names)}"
                )
            if not isinstance(weight, Real) or not np.isfinite(weight):
                raise SpecificationError(
                    f"contrast {contrast!r}: {parameter} has the weight {weight!r}: give a number"
                )
            matrix[row, known[parameter]] += weight
    return matrix


def _from_draws(boot: Bootstrap, weights: np.ndarray, standardized: bool) -> tuple[np.ndarray, np.ndarray]:
    frame = boot.standardized if standardized else boot.draws
    centre = boot.estimate_standardized if standardized else boot.estimate
    values = frame.to_numpy()[boot.fate == FATES[0]] @ weights.T
    return weights @ centre.to_numpy(), values - values.mean(axis=0)


def _from_fit(fit: Fit, weights: np.ndarray, standardized: bool) -> tuple[np.ndarray, np.ndarray]:
    """Contrasts and their covariance matrix, by exact derivatives (complex step)."""
    if not fit.converged:
        raise SpecificationError("contrasts: the fit has not converged")
    problem, step = fit.problem, 1e-30
    moved = fit.x + 1j * step * np.eye(len(fit.x))
    if standardized:
        free = list(problem.table.free)
        kept = [
            *free,
            *range(len(problem.table.rows), len(problem.table.rows) + len(problem.table.definitions)),
        ]
        values = standardize(problem, fit.x[None])[0][kept]
        slopes = standardize(problem, moved)[:, kept].imag / step
    else:
        raw = fit.x * problem.model.unit
        defined, gradient = definition_values(problem, raw[None])
        values = np.concatenate([raw, defined[0]])
        unit = problem.model.unit
        slopes = np.concatenate([np.diag(unit), gradient[0] * unit]).T
    spread = slopes.T @ fit.inference.vcov @ slopes
    return weights @ values, weights @ spread @ weights.T


def _root(spread: np.ndarray) -> np.ndarray:
    """A square root of a covariance matrix that may be singular (differences depend on one another)."""
    values, vectors = np.linalg.eigh(spread)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _table(
    family: Any,
    estimate: np.ndarray,
    error: np.ndarray,
    z: np.ndarray,
    adjusted: np.ndarray,
    critical: float,
    level: float,
) -> pd.DataFrame:
    import pandas as pd
    from scipy.special import ndtri

    single = ndtri((1 + level) / 2)
    return pd.DataFrame(
        {
            "contrast": list(family),
            "est": estimate,
            "se": error,
            "z": z,
            "pvalue": adjusted,
            "ci_lower": estimate - critical * error,
            "ci_upper": estimate + critical * error,
            "pointwise_lower": estimate - single * error,
            "pointwise_upper": estimate + single * error,
        }
    )
