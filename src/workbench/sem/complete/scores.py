"""Factor scores from continuous answers, complete or with holes: best prediction and Bartlett's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.standardized import latent_moments

if TYPE_CHECKING:
    from workbench.sem.problem import Problem


def normal_scores(problem: Problem, x: np.ndarray, method: str) -> list[np.ndarray]:
    """Scores of each group's rows at parameters ``x`` (q,), (n, latent variables), on the data's scale.

    Without a mean structure the scores are those of the same model with free intercepts. Each row is scored
    from what it answered: nan where nothing was, and for Bartlett where a factor has no answered indicator.
    """
    p, scale = problem.model.observed, problem.model.scale[problem.model.observed :]
    parts = []
    for group, data in enumerate(problem.data):
        paths, _, intercepts, cov = latent_moments(problem, x[None], group)
        total = np.linalg.inv(np.eye(problem.model.size) - paths[0])
        if intercepts is None:  # free intercepts of observed variables reproduce the sample means
            own = np.linalg.solve(total[:p, :p], data.mean(axis=0))
            intercepts = np.concatenate([own, np.zeros(problem.model.size - p)])[None]
        means = total @ intercepts[0]
        if method == "regression":
            scores = _scores(data, means, p, lambda seen, cov=cov[0]: _regression(cov, seen, p))
        else:
            loadings = _loadings(problem, paths[0], p)
            _need_indicators(_bartlett(cov[0], loadings, np.arange(p), p))
            scores = _scores(
                data, means, p, lambda seen, cov=cov[0], lam=loadings: _bartlett(cov, lam, seen, p)
            )
        parts.append(scores * scale)
    return parts


def _scores(data: np.ndarray, means: np.ndarray, p: int, weights: Callable[..., np.ndarray]) -> np.ndarray:
    """Scores of rows by the weights (answered x factors) of their patterns; nan where nothing is answered."""
    scores = np.full((len(data), len(means) - p), np.nan)
    patterns, owner = np.unique(~np.isnan(data), axis=0, return_inverse=True)
    order = np.argsort(owner, kind="stable")
    rows_of = np.split(order, np.cumsum(np.bincount(owner))[:-1])
    for seen, rows in zip(patterns, rows_of, strict=True):
        if seen.any():
            answered = np.flatnonzero(seen)
            centred = data[np.ix_(rows, answered)] - means[answered]
            scores[rows] = centred @ weights(answered) + means[p:]
    return scores


def _regression(cov: np.ndarray, seen: np.ndarray, p: int) -> np.ndarray:
    """Best prediction of the factors from the answered variables (Thurstone 1935)."""
    return _solved(cov, seen, cov[seen, p:])


def _solved(cov: np.ndarray, seen: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The answered variables' inverse covariances times ``right``."""
    try:
        return np.linalg.solve(cov[np.ix_(seen, seen)], right)
    except np.linalg.LinAlgError:
        raise SpecificationError(
            "the covariance matrix that the model implies for the observed variables is singular, so that "
            "they give no scores. Leave variances that are fixed to 0 free, or use a model in which no "
            "variable follows exactly from others"
        ) from None


def _loadings(problem: Problem, paths: np.ndarray, p: int) -> np.ndarray:
    """What every observed variable depends on directly, (p, T); exogenous ones are themselves."""
    loadings = paths[:p].copy()
    observed = problem.table.variables.observed
    own = [observed.index(name) for name in problem.table.variables.exogenous_observed]
    loadings[own, own] = 1.0
    return loadings


def _bartlett(cov: np.ndarray, loadings: np.ndarray, seen: np.ndarray, p: int) -> np.ndarray:
    """Generalised least squares of the answered variables on what they depend on (Bartlett 1937).

    A factor that they do not determine gets nan.
    """
    part = loadings[seen]
    used = np.flatnonzero((part != 0).any(axis=0))
    part = part[:, used]
    projected = _solved(cov, seen, part)
    gram = part.T @ projected
    scale = np.sqrt(np.abs(np.diagonal(gram)))  # least squares may leave covariances that are not definite
    scale[scale == 0] = 1.0
    inverse = np.linalg.pinv(gram / np.outer(scale, scale), rcond=1e-10, hermitian=True)
    determined = np.abs(inverse @ (gram / np.outer(scale, scale)) - np.eye(len(used))).max(axis=1) < 1e-6
    weights = np.full((len(seen), loadings.shape[1]), np.nan)
    kept = np.where(determined, 1.0, np.nan) / scale
    weights[:, used] = (projected / scale) @ inverse * kept
    return weights[:, p:]


def _need_indicators(weights: np.ndarray) -> None:
    """Raise where even complete answers determine no factor."""
    if np.isnan(weights).any(axis=0).all():
        raise SpecificationError(
            "Bartlett scores need factors with indicators of their own: use method='regression'"
        )
