"""The unrestricted model of data with holes, and what tests and robust measures take from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.sem.incomplete.patterns import (
    Patterns,
    available_moments,
    casewise_scores,
    collect_patterns,
    information,
    loglik_and_gradient,
)
from workbench.sem.inference import normal_theory_weight, scaled_inverse
from workbench.sem.matrices import vech_cells

ROOM = 2_500_000  # entries of information matrices whose groups are kept from fit to fit (some 100 MB in all)
_KEPT: dict[tuple, Saturated] = {}
_EM_STEPS = 2_000
_MEMORY = 6  # earlier steps that a step is mixed with


@dataclass(frozen=True)
class Saturated:
    """Means and covariances of one group without a model: patterns, moments, log-likelihood (internal scale).

    settled: whether EM came to its end. fixed: variables whose moments are the sample's; exogenous: those
    that only cause others, fixed or not.
    """

    patterns: Patterns
    mean: np.ndarray
    cov: np.ndarray
    loglik: float
    settled: bool = True
    fixed: tuple[int, ...] = ()
    exogenous: tuple[int, ...] = ()

    @cached_property
    def expected(self) -> np.ndarray:
        """Expected information of (μ, vech Σ) given the patterns, of one row."""
        return information(self.patterns, self.mean, self.cov, observed=False) / self.patterns.n

    @cached_property
    def observed(self) -> np.ndarray:
        """Observed information of (μ, vech Σ), of one row."""
        return information(self.patterns, self.mean, self.cov) / self.patterns.n

    @cached_property
    def first_order(self) -> np.ndarray:
        """Cross-products of the rows' scores in (μ, vech Σ), of one row."""
        total = np.zeros((len(self.mean) * (len(self.mean) + 3) // 2,) * 2)
        for _, scores in casewise_scores(self.patterns, self.mean, self.cov):
            total += scores.T @ scores
        return total / self.patterns.n

    def _without(self, columns: tuple[int, ...]) -> np.ndarray:
        """Which moments are not of these variables alone."""
        mine = np.zeros(len(self.mean), dtype=bool)
        mine[list(columns)] = True
        rows, others = vech_cells(len(self.mean))
        return ~np.concatenate([mine, mine[rows] & mine[others]])

    @cached_property
    def random(self) -> np.ndarray:
        """Which of (μ, vech Σ) are not fixed to the sample's."""
        return self._without(self.fixed)

    def inverse(self, kind: str = "observed") -> np.ndarray:
        """Inverse information over the random moments, zero elsewhere (kept once computed)."""
        found = self._inverses.get(kind)
        if found is None:
            places = np.flatnonzero(self.random)
            found = np.zeros((len(self.random),) * 2)
            found[np.ix_(places, places)] = scaled_inverse(getattr(self, kind)[np.ix_(places, places)])
            self._inverses[kind] = found
        return found

    @cached_property
    def _inverses(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def complete_weight(self) -> np.ndarray:
        """Information of the saturated moments as if every answer had been given.

        As in lavaan 0.6-14 the moments of exogenous observed variables have no weight, under
        ``fixed_x=False`` too.
        """
        weight = normal_theory_weight(np.linalg.inv(self.cov), True)
        kept = self._without(self.exogenous)
        return weight * np.outer(kept, kept)

    @cached_property
    def complete_trace(self) -> float:
        """tr(W_m⁻¹ W_c), of the version for normal data."""
        return float((self.inverse() * self.complete_weight).sum())

    @cached_property
    def robust_trace(self) -> float:
        """tr(W_m⁻¹ J W_m⁻¹ W_c), of the version for other data."""
        inverse = self.inverse()
        return float(((inverse @ self.complete_weight @ inverse) * self.first_order).sum())


def saturated_of(values: np.ndarray, fixed: tuple[int, ...], exogenous: tuple[int, ...]) -> Saturated:
    """The unrestricted model of a group's rows (n, p), nan where an answer is missing.

    It does not depend on the model, and several models are fitted to the same answers: those of the last few
    groups are kept, by content.
    """
    key = values.shape, values.tobytes(), fixed, exogenous
    found = _KEPT.pop(key, None)
    if found is None:
        patterns = collect_patterns(values)
        found = Saturated(patterns, *saturated_moments(patterns), fixed, exogenous)
    _KEPT[key] = found  # used last, dropped last
    while len(_KEPT) > 1 and sum(len(own.random) ** 2 for own in _KEPT.values()) > ROOM:
        _KEPT.pop(next(iter(_KEPT)))
    return found


def saturated_moments(
    patterns: Patterns, tolerance: float = 1e-10
) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """Maximum-likelihood means and covariances of the unrestricted model, by EM with Anderson acceleration.

    Returns μ, Σ, the log-likelihood and whether EM's step, in units of the log-likelihood, fell below
    ``tolerance``; where Σ runs into singularity the likelihood has no maximum and inf is returned for it.
    Dempster, Laird and Rubin (1977); Anderson (1965) as in Walker and Ni (2011): a mixed step that loses
    likelihood is thrown away for the plain one. In R: ``lavInspect(fit, "h1")``.
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
        loglik, by_mu, by_sigma = loglik_and_gradient(patterns, *unpack(x + step))
        if loglik == -np.inf:
            return mu, sigma, np.inf, False
        x = x + step
    mu, sigma = unpack(x)
    return mu, sigma, loglik, False
