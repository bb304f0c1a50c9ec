"""Pictures of pairs: slopes from before to after, and one gain against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.evaluation.before_after import Comparison
    from workbench.evaluation.gain_relation import GainRelation


def slope_chart(
    comparisons: Mapping[str, Comparison], *, times: Sequence[str] = ("before", "after"), unit: str = ""
) -> Figure:
    """Draw one panel a measure: a grey line a unit, labelled at its end, and the mean change in colour.

    Parameters
    ----------
    comparisons : panel title -> comparison.
    times : names of the two measurements.
    unit : unit of the values, for the axis.
    """
    figure, panels = canvas(
        1, len(comparisons), width=4.3 * len(comparisons), height=5.4, sharey=True, squeeze=False
    )
    for axes, (title, comparison) in zip(panels[0], comparisons.items(), strict=True):
        _slopes(axes, comparison, times)
        axes.set_title(title)
    panels[0][0].set_ylabel(unit)
    return figure


def _slopes(axes: Axes, comparison: Comparison, times: Sequence[str]) -> None:
    pairs = comparison.pairs
    for before, after in pairs[["before", "after"]].to_numpy():
        axes.plot([0, 1], [before, after], color=theme.GREY, linewidth=1, marker="o", markersize=3.5)
    for label, (before, after) in zip(pairs.index, pairs[["before", "after"]].to_numpy(), strict=True):
        hover.points(axes, [0, 1], [before, after], [f"{label}: {before:g} before, {after:g} after"] * 2)
    means = pairs[["before", "after"]].mean()
    axes.plot([0, 1], means, color=theme.BLUE, linewidth=3, marker="o", markersize=6, zorder=3)
    gain = comparison.effects.loc["mean gain"]
    low, high = pairs[["before", "after"]].to_numpy().min(), pairs[["before", "after"]].to_numpy().max()
    rises = gain["estimate"] >= 0  # the corner below lines that rise, above lines that fall, is free
    axes.text(
        1.0,
        low if rises else high,
        f"mean {'+' * bool(rises)}{numbers.number(gain['estimate'], 1)}\n"
        f"{numbers.interval(gain['ci_lower'], gain['ci_upper'], 1)}",
        ha="right",
        va="bottom" if rises else "top",
        color=theme.BLUE,
    )
    _end_labels(axes, pairs["after"], gap=(high - low) * 0.042)
    axes.set_xlim(-0.12, 1.9)
    axes.set_xticks([0, 1], times)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")


def _end_labels(axes: Axes, values: pd.Series, gap: float) -> None:
    """Write names beside the lines' ends, pushed apart where they would overlap."""
    ordered = values.sort_values(kind="stable")
    places = placing.spread(ordered.to_numpy(dtype=float), gap)
    for (label, value), place in zip(ordered.items(), places, strict=True):
        axes.plot([1.03, 1.1], [value, place], color=theme.PALE, linewidth=0.8)
        axes.text(1.12, place, f"{value:g} {label}", va="center", fontsize=8.5, color=theme.BLACK)


def gain_scatter(relation: GainRelation, *, x: str, y: str, name: Sequence[Any] = ()) -> Figure:
    """Draw one gain against another: fitted line with its band, the line without each unit, and one-for-one.

    Parameters
    ----------
    relation : what ``relate_gains`` returned.
    x, y : axis labels, with their unit.
    name : labels of the units to be named by themselves in colour (those that move the line most, say).
    """
    figure, axes = canvas(width=7.2, height=5.0)
    points, line = relation.points, relation.line
    low = float(points.to_numpy().min()) - 1.5
    high = float(points.to_numpy().max()) + 1.5
    axes.plot([low, high], [low, high], color=theme.GREY, linestyle=(0, (5, 3)), linewidth=1.2)
    width = high - low
    axes.text(low + 0.06 * width, low + 0.02 * width, "one for one", color=theme.GREY, fontsize=9)
    axes.fill_between(line["x"], line["ci_lower"], line["ci_upper"], **theme.area(theme.BLUE, 0.13))
    ends = line["x"].iloc[[0, -1]].to_numpy()
    for row in relation.leave_one_out.itertuples():
        strong = row.Index in name
        axes.plot(
            ends,
            row.intercept + row.estimate * ends,
            color=theme.VERMILION if strong else theme.GREY,
            linewidth=1.3 if strong else 0.6,
        )
        if strong:
            end = row.intercept + row.estimate * ends[1]
            axes.annotate(
                f"without {row.Index}",
                (ends[1], end),
                xytext=(4, 5 if end > line["fit"].iloc[-1] else -5),  # off the line of all, where names stand
                textcoords="offset points",
                color=theme.VERMILION,
                fontsize=8.5,
                va="center",
                bbox=theme.backing(),  # no line runs through it
                zorder=6,
            )
    axes.plot(line["x"], line["fit"], color=theme.BLUE)
    axes.scatter(points["x"], points["y"], color=theme.BLUE, s=34, zorder=3)
    said = [
        f"{unit}: {row.x:g}, {row.y:g}" for unit, row in zip(points.index, points.itertuples(), strict=True)
    ]
    hover.points(axes, points["x"], points["y"], said)
    axes.set_xlim(low, high + 0.3 * width)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid()
    together = points.groupby(["x", "y"])  # points that coincide share a label
    places = np.array([place for place, _ in together], dtype=float).reshape(-1, 2)
    names = [", ".join(map(str, units.index)) for _, units in together]
    placing.place(axes, places[:, 0], places[:, 1], names, own=True)
    return figure
