"""Share of pairs of units with a property, and how well a sample of units tells it."""

from __future__ import annotations

import numpy as np


def share_of_pairs(by_unit: np.ndarray, level: float = 0.95) -> dict[str, float]:
    """Estimate, se, ci_lower and ci_upper of a share of pairs.

    Parameters
    ----------
    by_unit : for each unit the share of its pairs with the others.

    Notes
    -----
    The mean over pairs is a U-statistic of order two; with h_i the share of unit i, its variance is about
    4 Var(h)/n (Hoeffding 1948). Treating the pairs as independent would be far too sure of itself.
    """
    from scipy import stats

    n = len(by_unit)
    estimate, se = float(by_unit.mean()), float(2 * by_unit.std(ddof=1) / np.sqrt(n))
    half = stats.norm.ppf(0.5 + level / 2) * se
    return {
        "estimate": estimate,
        "se": se,
        "ci_lower": max(0.0, estimate - half),
        "ci_upper": min(1.0, estimate + half),
    }
