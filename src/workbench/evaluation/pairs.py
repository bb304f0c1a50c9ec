"""Pairs of measurements: which of them can be told, and how many are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.doors import door, is_number, series, usable, whole
from workbench.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


MIN_PAIRS = 3


@door(first=series, second=series, at_least=whole(1))
def paired(first: pd.Series, second: pd.Series, at_least: int = MIN_PAIRS) -> tuple[pd.DataFrame, list[str]]:
    """Complete pairs (before, after) of two measurements with the same index, and what was left out.

    DataError for fewer than ``at_least``, other indexes, or what is no number.
    """
    import pandas as pd

    if not first.index.equals(second.index):
        raise DataError("the two measurements do not have the same index: pairs cannot be told")
    for measured in (first, second):
        if not is_number(measured):
            raise DataError(
                f"column {measured.name!r} holds no numbers: write pd.to_numeric(…), or recode what it says"
            )
    usable(
        pd.DataFrame({"first": first.to_numpy(), "second": second.to_numpy()}).replace(
            [np.inf, -np.inf], np.nan
        )
    )
    both = pd.DataFrame(
        {
            name: part.to_numpy(float, na_value=np.nan)
            for name, part in (("before", first), ("after", second))
        },
        index=first.index,
    )
    whole = both[np.isfinite(both).all(axis=1)]
    if len(whole) < at_least:
        raise DataError(f"{len(whole)} complete pairs; at least {at_least} are needed")
    lost = len(both) - len(whole)
    return whole, [f"{lost} of {len(both)} pairs left out: a value is missing."] if lost else []
