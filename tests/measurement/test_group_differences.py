"""What is planted between groups is found, and nothing else; groups that cannot be compared are named."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, NotApplicable
from workbench.measurement import equal_paths, partial_invariance, usable_groups
from workbench.sem.score_tests import release_tests

CONSTRUCTS = {"f": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}
ITEMS = [item for items in CONSTRUCTS.values() for item in items]


def answers(slope=(0.4, 0.4), loading=(0.8, 0.8), intercept=(0.0, 0.0), n=500, seed=3):
    rng, parts = np.random.default_rng(seed), []
    for name, b, lam, nu in zip("ab", slope, loading, intercept, strict=True):
        f = rng.standard_normal(n)
        y = b * f + rng.standard_normal(n) * np.sqrt(1 - b * b)
        lambdas = np.array([0.8, 0.8, lam, 0.8])
        part = pd.DataFrame(
            np.column_stack([np.outer(f, lambdas), np.outer(y, np.full(4, 0.8))])
            + 0.6 * rng.standard_normal((n, 8)),
            columns=ITEMS,
        )
        part["y2"] += nu
        parts.append(part.assign(g=name))
    return pd.concat(parts, ignore_index=True)


def test_equal_groups_keep_every_parameter():
    found = partial_invariance(answers(), CONSTRUCTS, "g", estimator="MLR")
    assert found.freed == ()
    assert found.reached == {"metric": "full", "scalar": "full"}
    assert list(found.table.index) == ["configural", "metric", "scalar", "strict"]


def test_a_lower_loading_and_a_shifted_answer_are_found_by_name():
    found = partial_invariance(
        answers(loading=(0.8, 0.4), intercept=(0, 0.5)), CONSTRUCTS, "g", estimator="MLR"
    )
    assert found.freed == ("f =~ x3", "x3 ~1", "y2 ~1")
    assert found.reached == {"metric": "partial", "scalar": "partial"}
    assert (
        found.table.loc["metric", "pvalue_diff"] < 0.001 < found.table.loc["metric, partial", "pvalue_diff"]
    )


def test_the_score_test_comes_near_the_difference_test_of_the_same_release():
    data = answers(loading=(0.8, 0.7), n=2000)
    options = {"group": "g", "std_lv": True, "group_equal": ("loadings",)}
    model = "f =~ x1 + x2 + x3 + x4\ny =~ y1 + y2 + y3 + y4"
    equal = sem.fit(model, data, **options)
    tests = release_tests(equal, "=~").set_index("parameter")
    for name in ("f =~ x3", "y =~ y1"):
        freed = sem.fit(model, data, group_partial=(name,), **options)
        difference = sem.compare(freed, equal)
        assert tests.loc[name, "df"] == difference.df
        assert tests.loc[name, "statistic"] == pytest.approx(difference.statistic, rel=0.05, abs=0.02)
        loads = freed.estimates.query("op == '=~' and rhs == @name.split()[-1]")["est"]
        assert tests.loc[name, "spread"] == pytest.approx(np.ptp(loads), abs=0.01)


def test_the_robust_score_test_is_the_plain_one_for_normal_answers():
    data = answers(n=2000)
    options = {"group": "g", "std_lv": True, "group_equal": ("loadings",)}
    model = "f =~ x1 + x2 + x3 + x4\ny =~ y1 + y2 + y3 + y4"
    plain, robust = (
        release_tests(sem.fit(model, data, estimator=name, **options), "=~").set_index("parameter")[
            "statistic"
        ]
        for name in ("ML", "MLR")
    )
    assert robust.sort_index().to_numpy() == pytest.approx(plain.sort_index().to_numpy(), rel=0.15, abs=0.1)


def test_a_path_that_differs_is_found_and_the_scale_of_an_item_does_not_matter():
    data = answers(slope=(0.2, 0.6))
    found = equal_paths(data, CONSTRUCTS, "y ~ f", "g", estimator="MLR").differences()
    assert found.joint["pvalue"] < 0.001
    assert found.joint["ci_lower"] > 0
    row = found.contrasts.set_index("group").loc["b"]
    assert row["ci_lower"] < 0.4 < row["ci_upper"]
    assert row["ci_lower"] > 0
    larger = data.assign(x1=data["x1"] * 50)
    stretched = equal_paths(larger, CONSTRUCTS, "y ~ f", "g", estimator="MLR").differences()
    np.testing.assert_allclose(stretched.contrasts["est"], found.contrasts["est"], atol=1e-5)


def test_equal_paths_have_no_joint_difference():
    found = equal_paths(answers(), CONSTRUCTS, "y ~ f", "g", estimator="MLR")
    assert found.joint["pvalue"] > 0.05
    assert found.joint["ci_lower"] == 0


def test_small_groups_are_left_out_by_name_and_one_group_is_refused():
    data = answers(n=150)
    data.loc[:19, "g"] = "rare"
    data.loc[20:24, "g"] = None
    found = usable_groups(data, "g", ITEMS)
    assert list(found.counts.index) == ["a", "b"]
    assert len(found.data) == 275
    assert "'rare' was left out, 20" in found.warnings[0]
    assert "5 respondents without" in found.warnings[1]
    with pytest.raises(NotApplicable, match="fewer than two groups have 151"):
        usable_groups(data, "g", ITEMS, least=151)


def in_boxes(data, cuts=(-1.2, -0.4, 0.4, 1.2)):
    """The answers in five boxes."""
    return data.assign(**{item: np.digitize(data[item], cuts) + 1.0 for item in ITEMS})


def test_who_answered_anything_counts_and_who_answered_all_is_said():
    data = answers(n=150)
    data.loc[:9, "x1"] = np.nan
    data.loc[10:12, ITEMS] = np.nan
    found = usable_groups(data, "g", ITEMS)
    assert found.counts.to_dict() == {"a": 147, "b": 150}
    assert found.complete.to_dict() == {"a": 137, "b": 150}
    assert not found.ordinal


def test_a_box_that_a_group_leaves_empty_is_joined_with_its_neighbour_in_all():
    data = in_boxes(answers(n=150))
    data.loc[(data["g"] == "b") & (data["x2"] == 5), "x2"] = 4
    before = data["x2"].copy()
    found = usable_groups(data, "g", ITEMS)
    assert found.ordinal
    assert "x2 (5 with 4)" in found.warnings[0]
    assert found.data["x2"].max() == 4
    assert (found.data["x2"] == before.clip(upper=4)).all()
    assert (data["x2"] == before).all(), "the user's answers are changed"
    data.loc[data["g"] == "b", "x2"] = 1
    with pytest.raises(DataError, match=r"'x2'.*everybody in g = 'b'"):
        usable_groups(data, "g", ITEMS)


def test_ordered_answers_begin_with_thresholds_and_name_the_loading_that_differs():
    data = in_boxes(answers(loading=(0.8, 0.35), n=800))
    options = {"estimator": "WLSMV", "ordered": ITEMS, "missing": "pairwise"}
    found = partial_invariance(data, CONSTRUCTS, "g", **options)
    assert found.freed == ("f =~ x3", "x3 ~1")
    assert found.reached == {"thresholds": "full", "metric": "partial"}
    assert list(found.table.index) == ["configural", "thresholds", "metric", "metric, partial", "scalar"]
    assert {"chisq_scaled", "cfi_scaled", "delta_rmsea_scaled"} <= set(found.table.columns)
    assert not {"chisq", "cfi", "rmsea"} & set(found.table.columns), "a scaled value under a plain name"
    short = partial_invariance(data, CONSTRUCTS, "g", upto="metric", **options)
    assert (short.freed, short.reached) == (found.freed, found.reached)


def test_where_intercepts_of_ordered_answers_differ_the_item_is_suspected_and_not_freed():
    data = in_boxes(answers(intercept=(0, 0.5), n=800))
    found = partial_invariance(data, CONSTRUCTS, "g", estimator="WLSMV", ordered=ITEMS)
    assert not [name for name in found.freed if "y2" in name]
    assert found.table.loc["scalar", "pvalue_diff"] < 0.001
    assert found.suspects["item"].iloc[0] == "y2"


def test_two_boxes_cannot_show_that_thresholds_or_loadings_are_alike():
    data = in_boxes(answers(n=600), cuts=(0.0,))
    found = partial_invariance(data, CONSTRUCTS, "g", estimator="WLSMV", ordered=ITEMS)
    assert found.reached["thresholds"] == found.reached["metric"] == "not tested"
    assert list(found.table.index) == ["configural", "scalar"]


def test_a_path_that_differs_is_found_in_ordered_answers_with_gaps():
    data = in_boxes(answers(slope=(0.2, 0.6)))
    holes = np.random.default_rng(4).random((len(data), len(ITEMS))) < 0.05
    data[ITEMS] = data[ITEMS].mask(holes)
    options = {"estimator": "WLSMV", "ordered": ITEMS, "missing": "pairwise"}
    found = equal_paths(data, CONSTRUCTS, "y ~ f", "g", **options)
    assert found.n == len(data)
    assert found.joint["pvalue"] < 0.001
    contrasts = found.differences().contrasts.set_index("group")
    assert contrasts.loc["b", "ci_lower"] < 0.4 < contrasts.loc["b", "ci_upper"]
