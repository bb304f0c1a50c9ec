"""Bootstrap confidence limits from draws: percentiles, bias correction, acceleration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def corrected(
    values: np.ndarray, centre: np.ndarray, tails: np.ndarray, accelerated: np.ndarray
) -> np.ndarray:
    """Tail probabilities (2, k) with bias correction and acceleration (Efron 1987, eq. 2.3)."""
    from scipy.special import ndtr, ndtri

    count = np.maximum(np.isfinite(values).sum(axis=0), 1)
    margin = 1e-10 * (np.abs(centre) + 1)  # draws equal to the estimate but for rounding are not below it
    below = (values < centre - margin).sum(axis=0) / count
    bias = ndtri(np.clip(below, 0.5 / count, 1 - 0.5 / count))
    shifted = bias + ndtri(tails)[:, None]
    return ndtr(bias + shifted / (1 - accelerated * shifted))


def acceleration(groups: Sequence[tuple[int, np.ndarray]]) -> np.ndarray:
    """Acceleration (k,) from leave-one-out values: a sixth of the skewness of the influence.

    groups : of each group its n and values (m, k) with one of its rows left out, m of n rows (all, or an
        even sample of them, whose sums stand for n/m as many).

    Source: Efron (1987); several groups: Davison & Hinkley (1997), eq. 5.27 with the jackknife's influence.
    """
    second, third = 0.0, 0.0
    for n, values in groups:
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0.0).sum(axis=0) / count
        influence = np.where(known, (mean - values) * (n - 1) / n, 0.0)
        second = second + (influence**2).sum(axis=0) * n / count
        third = third + (influence**3).sum(axis=0) * n / count
    return np.where(second > 0, third / (6 * np.maximum(second, 1e-300) ** 1.5), 0.0)


def quantiles(ordered: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Quantile of each sorted column (nan last) at its own probability, interpolated on the normal scale.

    Davison & Hinkley (1997), eq. 5.8.
    """
    from scipy.special import ndtri

    count = np.maximum(np.isfinite(ordered).sum(axis=0), 1)
    rank = (count + 1) * np.clip(probability, 1 / (count + 1), count / (count + 1))
    low = np.clip(np.floor(rank + 1e-12).astype(int), 1, count)
    high = np.minimum(low + 1, count)
    at = np.arange(ordered.shape[1])
    first, second = ordered[low - 1, at], ordered[high - 1, at]
    left, right, wanted = (ndtri(part / (count + 1)) for part in (low, high, rank))
    share = np.where(high > low, (wanted - left) / np.where(right > left, right - left, 1.0), 0.0)
    return first + np.clip(share, 0.0, 1.0) * (second - first)


def limits(
    values: np.ndarray, centre: np.ndarray, kind: str, level: float, accelerated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits (k,) from draws (B, k) with nan where one has no value."""
    ordered = np.sort(values, axis=0)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    probability = np.repeat(tails[:, None], ordered.shape[1], axis=1)
    if kind in ("bc", "bca"):
        probability = corrected(ordered, centre, tails, accelerated)
    lower, upper = (quantiles(ordered, row) for row in probability)
    return (2 * centre - upper, 2 * centre - lower) if kind == "basic" else (lower, upper)
