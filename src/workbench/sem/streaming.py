"""Moments of a file that is larger than memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault
from workbench.sem.sample import Moments

if TYPE_CHECKING:
    import polars as pl

ROW = "row number of workbench"


def moments_from(path: str | Path, columns: Sequence[str] | None = None, group: str | None = None) -> Moments:
    """Covariances, means and n of a Parquet or CSV file, read as a stream.

    Parameters
    ----------
    path : ``.parquet`` or ``.csv`` (comma, UTF-8, a header).
    columns : variables wanted; by default every numeric column but ``group``.
    group : column of groups; moments of each, in order of first appearance.

    Returns
    -------
    Moments for ``sem.fit``. Rows with a missing value in a wanted column (or the group) are left out, and
    ``notes`` says how many.

    Raises
    ------
    DataError for a file of another kind, a column that is absent or not numeric, infinite values, fewer than
    two rows.

    The first pass finds means, the second sums products of deviations from them, so nothing is lost to
    cancellation however large the means are. R: ``cov(read.csv(path))``.
    """
    import polars as pl

    frame = _scan(Path(path))
    names = _columns(frame, Path(path).name, columns, group)
    usable = pl.all_horizontal(pl.col(name).is_not_null() & pl.col(name).is_not_nan() for name in names)
    if group is not None:
        usable &= pl.col(group).is_not_null()
    values = [pl.col(name).cast(pl.Float64) for name in names]
    kept = frame.select(*values, *([pl.col(group)] if group else []), pl.col(ROW)).filter(usable)
    first = _collect(kept.select(pl.len().alias("kept"), *(pl.col(name).mean() for name in names))).row(0)
    total = _collect(frame.select(pl.len())).item()
    centre = np.array(first[1:], dtype=float)
    if first[0] < 2:
        raise DataError(f"{Path(path).name}: {first[0]} complete rows of {total}. At least two are needed")
    infinite = [name for name, mean in zip(names, centre, strict=True) if not np.isfinite(mean)]
    if infinite:
        faults = [
            Fault("holds infinite values", Path(path).name, column=name, fix="Mark them as missing.")
            for name in infinite
        ]
        raise DataError(faults)
    notes = ()
    if first[0] < total:
        notes = (f"{total - first[0]} of {total} rows have missing values and were left out (listwise)",)
    sums = [
        (pl.col(name) - mean).sum().alias(f"sum {place}")
        for place, (name, mean) in enumerate(zip(names, centre, strict=True))
    ]
    pairs = list(combinations_with_replacement(range(len(names)), 2))
    products = [
        ((pl.col(names[i]) - centre[i]) * (pl.col(names[j]) - centre[j])).sum().alias(f"product {i} {j}")
        for i, j in pairs
    ]
    wanted = [pl.len().alias("n"), pl.col(ROW).min().alias("first"), *sums, *products]
    if group is None:
        table = _collect(kept.select(wanted))
    else:
        table = _collect(kept.group_by(group).agg(wanted)).sort("first")
    labels = ("",) if group is None else tuple(table[group].to_list())
    covs, means, counts = [], [], []
    for row in table.iter_rows(named=True):
        n = row["n"]
        if n < 2:
            raise DataError(
                f"{Path(path).name}: one complete row in a group of {group!r}. At least two are needed"
            )
        shift = np.array([row[f"sum {place}"] for place in range(len(names))]) / n
        cov = np.empty((len(names),) * 2)
        for i, j in pairs:
            cov[i, j] = cov[j, i] = (row[f"product {i} {j}"] - n * shift[i] * shift[j]) / (n - 1)
        covs.append(cov)
        means.append(centre + shift)
        counts.append(n)
    return Moments(tuple(covs), tuple(counts), tuple(means), names, labels, notes)


def _scan(path: Path) -> pl.LazyFrame:
    import polars as pl

    if not path.exists():
        raise DataError(f"{path.name}: no such file")
    if path.suffix == ".parquet":
        return pl.scan_parquet(path, row_index_name=ROW)
    if path.suffix == ".csv":
        return pl.scan_csv(path, row_index_name=ROW, infer_schema_length=10_000, null_values=["", "NA"])
    raise DataError(f"{path.name}: a .parquet or .csv file is needed")


def _collect(query: pl.LazyFrame) -> pl.DataFrame:
    import polars as pl

    try:
        return query.collect(engine="streaming")
    except pl.exceptions.ComputeError as problem:
        raise DataError(f"the file could not be read: {str(problem).splitlines()[0]}") from problem


def _columns(
    frame: pl.LazyFrame, file: str, columns: Sequence[str] | None, group: str | None
) -> tuple[str, ...]:
    schema = frame.collect_schema()
    del schema[ROW]
    if columns is None:
        columns = [name for name, kind in schema.items() if kind.is_numeric() and name != group]
    faults = []
    for name in (*columns, *([group] if group else [])):
        if name not in schema:
            faults.append(Fault("the file has no such column", file, column=name))
    for name in columns:
        if name in schema and not schema[name].is_numeric():
            faults.append(
                Fault(
                    f"is not numeric but {schema[name]}", file, column=name, fix="Leave it out or recode it."
                )
            )
    if not columns:
        faults.append(Fault("no numeric column", file))
    if faults:
        raise DataError(faults)
    return tuple(columns)
