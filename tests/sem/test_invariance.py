"""Invariance of ordered items, thresholds first, against measEq.syntax and lavaan; names of measures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.sem.ordered.ladder import Ladder

FOLDER = Path(__file__).parents[1] / "reference"
CASES = json.loads((FOLDER / "measurement" / "ordered_invariance.json").read_text(encoding="utf-8"))
FOUND = {}
X, Y, Z = ([f"{letter}{number}" for number in range(1, 5)] for letter in "xyz")


def answers(name):
    if name == "halves":
        frame = pd.read_csv(FOLDER / "measurement" / "survey.csv")
        return frame.assign(g=np.where(np.arange(len(frame)) % 2, "b", "a"))
    frame = pd.read_csv(FOLDER / "measurement" / "three_groups.csv")
    return frame[frame["g"] != "c"] if name == "two_groups" else frame


def ladder(name):
    if name not in FOUND:
        case = CASES[name]
        FOUND[name] = sem.invariance(
            case["model"],
            answers(case["data"]),
            "g",
            ordered=case["ordered"],
            estimator="WLSMV",
            parameterization=case["parameterization"],
            std_lv=True,
            group_partial=case["partial"],
        )
    return FOUND[name]


LEVELS = [(name, level) for name, case in CASES.items() for level in case["levels"]]


@pytest.mark.parametrize(("name", "level"), LEVELS, ids=[f"{name}-{level}" for name, level in LEVELS])
def test_a_level_is_that_of_measeq_syntax(name, level):
    found, theirs = ladder(name), CASES[name]["levels"][level]
    fit = found.fits[level]
    assert fit.df == theirs["df"]
    assert fit.chisq == pytest.approx(theirs["chisq"], rel=1e-5, abs=1e-5)
    estimates = {
        (lhs, op, rhs, group): value
        for lhs, op, rhs, group, value in zip(
            theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], theirs["est"], strict=True
        )
    }
    ours = fit.estimates.set_index(["lhs", "op", "rhs", "group"])["est"]
    shared = [key for key in estimates if key in ours.index]
    assert len(shared) == len(ours)
    np.testing.assert_allclose(ours[shared], [estimates[key] for key in shared], atol=3e-4)
    before = [place for place in CASES[name]["levels"] if place in found.table.index]
    if level in found.table.index:
        row = found.table.loc[level]
        assert row["df"] == theirs["df"]
        assert row["chisq"] == pytest.approx(theirs["chisq"], rel=1e-5, abs=1e-5)
        assert row["chisq_scaled"] == pytest.approx(theirs["chisq_scaled"], rel=1e-5)
        assert row["cfi_scaled"] == pytest.approx(theirs["cfi_scaled"], abs=1e-6)
        if "df_diff" in theirs and before.index(level):
            assert row["df_diff"] == theirs["df_diff"]
            assert row["chisq_diff"] == pytest.approx(theirs["chisq_diff"], rel=1e-4)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("delta")])
def test_both_parameterizations_climb_the_same_ladder(name):
    one, other = ladder(name).table, ladder(name.replace("delta", "theta")).table
    assert list(one.index) == list(other.index)
    assert one.index[-1] == "strict"
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert any("strict: fitted under theta" in text for text in ladder(name).warnings)
    assert not any("fitted under theta" in text for text in ladder(name.replace("delta", "theta")).warnings)


@pytest.mark.parametrize("name", CASES)
def test_each_level_has_more_degrees_of_freedom_and_never_fits_better(name):
    table = ladder(name).table
    assert (np.diff(table["df"]) > 0).all()
    assert (np.diff(table["chisq"]) > -1e-6).all()
    assert (table["df_diff"].iloc[1:] == np.diff(table["df"])).all()


def test_what_cannot_be_tested_is_named_with_its_reason_and_not_shown():
    three, two, five = ladder("y_three_theta"), ladder("z_two_theta"), ladder("x_two_theta")
    assert list(three.table.index) == ["configural", "metric", "scalar", "strict"]
    assert list(two.table.index) == ["configural", "scalar", "strict"]
    assert list(five.table.index) == ["configural", "thresholds", "metric", "scalar", "strict"]
    assert [text.split(":")[0] for text in three.warnings if "not testable" in text] == ["thresholds"]
    assert [text.split(":")[0] for text in two.warnings if "not testable" in text] == ["thresholds", "metric"]
    assert all("tested together with scalar" in text for text in two.warnings if "not testable" in text)
    assert not any("not testable" in text for text in five.warnings)
    for level in ("thresholds", "metric"):
        assert two.fits[level].chisq == pytest.approx(two.fits["configural"].chisq, abs=1e-5)


def test_levels_of_two_categories_alone_say_that_nothing_is_tested():
    found = sem.invariance(
        "z =~ z1 + z2 + z3 + z4",
        answers("two_groups"),
        "g",
        ordered=Z,
        estimator="WLSMV",
        levels=["configural", "thresholds"],
    )
    assert list(found.table.index) == ["configural"]
    assert any(text.startswith("thresholds: not testable") for text in found.warnings)


def test_items_of_many_and_of_two_categories_stand_in_nested_levels():
    """With residual variances of two-category items at one until the last, metric would not hold scalar."""
    items = [*X[:2], *Z[:2], *Y[:2]]
    found = sem.invariance(
        "f =~ " + " + ".join(items), answers("three_groups"), "g", ordered=items, parameterization="theta",
        estimator="WLSMV",
    )  # fmt: skip
    # thresholds: x1, x2 have 4, less two free; metric: 5 loadings in two groups, less two free scales of z
    assert list(found.table["df_diff"].iloc[1:3]) == [2 * 2 * 2, 2 * 5 - 2 * 2]
    assert (np.diff(found.table["chisq"]) > 0).all()


def test_a_factor_of_two_category_items_beside_others_keeps_its_unit():
    found = sem.invariance(
        "x =~ x1 + x2 + x3 + x4\nz =~ z1 + z2 + z3 + z4",
        answers("two_groups"),
        "g",
        ordered=[*X, *Z],
        estimator="WLSMV",
    )
    metric = found.fits["metric"].estimates.query("group == 2 and op == '~*~'").set_index("lhs")
    assert metric.loc["z1", "est"] == 1.0
    assert (metric.loc[["z2", "z3", "z4", *X], "est"] != 1.0).all()
    assert list(found.table["df_diff"].iloc[1:3]) == [8, 3]
    assert found.fits["metric"].converged


def test_continuous_items_beside_ordered_ones_have_free_intercepts_until_scalar():
    found = sem.invariance(
        "x =~ x1 + x2 + x3 + x4\nw =~ w1 + w2 + w3",
        answers("two_groups"),
        "g",
        ordered=X,
        estimator="WLSMV",
        parameterization="theta",
    )
    table = found.table
    # thresholds 4 x 4 - 4 x 2; loadings 3 + 2; intercepts 4 + 3 less two means; residual variances 4 + 3
    assert list(table["df_diff"].iloc[1:]) == [8, 5, 5, 7]
    strict = found.fits["strict"].estimates.query("op == '~~' and lhs == rhs and lhs.str.startswith('w')")
    assert strict[strict["lhs"] != "w"].groupby("lhs")["est"].nunique().eq(1).all()
    means = found.fits["scalar"].estimates.query("op == '~1' and lhs in ['x', 'w'] and group == 2")
    assert (means["est"].abs() > 0.05).all()


def test_a_second_order_factor_leaves_the_means_to_those_below_it():
    found = sem.invariance(
        "x =~ x1 + x2 + x3 + x4\ny =~ y1 + y2 + y3 + y4\nz =~ z1 + z2 + z3 + z4\nall =~ x + y + z",
        answers("three_groups"),
        "g",
        ordered=[*X, *Y, *Z],
        estimator="WLSMV",
        levels=["configural", "thresholds", "metric", "scalar"],
    )
    means = found.fits["scalar"].estimates.query("op == '~1' and group > 1").set_index("lhs")["est"]
    assert (means["all"] == 0).all()
    assert (means[["x", "y", "z"]].abs() > 0).all()
    assert not any("identified" in text for text in found.warnings)


@pytest.mark.parametrize("line", ["x1 | t1", "x1 ~ 1", "x ~ 1", "x1 ~~ 1*x1", "x1 ~*~ x1"])
def test_what_the_levels_set_cannot_be_written_down(line):
    with pytest.raises(SpecificationError, match="levels of invariance set thresholds"):
        sem.invariance(f"x =~ x1 + x2 + x3 + x4\n{line}", answers("two_groups"), "g", ordered=X)


def test_levels_are_known_and_in_order():
    data = answers("two_groups")
    model = "x =~ x1 + x2 + x3 + x4"
    with pytest.raises(SpecificationError, match="'thresholds'"):
        sem.invariance(model, data, "g", levels=["thresholds"])
    with pytest.raises(SpecificationError, match="in this order"):
        sem.invariance(model, data, "g", levels=["scalar", "metric"])
    with pytest.raises(SpecificationError, match="group_equal"):
        sem.invariance(model, data, "g", group_equal=["loadings"])
    with pytest.raises(SpecificationError, match="has no parameter x9"):
        sem.invariance(model, data, "g", ordered=X, group_partial=["x9 ~1"])
    assert list(sem.invariance(model, data, "g", levels="metric").table.index) == ["metric"]


def test_a_threshold_that_differs_is_found_at_its_level_and_freed_by_name():
    """In the second group the third cut of x2 moves; nothing else differs."""
    rng, n = np.random.default_rng(11), 3000
    parts = []
    for name, shift in (("a", 0.0), ("b", 0.5)):
        f = rng.standard_normal(n) + (0.4 if name == "b" else 0.0)
        part = {}
        for number, item in enumerate(X):
            cuts = np.array([-1.0, 0.0, 1.0]) + np.array([0, 0, shift if item == "x2" else 0])
            part[item] = np.searchsorted(cuts, (0.9 + 0.1 * number) * f + rng.standard_normal(n))
        parts.append(pd.DataFrame(part).assign(g=name))
    data = pd.concat(parts, ignore_index=True)
    settings = {
        "ordered": X,
        "estimator": "WLSMV",
        "levels": ["configural", "thresholds", "metric", "scalar"],
    }
    whole = sem.invariance("x =~ x1 + x2 + x3 + x4", data, "g", **settings).table
    assert whole.loc["thresholds", "pvalue_diff"] < 1e-3
    partial = sem.invariance("x =~ x1 + x2 + x3 + x4", data, "g", group_partial=["x2 | t3"], **settings)
    assert (partial.table["pvalue_diff"].iloc[1:] > 0.01).all()
    cuts = partial.fits["scalar"].estimates.query("lhs == 'x2' and rhs == 't3'")["est"]
    spread = np.sqrt(1.0**2 + 1.0)  # of x2 in the first group, which delta makes one
    assert cuts.iloc[1] - cuts.iloc[0] == pytest.approx(0.5 / spread, abs=0.08)
    mean = partial.fits["scalar"].estimates.query("lhs == 'x' and op == '~1' and group == 2")["est"].item()
    assert mean > 0.2


def test_a_level_is_a_text_that_can_be_fitted_by_hand():
    case = CASES["x_two_delta"]
    fit = ladder("x_two_delta").fits["thresholds"]
    again = sem.fit(
        fit.model, answers("two_groups"), group="g", ordered=case["ordered"], estimator="WLSMV", std_lv=True
    )
    assert again.chisq == pytest.approx(fit.chisq, rel=1e-9)
    assert isinstance(Ladder.of(case["model"], answers("two_groups"), "g", (), {"ordered": X}), Ladder)


def test_robust_and_scaled_measures_stand_under_their_names():
    data = answers("two_groups")
    model, items = "x =~ x1 + x2 + x3 + x4", [*X, "g"]
    holes = data[items].astype(dict.fromkeys(X, float))
    holes.loc[holes.index[::7], "x2"] = np.nan
    for settings, kinds in (
        ({"missing": "fiml"}, {"cfi": "cfi_robust", "rmsea": "rmsea_robust"}),
        ({"estimator": "MLR"}, {"chisq": "chisq_scaled", "cfi": "cfi_robust"}),
        ({"estimator": "WLSMV", "ordered": X}, {"chisq": "chisq_scaled", "cfi": "cfi_scaled"}),
        ({}, {}),
    ):
        frame = holes if "missing" in settings else data
        found = sem.invariance(model, frame, "g", levels=["configural", "metric"], **settings)
        for level in found.table.index:
            measures, row = found.fits[level].measures, found.table.loc[level]
            for name in ("chisq", "pvalue", "cfi", "rmsea", *kinds.values()):
                assert row[name] == pytest.approx(measures[name], nan_ok=True), name
        own = {name for name in found.table if name.endswith(("_robust", "_scaled"))}
        assert set(kinds.values()) <= own
        assert bool(own) == bool(settings)
        last = found.table.iloc[-1]
        for name in ("cfi", *[kind for kind in kinds.values() if kind.startswith("cfi")]):
            assert last[f"delta_{name}"] == pytest.approx(np.diff(found.table[name])[0])


def test_a_level_that_does_not_converge_is_no_measure_of_the_next():
    """Two categories, thresholds in proportion to loadings: scales shrink without end (in lavaan too)."""
    rng, parts = np.random.default_rng(3), []
    for name, mean in (("a", 0.0), ("b", 0.3)):
        f = mean + rng.standard_normal(300)
        part = {item: (f + rng.standard_normal(300) > 0.8).astype(int) for item in Z}
        parts.append(pd.DataFrame(part).assign(g=name))
    data = pd.concat(parts, ignore_index=True)
    found = sem.invariance("z =~ z1 + z2 + z3 + z4", data, "g", ordered=Z, estimator="WLSMV", std_lv=True)
    assert not found.fits["scalar"].converged
    assert np.isnan(found.table.loc["scalar", "chisq_diff"])
    assert any("held against the one before" in text for text in found.warnings)
    strict = found.table.loc["strict"]
    test = sem.compare(found.fits["configural"], found.fits["strict"])
    assert strict["df_diff"] == test.df == found.fits["strict"].df - found.fits["configural"].df
    assert strict["chisq_diff"] == pytest.approx(test.statistic)
    assert strict["delta_cfi"] == pytest.approx(strict["cfi"] - found.table.loc["configural", "cfi"])
