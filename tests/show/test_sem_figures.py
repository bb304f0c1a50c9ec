"""Pictures of effects: hollow where an interval holds zero, labels as text, planted values marked."""

import numpy as np
import pandas as pd
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba

from workbench.show import theme
from workbench.show.figures import sem as pictures

TABLE = pd.DataFrame(
    {"est": [0.3, 0.05], "low": [0.2, -0.05], "high": [0.4, 0.15]}, index=["total $x$", "direct"]
)
COLUMNS = {"ordered": ("est", "low", "high")}


def test_an_interval_with_zero_is_hollow():
    axes = pictures.effects(TABLE, COLUMNS).axes[0]
    faces = axes.collections[-1].get_facecolor()
    assert tuple(faces[0]) == to_rgba(theme.BLUE)
    assert tuple(faces[1]) == to_rgba("white")


def test_dollar_signs_stay_text_and_the_planted_value_is_marked():
    axes = pictures.effects(TABLE, COLUMNS, truth={"total $x$": 0.31}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [r"total \$x\$", "direct"]
    assert any(np.array_equal(line.get_xdata(), [0.31]) for line in axes.lines)


def test_the_headline_route_stands_out():
    index = pd.MultiIndex.from_product([["screened", "everybody"], ["ordered", "ML"]])
    table = pd.DataFrame({"est": [0.3] * 4, "low": [0.2] * 4, "high": [0.4] * 4}, index=index)
    panel = pictures.routes(table, {"total": ("est", "low", "high")}, headline=("screened", "ordered")).axes[
        0
    ]
    points = [part for part in panel.collections if isinstance(part, PathCollection)]
    blue = [part for part in points if tuple(part.get_edgecolor()[0]) == to_rgba(theme.BLUE)]
    assert [len(part.get_offsets()) for part in blue] == [1]
    assert len(panel.get_yticks()) == 4
