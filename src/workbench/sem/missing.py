"""Full-information likelihood of data with holes: sufficient statistics by missing-data pattern.

Rows that answer the same questions share a pattern; its count, mean and scatter are all that the normal
likelihood needs, so a step costs patterns and not rows. Patterns are stacked (those with a similar number of
answers together). Derivatives come in the moments (μ, vech Σ); any model supplies its Jacobian.

With M = Σ_oo⁻¹ padded with zeros, d = ȳ - μ and V = S + dd' of a pattern of n rows:
ℓ = -½ n (k log 2π + log|Σ_oo| + tr MV), ∂ℓ/∂μ = n M d, ∂ℓ/∂Σ = ½ n (M V M - M). EM's step is made of the same
two sums.
``vech`` runs as lavaan's: down the columns of the lower triangle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

_LOG_TWO_PI = float(np.log(2.0 * np.pi))
_WIDE = 16
_CHUNK = 2_000
_EM_STEPS = 2_000
_MEMORY = 6


@dataclass(frozen=True)
class Block:
    """Patterns with a similar number of answered variables, padded to one width.

    index: patterns x width, the variables observed (0 where padded). mask: 1 observed, 0 padding.
    counts: rows a pattern. means: patterns x width. scatter: patterns x width x width about it, divisor n.
    rows: positions of the rows in the data; owner: the pattern of each; values: rows x width.
    """

    index: np.ndarray
    mask: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    scatter: np.ndarray
    rows: np.ndarray
    owner: np.ndarray
    values: np.ndarray

    @cached_property
    def repeated(self) -> np.ndarray:
        """Patterns of more than one row: the only ones with scatter."""
        return np.flatnonzero(self.counts > 1)

    @cached_property
    def both(self) -> np.ndarray:
        return self.mask[:, :, None] * self.mask[:, None, :]

    @cached_property
    def filler(self) -> np.ndarray:
        """Ones on the diagonal where padded, so that the inverse and the determinant do not notice."""
        return (1.0 - self.mask)[:, :, None] * np.eye(self.mask.shape[1])

    def flat(self, p: int) -> np.ndarray:
        """Places of each pattern's pairs of variables in a p x p matrix written as a vector."""
        return self.index[:, :, None] * p + self.index[:, None, :]

    def inverse(self, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inverses of the observed parts of Σ, zero where padded, and their log-determinants.

        Raises LinAlgError where one is not positive definite.
        """
        part = sigma[self.index[:, :, None], self.index[:, None, :]] * self.both + self.filler
        if part.shape[1] <= _WIDE:
            own = np.diagonal(np.linalg.cholesky(part), axis1=1, axis2=2)
            inverse = np.linalg.inv(part)
        else:  # a loop over LAPACK's symmetric inverse takes a quarter of NumPy's stacked general one
            lower, own = np.empty_like(part), np.empty(part.shape[:2])
            for place, matrix in enumerate(part):
                factor, bad = dpotrf(matrix, lower=1)  # leaves zeros above the diagonal, and so does dpotri
                if bad:
                    raise np.linalg.LinAlgError("not positive definite")
                own[place] = factor.diagonal()
                lower[place] = dpotri(factor, lower=1, overwrite_c=1)[0]
            middle = np.arange(part.shape[1])
            diagonal = lower[:, middle, middle]
            inverse = lower + lower.transpose(0, 2, 1)
            inverse[:, middle, middle] = diagonal
        log_determinant = 2.0 * np.log(own).sum(axis=1)
        return inverse * self.both, log_determinant

    def deviation(self, mu: np.ndarray) -> np.ndarray:
        return (self.means - mu[self.index]) * self.mask


@dataclass(frozen=True)
class Patterns:
    """Missing-data patterns of one group and their sufficient statistics.

    p: variables; n: rows that answer something; empty: rows that answer nothing, left out; observed:
    patterns x p, True where answered; frequency: rows a pattern.
    """

    p: int
    n: int
    empty: int
    observed: np.ndarray
    frequency: np.ndarray
    blocks: tuple[Block, ...]

    @cached_property
    def coverage(self) -> np.ndarray:
        """Share of rows that answer both variables of each pair."""
        weighted = self.observed * self.frequency[:, None]
        return self.observed.T.astype(float) @ weighted / self.n


def collect_patterns(values: np.ndarray) -> Patterns:
    """Sort rows (n x p, NaN where missing) into patterns and take each pattern's sufficient statistics."""
    p = values.shape[1]
    answered = ~np.isnan(values)
    kept = np.flatnonzero(answered.any(axis=1))
    packed = np.packbits(answered[kept], axis=1)
    _, first, owner = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    observed = answered[kept[first]]
    frequency = np.bincount(owner, minlength=len(first)).astype(float)
    size = observed.sum(axis=1)
    step = p if p <= _WIDE else p // 8
    width = np.minimum(-(-size // step) * step, p)
    filled = np.where(answered, values, 0.0)
    blocks = [
        _block(filled, kept, owner, np.flatnonzero(width == each), observed, frequency, int(each))
        for each in np.unique(width)
    ]
    return Patterns(p, len(kept), len(values) - len(kept), observed, frequency, tuple(blocks))


def _block(filled, kept, owner, chosen, observed, frequency, width) -> Block:
    order = np.argsort(~observed[chosen], axis=1, kind="stable")[:, :width]
    mask = np.take_along_axis(observed[chosen], order, axis=1).astype(float)
    index = np.where(mask > 0, order, 0)
    local = np.full(len(frequency), -1)
    local[chosen] = np.arange(len(chosen))
    here = np.flatnonzero(local[owner] >= 0)
    here = here[np.argsort(local[owner[here]], kind="stable")]
    member, rows = local[owner[here]], kept[here]
    values = filled[rows[:, None], index[member]] * mask[member]
    counts = frequency[chosen]
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(int)
    means = np.add.reduceat(values, begins, axis=0) / counts[:, None]
    centred = values - means[member]
    scatter = np.zeros((len(chosen), width, width))
    several = np.flatnonzero(counts > 1)
    for pattern in several:
        part = centred[begins[pattern] : begins[pattern] + int(counts[pattern])]
        scatter[pattern] = part.T @ part / counts[pattern]
    return Block(index, mask, counts, means, scatter, rows, member, values)


def loglik_and_gradient(
    patterns: Patterns, mu: np.ndarray, sigma: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, ∂ℓ/∂μ and the symmetric ∂ℓ/∂Σ (as a matrix of p x p unrestricted entries).

    The log-likelihood is -inf, with zero derivatives, where Σ is not positive definite.
    """
    p = patterns.p
    total, by_mu, by_sigma = 0.0, np.zeros(p), np.zeros(p * p)
    try:
        for block in patterns.blocks:
            inverse, log_determinant = block.inverse(sigma)
            deviation = block.deviation(mu)
            weight = block.counts[:, None]
            pull = (inverse @ deviation[:, :, None])[:, :, 0]
            quadratic = (deviation * pull).sum(axis=1)
            change = pull[:, :, None] * pull[:, None, :] - inverse
            if block.repeated.size:
                scatter, own = block.scatter[block.repeated], inverse[block.repeated]
                quadratic[block.repeated] += (own * scatter).sum(axis=(1, 2))
                change[block.repeated] += own @ scatter @ own
            answered = block.mask.sum(axis=1)
            total -= 0.5 * float(block.counts @ (answered * _LOG_TWO_PI + log_determinant + quadratic))
            by_mu += np.bincount(block.index.ravel(), (weight * pull).ravel(), minlength=p)
            change *= 0.5 * weight[:, :, None]
            by_sigma += np.bincount(block.flat(p).ravel(), change.ravel(), minlength=p * p)
    except np.linalg.LinAlgError:
        return -np.inf, np.zeros(p), np.zeros((p, p))
    return total, by_mu, by_sigma.reshape(p, p)


def saturated_moments(
    patterns: Patterns, tolerance: float = 1e-10
) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """Maximum-likelihood means and covariances of the unrestricted model, by EM with Anderson acceleration.

    Returns μ, Σ, the log-likelihood and whether EM's step, in units of the log-likelihood, fell below
    ``tolerance``. Dempster, Laird and Rubin (1977); Anderson (1965) as in Walker and Ni (2011): a mixed
    step that loses likelihood is thrown away for the plain one. In R: ``lavInspect(fit, "h1")``.
    """
    p = patterns.p
    rows, columns = np.triu_indices(p)

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sigma = np.empty((p, p))
        sigma[rows, columns] = sigma[columns, rows] = x[p:]
        return x[:p], sigma

    mean, variance = available_moments(patterns)
    x = np.concatenate([mean, np.where(rows == columns, variance[rows], 0.0)])
    loglik, by_mu, by_sigma = loglik_and_gradient(patterns, *unpack(x))
    moves: list[tuple[np.ndarray, np.ndarray]] = []
    before: tuple[np.ndarray, np.ndarray] | None = None
    for _ in range(_EM_STEPS):
        mu, sigma = unpack(x)
        shift = sigma @ by_mu / patterns.n
        change = 2.0 * sigma @ by_sigma @ sigma / patterns.n - np.outer(shift, shift)
        step = np.concatenate([shift, change[rows, columns]])
        gain = float(by_mu @ shift + (by_sigma * change).sum())
        if abs(gain) < tolerance * max(1.0, abs(loglik) * 1e-3):
            return mu, sigma, loglik, True
        if before is not None:
            moves = [*moves, (x - before[0], step - before[1])][-_MEMORY:]
        before = (x, step)
        if moves:
            spread = np.sqrt(np.diag(sigma))
            weight = 1.0 / np.concatenate([spread, spread[rows] * spread[columns]])
            dx, ds = (np.stack(part, axis=1) for part in zip(*moves, strict=True))
            share = np.linalg.lstsq(ds * weight[:, None], step * weight, rcond=1e-12)[0]
            mixed = x + step - (dx + ds) @ share
            found = loglik_and_gradient(patterns, *unpack(mixed))
            if found[0] >= loglik:
                x, (loglik, by_mu, by_sigma) = mixed, found
                continue
            moves = []
        x = x + step
        loglik, by_mu, by_sigma = loglik_and_gradient(patterns, *unpack(x))
    mu, sigma = unpack(x)
    return mu, sigma, loglik, False


def available_moments(patterns: Patterns) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (divisor n) of every variable over its answers."""
    p = patterns.p
    count, total = np.zeros(p), np.zeros(p)
    for block in patterns.blocks:
        weight = block.mask[block.owner].ravel()
        where = block.index[block.owner].ravel()
        count += np.bincount(where, weight, minlength=p)
        total += np.bincount(where, weight * block.values.ravel(), minlength=p)
    mean = total / count
    square = np.zeros(p)
    for block in patterns.blocks:
        where = block.index[block.owner]
        centred = (block.values - mean[where]) * block.mask[block.owner]
        square += np.bincount(where.ravel(), (centred**2).ravel(), minlength=p)
    return mean, square / count


def information(patterns: Patterns, mu: np.ndarray, sigma: np.ndarray, observed: bool = True) -> np.ndarray:
    """Information in (μ, vech Σ), summed over rows: observed (minus the Hessian) or expected given patterns.

    Σ over patterns of M ⊗ K, with K = MVM - ½M (observed) or ½M (expected), is one matrix product of the
    patterns' half-vectorised inverses, so thousands of patterns cost no Python loop.
    """
    p = patterns.p
    rows, columns = np.triu_indices(p)
    half = np.zeros((p, p), dtype=int)
    half[rows, columns] = half[columns, rows] = np.arange(len(rows))
    by_mu = np.zeros((p, p))
    outer = np.zeros((len(rows), len(rows)))
    mixed = np.zeros((len(rows), p))
    for inverse, pull, scatter, weight in _padded(patterns, mu, sigma):
        flat = inverse[:, rows, columns]
        if observed:
            kernel = inverse @ scatter @ inverse + pull[:, :, None] * pull[:, None, :] - 0.5 * inverse
            mixed += (flat * weight[:, None]).T @ pull
        else:
            kernel = 0.5 * inverse
        outer += (flat * weight[:, None]).T @ kernel[:, rows, columns]
        by_mu += np.tensordot(weight, inverse, axes=1)
    outer += outer.T
    factor = np.where(rows == columns, 0.5, 1.0)
    i, j = rows[:, None], columns[:, None]
    by_sigma = outer[half[i, rows], half[j, columns]] + outer[half[i, columns], half[j, rows]]
    by_sigma *= factor[:, None] * factor
    a = np.arange(p)[:, None]
    across = (mixed[half[a, rows], columns] + mixed[half[a, columns], rows]) * factor
    return np.block([[by_mu, across], [across.T, by_sigma]])


def _padded(patterns: Patterns, mu: np.ndarray, sigma: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Chunks of patterns: M, M d and S over all p variables, and the number of rows."""
    p = patterns.p
    for block in patterns.blocks:
        for start in range(0, len(block.counts), _CHUNK):
            part = slice(start, start + _CHUNK)
            piece = Block(
                *(
                    value[part]
                    for value in (block.index, block.mask, block.counts, block.means, block.scatter)
                ),
                block.rows[:0],
                block.owner[:0],
                block.values[:0],
            )
            small, _ = piece.inverse(sigma)
            size = len(piece.counts)
            which = np.arange(size)[:, None]
            spot = np.where(piece.mask > 0, piece.index, p)
            inverse, scatter = np.zeros((2, size, p + 1, p + 1))
            inverse[which[:, :, None], spot[:, :, None], spot[:, None, :]] = small
            scatter[which[:, :, None], spot[:, :, None], spot[:, None, :]] = piece.scatter
            pull = np.zeros((size, p + 1))
            pull[which, spot] = (small @ piece.deviation(mu)[:, :, None])[:, :, 0]
            yield inverse[:, :p, :p], pull[:, :p], scatter[:, :p, :p], piece.counts


def casewise_scores(
    patterns: Patterns, mu: np.ndarray, sigma: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Scores of single rows in (μ, vech Σ), in chunks: positions of the rows in the data, rows x moments."""
    p = patterns.p
    rows, columns = np.triu_indices(p)
    factor = np.where(rows == columns, 0.5, 1.0)
    for block in patterns.blocks:
        inverse, _ = block.inverse(sigma)
        for start in range(0, len(block.rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            owner = block.owner[part]
            deviation = (block.values[part] - mu[block.index[owner]]) * block.mask[owner]
            pull = (inverse[owner] @ deviation[:, :, None])[:, :, 0]
            size = len(owner)
            which = np.arange(size)[:, None]
            spot = np.where(block.mask[owner] > 0, block.index[owner], p)
            full = np.zeros((size, p + 1, p + 1))
            full[which[:, :, None], spot[:, :, None], spot[:, None, :]] = inverse[owner]
            by_mu = np.zeros((size, p + 1))
            by_mu[which, spot] = pull
            by_mu = by_mu[:, :p]
            by_sigma = (by_mu[:, rows] * by_mu[:, columns] - full[:, rows, columns]) * factor
            yield block.rows[part], np.hstack([by_mu, by_sigma])
