"""Moments by name, and where each of them stands in a stack: what a reader sees of statistics."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.matrices import vech_cells

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Moment:
    """Matrices of one group by name: ``cov``, with means ``mean``, of ordered items ``thresholds``.

    Ordered items with exogenous variables: all is conditional on these, and ``slopes`` are outcomes x causes.
    """

    cov: pd.DataFrame
    mean: pd.Series | None
    thresholds: pd.Series | None = None
    slopes: pd.DataFrame | None = None


def standard_deviations(cov: np.ndarray) -> np.ndarray:
    """Of implied covariances; not a number where the model implies no variance (or less), and so no
    correlation.
    """
    variances = np.diagonal(cov)
    return np.sqrt(np.where(variances > 0, variances, np.nan))


def moment_of(names: Sequence[str], scale: np.ndarray, cov: np.ndarray, mean: np.ndarray | None) -> Moment:
    """Covariances and means of the internal scale by name, on the data's."""
    import pandas as pd

    names = list(names)
    by_name = pd.DataFrame(cov * np.outer(scale, scale), names, names)
    return Moment(by_name, None if mean is None else pd.Series(mean * scale, names))


@dataclass(frozen=True)
class Places:
    """Where means, thresholds and covariances stand among a group's stacked moments.

    names : of the variables. keys : one for each moment, the same in whatever order the variables come.
    cells : p x p, the place of each covariance, -1 where there is none (variances of ordered items).
    mean : the variables with means, from place ``first_mean`` on. thresholds : names of those in front; None
    where there is no such thing. unit : what one of each moment is on the data's scale. given : variables
    that all is conditional on, whose slopes stand at ``slopes``. mixed : whether there are moments of several
    kinds that have no common summary.
    """

    names: tuple[str, ...]
    keys: tuple[Hashable, ...]
    cells: np.ndarray
    mean: np.ndarray
    first_mean: int
    unit: np.ndarray
    thresholds: tuple[str, ...] | None = None
    given: tuple[str, ...] = ()
    slopes: slice | None = None
    mixed: bool = False

    @property
    def size(self) -> int:
        """Number of moments."""
        return len(self.unit)

    @property
    def rows(self) -> np.ndarray:
        """Row of each covariance that there is."""
        return np.nonzero(np.tril(self.cells >= 0))[0]

    @property
    def columns(self) -> np.ndarray:
        """Column of each covariance that there is."""
        return np.nonzero(np.tril(self.cells >= 0))[1]

    @property
    def pairs(self) -> np.ndarray:
        """Place of each covariance that there is."""
        return self.cells[self.rows, self.columns]

    @property
    def means(self) -> np.ndarray:
        """Places of the means."""
        return self.first_mean + np.arange(len(self.mean))

    def moment(self, values: np.ndarray, latent: np.ndarray | None = None) -> Moment:
        """Stacked values as matrices by name; zero where there is no moment.

        ``latent``: means of the ordered items' responses, (p,), which are no statistics.
        """
        import pandas as pd

        names = list(self.names)
        matrix = np.zeros(self.cells.shape)
        matrix[self.rows, self.columns] = matrix[self.columns, self.rows] = values[self.pairs]
        mean = thresholds = slopes = None
        if len(self.mean) or latent is not None:
            levels = np.zeros(len(names)) if latent is None else latent.copy()
            levels[self.mean] = values[self.means]
            mean = pd.Series(levels, names)
        if self.thresholds is not None:
            thresholds = pd.Series(values[: len(self.thresholds)], list(self.thresholds))
        cov = pd.DataFrame(matrix, names, names)
        if self.given:
            given = list(self.given)
            cov = cov.drop(index=given, columns=given)
            mean = None if mean is None else mean.drop(given, errors="ignore")
            slopes = pd.DataFrame(values[self.slopes].reshape(len(given), -1).T, list(cov), given)
        return Moment(cov, mean, thresholds, slopes)

    def bentler(self, sd: np.ndarray) -> np.ndarray:
        """What turns moments into moments of variables with unit variance, (P,)."""
        factor = np.ones(self.size)
        factor[self.means] = 1 / sd[self.mean]
        factor[self.pairs] = 1 / (sd[self.rows] * sd[self.columns])
        return factor

    def to_correlations(self, cov: np.ndarray) -> np.ndarray:
        """Derivatives of correlations and standardized means by the moments at ``cov``, (P, P)."""
        variance = np.diagonal(cov)
        slopes = np.diag(self.bentler(np.sqrt(variance)))
        correlation = cov / np.sqrt(np.outer(variance, variance))
        for one in (self.rows, self.columns):
            own = self.cells[one, one]
            known = own >= 0
            slopes[self.pairs[known], own[known]] -= (
                0.5 * correlation[self.rows, self.columns] / variance[one]
            )[known]
        return slopes


def places_of_moments(names: tuple[str, ...], scale: np.ndarray, means: bool) -> Places:
    """Of means (where there are any) followed by the covariances' lower triangle."""
    size = len(names)
    rows, columns = vech_cells(size)
    mean = np.arange(size if means else 0)
    cells = np.full((size, size), -1)
    cells[rows, columns] = cells[columns, rows] = len(mean) + np.arange(len(rows))
    unit = np.concatenate([scale[mean], scale[rows] * scale[columns]])
    pairs = [frozenset((names[row], names[column])) for row, column in zip(rows, columns, strict=True)]
    return Places(names, (*(f"{names[place]}~1" for place in mean), *pairs), cells, mean, 0, unit)
