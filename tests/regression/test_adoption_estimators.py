"""Estimators of staggered adoption against pyfixest 0.60, our own group-time effects, and what must hold."""

import numpy as np
import pandas as pd
import pytest

from workbench import regression
from workbench.datasets import open_dataset
from workbench.errors import SpecificationError
from workbench.regression import adoption_estimators

PLACE = {"unit": "firm", "period": "period", "treated": "treated"}
# pyfixest 0.60 on data/firm_panel.csv, outcome satisfaction: event_study(estimator="saturated").aggregate(),
# event time -> (estimate, se); did2s with one second-stage coefficient.
SATURATED = {
    -6: (-0.003588, 0.020301),
    -2: (-0.00294, 0.012511),
    0: (0.093901, 0.01267),
    5: (0.50758, 0.022122),
}
TWO_STAGE = 0.23411


@pytest.fixture(scope="module")
def panel():
    return open_dataset("firm_panel").responses


@pytest.fixture(scope="module")
def found(panel):
    return regression.adoption_estimates(panel, "satisfaction", **PLACE)


def test_interaction_weighted_and_imputation_are_those_of_a_second_library(found):
    for time, wanted in SATURATED.items():
        row = found.event_study.loc[("interaction-weighted", time)]
        assert row[["estimate", "se"]].tolist() == pytest.approx(wanted, abs=1e-6)
    assert found.overall.loc["imputation", "estimate"] == pytest.approx(TWO_STAGE, abs=1e-5)


def test_group_time_effects_are_the_library_s_own(panel, found):
    import diff_diff

    data = panel[["firm", "period", "satisfaction"]].assign(
        first=panel["adopted_in"].astype("Float64").fillna(0).astype(float)
    )
    theirs = diff_diff.CallawaySantAnna(control_group="not_yet_treated").fit(
        data, outcome="satisfaction", unit="firm", time="period", first_treat="first"
    )
    ours = found.overall.loc["group-time", ["estimate", "se"]]
    assert ours.tolist() == pytest.approx([theirs.overall_att, theirs.overall_se], abs=1e-6)


def test_clean_estimators_agree_and_the_two_way_coefficient_falls_short(found):
    clean = found.overall.drop(index="two-way")
    assert clean["estimate"].max() - clean["estimate"].min() < 0.005
    assert found.overall.loc["two-way", "ci_upper"] < clean["ci_lower"].min()
    assert found.pretrend.min() > 0.05


def test_one_group_that_adopts_at_once_gives_the_plain_difference():
    """Two groups and two periods: every estimator is the difference of two changes."""
    y = {0: [(1.0, 2.0), (2.0, 2.5), (1.5, 3.0)], 1: [(2.0, 5.0), (3.0, 5.5), (2.5, 4.0)]}
    rows = [
        {"firm": f"{group}{number}", "period": period, "treated": group * period, "y": values[period]}
        for group, units in y.items()
        for number, values in enumerate(units)
        for period in (0, 1)
    ]
    wanted = np.mean([b - a for a, b in y[1]]) - np.mean([b - a for a, b in y[0]])
    found = regression.adoption_estimates(pd.DataFrame(rows), "y", **PLACE)
    assert found.overall["estimate"].tolist() == pytest.approx([wanted] * len(found.overall))
    assert len(found.overall) >= 3


def test_bounds_widen_with_what_is_allowed_and_break_down_where_zero_comes_in(panel):
    found = regression.honest_bounds(panel, "satisfaction", **PLACE, magnitudes=[0, 1, 2])
    width = found.bounds["ci_upper"] - found.bounds["ci_lower"]
    assert (width.diff().dropna() > 0).all()
    assert found.bounds.loc[0.0, "lower"] == pytest.approx(found.bounds.loc[0.0, "upper"])
    at = regression.honest_bounds(panel, "satisfaction", **PLACE, magnitudes=[found.breakdown]).bounds.iloc[0]
    assert at["ci_lower"] == pytest.approx(0, abs=1e-3)
    own = regression.group_time_effects(panel, "satisfaction", **PLACE, draws=99).overall.loc["dynamic"]
    assert found.bounds.loc[0.0, "lower"] == pytest.approx(own["estimate"], abs=1e-9)
    assert found.bounds.loc[0.0, "ci_lower"] == pytest.approx(own["ci_lower"], abs=1e-6)


def test_bounds_of_nothing_and_of_too_short_a_past(panel):
    placebo = panel.assign(transactions=panel["transactions"].astype(float))
    assert np.isnan(regression.honest_bounds(placebo, "transactions", **PLACE).breakdown)
    late = panel[panel["period"].isin([2, 3]) & panel["adopted_in"].fillna(3).eq(3)]
    with pytest.raises(SpecificationError, match="two periods before adopting"):
        regression.honest_bounds(late, "satisfaction", **PLACE)
    with pytest.raises(SpecificationError, match="multiple of zero or more"):
        regression.honest_bounds(panel, "satisfaction", **PLACE, magnitudes=[-1])


def test_where_all_adopt_nobody_is_left_for_the_interaction_weighted(panel):
    adopting = panel[panel["adopted_in"].notna()]
    found = regression.adoption_estimates(adopting, "satisfaction", **PLACE)
    assert "interaction-weighted" in found.left_out
    assert "interaction-weighted" not in found.overall.index


def test_what_would_take_too_much_memory_is_left_out_with_its_reason(panel, monkeypatch):
    monkeypatch.setattr(adoption_estimators, "MOST_WEIGHTED", 100)
    found = regression.adoption_estimates(panel, "satisfaction", **PLACE)
    assert "above 100 units" in found.left_out["interaction-weighted"]
    assert list(found.overall.index) == ["group-time", "imputation", "two-way"]
