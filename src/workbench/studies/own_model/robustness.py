"""Does a decision depend on the estimator, on missing or careless answers, or on latent variables?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import regression
from workbench.errors import WorkbenchError
from workbench.studies.own_model.estimation import Estimated, Estimator, estimate
from workbench.studies.own_model.hypotheses import decide
from workbench.studies.own_model.specification import OwnModel

if TYPE_CHECKING:
    from workbench.survey.samples import Samples


def ways(found: Estimated) -> dict[str, Estimator]:
    """Other estimators that these answers allow, by name."""
    chosen = {
        "MLR, complete cases": Estimator("MLR", "listwise", False, ""),
        "MLR, full information": Estimator("MLR", "fiml", False, ""),
        "WLSMV, complete cases": Estimator("WLSMV", "listwise", True, ""),
    }
    complete = not found.model.data.isna().to_numpy().any()
    if complete:
        chosen.pop("MLR, full information")
    if not found.model.latent or found.model.levels > 7:
        chosen.pop("WLSMV, complete cases")
    same = {(found.how.name, found.how.missing)} | ({(found.how.name, "listwise")} if complete else set())
    return {name: how for name, how in chosen.items() if (how.name, how.missing) not in same}


def robustness(found: Estimated, samples: Samples | None = None) -> pd.DataFrame:
    """The direct hypotheses by way of analysis.

    Parameters
    ----------
    found : the headline.
    samples : other selections of respondents (``workbench.survey.analysis_samples``).

    Returns
    -------
    DataFrame, index (analysis, hypothesis); n, std, ci_lower, ci_upper, decision. The last way regresses mean
    scores (OLS, HC3): no latent variables, measurement error weakens or distorts its paths.
    """
    rows = {}
    for name, n, table in _analyses(found, samples):
        for one in found.model.hypotheses:
            if one.kind == "direct":
                source, target = one.chain
                std, low, high = table.get((target, source), (np.nan,) * 3)
                rows[name, one.id] = (n, std, low, high, decide(one, low, high))
    columns = ["n", "std", "ci_lower", "ci_upper", "decision"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index = pd.MultiIndex.from_tuples(table.index, names=["analysis", "hypothesis"])
    return table


def _analyses(found: Estimated, samples: Samples | None) -> Iterator[tuple[str, int, Mapping]]:
    yield f"headline ({found.how.name})", found.n, _paths(found)
    for name, how in ways(found).items():
        made = _estimated(found.model, how)
        if made is not None:
            yield name, made.n, _paths(made)
    for name, survey in (samples.surveys if samples else {}).items():
        if samples and name != samples.main:
            kept = found.model.data.index.isin(survey.responses.index)
            if kept.sum() not in (0, len(found.model.data)):
                made = _estimated(found.model.of(pd.Series(kept, found.model.data.index)), found.how)
                if made is not None:
                    yield name, made.n, _paths(made)
    table, n = _scores(found.model)
    yield "regression of mean scores", n, table


def _estimated(model: OwnModel, how: Estimator) -> Estimated | None:
    """The model fitted another way; None where it cannot be, or has no proper solution."""
    try:
        made = estimate(model, how=how)
    except WorkbenchError:
        return None
    return made if made.readable else None


def _paths(found: Estimated) -> Mapping[tuple[str, str], tuple[float, float, float]]:
    if not found.readable:
        return {}
    table = found.structure.standardized_solution().query("op == '~'")
    return {(row.lhs, row.rhs): (row.est_std, row.ci_lower, row.ci_upper) for row in table.itertuples()}


def _scores(model: OwnModel) -> tuple[dict[tuple[str, str], tuple[float, float, float]], int]:
    data = model.composites().dropna()
    standard = (data - data.mean()) / data.std()
    table = {}
    for target in model.outcomes:
        predictors = [source for source, end in model.paths if end == target] + list(model.controls)
        made = regression.ols(standard, target, predictors).coefficients
        for name in predictors:
            table[target, name] = tuple(made.loc[name, ["estimate", "ci_lower", "ci_upper"]].astype(float))
    return table, len(standard)
