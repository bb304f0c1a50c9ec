"""A model laid out for the compiled kernel, and the scratch space that one thread works in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Kinds of entries.
REGRESSION, COVARIANCE, INTERCEPT = range(3)


class Structure(NamedTuple):
    """A model in path form over ``m`` variables, the ``p`` observed ones first, for ``G`` groups.

    ``regressions``, ``covariances`` (G × m × m) and ``intercepts`` (G × m) hold fixed values. Entry ``e``
    puts free parameter ``parameter[e]`` at place ``(row[e], column[e])`` of the matrix ``kind[e]``; those
    of group g are ``first[g]`` to ``first[g + 1]``, regressions before covariances before intercepts.
    ``left`` and ``right`` index the two vectors of the entry's derivative in the basis (unit vectors,
    then G, then D over the core). ``core`` lists the variables with an arrow out of them and
    ``core_position`` (m) where each variable stands in it, −1 if not. ``fixed_x`` (k × 2) are pairs of
    observed variables whose covariance is the sample's. ``basis`` (q × r) spans the directions that
    equality constraints leave free; r = 0 stands for no constraints.
    """

    regressions: np.ndarray
    covariances: np.ndarray
    intercepts: np.ndarray
    kind: np.ndarray
    row: np.ndarray
    column: np.ndarray
    parameter: np.ndarray
    first: np.ndarray
    left: np.ndarray
    right: np.ndarray
    core: np.ndarray
    core_position: np.ndarray
    fixed_x: np.ndarray
    basis: np.ndarray
    means: bool


class Space(NamedTuple):
    """Scratch memory of one thread."""

    paths: np.ndarray  # m × m regressions
    spread: np.ndarray  # m × m covariances
    levels: np.ndarray  # m intercepts
    total: np.ndarray  # c × c: T over the core
    latent: np.ndarray  # c × c: T S Tᵀ over the core
    square: np.ndarray  # c × c
    vectors: np.ndarray  # 2c × p: columns of G, then of D
    gs: np.ndarray  # c × p: columns of F T S over the core
    precision: np.ndarray  # p × p: Σ, then Σ⁻¹
    excess: np.ndarray  # p × p: R
    work: np.ndarray  # p × p
    half: np.ndarray  # 2c × p
    in_w: np.ndarray  # (p + 2c)²: BᵀΣ⁻¹B
    in_r: np.ndarray  # (p + 2c)²: BᵀRB
    pull: np.ndarray  # p + 2c: BᵀΣ⁻¹(mean − μ)
    eta: np.ndarray  # c: T ν over the core
    deviation: np.ndarray  # p
    weighted: np.ndarray  # p: Σ⁻¹(mean − μ)
    gradient: np.ndarray  # q
    hessian: np.ndarray  # q × q


def space(p: int, m: int, c: int, q: int) -> Space:
    """Scratch memory for p observed of m variables, c of them with arrows out, and q parameters."""
    zeros = np.zeros
    b = p + 2 * c
    return Space(
        paths=zeros((m, m)),
        spread=zeros((m, m)),
        levels=zeros(m),
        total=zeros((c, c)),
        latent=zeros((c, c)),
        square=zeros((c, c)),
        vectors=zeros((2 * c, p)),
        gs=zeros((c, p)),
        precision=zeros((p, p)),
        excess=zeros((p, p)),
        work=zeros((p, p)),
        half=zeros((2 * c, p)),
        in_w=zeros((b, b)),
        in_r=zeros((b, b)),
        pull=zeros(b),
        eta=zeros(c),
        deviation=zeros(p),
        weighted=zeros(p),
        gradient=zeros(q),
        hessian=zeros((q, q)),
    )
