"""Least squares with the errors that firm data need, and hierarchical blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, mapping, table
from workbench.errors import Fault, SpecificationError
from workbench.regression import doors
from workbench.regression.coefficients import coefficient_table
from workbench.regression.design import INTERCEPT, Design, Term, columns_of, design, not_in_terms
from workbench.regression.robust_errors import clustered, few_clusters, heteroscedastic
from workbench.regression.standardized import standardized_slopes


@dataclass(frozen=True)
class LinearModel:
    """A least-squares fit.

    ``coefficients``: term, estimate, se, statistic, df, pvalue, ci_lower, ci_upper. ``standardized``: the
    same for slopes in standard deviations of outcome and column. ``measures``: n, k, r2, adj_r2, f, df_model,
    df_residual, pvalue (F test with the chosen errors), sigma, logl, aic, bic. ``errors`` says in words which
    errors are used.
    """

    outcome: str
    coefficients: pd.DataFrame
    standardized: pd.DataFrame
    measures: pd.Series
    covariance: pd.DataFrame
    errors: str
    design: Design
    fitted: np.ndarray
    residuals: np.ndarray
    df_test: float
    level: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class HierarchicalModel:
    """Nested models on the same rows. ``blocks``: one row per step with r2, adj_r2, r2_change, f_change, df1,
    df2, pvalue, and the test of the added block with the chosen errors (``robust_f``, ``robust_pvalue``)."""

    outcome: str
    blocks: pd.DataFrame
    models: Mapping[str, LinearModel]
    errors: str
    warnings: tuple[str, ...]

    @property
    def full(self) -> LinearModel:
        """The model with all blocks."""
        return self.models[self.blocks.index[-1]]


@door(**doors.REGRESSION, **doors.ERRORS, center=doors.center, complete=doors.complete)
def ols(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    covariance: str = "HC3",
    cluster: str | None = None,
    center: Sequence[str] | Mapping[str, float] = (),
    complete: Sequence[str] = (),
    level: float = 0.95,
) -> LinearModel:
    """Least squares of one outcome on the terms.

    Parameters
    ----------
    data, outcome, terms, center, complete : as in :func:`workbench.regression.design.design`.
    covariance : classical, HC0 … HC4; not used with ``cluster``.
    cluster : column of the clusters. Errors are then robust to anything shared inside a cluster, with the
        correction G/(G-1) · (n-1)/(n-k), and tests use G-1 degrees of freedom.
    level : of the intervals.

    Returns
    -------
    LinearModel

    Notes
    -----
    V = (X'X)⁻¹ X' Ω X (X'X)⁻¹ with Ω = diag(e² / (1-h)^d): d = 0 HC0, 1 HC2, 2 HC3, min(4, h/h̄) HC4; HC1 is
    HC0 · n/(n-k). Standardized slopes carry delta-method errors of the same kind that count the standard
    deviations as estimated (:mod:`workbench.regression.standardized`). MacKinnon & White (1985);
    Cribari-Neto (2004); Long & Ervin (2000) for HC3 as the rule in small samples.

    R: ``coeftest(lm(y ~ x), vcovHC(m, "HC3"))``; ``coeftest(m, vcovCL(m, ~g), df = G - 1)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> model = regression.ols(scores, "satisfaction", ["staff_training", "service_quality"])
    >>> model.coefficients[["estimate", "se"]].round(2)
                     estimate    se
    term
    (Intercept)          2.07  0.12
    staff_training       0.11  0.02
    service_quality      0.34  0.03
    """
    made = design(
        data, outcome, terms, center=center, complete=(*complete, *([] if cluster is None else [cluster]))
    )
    x, y = made.x.to_numpy(), made.y
    n, k = x.shape
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    root = np.linalg.inv(r)
    bread, leverage = root @ root.T, (q**2).sum(axis=1)
    fitted = x @ beta
    residuals = y - fitted
    warnings = list(made.warnings)
    groups = None
    if cluster is None:
        matrix, errors, df = (
            heteroscedastic(x, residuals, bread, leverage, covariance),
            _words(covariance),
            n - k,
        )
        if covariance != "classical" and leverage.max() > 0.5:
            warnings.append(
                f"Row {int(np.argmax(leverage)) + 1} of the rows used has leverage "
                f"{leverage.max():.2f}: robust errors "
                "are unreliable where one row decides a coefficient."
            )
    else:
        groups = pd.factorize(made.rows[cluster])[0]
        matrix, count = clustered(x, residuals, bread, groups, cluster), int(groups.max()) + 1
        df = count - 1
        errors = (
            f"clustered by {cluster} ({count} clusters; G/(G-1)·(n-1)/(n-k); t with {df} degrees of freedom)"
        )
        warnings += few_clusters(count)
        if k - 1 > df:
            warnings.append(
                "There are fewer clusters than slopes: the F test of the whole model is not defined."
            )
    table = coefficient_table(list(made.x.columns), beta, matrix, df, level)
    named = pd.DataFrame(matrix, index=table.index, columns=made.x.columns)
    return LinearModel(
        outcome,
        table,
        standardized_slopes(made, beta, residuals, leverage, covariance, groups, df, level),
        _measures(made, beta, residuals, matrix, df),
        named,
        errors,
        made,
        fitted,
        residuals,
        float(df),
        level,
        tuple(warnings),
    )


@door(
    data=table,
    outcome=column,
    blocks=mapping(doors.terms, "{'first': ['x1']}"),
    **doors.ERRORS,
    center=doors.center,
)
def hierarchical(
    data: pd.DataFrame,
    outcome: str,
    blocks: Mapping[str, Sequence[Term]],
    *,
    covariance: str = "HC3",
    cluster: str | None = None,
    center: Sequence[str] | Mapping[str, float] = (),
    level: float = 0.95,
) -> HierarchicalModel:
    """Enter blocks of terms one after another and test what each adds.

    Parameters
    ----------
    blocks : ordered mapping of a block's name to its terms; every model uses the rows complete in all blocks.
    data, outcome, covariance, cluster, center, level : as in :func:`ols`.

    Returns
    -------
    HierarchicalModel; F of the change is (ΔR²/df1) / ((1-R²)/df2), beside it the Wald test with the chosen
    errors.

    R: ``anova(m1, m2)``; ``waldtest(m1, m2, vcov = vcovHC)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> blocks = {"staff": ["staff_training"], "service": ["service_quality"]}
    >>> regression.hierarchical(scores, "satisfaction", blocks).blocks["r2"].round(2).tolist()
    [0.04, 0.16]
    """
    from scipy import stats

    if not blocks:
        raise SpecificationError("hierarchical regression needs at least one block of terms")
    everything = [term for terms in blocks.values() for term in terms]
    empty = [Fault(f"block {name!r} has no terms") for name, terms in blocks.items() if not terms]
    faults = empty + not_in_terms(center, everything)
    if faults:
        raise SpecificationError(faults)
    models: dict[str, LinearModel] = {}
    rows = []
    entered: list[Term] = []
    for name, terms in blocks.items():
        entered = [*entered, *terms]
        model = ols(
            data,
            outcome,
            entered,
            covariance=covariance,
            cluster=cluster,
            level=level,
            center=_within_terms(center, entered),
            complete=columns_of(everything),
        )
        before = next(reversed(models.values()), None)
        added = [c for c in model.design.x.columns if before is None or c not in before.design.x.columns]
        added = [c for c in added if c != INTERCEPT]
        r2, r2_before = model.measures["r2"], 0.0 if before is None else before.measures["r2"]
        df1, df2 = len(added), model.measures["df_residual"]
        f = (r2 - r2_before) / df1 / ((1 - r2) / df2)
        robust_f, robust_p = wald(model, added)
        rows.append(
            (
                name,
                r2,
                model.measures["adj_r2"],
                r2 - r2_before,
                f,
                df1,
                df2,
                stats.f.sf(f, df1, df2),
                robust_f,
                robust_p,
            )
        )
        models[name] = model
    columns = [
        "block",
        "r2",
        "adj_r2",
        "r2_change",
        "f_change",
        "df1",
        "df2",
        "pvalue",
        "robust_f",
        "robust_pvalue",
    ]
    return HierarchicalModel(
        outcome, pd.DataFrame(rows, columns=columns).set_index("block"), models, model.errors, model.warnings
    )


def _within_terms(
    center: Sequence[str] | Mapping[str, float], terms: Sequence[Term]
) -> Sequence[str] | Mapping[str, float]:
    """What of ``center`` is about columns that the terms use."""
    used = set(columns_of(terms))
    if isinstance(center, Mapping):
        return {name: value for name, value in center.items() if name in used}
    return [name for name in center if name in used]


def wald(model: LinearModel, columns: Sequence[str]) -> tuple[float, float]:
    """F and p that the named coefficients are all zero, with the model's own errors."""
    from scipy import stats

    b = model.coefficients.loc[list(columns), "estimate"].to_numpy()
    v = model.covariance.loc[list(columns), list(columns)].to_numpy()
    f = float(b @ np.linalg.pinv(v, hermitian=True) @ b) / len(b)
    if len(b) > model.df_test:
        return np.nan, np.nan
    return f, float(stats.f.sf(f, len(b), model.df_test))


def _words(kind: str) -> str:
    if kind == "classical":
        return "classical (equal error variance assumed)"
    return f"{kind} (robust to unequal error variance), t with n-k degrees of freedom"


def _measures(
    made: Design, beta: np.ndarray, residuals: np.ndarray, matrix: np.ndarray, df: float
) -> pd.Series:
    from scipy import stats

    n, k = made.x.shape
    rss, tss = residuals @ residuals, ((made.y - made.y.mean()) ** 2).sum()
    slopes = [made.x.columns.get_loc(name) for name in made.slopes]
    f, p = np.nan, np.nan
    if len(slopes) <= df:
        v = matrix[np.ix_(slopes, slopes)]
        f = float(beta[slopes] @ np.linalg.pinv(v, hermitian=True) @ beta[slopes] / len(slopes))
        p = stats.f.sf(f, len(slopes), df)
    logl = -n / 2 * (np.log(2 * np.pi * rss / n) + 1)
    return pd.Series(
        {
            "n": float(n),
            "k": float(k),
            "r2": 1 - rss / tss,
            "adj_r2": 1 - rss / (n - k) / (tss / (n - 1)),
            "f": f,
            "df_model": float(len(slopes)),
            "df_residual": float(n - k),
            "pvalue": p,
            "sigma": np.sqrt(rss / (n - k)),
            "logl": logl,
            "aic": 2 * (k + 1) - 2 * logl,
            "bic": np.log(n) * (k + 1) - 2 * logl,
        }
    )
