"""The unrestricted model of data with holes, and what tests and robust measures take from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.sem.incomplete.patterns import (
    Patterns,
    casewise_scores,
    collect_patterns,
    information,
    saturated_moments,
)
from workbench.sem.inference import normal_theory_weight, scaled_inverse
from workbench.sem.matrices import vech_cells

ROOM = 2_500_000  # entries of information matrices whose groups are kept from fit to fit (some 100 MB in all)
_KEPT: dict[tuple, Saturated] = {}


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
