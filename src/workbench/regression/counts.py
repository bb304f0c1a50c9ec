"""Counts and proportions by the right family: Poisson, negative binomial, binomial, fractional."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, is_number, one_of, optional, share
from workbench.errors import DataError, Fault, SpecificationError
from workbench.regression import doors
from workbench.regression.coefficients import coefficient_table, sums_by
from workbench.regression.design import Design, Term, design
from workbench.regression.robust_errors import few_clusters


@dataclass(frozen=True)
class CountModel:
    """A generalized linear model.

    ``coefficients``: on the link scale, with ``ratio``, ratio_lower, ratio_upper (rate ratio or odds ratio).
    ``effects``: average marginal effects on the scale of the outcome (per unit of exposure 1 for counts with
    an exposure: see ``effect_unit``). ``measures``: n, deviance, df_residual, pearson_dispersion, logl and
    theta where the family has them. ``dispersion``: statistic, alpha, pvalue of the Cameron–Trivedi test
    (counts).
    """

    outcome: str
    family: str
    coefficients: pd.DataFrame
    effects: pd.DataFrame
    effect_unit: str
    measures: pd.Series
    dispersion: pd.Series
    covariance: pd.DataFrame
    errors: str
    design: Design
    fitted: np.ndarray
    level: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Fit:
    """A fitted mean: coefficients, observed and fitted outcome, the mean's first two derivatives by the
    linear predictor, the variance function, and prior weights."""

    family: str
    b: np.ndarray
    y: np.ndarray
    mu: np.ndarray
    slope: np.ndarray
    bend: np.ndarray
    variance: np.ndarray
    weights: np.ndarray
    deviance: float


_COMMON = {**doors.REGRESSION, "cluster": optional(column), "center": doors.center, "level": share}


@door(
    **_COMMON,
    exposure=optional(column),
    family=one_of("poisson", "negative binomial"),
    covariance=one_of("classical", "HC0"),
)
def count_model(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    exposure: str | None = None,
    family: str = "poisson",
    covariance: str = "HC0",
    cluster: str | None = None,
    center: Sequence[str] | Mapping[str, float] = (),
    level: float = 0.95,
) -> CountModel:
    """Regression of a count such as complaints, with a log link.

    Parameters
    ----------
    outcome : whole numbers of zero or more.
    exposure : positive column whose log enters with coefficient one (customers at risk, months).
    family : ``poisson`` or ``negative binomial`` (variance μ + μ²/θ, θ by maximum likelihood).
    covariance : ``classical`` or ``HC0``; ``cluster`` overrides it (factor G/(G-1)).
    data, terms, center, level : as in :func:`ols`.
    cluster : column of the clusters.

    Returns
    -------
    CountModel. The dispersion test regresses ((y-μ)² - y)/μ on μ under Poisson; alpha > 0 with a small p
    says that Poisson's classical errors are too small (Cameron & Trivedi 1990).

    R: ``glm(y ~ x + offset(log(e)), poisson)``, ``sandwich(m)``, ``MASS::glm.nb``,
    ``AER::dispersiontest(m, trafo = 2)``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> model = regression.count_model(panel, "complaints", ["automation"], exposure="customers_start")
    >>> model.effects.round(3)
                estimate     se  statistic   df  pvalue  ci_lower  ci_upper
    term
    automation    -0.187  0.017     -10.67  inf     0.0    -0.221    -0.152
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    complete = [name for name in (exposure, cluster) if name is not None]
    made = design(data, outcome, terms, center=center, complete=complete)
    _check_counts(made.y, outcome)
    at_risk = np.ones(len(made.y)) if exposure is None else _positive(made, exposure)
    x = made.x.to_numpy()
    warnings = list(made.warnings)
    with _heard(warnings):
        poisson = GLM(made.y, x, family=families.Poisson(), offset=np.log(at_risk)).fit()
    dispersion = _dispersion(made.y, np.asarray(poisson.mu))
    theta = np.nan
    fit = poisson
    if family == "negative binomial":
        start = np.append(poisson.params, max(dispersion["alpha"], 0.05))
        with _heard(warnings):
            joint = NegativeBinomial(made.y, x, offset=np.log(at_risk)).fit(
                start, disp=0, method="bfgs", maxiter=500, gtol=1e-8, warn_convergence=False
            )
        if joint.params[-1] < 1e-6:
            raise SpecificationError(
                "the counts are not overdispersed, so there is no θ; use family='poisson'"
            )
        if np.abs(joint.model.score(joint.params)).max() > 1e-3:
            warnings.append(
                "θ of the negative binomial was not found to full precision: treat it as approximate."
            )
        theta = 1 / joint.params[-1]
        with _heard(warnings):
            fit = GLM(
                made.y, x, family=families.NegativeBinomial(alpha=1 / theta), offset=np.log(at_risk)
            ).fit(tol=1e-12)
    elif dispersion["pvalue"] < 0.05 and covariance == "classical" and cluster is None:
        warnings.append(
            f"Poisson regression of {outcome}: the counts vary more than a Poisson allows: "
            "use covariance='HC0' or family='negative binomial'."
        )
    mu = np.asarray(fit.mu)
    variance = mu if family == "poisson" else mu + mu**2 / theta
    done = _Fit(
        family, np.asarray(fit.params), made.y, mu, mu, mu, variance, np.ones(len(mu)), float(fit.deviance)
    )
    matrix, errors = _covariance(made, done, covariance, cluster, warnings)
    unit = "the outcome itself" if exposure is None else f"the outcome at the {exposure} of each row"
    extra = {"logl": float(fit.llf), **({} if family == "poisson" else {"theta": theta})}
    return _model(made, done, matrix, errors, unit, extra, dispersion, level, warnings)


@door(**_COMMON, trials=optional(column), covariance=one_of("classical", "quasi", "HC0"))
def proportion_model(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    trials: str | None = None,
    covariance: str = "HC0",
    cluster: str | None = None,
    center: Sequence[str] | Mapping[str, float] = (),
    level: float = 0.95,
) -> CountModel:
    """Regression of a proportion such as retention, with a logit link.

    Parameters
    ----------
    outcome : successes (whole numbers) when ``trials`` is given, otherwise a share from 0 to 1.
    trials : column of the number of trials; each firm then weighs by its trials (binomial). Without it each
        firm weighs the same (fractional logit, Papke & Wooldridge 1996).
    covariance : ``classical`` (binomial variance), ``quasi`` (times the Pearson dispersion) or ``HC0``.
    data, terms, center, level : as in :func:`ols`.
    cluster : column of the clusters.

    Returns
    -------
    CountModel; retention of a whole customer base varies more between firms than the binomial allows, so
    ``classical`` with a Pearson dispersion well above 1 is warned of.

    R: ``glm(cbind(s, n - s) ~ x, quasibinomial)``; ``glm(share ~ x, quasibinomial)`` with ``sandwich(m)``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> model = regression.proportion_model(panel, "deals", ["automation"], trials="leads")
    >>> model.coefficients["estimate"].round(2).to_dict()
    {'(Intercept)': -1.78, 'automation': 0.01}
    """
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    made = design(
        data, outcome, terms, center=center, complete=[name for name in (trials, cluster) if name is not None]
    )
    weights = np.ones(len(made.y)) if trials is None else _positive(made, trials)
    if trials is not None:
        _check_counts(made.y, outcome)
    share = made.y / weights
    bad = np.flatnonzero((share < 0) | (share > 1))
    if len(bad):
        raise DataError(
            [
                Fault(
                    "a proportion must lie between 0 and 1",
                    row=_row(made, i),
                    column=outcome,
                    value=float(share[i]),
                )
                for i in bad
            ]
        )
    family = "fractional logit" if trials is None else "binomial"
    warnings = list(made.warnings)
    with _heard(warnings):
        fit = GLM(share, made.x.to_numpy(), family=families.Binomial(), var_weights=weights).fit(tol=1e-12)
        mu, deviance = np.asarray(fit.mu), float(fit.deviance)
    v = mu * (1 - mu)
    if not v.all():
        fix = "Leave out the term that separates them, or merge its categories."
        text = "the terms tell some rows with 0 or 1 exactly, so that a coefficient has no bound"
        raise DataError(Fault(text, column=outcome, fix=fix))
    done = _Fit(family, np.asarray(fit.params), share, mu, v, v * (1 - 2 * mu), v, weights, deviance)
    if mu.min() < 1e-8 or mu.max() > 1 - 1e-8:
        warnings.append(
            "Fitted proportions reach 0 or 1: a predictor separates the outcome, its coefficient "
            "is unbounded."
        )
    pearson = _pearson(made, done)
    if family == "binomial" and covariance == "classical" and cluster is None and pearson > 1.5:
        warnings.append(
            f"Binomial regression of {outcome}, Pearson dispersion {pearson:.1f}: by the dispersion alone "
            f"classical errors are {np.sqrt(pearson):.1f} times too small; use 'quasi' or 'HC0'."
        )
    matrix, errors = _covariance(made, done, covariance, cluster, warnings)
    return _model(
        made, done, matrix, errors, "the proportion (1 = 100 %)", {}, pd.Series(dtype=float), level, warnings
    )


@contextmanager
def _heard(warnings: list[str]) -> Iterator[None]:
    """What a fit of statsmodels warns of, for the result; not that of an inverse that nobody uses here."""
    from statsmodels.tools.sm_exceptions import HessianInversionWarning

    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always")
        yield
    found = [str(part.message) for part in caught if not issubclass(part.category, HessianInversionWarning)]
    warnings += [f"The fit warns: {text}." for text in dict.fromkeys(found)]


def _covariance(
    made: Design, done: _Fit, covariance: str, cluster: str | None, warnings: list[str]
) -> tuple[np.ndarray, str]:
    x = made.x.to_numpy()
    bread = np.linalg.inv((x.T * (done.weights * done.slope**2 / done.variance)) @ x)
    scores = x * (done.weights * (done.y - done.mu) * done.slope / done.variance)[:, None]
    if cluster is not None:
        groups, names = pd.factorize(made.rows[cluster])
        count = len(names)
        if count < 2:
            raise SpecificationError(Fault("clustered errors need at least two clusters", column=cluster))
        warnings += few_clusters(count)
        summed = sums_by(groups, scores)
        matrix = count / (count - 1) * bread @ summed.T @ summed @ bread
        return matrix, f"clustered by {cluster} ({count} clusters; G/(G-1)), normal distribution"
    if covariance == "classical":
        return bread, "classical, normal distribution"
    if covariance == "quasi":
        phi = _pearson(made, done)
        return bread * phi, f"classical times the Pearson dispersion {phi:.2f}, normal distribution"
    return bread @ scores.T @ scores @ bread, "HC0 sandwich, normal distribution"


def _pearson(made: Design, done: _Fit) -> float:
    n, k = made.x.shape
    return float((done.weights * (done.y - done.mu) ** 2 / done.variance).sum() / (n - k))


def _model(
    made: Design,
    done: _Fit,
    matrix: np.ndarray,
    errors: str,
    unit: str,
    extra: dict[str, float],
    dispersion: pd.Series,
    level: float,
    warnings: list[str],
) -> CountModel:
    table = coefficient_table(list(made.x.columns), done.b, matrix, None, level)
    for name, source in (("ratio", "estimate"), ("ratio_lower", "ci_lower"), ("ratio_upper", "ci_upper")):
        table[name] = np.exp(table[source])
    n, k = made.x.shape
    measures = pd.Series(
        {
            "n": n,
            "deviance": done.deviance,
            "df_residual": n - k,
            "pearson_dispersion": _pearson(made, done),
            **extra,
        },
        dtype=float,
    )
    return CountModel(
        made.outcome,
        done.family,
        table,
        _effects(made, done, matrix, level),
        unit,
        measures,
        dispersion,
        pd.DataFrame(matrix, index=table.index, columns=made.x.columns),
        errors,
        made,
        done.mu,
        level,
        tuple(warnings),
    )


def _effects(made: Design, done: _Fit, matrix: np.ndarray, level: float) -> pd.DataFrame:
    """Average marginal effect of each column, b_j · mean(dμ/dη), by the delta method.

    A column that also stands in a product has no effect of its own and is left out.
    """
    in_products = {name for parts in made.sources.values() if len(parts) > 1 for name in parts}
    names = [
        column
        for term, parts in made.sources.items()
        if len(parts) == 1 and parts[0] not in in_products
        for column in made.terms[term]
    ]
    rows = [made.x.columns.get_loc(name) for name in names]
    mean, gradient = done.slope.mean(), (made.x.to_numpy() * done.bend[:, None]).mean(axis=0)
    jacobian = done.b[rows][:, None] * gradient
    jacobian[np.arange(len(rows)), rows] += mean
    return coefficient_table(names, done.b[rows] * mean, jacobian @ matrix @ jacobian.T, None, level)


def _dispersion(y: np.ndarray, mu: np.ndarray) -> pd.Series:
    """Cameron & Trivedi's test of Var = μ against Var = μ + α μ², by regression through the origin."""
    from scipy import stats

    z = ((y - mu) ** 2 - y) / mu
    alpha = (z @ mu) / (mu @ mu)
    rest = z - alpha * mu
    statistic = alpha / np.sqrt(rest @ rest / (len(y) - 1) / (mu @ mu))
    return pd.Series({"statistic": statistic, "alpha": alpha, "pvalue": stats.norm.sf(statistic)})


def _check_counts(y: np.ndarray, name: str) -> None:
    bad = np.flatnonzero((y < 0) | (y != np.round(y)))
    if len(bad):
        raise DataError(
            Fault("a count must be a whole number of zero or more", column=name, value=float(y[bad[0]]))
        )


def _positive(made: Design, name: str) -> np.ndarray:
    if not is_number(made.rows[name]):
        raise DataError(Fault("must be numeric", column=name, fix="Turn it into numbers."))
    values = made.rows[name].to_numpy(float)
    bad = np.flatnonzero(values <= 0)
    if len(bad):
        raise DataError(
            [Fault("must be above zero", row=_row(made, i), column=name, value=values[i]) for i in bad]
        )
    return values


def _row(made: Design, position: int | np.integer) -> int | None:
    """Row of the file, as far as the data still carry the counting index they were read with."""
    index = made.rows.index[position]
    return int(index) + 2 if isinstance(index, int | np.integer) else None
