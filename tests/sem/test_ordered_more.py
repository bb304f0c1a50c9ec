"""Ordered items against lavaan: further estimators, theta, pairwise answers, constraints."""

import numpy as np
import pytest
from tests.sem.answers import check_estimates, check_jacobians, check_measures, read, references, settings

from workbench import sem

MORE = references("ordered_more.json")


def fitted(name: str, **changes):
    reference = MORE[name]
    return sem.fit(reference["model"], read(reference["data"]), **{**settings(reference["call"]), **changes})


@pytest.mark.parametrize("name", MORE)
def test_fits_are_lavaans(name):
    fit = fitted(name)
    assert fit.converged
    check_estimates(fit, MORE[name])
    check_measures(fit, MORE[name], without=("chisq",) if name == "saturated" else ())


def test_theta_and_delta_are_one_model():
    delta, theta = fitted("theta", parameterization="delta"), fitted("theta")
    assert delta.chisq == pytest.approx(theta.chisq, rel=1e-8)
    np.testing.assert_allclose(delta.implied.cov, theta.implied.cov, atol=1e-7)
    np.testing.assert_allclose(delta.standardized["est_std"], theta.standardized["est_std"], atol=1e-6)
    np.testing.assert_allclose(delta.r2, theta.r2, atol=1e-6)
    with pytest.raises(sem.SpecificationError, match="delta, theta"):
        fitted("theta", parameterization="gamma")


def test_the_derivatives_under_theta_are_those_of_the_implied_statistics():
    fit = fitted("theta_groups_causes")
    check_jacobians(fit)


def test_what_has_no_effect_is_said():
    fit = fitted("theta", information="observed")
    assert any(text.startswith("information") for text in fit.warnings)
    plain = sem.fit("f =~ z + w + y1", read("ordered_more"), parameterization="theta")
    assert any(text.startswith("parameterization") for text in plain.warnings)


def test_pairwise_answers():
    data = read("ordered_more")
    items = [f"v{number}" for number in range(1, 6)]
    result = sem.polychoric(data[items], missing="pairwise")
    assert result.n == 299
    alone = sem.polychoric(data[["v1", "v2"]].dropna())
    assert alone.n < 299
    # thresholds come from more rows than the pair's, so the correlation is near, not the same
    assert result.correlations.loc["v1", "v2"] == pytest.approx(alone.correlations.loc["v1", "v2"], abs=0.01)
    fit = fitted("pairwise")
    np.testing.assert_allclose(fit.observed.cov, result.correlations, atol=1e-9)
    scores = fit.factor_scores()
    assert len(scores) == 299
    assert scores.notna().all(axis=None)
    with pytest.raises(sem.SpecificationError, match="all ordered"):
        sem.fit("f =~ v1 + v2 + v3\nz ~ f", data, ordered=items, missing="pairwise")
    with pytest.raises(sem.SpecificationError, match="fiml"):
        sem.fit("f =~ v1 + v2 + v3", data, missing="pairwise")
