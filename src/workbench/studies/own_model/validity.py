"""Are the items good signs of their constructs, are the constructs distinct, does a method show?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.measurement import (
    average_variance_extracted,
    convergent_validity,
    full_collinearity,
    harman_single_factor,
    htmt_interval,
    marker_cfa,
    unmeasured_method_factor,
)
from workbench.studies.own_model.estimation import Estimated

if TYPE_CHECKING:
    from workbench.survey import Survey

LARGE_VIF = 3.3  # Kock (2015)
LEVEL = 0.05
MARKER, FACTOR = "marker", "marker_factor_"


def validity(found: Estimated) -> pd.DataFrame:
    """Items, lowest loading, CR, AVE, √AVE and largest latent correlation of constructs of several items.

    Index construct; columns of ``measurement.convergent_validity``, with ``root_ave`` and ``largest_r`` (the
    roots of AVE and of the largest shared variance), which Fornell and Larcker compare, and
    ``ave_standardized``, AVE where every item counts alike. Empty where the measurement model has no proper
    solution.
    """
    columns = ["items", "lowest_loading", "cr", "ave", "largest_shared_variance", "root_ave", "largest_r"]
    columns.append("ave_standardized")
    if found.measurement is None or not found.measurement.converged:
        return pd.DataFrame(columns=columns).rename_axis("construct")
    table = convergent_validity(found.measurement).table
    roots = {"root_ave": table["ave"].clip(0) ** 0.5, "largest_r": table["largest_shared_variance"] ** 0.5}
    alike = average_variance_extracted(found.measurement, standardized=True)
    return table.assign(**roots, ave_standardized=alike.reindex(table.index))[columns]


def distinctness(found: Estimated, *, draws: int, seed: int) -> pd.DataFrame:
    """HTMT of every pair of constructs with its bootstrap interval, and their latent correlation.

    Columns construct_a, construct_b, htmt, lower, upper, latent_r, sorted by HTMT. Empty for fewer than two
    constructs of several items.
    """
    columns = ["construct_a", "construct_b", "htmt", "lower", "upper", "latent_r"]
    if len(found.model.latent) < 2:
        return pd.DataFrame(columns=columns)
    table = htmt_interval(found.model.data, found.model.latent, draws=draws, seed=seed).table
    known = {}
    if found.measurement:
        rows = found.measurement.estimates.query("op == '~~' and lhs != rhs")
        known = {frozenset((row.lhs, row.rhs)): row.std_all for row in rows.itertuples()}
    table["latent_r"] = [
        known.get(frozenset(pair), np.nan)
        for pair in zip(table["construct_a"], table["construct_b"], strict=True)
    ]
    return table.sort_values("htmt", ascending=False, ignore_index=True)[columns]


def marker_items(survey: Survey) -> list[str]:
    """Items of the marker: a construct of that name, or one that says ``stands_for: marker``; else none."""
    name = survey.codebook.stands_for.get(MARKER, MARKER)
    return list(survey.codebook.constructs[name].items) if name in survey.codebook.constructs else []


def common_method(found: Estimated, survey: Survey | None = None) -> pd.DataFrame:
    """Checks that can raise an alarm, none of which can call it off: check, value, reading.

    Parameters
    ----------
    found : the fitted model.
    survey : its respondents, for the marker that the codebook names (`marker_items`): Williams, Hartman and
        Cavazotte's (2010) models, by robust ML. A construct that a hypothesis names is no marker.
    """
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
    if survey is not None and model.latent:
        marker = marker_items(survey)
        if marker and not {*marker} & {*model.items, *model.single.values()}:
            rows += _marked(found, survey.responses[marker])
    return pd.DataFrame(rows, columns=["check", "value", "reading"])


def _marked(found: Estimated, answers: pd.DataFrame) -> list[tuple[str, float, str]]:
    """What the items share with a marker, as rows of the checks."""
    model = found.model
    data = pd.concat([model.data[model.items], answers.astype(float)], axis=1)
    missing = "fiml" if data.isna().to_numpy().any() else "listwise"
    try:
        made = marker_cfa(data, model.latent, list(answers), name=FACTOR, estimator="MLR", missing=missing)
    except WorkbenchError as trouble:
        return [("Marker", np.nan, f"Its models gave no estimates: {trouble.faults[0]}")]
    shares, moves = made.tests["pvalue"].iloc[:2].min(), made.tests["pvalue"].iloc[2]
    text = (
        "The items share more with it than chance gives."
        if shares < LEVEL / 2
        else "The items share nothing with it that chance could not give. Other method stays unseen."
    )
    loading = made.method_loadings["method-C"].abs().mean()
    rows = [("Marker: mean loading of the items on it", loading, text)]
    if len(model.latent) > 1:
        text = (
            "Taking it out changes them: look at the paths with suspicion."
            if moves < LEVEL
            else "Taking it out does not change them beyond chance."
        )
        rows.append(("Marker: p of equal correlations of the constructs without it", moves, text))
    return rows
