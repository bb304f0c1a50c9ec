"""Bootstrap confidence limits from draws: percentiles, bias correction, acceleration."""

from __future__ import annotations

import numpy as np


def corrected(
    values: np.ndarray, centre: np.ndarray, tails: np.ndarray, accelerated: np.ndarray
) -> np.ndarray:
    """Tail probabilities (2, k) with bias correction and acceleration (Efron 1987, eq. 2.3)."""
    from scipy.special import ndtr, ndtri

    below = (values < centre).mean(axis=0)
    bias = ndtri(np.clip(below, 0.5 / len(values), 1 - 0.5 / len(values)))
    shifted = bias + ndtri(tails)[:, None]
    return ndtr(bias + shifted / (1 - accelerated * shifted))


def acceleration(left_out: np.ndarray) -> np.ndarray:
    """Acceleration from jackknife values (m, k): a sixth of the skewness of the influence."""
    usable = left_out[np.isfinite(left_out).all(axis=1)]
    influence = usable.mean(axis=0) - usable
    spread = (influence**2).sum(axis=0)
    return np.where(spread > 0, (influence**3).sum(axis=0) / (6 * np.maximum(spread, 1e-300) ** 1.5), 0.0)


def quantiles(ordered: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Quantile of each sorted column at its own probability, interpolated on the normal scale.

    Davison & Hinkley (1997), eq. 5.8.
    """
    from scipy.special import ndtri

    count, columns = ordered.shape
    rank = (count + 1) * np.clip(probability, 1 / (count + 1), count / (count + 1))
    low = np.clip(np.floor(rank + 1e-12).astype(int), 1, count)
    high = np.minimum(low + 1, count)
    at = np.arange(columns)
    first, second = ordered[low - 1, at], ordered[high - 1, at]
    left, right, wanted = (ndtri(part / (count + 1)) for part in (low, high, rank))
    share = np.where(high > low, (wanted - left) / np.where(right > left, right - left, 1.0), 0.0)
    return first + np.clip(share, 0.0, 1.0) * (second - first)
