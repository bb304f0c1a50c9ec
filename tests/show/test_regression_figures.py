"""Figures of study 11: what is drawn is what the tables say."""

import numpy as np
import pandas as pd

from workbench import regression
from workbench.show.figures import regression as draw

RNG = np.random.default_rng(3)
DATA = pd.DataFrame(RNG.normal(size=(80, 3)), columns=["one", "two", "cost $ of $ it"]).assign(
    y=lambda d: d["one"] + RNG.normal(size=80), z=lambda d: -d["two"] + RNG.normal(size=80)
)
TERMS = ["one", "two", "cost $ of $ it"]


def tick_labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def marks(axes):
    return np.vstack(
        [np.ma.getdata(part.get_offsets()) for part in axes.collections if len(part.get_offsets()) > 1]
    )


def test_grouped_forest_draws_every_way_of_every_term_under_its_heading():
    tables = {
        word: regression.ols(DATA, y, TERMS).standardized for word, y in (("first", "y"), ("second", "z"))
    }
    figure = draw.grouped_forest(tables, {"Head": TERMS[:2], "Tail": TERMS[2:]}, {"one": "Label"})
    axes = figure.axes[0]
    assert tick_labels(axes) == ["Head", "Label", "two", "Tail", r"cost \$ of \$ it"]
    expected = np.concatenate([table["estimate"].to_numpy() for table in tables.values()])
    np.testing.assert_allclose(np.sort(marks(axes)[:, 0]), np.sort(expected))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["first", "second"]


def test_forest_wraps_its_panels_and_hides_the_empty_ones():
    data = DATA.assign(w=DATA["one"] * 2 + RNG.normal(size=80))
    figure = draw.forest(regression.across(data, ["y", "z", "w"], TERMS), across=2)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["y", "z", "w", ""]
    assert not figure.axes[-1].axison


def test_collinearity_keeps_the_mark_of_ten_in_sight():
    model = regression.ols(DATA.assign(copy=DATA["one"] + 0.1 * DATA["z"]), "y", ["one", "two", "copy"])
    found = regression.diagnose(model)
    axes = draw.collinearity(found).axes[0]
    assert axes.get_xlim()[1] > max(np.sqrt(10), found.inflation["gvif_scaled"].max())
    assert set(tick_labels(axes)) == {"one", "two", "copy"}
