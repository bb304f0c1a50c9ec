"""Positive definite matrices of one draw: what NumPy gives, and None where there is nothing to give."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.sem.definite import inverted, is_definite, solution
from workbench.sem.discrepancy import inverses

RNG = np.random.default_rng(3)


def _matrix(size: int) -> np.ndarray:
    rows = RNG.normal(size=(size + 5, size))
    return rows.T @ rows


@pytest.mark.parametrize("size", [1, 2, 11, 40])
def test_inverse_log_determinant_and_solution_are_numpys(size):
    matrix, right = _matrix(size), RNG.normal(size=size)
    inverse, logdet = inverted(matrix)
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(inverse, inverse.T)
    assert logdet == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(solution(matrix, right), np.linalg.solve(matrix, right), rtol=1e-8, atol=1e-11)
    assert is_definite(matrix)


@pytest.mark.parametrize(
    "matrix",
    [np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[-1.0]]), np.zeros((3, 3)), np.full((2, 2), np.nan)],
    ids=["indefinite", "negative", "zero", "not a number"],
)
def test_a_matrix_that_is_not_positive_definite_has_nothing(matrix):
    assert inverted(matrix) is None
    assert not is_definite(matrix)
    found = solution(matrix, np.ones(len(matrix)))
    assert found is None or not np.isfinite(found).any()


def test_one_draw_and_a_stack_are_told_alike():
    good, bad = _matrix(4), np.diag([1.0, -1.0, 1.0, 1.0])
    both = inverses(np.stack([good, bad]))
    np.testing.assert_array_equal(both[0], [True, False])
    for place, matrix in enumerate((good, bad)):
        alone = inverses(matrix[None])
        assert (alone[0] is None) == both[0][place]
        np.testing.assert_allclose(alone[1], both[1][place : place + 1], rtol=1e-12)
        np.testing.assert_allclose(alone[2], both[2][place : place + 1], rtol=1e-9)
