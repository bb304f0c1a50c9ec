"""Common-method checks: did one way of asking colour all the answers? None of them proves that it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of, safe_names
from workbench.measurement.correlations import correlations, item_frame
from workbench.measurement.doors import names_of
from workbench.measurement.extraction import extract
from workbench.measurement.models import compare_models

_OTHER = "Choose a marker whose items hang together, with three items or more."
_MEASURES = ["chisq", "df", "cfi", "rmsea", "srmr", "bic", "converged"]


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
class MarkerPartial:
    """Correlations before and after a marker variable is partialled out."""

    table: pd.DataFrame  # a, b, r, r_adjusted, t, pvalue, pvalue_unadjusted
    marker_correlation: float
    lost: int
    warnings: tuple[str, ...]
    can_show: str
    cannot_show: str


@dataclass(frozen=True)
class MarkerModels:
    """Williams, Hartman and Cavazotte's sequence of models with a marker construct."""

    models: pd.DataFrame
    tests: pd.DataFrame  # question, restricted, free, chisq_difference, df_difference, pvalue
    method_loadings: pd.DataFrame  # item; method-C and method-U loadings
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

    data : all items of the questionnaire (respondents x items) or their correlation matrix.

    R: ``psych::principal(data, 1)$Vaccounted``, ``psych::fa(data, 1)$Vaccounted``.
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
    data : answers. constructs : items of every construct (three or more each).
    name : of the method factor in the model text.
    settings : passed to ``sem.fit``.

    Returns
    -------
    MethodFactor; ``method_share`` is the mean share of an item's variance that the method factor explains.

    Source: Podsakoff, MacKenzie, Lee & Podsakoff (2003), with the equal loadings that identify it.
    R: ``lavaan::cfa`` with ``method =~ NA*x1 + m*x1 + m*x2 ...``, ``method ~~ 1*method`` and
    ``method ~~ 0*construct``.
    """
    from workbench import sem

    clean = safe_names(constructs, name)
    items = list(columns_of(data, clean).columns)
    plain = _standardized(clean)
    text = "\n".join([plain, *_method_lines(name, items, list(clean), "common_loading")])
    without, with_method = sem.fit(plain, data, **settings), sem.fit(text, data, **settings)
    before, after = _loadings(without), _loadings(with_method)
    method = _loadings_on(with_method, name)
    table = pd.DataFrame(
        {
            "loading_without": before.set_index("rhs")["std_all"],
            "loading_with": after[after["lhs"] != name].set_index("rhs")["std_all"],
            "method_loading": method,
        }
    ).loc[items]
    table.index.name = "item"
    difference, df, pvalue = _difference(without, with_method)
    rivals = compare_models({"without method factor": without, "with method factor": with_method})
    return MethodFactor(
        comparison=rivals.table[_MEASURES],
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


def marker_partial(
    data: pd.DataFrame, marker: str, *, method_correlation: float | None = None, n_obs: int | None = None
) -> MarkerPartial:
    """Correlations of construct scores, adjusted by a marker that should be unrelated to them.

    Parameters
    ----------
    data : construct scores (respondents x constructs) with the marker among the columns, or their correlation
        matrix with ``n_obs``.
    marker : the marker's column.
    method_correlation : r_M; the marker's smallest absolute correlation with a construct where left out.

    Formula: r_adjusted = (r - r_M) / (1 - r_M), t with n - 3 degrees of freedom. Source: Lindell & Whitney
    (2001). The smallest of several correlations is below r_M by chance: give r_M from a second marker or the
    literature where there is one.
    """
    from scipy.stats import t as student

    sample = correlations(data, n_obs=n_obs, least=3, missing="listwise")
    if not isinstance(marker, str) or marker not in sample.names:
        raise SpecificationError(f"the marker {marker!r} is not among the columns: {', '.join(sample.names)}")
    n, place = sample.need_n("the marker's test"), sample.names.index(marker)
    others = [position for position in range(sample.size) if position != place]
    shared = method_correlation
    if shared is None:
        shared = float(np.abs(sample.matrix[place, others]).min())
    if isinstance(shared, str) or not 0 <= shared < 1:
        raise SpecificationError(f"method_correlation={shared}: a number from 0 to below 1 is needed")
    rows = []
    for order, i in enumerate(others):
        for j in others[order + 1 :]:
            r = sample.matrix[i, j]
            adjusted = (r - shared) / (1 - shared)
            t, plain = (
                value / np.sqrt((1 - value**2) / (n - lost)) for value, lost in ((adjusted, 3), (r, 2))
            )
            rows.append(
                (
                    sample.names[i],
                    sample.names[j],
                    r,
                    adjusted,
                    t,
                    2 * student.sf(abs(t), n - 3),
                    2 * student.sf(abs(plain), n - 2),
                )
            )
    table = pd.DataFrame(rows, columns=["a", "b", "r", "r_adjusted", "t", "pvalue", "pvalue_unadjusted"])
    lost = int(((table["pvalue_unadjusted"] < 0.05) & (table["pvalue"] >= 0.05)).sum())
    return MarkerPartial(
        table,
        shared,
        lost,
        sample.warnings,
        can_show="Which correlations would survive if the marker caught all that the method adds to them.",
        cannot_show=(
            "That the marker is unrelated to the constructs in substance, or that the method adds the "
            "same to every pair; an ill-chosen marker adjusts too much or too little."
        ),
    )


def marker_cfa(
    data: pd.DataFrame,
    constructs: Constructs,
    marker: Sequence[str],
    *,
    name: str = "marker",
    **settings: Any,
) -> MarkerModels:
    """The marker-variable models of Williams, Hartman & Cavazotte (2010), tested against each other.

    Parameters
    ----------
    data, constructs : as everywhere. marker : items of the marker construct (two or more).
    settings : passed to ``sem.fit``.

    Baseline: marker uncorrelated, its measurement fixed at the values of the full model. Method-C: the
    marker also loads equally on all items; method-U: freely; method-R: the better of the two with the
    constructs' correlations fixed at the baseline's.

    Raises
    ------
    DataError : the marker's items do not measure one thing by themselves (no convergence, a residual variance
        that is not positive), so that there is no measurement to hold on to.
    """
    from workbench import sem

    clean = safe_names(constructs, name)
    marker = names_of(marker, "marker")
    safe_names({**clean, name: marker})
    checked({name: marker}, least=2)
    columns_of(data, {**clean, name: list(marker)})
    items = [item for own in clean.values() for item in own]
    substantive = _standardized(clean)
    full = sem.fit("\n".join([substantive, _free(name, marker), f"{name} ~~ 1*{name}"]), data, **settings)
    _need_proper_marker(full, list(marker))
    fixed = _fixed_marker(full, name, list(marker), list(clean))
    baseline_text = "\n".join([substantive, *fixed])
    baseline = sem.fit(baseline_text, data, **settings)
    same = f"{name} =~ " + " + ".join(f"common_loading*{item}" for item in items)
    constrained_text = f"{baseline_text}\n{same}"
    constrained = sem.fit(constrained_text, data, **settings)
    free_text = f"{baseline_text}\n{name} =~ " + " + ".join(items)
    free = sem.fit(free_text, data, **settings)
    better = "method-U" if _difference(constrained, free)[2] < 0.05 else "method-C"
    frozen = _frozen_correlations(baseline, list(clean))
    best_text = free_text if better == "method-U" else constrained_text
    restricted = sem.fit("\n".join([best_text, *frozen]), data, **settings)
    fits = {
        "full": full,
        "baseline": baseline,
        "method-C": constrained,
        "method-U": free,
        "method-R": restricted,
    }
    rivals = compare_models(fits)
    questions = [
        ("does the marker explain answers at all?", "baseline", "method-C"),
        ("does it explain some items more than others?", "method-C", "method-U"),
        ("does it change the constructs' correlations?", "method-R", better),
    ]
    tests = pd.DataFrame(
        [(*question, *_difference(fits[question[1]], fits[question[2]])) for question in questions],
        columns=["question", "restricted", "free", "chisq_difference", "df_difference", "pvalue"],
    )
    loadings = pd.DataFrame(
        {label: _loadings_on(fits[label], name).reindex(items) for label in ("method-C", "method-U")}
    )
    loadings.index.name = "item"
    return MarkerModels(
        rivals.table[_MEASURES],
        tests,
        loadings,
        rivals.warnings,
        can_show="Whether the items share something with the marker, evenly or not, and what it changes.",
        cannot_show="Method variance that the marker does not share: the models see what the marker sees.",
    )


def full_collinearity(source: Any, constructs: Constructs | None = None) -> FullCollinearity:
    """Full-collinearity VIF: every construct predicted from all others, by latent correlations or by scores.

    source : a fit of ``sem.fit`` (latent correlations), or answers with ``constructs`` (means of items), or a
        frame of construct scores. VIF = diagonal of the inverse correlation matrix; Kock (2015) takes
        values above 3.3 as a sign of collinearity that may come from the method.
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


def _free(factor: str, items: Sequence[str]) -> str:
    return f"{factor} =~ NA*{items[0]}" + "".join(f" + {item}" for item in items[1:])


def _standardized(constructs: dict[str, list[str]]) -> str:
    """Correlated factors with unit variances, all loadings free."""
    lines = [_free(factor, items) for factor, items in constructs.items()]
    return "\n".join([*lines, *(f"{factor} ~~ 1*{factor}" for factor in constructs)])


def _method_lines(name: str, items: list[str], constructs: list[str], label: str) -> list[str]:
    """A method factor of unit variance with one loading for all items, apart from the constructs."""
    start = f"{name} =~ NA*{items[0]} + {label}*{items[0]}"
    rest = "".join(f" + {label}*{item}" for item in items[1:])
    return [start + rest, f"{name} ~~ 1*{name}", *(f"{name} ~~ 0*{construct}" for construct in constructs)]


def _loadings(fit: Any) -> pd.DataFrame:
    estimates = fit.estimates
    return estimates[estimates["op"] == "=~"]


def _loadings_on(fit: Any, factor: str) -> pd.Series:
    """Standardized loadings on one factor, by item."""
    table = _loadings(fit)
    return table[table["lhs"] == factor].set_index("rhs")["std_all"]


def _need_proper_marker(full: Any, marker: list[str]) -> None:
    """A marker whose own measurement is improper cannot be held at it: said before more is built on it."""
    own = full.estimates.query("op == '~~' and lhs == rhs").set_index("lhs")["est"]
    faults = [
        Fault(
            f"the marker's item {item!r} has a residual variance of {own[item]:.3f}", column=item, fix=_OTHER
        )
        for item in marker
        if not own[item] > 0
    ]
    if not full.converged:
        faults.insert(
            0, Fault("the model with the marker as a construct of its own did not converge", fix=_OTHER)
        )
    if faults:
        raise DataError(faults)


def _fixed_marker(full: Any, name: str, marker: list[str], constructs: list[str]) -> list[str]:
    """The marker's loadings and residual variances as numbers of the full model."""
    estimates = full.estimates.set_index(["lhs", "op", "rhs"])["est"]
    terms = [f"{float(estimates[name, '=~', item])!r}*{item}" for item in marker]
    return [
        f"{name} =~ " + " + ".join(terms),
        *(f"{item} ~~ {float(estimates[item, '~~', item])!r}*{item}" for item in marker),
        f"{name} ~~ 1*{name}",
        *(f"{name} ~~ 0*{construct}" for construct in constructs),
    ]


def _frozen_correlations(baseline: Any, constructs: list[str]) -> list[str]:
    latent = baseline.latent_covariance
    return [
        f"{a} ~~ {float(latent.loc[a, b])!r}*{b}"
        for place, a in enumerate(constructs)
        for b in constructs[place + 1 :]
    ]


def _difference(restricted: Any, free: Any) -> tuple[float, int, float]:
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
