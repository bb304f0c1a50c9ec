"""Effects behind study 15's verdicts, each with its interval; errors are clustered by customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.evaluation import survival
from workbench.evaluation.warning_scores import Estimate

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
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    used = data[["customer", "period", outcome, *terms]].dropna()
    periods = pd.get_dummies(used["period"], dtype=float, prefix="period")
    x = pd.concat([used[list(terms)].astype(float), periods], axis=1)
    how = families.Poisson() if family == "poisson" else families.Gaussian()
    codes = pd.factorize(used["customer"])[0]
    done = GLM(used[outcome].astype(float), x, family=how).fit(cov_type="cluster", cov_kwds={"groups": codes})
    limits = np.asarray(done.conf_int())
    table = pd.DataFrame(
        {"estimate": done.params, "se": done.bse, "ci_lower": limits[:, 0], "ci_upper": limits[:, 1]}
    )
    return table.loc[list(terms)].rename_axis("term")


def of(table: pd.DataFrame, term: str) -> Estimate:
    """One row of a table of effects."""
    row = table.loc[term]
    return Estimate(float(row["estimate"]), float(row["ci_lower"]), float(row["ci_upper"]))


def background(found: Rows) -> list[str]:
    """What stands beside every effect on leaving: how long somebody has been a customer."""
    data = found.data
    return ["tenure"] if "tenure" in data and data["tenure"].std() > 0 else []


def on_leaving(found: Rows, terms: Sequence[str], *, link: str = "cloglog") -> pd.DataFrame:
    """Log hazard ratios of leaving in the period, beside tenure and a dummy for each period but one."""
    data = found.data
    used = data[["left", "period", *terms, *background(found)]].dropna()
    periods = pd.get_dummies(used["period"], dtype=float, prefix="period").iloc[:, 1:]
    used = pd.concat([used, periods], axis=1)
    table = survival.hazard(used, "left", [*terms, *background(found), *periods], link=link)
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
