"""Thresholds, polychoric and polyserial correlations, in two steps and for all pairs of variables at once.

Step one takes every variable by itself: an ordered item with K categories is a standard normal response cut
at K - 1 thresholds, read off its cumulative proportions; a continuous variable gives its mean and variance.
Step two maximises, with these held, the likelihood of each pair over its correlation (Olsson 1979; Olsson,
Drasgow and Dorans 1982). All pairs take their Newton steps together, so a table of 22 items costs a few array
operations and not 231 optimisations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from workbench.sem.compiled_model import IfAny
from workbench.sem.ordered.bivariate_normal import (
    FAR,
    bivariate_density,
    bivariate_density_slope,
    bivariate_probability,
    normal_density,
)

BOUND = 0.999
"""Correlations are sought within ±0.999, as lavaan does."""

TINY = float(np.sqrt(np.finfo(float).eps))
"""A cell less probable than this carries no score (lavaan's rule)."""

_ROWS_AT_ONCE = 20_000
_STEPS = 100
_SMALL = 1e-6
"""A Newton step this small leaves an error of its square: it is taken and ends the search."""


@dataclass(frozen=True)
class Coded:
    """Data of one group, ready for the kernels: variables in the order of ``names``.

    codes: rows x ordered items, categories 0..K-1, -1 where missing. values: rows x continuous variables.
    causes: rows x exogenous variables that all statistics are conditional on (they are not in ``names``).
    """

    names: tuple[str, ...]
    is_ordered: np.ndarray
    codes: np.ndarray
    categories: tuple[int, ...]
    values: np.ndarray
    causes: IfAny = None

    @property
    def n(self) -> int:
        return len(self.codes)

    def fingerprint(self) -> str:
        """A name of the content: equal data have the same, and two-step estimates depend on nothing else."""
        shapes = [None if part is None else part.shape for part in (self.codes, self.values, self.causes)]
        digest = hashlib.sha256(repr((self.names, self.categories, shapes)).encode())
        for part in (self.is_ordered, self.codes, self.values, self.causes):
            digest.update(b"none" if part is None else np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @property
    def place(self) -> np.ndarray:
        """Position of each variable within ``codes`` or within ``values``."""
        return np.where(self.is_ordered, np.cumsum(self.is_ordered), np.cumsum(~self.is_ordered)) - 1


@dataclass(frozen=True)
class TwoStep:
    """What the two steps give for one group; correlations by variable, thresholds padded with ±FAR.

    thresholds: ordered items x (most categories + 1), its first column -FAR and the last of each item FAR.
    means, variances: of the continuous variables (divisor n). tables: cell counts of the pairs of ordered
    items, ``pairs x categories x categories``, the item earlier in the order in the rows. slopes: variables x
    causes; with causes, variances and correlations are those of the residuals.
    """

    thresholds: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    correlations: np.ndarray
    tables: np.ndarray
    warnings: tuple[str, ...]
    slopes: IfAny = None


def two_step(data: Coded) -> TwoStep:
    """Thresholds, means and variances first, then every correlation given these."""
    warnings: list[str] = []
    width = max(data.categories, default=1)
    counts = joint_counts(data.codes, width)
    thresholds = _thresholds(data.codes, data.categories, width)
    means = data.values.mean(axis=0) if data.values.size else np.zeros(data.values.shape[1])
    centred = data.values - means
    variances = (centred**2).mean(axis=0) if data.values.size else np.zeros(data.values.shape[1])
    z = centred / np.sqrt(variances)

    ordered = np.flatnonzero(data.is_ordered)
    correlations = np.eye(len(data.names))

    first, second = np.triu_indices(len(ordered), 1)
    tables = counts[first, :, second, :]
    labels = [(data.names[ordered[a]], data.names[ordered[b]]) for a, b in zip(first, second, strict=True)]
    rho, said = _polychoric(
        tables, thresholds[first], thresholds[second], data.categories, first, second, labels
    )
    correlations[ordered[first], ordered[second]] = correlations[ordered[second], ordered[first]] = rho
    warnings += said

    items = np.arange(len(ordered))
    upper, lower = thresholds[items, data.codes + 1], thresholds[items, data.codes]
    said, near = add_continuous_variables(correlations, data, z, upper, lower)
    warnings += said
    warnings += [
        f"{data.names[a]} and {data.names[b]} correlate {correlations[a, b]:.3f}: nearly the same item"
        for a, b in near
    ]
    return TwoStep(thresholds, means, variances, correlations, tables, tuple(warnings))


def add_continuous_variables(
    correlations: np.ndarray, data: Coded, z: np.ndarray, upper: np.ndarray, lower: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Fill in what continuous variables correlate with each other and with ordered items, in place.

    ``z``: standardised values; ``upper``, ``lower``: cut points of every row's categories. Returns what is to
    be said, and the pairs of variables with correlations near one.
    """
    ordered, continuous = np.flatnonzero(data.is_ordered), np.flatnonzero(~data.is_ordered)
    said: list[str] = []
    if continuous.size:
        correlations[np.ix_(continuous, continuous)] = z.T @ z / max(data.n, 1)
    if continuous.size and ordered.size:
        rho, said = polyserial(z, data.codes, upper, lower)
        correlations[np.ix_(continuous, ordered)] = rho
        correlations[np.ix_(ordered, continuous)] = rho.T
    np.fill_diagonal(correlations, 1.0)
    return said, np.argwhere(np.triu(np.abs(correlations) > 0.99, 1))


def joint_counts(codes: np.ndarray, width: int) -> np.ndarray:
    """Counts of every pair of categories of every pair of items: items x width x items x width.

    A row that misses one of the two items does not count for that pair.
    """
    rows, items = codes.shape
    total = np.zeros((items * width, items * width))
    for start in range(0, rows, _ROWS_AT_ONCE):
        part = codes[start : start + _ROWS_AT_ONCE]
        indicator = (part[:, :, None] == np.arange(width)).reshape(len(part), -1).astype(np.float32)
        total += indicator.T @ indicator  # counts up to 20,000 are exact in single precision
    return total.reshape(items, width, items, width)


def _thresholds(codes: np.ndarray, categories: Sequence[int], width: int) -> np.ndarray:
    out = np.full((codes.shape[1], width + 1), FAR)
    out[:, 0] = -FAR
    for item, used in enumerate(categories):
        frequency = np.bincount(codes[codes[:, item] >= 0, item], minlength=used)
        out[item, 1:used] = ndtri(np.cumsum(frequency)[:-1] / frequency.sum())
    return out


def category_log_probability(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """log(Φ(upper) - Φ(lower)), from the tail where both limits are far out."""
    flip = lower > 0
    high, low = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    top = log_ndtr(high)
    with np.errstate(divide="ignore"):
        return top + np.log1p(-np.exp(np.minimum(log_ndtr(low) - top, 0.0)))


def cell_probabilities(low: np.ndarray, high: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Probability of every cell: pairs x categories x categories, from padded thresholds and correlations."""
    inner = bivariate_probability(low[:, 1:-1, None], high[:, None, 1:-1], rho[:, None, None])
    corner = np.zeros((len(rho), low.shape[1], high.shape[1]))
    corner[:, 1:-1, 1:-1] = inner
    corner[:, 1:, -1] = ndtr(low[:, 1:])
    corner[:, -1, 1:] = ndtr(high[:, 1:])
    return np.diff(np.diff(corner, axis=1), axis=2)


def _cell_sums(values: np.ndarray) -> np.ndarray:
    """Second differences over the cells of a quantity given at the inner corners (zero at the outer ones)."""
    return np.diff(np.diff(np.pad(values, ((0, 0), (1, 1), (1, 1))), axis=1), axis=2)


def cell_density(low: np.ndarray, high: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of every cell's probability with respect to the correlation."""
    h, k, r = low[:, 1:-1, None], high[:, None, 1:-1], rho[:, None, None]
    density = bivariate_density(h, k, r)
    return _cell_sums(density), _cell_sums(density * bivariate_density_slope(h, k, r))


def _polychoric(
    tables: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    categories: Sequence[int],
    first: np.ndarray,
    second: np.ndarray,
    labels: Sequence[tuple[str, str]],
) -> tuple[np.ndarray, list[str]]:
    counts = tables.astype(float)
    sizes = np.asarray(categories, dtype=int)
    binary = (sizes[first] == 2) & (sizes[second] == 2)
    fixed = _mend_fourfold(counts, binary)
    total = counts.sum(axis=(1, 2))
    start = _start_from_counts(counts, low, high)
    start[fixed != 0] = 0.0

    def evaluate(rho: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n, a, b = counts[chosen], low[chosen], high[chosen]
        probability = cell_probabilities(a, b, rho)
        counted = probability > TINY
        floored = np.where(counted, probability, TINY)
        slope, bend = cell_density(a, b, rho)
        ratio = np.where(counted, slope / floored, 0.0)
        gradient = (n * ratio).sum(axis=(1, 2))
        curvature = (n * (np.where(counted, bend / floored, 0.0) - ratio**2)).sum(axis=(1, 2))
        information = total[chosen] * (ratio * slope).sum(axis=(1, 2))
        loglik = (n * np.log(floored)).sum(axis=(1, 2))
        return loglik, gradient, np.where(curvature < 0, curvature, -np.maximum(information, 1e-8))

    rho, unfinished = maximise_side_by_side(evaluate, start)
    rho = np.where(fixed != 0, fixed, rho)
    said = [
        f"the polychoric correlation of {labels[int(i)][0]} and {labels[int(i)][1]} did not converge"
        for i in unfinished
    ]
    said += [
        f"two cells of the table of {labels[i][0]} by {labels[i][1]} are empty: taken as {fixed[i]:+.0f}"
        for i in np.flatnonzero(fixed).tolist()
    ]
    return rho, said


def _mend_fourfold(counts: np.ndarray, binary: np.ndarray) -> np.ndarray:
    """lavaan's rule for tables of two binary items, in place: half a case into one empty cell, margins kept.

    Returns +1 or -1 for tables with two empty cells, where the correlation has no finite estimate, else 0.
    """
    four = counts[:, :2, :2]
    empty = (four == 0).sum(axis=(1, 2))
    fixed = np.where(binary & (empty == 2), np.where(four[:, 0, 0] > 0, 1.0, -1.0), 0.0)
    for pair in np.flatnonzero(binary & (empty == 1)):
        on_diagonal = four[pair, 0, 0] == 0 or four[pair, 1, 1] == 0
        half = 0.5 if on_diagonal else -0.5
        four[pair] += np.array([[half, -half], [-half, half]])
    return fixed


def _start_from_counts(counts: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """First-order solution in ρ: covariance of the conditional means of y*, over the product of variances.

    P_ab is P_a P_b (1 + ρ s_a t_b) but for terms in ρ², where s_a is the mean of a normal response in its
    category, so Σ P_ab s_a t_b = ρ var(s) var(t).
    """
    total = counts.sum(axis=(1, 2))
    scores, spreads = [], []
    for threshold in (low, high):
        share = np.diff(ndtr(threshold), axis=1)
        gain = -np.diff(normal_density(threshold), axis=1)
        score = np.divide(gain, share, out=np.zeros_like(share), where=share > 0)
        scores.append(score)
        spreads.append((score * gain).sum(axis=1))
    product = ((counts @ scores[1][:, :, None])[:, :, 0] * scores[0]).sum(axis=1)
    return np.clip(product / (total * spreads[0] * spreads[1]), -0.95, 0.95)


def maximise_side_by_side(evaluate: Callable[..., Any], start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximise one-parameter log-likelihoods side by side; a step that loses is halved, pair by pair."""
    rho = start.copy()
    if not rho.size:
        return rho, np.array([], dtype=int)
    active = np.arange(rho.size)
    loglik, gradient, curvature = evaluate(rho, active)
    for _ in range(_STEPS):
        step = np.clip(-gradient / curvature, -0.5, 0.5)
        trial = np.clip(rho[active] + step, -BOUND, BOUND)
        going = np.abs(trial - rho[active]) > _SMALL
        rho[active[~going]] = trial[~going]
        if not going.any():
            return rho, active[:0]
        active, loglik, trial = active[going], loglik[going], trial[going]
        gained, gradient, curvature = evaluate(trial, active)
        for _ in range(20):
            worse = gained < loglik - 1e-9 * np.abs(loglik)
            if not worse.any():
                break
            trial[worse] = 0.5 * (trial[worse] + rho[active[worse]])
            again = evaluate(trial[worse], active[worse])
            gained[worse], gradient[worse], curvature[worse] = again
        rho[active], loglik = trial, gained
    return rho, active


def polyserial_parts(
    z: np.ndarray, upper: np.ndarray, lower: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of the observed category given z, with its first two derivatives in ρ; arrays broadcast."""
    rest = 1.0 - rho * rho
    root = np.sqrt(rest)

    def edge(threshold: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        reach = (threshold - rho * z) / root
        lean = (threshold * rho - z) / (rest * root)
        bend = threshold / (rest * root) + 3.0 * rho * lean / rest
        density = normal_density(reach)
        return ndtr(reach), density * lean, density * (bend - reach * lean**2)

    above, below = edge(upper), edge(lower)
    probability = np.maximum(above[0] - below[0], np.finfo(float).eps)
    return probability, above[1] - below[1], above[2] - below[2]


def polyserial(
    z: np.ndarray, codes: np.ndarray, upper: np.ndarray, lower: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Polyserial correlations: continuous variables x ordered items, from every row's cut points."""
    p, q = z.shape[1], codes.shape[1]
    start = np.clip(z.T @ _standard_scores(codes) / len(z), -0.95, 0.95).ravel()

    def evaluate(rho: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        loglik, gradient, curvature = np.zeros((3, len(chosen)))
        a, b = np.divmod(chosen, q)
        for begin in range(0, len(z), _ROWS_AT_ONCE):
            part = slice(begin, begin + _ROWS_AT_ONCE)
            probability, slope, bend = polyserial_parts(
                z[part][:, a], upper[part][:, b], lower[part][:, b], rho
            )
            ratio = slope / probability
            loglik += np.log(probability).sum(axis=0)
            gradient += ratio.sum(axis=0)
            exact = (bend / probability - ratio**2).sum(axis=0)
            curvature += np.where(exact < 0, exact, -(ratio**2).sum(axis=0) - 1e-8)
        return loglik, gradient, curvature

    rho, unfinished = maximise_side_by_side(evaluate, start)
    said = [f"{len(unfinished)} polyserial correlations did not converge"] if len(unfinished) else []
    return rho.reshape(p, q), said


def _standard_scores(codes: np.ndarray) -> np.ndarray:
    centred = codes - codes.mean(axis=0)
    return centred / codes.std(axis=0)
