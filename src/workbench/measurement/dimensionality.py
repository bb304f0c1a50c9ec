"""Do the items form the dimensions that a theory names? Explored pattern, close fit, merged dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import kind_of
from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of, safe_names
from workbench.measurement.doors import share
from workbench.measurement.factors import FactorSolution, solution_of
from workbench.measurement.measurement_models import correlated_factors

# Hu & Bentler (1999); for RMSEA the upper end of the 90 % interval has to pass.
MARKS = (("cfi", "at least", 0.95), ("rmsea_ci_upper", "at most", 0.06), ("srmr", "at most", 0.08))


@dataclass(frozen=True)
class PatternMatch:
    """Explored factors set against the dimensions that were meant."""

    items: pd.DataFrame  # item; construct, factor, loading, other_factor, other_loading, at_home
    constructs: pd.DataFrame  # construct; factor, items, at_home, mean_loading, largest_other
    at_home: int
    matched: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloseFit:
    """Fit measures against the usual marks."""

    table: pd.DataFrame  # measure; value, mark, met
    close: bool


@dataclass(frozen=True)
class MergedFactors:
    """Every model that makes two dimensions one, against the model that keeps them apart."""

    table: (
        pd.DataFrame
    )  # construct_a, construct_b; correlation, ci_lower, ci_upper, chisq_difference, df, p, p_holm
    all_apart: bool
    level: float
    warnings: tuple[str, ...] = ()


def pattern_match(solution: FactorSolution, constructs: Constructs) -> PatternMatch:
    """Set an exploratory solution against the constructs that its items were written for.

    Constructs and factors are paired so that the sum of the mean absolute loadings is largest (Kuhn 1955). An
    item is at home if its largest loading is on its construct's factor. The pattern matches if there are as
    many factors as constructs, and every item is at home.

    Parameters
    ----------
    solution : of ``efa``.
    constructs : items of every construct, all of them items of the solution.

    Raises
    ------
    SpecificationError, DataError : a construct without items, an item that the solution does not hold.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> solution = measurement.efa(survey.items("crm_use", "trust"), 2)
    >>> measurement.pattern_match(solution, constructs).matched
    True
    """
    from scipy.optimize import linear_sum_assignment

    clean = checked(constructs)
    size = solution_of(solution).loadings.abs()
    missing = [item for items in clean.values() for item in items if item not in size.index]
    if missing:
        raise DataError([Fault("the item is not in the factor solution", column=item) for item in missing])
    means = pd.DataFrame({name: size.loc[items].mean() for name, items in clean.items()}).T
    own = {means.index[i]: means.columns[j] for i, j in zip(*linear_sum_assignment(-means), strict=True)}
    rows = []
    for name, items in clean.items():
        for item in items:
            home = own.get(name)
            others = size.loc[item].drop(home) if home else size.loc[item]
            stray = others.idxmax() if len(others) else None
            loading = float(solution.loadings.loc[item, home]) if home else np.nan
            other = float(solution.loadings.loc[item, stray]) if stray else 0.0
            rows.append((item, name, home, loading, stray, other, bool(abs(loading) > abs(other))))
    names = ["item", "construct", "factor", "loading", "other_factor", "other_loading", "at_home"]
    table = pd.DataFrame(rows, columns=names).set_index("item")
    by = table.assign(size=table["loading"].abs(), other=table["other_loading"].abs()).groupby(
        "construct", sort=False
    )
    summary = by.agg(
        factor=("factor", "first"),
        items=("size", "size"),
        at_home=("at_home", "sum"),
        mean_loading=("size", "mean"),
        largest_other=("other", "max"),
    )
    same_number = size.shape[1] == len(clean)
    return PatternMatch(
        table,
        summary,
        int(table["at_home"].sum()),
        bool(same_number and table["at_home"].all()),
        solution.warnings,
    )


def close_fit(measures: pd.Series) -> CloseFit:
    """Set a row of ``compare_models`` (or ``fit.measures``) against Hu and Bentler's marks.

    CFI at least .95, upper end of RMSEA's 90 % interval at most .06, SRMR at most .08. They are conventions,
    worked out for ML with continuous answers; with ordered answers they are too lenient (Xia & Yang 2019).

    Parameters
    ----------
    measures : a row of ``compare_models(...).table``, or ``fit.measures``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import measurement
    >>> measures = {"cfi": 0.97, "rmsea": 0.04, "rmsea_ci_upper": 0.05, "srmr": 0.03}
    >>> measurement.close_fit(pd.Series(measures)).close
    True
    """
    rows = []
    lacking = [name for name, _, _ in MARKS if name not in getattr(measures, "keys", list)()]
    if lacking:
        raise SpecificationError(
            f"measures of a fit are needed, a Series with {', '.join(name for name, _, _ in MARKS)}; "
            f"{', '.join(lacking)} not found in {kind_of(measures)}"
        )
    for name, direction, mark in MARKS:
        value = float(measures[name])
        met = value >= mark if direction == "at least" else value <= mark
        rows.append((name, value, f"{direction} {mark:.2f}", bool(met)))
    table = pd.DataFrame(rows, columns=["measure", "value", "mark", "met"]).set_index("measure")
    return CloseFit(table, bool(table["met"].all()))


def merged_factors(
    data: pd.DataFrame, constructs: Constructs, *, level: float = 0.05, **settings: Any
) -> MergedFactors:
    """Is every pair of dimensions two? Merge each pair in turn and test the loss of fit.

    Parameters
    ----------
    data : answers.
    constructs : items of two or more constructs (with two, the merged model is one factor).
    level : of the test, over all pairs (Holm).
    settings : passed to ``sem.fit``; the difference test is scaled where the estimator's is. Satorra and
        Bentler's (MLR) can break down where a merged model is far off; that of ordered answers does not.

    ``all_apart``: every merged model fits worse at ``level`` after Holm's correction. The correlation
    is that of the model that keeps all apart, with its 95 % interval. Source: Anderson & Gerbing (1988); at
    the boundary of a correlation of one the test is conservative (Stoel et al. 2006).
    R: ``anova(cfa(apart), cfa(merged))`` for each pair.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> measurement.merged_factors(survey.responses, constructs).all_apart
    True
    """
    from workbench import sem

    clean = safe_names(constructs)
    share(level, "level")
    if len(clean) < 2:
        raise SpecificationError(f"merging pairs needs two constructs, {len(clean)} given")
    columns_of(data, clean)
    apart = sem.fit(correlated_factors(clean), data, **settings)
    latent = apart.standardized_solution().query("op == '~~' and lhs != rhs").set_index(["lhs", "rhs"])
    rows, warnings = [], list(apart.warnings)
    for a, b in combinations(clean, 2):
        merged = {name: items for name, items in clean.items() if name != b} | {a: [*clean[a], *clean[b]]}
        fit = sem.fit(correlated_factors(merged), data, **settings)
        test = sem.compare(apart, fit)
        warnings += [
            f"{a} with {b}: {text}" for text in (*test.warnings, *fit.warnings) if text not in warnings
        ]
        pair = latent.loc[(a, b) if (a, b) in latent.index else (b, a), ["est_std", "ci_lower", "ci_upper"]]
        rows.append((a, b, *map(float, pair), test.statistic, test.df, test.pvalue))
    names = [
        "construct_a",
        "construct_b",
        "correlation",
        "ci_lower",
        "ci_upper",
        "chisq_difference",
        "df",
        "pvalue",
    ]
    table = pd.DataFrame(rows, columns=names)
    table["p_holm"] = holm(table["pvalue"].to_numpy())
    return MergedFactors(table, bool((table["p_holm"] < level).all()), level, tuple(dict.fromkeys(warnings)))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) step-down p-values; a p that could not be computed counts as 1."""
    p = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty_like(p)
    out[order] = np.minimum(stepped, 1.0)
    return out
