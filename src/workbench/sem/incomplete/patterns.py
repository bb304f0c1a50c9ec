"""Full-information likelihood of data with holes: sufficient statistics by missing-data pattern.

Rows that answer the same questions share a pattern; its count, mean and scatter are all that the normal
likelihood needs, so a step costs patterns and not rows. Derivatives come in the moments (μ, vech Σ); any
model supplies its Jacobian. ``vech`` runs as lavaan's: down the columns of the lower triangle.

With A = Σ⁻¹ and a pattern that misses the variables m, the inverse of the observed part, padded with zeros,
is M = A - A_·m C A_m·, where C = (A_mm)⁻¹ is the covariance of the missing given the observed (Schur
complement), and log|Σ_oo| = log|Σ| + log|A_mm|. So a pattern costs the inverse of its *missing* block, and
everything else is a few products of whole matrices:
ℓ = -½ Σ n (k log 2π + log|Σ_oo| + tr MV), ∂ℓ/∂μ = Σ n M d, ∂ℓ/∂Σ = ½ Σ n (M V M - M), with d = ȳ - μ and
V = S + dd' of a pattern of n rows. EM's step is made of the same two sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from workbench.sem.compiled_model import IfAny
from workbench.sem.discrepancy import positive_definite

_LOG_TWO_PI = float(np.log(2.0 * np.pi))
_ELEMENTS = 4_000_000
"""Numbers that a stack of matrices may hold at a time: memory stays bounded whatever the data."""
_FEW = 45
"""Variables up to which the places of an information matrix's entries are kept (17 MB)."""


@dataclass(frozen=True)
class Block:
    """Patterns that miss the same number m of variables.

    patterns, summary, rows: the block's part of the patterns, of the summary rows, of the data rows (all of
    these are sorted by pattern). missing: patterns x m, the variables not answered.
    """

    patterns: slice
    summary: slice
    rows: slice
    missing: np.ndarray


@dataclass(frozen=True)
class Patterns:
    """Missing-data patterns of one group and their sufficient statistics.

    p: variables; n: rows that answer something; empty: rows that answer nothing, left out; observed:
    patterns x p, True where answered; frequency: rows a pattern.
    summary: rows x p that have every pattern's mean and scatter: its own rows where these are few, otherwise
    √n times the mean and a triangular root of the scatter. level: how much of μ is in each; owner: its
    pattern. values: the data's rows, zero where missing; member: the pattern of each; positions: its place in
    the data.
    """

    p: int
    n: int
    empty: int
    observed: np.ndarray
    frequency: np.ndarray
    summary: np.ndarray
    level: np.ndarray
    owner: np.ndarray
    values: np.ndarray
    member: np.ndarray
    positions: np.ndarray
    blocks: tuple[Block, ...]

    @cached_property
    def answers(self) -> float:
        """How many answers there are."""
        return float(self.frequency @ self.observed.sum(axis=1))

    @cached_property
    def reach(self) -> np.ndarray:
        """What one unit of μ takes from each summary row, rows x p."""
        return self.level[:, None] * self.observed[self.owner]

    @cached_property
    def starts(self) -> np.ndarray:
        """First summary row of every pattern."""
        return np.searchsorted(self.owner, np.arange(len(self.frequency)))


def collect_patterns(values: np.ndarray) -> Patterns:
    """Sort rows (n x p, NaN where missing) into patterns and take each pattern's sufficient statistics."""
    p = values.shape[1]
    answered = ~np.isnan(values)
    kept = np.flatnonzero(answered.any(axis=1))
    packed = np.packbits(answered[kept], axis=1)
    _, first, owner = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    observed = answered[kept[first]]
    order = np.argsort(-observed.sum(axis=1), kind="stable")
    observed, place = observed[order], np.argsort(order)
    member = place[owner]
    sort = np.argsort(member, kind="stable")
    member, positions = member[sort], kept[sort]
    filled = np.where(answered[positions], values[positions], 0.0)
    frequency = np.bincount(member, minlength=len(order))
    summary, level, stands = _summaries(filled, observed, frequency)
    blocks = _blocks(p - observed.sum(axis=1), observed, member, stands)
    return Patterns(
        p, len(kept), len(values) - len(kept), observed, frequency.astype(float),
        summary, level, stands, filled, member, positions, blocks,
    )  # fmt: skip


def _summaries(
    filled: np.ndarray, observed: np.ndarray, frequency: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that carry each pattern's mean and scatter, how much of μ is in them, and their patterns."""
    many = np.flatnonzero(frequency > observed.sum(axis=1) + 1)
    if not many.size:
        return filled, np.ones(len(filled)), np.repeat(np.arange(len(frequency)), frequency)
    ends = np.cumsum(frequency)
    rows, level, owner = [], [], []
    crowded = frequency > observed.sum(axis=1) + 1
    for pattern, (end, count) in enumerate(zip(ends, frequency, strict=True)):
        part = filled[end - count : end]
        if crowded[pattern]:
            mean, seen = part.mean(axis=0), np.flatnonzero(observed[pattern])
            root = np.zeros((len(seen) + 1, part.shape[1]))
            root[0] = np.sqrt(count) * mean
            root[1:, seen] = np.linalg.qr(part[:, seen] - mean[seen], mode="r")
            part = root
            level.append(np.concatenate([[np.sqrt(count)], np.zeros(len(seen))]))
        else:
            level.append(np.ones(count))
        rows.append(part)
        owner.append(np.full(len(part), pattern))
    return np.concatenate(rows), np.concatenate(level), np.concatenate(owner)


def _blocks(
    absent: np.ndarray, observed: np.ndarray, member: np.ndarray, owner: np.ndarray
) -> tuple[Block, ...]:
    """Blocks of equal numbers of missing answers, split where a stack would be large."""
    blocks = []
    for count in np.unique(absent):
        chosen = np.flatnonzero(absent == count)
        load = np.bincount(owner, minlength=len(observed))[chosen].cumsum() * max(int(count), 1) ** 2
        for part in np.split(chosen, np.flatnonzero(np.diff(load // _ELEMENTS)) + 1):
            begin, end = int(part[0]), int(part[-1]) + 1
            answers, rows = (slice(*np.searchsorted(each, [begin, end])) for each in (owner, member))
            missing = np.nonzero(~observed[begin:end])[1].reshape(len(part), count)
            blocks.append(Block(slice(begin, end), answers, rows, missing))
    return tuple(blocks)


def _inverse(patterns: Patterns, sigma: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], float]:
    """Σ⁻¹, the blocks' stacks of C, and the sum of log|Σ_oo| over rows.

    Raises LinAlgError where Σ is not positive definite, but for rounding.
    """
    good, logdet = positive_definite(sigma[None])
    if not good[0]:
        raise np.linalg.LinAlgError("not positive definite")
    logs = patterns.n * float(logdet[0])
    whole = np.linalg.inv(sigma)
    whole = 0.5 * (whole + whole.T)
    stacks = []
    for block in patterns.blocks:
        part = whole[block.missing[:, :, None], block.missing[:, None, :]]
        if block.missing.shape[1]:
            own = np.linalg.cholesky(part).diagonal(axis1=1, axis2=2)
            logs += 2.0 * float(patterns.frequency[block.patterns] @ np.log(own).sum(axis=1))
            part = np.linalg.inv(part)
        stacks.append(part)
    return whole, stacks, logs


def _pulls(
    patterns: Patterns, deviations: np.ndarray, whole: np.ndarray, stacks: Any, data: bool = False
) -> np.ndarray:
    """M d for every row of deviations (zero where missing): summary rows, or with ``data`` the data's."""
    first = deviations @ whole
    filled = np.zeros_like(first)
    owner = patterns.member if data else patterns.owner
    for block, stack in zip(patterns.blocks, stacks, strict=True):
        if block.missing.shape[1]:
            rows = block.rows if data else block.summary
            mine = owner[rows] - block.patterns.start
            which, places = np.arange(rows.start, rows.stop)[:, None], block.missing[mine]
            if len(mine) > len(stack):
                stack = stack[mine]
            filled[which, places] = -(stack @ first[which, places][:, :, None])[:, :, 0]
    return first + filled @ whole


def loglik_and_gradient(
    patterns: Patterns, mu: np.ndarray, sigma: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, ∂ℓ/∂μ and the symmetric ∂ℓ/∂Σ (as a matrix of p x p unrestricted entries).

    The log-likelihood is -inf, with zero derivatives, where Σ is not positive definite.
    """
    p = patterns.p
    try:
        whole, stacks, logs = _inverse(patterns, sigma)
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros(p), np.zeros((p, p))
    deviations = patterns.summary - patterns.reach * mu
    pull = _pulls(patterns, deviations, whole, stacks)
    loglik = -0.5 * (patterns.answers * _LOG_TWO_PI + logs + float((deviations * pull).sum()))
    unknown = np.zeros(p * p)
    for block, stack in zip(patterns.blocks, stacks, strict=True):
        places = block.missing[:, :, None] * p + block.missing[:, None, :]
        weighted = stack * patterns.frequency[block.patterns][:, None, None]
        unknown += np.bincount(places.ravel(), weighted.ravel(), minlength=p * p)
    expected = patterns.n * whole - whole @ unknown.reshape(p, p) @ whole
    return loglik, patterns.level @ pull, 0.5 * (pull.T @ pull - expected)


def available_moments(patterns: Patterns) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (divisor n) of every variable over its answers."""
    answered = patterns.observed[patterns.member]
    count = answered.sum(axis=0)
    mean = patterns.values.sum(axis=0) / count
    return mean, ((patterns.values - mean * answered) ** 2).sum(axis=0) / count


def pairwise_moments(patterns: Patterns) -> tuple[np.ndarray, np.ndarray]:
    """Means over each variable's answers, covariances over each pair's, as lavaan stacks them for GFI.

    Every covariance is about the pair's own means with divisor n_pair - 1, times (n - 1) / n; nan for a pair
    that one row answers.
    In R: ``lavInspect(fit, "wls.obs")``.
    """
    answered = patterns.observed[patterns.member].astype(float)
    mean = patterns.values.sum(axis=0) / answered.sum(axis=0)
    centred = patterns.values - mean * answered
    both, sums = answered.T @ answered, centred.T @ answered
    cov = (centred.T @ centred - sums * sums.T / both) / np.where(both > 1.0, both - 1.0, np.nan)
    return mean, cov * (patterns.n - 1) / patterns.n


def _whole_inverses(patterns: Patterns, whole: np.ndarray, stacks: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Chunks of patterns and their M, patterns x p x p."""
    each = max(len(patterns.owner) // len(patterns.frequency), 1)
    chunk = max(_ELEMENTS // (each * patterns.p**2), 1)
    for block, stack in zip(patterns.blocks, stacks, strict=True):
        for start in range(0, len(stack), chunk):
            part = slice(start, min(start + chunk, len(stack)))
            across = whole[block.missing[part]]
            begin = block.patterns.start
            yield (
                slice(begin + part.start, begin + part.stop),
                whole - across.swapaxes(1, 2) @ (stack[part] @ across),
            )


def expected_squares(patterns: Patterns, sigma: np.ndarray, shift: np.ndarray, change: np.ndarray) -> float:
    """``v'Wv`` for v = (shift, vech change) and W the expected information of one row at Σ."""
    whole, stacks, _ = _inverse(patterns, sigma)
    total = 0.0
    for part, inverses in _whole_inverses(patterns, whole, stacks):
        turned = inverses @ change
        squares = 0.5 * (turned * turned.swapaxes(1, 2)).sum(axis=(1, 2)) + (inverses @ shift) @ shift
        total += float(patterns.frequency[part] @ squares)
    return total / patterns.n


def information(patterns: Patterns, mu: np.ndarray, sigma: np.ndarray, observed: bool = True) -> np.ndarray:
    """Information in (μ, vech Σ), summed over rows: observed (minus the Hessian) or expected given patterns.

    Σ over patterns of M ⊗ K, with K = MVM - ½M (observed) or ½M (expected), is one matrix product of the
    patterns' half-vectorised inverses, so thousands of patterns cost no Python loop.
    """
    p = patterns.p
    rows, columns = np.triu_indices(p)
    by_mu = np.zeros((p, p))
    outer = np.zeros((len(rows), len(rows)))
    mixed = np.zeros((len(rows), p))
    whole, stacks, _ = _inverse(patterns, sigma)
    pull: IfAny = (
        _pulls(patterns, patterns.summary - patterns.reach * mu, whole, stacks) if observed else None
    )
    ends = np.append(patterns.starts, len(patterns.owner))
    for part, inverses in _whole_inverses(patterns, whole, stacks):
        weight = patterns.frequency[part]
        by_mu += np.tensordot(weight, inverses, axes=1)
        flat = inverses[:, rows, columns]
        if observed:
            kernel = -0.5 * weight[:, None] * flat
            mine = pull[ends[part.start] : ends[part.stop]]
            starts = ends[part] - ends[part.start]
            products = mine[:, rows] * mine[:, columns]
            kernel += np.add.reduceat(products, starts, axis=0)
            levels = patterns.level[ends[part.start] : ends[part.stop], None]
            mixed += flat.T @ np.add.reduceat(levels * mine, starts, axis=0)
            outer += flat.T @ kernel
        else:
            flat *= np.sqrt(0.5 * weight)[:, None]
            outer += flat.T @ flat
    outer += outer.T
    half, straight, crossed = _cells(p)
    by_sigma = outer.take(straight)
    by_sigma += outer.take(crossed)
    factor = np.where(rows == columns, 0.5, 1.0)
    by_sigma *= factor[:, None]
    by_sigma *= factor
    a = np.arange(p)[:, None]
    across = (mixed[half[a, rows], columns] + mixed[half[a, columns], rows]) * factor
    full = np.empty((p + len(rows),) * 2)
    full[:p, :p], full[:p, p:], full[p:, :p], full[p:, p:] = by_mu, across, across.T, by_sigma
    return full


def _cells(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place of a pair (p x p) in vech, and the cells (i1 j1, i2 j2) and (i1 j2, i2 j1) of a flat vech x vech
    matrix for the pairs i and j. Kept where they are small: a fit asks dozens of times.
    """
    return _kept_cells(p) if p <= _FEW else _kept_cells.__wrapped__(p)


@lru_cache(maxsize=2)
def _kept_cells(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = np.triu_indices(p)
    half = np.zeros((p, p), dtype=int)
    half[rows, columns] = half[columns, rows] = np.arange(len(rows))
    i, j = rows[:, None], columns[:, None]
    straight = half[i, rows] * len(rows) + half[j, columns]
    return half, straight, half[i, columns] * len(rows) + half[j, rows]


def casewise_scores(
    patterns: Patterns, mu: np.ndarray, sigma: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Scores of single rows in (μ, vech Σ), in chunks: positions of the rows in the data, rows x moments."""
    rows, columns = np.triu_indices(patterns.p)
    factor = np.where(rows == columns, 0.5, 1.0)
    whole, stacks, _ = _inverse(patterns, sigma)
    answered = patterns.observed[patterns.member]
    pull = _pulls(patterns, patterns.values - mu * answered, whole, stacks, data=True)
    chunk = max(_ELEMENTS // len(rows), 1)
    for part, inverses in _whole_inverses(patterns, whole, stacks):
        flat = inverses[:, rows, columns]
        begin, end = np.searchsorted(patterns.member, [part.start, part.stop])
        for start in range(begin, end, chunk):
            mine = slice(start, min(start + chunk, end))
            by_sigma = pull[mine][:, rows] * pull[mine][:, columns]
            by_sigma -= flat[patterns.member[mine] - part.start]
            yield patterns.positions[mine], np.hstack([pull[mine], by_sigma * factor])
