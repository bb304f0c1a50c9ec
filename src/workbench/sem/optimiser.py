"""Minimisation: Fisher scoring on stacks of draws, with step control per draw, ended by Newton steps.

Every draw takes the step ``H^-1 g`` of its expected information (Gauss-Newton for least squares). Near the
minimum of a maximum-likelihood discrepancy the exact Hessian takes over, which converges quadratically;
elsewhere the last steps are combined by Anderson's (1965) mixing. A draw whose value does not fall goes back
to plain scoring with halved steps. Draws that have converged leave the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.sem.compiled_model import Model
from workbench.sem.definite import is_definite, solution
from workbench.sem.discrepancy import Discrepancy, Target, Terms, evaluate, only_value

TOLERANCE = 1e-9
ITERATIONS = 500
DEPTH = 4
NEAR = 0.3  # largest gradient from which the exact Hessian is trusted
LAST = 4e-6  # from here one more Newton step ends below the tolerance: no further Hessian is needed
HALVINGS = 12
# A walk that goes nowhere: so many steps in a row that fell only when shortened, and still so steep. Towards
# a minimum there were never more than 24; along a valley without end there are hundreds, of a small slope.
SHORTENED, STEEP = 50, 1e-3


@dataclass(frozen=True)
class Minimum:
    """Where the minimisation ended: internal parameters (B, q), ``fmin`` (B,), largest scaled gradient,
    converged. ``expected``: the expected information in the free directions where a single draw ended with
    it, (d, d), which spares computing it again.
    """

    x: np.ndarray
    value: np.ndarray
    gradient: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray
    expected: np.ndarray | None = None


def scoring_step(information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """``-H^-1 g``, the matrix brought to unit diagonal first and kept from being singular."""
    draws, size = gradient.shape
    scaled = information.copy()
    diagonal = scaled.reshape(draws, -1)[:, :: size + 1]
    scale = np.sqrt(np.maximum(diagonal, 1e-300))
    np.maximum(scale, 1e-12 * scale.max(axis=1, keepdims=True), out=scale)
    scaled /= scale[:, :, None]
    scaled /= scale[:, None, :]
    diagonal += 1e-11
    if draws == 1:
        alone = solution(scaled[0], gradient[0] / -scale[0])
        if alone is not None:
            return (alone / scale[0])[None]
    return np.linalg.solve(scaled, (gradient / -scale)[:, :, None])[:, :, 0] / scale


def minimise(
    model: Model,
    discrepancy: Discrepancy,
    targets: tuple[Target, ...],
    start: np.ndarray,
    tolerance: float = TOLERANCE,
    iterations: int = ITERATIONS,
) -> Minimum:
    """Minimise a discrepancy for every draw.

    Parameters
    ----------
    model : compiled model (internal scale).
    discrepancy : made from the same ``targets``.
    targets : one per group, arrays with a leading draw axis of length B.
    start : free directions, (B, d) or (1, d) for all draws.
    tolerance : largest absolute gradient of ``fmin`` by the (standardised) free directions.

    Returns
    -------
    Minimum, draws in the order given. A draw that has not converged says so in ``converged``.
    """
    draws = len(targets[0].cov)
    u = np.array(np.broadcast_to(start, (draws, start.shape[1])))
    result_u, size = u.copy(), u.shape[1]
    result_value = np.full(draws, np.inf)
    result_gradient = np.full(draws, np.inf)
    result_iterations = np.zeros(draws, dtype=int)
    if size == 0:
        value, _, _ = evaluate(model, discrepancy, targets, u)
        zeros = np.zeros(draws)
        return Minimum(model.expand(u), value, zeros, np.isfinite(value), result_iterations)
    active = np.arange(draws)
    value, gradient, information = evaluate(model, discrepancy, targets, u)
    history_u: list[np.ndarray] = []
    history_step: list[np.ndarray] = []
    stalled, shortened = np.zeros(draws, dtype=int), np.zeros(draws, dtype=int)
    newton = exact = False
    expected = None
    for count in range(1, iterations + 1):
        largest = _scaled(discrepancy, gradient, information)
        nowhere = (shortened >= SHORTENED) & (largest > STEEP)
        done = (largest < tolerance) | (stalled >= 3) | nowhere | ~np.isfinite(value)
        if done.any():
            ended = active[done]
            result_u[ended], result_value[ended] = u[done], value[done]
            result_gradient[ended], result_iterations[ended] = largest[done], count - 1
            keep = ~done
            if not keep.any():
                if draws == 1 and discrepancy.exact and not exact:
                    expected = information[0]
                active = active[:0]
                break
            active, u, value, gradient = active[keep], u[keep], value[keep], gradient[keep]
            information, stalled, shortened = information[keep], stalled[keep], shortened[keep]
            history_u = [part[keep] for part in history_u]
            history_step = [part[keep] for part in history_step]
            targets = tuple(target.take(keep) for target in targets)
            discrepancy = discrepancy.take(keep)
        step = scoring_step(information, gradient)
        if newton:
            trial = u + step
        else:
            trial = u + _mixed(u, step, history_u, history_step)
            history_u, history_step = [*history_u[1 - DEPTH :], u], [*history_step[1 - DEPTH :], step]
        newton = discrepancy.exact and bool((largest < NEAR).all())
        exact = newton and bool((largest > LAST).any())
        noise = 1e-14 * (np.abs(value) + (0 if discrepancy.has_unit else 1))
        first = only_value(model, discrepancy, targets, trial)
        if first is not None and not (first <= value + noise).any():
            found = first, gradient, information  # of no trial anything else is needed
        else:
            found = evaluate(model, discrepancy, targets, trial, exact)
        worse = ~(found[0] <= value + noise)
        shortened = np.where(worse, shortened + 1, 0)
        if worse.any():
            trial, found, moved = _shortened(model, discrepancy, targets, u, step, value, trial, found, worse)
            stalled[worse] = np.where(moved, 0, stalled[worse] + 1)
            for part_u, part_step in zip(history_u, history_step, strict=True):
                part_u[worse], part_step[worse] = np.nan, np.nan
        if exact and not _definite(found[2]):
            newton, exact, found = False, False, evaluate(model, discrepancy, targets, trial)
        u, (value, gradient, information) = trial, found
    if len(active):
        result_u[active], result_value[active] = u, value
        result_gradient[active] = _scaled(discrepancy, gradient, information)
        result_iterations[active] = iterations
    # what rounding leaves of a gradient is no failure
    converged = (result_gradient < max(tolerance, 1e-7)) & np.isfinite(result_value)
    return Minimum(
        model.expand(result_u), result_value, result_gradient, converged, result_iterations, expected
    )


def _definite(matrices: np.ndarray) -> bool:
    """Whether every matrix of a stack is positive definite."""
    if len(matrices) == 1:
        return is_definite(matrices[0])
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        return False
    return True


def _scaled(discrepancy: Discrepancy, gradient: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Largest gradient of each draw, for least squares divided by the curvature (its value has a unit)."""
    if discrepancy.has_unit:
        diagonal = np.diagonal(information, axis1=1, axis2=2)
        gradient = gradient / np.where(diagonal > 0, diagonal, 1.0)
    return np.abs(gradient).max(axis=1)


def _mixed(
    u: np.ndarray, step: np.ndarray, history_u: Sequence[np.ndarray], history_step: Sequence[np.ndarray]
) -> np.ndarray:
    """Anderson's mixing of the last steps; plain scoring for draws without a usable history."""
    if len(history_u) < 2:
        return step
    differences_u = np.stack([*history_u[1:], u], axis=2) - np.stack(history_u, axis=2)
    differences_step = np.stack([*history_step[1:], step], axis=2) - np.stack(history_step, axis=2)
    gram = differences_step.swapaxes(1, 2) @ differences_step
    usable = np.isfinite(gram).all(axis=(1, 2)) & (np.abs(step).max(axis=1) < 0.3)
    if not usable.any():
        return step
    depth = gram.shape[1]
    diagonal = np.arange(depth)
    gram[:, diagonal, diagonal] *= 1 + 1e-10
    gram[:, diagonal, diagonal] += 1e-300
    gram[~usable] = np.eye(depth)
    right = np.where(usable[:, None], (differences_step.swapaxes(1, 2) @ step[:, :, None])[:, :, 0], 0.0)
    try:
        weights = np.linalg.solve(gram, right[:, :, None])
    except np.linalg.LinAlgError:
        return step
    usable &= (np.abs(weights[:, :, 0]) < 1e3).all(axis=1)
    correction = ((differences_u + differences_step) @ weights)[:, :, 0]
    return np.where(usable[:, None], step - correction, step)


def _shortened(
    model: Model,
    discrepancy: Discrepancy,
    targets: tuple[Target, ...],
    u: np.ndarray,
    step: np.ndarray,
    value: np.ndarray,
    trial: np.ndarray,
    found: Terms,
    worse: np.ndarray,
) -> tuple[np.ndarray, Terms, np.ndarray]:
    """Plain scoring steps, halved until the value falls, for the draws in ``worse``."""
    rows = np.flatnonzero(worse)
    some_targets = tuple(target.take(rows) for target in targets)
    some = discrepancy.take(rows)
    trial, found = trial.copy(), (found[0].copy(), found[1].copy(), found[2].copy())
    moved = np.zeros(len(rows), dtype=bool)
    factor = 1.0
    waiting = np.arange(len(rows))
    for _ in range(HALVINGS):
        attempt = u[rows[waiting]] + factor * step[rows[waiting]]
        first = only_value(model, some, some_targets, attempt)
        if first is not None and not (first < value[rows[waiting]]).any():
            factor *= 0.5
            continue
        tried = evaluate(model, some, some_targets, attempt)
        better = tried[0] < value[rows[waiting]]
        won = rows[waiting[better]]
        trial[won] = attempt[better]
        for part, new in zip(found, tried, strict=True):
            part[won] = new[better]
        moved[waiting[better]] = True
        if better.all():
            return trial, found, moved
        keep = ~better
        waiting = waiting[keep]
        some_targets = tuple(target.take(keep) for target in some_targets)
        some = some.take(keep)
        factor *= 0.5
    left = rows[waiting]
    trial[left] = u[left]
    back_targets = tuple(target.take(left) for target in targets)
    for part, new in zip(found, evaluate(model, discrepancy.take(left), back_targets, u[left]), strict=True):
        part[left] = new
    return trial, found, moved
