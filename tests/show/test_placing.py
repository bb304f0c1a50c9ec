"""Labels beside their marks."""

import numpy as np

from workbench.show import canvas
from workbench.show.figures import placing


def test_a_label_covers_a_line_sooner_than_it_stands_at_another_point():
    x, y, names = [0.5, 0.5], [0.5, 0.44], ["a rather long name", "other"]
    gaps = []
    for own in (False, True):
        figure, axes = canvas()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.plot([0, 1], [0.5, 0.5], linestyle="--")  # through the place beside the first point
        axes.plot([0.5, 0.5], [0.5, 1])
        axes.plot([0, 0.5, 1], [0.62, 0.57, 0.62])
        axes.scatter(x, y)
        placing.place(axes, x, y, names, own=own)
        figure.draw_without_rendering()
        box = next(one for one in axes.texts if one.get_text() == names[0]).get_window_extent()
        marks = axes.transData.transform(np.column_stack([x, y]))
        away = np.maximum(np.maximum([box.x0, box.y0] - marks, marks - [box.x1, box.y1]), 0)
        gaps.append(np.hypot(*away.T))
    assert gaps[0][1] < 1.5 * gaps[0][0]  # without it the name could be the other point's
    assert gaps[1][1] > gaps[1][0]


def test_places_are_pushed_apart_and_keep_their_order():
    places = placing.spread(np.array([0.0, 0.01, 0.02, 1.0]), 0.1)
    assert (np.diff(places) >= 0.1 - 1e-9).all()
    assert places[-1] == 1.0
    np.testing.assert_array_equal(placing.spread(np.array([0.0, 1.0]), 0.1), [0.0, 1.0])
