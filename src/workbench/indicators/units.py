"""Which rows of a table stand for the units that are ranked: one per unit, the last period of a panel."""

from __future__ import annotations

import pandas as pd

from workbench.doors import column, door, need_columns, table, usable
from workbench.errors import DataError, Fault, SpecificationError


@door(data=table, unit=column, period=column)
def latest_rows(data: pd.DataFrame, unit: str, period: str = "") -> pd.Series:
    """Row of every unit in the last period of the table, as a name for tables and figures.

    Parameters
    ----------
    data : one row for each unit, or a unit and period.
    unit : column that tells the units apart.
    period : column of the time; ignored if the table has no such column.

    Returns
    -------
    Series of names, such as ``firm 195`` where the unit is a number, indexed like the rows of ``data`` that
    were chosen.

    Raises
    ------
    SpecificationError : no such unit column.
    DataError : a unit without a name, or with two rows in the last period, with the row.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> frame = pd.DataFrame({"firm": [1.0, 1, 2, 2], "year": [2024, 2025, 2024, 2025]})
    >>> indicators.latest_rows(frame, "firm", "year").to_dict()
    {1: 'firm 1', 3: 'firm 2'}
    """
    if unit not in data.columns:
        raise SpecificationError(
            Fault(
                f"there is no column {unit!r} that tells the units apart",
                fix="Name it with the parameter unit; the table has: " + ", ".join(map(str, data.columns)),
            )
        )
    need_columns(data, [name for name in (unit, period) if name in data.columns])
    rows = data
    if period in data.columns:
        usable(data[[period]])
        if isinstance(data[period].dtype, pd.CategoricalDtype) and not data[period].cat.ordered:
            fix = "Write numbers or dates, or order the categories."
            raise DataError(Fault("has categories without an order", column=period, fix=fix))
        rows = data[data[period] == data[period].max()]
    faults = [
        Fault(problem, row=int(index) + 2, column=unit)
        for problem, wrong in (
            ("is missing", rows[unit].isna()),
            ("stands twice; an index ranks one row per unit", rows[unit].duplicated() & rows[unit].notna()),
        )
        for index in rows.index[wrong]
    ]
    if faults:
        raise DataError(faults)
    return rows[unit].map(lambda value: f"{unit} {value:g}" if isinstance(value, float) else f"{value}")
