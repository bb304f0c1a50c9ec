"""The rows that a model is fitted to: which rows of the user's frame, and what they hold, copied.

Whatever is computed from rows later (scores, residuals, bootstrap draws, refits) comes from here and never
from the frame, which the user may edit, sort or delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, Fault
from workbench.sem.data.frame import check_names, numbers
from workbench.sem.data.moments import Moments
from workbench.sem.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

FARTHEST = 1e150  # between two answers: the square of a larger number, or of one over it, is no number


@dataclass(frozen=True)
class Answers:
    """Rows of each group, with values of their own.

    values : one array (n, p) per group, columns in the order of ``names``; nan where an answer is missing.
    labels : index of the whole frame, copied. positions : one array (n,) per group, which rows of the frame
    these are. silent : the same for rows that belong to the group and answer nothing; no estimate rests on
    them, and their scores are missing. notes : what has been left out.
    """

    names: tuple[str, ...]
    groups: tuple[Any, ...]
    values: tuple[np.ndarray, ...]
    labels: pd.Index
    positions: tuple[np.ndarray, ...]
    silent: tuple[np.ndarray, ...]
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> np.ndarray:
        """Rows of each group."""
        return np.array([len(part) for part in self.values])

    @property
    def index(self) -> tuple[pd.Index, ...]:
        """The frame's index of each group's rows, in the order of ``values``."""
        return tuple(self.labels.take(rows) for rows in self.positions)

    def without_silent(self) -> Answers:
        """The same, with rows that answer nothing left out altogether."""
        return replace(self, silent=tuple(own[:0] for own in self.silent))

    def taken(self, chosen: Sequence[np.ndarray]) -> Answers:
        """Other rows of the same groups: ``chosen`` counts within each group from zero, repeats allowed."""
        return replace(
            self.without_silent(),
            values=tuple(
                np.take(part.T, rows, axis=1).T for part, rows in zip(self.values, chosen, strict=True)
            ),
            positions=tuple(own[rows] for own, rows in zip(self.positions, chosen, strict=True)),
            notes=(),
        )


@dataclass(frozen=True)
class _Reading:
    """The model's columns (p, n), each row's group (-1: none), the frame's index, whether answers lack."""

    names: tuple[str, ...]
    groups: tuple[Any, ...]
    values: np.ndarray
    member: np.ndarray
    labels: pd.Index
    gaps: bool
    notes: tuple[str, ...]

    def answers(self, kept: np.ndarray, silent: np.ndarray, notes: Sequence[str]) -> Answers:
        """The rows that are kept and those that answer nothing, both masks (n,)."""
        groups = range(len(self.groups))
        positions = tuple(np.flatnonzero(kept & (self.member == group)) for group in groups)
        whole = len(positions[0]) == len(kept)  # all rows in one group: its values are the table itself
        return Answers(
            self.names,
            self.groups,
            tuple((self.values if whole else self.values[:, rows]).T for rows in positions),
            self.labels,
            positions,
            tuple(np.flatnonzero(silent & (self.member == group)) for group in groups),
            (*self.notes, *notes),
        )


def _read(table: ParameterTable, data: pd.DataFrame, group: str | None, labels: tuple[Any, ...]) -> _Reading:
    variables = table.variables
    check_names(table, data.columns)
    values = numbers(data, variables.observed, variables.exogenous_observed)
    gaps = not np.isfinite(values.sum())
    infinite = np.flatnonzero(np.isinf(values).any(axis=1)) if gaps else np.zeros(0, int)
    if len(infinite):
        raise DataError(
            [
                Fault("holds infinite values", column=variables.observed[place], fix="Mark them as missing.")
                for place in infinite
            ]
        )
    spread = np.fmax.reduce(values, axis=1, initial=np.nan) - np.fmin.reduce(values, axis=1, initial=np.nan)
    if faults := [
        Fault(
            f"numbers as far apart as {spread[place]:.0e} cannot be squared",
            column=variables.observed[place],
            fix="Change the unit of the column.",
        )
        for place in np.flatnonzero((spread > FARTHEST) | ((spread > 0) & (spread < 1 / FARTHEST)))
    ]:
        raise DataError(faults)
    notes: list[str] = []
    member = np.zeros(values.shape[1], dtype=int)
    if group is not None:
        column = data[group].to_numpy()
        member = np.full(values.shape[1], -1)
        known = ~_missing(column)
        for number, label in enumerate(labels):
            member[known] = np.where(column[known] == label, number, member[known])
        if not known.all():
            notes.append(f"{int((~known).sum()):,} rows have no value of {group!r} and were left out")
    index = data.index.copy(deep=True)
    return _Reading(variables.observed, labels, values, member, index, gaps, tuple(notes))


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "iub":
        return np.zeros(values.shape, dtype=bool)
    import pandas as pd

    return np.asarray(pd.isna(values))


def complete_answers(
    table: ParameterTable,
    data: pd.DataFrame,
    group: str | None,
    labels: tuple[Any, ...],
    advice: str = "",
) -> Answers:
    """Rows that answer every variable of the model; how many do not is said in ``notes``, with the advice."""
    read = _read(table, data, group, labels)
    known = read.member >= 0
    complete = np.ones(len(known), dtype=bool)
    notes = []
    if read.gaps:
        complete = ~np.isnan(read.values).any(axis=0)
        dropped = int((known & ~complete).sum())
        if dropped:
            notes.append(
                f"{dropped:,} of {int(known.sum()):,} rows have missing values and were left out (listwise)"
                f"{advice}"
            )
    found = read.answers(complete, np.zeros(len(known), dtype=bool), notes)
    faults = [
        Fault(f"{_where(found, place)}{len(part)} complete rows", fix="At least two are needed.")
        for place, part in enumerate(found.values)
        if len(part) < 2
    ]
    if faults:
        raise DataError(faults)
    return found


def answers_with_holes(
    table: ParameterTable,
    data: pd.DataFrame | Moments,
    group: str | None,
    labels: tuple[Any, ...],
    setting: str,
) -> Answers:
    """Rows that answer anything, nan where an answer is missing, and what was left out.

    As in lavaan a row without a value of a fixed exogenous variable is left out: the likelihood is
    conditional on it. ``setting``: what asked for such rows, for the message if there are only moments.
    """
    if isinstance(data, Moments):
        raise DataError(f"{setting} needs the rows of the data, and only moments are given")
    read = _read(table, data, group, labels)
    notes = []
    given = list(table.variables.exogenous_observed) if table.options.fixed_x else []
    with_fixed = ~np.isnan(read.values[[read.names.index(name) for name in given]]).any(axis=0)
    lost = int(((read.member >= 0) & ~with_fixed).sum())
    if lost:
        notes.append(
            f"{lost:,} rows have no value of {', '.join(given)} and were left out; fixed_x=False keeps them"
        )
    silent = with_fixed & np.isnan(read.values).all(axis=0)
    found = read.answers(with_fixed & ~silent, silent, notes)
    said = [
        f"{_where(found, place)}{len(rows):,} rows answer nothing and were left out"
        for place, rows in enumerate(found.silent)
        if len(rows)
    ]
    return replace(found, notes=(*found.notes, *said))


def _where(answers: Answers, group: int) -> str:
    return f"group {answers.groups[group]}: " if answers.groups != ("",) else ""
