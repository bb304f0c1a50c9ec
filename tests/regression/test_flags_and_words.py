"""What a screening limit flags and what a sentence says, each at its edge, from numbers by hand or of R."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import SpecificationError
from workbench.regression import added_variable, diagnose, ols, relative_importance
from workbench.regression.diagnostics import _p
from workbench.regression.importance import relative_weights
from workbench.regression.standardized import leverage_power

DRIVERS = ["system", "data_quality", "interface", "integration", "training"]


def test_rows_are_flagged_by_cook_or_dffits_as_r_has_them(firms, r):
    found = diagnose(ols(firms, "effectiveness", [*DRIVERS, "industry"], covariance="classical"))
    theirs = pd.DataFrame(r["influence"])
    n, k = len(theirs), len(r["condition"]["index"])
    cook, dffits = theirs["cook"] > 4 / n, theirs["dffits"].abs() > 2 * np.sqrt(k / n)
    np.testing.assert_array_equal(found.influence["flagged"], cook | dffits)
    assert found.sentences["influence"].startswith(f"{(cook | dffits).sum()} of {n} rows pass")


@pytest.mark.parametrize(("limit", "other"), [("cook", "dffits"), ("dffits", "cook")])
def test_one_of_the_two_limits_is_enough(limit, other):
    """|DFFITS| = √(k Cook) s / s₍ᵢ₎: an outlier passes by DFFITS alone, a far row by Cook alone."""
    for seed in range(400):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"x": rng.standard_t(1, 20), "y": rng.normal(size=20)})
        rows = diagnose(ols(data, "y", ["x"])).influence
        passed = pd.DataFrame({"cook": rows["cook"] > 0.2, "dffits": rows["dffits"].abs() > 2 * np.sqrt(0.1)})
        alone = passed[limit] & ~passed[other]
        if alone.any():
            assert rows.loc[alone, "flagged"].all()
            assert not rows.loc[~passed.any(axis=1), "flagged"].any()
            return
    pytest.fail("no row passes by this limit alone")


@pytest.mark.parametrize(("last", "strong"), [(2.2, False), (2.3, True)])
def test_a_cook_distance_above_one_is_said(last, strong):
    """x = 0 … 4: h = 1/5 + (x-2)²/10 and Cook's distance e² h / (2 s² (1-h)²)."""
    data = pd.DataFrame({"x": np.arange(5.0), "y": [0.0, 1, 0, 1, last]})
    y = data["y"]
    e = y - np.polyval(np.polyfit(data["x"], y, 1), data["x"])
    h = 0.2 + (data["x"] - 2) ** 2 / 10
    cook = e**2 * h / (2 * (e @ e / 3) * (1 - h) ** 2)
    found = diagnose(ols(data, "y", ["x"], covariance="classical"))
    np.testing.assert_allclose(found.influence["cook"], cook, rtol=1e-10, atol=1e-15)
    assert ("fit once without it" in found.sentences["influence"]) is bool(cook.max() > 1)
    assert bool(cook.max() > 1) is strong


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0009999, "p < .001"),
        (0.001, "p = .001"),
        (0.0495, "p = .050"),
        (0.5, "p = .500"),
        (1.0, "p = 1.000"),
    ],
)
def test_p_values_in_words(value, text):
    assert _p(value) == text


def test_a_test_is_called_only_below_alpha(firms):
    model = ols(firms, "effectiveness", DRIVERS)
    tests = diagnose(model).tests["pvalue"]
    for subject, test, called in (
        ("functional form", "RESET", "finds curvature that"),
        ("error variance", "Koenker", "The error variance changes"),
        ("normality", "Shapiro–Wilk", "The residuals are not normal"),
    ):
        p = tests[test]
        assert called not in diagnose(model, alpha=p).sentences[subject]
        assert called in diagnose(model, alpha=min(p * 1.0001, 0.9999)).sentences[subject]


def test_white_counts_independent_columns_and_has_the_p_of_its_degrees_of_freedom():
    """A dummy is its own square, so x, d, x², x·d: n R² of R's ``lm(e^2 ~ x + d + I(x^2) + x:d)``."""
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"x": rng.normal(size=40), "d": np.tile([0.0, 1.0], 20), "y": rng.normal(size=40)})
    model = ols(data, "y", ["x", "d"])
    x, d, e = data["x"], data["d"], model.residuals
    columns = np.column_stack([np.ones(40), x, d, x**2, x * d])
    rest = e**2 - columns @ np.linalg.lstsq(columns, e**2, rcond=None)[0]
    statistic = 40 * (1 - rest @ rest / (40 * (e**2).var()))
    white = diagnose(model).tests.loc["White"]
    assert white["df"] == 4
    assert white["statistic"] == pytest.approx(statistic)
    assert white["pvalue"] == pytest.approx(stats.chi2.sf(statistic, 4))


@pytest.mark.parametrize(("n", "told"), [(6, False), (7, True)])
def test_white_needs_more_rows_than_its_columns(n, told):
    """Two predictors make five columns and an intercept: with six rows they explain anything."""
    rng = np.random.default_rng(n)
    data = pd.DataFrame(rng.normal(size=(n, 3)), columns=["x", "z", "y"])
    if n - 3 - 2 > 0:
        assert ("White" in diagnose(ols(data, "y", ["x", "z"])).tests.index) is told


@pytest.mark.parametrize(("n", "leverage"), [(6, 0.524), (7, 0.464)])
def test_a_row_with_half_of_its_own_leverage_is_warned_of(n, leverage):
    """x = 0 … n-1: the ends have 1/n + ((n-1)/2)² / (n (n²-1)/12)."""
    x = np.arange(float(n))
    data = pd.DataFrame({"x": x[::-1], "y": np.sin(x)})
    assert 1 / n + ((n - 1) / 2) ** 2 / (n * (n**2 - 1) / 12) == pytest.approx(leverage, abs=5e-4)
    warned = [text for text in ols(data, "y", ["x"]).warnings if "leverage" in text]
    assert bool(warned) is (leverage > 0.5)
    assert all(f"leverage {leverage:.2f}" in text for text in warned)
    assert not any("leverage" in text for text in ols(data, "y", ["x"], covariance="classical").warnings)


def test_a_row_that_decides_a_coefficient_alone_has_no_hc3():
    data = pd.DataFrame({"only": [1.0, 0, 0, 0, 0, 0], "y": [3.0, 1, 2, 1, 2, 1.5]})
    with pytest.raises(SpecificationError, match="leverage 1"):
        ols(data, "y", ["only"])
    assert ols(data, "y", ["only"], covariance="HC0").coefficients.loc["only", "estimate"] == pytest.approx(
        1.5
    )


def test_hc4_takes_the_leverage_over_its_mean_and_at_most_four():
    """h̄ = k/n = .2: exponents h/h̄, cut at 4."""
    h = np.array([0.1, 0.2, 0.5, 0.9, 0.1, 0.1, 0.05, 0.05, 0.0, 0.0])
    np.testing.assert_allclose(leverage_power("HC4", h, 2)[:4], [0.5, 1.0, 2.5, 4.0])


def test_draws_with_collinear_or_constant_predictors_are_left_out_and_counted():
    """a and b differ in the last row alone, so a draw without that row cannot tell them apart."""
    a = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    data = pd.DataFrame({"a": a, "b": np.append(a[:-1], 0.0), "y": [2.0, 1, 4, 3, 6, 5, 8, 9]})
    drawn = np.random.default_rng(3).multinomial(8, np.full(8, 1 / 8), size=200)
    without = int((drawn[:, -1] == 0).sum())
    found = relative_importance(data, "y", ["a", "b"], draws=200, seed=3)
    assert found.draws == 200 - without
    assert found.warnings == (f"{without} of 200 draws had collinear predictors and are left out.",)
    single = pd.DataFrame({"a": a, "b": (a == 8) * 1.0, "y": data["y"]})
    assert relative_importance(single, "y", ["a", "b"], draws=200, seed=3).draws == 200 - without


def test_relative_weights_of_two_predictors_by_hand():
    """Johnson (2000): Λ = R^½; for r₁₂ = .6, Λ has (√1.6 ± √.4)/2; weights add up to R²."""
    r = np.array([[1, 0.6, 0.5], [0.6, 1, 0.2], [0.5, 0.2, 1]])
    one, two = (np.sqrt(1.6) + np.sqrt(0.4)) / 2, (np.sqrt(1.6) - np.sqrt(0.4)) / 2
    root = np.array([[one, two], [two, one]])
    beta = np.linalg.solve(root, [0.5, 0.2])
    expected = root**2 @ beta**2
    np.testing.assert_allclose(relative_weights(r), expected)
    assert expected.sum() == pytest.approx(np.array([0.5, 0.2]) @ np.linalg.solve(r[:2, :2], [0.5, 0.2]))


def test_an_added_variable_that_the_model_has_not_is_answered_with_those_it_has(firms):
    with pytest.raises(SpecificationError, match=r"no column 'height'; it has .*system, training"):
        added_variable(ols(firms, "effectiveness", ["system", "training"]), "height")


@pytest.mark.parametrize(
    ("n", "words"),
    [(99, "makes p values approximate at this n"), (100, "matters little for the coefficients at this n")],
)
def test_what_residuals_that_are_not_normal_mean_changes_at_a_hundred(n, words):
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"x": rng.normal(size=n), "y": rng.exponential(size=n) ** 2})
    said = diagnose(ols(data, "y", ["x"])).sentences["normality"]
    assert words in said
    assert f"(n = {n})" in said


def _with_correlation(r: float, n: int = 40) -> pd.DataFrame:
    """Two predictors of mean zero that correlate by exactly r, and an outcome."""
    rng = np.random.default_rng(5)
    basis = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 3))]))[0][:, 1:] * np.sqrt(n)
    x, z = basis[:, 0], r * basis[:, 0] + np.sqrt(1 - r**2) * basis[:, 1]
    return pd.DataFrame({"x": x, "z": z, "y": x + basis[:, 2]})


@pytest.mark.parametrize(
    ("inflation", "unreadable"), [(4.0, False), (9.99, False), (10.01, True), (100.0, True)]
)
def test_inflation_is_told_by_its_size_and_is_too_much_from_ten_on(inflation, unreadable):
    """Two predictors: VIF = 1 / (1 - r²)."""
    data = _with_correlation(np.sqrt(1 - 1 / inflation))
    said = diagnose(ols(data, "y", ["x", "z"])).sentences["collinearity"]
    assert said.startswith(f"Largest variance inflation {inflation:.1f} (")
    assert f"is {np.sqrt(inflation):.1f} times what it would be" in said
    assert ("cannot be told apart well" in said) is unreadable
    if unreadable:
        assert "effects of x, z cannot" in said or "effects of z, x cannot" in said


def test_a_condition_index_names_the_predictors_that_share_it_and_the_intercept_never():
    """A predictor far from zero shares the intercept's variance alone: nothing is unreadable for that."""
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"far": 1000 + rng.normal(size=60), "x": rng.normal(size=60)})
    data["y"] = data["x"] + rng.normal(size=60)
    model = ols(data, "y", ["far", "x"])
    found = diagnose(model)
    assert found.condition.iloc[-1]["condition_index"] > 30
    assert "does not make the coefficients unreadable" in found.sentences["collinearity"]


@pytest.mark.parametrize(("k", "n"), [(2, 12), (3, 30)])
def test_outliers_are_counted_beyond_bonferronis_limit(k, n):
    rng = np.random.default_rng(7)
    data = pd.DataFrame(rng.normal(size=(n, k - 1)), columns=["x", "z"][: k - 1])
    data["y"] = rng.normal(size=n) * 0.1
    data.loc[3, "y"] += 4
    model = ols(data, "y", list(data.columns[:-1]))
    limit = stats.t.ppf(1 - 0.05 / (2 * n), n - k - 1)
    said = diagnose(model).sentences["influence"]
    assert f"> {limit:.2f}): 1." in said


@pytest.mark.parametrize("r", [-0.6, 0.6])
def test_two_predictors_that_share_a_large_condition_index_are_named_with_little_inflation(r):
    """Far from zero, their sum or difference goes with the intercept; VIF = 1 / (1 - r²) is 1.6."""
    rng = np.random.default_rng(5)
    u = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 60)
    data = pd.DataFrame({"x": 100 + u[:, 0], "z": 100 + u[:, 1], "y": u[:, 0] + rng.normal(size=60)})
    found = diagnose(ols(data, "y", ["x", "z"]))
    assert found.inflation["gvif_scaled"].max() ** 2 < 2
    assert "effects of x, z cannot be told apart well" in found.sentences["collinearity"]
