"""The data door: a DataFrame or moments become the sample's covariances, means and n, with every fault
named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from workbench.errors import DataError, Fault, SpecificationError
from workbench.sem.table import ParameterTable


@dataclass(frozen=True)
class Moments:
    """Covariances (divisor n-1), numbers of rows and means by group; see :func:`moments`."""

    cov: tuple[np.ndarray, ...]
    n: tuple[int, ...]
    mean: tuple[np.ndarray, ...] | None
    names: tuple[str, ...]
    groups: tuple[Any, ...] = ("",)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """What a model is fitted to. Covariances have divisor n; ``data`` holds one array (n, p) a group, or
    None.
    """

    names: tuple[str, ...]
    groups: tuple[Any, ...]
    n: np.ndarray
    cov: np.ndarray
    mean: np.ndarray | None
    data: tuple[np.ndarray, ...] | None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows used, all groups together."""
        return int(self.n.sum())


def moments(cov, n, mean=None, names: Sequence[str] | None = None) -> Moments:
    """A sample given by its moments.

    Parameters
    ----------
    cov : covariance matrix (p, p) with divisor n-1: array or DataFrame; for several groups a mapping from the
        group's name to its matrix.
    n : rows the covariances come from; a mapping for several groups.
    mean : means (p,), or a mapping; None if they are not known.
    names : the variables' names; taken from a DataFrame if left out.

    Raises
    ------
    DataError if the matrix is not square, symmetric, finite, or does not go with names, means and n.

    R: ``lavaan::sem(model, sample.cov = cov, sample.nobs = n, sample.mean = mean)``.
    """
    grouped = isinstance(cov, Mapping)
    groups = tuple(cov) if grouped else ("",)
    covs = [cov[group] for group in groups] if grouped else [cov]
    counts = [n[group] for group in groups] if isinstance(n, Mapping) else [n] * len(groups)
    if grouped and not isinstance(n, Mapping):
        raise DataError("moments of several groups need n as a mapping with the same groups")
    if names is None:
        names = getattr(covs[0], "columns", None)
        if names is None:
            raise DataError("moments: give names=, one for each column of cov")
    names = tuple(str(name) for name in names)
    means = None
    if mean is not None:
        means = tuple(_checked_mean(mean[group] if grouped else mean, names, group) for group in groups)
    faults: list[Fault] = []
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        faults.append(Fault(f"names given more than once: {', '.join(repeated)}"))
    matrices = []
    for group, matrix, count in zip(groups, covs, counts, strict=True):
        where = f"group {group}" if grouped else "cov"
        values = np.array(matrix, dtype=float)
        if values.shape != (len(names), len(names)):
            faults.append(Fault(f"{where}: shape {values.shape} does not go with {len(names)} names"))
        elif not np.isfinite(values).all():
            faults.append(Fault(f"{where}: holds missing or infinite values"))
        elif np.abs(values - values.T).max() > 1e-6 * np.abs(values).max():
            row, column = np.unravel_index(np.abs(values - values.T).argmax(), values.shape)
            faults.append(
                Fault(
                    f"{where}: not symmetric, {names[row]} with {names[column]} is {values[row, column]:g} "
                    f"and {names[column]} with {names[row]} is {values[column, row]:g}",
                    fix="Give the full matrix.",
                )
            )
        if int(count) != count or count < 2:
            faults.append(Fault(f"{where}: n is {count}", fix="n is a whole number of at least 2."))
        matrices.append((values + values.T) / 2)
    if faults:
        raise DataError(faults)
    return Moments(tuple(matrices), tuple(int(count) for count in counts), means, names, groups)


def _checked_mean(mean, names: tuple[str, ...], group) -> np.ndarray:
    if hasattr(mean, "reindex"):
        mean = mean.reindex(list(names))
    values = np.asarray(mean, dtype=float)
    if values.shape != (len(names),) or not np.isfinite(values).all():
        raise DataError(
            f"mean{f' of group {group}' if group else ''}: {len(names)} finite numbers are needed"
        )
    return values


def group_labels(data, group: str | None) -> tuple[Any, ...]:
    """Groups in order of first appearance; one nameless group without ``group``."""
    if isinstance(data, Moments):
        return data.groups
    _check_frame(data)
    if group is None:
        return ("",)
    if group not in data.columns:
        raise SpecificationError(f"group {group!r} is not a column of the data{_near(group, data.columns)}")
    return tuple(data[group].dropna().unique().tolist())


def _check_frame(data) -> None:
    if not hasattr(data, "columns") or not hasattr(type(data), "dtypes"):
        raise DataError(
            f"data is a {type(data).__name__}: give a pandas DataFrame, or sem.moments(cov, n, names=...)"
        )


def _near(name: str, known) -> str:
    close = get_close_matches(name, [str(other) for other in known], 3, 0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _check_names(table: ParameterTable, columns) -> None:
    known = set(columns)
    faults = []
    for name in table.variables.observed:
        if name not in known:
            line = next((row.line for row in table.rows if name in (row.lhs, row.rhs) and row.line), None)
            near = _near(name, columns)
            fix = "Add the column, or define the variable as latent with =~." if not near else None
            faults.append(
                Fault(f"variable {name!r} is neither in the data nor latent{near}", line=line, fix=fix)
            )
    for name in table.variables.latent:
        if name in known:
            line = next((row.line for row in table.rows if row.lhs == name and row.line), None)
            what = f"the latent variable {name!r} has the name of a column of the data"
            faults.append(Fault(what, line=line, fix="Rename one of the two."))
    if faults:
        raise SpecificationError(faults)


def sample_of(
    table: ParameterTable, data, group: str | None, labels: tuple[Any, ...], singular: bool = False
) -> Sample:
    """The sample for a model, checked.

    ``singular``: whether the estimator can live with a covariance matrix that is not positive definite.
    Rows with a missing value in any variable of the model are left out; how many is said in ``notes``.
    """
    if isinstance(data, Moments):
        sample = _from_moments(table, data)
    else:
        sample = _from_frame(table, data, group, labels)
    faults = _definite(sample)
    if faults and not singular:
        raise DataError(faults)
    if faults:
        notes = (*sample.notes, *(f"{fault.what}; estimates are shown all the same" for fault in faults))
        sample = Sample(sample.names, sample.groups, sample.n, sample.cov, sample.mean, sample.data, notes)
    return sample


def _from_moments(table: ParameterTable, given: Moments) -> Sample:
    _check_names(table, given.names)
    names = table.variables.observed
    order = [given.names.index(name) for name in names]
    if table.meanstructure and given.mean is None:
        raise DataError("the model has means: give mean= to sem.moments, or meanstructure=False")
    n = np.array(given.n)
    cov = np.stack([matrix[np.ix_(order, order)] for matrix in given.cov])
    cov *= ((n - 1) / n)[:, None, None]
    mean = None if given.mean is None else np.stack([values[order] for values in given.mean])
    return Sample(names, given.groups, n, cov, mean, None, given.notes)


def _numbers(data, names: Sequence[str]) -> np.ndarray:
    """Columns as an array (p, n); text and dates are refused by name."""
    columns, faults = [], []
    for name in names:
        column = data[name]
        if getattr(column, "ndim", 1) != 1:
            faults.append(Fault("the data have this column more than once", column=name, fix="Keep one."))
            continue
        if column.dtype.kind not in "fiub":
            try:
                if str(column.dtype) == "category":
                    raise TypeError
                values = column.to_numpy(dtype=float, na_value=np.nan)
            except (TypeError, ValueError):
                fault = _not_numeric(name, column)
                faults.append(fault)
                continue
        else:
            values = column.to_numpy()
        columns.append(values)
    if faults:
        raise DataError(faults)
    return np.array(columns, dtype=float)


def _not_numeric(name: str, column) -> Fault:
    if str(column.dtype) == "category":
        return Fault("is categorical", column=name, fix="Give numbers, or name it in ordered=.")
    for row, value in enumerate(column):
        try:
            float(value)
        except (TypeError, ValueError):
            return Fault("not a number", row=row + 2, column=name, value=str(value)[:40], fix="Give numbers.")
    return Fault("is not numeric", column=name, fix="Give numbers.")


def rows_with_holes(
    table: ParameterTable, data, group: str | None, labels: tuple[Any, ...]
) -> tuple[tuple[np.ndarray, ...], tuple[str, ...]]:
    """Rows of each group (n, p), NaN where an answer is missing, and what was left out.

    As in lavaan a row without a value of a fixed exogenous variable is left out: the likelihood is
    conditional on it.
    """
    if isinstance(data, Moments):
        raise DataError("missing='fiml' needs the rows of the data, and only moments are given")
    values, members, known, notes = _read(table, data, group)
    variables = table.variables
    fixed = [variables.observed.index(name) for name in variables.exogenous_observed if table.options.fixed_x]
    with_fixed = ~np.isnan(values[fixed]).any(axis=0)
    lost = int((known & ~with_fixed).sum())
    if lost:
        names = ", ".join(variables.observed[place] for place in fixed)
        notes.append(f"{lost} rows have no value of {names} and were left out; fixed_x=False keeps them")
    values = values[:, known & with_fixed]
    if members is None:
        return (values.T,), tuple(notes)
    members = members[known & with_fixed]
    return tuple(values[:, members == label].T for label in labels), tuple(notes)


def _read(table: ParameterTable, data, group: str | None):
    """The model's columns (p, n), the rows' groups, which rows have one, and what is to be said."""
    _check_names(table, data.columns)
    names = table.variables.observed
    values = _numbers(data, names)
    notes: list[str] = []
    members = None
    known = np.ones(values.shape[1], dtype=bool)
    if group is not None:
        members = data[group].to_numpy()
        known = ~_missing(members)
    if not np.isfinite(values.sum()):
        infinite = np.isinf(values).any(axis=1)
        if infinite.any():
            faults = [
                Fault("holds infinite values", column=names[place], fix="Mark them as missing.")
                for place in np.flatnonzero(infinite)
            ]
            raise DataError(faults)
    if not known.all():
        notes.append(f"{int((~known).sum())} rows have no value of {group!r} and were left out")
    return values, members, known, notes


def _from_frame(table: ParameterTable, data, group: str | None, labels: tuple[Any, ...]) -> Sample:
    values, members, known, notes = _read(table, data, group)
    names = table.variables.observed
    keep = None if known.all() else known
    if np.isnan(values.sum()):
        complete = ~np.isnan(values).any(axis=0)
        dropped = int((known & ~complete).sum())
        if dropped:
            advice = "" if table.options.ordered else "; missing='fiml' uses them"
            notes.append(
                f"{dropped} of {int(known.sum())} rows have missing values and were left out (listwise)"
                f"{advice}"
            )
        keep = known & complete
    if keep is not None:
        values = values[:, keep]
        members = None if members is None else members[keep]
    parts = [values] if members is None else [values[:, members == label] for label in labels]
    faults: list[Fault] = []
    for label, part in zip(labels, parts, strict=True):
        where = f"group {label}: " if members is not None else ""
        if part.shape[1] < 2:
            faults.append(Fault(f"{where}{part.shape[1]} complete rows", fix="At least two are needed."))
    if faults:
        raise DataError(faults)
    n = np.array([part.shape[1] for part in parts])
    mean = np.stack([part.mean(axis=1) for part in parts])
    cov = np.empty((len(parts), len(names), len(names)))
    for place, part in enumerate(parts):
        centred = part - mean[place][:, None]
        cov[place] = centred @ centred.T / n[place]
    return Sample(names, labels, n, cov, mean, tuple(part.T for part in parts), tuple(notes))


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "iub":
        return np.zeros(values.shape, dtype=bool)
    import pandas as pd

    return np.asarray(pd.isna(values))


def _definite(sample: Sample) -> list[Fault]:
    """Why a sample's covariance matrix is not positive definite, in the user's terms."""
    faults = []
    for place, label in enumerate(sample.groups):
        where = f"group {label}: " if label != "" else ""
        cov, n = sample.cov[place], int(sample.n[place])
        variance = np.diagonal(cov)
        centre = np.abs(sample.mean[place]) if sample.mean is not None else 0.0
        constant = variance <= (1e-10 * centre) ** 2 + 1e-300
        if constant.any():
            faults += [
                Fault(
                    f"{where}has the same value in every row",
                    column=sample.names[column],
                    fix="Leave it out.",
                )
                for column in np.flatnonzero(constant)
            ]
            continue
        sd = np.sqrt(variance)
        correlation = cov / np.outer(sd, sd)
        try:
            smallest = np.linalg.cholesky(correlation).diagonal(axis1=0, axis2=1).min()
        except np.linalg.LinAlgError:
            smallest = 0.0
        if smallest > 1e-7:
            continue
        twins = np.argwhere(np.triu(np.abs(correlation) > 1 - 1e-10, 1))
        if len(twins):
            faults += [
                Fault(
                    f"{where}{sample.names[one]} and {sample.names[other]} carry the same values "
                    f"(correlation {correlation[one, other]:+.0f})",
                    fix="Leave one of the two out.",
                )
                for one, other in twins
            ]
        elif sample.data is not None and n <= len(sample.names):
            what = f"{where}{n} rows and {len(sample.names)} variables: the covariance matrix is singular"
            faults.append(Fault(what, fix="More rows than variables are needed."))
        else:
            weights = np.linalg.eigh(correlation)[1][:, 0]
            involved = [sample.names[column] for column in np.flatnonzero(np.abs(weights) > 0.1)]
            what = f"{where}the covariance matrix is not positive definite"
            fix = f"Look at {', '.join(involved)}: one is nearly a sum of others, or the matrix is mistyped."
            faults.append(Fault(what, fix=fix))
    return faults
