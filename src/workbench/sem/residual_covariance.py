"""How residual moments vary: the information of the moments, and the covariance matrix of ``s - sigma``.

With V the information of one observation in the moments at the solution, Γ the covariance matrix of the
sample moments (times n) and Δ their derivatives, the residuals of group g vary as ``Q Γ Q' / n_g`` with
``Q = I - w_g Δ_g (Σ_h w_h Δ_h' V_h Δ_h)⁻¹ Δ_g' V_g``, w the groups' shares (Ogasawara 2001; Maydeu-Olivares
2017). V follows the fit's information: expected, observed, or cross-products of scores. Γ is the inverse
information of the unrestricted moments, of the same kind; with robust standard errors a sandwich.
"""

from __future__ import annotations

import numpy as np

from workbench.sem.incomplete.patterns import casewise_scores, information
from workbench.sem.incomplete.problem import MissingProblem
from workbench.sem.inference import Inference, normal_theory_weight, scaled_inverse
from workbench.sem.matrices import vech_cells
from workbench.sem.ordered.problem import OrderedProblem
from workbench.sem.problem import Problem, moment_covariance


def residual_covariances(inference: Inference) -> list[np.ndarray]:
    """n times the covariance matrix of each group's residual moments, (P, P)."""
    problem, shares, jacobians = inference.problem, inference.shares, inference.jacobians
    weights = [moment_information(inference, group, problem.information) for group in range(len(shares))]
    total = sum(
        share * change.T @ weight @ change
        for share, change, weight in zip(shares, jacobians, weights, strict=True)
    )
    inverse = inference.bordered_inverse(total)
    found = []
    for group, (share, change, weight) in enumerate(zip(shares, jacobians, weights, strict=True)):
        rest = np.eye(len(change)) - share * change @ inverse @ change.T @ weight
        found.append(rest @ sampling_covariance(problem, group) @ rest.T)
    return found


def moment_information(inference: Inference, group: int, kind: str) -> np.ndarray:
    """Information of one observation in a group's moments at the solution, (P, P); nothing is known of fixed
    moments. ``kind``: expected, observed or first_order.
    """
    problem, state = inference.problem, inference.states[group]
    if isinstance(problem, OrderedProblem) or problem.estimator.discrepancy != "ML":
        return inference.weights[group]
    target = problem.targets[group]
    if isinstance(problem, MissingProblem):
        patterns, mu, sigma = problem.discrepancy.saturated[group].patterns, state.mu[0], state.sigma[0]
        if kind == "first_order":
            found = sum(scores.T @ scores for _, scores in casewise_scores(patterns, mu, sigma))
        else:
            found = information(patterns, mu, sigma, kind == "observed")
        found /= patterns.n
    elif kind == "first_order":
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
    """n times the covariance matrix of a group's sample moments, (P, P); zero for moments that are fixed.

    Least squares without a full weight and known by moments alone: that of normal variables. Not a number
    where first-order information rests on fewer rows than moments.
    """
    robust, outer = problem.estimator.se != "standard", None
    target = problem.targets[group]
    if isinstance(problem, OrderedProblem):
        return problem.gamma[group]
    if problem.estimator.discrepancy in ("ULS", "DWLS") and problem.sample.data is not None:
        return problem.gammas[group]
    if problem.estimator.discrepancy == "WLS":
        inner = target.weight
    elif isinstance(problem, MissingProblem):
        own = problem.discrepancy.saturated[group]
        inner, outer = getattr(own, problem.information), own.first_order if robust else None
    else:
        inner = normal_theory_weight(np.linalg.inv(target.cov[0]), problem.model.means)
        if robust or problem.information == "first_order":
            rows = moment_covariance(problem.data[group], problem.model.means, problem.fixed_columns)
            random = np.outer(random_moments(problem), random_moments(problem))
            crossed = (inner * random) @ rows @ (inner * random)
            outer = crossed if robust else None
            inner = crossed if problem.information == "first_order" else inner
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
