"""Wald tests and intervals of estimates with their standard errors."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from workbench.normal_quantiles import INTERVAL_95


def tested(name: str, estimate: np.ndarray, error: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of estimates with standard errors, z values, p values and 95 % intervals."""
    z = np.full(len(error), np.nan)
    np.divide(estimate, error, out=z, where=error > 0)
    margin = INTERVAL_95 * error
    limits = {"ci_lower": estimate - margin, "ci_upper": estimate + margin}
    return {name: estimate, "se": error, "z": z, "pvalue": 2 * ndtr(-np.abs(z))} | limits
