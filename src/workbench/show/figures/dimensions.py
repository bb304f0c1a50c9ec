"""Pictures of dimensions: what each rule suggests, loadings side by side, merged pairs."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.measurement.dimensionality import MergedFactors
    from workbench.measurement.number_of_factors import FactorSuggestions

MARKERS = ("o", "s", "D", "^", "v", "P")


def factor_rules(result: FactorSuggestions, meant: int | None = None) -> Figure:
    """Draw the number of factors that each rule suggests, one row for each rule, families of rules together.

    meant : the number that a theory names, as a line. A rule that suggests none has an empty row. Beside
    each family stands its one vote.
    """
    table = result.table
    rows = np.arange(len(table))
    suggested = table["n_factors"].astype("float64").to_numpy()
    figure, axes = canvas(width=7.2, height=1.2 + 0.34 * len(table))
    if meant is not None:
        axes.axvline(meant, color=theme.GREY, linewidth=1, linestyle=":")
        axes.text(meant, -0.75, f"meant: {meant}", ha="center", va="bottom", fontsize=9, color=theme.GREY)
    old = table["rule"].str.startswith("eigenvalue above 1").to_numpy()
    axes.plot(suggested[~old], rows[~old], "o", color=theme.BLUE, markersize=8)
    axes.plot(suggested[old], rows[old], "o", color=theme.GREY, markersize=8, markerfacecolor="white")
    for row, number in zip(rows, suggested, strict=True):
        text = "none of those tried" if np.isnan(number) else f"{number:.0f}"
        axes.annotate(
            text, (0.3 if np.isnan(number) else number, row), xytext=(8, 0), textcoords="offset points",
            va="center", fontsize=9.5, color=theme.GREY if np.isnan(number) else theme.BLACK,
        )  # fmt: skip
    hover.points(
        axes,
        suggested,
        rows,
        [f"{rule}: {number:.0f}" for rule, number in zip(table["rule"], suggested, strict=True)],
    )
    families = table["family"].to_numpy()
    for family, vote in result.families.items():
        own = np.flatnonzero(families == family)
        axes.axhline(own[-1] + 0.5, color=theme.PALE, linewidth=0.8)
        said = "undecided" if pd.isna(vote) else f"{vote}"
        lines = fill(f"{family}: {said}", 20) if len(own) > 1 else f"{family}: {said}"
        axes.text(1.01, own.mean(), lines, transform=axes.get_yaxis_transform(),
                  va="center", fontsize=9.5, linespacing=1.4)  # fmt: skip
    axes.set_yticks(rows, list(table["rule"]))
    axes.set_ylim(len(table) - 0.5, -0.7)
    axes.set_xlim(0, max(np.nanmax(suggested), meant or 0) + 1.2)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("Number of factors")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure


def loadings_side_by_side(
    table: pd.DataFrame, groups: pd.Series, labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw standardized loadings of every item in several versions, one column of ``table`` each.

    groups : construct of each item, in the order of the rows; a thin line parts the constructs. The column
        ``planted`` is drawn as a bar, to tell what was put in from what was found. labels : of constructs.
    """
    found = [name for name in table.columns if name != "planted"]
    rows = np.arange(len(table))
    figure, axes = canvas(width=7.2, height=1.5 + 0.25 * len(table))
    values = table[found].to_numpy(dtype=float)
    axes.hlines(rows, values.min(axis=1), values.max(axis=1), color=theme.PALE, linewidth=2, zorder=1)
    if "planted" in table:
        axes.plot(
            table["planted"], rows, "|", color=theme.BLACK, markersize=13, markeredgewidth=2.2, zorder=2,
            label="planted",
        )  # fmt: skip
    for name, marker, colour in zip(found, MARKERS, theme.CYCLE, strict=False):
        axes.plot(table[name], rows, marker, color=colour, markersize=5.5, label=name, zorder=3)
        said = [f"{item}, {name}: {numbers.number(value)}" for item, value in table[name].items()]
        hover.points(axes, table[name], rows, said)
    names = groups.to_numpy()
    for start in [0, *(place for place in rows[1:] if names[place] != names[place - 1])]:
        if start:
            axes.axhline(start - 0.5, color=theme.PALE, linewidth=0.8)
        text = str((labels or {}).get(names[start], names[start])).replace("$", r"\$")
        lines = int(2 * (names == names[start]).sum())  # two lines of a label to a row
        text = fill(text, 18, max_lines=lines, placeholder=" …")
        axes.text(1.01, start - 0.3, text, transform=axes.get_yaxis_transform(), va="top", fontsize=9)
    axes.set_yticks(rows, [str(name).replace("$", r"\$") for name in table.index])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlabel("Standardized loading")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0, handletextpad=0.3)
    return figure


def correlations_of_pairs(
    result: MergedFactors, labels: Mapping[str, str] | None = None, *, mark: float = 0.9
) -> Figure:
    """Draw the correlation of every pair of dimensions with its interval, largest at the top.

    mark : from which two dimensions are taken for one.
    """
    table = result.table.sort_values("correlation", ascending=False)
    rows, known = np.arange(len(table)), labels or {}
    figure, axes = canvas(width=7.2, height=1.1 + 0.34 * len(table))
    axes.axvline(mark, color=theme.VERMILION, linewidth=1.2, linestyle="--")
    axes.text(mark, -0.65, "taken for one", ha="center", va="bottom", fontsize=9, color=theme.VERMILION)
    axes.hlines(rows, table["ci_lower"], table["ci_upper"], color=theme.BLUE, linewidth=2)
    axes.plot(table["correlation"], rows, "o", color=theme.BLUE, markersize=6)
    pairs = zip(table["construct_a"], table["construct_b"], strict=True)
    said = [f"{known.get(a, a)} – {known.get(b, b)}" for a, b in pairs]
    hover.intervals(axes, rows, table[["correlation", "ci_lower", "ci_upper"]], said)
    axes.set_yticks(rows, [name.replace("$", r"\$") for name in said])
    axes.set_ylim(len(table) - 0.5, -0.6)
    axes.set_xlim(min(0.0, float(table["ci_lower"].min())), 1)
    axes.set_xlabel("Correlation of the two factors, 95 % interval")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure
