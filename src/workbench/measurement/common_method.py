"""Common-method checks: did one way of asking colour all the answers? None of them proves that it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of, safe_names
from workbench.measurement.correlations import correlations, item_frame
from workbench.measurement.extraction import extract
from workbench.measurement.measurement_models import compare_models

MEASURES = ["chisq", "df", "cfi", "rmsea", "srmr", "bic", "converged"]


@dataclass(frozen=True)
class HarmanTest:
    """Share of variance of a single unrotated factor."""

    component_share: float
    factor_share: float
    n_items: int
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


@dataclass(frozen=True)
class MethodFactor:
    """A measurement model with and without a method factor behind all items."""

    comparison: pd.DataFrame  # model; chisq, df, cfi, rmsea, srmr, bic
    method_share: float
    items: pd.DataFrame  # item; loading_without, loading_with, method_loading
    correlations: pd.DataFrame  # construct_a, construct_b, without, with_method
    chisq_difference: float
    df_difference: int
    pvalue: float
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


@dataclass(frozen=True)
class FullCollinearity:
    """Variance inflation of every construct by all others."""

    table: pd.DataFrame  # construct; vif, r2
    source: str
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


def harman_single_factor(data: pd.DataFrame, *, missing: str = "pairwise") -> HarmanTest:
    """Harman's single-factor test: the share of one unrotated component, and of one minres factor.

    R: ``psych::principal(data, 1)$Vaccounted``, ``psych::fa(data, 1)$Vaccounted``.

    Parameters
    ----------
    data : all items of the questionnaire (respondents x items) or their correlation matrix.
    missing : ``"pairwise"`` or ``"listwise"``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust", "marker")
    >>> round(measurement.harman_single_factor(answers).component_share, 2)
    0.33
    """
    sample = correlations(data, missing=missing, least=3)
    component = float(np.linalg.eigvalsh(sample.matrix)[-1] / sample.size)
    found = extract(sample.matrix, 1, "minres")
    factor = float(np.sum(found.loadings**2) / sample.size)
    return HarmanTest(
        component,
        factor,
        sample.size,
        (*sample.warnings, *found.warnings),
        can_show="A single factor with most of the variance would say that the items cannot be told apart.",
        cannot_show=(
            "A share below 50 % does not show that method variance is absent: the mark has no theory "
            "behind it, the share falls with the number of constructs, and substantive correlation looks "
            "the same as method."
        ),
    )


def unmeasured_method_factor(
    data: pd.DataFrame, constructs: Constructs, *, name: str = "method", **settings: Any
) -> MethodFactor:
    """Correlated factors against the same with an uncorrelated method factor that loads equally on all items.

    Parameters
    ----------
    data : answers.
    constructs : items of every construct (three or more each).
    name : of the method factor in the model text.
    settings : passed to ``sem.fit``.

    Returns
    -------
    MethodFactor; ``method_share`` is the mean share of an item's variance that the method factor explains.

    Source: Podsakoff, MacKenzie, Lee & Podsakoff (2003), with the equal loadings that identify it.
    R: ``lavaan::cfa`` with ``method =~ NA*x1 + m*x1 + m*x2 ...``, ``method ~~ 1*method`` and
    ``method ~~ 0*construct``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust", "satisfaction")}
    >>> found = measurement.unmeasured_method_factor(survey.responses, constructs)
    >>> round(found.method_share, 2), round(found.pvalue, 3)
    (0.06, 0.274)
    """
    from workbench import sem

    clean = safe_names(constructs, name)
    items = list(columns_of(data, clean).columns)
    plain = standardized_factors(clean)
    text = "\n".join([plain, *_method_lines(name, items, list(clean), "common_loading")])
    without, with_method = sem.fit(plain, data, **settings), sem.fit(text, data, **settings)
    before, after = _loadings(without), _loadings(with_method)
    method = loadings_on(with_method, name)
    table = pd.DataFrame(
        {
            "loading_without": before.set_index("rhs")["std_all"],
            "loading_with": after[after["lhs"] != name].set_index("rhs")["std_all"],
            "method_loading": method,
        }
    ).loc[items]
    table.index.name = "item"
    difference, df, pvalue = nested_difference(without, with_method)
    rivals = compare_models({"without method factor": without, "with method factor": with_method})
    return MethodFactor(
        comparison=rivals.table[MEASURES],
        method_share=float((method**2).mean()),
        items=table,
        correlations=_construct_correlations(without, with_method, list(clean)),
        chisq_difference=difference,
        df_difference=df,
        pvalue=pvalue,
        warnings=rivals.warnings,
        can_show=(
            "How much an influence shared equally by all items could explain, and whether loadings and "
            "correlations of the constructs would change if it were taken out."
        ),
        cannot_show=(
            "What that influence is: true correlation of all constructs looks the same. Where loadings "
            "are nearly equal the factor is hardly identified, and the difference test is at a boundary, "
            "so its p is rough."
        ),
    )


def full_collinearity(source: Any, constructs: Constructs | None = None) -> FullCollinearity:
    """Full-collinearity VIF: every construct predicted from all others, by latent correlations or by scores.

    VIF = diagonal of the inverse correlation matrix; Kock (2015) takes values above 3.3 as a sign of
    collinearity that may come from the method.

    Parameters
    ----------
    source : a fit of ``sem.fit`` (latent correlations), answers with ``constructs`` (means of items), or a
        frame of construct scores.
    constructs : items of every construct, where ``source`` holds answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> constructs = {"crm_use": ["crm1", "crm2", "crm3", "crm4"], "trust": ["tru1", "tru2", "tru3"]}
    >>> measurement.full_collinearity(answers, constructs).table.round(2)
                vif    r2
    construct
    crm_use    1.16  0.14
    trust      1.16  0.14
    """
    from workbench.sem import Fit

    warnings: tuple[str, ...] = ()
    if isinstance(source, Fit):
        if len(source.groups) > 1:
            raise SpecificationError("full collinearity is for one group: fit each group by itself")
        sample = correlations(source.latent_covariance, least=2)
        kind = "latent correlations"
        warnings = tuple(source.warnings)
    else:
        scores = source
        kind = "scores"
        if constructs is not None:
            clean = checked(constructs, several=2)
            items = item_frame(columns_of(source, clean))
            scores = pd.DataFrame(
                {name: items[own].mean(axis=1, skipna=False) for name, own in clean.items()}
            )
            kind = "means of items, complete respondents"
        sample = correlations(scores, missing="listwise", least=2)
    inflation = np.diag(np.linalg.inv(sample.matrix))
    table = pd.DataFrame(
        {"vif": inflation, "r2": 1 - 1 / inflation}, index=pd.Index(sample.names, name="construct")
    )
    return FullCollinearity(
        table,
        kind,
        (*warnings, *sample.warnings),
        can_show="Whether the others predict a construct so well that method or redundancy is to be feared.",
        cannot_show="Where collinearity comes from; values below 3.3 do not show that method is absent.",
    )


def free_loadings(factor: str, items: Sequence[str]) -> str:
    """Model text of a factor all of whose loadings are free."""
    return f"{factor} =~ NA*{items[0]}" + "".join(f" + {item}" for item in items[1:])


def standardized_factors(constructs: dict[str, list[str]]) -> str:
    """Correlated factors with unit variances, all loadings free."""
    lines = [free_loadings(factor, items) for factor, items in constructs.items()]
    return "\n".join([*lines, *(f"{factor} ~~ 1*{factor}" for factor in constructs)])


def _method_lines(name: str, items: list[str], constructs: list[str], label: str) -> list[str]:
    """A method factor of unit variance with one loading for all items, apart from the constructs."""
    start = f"{name} =~ NA*{items[0]} + {label}*{items[0]}"
    rest = "".join(f" + {label}*{item}" for item in items[1:])
    return [start + rest, f"{name} ~~ 1*{name}", *(f"{name} ~~ 0*{construct}" for construct in constructs)]


def _loadings(fit: Any) -> pd.DataFrame:
    estimates = fit.estimates
    return estimates[estimates["op"] == "=~"]


def loadings_on(fit: Any, factor: str) -> pd.Series:
    """Standardized loadings on one factor, by item."""
    table = _loadings(fit)
    return table[table["lhs"] == factor].set_index("rhs")["std_all"]


def nested_difference(restricted: Any, free: Any) -> tuple[float, int, float]:
    """Chi-square difference of two nested fits, scaled where the fits are."""
    from workbench import sem

    test = sem.compare(free, restricted)
    return test.statistic, test.df, test.pvalue


def _construct_correlations(without: Any, with_method: Any, constructs: list[str]) -> pd.DataFrame:
    before, after = (_correlation(fit.latent_covariance) for fit in (without, with_method))
    rows = [
        (a, b, before.loc[a, b], after.loc[a, b])
        for place, a in enumerate(constructs)
        for b in constructs[place + 1 :]
    ]
    return pd.DataFrame(rows, columns=["construct_a", "construct_b", "without", "with_method"])


def _correlation(covariance: pd.DataFrame) -> pd.DataFrame:
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)
