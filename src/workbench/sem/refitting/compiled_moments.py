"""Value, gradient and exact Hessian of the maximum-likelihood discrepancy, compiled for one draw at a time.

In the path form Σ = F T S Tᵀ Fᵀ with T = (I − A)⁻¹ every first derivative has rank two. With G = F T and
D = F T S Tᵀ,

    ∂Σ/∂a_ij = G_i D_jᵀ + D_j G_iᵀ
    ∂Σ/∂s_ij = G_i G_jᵀ + G_j G_iᵀ   (half of it on the diagonal)

so gradient, expected information and the exact Hessian are sums of products of entries of two small
tables, BᵀΣ⁻¹B and BᵀRB with R = Σ⁻¹ − Σ⁻¹S̃Σ⁻¹ and S̃ = S + dd', d the deviation of the means. B holds unit
vectors and the few columns of G and D that belong to variables with an arrow out of them. A Hessian then
costs little more than a gradient.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.sem.refitting.small_dense import FAST, cholesky, inverse_from_cholesky, invert, project
from workbench.sem.refitting.structure import COVARIANCE, INTERCEPT, REGRESSION, Space, Structure


@njit(cache=True, nogil=True, fastmath=FAST)
def fill(theta: np.ndarray, g: int, cov: np.ndarray, mean: np.ndarray, st: Structure, sp: Space) -> None:
    """Put parameters and the draw's own fixed-x moments into the matrices of group g."""
    m = sp.levels.shape[0]
    for i in range(m):
        sp.levels[i] = st.intercepts[g, i]
        for j in range(m):
            sp.paths[i, j] = st.regressions[g, i, j]
            sp.spread[i, j] = st.covariances[g, i, j]
    for k in range(st.fixed_x.shape[0]):
        i, j = st.fixed_x[k, 0], st.fixed_x[k, 1]
        sp.spread[i, j] = cov[i, j]
        sp.spread[j, i] = cov[i, j]
        if st.means and i == j:
            sp.levels[i] = mean[i]
    for e in range(st.kind.shape[0]):
        if st.group[e] != g:
            continue
        value = theta[st.parameter[e]]
        i, j = st.row[e], st.column[e]
        if st.kind[e] == REGRESSION:
            sp.paths[i, j] = value
        elif st.kind[e] == COVARIANCE:
            sp.spread[i, j] = value
            sp.spread[j, i] = value
        else:
            sp.levels[i] = value


@njit(cache=True, nogil=True, fastmath=FAST)
def implied(mean: np.ndarray, st: Structure, sp: Space) -> bool:
    """Σ, the vectors of its derivatives, and the deviation of the mean; False where I − A is singular."""
    p = sp.sigma.shape[0]
    c = st.core.shape[0]
    core, position = st.core, st.core_position
    for a in range(c):
        for b in range(c):
            sp.square[a, b] = (1.0 if a == b else 0.0) - sp.paths[core[a], core[b]]
    if not invert(sp.square, c, sp.total):
        return False
    for a in range(c):  # G
        for i in range(p):
            s = 0.0
            for b in range(c):
                x = sp.paths[i, core[b]]
                if x != 0.0:
                    s += x * sp.total[b, a]
            sp.vectors[a, i] = s
        if core[a] < p:
            sp.vectors[a, core[a]] += 1.0
    for b in range(c):  # F T S
        for i in range(p):
            sp.gs[b, i] = sp.spread[i, core[b]] if position[i] < 0 else 0.0
        for a in range(c):
            x = sp.spread[core[a], core[b]]
            if x != 0.0:
                for i in range(p):
                    sp.gs[b, i] += x * sp.vectors[a, i]
    for a in range(c):  # D
        for i in range(p):
            sp.vectors[c + a, i] = 0.0
        for b in range(c):
            x = sp.total[a, b]
            if x != 0.0:
                for i in range(p):
                    sp.vectors[c + a, i] += x * sp.gs[b, i]
    for i in range(p):
        for j in range(i + 1):
            s = 0.0
            for b in range(c):
                s += sp.gs[b, i] * sp.vectors[b, j]
            if position[j] < 0:
                for b in range(c):
                    s += sp.vectors[b, i] * sp.spread[core[b], j]
                if position[i] < 0:
                    s += sp.spread[i, j]
            sp.sigma[i, j] = s
            sp.sigma[j, i] = s
            sp.factor[i, j] = s
    if st.means:
        for a in range(c):
            s = 0.0
            for b in range(c):
                s += sp.total[a, b] * sp.levels[core[b]]
            sp.eta[a] = s
        for i in range(p):
            s = sp.levels[i] if position[i] < 0 else 0.0
            for b in range(c):
                s += sp.vectors[b, i] * sp.levels[core[b]]
            sp.deviation[i] = mean[i] - s
    return True


@njit(cache=True, nogil=True, fastmath=FAST)
def value(cov: np.ndarray, st: Structure, sp: Space) -> float:
    """log|Σ| + tr(SΣ⁻¹) + d'Σ⁻¹d, Σ⁻¹ left in ``sp.precision``; infinite where Σ is not positive definite."""
    p = sp.sigma.shape[0]
    if not cholesky(sp.factor, p):
        return np.inf
    inverse_from_cholesky(sp.factor, p, sp.precision, sp.work)
    value = 0.0
    for i in range(p):
        value += 2.0 * np.log(sp.factor[i, i])
        for j in range(p):
            value += sp.precision[i, j] * cov[i, j]
    if st.means:
        for i in range(p):
            s = 0.0
            for j in range(p):
                s += sp.precision[i, j] * sp.deviation[j]
            sp.weighted[i] = s
            value += s * sp.deviation[i]
    return value


@njit(cache=True, nogil=True, fastmath=FAST)
def tables(cov: np.ndarray, st: Structure, sp: Space) -> None:
    """The two tables of quadratic forms, the latent covariance, and the pull of the means."""
    p = sp.sigma.shape[0]
    c = st.core.shape[0]
    for i in range(p):  # work = Σ⁻¹ S̃
        for j in range(p):
            s = 0.0
            for k in range(p):
                s += sp.precision[i, k] * cov[j, k]
            if st.means:
                s += sp.weighted[i] * sp.deviation[j]
            sp.work[i, j] = s
    for i in range(p):
        for j in range(i + 1):
            s = sp.precision[i, j]
            for k in range(p):
                s -= sp.work[i, k] * sp.precision[j, k]
            sp.excess[i, j] = s
            sp.excess[j, i] = s
    project(sp.precision, sp.vectors, p, 2 * c, sp.in_w, sp.half)
    project(sp.excess, sp.vectors, p, 2 * c, sp.in_r, sp.half)
    for a in range(c):
        for b in range(c):
            s = 0.0
            for d in range(c):
                s += sp.total[a, d] * sp.spread[st.core[d], st.core[b]]
            sp.square[a, b] = s
    for a in range(c):
        for b in range(c):
            s = 0.0
            for d in range(c):
                s += sp.square[a, d] * sp.total[b, d]
            sp.latent[a, b] = s
    if st.means:
        for i in range(p):
            sp.pull[i] = sp.weighted[i]
        for a in range(2 * c):
            s = 0.0
            for i in range(p):
                s += sp.vectors[a, i] * sp.weighted[i]
            sp.pull[p + a] = s


@njit(cache=True, nogil=True, fastmath=FAST)
def _second_order(
    covariance: bool,
    i: int,
    j: int,
    u: int,
    v: int,
    k: int,
    to: int,
    g: int,
    d: int,
    position: np.ndarray,
    total: np.ndarray,
    latent: np.ndarray,
    in_r: np.ndarray,
) -> float:
    """tr(R ∂²Σ) for an entry (i, j) with vectors u, v and a regression (k, to) with vectors g, d.

    Only regressions bend Σ: the second derivative of two covariances is zero.
    """
    ancestor = position[to]
    at_i, at_j = position[i], position[j]
    s = 0.0
    if at_i >= 0:
        s += total[ancestor, at_i] * in_r[g, v]
    if covariance:
        if at_j >= 0:
            s += total[ancestor, at_j] * in_r[g, u]
    else:
        s += latent[ancestor, at_j] * in_r[u, g]
        if position[k] >= 0:
            s += total[at_j, position[k]] * in_r[u, d]
    return 2.0 * s


@njit(cache=True, nogil=True, fastmath=FAST)
def _second_order_mean(
    regression: bool,
    i: int,
    j: int,
    u: int,
    k: int,
    to: int,
    g: int,
    position: np.ndarray,
    total: np.ndarray,
    eta: np.ndarray,
    pull: np.ndarray,
) -> float:
    """−2 (∂²μ)'Σ⁻¹d for a regression or an intercept at (i, j) and a regression (k, to)."""
    ancestor = position[to]
    s = 0.0
    if position[i] >= 0:
        s += total[ancestor, position[i]] * (eta[position[j]] if regression else 1.0) * pull[g]
    if regression and position[k] >= 0:
        s += total[position[j], position[k]] * eta[ancestor] * pull[u]
    return -2.0 * s


@njit(cache=True, nogil=True, fastmath=FAST)
def derivatives(g: int, weight: float, expected: bool, slopes: bool, st: Structure, sp: Space) -> None:
    """Add the group's share of gradient and Hessian (or expected information); ``slopes``: gradient alone."""
    # Fields are bound once: a field of a tuple read inside the loops costs a reference count each time.
    kind, row, column, parameter, group = st.kind, st.row, st.column, st.parameter, st.group
    left, right, position, means = st.left, st.right, st.core_position, st.means
    in_w, in_r, pull, eta, total, latent = sp.in_w, sp.in_r, sp.pull, sp.eta, sp.total, sp.latent
    gradient, hessian = sp.gradient, sp.hessian
    for e in range(kind.shape[0]):
        if group[e] != g:
            continue
        ke, pe, ue, ve = kind[e], parameter[e], left[e], right[e]
        fe = 0.0 if ke == INTERCEPT else (0.5 if ke == COVARIANCE and row[e] == column[e] else 1.0)
        mean_e = 0.0
        if means and ke != COVARIANCE:
            mean_e = eta[position[column[e]]] if ke == REGRESSION else 1.0
        gradient[pe] += 2.0 * weight * (fe * in_r[ue, ve] - mean_e * pull[ue])
        if slopes:
            continue
        for h in range(e + 1):
            if group[h] != g:
                continue
            kh, ph, uh, vh = kind[h], parameter[h], left[h], right[h]
            fh = 0.0 if kh == INTERCEPT else (0.5 if kh == COVARIANCE and row[h] == column[h] else 1.0)
            uu, vv, uv, vu = in_w[ue, uh], in_w[ve, vh], in_w[ue, vh], in_w[ve, uh]
            s = uu * vv + uv * vu
            if not expected:
                s -= uu * in_r[ve, vh] + vv * in_r[ue, uh] + uv * in_r[ve, uh] + vu * in_r[ue, vh]
            s *= 2.0 * fe * fh
            if not expected:
                if kh == REGRESSION:
                    if fe > 0.0:
                        s += fe * _second_order(
                            ke == COVARIANCE, row[e], column[e], ue, ve, row[h], column[h], uh, vh,
                            position, total, latent, in_r,
                        )  # fmt: skip
                elif ke == REGRESSION and fh > 0.0:
                    s += fh * _second_order(
                        kh == COVARIANCE,
                        row[h],
                        column[h],
                        uh,
                        vh,
                        row[e],
                        column[e],
                        ue,
                        ve,
                        position,
                        total,
                        latent,
                        in_r,
                    )
            if means:
                mean_h = 0.0
                if kh != COVARIANCE:
                    mean_h = eta[position[column[h]]] if kh == REGRESSION else 1.0
                s += 2.0 * mean_e * mean_h * uu
                if not expected:
                    s += 2.0 * fe * mean_h * (pull[ue] * vu + pull[ve] * uu)
                    s += 2.0 * fh * mean_e * (pull[uh] * uv + pull[vh] * uu)
                    if kh == REGRESSION and ke != COVARIANCE:
                        s += _second_order_mean(
                            ke == REGRESSION,
                            row[e],
                            column[e],
                            ue,
                            row[h],
                            column[h],
                            uh,
                            position,
                            total,
                            eta,
                            pull,
                        )
                    elif ke == REGRESSION and kh == INTERCEPT:
                        s += _second_order_mean(
                            kh == REGRESSION, row[h], column[h], uh, row[e], column[e], ue,
                            position, total, eta, pull,
                        )  # fmt: skip
            s *= weight
            if pe == ph:
                hessian[pe, pe] += s if e == h else 2.0 * s
            else:
                hessian[pe, ph] += s
                hessian[ph, pe] += s
