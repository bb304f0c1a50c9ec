"""Pictures of regressions: coefficients, importance, diagnostics, interactions."""

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

    from workbench.regression.diagnostics import Diagnostics
    from workbench.regression.importance import Importance
    from workbench.regression.interaction import Interaction
    from workbench.regression.models import LinearModel
    from workbench.regression.several_outcomes import ModelsAcross

_INTERVAL = ["estimate", "ci_lower", "ci_upper"]


def forest(
    models: ModelsAcross, labels: Mapping[str, str] | None = None, *, alpha: float = 0.05, across: int = 3
) -> Figure:
    """Draw standardized slopes with intervals, one panel an outcome; filled where the adjusted p is below
    alpha.

    Parameters
    ----------
    models : of :func:`workbench.regression.across`.
    labels : readable name by outcome or term.
    across : panels in a row.
    """
    table = models.coefficients
    outcomes = list(dict.fromkeys(table.index.get_level_values("outcome")))
    terms = list(dict.fromkeys(table.index.get_level_values("term")))[::-1]
    across = min(across, len(outcomes))
    down = -(-len(outcomes) // across)
    figure, panels = canvas(
        down,
        across,
        width=2.6 + 1.9 * across,
        height=0.6 + down * (0.9 + 0.3 * len(terms)),
        sharey=True,
        sharex=True,
        squeeze=False,
    )
    for axes, outcome in zip(panels.flat, outcomes, strict=False):
        rows = table.loc[outcome].reindex(terms)
        axes.axvline(0, color=theme.GREY, linewidth=1)
        said = [f"{_named(term, labels)}, {_named(outcome, labels)}" for term in terms]
        hover.intervals(axes, np.arange(len(terms)), rows[_INTERVAL], said)
        _bars(axes, rows, np.arange(len(terms)), rows["pvalue_adjusted"] < alpha)
        axes.set_title(fill(_named(outcome, labels), 22))
        axes.set_ylim(-0.5, len(terms) - 0.5)
    for axes in list(panels.flat)[len(outcomes) :]:
        axes.set_axis_off()
    panels[0][0].set_yticks(np.arange(len(terms)), [_named(term, labels) for term in terms])
    mark = f"{models.adjustment.capitalize()} p < {numbers.number(alpha, bounded=True)}"
    figure.supxlabel(
        f"standard deviations for one standard deviation more; filled: {mark}",
        fontsize=10.5,
    )
    return figure


def grouped_forest(
    series: Mapping[str, pd.DataFrame],
    groups: Mapping[str, Sequence[str]],
    labels: Mapping[str, str] | None = None,
    *,
    behind: str | None = None,
    known: str = "planted",
    xlabel: str = "standard deviations of the outcome for one standard deviation more",
) -> Figure:
    """Draw several estimates of the same terms beside one another, terms under the heading of their group.

    Parameters
    ----------
    series : name of a way to estimate → frame by term with estimate, ci_lower, ci_upper; at most three
        beside the known values.
    groups : heading → terms.
    labels : readable name by term.
    behind : the way to be drawn in grey, to compare. known : the series of known values, drawn as diamonds.
    """
    lines: list[tuple[str, str | None]] = []
    for heading, terms in groups.items():
        lines += [(heading, None), *((heading, term) for term in terms)]
    places = {term: -row for row, (_, term) in enumerate(lines) if term is not None}
    figure, axes = canvas(width=7.2, height=1.2 + (0.31 if len(series) < 3 else 0.4) * len(lines))
    axes.axvline(0, color=theme.GREY, linewidth=1)
    looks = {known: (theme.VERMILION, "D", "white"), behind: (theme.GREY, "o", "white")}
    free = iter(
        ((theme.BLUE, "o", theme.BLUE), (theme.GREEN, "s", theme.GREEN), (theme.PURPLE, "^", "white"))
    )
    spread = 0.24 if len(series) < 3 else 0.48
    shift = spread / max(len(series) - 1, 1)
    for number, (name, table) in enumerate(series.items()):
        colour, marker, face = looks[name] if name in looks else next(free)
        rows = table.loc[[term for term in places if term in table.index]]
        heights = np.array([places[term] for term in rows.index]) + spread / 2 - shift * number
        axes.hlines(heights, rows["ci_lower"], rows["ci_upper"], color=colour, linewidth=1.6)
        axes.scatter(
            rows["estimate"], heights, marker=marker, c=face, edgecolors=colour, s=30, zorder=3, label=name
        )
        hover.intervals(
            axes, heights, rows[_INTERVAL], [f"{_named(term, labels)}, {name}" for term in rows.index]
        )
    written = axes.set_yticks(
        [-row for row in range(len(lines))],
        [_named(heading if term is None else term, labels) for heading, term in lines],
    )
    for tick, (_, term) in zip(written, lines, strict=True):
        tick.label1.set_color(theme.BLUE if term is None else theme.BLACK)
        tick.tick1line.set_visible(term is not None)
    axes.set_ylim(-len(lines) + 0.4, 0.5)
    axes.set_xlabel(xlabel)
    columns = len(series) if len(series) < 4 and sum(map(len, series)) < 40 else 2
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0)
    axes.grid(axis="x")
    return figure


def _named(name: str, labels: Mapping[str, str] | None) -> str:
    """Readable name; dollar signs stay text (matplotlib reads them as mathematics)."""
    return str((labels or {}).get(name, name)).replace("$", r"\$")


def _bars(axes: Axes, rows: pd.DataFrame, places: np.ndarray, filled: pd.Series) -> None:
    """Estimates with intervals along x, filled or hollow."""
    axes.hlines(places, rows["ci_lower"], rows["ci_upper"], color=theme.BLUE, linewidth=1.6)
    faces = [theme.BLUE if full else "white" for full in filled]
    axes.scatter(rows["estimate"], places, c=faces, edgecolors=theme.BLUE, s=34, zorder=3)
    axes.grid(axis="x")


def importance(result: Importance, labels: Mapping[str, str] | None = None) -> Figure:
    """Draw each predictor's share of R² with its interval, relative weights as open diamonds."""
    shares = result.shares.sort_values("general")
    places = np.arange(len(shares))
    figure, axes = canvas(width=7.2, height=1.3 + 0.42 * len(shares))
    axes.barh(places, shares["general"], color=theme.SKY, height=0.62)
    said = [_named(name, labels) for name in shares.index]
    hover.intervals(axes, places, shares[["general", "ci_lower", "ci_upper"]], said)
    axes.hlines(places, shares["ci_lower"], shares["ci_upper"], color=theme.BLACK, linewidth=1.3)
    axes.scatter(
        shares["relative_weight"],
        places,
        marker="D",
        facecolors="white",
        edgecolors=theme.VERMILION,
        zorder=3,
    )
    axes.set_yticks(places, said)
    whole = numbers.number(result.r2, bounded=True)
    axes.set_xlabel(f"part of R² = {whole}; bar: general dominance, diamond: relative weight")
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    return figure


def diagnostics(model: LinearModel, found: Diagnostics) -> Figure:
    """Draw four panels: form, normality, spread, influence; the most influential rows are labelled.

    A row that decides a coefficient alone has no standardized residual, and is in none of them.
    """
    from scipy import stats

    rows = found.influence.dropna(subset="cook")
    top = rows.nlargest(3, "cook").index
    figure, panels = canvas(2, 2, width=8.0, height=6.4)
    (form, normal), (spread, influence) = panels
    sigma = model.measures["sigma"]
    standard = rows["residual"] / (sigma * np.sqrt(1 - rows["leverage"]))
    _scatter(form, rows["fitted"], rows["residual"])
    form.axhline(0, color=theme.GREY, linewidth=1)
    form.set(title="Form: a bend means curvature", xlabel="fitted", ylabel="residual")
    _normality(normal, standard)
    _scatter(spread, rows["fitted"], np.sqrt(np.abs(standard)))
    spread.set(
        title="Spread: a slope means unequal variance",
        xlabel="fitted",
        ylabel="root of |standardized residual|",
    )
    _scatter(influence, rows["leverage"], rows["studentized"])
    influence.axhline(0, color=theme.GREY, linewidth=1)
    influence.set(
        title="Influence: far right and far from 0", xlabel="leverage", ylabel="studentized residual"
    )
    quantile = stats.t.ppf(0.975, model.measures["df_residual"])
    reach = quantile * sigma * np.sqrt(1 - rows["leverage"])
    rows = rows.assign(spread=np.sqrt(np.abs(standard)), reach=reach)
    named = rows.loc[top]
    for axes, x, y in (
        (form, "fitted", "residual"),
        (spread, "fitted", "spread"),
        (influence, "leverage", "studentized"),
    ):
        placing.place(axes, named[x], named[y], list(map(str, top)), size=9)
        _name_rows(axes, rows, x, y)
    return figure


def _normality(axes: Axes, standard: pd.Series, most: int = 12) -> None:
    """Residuals against what normal ones of their rank would be; the outermost say who they are."""
    from scipy import stats

    ordered, count = standard.sort_values(), len(standard)
    rank = np.arange(1, count + 1)
    expected = stats.norm.ppf((rank - 0.5) / count)
    axes.scatter(expected, ordered, s=9, color=theme.BLUE, linewidths=0)
    ends = np.array([-1, 1]) * ordered.abs().max()
    axes.plot(ends, ends, color=theme.GREY, linewidth=1)
    axes.set(title="Normality: points on the line", xlabel="normal quantile", ylabel="standardized residual")
    # The k-th of n uniform numbers has a beta distribution, so the k-th of n normal ones has its quantiles.
    low, high = (stats.norm.ppf(stats.beta.ppf(end, rank, count + 1 - rank)) for end in (0.025, 0.975))
    outer = [place for place in range(count) if min(place, count - 1 - place) < most]
    texts = [
        f"row {ordered.index[place]}: standardized residual {numbers.number(ordered.iloc[place])}, "
        f"normal {numbers.estimate(expected[place], (low[place], high[place]))}"
        for place in outer
    ]
    hover.points(axes, expected[outer], ordered.iloc[outer], texts)


def _name_rows(axes: Axes, rows: pd.DataFrame, x: str, y: str, most: int = 24) -> None:
    """Let the rows that the model leans on most say who they are; one for every row would weigh too much.

    rows : with ``reach``, within which 95 % of the residuals of such rows lie where the model holds.
    """
    chosen = rows.nlargest(most, "cook")
    texts = [
        f"row {row.Index}: fitted {numbers.number(row.fitted)}, residual {numbers.number(row.residual)} "
        f"(95 % of such: {numbers.interval(-row.reach, row.reach)}), "
        f"Cook's distance {numbers.number(row.cook, 3)}"
        for row in chosen.itertuples()
    ]
    hover.points(axes, chosen[x], chosen[y], texts)


def _scatter(axes: Axes, x: pd.Series, y: pd.Series) -> None:
    axes.scatter(x, y, s=9, color=theme.BLUE, linewidths=0)
    trend = _smooth(x.to_numpy(), y.to_numpy())
    axes.plot(*trend, color=theme.VERMILION, linewidth=1.6)
    axes.grid()


def _smooth(x: np.ndarray, y: np.ndarray, points: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Local linear mean with a Gaussian kernel of two thirds of the SD of x: a line for the eye only."""
    low, high = np.quantile(x, [0.02, 0.98])
    grid = np.linspace(low, high, points)
    width = max(x.std() / 1.5, 1e-12)
    distance = x[None, :] - grid[:, None]
    weight = np.exp(-0.5 * (distance / width) ** 2)
    s0, s1, s2 = weight.sum(1), (weight * distance).sum(1), (weight * distance**2).sum(1)
    level = (s2 * (weight @ y) - s1 * (weight * distance @ y)) / (s0 * s2 - s1**2)
    return grid, level


def collinearity(found: Diagnostics, labels: Mapping[str, str] | None = None) -> Figure:
    """Draw by how much the error of each term grows through its correlation with the others."""
    table = found.inflation.sort_values("gvif_scaled")
    places = np.arange(len(table))
    figure, axes = canvas(width=7.2, height=1.1 + 0.27 * len(table))
    axes.axvline(1, color=theme.GREY, linewidth=1)
    axes.axvline(np.sqrt(10), color=theme.VERMILION, linewidth=1.2, linestyle="--")
    axes.hlines(places, 1, table["gvif_scaled"], color=theme.BLUE, linewidth=1.6)
    axes.scatter(table["gvif_scaled"], places, color=theme.BLUE, s=30, zorder=3)
    said = [_named(name, labels) for name in table.index]
    values = table["gvif_scaled"]
    texts = [f"{name}: × {numbers.number(value)}" for name, value in zip(said, values, strict=True)]
    hover.points(axes, values, places, texts)
    axes.set_yticks(places, said)
    axes.set_xlim(0.9, max(3.4, 1.05 * table["gvif_scaled"].max()))
    axes.set_xlabel("times the standard error without correlation among the predictors (root of VIF)")
    axes.grid(axis="x")
    return figure


def added_variables(
    model: LinearModel, columns: Sequence[str], labels: Mapping[str, str] | None = None
) -> Figure:
    """Draw outcome against each column with all others taken out; the slope is the coefficient."""
    from workbench.regression.diagnostics import added_variable

    across = min(3, len(columns))
    down = -(-len(columns) // across)
    figure, panels = canvas(down, across, width=2.8 * across, height=2.6 * down, squeeze=False)
    for axes, column in zip(panels.flat, columns, strict=False):
        part = added_variable(model, column)
        slope = model.coefficients.loc[column, "estimate"]
        axes.scatter(part["column"], part["outcome"], s=8, color=theme.BLUE, linewidths=0)
        ends = np.array([part["column"].min(), part["column"].max()])
        axes.plot(ends, slope * ends, color=theme.VERMILION, linewidth=1.6)
        name = _named(column, labels)
        axes.set_title(f"{name}: {numbers.number(slope)}")
        limits = model.coefficients.loc[column, ["ci_lower", "ci_upper"]]
        text = f"{name}: {numbers.estimate(slope, tuple(limits))}"
        hover.lines(axes, [np.stack([ends, slope * ends], axis=1)], [text])
        axes.grid()
    for axes in list(panels.flat)[len(columns) :]:
        axes.set_axis_off()
    figure.supxlabel("predictor, the others taken out", fontsize=10.5)
    figure.supylabel("outcome, the others taken out", fontsize=10.5)
    return figure


def simple_slopes(
    found: Interaction, labels: Mapping[str, str] | None = None, *, unit: str = "observed range"
) -> Figure:
    """Draw the slope of one predictor along the other, with the bounds of the Johnson–Neyman region.

    unit : what stands in brackets behind the moderator's name.
    """
    curve = found.curve
    figure, axes = canvas()
    axes.axhline(0, color=theme.GREY, linewidth=1)
    axes.fill_between(curve["moderator"], curve["ci_lower"], curve["ci_upper"], **theme.area(theme.SKY, 0.35))
    axes.plot(curve["moderator"], curve["estimate"], color=theme.BLUE)
    axes.scatter(found.slopes["moderator"], found.slopes["estimate"], color=theme.BLUE, zorder=3)
    places = [str(place).replace("-", numbers.MINUS) for place in found.slopes.index]
    hover.intervals(axes, found.slopes["moderator"], found.slopes[_INTERVAL], places, across=False)
    for bound in found.bounds:
        axes.axvline(bound, color=theme.VERMILION, linewidth=1.2, linestyle="--")
        axes.annotate(
            numbers.number(bound),
            (bound, axes.get_ylim()[0]),
            textcoords="offset points",
            xytext=(4, 4),
            color=theme.VERMILION,
        )
    axes.set(
        xlabel=f"{_named(found.moderator, labels)} ({unit})",
        ylabel=f"slope of {_named(found.focal, labels)}",
    )
    axes.grid(axis="y")
    placing.place(axes, found.slopes["moderator"], found.slopes["estimate"], places)
    return figure
