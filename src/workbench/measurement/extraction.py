"""Common factors out of a correlation matrix: maximum likelihood, minimum residuals, principal axes.

statsmodels' ``Factor`` agrees with the ML and principal-axis solutions here to 1e-6 (a test holds them
together), but has no minimum residuals, warns of no Heywood case and takes seconds to import. ML and minimum
residuals share one shape, functions of the unique variances alone (Jöreskog 1977), so both are written here
and brought to a gradient near machine precision; principal axes are a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecificationError

LOWEST = 0.005  # unique variances stay above this, as in psych and R's factanal
METHODS = ("minres", "ml", "pa")


@dataclass(frozen=True)
class Extraction:
    """Unrotated loadings (items x factors), unique variances, the discrepancy reached and what to know."""

    loadings: np.ndarray
    uniquenesses: np.ndarray
    discrepancy: float
    gradient: float
    warnings: tuple[str, ...]


def squared_multiple_correlations(matrix: np.ndarray) -> np.ndarray:
    """Share of each item that the other items explain: 1 - 1 / diag(R^-1)."""
    return np.clip(1 - 1 / np.diag(np.linalg.inv(matrix)), 0, 1)


def extract(matrix: np.ndarray, n_factors: int, method: str) -> Extraction:
    """Extract ``n_factors`` from a correlation matrix.

    Raises SpecificationError for an unknown method or more factors than the items can carry.
    """
    size = len(matrix)
    if method not in METHODS:
        raise SpecificationError(f"method={method!r} is not known: use one of {', '.join(METHODS)}")
    if not isinstance(n_factors, (int, np.integer)) or n_factors < 1:
        raise SpecificationError(f"n_factors={n_factors!r}: a whole number of at least 1 is needed")
    if degrees_of_freedom(size, n_factors) < 0 or n_factors >= size:
        raise SpecificationError(
            f"{n_factors} factors are more than {size} items can identify: ask for fewer factors"
        )
    if method == "pa":
        return _principal_axis(matrix, n_factors)
    return _minimise(matrix, n_factors, _likelihood if method == "ml" else _least_squares)


def degrees_of_freedom(size: int, n_factors: int) -> int:
    """Correlations less free loadings: p(p-1)/2 - pk + k(k-1)/2."""
    return size * (size - 1) // 2 - size * n_factors + n_factors * (n_factors - 1) // 2


def _likelihood(logs: np.ndarray, matrix: np.ndarray, k: int):
    """ML discrepancy of the log unique variances, its gradient, approximate Hessian and the loadings."""
    root = np.exp(logs / 2)
    values, vectors = np.linalg.eigh(matrix / np.outer(root, root))
    small, rest = values[:-k], vectors[:, :-k]
    gradient = (rest**2) @ (1 - small)
    top, axes = values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]
    loadings = root[:, None] * axes * np.sqrt(np.maximum(top - 1, 0))
    return float(np.sum(small - np.log(small) - 1)), gradient, (rest @ rest.T) ** 2, loadings


def _least_squares(logs: np.ndarray, matrix: np.ndarray, k: int):
    """Half the squared residuals of the log unique variances, with the same companions."""
    unique = np.exp(logs)
    values, vectors = np.linalg.eigh(matrix - np.diag(unique))
    small, rest = values[:-k], vectors[:, :-k]
    gradient = -unique * ((rest**2) @ small)
    hessian = (rest @ rest.T) ** 2 * np.outer(unique, unique)
    top, axes = values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]
    return float(np.sum(small**2) / 2), gradient, hessian, axes * np.sqrt(np.maximum(top, 0))


def _minimise(matrix: np.ndarray, k: int, criterion: Callable) -> Extraction:
    """Best of several starts: a single start can end in a local minimum."""
    from scipy.optimize import minimize

    inverse_diagonal = 1 / np.diag(np.linalg.inv(matrix))
    size = len(matrix)
    starts = [inverse_diagonal, (1 - 0.5 * k / size) * inverse_diagonal, np.full(size, 0.5)]
    bounds = [(np.log(LOWEST), 0.0)] * size
    ends = []
    for start in starts:
        found = minimize(
            lambda logs: criterion(logs, matrix, k)[:2],
            np.log(np.clip(start, LOWEST, 1)),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
        )
        ends.append(_polish(found.x, matrix, k, criterion))
    values = [criterion(logs, matrix, k)[0] for logs in ends]
    logs = ends[int(np.argmin(np.round(values, 9)))]
    value, gradient, _, loadings = criterion(logs, matrix, k)
    inside = (logs > np.log(LOWEST) + 1e-9) & (logs < -1e-9)
    slope = float(np.abs(gradient[inside]).max(initial=0.0))
    warnings = []
    if slope > 1e-5:
        warnings.append(f"the extraction did not converge (largest gradient {slope:.1e})")
    if max(values) - min(values) > 1e-6 * max(1.0, abs(min(values))):
        warnings.append(
            f"different starting values ended at different discrepancies ({min(values):.5f} to "
            f"{max(values):.5f}); the lowest was taken"
        )
    return Extraction(loadings, np.exp(logs), value, slope, tuple(warnings))


def _polish(logs: np.ndarray, matrix: np.ndarray, k: int, criterion: Callable) -> np.ndarray:
    """Newton steps with Jöreskog's approximate Hessian, where no bound is active."""
    value, gradient, hessian, _ = criterion(logs, matrix, k)
    for _ in range(50):
        if np.abs(gradient).max() < 1e-12:
            break
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-10)[0]
        trial = logs - step
        if trial.min() <= np.log(LOWEST) or trial.max() >= 0:
            break
        after = criterion(trial, matrix, k)
        if after[0] > value + 1e-15 or np.abs(after[1]).max() >= np.abs(gradient).max():
            break
        logs, (value, gradient, hessian, _) = trial, after
    return logs


def _principal_axis(matrix: np.ndarray, k: int, limit: int = 20_000) -> Extraction:
    """Iterated principal axes, to the fixed point (psych stops once the summed communality moves < 0.001)."""
    communality = squared_multiple_correlations(matrix)
    reduced = matrix.copy()
    change = np.inf
    for _ in range(limit):
        np.fill_diagonal(reduced, communality)
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, : -k - 1 : -1] * np.sqrt(np.maximum(values[: -k - 1 : -1], 0))
        new = np.sum(loadings**2, axis=1)
        change = float(np.abs(new - communality).max())
        communality = new
        if change < 1e-9 or new.max() > 1.5:
            break
    warnings = ()
    if change >= 1e-9:
        warnings = (f"principal axes did not settle (communalities still moving by {change:.1e})",)
    residual = matrix - loadings @ loadings.T
    np.fill_diagonal(residual, 0)
    return Extraction(loadings, 1 - communality, float(np.sum(residual**2) / 2), change, warnings)


def one_factor_stack(matrices: np.ndarray, limit: int = 100) -> np.ndarray:
    """Maximum-likelihood loadings of one factor for many correlation matrices at once (matrices x items).

    Newton steps of limited length with Jöreskog's approximate Hessian; a matrix that does not settle, or
    settles at the bound of a unique variance, gives NaN, so that whoever counts draws sees it.
    """
    index = np.arange(matrices.shape[-1])
    logs = np.log(np.clip(0.75 / np.diagonal(np.linalg.inv(matrices), axis1=-2, axis2=-1), LOWEST, 1))
    loadings = np.full(logs.shape, np.nan)
    active = np.arange(len(matrices))
    for _ in range(limit):
        root = np.exp(logs[active] / 2)
        values, vectors = np.linalg.eigh(matrices[active] / (root[:, :, None] * root[:, None, :]))
        rest = vectors[:, :, :-1]
        gradient = np.einsum("dim,dm->di", rest**2, 1 - values[:, :-1])
        settled = np.abs(gradient).max(axis=1) < 1e-8
        top = np.sqrt(np.maximum(values[:, -1:] - 1, 0)) * root * vectors[:, :, -1]
        loadings[active[settled]] = top[settled]
        active, gradient, rest = active[~settled], gradient[~settled], rest[~settled]
        if not active.size:
            break
        hessian = (rest @ rest.swapaxes(-1, -2)) ** 2
        hessian[:, index, index] += 1e-9
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        logs[active] = np.clip(logs[active] - np.clip(step, -0.7, 0.7), np.log(LOWEST), 0)
    signs = np.sign(loadings.sum(axis=1, keepdims=True))
    return loadings * np.where(signs == 0, 1, signs)
