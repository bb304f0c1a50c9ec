"""Measures of a warning: by their definitions, by counting, and that intervals hold what they should."""

import numpy as np
import pytest

from workbench.errors import DataError
from workbench.evaluation import warning_scores as ws


def made(n=600, seed=1):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.2).astype(float)
    return y, y + rng.normal(size=n), 0.3 * y + rng.normal(size=n)


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    y, score, _ = made(120)
    score = np.round(score)  # ties
    gaps = score[y == 1][:, None] - score[y == 0][None]
    assert ws.auc(y, score).estimate == pytest.approx((gaps > 0).mean() + (gaps == 0).mean() / 2)


def test_intervals_of_areas_and_their_difference_are_as_wide_as_resampling_says():
    y, one, other = made()
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(400):
        take = rng.integers(0, len(y), len(y))
        drawn.append((ws.auc(y[take], one[take]).estimate, ws.auc(y[take], other[take]).estimate))
    areas = np.array(drawn)
    for found, spread in (
        (ws.auc(y, one), areas[:, 0].std()),
        (ws.auc_difference(y, one, other), (areas[:, 0] - areas[:, 1]).std()),
    ):
        assert (found.ci_upper - found.ci_lower) / (2 * 1.96) == pytest.approx(spread, rel=0.15)


def test_net_benefit_is_true_alarms_less_weighed_false_ones():
    y, p = np.array([1, 1, 0, 0, 0.0]), np.array([0.5, 0.1, 0.3, 0.1, 0.1])
    found = ws.net_benefit(y, p, 0.2)
    assert found["model"].estimate == pytest.approx(1 / 5 - 1 / 5 * 0.25)
    assert found["all"].estimate == pytest.approx(2 / 5 - 3 / 5 * 0.25)
    assert found["over_all"].estimate == pytest.approx(found["model"].estimate - found["all"].estimate)


def test_true_chances_are_calibrated_and_beat_a_constant():
    rng = np.random.default_rng(4)
    p = rng.beta(1, 6, 4000)
    y = (rng.random(4000) < p).astype(float)
    table = ws.calibration(y, p)
    assert ((table["ci_lower"] < table["predicted"]) & (table["predicted"] < table["ci_upper"])).sum() >= 8
    assert table["n"].sum() == 4000
    assert ws.brier_difference(y, p, np.full(4000, y.mean())).ci_upper < 0


def test_ties_at_the_edge_count_by_their_share():
    y = np.array([1.0, 0, 1, 0])
    found = ws.warned_first(y, np.zeros(4), (0.25, 0.5)).loc[0.5]
    assert (found["precision"], found["recall"], found["times_chance"]) == (0.5, 0.5, 1.0)
    with pytest.raises(DataError, match="two who left"):
        ws.auc(np.zeros(4), np.zeros(4))
