"""The same regression on several outcomes, with p values adjusted over all slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.doors import door, names, one_of, table
from workbench.errors import SpecificationError
from workbench.regression import doors
from workbench.regression.design import Term
from workbench.regression.models import ols

ADJUSTMENTS = (
    "holm",
    "bonferroni",
    "sidak",
    "holm-sidak",
    "simes-hochberg",
    "hommel",
    "fdr_bh",
    "fdr_by",
    "fdr_tsbh",
    "fdr_tsbky",
)


@dataclass(frozen=True)
class ModelsAcross:
    """One set of predictors on several outcomes. ``coefficients``: outcome, term, the standardized slope
    with its interval and p, and ``pvalue_adjusted`` over all slopes shown; ``measures``: one row an
    outcome."""

    coefficients: pd.DataFrame
    measures: pd.DataFrame
    adjustment: str
    errors: str
    warnings: tuple[str, ...]


@door(data=table, outcomes=names, terms=doors.terms, **doors.ERRORS, adjustment=one_of(*ADJUSTMENTS))
def across(
    data: pd.DataFrame,
    outcomes: Sequence[str],
    terms: Sequence[Term],
    *,
    covariance: str = "HC3",
    cluster: str | None = None,
    adjustment: str = "holm",
    level: float = 0.95,
) -> ModelsAcross:
    """The same regression on several indicators, with p values adjusted over all slopes.

    Parameters
    ----------
    outcomes : numeric columns.
    adjustment : ``holm``, ``bonferroni``, ``fdr_bh`` …, a method of ``statsmodels.stats.multitest``.
    data, terms, covariance, cluster, level : as in :func:`ols`.

    Returns
    -------
    ModelsAcross; its intervals are not adjusted, so an interval that excludes zero may have an adjusted p
    above .05.

    R: ``p.adjust(p, "holm")``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> found = regression.across(scores, ["satisfaction", "effectiveness"], ["staff_training"])
    >>> found.coefficients["estimate"].round(2).tolist()
    [0.21, 0.49]
    """
    from statsmodels.stats.multitest import multipletests

    if not outcomes or len(set(outcomes)) < len(outcomes):
        raise SpecificationError("name at least one outcome, and each once")
    tables, measures, warnings = [], {}, []
    for outcome in outcomes:
        model = ols(data, outcome, terms, covariance=covariance, cluster=cluster, level=level)
        tables.append(model.standardized.reset_index().assign(outcome=outcome))
        measures[outcome] = model.measures
        warnings += [f"{outcome}: {text}" for text in model.warnings]
    table = pd.concat(tables, ignore_index=True)
    table["pvalue_adjusted"] = multipletests(table["pvalue"], method=adjustment)[1]
    frame = pd.DataFrame(measures).T.rename_axis("outcome")
    return ModelsAcross(
        table.set_index(["outcome", "term"]), frame, adjustment, model.errors, tuple(warnings)
    )
