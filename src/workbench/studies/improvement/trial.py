"""The A/B test inside the panel, or a reader's: two arms, the looks while it ran, and what peeking does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault
from workbench.evaluation import sequential_looks, two_arms
from workbench.studies.improvement.given import NEW, OLD

if TYPE_CHECKING:
    from workbench.evaluation.two_arms import ArmComparison
    from workbench.studies.improvement.given import Given

PEEKS = (1, 2, 3, 5, 10, 20, 50)


@dataclass(frozen=True)
class Looks:
    """A trial looked at after every period.

    ``table``: period -> fraction (of all trials), difference, ci_lower, ci_upper, z, limit, single (limit
    of a single test), crossed (beyond the limit that pays for the looks), peeked (beyond the single one).
    """

    table: pd.DataFrame
    rule: str

    @property
    def stopped(self) -> object:
        """The first period at which the trial could have stopped; None if at none."""
        crossed = self.table.index[self.table["crossed"]]
        return crossed[0] if len(crossed) else None


def has_scripts(given: Given) -> bool:
    """Whether the panel holds the counts of both renewal offers."""
    return given.panel and {*OLD, *NEW} <= set(given.data)


def scripts(given: Given, *, level: float = 0.95) -> dict[str, ArmComparison]:
    """Both offers compared as if every customer were alone, and with units as clusters."""
    ways = {"customers alone": None, "units as clusters": given.unit}
    return {
        name: two_arms.compare_rates(given.data, control=OLD, treatment=NEW, cluster=cluster, level=level)
        for name, cluster in ways.items()
    }


def compare(given: Given, outcome: str, *, arm: str = "", level: float = 0.95) -> ArmComparison:
    """Two arms of a reader's table; errors by unit where units have several rows.

    Where one arm alone adopts, and at known times, only periods from the first adoption on are compared.

    Raises
    ------
    DataError : rows that repeat units which no column names; and as `two_arms.compare_means`.
    """
    if given.repeated:
        what = "rows seem to repeat the same units, and no column of units is named"
        fix = "Name it under variables and as the parameter unit (-p unit=…)"
        raise DataError(Fault(what, column=given.repeated, fix=fix))
    arm = arm or given.arm
    return two_arms.compare_means(since(given, arm), outcome, arm=arm, cluster=given.cluster, level=level)


def units_of(found: ArmComparison) -> int:
    """How many units both arms hold."""
    if "clusters" in found.arms:
        return found.clusters
    return int(found.arms["n"].sum())


def since(given: Given, arm: str) -> pd.DataFrame:
    """The rows in which arms are compared: from the first adoption on where one arm alone adopts."""
    data = given.data
    if not given.adoption or arm == given.treated:
        return data
    adopted = data[data[given.treated] == 1]
    if adopted[arm].nunique() != 1:
        return data
    return data[data[given.period] >= adopted[given.period].min()]


def compared(given: Given, outcome: str, *, level: float = 0.95) -> tuple[ArmComparison | None, str]:
    """The comparison of arms, or None and why there is none."""
    if not given.trial:
        return None, "No column says which of two arms each unit was given by lot, so units are not compared."
    try:
        return compare(given, outcome, level=level), ""
    except DataError as error:
        why = str(error).rstrip(".")
        return None, f"The arms are not compared: {why}."


def by_looks(given: Given, firms: int, *, rule: str = "obrien-fleming", level: float = 0.95) -> Looks:
    """The offers compared after every period on what was there by then, in the first firms alone.

    Parameters
    ----------
    given : with both offers. firms : how many; a trial in all of them is over at the first look.
    rule : of `workbench.evaluation.sequential_looks.spending_limits`. level : 1 less the error of all looks.
    """
    from scipy import stats

    kept = given.data[given.data[given.unit].isin(given.data[given.unit].unique()[:firms])]
    shown = kept.groupby(given.period)[[OLD[1], NEW[1]]].sum().sum(axis=1)
    fractions = (shown.cumsum() / shown.sum()).astype(float)
    limits = sequential_looks.spending_limits(fractions.tolist(), rule=rule, level=level)
    single = float(stats.norm.ppf(0.5 + level / 2))
    rows = []
    for (period, fraction), limit in zip(fractions.items(), limits["limit"], strict=True):
        found = two_arms.compare_rates(
            kept[kept[given.period] <= period], control=OLD, treatment=NEW, cluster=given.unit, level=level
        ).difference
        z = found["estimate"] / found["se"]
        rows.append(
            (period, fraction, found["estimate"], found["ci_lower"], found["ci_upper"], z, limit, single)
        )
    columns = ["period", "fraction", "difference", "ci_lower", "ci_upper", "z", "limit", "single"]
    table = pd.DataFrame(rows, columns=columns).set_index("period")
    beyond = np.abs(table["z"])
    return Looks(table.assign(crossed=beyond > table["limit"], peeked=beyond > table["single"]), rule)


def trials(given: Given, *, level: float = 0.95) -> pd.DataFrame:
    """Every outcome of a reader's experiment, with intervals for all of them together.

    Returns
    -------
    DataFrame : outcome -> estimate, ci_lower, ci_upper, pvalue and smallest (both of the outcome by itself).
    """
    each = 1 - (1 - level) / len(given.outcomes)
    rows = {}
    for name in given.outcomes:
        try:
            wide = compare(given, name, level=each).difference
            alone = compare(given, name, level=level)
        except DataError:  # it does not vary inside the arms: another name of the arm
            continue
        rows[name] = (*wide[["estimate", "ci_lower", "ci_upper", "pvalue"]], alone.smallest)
    columns = ["estimate", "ci_lower", "ci_upper", "pvalue", "smallest"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("outcome")


def peeking(level: float = 0.95) -> pd.Series:
    """Chance of finding what is not there, by how often one looks."""
    found = {looks: sequential_looks.peeking_error(looks, level) for looks in PEEKS}
    return pd.Series(found, name="error").rename_axis("looks")
