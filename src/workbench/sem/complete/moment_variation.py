"""How the moments of complete rows vary: their information at a solution, and their sampling covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.compiled_model import State
from workbench.sem.inference import normal_theory_weight, scaled_inverse
from workbench.sem.matrices import vech_cells

if TYPE_CHECKING:
    from workbench.sem.problem import Problem


def moment_covariance(data: np.ndarray, means: bool, fixed: tuple[int, ...] = ()) -> np.ndarray:
    """Covariance matrix (divisor n) of ``[x, vech(x x')]`` over the rows.

    With ``fixed`` columns the part that these explain is taken out: their moments are no random variables.
    """
    stacked = _moment_rows(data, means)
    if fixed:
        centred = data - data.mean(axis=0)
        predictors = centred[:, list(fixed)]
        fitted = predictors @ np.linalg.lstsq(predictors, centred, rcond=None)[0]
        stacked -= _moment_rows(fitted, means)
    return stacked.T @ stacked / len(data)


def _moment_rows(data: np.ndarray, means: bool) -> np.ndarray:
    """Each row's deviation from the stacked sample moments."""
    centred = data - data.mean(axis=0)
    rows, columns = vech_cells(data.shape[1])
    products = centred[:, rows] * centred[:, columns]
    products -= products.mean(axis=0)
    return np.concatenate([centred, products], axis=1) if means else products


def moment_information(problem: Problem, state: State, group: int, kind: str) -> np.ndarray:
    """Information of one normal observation in a group's moments at the solution, (P, P); nothing is known of
    fixed moments. ``kind``: expected, observed or first_order.
    """
    target = problem.targets[group]
    if kind == "first_order":
        data = problem.data[group]
        scores = _row_scores(data - (data.mean(axis=0) if state.mu is None else state.mu[0]), state.sigma[0])
        scores = scores if problem.model.means else scores[:, problem.model.observed :]
        found = scores.T @ scores / len(scores)
    elif kind == "observed":
        shift = np.zeros(problem.model.observed) if state.mu is None else target.mean[0] - state.mu[0]
        found = _observed_information(np.linalg.inv(state.sigma[0]), target.cov[0], shift)
        if not problem.model.means:
            found = found[problem.model.observed :, problem.model.observed :]
    else:
        found = normal_theory_weight(np.linalg.inv(state.sigma[0]), problem.model.means)
    random = random_moments(problem)
    return found * np.outer(random, random)


def sampling_covariance(problem: Problem, group: int) -> np.ndarray:
    """n times the covariance matrix of a group's sample moments, (P, P), by the estimator's information; zero
    for moments that are fixed. Not a number where first-order information rests on fewer rows than moments.
    """
    robust, outer = problem.estimator.se != "standard", None
    target = problem.targets[group]
    if target.weight is not None and target.weight.ndim == 2:
        inner = target.weight
    else:
        inner = normal_theory_weight(np.linalg.inv(target.cov[0]), problem.model.means)
        if robust or problem.information == "first_order":
            rows = moment_covariance(problem.data[group], problem.model.means, problem.fixed_columns)
            random = np.outer(random_moments(problem), random_moments(problem))
            crossed = (inner * random) @ rows @ (inner * random)
            outer = crossed if robust else None
            inner = crossed if problem.information == "first_order" else inner
    return inverse_of_random(problem, group, inner, outer)


def inverse_of_random(
    problem: Problem, group: int, inner: np.ndarray, outer: np.ndarray | None = None
) -> np.ndarray:
    """Inverse of an information over the moments that are random, a sandwich around ``outer`` if given."""
    random = np.flatnonzero(random_moments(problem))
    if problem.information == "first_order" and problem.n[group] <= len(random):
        return np.full_like(inner, np.nan)  # scores of so few rows do not span the moments
    inverse = np.zeros_like(inner)
    inverse[np.ix_(random, random)] = scaled_inverse(inner[np.ix_(random, random)])
    return inverse if outer is None else inverse @ outer @ inverse


def random_moments(problem: Problem) -> np.ndarray:
    """Which of the stacked moments are random: all but those of fixed variables."""
    fixed = np.zeros(problem.model.observed, dtype=bool)
    fixed[list(problem.fixed_columns)] = True
    rows, columns = vech_cells(problem.model.observed)
    random = ~(fixed[rows] & fixed[columns])
    return np.concatenate([~fixed, random]) if problem.model.means else random


def _row_scores(deviations: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Scores of complete rows in (μ, vech Σ) from their deviations from μ, (n, P)."""
    inverse = np.linalg.inv(sigma)
    rows, columns = vech_cells(len(sigma))
    pull = deviations @ inverse
    by_sigma = pull[:, rows] * pull[:, columns] - inverse[rows, columns]
    return np.hstack([pull, by_sigma * np.where(rows == columns, 0.5, 1.0)])


def _observed_information(inverse: np.ndarray, cov: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Observed information of one complete row in (μ, vech Σ), with ``shift`` the sample's mean less μ."""
    rows, columns = vech_cells(len(inverse))
    kernel = inverse @ (cov + np.outer(shift, shift)) @ inverse - 0.5 * inverse
    factor = np.where(rows == columns, 0.5, 1.0)
    by_sigma = np.zeros((len(rows), len(rows)))
    for one, other in ((inverse, kernel), (kernel, inverse)):
        by_sigma += one[np.ix_(rows, rows)] * other[np.ix_(columns, columns)]
        by_sigma += one[np.ix_(rows, columns)] * other[np.ix_(columns, rows)]
    by_sigma *= np.outer(factor, factor)
    pull = inverse @ shift
    across = (inverse[:, rows] * pull[columns] + inverse[:, columns] * pull[rows]) * factor
    return np.block([[inverse, across], [across.T, by_sigma]])
