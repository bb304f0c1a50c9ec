"""What a screening limit flags and what a sentence says, each at its edge, from numbers by hand or of R."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

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


@pytest.mark.parametrize(("limit", "other", "seed"), [("cook", "dffits", 222), ("dffits", "cook", 12)])
def test_one_of_the_two_limits_is_enough(limit, other, seed):
    """|DFFITS| = √(k Cook) s / s₍ᵢ₎: an outlier passes by DFFITS alone, a far row by Cook alone."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.standard_t(1, 20), "y": rng.normal(size=20)})
    rows = diagnose(ols(data, "y", ["x"])).influence
    passed = pd.DataFrame({"cook": rows["cook"] > 0.2, "dffits": rows["dffits"].abs() > 2 * np.sqrt(0.1)})
    alone = passed[limit] & ~passed[other]
    assert alone.any()
    np.testing.assert_array_equal(rows["flagged"], passed.any(axis=1))


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


def test_each_p_value_follows_from_its_statistic_and_degrees_of_freedom(firms):
    model = ols(firms, "effectiveness", [*DRIVERS, "industry"])
    n, k = model.design.x.shape
    tests = diagnose(model).tests
    reset = tests.loc["RESET"]
    assert (reset["df"], reset["df2"]) == (2, n - k - 2)
    assert reset["pvalue"] == pytest.approx(stats.f.sf(reset["statistic"], 2, n - k - 2))
    for name in ("Breusch–Pagan", "Koenker", "White", "Jarque–Bera"):
        assert tests.loc[name, "pvalue"] == pytest.approx(
            stats.chi2.sf(tests.loc[name, "statistic"], tests.loc[name, "df"])
        ), name
    assert tests["df"].isna().tolist() == (tests.index == "Shapiro–Wilk").tolist()
    assert tests["df2"].notna().tolist() == (tests.index == "RESET").tolist()


def test_tolerance_is_one_over_inflation_and_a_category_counts_its_columns(firms):
    found = diagnose(ols(firms, "effectiveness", [*DRIVERS, "industry"]))
    inflation = found.inflation
    np.testing.assert_allclose(inflation["tolerance"] * inflation["gvif"], 1)
    assert inflation.loc[DRIVERS, "df"].eq(1).all()
    assert inflation.loc["industry", "df"] == firms["industry"].nunique() - 1
    assert found.condition.index.tolist() == list(range(1, len(found.condition) + 1))


def test_whether_the_error_variance_changes_by_white_rests_on_no_unit():
    """Columns a ten-thousandth and ten thousand times as large: the same column space, so the same n R²."""
    rng = np.random.default_rng(11)
    data = pd.DataFrame(rng.normal(size=(80, 3)), columns=["x", "z", "y"])
    plain = diagnose(ols(data, "y", ["x", "z"])).tests.loc["White"]
    assert plain["df"] == 5
    other = data.assign(x=data["x"] * 1e-4, z=data["z"] * 1e4)
    pd.testing.assert_series_equal(diagnose(ols(other, "y", ["x", "z"])).tests.loc["White"], plain)


@pytest.mark.parametrize(("n", "named"), [(5000, "Shapiro–Wilk"), (5001, "Jarque–Bera")])
@pytest.mark.filterwarnings("ignore:scipy.stats.shapiro")
def test_beyond_five_thousand_rows_shapiro_and_wilk_have_no_p_and_another_test_is_told(n, named):
    rng = np.random.default_rng(9)
    data = pd.DataFrame({"x": rng.normal(size=n), "y": rng.exponential(size=n)})
    found = diagnose(ols(data, "y", ["x"]))
    assert np.isnan(found.tests.loc["Shapiro–Wilk", "pvalue"]) == (named != "Shapiro–Wilk")
    assert found.tests.loc["Shapiro–Wilk", "statistic"] < 1
    assert found.sentences["normality"].startswith(f"The residuals are not normal ({named}, p < .001)")


@pytest.mark.parametrize(("index", "unreadable"), [(29.8, False), (30.2, True)])
def test_a_condition_index_is_too_large_from_thirty_on(index, unreadable):
    """Two predictors further and further from zero, until the condition index is the one that is wanted."""
    u = _with_correlation(0.6)

    def largest(mean: float) -> float:
        x = np.column_stack([np.ones(len(u)), mean + u["x"], mean + u["z"]])
        return float(np.linalg.cond(x / np.linalg.norm(x, axis=0)))

    mean = optimize.brentq(lambda mean: largest(mean) - index, 1, 1000)
    found = diagnose(ols(u.assign(x=u["x"] + mean, z=u["z"] + mean), "y", ["x", "z"]))
    assert found.condition["condition_index"].iloc[-1] == pytest.approx(index)
    assert f"Largest condition index {index:.0f}" in found.sentences["collinearity"]
    assert ("effects of x, z cannot be told apart well" in found.sentences["collinearity"]) is unreadable


def test_where_the_largest_condition_index_is_of_one_predictor_the_most_inflated_is_named():
    """far is a thousand times as far from zero as it is wide: an index of its own and the intercept's."""
    data = _with_correlation(0.97)
    data["far"] = 1000 + np.random.default_rng(12).normal(size=len(data))
    found = diagnose(ols(data, "y", ["x", "z", "far"]))
    last = found.condition.iloc[-1]
    assert last["far"] > 0.5
    assert max(last["x"], last["z"]) < 0.5
    worst = found.inflation["gvif"].idxmax()
    assert worst in ("x", "z")
    assert f"effects of {worst} cannot be told apart well" in found.sentences["collinearity"]


def test_where_no_row_is_an_outlier_the_sentence_says_none():
    data = _with_correlation(0.2)
    said = diagnose(ols(data, "y", ["x", "z"])).sentences["influence"]
    assert said.endswith("): none.")


def test_an_added_variable_has_the_rows_of_the_data(firms):
    model = ols(firms, "effectiveness", ["system", "training"])
    part = added_variable(model, "system")
    assert part.index.equals(model.design.x.index)
    np.testing.assert_allclose(part.mean(), 0, atol=1e-10)
    np.testing.assert_allclose(part.to_numpy().T @ model.design.x["training"], 0, atol=1e-8)


def test_a_row_that_decides_a_coefficient_alone_is_flagged_without_figures():
    """Left out, it takes its coefficient along: nothing is Cook's distance, and rounding is no distance."""
    data = pd.DataFrame({"only": [0.0, 0, 0, 1, 0, 0, 0, 0], "y": [1.0, 2, 1, 3, 2, 1.5, 1, 2]})
    found = diagnose(ols(data, "y", ["only"], covariance="classical"))
    assert found.influence["leverage"].iloc[3] == pytest.approx(1)
    assert found.influence["flagged"].tolist() == [False] * 3 + [True] + [False] * 4
    assert found.influence.loc[3, ["cook", "dffits", "studentized"]].isna().all()
    assert found.influence.drop(index=3).notna().all().all()
    said = found.sentences["influence"]
    assert said.startswith("1 of 8 rows pass")
    assert "Rows that decide a coefficient alone (leverage 1): 1." in said
    assert "fit once without it" not in said


def test_influence_is_what_fits_without_each_row_say():
    """Cook = Σ (ŷ - ŷ₍ᵢ₎)² / k s², DFFITS = (ŷᵢ - ŷᵢ₍ᵢ₎) / s₍ᵢ₎ √h: by leaving each row out."""
    rng = np.random.default_rng(13)
    data = pd.DataFrame(rng.normal(size=(12, 3)), columns=["x", "z", "y"])
    rows = diagnose(ols(data, "y", ["x", "z"], covariance="classical")).influence
    x, y, k = np.column_stack([np.ones(12), data[["x", "z"]]]), data["y"].to_numpy(), 3
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    variance = ((y - fitted) ** 2).sum() / (12 - k)
    for i in range(12):
        kept = np.arange(12) != i
        beta = np.linalg.lstsq(x[kept], y[kept], rcond=None)[0]
        s = np.sqrt(((y[kept] - x[kept] @ beta) ** 2).sum() / (11 - k))
        h = x[i] @ np.linalg.solve(x.T @ x, x[i])
        assert rows["cook"][i] == pytest.approx(((fitted - x @ beta) ** 2).sum() / (k * variance))
        assert rows["dffits"][i] == pytest.approx((fitted[i] - x[i] @ beta) / (s * np.sqrt(h)))
        assert rows["studentized"][i] == pytest.approx((y[i] - fitted[i]) / (s * np.sqrt(1 - h)))


@pytest.mark.parametrize(
    ("values", "more"),
    [([0.0, 1.0], 0), (["a", "b", "c"], 0), ([0.0, 1.0, 2.0], 1), ([0.0, 1.0, 2.0, 3.0], 2)],
)
def test_what_fitted_values_add_to_the_predictors_is_all_that_is_tested(values, more):
    """A predictor of m values has m - 1 columns at most: x², x³ of two are x, of three only x² is new."""
    rng = np.random.default_rng(14)
    data = pd.DataFrame({"x": np.tile(values, 15), "y": rng.normal(size=15 * len(values))})
    found = diagnose(ols(data, "y", ["x"]))
    reset = found.tests.loc["RESET"]
    assert reset["df"] == more
    if not more:
        assert reset[["statistic", "df2", "pvalue"]].isna().all()
        assert found.sentences["functional form"].startswith("RESET has nothing to test")
        return
    x = data["x"].to_numpy()
    plain, bent = (data["y"] - np.polyval(np.polyfit(x, data["y"], power), x) for power in (1, 1 + more))
    left = len(data) - 2 - more
    assert reset["df2"] == left
    assert reset["statistic"] == pytest.approx((plain @ plain - bent @ bent) / more / (bent @ bent / left))
    assert f"({_p(stats.f.sf(reset['statistic'], more, left))})" in found.sentences["functional form"]


def test_fitted_values_that_are_all_the_same_are_not_bent():
    data = pd.DataFrame({"x": [-1.0, 0, 1] * 4, "y": np.repeat([1.0, 3, 2, 5], 3)})
    assert diagnose(ols(data, "y", ["x"])).tests.loc["RESET", "df"] == 0


@pytest.mark.parametrize("away", [0.0, 1e4])
def test_curvature_is_seen_wherever_the_outcome_lies(away):
    rng = np.random.default_rng(15)
    x = rng.normal(size=60)
    data = pd.DataFrame({"x": x, "y": away + 3 * x + x**2 + 0.1 * rng.normal(size=60)})
    found = diagnose(ols(data, "y", ["x"]))
    assert found.tests.loc["RESET", "df"] == 2
    assert "RESET finds curvature that straight lines miss (p < .001)" in found.sentences["functional form"]


def test_three_rows_more_than_coefficients_are_the_fewest():
    data = pd.DataFrame({"x": [1.0, 2, 3, 5, 4], "y": [1, 3, 2.0, 5, 4.5]})
    assert np.isfinite(diagnose(ols(data, "y", ["x"])).tests.loc["RESET", "pvalue"])
    with pytest.raises(SpecificationError, match="2 coefficients need at least 5 rows, and there are 4"):
        diagnose(ols(data[:4], "y", ["x"]))


def test_curvature_rests_on_no_unit_of_the_outcome():
    data = _with_correlation(0.3)
    data["y"] += 0.5 * data["x"] ** 2
    plain = diagnose(ols(data, "y", ["x", "z"])).tests.loc["RESET"]
    other = diagnose(ols(data.assign(y=data["y"] * 1e60), "y", ["x", "z"])).tests.loc["RESET"]
    np.testing.assert_allclose(other, plain, rtol=1e-9)


def test_one_row_off_a_line_that_holds_for_all_others_is_an_outlier_without_bound():
    data = pd.DataFrame({"x": np.arange(8.0), "y": [0.0, 0, 0, 0, 5, 0, 0, 0]})
    found = diagnose(ols(data, "y", ["x"], covariance="classical"))
    assert found.influence["studentized"].iloc[4] > 1e6
    assert found.influence["flagged"].tolist() == [False] * 4 + [True] + [False] * 3
    assert found.sentences["influence"].endswith("): 1.")
