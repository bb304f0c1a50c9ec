"""Dimensions: found where they were planted, and not where one factor stands behind all items."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, SpecificationError
from workbench.measurement import (
    close_fit,
    compare_models,
    correlated_factors,
    efa,
    merged_factors,
    one_factor,
    pattern_match,
    side_by_side,
    whole_structures,
)

PARTS = {name: [f"{name}{number}" for number in (1, 2, 3)] for name in ("a", "b", "c")}
WHOLE = ["w1", "w2", "w3"]


def answers(correlation, n=400, whole=None, seed=1):
    """Items of three factors with one correlation; ``whole``: its correlation with what they share."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(n, 1)), rng.normal(size=(n, 3))
    factors = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    items = np.repeat(factors, 3, axis=1) * 0.8 + 0.6 * rng.normal(size=(n, 9))
    data = pd.DataFrame(items, columns=[item for part in PARTS.values() for item in part])
    if whole is not None:
        latent = whole * common + np.sqrt(1 - whole**2) * rng.normal(size=(n, 1))
        data[WHOLE] = 0.8 * latent + 0.6 * rng.normal(size=(n, 3))
    return data


def test_pattern_matches_what_was_planted_whatever_the_order_of_factors():
    match = pattern_match(efa(answers(0.3), 3), dict(reversed(PARTS.items())))
    assert match.matched
    assert match.at_home == 9
    assert sorted(match.constructs["factor"]) == ["F1", "F2", "F3"]
    assert match.constructs["mean_loading"].between(0.7, 0.9).all()


def test_an_item_with_the_wrong_dimension_is_not_at_home():
    swapped = {**PARTS, "a": ["a1", "a2", "b3"], "b": ["b1", "b2", "a3"]}
    match = pattern_match(efa(answers(0.3), 3), swapped)
    assert not match.matched
    assert list(match.items.index[~match.items["at_home"]]) == ["b3", "a3"]


def test_fewer_factors_than_dimensions_do_not_match():
    match = pattern_match(efa(answers(0.3), 2), PARTS)
    assert not match.matched
    assert match.constructs["factor"].isna().sum() == 1


def test_pattern_needs_the_items():
    with pytest.raises(DataError, match="z1"):
        pattern_match(efa(answers(0.3), 3), {**PARTS, "z": ["z1"]})


def test_planted_dimensions_stay_apart_and_one_factor_does_not():
    apart = merged_factors(answers(0.5, 2000), PARTS)
    assert apart.all_apart
    assert set(apart.table["df"]) == {2}
    assert apart.table["correlation"].between(0.4, 0.6).all()
    one = merged_factors(answers(0.9999), PARTS)
    assert not one.all_apart
    with pytest.raises(SpecificationError, match="two constructs"):
        merged_factors(answers(0.5), {"a": PARTS["a"]})


def test_of_two_constructs_the_merged_model_is_one_factor():
    data, two = answers(0.5), {name: PARTS[name] for name in "ab"}
    row = merged_factors(data, two).table.loc[0]
    test = sem.compare(sem.fit(correlated_factors(two), data), sem.fit(one_factor(two), data))
    assert (row["chisq_difference"], row["df"]) == (pytest.approx(test.statistic), 1)


def test_merging_is_the_difference_test_of_the_two_models():
    data = answers(0.5)
    row = merged_factors(data, PARTS).table.iloc[0]
    apart = sem.fit(correlated_factors(PARTS), data)
    merged = sem.fit(correlated_factors({"ab": [*PARTS["a"], *PARTS["b"]], "c": PARTS["c"]}), data)
    assert row["chisq_difference"] == pytest.approx(merged.chisq - apart.chisq)
    assert row["p_holm"] >= row["pvalue"]


def test_close_fit_needs_every_mark():
    good = pd.Series({"cfi": 0.96, "rmsea_ci_upper": 0.05, "srmr": 0.04})
    assert close_fit(good).close
    for name, value in {"cfi": 0.94, "rmsea_ci_upper": 0.07, "srmr": 0.09}.items():
        poor = close_fit(pd.Series({**good, name: value}))
        assert not poor.close
        assert not poor.table.loc[name, "met"]
    assert not close_fit(pd.Series({**good, "cfi": np.nan})).close


@pytest.mark.parametrize(("correlation", "worse"), [(1.0, False), (0.5, True)])
def test_a_whole_that_is_its_parts_and_one_that_is_not(correlation, worse):
    texts = whole_structures(PARTS, "whole", WHOLE)
    fits = {name: sem.fit(text, answers(0.5, 600, correlation)) for name, text in texts.items()}
    assert (sem.compare(fits["consists of"], fits["beside"]).pvalue < 0.01) == worse
    estimate = (
        fits["beside"]
        .standardized_solution()
        .set_index(["lhs", "op", "rhs"])
        .loc[("common_part", "~~", "whole")]
    )
    assert estimate["ci_lower"] < correlation + 0.02
    assert estimate["ci_upper"] > correlation - 0.02
    assert compare_models(fits).table.loc["consists of", "df"] == fits["beside"].df + 1


def test_side_by_side_keeps_every_fit_of_the_same_model():
    data = answers(0.5)
    text = correlated_factors(PARTS)
    both = side_by_side({"ML": sem.fit(text, data), "MLR": sem.fit(text, data, estimator="MLR")})
    assert list(both.loadings.columns) == ["construct", "ML", "MLR"]
    assert np.allclose(both.loadings["ML"], both.loadings["MLR"])
    assert len(both.correlations) == 3
    assert set(both.respondents) == {400}
