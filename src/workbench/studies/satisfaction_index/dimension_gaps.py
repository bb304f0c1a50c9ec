"""SERVQUAL gaps by dimension, unweighted and weighted by what each respondent calls important."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.studies.satisfaction_index.discrepancy import pairs

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.taken import Taken


@dataclass(frozen=True)
class DimensionGaps:
    """``table``: dimension -> experience, expected, gap, weight (mean share of importance), each with
    ``_lower`` and ``_upper``. ``overall``: unweighted, weighted, difference -> estimate, ci_lower,
    ci_upper; no
    weighted rows where importance was not asked. ``largest``: share of the draws in which the dimension has
    the largest shortfall. ``scores``: gap by respondent and dimension. n : respondents with every gap."""

    table: pd.DataFrame
    overall: pd.DataFrame
    largest: pd.Series
    scores: pd.DataFrame
    n: int
    draws: int


def dimension_gaps(taken: Taken, *, draws: int, seed: int) -> DimensionGaps:
    """Gap by dimension with percentile bootstrap intervals.

    Parameters
    ----------
    taken : with ``expected``. draws, seed : respondents drawn with replacement.

    Notes
    -----
    A respondent's weighted gap is Σ w_d gap_d with w_d = importance_d / Σ importance (Parasuraman, Zeithaml &
    Berry 1991, who let respondents share out 100 points instead).
    """
    b, a = pairs(taken)
    own = {name: list(items) for name, items in taken.dimensions.items()}
    score_b = pd.DataFrame({name: b[items].mean(axis=1) for name, items in own.items()})
    score_a = pd.DataFrame({name: a[items].mean(axis=1) for name, items in own.items()})
    kept = score_b.notna().all(axis=1)
    weights = pd.DataFrame(
        {name: taken.mean(taken.importance[name]) for name in own if name in taken.importance}
    )
    weighted = list(weights.columns) == list(own) and len(own) > 1
    if weighted:
        kept &= weights.notna().all(axis=1)
        weights = weights[kept].div(weights[kept].sum(axis=1), axis=0)
    score_b, score_a = score_b[kept], score_a[kept]
    gap = score_b - score_a
    n = len(gap)
    share = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    columns = {"experience": score_b, "expected": score_a, "gap": gap}
    if weighted:
        columns["weight"] = weights
    table = pd.DataFrame(index=pd.Index(own, name="dimension"))
    for name, part in columns.items():
        table[name] = part.mean()
        table[[f"{name}_lower", f"{name}_upper"]] = _limits(share @ part.to_numpy()).T
    total = pd.DataFrame({"unweighted": gap.mean(axis=1)})
    if weighted:
        total["weighted"] = (gap * weights).sum(axis=1)
        total["difference"] = total["weighted"] - total["unweighted"]
    overall = pd.DataFrame({"estimate": total.mean()})
    overall[["ci_lower", "ci_upper"]] = _limits(share @ total.to_numpy()).T
    first = (share @ gap.to_numpy()).argmin(axis=1)
    largest = pd.Series(np.bincount(first, minlength=len(own)) / draws, index=table.index)
    return DimensionGaps(table, overall.rename_axis("mean gap"), largest, gap, n, draws)


def _limits(draws: np.ndarray) -> np.ndarray:
    return np.quantile(draws, [0.025, 0.975], axis=0)
