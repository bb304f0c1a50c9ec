"""The first tables of a paper: who answered, means, deviations and correlations with reliability."""

from __future__ import annotations

import pandas as pd

from workbench.studies import paper_tables
from workbench.studies.own_model.estimation import Estimated
from workbench.studies.own_model.specification import OwnModel


def sample_table(model: OwnModel) -> pd.DataFrame:
    """Answers and missing ones by variable: index variable; items, n, complete, missing_share."""
    rows = {}
    for name in model.variables:
        columns = model.latent.get(name, [name])
        answers = model.data[columns]
        rows[name] = {
            "items": len(columns),
            "n": int(answers.notna().any(axis=1).sum()),
            "complete": int(answers.notna().all(axis=1).sum()),
            "missing_share": float(answers.isna().to_numpy().mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")


def description(model: OwnModel) -> pd.DataFrame:
    """Means, deviations and correlations of mean scores, α on the diagonal: `paper_tables.descriptives`.

    In the order of the hypotheses. ``attrs["warnings"]`` name the constructs by their labels.
    """
    beside = [name for name in model.variables if name not in model.latent]
    latent = {name: model.latent[name] for name in model.variables if name in model.latent}
    table = paper_tables.descriptives(model.data, latent, model.data[beside], order=model.variables)
    said = (text.partition(": ") for text in table.attrs["warnings"])
    table.attrs["warnings"] = tuple(f"{model.labels[name]}: {text}" for name, _, text in said)
    return table


def loadings(found: Estimated) -> pd.DataFrame:
    """Loadings of the measurement model: index (construct, item); std, se, ci_lower, ci_upper, est."""
    if found.measurement is None:
        return pd.DataFrame(columns=["std", "se", "ci_lower", "ci_upper", "est"])
    return paper_tables.loadings(found.measurement)


def fit_table(found: Estimated) -> pd.DataFrame:
    """Measures of the measurement model and of the structure, robust forms where there are such."""
    fits = {"measurement model": found.measurement, "structural model": found.structure}
    return paper_tables.fit_table({name: fit for name, fit in fits.items() if fit is not None})
