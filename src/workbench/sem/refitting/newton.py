"""Maximum-likelihood fits of one model to a stack of moment matrices, by Newton's method, compiled.

Resampling fits the same model thousands of times, each time from a start next to the solution. What counts
is the cost of an iteration and their number. With the exact Hessian (`compiled_moments`) steps converge
quadratically: a median of 6 iterations on Political Democracy and 5 on eight latents × four items, where
scoring needs 18 (10 when accelerated).

The limit: one iteration of the 8 × 4 model (p = 32, q = 79) is about 0.3 million multiply-adds, a third of
them the Cholesky factor of the 79 × 79 Hessian. The first step's information is the same for all draws of a
stack (`_shared_factor`) and the last steps need no Hessian of their own (``NEAR``), so that a draw computes
two or three. `benchmarks/resampling.py` prints how many draws that makes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from workbench.sem.refitting.compiled_moments import derivatives, fill, implied, symmetric, tables, value
from workbench.sem.refitting.small_dense import cholesky, cholesky_solve
from workbench.sem.refitting.structure import Space, Structure, space

# What became of a draw.
CONVERGED, MAX_ITERATIONS, NO_DESCENT, NOT_POSITIVE_DEFINITE, SINGULAR_INFORMATION = range(5)

SMALLEST_PIVOT = 1e-9
# Newton decrement from which on the last factor of the Hessian serves for the steps that are left: the error
# then shrinks with every step by its own size, and a gradient costs a fraction of a Hessian and its factor.
NEAR, LAST_STEPS = 1e-4, 4


@njit(cache=True, nogil=True)
def _put(out: np.ndarray, values: np.ndarray, factor: float) -> None:
    """out = factor · values. A slice assignment would compile the text of its error message: seconds."""
    for k in range(out.shape[0]):
        out[k] = factor * values[k]


@njit(cache=True, nogil=True)
def _discrepancy(
    theta: np.ndarray, cov: np.ndarray, mean: np.ndarray, weight: np.ndarray, st: Structure, sp: Space
) -> float:
    """Σ_g w_g (log|Σ| + tr(SΣ⁻¹) + d'Σ⁻¹d) at θ."""
    total = 0.0
    for g in range(cov.shape[0]):
        fill(theta, g, cov[g], mean[g], st, sp)
        if not implied(mean[g], st, sp):
            return np.inf
        total += weight[g] * value(cov[g], st, sp)
    return total


@njit(cache=True, nogil=True)
def expand(
    theta: np.ndarray,
    cov: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    expected: bool,
    slopes: bool,
    known: float,
    st: Structure,
    sp: Space,
) -> float:
    """The discrepancy with gradient and Hessian; with the gradient alone if ``slopes``.

    ``known``: what `_discrepancy` of one group alone has just found at θ, which spares finding it again; else
    NaN.
    """
    sp.gradient[:] = 0.0
    if not slopes:
        sp.hessian[:] = 0.0
    total = 0.0
    for g in range(cov.shape[0]):
        if np.isnan(known):
            fill(theta, g, cov[g], mean[g], st, sp)
            if not implied(mean[g], st, sp):
                return np.inf
            total += weight[g] * value(cov[g], st, sp)
        else:
            total = known
        if not np.isfinite(total):
            return np.inf
        tables(cov[g], st, sp)
        derivatives(g, weight[g], expected, slopes, st, sp)
    if not slopes:
        symmetric(sp.hessian)
    return total


@njit(cache=True, nogil=True)
def _reduce_gradient(st: Structure, sp: Space, gradient: np.ndarray) -> None:
    """Gradient in the unconstrained parameters."""
    if st.basis.shape[1] == 0:
        _put(gradient, sp.gradient, 1.0)
        return
    for a in range(gradient.shape[0]):
        s = 0.0
        for k in range(sp.gradient.shape[0]):
            s += st.basis[k, a] * sp.gradient[k]
        gradient[a] = s


@njit(cache=True, nogil=True)
def reduce(st: Structure, sp: Space, gradient: np.ndarray, hessian: np.ndarray) -> None:
    """Gradient and Hessian in the unconstrained parameters."""
    _reduce_gradient(st, sp, gradient)
    free = gradient.shape[0]
    q = sp.gradient.shape[0]
    if st.basis.shape[1] == 0:
        for k in range(q):
            _put(hessian[k], sp.hessian[k], 1.0)
        return
    half = np.empty(q)
    for a in range(free):  # basis' H basis, along rows
        half[:] = 0.0
        hessian[a, :] = 0.0
        for k in range(q):
            x = st.basis[k, a]
            if x != 0.0:
                for j in range(q):
                    half[j] += x * sp.hessian[k, j]
        for j in range(q):
            for b in range(free):
                hessian[a, b] += half[j] * st.basis[j, b]


@njit(cache=True, nogil=True)
def _move(theta: np.ndarray, step: np.ndarray, length: float, st: Structure, out: np.ndarray) -> None:
    """out = θ + length · basis · step."""
    q = theta.shape[0]
    for k in range(q):
        if st.basis.shape[1] == 0:
            s = step[k]
        else:
            s = 0.0
            for a in range(step.shape[0]):
                s += st.basis[k, a] * step[a]
        out[k] = theta[k] + length * s


@njit(inline="always")  # compiled with the loop around it, once and not twice
def _newton(
    start: np.ndarray,
    cov: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    st: Structure,
    sp: Space,
    max_iterations: int,
    tolerance: float,
    first: np.ndarray,
    theta: np.ndarray,
) -> tuple[int, int, float]:
    """Newton's method with halved steps from ``start``; returns status, number of iterations, and the
    discrepancy where it has converged.

    The first step uses the expected information, which is positive definite wherever Σ is: its Cholesky
    factor is ``first`` where that holds one. Later ones use the exact Hessian and fall back on the expected
    information where it is not positive definite, and the last ones the Hessian of a step before. It stops
    once the Newton decrement g'H⁻¹g, twice the distance of F from its minimum, is below ``tolerance``, and
    takes that step.
    """
    free = st.basis.shape[1] if st.basis.shape[1] > 0 else start.shape[0]
    gradient, step = np.empty(free), np.empty(free)
    hessian, factor = np.empty((free, free)), np.empty((free, free))
    trial = np.empty(start.shape[0])
    # variables, not constants: of each constant a version of its own would be compiled
    no, yes = max_iterations < 1, max_iterations >= 1
    _put(theta, start, 1.0)
    at = held = np.nan
    for iteration in range(1, max_iterations + 1):
        expected = iteration == 1
        known = expected and first.shape[0] > 0
        at = expand(theta, cov, mean, weight, expected, known, held, st, sp)
        held = np.nan
        if not np.isfinite(at):
            return NOT_POSITIVE_DEFINITE, iteration, at
        if known:
            _reduce_gradient(st, sp, gradient)
        else:
            reduce(st, sp, gradient, hessian)
        for k in range(free):
            _put(factor[k], first[k] if known else hessian[k], 1.0)
        if not known and not cholesky(factor, free):
            if expected:
                return SINGULAR_INFORMATION, iteration, at
            expand(theta, cov, mean, weight, yes, no, held, st, sp)
            reduce(st, sp, gradient, hessian)
            for k in range(free):
                _put(factor[k], hessian[k], 1.0)
            if not cholesky(factor, free):
                return SINGULAR_INFORMATION, iteration, at
        _put(step, gradient, -1.0)
        cholesky_solve(factor, free, step)
        decrement = -np.dot(step, gradient)
        if decrement < tolerance:
            _move(theta, step, 1.0, st, trial)
            _put(theta, trial, 1.0)
            return CONVERGED, iteration, at - 0.5 * decrement
        length = 1.0
        _move(theta, step, length, st, trial)
        if decrement > 1e-7:  # nearer than that the full step is safe, and F too flat to judge it
            held = _discrepancy(trial, cov, mean, weight, st, sp)
            while not held <= at - 1e-4 * length * decrement:
                length *= 0.5
                if length < 1e-4:
                    return NO_DESCENT, iteration, at
                _move(theta, step, length, st, trial)
                held = _discrepancy(trial, cov, mean, weight, st, sp)
        _put(theta, trial, 1.0)
        if cov.shape[0] > 1:  # the scratch memory holds the last group's matrices
            held = np.nan
        if decrement < NEAR and not expected:
            for _ in range(LAST_STEPS):
                at = expand(theta, cov, mean, weight, no, yes, held, st, sp)
                held = np.nan
                if not np.isfinite(at):
                    return NOT_POSITIVE_DEFINITE, iteration, at
                _reduce_gradient(st, sp, gradient)
                _put(step, gradient, -1.0)
                cholesky_solve(factor, free, step)
                decrement = -np.dot(step, gradient)
                _move(theta, step, 1.0, st, trial)
                _put(theta, trial, 1.0)
                if decrement < tolerance:
                    return CONVERGED, iteration, at - 0.5 * decrement
    return MAX_ITERATIONS, max_iterations, at


@njit(cache=True, nogil=True)
def _log_determinant(cov: np.ndarray, work: np.ndarray) -> float:
    """log|S|; NaN where S is singular, that is, its correlations have a pivot below ``SMALLEST_PIVOT``."""
    p = cov.shape[0]
    total = 0.0
    for i in range(p):
        if not cov[i, i] > 0.0:
            return np.nan
        total += np.log(cov[i, i])
    for i in range(p):
        for j in range(i + 1):
            work[i, j] = cov[i, j] / (cov[i, i] * cov[j, j]) ** 0.5
    if not cholesky(work, p):
        return np.nan
    for i in range(p):
        if work[i, i] ** 2 < SMALLEST_PIVOT:
            return np.nan
        total += 2.0 * np.log(work[i, i])
    return total


@njit(inline="always")  # as `_newton`
def _shared_factor(
    starts: np.ndarray, cov: np.ndarray, mean: np.ndarray, weight: np.ndarray, st: Structure, sp: Space
) -> np.ndarray:
    """Cholesky factor of the expected information at the start, where all draws have it in common.

    It rests on the parameters alone; with fixed exogenous variables on each draw's moments too. Empty where
    draws have starts or moments of their own, and where it is not positive definite.
    """
    free = st.basis.shape[1] if st.basis.shape[1] > 0 else starts.shape[1]
    none = np.empty((0, 0))
    if starts.shape[0] != 1 or cov.shape[0] < 2 or st.fixed_x.shape[0] > 0:
        return none
    gradient, factor = np.empty(free), np.empty((free, free))
    no, yes, nothing = free < 0, free >= 0, np.nan * free  # variables: see `_newton`
    if not np.isfinite(expand(starts[0], cov[0], mean[0], weight, yes, no, nothing, st, sp)):
        return none
    reduce(st, sp, gradient, factor)
    return factor if cholesky(factor, free) else none


@njit(cache=True, nogil=True)
def _newton_stack(
    starts: np.ndarray,
    cov: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    st: Structure,
    sp: Space,
    max_iterations: int,
    tolerance: float,
    theta: np.ndarray,
    values: np.ndarray,
    status: np.ndarray,
    iterations: np.ndarray,
) -> None:
    p = cov.shape[2]
    first = _shared_factor(starts, cov, mean, weight, st, sp)
    for b in range(cov.shape[0]):
        saturated = 0.0
        for g in range(cov.shape[1]):
            saturated += weight[g] * (_log_determinant(cov[b, g], sp.work) + p)
        if not np.isfinite(saturated):
            continue
        start = starts[b] if starts.shape[0] > 1 else starts[0]
        status[b], iterations[b], found = _newton(
            start, cov[b], mean[b], weight, st, sp, max_iterations, tolerance, first, theta[b]
        )
        if status[b] != CONVERGED:
            found = _discrepancy(theta[b], cov[b], mean[b], weight, st, sp)
        values[b] = found - saturated


class StackFit(NamedTuple):
    """Fits of a stack: parameters (B × q), discrepancy F (B), status (B) and iterations (B)."""

    theta: np.ndarray
    value: np.ndarray
    status: np.ndarray
    iterations: np.ndarray


def fit_stack(
    structure: Structure,
    cov: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    starts: np.ndarray,
    *,
    max_iterations: int = 200,
    tolerance: float = 1e-14,
) -> StackFit:
    """Fit one model by ML to every draw of a stack.

    Parameters
    ----------
    structure : Structure
    cov : array (B, G, p, p)
        Sample covariance matrices with divisor n.
    mean : array (B, G, p)
        Sample means; read only where ``structure.means``.
    weight : array (G,)
        Share of each group in the sample.
    starts : array (1, q) or (B, q)
        Starting values, satisfying the constraints.

    Returns
    -------
    StackFit
        ``value`` is F = Σ_g w_g (log|Σ| + tr(SΣ⁻¹) + d'Σ⁻¹d − log|S| − p), so χ² = N·F; parameters and
        value are NaN where a sample covariance matrix is not positive definite.
    """
    draws, _, p, _ = cov.shape
    q = starts.shape[1]
    theta = np.full((draws, q), np.nan)
    values = np.full(draws, np.nan)
    status = np.full(draws, NOT_POSITIVE_DEFINITE)
    iterations = np.zeros(draws, dtype=np.int64)
    arrays = [np.ascontiguousarray(part, dtype=float) for part in (starts, cov, mean, weight)]
    scratch = space(p, structure.regressions.shape[1], structure.core.size, q)
    start, spread, level, share = arrays
    _newton_stack(
        start,
        spread,
        level,
        share,
        structure,
        scratch,
        max_iterations,
        tolerance,
        theta,
        values,
        status,
        iterations,
    )
    return StackFit(theta, values, status, iterations)
