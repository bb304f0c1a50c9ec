"""Titles that say the finding, chosen by the numbers they stand over.

Each takes the result that a figure or table shows and returns one line that is true of it, whatever it is:
"hardly differ" only where they hardly do, a weakest dimension only where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers
from workbench.show.prose import counted, listed

if TYPE_CHECKING:
    import pandas as pd

    from workbench.measurement.dimensionality import MergedFactors, PatternMatch
    from workbench.measurement.discriminant import HtmtInterval, ReliabilityTable

# Alpha and omega that agree to this many points are said to hardly differ.
HARDLY = 0.02
# Correlations of factors below this are called small.
SMALL = 0.30


def against_the_others(result: ReliabilityTable) -> dict[str, list[str]]:
    """Items that correlate negatively with the rest of their construct's, by construct."""
    turned = result.items[result.items["item_rest"] < 0]
    return {name: list(part["item"]) for name, part in turned.groupby("construct", sort=False)}


def reliability(result: ReliabilityTable, labels: Mapping[str, str]) -> str:
    """Of alpha and omega: what runs against the others comes first, then how far the two differ."""
    table, known = result.table, dict(labels)
    turned = against_the_others(result)
    negative = [name for name in table.index if table.loc[name, "alpha"] < 0]
    if negative:
        return f"Answers run against each other: alpha is negative for {_names(negative, known)}"
    if turned:
        items = [item for own in turned.values() for item in own]
        verb = _verb(items, "runs", "run")
        return f"{listed(items, most=3)} {verb} against the other items: mend that before reading alpha"
    weakest = table["omega"].idxmin() if "omega" in table and table["omega"].notna().any() else None
    last = ""
    if weakest is not None and len(table) > 1:
        last = f"; {known.get(weakest, weakest)} is measured least well"
    gap = (table["omega"] - table["alpha"]).dropna() if "omega" in table else None
    if gap is None or not len(gap):
        low, high = (numbers.number(value, 2, bounded=True) for value in table["alpha"].agg(["min", "max"]))
        return f"Alpha is {low}" if low == high else f"Alpha runs from {low} to {high}"
    widest = gap.abs().idxmax()
    if round(abs(gap[widest]), 2) <= HARDLY:
        return f"Alpha and omega hardly differ{last}"
    side = "above" if gap[widest] > 0 else "below"
    by = numbers.number(abs(gap[widest]), 2, bounded=True)
    return f"Omega lies {by} {side} alpha for {known.get(widest, widest)}{last}"


def retained(number: int) -> str:
    """Of the scree plot with its reference."""
    if number == 0:
        return "No factor has more in common than shuffled answers have"
    verb = "has" if number == 1 else "have"
    return f"{counted(number, 'factor')} {verb} more in common than shuffled answers have"


def families(agree: int, of: int, meant: int) -> str:
    """Of the rules for the number of factors: how many families suggest the number meant."""
    verb = "suggests" if agree == 1 else "suggest"
    return f"{agree} of {of} families of rules {verb} {counted(meant, 'factor')}"


def repeated(table: pd.DataFrame, meant: int) -> str:
    """Of the same in every sample (rows): how far the rules' families and the lowest alpha move."""
    said = (
        f"the lowest α is {_range(table['lowest_alpha'], lambda value: numbers.number(value, bounded=True))}"
    )
    if "families" in table:
        several = f"{_range(table['families'], numbers.count)} families of rules"
        said = f"{several} suggest {counted(meant, 'factor')}, and {said}"
    return f"In {counted(len(table), 'sample')} {said}"


def _range(values: pd.Series, write: Callable[[float], str]) -> str:
    ends = list(dict.fromkeys(write(float(end)) for end in (values.min(), values.max())))
    return " to ".join(ends)


def factor_correlations(phi: pd.DataFrame) -> str:
    """Of the correlations of rotated factors."""
    values = phi.to_numpy(dtype=float)[np.triu_indices(len(phi), 1)]
    largest = values[np.abs(values).argmax()]
    said = numbers.number(largest, 2, bounded=True)
    if abs(largest) >= SMALL:
        return f"The factors correlate, at most at {said}: a rotation that forbids it would be wrong"
    return f"The factors correlate little, at most at {said}"


FAR_FROM_MEAN = 0.10  # by which a single loading moves more than the mean of them before it is said


def boxes(differences: pd.Series) -> str:
    """Of loadings by Pearson beside those of ordered answers; ``differences``: ordered less Pearson, by
    item.
    """
    mean, largest = float(differences.mean()), float(differences.abs().max())
    by, most = (numbers.number(abs(value), 2, bounded=True) for value in (mean, largest))
    if round(abs(mean), 2) == 0:
        if largest - abs(mean) >= FAR_FROM_MEAN:
            return (
                f"Taken for a ruler or for ordered boxes, answers give loadings that differ by up to {most}, "
                f"either way"
            )
        return "Taken for a ruler or for ordered boxes, answers give the same loadings on average"
    single = f"; single ones differ by up to {most}" if largest - abs(mean) >= FAR_FROM_MEAN else ""
    return (
        f"Taken for a ruler, boxes {'lower' if mean > 0 else 'raise'} the loadings by {by} on average{single}"
    )


def closest_pair(result: MergedFactors, labels: Mapping[str, str]) -> str:
    """Of correlations of every pair of dimensions: which are closest, and how close."""
    row = result.table.loc[result.table["correlation"].idxmax()]
    names = [labels.get(row[end], row[end]) for end in ("construct_a", "construct_b")]
    return f"{listed(names)} are closest, at " + numbers.estimate(
        row["correlation"], (row["ci_lower"], row["ci_upper"]), bounded=True
    )


def htmt(result: HtmtInterval) -> str:
    """Of HTMT with its intervals: how many pairs stay below .85."""
    upper = result.table["upper"]
    known = upper.notna()
    reach = int((upper[known] >= 0.85).sum())
    lacking = int((~known).sum())
    rest = f"; {counted(lacking, 'pair')} without a ratio" if lacking else ""
    if reach:
        return f"{counted(reach, 'pair')} of {len(upper)} {_verb(range(reach), 'reaches', 'reach')} .85{rest}"
    if not known.any():
        return "No pair has a ratio"
    highest = numbers.number(upper.max(), 2, bounded=True)
    return f"Every pair stays below .85: the highest upper bound is {highest}{rest}"


def several_ways(correlations: pd.DataFrame, headline: str) -> str:
    """Of correlations of the same factors, fitted in several ways (columns): how far they are from one."""
    printed = correlations.round(2)  # a reader takes the difference of what is printed
    apart = printed.drop(columns=headline).sub(printed[headline], axis=0).abs()
    if apart.empty:
        return "Correlations of the dimensions"
    most = numbers.number(float(apart.to_numpy().max()), 2, bounded=True)
    return f"Correlations of the dimensions: the ways differ by {most} at most"


def loadings_at_home(at_home: int, total: int, own: str = "dimension") -> str:
    """Of a map of loadings against the dimensions, or whatever ``own`` calls them, that were meant."""
    verb = "loads" if at_home == 1 else "load"
    return f"{at_home} of {total} items {verb} highest on the factor of their own {own}"


def suggested(votes: pd.Series) -> str:
    """Of how many rules suggest each number of factors: ``4 (2), 7 (5)``."""
    return ", ".join(f"{number} ({count})" for number, count in votes.items())


def gathered(name: str, match: PatternMatch, labels: Mapping[str, str]) -> str:
    """Which blocks of a survey gather wholly on a factor of their own, which in part, which not at all."""
    found = match.constructs
    groups = {
        "wholly gather": found.index[found["at_home"] == found["items"]],
        "in part": found.index[(found["at_home"] < found["items"]) & (found["at_home"] > 0)],
        "not at all": found.index[found["at_home"] == 0],
    }
    said = [f"{word}: {listed(labels[one] for one in own)}" for word, own in groups.items() if len(own)]
    home = loadings_at_home(match.at_home, len(match.items), "block")
    return f"{name}: {home} ({'; '.join(said)})."


def _names(names: list[str], labels: Mapping[str, str]) -> str:
    return listed([labels.get(name, name) for name in names], most=3)


def _verb(things: Sized, one: str, several: str) -> str:
    return one if len(things) == 1 else several
