"""Dense linear algebra for matrices of ten to a hundred rows, compiled.

At these sizes a call into LAPACK costs as much as the work it does, and a stack of bootstrap draws makes
millions of such calls. These routines run inside a compiled loop, on one thread, without allocating.
"""

import numpy as np
from numba import njit

# Sums may be reordered and multiplications fused: the loops then use the vector unit.
FAST = {"reassoc", "contract", "nsz"}
_TINY_PIVOT = 1e-300


@njit(cache=True, nogil=True, fastmath=FAST)
def cholesky(a: np.ndarray, n: int) -> bool:
    """Lower Cholesky factor of ``a[:n, :n]`` in its lower triangle; False where not positive definite."""
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            if i == j:
                if not s > _TINY_PIVOT:
                    return False
                a[i, i] = s**0.5
            else:
                a[i, j] = s / a[j, j]
    return True


@njit(cache=True, nogil=True, fastmath=FAST)
def cholesky_solve(factor: np.ndarray, n: int, b: np.ndarray) -> None:
    """Solve ``(L L') x = b`` in place, ``factor`` holding L."""
    for i in range(n):
        s = b[i]
        for k in range(i):
            s -= factor[i, k] * b[k]
        b[i] = s / factor[i, i]
    for i in range(n - 1, -1, -1):
        b[i] /= factor[i, i]
        x = b[i]
        for k in range(i):
            b[k] -= factor[i, k] * x


@njit(cache=True, nogil=True, fastmath=FAST)
def invert_definite(a: np.ndarray, n: int) -> float:
    """Inverse of a symmetric ``a[:n, :n]`` in its place; log determinant, infinite where it is not positive
    definite.

    Gauss-Jordan steps on the diagonal, whose pivots are those of the Cholesky factor: every inner loop runs
    along a whole row, which takes a quarter of the time of triangles at these sizes.
    """
    total = 0.0
    for i in range(n):
        pivot = a[i, i]
        if not pivot > _TINY_PIVOT:
            return np.inf
        total += np.log(pivot)
        scale = 1.0 / pivot
        a[i, i] = 1.0
        for j in range(n):
            a[i, j] *= scale
        for r in range(n):
            if r != i:
                x = a[r, i]
                a[r, i] = 0.0
                for j in range(n):
                    a[r, j] -= x * a[i, j]
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def invert(a: np.ndarray, n: int, inverse: np.ndarray) -> bool:
    """Gauss–Jordan inverse of a general ``a[:n, :n]`` (destroyed), rows pivoted; False where singular."""
    for i in range(n):
        for j in range(n):
            inverse[i, j] = 1.0 if i == j else 0.0
    for i in range(n):
        pivot = i
        for r in range(i + 1, n):
            if abs(a[r, i]) > abs(a[pivot, i]):
                pivot = r
        if abs(a[pivot, i]) < 1e-12:
            return False
        if pivot != i:
            for j in range(n):
                x, y = a[i, j], inverse[i, j]
                a[i, j], inverse[i, j] = a[pivot, j], inverse[pivot, j]
                a[pivot, j], inverse[pivot, j] = x, y
        scale = 1.0 / a[i, i]
        for j in range(n):
            a[i, j] *= scale
            inverse[i, j] *= scale
        for r in range(n):
            x = a[r, i]
            if r != i and x != 0.0:
                for j in range(n):
                    a[r, j] -= x * a[i, j]
                    inverse[r, j] -= x * inverse[i, j]
    return True


@njit(cache=True, nogil=True, fastmath=FAST)
def project(x: np.ndarray, basis: np.ndarray, p: int, r: int, out: np.ndarray, half: np.ndarray) -> None:
    """Quadratic forms of a symmetric ``x`` (p × p) in the unit vectors and the rows of ``basis`` (r × p).

    ``out[:p, :p] = x``, ``out[p + a, :p] = x basis[a]``, ``out[p + a, p + b] = basis[a]' x basis[b]``;
    ``half`` (r × p) is scratch.
    """
    for i in range(p):
        for j in range(p):
            out[i, j] = x[i, j]
    for a in range(r):
        for i in range(p):
            s = 0.0
            for j in range(p):
                s += x[i, j] * basis[a, j]
            half[a, i] = s
            out[i, p + a] = s
            out[p + a, i] = s
        for b in range(a + 1):
            s = 0.0
            for i in range(p):
                s += half[a, i] * basis[b, i]
            out[p + a, p + b] = s
            out[p + b, p + a] = s
