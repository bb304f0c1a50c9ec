"""What the numbers of study 13 say of trials, in which chance assigned the arms: titles, notes, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workbench.show import numbers
from workbench.show.improvement_words import clear, effect
from workbench.show.prose import counted, listed
from workbench.studies.improvement import since

if TYPE_CHECKING:
    from workbench.evaluation.two_arms import ArmComparison
    from workbench.studies.improvement import Given, Looks


def trial_title(found: Mapping[str, ArmComparison]) -> str:
    """What clusters do to the interval of the A/B test."""
    alone, units = (one.difference for one in found.values())
    wider = (units["ci_upper"] - units["ci_lower"]) / (alone["ci_upper"] - alone["ci_lower"])
    return (
        f"{offer_sentence(found)}; units as clusters make the interval {numbers.number(wider, 1)} times "
        f"as wide"
    )


def offer_sentence(found: Mapping[str, ArmComparison]) -> str:
    """What the new offer does, units as clusters."""
    units = list(found.values())[-1].difference
    word = {1: "sells better", -1: "sells worse", 0: "cannot be told from the old one"}[clear(units)]
    return f"The new offer {word}: {effect(100 * units[['estimate', 'ci_lower', 'ci_upper']], 1)} points"


def trial_table(found: Mapping[str, ArmComparison]) -> pd.DataFrame:
    """Both ways of reckoning, in points of 100."""
    rows = {
        name: {
            **(100 * one.difference[["estimate", "ci_lower", "ci_upper"]]),
            "p": one.difference["pvalue"],
            "smallest": 100 * one.smallest,
        }
        for name, one in found.items()
    }
    return pd.DataFrame(rows).T.rename_axis("errors")


def looks_title(found: Looks) -> str:
    """When the trial could have stopped, and when a peeker would have."""
    table, stopped = found.table, found.stopped
    early = table.index[table["peeked"]]
    if stopped is None:
        tail = (
            f"a peeker would have stopped at look {table.index.get_loc(early[0]) + 1}"
            if len(early)
            else "nor would a peeker have found anything"
        )
        return f"No look is beyond the limits that pay for all; {tail}"
    at = table.index.get_loc(stopped) + 1
    return f"Beyond the limits at look {at} of {len(table)}"


def rates_of(found: Mapping[str, ArmComparison]) -> str:
    """Both arms' rates."""
    arms = next(iter(found.values())).arms
    old, new = (f"{numbers.percent(row.value, 1)} of {numbers.count(row.n)}" for row in arms.itertuples())
    return f"Old offer: {old}; new offer: {new}."


def arms_of(found: ArmComparison) -> str:
    """Both arms, their sizes in units and values."""
    many = "clusters" in found.arms
    said = [
        f"{name}: {numbers.number(row['value'])} (n = {counted(int(row['clusters']), 'unit')}, "
        f"{numbers.count(row['n'])} rows)"
        if many
        else f"{name}: {numbers.number(row['value'])} (n = {numbers.count(row['n'])})"
        for name, row in found.arms.iterrows()
    ]
    return f"{listed(said)}. {found.method[0].upper()}{found.method[1:]}."


def rows_compared(given: Given) -> str:
    """Which rows of units with several the arms are compared in; empty where each has one."""
    if given.cluster is None:
        return ""
    alike = "Every row counts alike, so who has more of them weighs more; errors are those of units."
    kept = since(given, given.arm)
    if len(kept) < len(given.data):
        first = kept[given.period].min()
        seen = numbers.count(int(kept[given.unit].nunique()))
        return (
            f"Periods from {first:g} on, the first with adoption, in which {seen} of "
            f"{counted(given.units, 'unit')} have rows. {alike}"
        )
    return f"All rows, also those from before the treatment if there are any. {alike}"


def arms_title(found: ArmComparison, outcome: str) -> str:
    """The difference of the main outcome, in words."""
    first, second = (str(name) for name in found.arms.index)
    told = "" if clear(found.difference) else ", not told from zero"
    return f"{outcome}, {second} less {first}: {effect(found.difference)}{told}"
