"""Figures of regressions and indices say what the results hold."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from scipy import stats

from workbench import indicators as ind
from workbench import regression as reg
from workbench.errors import SpecificationError
from workbench.show import numbers
from workbench.show.figures import adoption, svg
from workbench.show.figures import indicators as draw
from workbench.show.figures import regression as plot

RNG = np.random.default_rng(7)
N = 80
DATA = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"])
DATA["y"] = DATA["a"] + 0.5 * DATA["a"] * DATA["b"] + RNG.normal(size=N)
DATA["z"] = RNG.normal(size=N)
VALUES = pd.DataFrame(RNG.uniform(1, 5, size=(9, 3)), columns=["sat", "ret", "conv"], index=list("ABCDEFGHI"))
UP = dict.fromkeys(VALUES.columns, "higher")


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]


def test_forest_fills_what_holds_after_adjustment():
    models = reg.across(DATA, ["y", "z"], ["a", "b", "c"])
    figure = plot.forest(models, {"a": "Automation"})
    assert len(figure.axes) == 2
    assert "Automation" in texts(figure)
    for axes, outcome in zip(figure.axes, ("y", "z"), strict=True):
        faces = axes.collections[-1].get_facecolors()[:, :3].min(axis=1) < 0.99
        expected = models.coefficients.loc[outcome].iloc[::-1]["pvalue_adjusted"] < 0.05
        np.testing.assert_array_equal(faces, expected)


def test_regression_figures_are_drawn_and_repeat():
    model = reg.ols(DATA, "y", ["a", "b", ("a", "b")])
    found = reg.interaction(model, "a", "b")
    assert svg(plot.simple_slopes(found)) == svg(plot.simple_slopes(found))
    for make in (
        lambda: plot.diagnostics(model, reg.diagnose(model)),
        lambda: plot.added_variables(model, ["a", "b"]),
        lambda: plot.importance(reg.relative_importance(DATA, "y", ["a", "b", "c"], draws=50)),
    ):
        assert svg(make()).count("<path") > 10
    written = texts(plot.simple_slopes(found))
    assert found.bounds
    assert all(numbers.number(bound) in written for bound in found.bounds)
    assert not [text for text in written if "-" in text]


def test_rows_of_the_residual_panels_say_how_far_such_residuals_go():
    model = reg.ols(DATA, "y", ["a", "b"])
    rows = reg.diagnose(model).influence
    first = rows["cook"].idxmax()
    sigma, df = model.measures["sigma"], model.measures["df_residual"]
    reach = stats.t.ppf(0.975, df) * sigma * np.sqrt(1 - rows.loc[first, "leverage"])
    own = f"row {first}: fitted {numbers.number(rows.loc[first, 'fitted'])}, residual "
    said = f"{numbers.number(rows.loc[first, 'residual'])} (95 % of such: {numbers.interval(-reach, reach)})"
    assert svg(plot.diagnostics(model, reg.diagnose(model))).count(own + said) == 3


def test_a_row_that_decides_a_coefficient_alone_is_in_no_panel_of_residuals():
    data = DATA[["a", "y"]].assign(only=np.arange(len(DATA)) == 3).astype(float)
    model = reg.ols(data, "y", ["a", "only"], covariance="classical")
    figure = plot.diagnostics(model, reg.diagnose(model))
    drawn = [axes.collections[0].get_offsets() for axes in figure.axes]
    assert [len(points) for points in drawn] == [len(DATA) - 1] * 4
    assert np.isfinite(np.concatenate(drawn)).all()


def test_adoption_figures_show_every_cell_and_the_naive_number():
    rows = [
        (
            firm,
            period,
            int(period >= (3, 5, 99)[firm % 3]),
            RNG.normal() + max(0, period - (3, 5, 99)[firm % 3]),
        )
        for firm in range(24)
        for period in range(1, 8)
    ]
    data = pd.DataFrame(rows, columns=["firm", "period", "treated", "outcome"])
    place = {"unit": "firm", "period": "period", "treated": "treated"}
    parts = reg.goodman_bacon(data, "outcome", **place)
    effects = reg.group_time_effects(data, "outcome", draws=50, **place)
    study = adoption.event_study(effects, two_way=parts.estimate)
    assert f"two-way fixed effects {parts.estimate:.2f}" in texts(study)
    assert len(study.axes[0].get_xticks()) == len(effects.event_study)
    bacon = adoption.bacon(parts)
    clouds = [part for part in bacon.axes[0].collections if isinstance(part, PathCollection)]
    assert sum(len(cloud.get_offsets()) for cloud in clouds) == len(parts.comparisons)


def test_index_figures_name_their_units():
    scaled = ind.normalise(VALUES, UP)
    schemes = {"equal": ind.equal_weights(list(VALUES)), "CRITIC": ind.critic_weights(VALUES, UP)}
    flow = texts(draw.rank_flow(ind.compare_schemes(VALUES, UP, schemes)))
    assert set(VALUES.index) <= set(flow)
    stability = ind.weight_stability(scaled, draws=2000)
    triangle = texts(draw.simplex(stability, schemes={"equal": schemes["equal"].weights}))
    best = stability.units["first"].idxmax()
    assert f"{best}\n{numbers.percent(stability.units['first'].max())}" in triangle
    assert "equal" in triangle
    index = ind.composite(scaled, schemes["equal"])
    bars = texts(draw.contributions(index.contributions, ["A", "B"]))
    assert f"A: {index.scores.loc['A', 'score']:.2f}" in bars
    assert {"A", "C"} <= set(texts(draw.profile(scaled, ["A", "C"])))
    assert len(draw.rank_intervals(stability.units, most=5).axes[0].get_yticklabels()) == 5
    assert svg(draw.what_if(ind.market_share_growth(10, 0.2, gain_se=3, conversion_se=0.05)))


def test_data_quality_says_validity_where_it_is_validity():
    found = ind.customer_data_quality(DATA, ind.QualityRules(fields={"a": {"min": 0}}))
    shown = texts(draw.data_quality(found))
    assert "validity (weight .40)" in shown
    assert "not judged" in shown
    assert f"CDQ {numbers.percent(found.cdq)}" in shown


def test_damage_names_each_line_at_its_end():
    rules = ind.QualityRules(fields={"a": {"min": 0}})
    figure = draw.damage(ind.damage_ladder(DATA, rules, shares=(0.2, 0.5)))
    assert {"wrong", "empty", "contradictory", "stale"} <= set(texts(figure))
    assert len(figure.axes[0].lines) == 4


def test_far_falls_stay_on_the_page_and_are_written():
    values = pd.DataFrame({"a": np.arange(200.0), "b": np.arange(200.0)[::-1] % 150}, index=range(200))
    schemes = {
        "a": ind.given_weights({"a": 1, "b": 0}),
        "b": ind.given_weights({"a": 0, "b": 1}),
        "again": ind.given_weights({"a": 1, "b": 0}),
    }
    found = ind.compare_schemes(values, {"a": "higher", "b": "higher"}, schemes)
    figure = draw.rank_flow(found, most=4)
    assert str(found.ranks.sort_values("a").head(4)["b"].max()) in texts(figure)
    assert figure.axes[0].get_ylim()[0] < 50


def test_a_triangle_needs_three_weights():
    scaled = ind.normalise(VALUES[["sat", "ret"]], UP)
    with pytest.raises(SpecificationError, match="three weights"):
        draw.simplex(ind.weight_stability(scaled, draws=100))
