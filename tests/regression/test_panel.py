import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.regression import goodman_bacon, group_time_effects, panel

close = np.testing.assert_allclose
PLACE = {"unit": "firm", "period": "period"}
LOST = [4, 16, 59, 60, 149, 221, 318]  # rows that R left out as well, to unbalance the panel


@pytest.mark.parametrize(
    ("effects", "name"), [("none", "pooling"), ("unit", "within"), ("unit and period", "twoways")]
)
def test_panel_equals_plm(firm_periods, r, effects, name):
    data = firm_periods.drop(index=LOST)
    found = panel(data, "outcome", ["spend", "treated"], effects=effects, **PLACE)
    plain = panel(data, "outcome", ["spend", "treated"], effects=effects, robust=False, **PLACE)
    close(found.coefficients["estimate"], r["panel"][name]["b"], rtol=1e-9)
    close(found.coefficients["se"], r["panel"][name]["sss"], rtol=1e-9)
    close(plain.coefficients["se"], r["panel"][name]["se"], rtol=1e-9)
    assert found.measures["r2_within"] == pytest.approx(r["panel"][name]["r2"])


def test_what_fixed_effects_swallow_is_refused(firm_periods):
    with pytest.raises(SpecificationError, match="does not vary once the effects of unit"):
        panel(firm_periods, "outcome", ["spend", "adopted"], effects="unit", **PLACE)


def test_repeated_firm_periods_are_refused(firm_periods):
    with pytest.raises(DataError, match="repeat a unit and period"):
        panel(pd.concat([firm_periods, firm_periods.head(1)]), "outcome", ["spend"], **PLACE)


def test_bacon_weights_recompose_the_two_way_coefficient(firm_periods, r):
    found = goodman_bacon(firm_periods, "outcome", treated="treated", **PLACE)
    assert found.estimate == pytest.approx(r["twfe"], rel=1e-10)
    assert found.comparisons["weight"].sum() == pytest.approx(1)
    two_way = panel(firm_periods, "outcome", ["treated"], **PLACE)
    assert found.estimate == pytest.approx(two_way.coefficients.loc["treated", "estimate"])


def test_bacon_recomposes_with_always_treated_firms(firm_periods):
    data = firm_periods.assign(treated=np.where(firm_periods["firm"] <= 6, 1, firm_periods["treated"]))
    found = goodman_bacon(data, "outcome", treated="treated", **PLACE)
    two_way = panel(data, "outcome", ["treated"], **PLACE)
    assert found.estimate == pytest.approx(two_way.coefficients.loc["treated", "estimate"])
    assert "first period" in found.warnings[0]


def test_group_time_effects_equal_two_sample_differences_in_r(firm_periods, r):
    found = group_time_effects(firm_periods, "outcome", treated="treated", draws=99, **PLACE)
    close(found.cells[["group", "period", "effect", "se"]], r["group_time"], rtol=1e-8)


def staggered_world(noise, seed=4):
    """60 firms, three cohorts; the effect grows by one a period and is the same for all."""
    rng = np.random.default_rng(seed)
    rows = []
    for firm in range(60):
        start = (3, 5, 99)[firm % 3]
        level = rng.normal()
        for period in range(1, 9):
            effect = max(0, period - start + 1) * 1.0
            value = level + 0.3 * period + effect + noise * rng.normal()
            rows.append((firm, period, int(period >= start), value))
    return pd.DataFrame(rows, columns=["firm", "period", "treated", "outcome"])


def test_growing_effects_are_recovered_where_two_way_effects_miss_them():
    data = staggered_world(noise=0.0)
    found = group_time_effects(data, "outcome", treated="treated", draws=99, **PLACE)
    after = found.event_study.loc[0:]
    close(after["estimate"], np.arange(1, len(after) + 1), atol=1e-9)
    close(found.event_study.loc[:-1, "estimate"], 0, atol=1e-9)
    truth = (6 * 3.5 + 4 * 2.5) / 10
    assert found.overall.loc["simple", "estimate"] == pytest.approx(truth)
    bacon = goodman_bacon(data, "outcome", treated="treated", **PLACE)
    assert bacon.estimate < truth - 0.5
    assert bacon.kinds["weight"]["later against earlier adopters"] > 0


def test_errors_of_averages_agree_with_resampled_firms():
    data = staggered_world(noise=1.0)
    found = group_time_effects(data, "outcome", treated="treated", draws=199, **PLACE)
    rng = np.random.default_rng(0)
    tables = dict(iter(data.groupby("firm")))
    draws = []
    for _ in range(60):
        chosen = pd.concat([tables[i].assign(firm=k) for k, i in enumerate(rng.integers(0, 60, 60))])
        draws.append(
            group_time_effects(chosen, "outcome", treated="treated", draws=9, **PLACE).overall["estimate"]
        )
    close(found.overall["se"], pd.DataFrame(draws).std(), rtol=0.25)
    assert (found.event_study["band_upper"] >= found.event_study["ci_upper"]).all()


def test_the_balanced_window_compares_the_same_groups():
    """Early adopters gain 2 at once, late ones 1: an effect that never grows, and seems to where the late
    leave."""
    data = staggered_world(noise=0.0)
    start = data["firm"] % 3
    data["outcome"] = 0.3 * data["period"] + data["treated"] * np.choose(start, (2.0, 1.0, 0.0))
    found = group_time_effects(data, "outcome", treated="treated", draws=99, **PLACE)
    close(found.event_study.loc[[0, 3, 5], "estimate"], [1.5, 1.5, 2.0], atol=1e-9)
    assert found.event_study.loc[[0, 3, 4], "cells"].tolist() == [2, 2, 1]
    assert found.balanced_groups == (3, 5)
    assert found.balanced.index.tolist() == [-1, 0, 1, 2, 3]
    close(found.balanced["estimate"], [0, 1.5, 1.5, 1.5, 1.5], atol=1e-9)
    early = group_time_effects(data, "outcome", treated="treated", draws=99, window=(0, 5), **PLACE)
    assert early.balanced_groups == (3,)
    close(early.balanced["estimate"], 2.0, atol=1e-9)


def test_a_balanced_window_has_the_errors_of_its_own_groups():
    data = staggered_world(noise=1.0)
    found = group_time_effects(data, "outcome", treated="treated", draws=99, window=(-3, 3), **PLACE)
    assert found.balanced_groups == (5,)
    cells = found.cells.set_index(["group", "event_time"]).loc[5].loc[-3:3]
    close(found.balanced[["estimate", "se"]], cells[["effect", "se"]])
    for window, says in (((1, 3), "must hold 0"), ((-1, 9), "no group is observed")):
        with pytest.raises(SpecificationError, match=says):
            group_time_effects(data, "outcome", treated="treated", draws=9, window=window, **PLACE)


def test_treatment_must_stay_and_the_panel_be_balanced(firm_periods):
    with pytest.raises(DataError, match="not balanced"):
        group_time_effects(firm_periods.drop(index=LOST), "outcome", treated="treated", **PLACE)
    left = firm_periods.assign(treated=(firm_periods["period"] == 4).astype(int))
    with pytest.raises(DataError, match="stop being treated"):
        goodman_bacon(left, "outcome", treated="treated", **PLACE)
