"""Pictures of structural models: effects, differences between effects, the same effect by many routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = tuple[str, str, str]
LINE = 36  # characters of a name before it is broken
STYLES = ((theme.BLUE, "o"), (theme.VERMILION, "s"), (theme.GREEN, "D"))


def effects(
    table: pd.DataFrame,
    series: Mapping[str, Interval],
    labels: Mapping[str, str] | None = None,
    *,
    xlabel: str = "standard deviations for one standard deviation more",
    truth: Mapping[str, float] | None = None,
) -> Figure:
    """Draw effects with their intervals, one row per effect; several estimates of one effect side by side.

    Parameters
    ----------
    table : one row per effect, indexed by name.
    series : name -> its columns (estimate, lower, upper); drawn in this order, hollow where the interval
        holds zero.
    labels : readable name by row.
    truth : planted value by row (simulated data), as a vertical mark.
    """
    names = list(table.index)
    rows = np.arange(len(names))[::-1]
    figure, axes = canvas(width=7.2, height=1.5 + (0.28 + 0.14 * len(series)) * len(names))
    axes.axvline(0, color=theme.GREY, linewidth=1)
    shift = np.linspace(0.16, -0.16, len(series)) if len(series) > 1 else [0.0]
    for (name, columns), (colour, marker), up in zip(series.items(), STYLES, shift, strict=False):
        values = table[list(columns)].to_numpy(dtype=float)
        said = [str((labels or {}).get(row, row)) + f", {name}" * (len(series) > 1) for row in names]
        hover.intervals(axes, rows + up, values, said)
        _forest(axes, values, rows + up, colour, marker, name)
    if truth:
        at = [(truth[name], row) for name, row in zip(names, rows, strict=True) if name in truth]
        axes.plot(*zip(*at, strict=True), "|", color=theme.BLACK, markersize=16, label="planted", zorder=4)
    axes.set_yticks(rows, [fill(_plain((labels or {}).get(name, name)), LINE) for name in names])
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlabel(xlabel)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    if len(series) > 1 or truth:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
    return figure


def routes(
    table: pd.DataFrame, panels: Mapping[str, Interval], *, headline: Sequence[str] | str | None = None
) -> Figure:
    """Draw the same quantities by many routes: a panel a quantity, a row for each route, rows grouped.

    Parameters
    ----------
    table : indexed by (group, route). panels : title -> columns (estimate, lower, upper).
    headline : the row that the study rests on, filled in another colour.
    """
    keys = list(table.index)
    groups = list(dict.fromkeys(key[0] for key in keys))
    rows = -np.array([number + 0.8 * groups.index(key[0]) for number, key in enumerate(keys)])
    figure, axes = canvas(
        1,
        len(panels),
        width=3.0 + 2.1 * len(panels),
        height=1.3 + 0.3 * len(keys),
        sharey=True,
        squeeze=False,
    )
    main = np.array([key == tuple(headline or ()) for key in keys])
    for panel, (title, columns) in zip(axes[0], panels.items(), strict=True):
        values = table[list(columns)].to_numpy(dtype=float)
        _forest(panel, values[~main], rows[~main], theme.GREY, "o")
        _forest(panel, values[main], rows[main], theme.BLUE, "o")
        hover.intervals(panel, rows, values, [f"{title}, {route}, {group}" for group, route in keys])
        panel.axvline(0, color=theme.GREY, linewidth=1)
        panel.set_title(title)
        panel.set_xlim(left=min(0, values.min()) - 0.02)
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0)
    axes[0][0].set_yticks(rows, [f"{_plain(route)}, {_plain(group)}" for group, route in keys])
    figure.supxlabel("standardized, 95 % interval", fontsize=10.5)
    return figure


def hidden_cause(
    points: pd.DataFrame, marks: Mapping[str, tuple[float, float]], labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw how strong an unmeasured common cause must be: its two paths, and where they undo an effect.

    Parameters
    ----------
    points : by outcome est and limit, the effect and the end of its interval nearer to 0; a curve where the
        product of the two paths equals each (solid: the interval reaches 0; dashed: the estimate does).
    marks : name -> (path to the cause, path to the outcome) of causes that are known, as points; of several
        close together the strongest is named.
    """
    figure, axes = canvas(width=6.4, height=4.6)
    across = np.linspace(0.02, 1, 200)
    # The wider line lies below: of two that coincide both are seen.
    for (outcome, row), (colour, _), broad in zip(points.iterrows(), STYLES, (4.5, 1.8, 1.0), strict=False):
        name = _plain((labels or {}).get(outcome, outcome))
        for value, dash, what in (
            (row["limit"], "-", "interval at 0"),
            (abs(row["est"]), "--", "effect at 0"),
        ):
            if value > 0:
                axes.plot(
                    across, value / across, dash, color=colour, linewidth=broad, label=f"{name}: {what}"
                )
    ends = np.array(list(marks.values()), dtype=float).reshape(-1, 2)
    axes.plot(*ends.T, "D", color=theme.BLACK, markersize=5)
    hover.points(
        axes,
        ends[:, 0],
        ends[:, 1],
        [f"{name}: {numbers.number(x)} to the cause, {numbers.number(y)} to the outcome"
         for name, (x, y) in marks.items()],
    )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("path of the hidden cause to CRM use")
    axes.set_ylabel("path to the outcome")
    axes.grid()
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    named: list[str] = []
    for name, (x, y) in sorted(marks.items(), key=lambda mark: -sum(mark[1])):
        near = [marks[other] for other in named]
        if not any(abs(x - a) < 0.35 and abs(y - b) < 0.06 for a, b in near):
            named.append(name)  # one that is weaker than another nearby keeps its mark alone
    kept = np.array([marks[name] for name in named]).reshape(-1, 2)
    placing.place(axes, kept[:, 0], kept[:, 1], list(map(_plain, named)))
    return figure


def _forest(
    axes: Axes, values: np.ndarray, rows: np.ndarray, colour: str, marker: str, name: str = ""
) -> None:
    """Estimates with intervals along x; hollow where the interval holds zero."""
    axes.hlines(rows, values[:, 1], values[:, 2], color=colour, linewidth=1.8)
    clear = (values[:, 1] > 0) | (values[:, 2] < 0)
    faces = [colour if full else "white" for full in clear]
    axes.scatter(values[:, 0], rows, c=faces, edgecolors=colour, marker=marker, s=34, zorder=3)
    if name:
        axes.plot([], [], marker, color=colour, label=name)


def _plain(text: str) -> str:
    """Dollar signs stay text; matplotlib would read them as mathematics."""
    return str(text).replace("$", r"\$")
