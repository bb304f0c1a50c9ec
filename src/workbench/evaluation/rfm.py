"""Recency, frequency and monetary value of customers: from purchases to scores, and from scores to tiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.doors import (
    column,
    door,
    is_number,
    made_by,
    need_columns,
    number,
    optional,
    same_length,
    series,
    table,
    usable,
    whole,
)
from workbench.errors import DataError, SpecificationError

PARTS = ("recency", "frequency", "monetary")
VIP, REGULAR, NEW = "VIP", "regular", "new"
MOST_BINS = 100


def _numbers(**columns: pd.Series) -> pd.DataFrame:
    same_length(**columns)
    found = usable(pd.DataFrame({name: values.to_numpy() for name, values in columns.items()}))
    for name in found:
        if not is_number(found[name]) or found[name].isna().any():
            raise DataError(f"{name}: a number for every customer is needed")
    found.index = next(iter(columns.values())).index
    return found.astype(float)


@door(purchases=table, customer=column, time=column, amount=column, until=number)
def histories(
    purchases: pd.DataFrame, customer: str, time: str, amount: str, *, until: float
) -> pd.DataFrame:
    """What is known of each customer from purchases, a row a purchase, up to a moment.

    Parameters
    ----------
    purchases : a row a purchase; those after ``until`` are left out.
    customer, time, amount : columns; time is a number, such as a day counted from any first one.
    until : the moment from which recency and tenure are counted back.

    Returns
    -------
    DataFrame : customer -> recency (time since the last purchase), frequency (times with a purchase; several
        at one time are one), monetary (mean amount of these), tenure (time since the first purchase).

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.rfm import histories
    >>> bought = pd.DataFrame({"who": [1, 1, 1, 2], "day": [0, 5, 5, 9], "paid": [10.0, 4, 6, 3]})
    >>> histories(bought, "who", "day", "paid", until=10).loc[1].tolist()
    [5.0, 2.0, 10.0, 10.0]
    """
    need_columns(purchases, [customer, time, amount])
    who = usable(purchases[[customer]])[customer].reset_index(drop=True)
    known = _numbers(when=purchases[time], paid=purchases[amount]).reset_index(drop=True).assign(who=who)
    known = known[known["when"] <= until]
    if known.empty or known["who"].isna().any():
        raise DataError("purchases up to that moment are needed, each with its customer")
    once = known.groupby(["who", "when"])["paid"].sum().reset_index().groupby("who")
    return pd.DataFrame({
        "recency": until - once["when"].max(),
        "frequency": once.size().astype(float),
        "monetary": once["paid"].mean(),
        "tenure": until - once["when"].min(),
    })  # fmt: skip


@door(recency=series, frequency=series, monetary=series, bins=whole(2))
def rfm_scores(
    recency: pd.Series, frequency: pd.Series, monetary: pd.Series, *, bins: int = 5
) -> pd.DataFrame:
    """Score each customer from 1 to ``bins`` on recency, frequency and monetary value.

    Parameters
    ----------
    recency : time since the last purchase; the shorter the higher the score. frequency : how often.
    monetary : how much, in all or at a time. bins : scores of each.

    Returns
    -------
    DataFrame : recency, frequency, monetary (whole numbers), and cell, the three beside one another ("545").

    Notes
    -----
    Each for itself over all customers (Bult & Wansbeek 1995): of n customers, the one of rank r from below
    gets 1 + floor(bins (r - 1/2) / n). Customers with the same value share their mean rank, so bins are of
    even size only where few values repeat, and some scores may be missing. R:
    ``1 + (5 * (2 * rank(x) - 1)) %/% (2 * length(x))``, of ``-x`` for recency.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.rfm import rfm_scores
    >>> days, times, paid = (pd.Series(one) for one in ([1.0, 20, 90, 400], [9, 4, 2, 1], [50.0, 20, 80, 10]))
    >>> rfm_scores(days, times, paid, bins=2)["cell"].tolist()
    ['222', '221', '112', '111']
    """
    if bins > MOST_BINS:
        raise SpecificationError(f"bins={bins}: at most {MOST_BINS} scores are made")
    known = _numbers(recency=recency, frequency=frequency, monetary=monetary)
    known["recency"] *= -1
    scores = known.rank().apply(lambda rank: 1 + (bins * (2 * rank - 1)) // (2 * len(rank))).astype(int)
    return scores.assign(cell=scores.astype(str).agg("".join, axis=1))


@door(scores=made_by(pd.DataFrame, "rfm_scores"), tenure=optional(series), new_within=number, least=whole(1))
def tiers(
    scores: pd.DataFrame, tenure: pd.Series | None = None, *, new_within: float = 0.0, least: int = 4
) -> pd.Series:
    """VIP, regular and new customers.

    Parameters
    ----------
    scores : of `rfm_scores`. tenure : how long they have been customers; None: nobody is new.
    new_within : who has been a customer for no longer is new, whatever the scores. least : score that a VIP
        has on all three at least.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.rfm import tiers
    >>> scores = pd.DataFrame({"recency": [5, 5, 2], "frequency": [5, 4, 3], "monetary": [4, 5, 5]})
    >>> tiers(scores, pd.Series([30, 2, 30]), new_within=4).tolist()
    ['VIP', 'new', 'regular']
    """
    lacking = [name for name in PARTS if name not in scores]
    if lacking:
        raise DataError(f"scores: what rfm_scores gives back is needed; there is no {lacking[0]}")
    found = np.where((_numbers(**{one: scores[one] for one in PARTS}) >= least).all(axis=1), VIP, REGULAR)
    if tenure is not None:
        same_length(scores=scores, tenure=tenure)
        found = np.where(_numbers(tenure=tenure)["tenure"].to_numpy() <= new_within, NEW, found)
    return pd.Series(found, index=scores.index, name="tier")
