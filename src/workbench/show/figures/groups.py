"""Pictures of groups: each path in each group, and what sets a group apart from the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import theme
from workbench.show.figures import canvas, hover

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.measurement.group_differences import PathDifferences

MARKERS = "osD^vPX*"


def paths_by_group(found: PathDifferences, labels: Mapping[str, str] | None = None) -> Figure:
    """Draw each path as a row, with a mark and a pointwise 95 % interval for every group.

    labels : construct -> words. Groups differ in colour and in shape; beyond eight they repeat.
    """
    labels = labels or {}
    names = list(dict.fromkeys(found.paths["group"]))
    rows = list(dict.fromkeys(zip(found.paths["from"], found.paths["to"], strict=True)))
    place = {row: number for number, row in enumerate(rows)}
    step = 0.7 / len(names)
    figure, axes = canvas(height=1.2 + 0.14 * len(rows) * (len(names) + 0.9))
    axes.axvline(0, color=theme.GREY, linewidth=1)
    for number, name in enumerate(names):
        part = found.paths[found.paths["group"] == name]
        y = np.array([place[row] for row in zip(part["from"], part["to"], strict=True)], dtype=float)
        y += (number - (len(names) - 1) / 2) * step
        colour = theme.CYCLE[number % len(theme.CYCLE)]
        axes.hlines(y, part["ci_lower"], part["ci_upper"], color=colour, linewidth=1.4)
        said = [f"{_arrow(*row, labels)}, {name}" for row in zip(part["from"], part["to"], strict=True)]
        hover.intervals(axes, y, part[["estimate", "ci_lower", "ci_upper"]], said)
        axes.scatter(
            part["estimate"],
            y,
            color=colour,
            marker=MARKERS[number % len(MARKERS)],
            s=26,
            zorder=3,
            label=f"{name}",
        )
    for edge in np.arange(len(rows) - 1) + 0.5:
        axes.axhline(edge, color=theme.PALE, linewidth=0.7)
    axes.set_yticks(range(len(rows)), [_arrow(*row, labels) for row in rows])
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("path, in standard deviations common to the groups")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(4, len(names)), borderaxespad=0.2)
    return figure


def set_apart(found: PathDifferences, labels: Mapping[str, str] | None = None, *, most: int = 12) -> Figure:
    """Draw the largest differences of a group from the mean of the others: thin line simultaneous interval,
    thick line pointwise; grey where the simultaneous one holds zero.

    most : how many, by their distance from zero in standard errors.
    """
    labels = labels or {}
    table = found.contrasts
    table = table.loc[table["z"].abs().sort_values(ascending=False, kind="stable").index[:most]]
    figure, axes = canvas(height=1.1 + 0.32 * len(table))
    axes.axvline(0, color=theme.GREY, linewidth=1)
    for y, row in enumerate(table.itertuples()):
        clear = row.ci_lower > 0 or row.ci_upper < 0
        colour = theme.BLUE if clear else theme.GREY
        axes.hlines(y, row.ci_lower, row.ci_upper, color=colour, linewidth=1.1)
        axes.hlines(y, row.pointwise_lower, row.pointwise_upper, color=colour, linewidth=3.4)
        axes.scatter([row.est], [y], color=colour, s=34, zorder=3)
    names = [f"{row.group}:  {_arrow(row[1], row.to, labels)}" for row in table.itertuples(index=True)]
    hover.intervals(axes, range(len(table)), table[["est", "ci_lower", "ci_upper"]], names)
    axes.set_yticks(range(len(table)), names)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("difference from the mean of the other groups")
    axes.grid(axis="x")
    return figure


def _arrow(source: str, target: str, labels: Mapping[str, str]) -> str:
    return f"{labels.get(source, source)} → {labels.get(target, target)}"
