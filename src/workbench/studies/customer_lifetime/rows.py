"""A firm's customers by period, as study 15 needs them: scores, what changed, what came next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import Fault, NotApplicable
from workbench.studies.reader_columns import Reader

if TYPE_CHECKING:
    from workbench.survey import Survey

SCORES = ("satisfaction", "loyalty", "valued", "crm_use", "recommendation")
COUNTS = ("purchases", "spending", "referrals", "marketing_cost", "margin", "complaints")
STAGE_SIGNS = {"share_of_demand": 10, "categories": 7, "contacts": 6}  # classes that each is cut into at most
WEEKS = 13  # of a period
FEWEST = 40  # who left, and who stayed


@dataclass(frozen=True)
class Base:
    """Customers by period and, where there is one, the table of customers.

    customer, period, left : names of the columns of ``periods``.
    """

    periods: Survey
    customers: Survey | None = None
    customer: str = "customer"
    period: str = "quarter"
    left: str = "left"

    @property
    def kind(self) -> str:
        return self.periods.kind


@dataclass(frozen=True)
class Rows:
    """Customers' periods ready for models.

    data : one row a customer and period, in order. Scores have mean 0 and standard deviation 1 over all rows;
    ``change`` is how much satisfaction rose since the period before. ``next_…`` is the period after, 0 for
    who has left and missing where it was not observed. kind : of the data. scores, counts : those of `SCORES`
    and `COUNTS` that there are. spread : standard deviations that the scores were divided by.
    """

    data: pd.DataFrame
    kind: str
    scores: tuple[str, ...]
    counts: tuple[str, ...]
    spread: dict[str, float] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        return int(self.data["customer"].nunique())

    @property
    def periods(self) -> int:
        return int(self.data["period"].nunique())

    def has(self, *names: str) -> bool:
        """Whether all of these columns are there."""
        return all(name in self.data for name in names)


@dataclass(frozen=True)
class Whole:
    """What a part of a base has to know of all of it. scaling : score -> mean, standard deviation."""

    scaling: dict[str, tuple[float, float]]
    last: float


def rows(base: Base, whole: Whole | None = None) -> Rows:
    """A base as rows for models.

    Parameters
    ----------
    base : its periods need the three columns; all else is taken where it is there.
    whole : where these are some of its customers only, as of `large.LargeBase`.

    Raises
    ------
    NotApplicable : a column is lacking, no customer has two periods, or too few left or stayed.
    DataError : a cell cannot be read, a customer stands twice in a period or goes on after leaving.
    """
    survey = base.periods.in_documents_terms()
    customer, period, left = base.customer, base.period, base.left
    answers = survey.responses
    lacking = [name for name in (customer, period, left) if name not in answers]
    if lacking:
        raise NotApplicable(
            Fault(
                f"this is no table of customers by period; it lacks {', '.join(lacking)}",
                survey.codebook.file or survey.file,
                fix="Name the columns under variables in the codebook, with 'column:' for the header",
            )
        )
    read = Reader(survey, in_file=whole is None)
    table = pd.DataFrame({"customer": read.customer(customer), "period": read.period(period)})
    table["left"] = read.left(left)
    table = table.reset_index(drop=True)
    read.in_order(table.sort_values(["customer", "period"], kind="stable"), (customer, period, left))
    scores, spread = [], {}
    for name in SCORES:
        if name in survey.codebook.constructs:
            raw = survey.items(name).mean(axis=1).astype(float).reset_index(drop=True)
            mean, spread[name] = whole.scaling[name] if whole else (raw.mean(), float(raw.std()))
            table[name] = (raw - mean) / spread[name]
            scores.append(name)
    others = [name for name in (*COUNTS, *STAGE_SIGNS, "tenure", "last_purchase_week") if name in answers]
    for name in others:
        table[name] = read.number(name, negative=name == "margin").to_numpy()
    table = table.sort_values(["customer", "period"], kind="stable").reset_index(drop=True)
    if whole is None:
        check(table, read.header(left), read.header(period), survey.file)
    by = table.groupby("customer", sort=False)
    last = table["period"] == (whole.last if whole else table["period"].max())
    for name in ("satisfaction",):
        if name in table:
            table["change"] = table[name] - by[name].shift(1)
    for name in others:
        later = by[name].shift(-1)
        table[f"next_{name}"] = later.where(table["left"] == 0, 0.0).where(~last | (table["left"] == 1))
    for name in scores:
        table[f"next_{name}"] = by[name].shift(-1)
    if "complaints" in table:
        table["complained"] = (table["complaints"] > 0).astype(float)
    if {"purchases", "last_purchase_week"} <= set(table):
        table["recency"] = _recency(table)
    counts = tuple(name for name in COUNTS if name in table)
    return Rows(table, base.kind, tuple(scores), counts, spread)


def check(table: pd.DataFrame, left: str, period: str, file: str | None = None) -> None:
    """Raise NotApplicable where too few of all customers left or stayed, or none has two periods.

    Parameters
    ----------
    table : ``customer`` and ``left`` of all rows. left, period, file : what the reader calls them.
    """
    gone = table.groupby("customer")["left"].max() == 1
    enough(int(gone.sum()), int((~gone).sum()), left, file)
    if table.groupby("customer", sort=False).size().max() < 2:
        raise NotApplicable(Fault("no customer has two periods", file, column=period))


def enough(gone: int, stayed: int, left: str, file: str | None = None) -> None:
    """Raise NotApplicable where too few left or stayed.

    Parameters
    ----------
    gone, stayed : customers. left : the column that says so, in ``file``.
    """
    if min(gone, stayed) < FEWEST:
        what = f"customers who left: {gone:,}; who stayed: {stayed:,}"
        raise NotApplicable(Fault(f"{what}; the study needs {FEWEST} of each or more", file, column=left))


def standing(found: Rows, lead: int = 1, window: int = 2) -> pd.DataFrame:
    """Customers who are still there at the end of a period, and whether they leave after the lead time.

    ``leaves``: 1 for those who leave in the ``window`` periods from ``lead`` on. Left out are those who leave
    before that, as no warning could have helped, and periods whose window was not seen to its end.
    """
    data = found.data
    last = data["period"].max()
    ends = data.groupby("customer")["period"].transform("max")
    gone = data.groupby("customer")["left"].transform("max") == 1
    ahead = ends - data["period"]
    there = (data["left"] == 0) & (data["period"] + lead + window - 1 <= last)
    too_soon = gone & (ahead < lead)
    chosen = data[there & ~too_soon]
    within = gone & (ahead >= lead) & (ahead < lead + window)
    return chosen.assign(leaves=within[chosen.index].astype(float))


def _recency(table: pd.DataFrame) -> pd.Series:
    """Weeks since the last purchase at the end of a period; since the first period where there is none."""
    end = WEEKS * table.groupby("customer").cumcount() + WEEKS
    bought = (end - WEEKS + table["last_purchase_week"]).where(table["purchases"] > 0)
    latest = bought.groupby(table["customer"]).ffill().fillna(0.0)
    return end - latest + np.zeros(len(table))
