"""Study 10 computes what R does, knows its questions, and its rules tell populations apart."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench.datasets import load_population, open_dataset
from workbench.errors import NotApplicable, ParameterError, SpecificationError
from workbench.studies import satisfaction_index as study
from workbench.studies.satisfaction_index import (
    asymmetry,
    dimension_gaps,
    discrepancy,
    importance_performance,
    populations,
    prediction,
    public,
    schemes,
    scores,
    verdicts,
    words,
)
from workbench.survey.samples import headline_sample

R = json.loads(
    (Path(__file__).parents[1] / "reference" / "studies" / "satisfaction_index.json").read_text("utf-8")
)
DIMENSIONS = ["tangibles", "reliability", "responsiveness", "assurance", "empathy"]


@pytest.fixture(scope="module")
def taken():
    return study.take(headline_sample(open_dataset("customer_survey")))


@pytest.fixture(scope="module")
def found(taken):
    return discrepancy.discrepancies(taken)


def test_reliability_of_gap_and_ratio_are_r_s(found):
    table = found.reliability.loc[DIMENSIONS, ["experience", "expected", "r", "gap", "ratio"]]
    np.testing.assert_allclose(table.to_numpy(), R["reliability"], rtol=0, atol=1e-9)


def test_kappa_is_psych_s_and_its_error_that_of_fleiss_cohen_and_everitt(taken, found):
    agreed = discrepancy.weighted_kappa(
        discrepancy.states(found.people["gap"], discrepancy.BAND), discrepancy.rating_states(taken)
    )
    assert (agreed.kappa, agreed.se, agreed.n) == pytest.approx(tuple(R["kappa"].values()), abs=1e-9)


def test_slopes_and_their_errors_are_r_s(taken):
    table = asymmetry.contrasts(taken, draws=2).table.loc[DIMENSIONS]
    steps = np.array([[row["slope"], row["se"]] for row in R["steps"]])
    bends = np.array([[row["slope"], row["se"]] for row in R["bends"]])[5:]
    for name, rows in (("penalty", steps[:5]), ("reward", steps[5:]), ("bend", bends)):
        np.testing.assert_allclose(table[name], rows[:, 0], atol=1e-9)
        half = (table[f"{name}_upper"] - table[f"{name}_lower"]) / 2 / norm.ppf(0.975)
        np.testing.assert_allclose(half, rows[:, 1], atol=1e-9)


def test_relative_weights_are_r_s_and_those_of_the_regression_room(taken):
    from workbench import regression

    scores_ = pd.DataFrame({name: taken.mean(taken.attributes[name]) for name in DIMENSIONS})
    data = scores_.assign(y=taken.mean(taken.satisfaction))
    weights = importance_performance.relative_weights(data, "y")
    np.testing.assert_allclose(weights, R["relative_weights"], atol=1e-9)
    other = regression.relative_importance(data, "y", DIMENSIONS, draws=2)
    np.testing.assert_allclose(weights, other.shares.loc[DIMENSIONS, "relative_weight"], atol=1e-9)


def test_scores_are_r_s(taken):
    nps = scores.net_promoter(taken.answers["nps"], draws=200)
    assert (nps.score, nps.se, nps.n) == pytest.approx([R["nps"][k] for k in ("score", "se", "n")], abs=1e-9)
    assert nps.smallest_change(5000) == pytest.approx(R["nps"]["change_5000"], rel=1e-3)
    assert nps.bootstrap == pytest.approx(nps.interval, abs=0.6)
    top = scores.top_two(taken.answers["sat1"], 5)
    assert (top.share, *top.interval) == pytest.approx(tuple(R["top"].values()), abs=1e-9)
    index = scores.acsi_type(taken, draws=200, seed=1)
    assert (index.score, index.n) == pytest.approx((R["acsi"]["score"], R["acsi"]["n"]), abs=1e-3)
    np.testing.assert_allclose(index.weights, R["acsi"]["weights"], atol=1e-4)
    assert index.interval[0] < index.score < index.interval[1]


def test_normal_scores_are_r_s():
    np.testing.assert_allclose(
        prediction.normal_scores(pd.Series([3.0, 1, 2, 2, 5])), R["normal_scores"], atol=1e-10
    )


def test_the_reliability_of_a_ratio_is_that_of_two_parallel_ratios():
    rng = np.random.default_rng(3)
    b, a = rng.normal(6, 0.8, 40000), rng.normal(7, 0.6, 40000)
    rating = [(b + rng.normal(0, 0.4, b.size), a + rng.normal(0, 0.3, a.size)) for _ in range(2)]
    again = np.corrcoef(rating[0][0] / rating[0][1], rating[1][0] / rating[1][1])[0, 1]
    formula = discrepancy.reliability_of_ratio(
        pd.Series(rating[0][0]), pd.Series(rating[0][1]), 0.64 / (0.64 + 0.16), 0.36 / (0.36 + 0.09)
    )
    assert formula == pytest.approx(again, abs=0.01)


def test_an_expectation_of_zero_has_no_ratio():
    with pytest.raises(SpecificationError, match="expectation of 0"):
        discrepancy.ratio(pd.Series([3.0, 4.0]), pd.Series([5.0, 0.0]))


def test_states_of_ratio_and_gap_are_the_same_and_a_band_makes_equal_of_the_near():
    b, a = pd.Series([1.0, 3.0, 4.0, 4.2, np.nan]), pd.Series([2.0, 3.0, 2.0, 4.0, 1.0])
    assert discrepancy.states(b - a).tolist()[:4] == [0, 1, 2, 2]
    np.testing.assert_array_equal(np.sign(b / a - 1)[:4] + 1, discrepancy.states(b - a)[:4])
    assert discrepancy.states(b - a, 0.5).tolist()[:4] == [0, 1, 2, 1]
    assert discrepancy.states(b - a).isna().tolist() == [False] * 4 + [True]


def test_kappa_of_the_same_is_one_and_of_one_state_is_refused():
    same = pd.Series([0.0, 1, 2, 2, 1, 0])
    assert discrepancy.weighted_kappa(same, same).kappa == pytest.approx(1)
    with pytest.raises(SpecificationError, match="vary"):
        discrepancy.weighted_kappa(pd.Series([1.0, 1]), pd.Series([1.0, 1]))


def test_a_far_origin_makes_the_ratio_the_gap(taken, found):
    curve = discrepancy.moved_origin(found, 1, taken.answers[taken.rating])
    assert curve["mean"].is_monotonic_increasing
    assert curve["with_gap"].is_monotonic_increasing
    assert curve.loc[100, "with_gap"] > 0.9999
    assert curve.loc[1, "turned"] == 0 < curve.loc[100, "turned"]
    below = found.people.assign(expected=found.people["expected"] - 1)
    moved = discrepancy.moved_origin(discrepancy.Discrepancies(below, *[None] * 2), 1, taken.answers["sat1"])
    assert 0 not in moved.index  # somebody's expectation would be nothing there


def test_gaps_are_means_and_the_weighted_one_follows_the_weights(taken):
    gaps = dimension_gaps.dimension_gaps(taken, draws=200, seed=1)
    table = gaps.table
    np.testing.assert_allclose(table["experience"] - table["expected"], table["gap"], atol=1e-12)
    assert table["weight"].sum() == pytest.approx(1)
    assert ((table["gap_lower"] < table["gap"]) & (table["gap"] < table["gap_upper"])).all()
    overall = gaps.overall["estimate"]
    assert overall["unweighted"] == pytest.approx(table["gap"].mean())
    assert overall["weighted"] - overall["unweighted"] == pytest.approx(overall["difference"])
    assert gaps.largest.sum() == pytest.approx(1)


def test_maps_cut_at_the_mean_and_say_what_is_firm(taken):
    maps = importance_performance.priority_maps(taken, draws=200, seed=1)
    assert list(maps) == ["stated", "derived"]
    assert maps["derived"].table["importance"].sum() == pytest.approx(100)
    for found in maps.values():
        for _, row in found.table.iterrows():
            above = (row["performance"] > found.centre[0], row["importance"] > found.centre[1])
            assert row["quadrant"] == importance_performance.QUADRANTS[above]
        assert found.table["stays"].between(0, 1).all()
    words = importance_performance.in_words(maps["stated"], {name: name for name in DIMENSIONS})
    assert words.startswith("By stated importance concentrate on responsiveness; ")


def test_columns_without_a_wording_are_called_in_words():
    for name, one in public.opened().items():
        said = [one.label(attribute) for attribute in one.attributes]
        assert not [text for text in said if "_" in text or re.search("[a-z][A-Z]", text)], name
        assert said == [one.names()[attribute] for attribute in one.attributes]


def test_classes_are_read_off_and_proportion_is_called_asymmetric_by_chance(taken):
    found = asymmetry.contrasts(taken, draws=100, seed=2)
    for _, row in found.table.iterrows():
        punished, rewarded = row["penalty_upper"] < 0, row["reward_lower"] > 0
        word = {(True, True): "performance", (True, False): "basic", (False, True): "excitement"}
        assert row["class"] == word.get((punished, rewarded), "neither")
    assert found.false_share > 0.1  # the point of the page: proportion comes out as Kano's classes
    assert found.table["false_bend"].mean() < 0.12


def test_a_bend_is_found_where_it_is_and_not_where_there_is_none():
    rng = np.random.default_rng(4)
    x = [pd.Series(rng.normal(size=2000)) for _ in range(4)]
    noise = pd.Series(rng.normal(size=2000))
    y = sum(own.clip(lower=0) for own in x[:2]) + sum(x[2:]) + noise
    table = asymmetry.bends_of(y, {"bent": x[:2], "straight": x[2:]})
    assert table.loc["bent", "ci_lower"] < 1 < table.loc["bent", "ci_upper"]
    assert table.loc["straight", "ci_lower"] < 0 < table.loc["straight", "ci_upper"]


def test_prediction_is_of_people_left_out():
    rng = np.random.default_rng(5)
    y, noise = pd.Series(rng.normal(size=400)), pd.Series(rng.normal(size=400))
    found = prediction.predict(y, {"noise": noise, "itself": y})
    assert found.r2.loc["itself", "r2"] == pytest.approx(1)
    assert found.r2.loc["noise", "r2"] < 0.02
    value, (low, high) = found.less("itself", "noise")
    assert low < value < high
    with pytest.raises(SpecificationError, match="30 are needed"):
        prediction.predict(y[:20], {"noise": noise[:20]})


def test_wilson_holds_at_the_ends():
    assert scores.wilson(0, 20)[0] == pytest.approx(0, abs=1e-12)
    assert scores.wilson(20, 20)[1] == pytest.approx(1)
    with pytest.raises(SpecificationError):
        scores.wilson(3, 2)


def test_a_net_promoter_score_needs_its_scale():
    with pytest.raises(SpecificationError, match="0 to 10"):
        scores.net_promoter(pd.Series([11.0, 3.0]))
    nps = scores.net_promoter(pd.Series([10.0] * 40 + [8.0] * 40 + [2.0] * 20))
    assert nps.score == pytest.approx(20)
    n = nps.needed(5)
    assert 1.96 * np.sqrt(nps.variance / n) == pytest.approx(5, abs=0.01)


def test_what_a_codebook_names_is_found_and_the_rest_is_told(taken):
    assert (taken.rating, len(taken.expected), list(taken.dimensions)) == ("sat1", 22, DIMENSIONS)
    assert list(taken.attributes) == DIMENSIONS == list(taken.importance)
    assert taken.contact == {"courtesy": "emo1", "communication": "emo2"}
    assert taken.no_ratio == ""


def test_parts_are_told_and_checked(taken):
    survey = taken.survey
    told = study.take(
        survey, {"core": "pro1", "attributes": ["pro1", "loyalty", "sup1"], "expected": {"tan1": "rel1"}}
    )
    assert told.core == ("pro1",)
    assert list(told.attributes) == ["pro1", "loyalty", "sup1"]
    assert told.dimensions == {"tangibles": ("tan1",)}
    for parts, said in (
        ({"speed": "pro1"}, "no part 'speed'"),
        ({"core": "nothing"}, "no question and no construct"),
        ({"rating": "satisfaction"}, "takes one question"),
        ({"expected": ["tan1"]}, "is a mapping"),
        ({"expected": {"tan1": "nps"}}, "different scales"),
    ):
        with pytest.raises(ParameterError, match=said):
            study.take(survey, parts)
    zero = study.take(survey, {"expected": {"nps": "nps"}})
    assert "refused" in zero.no_ratio
    assert "ratio" not in discrepancy.discrepancies(zero).people


def test_a_survey_without_satisfaction_or_expectation_is_told(taken):
    with pytest.raises(NotApplicable, match="no question rates satisfaction"):
        study.take(open_dataset("firm_panel"))
    bare = study.take(taken.survey, {"expected": {}})
    none = type(bare)(bare.survey, bare.rating, bare.satisfaction)
    with pytest.raises(NotApplicable):
        discrepancy.discrepancies(none)
    decided = verdicts.decide(none, seed=1)
    assert {"D1-1 states", "D4-11", "D1-5", "D1-10", "D1-11"} <= set(decided.reasons)
    assert [v.claim for v in decided.verdicts] == [
        key.split(" ")[0] for key in verdicts.RULES if key not in decided.reasons
    ]


def test_rules_judges_and_truths_are_about_the_same_hypotheses():
    population = load_population("customer_survey")
    assert list(verdicts.RULES) == list(verdicts.JUDGES)
    assert set(verdicts.RULES) == set(study.truths(population))
    changed = populations.nulls(population)
    for key in verdicts.RULES:
        assert {study.truths(one)[key] for one in (population, *changed.values())} == {True, False}, key


def test_the_population_s_indices_predict_as_its_answers_do():
    population = load_population("customer_survey").with_answering(skipped=0.0, careless=0.0)
    drawn = population.simulate(n=6000, seed=3).responses
    survey = study.simulate(population, 1)
    taken = study.take(type(survey)(**{**vars(survey), "responses": drawn}))
    compared = schemes.compare(taken)
    planted = populations.indices(population)
    for scheme, r2 in planted.items():  # five answers dilute: a little lower, in the same order
        assert r2 - 0.06 < compared.indices.loc[scheme, "r2"] < r2 + 0.01


def test_a_rewritten_population_changes_what_its_rule_writes_and_nothing_else():
    population = load_population("customer_survey")
    base = study.simulate(population, 4).responses
    core = populations.nulls(population)["nobody satisfied where the core fails"]
    written = study.simulate(core, 4).responses
    changed = [name for name in base if not base[name].equals(written[name])]
    assert changed == ["sat1"]
    assert written["sat1"].isna().equals(base["sat1"].isna())


def test_schemes_name_what_the_shipped_survey_asks(taken):
    assert schemes.lacking(taken) == ""
    assert set(schemes.mapping().columns) == {schemes.OWN, schemes.BARNES, schemes.DUKAS}
    short = study.take(open_dataset("abc2"))
    assert "core product" in schemes.lacking(short)


def test_ratio_against_gap_alone_would_find_a_ratio_where_there_is_none(taken, found):
    """Why D1-1's rule asks the ratio to beat experience alone, too."""
    compared = prediction.predict(taken.answers[taken.rating], prediction.readings(found.people))
    assert compared.less("ratio", "gap")[1][0] > 0
    assert compared.less("ratio", "experience alone")[1][1] < 0


def test_what_is_not_tested_is_said_once_for_each_reason():
    said = words.untested({"D1-1 states": "No pairs.", "D4-11": "No pairs.", "D1-5": "No core."})
    assert said == ["Not tested here: D1-1 states and D4-11. No pairs.", "Not tested here: D1-5. No core."]


def test_scores_are_counted_and_a_slider_has_no_top_two(taken):
    every = words.scores_table(taken, draws=50, seed=1)
    assert words.scores_title(every) == "Three scores with their intervals"
    assert words.scores_title(every.iloc[:1]) == "1 of the three scores, with their intervals"
    book = taken.survey.codebook
    item = book.items["sat1"]
    slider = replace(item, scale=item.scale.model_copy(update={"continuous": True}))
    survey = replace(taken.survey, codebook=replace(book, items={**book.items, "sat1": slider}))
    table = words.scores_table(replace(taken, survey=survey), draws=50, seed=1)
    assert list(table.index[:1]) == ["Net promoter score"]
