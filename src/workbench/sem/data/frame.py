"""The user's table at the door: of what kind it is, its groups, its columns as numbers; all faults named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, Fault, SpecificationError
from workbench.sem.data.moments import Moments
from workbench.sem.wording import near

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.table import ParameterTable

MOSTLY = 3  # so many times as many columns as are wanted are still read at once
KINDS = {"m": "durations", "M": "dates", "c": "complex numbers"}


def as_frame(data: Any) -> pd.DataFrame | Moments:
    """The data as a pandas DataFrame or as moments; DataError for anything else.

    A polars frame is copied into pandas. A square table whose rows are named as its columns is a covariance
    or correlation matrix and no table of rows.
    """
    if isinstance(data, Moments):
        return data
    if type(data).__module__.partition(".")[0] == "polars" and hasattr(data, "lazy"):
        data = data.lazy().collect().to_pandas()
    if not hasattr(data, "columns") or not hasattr(type(data), "dtypes") or not hasattr(data, "iloc"):
        raise DataError(
            f"data is a {type(data).__name__}: give a pandas DataFrame (or a polars one), or "
            "sem.moments(cov, n, names=...)"
        )
    if _is_matrix(data):
        raise DataError(
            "data is a square table whose rows are named as its columns, a covariance or correlation matrix: "
            "give sem.moments(cov, n), n being the rows that it was computed from"
        )
    return data


def _is_matrix(data: pd.DataFrame) -> bool:
    rows, columns = data.shape
    if rows != columns or rows < 2 or not all(isinstance(name, str) for name in data.columns):
        return False
    return list(data.index) == list(data.columns)


def group_labels(data: pd.DataFrame | Moments, group: str | None) -> tuple[Any, ...]:
    """Groups in order of first appearance; one nameless group without ``group``."""
    if isinstance(data, Moments):
        return data.groups
    if group is None:
        return ("",)
    if group not in data.columns:
        raise SpecificationError(f"group {group!r} is not a column of the data{near(group, data.columns)}")
    if data[group].ndim != 1:
        raise DataError(Fault("the data have this column more than once", column=group, fix="Keep one."))
    labels = tuple(data[group].dropna().unique().tolist())
    if not labels:
        raise DataError(Fault("names the groups and has no value", column=group, fix="Leave out group=."))
    return labels


def check_names(table: ParameterTable, columns: Sequence[str]) -> None:
    """Raise for variables that the data lack, and for latent ones that are columns of the data."""
    known = set(columns)
    faults = []
    for name in table.variables.observed:
        if name not in known:
            line = next((row.line for row in table.rows if name in (row.lhs, row.rhs) and row.line), None)
            meant = near(name, columns)
            fix = "Add the column, or define the variable as latent with =~." if not meant else None
            faults.append(
                Fault(f"variable {name!r} is neither in the data nor latent{meant}", line=line, fix=fix)
            )
    for name in table.variables.latent:
        if name in known:
            line = next((row.line for row in table.rows if row.lhs == name and row.line), None)
            what = f"the latent variable {name!r} has the name of a column of the data"
            faults.append(Fault(what, line=line, fix="Rename one of the two."))
    if faults:
        raise SpecificationError(faults)


def numbers(data: pd.DataFrame, names: Sequence[str], causes: Sequence[str] = ()) -> np.ndarray:
    """Columns as an array (p, n) of its own; text, categories and dates are refused by name.

    ``causes``: which of them only explain others, for what to do about them.
    """
    whole = _plain(data, names)
    if whole is not None:
        return whole
    columns, faults = [], []
    for name in names:
        column = data[name]
        if getattr(column, "ndim", 1) != 1:
            faults.append(Fault("the data have this column more than once", column=name, fix="Keep one."))
            continue
        if column.dtype.kind not in "fiub":
            try:
                if str(column.dtype) == "category" or column.dtype.kind in KINDS:
                    raise TypeError
                values = column.to_numpy(dtype=float, na_value=np.nan)
            except (TypeError, ValueError):
                faults.append(_not_numeric(name, column, name in causes))
                continue
        else:
            values = column.to_numpy()
        columns.append(values)
    if faults:
        raise DataError(faults)
    return np.array(columns, dtype=float)


def _plain(data: pd.DataFrame, names: Sequence[str]) -> np.ndarray | None:
    """The same of a table that is one block of floats or integers, most of it wanted, which need not be read
    column by column; None of any other.
    """
    if not data.columns.is_unique or len(data.columns) > MOSTLY * len(names):
        return None
    kinds = set(data.dtypes)
    if len(kinds) != 1 or kinds.pop().kind not in "fi":
        return None
    values = data.to_numpy()
    if values.dtype.kind not in "fi":  # integers with gaps
        return None
    place = {name: number for number, name in enumerate(data.columns)}
    return np.ascontiguousarray(values.T[[place[name] for name in names]], dtype=float)


def _not_numeric(name: str, column: pd.Series, is_cause: bool) -> Fault:
    """What a column holds instead of numbers, and what to do with it."""
    categories = (
        "Make 0/1 columns of its categories (pandas.get_dummies) and name all but one of them in the model."
    )
    if str(column.dtype) == "category":
        other = "Give numbers, or name it in ordered= if its categories have an order."
        return Fault("is categorical", column=name, fix=categories if is_cause else other)
    if column.dtype.kind in KINDS:
        fix = "Give numbers, such as days since a date."
        return Fault(f"holds {KINDS[column.dtype.kind]}", column=name, fix=fix)
    present = column.notna().to_numpy()
    texts = [row for row, value in enumerate(column) if present[row] and not _is_number(value)]
    if not texts:
        return Fault("is not numeric", column=name, fix="Give numbers.")
    fix = categories if is_cause and len(texts) > present.sum() / 2 else "Give numbers."
    value = str(column.iloc[texts[0]])[:40]
    return Fault("not a number", row=texts[0] + 2, column=name, value=value, fix=fix)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
