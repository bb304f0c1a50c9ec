"""Study 07: rules on what is planted and what is not, shares by hand, and other people's surveys."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import studies
from workbench.datasets import load_population, open_dataset
from workbench.errors import NotApplicable
from workbench.show import threshold_words as words
from workbench.studies import loyalty_threshold as study
from workbench.studies.loyalty_threshold import planted, shares, waiting
from workbench.studies.loyalty_threshold.scale_ends import shapes

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "curves.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey")


def test_truths_come_from_the_paths(population):
    known = study.truths(population)
    assert [name for name, holds in known.items() if not holds] == ["D3-4 two hours", "D0-11 experience"]
    straight, loyal, step = study.nulls(population).values()
    held = study.truths(straight)
    for name in ("D3-2 bend", "D3-2 interaction", "D3-4 faster", "D3-19", "D0-11 satisfaction"):
        assert not held[name], name
    assert not study.truths(loyal)["D3-2 share"]
    assert not study.truths(loyal)["D3-9"]
    assert study.truths(step)["D3-4 two hours"]
    assert study.truths(step)["D0-11 experience"]
    assert straight.total_effect("loyalty", "satisfaction") == pytest.approx(
        population.total_effect("loyalty", "satisfaction")
    )


def test_verdicts_say_what_is_planted_and_what_is_found(population):
    truths = study.truths(population)
    made = {
        studies.key(v.claim, v.part): v
        for v in study.decide(studies.simulate(population, 7), seed=7, truths=truths)
    }
    assert set(made) == set(truths)
    assert all(made[name].planted == holds for name, holds in truths.items())
    assert made["D3-4 faster"].word == "recovered"
    assert made["D3-4 two hours"].word == "rightly rejected"


def test_boxes_alone_bend_and_that_part_is_taken_off():
    """Straight attitudes in boxes that crowd at an end: an observed bend, and nothing beyond the boxes."""
    rng = np.random.default_rng(4)
    attitude = rng.normal(size=4000)
    other = 0.6 * attitude + 0.8 * rng.normal(size=4000)
    cut = {"x": [-2.2, -1.6, -1.0, -0.2], "y": [0.2, 0.9, 1.4, 1.9]}  # one crowds at the top, one at the foot
    frame = pd.DataFrame(
        {"x": np.digitize(attitude, cut["x"]) + 1.0, "y": np.digitize(other, cut["y"]) + 1.0}
    )
    found = shapes(frame, {"satisfaction": ["x"], "loyalty": ["y"]}, draws=200).curvature
    assert found.observed > 0.1
    assert found.expected == pytest.approx(found.observed, abs=0.05)
    assert words.side(found) == 0
    bent = pd.DataFrame(
        {"x": frame["x"], "y": np.digitize(other + 0.8 * np.maximum(0, attitude) ** 2, cut["y"]) + 1.0}
    )
    assert words.side(shapes(bent, {"satisfaction": ["x"], "loyalty": ["y"]}, draws=200).curvature) == 1


def test_a_slider_of_a_hundred_places_is_taken_and_a_constant_is_not():
    rng = np.random.default_rng(4)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"x": (50 + 15 * x).round(), "y": (50 + 10 * x + 10 * rng.normal(size=300)).round()})
    found = shapes(frame, {"satisfaction": ["x"], "loyalty": ["y"]}, draws=50)
    assert words.side(found.curvature) == 0
    with pytest.raises(NotApplicable, match="alike"):
        shapes(frame.assign(y=3.0), {"satisfaction": ["x"], "loyalty": ["y"]}, draws=50)


def test_shares_by_hand_with_the_interval_of_r():
    mobi = open_dataset("mobi")
    found = shares.satisfied_not_loyal(mobi)
    answers = mobi.responses
    satisfied = answers[["CUSA1", "CUSA2", "CUSA3"]].mean(axis=1) >= 7.75
    loyal = answers[["CUSL1", "CUSL2", "CUSL3"]].mean(axis=1) >= 7.75
    assert (found.count, found.n) == (int((satisfied & ~loyal).sum()), int(satisfied.sum())) == (58, 103)
    assert found.interval == pytest.approx(REFERENCE["wilson"], abs=1e-9)
    stays = shares.would_switch(mobi, "CUSL2", stays=True)
    assert stays.count == int((satisfied & (answers["CUSL2"] <= 5)).sum())


def test_an_interval_that_merely_holds_the_number_is_no_support():
    small = shares.share("x", pd.Series([True] * 15 + [False] * 5))
    assert small.interval[0] < 0.75 < small.interval[1]
    assert not study.judge_share("D3-9", small, shares.SEVENTY_FIVE, kind="public", part="small").found
    large = shares.share("x", pd.Series([True] * 1500 + [False] * 500))
    assert study.judge_share("D3-9", large, shares.SEVENTY_FIVE, kind="public", part="large").found
    with pytest.raises(NotApplicable, match="nobody is satisfied"):
        shares.share("x", pd.Series([], dtype=bool))


def test_a_step_at_two_hours_is_told_from_a_slope(population):
    step = planted.with_step(planted.straight_line(population))
    found = waiting.dose_response(studies.simulate(step, 7), "response_hours")
    assert found.clearest == waiting.CLAIMED
    assert found.steps.at[2.0, "ci_upper"] < 0
    smooth = waiting.dose_response(studies.simulate(population, 7), "response_hours")
    assert smooth.steps.at[2.0, "ci_lower"] < 0 < smooth.steps.at[2.0, "ci_upper"]


def test_a_foreign_survey_is_asked_what_it_can_answer(foreign):
    survey = foreign({"satisfaction": 3, "loyalty": 3, "price": 2})
    asked = study.hypotheses(survey, hours_column="response_hours", switching="")
    assert list(asked) == ["D3-2 bend", "D3-2 share"]
    found = study.estimate(survey, seed=1, draws=50)
    assert found.dose is None
    assert found.switching is None
    made = {studies.key(v.claim, v.part) for v in study.judge(found, kind="user")}
    assert made == set(asked)
    assert "loyal" in words.answer(found, {"satisfaction": "joy", "loyalty": "staying"})
    assert all("waiting" not in sentence for sentence in study.methods(found, draws=50, seed=1))
