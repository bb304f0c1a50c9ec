"""Relative importance of correlated predictors: general dominance (Shapley, LMG) and relative weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from workbench.doors import column, door, is_number, names, optional, table
from workbench.errors import Fault, SpecificationError
from workbench.regression import doors
from workbench.regression.design import design

MOST = 12  # predictors: 4,096 subsets per draw
CONSTANT = 1e-12  # of the column's variance in all rows; what rounding leaves is smaller
CHUNK = 4_000_000  # numbers of one stack of submatrices


@dataclass(frozen=True)
class Importance:
    """Shares of R² by predictor.

    ``shares``: predictor, general (part of R²), share (of R²), ci_lower, ci_upper (of ``general``), rank,
    rank_first (share of draws in which it is the most important), relative_weight (Johnson), first (R²
    alone), last (added to all others). ``differences``: first, second, difference, ci_lower, ci_upper.
    ``conditional``: mean gain by number of predictors already in. ``complete``: share of the subsets in which
    the row predictor adds more than the column predictor (1 is complete dominance).
    """

    outcome: str
    r2: float
    shares: pd.DataFrame
    differences: pd.DataFrame
    conditional: pd.DataFrame
    complete: pd.DataFrame
    draws: int
    seed: int
    level: float
    n: int
    warnings: tuple[str, ...]


@door(data=table, outcome=column, predictors=names, cluster=optional(column), **doors.DRAWN)
def relative_importance(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    cluster: str | None = None,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> Importance:
    """Divide R² among numeric predictors by averaging what each adds over all subsets of the others.

    Parameters
    ----------
    predictors : 2 to 12 numeric columns.
    cluster : column of groups that are drawn as a whole (firms observed in several periods).
    draws, seed : rows resampled with replacement, all draws at once from their covariance matrices.
    data, outcome : as in :func:`ols`.
    level : of the intervals.

    Returns
    -------
    Importance, with percentile intervals.

    Notes
    -----
    φ_j = Σ_S |S|!(p-|S|-1)!/p! · (R²(S ∪ j) - R²(S)): Budescu (1993), Lindeman, Merenda & Gold (1980), the
    Shapley value of R². Relative weights: Johnson (2000). A percentile interval of a share of R² never
    reaches zero, so it does not test importance against none; compare predictors by ``differences``.

    R: ``relaimpo::calc.relimp(m, type = c("lmg", "first", "last"))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> drivers = ["staff_training", "service_quality"]
    >>> found = regression.relative_importance(scores, "satisfaction", drivers, draws=100)
    >>> round(found.r2, 2), list(found.shares.index)
    (0.16, ['staff_training', 'service_quality'])
    """
    made = design(data, outcome, list(predictors), complete=() if cluster is None else (cluster,))
    p, n = len(predictors), len(made.y)
    if not 2 <= p <= MOST:
        raise SpecificationError(f"relative importance is computed for 2 to {MOST} predictors, not {p}")
    texts = [name for name in predictors if not is_number(made.rows[name])]
    if texts:
        raise SpecificationError(
            [Fault("relative importance needs numeric predictors", column=t) for t in texts]
        )
    values = np.column_stack([made.x[list(predictors)].to_numpy(), made.y])
    corr = _correlations(values, np.ones((1, n)))
    sample = _gains(corr)
    groups = np.arange(n) if cluster is None else pd.factorize(made.rows[cluster])[0]
    count = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    weights = drawn[:, groups].astype(float)
    stack = _correlations(values, weights)
    kept = stack[np.isfinite(stack).all(axis=(1, 2))]
    kept = kept[np.linalg.eigvalsh(kept[:, :p, :p])[:, 0] > 1e-10]
    general = _general(_gains(kept))
    warnings = list(made.warnings)
    if len(kept) < draws:
        warnings.append(
            f"{draws - len(kept):,} of {draws:,} draws had collinear predictors and are left out."
        )
    names = list(predictors)
    return Importance(
        outcome,
        float(sample.r2[0, -1]),
        _shares(names, corr[0], sample, general, level),
        _differences(names, _general(sample)[0], general, level),
        _conditional(names, sample),
        _complete(names, sample),
        len(kept),
        seed,
        level,
        n,
        tuple(warnings),
    )


@dataclass(frozen=True)
class _Gains:
    """R² of every subset (draws x 2^p, subsets as bit masks)."""

    r2: np.ndarray
    p: int

    def of(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Masks without predictor j and what j adds to each, draws x masks."""
        masks = np.array([m for m in range(2**self.p) if not m >> j & 1])
        return masks, self.r2[:, masks | 1 << j] - self.r2[:, masks]


def _correlations(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlation matrices of many reweighted samples by two matrix products."""
    centred = (values - values.mean(axis=0)) / values.std(axis=0)
    n, k = centred.shape
    products = (centred[:, :, None] * centred[:, None, :]).reshape(n, k * k)
    total = weights.sum(axis=1)
    second = (weights @ products / total[:, None]).reshape(-1, k, k)
    means = weights @ centred / total[:, None]
    cov = second - means[:, :, None] * means[:, None, :]
    variance = np.diagonal(cov, axis1=1, axis2=2)
    # a column that is constant in a draw has no correlation: the caller leaves the draw out
    sd = np.sqrt(np.where(variance > CONSTANT, variance, np.nan))
    return cov / (sd[:, :, None] * sd[:, None, :])


def _gains(corr: np.ndarray) -> _Gains:
    """R² of all subsets: one batched solve a subset size, r_S' R_SS⁻¹ r_S."""
    draws, p = len(corr), corr.shape[1] - 1
    r2 = np.zeros((draws, 2**p))
    for size in range(1, p + 1):
        subsets = np.array(list(combinations(range(p), size)))
        masks = (1 << subsets).sum(axis=1)
        step = max(1, CHUNK // (len(subsets) * size * size))
        for start in range(0, draws, step):
            part = corr[start : start + step]
            inner = part[:, subsets[:, :, None], subsets[:, None, :]]
            outer = part[:, subsets, p]
            r2[start : start + step, masks] = (outer * np.linalg.solve(inner, outer[..., None])[..., 0]).sum(
                -1
            )
    return _Gains(r2, p)


def _sizes(masks: np.ndarray) -> np.ndarray:
    return np.array([int(m).bit_count() for m in masks])


def _general(gains: _Gains) -> np.ndarray:
    """Shapley value of each predictor, draws x p."""
    out = np.empty((len(gains.r2), gains.p))
    for j in range(gains.p):
        masks, gain = gains.of(j)
        weight = np.array([1 / (gains.p * comb(gains.p - 1, size)) for size in _sizes(masks)])
        out[:, j] = gain @ weight
    return out


def relative_weights(corr: np.ndarray) -> np.ndarray:
    """Johnson's (2000) relative weights from a correlation matrix whose last row is the outcome.

    With R = VDV', Λ = V D^½ V': weights are Λ² (Λ⁻¹ r)², and they add up to R².
    """
    p = len(corr) - 1
    values, vectors = np.linalg.eigh(corr[:p, :p])
    root = vectors * np.sqrt(values) @ vectors.T
    return root**2 @ np.linalg.solve(root, corr[:p, p]) ** 2


def _shares(
    names: list[str], corr: np.ndarray, sample: _Gains, general: np.ndarray, level: float
) -> pd.DataFrame:
    value = _general(sample)[0]
    full, p = sample.r2[0, -1], sample.p
    tail = (1 - level) / 2
    lower, upper = np.quantile(general, [tail, 1 - tail], axis=0)
    everything = 2**p - 1
    return pd.DataFrame(
        {
            "general": value,
            "share": value / full,
            "ci_lower": lower,
            "ci_upper": upper,
            "rank": (-value).argsort().argsort() + 1,
            "rank_first": np.bincount(general.argmax(axis=1), minlength=p) / len(general),
            "relative_weight": relative_weights(corr),
            "first": [sample.r2[0, 1 << j] for j in range(p)],
            "last": [full - sample.r2[0, everything & ~(1 << j)] for j in range(p)],
        },
        index=pd.Index(names, name="predictor"),
    )


def _differences(names: list[str], value: np.ndarray, general: np.ndarray, level: float) -> pd.DataFrame:
    tail = (1 - level) / 2
    rows = []
    for a, b in combinations(np.argsort(-value), 2):
        lower, upper = np.quantile(general[:, a] - general[:, b], [tail, 1 - tail])
        rows.append((names[a], names[b], value[a] - value[b], lower, upper))
    return pd.DataFrame(rows, columns=["first", "second", "difference", "ci_lower", "ci_upper"])


def _conditional(names: list[str], sample: _Gains) -> pd.DataFrame:
    rows = []
    for j in range(sample.p):
        masks, gain = sample.of(j)
        sizes = _sizes(masks)
        rows.append([gain[0, sizes == size].mean() for size in range(sample.p)])
    return pd.DataFrame(
        rows, index=pd.Index(names, name="predictor"), columns=pd.RangeIndex(sample.p, name="already in")
    )


def _complete(names: list[str], sample: _Gains) -> pd.DataFrame:
    p, r2 = sample.p, sample.r2[0]
    out = np.full((p, p), np.nan)
    for i in range(p):
        for j in range(p):
            if i != j:
                masks = np.array([m for m in range(2**p) if not (m >> i & 1 or m >> j & 1)])
                out[i, j] = (r2[masks | 1 << i] > r2[masks | 1 << j]).mean()
    return pd.DataFrame(out, index=pd.Index(names, name="predictor"), columns=names)
