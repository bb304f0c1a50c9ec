"""Residual moments: raw, as correlations, and divided by their standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.inference import normal_theory_weight
from workbench.sem.matrices import vech_cells

if TYPE_CHECKING:
    from workbench.sem.result import Fit, Residuals


def residuals_of(fit: Fit) -> list[Residuals]:
    """Residuals of each group.

    The standardised residual is ``(s - sigma) / se``, its variance from ``Q Gamma Q' / n`` with
    ``Q = I - Delta I^-1 Delta' V`` (Ogasawara 2001; Maydeu-Olivares 2017); without sampling variance it is
    zero.
    """
    from workbench.sem.result import Residuals

    problem = fit.problem
    scale = problem.scale
    result = []
    for group, (target, state) in enumerate(zip(problem.targets, fit.inference.states, strict=True)):
        cov, sigma = target.cov[0], state.sigma[0]
        shift = None if state.mu is None else target.mean[0] - state.mu[0]
        sd = np.sqrt(np.diagonal(cov))
        raw = fit._moment((cov - sigma) * np.outer(scale, scale), None if shift is None else shift * scale)
        correlation = fit._moment((cov - sigma) / np.outer(sd, sd), None if shift is None else shift / sd)
        result.append(Residuals(raw, correlation, _standardized(fit, group, cov - sigma, shift)))
    return result


def _standardized(fit: Fit, group: int, difference: np.ndarray, shift: np.ndarray | None):
    problem = fit.problem
    size = problem.model.observed
    rows, columns = vech_cells(size)
    observed, implied = problem.statistics(group, fit.inference.states[group])
    stacked = observed - implied
    if not fit.converged:
        return fit._moment(np.full_like(difference, np.nan), None if shift is None else np.full(size, np.nan))
    inference = fit.inference
    jacobian, share = inference.jacobians[group], inference.shares[group]
    parts = zip(inference.shares, inference.jacobians, inference.weights, strict=True)
    information = sum(part * change.T @ weight @ change for part, change, weight in parts)
    explained = share * jacobian @ inference.bordered_inverse(information) @ jacobian.T
    rest = np.eye(len(jacobian)) - explained @ inference.weights[group]
    left = ((rest @ _sampling_covariance(fit, group)) * rest).sum(axis=1) / problem.n[group]
    variance = np.abs(np.diagonal(_sampling_covariance(fit, group))) / problem.n[group]
    z = np.where(left > 1e-8 * variance, stacked / np.sqrt(np.where(left > 0, left, 1.0)), 0.0)
    matrix = np.zeros((size, size))
    if problem.table.options.ordered:
        layout = problem.model.layout
        one, other = layout.pair_first, layout.pair_second
        matrix[one, other] = matrix[other, one] = z[layout.covariances]
        return fit._moment(matrix, None)
    offset = size if shift is not None else 0
    matrix[rows, columns] = matrix[columns, rows] = z[offset:]
    return fit._moment(matrix, z[:size] if shift is not None else None)


def _sampling_covariance(fit: Fit, group: int) -> np.ndarray:
    """Covariance matrix of the sample moments: normal theory at the sample for plain ML, otherwise the
    rows'.
    """
    problem = fit.problem
    complete = problem.discrepancy.name != "FIML"
    if complete and problem.estimator.discrepancy == "ML" and problem.estimator.se == "standard":
        inverse = np.linalg.inv(problem.targets[group].cov[0])
        return np.linalg.inv(normal_theory_weight(inverse, problem.model.means))
    return problem.gammas[group]
