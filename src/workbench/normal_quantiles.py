"""Quantiles of the normal distribution that intervals and powers rest on: in standard errors."""

from __future__ import annotations

import math
from statistics import NormalDist

INTERVAL_95 = NormalDist().inv_cdf(0.975)  # half of a 95 % interval
INTERVAL_90 = NormalDist().inv_cdf(0.95)
POWER_80 = NormalDist().inv_cdf(0.80)  # beyond the limit of a test that is to find something in 80 of 100
REGION_95 = math.sqrt(-2 * math.log(0.05))  # radius of a 95 % region of two


def two_sided(level: float) -> float:
    """Half of an interval with this confidence, in standard errors.

    Parameters
    ----------
    level : between 0 and 1.

    Examples
    --------
    >>> from workbench.normal_quantiles import two_sided
    >>> round(two_sided(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + level / 2)
