"""Figures of study 10: gaps, map of priorities, states, the ratio's origin, penalties and rewards, scores."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.normal_quantiles import INTERVAL_95, REGION_95
from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing
from workbench.studies.satisfaction_index.importance_performance import FIRM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.studies.satisfaction_index.asymmetry import Contrasts
    from workbench.studies.satisfaction_index.dimension_gaps import DimensionGaps
    from workbench.studies.satisfaction_index.importance_performance import PriorityMap
    from workbench.studies.satisfaction_index.scores import NetPromoter

PERCENT = "\N{NO-BREAK SPACE}%"
WIDEST = 26  # letters of a line of an attribute's name
CORNERS = {
    (1, 1): "keep up the good work",
    (-1, 1): "concentrate here",
    (-1, -1): "low priority",
    (1, -1): "possible overkill",
}
CLASS_COLOURS = {
    "basic": theme.VERMILION,
    "performance": theme.BLUE,
    "excitement": theme.GREEN,
    "neither": theme.GREY,
}
STATE_COLOURS = (theme.VERMILION, "#d9dfe5", theme.GREEN)  # a grey that stays where a page turns dark


def gap_chart(found: DimensionGaps, labels: Mapping[str, str]) -> Figure:
    """Draw what was expected and what was met by dimension, with intervals; the widest gap on top."""
    rows = found.table.sort_values("gap", ascending=False)
    places = np.arange(len(rows))
    figure, axes = canvas(height=1.6 + 0.55 * len(rows))
    axes.hlines(places, rows["experience"], rows["expected"], color=theme.PALE, linewidth=7, zorder=1)
    for name, colour, inside in (
        ("expected", theme.VERMILION, "white"),
        ("experience", theme.BLUE, theme.BLUE),
    ):
        axes.hlines(
            places, rows[f"{name}_lower"], rows[f"{name}_upper"], color=colour, linewidth=2.2, zorder=2
        )
        word = "expected" if name == "expected" else "experienced"
        values = rows[[name, f"{name}_lower", f"{name}_upper"]]
        hover.intervals(axes, places, values, [f"{labels.get(row, row)}, {word}" for row in rows.index])
        axes.scatter(
            rows[name], places, s=58, facecolor=inside, edgecolor=colour, linewidth=1.6, zorder=3, label=word
        )
    middle = (rows["experience"] + rows["expected"]) / 2
    for place, x, (_, row) in zip(places, middle, rows.iterrows(), strict=True):
        text = f"{row['gap']:+.2f} [{row['gap_lower']:+.2f}, {row['gap_upper']:+.2f}]".replace("-", "−")
        axes.annotate(text, (x, place), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=9)
    axes.set_yticks(places, [labels.get(name, name) for name in rows.index])
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.set_xlabel("mean answer; bars: 95 % intervals; above each line the gap")
    axes.grid(axis="x")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    return figure


def priority_map(found: PriorityMap, labels: Mapping[str, str]) -> Figure:
    """Draw importance over performance with a 95 % region of each attribute's place against the map's centre.

    Filled points keep their quadrant in 95 % of the draws, hollow ones do not.
    """
    from matplotlib.patches import Ellipse

    table, (cx, cy) = found.table, found.centre
    figure, axes = canvas(height=4.6)
    reach_x = float((np.abs(table["performance"] - cx) + REGION_95 * table["sd_x"]).max()) * 1.12
    reach_y = float((np.abs(table["importance"] - cy) + REGION_95 * table["sd_y"]).max()) * 1.18
    axes.set_xlim(cx - reach_x, cx + reach_x)
    bottom = max(cy - reach_y, 0.0) if found.kind == "derived" else cy - reach_y
    axes.set_ylim(bottom, cy + reach_y)
    axes.fill_between([cx - reach_x, cx], cy, cy + reach_y, **theme.area(theme.ORANGE, 0.10))
    axes.axvline(cx, color=theme.GREY, linewidth=1)
    axes.axhline(cy, color=theme.GREY, linewidth=1)
    for (right, up), word in CORNERS.items():
        axes.annotate(
            word,
            (cx + right * reach_x, cy + reach_y if up > 0 else bottom),
            xytext=(-5 * right, -5 * up),
            textcoords="offset points",
            ha="right" if right > 0 else "left",
            va="top" if up > 0 else "bottom",
            color=theme.BLACK,  # an ellipse may lie behind it
            fontsize=9.5,
            style="italic",
        )
    for _, row in table.iterrows():
        colour = theme.BLUE
        cov = np.array([[row["sd_x"] ** 2, row["r"] * row["sd_x"] * row["sd_y"]], [0, row["sd_y"] ** 2]])
        cov[1, 0] = cov[0, 1]
        values, vectors = np.linalg.eigh(cov)
        angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
        wide, high = 2 * REGION_95 * np.sqrt(np.maximum(values[::-1], 0))
        place = (row["performance"], row["importance"])
        axes.add_patch(Ellipse(place, wide, high, angle=angle, **theme.area(theme.SKY, 0.30)))
        firm = row["stays"] >= FIRM
        face = colour if firm else "white"  # above the ground of a neighbour's label
        axes.scatter(*place, s=42, facecolor=face, edgecolor=colour, linewidth=1.5, zorder=7)
    what = "stated importance (mean)" if found.kind == "stated" else "derived importance (share of R², %)"
    axes.set(xlabel="performance (mean place on the scale, 0 to 100)", ylabel=what)
    said = [f"{labels.get(name, name)} ({_kept(stays)})" for name, stays in table["stays"].items()]
    hover.points(
        axes, table["performance"], table["importance"],
        [f"{text}: performance {x:.1f}, importance {y:.1f}"
         for text, x, y in zip(said, table["performance"], table["importance"], strict=True)],
    )  # fmt: skip
    texts = [textwrap.fill(text, WIDEST) for text in said]
    placing.place(axes, table["performance"], table["importance"], texts)
    return figure


def _kept(share: float) -> str:
    """The share of draws in which a place holds, with as many digits as tell it from the limit."""
    digits = 0
    while digits < 3 and (round(share, digits + 2) >= FIRM) != (share >= FIRM):
        digits += 1
    return numbers.percent(share, digits)


def three_states(shares: pd.DataFrame) -> Figure:
    """Draw shares of three states as one bar per row; columns are the states from worst to best."""
    from matplotlib.colors import to_rgb

    figure, axes = canvas(height=1.3 + 0.5 * len(shares))
    places = np.arange(len(shares))[::-1]
    left = np.zeros(len(shares))
    for colour, state in zip(STATE_COLOURS, shares.columns, strict=True):
        width = shares[state].to_numpy()
        edge = theme.GREY if colour == STATE_COLOURS[1] else colour
        bars = axes.barh(
            places, width, left=left, color=colour, edgecolor=edge, linewidth=0.8, height=0.62, label=state
        )
        hover.describe(
            bars, [f"{row}, {state}: {numbers.percent(share)}" for row, share in shares[state].items()]
        )
        for place, start, share in zip(places, left, width, strict=True):
            if share >= 0.06:
                axes.annotate(
                    numbers.percent(share),
                    (start + share / 2, place),
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=theme.letters_on(to_rgb(colour)),
                )
        left += width
    axes.set_yticks(places, list(shares.index))
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
    return figure


def origins(curve: pd.DataFrame, as_coded: float) -> Figure:
    """Draw the mean ratio, and how many pairs of people change places, as the lowest answer is renumbered."""
    figure, panels = canvas(1, 2, width=7.6, height=3.2)
    x = np.arange(len(curve))
    for axes, column, word in zip(
        panels, ("mean", "turned"), ("mean of b / a", "pairs of people turned round, %"), strict=True
    ):
        values = curve[column] * (100 if column == "turned" else 1)
        axes.plot(x, values, color=theme.BLUE, marker="o", markersize=5)
        here = list(curve.index).index(as_coded)
        axes.scatter(
            x[here],
            values.iloc[here],
            s=90,
            facecolor="white",
            edgecolor=theme.VERMILION,
            linewidth=2,
            zorder=4,
        )
        axes.set_xticks(x, [f"{value:g}" for value in curve.index])
        axes.set(xlabel="number given to the lowest answer", ylabel=word)
        axes.grid(axis="y")
    panels[0].axhline(1, color=theme.GREY, linewidth=1, linestyle="--")
    return figure


def penalty_reward(found: Contrasts, labels: Mapping[str, str]) -> Figure:
    """Draw what a low rating costs and a high one brings, with intervals, and the class that is read off."""
    rows = found.table.assign(sum=found.table["reward"] + found.table["penalty"]).sort_values("sum")
    places = np.arange(len(rows))
    figure, axes = canvas(height=1.5 + 0.5 * len(rows))
    for name in ("penalty", "reward"):
        for place, (_, row) in zip(places, rows.iterrows(), strict=True):
            colour = CLASS_COLOURS[row["class"]]
            clear = row[f"{name}_upper"] < 0 or row[f"{name}_lower"] > 0
            axes.barh(place, row[name], height=0.56, **theme.area(colour, 1 if clear else 0.25))
        axes.hlines(places, rows[f"{name}_lower"], rows[f"{name}_upper"], color=theme.BLACK, linewidth=1.3)
    axes.axvline(0, color=theme.BLACK, linewidth=1)
    for side, words in (("right", "low third costs"), ("left", "high third brings")):
        axes.annotate(
            words,
            (0, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-8 if side == "right" else 8, 4),
            textcoords="offset points",
            ha=side,
            fontsize=9.5,
            color=theme.SOFT,
        )
    axes.set_yticks(places, [f"{labels.get(name, name)}: {row['class']}" for name, row in rows.iterrows()])
    axes.set_xlabel("points of satisfaction, against the middle third")
    axes.grid(axis="x")
    return figure


def margin_by_sample(score: NetPromoter, margin: float) -> Figure:
    """Draw how wide the interval of a net promoter score is, and which change is found, by sample size."""
    figure, axes = canvas(height=3.8)
    sizes = np.geomspace(50, 5000, 60)
    half = INTERVAL_95 * np.sqrt(score.variance / sizes)
    change = np.array([score.smallest_change(int(n)) for n in sizes])
    axes.plot(sizes, half, color=theme.BLUE, label="half the 95 % interval of one survey")
    axes.plot(
        sizes,
        change,
        color=theme.VERMILION,
        linestyle="--",
        label="change between two surveys found 4 times in 5",
    )
    axes.axhline(margin, color=theme.GREY, linewidth=1)
    axes.axvline(score.n, color=theme.GREY, linewidth=1, linestyle=":")
    needed = score.needed(margin)
    axes.scatter([needed], [margin], s=52, color=theme.BLUE, zorder=4)
    axes.set_xscale("log")
    axes.set_xticks(
        [50, 100, 200, 500, 1000, 2000, 5000], ["50", "100", "200", "500", "1,000", "2,000", "5,000"]
    )
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set(xlabel="respondents", ylabel="points of the net promoter score")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=1)
    axes.grid(axis="y")
    placing.place(axes, [needed], [margin], [f"n = {needed:,} for ± {margin:g}"])
    level = 0.42 * axes.get_ylim()[1]
    placing.place(axes, [score.n], [level], [f"this survey, n = {score.n:,}"], size=9, color=theme.SOFT)
    return figure
