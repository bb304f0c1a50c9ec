"""Marker variables: what answers share with something that they should have nothing to do with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.common_method import (
    MEASURES,
    free_loadings,
    loadings_on,
    nested_difference,
    standardized_factors,
)
from workbench.measurement.constructs import Constructs, checked, columns_of, safe_names
from workbench.measurement.correlations import correlations
from workbench.measurement.doors import names_of
from workbench.measurement.measurement_models import compare_models

_OTHER = "Choose a marker whose items hang together, with three items or more."


@dataclass(frozen=True)
class MarkerPartial:
    """Correlations before and after a marker variable is partialled out."""

    table: pd.DataFrame  # a, b, r, r_adjusted, t, pvalue, pvalue_unadjusted
    marker_correlation: float
    lost: int
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


@dataclass(frozen=True)
class MarkerModels:
    """Williams, Hartman and Cavazotte's sequence of models with a marker construct."""

    models: pd.DataFrame
    tests: pd.DataFrame  # question, restricted, free, chisq_difference, df_difference, pvalue
    method_loadings: pd.DataFrame  # item; method-C and method-U loadings
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


def marker_partial(
    data: pd.DataFrame, marker: str, *, method_correlation: float | None = None, n_obs: int | None = None
) -> MarkerPartial:
    """Correlations of construct scores, adjusted by a marker that should be unrelated to them.

    Parameters
    ----------
    data : construct scores (respondents x constructs) with the marker among the columns, or their correlation
        matrix with ``n_obs``.
    marker : the marker's column.
    method_correlation : r_M; the marker's smallest absolute correlation with a construct where left out.
    n_obs : respondents behind a correlation matrix.

    Formula: r_adjusted = (r - r_M) / (1 - r_M), t with n - 3 degrees of freedom. Source: Lindell & Whitney
    (2001). The smallest of several correlations is below r_M by chance: give r_M from a second marker or the
    literature where there is one.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import measurement
    >>> names = ["use", "satisfaction", "marker"]
    >>> r = pd.DataFrame([[1, 0.4, 0.1], [0.4, 1, 0.2], [0.1, 0.2, 1]], names, names)
    >>> measurement.marker_partial(r, "marker", n_obs=200).table[["r", "r_adjusted"]].round(3)
         r  r_adjusted
    0  0.4       0.333
    """
    from scipy.stats import t as student

    sample = correlations(data, n_obs=n_obs, least=3, missing="listwise")
    if not isinstance(marker, str) or marker not in sample.names:
        raise SpecificationError(f"the marker {marker!r} is not among the columns: {', '.join(sample.names)}")
    n, place = sample.need_n("the marker's test"), sample.names.index(marker)
    others = [position for position in range(sample.size) if position != place]
    shared = method_correlation
    if shared is None:
        shared = float(np.abs(sample.matrix[place, others]).min())
    if isinstance(shared, str) or not 0 <= shared < 1:
        raise SpecificationError(f"method_correlation={shared}: a number from 0 to below 1 is needed")
    rows = []
    for order, i in enumerate(others):
        for j in others[order + 1 :]:
            r = sample.matrix[i, j]
            adjusted = (r - shared) / (1 - shared)
            t, plain = (
                value / np.sqrt((1 - value**2) / (n - lost)) for value, lost in ((adjusted, 3), (r, 2))
            )
            rows.append(
                (
                    sample.names[i],
                    sample.names[j],
                    r,
                    adjusted,
                    t,
                    2 * student.sf(abs(t), n - 3),
                    2 * student.sf(abs(plain), n - 2),
                )
            )
    table = pd.DataFrame(rows, columns=["a", "b", "r", "r_adjusted", "t", "pvalue", "pvalue_unadjusted"])
    lost = int(((table["pvalue_unadjusted"] < 0.05) & (table["pvalue"] >= 0.05)).sum())
    return MarkerPartial(
        table,
        shared,
        lost,
        sample.warnings,
        can_show="Which correlations would survive if the marker caught all that the method adds to them.",
        cannot_show=(
            "That the marker is unrelated to the constructs in substance, or that the method adds the "
            "same to every pair; an ill-chosen marker adjusts too much or too little."
        ),
    )


def marker_cfa(
    data: pd.DataFrame,
    constructs: Constructs,
    marker: Sequence[str],
    *,
    name: str = "marker",
    **settings: Any,
) -> MarkerModels:
    """The marker-variable models of Williams, Hartman & Cavazotte (2010), tested against each other.

    Parameters
    ----------
    data, constructs : answers, and items of every construct.
    marker : items of the marker construct (two or more).
    settings : passed to ``sem.fit``.
    name : of the marker construct in the model text.

    Baseline: marker uncorrelated, its measurement fixed at the values of the full model. Method-C: the
    marker also loads equally on all items; method-U: freely; method-R: the better of the two with the
    constructs' correlations fixed at the baseline's.

    Raises
    ------
    DataError : the marker's items do not measure one thing by themselves (no convergence, a residual variance
        that is not positive), so that there is no measurement to hold on to.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> found = measurement.marker_cfa(survey.responses, constructs, ["mar1", "mar2", "mar3"])
    >>> found.tests["pvalue"].round(3).tolist()
    [0.346, 0.969, 0.987]
    """
    from workbench import sem

    clean = safe_names(constructs, name)
    marker = names_of(marker, "marker")
    safe_names({**clean, name: marker})
    checked({name: marker}, least=2)
    columns_of(data, {**clean, name: list(marker)})
    items = [item for own in clean.values() for item in own]
    substantive = standardized_factors(clean)
    full = sem.fit(
        "\n".join([substantive, free_loadings(name, marker), f"{name} ~~ 1*{name}"]), data, **settings
    )
    _need_proper_marker(full, list(marker))
    fixed = _fixed_marker(full, name, list(marker), list(clean))
    baseline_text = "\n".join([substantive, *fixed])
    baseline = sem.fit(baseline_text, data, **settings)
    same = f"{name} =~ " + " + ".join(f"common_loading*{item}" for item in items)
    constrained_text = f"{baseline_text}\n{same}"
    constrained = sem.fit(constrained_text, data, **settings)
    free_text = f"{baseline_text}\n{name} =~ " + " + ".join(items)
    free = sem.fit(free_text, data, **settings)
    better = "method-U" if nested_difference(constrained, free)[2] < 0.05 else "method-C"
    frozen = _frozen_correlations(baseline, list(clean))
    best_text = free_text if better == "method-U" else constrained_text
    restricted = sem.fit("\n".join([best_text, *frozen]), data, **settings)
    fits = {
        "full": full,
        "baseline": baseline,
        "method-C": constrained,
        "method-U": free,
        "method-R": restricted,
    }
    rivals = compare_models(fits)
    questions = [
        ("does the marker explain answers at all?", "baseline", "method-C"),
        ("does it explain some items more than others?", "method-C", "method-U"),
        ("does it change the constructs' correlations?", "method-R", better),
    ]
    tests = pd.DataFrame(
        [(*question, *nested_difference(fits[question[1]], fits[question[2]])) for question in questions],
        columns=["question", "restricted", "free", "chisq_difference", "df_difference", "pvalue"],
    )
    loadings = pd.DataFrame(
        {label: loadings_on(fits[label], name).reindex(items) for label in ("method-C", "method-U")}
    )
    loadings.index.name = "item"
    return MarkerModels(
        rivals.table[MEASURES],
        tests,
        loadings,
        rivals.warnings,
        can_show="Whether the items share something with the marker, evenly or not, and what it changes.",
        cannot_show="Method variance that the marker does not share: the models see what the marker sees.",
    )


def _need_proper_marker(full: Any, marker: list[str]) -> None:
    """A marker whose own measurement is improper cannot be held at it: said before more is built on it."""
    own = full.estimates.query("op == '~~' and lhs == rhs").set_index("lhs")["est"]
    faults = [
        Fault(
            f"the marker's item {item!r} has a residual variance of {own[item]:.3f}", column=item, fix=_OTHER
        )
        for item in marker
        if not own[item] > 0
    ]
    if not full.converged:
        faults.insert(
            0, Fault("the model with the marker as a construct of its own did not converge", fix=_OTHER)
        )
    if faults:
        raise DataError(faults)


def _fixed_marker(full: Any, name: str, marker: list[str], constructs: list[str]) -> list[str]:
    """The marker's loadings and residual variances as numbers of the full model."""
    estimates = full.estimates.set_index(["lhs", "op", "rhs"])["est"]
    terms = [f"{float(estimates[name, '=~', item])!r}*{item}" for item in marker]
    return [
        f"{name} =~ " + " + ".join(terms),
        *(f"{item} ~~ {float(estimates[item, '~~', item])!r}*{item}" for item in marker),
        f"{name} ~~ 1*{name}",
        *(f"{name} ~~ 0*{construct}" for construct in constructs),
    ]


def _frozen_correlations(baseline: Any, constructs: list[str]) -> list[str]:
    latent = baseline.latent_covariance
    return [
        f"{a} ~~ {float(latent.loc[a, b])!r}*{b}"
        for place, a in enumerate(constructs)
        for b in constructs[place + 1 :]
    ]
