"""Resamples refitted one by one: missing and ordered answers, estimators that the compiled kernel has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import parallel
from workbench.errors import DataError, SpecificationError
from workbench.sem.refitting.refits import Refits, Statistic, kept_values
from workbench.sem.solution import solved
from workbench.sem.standardized import raw_values

if TYPE_CHECKING:
    from workbench.sem.result import Fit

CHUNK = 10
CONVERGED = "converged"
NOT_CONVERGED = "too many iterations"


@dataclass(frozen=True)
class RefitOne:
    """Refits the problem of a fit with other rows of its sample."""

    fit: Fit
    edges: np.ndarray
    size: int
    statistic: Statistic | None

    @classmethod
    def of(cls, fit: Fit, size: int, statistic: Statistic | None) -> RefitOne:
        """For a fit: where its groups begin and end, and nothing of what it has computed since."""
        lean = replace(fit, problem=replace(fit.problem))
        return cls(lean, np.concatenate([[0], np.cumsum(fit.problem.n)]).astype(int), size, statistic)

    def __call__(self, rows: np.ndarray) -> tuple[np.ndarray, float, str, bool]:
        """Kept values (k,), chi-squared, how the refit ended, whether a variance is negative.

        ``rows``: numbers of rows of the sample, group after group.
        """
        nothing = np.full(self.size, np.nan)
        try:
            again = self._refitted(rows)
        except (DataError, SpecificationError, np.linalg.LinAlgError) as problem:
            return nothing, np.nan, str(problem).splitlines()[0][:120], False
        if not again.converged:
            return nothing, np.nan, NOT_CONVERGED, False
        values = kept_values(Refits.of(again), self.statistic)[0]
        variances = [
            place for place, row in enumerate(again.table.rows) if row.op == "~~" and row.lhs == row.rhs
        ]
        negative = raw_values(again.problem, again.x[None])[0, variances] < 0
        return values, again.chisq, CONVERGED, bool(negative.any())

    def _refitted(self, rows: np.ndarray) -> Fit:
        own = [rows[(rows >= begin) & (rows < end)] - begin for begin, end in pairwise(self.edges)]
        problem, minimum = solved(self.fit.problem.resampled(own), self.fit.settings["engine"])
        return type(self.fit).at(minimum, problem, self.fit.model, self.fit.settings)


def refit_draws(
    fit: Fit, chunks: list, seed: int | None, where: dict, size: int, statistic: Statistic | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kept values (B, k), chi-squared, fate, whether improper, of resampled rows (or of rows given).

    where : ``jobs`` and ``scheduler`` of ``parallel.map``.
    """
    worker = RefitOne.of(fit, size, statistic)

    def refit(chunk: Any, generator: np.random.Generator | None = None) -> list[tuple]:
        if generator is not None:
            parts = [
                generator.integers(begin, end, (chunk, end - begin)) for begin, end in pairwise(worker.edges)
            ]
            chunk = np.concatenate(parts, axis=1)
        return [worker(rows) for rows in chunk]

    found = parallel.map(refit, chunks, seed=seed, **where)
    return _columns([row for part in found for row in part])


def refit_without(
    fit: Fit,
    chosen: Callable[[int], np.ndarray],
    where: dict,
    size: int,
    statistic: Statistic | None,
) -> list[np.ndarray]:
    """Kept values (m, k) of every group, with each of the ``chosen(n)`` rows of the group left out."""
    worker = RefitOne.of(fit, size, statistic)
    places = [begin + chosen(end - begin) for begin, end in pairwise(worker.edges)]
    everything = np.arange(worker.edges[-1])

    def refit(chunk: np.ndarray) -> list[tuple]:
        return [worker(np.delete(everything, place)) for place in chunk]

    flat = np.concatenate(places)
    found = parallel.map(refit, [flat[at : at + CHUNK] for at in range(0, len(flat), CHUNK)], **where)
    values = _columns([row for part in found for row in part])[0]
    return np.split(values, np.cumsum([len(rows) for rows in places])[:-1])


def _columns(rows: list[tuple]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    values, chisq, fate, negative = zip(*rows, strict=True)
    return np.array(values), np.array(chisq, dtype=float), np.array(fate), np.array(negative)
