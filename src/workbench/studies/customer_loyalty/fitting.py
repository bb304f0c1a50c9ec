"""How the models of the study are estimated: answers of few categories as ordered, every respondent used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import sem

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

MOST_CATEGORIES = 7


def all_ordered(data: pd.DataFrame) -> bool:
    """Whether every item has up to seven different answers: ordered categories rather than measurements."""
    return bool(data.nunique().max() <= MOST_CATEGORIES)


def fit_ordered(model: str, data: pd.DataFrame, *, complete: bool = False) -> Fit:
    """WLSMV of ordered answers; MLR where an item has more answers than categories have.

    Every respondent is used: thresholds and correlations come from all who answered the item, or both items
    (``missing="pairwise"``, which is for ordered answers alone), MLR from full-information likelihood.
    ``complete`` leaves out whoever skipped an item.
    """
    if not all_ordered(data):
        return sem.fit(model, data, estimator="MLR", missing="listwise" if complete else "fiml")
    missing = "listwise" if complete else "pairwise"
    return sem.fit(model, data, ordered=list(data.columns), estimator="WLSMV", missing=missing)


def by_label(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of parameters by their labels."""
    return table[table["label"] != ""].drop_duplicates("label").set_index("label")
