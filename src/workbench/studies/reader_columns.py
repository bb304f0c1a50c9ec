"""Columns of a reader's table, for studies 14 and 15: read as periods, yes and no or numbers, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.survey import Survey

LEFT = {"yes": 1.0, "true": 1.0, "1": 1.0, "no": 0.0, "false": 0.0, "0": 0.0}
# label of a period -> years, and parts of the year
LABELS = (
    (r"(\d{4})[ ._/-]?[qQ]([1-4])", 4),
    (r"(\d{4})[-/.](0[1-9]|1[0-2])", 12),
)
ORDERED = "Number the periods 1, 2, 3 … in order, or write all of them as 2024Q1, as 2024-03 or as 2024-03-31"


def flags(values: pd.Series) -> pd.Series:
    """0 and 1 from numbers or from yes and no; anything else is missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float).where(values.isin((0, 1)))
    return values.astype("string").str.strip().str.lower().map(LEFT).astype(float)


def ordered(values: pd.Series) -> pd.Series:
    """Periods as numbers one apart: from numbers, or from labels as 2024Q1, 2024-03 and 2024-03-31.

    Labels count from the first one, which is 1; a period in which nobody was seen keeps its place. Dates have
    to stand a fixed number of months or of days apart. What cannot be read is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.studies.reader_columns import ordered
    >>> ordered(pd.Series(["2023Q4", "2024Q1", "2024Q3"])).tolist()
    [1.0, 2.0, 4.0]
    """
    text = values.astype("string").str.strip()
    readings = [pd.to_numeric(values, errors="coerce").astype(float)]
    for pattern, parts in LABELS:
        found = text.str.extract(f"^{pattern}$").astype(float)
        readings.append(_from_one(parts * found[0] + found[1]))
    readings.append(_from_one(_dates(text)))
    return max(readings, key=lambda one: one.notna().sum())


def _dates(text: pd.Series) -> pd.Series:
    """Dates as months where one day of the month stands for each, else as days."""
    dates = pd.to_datetime(text.where(text.str.fullmatch(r"\d{4}-\d{2}-\d{2}")), errors="coerce")
    months = 12.0 * dates.dt.year + dates.dt.month
    monthly = dates.dt.is_month_end.loc[dates.notna()].all() or dates.dt.day.nunique() == 1
    return months if monthly else (dates - dates.min()).dt.days.astype(float)


def _from_one(places: pd.Series) -> pd.Series:
    """Places counted from the first, in steps of the distance that divides them all."""
    there = np.unique(places.dropna().to_numpy())
    if len(there) < 2:
        return places - there[0] + 1.0 if len(there) else places
    step = np.gcd.reduce(np.diff(there).astype(int))
    return (places - there[0]) / step + 1.0


@dataclass(frozen=True)
class Reader:
    """Reads columns of a survey and says where one cannot be read. in_file : whether rows are the file's."""

    survey: Survey
    in_file: bool = True

    def left(self, name: str, gaps: bool = False) -> pd.Series:
        """A column of who left as 0 and 1. gaps : whether cells may be empty."""
        return self._read(
            name, flags, "is neither 0 nor 1, neither no nor yes", gaps,
            "Write 1 where the customer left and 0 where not",
        )  # fmt: skip

    def period(self, name: str) -> pd.Series:
        """A column of periods as numbers in order."""
        return self._read(name, ordered, "is no period that has a place in an order", False, ORDERED)

    def number(self, name: str, *, negative: bool = True) -> pd.Series:
        """A column of numbers; yes and no count as 1 and 0. negative : whether numbers may lie below 0."""
        values = self.survey.responses[name]
        plain = pd.api.types.is_numeric_dtype(values)
        found = self._read(
            name, (lambda column: column.astype(float)) if plain else _number, "is no number", True,
            "Correct it, and say 'type: number' in the codebook",
        )  # fmt: skip
        if not negative and (found < 0).any():
            low = found < 0
            more = f", and so are {low.sum() - 1:,} cells below" if low.sum() > 1 else ""
            fix = "Correct it, or leave it empty"
            if name == "spending":
                fix += "; what was paid back belongs in a column of its own"
            raise self._error(name, f"is negative{more}", _first(low), fix)
        return found

    def customer(self, name: str) -> pd.Series:
        """The column that names the customers, with no gaps."""
        return self._read(name, lambda column: column, "", False, "Fill it in, or take the row out")

    def _read(
        self, name: str, read: Callable[[pd.Series], pd.Series], wrong: str, gaps: bool, fix: str
    ) -> pd.Series:
        values = self.survey.responses[name]
        empty = values.isna()
        if empty.any() and not gaps:
            more = f" in {empty.sum():,} rows" if empty.sum() > 1 else ""
            what = f"is empty{more}; every customer needs it in every period"
            raise self._error(name, what, _first(empty), "Fill it in, or take the row out")
        found = read(values)
        unread = found.isna() & ~empty
        if unread.any():
            more = f" (nor can {unread.sum() - 1:,} more cells be read)" if unread.sum() > 1 else ""
            raise self._error(name, f"{wrong}{more}", _first(unread), fix)
        return found

    def _error(self, name: str, what: str, place: int, fix: str) -> DataError:
        value = self.survey.responses[name].iloc[place]
        if isinstance(value, float):
            value = None if np.isnan(value) else int(value) if value.is_integer() else float(value)
        return DataError(
            Fault(
                what, self.survey.file, row=self.row(place), column=self.header(name),
                value=None if pd.isna(value) else value, fix=fix,
            )
        )  # fmt: skip

    def row(self, place: int) -> int | None:
        """The row of the file that a place in the table is."""
        return place + 2 if self.in_file else None

    def header(self, name: str) -> str:
        """What the file calls a column."""
        return self.survey.codebook.headers.get(name, name)

    def in_order(self, table: pd.DataFrame, names: tuple[str, str, str]) -> None:
        """Raise DataError where a customer stands twice in a period, or goes on after leaving.

        Parameters
        ----------
        table : ``customer``, ``period``, ``left``, sorted, its index the places in the file.
        names : of the three columns.
        """
        same = table["customer"] == table["customer"].shift()
        for wrong, name, what, fix in (
            (
                same & (table["period"] == table["period"].shift()), names[1],
                "stands twice in this period", "Keep one row a customer and period",
            ),
            (
                same & (table["left"].shift() == 1), names[2],
                "has a row after the one that says left",
                "Write 1 in the last period only, or give who came back a new number",
            ),
        ):  # fmt: skip
            if wrong.any():
                place = _first(wrong)
                more = f"; so it is with {wrong.sum() - 1:,} more rows" if wrong.sum() > 1 else ""
                what = f"customer {table['customer'].iloc[place]} {what}{more}"
                raise self._error(name, what, int(table.index[place]), fix)


def _first(wrong: pd.Series) -> int:
    return int(np.flatnonzero(wrong.to_numpy())[0])


def _number(values: pd.Series) -> pd.Series:
    found = pd.to_numeric(values, errors="coerce").astype(float)
    return found if (found.notna() == values.notna()).all() else flags(values)
