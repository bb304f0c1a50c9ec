"""Definitions that claim the same concept, set against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.doors import door, made_by
from workbench.errors import SpecificationError
from workbench.indicators import doors
from workbench.indicators.composite import composite
from workbench.indicators.definitions import IndicatorTable
from workbench.indicators.normalise import normalise
from workbench.indicators.pair_shares import share_of_pairs
from workbench.indicators.weights import equal_weights, given_weights


@door(table=made_by(IndicatorTable, "compute"))
def rivals(table: IndicatorTable) -> pd.DataFrame:
    """Definitions of the same concept side by side.

    Parameters
    ----------
    table : indicators by unit, of `compute`.

    Returns
    -------
    DataFrame: concept, first, second, n, mean_first, mean_second, correlation, rank_correlation (Spearman),
    and pairs_reversed: share of pairs of rows that the two definitions put in opposite order, with ci_lower
    and ci_upper (95 %, rows as a sample).

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> table = indicators.compute(open_dataset("firm_panel").responses.head(40))
    >>> indicators.rivals(table)[["first", "second", "rank_correlation"]].head(2).round(2)
           first                 second  rank_correlation
    0  retention  retention_from_rivals              0.88
    1  retention       retention_of_new              0.58
    """
    rows = []
    for concept, ids in table.definitions.groupby("concept", sort=False).groups.items():
        for a, b in combinations(ids, 2):
            both = table.values[[a, b]].dropna()
            if len(both) < 3:
                continue
            first, second = both[a].to_numpy(), both[b].to_numpy()
            pairs = share_of_pairs(turned_by_unit(first, second))
            rows.append(
                (
                    concept,
                    a,
                    b,
                    len(both),
                    both[a].mean(),
                    both[b].mean(),
                    both[a].corr(both[b]),
                    both[a].corr(both[b], method="spearman"),
                    pairs["estimate"],
                    pairs["ci_lower"],
                    pairs["ci_upper"],
                )
            )
    names = [
        "concept",
        "first",
        "second",
        "n",
        "mean_first",
        "mean_second",
        "correlation",
        "rank_correlation",
        "pairs_reversed",
        "ci_lower",
        "ci_upper",
    ]
    return pd.DataFrame(rows, columns=names)


def turned_by_unit(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """For each unit the share of the others with which it changes places from one score to the other."""
    turned = [
        ((x - first) * (y - second) < 0).sum() / (len(first) - 1) for x, y in zip(first, second, strict=True)
    ]
    return np.array(turned)


@door(table=made_by(IndicatorTable, "compute"), parts=doors.listed)
def rivals_in_composite(table: IndicatorTable, parts: Sequence[str]) -> pd.DataFrame:
    """What a rival definition of one part does to the ranking by a composite.

    Parameters
    ----------
    table : indicators by unit, with their definitions.
    parts : indicators of the composite (min-max, equal weights).

    Returns
    -------
    DataFrame: part, by (the rival that takes its place), n (units with a value in all), pairs_reversed, with
    ci_lower and ci_upper: share of pairs of units that the composite with the rival puts in the opposite
    order. One row a rival of the same concept; empty where there is none.

    See Also
    --------
    extreme_weights : the same count for weights, so that the two can be compared.

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> table = indicators.compute(open_dataset("firm_panel").responses.head(40))
    >>> first = indicators.rivals(table)["first"].iloc[0]
    >>> other = next(name for name in table.values if name != first)
    >>> indicators.rivals_in_composite(table, [first, other])[["part", "by", "n"]].head(1)
            part                     by   n
    0  retention  retention_from_rivals  40
    """
    _known(table, parts)
    concept = table.definitions["concept"]
    rows = []
    for part in parts:
        for rival in concept.index[(concept == concept[part]) & ~concept.index.isin(parts)]:
            changed = [rival if name == part else name for name in parts]
            both = table.values[list(dict.fromkeys([*parts, *changed]))].dropna()
            if len(both) >= 3:
                scores = [_equal(both[names], table.directions) for names in (list(parts), changed)]
                pairs = share_of_pairs(turned_by_unit(*scores))
                rows.append((part, rival, len(both), pairs["estimate"], pairs["ci_lower"], pairs["ci_upper"]))
    columns = ["part", "by", "n", "pairs_reversed", "ci_lower", "ci_upper"]
    return pd.DataFrame(rows, columns=columns)


@door(table=made_by(IndicatorTable, "compute"), parts=doors.listed)
def extreme_weights(table: IndicatorTable, parts: Sequence[str]) -> pd.DataFrame:
    """What the corners of the weight simplex do to the ranking by a composite: all weight on one part.

    Parameters
    ----------
    table : indicators by unit, of `compute`.
    parts : indicators of the composite (min-max, equal weights).

    Returns
    -------
    DataFrame: part (that takes all weight), n, pairs_reversed, ci_lower, ci_upper, against equal weights.

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> table = indicators.compute(open_dataset("firm_panel").responses.head(40))
    >>> parts = list(table.values.columns[:2])
    >>> indicators.extreme_weights(table, parts)[["part", "pairs_reversed"]].round(2)
               part  pairs_reversed
    0  satisfaction            0.18
    1     retention            0.16
    """
    _known(table, parts)
    whole = table.values[list(parts)].dropna()
    equal = _equal(whole, table.directions)
    rows = []
    for part in parts:
        alone = given_weights({name: float(name == part) for name in parts})
        score = composite(normalise(whole, table.directions), alone).scores["score"].to_numpy()
        pairs = share_of_pairs(turned_by_unit(equal, score))
        rows.append((part, len(whole), pairs["estimate"], pairs["ci_lower"], pairs["ci_upper"]))
    return pd.DataFrame(rows, columns=["part", "n", "pairs_reversed", "ci_lower", "ci_upper"])


def _equal(values: pd.DataFrame, directions: Mapping[str, str]) -> np.ndarray:
    normalised = normalise(values, directions)
    return composite(normalised, equal_weights(list(values.columns))).scores["score"].to_numpy()


def _known(table: IndicatorTable, parts: Sequence[str]) -> None:
    unknown = [name for name in parts if name not in table.values.columns]
    if unknown or len(parts) < 2:
        raise SpecificationError(
            f"a composite has two or more indicators of the table; not in it: {', '.join(unknown) or 'none'}"
        )
