"""Alpha and omega against psych and semTools."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.measurement import alpha, omega, schmid_leiman
from workbench.measurement.reliability import feldt_interval


@pytest.mark.parametrize(
    ("key", "columns"), [("full", slice(0, 4)), ("holes", slice(4, 8)), ("reversed", slice(0, 4))]
)
def test_alpha_is_that_of_psych(survey, holes, reference, key, columns):
    result = alpha((survey if key == "full" else holes).iloc[:, columns])
    theirs = reference["alpha"][key]
    for ours, name in (
        (result.estimate, "raw"),
        (result.standardized, "std"),
        (result.average_r, "average_r"),
        (result.ci_lower, "lower"),
        (result.ci_upper, "upper"),
    ):
        assert ours == pytest.approx(theirs[name], abs=1e-10)
    np.testing.assert_allclose(result.items["item_rest"], theirs["rest"], atol=1e-10)
    np.testing.assert_allclose(result.items["alpha_if_dropped"], theirs["dropped"], atol=1e-10)


def test_an_item_that_was_not_reversed_is_named(holes):
    result = alpha(holes[["q1", "q2", "q3", "q4"]])
    assert list(result.items.index[result.items["reversed_suspected"]]) == ["q4"]
    assert any("q4" in text and "reverse" in text for text in result.warnings)
    assert not alpha(holes[["t1", "t2", "t3", "t4"]]).items["reversed_suspected"].any()


def test_bootstrap_interval_of_alpha_is_that_of_a_loop(survey):
    answers = survey.iloc[:, :4].to_numpy(dtype=float)
    result = alpha(survey.iloc[:, :4], draws=400, seed=3)
    rng = np.random.default_rng(3)
    counts = rng.multinomial(len(answers), np.full(len(answers), 1 / len(answers)), size=400)
    values = []
    for row in counts:
        covariance = np.cov(np.repeat(answers, row, axis=0), rowvar=False)
        values.append(4 / 3 * (1 - np.trace(covariance) / covariance.sum()))
    np.testing.assert_allclose(
        [result.ci_lower, result.ci_upper], np.quantile(values, [0.025, 0.975]), atol=1e-10
    )


def test_bootstrap_of_alpha_with_missing_answers_is_pairwise(holes):
    answers = holes.iloc[:, 4:8]
    result = alpha(answers, draws=200, seed=4)
    counts = np.random.default_rng(4).multinomial(420, np.full(420, 1 / 420), size=200)
    values = []
    for row in counts:
        covariance = pd.DataFrame(np.repeat(answers.to_numpy(), row, axis=0)).cov().to_numpy()
        values.append(4 / 3 * (1 - np.trace(covariance) / covariance.sum()))
    np.testing.assert_allclose(
        [result.ci_lower, result.ci_upper], np.quantile(values, [0.025, 0.975]), atol=1e-10
    )


def test_ordinal_alpha(survey, reference):
    result = alpha(survey.iloc[:, :4], correlation="polychoric")
    assert result.estimate == pytest.approx(reference["ordinal_alpha"], abs=2e-6)
    assert any("Feldt" in text for text in result.warnings)


def test_feldt_interval_covers_at_its_rate():
    """250 samples of parallel items with a known alpha of 0.8."""
    rng, covered = np.random.default_rng(12), 0
    for _ in range(250):
        true = rng.normal(size=(60, 1))
        result = alpha(pd.DataFrame(true + rng.normal(size=(60, 4))))
        covered += result.ci_lower <= 0.8 <= result.ci_upper
    assert 0.91 <= covered / 250 <= 0.985
    assert feldt_interval(0.8, 60, 4, 0.99)[0] < feldt_interval(0.8, 60, 4, 0.9)[0]


def test_omega_of_one_construct_is_that_of_semtools(survey, reference):
    result = omega(survey.iloc[:, :4], draws=300)
    assert result.estimate == pytest.approx(reference["one_construct"]["quality"], abs=1e-6)
    assert result.ci_lower < result.estimate < result.ci_upper
    assert omega(survey.iloc[:, :4] * 7).estimate == pytest.approx(result.estimate, abs=1e-9)
    assert omega(survey.iloc[:, :4].cov()).estimate == pytest.approx(result.estimate, abs=1e-9)


def test_hierarchical_omega_is_that_of_psych(survey, reference):
    result, theirs = omega(survey, 3), reference["omega"]
    assert result.hierarchical == pytest.approx(theirs["hierarchical"], abs=1e-5)
    assert result.total == pytest.approx(theirs["total"], abs=1e-6)
    assert result.limit == pytest.approx(theirs["limit"], abs=1e-5)
    assert result.ecv == pytest.approx(theirs["ecv"], abs=1e-5)
    np.testing.assert_allclose(result.loadings["g"], theirs["general"], atol=2e-5)
    groups = pd.DataFrame(theirs["group"]).iloc[1:]
    np.testing.assert_allclose(
        np.sort(result.groups["group"]), np.sort(groups["group"].astype(float)), atol=1e-4
    )


def test_schmid_leiman_keeps_the_communalities(survey):
    solution = schmid_leiman(survey, 3)
    np.testing.assert_allclose((solution.loadings**2).sum(axis=1), solution.communalities, atol=1e-6)
    assert any("two group factors" in text for text in schmid_leiman(survey, 2).warnings)


def test_doors(survey):
    with pytest.raises(DataError, match="at least 2"):
        alpha(survey[["q1"]])
    with pytest.raises(SpecificationError, match="confidence"):
        alpha(survey[["q1", "q2"]], confidence=95)
    with pytest.raises(SpecificationError, match="raw answers"):
        omega(survey.iloc[:, :4].corr(), draws=100, n_obs=420)
