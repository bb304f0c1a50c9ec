"""Samples with holes from a normal population, and a model fitted to every one by full information."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.incomplete.inference import moment_gradient
from workbench.sem.incomplete.patterns import Patterns, collect_patterns, information, loglik_and_gradient

if TYPE_CHECKING:
    from workbench.sem.result import Fit

MOST_STEPS = 40
CLOSE, FAR = (
    1e-4,
    0.3,
)  # steps, in standard errors, that end a fit; after which the information is computed anew


def fitted_with_holes(
    like: Fit, start: np.ndarray, factor: np.ndarray, share: float, size: int, draws: int, seed: list[int]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Estimates and standard errors of a model by FIML in samples with answers missing at random.

    Parameters
    ----------
    like : the model fitted by FIML to one such sample, one group, no restrictions.
    start : free parameters in the population, as `Fit.free_values`.
    factor : root of the population's covariances, in the order of the model's variables.
    share : of the answers that are missing, each for itself. size : rows of a sample. draws : samples.
    seed : same seed, same result.

    Returns
    -------
    tuple : estimates and errors (samples that converged, parameters), and how many did not converge.

    Notes
    -----
    Scoring by the expected information given the patterns, computed anew after long steps only; errors are
    of the information at the solution. R: ``lavaan(missing = "fiml", information = "expected")``.
    """
    stream, unit = np.random.default_rng(seed), like.problem.model.unit
    found = []
    for _ in range(draws):
        values = stream.standard_normal((size, len(factor))) @ factor.T
        values[stream.random(values.shape) < share] = np.nan
        found.append(_fitted(like, start / unit, values))
    good = [one for one in found if one is not None]
    estimates = np.array([one[0] for one in good]).reshape(len(good), len(unit)) * unit
    errors = np.array([one[1] for one in good]).reshape(len(good), len(unit)) * unit
    return estimates, errors, draws - len(good)


def _fitted(like: Fit, start: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Parameters and errors on the internal scale; None where scoring does not settle."""
    model, target = like.problem.model, like.problem.targets[0]
    patterns = collect_patterns(values / like.problem.scale)
    x, step, best = start, np.zeros(len(start)), -np.inf
    inverse: np.ndarray | None = None
    for _ in range(MOST_STEPS):
        state = model.state(0, (x + step)[None], target.cov, target.mean)
        loglik, by_mu, by_sigma = loglik_and_gradient(patterns, state.mu[0], state.sigma[0])
        if loglik < best - 1e-6:
            step = step / 2.0
            continue
        x, best = x + step, loglik
        far = inverse is None or np.max(np.abs(step) / np.sqrt(np.diag(inverse))) > FAR
        inverse = _covariance(like, x, patterns) if far else inverse
        if inverse is None:
            return None
        step = inverse @ moment_gradient(model, 0, state, by_mu, by_sigma)[0]
        if np.all(np.abs(step) < CLOSE * np.sqrt(np.diag(inverse))):
            spread = _covariance(like, x, patterns)
            return None if spread is None else (x, np.sqrt(np.diag(spread)))
    return None


def _covariance(like: Fit, x: np.ndarray, patterns: Patterns) -> np.ndarray | None:
    """Inverse of the expected information of all rows; None where it is singular."""
    model, target = like.problem.model, like.problem.targets[0]
    state = model.state(0, x[None], target.cov, target.mean)
    change = model.own_jacobian(0, state)[0]
    try:
        metric = information(patterns, state.mu[0], state.sigma[0], observed=False)
        inverse = np.linalg.inv(change.T @ metric @ change)
    except np.linalg.LinAlgError:
        return None
    return inverse if (np.diag(inverse) > 0).all() else None
