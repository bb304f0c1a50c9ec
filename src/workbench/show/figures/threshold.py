"""Pictures of a relation that may bend: curves, what boxes bend, shares by cut-off, waiting, a ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.normal_quantiles import INTERVAL_95
from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.regression import CurveComparison, NecessaryCondition, Segmented
    from workbench.studies.loyalty_threshold.scale_ends import BeyondScale, Shapes
    from workbench.studies.loyalty_threshold.waiting import DoseResponse

LOOKS = {
    "straight line": (theme.GREY, (0, (5, 3)), 1.4),
    "quadratic": (theme.ORANGE, "-", 1.2),
    "bent once": (theme.BLUE, "-", 2.4),
    "monotone spline": (theme.GREEN, (0, (1, 1.5)), 2.0),
}


def relation(
    scores: pd.DataFrame, curves: CurveComparison, bend: Segmented, labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw loyalty against satisfaction: respondents as grey rings, means with intervals, four curves.

    Parameters
    ----------
    scores : the two columns that the curves are of. curves : of ``regression.compare_curves``. bend : of
        ``regression.segmented``; its place is the blue band. labels : column -> words.
    """
    labels = labels or {}
    figure, axes = canvas(width=7.2, height=5.0)
    _discs(axes, scores[curves.predictor], scores[curves.outcome])
    at = bend.table.loc["break_point"]
    axes.axvspan(at["ci_lower"], at["ci_upper"], **theme.area(theme.SKY, 0.16))
    for name, (colour, dashes, width) in LOOKS.items():
        axes.plot(
            curves.curves.index,
            curves.curves[name],
            color=colour,
            linestyle=dashes,
            linewidth=width,
            label=name,
        )
    middle, mean, half = _twelfths(scores[curves.predictor], scores[curves.outcome])
    axes.errorbar(
        middle,
        mean,
        yerr=half,
        fmt="o",
        color=theme.BLACK,
        markersize=4.5,
        elinewidth=1,
        capsize=0,
        label="mean, 95 % CI",
    )
    said = [f"twelfth {place}" for place in range(1, len(middle) + 1)]
    hover.intervals(axes, middle, np.stack([mean, mean - half, mean + half], axis=1), said, across=False)
    axes.set_xlabel(f"{labels.get(curves.predictor, curves.predictor)} (mean of answers)")
    axes.set_ylabel(f"{labels.get(curves.outcome, curves.outcome)} (mean of answers)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, handlelength=2.2)
    return figure


def boxes(found: Shapes) -> Figure:
    """Draw the observed curve beside that of straight attitudes in the same boxes, and where each statistic
    falls among theirs."""
    parts = [one for one in (found.curvature, found.product) if one is not None]
    figure, panels = canvas(1, 1 + len(parts), width=3.2 + 2.1 * len(parts), height=3.7)
    axes = panels[0]
    curve = found.curves
    axes.fill_between(curve.index, curve["lower"], curve["upper"], **theme.area(theme.GREY, 0.3))
    axes.plot(
        curve.index, curve["expected"], color=theme.SOFT, linestyle=(0, (5, 3)), label="straight attitudes"
    )
    axes.plot(curve.index, curve["observed"], color=theme.BLUE, linewidth=2.4, label="observed")
    axes.set_xlabel("satisfaction, SD")
    axes.set_ylabel("loyalty, SD")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1, borderaxespad=0.2)
    for panel, one in zip(panels[1:], parts, strict=True):
        _among(panel, one, found.null[one.what])
    return figure


def _among(axes: Axes, one: BeyondScale, draws: pd.Series) -> None:
    axes.hist(draws, bins=24, color=theme.GREY, edgecolor="white", linewidth=0.4)
    axes.axvline(0, color=theme.GREY, linewidth=1)
    axes.axvline(one.expected, color=theme.SOFT, linestyle=(0, (5, 3)), linewidth=1.4)
    axes.axvline(one.observed, color=theme.BLUE, linewidth=2.4)
    axes.set_title(one.what)
    axes.set_xlabel("coefficient, SD")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def cutoffs(table: pd.DataFrame, *, marked: float, claimed: float) -> Figure:
    """Draw the share of the satisfied who are not loyal at every pair of cut-offs, as a coloured table.

    Parameters
    ----------
    table : satisfied, loyal (places on the scale), n, share. marked : the study's own cut-off, framed.
    claimed : the document's share, the middle of the colours.
    """
    import seaborn
    from matplotlib.colors import TwoSlopeNorm
    from matplotlib.patches import Rectangle

    wide = table.pivot(index="satisfied", columns="loyal", values="share").sort_index(ascending=False)
    counts = table.groupby("satisfied")["n"].first()
    figure, axes = canvas(width=6.4, height=1.6 + 0.52 * len(wide))
    norm = TwoSlopeNorm(claimed, 0, 1)
    seaborn.heatmap(
        100 * wide,
        ax=axes,
        cmap="PuOr_r",
        norm=TwoSlopeNorm(100 * claimed, 0, 100),
        annot=True,
        fmt=".0f",
        cbar=False,
        linewidths=1.2,
        linecolor="white",
    )
    hover.describe_parts(
        axes.collections[0],
        [f"satisfied from {100 * a:g} %, loyal from {100 * b:g} %: {numbers.percent(share)} not loyal"
         for a, row in wide.iterrows() for b, share in row.items()],
    )  # fmt: skip
    for letters, value in zip(axes.texts, wide.to_numpy().ravel(), strict=False):
        letters.set_color(theme.letters_on(_colour("PuOr_r", float(norm(value)))))
    axes.set_xticklabels([f"{100 * place:g} %" for place in wide.columns], rotation=0)
    axes.set_yticklabels([f"{100 * place:g} %  (n = {counts[place]:,})" for place in wide.index], rotation=0)
    axes.set_xlabel("loyal: mean answer at this place of the scale or above")
    axes.set_ylabel("satisfied: at this place or above")
    if marked in wide.index and marked in wide.columns:
        corner = (list(wide.columns).index(marked), list(wide.index).index(marked))
        axes.add_patch(
            Rectangle(corner, 1, 1, fill=False, edgecolor=theme.BLACK, linewidth=2.2, clip_on=False)
        )
    return figure


def waiting(found: DoseResponse, claimed: float) -> Figure:
    """Draw mean satisfaction along the hours of waiting, and a step at each hour beyond a smooth decline."""
    figure, (left, right) = canvas(1, 2, width=7.6, height=4.0, width_ratios=(1.25, 1))
    bins = found.bins
    left.errorbar(
        bins["hours"], bins["mean"], yerr=INTERVAL_95 * bins["se"], fmt="o", color=theme.BLUE, elinewidth=1.2
    )
    left.axvline(claimed, color=theme.GREY, linestyle=(0, (5, 3)), linewidth=1.2)
    left.set_xscale("log")
    ticks = [
        hour
        for hour in (0.5, 1, 2, 4, 8, 16, 32)
        if bins["hours"].min() / 1.6 <= hour <= bins["hours"].max() * 1.6
    ]
    left.set_xticks(ticks, [f"{hour:g}" for hour in ticks])
    left.minorticks_off()
    left.set_xlabel("hours until the first answer")
    left.set_ylabel("mean satisfaction, SD")
    steps, rows = found.steps, np.arange(len(found.steps))
    colours = [theme.VERMILION if hour == claimed else theme.SOFT for hour in steps.index]
    right.axvline(0, color=theme.GREY, linewidth=1)
    right.hlines(rows, steps["ci_lower"], steps["ci_upper"], color=colours, linewidth=1.6)
    right.scatter(steps["estimate"], rows, color=colours, s=32, zorder=3)
    half = INTERVAL_95 * bins["se"]
    ends = np.stack([bins["mean"], bins["mean"] - half, bins["mean"] + half], axis=1)
    hover.intervals(left, bins["hours"], ends, [f"{hour:.1f} h" for hour in bins["hours"]], across=False)
    said = [f"step at {hour:g} h" for hour in steps.index]
    hover.intervals(right, rows, steps[["estimate", "ci_lower", "ci_upper"]], said)
    right.set_yticks(rows, [f"{hour:g} h" for hour in steps.index])
    right.invert_yaxis()
    right.set_xlabel("step beyond the smooth decline, SD")
    right.grid(axis="x")
    return figure


def ceiling(
    scores: pd.DataFrame, found: NecessaryCondition, labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw outcome against condition with both ceilings, the empty corner above them tinted."""
    labels = labels or {}
    figure, axes = canvas(width=7.2, height=4.6)
    x, y = scores[found.condition], scores[found.outcome]
    _discs(axes, x, y)
    corners = found.step
    across = np.append(corners["x"].to_numpy(), x.max())
    up = np.append(corners["y"].to_numpy(), corners["y"].iloc[-1])
    axes.fill_between(across, up, y.max(), step="post", **theme.area(theme.ORANGE, 0.16))
    axes.step(across, up, where="post", color=theme.ORANGE, linewidth=2, label="CE-FDH")
    intercept, slope = found.line
    if np.isfinite(slope):
        ends = np.array([x.min(), min(x.max(), (y.max() - intercept) / slope if slope > 0 else x.max())])
        axes.plot(ends, intercept + slope * ends, color=theme.BLUE, linestyle=(0, (5, 3)), label="CR-FDH")
    axes.set_xlabel(f"{labels.get(found.condition, found.condition)} (mean of answers)")
    axes.set_ylabel(f"{labels.get(found.outcome, found.outcome)} (mean of answers)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    return figure


def _discs(axes: Axes, x: pd.Series, y: pd.Series) -> None:
    """Respondents with the same pair of scores as one ring, its area by their number."""
    counted = x.round(2).to_frame("x").assign(y=y.round(2)).value_counts().reset_index(name="n")
    size = 8 + 90 * counted["n"] / max(counted["n"].max(), 12)
    axes.scatter(counted["x"], counted["y"], s=size, facecolors="none", edgecolors=theme.GREY, linewidths=1.2)


def _twelfths(x: pd.Series, y: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import pandas as pd

    part = pd.qcut(x.rank(method="average"), 12, labels=False, duplicates="drop")
    grouped = y.groupby(part)
    half = INTERVAL_95 * grouped.std() / np.sqrt(grouped.size())
    return x.groupby(part).mean().to_numpy(), grouped.mean().to_numpy(), half.fillna(0.0).to_numpy()


def _colour(name: str, place: float) -> tuple[float, ...]:
    from matplotlib import colormaps

    return tuple(colormaps[name](place)[:3])
