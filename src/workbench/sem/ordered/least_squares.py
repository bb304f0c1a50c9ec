"""Least squares of thresholds and correlations."""

from __future__ import annotations

from typing import Any

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
        value = self._value(residual, weight)
        if weight.ndim == 1:
            return value, *self._diagonal(model, group, weight, residual, state)
        change = model.own_jacobian(group, state)
        weighted = weight @ change
        gradient = -(residual[:, None, :] @ weighted)[:, 0]
        return value, gradient, change.swapaxes(1, 2) @ weighted

    @staticmethod
    def _diagonal(
        model: OrderedModel, group: int, weight: np.ndarray, residual: np.ndarray, state: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Gauss–Newton matrix where the weight is diagonal.

        A threshold then meets only what moves its own statistic; most of a group's parameters are thresholds.
        """
        change, by_cut = model.short_jacobian(group, state)
        free, count = model.groups[group].free_thresholds, change.shape[2]
        size = count + len(free)
        gradient, matrix = np.zeros((len(change), size)), np.zeros((len(change), size, size))
        pulled = weight * residual
        gradient[:, :count] = -(pulled[:, None, :] @ change)[:, 0]
        gradient[:, count:] = -pulled[:, free] * by_cut
        cross = (weight[free] * by_cut)[:, :, None] * change[:, free]
        matrix[:, count:, :count], matrix[:, :count, count:] = cross, cross.swapaxes(1, 2)
        matrix[:, np.arange(count, size), np.arange(count, size)] = weight[free] * by_cut**2
        change *= np.sqrt(weight)[:, None]  # a product of a matrix with itself costs half
        matrix[:, :count, :count] = change.swapaxes(1, 2) @ change
        return gradient, matrix
