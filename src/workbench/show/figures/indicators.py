"""Pictures of indices: ranks across schemes, the weight simplex, contributions, profiles, data quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import SpecificationError
from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.indicators.composite import SchemeComparison
    from workbench.indicators.damage import DamageLadder
    from workbench.indicators.data_quality import CustomerDataQuality
    from workbench.indicators.normalise import Normalised
    from workbench.indicators.sensitivity import WeightStability
    from workbench.indicators.what_if import WhatIf

# Corners of the triangle of three weights: lower left, lower right, top.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def rank_flow(comparison: SchemeComparison, *, most: int = 12) -> Figure:
    """Draw how the rank of units changes from one scheme of weights to the next.

    Parameters
    ----------
    most : units drawn: those of best rank in the first scheme. Of these the ones that move most are in
        colour.
    """
    ranks = comparison.ranks.sort_values(comparison.ranks.columns[0], kind="stable").head(most)
    moved = (ranks.max(axis=1) - ranks.min(axis=1)).nlargest(3).index
    colours = dict(zip(moved, theme.CYCLE, strict=False))
    places = np.arange(ranks.shape[1])
    scaled = ranks.to_numpy().max() > 3 * most
    # Beyond the units drawn, height grows with the logarithm of the rank: far falls stay on the page.
    heights = ranks.map(lambda rank: most + 3 * np.log2(rank / most) if scaled and rank > most else rank)
    figure, axes = canvas(width=7.2, height=1.0 + 0.3 * heights.to_numpy().max())
    ends = _apart(heights.iloc[:, -1].to_numpy(float), 0.75)
    starts = _apart(heights.iloc[:, 0].to_numpy(float), 0.75)
    for position, (unit, row) in enumerate(heights.iterrows()):
        colour, wide = colours.get(unit, theme.GREY), 2.6 if unit in colours else 1.3
        axes.plot(
            places,
            row,
            color=colour,
            linewidth=wide,
            marker="o",
            markersize=5,
            zorder=3 if unit in colours else 2,
        )
        last = f"{ranks.loc[unit].iloc[-1]}"
        for place, height, text, side in ((0, starts, f"{unit}", -1), (places[-1], ends, last, 1)):
            axes.annotate(
                text,
                (place, height[position]),
                textcoords="offset points",
                xytext=(9 * side, 0),
                ha="right" if side < 0 else "left",
                va="center",
                color=theme.BLACK if colour == theme.GREY else colour,
            )
        said = [f"{unit}, {scheme}: rank {rank}" for scheme, rank in ranks.loc[unit].items()]
        hover.points(axes, places, row, said)
    inner = heights.loc[list(colours)].iloc[:, 1:-1]
    for column in inner:
        # Of coloured lines that fall far in the same place, all ranks are written, apart from one another.
        fallen = inner[column][inner[column] > most]
        for unit, height in zip(fallen.index, _apart(fallen.to_numpy(float), 0.75), strict=True):
            axes.annotate(
                f"{ranks.loc[unit, column]}",
                (ranks.columns.get_loc(column), height),
                textcoords="offset points",
                xytext=(9, 0),
                va="center",
                color=colours[unit],
                bbox=theme.backing(),
            )
    axes.invert_yaxis()
    axes.margins(y=0.06)
    axes.set_xticks(places, ranks.columns)
    axes.set_xlim(-0.2, places[-1] + 0.3)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    axes.annotate(
        "rank",
        (places[-1], heights.to_numpy().min()),
        textcoords="offset points",
        xytext=(9, 14),
        color=theme.GREY,
    )
    return figure


def _apart(heights: np.ndarray, least: float) -> np.ndarray:
    """Places for labels near their heights, at least a step apart."""
    order, out = np.argsort(heights, kind="stable"), heights.copy()
    for before, after in pairwise(order):
        out[after] = max(out[after], out[before] + least)
    return out


def simplex(
    stability: WeightStability,
    labels: Mapping[str, str] | None = None,
    *,
    schemes: Mapping[str, pd.Series] | None = None,
) -> Figure:
    """Draw which unit is first under every mixture of three weights.

    Parameters
    ----------
    stability : of three indicators.
    schemes : name → weights, marked on the triangle.
    """
    names = [name for name in stability.sample.columns if name != "winner"]
    if len(names) != 3:
        raise SpecificationError(f"a triangle shows three weights, not {len(names)}")
    labels = labels or {}
    figure, axes = canvas(width=6.6, height=5.8)
    points = stability.sample[names].to_numpy() @ CORNERS
    winner = stability.sample["winner"]
    shares = stability.units["first"].sort_values(ascending=False)
    shown = list(shares.index[shares > 0][: len(theme.CYCLE)])
    for unit, colour in zip(shown, theme.CYCLE, strict=False):
        inside = (winner == unit).to_numpy()
        axes.scatter(*points[inside].T, s=7, color=colour, linewidths=0)
        if shares[unit] >= 0.02:
            axes.text(
                *points[inside].mean(axis=0),
                f"{unit}\n{numbers.percent(shares[unit])}",
                ha="center",
                va="center",
                color=theme.BLACK,
                bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
            )
            row = stability.units.loc[unit]
            text = f"{unit}: first under {numbers.percent(row['first'])} of all weights; "
            text += f"mean rank {row['mean_rank']:.1f} [{row['rank_lower']:.0f}, {row['rank_upper']:.0f}]"
            x, y = points[inside].mean(axis=0)
            hover.points(axes, [x], [y], [text])
    others = ~winner.isin(shown).to_numpy()
    axes.scatter(*points[others].T, s=7, color=theme.GREY, linewidths=0)
    axes.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color=theme.GREY, linewidth=1)
    for corner, name, align in zip(CORNERS, names, ("right", "left", "center"), strict=True):
        below = corner[1] == 0
        axes.annotate(
            f"all weight on\n{labels.get(name, name)}",
            corner,
            textcoords="offset points",
            xytext=(0, -8 if below else 8),
            ha=align if not below else "center",
            va="top" if below else "bottom",
        )
    marks = {name: weights[names].to_numpy() @ CORNERS for name, weights in (schemes or {}).items()}
    if marks:
        heights = _apart(np.array([place[1] for place in marks.values()]), 0.05)
        said = [
            f"{name}: " + ", ".join(f"{labels.get(one, one)} {weights[one]:.2f}" for one in names)
            for name, weights in (schemes or {}).items()
        ]
        at = np.array(list(marks.values()))
        hover.points(axes, at[:, 0], at[:, 1], said)
        for (name, place), height in zip(marks.items(), heights, strict=True):
            axes.scatter(*place, marker="X", color=theme.BLACK, s=55, zorder=4, linewidths=0)
            axes.annotate(
                name,
                place,
                xytext=(1.02 - height / 2.2, height),
                textcoords="data",
                va="center",
                arrowprops={"arrowstyle": "-", "color": theme.BLACK, "linewidth": 0.7, "shrinkB": 3},
            )
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def contributions(
    parts: pd.DataFrame,
    units: Sequence[Any] | None = None,
    labels: Mapping[str, str] | None = None,
    *,
    most: int = 12,
) -> Figure:
    """Draw what each indicator adds to the index of each unit: one column per indicator, on one scale.

    Bars that begin at one line can be compared down a column; the pieces of a stacked bar can not.

    Parameters
    ----------
    parts : units x indicators, adding up to the index (``Composite.contributions``,
        ``LayeredIndex.contributions``).
    units : units to draw; those with the highest index when not given.
    """
    total = parts.sum(axis=1)
    chosen = list(total.nlargest(most).index) if units is None else list(units)
    rows = parts.loc[chosen[::-1]]
    places = np.arange(len(rows))
    figure, panels = canvas(
        1, parts.shape[1], width=1.6 + 0.95 * parts.shape[1], height=1.5 + 0.3 * len(rows),
        sharex=True, sharey=True, squeeze=False,
    )  # fmt: skip
    reach = 1.55 * float(rows.to_numpy().max())
    for axes, name in zip(panels[0], parts.columns, strict=True):
        word = str((labels or {}).get(name, name))
        bars = axes.barh(places, rows[name], color=theme.BLUE, height=0.66)
        hover.describe(bars, [f"{unit}, {word}: {value:.2f}" for unit, value in rows[name].items()])
        for place, value in zip(places, rows[name], strict=True):
            axes.annotate(f"{value:.2f}", (value, place), xytext=(3, 0), textcoords="offset points",
                          va="center", fontsize=9)  # fmt: skip
        axes.set_title(fill(word, 13), fontsize=9.5, loc="left", linespacing=1.4)
        axes.set_xlim(min(0.0, float(rows.to_numpy().min())), reach)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    panels[0][0].set_yticks(places, [f"{unit}: {value:.2f}" for unit, value in total.loc[rows.index].items()])
    figure.supxlabel("unit and its index; what each indicator adds to it, all on one scale", fontsize=10.5)
    return figure


def profile(normalised: Normalised, units: Sequence[Any], labels: Mapping[str, str] | None = None) -> Figure:
    """Draw chosen units on every indicator as dots over the spread of all units.

    Lengths along one scale are read more exactly than areas of a radar, whose shape changes with the order
    of its axes.
    """
    values = normalised.values
    if len(units) > len(theme.CYCLE):
        raise SpecificationError(f"a profile shows at most {len(theme.CYCLE)} units")
    places = np.arange(values.shape[1])[::-1]
    low, middle, high = values.quantile([0.1, 0.5, 0.9]).to_numpy()
    figure, axes = canvas(width=7.2, height=1.7 + 0.42 * len(places))
    axes.hlines(places, low, high, color=theme.GREY, linewidth=3)
    axes.scatter(middle, places, marker="|", s=110, linewidths=2, color=theme.GREY)
    for unit, colour, marker in zip(units, theme.CYCLE, "oDs^vPX", strict=False):
        axes.plot(values.loc[unit], places, color=colour, linewidth=0.8)
        axes.scatter(values.loc[unit], places, color=colour, marker=marker, s=44, zorder=3, label=str(unit))
        said = [
            f"{unit}, {(labels or {}).get(name, name)}: {value:.2f}"
            for name, value in values.loc[unit].items()
        ]
        hover.points(axes, values.loc[unit], places, said)
    axes.set_yticks(places, [(labels or {}).get(name, name) for name in values.columns])
    axes.set_xlabel(
        f"normalized ({normalised.method.replace('-', '–')}), right is better; "
        "grey: middle 80 % of all and their median"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(units))
    axes.grid(axis="x")
    return figure


def rank_intervals(units: pd.DataFrame, *, most: int = 20) -> Figure:
    """Draw ranks with their range over weights or draws.

    Parameters
    ----------
    units : ``WeightStability.units`` or ``ResamplingStability.units``.
    """
    centre = "rank" if "rank" in units.columns else "mean_rank"
    rows = units.nsmallest(most, centre)
    places = np.arange(len(rows))[::-1]
    figure, axes = canvas(width=7.2, height=1.2 + 0.27 * len(rows))
    axes.hlines(places, rows["rank_lower"], rows["rank_upper"], color=theme.BLUE, linewidth=1.6)
    axes.scatter(rows[centre], places, color=theme.BLUE, s=30, zorder=3)
    hover.intervals(axes, places, rows[[centre, "rank_lower", "rank_upper"]], map(str, rows.index), digits=0)
    axes.set_yticks(places, [str(unit) for unit in rows.index])
    axes.set_xlim(left=1 - 0.02 * rows["rank_upper"].max())
    axes.set_xticks(sorted({1, *(int(tick) for tick in axes.get_xticks() if tick > 1)}))
    axes.set_xlabel("rank (1 is best)")
    axes.grid(axis="x")
    return figure


def data_quality(found: CustomerDataQuality) -> Figure:
    """Draw the dimensions of data quality, each with its weight, and the index they make."""
    rows = found.dimensions.iloc[::-1]
    places = np.arange(len(rows))
    figure, axes = canvas(width=7.2, height=1.4 + 0.5 * len(rows))
    axes.barh(places, 1, color=theme.PALE, height=0.6)
    axes.barh(places, rows["value"], color=theme.BLUE, height=0.6)
    for place, row in zip(places, rows.itertuples(), strict=True):
        text = "not judged" if np.isnan(row.value) else numbers.percent(row.value)
        colour = theme.ON_DARK if row.value > 0.12 else theme.BLACK
        axes.annotate(text, (0.01, place), va="center", color=colour)
    axes.axvline(found.cdq, color=theme.VERMILION, linewidth=1.6)
    axes.annotate(
        f"CDQ {numbers.percent(found.cdq)}",
        (found.cdq, len(rows) - 0.6),
        textcoords="offset points",
        xytext=(-4, 3),
        ha="right",
        color=theme.VERMILION,
    )
    weights = [numbers.number(weight, bounded=True) for weight in rows["weight"]]
    axes.set_yticks(
        places, [f"{name} (weight {weight})" for name, weight in zip(rows.index, weights, strict=True)]
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.5, len(rows) - 0.1)
    axes.set_xlabel("share of judged cells that pass")
    return figure


def damage(ladder: DamageLadder) -> Figure:
    """Draw how the index of data quality falls as a table is damaged, one line a kind of damage."""
    cdq = ladder.rungs["cdq"].unstack("damage")[list(ladder.noticed.index)]
    figure, axes = canvas(height=3.9)
    for kind, colour in zip(cdq.columns, theme.CYCLE, strict=False):
        axes.plot(100 * cdq.index, cdq[kind], color=colour, marker="o", markersize=5)
        said = [f"{kind}, {share:.0%} of cells: {value:.2f}" for share, value in cdq[kind].items()]
        hover.points(axes, 100 * cdq.index, cdq[kind], said)
        axes.annotate(
            str(kind),
            (100 * cdq.index[-1], cdq[kind].iloc[-1]),
            textcoords="offset points",
            xytext=(8, 0),
            va="center",
            color=colour,
        )
    axes.set_xticks(100 * cdq.index)
    axes.set_xlabel("cells damaged, %")
    axes.set_ylabel("CDQ")
    axes.margins(x=0.03)
    axes.grid(axis="y")
    return figure


def what_if(found: WhatIf) -> Figure:
    """Draw the distribution of growth that the uncertainty of both factors implies."""
    figure, axes = canvas(height=3.4)
    bins = found.drawn
    edges = [*bins["left"], bins["right"].iloc[-1]]
    axes.stairs(bins["density"], edges, fill=True, color=theme.SKY)
    row = found.growth.loc["monte carlo"]
    axes.hlines(0, row["ci_lower"], row["ci_upper"], color=theme.BLUE, linewidth=4)
    axes.axvline(found.growth.loc["product", "estimate"], color=theme.VERMILION, linewidth=1.6)
    axes.axvline(0, color=theme.GREY, linewidth=1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(
        f"growth of market share, %; bar: {numbers.percent(found.level)} of draws, line: the bare product"
    )
    return figure
