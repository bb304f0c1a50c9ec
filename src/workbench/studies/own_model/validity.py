"""Are the items good signs of their constructs, are the constructs distinct, does a method show?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.measurement import (
    convergent_validity,
    full_collinearity,
    harman_single_factor,
    htmt_interval,
    unmeasured_method_factor,
)
from workbench.studies.own_model.estimation import Estimated

LARGE_VIF = 3.3  # Kock (2015)


def validity(found: Estimated) -> pd.DataFrame:
    """Items, lowest loading, CR, AVE and largest shared variance of every construct of several items.

    Index construct; columns of ``measurement.convergent_validity``. Empty where the measurement model has no
    proper solution.
    """
    columns = ["items", "lowest_loading", "cr", "ave", "largest_shared_variance"]
    if found.measurement is None or not found.measurement.converged:
        return pd.DataFrame(columns=columns).rename_axis("construct")
    return convergent_validity(found.measurement).table[columns]


def distinctness(found: Estimated, *, draws: int, seed: int) -> pd.DataFrame:
    """HTMT of every pair of constructs with its bootstrap interval, and their latent correlation.

    Columns construct_a, construct_b, htmt, lower, upper, latent_r, sorted by HTMT. Empty for fewer than two
    constructs of several items.
    """
    columns = ["construct_a", "construct_b", "htmt", "lower", "upper", "latent_r"]
    if len(found.model.latent) < 2:
        return pd.DataFrame(columns=columns)
    table = htmt_interval(found.model.data, found.model.latent, draws=draws, seed=seed).table
    rows = found.measurement.estimates.query("op == '~~' and lhs != rhs") if found.measurement else []
    known = {frozenset((row.lhs, row.rhs)): row.std_all for row in rows.itertuples()}
    table["latent_r"] = [
        known.get(frozenset(pair), np.nan)
        for pair in zip(table["construct_a"], table["construct_b"], strict=True)
    ]
    return table.sort_values("htmt", ascending=False, ignore_index=True)[columns]


def common_method(found: Estimated) -> pd.DataFrame:
    """Three checks that can raise an alarm, none of which can call it off: check, value, reading."""
    model = found.model
    items = model.data[model.items]
    rows: list[tuple[str, float, str]] = []
    if items.shape[1] >= 3:
        share = harman_single_factor(items).factor_share
        rows.append(
            (
                "Harman: share of variance of one factor",
                share,
                "Above half: the items can hardly be told apart. Below half shows nothing.",
            )
        )
    wide = {name: parts for name, parts in model.latent.items() if len(parts) >= 3}
    if len(wide) >= 2:
        try:
            method = unmeasured_method_factor(model.data, wide)
        except WorkbenchError:
            method = None
        if method is None or not method.comparison["converged"].all():
            text = "The model with a method factor has no proper solution here; no number is shown."
            rows.append(("Unmeasured method factor", np.nan, text))
        else:
            text = "A share that is not small asks for a marker; what constructs truly share lands here too."
            rows.append(("Unmeasured method factor: mean share of an item", method.method_share, text))
    scores = model.composites()[list(model.variables)].dropna()
    if scores.shape[1] >= 3 and len(scores) > scores.shape[1] + 1:
        largest = full_collinearity(scores).table["vif"].max()
        text = f"Above {LARGE_VIF}: constructs overlap so much that method or meaning is shared (Kock 2015)."
        rows.append(("Full collinearity: largest VIF of a construct", largest, text))
    return pd.DataFrame(rows, columns=["check", "value", "reading"])
