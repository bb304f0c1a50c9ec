"""Pictures of printed cases: changes whose uncertainty is not known, and the customers they would need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover
from workbench.studies.case_evidence import as_printed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

UNKNOWN = (0, (1, 2.2))


def forest(
    cases: pd.DataFrame, around: pd.DataFrame, customers: float | None, labels: Mapping[str, str]
) -> Figure:
    """Draw every change as printed; what its interval would be is drawn only where two shares are known.

    Parameters
    ----------
    cases : of ``printed.cases`` with a change in per cent. around : points, ci_lower, ci_upper by row of the
        cases with two shares. customers : for whom these intervals are computed; None: those that were asked.
    labels : case -> words.
    """
    rows = np.arange(len(cases))
    figure, axes = canvas(width=7.6, height=1.4 + 0.33 * len(cases))
    axes.axvline(0, color=theme.GREY, linewidth=1)
    reach = float(cases["points"].abs().max())
    for row, (place, one) in zip(rows, cases.iterrows(), strict=True):
        if place in around.index:
            low, high = around.loc[place, ["ci_lower", "ci_upper"]]
            axes.hlines(row, low, high, color=theme.BLUE, linewidth=1.8)
            axes.scatter([one["points"]], [row], color=theme.BLUE, s=34, zorder=3)
            relative = 100 * one["relative"]
            if np.isfinite(relative) and abs(relative - one["points"]) > 0.5:
                axes.scatter(
                    [relative],
                    [row],
                    facecolors="white",
                    edgecolors=theme.VERMILION,
                    marker="D",
                    s=30,
                    zorder=3,
                )
        else:
            axes.hlines(
                row,
                one["points"] - 0.35 * reach,
                one["points"] + 0.35 * reach,
                color=theme.GREY,
                linestyle=UNKNOWN,
                linewidth=1.4,
            )
            axes.scatter([one["points"]], [row], facecolors="white", edgecolors=theme.SOFT, s=34, zorder=3)
    keys = [(one.case, one.measure, as_printed(one)) for one in cases.itertuples()]
    names = _names(keys, labels)
    hover.points(
        axes, cases["points"], rows,
        [f"{name}: {numbers.number(points, 1)} points"
         for name, points in zip(names, cases["points"], strict=True)],
    )  # fmt: skip
    axes.set_yticks(rows, names)
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("change in points; diamond: the same change in % of the start")
    axes.grid(axis="x")
    return figure


def _names(keys: Sequence[tuple[str, str, str]], labels: Mapping[str, str]) -> list[str]:
    """Case and measure of every row, with what is printed where a case has two figures on one measure."""
    often = Counter(key[:2] for key in keys)
    return [
        f"{labels.get(case, case)}: {measure}{f', {printed}' if often[case, measure] > 1 else ''}".replace(
            "$", r"\$"
        )
        for case, measure, printed in keys
    ]


def customers(needed: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """Draw how many customers each change would need on each occasion, over the starts it may have had."""
    looks = {
        "points": (theme.BLUE, "o", 0.14),
        "relative": (theme.VERMILION, "D", -0.14),
        "as printed": (theme.BLACK, "s", 0.0),
    }
    keys = list(dict.fromkeys(zip(needed["case"], needed["measure"], needed["printed"], strict=True)))
    place = {key: row for row, key in enumerate(keys)}
    figure, axes = canvas(width=7.6, height=1.5 + 0.36 * len(keys))
    for reading, (colour, marker, shift) in looks.items():
        part = needed[needed["reading"] == reading]
        if not len(part):
            continue
        own = zip(part["case"], part["measure"], part["printed"], strict=True)
        y = np.array([place[key] for key in own]) - shift
        axes.hlines(y, part["fewest"], part["most"], color=colour, linewidth=1.8)
        said = [
            f"{labels.get(one.case, one.case)}, {one.measure}, {reading}: "
            f"{numbers.count(one.fewest)} to {numbers.count(one.most)} customers"
            for one in part.itertuples()
        ]
        hover.points(axes, part["most"], y, said)
        for end in ("fewest", "most"):
            axes.scatter(
                part[end],
                y,
                color=colour,
                marker=marker,
                s=22,
                zorder=3,
                label=reading if end == "most" else None,
            )
    axes.set_xscale("log")
    ticks = [10, 30, 100, 300, 1000, 3000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(keys)), _names(keys, labels))
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("customers asked on each occasion")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    axes.grid(axis="x")
    return figure
