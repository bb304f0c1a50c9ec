"""Two arms, looks, interrupted series and forecasts against r/improvement.R and printed tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import DataError, SpecificationError
from workbench.evaluation import forecasts, interrupted_series, sequential_looks, two_arms

ROOT = Path(__file__).parents[2]
R = json.loads((ROOT / "tests/reference/improvement.json").read_text())
OLD, NEW = ("script_a_bought", "script_a_shown"), ("script_b_bought", "script_b_shown")


@pytest.fixture(scope="module")
def panel():
    return open_dataset("firm_panel").responses


def test_rates_of_clusters_are_those_of_a_weighted_regression(panel):
    found = two_arms.compare_rates(panel, control=OLD, treatment=NEW, cluster="firm")
    wanted = R["clustered"]
    row = found.difference
    assert row[["estimate", "se", "ci_lower", "pvalue"]].tolist() == pytest.approx(
        list(wanted.values()), rel=1e-9
    )
    assert found.clusters == row["df"] + 1 == panel["firm"].nunique()
    alone = two_arms.compare_rates(panel, control=OLD, treatment=NEW)
    assert alone.difference["estimate"] == pytest.approx(row["estimate"], abs=1e-15)
    assert alone.difference["se"] < row["se"]


def test_newcombe_s_own_example_of_independent_rates():
    """Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80, and 9 of 10 against 3 of 10."""
    for a, n, b, m, low, high in ((56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090)):
        counts = pd.DataFrame({"y1": [a], "n1": [n], "y0": [b], "n0": [m]})
        row = two_arms.compare_rates(counts, control=("y0", "n0"), treatment=("y1", "n1")).difference
        assert row["estimate"] == pytest.approx(a / n - b / m)
        assert [row["ci_lower"], row["ci_upper"]] == pytest.approx([low, high], abs=6e-5)


def test_means_are_welch_s_and_those_of_clusters(panel):
    last = panel[panel["period"] == 8]
    row = two_arms.compare_means(last, "satisfaction", arm="treated").difference
    wanted = R["welch"]
    assert row[["estimate", "se", "df", "ci_lower", "ci_upper", "pvalue"]].tolist() == pytest.approx(
        [wanted[name] for name in ("estimate", "se", "df", "lower", "upper", "p")], rel=1e-9
    )
    clustered = two_arms.compare_means(last, "satisfaction", arm="treated", cluster="industry")
    assert clustered.difference["se"] == pytest.approx(wanted["clustered_se"], rel=1e-9)
    assert any("clusters are few" in line for line in clustered.warnings)
    turned = two_arms.compare_means(last, "satisfaction", arm="treated", control="1").difference
    assert turned["estimate"] == pytest.approx(-row["estimate"])


def test_the_smallest_difference_is_found_in_four_of_five_samples():
    rng = np.random.default_rng(1)
    design = pd.DataFrame({"arm": np.repeat([0, 1], 200), "y": rng.standard_normal(400)})
    found = two_arms.compare_means(design, "y", arm="arm")
    reach = 1.959964 + 0.841621
    assert found.smallest == pytest.approx(reach * found.difference["se"], rel=1e-5)
    smallest = reach * 0.1  # of 200 and 200 with a standard deviation of 1
    hits = 0
    for _ in range(400):
        y = rng.standard_normal(400) + smallest * design["arm"]
        hits += two_arms.compare_means(design.assign(y=y), "y", arm="arm").difference["ci_lower"] > 0
    assert 0.74 < hits / 400 < 0.86


def test_arms_that_chance_would_not_make_are_pointed_out():
    counts = pd.DataFrame({"y1": [50], "n1": [520], "y0": [50], "n0": [380]})
    found = two_arms.compare_rates(counts, control=("y0", "n0"), treatment=("y1", "n1"))
    assert found.sizes_pvalue < 0.001
    assert "something else had a hand" in found.warnings[0]
    assert not two_arms.compare_rates(
        counts.assign(n1=400), control=("y0", "n0"), treatment=("y1", "n1")
    ).warnings


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"y1": [5], "n1": [4], "y0": [1], "n0": [4]}, "more than n1"),
        ({"y1": [1.5], "n1": [4], "y0": [1], "n0": [4]}, "no count"),
        ({"y1": [0], "n1": [0], "y0": [1], "n0": [4]}, "an arm has no trials"),
    ],
)
def test_counts_that_are_none_are_named(counts, said):
    with pytest.raises(DataError, match=said):
        two_arms.compare_rates(pd.DataFrame(counts), control=("y0", "n0"), treatment=("y1", "n1"))


def test_arms_that_are_not_two_are_refused():
    data = pd.DataFrame({"arm": ["a", "b", "c", "a", "b", "c"], "y": [1, 2, 3, 4, 5, 7.0]})
    with pytest.raises(DataError, match="two arms are compared; it has 3: a, b, c"):
        two_arms.compare_means(data, "y", arm="arm")
    with pytest.raises(SpecificationError, match="no arm is called 'x'"):
        two_arms.compare_means(data[data["arm"] != "c"], "y", arm="arm", control="x")
    with pytest.raises(DataError, match="fewer than 2 units"):
        two_arms.compare_means(data.iloc[[0, 1, 3]], "y", arm="arm")


def test_peeking_is_as_often_wrong_as_the_normal_distribution_says():
    found = [sequential_looks.peeking_error(looks) for looks in (2, 3, 5, 8)]
    assert found == pytest.approx(R["peeking"], abs=2e-6)
    assert sequential_looks.peeking_error(1) == pytest.approx(0.05, abs=1e-12)


def test_limits_are_those_that_are_printed_for_five_looks():
    """Reboussin, DeMets, Kim & Lan 2000, and every table of ld98: five looks, .05 on two sides."""
    fifths = [0.2, 0.4, 0.6, 0.8, 1.0]
    strict = sequential_looks.spending_limits(fifths)["limit"]
    assert strict.tolist() == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)
    even = sequential_looks.spending_limits(fifths, rule="pocock")["limit"]
    assert even.tolist() == pytest.approx([2.4380, 2.4268, 2.4102, 2.3966, 2.3859], abs=2e-4)


def test_the_limits_keep_the_error_of_all_looks():
    limits = sequential_looks.spending_limits([0.3, 0.5, 1.0], rule="pocock")["limit"].to_numpy()
    steps = np.random.default_rng(4).standard_normal((40_000, 3)) * np.sqrt([0.3, 0.2, 0.5])
    z = steps.cumsum(axis=1) / np.sqrt([0.3, 0.5, 1.0])
    assert (np.abs(z) > limits).any(axis=1).mean() == pytest.approx(0.05, abs=0.004)


@pytest.mark.parametrize("fractions", [[0.5, 0.5], [0.6, 0.4], [0.5, 1.2], [0.0, 1.0]])
def test_looks_that_do_not_rise_to_one_are_refused(fractions):
    with pytest.raises(SpecificationError, match="have to rise"):
        sequential_looks.spending_limits(fractions)


def test_an_interrupted_series_is_a_segmented_regression(panel):
    middle = panel[panel["adopted_in"] == 5].groupby("period")["satisfaction"].mean()
    months = np.arange(1, 49)
    long = (
        20 + 0.1 * months + 3 * (months >= 25) + 0.2 * np.maximum(months - 25, 0) + 2 * np.sin(months * 1.7)
    )
    for name, values, start in (("short", middle, 5), ("long", pd.Series(long, index=months), 25)):
        wanted = R["series"][name]
        found = interrupted_series.interrupted(values, start)
        table = found.coefficients
        assert table["estimate"].tolist() == pytest.approx(wanted["b"], rel=1e-8)
        assert table["se"].tolist() == pytest.approx(wanted["se"], rel=1e-8)
        assert (table["ci_upper"] - table["estimate"]).tolist() == pytest.approx(wanted["half"], rel=1e-8)
        assert found.last[["estimate", "se"]].tolist() == pytest.approx([wanted["last"], wanted["last_se"]])
    assert "Newey and West" in found.errors


def test_a_control_series_takes_out_what_both_share():
    times = pd.RangeIndex(1, 13)
    shared = pd.Series(np.sin(np.arange(12)) + 0.3 * np.arange(12), index=times)
    step = pd.Series(np.where(times >= 7, 2.0, 0.0) + 0.01 * np.cos(5 * np.arange(12)), index=times)
    found = interrupted_series.interrupted(shared + step, 7, control=shared)
    assert found.coefficients.loc["change of level", "estimate"] == pytest.approx(2, abs=0.03)
    assert not any("No control" in line for line in found.warnings)
    with pytest.raises(DataError, match="2 points before 3 and 10 from there on"):
        interrupted_series.interrupted(shared, 3)
    with pytest.raises(DataError, match="do not rise"):
        interrupted_series.interrupted(shared.set_axis([1, 2, 3, 4, 4, 6, 7, 8, 9, 10, 11, 12]), 6)


def test_forecasts_use_the_past_alone_and_are_those_of_r(panel):
    few = panel[panel["firm"] <= 40]
    found = forecasts.rolling_forecasts(few, "satisfaction", unit="firm", period="period")
    wanted = R["forecasts"]
    assert found.accuracy["mae"].tolist() == pytest.approx([wanted["naive"], wanted["mae"]], rel=1e-9)
    assert found.accuracy["coverage"].tolist() == pytest.approx(
        [wanted["naive_coverage"], wanted["coverage"]]
    )
    assert found.difference[["estimate", "se"]].tolist() == pytest.approx(
        [wanted["difference"], wanted["se"]], rel=1e-9
    )
    assert found.weights.iloc[-1].tolist() == pytest.approx(wanted["weights"], rel=1e-8)
    # a future that is changed changes no forecast of it
    changed = few.assign(satisfaction=few["satisfaction"].where(few["period"] < 8, 1.0))
    again = forecasts.rolling_forecasts(changed, "satisfaction", unit="firm", period="period")
    assert again.steps["forecast"].equals(found.steps["forecast"])


def test_who_differs_learns_from_its_like():
    rng = np.random.default_rng(3)
    rows = [
        {
            "unit": unit,
            "period": period,
            "y": rng.standard_normal() + 4 * period * (unit % 2),
            "kind": unit % 2,
        }
        for unit in range(60)
        for period in range(8)
    ]
    data = pd.DataFrame(rows)
    whole = forecasts.rolling_forecasts(data, "y", unit="unit", period="period")
    apart = forecasts.rolling_forecasts(data, "y", unit="unit", period="period", apart="kind")
    assert apart.accuracy.loc["forecast", "mae"] < whole.accuracy.loc["forecast", "mae"]
    assert set(apart.weights.index.get_level_values("learnt_from")) == {0, 1}


def test_one_long_series_is_told_by_its_periods():
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"unit": 1, "period": range(60), "y": rng.standard_normal(60)})
    found = forecasts.rolling_forecasts(data, "y", unit="unit", period="period")
    assert found.errors.startswith("by period")
    assert found.difference["ci_upper"] < 0  # the mean beats the last value where nothing persists
    walk = forecasts.rolling_forecasts(data.assign(y=data["y"].cumsum()), "y", unit="unit", period="period")
    assert walk.difference["ci_upper"] > 0
    with pytest.raises(DataError, match="too few to learn"):
        forecasts.rolling_forecasts(data.head(6), "y", unit="unit", period="period")
