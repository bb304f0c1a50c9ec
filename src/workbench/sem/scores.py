"""Factor scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.standardized import latent_moments

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

METHODS = {"regression": "regression", "bartlett": "bartlett", "EBM": "regression", "ML": "bartlett"}


def factor_scores(fit: Fit, method: str = "regression") -> pd.DataFrame:
    """Scores of the latent variables for every row that was used.

    Parameters
    ----------
    method : ``"regression"`` (Thurstone: best prediction given the model) or ``"bartlett"`` (unbiased given
        the factors). With ordered items these are the posterior mode (EBM) and maximum likelihood
        (ML, of no use for rows of lowest or highest answers alone); see ``ordered.scores``.

    Returns
    -------
    DataFrame, a column a latent variable (with groups the group first), a row for each row of the data that
    was used, under the data's own index, so that ``data.join(scores)`` brings together what belongs together.
    Rows come group after group, in each as in the data.

    Without a mean structure the scores are those of the same model with free intercepts: causes among the
    observed variables give a latent mean.

    With missing answers each row is scored from what it answered: nan where nothing was, and for Bartlett
    where a factor has no answered indicator (a factor of factors never has one).

    R: ``lavaan::lavPredict(fit, method = "regression")``. lavaan 0.6-14 departs from the formula
    Cov(eta, y) S^-1 (y - EY) + EETA where an observed variable is an outcome (``y ~ f``): its residual is
    taken to be unrelated to the factors', and without a mean structure its mean is counted twice. These
    scores follow the formula and err less (``tests/reference/r/scores_of_outcomes.R``). Bartlett scores are
    lavaan's (fitted with a mean structure): outcomes count as indicators, observed causes are known.
    """
    import pandas as pd

    problem = fit.problem
    chosen = METHODS[arguments.choice("method", method, tuple(METHODS))]
    problem.need_rows("factor scores")
    names = list(problem.table.variables.latent)
    if not names:
        raise SpecificationError("the model has no latent variables to score")
    if problem.table.options.ordered:
        from workbench.sem.ordered.scores import ordered_scores

        parts = ordered_scores(fit, chosen)
    else:
        parts = _normal_scores(fit, chosen)
    answers = problem.sample.answers
    scored, positions = [], []
    for part, rows, silent in zip(parts, answers.positions, answers.silent, strict=True):
        everyone = np.concatenate([rows, silent])
        order = np.argsort(everyone, kind="stable") if len(silent) else slice(None)
        nothing = np.full((len(silent), len(names)), np.nan)
        scored.append(np.concatenate([part, nothing])[order])
        positions.append(everyone[order])
    frame = pd.DataFrame(np.concatenate(scored), answers.labels.take(np.concatenate(positions)), names)
    if fit.groups != ("",):
        labels = np.repeat(np.array(fit.groups, dtype=object), [len(part) for part in scored])
        frame.insert(0, fit.settings["group"] or "group", labels)
    return frame


def _normal_scores(fit: Fit, method: str) -> list[np.ndarray]:
    """Scores of each group where every variable is continuous."""
    problem = fit.problem
    p, scale = problem.model.observed, problem.model.scale[problem.model.observed :]
    parts = []
    for group, data in enumerate(problem.data):
        paths, _, intercepts, cov = latent_moments(problem, fit.x[None], group)
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


def _scores(data: np.ndarray, means: np.ndarray, p: int, weights) -> np.ndarray:
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
    return np.linalg.solve(cov[np.ix_(seen, seen)], cov[seen, p:])


def _loadings(problem, paths: np.ndarray, p: int) -> np.ndarray:
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
    projected = np.linalg.solve(cov[np.ix_(seen, seen)], part)
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
