"""The exact Hessian of the maximum-likelihood discrepancy, from the same small matrices as its gradient.

With ``V = Z' Sigma^-1 Z`` and ``P = Z' Sigma^-1 (S - Sigma) Sigma^-1 Z`` (S about the implied means) the
Hessian of ``fmin`` is the expected information, plus products of an entry of V and one of P, plus what second
derivatives of Sigma and mu contribute; only paths have such. Newton steps on it converge quadratically.
"""

from __future__ import annotations

import numpy as np

from workbench.sem.compiled_model import State
from workbench.sem.matrices import GroupModel


def entries(part: GroupModel, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``u'Mu``, ``w'Mw`` and ``u'Mw`` of every pair of the group's parameters, (B, k, k), from a symmetric
    ``Z'MZ``.
    """
    flat, size = matrix.reshape(len(matrix), -1), len(part.u)
    uu, ww, uw = (flat.take(index, axis=1).reshape(len(flat), size, size) for index in part.gather)
    return uu, ww, uw


def curvature(
    part: GroupModel,
    state: State,
    known: tuple[np.ndarray, np.ndarray, np.ndarray],
    pull: np.ndarray,
    drift: np.ndarray | None,
) -> np.ndarray:
    """What the exact Hessian has beyond the expected information, for one group, (B, k, k).

    ``known``: the entries of V. ``pull`` is P (B, T + c, T + c), ``drift`` is ``(mean - mu)' Sigma^-1 Z`` (B,
    T + c).
    """
    uu, ww, uw = known
    puu, pww, puw = entries(part, pull)
    pwu, crossed = puw.swapaxes(1, 2), uw * puw.swapaxes(1, 2)
    extra = uu * pww
    extra += ww * puu
    extra += crossed
    extra += crossed.swapaxes(1, 2)
    extra *= part.half_outer
    if drift is not None:
        both = drift[:, part.u, None] * uw.swapaxes(1, 2) + drift[:, part.w, None] * uu
        cross = part.half[:, None] * both * state.tau[:, None, :]
        extra += cross + cross.swapaxes(1, 2)
    paths = len(part.cause_of)
    if paths:
        bend = _bend(part, state, puu[:, :, :paths], pwu[:, :, :paths], puw[:, :, :paths], drift)
        extra[:, :, :paths] -= bend
        extra[:, :paths, paths:] -= bend[:, paths:].swapaxes(1, 2)
    return extra


def _bend(
    part: GroupModel,
    state: State,
    puu: np.ndarray,
    pwu: np.ndarray,
    puw: np.ndarray,
    drift: np.ndarray | None,
) -> np.ndarray:
    """Second derivatives of Sigma and mu by any parameter and a path, contracted, (B, k, paths)."""
    paths, causes = len(part.cause_of), len(part.causes)
    latent = state.spread[:, part.causes[:, None], part.causes]
    if state.inverse is None:
        through, chain, beyond = part.own_effects
    else:
        latent = state.inverse @ latent @ state.inverse.swapaxes(1, 2)
        total = np.zeros((len(puu), causes + 1, causes + 1))
        total[:, :causes, :causes] = state.inverse
        through, chain, beyond = part.effects(total)
    among = latent[:, part.cause_of[:, None], part.cause_of]
    bend = through * pwu
    bend[:, :paths] += among * puu[:, :paths] + chain * puw[:, :paths]
    bend[:, paths:] += beyond * puu[:, paths:]
    bend *= part.half[:, None]
    if drift is not None:
        level = state.tau.copy()
        level[:, paths : len(part.u) - len(part.intercept_columns)] = 0.0
        bend += through * level[:, :, None] * drift[:, None, part.u[:paths]]
        bend[:, :paths] += chain * state.tau[:, None, :paths] * drift[:, part.u[:paths], None]
    return bend
