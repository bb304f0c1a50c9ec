"""Figures of study 13: one effect by several designs, an interrupted series, looks at a trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.evaluation.forecasts import Forecasts
    from workbench.evaluation.interrupted_series import InterruptedSeries
    from workbench.regression import AdoptionEstimates, HonestBounds
    from workbench.studies.improvement import Looks

_INTERVAL = ["estimate", "ci_lower", "ci_upper"]
_LOOKS = ((theme.BLUE, "o", -0.16), (theme.GREEN, "s", 0.0), (theme.VERMILION, "D", 0.16))


def designs(
    table: pd.DataFrame, names: Mapping[str, str], *, unit: str, planted: float | None = None
) -> Figure:
    """Draw one effect as each design estimates it, with intervals; a line where the truth is known.

    Parameters
    ----------
    table : of `workbench.studies.improvement.side_by_side`. names : design -> words. unit : of the effect.
    planted : the true effect, where it is known.
    """
    figure, axes = canvas(height=0.52 * len(table) + 1.3)
    places = np.arange(len(table))[::-1]
    axes.axvline(0, color=theme.GREY, linewidth=1)
    axes.hlines(places, table["ci_lower"], table["ci_upper"], color=theme.BLUE, linewidth=2)
    axes.scatter(table["estimate"], places, color=theme.BLUE, s=38, zorder=3)
    said = [names.get(name, name) for name in table.index]
    hover.intervals(axes, places, table[_INTERVAL], said)
    axes.set_yticks(places, said)
    axes.set_ylim(-0.6, len(table) - 0.4 + (0.5 if planted is not None else 0))
    axes.set(xlabel=f"effect on {unit}")
    axes.grid(axis="x")
    if planted is not None:
        axes.axvline(planted, color=theme.VERMILION, linestyle="--", linewidth=1.4)
        text = f"in truth {numbers.number(planted)}"
        placing.place(axes, [planted], [len(table) - 0.35], [text], color=theme.VERMILION)
    return figure


def estimators(found: AdoptionEstimates, names: Mapping[str, str], *, unit: str) -> Figure:
    """Draw the effects by time since adoption of every estimator that has them.

    Parameters
    ----------
    found : of `workbench.regression.adoption_estimates`. names : estimator -> words. unit : of the effect.
    """
    figure, axes = canvas()
    axes.axhline(0, color=theme.GREY, linewidth=1)
    axes.axvline(-0.5, color=theme.GREY, linewidth=1, linestyle=":")
    there = found.event_study.index.get_level_values("estimator").unique()
    for name, (colour, marker, aside) in zip(there, _LOOKS, strict=False):
        study = found.event_study.loc[name]
        place = study.index.to_numpy(float) + aside
        axes.vlines(place, study["ci_lower"], study["ci_upper"], color=colour, linewidth=1.5)
        axes.scatter(
            place, study["estimate"], color=colour, marker=marker, s=30, zorder=3, label=names.get(name, name)
        )
        said = [f"{names.get(name, name)}, period {numbers.number(time, 0)}" for time in study.index]
        hover.intervals(axes, place, study[_INTERVAL], said, across=False)
    axes.legend(loc="upper left")
    axes.set_xticks(sorted(found.event_study.index.get_level_values("event_time").unique()))
    axes.set(xlabel="periods since adoption (0 is the first with it)", ylabel=f"effect on {unit}")
    axes.grid(axis="y")
    return figure


def bounds(found: HonestBounds, *, unit: str) -> Figure:
    """Draw what is left of the effect where trends may part M times as much as before adoption.

    Parameters
    ----------
    found : of `workbench.regression.honest_bounds`. unit : of the effect.
    """
    figure, axes = canvas(height=3.4)
    table, places = found.bounds, np.arange(len(found.bounds))
    axes.axhline(0, color=theme.GREY, linewidth=1)
    axes.vlines(places, table["ci_lower"], table["ci_upper"], color=theme.SKY, linewidth=2)
    axes.vlines(places, table["lower"], table["upper"], color=theme.BLUE, linewidth=6)
    middle = (table["lower"] + table["upper"]) / 2
    rows = np.column_stack([middle, table["ci_lower"], table["ci_upper"]])
    hover.intervals(axes, places, rows, [f"M = {value:g}, middle" for value in table.index], across=False)
    axes.set_xticks(places, [f"{value:g}" for value in table.index])
    axes.set_xlim(-0.5, len(table) - 0.5)
    axes.set(
        xlabel="M: how many times as much trends may part after adoption as before",
        ylabel=f"effect on {unit}",
    )
    axes.grid(axis="y")
    return figure


def interrupted(found: Mapping[str, InterruptedSeries], start: float, *, unit: str) -> Figure:
    """Draw each series with its lines before and after, and the line from before drawn on.

    Parameters
    ----------
    found : of `workbench.studies.improvement.interrupted`. start : first period of adoption. unit : of the
    values.
    """
    figure, panels = canvas(1, len(found), width=4.2 * len(found), height=3.6, squeeze=False)
    for axes, (name, one) in zip(panels[0], found.items(), strict=True):
        fitted = one.fitted
        before = fitted.index < start
        axes.axvline(start - 0.5, color=theme.GREY, linewidth=1, linestyle=":")
        axes.plot(fitted.index, fitted["without"], color=theme.GREY, linestyle="--", linewidth=1.4)
        for part in (before, ~before):
            axes.plot(fitted.index[part], fitted["fitted"][part], color=theme.BLUE, linewidth=1.8)
        axes.scatter(fitted.index, fitted["observed"], color=theme.BLUE, s=30, zorder=3)
        said = [f"period {period:g}: {numbers.number(value)}" for period, value in fitted["observed"].items()]
        hover.points(axes, fitted.index, fitted["observed"], said)
        axes.set_title(name)
        axes.set_xticks(fitted.index)
        axes.set_xlabel("period")
        axes.grid(axis="y")
    panels[0][0].set_ylabel(unit)
    return figure


def looks(found: Looks) -> Figure:
    """Draw the statistic after each look against the limit of one test and the limits that pay for all looks.

    Parameters
    ----------
    found : of `workbench.studies.improvement.by_looks`.
    """
    figure, axes = canvas(height=3.8)
    table, x = found.table, 100 * found.table["fraction"].to_numpy(float)
    axes.axhline(0, color=theme.GREY, linewidth=1)
    for sign in (-1, 1):
        named = ("limits that pay for the looks", "limit of a single test") if sign > 0 else (None, None)
        axes.plot(x, sign * table["limit"], color=theme.VERMILION, linewidth=1.6, label=named[0])
        axes.plot(x, sign * table["single"], color=theme.GREY, linestyle="--", linewidth=1.4, label=named[1])
    axes.plot(x, table["z"], color=theme.BLUE, marker="o", linewidth=1.8, label="the trial")
    said = [
        f"period {period:g}: z = {numbers.number(row.z)}, limit {numbers.number(row.limit)}"
        for period, row in zip(table.index, table.itertuples(), strict=True)
    ]
    hover.points(axes, x, table["z"], said)
    top = max(5.5, float(np.abs(table["z"]).max()) + 0.5)
    axes.set_ylim(min(-3.0, float(table["z"].min()) - 0.5), top)
    axes.set(xlabel="% of the customers seen so far", ylabel="z of the difference")
    axes.grid(axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=1)
    return figure


def forecast_errors(found: Forecasts) -> Figure:
    """Draw the mean absolute error of both methods by the period that is forecast.

    Parameters
    ----------
    found : of `workbench.evaluation.forecasts.rolling_forecasts`.
    """
    figure, axes = canvas(height=3.4)
    steps = found.steps
    for name, colour, marker in (("naive", theme.VERMILION, "s"), ("forecast", theme.BLUE, "o")):
        error = (steps["actual"] - steps[name]).abs().groupby(steps["period"]).mean()
        axes.plot(
            error.index,
            error,
            color=colour,
            marker=marker,
            label={"naive": "nothing changes"}.get(name, name),
        )
        said = [f"{name}, period {period:g}: {numbers.number(value, 3)}" for period, value in error.items()]
        hover.points(axes, error.index, error, said)
    axes.set_ylim(bottom=0)
    axes.set_xticks(sorted(steps["period"].unique()))
    axes.legend(loc="lower right")
    axes.set(xlabel="period that is forecast", ylabel="mean absolute error")
    axes.grid(axis="y")
    return figure
