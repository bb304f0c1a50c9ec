"""A line that bends, shapes compared by answers they did not see, and ceilings; against R and by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.regression import compare_curves, necessary_condition, segmented

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "curves.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def data():
    return pd.DataFrame({"x": REFERENCE["x"], "y": REFERENCE["y"]})


def test_the_bend_lies_where_r_finds_the_least_squares(data):
    found = segmented(data, "y", "x", draws=50)
    a, b, d = REFERENCE["coefficients"]
    estimate = found.table["estimate"]
    assert estimate["break_point"] == pytest.approx(REFERENCE["place"])
    assert [found.intercept, estimate["slope_below"], estimate["change"]] == pytest.approx(
        [a, b, d], rel=1e-9
    )
    assert found.profile["squares"].min() == pytest.approx(REFERENCE["squares"], rel=1e-9)
    assert found.r2 == pytest.approx(REFERENCE["r2"], rel=1e-9)
    assert found.predict(np.array([5.0])) == pytest.approx([a + 5 * b + d * (5 - REFERENCE["place"])])
    assert not found.warnings


def test_a_draw_is_the_fit_of_the_drawn_rows(data):
    found = segmented(data, "y", "x", draws=1, seed=3)
    counts = np.random.default_rng(3).multinomial(len(data), np.full(len(data), 1 / len(data)), size=1)[0]
    drawn = data.loc[data.index.repeat(counts)]
    places = found.profile["place"]
    squares = [
        np.linalg.lstsq(
            np.column_stack([np.ones(len(drawn)), drawn["x"], np.maximum(0, drawn["x"] - k)]),
            drawn["y"],
            rcond=None,
        )[1][0]
        for k in places
    ]
    assert found.table.at["break_point", "ci_lower"] == pytest.approx(places[int(np.argmin(squares))])


def test_the_place_of_a_bend_that_is_not_there_is_said_to_be_unknown():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 10, 300)
    found = segmented(pd.DataFrame({"x": x, "y": x + rng.normal(size=300)}), "y", "x", draws=200)
    assert found.warnings
    assert "not known" in found.warnings[0]


def test_left_out_answers_are_foretold_by_the_shape_that_is_there(data):
    table = compare_curves(data, "y", "x", repeats=3).table
    assert table["held_out"].idxmin() == "bent once"
    assert table.at["bent once", "ci_lower"] > 0
    assert table.at["straight line", "gain"] == 0
    straight = data.assign(y=data["x"] + np.random.default_rng(2).normal(size=len(data)))
    table = compare_curves(straight, "y", "x", repeats=3).table
    assert (table.loc[["quadratic", "bent once", "monotone spline"], "ci_lower"] < 0).all()


def test_the_spline_only_rises_or_only_falls(data):
    for sign in (1, -1):
        curve = compare_curves(data.assign(y=sign * data["y"]), "y", "x", repeats=1).curves["monotone spline"]
        assert (sign * np.diff(curve) >= -1e-9).all()


def test_ceilings_and_empty_corners_as_computed_in_r(data):
    found = necessary_condition(data, "y", "x", draws=20)
    assert found.table["effect"].to_numpy() == pytest.approx([REFERENCE["step"], REFERENCE["area"]], rel=1e-6)
    assert found.line == pytest.approx(REFERENCE["line"], rel=1e-9)
    assert found.table.at["CE-FDH", "accuracy"] == 1


def test_an_empty_corner_by_hand():
    """Corners (0, 0), (1, 1), (4, 2): the step leaves 5 of 8; the line .2308 + .4615 x leaves 3.391."""
    four = pd.DataFrame({"x": [0, 1, 2, 4], "y": [0, 1, 1, 2]})
    found = necessary_condition(four, "y", "x", draws=10)
    assert found.table["effect"].to_numpy() == pytest.approx([5 / 8, 3.833333 * 1.769231 / 2 / 8], abs=1e-6)
    assert found.bottlenecks.loc[100].to_numpy() == pytest.approx([100, 100 * 3.8333 / 4], abs=0.1)
    assert found.bottlenecks.loc[50].to_numpy() == pytest.approx([25, 100 * 1.6667 / 4], abs=0.1)


def test_the_permutation_test_keeps_its_size_and_finds_a_necessary_condition():
    rng = np.random.default_rng(5)
    ps = [
        necessary_condition(
            pd.DataFrame(rng.integers(1, 6, (120, 2)) + rng.random((120, 2)), columns=["x", "y"]), "y", "x",
            draws=99, seed=seed,
        ).table.at["CE-FDH", "pvalue"]
        for seed in range(60)
    ]  # fmt: skip
    assert sum(p <= 0.05 for p in ps) <= 8
    x = rng.random(120)
    needed = pd.DataFrame({"x": x, "y": x * rng.random(120)})
    assert necessary_condition(needed, "y", "x", draws=99).table.at["CE-FDH", "pvalue"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: segmented(d.head(10), "y", "x"), "20 complete cases"),
        (lambda d: segmented(d.assign(x=1.0), "y", "x"), "five values"),
        (lambda d: compare_curves(d.assign(x=d["x"] > 3), "y", "x"), "five values|numbers"),
        (lambda d: necessary_condition(d.assign(y=2.0), "y", "x"), "differ in both"),
    ],
)
def test_what_holds_no_curve_is_said(data, make, message):
    with pytest.raises(DataError, match=message):
        make(data)
