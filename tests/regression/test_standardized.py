"""Standardized slopes: their errors are of the kind that was asked for."""

import numpy as np
import pandas as pd
import pytest

from workbench.regression import across, ols

DRIVERS = ["system", "data_quality", "interface", "integration", "training"]
KINDS = ["HC0", "HC1", "HC2", "HC3", "HC4"]
close = np.testing.assert_allclose


def test_slopes_and_hc0_errors_equal_lavaan(firms, r):
    table = ols(firms, "effectiveness", DRIVERS, covariance="HC0").standardized
    close(table["estimate"], r["standardized"]["est"], rtol=1e-5)
    close(table["se"], r["standardized"]["se"], rtol=1e-5)


@pytest.mark.parametrize("kind", [*KINDS, "cluster"])
def test_errors_equal_stacked_estimating_equations(firms, r, kind):
    options = {"cluster": "region"} if kind == "cluster" else {"covariance": kind}
    found = ols(firms[:36], "effectiveness", [*DRIVERS, "industry"], **options)
    close(found.standardized["se"], r["standardized_36"][kind], rtol=1e-6)


def test_hc3_is_close_to_the_jackknife_where_hc0_is_not(firms, r):
    jackknife = np.array(r["standardized_36"]["jackknife"])
    off = {
        kind: np.abs(
            ols(firms[:36], "effectiveness", [*DRIVERS, "industry"], covariance=kind).standardized["se"]
            / jackknife
            - 1
        ).max()
        for kind in ("HC0", "HC3")
    }
    assert off["HC3"] < 0.04 < 0.2 < off["HC0"]


@pytest.mark.parametrize("kind", ["classical", *KINDS, "cluster"])
def test_an_effect_of_exactly_zero_has_the_test_of_its_raw_slope(firms, kind):
    """Where the slope is zero the standard deviations do not matter."""
    rows = firms[:40].copy()
    others = np.column_stack([np.ones(40), rows[DRIVERS[1:]]])
    x = rows["system"] - others @ np.linalg.lstsq(others, rows["system"], rcond=None)[0]
    rows["effectiveness"] -= x * (x @ rows["effectiveness"]) / (x @ x)
    options = {"cluster": "region"} if kind == "cluster" else {"covariance": kind}
    model = ols(rows, "effectiveness", DRIVERS, **options)
    scale = rows["system"].std() / rows["effectiveness"].std()
    assert model.standardized.loc["system", "estimate"] == pytest.approx(0, abs=1e-12)
    assert model.standardized.loc["system", "se"] == pytest.approx(
        scale * model.coefficients.loc["system", "se"]
    )


def test_classical_errors_are_those_of_any_kind_where_their_assumption_holds():
    rng = np.random.default_rng(5)
    x = rng.exponential(size=(60_000, 2))
    data = pd.DataFrame(x, columns=["a", "b"]).assign(y=0.6 * x[:, 0] + rng.standard_t(8, 60_000))
    plain, robust = (
        ols(data, "y", ["a", "b"], covariance=kind).standardized["se"] for kind in ("classical", "HC0")
    )
    close(plain, robust, rtol=0.02)


def test_size_under_the_null_with_many_predictors():
    """19 predictors, n = 60: HC0 would call one effect in eight that is not there."""
    rng = np.random.default_rng(7)
    names = [f"x{i}" for i in range(19)]
    calls = {"HC0": [], "HC3": []}
    for _ in range(250):
        x = rng.normal(size=(60, 19))
        data = pd.DataFrame(x, columns=names).assign(y=0.3 * x[:, 1:6].sum(axis=1) + rng.normal(size=60))
        for kind, found in calls.items():
            found.append(ols(data, "y", names, covariance=kind).standardized.loc["x0", "pvalue"] < 0.05)
    assert np.mean(calls["HC3"]) < 0.05 < 0.1 < np.mean(calls["HC0"])


def test_regressions_of_many_outcomes_rest_on_the_same_errors(firms):
    found = across(firms[:36], ["effectiveness", "maintenance"], DRIVERS, covariance="HC4")
    single = ols(firms[:36], "maintenance", DRIVERS, covariance="HC4").standardized
    close(found.coefficients.loc["maintenance", "se"], single["se"])
