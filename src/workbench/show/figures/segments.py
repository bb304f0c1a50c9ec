"""Figures of study 14: are segments found again, who they are, what treating them apart brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, widen

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.evaluation.segment_stability import Stability
    from workbench.evaluation.uplift import Uplift


def agreement(found: Stability) -> Figure:
    """Draw the agreement of every pair of resampled segmentations, and of those without structure.

    Parameters
    ----------
    found : of `workbench.evaluation.segment_stability.stability`.
    """
    figure, axes = canvas(height=2.3)
    rows = (("items shuffled", found.reference, theme.GREY), ("as answered", found.pairs, theme.BLUE))
    for place, (name, values, colour) in enumerate(rows):
        axes.plot(values, np.full(len(values), place), "|", color=colour, markersize=16, markeredgewidth=2)
        hover.points(axes, values, np.full(len(values), place),
                     [f"{name}: {numbers.number(one, bounded=True)}" for one in values])  # fmt: skip
    axes.axvline(found.by_chance, color=theme.GREY, linewidth=1, linestyle="--")
    axes.set_yticks([0, 1], [row[0] for row in rows])
    axes.set_ylim(-0.6, 1.6)
    axes.set(
        xlabel="adjusted Rand index of two samples", xlim=(min(-0.05, found.reference.min() - 0.03), 1.02)
    )
    return figure


def profiles(table: pd.DataFrame, texts: dict[str, str], called: Mapping[int, str]) -> Figure:
    """Draw the mean of every item by class with its interval.

    Parameters
    ----------
    table : (what, class) -> estimate, ci_lower, ci_upper. texts : what -> words for the axis.
    called : class -> its name in the legend.
    """
    names = list(dict.fromkeys(table.index.get_level_values(0)))
    classes = list(dict.fromkeys(table.index.get_level_values(1)))
    figure, axes = canvas(height=1.2 + 0.38 * len(names))
    for order, one in enumerate(classes):
        rows = table.xs(one, level=1).loc[names]
        places = np.arange(len(names)) + 0.16 * (order - (len(classes) - 1) / 2)
        _intervals(axes, rows, places, theme.CYCLE[order % len(theme.CYCLE)], called[one],
                   [f"{texts.get(name, name)}, class {one}" for name in names])  # fmt: skip
    axes.set_yticks(range(len(names)), [texts.get(name, name) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel("mean answer")
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=min(len(classes), 5))
    return figure


def gains(table: pd.DataFrame, texts: dict[str, str], unit: str) -> Figure:
    """Draw what treating apart brings, a row for each way of dividing customers.

    Parameters
    ----------
    table : division -> estimate, ci_lower, ci_upper. texts : division -> words. unit : of the axis.
    """
    figure, axes = canvas(height=1.1 + 0.38 * len(table))
    words = [texts.get(name, name) for name in table.index]
    _intervals(axes, table, np.arange(len(table)), theme.BLUE, None, words, digits=0)
    axes.axvline(0, color=theme.GREY, linewidth=1)
    axes.set_yticks(range(len(table)), words)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.grid(axis="x")
    return figure


def _intervals(
    axes: Axes, rows: pd.DataFrame, places: np.ndarray, colour: str, label: str | None, words: list[str],
    digits: int = 2,
) -> None:  # fmt: skip
    estimate = rows["estimate"].to_numpy(float)
    low, high = rows["ci_lower"].to_numpy(float), rows["ci_upper"].to_numpy(float)
    axes.hlines(places, low, high, color=colour, linewidth=1.6)
    axes.plot(estimate, places, "o", color=colour, markersize=5, label=label)
    said = [
        f"{word}: {numbers.estimate(value, (a, b), digits)}"
        for word, value, a, b in zip(words, estimate, low, high, strict=True)
    ]
    hover.points(axes, estimate, places, said)


def uplift(curves: Mapping[str, Uplift], unit: str) -> Figure:
    """Draw what treating a share of customers brings, those first of whom most is expected, a panel each.

    Parameters
    ----------
    curves : treatment -> of `workbench.evaluation.uplift.uplift_curve`. unit : of the axis.
    """
    figure, panels = canvas(1, len(curves), height=3.6, sharey=True, squeeze=False)
    widen(figure)
    for axes, (name, one), colour in zip(panels[0], curves.items(), theme.CYCLE, strict=False):
        share, value = 100 * one.curve.index.to_numpy(float), one.curve["estimate"].to_numpy()
        low, high = one.curve["ci_lower"].to_numpy(), one.curve["ci_upper"].to_numpy()
        axes.fill_between(share, low, high, **theme.area(colour, 0.18))
        axes.plot(share, value, color=colour, label="by expected gain")
        axes.plot([0, 100], [0, one.effect], color=theme.GREY, linestyle="--", linewidth=1.2, label="by lot")
        axes.axhline(0, color=theme.GREY, linewidth=0.8)
        places = np.arange(0, len(share), 5)
        hover.points(axes, share[places], value[places], [
            f"{numbers.number(share[at], 0)} %: {numbers.estimate(value[at], (low[at], high[at]), 0)}"
            for at in places
        ])  # fmt: skip
        axes.set(xlabel="share treated, per cent", xlim=(0, 100))
        axes.set_title(name.replace("_", " "))
        axes.grid(axis="y")
        axes.legend(loc="upper left")
    panels[0][0].set_ylabel(unit)
    return figure
