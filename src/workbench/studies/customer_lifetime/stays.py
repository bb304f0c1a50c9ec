"""How long customers stay: one row a customer, from a table of periods or from one of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import Fault, NotApplicable
from workbench.evaluation import survival
from workbench.evaluation import warning_scores as ws
from workbench.studies.customer_lifetime.rows import COUNTS, FEWEST, SCORES, enough
from workbench.studies.reader_columns import Reader

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Base, Rows
    from workbench.survey import Survey

GROWS = 0.5  # rank correlation with time from which a column may be a total
MOST_LEVELS = 6  # of a group that curves are drawn for


@dataclass(frozen=True)
class Stays:
    """Customers with how long they were followed.

    data : ``time``, ``left`` and, of a reader's single table, groups and numbers.
    group : column of the curves, empty: none. labels : column -> what to print. terms : of Cox's model.
    single : whether a term has one value a customer, of nobody knows when.
    dropped : rows left out, as their time is 0 or a cell of time or left is empty.
    """

    data: pd.DataFrame
    group: str
    labels: dict[str, str]
    terms: tuple[str, ...]
    single: bool = False
    dropped: int = 0

    @property
    def n(self) -> int:
        return len(self.data)

    def curves(self) -> dict[str, pd.DataFrame]:
        """Kaplan–Meier's curve of every level of the group, the largest first; of all where there is none."""
        if not self.group:
            return {"all customers": survival.kaplan_meier(self.data["time"], self.data["left"])}
        parts = self.data.groupby(self.group, observed=True)
        sizes = parts.size().sort_values(ascending=False).index[:MOST_LEVELS]
        return {
            str(level): survival.kaplan_meier(one["time"], one["left"])
            for level in sizes
            for one in [parts.get_group(level)]
        }

    def alike(self) -> tuple[float, int, float] | None:
        """Log-rank test of the levels: chi-square, degrees of freedom, p; None where it compares nothing."""
        if not self.group:
            return None
        known = self.data.dropna(subset=[self.group])
        if not known["left"].any():
            return None
        return survival.log_rank(known["time"], known["left"], known[self.group])

    def growing(self) -> dict[str, float]:
        """Terms that grow with time as totals do: rank correlation with it."""
        if not self.single:
            return {}
        many = [name for name in self.terms if self.data[name].nunique() > 2]
        ranks = self.data[many].corrwith(self.data["time"], method="spearman")
        return {str(name): float(one) for name, one in ranks.items() if one >= GROWS}

    def cox(self) -> survival.CoxModel:
        """Cox's model of the terms, each in standard deviations."""
        x = self.data[list(self.terms)]
        scaled = (x - x.mean()) / x.std()
        return survival.cox(
            scaled.assign(time=self.data["time"], left=self.data["left"]), "time", "left", self.terms
        )


def of_periods(base: Base, found: Rows, group: str = "") -> Stays:
    """From a table of periods: time is the number of periods that a customer was followed.

    Parameters
    ----------
    base, found : the customers and their rows. group : column of the table of customers; the first one there.
    """
    first = found.data.groupby("customer").agg(
        time=("period", "size"), left=("left", "max"), **{name: (name, "first") for name in found.scores}
    )
    labels, chosen = {}, ""
    if base.customers is not None:
        book = base.customers.codebook
        table = base.customers.responses
        chosen = group or next(iter(base.customers.groups), "")
        if chosen:
            keyed = table.set_index("customer") if "customer" in table else table
            first[chosen] = keyed[chosen].reindex(first.index)
            labels[chosen] = book.label(chosen)
    own = base.periods.in_documents_terms().codebook
    labels |= {name: own.label(name) for name in found.scores}
    return Stays(first, chosen, labels, found.scores)


def of_customers(survey: Survey, *, time: str = "tenure", left: str = "left", group: str = "") -> Stays:
    """From a table with one row a customer: how long each has been one, and whether they left.

    Parameters
    ----------
    survey : with both columns. time, left : their names; ``left`` in 0 and 1, or yes and no.
    group : column of the curves; the codebook's first group of few levels where nothing is said.

    Raises
    ------
    NotApplicable : a column is lacking, or too few left or stayed.
    DataError : a cell cannot be read, or a time is negative.
    """
    survey = survey.in_documents_terms()
    answers, book = survey.responses, survey.codebook
    lacking = [name for name in (time, left) if name not in answers]
    if lacking:
        raise NotApplicable(
            Fault(
                f"this is no table of customers who stay or leave; it lacks {', '.join(lacking)}",
                book.file or survey.file,
                fix="Name the columns under variables in the codebook, with 'column:' for the header",
            )
        )
    read = Reader(survey)
    table = pd.DataFrame({"time": read.number(time, negative=False), "left": read.left(left, gaps=True)})
    groups = [name for name in survey.groups if 1 < answers[name].nunique() <= MOST_LEVELS]
    chosen = group or next(iter(groups), "")
    labels = {name: book.label(name) for name in [*groups, *([chosen] if chosen else [])]}
    terms = []
    for name in SCORES:
        if name in book.constructs:
            table[name] = survey.items(name).mean(axis=1)
            terms.append(name)
            labels[name] = book.label(name)
    for name in survey.variables:
        if name not in (time, left) and pd.api.types.is_numeric_dtype(answers[name]):
            table[name] = read.number(name, negative=name not in COUNTS or name == "margin")
            terms.append(name)
            labels[name] = book.label(name)
    for name in groups:
        table[name] = answers[name]
        levels = answers[name].value_counts().index[1:]
        for level in levels:
            column = f"{name}: {level}"
            table[column] = (answers[name] == level).astype(float).where(answers[name].notna())
            labels[column] = f"{book.label(name)}: {level}"
            terms.append(column)
    table = table.dropna(subset=["time", "left"])
    at_once = int((table["time"] == 0).sum())
    table = table[table["time"] > 0]
    if at_once and min((table["left"] == flag).sum() for flag in (0, 1)) < FEWEST:
        what = (
            f"{at_once:,} of {len(answers):,} customers have 0, and who was followed for no time says nothing"
        )
        fix = "Write how long each has been a customer, or was until leaving"
        raise NotApplicable(Fault(what, survey.file, column=read.header(time), fix=fix))
    enough(int(table["left"].sum()), int((table["left"] == 0).sum()), read.header(left), survey.file)
    return Stays(
        table,
        chosen,
        labels,
        tuple(name for name in terms if table[name].std() > 0),
        True,
        len(answers) - len(table),
    )


@dataclass(frozen=True)
class HalfTried:
    """A score fixed on one half of the customers and tried on the other: no later date, so no warning."""

    happened: np.ndarray
    chance: np.ndarray
    weights: pd.DataFrame
    area: ws.Estimate


def try_on_half(stays: Stays, seed: int = 1) -> HalfTried:
    """Who has left, by the terms, in customers who were not used.

    Parameters
    ----------
    seed : of the halves.

    Raises
    ------
    NotApplicable : no terms.
    """
    if not stays.terms:
        raise NotApplicable("there is nothing but time to tell who leaves")
    used = stays.data[["left", *stays.terms]].dropna()
    half = np.random.default_rng(seed).permutation(len(used)) % 2 == 0
    train, test = used[half], used[~half]
    names = [name for name in stays.terms if train[name].std() > 0]
    centre, scale = train[names].mean(), train[names].std()
    x, new = ((part[names] - centre) / scale for part in (train, test))
    fitted = survival.fit_hazard(x.assign(left=train["left"]), "left", names)
    chance = fitted.predict(new)
    weights = pd.DataFrame({"estimate": fitted.params[names], "se": fitted.bse[names]}).rename_axis("signal")
    happened = test["left"].to_numpy()
    return HalfTried(happened, chance, weights, ws.auc(happened, chance))
