"""Common-method checks against lavaan, and on simulated method variance."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.measurement import (
    correlated_factors,
    efa,
    full_collinearity,
    harman_single_factor,
    marker_cfa,
    marker_partial,
    unmeasured_method_factor,
)


def test_harman_is_the_first_component_and_one_factor(survey):
    result = harman_single_factor(survey)
    assert result.component_share == pytest.approx(np.linalg.eigvalsh(survey.corr())[-1] / 12)
    assert result.factor_share == pytest.approx(efa(survey, 1, rotation=None).communalities.mean())


def test_method_factor_is_that_of_lavaan(survey, constructs, reference):
    result, theirs = unmeasured_method_factor(survey, constructs), reference["method_factor"]
    assert result.comparison.loc["with method factor", "chisq"] == pytest.approx(theirs["chisq"], abs=1e-5)
    assert result.df_difference == 1
    np.testing.assert_allclose(result.items["method_loading"].abs(), np.abs(theirs["loadings"]), atol=1e-4)
    assert result.method_share == pytest.approx(np.mean(np.square(theirs["loadings"])), abs=1e-4)
    assert (result.correlations["with_method"] < result.correlations["without"]).all()


def test_marker_models_are_those_of_lavaan(survey, constructs, reference):
    two = {name: constructs[name] for name in ("quality", "trust")}
    result = marker_cfa(survey, two, constructs["satisfaction"])
    for name, theirs in reference["marker"].items():
        assert result.models.loc[name, "chisq"] == pytest.approx(theirs["chisq"], abs=1e-4)
        assert result.models.loc[name, "df"] == theirs["df"]
    assert list(result.tests["df_difference"]) == [1, 7, 1]


def test_marker_partial_takes_planted_method_variance_out():
    """Two unrelated constructs and a marker share one method: r before, nothing after."""
    rng = np.random.default_rng(5)
    method = rng.normal(size=(1000, 1))
    scores = pd.DataFrame(0.5 * method + rng.normal(size=(1000, 3)), columns=["a", "b", "marker"])
    result = marker_partial(scores, "marker")
    row = result.table.iloc[0]
    assert row["r"] == pytest.approx(0.2, abs=0.06)
    assert row["r_adjusted"] == pytest.approx(0, abs=0.08)
    assert result.lost == 1
    given = marker_partial(scores.corr(), "marker", n_obs=1000, method_correlation=0.1).table.iloc[0]
    assert given["r_adjusted"] == pytest.approx((row["r"] - 0.1) / 0.9)


def test_full_collinearity_is_the_inflation_of_a_regression(survey, constructs):
    scores = pd.DataFrame({name: survey[items].mean(axis=1) for name, items in constructs.items()})
    y, X = scores["quality"], np.column_stack([np.ones(len(scores)), scores[["trust", "satisfaction"]]])
    rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    expected = np.var(y) / np.var(rest)
    assert full_collinearity(survey, constructs).table.loc["quality", "vif"] == pytest.approx(expected)
    assert full_collinearity(scores).table.loc["quality", "vif"] == pytest.approx(expected)
    latent = full_collinearity(sem.fit(correlated_factors(constructs), survey))
    assert (latent.table["vif"] > full_collinearity(scores).table["vif"]).all()


def test_every_check_says_what_it_can_and_cannot_show(survey, constructs):
    results = [harman_single_factor(survey), full_collinearity(survey, constructs)]
    for result in results:
        assert result.can_show.endswith(".")
        assert "not" in result.cannot_show
    with pytest.raises(SpecificationError, match="marker"):
        marker_partial(survey, "nothing")
