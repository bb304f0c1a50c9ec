"""Covariance matrices of many bootstrap samples at once.

A nonparametric bootstrap sample is a set of counts, how often each respondent was drawn; its sums of
products are one matrix product with the counts, so that thousands of samples cost a few calls.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.measurement.doors import share, whole_number

_CHUNK_CELLS = 20_000_000


def bootstrap_covariances(answers: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Covariance matrices (some draws x items x items), pairwise where answers are missing.

    Draws come from one stream: the same seed gives the same samples whatever the chunk.
    """
    n, p = answers.shape
    present = ~np.isnan(answers)
    complete = bool(present.all())
    values = np.where(present, answers - np.nanmean(answers, axis=0), 0.0)
    rng = np.random.default_rng(seed)
    chunk = max(1, min(draws, _CHUNK_CELLS // max(n, p * p)))
    rows = max(1, _CHUNK_CELLS // (p * p))
    for start in range(0, draws, chunk):
        size = min(chunk, draws - start)
        counts = rng.multinomial(n, np.full(n, 1 / n), size=size).astype(float)
        products = _weighted(counts, values, values, rows)
        if complete:
            means = counts @ values / n
            yield (products - n * means[:, :, None] * means[:, None, :]) / (n - 1)
        else:
            shown = present.astype(float)
            pairs = _weighted(counts, shown, shown, rows)
            sums = _weighted(counts, values, shown, rows)
            with np.errstate(invalid="ignore", divide="ignore"):
                yield (products - sums * sums.swapaxes(-1, -2) / pairs) / (pairs - 1)


def _weighted(counts: np.ndarray, left: np.ndarray, right: np.ndarray, rows: int) -> np.ndarray:
    """Sums over respondents of count x left_i x right_j: draws x items x items."""
    p = left.shape[1]
    total = np.zeros((len(counts), p * p))
    for start in range(0, len(left), rows):
        part = slice(start, start + rows)
        total += counts[:, part] @ (left[part, :, None] * right[part, None, :]).reshape(-1, p * p)
    return total.reshape(-1, p, p)


def percentile_interval(draws: np.ndarray, confidence: float) -> tuple[float, float, int]:
    """Percentile interval and how many draws could not be computed (and were left out)."""
    usable = draws[np.isfinite(draws)]
    failed = int(draws.size - usable.size)
    if usable.size < 2:
        return np.nan, np.nan, failed
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(usable, [tail, 1 - tail])
    return float(lower), float(upper), failed


def check_draws(confidence: float, draws: int, seed: int) -> None:
    """Raise for a confidence, a number of draws or a seed that cannot be."""
    share(confidence, "confidence")
    whole_number(draws, "draws")
    whole_number(seed, "seed")
