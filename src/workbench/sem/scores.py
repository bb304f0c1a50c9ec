"""Factor scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.standardized import latent_moments

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit


def factor_scores(fit: Fit, method: str = "regression") -> pd.DataFrame:
    """Scores of the latent variables for every row that was used.

    Parameters
    ----------
    method : ``"regression"`` (Thurstone: best prediction given the model) or ``"bartlett"`` (unbiased given
        the factors).

    Returns
    -------
    DataFrame, a row a respondent in the order of the data (group after group), a column a latent variable.

    Without a mean structure the scores are those of the same model with free intercepts: causes among the
    observed variables give a latent mean.

    R: ``lavaan::lavPredict(fit, method = "regression")``. Where an observed variable is the effect of one
    factor and the cause of another, lavaan 0.6-14 departs from its own formula,
    VETA L' S^-1 (y - EY) + EETA; these scores follow it.
    """
    import pandas as pd

    problem = fit.problem
    if method.lower() not in ("regression", "bartlett"):
        raise SpecificationError(f"method {method!r} is unknown. Known: regression, bartlett")
    problem.need_rows("factor scores")
    if problem.table.options.ordered:
        raise SpecificationError(
            "factor scores of ordered items are not available: fit the items as continuous for scores"
        )
    holes = any(np.isnan(data).any() for data in problem.data)
    if holes and method.lower() == "bartlett":
        raise SpecificationError("with missing answers, factor scores are those of method='regression'")
    names = list(problem.table.variables.latent)
    if not names:
        raise SpecificationError("the model has no latent variables to score")
    p, scale = problem.model.observed, problem.model.scale[problem.model.observed :]
    parts = []
    for group, data in enumerate(problem.data):
        paths, spread, intercepts, cov = latent_moments(problem, fit.x[None], group)
        total = np.linalg.inv(np.eye(problem.model.size) - paths[0])
        if intercepts is None:  # free intercepts of observed variables reproduce the sample means
            own = np.linalg.solve(total[:p, :p], data.mean(axis=0))
            intercepts = np.concatenate([own, np.zeros(problem.model.size - p)])[None]
        means = total @ intercepts[0]
        if holes:
            scores = _with_holes(cov[0], means, data, p)
        elif method.lower() == "regression":
            weights = np.linalg.solve(cov[0][:p, :p], cov[0][:p, p:])
            scores = (data - means[:p]) @ weights + means[p:]
        else:
            scores = _bartlett(paths[0], spread[0], intercepts, data, p, names)
        parts.append(scores * scale)
    frame = pd.DataFrame(np.concatenate(parts), columns=names)
    if fit.groups != ("",):
        labels = np.repeat(np.array(fit.groups, dtype=object), [len(part) for part in parts])
        frame.insert(0, fit.settings["group"] or "group", labels)
    return frame


def _with_holes(cov: np.ndarray, means: np.ndarray, data: np.ndarray, p: int) -> np.ndarray:
    """Regression scores from what each row answered; nan for a row that answered nothing."""
    scores = np.full((len(data), len(cov) - p), np.nan)
    patterns, owner = np.unique(~np.isnan(data), axis=0, return_inverse=True)
    for place, seen in enumerate(patterns):
        if not seen.any():
            continue
        rows, answered = owner == place, np.flatnonzero(seen)
        weights = np.linalg.solve(cov[np.ix_(answered, answered)], cov[answered, p:])
        scores[rows] = (data[np.ix_(rows, answered)] - means[answered]) @ weights + means[p:]
    return scores


def _bartlett(paths, spread, intercepts, data, p, names) -> np.ndarray:
    """Generalised least squares of the indicators on the factors (Bartlett 1937)."""
    reach = np.linalg.inv(np.eye(p) - paths[:p, :p])
    loadings = reach @ paths[:p, p:]
    noise = reach @ spread[:p, :p] @ reach.T
    centre = reach @ intercepts[0][:p]
    precision = np.linalg.pinv(noise, hermitian=True)
    cross = loadings.T @ precision @ loadings
    if np.linalg.matrix_rank(cross) < len(names):
        weak = [name for name, value in zip(names, np.diagonal(cross), strict=True) if value < 1e-10] or names
        raise SpecificationError(
            f"Bartlett scores need indicators of its own for every factor: look at {', '.join(weak)}. "
            "Use method='regression'"
        )
    return (data - centre) @ precision @ loadings @ np.linalg.inv(cross)
