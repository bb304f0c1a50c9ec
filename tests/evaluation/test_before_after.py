"""Paired comparisons against R (tests/reference/r/before_after.R), textbook numbers and properties."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.evaluation import before_after, gain_relation

ROOT = Path(__file__).parents[2]
REFERENCE = json.loads((ROOT / "tests/reference/before_after/ten_firms.json").read_text())


@pytest.fixture(scope="module")
def firms():
    return pd.read_csv(ROOT / "data/printed/ten_firms.csv", index_col="industry")


@pytest.mark.parametrize("measure", ["satisfaction", "loyalty"])
def test_agrees_with_r_on_the_ten_firms(firms, measure):
    r = REFERENCE[measure]
    found = before_after.compare(firms[f"{measure}_before"], firms[f"{measure}_after"], maximum=100)
    tests, effects = found.tests, found.effects
    assert tests.loc["paired t", "statistic"] == pytest.approx(r["t"], rel=1e-10)
    assert tests.loc["paired t", "pvalue"] == pytest.approx(r["p"], rel=1e-8)
    assert tests.loc["Wilcoxon signed ranks", "statistic"] == r["wilcoxon"]
    assert tests.loc["Wilcoxon signed ranks", "pvalue"] == 2 / 2**10
    assert tests.loc["sign-flip permutation", "pvalue"] == r["flips"]
    for effect, key in {
        "mean gain": "mean",
        "relative gain": "relative",
        "Hedges' g_av": "g_av",
        "d_z": "d_z",
    }.items():
        limits = r["ci" if key == "mean" else f"{key}_ci"]
        np.testing.assert_allclose(effects.loc[effect], [r[key], *limits], rtol=1e-7)
    np.testing.assert_allclose(found.baseline.loc["before with after"], [r["r"], *r["r_ci"]], rtol=1e-9)
    assert found.baseline.loc["gain with mean of both (Oldham)", "r"] == pytest.approx(r["oldham"], rel=1e-9)


def test_gain_relation_agrees_with_r(firms):
    gains = [firms[f"{m}_after"] - firms[f"{m}_before"] for m in ("satisfaction", "loyalty")]
    found = gain_relation.relate_gains(*gains)
    r = REFERENCE["slope"]
    np.testing.assert_allclose(found.coefficients["estimate"], r["coef"], rtol=1e-9)
    np.testing.assert_allclose(found.coefficients[["ci_lower", "ci_upper"]], r["ci"], rtol=1e-9)
    np.testing.assert_allclose(found.coefficients["pvalue"], r["p"], rtol=1e-8)
    slopes = found.leave_one_out[["estimate", "ci_lower", "ci_upper"]]
    np.testing.assert_allclose(slopes, r["leave_one_out"], rtol=1e-8)
    np.testing.assert_allclose(
        found.line[["fit", "ci_lower", "ci_upper"]].iloc[[0, -1]], r["band"], rtol=1e-9
    )
    assert list(found.leave_one_out.index) == list(firms.index)


def test_ties_zeros_and_both_signs_are_enumerated_as_in_r():
    mixed = REFERENCE["mixed"]
    gains = pd.Series(mixed["gains"], dtype=float)
    found = before_after.compare(gains * 0 + 10, gains + 10)
    assert found.tests.loc["sign-flip permutation", "pvalue"] == pytest.approx(mixed["flips"], abs=1e-12)
    assert found.tests.loc["Wilcoxon signed ranks", "pvalue"] == pytest.approx(mixed["ranks"], abs=1e-12)
    assert found.tests.loc["paired t", "statistic"] == pytest.approx(mixed["t"], rel=1e-10)
    assert any("without change" in warning for warning in found.warnings)


def test_smallest_possible_p_of_ten_pairs_that_all_rise():
    found = before_after.compare(pd.Series(range(10)), pd.Series(range(10)) + np.arange(1, 11))
    assert found.tests.loc["sign-flip permutation", "pvalue"] == 2 / 2**10


def test_effects_do_not_depend_on_unit_or_order_and_turn_with_direction(firms):
    before, after = firms["satisfaction_before"], firms["satisfaction_after"]
    base = before_after.compare(before, after).effects
    scaled = before_after.compare(before * 1000, after * 1000).effects
    shuffled = before_after.compare(before[::-1], after[::-1]).effects
    turned = before_after.compare(after, before).effects
    for name in ("Hedges' g_av", "d_z"):
        np.testing.assert_allclose(scaled.loc[name], base.loc[name], rtol=1e-9)
        np.testing.assert_allclose(shuffled.loc[name], base.loc[name], rtol=1e-9)
        np.testing.assert_allclose(turned.loc[name].iloc[[0, 2, 1]], -base.loc[name], rtol=1e-6)
    assert scaled.loc["mean gain", "estimate"] == pytest.approx(1000 * base.loc["mean gain", "estimate"])


def test_drawn_sign_flips_repeat_from_the_seed_and_meet_the_exact_p():
    rng = np.random.default_rng(3)
    gain = pd.Series(rng.normal(0.5, 1, 18))
    exact = before_after.compare(gain * 0, gain).tests.loc["sign-flip permutation", "pvalue"]
    drawn, note = before_after._sign_flips(np.r_[gain.to_numpy(), np.zeros(3)], seed=1, draws=40_000)
    again, _ = before_after._sign_flips(np.r_[gain.to_numpy(), np.zeros(3)], seed=1, draws=40_000)
    assert drawn == again
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 40_000))
    assert "sign flips drawn" in note[0]


def test_noncentrality_limits_leave_the_tails_that_they_should():
    from scipy import stats

    low, high = before_after.noncentrality_interval(2.5, 19)
    assert stats.nct.sf(2.5, 19, low) == pytest.approx(0.025, abs=1e-8)
    assert stats.nct.cdf(2.5, 19, high) == pytest.approx(0.025, abs=1e-8)


def test_small_sample_correction_in_closed_form():
    assert before_after.small_sample_correction(2) == pytest.approx(1 / np.sqrt(np.pi))
    assert before_after.small_sample_correction(3) == pytest.approx(np.sqrt(np.pi / 6))
    assert before_after.small_sample_correction(9) == pytest.approx(REFERENCE["satisfaction"]["j"], rel=1e-10)


def test_what_cannot_be_compared_is_refused_with_the_reason():
    series = pd.Series([1.0, 2, 3, 4])
    with pytest.raises(DataError, match="all 4 gains are 1"):
        before_after.compare(series, series + 1)
    with pytest.raises(DataError, match="same index"):
        before_after.compare(series, pd.Series([1.0, 2, 3, 4], index=[1, 2, 3, 4]))
    with pytest.raises(DataError, match="2 complete pairs"):
        before_after.compare(series[:2], series[:2] * 2)
    with pytest.raises(DataError, match="no numbers"):
        before_after.compare(series, pd.Series(list("abcd"), name="x"))
    with pytest.raises(DataError, match="same in every pair"):
        gain_relation.relate_gains(series * 0, series)


def test_missing_pairs_are_counted_and_missing_control_is_said():
    before = pd.Series([1.0, 2, np.nan, 4, 5])
    found = before_after.compare(before, pd.Series([2.0, 2.5, 3, 6, 9]))
    assert found.n == 4
    assert "1 of 5 pairs left out" in found.warnings[0]
    assert any("No control group" in warning for warning in found.warnings)


@pytest.mark.parametrize("level", [0, 1, 2, -0.5])
def test_a_confidence_level_that_is_none_is_refused(level):
    from workbench.errors import SpecificationError

    pairs = pd.Series([1.0, 2, 3, 5]), pd.Series([2.0, 4, 4, 9])
    for analysis in (before_after.compare, gain_relation.relate_gains):
        with pytest.raises(SpecificationError, match="between 0 and 1"):
            analysis(*pairs, level=level)
