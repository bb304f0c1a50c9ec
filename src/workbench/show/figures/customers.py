"""Figures of study 15: how long customers stay, how good a warning is, what purchases are expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.evaluation import warning_scores as ws
from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THRESHOLDS = np.linspace(0.01, 0.40, 40)


def staying(curves: Mapping[str, pd.DataFrame], unit: str) -> Figure:
    """Draw Kaplan–Meier's curves with their bands.

    Parameters
    ----------
    curves : level -> of `workbench.evaluation.survival.kaplan_meier`.
    unit : what time counts, such as ``periods followed``.
    """
    figure, axes = canvas(height=3.9)
    for colour, (level, table) in zip(theme.CYCLE, curves.items(), strict=False):
        time = np.concatenate([[0.0], table.index.to_numpy(dtype=float)])
        share, low, high = (
            np.concatenate([[1.0], table[name].to_numpy()]) for name in ("share", "ci_lower", "ci_upper")
        )
        axes.fill_between(time, low, high, step="post", **theme.area(colour, 0.15))
        axes.step(time, share, where="post", color=colour, label=level)
        said = [
            f"{level}, {unit}: {numbers.count(t)}; {numbers.percent(s)} still customers"
            for t, s in zip(time, share, strict=True)
        ]
        hover.points(axes, time, share, said)
    lowest = min(float(table["ci_lower"].min()) for table in curves.values())
    axes.set_ylim(0.5 if lowest > 0.5 else 0.0, 1.02)
    axes.set(xlabel=unit, ylabel="share still customers")
    if len(curves) > 1:
        _named_at_their_ends(axes, curves)
    return figure


def _named_at_their_ends(axes: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    """Write each level beside the end of its curve; in a legend it had to be sought by its colour."""
    low, high = axes.get_ylim()
    colours = dict(zip(curves, theme.CYCLE, strict=False))
    shares = {level: float(curves[level]["share"].iloc[-1]) for level in colours}
    ordered = sorted(shares, key=lambda level: shares[level])
    places = placing.spread(np.array([shares[level] for level in ordered]), 0.055 * (high - low))
    end = max(float(table.index[-1]) for table in curves.values())
    for level, place in zip(ordered, places, strict=True):
        last = float(curves[level].index[-1])
        axes.plot([last, 1.03 * end], [shares[level], place], color=colours[level], linewidth=0.8)
        axes.text(1.04 * end, place, level, va="center", fontsize=9.5, color=colours[level])
    axes.set_xlim(0, 1.04 * end)


def warning(
    happened: np.ndarray, scores: Mapping[str, np.ndarray], chance: np.ndarray, threshold: float
) -> Figure:
    """Draw the ROC curve of each score, the calibration of a chance, and its net benefit by threshold.

    Parameters
    ----------
    happened : 1 for those who left. scores : name -> score, the first in colour. chance : predicted.
    threshold : fixed beforehand, marked.
    """
    figure, (roc, calibrated, benefit) = canvas(1, 3, height=3.4, width=8.6)
    y = np.asarray(happened, dtype=float)
    for colour, (name, score) in zip((theme.BLUE, theme.VERMILION), scores.items(), strict=False):
        order = np.argsort(-np.asarray(score), kind="stable")
        ends = np.r_[np.diff(np.asarray(score)[order]) != 0, True]
        right = np.r_[0.0, np.cumsum(y[order])[ends] / y.sum()]
        wrong = np.r_[0.0, np.cumsum(1 - y[order])[ends] / (1 - y).sum()]
        roc.plot(wrong, right, color=colour, label=name)
    roc.plot([0, 1], [0, 1], color=theme.GREY, linewidth=1, linestyle=":")
    roc.set(xlabel="stayed, warned of", ylabel="left, warned of", xlim=(0, 1), ylim=(0, 1.01))
    roc.legend(loc="lower right", fontsize=9)
    table = ws.calibration(y, chance)
    top = 1.05 * float(max(table["ci_upper"].max(), table["predicted"].max()))
    calibrated.plot([0, top], [0, top], color=theme.GREY, linewidth=1, linestyle=":")
    gaps = np.array([table["observed"] - table["ci_lower"], table["ci_upper"] - table["observed"]]).clip(0)
    calibrated.errorbar(
        table["predicted"], table["observed"], yerr=gaps, fmt="o", markersize=4, color=theme.BLUE, linewidth=1
    )
    calibrated.set(xlabel="predicted chance", ylabel="share who left", xlim=(0, top), ylim=(0, top))
    found: dict[str, list[float]] = {key: [] for key in ("model", "all")}
    for at in THRESHOLDS:
        worth = ws.net_benefit(y, chance, float(at))
        for key, values in found.items():
            values.append(worth[key].estimate)
    benefit.plot(THRESHOLDS, found["model"], color=theme.BLUE, label="by the score")
    benefit.plot(THRESHOLDS, found["all"], color=theme.VERMILION, label="warn everyone")
    benefit.axhline(0, color=theme.GREY, linewidth=1, label="warn no one")
    benefit.axvline(threshold, color=theme.BLACK, linewidth=1, linestyle=":")
    benefit.set_ylim(-0.2 * float(y.mean()), 1.1 * float(y.mean()))
    benefit.set(xlabel="threshold", ylabel="net benefit")
    benefit.legend(loc="upper right", fontsize=9)
    return figure


def purchases_check(table: pd.DataFrame) -> Figure:
    """Draw real and expected purchases of the time held out, by purchases before.

    Parameters
    ----------
    table : of ``Worth.check``: index purchases before; expected, real, customers.
    """
    figure, axes = canvas(height=3.3)
    places = np.arange(len(table))
    for shift, name, colour in ((-0.2, "expected", theme.BLUE), (0.2, "real", theme.VERMILION)):
        axes.bar(places + shift, table[name], width=0.38, color=colour, label=name)
        said = [
            f"{label} before, {name}: {numbers.number(value, 1)} purchases"
            for label, value in table[name].items()
        ]
        hover.points(axes, places + shift, table[name].to_numpy(), said)
    axes.set_xticks(places, [str(label) for label in table.index])
    axes.set(xlabel="purchases before", ylabel="mean purchases after")
    axes.legend(loc="upper left")
    return figure
