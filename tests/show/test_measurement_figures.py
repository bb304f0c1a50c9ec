"""Figures of measurement say what the results say."""

import numpy as np
import pandas as pd
import pytest

from workbench.measurement import efa, htmt_interval, parallel_analysis, reliability_table
from workbench.show import numbers
from workbench.show.figures import measurement as draw
from workbench.show.figures import svg

CONSTRUCTS = {"quality": ["a1", "a2", "a3"], "trust": ["b1", "b2", "b3"]}


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(1)
    factors = np.repeat(rng.normal(size=(200, 2)), 3, axis=1)
    names = [item for items in CONSTRUCTS.values() for item in items]
    return pd.DataFrame(factors + 0.7 * rng.normal(size=(200, 6)), columns=names)


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def ticks(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_scree_marks_what_is_kept(answers):
    result = parallel_analysis(answers, draws=50)
    lines = draw.scree(result).axes[0].lines
    assert len(lines[1].get_xdata()) == result.n_factors == 2
    assert len(lines[2].get_xdata()) == 4


def test_loading_map_writes_large_loadings_and_names(answers):
    solution = efa(answers, 2)
    figure = draw.loading_map(solution, {"a1": "costs $5 or $6 a month"}, least=0.3)
    assert len(words(figure)) == (solution.loadings.abs() >= 0.3).to_numpy().sum()
    named = next(label for label in ticks(figure.axes[0]) if label.endswith("a1"))
    assert named == r"costs \$5 or \$6 a month  a1"  # no mathematics out of a user's dollars


def test_htmt_matrix_shows_value_and_interval(answers):
    result = htmt_interval(answers, CONSTRUCTS, draws=100)
    row = result.table.iloc[0]
    assert words(draw.htmt_matrix(result)) == [
        f"{numbers.number(row.htmt, bounded=True)}\n{numbers.interval(row.lower, row.upper, bounded=True)}"
    ]


def test_reliability_draws_every_construct_and_the_same_each_time(answers):
    result = reliability_table(answers, CONSTRUCTS, draws=100)
    figure = draw.reliability(result, {"quality": "服务质量 quality"})
    assert ticks(figure.axes[0]) == ["服务质量 quality", "trust"]
    assert svg(draw.reliability(result)) == svg(draw.reliability(result))
