"""The tables that every paper on a questionnaire needs: descriptives, loadings, paths, fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.measurement import alpha, omega

if TYPE_CHECKING:
    from workbench.sem import Fit
    from workbench.survey import Survey

FIT = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr")


def mean_scores(answers: pd.DataFrame, constructs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Mean of each construct's items by respondent; missing where half of the items or more are.

    Parameters
    ----------
    answers : respondents by items. constructs : name -> its items.
    """
    return pd.DataFrame(
        {
            name: answers[list(items)].mean(axis=1).where(answers[list(items)].notna().mean(axis=1) > 0.5)
            for name, items in constructs.items()
        }
    )


def answered_means(survey: Survey, names: Sequence[str]) -> pd.DataFrame:
    """Mean answers of constructs, of those who answered something of each.

    Parameters
    ----------
    names : of constructs of the survey.

    Examples
    --------
    >>> from workbench.studies.paper_tables import answered_means
    >>> from workbench.datasets import open_dataset
    >>> answered_means(open_dataset("mobi"), ["satisfaction", "loyalty"]).shape
    (250, 2)
    """
    return pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names}).dropna()


def descriptives(
    answers: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    observed: pd.DataFrame | None = None,
    *,
    order: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Means, standard deviations and correlations of mean scores, Cronbach's α on the diagonal.

    Parameters
    ----------
    answers : respondents by items, reversed items turned.
    constructs : name -> its items; a single one has no reliability.
    observed : variables that stand beside, one per column.
    order : of the variables; by default the constructs, then the observed.

    Returns
    -------
    Index variable. Columns n, mean, sd, alpha, omega (three items or
    more), then one column per variable: correlations (pairwise complete) below the diagonal, α on it, blank
    above. ``attrs["warnings"]``: what the reliabilities said, each with the construct's name before it.

    R: ``psych::alpha``, ``cor(use = "pairwise.complete.obs")`` of ``rowMeans``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.studies.paper_tables import descriptives
    >>> first = {"a1": [1, 2, 3, 4], "a2": [2, 2, 3, 5]}
    >>> answers = pd.DataFrame(first | {"b1": [5, 3, 4, 1], "b2": [4, 3, 5, 2]})
    >>> table = descriptives(answers, {"a": ["a1", "a2"], "b": ["b1", "b2"]})
    >>> table.loc["b", ["n", "mean", "a"]].round(2).tolist()
    [4.0, 3.38, -0.72]
    """
    scores = mean_scores(answers, constructs)
    if observed is not None:
        scores = scores.join(observed)
    scores = scores[list(order)] if order is not None else scores
    related = scores.corr()
    rows, warnings = {}, []
    for place, name in enumerate(scores):
        row = {"n": int(scores[name].notna().sum()), "mean": scores[name].mean(), "sd": scores[name].std()}
        row |= {"alpha": np.nan, "omega": np.nan}
        if name in constructs and len(constructs[name]) > 1:
            items = answers[list(constructs[name])]
            consistency = alpha(items, missing="pairwise")
            row["alpha"] = consistency.estimate
            said = list(consistency.warnings)
            if items.shape[1] >= 3:
                composite = omega(items, draws=0, missing="pairwise")
                row["omega"] = composite.total
                said += composite.warnings
            warnings += [f"{name}: {text}" for text in dict.fromkeys(said)]
        row |= {
            other: related.loc[name, other] if there < place else row["alpha"] if there == place else np.nan
            for there, other in enumerate(scores)
        }
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")
    table.attrs["warnings"] = tuple(warnings)
    return table


def loadings(fit: Fit) -> pd.DataFrame:
    """Loadings of a fit of one group: index (construct, item); std with se, ci_lower, ci_upper, and est.

    The standard errors and the 95 % intervals are those of the standardized loadings (delta method).
    R: ``standardizedSolution(fit)``, rows ``=~``.
    """
    standard = fit.standardized_solution().query("op == '=~'").set_index(["lhs", "rhs"])
    raw = fit.estimates.query("op == '=~'").set_index(["lhs", "rhs"])["est"]
    table = standard[["est_std", "se", "ci_lower", "ci_upper"]].rename(columns={"est_std": "std"}).join(raw)
    return table.rename_axis(["construct", "item"])


def paths(fit: Fit) -> pd.DataFrame:
    """Structural paths of a fit of one group: index (outcome, predictor).

    Columns est, se, std, ci_lower, ci_upper, pvalue.
    ``est`` with ``se`` and ``pvalue`` (Wald) is b; ``std`` with the 95 % interval (delta method) is β.
    R: ``parameterEstimates(fit)`` and ``standardizedSolution(fit)``, rows ``~``.
    """
    raw = fit.estimates.query("op == '~'").set_index(["lhs", "rhs"])
    standard = fit.standardized_solution().query("op == '~'").set_index(["lhs", "rhs"])
    table = raw[["est", "se", "pvalue"]].join(standard[["est_std", "ci_lower", "ci_upper"]])
    table = table.rename(columns={"est_std": "std"}).rename_axis(["outcome", "predictor"])
    return table[["est", "se", "std", "ci_lower", "ci_upper", "pvalue"]]


def fit_table(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Measures of fits, one per row: `FIT`, robust where the estimator has it, else scaled, else plain.

    χ², df and p belong together: they are those of the scaled test where there is one.
    """
    return pd.DataFrame.from_dict(
        {name: _measures(fit) for name, fit in fits.items()}, orient="index"
    ).rename_axis("model")


def _measures(fit: Fit) -> dict[str, float]:
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

    found = {key: best(key) for key in FIT}
    for key in ("chisq", "df", "pvalue"):
        found[key] = float(measured.get(f"{key}_scaled", measured[key]))
    return found
