"""Least squares of thresholds and correlations."""

from __future__ import annotations

import numpy as np

from workbench.sem.discrepancy import Discrepancy, Target, Terms
from workbench.sem.ordered.model import OrderedModel, OrderedState


class OrderedLeastSquares(Discrepancy):
    """``½ (s - σ)' W (s - σ)`` over thresholds, means, variances and correlations."""

    has_unit = True

    def __init__(self, observed: tuple[np.ndarray, ...]):
        self.observed = observed

    def take(self, draws: np.ndarray) -> OrderedLeastSquares:
        """The same: there is one draw."""
        return self

    def value(self, group: int, target: Target, state: OrderedState) -> np.ndarray:
        """The discrepancy of one group alone, at a tenth of the price of what `group` gives."""
        residual = self.observed[group] - state.statistics
        return self._value(residual, target.weight)

    @staticmethod
    def _value(residual: np.ndarray, weight: np.ndarray) -> np.ndarray:
        pulled = weight * residual if weight.ndim == 1 else residual @ weight
        value = 0.5 * (residual * pulled).sum(axis=1)
        return np.where(np.isfinite(value), value, np.inf)

    def group(self, model: OrderedModel, group: int, target: Target, state: OrderedState) -> Terms:
        """Half the discrepancy, gradient and Gauss–Newton matrix of one group."""
        weight = target.weight
        residual = self.observed[group] - state.statistics
        change = model.own_jacobian(group, state)
        weighted = weight[:, None] * change if weight.ndim == 1 else weight @ change
        gradient = -(residual[:, None, :] @ weighted)[:, 0]
        return self._value(residual, weight), gradient, change.swapaxes(1, 2) @ weighted
