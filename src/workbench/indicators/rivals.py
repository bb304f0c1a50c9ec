"""Definitions that claim the same concept, set against each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from workbench.indicators._pairs import share_of_pairs
from workbench.indicators.definitions import IndicatorTable


def rivals(table: IndicatorTable) -> pd.DataFrame:
    """Definitions of the same concept side by side.

    Returns
    -------
    DataFrame: concept, first, second, n, mean_first, mean_second, correlation, rank_correlation (Spearman),
    and pairs_reversed: share of pairs of rows that the two definitions put in opposite order, with ci_lower
    and ci_upper (95 %, rows as a sample).
    """
    rows = []
    for concept, ids in table.definitions.groupby("concept", sort=False).groups.items():
        for a, b in combinations(ids, 2):
            both = table.values[[a, b]].dropna()
            if len(both) < 3:
                continue
            first, second = both[a].to_numpy(), both[b].to_numpy()
            turned = [
                ((x - first) * (y - second) < 0).sum() / (len(both) - 1)
                for x, y in zip(first, second, strict=True)
            ]
            pairs = share_of_pairs(np.array(turned))
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
