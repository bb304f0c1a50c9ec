"""Figures of study 16: power over n, and the fit measures where a model is true and where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing, widen
from workbench.show.sample_size_words import MEASURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.sem.fit_cutoffs import Cutoffs
    from workbench.studies.sample_size import Curves

MOST_COLOURS = len(theme.CYCLE)


def power_curves(found: Curves, at_hand: int = 0) -> Figure:
    """Draw power over n, a line and a band of simulation error for each hypothesis.

    Parameters
    ----------
    found : of `workbench.studies.sample_size.curves`. at_hand : respondents that there are; 0: none yet.
    """
    figure, axes = canvas(height=4.4)
    n = np.array(found.sizes)
    ends = []
    for place, (name, power) in enumerate(found.power.items()):
        colour = theme.CYCLE[place % MOST_COLOURS]
        half = found.error(power)
        low, high = (power - half).clip(0, 1), (power + half).clip(0, 1)
        axes.fill_between(n, low, high, **theme.area(colour, 0.18))
        axes.plot(
            n,
            power,
            color=colour,
            marker="o",
            markersize=4,
            linestyle="-" if place < MOST_COLOURS else "--",
            label=name,
        )
        said = [
            f"{name}, n = {numbers.count(size)}: {numbers.estimate(value, (a, b), bounded=True)}"
            for size, value, a, b in zip(n, power, low, high, strict=True)
        ]
        hover.points(axes, n, power, said)
        ends.append((name, colour))
    for share in (0.8, 0.9):
        axes.axhline(share, color=theme.GREY, linewidth=1, linestyle="-" if share == 0.8 else ":")
    if at_hand:
        axes.axvline(at_hand, color=theme.GREY, linewidth=1, linestyle="--")
    axes.set_xscale("log")
    shown = n if len(n) <= 9 else n[:: len(n) // 7]
    axes.set_xticks(shown, [numbers.count(size) for size in shown])
    axes.minorticks_off()
    axes.set_ylim(0, 1.02)
    axes.set(xlabel="respondents", ylabel="power")
    axes.legend(loc="lower right", ncols=1 if len(ends) < 7 else 2)
    axes.grid(axis="y")
    if at_hand:
        placing.place(
            axes, [at_hand], [0.04], [f"at hand, n = {numbers.count(at_hand)}"], size=9, color=theme.SOFT
        )
    return figure


def fit_marks(found: Cutoffs) -> Figure:
    """Draw the distribution of CFI, RMSEA and SRMR with the true model and with the gravest wrong one.

    Parameters
    ----------
    found : of `workbench.sem.cutoffs`.
    """
    import seaborn as sns

    wrong = list(found.draws_of)[-1]
    figure, axes = canvas(1, 3, height=3.3)
    widen(figure)
    for (measure, word), one in zip(MEASURES.items(), axes, strict=True):
        for name, colour in (("true", theme.BLUE), (wrong, theme.VERMILION)):
            values = found.draws_of[name][measure]
            if values.nunique() > 1:
                sns.kdeplot(
                    x=values, ax=one, color=colour, fill=True, alpha=0.25, linewidth=1.4, cut=0,
                    label="model true" if name == "true" else "model wrong",
                )  # fmt: skip
        row = found.table.loc[(wrong, measure)]
        one.axvline(row["mark"], color=theme.BLACK, linewidth=1, linestyle=":", label="usual mark")
        if np.isfinite(float(row["cutoff"])):
            one.axvline(row["cutoff"], color=theme.BLACK, linewidth=1.4, label="cut-off of this model")
        one.set(xlabel=word, ylabel="", yticks=[])
        one.spines["left"].set_visible(False)
        one.locator_params(axis="x", nbins=4)
    handles: Mapping[str, Any] = {
        text: handle for one in axes for handle, text in zip(*one.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=len(handles))
    return figure
