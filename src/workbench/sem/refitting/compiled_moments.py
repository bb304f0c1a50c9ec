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

from workbench.sem.refitting.small_dense import FAST, invert, invert_definite, project
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
    for e in range(st.first[g], st.first[g + 1]):
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
    """Σ in ``sp.precision``, the vectors of its derivatives, and the deviation of the mean; False where I − A
    is singular.
    """
    p = sp.precision.shape[0]
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
            sp.precision[i, j] = s
            sp.precision[j, i] = s
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
    """log|Σ| + tr(SΣ⁻¹) + d'Σ⁻¹d of the Σ in ``sp.precision``, where Σ⁻¹ takes its place; infinite where Σ is
    not positive definite.
    """
    p = sp.precision.shape[0]
    value = invert_definite(sp.precision, p)
    if value == np.inf:
        return value
    for i in range(p):
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
    p = sp.precision.shape[0]
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
def derivatives(g: int, weight: float, expected: bool, slopes: bool, st: Structure, sp: Space) -> None:
    """Add the group's share of gradient and Hessian (or expected information); ``slopes``: gradient alone.

    Of the Hessian half is added where it is wanted, each pair of entries once: `symmetric` makes it whole.
    """
    # Fields are bound once: a field of a tuple read inside the loops costs a reference count each time.
    kind, row, column, parameter, left, right = st.kind, st.row, st.column, st.parameter, st.left, st.right
    position, in_w, in_r, pull, eta = st.core_position, sp.in_w, sp.in_r, sp.pull, sp.eta
    gradient, hessian = sp.gradient, sp.hessian
    begin, end = st.first[g], st.first[g + 1]
    share, level, line = np.empty(end - begin), np.zeros(end - begin), np.empty(end - begin)
    for e in range(begin, end):
        ke = kind[e]
        share[e - begin] = (
            0.0 if ke == INTERCEPT else (0.5 if ke == COVARIANCE and row[e] == column[e] else 1.0)
        )
        if st.means and ke != COVARIANCE:
            level[e - begin] = eta[position[column[e]]] if ke == REGRESSION else 1.0
    for e in range(begin, end):
        ue, ve, pe = left[e], right[e], parameter[e]
        fe, mean_e = share[e - begin], level[e - begin]
        gradient[pe] += 2.0 * weight * (fe * in_r[ue, ve] - mean_e * pull[ue])
        if slopes:
            continue
        wu, wv, ru, rv = in_w[ue], in_w[ve], in_r[ue], in_r[ve]
        if expected:
            for h in range(begin, e + 1):
                uh, vh = left[h], right[h]
                s = wu[uh] * wv[vh] + wu[vh] * wv[uh]
                line[h - begin] = 2.0 * fe * share[h - begin] * s
        else:
            for h in range(begin, e + 1):
                uh, vh = left[h], right[h]
                uu, vv, uv, vu = wu[uh], wv[vh], wu[vh], wv[uh]
                s = uu * vv + uv * vu - uu * rv[vh] - vv * ru[uh] - uv * rv[uh] - vu * ru[vh]
                line[h - begin] = 2.0 * fe * share[h - begin] * s
            _bend(e, begin, fe, line, st, sp)
        if st.means:
            for h in range(begin, e + 1):
                line[h - begin] += 2.0 * mean_e * level[h - begin] * wu[left[h]]
            if not expected:
                _bend_of_means(e, begin, share, level, line, st, sp)
        line[e - begin] *= 0.5
        for h in range(begin, e + 1):
            hessian[pe, parameter[h]] += weight * line[h - begin]


@njit(cache=True, nogil=True, fastmath=FAST)
def _bend(e: int, begin: int, fe: float, line: np.ndarray, st: Structure, sp: Space) -> None:
    """Add tr(R ∂²Σ) of entry ``e`` and the regressions up to it, the first of a group's entries.

    Only regressions bend Σ: the second derivative of two covariances is zero.
    """
    kind, row, column, left, right, position = st.kind, st.row, st.column, st.left, st.right, st.core_position
    total, latent, in_r = sp.total, sp.latent, sp.in_r
    if kind[e] == INTERCEPT:
        return
    u, v, at_i, at_j = left[e], right[e], position[row[e]], position[column[e]]
    covariance = kind[e] == COVARIANCE
    if covariance and at_i < 0 and at_j < 0:
        return
    for h in range(begin, e + 1):
        if kind[h] != REGRESSION:
            break
        ancestor, to, g = position[column[h]], position[row[h]], left[h]
        s = 0.0
        if at_i >= 0:
            s += total[ancestor, at_i] * in_r[g, v]
        if covariance:
            if at_j >= 0:
                s += total[ancestor, at_j] * in_r[g, u]
        else:
            s += latent[ancestor, at_j] * in_r[u, g]
            if to >= 0:
                s += total[at_j, to] * in_r[u, right[h]]
        line[h - begin] += 2.0 * fe * s


@njit(cache=True, nogil=True, fastmath=FAST)
def _bend_of_means(
    e: int, begin: int, share: np.ndarray, level: np.ndarray, line: np.ndarray, st: Structure, sp: Space
) -> None:
    """Add what the means' pull makes of entry ``e`` and those up to it, −2 (∂²μ)'Σ⁻¹d among it."""
    kind, row, column, left, right, position = st.kind, st.row, st.column, st.left, st.right, st.core_position
    total, eta, pull, in_w = sp.total, sp.eta, sp.pull, sp.in_w
    u, v, at_i, at_j = left[e], right[e], position[row[e]], position[column[e]]
    fe, mean_e = share[e - begin], level[e - begin]
    for h in range(begin, e + 1):
        uh, vh = left[h], right[h]
        s = fe * level[h - begin] * (pull[u] * in_w[v, uh] + pull[v] * in_w[u, uh])
        s += share[h - begin] * mean_e * (pull[uh] * in_w[u, vh] + pull[vh] * in_w[u, uh])
        if kind[h] == REGRESSION and kind[e] != COVARIANCE:
            ancestor, to = position[column[h]], position[row[h]]
            if at_i >= 0:
                s -= total[ancestor, at_i] * mean_e * pull[uh]
            if kind[e] == REGRESSION and to >= 0:
                s -= total[at_j, to] * eta[ancestor] * pull[u]
        line[h - begin] += 2.0 * s


@njit(cache=True, nogil=True, fastmath=FAST)
def symmetric(matrix: np.ndarray) -> None:
    """``matrix + matrix'`` in place."""
    for i in range(matrix.shape[0]):
        for j in range(i + 1):
            s = matrix[i, j] + matrix[j, i]
            matrix[i, j] = s
            matrix[j, i] = s
