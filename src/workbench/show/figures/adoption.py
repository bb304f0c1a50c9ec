"""Pictures of staggered adoption: effects by time since adoption, and what two-way effects compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.show import numbers, theme
from workbench.show.figures import canvas, hover, placing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.regression.decomposition import BaconDecomposition
    from workbench.regression.staggered import GroupTimeEffects

_INTERVAL = ["estimate", "ci_lower", "ci_upper"]
BACON_COLOURS = {
    "adopters against never adopting": (theme.BLUE, "o"),
    "earlier against later adopters": (theme.GREEN, "s"),
    "later against earlier adopters": (theme.VERMILION, "D"),
}


def event_study(effects: GroupTimeEffects, *, unit: str = "outcome", two_way: float | None = None) -> Figure:
    """Draw effects by periods since adoption: the same groups throughout, and all groups seen at each.

    The groups of the balanced window are filled, with pointwise intervals (bars) and the band for all at
    once; the others are hollow, since their mean moves also where the groups change.

    Parameters
    ----------
    unit : what the effect is measured in.
    two_way : coefficient of two-way fixed effects, drawn as a line for comparison.
    """
    study, balanced = effects.event_study, effects.balanced
    figure, axes = canvas()
    axes.axhline(0, color=theme.GREY, linewidth=1)
    axes.axvline(-0.5, color=theme.GREY, linewidth=1, linestyle=":")
    axes.fill_between(
        balanced.index,
        balanced["band_lower"],
        balanced["band_upper"],
        **theme.area(theme.SKY, 0.3),
    )
    looks = (
        (study, theme.GREY, "white", 0.12, "all groups seen at that time"),
        (
            balanced,
            theme.BLUE,
            theme.BLUE,
            -0.12,
            f"the same {len(effects.balanced_groups)} groups throughout",
        ),
    )
    for table, colour, inside, aside, text in looks:
        place = table.index + aside
        axes.vlines(place, table["ci_lower"], table["ci_upper"], color=colour, linewidth=1.6)
        axes.scatter(place, table["estimate"], facecolor=inside, edgecolor=colour, s=34, zorder=3, label=text)
        said = [f"period {numbers.number(period, 0)}, {text}" for period in table.index]
        hover.intervals(axes, place, table[_INTERVAL], said, across=False)
    axes.legend(loc="upper left")
    if two_way is not None:
        axes.hlines(
            two_way, -0.5, study.index.max() + 0.3, color=theme.VERMILION, linestyle="--", linewidth=1.4
        )
    axes.set(xlabel="periods since adoption (0 is the first with it)", ylabel=f"effect on {unit}")
    axes.set_xticks(study.index)
    axes.grid(axis="y")
    if two_way is not None:
        text = f"two-way fixed effects {two_way:.2f}"
        placing.on_line(axes, two_way, text, from_x=-0.4, color=theme.VERMILION)
    return figure


def bacon(found: BaconDecomposition, *, unit: str = "outcome") -> Figure:
    """Draw each comparison inside the two-way coefficient: its weight against what it estimates."""
    figure, axes = canvas()
    for kind, rows in found.comparisons.groupby("kind", sort=False):
        colour, marker = BACON_COLOURS[kind]
        share = found.kinds.loc[kind, "weight"]
        axes.scatter(
            rows["weight"],
            rows["estimate"],
            color=colour,
            marker=marker,
            s=42,
            label=f"{kind} ({numbers.percent(share)})",
        )
        said = [
            f"{kind}: {numbers.number(value)}, weight {numbers.percent(weight, 1)}"
            for value, weight in zip(rows["estimate"], rows["weight"], strict=True)
        ]
        hover.points(axes, rows["weight"], rows["estimate"], said)
    axes.axhline(found.estimate, color=theme.BLACK, linewidth=1.2, linestyle="--")
    axes.set(xlabel="weight of the comparison", ylabel=f"effect on {unit} it gives")
    axes.set_xlim(left=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1)
    axes.grid()
    placing.on_line(axes, found.estimate, f"two-way coefficient {found.estimate:.2f}")
    return figure
