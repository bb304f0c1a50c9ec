"""Fitness for factoring and number of factors."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.measurement import (
    bartlett_sphericity,
    compare_factor_fit,
    empirical_kaiser,
    kmo,
    parallel_analysis,
    suggest_factors,
    velicer_map,
)

FOLDER = Path(__file__).parents[1] / "reference" / "measurement"


def test_kmo_and_bartlett_are_those_of_psych(survey, reference):
    adequacy = kmo(survey)
    assert adequacy.overall == pytest.approx(reference["kmo"]["overall"], abs=1e-12)
    assert adequacy.verdict == "meritorious"
    pd.testing.assert_series_equal(
        adequacy.items, pd.Series(reference["kmo"]["items"]), check_names=False, atol=1e-12
    )
    for test in (bartlett_sphericity(survey), bartlett_sphericity(survey.corr(), len(survey))):
        assert test.chi2 == pytest.approx(reference["bartlett"]["chisq"], rel=1e-12)
        assert test.pvalue == pytest.approx(reference["bartlett"]["p.value"], rel=1e-9)
        assert test.df == 66


def test_velicer_is_that_of_psych_and_starts_before_the_first_component(survey, reference):
    result = velicer_map(survey)
    np.testing.assert_allclose(result.table["squared"].iloc[1:], reference["map"][:10], rtol=1e-9)
    off = survey.corr().to_numpy()[np.triu_indices(12, 1)]
    assert result.table.loc[0, "squared"] == pytest.approx(np.mean(off**2))
    assert result.table.loc[0, "fourth"] == pytest.approx(np.mean(off**4))
    assert result.n_factors == 3


@pytest.mark.parametrize("kind", ["permuted", "normal"])
def test_parallel_analysis_finds_three_and_repeats_from_its_seed(survey, kind):
    first, again = (parallel_analysis(survey, draws=200, kind=kind, seed=5) for _ in range(2))
    assert first.n_factors == first.n_components == 3
    pd.testing.assert_frame_equal(first.table, again.table)
    other = parallel_analysis(survey, draws=200, kind=kind, seed=6)
    assert not np.allclose(first.table["component_mean"], other.table["component_mean"], atol=1e-9)


def test_parallel_analysis_keeps_something_of_noise_at_its_rate_only():
    """60 samples of unrelated items: the first eigenvalue exceeds its 95 % point in about three."""
    rng = np.random.default_rng(2)
    results = [
        parallel_analysis(pd.DataFrame(rng.normal(size=(100, 6))), draws=100, kind="normal")
        for _ in range(60)
    ]
    assert sum(result.n_components > 0 for result in results) <= 9
    assert sum(result.n_factors > 0 for result in results) <= 9
    assert results[0].table["component_mean"].sum() == pytest.approx(6)


def test_wishart_draws_have_the_moments_of_drawn_answers():
    """The shortcut against drawing the answers: mean eigenvalues within Monte Carlo error."""
    rng = np.random.default_rng(8)
    drawn = np.array(
        [np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(60, 6)), rowvar=False))[::-1] for _ in range(1500)]
    )
    shortcut = parallel_analysis(np.eye(6), n_obs=60, kind="normal", draws=1500).table["component_mean"]
    error = drawn.std(axis=0) * np.sqrt(2 / 1500)
    assert (np.abs(shortcut - drawn.mean(axis=0)) < 4 * error).all()


def test_shuffling_keeps_missing_answers_and_needs_answers(holes, survey):
    assert parallel_analysis(holes, draws=100).n_factors == 3
    with pytest.raises(SpecificationError, match="raw answers"):
        parallel_analysis(survey.corr(), n_obs=420)
    with pytest.raises(SpecificationError, match="n_obs"):
        parallel_analysis(survey.corr(), kind="normal")


def test_empirical_kaiser_formula(survey):
    result = empirical_kaiser(survey)
    values = result.table["eigenvalue"]
    assert result.table.loc[1, "reference"] == pytest.approx((1 + np.sqrt(12 / 420)) ** 2)
    assert result.table.loc[2, "reference"] == pytest.approx(
        max((12 - values[1]) / 11 * (1 + np.sqrt(12 / 420)) ** 2, 1)
    )
    assert result.n_factors == 3


def test_fit_by_number_of_factors(survey, reference):
    result = compare_factor_fit(survey, 4)
    assert result.table.loc[3, "chi2"] == pytest.approx(reference["efa"]["ml"]["chi"], rel=1e-6)
    assert result.n_factors_bic == 3
    assert result.table["chi2"].is_monotonic_decreasing


def test_suggestions_state_disagreement(survey):
    result = suggest_factors(survey, draws=100)
    assert result.table["n_factors"].nunique() > 1
    assert "disagree" in result.statement
    assert "eigenvalues against chance 3" in result.statement


def test_a_family_of_rules_has_one_vote(survey):
    """Three parallel analyses are one piece of evidence; a family without a majority has no vote."""
    result = suggest_factors(survey, draws=40)
    table = result.table.copy()
    table["n_factors"] = pd.array([5, 5, 5, 2, 4, 4, 5, pd.NA, 7], dtype="Int64")
    votes = type(result)(table, "", result.parallel, ()).families
    assert votes.drop("fit of the model").to_dict() == {
        "eigenvalues against chance": 5,
        "partial correlations": 4,
    }
    assert votes.isna()["fit of the model"]
    assert (table["family"] == "").sum() == 1, "Kaiser's old rule has no vote"


@pytest.mark.parametrize("kind", ["permuted", "normal"])
def test_parallel_analysis_of_ordered_items_is_that_of_psych(survey, kind):
    """Eigenvalues of the answers as psych's; means of unrelated ones within Monte Carlo error of both."""
    expected = json.loads((FOLDER / "parallel_polychoric.json").read_text(encoding="utf-8"))
    draws = 120
    found = parallel_analysis(survey, kind=kind, draws=draws, seed=4, correlation="polychoric")
    assert found.correlation == "polychoric"
    assert (found.n_components, found.n_factors) == (expected["n_components"], expected["n_factors"])
    # psych adds 0.5 to empty cells of a pair's table, which moves its correlations a little
    np.testing.assert_allclose(found.table["component"], expected["component"], atol=2e-3)
    np.testing.assert_allclose(found.table["factor"], expected["factor"], atol=2e-3)
    mean, sd = np.array(expected["mean"]), np.array(expected["sd"])
    error = sd * np.sqrt(1 / expected["draws"] + 1 / draws)
    ours = np.concatenate([found.table["component_mean"], found.table["factor_mean"]])
    assert (np.abs(ours - mean) < 4 * error).all()


def test_every_rule_takes_polychoric_correlations(survey):
    found = suggest_factors(survey, draws=40, correlation="polychoric")
    assert found.parallel.correlation == "polychoric"
    assert found.table["n_factors"].iloc[0] == 3


def test_an_item_that_is_constant_in_resampled_answers_is_left_out_and_said():
    rng = np.random.default_rng(3)
    answers = pd.DataFrame(rng.integers(1, 4, (40, 4)), columns=list("abcd"))
    answers["rare"] = 0
    answers.loc[[0, 1], "rare"] = 1
    found = parallel_analysis(answers, kind="normal", draws=60, correlation="polychoric")
    assert any("of 60 unrelated data sets" in text for text in found.warnings)
    with pytest.raises(SpecificationError, match="raw answers"):
        parallel_analysis(answers.corr(), n_obs=40, correlation="polychoric")


def test_shuffled_items_that_share_too_few_answers_are_unrelated_and_said():
    """Few answers to each of eight items: the shuffled ones of two items hardly meet."""
    rng = np.random.default_rng(4)
    answers = pd.DataFrame(rng.choice([4.0, 5.0, 1.0], size=(200, 8), p=[0.9, 0.06, 0.04]))
    seen = rng.random((200, 8)) < 0.1
    answers = answers.where(seen)
    answers.iloc[:8] = np.eye(8) + 4  # every pair varies among those who answered both
    found = parallel_analysis(answers, draws=60, seed=3)
    assert np.isfinite(found.table.to_numpy()).all()
    assert any("too few answers in common to correlate" in text for text in found.warnings)
    complete = parallel_analysis(answers.fillna(4.0), draws=60, seed=3)
    assert not any("in common" in text for text in complete.warnings)
