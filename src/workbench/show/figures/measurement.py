"""Pictures of measurement: scree, loadings, discriminant validity, reliability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from workbench.measurement.discriminant import HtmtInterval, ReliabilityTable
    from workbench.measurement.factors import FactorSolution
    from workbench.measurement.number_of_factors import ParallelAnalysis


def scree(result: ParallelAnalysis, *, factors: bool = True) -> Figure:
    """Draw eigenvalues in order beside their reference from unrelated data.

    factors : factor eigenvalues (of the reduced matrix), else component eigenvalues.
    """
    kind = "factor" if factors else "component"
    count = result.n_factors if factors else result.n_components
    table = result.table
    figure, axes = canvas(width=7.2, height=4.2)
    number = table.index.to_numpy()
    axes.plot(number, table[kind], color=theme.GREY, linewidth=1.2, zorder=2)
    kept = number <= count
    axes.plot(number[kept], table[kind][kept], "o", color=theme.BLUE, markersize=7, zorder=3, label="kept")
    axes.plot(
        number[~kept], table[kind][~kept], "o", color=theme.BLUE, markerfacecolor="white", zorder=3,
        label="not kept",
    )  # fmt: skip
    axes.plot(
        number,
        table[f"{kind}_reference"],
        color=theme.VERMILION,
        linestyle="--",
        label=f"{numbers.percent(result.quantile)} point of {result.draws:,} {_unrelated(result.kind)}",
    )
    reference = table[f"{kind}_reference"]
    hover.points(
        axes, number, table[kind],
        [f"{kind} {at}: {numbers.number(value)}, unrelated data {numbers.number(chance)}"
         for at, value, chance in zip(number, table[kind], reference, strict=True)],
    )  # fmt: skip
    axes.axhline(0, color=theme.PALE, linewidth=0.8, zorder=1)
    axes.set_xlabel(f"{kind.capitalize()} number")
    axes.set_ylabel("Eigenvalue")
    axes.set_xticks(number if len(number) <= 15 else number[::2])
    axes.legend(loc="upper right")
    return figure


def loading_map(
    solution: FactorSolution, labels: Mapping[str, str] | None = None, *, least: float = 0.3
) -> Figure:
    """Draw every loading as a coloured cell with its number, items grouped by their strongest factor.

    labels : wording by item, shown behind its name. least : smaller loadings are left without a number.
    """
    table = solution.table()
    loadings = table[list(solution.loadings.columns)].to_numpy()
    items, size = list(table.index), loadings.shape[1]
    figure, axes = canvas(width=3.2 + 0.85 * size + (2.6 if labels else 0), height=1.1 + 0.27 * len(items))
    numeral = np.vectorize(lambda value: numbers.number(value, bounded=True) if abs(value) >= least else "")
    written = numeral(loadings)
    said = [
        f"{_named(item, labels)} on {factor}: {numbers.number(value, bounded=True)}"
        for item, row in zip(items, loadings, strict=True)
        for factor, value in zip(solution.loadings.columns, row, strict=True)
    ]
    _cells(axes, loadings, written, _diverging(), -1, 1, said)
    share = solution.variance["share_of_variance"]
    axes.set_xticklabels([f"{name}\n{numbers.percent(share[name])}" for name in solution.loadings.columns])
    axes.set_yticklabels([_named(item, labels) for item in items], rotation=0)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return figure


def htmt_matrix(result: HtmtInterval, labels: Mapping[str, str] | None = None) -> Figure:
    """Draw the ratio of every pair with its interval; dark where constructs are hardly apart, framed where
    the interval reaches .90.
    """
    from matplotlib.patches import Rectangle

    names = list(result.matrix.index)
    size = len(names)
    figure, axes = canvas(width=2.2 + 1.15 * size, height=1.2 + 0.72 * size)
    shown, written = np.full((size, size), np.nan), np.full((size, size), "", dtype=object)
    for row in result.table.itertuples():
        i, j = names.index(row.construct_b), names.index(row.construct_a)
        limits = numbers.interval(row.lower, row.upper, bounded=True)
        shown[i, j], written[i, j] = row.htmt, f"{numbers.number(row.htmt, bounded=True)}\n{limits}"
        if not row.below_090:
            frame: dict[str, Any] = {"fill": False, "edgecolor": theme.VERMILION, "linewidth": 2, "zorder": 3}
            axes.add_patch(Rectangle((j + 0.04, i - 0.96), 0.92, 0.92, **frame))
    words = [_named(name, labels, alone=True) for name in names]
    said = [
        f"{a} – {b}: {written[i, j]}".replace("\n", " ")
        for i, a in enumerate(words[1:], 1)
        for j, b in enumerate(words[:-1])
    ]
    _cells(axes, shown[1:, :-1], written[1:, :-1], _sequential(), 0, 1, said)
    axes.set_xticklabels([_named(name, labels, alone=True) for name in names[:-1]], rotation=20)
    axes.set_yticklabels([_named(name, labels, alone=True) for name in names[1:]], rotation=0)
    axes.tick_params(length=0)
    return figure


def _cells(
    axes: Axes,
    values: np.ndarray,
    written: np.ndarray,
    colours: Colormap,
    least: float,
    most: float,
    said: list[str],
) -> None:
    """Values as coloured cells with their texts; letters keep their colour where a page is turned dark."""
    import seaborn

    look = {"cmap": colours, "vmin": least, "vmax": most, "cbar": False, "linewidths": 1.2}
    seaborn.heatmap(values, ax=axes, annot=written, fmt="", annot_kws={"fontsize": 10}, **look)
    hover.describe_parts(axes.collections[0], said)
    grounds = colours((values[~np.isnan(values)] - least) / (most - least))
    for text, ground in zip(list(axes.texts), grounds, strict=True):
        text.set_color(theme.letters_on(ground))
        if not text.get_text():
            text.remove()


def reliability(result: ReliabilityTable, labels: Mapping[str, str] | None = None) -> Figure:
    """Draw alpha and omega of every construct with their intervals, against the mark of 0.7."""
    table = result.table
    rows = np.arange(len(table))
    figure, axes = canvas(width=7.2, height=1.3 + 0.5 * len(table))
    axes.axvline(0.7, color=theme.GREY, linewidth=1, linestyle=":")
    words = [_named(name, labels, alone=True) for name in table.index]
    _intervals(axes, rows - 0.14, table, "alpha", theme.BLUE, "o", words)
    if "omega" in table:
        _intervals(axes, rows + 0.14, table, "omega", theme.VERMILION, "s", words)
    axes.set_yticks(rows, words)
    axes.set_ylim(len(table) - 0.5, -0.5)
    ends = [column for column in table if column.endswith("_lower")]
    axes.set_xlim(min(0.7, np.nanmin(table[ends].to_numpy(dtype=float))) - 0.03, 1)
    axes.set_xlabel(f"Reliability, {numbers.percent(result.confidence)} interval")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return figure


def _intervals(
    axes: Axes,
    places: np.ndarray,
    table: pd.DataFrame,
    name: str,
    colour: str,
    marker: str,
    words: list[str],
) -> None:
    value = table[name].to_numpy(dtype=float)
    lower, upper = (table[f"{name}_{end}"].to_numpy(dtype=float) for end in ("lower", "upper"))
    axes.hlines(places, lower, upper, color=colour, linewidth=2)
    axes.plot(value, places, marker, color=colour, markersize=6, label=name)
    said = [f"{word}, {name}" for word in words]
    hover.intervals(axes, places, np.stack([value, lower, upper], axis=1), said)


def _unrelated(kind: str) -> str:
    return "shuffled data sets" if kind == "permuted" else "normal data sets"


def _named(name: str, labels: Mapping[str, str] | None, *, alone: bool = False, most: int = 34) -> str:
    """A name with its wording, cut to fit; dollar signs stay text (matplotlib reads them as mathematics)."""
    text = str((labels or {}).get(name, ""))
    if not text:
        shown = str(name)
    else:
        text = text if len(text) <= most else text[: most - 1].rstrip() + "…"
        shown = text if alone else f"{text}  {name}"
    return shown.replace("$", r"\$")


def _diverging() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("loadings", [theme.VERMILION, "white", theme.BLUE])


def _sequential() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ratios", ["white", theme.SKY, theme.BLUE])
