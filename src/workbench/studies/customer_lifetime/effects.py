"""Effects behind study 15's verdicts, each with its interval; errors are clustered by customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.evaluation import survival
from workbench.evaluation.warning_scores import Estimate
from workbench.regression.batches import in_rows, regress

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Rows

DRAWS = 4000  # of a product of two coefficients


def slopes(data: pd.DataFrame, outcome: str, terms: Sequence[str], *, family: str = "normal") -> pd.DataFrame:
    """Regression on terms and a dummy for each period: term -> estimate, se, ci_lower, ci_upper.

    Parameters
    ----------
    data : rows of customers' periods, of which those with gaps are left out.
    family : ``normal``, or ``poisson`` for a count, with log link.
    """
    used = data[["customer", "period", outcome, *terms]].dropna()
    each, named = in_rows(used, outcome, terms, dummies="period", cluster="customer")
    found = regress(each, named, family, free=named[len(terms) :], clustered=True)
    return found.table().loc[list(terms)].drop(columns="pvalue")


def of(table: pd.DataFrame, term: str) -> Estimate:
    """One row of a table of effects."""
    row = table.loc[term]
    return Estimate(float(row["estimate"]), float(row["ci_lower"]), float(row["ci_upper"]))


def background(found: Rows) -> list[str]:
    """What stands beside every effect on leaving: how long somebody has been a customer."""
    data = found.data
    return ["tenure"] if "tenure" in data and data["tenure"].std() > 0 else []


def on_leaving(found: Rows, terms: Sequence[str], *, link: str = "cloglog") -> pd.DataFrame:
    """Log hazard ratios of leaving in the period, beside tenure and a dummy for each period."""
    held = [*terms, *background(found)]
    table = survival.hazard(found.data, "left", held, link=link, dummies="period")
    return table.loc[list(terms)]


def through(first: pd.DataFrame, term: str, second: pd.DataFrame, by: str, seed: int) -> Estimate:
    """Product of two coefficients, its interval from draws of both (MacKinnon, Lockwood & Williams 2004)."""
    stream = np.random.default_rng(seed)
    a, b = first.loc[term], second.loc[by]
    drawn = stream.normal(a["estimate"], a["se"], DRAWS) * stream.normal(b["estimate"], b["se"], DRAWS)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(a["estimate"] * b["estimate"]), float(low), float(high))


def ahead(found: Rows, column: str, periods: int = 4) -> pd.Series:
    """Sum of a column over the next periods, 0 after leaving; missing where they were not observed."""
    data = found.data
    total = pd.Series(0.0, index=data.index)
    by = data.groupby("customer", sort=False)[column]
    for step in range(1, periods + 1):
        total += by.shift(-step).fillna(0.0)
    return total.where(data["period"] + periods <= data["period"].max())
