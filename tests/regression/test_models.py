import numpy as np
import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.regression import across, added_variable, diagnose, hierarchical, interaction, ols, restrict

DRIVERS = ["system", "data_quality", "interface", "integration", "training"]
close = np.testing.assert_allclose


def test_fit_measures_equal_r(firms, r):
    model = ols(firms, "effectiveness", [*DRIVERS, "industry"], covariance="classical")
    close(model.coefficients["estimate"], r["ols"]["b"], rtol=1e-10)
    mine = model.measures[["r2", "adj_r2", "sigma", "logl", "aic", "bic"]]
    close(mine, [r["ols"][k] for k in ("r2", "adj", "sigma", "logl", "aic", "bic")], rtol=1e-10)
    close(model.measures[["f", "df_model", "df_residual"]], r["ols"]["f"], rtol=1e-9)


@pytest.mark.parametrize("kind", ["classical", "HC0", "HC1", "HC2", "HC3", "HC4"])
def test_errors_equal_sandwich(firms, r, kind):
    model = ols(firms, "effectiveness", [*DRIVERS, "industry"], covariance=kind)
    close(model.coefficients["se"], r["se"][kind], rtol=1e-9)


def test_p_values_equal_lmtest(firms, r):
    robust = ols(firms, "effectiveness", [*DRIVERS, "industry"])
    close(robust.coefficients["pvalue"], r["hc3_p"], rtol=1e-7)
    clustered = ols(firms, "effectiveness", [*DRIVERS, "industry"], cluster="region")
    close(clustered.coefficients["se"], r["se"]["cluster"], rtol=1e-9)
    close(clustered.coefficients["pvalue"], r["cluster_p"], rtol=1e-7)
    assert "15 clusters are few" in clustered.warnings[0]


def test_standardized_slopes_do_not_depend_on_units(firms):
    scaled = firms.assign(system=firms["system"] * 1000 - 7, effectiveness=firms["effectiveness"] / 30)
    a, b = (ols(data, "effectiveness", DRIVERS).standardized for data in (firms, scaled))
    close(a, b, rtol=1e-8)


def test_blocks_equal_anova_and_waldtest(firms, r):
    blocks = {"industry": ["industry"], "system and data": DRIVERS[:2], "the rest": DRIVERS[2:]}
    found = hierarchical(firms, "effectiveness", blocks)
    close(found.blocks["r2"], r["blocks"]["r2"], rtol=1e-10)
    close(found.blocks["f_change"].iloc[1:], r["blocks"]["f_own"][1:], rtol=1e-9)
    close(found.blocks["robust_f"].iloc[1:], r["blocks"]["wald"][1:], rtol=1e-9)
    assert found.blocks["r2_change"].sum() == pytest.approx(found.full.measures["r2"])


def test_blocks_share_their_rows_although_only_the_last_has_gaps(firms):
    holed = firms.assign(training=firms["training"].where(firms["firm"] > 10))
    found = hierarchical(holed, "effectiveness", {"a": ["system"], "b": ["training"]})
    assert [model.measures["n"] for model in found.models.values()] == [110, 110]


def test_many_outcomes_are_adjusted_together(firms):
    found = across(firms, ["effectiveness", "maintenance"], DRIVERS)
    raw, adjusted = found.coefficients["pvalue"].sort_values(), found.coefficients["pvalue_adjusted"]
    assert len(raw) == 10
    assert adjusted[raw.index[0]] == pytest.approx(10 * raw.iloc[0])
    assert (adjusted >= found.coefficients["pvalue"]).all()


def test_diagnostics_equal_r(firms, r):
    found = diagnose(ols(firms, "effectiveness", [*DRIVERS, "industry"], covariance="classical"))
    close(found.inflation["gvif"], [row["GVIF"] for row in r["vif"]], rtol=1e-9)
    close(found.inflation["gvif_scaled"], [row["GVIF^(1/(2*Df))"] for row in r["vif"]], rtol=1e-9)
    close(found.condition["condition_index"], r["condition"]["index"], rtol=1e-9)
    close(found.condition.iloc[:, 1:], r["condition"]["proportions"], atol=1e-9)
    theirs = pd.DataFrame(r["influence"]).rename(columns={"rstudent": "studentized"})
    mine = found.influence.reset_index(drop=True)[["leverage", "cook", "dffits", "studentized"]]
    close(mine, theirs[mine.columns], atol=1e-10)
    tests = r["tests"]
    close(found.tests.loc["RESET", ["statistic", "pvalue"]], tests["reset"], rtol=1e-8)
    close(found.tests.loc["Breusch–Pagan", ["statistic", "df", "pvalue"]], tests["bp"], rtol=1e-8)
    close(found.tests.loc["Koenker", ["statistic", "df", "pvalue"]], tests["koenker"], rtol=1e-8)
    close(found.tests.loc["White", ["statistic", "df"]], tests["white"], rtol=1e-8)
    close(found.tests.loc["Jarque–Bera", "statistic"], tests["jb"], rtol=1e-8)
    close(found.tests.loc["Shapiro–Wilk", ["statistic", "pvalue"]], tests["shapiro"], rtol=1e-5)


def test_sentences_follow_the_numbers():
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 4, 200)
    data = pd.DataFrame(
        {"x": x, "near": x + 0.01 * rng.normal(size=200), "y": np.exp(x) * (1 + rng.normal(size=200))}
    )
    says = diagnose(ols(data, "y", ["x", "near"], covariance="classical")).sentences
    assert "cannot be told apart" in says["collinearity"]
    assert "error variance changes" in says["error variance"]
    assert "use HC3" in says["error variance"]
    assert "not normal" in says["normality"]
    assert "allow for it" in diagnose(ols(data, "y", ["x"])).sentences["error variance"]


def test_added_variable_line_has_the_slope_of_the_full_model(firms):
    model = ols(firms, "effectiveness", DRIVERS)
    part = added_variable(model, "training")
    slope = (part["column"] @ part["outcome"]) / (part["column"] @ part["column"])
    assert slope == pytest.approx(model.coefficients.loc["training", "estimate"])


def test_sum_of_two_weights_equals_linear_hypothesis(firms, r):
    for kind, robust in (("classical", r["sum"]["f"]), ("HC3", r["sum"]["f_hc3"])):
        model = ols(firms, "maintenance", ["automation", "service"], covariance=kind)
        held = restrict(model, ({"automation": 1, "service": 1}, 1))
        close(held.test[["f", "pvalue", "robust_f"]], [r["sum"]["f"], r["sum"]["p"], robust], rtol=1e-9)
        close(
            held.coefficients.loc[["automation", "(Intercept)"], "estimate"],
            [r["sum"]["alpha"], r["sum"]["intercept"]],
            rtol=1e-9,
        )
        assert held.coefficients.loc[["automation", "service"], "estimate"].sum() == pytest.approx(1)
    classical = restrict(
        ols(firms, "maintenance", ["automation", "service"], covariance="classical"),
        ({"automation": 1, "service": 1}, 1),
    )
    assert classical.coefficients.loc["automation", "se"] == pytest.approx(r["sum"]["se_alpha"])


def test_restrictions_that_make_no_sense_are_refused(firms):
    model = ols(firms, "maintenance", ["automation", "service"])
    with pytest.raises(SpecificationError, match="no such coefficient"):
        restrict(model, ({"magic": 1}, 1))
    with pytest.raises(SpecificationError, match="repeat"):
        restrict(model, ({"automation": 1}, 0), ({"automation": 2}, 1))


def test_simple_slopes_equal_r_and_the_region_ends_where_the_interval_meets_zero(firms, r):
    pair = ["automation", "service"]
    model = ols(firms, "maintenance", [*pair, tuple(pair)], center=pair)
    found = interaction(model, "automation", "service")
    close(found.slopes["estimate"], r["slopes"]["est"], rtol=1e-9)
    close(found.slopes["se"], r["slopes"]["se"], rtol=1e-9)
    (bound,) = found.bounds
    edge = interaction(model, "automation", "service", at=[bound]).slopes.iloc[0]
    assert min(abs(edge["ci_lower"]), abs(edge["ci_upper"])) < 1e-9
    uncentred = ols(firms, "maintenance", [*pair, tuple(pair)])
    close(interaction(uncentred, "automation", "service").bounds, found.bounds, rtol=1e-8)
