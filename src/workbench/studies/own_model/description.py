"""The first tables of a paper: who answered, means, deviations and correlations with reliability."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.measurement import alpha, omega
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
    """Means, deviations and correlations of mean scores, α on the diagonal.

    Index variable, in the order of the hypotheses. Columns n, mean, sd, alpha, omega (three items or more),
    then one column a variable: correlations (pairwise complete) below the diagonal, α on it, blank above.
    ``attrs["warnings"]``: what the reliabilities said.
    """
    scores = model.composites()[list(model.variables)]
    related = scores.corr()
    rows, warnings = {}, []
    for place, name in enumerate(model.variables):
        row = {"n": int(scores[name].notna().sum()), "mean": scores[name].mean(), "sd": scores[name].std()}
        row |= {"alpha": np.nan, "omega": np.nan}
        if name in model.latent:
            items = model.data[model.latent[name]]
            consistency = alpha(items, missing="pairwise")
            row["alpha"] = consistency.estimate
            said = list(consistency.warnings)
            if items.shape[1] >= 3:
                composite = omega(items, draws=0, missing="pairwise")
                row["omega"] = composite.total
                said += composite.warnings
            warnings += [f"{model.labels[name]}: {text}" for text in dict.fromkeys(said)]
        row |= {
            other: related.loc[name, other] if there < place else row["alpha"] if there == place else np.nan
            for there, other in enumerate(model.variables)
        }
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")
    table.attrs["warnings"] = tuple(warnings)
    return table


def loadings(found: Estimated) -> pd.DataFrame:
    """Loadings of the measurement model: index (construct, item); std, se, ci_lower, ci_upper, est."""
    if found.measurement is None:
        return pd.DataFrame(columns=["std", "se", "ci_lower", "ci_upper", "est"])
    standard = found.measurement.standardized_solution().query("op == '=~'").set_index(["lhs", "rhs"])
    raw = found.measurement.estimates.query("op == '=~'").set_index(["lhs", "rhs"])["est"]
    table = standard[["est_std", "se", "ci_lower", "ci_upper"]].rename(columns={"est_std": "std"}).join(raw)
    return table.rename_axis(["construct", "item"])


def fit_table(found: Estimated) -> pd.DataFrame:
    """Measures of the measurement model and of the structure, robust forms where there are such."""
    fits = {"measurement model": found.measurement, "structural model": found.structure}
    return pd.DataFrame.from_dict(
        {name: _measures(fit) for name, fit in fits.items() if fit is not None}, orient="index"
    ).rename_axis("model")


def _measures(fit) -> dict[str, float]:
    measured = fit.measures

    def best(key: str) -> float:
        root, *ending = key.split("_ci_")
        tail = f"_ci_{ending[0]}" if ending else ""
        for form in ("_robust", "_scaled", ""):
            for name in (f"{root}{tail}{form}", f"{root}{form}{tail}"):
                value = measured.get(name)
                if value is not None and np.isfinite(value):
                    return float(value)
        return np.nan

    keys = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr")
    found = {key: best(key) for key in keys}
    # χ², df and p belong together: the scaled test
    for key in ("chisq", "df", "pvalue"):
        found[key] = float(measured.get(f"{key}_scaled", measured[key]))
    return found
