"""The doors of the room: the kind of what a function is given, checked in one place, with one message.

Whether answers, a matrix or constructs can be used is said by ``correlations`` and ``constructs``; here it is
only asked whether they are answers, a number, or a fit at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import kind_of, of_polars
from workbench.errors import DataError, Fault, SpecificationError

if TYPE_CHECKING:
    from workbench.sem import Fit


def answers_frame(data: Any) -> pd.DataFrame:
    """Answers or a matrix as a DataFrame; an array's columns are called item1, item2 …

    Raises DataError for anything else than a DataFrame or a table of numbers in two dimensions.
    """
    if isinstance(data, pd.DataFrame):
        imaginary = [name for name, kind in data.dtypes.items() if pd.api.types.is_complex_dtype(kind)]
        if imaginary:
            fix = "Take their real part."
            raise DataError([Fault("holds complex numbers", column=str(name), fix=fix) for name in imaginary])
        return data
    needed = "answers are needed as a DataFrame or a two-dimensional array (a row for each respondent)"
    if isinstance(data, pd.Series):
        raise DataError(f"{needed}, not a single column: give data[['q1', 'q2', …]] with two brackets")
    if (found := of_polars(data)) is not None:
        return found
    if isinstance(data, (str, bytes)) or not isinstance(data, (np.ndarray, Sequence)):
        raise DataError(f"{needed}, not {kind_of(data)}")
    try:
        given = np.asarray(data)
        values = given.real.astype(float)
    except (TypeError, ValueError):
        raise DataError(
            f"{needed}; this {type(data).__name__} holds something else than numbers, or rows of different "
            "lengths"
        ) from None
    if np.iscomplexobj(given):
        raise DataError(f"{needed}, not complex numbers: take their real part")
    if values.ndim != 2:
        raise DataError(f"{needed}, not {values.ndim} dimension(s)")
    return pd.DataFrame(values, columns=[f"item{number}" for number in range(1, values.shape[1] + 1)])


def survey_frame(data: Any) -> pd.DataFrame:
    """Answers whose columns are known by name: a DataFrame, or DataError."""
    if isinstance(data, pd.DataFrame):
        return data
    if (found := of_polars(data)) is not None:
        return found
    raise DataError(f"answers are needed as a DataFrame with named columns, not {kind_of(data)}")


def grouped_frame(data: Any, group: Any) -> pd.DataFrame:
    """Answers with a column that names the groups: a DataFrame, or DataError."""
    data = survey_frame(data)
    if not isinstance(group, str) or group not in data.columns:
        raise DataError(
            f"group={_shown(group)}: a column of the data is needed, one of "
            f"{', '.join(map(str, data.columns[:30]))}"
        )
    odd = [value for value in data[group] if not isinstance(value, Hashable)]
    if odd:
        fix = "Give each group a word or a number."
        raise DataError(Fault("holds something that names no group", column=group, value=odd[0], fix=fix))
    return data


def checked_fit(fit: Any) -> Fit:
    """A fit of ``sem.fit``, or SpecificationError."""
    from workbench.sem import Fit

    if not isinstance(fit, Fit):
        raise SpecificationError(f"a fit of sem.fit is needed, not {kind_of(fit)}")
    return fit


def whole_number(value: Any, name: str, least: int = 0) -> int:
    """A whole number of at least ``least``, or SpecificationError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral) or value < least:
        raise SpecificationError(f"{name}={_shown(value)}: a whole number of at least {least} is needed")
    return int(value)


def share(value: Any, name: str) -> float:
    """A number between 0 and 1, neither of them, or SpecificationError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real) or not 0 < float(value) < 1:
        raise SpecificationError(f"{name}={_shown(value)}: a number between 0 and 1 is needed, such as 0.95")
    return float(value)


def names_of(values: Any, name: str) -> list[str]:
    """Names in a list, or SpecificationError: a text is one name, and no list of them."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise SpecificationError(f"{name}={_shown(values)}: a list of names is needed")
    return [str(value) for value in values]


def one_of(value: Any, name: str, known: Sequence[str]) -> str:
    """One of the known words, or SpecificationError."""
    if not isinstance(value, str) or value not in known:
        raise SpecificationError(f"{name}={_shown(value)} is not known: use one of {', '.join(known)}")
    return value


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else kind_of(value)
