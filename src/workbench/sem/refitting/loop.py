"""Resamples refitted one by one: missing and ordered answers, estimators that the compiled kernel has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import parallel
from workbench.errors import DataError, SpecificationError
from workbench.sem.refitting.refits import Refits, Statistic, kept_values

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

CHUNK = 10
CONVERGED = "converged"
NOT_CONVERGED = "too many iterations"
OTHER_MODEL = "another set of parameters (a category is not drawn)"


@dataclass(frozen=True)
class RefitOne:
    """Refits the model of a fit to some of its rows; holds nothing but what a worker needs."""

    model: str
    settings: dict[str, Any]
    source: pd.DataFrame
    names: tuple[str, ...]
    size: int
    statistic: Statistic | None

    def __call__(self, rows: np.ndarray) -> tuple[np.ndarray, float, str, bool]:
        """Kept values (k,), chi-squared, how the refit ended, whether a variance is negative."""
        from workbench.sem.fit import fit

        nothing = np.full(self.size, np.nan)
        try:
            again = fit(self.model, self.source.iloc[rows].reset_index(drop=True), **self.settings)
        except (DataError, SpecificationError, np.linalg.LinAlgError) as problem:
            return nothing, np.nan, str(problem).splitlines()[0][:120], False
        if not again.converged:
            return nothing, np.nan, NOT_CONVERGED, False
        if again.table.free_names != self.names:
            return nothing, np.nan, OTHER_MODEL, False
        estimates = again.estimates
        variances = estimates.loc[(estimates["op"] == "~~") & (estimates["lhs"] == estimates["rhs"]), "est"]
        values = kept_values(Refits.of(again), self.statistic)[0]
        return values, again.chisq, CONVERGED, bool((variances < 0).any())


def rows_by_group(fit: Fit) -> list[np.ndarray]:
    """Positions in the user's data of the rows that were analysed, group by group."""
    source, settings = fit.source, fit.settings
    if not hasattr(source, "iloc"):
        raise DataError("a bootstrap of rows needs the rows of the data, and only moments are given")
    answers = source[list(fit.problem.table.variables.observed)]
    usable = answers.notna()
    some = settings["missing"] in ("fiml", "pairwise")
    kept = (usable.any(axis=1) if some else usable.all(axis=1)).to_numpy()
    if settings["group"] is None:
        return [np.flatnonzero(kept)]
    members = source[settings["group"]].to_numpy()
    return [np.flatnonzero(kept & (members == label)) for label in fit.groups]


def _worker(fit: Fit, size: int, statistic: Statistic | None) -> tuple[RefitOne, np.ndarray]:
    """What refits a resample, and where the groups begin and end among its rows."""
    groups = rows_by_group(fit)
    source = fit.source.iloc[np.concatenate(groups)]
    columns = [*fit.table.variables.observed, *fit.settings["auxiliary"]]
    if fit.settings["group"] is not None:
        columns.append(fit.settings["group"])
    columns = list(dict.fromkeys(columns))
    worker = RefitOne(fit.model, fit.settings, source[columns], fit.table.free_names, size, statistic)
    return worker, np.concatenate([[0], np.cumsum([len(rows) for rows in groups])])


def refit_draws(
    fit: Fit, chunks: list, seed: int | None, where: dict, size: int, statistic: Statistic | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kept values (B, k), chi-squared, fate, whether improper, of resampled rows (or of rows given).

    where : ``jobs`` and ``scheduler`` of ``parallel.map``.
    """
    worker, edges = _worker(fit, size, statistic)

    def refit(chunk, generator=None):
        if generator is not None:
            parts = [generator.integers(begin, end, (chunk, end - begin)) for begin, end in pairwise(edges)]
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
    worker, edges = _worker(fit, size, statistic)
    places = [begin + chosen(end - begin) for begin, end in pairwise(edges)]
    everything = np.arange(edges[-1])

    def refit(chunk):
        return [worker(np.delete(everything, place)) for place in chunk]

    flat = np.concatenate(places)
    found = parallel.map(refit, [flat[at : at + CHUNK] for at in range(0, len(flat), CHUNK)], **where)
    values = _columns([row for part in found for row in part])[0]
    return np.split(values, np.cumsum([len(rows) for rows in places])[:-1])


def _columns(rows: list[tuple]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    values, chisq, fate, negative = zip(*rows, strict=True)
    return np.array(values), np.array(chisq, dtype=float), np.array(fate), np.array(negative)
