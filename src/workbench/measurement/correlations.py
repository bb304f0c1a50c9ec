"""The door of the room: answers or a correlation matrix, checked once and for all.

Every analysis of the room that works on correlations takes either raw answers (rows are respondents) or a
correlation or covariance matrix with the number of respondents, and gets the same checked object from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.doors import answers_frame, one_of, whole_number

MISSING = ("pairwise", "listwise")
KINDS = ("pearson", "polychoric")


@dataclass(frozen=True)
class Correlations:
    """A correlation matrix and where it comes from."""

    matrix: np.ndarray
    names: tuple[str, ...]
    n_obs: int | None
    answers: np.ndarray | None
    kind: str
    warnings: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.names)

    def need_n(self, what: str) -> int:
        """The number of respondents, or an error that says what needs it."""
        if self.n_obs is None:
            raise SpecificationError(
                f"{what} needs the number of respondents: give n_obs with a correlation matrix"
            )
        return self.n_obs

    def need_answers(self, what: str) -> np.ndarray:
        """Raw answers, or an error that says what needs them."""
        if self.answers is None:
            raise SpecificationError(f"{what} needs raw answers, not a correlation matrix")
        return self.answers

    def frame(self) -> pd.DataFrame:
        """The matrix with its names."""
        return pd.DataFrame(self.matrix, index=list(self.names), columns=list(self.names))


_NO_ITEM = "Turn the answers into numbers, or leave the column out."


def item_frame(items: pd.DataFrame | np.ndarray, least: int = 2) -> pd.DataFrame:
    """Answers as a frame of floats, every fault of them listed together.

    Infinite values, text, dates, repeated or constant columns and columns without an answer are refused.
    """
    frame = answers_frame(items)
    faults: list[Fault] = []
    if frame.shape[1] < least:
        faults.append(Fault(f"{frame.shape[1]} item(s) given, at least {least} are needed"))
    names = [str(name) for name in frame.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.append(Fault("the column appears more than once", column=name, fix="Rename or drop one."))
    columns: dict[str, np.ndarray] = {}
    for position, name in enumerate(names):
        column = frame.iloc[:, position]
        if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
            faults.append(Fault("holds dates where numbers are needed", column=name, fix=_NO_ITEM))
            continue
        try:
            values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            faults.append(Fault("holds text where numbers are needed", column=name, fix=_NO_ITEM))
            continue
        seen = values[~np.isnan(values)]
        if np.isinf(seen).any():
            faults.append(Fault("holds an infinite value", column=name, fix="Make it a missing one, nan."))
        elif seen.size < 2:
            faults.append(Fault(f"holds {seen.size} answer(s)", column=name, fix="Drop the item."))
        elif seen.min() == seen.max():
            faults.append(
                Fault("every answer is the same", column=name, value=float(seen[0]), fix="Drop the item.")
            )
        elif not 0 < _spread(seen) < np.inf:
            what = f"numbers as far apart as {np.ptp(seen):.2g} cannot be squared"
            faults.append(Fault(what, column=name, fix="Change the unit of the column."))
        columns[name] = values
    if faults:
        raise DataError(faults)
    return pd.DataFrame(columns, index=frame.index)


def _spread(values: np.ndarray) -> float:
    """The variance, infinite or zero where the numbers are too large or too small for one."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return float(values.var())


def pairwise_counts(answers: np.ndarray) -> np.ndarray:
    """How many respondents answered both items of each pair."""
    present = (~np.isnan(answers)).astype(float)
    return present.T @ present


def correlations(
    data: pd.DataFrame | np.ndarray,
    *,
    n_obs: int | None = None,
    correlation: str = "pearson",
    missing: str = "pairwise",
    least: int = 2,
) -> Correlations:
    """Check answers or a matrix and give the correlations.

    A square symmetric input with a positive diagonal is taken for a correlation or covariance matrix.
    Missing answers are left out pair by pair (R: ``cor(use = "pairwise")``, as psych does) or row by row.
    A matrix that is not positive definite is repaired by raising its negative eigenvalues, and said so.
    """
    one_of(correlation, "correlation", KINDS)
    one_of(missing, "missing", MISSING)
    data = answers_frame(data)
    _refuse_half_a_matrix(data)
    if is_matrix(data):
        return _from_matrix(data, n_obs, least)
    if n_obs is not None:
        raise SpecificationError("n_obs belongs to a correlation matrix; raw answers have their own count")
    frame = item_frame(data, least)
    warnings: list[str] = []
    incomplete = int(frame.isna().any(axis=1).sum())
    if incomplete and missing == "listwise":
        frame = item_frame(frame.dropna(), least)
        warnings.append(
            f"{incomplete:,} respondents with a missing answer were left out; {len(frame):,} remain"
        )
    elif incomplete:
        counts = pairwise_counts(frame.to_numpy())
        frame = frame.dropna(how="all")
        warnings.append(
            f"{incomplete:,} {'respondent has' if incomplete == 1 else 'respondents have'} missing answers: "
            "correlations are pairwise, on "
            f"{int(counts.min()):,} to {int(counts.max()):,} respondents; "
            f"tests and fit take n = {len(frame):,}"
        )
    if correlation == "polychoric":
        matrix, said = polychoric_matrix(frame)
        warnings += said
    else:
        matrix = frame.corr(min_periods=3).to_numpy()
    names = tuple(frame.columns)
    if np.isnan(matrix).any():
        pairs = np.argwhere(np.triu(np.isnan(matrix)))
        raise DataError(
            [
                Fault(f"no correlation of {names[i]!r} with {names[j]!r}: too few answered both")
                for i, j in pairs[:20]
            ]
        )
    matrix, repaired = _repair(matrix)
    return Correlations(matrix, names, len(frame), frame.to_numpy(), correlation, (*warnings, *repaired))


MOST_CATEGORIES = 12


def polychoric_matrix(frame: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...]]:
    """Polychoric correlations of ordered items, pair by pair, and what their estimation warns of."""
    from workbench.sem.ordered.two_step import Coded, two_step

    codes = np.full(frame.shape, -1)
    categories = []
    faults = []
    for position, name in enumerate(frame.columns):
        values = frame[name].to_numpy()
        seen, places = np.unique(values[~np.isnan(values)], return_inverse=True)
        if seen.size > MOST_CATEGORIES:
            faults.append(
                Fault(
                    f"{seen.size} different answers: too many for ordered categories (at most "
                    f"{MOST_CATEGORIES})",
                    column=str(name),
                    fix="Use Pearson correlations.",
                )
            )
        codes[~np.isnan(values), position] = places
        categories.append(int(seen.size))
    if faults:
        raise DataError(faults)
    found = two_step(
        Coded(
            names=tuple(str(name) for name in frame.columns),
            is_ordered=np.ones(frame.shape[1], dtype=bool),
            codes=codes,
            categories=tuple(categories),
            values=np.empty((len(frame), 0)),
        )
    )
    return found.correlations, found.warnings


def is_matrix(data: pd.DataFrame | np.ndarray) -> bool:
    """Is this a correlation or covariance matrix rather than answers?"""
    try:
        values = np.asarray(data, dtype=float)
    except (TypeError, ValueError):
        return False
    return (
        values.ndim == 2
        and values.size > 0
        and values.shape[0] == values.shape[1]
        and bool(np.isfinite(values).all())
        and bool((np.diag(values) > 0).all())
        and bool(np.allclose(values, values.T, rtol=0, atol=1e-8 * np.abs(values).max()))
    )


def _refuse_half_a_matrix(data: pd.DataFrame) -> None:
    """Raise for a square table whose rows are named as its columns, and that is no correlation matrix."""
    names = list(data.columns)
    square = len(names) > 1 and list(data.index) == names and all(isinstance(name, str) for name in names)
    if square and not is_matrix(data):
        raise DataError(
            "the rows of the table are named as its columns, so it is taken for a correlation or covariance "
            "matrix; but it is not symmetric with a positive diagonal and a number in every cell"
        )


def _from_matrix(data: pd.DataFrame, n_obs: int | None, least: int) -> Correlations:
    values = data.to_numpy(dtype=float)
    names = tuple(str(name) for name in data.columns)
    if len(set(names)) < len(names):
        raise DataError("a name stands twice among the columns of the matrix")
    if len(names) < least:
        raise DataError(f"{len(names)} item(s) given, at least {least} are needed")
    if n_obs is not None:
        whole_number(n_obs, "n_obs", 4)
    scale = np.sqrt(np.diag(values))
    matrix = values / np.outer(scale, scale)
    if np.abs(matrix).max() > 1 + 1e-9:
        raise DataError("the matrix implies a correlation above 1: it is no correlation or covariance matrix")
    matrix, warnings = _repair((matrix + matrix.T) / 2)
    return Correlations(matrix, names, n_obs, None, "given", warnings)


def _repair(matrix: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Raise eigenvalues at or below zero to a small positive value, keeping a unit diagonal."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > 1e-10:
        return matrix, ()
    values = np.maximum(values, 1e-8)
    smooth = (vectors * values) @ vectors.T
    scale = np.sqrt(np.diag(smooth))
    smooth = smooth / np.outer(scale, scale)
    return smooth, (
        "the correlation matrix is not positive definite (items that are sums of others, fewer "
        "respondents than items, or pairwise correlations that contradict each other); its eigenvalues "
        "were raised above zero",
    )
