"""What every compiled model has: parameters, their free directions, implied moments with derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from workbench.sem.directions import Route, in_directions, places_of, routes_of
from workbench.sem.table import ParameterTable

IfAny: TypeAlias = Any
"""An array, or None in a model without means, weights or equality constraints.

Which of them there are is settled once, by the model; a type checker cannot follow that, and
would ask at every use.
"""


@dataclass(slots=True)
class State:
    """Implied moments of one group for every draw."""

    sigma: np.ndarray  # (B, p, p)
    mu: IfAny  # (B, p)
    z: np.ndarray  # (B, p, T + c)
    tau: IfAny  # derivative of mu is tau * u, (B, k)
    spread: np.ndarray  # S, (B, T, T)
    inverse: IfAny  # effects among causes, (B, c, c); None where no cause is explained


class Model(ABC):
    """What every compiled model has: its parameters, and their free directions.

    ``unit`` (q) turns internal parameters into the data's scale: ``raw = unit * internal``. ``basis`` and
    ``origin`` hold equality constraints on the internal scale: ``x = origin + basis @ u`` (None: ``x = u``).
    """

    table: ParameterTable
    observed: int
    size: int
    scale: np.ndarray
    unit: np.ndarray
    groups: tuple[Any, ...]
    basis: IfAny
    origin: IfAny
    means: bool
    held: int = 0  # active inequalities: no free directions, and no degrees of freedom either

    @property
    def parameters(self) -> int:
        """Number of free parameters before equality constraints."""
        return len(self.unit)

    @property
    def directions(self) -> int:
        """Number of free parameters after equality constraints."""
        return len(self.unit) if self.basis is None else self.basis.shape[1] + self.held

    def expand(self, u: np.ndarray) -> np.ndarray:
        """Parameters ``(B, q)`` from free directions ``(B, d)``."""
        return u if self.basis is None else self.origin + u @ self.basis.T

    def reduce(self, x: np.ndarray) -> np.ndarray:
        """Free directions nearest to parameters ``x``."""
        if self.basis is None:
            return x
        gram = in_directions(np.eye(len(self.basis)), self.basis)
        lengths = np.diagonal(gram)
        if lengths.all() and np.count_nonzero(gram) == len(gram):  # equal parameters: their mean
            return (x - self.origin) @ self.basis / lengths
        return np.linalg.lstsq(self.basis, (x - self.origin).T, rcond=None)[0].T

    @abstractmethod
    def recompiled(self, table: ParameterTable) -> Any:
        """Another table over the same variables, on the same internal scale."""

    def residual_variances(self, x: np.ndarray) -> dict[int, np.ndarray]:
        """Values of the rows that other parameters determine, by row number: none, but for ordered items."""
        return {}

    @abstractmethod
    def system(
        self, group: int, x: np.ndarray, cov: IfAny, mean: IfAny
    ) -> tuple[np.ndarray, np.ndarray, IfAny]:
        """A, S and m of one group for every draw: ``(B, T, T)``, ``(B, T, T)``, ``(B, T)``."""

    @abstractmethod
    def state(self, group: int, x: np.ndarray, cov: IfAny, mean: IfAny) -> Any:
        """Implied moments for parameters ``x`` (B, q); ``cov``, ``mean``: the sample's, for what is fixed."""

    @abstractmethod
    def total_effects(self, group: int, paths: np.ndarray) -> np.ndarray:
        """``(I - A)^-1`` of paths (B, T, T)."""

    @abstractmethod
    def own_jacobian(self, group: int, state: Any) -> np.ndarray:
        """Derivative of the stacked statistics by the parameters of the group alone, in the order of its
        columns, (B, P, k): all others are zero.
        """

    def jacobian(self, group: int, state: Any) -> np.ndarray:
        """Derivative of the stacked statistics by all parameters, (B, P, q)."""
        own = self.own_jacobian(group, state)
        full = np.zeros((*own.shape[:2], self.parameters), own.dtype)
        full[:, :, self.groups[group].columns] = own
        return full

    @cached_property
    def routes(self) -> tuple[Route, ...] | None:
        """Where each group's parameters stand among the free directions; see :func:`routes_of`."""
        return routes_of(self.basis, self.groups)

    @cached_property
    def places(self) -> tuple[Route, ...]:
        """Where each group's parameters stand among all."""
        return places_of(self.groups, self.parameters)
