"""Discrepancies of a factor model as functions of the unique variances alone (Jöreskog 1977).

At given unique variances the best loadings are known in closed form: a search has one number for each item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Point:
    """A discrepancy at log unique variances (..., p): value, gradient, loadings and two Hessians.

    The ``approximate`` Hessian is Jöreskog's (1977), never indefinite. ``exact`` makes the other, of all
    points or of those that are chosen: few need it.
    """

    value: np.ndarray
    gradient: np.ndarray
    approximate: np.ndarray
    exact: Callable[..., np.ndarray]
    loadings: np.ndarray


Criterion = Callable[[np.ndarray, np.ndarray, int], Point]


def likelihood(logs: np.ndarray, matrix: np.ndarray, k: int) -> Point:
    """ML discrepancy of log unique variances (..., p)."""
    root = np.exp(logs / 2)
    values, vectors = np.linalg.eigh(matrix / (root[..., :, None] * root[..., None, :]))
    small, rest = values[..., :-k], vectors[..., :-k]
    top, axes = values[..., : -k - 1 : -1], vectors[..., : -k - 1 : -1]
    gradient = np.einsum("...im,...m->...i", rest**2, 1 - small)
    within = rest @ rest.swapaxes(-1, -2)

    def exact(chosen: Any = ...) -> np.ndarray:
        own, lower, upper = rest[chosen], small[chosen], top[chosen]
        weights = (1 - lower)[..., None] * (upper[..., None, :] + lower[..., None])
        across = _across(own, axes[chosen], weights, lower, upper)
        return within[chosen] * _weighted(own, lower) + across

    loadings = root[..., :, None] * axes * np.sqrt(np.maximum(top - 1, 0))[..., None, :]
    return Point(np.sum(small - np.log(small) - 1, axis=-1), gradient, within**2, exact, loadings)


def least_squares(logs: np.ndarray, matrix: np.ndarray, k: int) -> Point:
    """Half the squared residuals of the log unique variances (..., p)."""
    unique = np.exp(logs)
    values, vectors = np.linalg.eigh(matrix - unique[..., :, None] * np.eye(len(matrix)))
    small, rest = values[..., :-k], vectors[..., :-k]
    top, axes = values[..., : -k - 1 : -1], vectors[..., : -k - 1 : -1]
    gradient = -unique * np.einsum("...im,...m->...i", rest**2, small)
    scale = unique[..., :, None] * unique[..., None, :]
    approximate = (rest @ rest.swapaxes(-1, -2)) ** 2 * scale

    def exact(chosen: Any = ...) -> np.ndarray:
        lower = small[chosen]
        across = _across(rest[chosen], axes[chosen], lower[..., None], lower, top[chosen])
        diagonal = gradient[chosen][..., None] * np.eye(len(matrix))
        return approximate[chosen] - 2 * scale[chosen] * across + diagonal

    loadings = axes * np.sqrt(np.maximum(top, 0))[..., None, :]
    return Point(np.sum(small**2, axis=-1) / 2, gradient, approximate, exact, loadings)


def _weighted(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of the vectors' outer products (... x p x p), each with its weight."""
    return (vectors * weights[..., None, :]) @ vectors.swapaxes(-1, -2)


def _across(
    rest: np.ndarray, axes: np.ndarray, weights: np.ndarray, small: np.ndarray, top: np.ndarray
) -> np.ndarray:
    """How the factors' axes turn towards the other axes: what Jöreskog's approximation leaves out."""
    gaps = np.maximum(top[..., None, :] - small[..., None], np.finfo(float).tiny ** 0.5)
    shares = weights / gaps
    total = 0.0
    for factor in range(axes.shape[-1]):
        axis = axes[..., factor]
        total = total + axis[..., :, None] * axis[..., None, :] * _weighted(rest, shares[..., factor])
    return np.asarray(total)
