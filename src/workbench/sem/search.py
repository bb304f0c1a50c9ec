"""Where to start a minimisation, and where to start it again when it ends nowhere.

The data-based start nearly always ends in the minimum. Where it does not, simpler ones are tried: there may
be several minima, and the value may fall forever as one variance and another run off against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.discrepancy import (
    LeastSquares,
    Target,
    evaluate,
    positive_definite,
    stacked_moments,
)
from workbench.sem.optimiser import ITERATIONS, TOLERANCE, Minimum, minimise

if TYPE_CHECKING:
    from workbench.sem.problem import Problem

PATIENCE = 80  # steps from another start: those that end in a minimum need half of them
RUN_AWAY = 100.0  # of standardised variables no parameter of an admissible solution is as large
# variances of factors, loadings and residual variances of standardised variables to start from
PLAIN = ((0.05, 0.7, 0.5), (0.5, 0.7, 0.5), (0.5, 1.0, 0.7))


def search(problem: Problem) -> Minimum:
    """The lowest minimum that is found, or the lowest end of a search if none converges (infinite where no
    start has implied covariances).
    """
    best = _from(problem, problem.start(), ITERATIONS)
    if not best.converged[0]:
        found = _from(problem, problem.start(simple=True), PATIENCE)
        if found.converged[0] or found.value[0] < best.value[0]:
            best = found
    if best.converged[0] and np.abs(best.x).max(initial=0.0) < RUN_AWAY:
        return best
    for start in _other_starts(problem):
        found = _from(problem, start, PATIENCE)
        if found.converged[0] and (not best.converged[0] or found.value[0] < best.value[0]):
            best = found
    return best


def refuse_nowhere(problem: Problem, best: Minimum) -> None:
    """Raise where a search ended without a value; what does not vary as the model has it is named."""
    if np.isfinite(best.value[0]):
        return
    names, singular = _without_variance(problem, best.x)
    why = ""
    if singular:
        why = f"their matrix is not positive definite (look at {', '.join(names)}), which no data are. "
    raise SpecificationError(
        f"the model has no implied covariances from any starting value: {why}Look for variables that explain "
        "each other through fixed coefficients or start() values, and for variances and covariances fixed, "
        "or bounded, to values that no data have; leave them free"
    )


def _without_variance(problem: Problem, x: np.ndarray) -> tuple[list[str], bool]:
    """Observed variables a sum of which does not vary at the parameters ``x``, and whether there are any."""
    for group, target in enumerate(problem.targets):
        sigma = problem.model.state(group, x, target.cov, target.mean).sigma[0]
        if np.isfinite(sigma).all() and not positive_definite(sigma[None])[0][0]:
            weights = np.abs(np.linalg.eigh(sigma)[1][:, 0])
            observed = problem.table.variables.observed
            return [name for name, weight in zip(observed, weights, strict=True) if weight > 0.1], True
    return [], False


def _from(problem: Problem, start: np.ndarray, iterations: int) -> Minimum:
    return minimise(problem.model, problem.discrepancy, problem.targets, start, iterations=iterations)


def _other_starts(problem: Problem) -> Iterator[np.ndarray]:
    """Alike for every model, and the unweighted least-squares solution: constraints (a sum of intercepts of
    zero) may put other starts far off.
    """
    rows, latent = problem.table.rows, problem.table.variables.latent
    for factor, loading, residual in PLAIN:
        start = problem.model.expand(problem.start(True))
        for place, index in enumerate(problem.table.free):
            row = rows[index]
            if row.op == "=~":
                start[0, place] = loading
            elif row.op == "~~" and row.lhs == row.rhs:
                start[0, place] = factor if row.lhs in latent else residual
        yield problem.model.reduce(start)
    if problem.discrepancy.normal_theory:
        plain = minimise(problem.model, *_unweighted(problem.targets), problem.start(True))
        yield problem.model.reduce(plain.x)
    if problem.discrepancy.exact:
        yield _slowly(problem)


def _slowly(problem: Problem) -> np.ndarray:
    """Where SciPy's trust region with the exact Hessian ends: slow, and sure in long bent valleys."""
    from scipy.optimize import minimize

    def value(u: np.ndarray) -> tuple[float, np.ndarray]:
        found, gradient, _ = evaluate(problem.model, problem.discrepancy, problem.targets, u[None])
        return float(found[0]), gradient[0]

    def hessian(u: np.ndarray) -> np.ndarray:
        return evaluate(problem.model, problem.discrepancy, problem.targets, u[None], exact=True)[2][0]

    start = problem.start()
    if not np.isfinite(value(start[0])[0]):
        return start
    options = {"gtol": TOLERANCE, "maxiter": PATIENCE}
    try:
        found = minimize(value, start[0], jac=True, hess=hessian, method="trust-exact", options=options)
    except UnboundLocalError:  # SciPy's, where none of its shifts makes the Hessian definite
        return start
    return found.x[None]


def _unweighted(targets: tuple[Target, ...]) -> tuple[LeastSquares, tuple[Target, ...]]:
    """Least squares of the moments on the internal scale, all with the weight one."""
    count = stacked_moments(targets[0].cov, targets[0].mean).shape[1]
    plain = tuple(Target(target.cov, target.mean, target.share, np.ones(count)) for target in targets)
    return LeastSquares(plain), plain
