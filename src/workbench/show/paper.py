"""The tables that every paper needs, with the heads and the digits that its readers expect.

They take the frames of `workbench.studies.paper_tables`; labels are those of the codebook.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from workbench import run_records
from workbench.errors import SpecificationError
from workbench.show.html import Shown, tag
from workbench.show.tables import table

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem import Fit
    from workbench.sem.lavaan_export import ProductTerm

_FIT_HEADS = {"model": "Model", "chisq": "χ²", "pvalue": "p", "cfi": "CFI", "tli": "TLI"}
_FIT_HEADS |= {"rmsea": "RMSEA", "srmr": "SRMR"}
_FIT_DIGITS = {"chisq": 1, "df": 0, "cfi": 3, "tli": 3, "rmsea": 3, "rmsea_ci_lower": 3, "srmr": 3}


def descriptives(
    frame: pd.DataFrame, labels: Mapping[str, str], *, note: Sequence[str] = (), name: str = "descriptives"
) -> Shown:
    """Means, standard deviations and correlations, α on the diagonal; of `paper_tables.descriptives`."""
    columns = [
        column for column in ("n", "mean", "sd", "omega", *frame.index) if not frame[column].isna().all()
    ]
    places = {variable: str(place) for place, variable in enumerate(frame.index, 1)}
    return table(
        frame.rename(index={one: f"{place}. {labels.get(one, one)}" for one, place in places.items()}),
        title="Means, standard deviations and correlations",
        columns=columns,
        bounded=[column for column in columns if column not in ("n", "mean", "sd")],
        labels={"variable": "Variable", "mean": "M", "sd": "SD", "omega": "ω"} | places,
        name=name,
        note=[
            "Mean scores of the items; Cronbach's α on the diagonal; correlations on all who answered both. "
            "A correlation of scores is weakened by the errors of both.",
            *note,
        ],
    )


def loadings(
    frame: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    title: str = "Standardized loadings",
    note: str | None = None,
    name: str = "loadings",
) -> Shown:
    """Standardized loadings with standard errors and intervals; of `paper_tables.loadings`."""
    return table(
        frame.rename(index=labels),
        title=title,
        columns=["std", "se", "ci_lower", "ci_upper"],
        bounded=["std", "se", "ci_lower"],
        intervals={"95 % CI": ("ci_lower", "ci_upper")},
        labels={"construct": "Construct", "item": "Item", "std": "λ", "se": "SE"},
        note=note,
        name=name,
    )


def paths(
    frame: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    title: str = "Structural paths",
    note: str | None = None,
    name: str = "paths",
) -> Shown:
    """Structural paths: b, SE, β with its interval, p; of `paper_tables.paths`."""
    return table(
        frame.rename(index=labels),
        title=title,
        columns=["est", "se", "std", "ci_lower", "ci_upper", "pvalue"],
        intervals={"95 % CI of β": ("ci_lower", "ci_upper")},
        labels={
            "outcome": "Outcome",
            "predictor": "Predictor",
            "est": "b",
            "se": "SE",
            "std": "β",
            "pvalue": "p",
        },
        note=note,
        name=name,
    )


def fit(
    frame: pd.DataFrame, *, title: str = "Fit", note: str | Sequence[str] | None = None, name: str = "fit"
) -> Shown:
    """χ², CFI, TLI, RMSEA with its 90 % interval, SRMR; of `paper_tables.fit_table`."""
    return table(
        frame,
        title=title,
        intervals={"90 % CI": ("rmsea_ci_lower", "rmsea_ci_upper")},
        digits=_FIT_DIGITS,
        bounded=["cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr"],
        labels=_FIT_HEADS,
        note=note,
        name=name,
    )


def model(
    fit: Fit,
    answers: pd.DataFrame,
    *,
    name: str = "model",
    product: ProductTerm | None = None,
) -> Shown:
    """The text of a fit's model, kept for the replication package with the script that fits it in lavaan.

    Parameters
    ----------
    fit : of `sem.fit`. answers : the frame whose rows it was given, all of them or some.
    name : of the script's file: small letters, digits and underscores.
    product : a product of variables in the model, whose columns the answers lack.

    Raises SpecificationError for a name that a file could not safely have.
    """
    import numpy as np

    from workbench.sem.lavaan_export import lavaan_script

    if not re.fullmatch("[a-z0-9_]+", name):
        raise SpecificationError(f"model name {name!r}: use small letters, digits and underscores")
    rows = fit.rows if not isinstance(fit.rows, dict) else [row for part in fit.rows.values() for row in part]
    places = np.sort(answers.index.get_indexer(list(rows)))
    some = tuple(int(place) for place in places) if len(places) < len(answers) else None
    script = lavaan_script(fit, positions=some, product=product)
    run_records.record("model", {"name": name, "text": fit.model, "script": script})
    return Shown(tag("pre", escape(fit.model), class_="wb-model"), fit.model)
