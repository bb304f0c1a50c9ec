"""Scores and tiers by R and by hand, uplift and Qini by hand, and what segments tell of people held out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import DataError
from workbench.evaluation import rfm, segment_prediction, segment_stability, uplift
from workbench.studies import customer_segments as study

REFERENCE = json.loads((Path(__file__).parents[1] / "reference/rfm.json").read_text())


@pytest.fixture(scope="module")
def behaved():
    waves = open_dataset("customer_quarters")
    return study.behaviour(study.begin(open_dataset("customer_base")), waves)


def test_scores_tiers_and_their_agreement_are_those_of_base_r(behaved):
    for name in rfm.PARTS:
        counts = behaved.scores[name].value_counts().reindex(range(1, 6), fill_value=0)
        assert counts.tolist() == REFERENCE[name], name
    assert behaved.tier.value_counts().to_dict() == {one: REFERENCE[one] for one in ("regular", "VIP", "new")}
    assert behaved.known["recency"].mean() == pytest.approx(REFERENCE["mean_recency"])
    assert behaved.known["monetary"].mean() == pytest.approx(REFERENCE["mean_monetary"])
    tier = open_dataset("customer_base").responses["tier"]
    index = segment_stability.agreement_of(behaved.tier, tier)
    assert index["estimate"] == pytest.approx(REFERENCE["rand"], abs=1e-8)
    assert index["ci_lower"] < index["estimate"] < index["ci_upper"]


def test_scores_turn_round_with_the_values_and_equal_customers_score_alike():
    rng = np.random.default_rng(4)
    days, times = pd.Series(rng.permutation(100) + 0.5), pd.Series(rng.poisson(0.7, 100).astype(float))
    scores = rfm.rfm_scores(days, times, days)
    assert (scores["recency"] + scores["monetary"] == 6).all()
    assert scores["recency"].value_counts().tolist() == [20] * 5
    assert (scores.groupby(times)["frequency"].nunique() == 1).all()
    with pytest.raises(DataError, match="a number for every customer"):
        rfm.rfm_scores(days, times, days.where(days > 3))


# Six customers in the order of what is expected of them: 3, 3, 2, 2, 1, 1; the first of each pair is treated.
OUTCOME, TREATED = pd.Series([5.0, 1, 4, 2, 1, 3]), np.array([1.0, 0, 1, 0, 1, 0])
EXPECTED = np.array([3.0, 3, 2, 2, 1, 1])


def test_uplift_and_qini_by_hand():
    """Treated less others among the first 2, 4, 6: 5 - 1, 4.5 - 1.5, 10/3 - 2. By thirds of all six, uplift
    is 4/3, 2, 4/3; area (0 + 4/3)/6 + (4/3 + 2)/6 + (2 + 4/3)/6. Qini, of three treated: 4/3, 6/3, 4/3,
    less the triangle of 4/3."""
    found = uplift.uplift_curve(OUTCOME, TREATED, EXPECTED, draws=9)
    assert found.effect == pytest.approx(4 / 3)
    assert found.curve.loc[[0.0, 1.0], "estimate"].tolist() == pytest.approx([0, 4 / 3])
    assert found.area["estimate"] == pytest.approx((4 / 3 + 10 / 3 + 10 / 3) / 6)
    assert found.qini["estimate"] == pytest.approx((4 / 3 + 10 / 3 + 10 / 3) / 6 - 2 / 3)
    turned = uplift.uplift_curve(OUTCOME[::-1].reset_index(drop=True), TREATED[::-1], EXPECTED[::-1], draws=9)
    assert turned.qini["estimate"] == pytest.approx(found.qini["estimate"])
    alike = uplift.uplift_curve(OUTCOME, TREATED, np.ones(6), draws=9)
    assert alike.qini["estimate"] == pytest.approx(0, abs=1e-12)


def test_the_order_is_found_where_treatments_work_by_class_and_not_where_they_do_nothing():
    rng = np.random.default_rng(6)
    kind, treated = rng.integers(0, 2, 1500), rng.integers(0, 2, 1500).astype(float)
    noise, sure = rng.normal(size=1500), np.eye(2)[kind]
    for works in (True, False):
        y = pd.Series(noise + works * treated * kind)
        places = uplift.places_by_gain(y, treated, sure)
        known = places.notna().to_numpy()
        found = uplift.uplift_curve(y[known], treated[known], places[known].to_numpy(), draws=200)
        assert (found.qini["ci_lower"] > 0) == works
        # half are of the class that gains 1: the curve bends at a half, an eighth above the line
        assert found.qini["estimate"] == pytest.approx(0.125 * works, abs=0.04)


def test_where_treatments_do_nothing_no_order_is_worse_than_by_lot_on_average():
    """Pooled over the folds the mean was -.019 (SE .003): luck before puts those first who then do worse."""
    rng, found = np.random.default_rng(8), []
    for _ in range(150):
        posterior = np.full((300, 3), 0.1) + 0.7 * np.eye(3)[rng.integers(0, 3, 300)]
        y, treated = pd.Series(rng.normal(size=300)), rng.integers(0, 2, 300).astype(float)
        places = uplift.places_by_gain(y, treated, posterior)
        known = places.notna().to_numpy()
        curve = uplift.uplift_curve(y[known], treated[known], places[known].to_numpy(), draws=2)
        found.append(curve.qini["estimate"])
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


def test_segments_save_what_lies_between_them_and_nothing_where_they_mean_nothing():
    rng = np.random.default_rng(7)
    part = pd.Series(rng.choice(["a", "b"], 4000))
    y = pd.Series(np.where(part == "a", 1.0, -1.0) + rng.normal(size=4000))
    made = segment_prediction.predicted_by_segment(y, part)
    assert made.ci_lower < 0.5 < made.ci_upper
    many = segment_prediction.predicted_by_segment(y, pd.Series(rng.integers(0, 800, 4000)))
    assert many.ci_upper < 0  # five customers a segment, who tell nothing: worse than all alike
    same = segment_prediction.prediction_gain(y, made.predicted.to_numpy(), np.arange(4000) % 5)
    assert same.gain == pytest.approx(made.gain, abs=0.01)
    assert same.alike == pytest.approx(made.alike, rel=0.01)
