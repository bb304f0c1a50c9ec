"""Discrepancy functions: how far implied moments are from a sample's, with gradient and expected information.

All are minimised as lavaan's ``fmin``, half of the discrepancy weighted over groups, so that the test
statistic is ``2 N fmin``. Maximum likelihood and generalised least squares use the rank-two derivatives of
``matrices``; least squares with any other weight use the Jacobian of the moments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.sem.compiled_model import IfAny, Model, State
from workbench.sem.curvature import curvature, entries
from workbench.sem.definite import ROUNDING, inverted
from workbench.sem.directions import Route, in_directions
from workbench.sem.matrices import GroupModel, vech_cells


@dataclass(frozen=True)
class Target:
    """One group's sample moments, a leading draw axis, on the engine's internal scale."""

    cov: np.ndarray  # (B, p, p)
    mean: IfAny  # (B, p)
    share: float  # n_g / N (least squares: (n_g - 1) / N)
    weight: IfAny = None  # least squares: (P, P) or (P,), leading draw axis optional

    def take(self, draws: np.ndarray) -> Target:
        """The same for some of the draws."""
        mean = None if self.mean is None else self.mean[draws]
        weight = self.weight
        if weight is not None and weight.shape[0] == len(self.cov) and weight.ndim == 3:
            weight = weight[draws]
        return Target(self.cov[draws], mean, self.share, weight)


def positive_definite(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which matrices of a stack are positive definite, and log determinants (nan where they are not).

    One whose smallest eigenvalue is nothing but rounding is singular, and so not among them.
    """
    rounding = matrix.shape[1] * ROUNDING
    try:
        diagonal = np.diagonal(np.linalg.cholesky(matrix), axis1=1, axis2=2)
    except np.linalg.LinAlgError:
        pass
    else:
        if (diagonal.min(axis=1) > np.sqrt(rounding) * diagonal.max(axis=1)).all():
            return np.ones(len(matrix), dtype=bool), 2 * np.log(diagonal).sum(axis=1)
    finite = np.isfinite(matrix).all(axis=(1, 2))
    good = np.zeros(len(matrix), dtype=bool)
    values = np.linalg.eigvalsh(matrix[finite])
    good[finite] = values[:, 0] > rounding * values[:, -1]
    logdet = np.full(len(matrix), np.nan)
    logdet[good] = np.linalg.slogdet(matrix[good])[1]
    return good, logdet


def inverses(sigma: np.ndarray) -> tuple[IfAny, np.ndarray, np.ndarray]:
    """Which matrices of a stack are positive definite (None: all), log determinants, and inverses, the unit
    matrix in the place of one that is not.
    """
    if len(sigma) == 1:
        alone = inverted(sigma[0])
        if alone is not None:
            return None, np.array([alone[1]]), alone[0][None]
    good, logdet = positive_definite(sigma)
    if good.all():
        return None, logdet, np.linalg.inv(sigma)
    return good, logdet, np.linalg.inv(np.where(good[:, None, None], sigma, np.eye(sigma.shape[1])))


Terms = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Value (B,), gradient (B, k) and information (B, k, k)."""


class Discrepancy(ABC):
    """How far implied moments are from a sample's.

    One that has its value for less than `group` gives it as ``value(group, target, state)``.
    """

    exact = False  # its Hessian is known in closed form
    normal_theory = False
    has_unit = False  # of its value, by the weights

    @abstractmethod
    def take(self, draws: np.ndarray) -> Discrepancy:
        """The same for some of the draws."""

    @abstractmethod
    def group(self, model: Any, group: int, target: Target, state: Any) -> Terms:
        """Half the discrepancy, gradient and information of one group, by its own parameters."""

    def gradient(self, model: Any, group: int, target: Target, state: Any) -> np.ndarray:
        """Gradient alone, also for complex parameters, where the observed information rests on it."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient by itself")

    def weight_inverse(self, group: int, state: Any) -> np.ndarray:
        """The matrix that a normal-theory weight is built from, (p, p)."""
        raise NotImplementedError(f"{type(self).__name__} has no normal-theory weight")


class NormalTheory(Discrepancy):
    """ML discrepancy ``log|Sigma| + tr(S Sigma^-1) - log|S| - p`` and the mean part (Jöreskog 1969)."""

    exact = True
    normal_theory = True

    def __init__(self, targets: tuple[Target, ...]):
        self.offsets = [positive_definite(target.cov)[1] + target.cov.shape[1] for target in targets]

    def take(self, draws: np.ndarray) -> NormalTheory:
        part = object.__new__(NormalTheory)
        part.offsets = [offset[draws] for offset in self.offsets]
        return part

    def group(self, model: Model, group: int, target: Target, state: State, exact: bool = False) -> Terms:
        """Half the discrepancy (B,), gradient (B, k) and information (B, k, k) of one group.

        ``exact``: the Hessian itself instead of the expected information.
        """
        part = model.groups[group]
        good, logdet, inverse = inverses(state.sigma)
        spread = target.cov
        shift = None
        if state.mu is not None:
            shift = target.mean - state.mu
            spread = spread + shift[:, :, None] * shift[:, None, :]
        value = 0.5 * (logdet + np.einsum("bij,bij->b", inverse, spread) - self.offsets[group])
        if good is not None:
            value = np.where(good, value, np.inf)
        weighted = inverse @ state.z
        gram = state.z.swapaxes(1, 2) @ weighted
        # Z' Sigma^-1 (S - Sigma) Sigma^-1 Z
        pull = weighted.swapaxes(1, 2) @ (spread @ weighted) - gram
        known = entries(part, gram)
        gradient, information = gathered(part, state, known, pull)
        drift = None
        if shift is not None:
            drift = (shift[:, None, :] @ weighted)[:, 0]
            gradient -= state.tau * drift[:, part.u]
        if exact:
            information += curvature(part, state, known, pull, drift)
        return value, gradient, information

    def weight_inverse(self, group: int, state: State) -> np.ndarray:
        """The matrix that the normal-theory weight is built from, (p, p)."""
        return np.linalg.inv(state.sigma[0])

    def gradient(self, model: Model, group: int, target: Target, state: State) -> np.ndarray:
        """Gradient alone, also for complex parameters."""
        part = model.groups[group]
        inverse = np.linalg.inv(state.sigma)
        spread = target.cov
        drift = None
        weighted = inverse @ state.z
        if state.mu is not None:
            shift = target.mean - state.mu
            spread = spread + shift[:, :, None] * shift[:, None, :]
            drift = (shift[:, None, :] @ weighted)[:, 0]
        pull = weighted.swapaxes(1, 2) @ ((spread - state.sigma) @ weighted)
        return _gradient(part, state, pull, drift)


def _gradient(part: GroupModel, state: State, pull: np.ndarray, drift: np.ndarray | None) -> np.ndarray:
    gradient = -part.half * pull.reshape(len(pull), -1).take(part.gather_diagonal, axis=1)
    return gradient if drift is None else gradient - state.tau * drift[:, part.u]


def gathered(
    part: GroupModel, state: State, known: tuple[np.ndarray, np.ndarray, np.ndarray], pull: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient ``-c u'(pull)w`` and normal-theory information from the entries of ``Z'WZ`` at the parameters'
    columns.
    """
    uu, ww, uw = known
    information = uw * uw.swapaxes(1, 2)
    information += uu * ww
    information *= part.half_outer
    if state.tau is not None:
        information += state.tau[:, :, None] * state.tau[:, None, :] * uu
    gradient = -part.half * pull.reshape(len(pull), -1).take(part.gather_diagonal, axis=1)
    return gradient, information


class GeneralisedLeastSquares(Discrepancy):
    """GLS discrepancy: normal-theory weight at the sample's covariance matrix (Browne 1974)."""

    normal_theory = True

    def __init__(self, targets: tuple[Target, ...]):
        self.inverses = [np.linalg.inv(target.cov) for target in targets]

    def take(self, draws: np.ndarray) -> GeneralisedLeastSquares:
        part = object.__new__(GeneralisedLeastSquares)
        part.inverses = [inverse[draws] for inverse in self.inverses]
        return part

    def group(self, model: Model, group: int, target: Target, state: State) -> Terms:
        """Half the discrepancy, gradient and information of one group."""
        part = model.groups[group]
        inverse = self.inverses[group]
        residual = target.cov - state.sigma
        scaled = inverse @ residual
        value = 0.25 * np.einsum("bij,bji->b", scaled, scaled)
        weighted = inverse @ state.z
        gram = state.z.swapaxes(1, 2) @ weighted
        pull = weighted.swapaxes(1, 2) @ (residual @ weighted)
        gradient, information = gathered(part, state, entries(part, gram), pull)
        if state.mu is not None:
            shift = target.mean - state.mu
            value = value + 0.5 * (shift[:, None, :] @ inverse @ shift[:, :, None])[:, 0, 0]
            drift = (shift[:, None, :] @ weighted)[:, 0]
            gradient -= state.tau * drift[:, part.u]
        return value, gradient, information

    def weight_inverse(self, group: int, state: State) -> np.ndarray:
        """The matrix that the weight is built from, (p, p)."""
        return self.inverses[group][0]

    def gradient(self, model: Model, group: int, target: Target, state: State) -> np.ndarray:
        """Gradient alone, also for complex parameters."""
        weighted = self.inverses[group] @ state.z
        pull = weighted.swapaxes(1, 2) @ ((target.cov - state.sigma) @ weighted)
        drift = None
        if state.mu is not None:
            drift = ((target.mean - state.mu)[:, None, :] @ weighted)[:, 0]
        return _gradient(model.groups[group], state, pull, drift)


class LeastSquares(Discrepancy):
    """``(s - sigma)' W (s - sigma)`` with a full or diagonal weight: ULS, WLS, DWLS (Browne 1984)."""

    has_unit = True

    def __init__(self, targets: tuple[Target, ...]):
        self.observed = [stacked_moments(target.cov, target.mean) for target in targets]

    def take(self, draws: np.ndarray) -> LeastSquares:
        part = object.__new__(LeastSquares)
        part.observed = [observed[draws] for observed in self.observed]
        return part

    def group(self, model: Model, group: int, target: Target, state: State) -> Terms:
        """Half the discrepancy, gradient and Gauss-Newton matrix of one group."""
        residual = self.observed[group] - stacked_moments(state.sigma, state.mu)
        change = model.own_jacobian(group, state)
        weight = target.weight
        if weight.ndim == 1:
            weighted = weight[:, None] * change
        else:
            weighted = weight @ change
        gradient = -(residual[:, None, :] @ weighted)[:, 0]
        information = change.swapaxes(1, 2) @ weighted
        if weight.ndim == 1:
            value = 0.5 * (weight * residual**2).sum(axis=1)
        else:
            value = 0.5 * np.einsum("bi,bi->b", residual, (weight @ residual[:, :, None])[:, :, 0])
        return np.where(np.isfinite(value), value, np.inf), gradient, information

    def gradient(self, model: Model, group: int, target: Target, state: State) -> np.ndarray:
        """Gradient alone, also for complex parameters."""
        residual = self.observed[group] - stacked_moments(state.sigma, state.mu)
        change = model.own_jacobian(group, state)
        weight = target.weight
        weighted = weight[:, None] * change if weight.ndim == 1 else weight @ change
        return -(residual[:, None, :] @ weighted)[:, 0]


def stacked_moments(cov: np.ndarray, mean: np.ndarray | None) -> np.ndarray:
    """``[mean, vech(cov)]`` for every draw."""
    rows, columns = vech_cells(cov.shape[1])
    stacked = cov[:, rows, columns]
    return stacked if mean is None else np.concatenate([mean, stacked], axis=1)


def squares(observed: np.ndarray, implied: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """``e'We`` of the residuals and ``s'Ws`` of the moments, the weight a matrix or its diagonal."""
    residual = observed - implied
    if weight.ndim == 1:
        return float(weight @ residual**2), float(weight @ observed**2)
    return float(residual @ weight @ residual), float(observed @ weight @ observed)


def evaluate(
    model: Model,
    discrepancy: Discrepancy,
    targets: tuple[Target, ...],
    u: np.ndarray,
    exact: bool = False,
) -> Terms:
    """Value (B,), gradient (B, d) and information (B, d, d) in the free directions ``u`` (B, d)."""
    x = model.expand(u)
    if model.basis is None:
        return assemble(model, discrepancy, targets, x, exact)
    if model.routes is not None:
        return _summed(model, discrepancy, targets, x, exact, model.routes)
    value, gradient, information = assemble(model, discrepancy, targets, x, exact)
    return value, gradient @ model.basis, in_directions(information, model.basis)


def only_value(model: Model, discrepancy: Discrepancy, targets: tuple[Target, ...], u: np.ndarray) -> IfAny:
    """The value (B,) by itself, where a discrepancy has it for less than `evaluate`; else None."""
    if not hasattr(discrepancy, "value"):
        return None
    x = model.expand(u)
    return sum(
        target.share * discrepancy.value(group, target, model.state(group, x, target.cov, target.mean))
        for group, target in enumerate(targets)
    )


def assemble(
    model: Model,
    discrepancy: Discrepancy,
    targets: tuple[Target, ...],
    x: np.ndarray,
    exact: bool = False,
) -> Terms:
    """The same by the parameters ``x`` (B, q) before equality constraints.

    ``exact``, for maximum likelihood: the Hessian itself instead of the expected information.
    """
    if len(targets) == 1 and discrepancy.exact:  # every parameter is the group's: only their order differs
        wanted = {"exact": True} if exact else {}
        state = model.state(0, x, targets[0].cov, targets[0].mean)
        value, slope, curved = discrepancy.group(model, 0, targets[0], state, **wanted)
        order = model.groups[0].order
        if order is None:
            return value, slope, curved
        return value, slope[:, order], curved[:, order[:, None], order]
    return _summed(model, discrepancy, targets, x, exact, model.places)


def _summed(
    model: Model,
    discrepancy: Discrepancy,
    targets: tuple[Target, ...],
    x: np.ndarray,
    exact: bool,
    routes: Sequence[Route],
) -> Terms:
    """Value, gradient and information of the groups together, each by its share and where its route leads."""
    draws, size = len(x), routes[0].size
    wanted = {"exact": True} if exact else {}
    value, gradient = np.zeros(draws), np.zeros((draws, size))
    information = np.zeros((draws, size * size))
    for group, (target, route) in enumerate(zip(targets, routes, strict=True)):
        state = model.state(group, x, target.cov, target.mean)
        found = discrepancy.group(model, group, target, state, **wanted)
        value += target.share * found[0]
        gradient[:, route.columns] += target.share * route.factor * found[1]
        own = (target.share * route.outer * found[2]).reshape(draws, -1)
        for row, more in zip(information, own, strict=True):
            np.add.at(row, route.cells, more)  # faster than += with an index for every cell
    return value, gradient, information.reshape(draws, size, size)
