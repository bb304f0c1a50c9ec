"""Figures of study 10 say what the results hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from workbench.show.figures import satisfaction as draw
from workbench.show.figures import svg
from workbench.studies.satisfaction_index import scores
from workbench.studies.satisfaction_index.importance_performance import PriorityMap, key

LABELS = {"a": "Speed", "b": "Price", "c": "Care"}


def texts(figure):
    found = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in found]


def places(**columns):
    return pd.DataFrame(columns, index=list("abc"))


@pytest.fixture
def priorities():
    table = places(
        performance=[60.0, 70.0, 80.0], importance=[4.0, 3.0, 2.0], quadrant="", stays=[0.99, 0.5, 0.96],
        sd_x=1.0, sd_y=0.1, r=0.0,
    )  # fmt: skip
    return PriorityMap(table, (70.0, 3.0), "stated", 100, 50)


def test_the_map_fills_what_is_firm_and_names_every_attribute(priorities):
    figure = draw.priority_map(priorities, LABELS)
    (axes,) = figure.axes
    points = [part for part in axes.collections if type(part).__name__ == "PathCollection"]
    filled = [bool((part.get_facecolors()[0][:3] < 0.99).any()) for part in points]
    assert filled == [True, False, True]
    assert {"Speed (99 %)", "Price (50 %)", "Care (96 %)"} <= set(texts(figure))
    assert {"concentrate here", "keep up the good work", "low priority", "possible overkill"} <= set(
        texts(figure)
    )
    ellipse = axes.patches[0]
    assert ellipse.width == pytest.approx(2 * np.sqrt(chi2.ppf(0.95, 2)))
    assert axes.get_xlim()[0] < 60 < 80 < axes.get_xlim()[1]


def test_a_share_near_the_limit_is_written_so_that_its_mark_and_its_number_agree(priorities):
    near = PriorityMap(
        priorities.table.assign(stays=[0.946, 0.95, 0.9]), priorities.centre, "stated", 100, 1000
    )
    assert {"Speed (94.6 %)", "Price (95 %)", "Care (90 %)"} <= set(texts(draw.priority_map(near, LABELS)))
    assert "of 1,000 draws in which the quadrant holds; filled: 95\N{NO-BREAK SPACE}% or more" in key(near)


def test_a_derived_map_does_not_go_below_nothing(priorities):
    derived = PriorityMap(priorities.table.assign(sd_y=5.0), priorities.centre, "derived", 100, 50)
    assert draw.priority_map(derived, LABELS).axes[0].get_ylim()[0] == 0


def test_the_gap_chart_writes_each_gap_and_puts_the_widest_on_top():
    table = places(experience=[3.0, 3.5, 4.0], expected=[4.0, 4.0, 4.1], gap=[-1.0, -0.5, -0.1])
    for name in ("experience", "expected", "gap"):
        table[f"{name}_lower"], table[f"{name}_upper"] = table[name] - 0.05, table[name] + 0.05
    figure = draw.gap_chart(SimpleNamespace(table=table), LABELS)
    assert "−1.00 [−1.05, −0.95]" in texts(figure)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["Care", "Price", "Speed"]
    assert svg(draw.gap_chart(SimpleNamespace(table=table), LABELS)).count("<path") > 10


def test_bars_of_penalties_are_pale_where_zero_is_not_excluded():
    table = places(penalty=[-0.3, -0.1, -0.4], reward=[0.1, 0.3, 0.4])
    for name in ("penalty", "reward"):
        table[f"{name}_lower"], table[f"{name}_upper"] = table[name] - 0.2, table[name] + 0.2
    table["class"] = ["basic", "excitement", "performance"]
    figure = draw.penalty_reward(SimpleNamespace(table=table), LABELS)
    ticks = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert set(ticks) == {"Speed: basic", "Price: excitement", "Care: performance"}
    pale = {round(bar.get_width(), 1): bar.get_facecolor()[3] < 0.5 for bar in figure.axes[0].patches}
    assert pale == {-0.3: False, -0.1: True, -0.4: False, 0.1: True, 0.3: False, 0.4: False}


def test_states_are_shares_of_one_whole():
    shares = pd.DataFrame({"low": [0.6, 0.1], "middle": [0.3, 0.5], "high": [0.1, 0.4]}, index=["x", "y"])
    figure = draw.three_states(shares)
    ends = [bar.get_x() + bar.get_width() for bar in figure.axes[0].patches[-2:]]
    assert ends == pytest.approx([1, 1])
    assert "60 %" in texts(figure)


def test_the_coding_that_is_used_is_circled():
    curve = pd.DataFrame({"mean": [0.8, 0.9, 1.0], "turned": [0.1, 0.0, 0.2]}, index=[0, 1, 10])
    figure = draw.origins(curve, 1)
    for axes in figure.axes:
        assert axes.collections[-1].get_offsets()[0][0] == 1
    assert figure.axes[1].collections[-1].get_offsets()[0][1] == 0


def test_the_sample_that_a_margin_takes_is_marked():
    answers = pd.Series([10.0] * 40 + [8.0] * 40 + [2.0] * 20)
    score = scores.net_promoter(answers, draws=50)
    figure = draw.margin_by_sample(score, 5)
    assert f"n = {score.needed(5):,} for ± 5" in texts(figure)
    assert figure.axes[0].collections[0].get_offsets()[0].tolist() == [score.needed(5), 5]
