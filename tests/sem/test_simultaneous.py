"""Families of contrasts against the equations they come from."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem

HS = pd.read_csv(Path(__file__).parents[1] / "reference" / "sem" / "hs.csv")
PATHS = [f"x9 ~ x{k}" for k in (1, 4, 7)]
PAIRS = {f"{a} - {b}": {a: 1, b: -1} for a, b in combinations(PATHS, 2)}


@pytest.fixture(scope="module")
def fit():
    return sem.fit("x9 ~ x1 + x4 + x7", HS)


def test_a_single_contrast_is_the_wald_test(fit):
    found = sem.contrasts(fit, {"a": {"x9 ~ x1": 1, "x9 ~ x4": -1}}).table.iloc[0]
    vcov = fit.vcov
    names = [name for name in vcov.index if name.startswith("x9 ~ x")]
    weights = pd.Series(0.0, index=vcov.index)
    weights[names[0]], weights[names[1]] = 1, -1
    assert found["se"] == pytest.approx(np.sqrt(weights @ vcov @ weights))
    assert found["ci_upper"] - found["est"] == pytest.approx(1.96 * found["se"], rel=0.01)


def test_three_pairwise_differences_need_tukeys_quantile(fit):
    """For three uncorrelated estimates of equal precision, max-t is the studentised range / sqrt 2: 2.344."""
    rng = np.random.default_rng(0)
    x = pd.DataFrame(
        np.linalg.qr(rng.normal(size=(3000, 4)))[0] * np.sqrt(3000), columns=["y", "a", "b", "c"]
    )
    even = sem.fit("y ~ a + b + c", x)
    names = ["y ~ a", "y ~ b", "y ~ c"]
    family = {f"{p}-{q}": {p: 1, q: -1} for p, q in combinations(names, 2)}
    assert sem.contrasts(even, family).critical == pytest.approx(2.344, abs=0.015)


def test_bootstrap_and_normal_theory_agree_on_well_behaved_data(fit):
    normal = sem.contrasts(fit, PAIRS)
    drawn = sem.contrasts(fit.bootstrap(4000, seed=1), PAIRS)
    np.testing.assert_allclose(drawn.table["est"], normal.table["est"])
    np.testing.assert_allclose(drawn.table["se"], normal.table["se"], rtol=0.12)
    assert drawn.critical == pytest.approx(normal.critical, abs=0.15)


def test_simultaneous_intervals_are_wider_than_single_ones_and_agree_with_their_p(fit):
    for standardized in (False, True):
        table = sem.contrasts(fit, PAIRS, standardized=standardized).table
        assert (table["ci_lower"] < table["pointwise_lower"]).all()
        excludes = (table["ci_lower"] > 0) | (table["ci_upper"] < 0)
        assert (excludes == (table["pvalue"] < 0.05)).all()


def test_standardized_contrasts_have_the_standard_errors_of_standardized_values():
    fit = sem.fit("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~~ textual", HS)
    row = sem.contrasts(fit, {"r": {"visual ~~ textual": 1}}, standardized=True).table.iloc[0]
    expected = fit.standardized.query("lhs == 'visual' and rhs == 'textual'").iloc[0]
    assert row["se"] == pytest.approx(expected["se"], rel=1e-6)


def test_unknown_parameters_and_flat_contrasts_are_refused(fit):
    with pytest.raises(sem.SpecificationError, match="no parameter 'x9 ~ x8'"):
        sem.contrasts(fit, {"a": {"x9 ~ x8": 1}})
    with pytest.raises(sem.SpecificationError, match="does not vary"):
        sem.contrasts(fit, {"a": {"x9 ~ x1": 0}})
