"""Tables that a function is given: are their columns there, and can their cells be calculated with?

What is asked of a table at a door (:mod:`workbench.doors`), and what a function asks itself once it knows
which columns it needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError

SIZE = 1e100  # squares of larger numbers, summed and squared again, are infinite
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")  # as pandas infers them from objects


def kind_of(value: Any) -> str:
    """What a value is, for a message: its kind, and what it holds where that is short."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, Integral) and abs(int(value)) >= 10**20:
        return f"a whole number of {int(value).bit_length():,} bits"
    if isinstance(value, (bool, np.bool_, Real)):
        return f"{value}"
    shape = getattr(value, "shape", None)
    size = f" of {' x '.join(str(part) for part in shape)}" if isinstance(shape, tuple) else ""
    return f"a {type(value).__name__}{size}"


def of_polars(data: Any) -> pd.DataFrame | None:
    """A polars frame as a pandas one, None for anything else."""
    if type(data).__module__.partition(".")[0] == "polars" and hasattr(data, "lazy"):
        return data.lazy().collect().to_pandas()
    return None


def table(name: str, value: Any) -> pd.DataFrame:
    """A DataFrame with rows; which of its columns are there once is asked where they are named."""
    frame = value if isinstance(value, pd.DataFrame) else of_polars(value)
    if frame is None:
        single = ": take it with two brackets, data[['q1']]" if isinstance(value, pd.Series) else ""
        raise DataError(f"{name}: a DataFrame with named columns is needed, not {kind_of(value)}{single}")
    if not len(frame):
        raise DataError(f"{name}: the table has no rows: give one with the data in it")
    return frame


def named_table(name: str, value: Any) -> pd.DataFrame:
    """The same, all columns of which are used: they are named by texts that differ."""
    frame = table(name, value)
    if isinstance(frame.columns, pd.MultiIndex) or any(not isinstance(part, str) for part in frame.columns):
        raise DataError(
            f"{name}: columns have to be named by texts: write data.set_axis(['a', 'b', …], axis=1) or "
            "data.rename(columns=str)"
        )
    need_columns(frame, list(frame.columns))
    return frame


def need_columns(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse columns that are not there, or there twice, all at once."""
    held = [str(part) for part in data.columns]
    faults = []
    for name in dict.fromkeys(columns):
        if name not in data.columns:
            close = get_close_matches(str(name), held)
            shown = ", ".join(held[:12]) + (f" and {len(held) - 12} more" if len(held) > 12 else "")
            fix = f"Did you mean {close[0]!r}?" if close else f"Columns: {shown}."
            faults.append(Fault("no such column in the data", column=name, fix=fix))
        elif list(data.columns).count(name) > 1:
            faults.append(Fault("the data hold this column twice", column=name, fix="Rename or drop one."))
    if faults:
        raise SpecificationError(faults)


def series(name: str, value: Any) -> pd.Series:
    """A Series (one of polars counted from 0)."""
    if type(value).__module__.partition(".")[0] == "polars" and hasattr(value, "to_pandas"):
        value = value.to_pandas()
    if not isinstance(value, pd.Series):
        raise DataError(
            f"{name}: a Series with an index is needed, data['q1'] or pd.Series([…]), not {kind_of(value)}"
        )
    return value


def is_number(values: pd.Series) -> bool:
    """Whether a column holds real numbers, and not yes and no."""
    kinds = pd.api.types
    return (
        kinds.is_numeric_dtype(values)
        and not kinds.is_bool_dtype(values)
        and not kinds.is_complex_dtype(values)
    )


def usable(rows: pd.DataFrame) -> pd.DataFrame:
    """The cells of some columns, numbers that are kept as objects as numbers.

    Raises
    ------
    DataError : with every column that has an infinite value, numbers of a size that cannot be squared, or
        cells that hold something else than one number or text.
    """
    settled, faults = {}, []
    for name, values in rows.items():
        if values.dtype == object and pd.api.types.infer_dtype(values) in NUMBERS:
            values = values.astype(float)
        settled[name] = values
        if is_number(values):
            faults += _sizes(str(name), values.to_numpy(float, na_value=np.nan))
        elif pd.api.types.is_complex_dtype(values):
            faults.append(Fault("holds complex numbers", column=name, fix="Take their real part."))
        elif values.dtype == object:
            odd = [value for value in values if not isinstance(value, Hashable)]
            if odd:
                fix = "A cell holds one number or one text."
                faults.append(Fault(f"holds {kind_of(odd[0])} in a cell", column=name, fix=fix))
    if faults:
        raise DataError(faults)
    return pd.DataFrame(settled, index=rows.index)


def _sizes(name: str, values: np.ndarray) -> list[Fault]:
    bad = np.flatnonzero(np.isinf(values))
    if len(bad):
        return [Fault("infinite value", row=int(bad[0]) + 2, column=name, fix="Mend or empty the cell.")]
    largest = np.nanmax(np.abs(values), initial=0.0)
    if largest and not 1 / SIZE < largest < SIZE:
        fix = "Change the unit of the column."
        return [Fault(f"numbers as large as {largest:.0e} cannot be squared", column=name, fix=fix)]
    return []
