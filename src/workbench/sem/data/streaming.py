"""Moments of a file that is larger than memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault, SpecificationError
from workbench.sem import arguments
from workbench.sem.data.moments import Moments

if TYPE_CHECKING:
    import polars as pl

MISSING = ["", "NA", "NaN", "nan", "NULL", "null"]


def moments_from(
    path: str | Path, columns: Sequence[str] | str | None = None, group: str | None = None
) -> Moments:
    """Covariances, means and n of a Parquet or CSV file, read as a stream.

    Parameters
    ----------
    path : ``.parquet`` or ``.csv`` (comma, UTF-8, a header).
    columns : variables wanted; by default every numeric column but ``group``.
    group : column of groups; moments of each, in order of first appearance.

    Returns
    -------
    Moments for ``sem.fit``. Rows with a missing value in a wanted column (or the group) are left out, and
    ``notes`` says how many, and which columns were not numeric.

    Raises
    ------
    DataError for a file of another kind, a column that is absent, twice there or not numeric, infinite
    values, fewer than two rows.

    The first pass finds means (of each group), the second sums products of deviations from them, so nothing
    is lost to cancellation however large the means are. R: ``cov(read.csv(path))``.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.resources import DATA
    >>> sem.moments_from(DATA / "customer_survey.csv", ["crm1", "crm2", "crm3"]).n
    (922,)
    """
    import polars as pl

    if not isinstance(path, (str, Path)):
        raise SpecificationError(f"path is a {type(path).__name__}: give the file's name")
    group = arguments.column("group", group)
    columns = None if columns is None else arguments.names("columns", columns, "['x1', 'x2']")
    path = Path(path)
    frame = _scan(path)
    names, notes = _columns(frame, path, columns, group)
    if path.suffix.lower() == ".csv":  # whole numbers at first may have decimals later
        frame = _scan(path, dict.fromkeys(names, pl.Float64))
    # names of our own, so that no column of the file can clash with what is computed
    own = [f"v{place}" for place in range(len(names))]
    by = [] if group is None else [pl.col(group).alias("group")]
    rows = frame.select(
        *by, *(pl.col(name).cast(pl.Float64).alias(at) for name, at in zip(names, own, strict=True))
    )
    whole = [*own, "group"] if by else own
    kept = rows.filter(pl.all_horizontal(pl.col(at).is_not_null() for at in whole))
    kept = kept.filter(pl.all_horizontal(pl.col(at).is_not_nan() for at in own))
    aims = [pl.len().alias("n"), *(pl.col(at).mean().alias(f"mean {at}") for at in own)]
    if group is None:
        first = _collect(kept.select(aims), path).with_columns(pl.lit("").alias("group"))
    else:
        aims.append(pl.col("row").min())
        first = _collect(kept.with_row_index("row").group_by("group").agg(aims), path).sort("row")
    total = _collect(rows.select(pl.len()), path).item()
    _check(first, names, own, total, path.name, group)
    lost = total - int(first["n"].sum())
    if lost:
        notes = (*notes, f"{lost:,} of {total:,} rows have missing values and were left out (listwise)")
    if group is None:
        centres = {at: pl.lit(first[f"mean {at}"][0]) for at in own}
    else:
        centres = {at: pl.col(f"mean {at}") for at in own}
        kept = kept.join(first.drop("n", "row").lazy(), on="group")
    away = {at: pl.col(at) - centres[at] for at in own}
    pairs = list(combinations_with_replacement(range(len(own)), 2))
    sums = [away[at].sum().alias(f"sum {at}") for at in own]
    sums += [(away[own[i]] * away[own[j]]).sum().alias(f"product {i} {j}") for i, j in pairs]
    if group is None:
        table = first.hstack(_collect(kept.select(sums), path))
    else:
        table = first.join(_collect(kept.group_by("group").agg(sums), path), on="group").sort("row")
    covs, means = [], []
    for row in table.iter_rows(named=True):
        n = row["n"]
        shift = np.array([row[f"sum {at}"] for at in own]) / n
        cov = np.empty((len(own),) * 2)
        for i, j in pairs:
            cov[i, j] = cov[j, i] = (row[f"product {i} {j}"] - n * shift[i] * shift[j]) / (n - 1)
        covs.append(cov)
        means.append(np.array([row[f"mean {at}"] for at in own]) + shift)
    return Moments(
        tuple(covs), tuple(table["n"].to_list()), tuple(means), names, tuple(table["group"].to_list()), notes
    )


def _check(
    first: pl.DataFrame, names: tuple[str, ...], own: list[str], total: int, file: str, group: str | None
) -> None:
    """Raise for too few rows and for infinite values."""
    complete = int(first["n"].sum()) if len(first) else 0
    if complete < 2:
        raise DataError(f"{file}: {complete} complete rows of {total}. At least two are needed")
    small = [str(label) for label, n in zip(first["group"], first["n"], strict=True) if n < 2]
    if small:
        raise DataError(
            f"{file}: one complete row in a group of {group!r} ({', '.join(small)}). At least two are needed"
        )
    faults = [
        Fault("holds infinite values", file, column=name, fix="Mark them as missing.")
        for name, at in zip(names, own, strict=True)
        if not np.isfinite(first[f"mean {at}"].to_numpy()).all()
    ]
    if faults:
        raise DataError(faults)


def _scan(path: Path, kinds: dict | None = None) -> pl.LazyFrame:
    import polars as pl

    if not path.exists():
        raise DataError(f"{path.name}: no such file")
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path)
    if path.suffix.lower() == ".csv":
        return pl.scan_csv(path, infer_schema_length=10_000, null_values=MISSING, schema_overrides=kinds)
    raise DataError(f"{path.name}: a .parquet or .csv file is needed")


def _collect(query: pl.LazyFrame, path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        return query.collect(engine="streaming")
    except pl.exceptions.PolarsError as problem:
        raise _unreadable(path, problem) from problem


def _unreadable(path: Path, problem: Exception) -> DataError:
    return DataError(f"{path.name} could not be read: {str(problem).splitlines()[0]}")


def _columns(
    frame: pl.LazyFrame, file: Path, columns: Sequence[str] | str | None, group: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The wanted columns, and a note on those that were passed over."""
    import polars as pl

    try:
        schema = frame.collect_schema()
    except pl.exceptions.PolarsError as problem:
        raise _unreadable(file, problem) from problem
    notes: tuple[str, ...] = ()
    faults = _header_faults(list(schema), file.name)
    if columns is None:
        columns = [name for name, kind in schema.items() if kind.is_numeric() and name != group]
        other = [name for name in schema if name not in columns and name != group]
        if other:
            notes = (f"columns that are not numeric were left out: {', '.join(other)}",)
    columns = tuple(columns)
    for name in (*columns, *([group] if group else [])):
        if name not in schema:
            faults.append(Fault("the file has no such column", file.name, column=name))
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1:
            faults.append(Fault("is asked for more than once", file.name, column=name))
        if name in schema and not schema[name].is_numeric():
            fix = "Leave it out or recode it."
            faults.append(Fault(f"is not numeric but {schema[name]}", file.name, column=name, fix=fix))
    if not columns:
        one = next(iter(schema), "")
        apart = len(schema) == 1 and (";" in one or "\t" in one)
        faults.append(
            Fault("no numeric column", file.name, fix="Separate columns by commas." if apart else None)
        )
    if faults:
        raise DataError(faults)
    return columns, notes


def _header_faults(names: list[str], file: str) -> list[Fault]:
    """Faults of a header: letters that are not UTF-8, a name that stands twice (polars renames one)."""
    faults = []
    for name in names:
        base, mark, number = name.rpartition("_duplicated_")
        if "\ufffd" in name:
            faults.append(Fault("is not UTF-8", file, column=name, fix="Save the file as UTF-8."))
        elif mark and number.isdigit() and base in names:
            faults.append(Fault("stands in the header more than once", file, column=base, fix="Rename it."))
    return faults
