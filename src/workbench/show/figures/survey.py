"""Pictures of a questionnaire's answers: diverging bars, missing-data patterns, flags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.survey.codebook import Codebook, Scale
    from workbench.survey.distributions import ItemDistributions, PlaceTrend
    from workbench.survey.missing import MissingData
    from workbench.survey.screening import Screening

MOST_ROWS = 40  # beyond this a bar is a construct, not an item
LOW, MIDDLE, HIGH = theme.VERMILION, "#d9dfe5", theme.BLUE  # a grey that stays where a page turns dark


def likert(distributions: ItemDistributions, codebook: Codebook) -> Figure:
    """Draw diverging bars: shares of each answer, the scale's middle on the zero line; one panel a scale.

    With more than forty items a bar is the mean over the items of a construct, reversed items turned. Where
    every scale is continuous there are no shares, and means with their standard deviations are drawn.
    """
    shares = distributions.shares.copy()
    if shares.empty:
        return _means(distributions, codebook)
    scales = {name: codebook.constructs[codebook.items[name].construct].scale_name for name in shares.index}
    if len(shares) > MOST_ROWS:
        homes = {name: codebook.items[name].construct for name in shares.index}
        for name in shares.index:
            if codebook.items[name].reverse:
                steps = shares.columns[shares.loc[name].notna()]
                shares.loc[name, steps] = shares.loc[name, steps[::-1]].to_numpy()
        scales = {homes[name]: scale for name, scale in scales.items()}
        shares = shares.groupby(homes, sort=False).mean()
    panels = {
        scale: shares[[scales[name] == scale for name in shares.index]]
        for scale in dict.fromkeys(scales.values())
    }
    heights = [len(part) + 2.2 for part in panels.values()]
    figure, axes = canvas(
        len(panels), 1, height=0.32 * sum(heights) + 0.4, squeeze=False, height_ratios=heights
    )
    for axis, (name, part) in zip(axes[:, 0], panels.items(), strict=True):
        _diverging(axis, part.dropna(axis=1, how="all"), codebook, codebook.scales[name])
    return figure


def _diverging(axes: Axes, shares: pd.DataFrame, codebook: Codebook, scale: Scale) -> None:
    steps = shares.columns.to_numpy(dtype=float)
    middle = (scale.min + scale.max) / 2
    values = shares.to_numpy() * 100
    left = -values[:, steps < middle].sum(axis=1) - values[:, steps == middle].sum(axis=1) / 2
    places = np.arange(len(shares))
    words = _labels(shares.index, codebook)
    for number, step in enumerate(steps):
        colour, strength = MIDDLE, 1.0
        if step != middle:
            colour = LOW if step < middle else HIGH
            strength = 0.3 + 0.7 * abs(step - middle) / (scale.max - middle)
        ground = _paler(colour, strength)
        edge = theme.GREY if step == middle else colour  # a pale part has the edge of its full colour
        bars = axes.barh(
            places, values[:, number], left=left, height=0.72, color=ground, edgecolor=edge, linewidth=0.8
        )
        texts = [
            f"{name}, {_end(scale, step)}: {share:.0f} %"
            for name, share in zip(words, values[:, number], strict=True)
        ]
        hover.describe(bars, texts)
        for place, (start, width) in enumerate(zip(left, values[:, number], strict=True)):
            if width >= 6 and len(steps) <= 7:
                axes.text(
                    start + width / 2,
                    place,
                    f"{width:.0f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=theme.letters_on(ground),
                )
        left = left + values[:, number]
    axes.axvline(0, color=theme.GREY, linewidth=0.8, zorder=0)
    axes.set_yticks(places, words)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.set_xlabel(f"{_end(scale, scale.min)}  ←  % of answers  →  {_end(scale, scale.max)}")
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=8)  # the longest bar begins at the edge


def _paler(colour: str, strength: float) -> tuple[float, float, float]:
    """A colour mixed with white; not a transparent one, whose ground would be dark where a page is."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def _means(distributions: ItemDistributions, codebook: Codebook) -> Figure:
    items = distributions.items
    figure, axes = canvas(height=0.3 * len(items) + 1.2)
    places = np.arange(len(items))
    axes.hlines(
        places, items["mean"] - items["sd"], items["mean"] + items["sd"], color=theme.GREY, linewidth=2
    )
    axes.scatter(items["mean"], places, color=theme.BLUE, s=30, zorder=3)
    words = _labels(items.index, codebook)
    hover.points(
        axes, items["mean"], places,
        [f"{word}: mean {mean:.2f}, SD {sd:.2f}"
         for word, mean, sd in zip(words, items["mean"], items["sd"], strict=True)],
    )  # fmt: skip
    axes.set_yticks(places, words)
    axes.set_xlabel("mean, and one standard deviation to each side")
    axes.set_ylim(len(items) - 0.4, -0.6)
    return figure


def _labels(names: Iterable[str], codebook: Codebook, most: int = 46) -> list[str]:
    """Labels of items or constructs; one that has to be cut begins with the name, so that all stay apart."""
    texts = {name: codebook.label(name) for name in names}
    return [
        text if len(text) <= most or text == name else f"{name}: {_short(text, most - len(name) - 2)}"
        for name, text in texts.items()
    ]


def _end(scale: Scale, code: float) -> str:
    label = str(scale.labels[code]) if code in scale.labels else ""
    return f"{code:g} {label}".strip()


def _short(text: str, most: int = 46) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def missing_patterns(result: MissingData, codebook: Codebook, *, most: int = 20) -> Figure:
    """Draw the most frequent patterns of missing answers as rows, items as columns, respondents at the right.

    Items are those with missing answers, at most thirty: the ones with most.
    """
    often = result.items["missing"].nlargest(30)
    gone = [name for name in result.items.index if often.get(name, 0) > 0]
    patterns = result.patterns.head(most)
    figure, axes = canvas(width=max(5.0, 0.34 * len(gone) + 2.4), height=0.26 * len(patterns) + 2.0)
    for row, pattern in enumerate(patterns[gone].to_numpy(dtype=bool)):
        axes.scatter(np.arange(len(gone))[~pattern], np.full((~pattern).sum(), row), s=26, color=theme.PALE)
        axes.scatter(
            np.arange(len(gone))[pattern],
            np.full(pattern.sum(), row),
            s=34,
            color=theme.VERMILION,
            marker="s",
        )
        axes.text(len(gone) - 0.3, row, f"{patterns['respondents'].iloc[row]:d}", va="center", fontsize=9)
    axes.set_xticks(np.arange(len(gone)), _labels(gone, codebook, 28), rotation=60, ha="right")
    axes.set_yticks([])
    axes.set_ylim(len(patterns) - 0.4, -1.4)
    axes.set_xlim(-0.6, len(gone) + 0.9)
    axes.text(len(gone) - 0.3, -1.0, "n", va="center", fontsize=9, color=theme.GREY)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    return figure


def careless(result: Screening, *, longest_share: float = 0.5, even_odd: float = 0.3) -> Figure:
    """Draw two indices against each other: longest run of one answer, and consistency of the halves.

    Where consistency could not be assessed, the longest run alone, by number of respondents.
    """
    people, flags = result.respondents, result.flags
    if people["even_odd"].isna().all():
        return _runs(people["longest_share"].dropna(), longest_share)
    figure, axes = canvas(height=4.2)
    drawn = people[["longest_share", "even_odd"]].notna().all(axis=1)
    several = drawn & (flags["count"] > 1)
    for chosen, colour, size in (
        (drawn & ~several, theme.GREY, 14),
        (several, theme.VERMILION, 30),
    ):
        axes.scatter(
            people.loc[chosen, "longest_share"] * 100, people.loc[chosen, "even_odd"], s=size, color=colour
        )
    axes.axvline(longest_share * 100, color=theme.BLACK, linewidth=0.8, linestyle="--")
    axes.axhline(even_odd, color=theme.BLACK, linewidth=0.8, linestyle="--")
    axes.set_xlim(0, 102)
    axes.set_ylim(-1.05, 1.05)
    axes.set_xlabel("longest run of one answer, % of the answers given")
    axes.set_ylabel("even-odd consistency (−1 to 1)")
    return figure


def _runs(shares: pd.Series, cut_off: float) -> Figure:
    figure, axes = canvas(height=3.2)
    axes.hist(shares * 100, bins=np.arange(0, 101, 5), color=theme.BLUE)
    axes.axvline(cut_off * 100, color=theme.BLACK, linewidth=0.8, linestyle="--")
    axes.set_xlim(0, 102)
    axes.set_xlabel("longest run of one answer, % of the answers given")
    axes.set_ylabel("respondents")
    return figure


def missing_by_place(trend: PlaceTrend) -> Figure:
    """Draw the share of missing answers of each item by its place in the questionnaire."""
    figure, axes = canvas(height=3.2)
    items = trend.items
    axes.vlines(items["place"], 0, items["missing"] * 100, color=theme.PALE, linewidth=2, zorder=1)
    axes.scatter(items["place"], items["missing"] * 100, s=18, color=theme.BLUE, zorder=3)
    said = [f"{row.item}, place {row.place:g}: {100 * row.missing:.1f} %" for row in items.itertuples()]
    hover.points(axes, items["place"], items["missing"] * 100, said)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("place of the question")
    axes.set_ylabel("missing, % of respondents")
    most = items[items["missing"] > 0].nlargest(4, "missing")
    placing.place(axes, most["place"], 100 * most["missing"], [str(item) for item in most["item"]], size=8.5)
    return figure
