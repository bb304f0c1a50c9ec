"""Recency, frequency and monetary value in study 14: VIP, regular and new customers beside the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.evaluation import rfm, segment_stability

if TYPE_CHECKING:
    from workbench.studies.customer_segments.given import Given
    from workbench.studies.customer_segments.segmenting import Segments
    from workbench.survey import Survey

YEAR, WEEKS = 4, 13  # quarters of a year, weeks of a quarter
OF_QUARTERS = {
    "recency": "Weeks since a purchase", "frequency": "Purchases in the year", "monetary": "Value of one",
    "tenure": "Quarters as a customer",
}  # fmt: skip
NEEDED = ("quarter", "purchases", "spending", "last_purchase_week")


@dataclass(frozen=True)
class Behaviour:
    """known : recency, frequency, monetary and, where it is known, tenure of each customer. scores : of
    `rfm.rfm_scores`. tier : VIP, regular or new. new_within : tenure up to which a customer is new. labels :
    what each column of ``known`` is.
    """

    known: pd.DataFrame
    scores: pd.DataFrame
    tier: pd.Series
    new_within: float
    labels: Mapping[str, str]

    def table(self) -> pd.DataFrame:
        """By tier: customers, share, and means of what is known."""
        size = self.tier.value_counts()
        parts = self.known.groupby(self.tier).mean()
        order = [one for one in (rfm.VIP, rfm.REGULAR, rfm.NEW) if one in size]
        parts.insert(0, "share", size / size.sum())
        parts.insert(0, "customers", size)
        return parts.loc[order].rename_axis("tier")


def made_of(known: pd.DataFrame, new_within: float = 0.0, *, labels: Mapping[str, str]) -> Behaviour:
    """Scores and tiers of what is known of customers."""
    scores = rfm.rfm_scores(*(known[one] for one in rfm.PARTS))
    tier = rfm.tiers(scores, known.get("tenure"), new_within=new_within)
    return Behaviour(known, scores, tier, new_within, labels)


def behaviour(
    given: Given,
    waves: Survey | None = None,
    did: Sequence[str] = (*rfm.PARTS, "tenure"),
    new_within: float = YEAR,
) -> Behaviour | None:
    """Tiers by behaviour, from columns of the table or from quarters beside it; None where neither is there.

    Parameters
    ----------
    did : columns of the table: recency, frequency, monetary, tenure; without tenure nobody is new.
    new_within : tenure up to which a customer is new, in the column's unit (of the quarters: quarters).
    waves : a row a customer and quarter with purchases, spending and the week of the last purchase.
    """
    data = given.survey.responses.loc[given.items.index]
    columns = {
        name: one
        for name, one in zip((*rfm.PARTS, "tenure"), did, strict=False)
        if one in given.survey.responses
    }
    if {*rfm.PARTS} <= {*columns}:
        known = pd.DataFrame({name: pd.to_numeric(data[one], "coerce") for name, one in columns.items()})
        whole = known.dropna().astype(float)
        labels = {name: given.survey.codebook.label(one) for name, one in columns.items()}
        return made_of(whole, new_within, labels=labels) if len(whole) >= len(given.items) / 2 else None
    identity = given.survey.codebook.id
    if waves is None or identity is None or not {identity, *NEEDED} <= {*waves.responses}:
        return None
    known = of_quarters(waves.responses, identity).reindex(data[identity]).set_axis(data.index)
    return made_of(known, new_within, labels=OF_QUARTERS) if known.notna().all(axis=None) else None


def of_quarters(quarters: pd.DataFrame, customer: str) -> pd.DataFrame:
    """What the last year's quarters tell: weeks since a purchase, purchases, mean value of one, tenure.

    Who has left is not known as having left; the time since the last purchase goes on. Who did not buy in
    the year has 0 purchases of value 0.
    """
    end = int(quarters["quarter"].max())
    data = quarters.astype({name: float for name in (*NEEDED, "tenure") if name in quarters})
    data = data.assign(week=WEEKS * (data["quarter"] - 1) + data["last_purchase_week"])
    by = data.groupby(customer)
    first = WEEKS * (by["quarter"].min() - 1)
    year = data[data["quarter"] > end - YEAR].groupby(customer)[["purchases", "spending"]].sum()
    year = year.reindex(first.index, fill_value=0.0)
    known = pd.DataFrame({
        "recency": WEEKS * end - by["week"].max().fillna(first),
        "frequency": year["purchases"],
        "monetary": (year["spending"] / year["purchases"]).where(year["purchases"] > 0, 0.0),
    })  # fmt: skip
    return known.assign(tenure=by["tenure"].first() + end - by["quarter"].first() + 1)


def agreements(found: Behaviour, segments: Segments, given: Given, *, seed: int = 1) -> pd.DataFrame:
    """Adjusted Rand index of the tiers and the classes, and of the tiers and a tier that the table names."""
    others = {"class": segments.assigned} if segments.k > 1 else {}
    if "tier" in given.divisions:
        others["tier"] = given.divisions["tier"]
    rows = {}
    for name, other in others.items():
        both = pd.DataFrame({"other": other.reindex(found.tier.index), "tier": found.tier}).dropna()
        rows[name] = segment_stability.agreement_of(both["tier"], both["other"], seed=seed)
    return pd.DataFrame.from_dict(rows, orient="index")
