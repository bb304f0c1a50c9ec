"""A balanced panel under adoption that stays: outcomes by unit and period, and when each unit adopts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import need_columns, usable
from workbench.errors import DataError, Fault, SpecificationError
from workbench.regression.panel import check_pairs


@dataclass(frozen=True)
class AdoptionPanel:
    """A balanced panel: outcomes units x periods, first treated position of each unit (inf: never)."""

    values: np.ndarray
    start: np.ndarray
    periods: np.ndarray


def adoption_panel(data: pd.DataFrame, outcome: str, unit: str, period: str, treated: str) -> AdoptionPanel:
    """The panel of one outcome; refuses what is not balanced, not 0/1, or goes back to 0."""
    need_columns(data, (outcome, unit, period, treated))
    rows = usable(data[list(dict.fromkeys([unit, period, outcome, treated]))])
    texts = [name for name in (outcome, treated) if not pd.api.types.is_numeric_dtype(rows[name])]
    if texts or rows.shape[1] < 4:
        faults = [Fault("must be numeric", column=name, fix="Turn it into numbers.") for name in texts]
        raise SpecificationError(faults or "outcome, unit, period and treated are four different columns")
    check_pairs(rows, unit, period)
    y = rows.pivot(index=unit, columns=period, values=outcome)
    on = rows.pivot(index=unit, columns=period, values=treated)
    if y.isna().any(axis=None) or on.isna().any(axis=None):
        gaps = y.index[y.isna().any(axis=1) | on.isna().any(axis=1)]
        raise DataError(
            Fault(
                f"the panel is not balanced: {len(gaps):,} units lack a period or a value, first {gaps[0]}",
                fix="Keep the units that are observed in every period.",
            )
        )
    state = on.to_numpy(float)
    if not np.isin(state, (0.0, 1.0)).all():
        raise DataError(Fault("treatment must be 0 or 1", column=treated))
    back = (np.diff(state, axis=1) < 0).any(axis=1)
    if back.any():
        raise DataError(
            Fault(
                f"{int(back.sum()):,} units stop being treated, first {on.index[back][0]}",
                column=treated,
                fix="These estimators are for adoption that stays.",
            )
        )
    if np.ptp(y.to_numpy(float)) == 0:
        raise DataError(Fault("does not vary", column=outcome))
    start = np.where(state.any(axis=1), state.argmax(axis=1), np.inf)
    return AdoptionPanel(y.to_numpy(float), start, y.columns.to_numpy())
