"""What is kept or done sparsely gives the same numbers as what is worked out anew."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.sem.compiled_model import in_directions
from workbench.sem.ordered import problem

MODEL = "f =~ x1 + x2 + x3 + x4"


def answers(seed=1, n=400):
    rng = np.random.default_rng(seed)
    latent = 0.7 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, 4))
    frame = pd.DataFrame(np.digitize(latent, [-1, 0, 1]), columns=["x1", "x2", "x3", "x4"])
    return frame.assign(g=np.where(np.arange(n) % 2, "a", "b"))


def fitted(data, **options):
    return sem.fit(MODEL, data, estimator="WLSMV", ordered=["x1", "x2", "x3", "x4"], group="g", **options)


def test_two_step_estimates_are_kept_by_content_and_change_with_the_answers(monkeypatch):
    monkeypatch.setattr(problem, "_KEPT", {})
    data = answers()
    first = fitted(data)
    assert len(problem._KEPT) == 2, "one entry per group"
    again = fitted(data.copy(), group_equal=("loadings",))
    assert len(problem._KEPT) == 2
    assert again.df == first.df + 3
    data.loc[0, "x1"] = 3 - data.loc[0, "x1"]
    changed = fitted(data)
    assert len(problem._KEPT) == 3
    assert not np.allclose(changed.estimates["est"], first.estimates["est"], atol=1e-6)
    fresh = {}
    monkeypatch.setattr(problem, "_KEPT", fresh)
    pd.testing.assert_frame_equal(fitted(answers()).estimates, first.estimates, rtol=1e-12)


def test_no_more_groups_are_kept_than_said(monkeypatch):
    monkeypatch.setattr(problem, "_KEPT", {})
    for seed in range(6):
        fitted(answers(seed))
    assert len(problem._KEPT) == problem.MOST_KEPT


@pytest.mark.parametrize("dense", [False, True])
def test_products_within_a_basis_are_the_dense_ones(dense):
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(12, 12))
    basis = np.zeros((12, 5))
    basis[np.arange(12), np.arange(12) % 5] = 1.0
    if dense:
        basis += rng.normal(size=basis.shape)
    np.testing.assert_allclose(in_directions(matrix, basis), basis.T @ matrix @ basis, atol=1e-12)
    stack = np.stack([matrix, 2 * matrix])
    np.testing.assert_allclose(in_directions(stack, basis), basis.T @ stack @ basis, atol=1e-12)
    np.testing.assert_allclose(in_directions(stack[:1], basis), basis.T @ stack[:1] @ basis, atol=1e-12)
    assert in_directions(matrix, None) is matrix
