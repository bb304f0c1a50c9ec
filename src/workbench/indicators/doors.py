"""The door of the room: of what kind the arguments of its functions have to be."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import (
    anything,
    is_number,
    kind_of,
    mapping,
    named_table,
    names,
    number,
    whole,
)
from workbench.errors import DataError, SpecificationError

METHODS = ("min-max", "z", "target", "rank", "vector")
# whether every indicator has a direction is said with the table, all faults at once
DIRECTIONS = {"values": named_table, "directions": mapping(anything, "{'retention': 'higher'}")}
DRAWN = {"draws": whole(1), "seed": whole(0)}


def goalposts(name: str, value: Any) -> tuple[float, float]:
    """Worst and best."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise SpecificationError(f"{name}: the worst and the best value are needed, as in (0, 100)")
    return number(name, value[0]), number(name, value[1])


def file(name: str, value: Any) -> Path | None:
    """A file, or None for the shipped one."""
    if value is not None and not isinstance(value, (str, Path)):
        raise SpecificationError(f"{name}: the name of a file is needed, not {kind_of(value)}")
    return None if value is None else Path(value)


def day(name: str, value: Any) -> Any:
    """A day, as a text or a date."""
    try:
        found = pd.Timestamp(value) if isinstance(value, (str, date)) else pd.NaT
    except ValueError:
        found = pd.NaT
    if found is pd.NaT:
        raise SpecificationError(f"{name}: a day is needed, as in {name}='2026-01-31', not {kind_of(value)}")
    return value


def finite(name: str, values: pd.Series, index: pd.Index | None = None) -> None:
    """Refuse a Series that is not of finite numbers, or not of the wanted units."""
    fits = index is None or set(values.index) == set(index)
    if not len(values) or not values.index.is_unique or not fits:
        raise DataError(f"{name}: one value is needed of each of the same names, in an index")
    if not is_number(values) or not np.isfinite(values.to_numpy(float, na_value=np.nan)).all():
        raise DataError(f"{name}: finite numbers are needed, and a value is missing, infinite or no number")


def listed(name: str, value: Any) -> list[str]:
    """Names in a list, at least one, each once."""
    found = names(name, value)
    if not found or len(set(found)) < len(found):
        wrong = "is empty" if not found else "names one twice"
        raise SpecificationError(f"{name} {wrong}: every indicator is named once, as in {name}=['a', 'b']")
    return found
