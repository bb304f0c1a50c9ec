"""From parameters to free directions: what equality constraints leave, for vectors and matrices.

Nearly all constraints make parameters equal. Then a group's own gradient and information need not be spread
over all parameters first and multiplied by the basis: each parameter has its place among the directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from workbench.sem.matrices import GroupModel


@dataclass(frozen=True)
class Route:
    """Where a group's parameters go: to ``columns`` (k,) out of ``size``, each times its ``factor`` (k,)."""

    columns: np.ndarray
    factor: np.ndarray
    size: int

    @cached_property
    def outer(self) -> np.ndarray:
        """Products of the factors, (k, k)."""
        return self.factor[:, None] * self.factor

    @cached_property
    def cells(self) -> np.ndarray:
        """Where the group's (k, k) matrix stands in the flat one of all, (k * k,)."""
        return (self.columns[:, None] * self.size + self.columns).ravel()


def places_of(groups: Sequence[GroupModel], size: int) -> tuple[Route, ...]:
    """Where each group's parameters stand among all ``size``."""
    return tuple(Route(part.columns, np.ones(len(part.columns)), size) for part in groups)


def routes_of(basis: np.ndarray | None, groups: Sequence[GroupModel]) -> tuple[Route, ...] | None:
    """Where each group's parameters stand among the free directions.

    Equal parameters have one entry in their row of the basis. None where a row has several, or where two
    parameters of one group share a direction, or none is left free: then only the whole product will do.
    """
    if basis is None or not basis.shape[1] or (np.count_nonzero(basis, axis=1) > 1).any():
        return None
    column = np.abs(basis).argmax(axis=1)
    factor = basis[np.arange(len(basis)), column]
    routes = tuple(Route(column[part.columns], factor[part.columns], basis.shape[1]) for part in groups)
    if any(len(np.unique(route.columns)) < len(route.columns) for route in routes):
        return None
    return routes


def in_directions(matrix: np.ndarray, basis: np.ndarray | None) -> np.ndarray:
    """``basis' M basis`` of a matrix or a stack of them: what is by parameters, by free directions."""
    return between_directions(matrix, basis, basis)


def between_directions(matrix: np.ndarray, left: np.ndarray | None, right: np.ndarray | None) -> np.ndarray:
    """``left' M right`` of a matrix or a stack of them; None stands for the identity.

    A basis of equal parameters is nearly empty, and products with it are then done sparsely.
    """
    if matrix.ndim == 3 and len(matrix) == 1:
        return between_directions(matrix[0], left, right)[None]
    if left is not None:
        matrix = _nearly_empty(left, matrix.ndim).T @ matrix
    if right is not None:
        turned = _nearly_empty(right, matrix.ndim)
        matrix = matrix @ turned if turned is right else (turned.T @ matrix.T).T
    return matrix


def _nearly_empty(basis: np.ndarray, dimensions: int) -> Any:
    """The basis as it is, or as a sparse array where that pays."""
    if dimensions == 3 or np.count_nonzero(basis) > 4 * len(basis):
        return basis
    from scipy.sparse import csr_array

    return csr_array(basis)
