"""Covariance matrices of the parameters of fitted draws, many at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.sem.refitting.newton import expand, reduce
from workbench.sem.refitting.small_dense import invert_definite
from workbench.sem.refitting.structure import Space, Structure, space


@njit(cache=True, nogil=True)
def _inverse_stack(
    theta: np.ndarray,
    cov: np.ndarray,
    mean: np.ndarray,
    weight: np.ndarray,
    st: Structure,
    sp: Space,
    inverse: np.ndarray,
) -> None:
    free = st.basis.shape[1] if st.basis.shape[1] > 0 else theta.shape[1]
    gradient, reduced = np.empty(free), np.empty((free, free))
    for b in range(theta.shape[0]):
        if not np.isfinite(expand(theta[b], cov[b], mean[b], weight, True, False, np.nan, st, sp)):
            inverse[b] = np.nan
            continue
        reduce(st, sp, gradient, reduced)
        if invert_definite(reduced, free) == np.inf:
            inverse[b] = np.nan
        elif st.basis.shape[1] == 0:
            inverse[b] = reduced
        else:
            inverse[b] = st.basis @ reduced @ st.basis.T


def expected_covariances(
    structure: Structure, theta: np.ndarray, cov: np.ndarray, mean: np.ndarray, weight: np.ndarray, n: int
) -> np.ndarray:
    """Covariance matrices (B, q, q) of the parameters of fitted draws, from the expected information.

    ``n`` is the number of rows of all groups together. NaN where the information is singular.
    """
    draws, _, p, _ = cov.shape
    q = theta.shape[1]
    inverse = np.empty((draws, q, q))
    arrays = [np.ascontiguousarray(part, dtype=float) for part in (theta, cov, mean, weight)]
    scratch = space(p, structure.regressions.shape[1], structure.core.size, q)
    point, spread, level, share = arrays
    _inverse_stack(point, spread, level, share, structure, scratch, inverse)
    return inverse * (2 / n)
