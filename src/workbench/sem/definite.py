"""Positive definite matrices of one draw, by LAPACK itself: at the size of most models a call of NumPy's
costs more than the work that it does. None stands for a matrix that is not positive definite.

A matrix whose smallest pivot is nothing but rounding is singular, and so not positive definite.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg.lapack import dposv, dpotrf, dpotri

ROUNDING = float(np.finfo(float).eps)


def inverted(matrix: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Inverse (p, p) and log determinant of a symmetric matrix (p, p)."""
    factor, failed = dpotrf(matrix, lower=1)
    if failed:
        return None
    pivots = factor.diagonal()
    logdet = 2 * float(np.log(pivots).sum())
    # a pivot is at least the smallest eigenvalue, and the largest at most the largest
    if not math.isfinite(logdet) or pivots.min() <= math.sqrt(len(pivots) * ROUNDING) * pivots.max():
        return None
    lower, _ = dpotri(factor, lower=1)
    inverse = lower + lower.T
    inverse.flat[:: len(inverse) + 1] *= 0.5
    return inverse, logdet


def is_definite(matrix: np.ndarray) -> bool:
    """Whether a symmetric matrix (p, p) is positive definite."""
    factor, failed = dpotrf(matrix, lower=1)
    return not failed and math.isfinite(factor[-1, -1])  # LAPACK lets what is not a number pass


def solution(matrix: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """``M^-1 right`` of a symmetric matrix (p, p) and a vector (p,)."""
    _, found, failed = dposv(matrix, right, lower=1)
    return None if failed else found
