"""Figures of dimensions say what the results say."""

import numpy as np
import pandas as pd
import pytest

from workbench.measurement import merged_factors, suggest_factors
from workbench.show.figures import dimensions as draw
from workbench.show.figures import svg

PARTS = {name: [f"{name}{number}" for number in (1, 2, 3)] for name in ("a", "b", "c")}


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(1)
    items = np.repeat(rng.normal(size=(200, 3)), 3, axis=1) + 0.7 * rng.normal(size=(200, 9))
    return pd.DataFrame(items, columns=[item for part in PARTS.values() for item in part])


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_rule_says_its_number_and_one_without_says_so(answers):
    result = suggest_factors(answers, draws=30, max_factors=4)
    table = result.table.copy()
    table.loc[7, "n_factors"] = pd.NA
    found = words(draw.factor_rules(type(result)(table, "", result.parallel, ()), 3))
    assert found[0] == "meant: 3"
    assert found.count("3") == (table["n_factors"] == 3).sum()
    assert found.count("none of those tried") == 1


def test_planted_is_drawn_apart_from_what_was_found():
    table = pd.DataFrame({"ML": [0.6, 0.7], "planted": [0.65, 0.7]}, index=["a1", "b1"])
    groups = pd.Series(["a", "b"], index=table.index)
    axes = draw.loadings_side_by_side(table, groups, {"a": "costs $5"}).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["planted", "ML"]
    assert words(axes.figure) == [r"costs \$5", "b"]


def test_pairs_stand_in_order_and_draw_the_same_each_time(answers):
    result = merged_factors(answers, PARTS)
    axes = draw.correlations_of_pairs(result, {"a": "Alpha"}).axes[0]
    first = result.table.sort_values("correlation").iloc[-1]
    shown = axes.get_yticklabels()[0].get_text().replace("Alpha", "a")
    assert shown == f"{first.construct_a} – {first.construct_b}"
    assert svg(draw.correlations_of_pairs(result)) == svg(draw.correlations_of_pairs(result))


def test_a_long_label_of_a_construct_stands_in_lines_beside_its_items():
    table = pd.DataFrame({"ML": [0.6, 0.7, 0.5]}, index=["a1", "a2", "b1"])
    groups = pd.Series(["a", "a", "b"], index=table.index)
    long = "What changing the supplier would mean for you"
    first, second = words(draw.loadings_side_by_side(table, groups, {"a": long, "b": long}))
    assert first.replace("\n", " ") == long
    assert max(map(len, first.splitlines())) <= 18
    assert second.endswith("…")
    assert len(second.splitlines()) == 2
