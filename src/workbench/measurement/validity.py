"""Convergent and discriminant validity of a fitted measurement model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.measurement.doors import checked_fit
from workbench.measurement.reliability_of_composites import (
    Measured,
    extracted,
    latent_correlations,
    measured,
    reliability,
    second_order,
    total,
)
from workbench.measurement.resample import check_draws
from workbench.sem.refitting.refits import Refits, Statistic

if TYPE_CHECKING:
    from workbench.sem import Fit


@dataclass(frozen=True)
class ModelOmega:
    """Omega of every construct of a fitted model, and of a second-order factor."""

    table: pd.DataFrame  # construct; items, reliability, total, each with _lower and _upper where drawn
    estimate: pd.Series
    second_order: pd.Series | pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ConvergentValidity:
    """Loadings, composite reliability and average variance extracted by construct."""

    table: pd.DataFrame  # construct; items, lowest_loading, cr, ave (with _lower, _upper), largest_shared_...
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FornellLarcker:
    """Root of AVE on the diagonal, correlations of the constructs below it."""

    table: pd.DataFrame
    pairs: pd.DataFrame  # construct_a, construct_b, correlation, least_root_ave, distinct
    warnings: tuple[str, ...]


def composite_reliability(fit: Fit) -> pd.Series | pd.DataFrame:
    r"""Composite reliability of every construct with two items or more; one row per group.

    CR = phi (sum of loadings)^2 / sum of the sample's covariances of the items, so that correlated residuals
    count as what they are, not as reliability.

    With ordered items it is the reliability of the observed sum of categories (Green & Yang 2009):
    covariances of the categories that the factor implies, over those that the polychoric correlations
    imply. Delta and theta give the same number. It is nan where only some of a construct's items are
    ordered.

    Source: Raykov (2001); Green & Yang (2009), formula 21. R: ``semTools::compRelSEM(fit)`` with its
    defaults ``obs.var = TRUE`` (the sample's variances below the line, not the implied ones),
    ``ord.scale = TRUE`` (the sum of categories, not of latent responses) and ``tau.eq = FALSE`` (omega, not
    alpha). In a later group whose latent responses have a mean of their own (equal thresholds), thresholds
    count from that mean; semTools 0.5-6 counts them from zero, and differs there in the second or third
    digit.

    Parameters
    ----------
    fit : of ``sem.fit``, of continuous or of ordered items.

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> fit = sem.fit("use =~ crm1 + crm2 + crm3 + crm4\ntrust =~ tru1 + tru2 + tru3", answers)
    >>> measurement.composite_reliability(fit).round(2).to_dict()
    {'use': 0.83, 'trust': 0.78}
    """
    return _by_group(fit, reliability, "composite_reliability")


def average_variance_extracted(fit: Fit, *, standardized: bool = False) -> pd.Series | pd.DataFrame:
    r"""Average variance extracted of every construct with two items or more; a row per group where there are
    groups.

    Parameters
    ----------
    fit : of ``sem.fit``.
    standardized : divide every item by its standard deviation first, so that AVE is the mean share of an
        item's variance and the same in every parameterization.

    Returns
    -------
    AVE = phi sum of squared loadings / sum of the sample's item variances, in the items' own metric as
    semTools has it; NaN for a construct one of whose items loads on another too. The metric of ordered items
    is that of their latent responses as the fit scales them: under delta every item of the first group counts
    alike, under theta an item counts the more the better it is measured.

    Source: Fornell & Larcker (1981). R: ``semTools::AVE(fit)`` (``obs.var = TRUE``).

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> fit = sem.fit("use =~ crm1 + crm2 + crm3 + crm4\ntrust =~ tru1 + tru2 + tru3", answers)
    >>> measurement.average_variance_extracted(fit).round(2).to_dict()
    {'use': 0.56, 'trust': 0.55}
    """

    def statistic(group: Measured) -> dict[str, np.ndarray]:
        return extracted(group.standardized() if standardized else group)

    return _by_group(fit, statistic, "average_variance_extracted")


def model_omega(
    fit: Fit, *, group: Any = None, draws: int = 0, seed: int = 1, confidence: float = 0.95
) -> ModelOmega:
    r"""Omega of every construct of a fit: of the construct alone, and of all that its items share.

    Parameters
    ----------
    fit : of ``sem.fit``.
    group : which group of a fit of several.
    draws, seed, confidence : with ``draws`` > 0 percentile bootstrap intervals, every draw a full refit.

    Returns
    -------
    ModelOmega. ``reliability`` counts the construct's own factor (for a general factor of a bifactor model
    this is omega hierarchical, for its group factors omega hierarchical of the subscale); ``total`` counts
    every factor that stands behind the items. ``second_order`` is the share of the sum of all items that a
    second-order factor explains. With draws each has columns ``_lower`` and ``_upper``; ``second_order`` is
    then a frame with est, lower, upper. Of ordered items all are of the sum of categories.

    R: ``semTools::compRelSEM(fit)``, with ``return.total = TRUE`` for the total over all items and
    ``higher = `` for the last (which 0.5-6 gives for continuous items alone);
    ``bootstrapLavaan(fit, FUN = compRelSEM)`` for the intervals.

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> fit = sem.fit("use =~ crm1 + crm2 + crm3 + crm4\ntrust =~ tru1 + tru2 + tru3", answers)
    >>> measurement.model_omega(fit).table["total"].round(2).to_dict()
    {'use': 0.83, 'trust': 0.78}
    """
    parts = {"reliability": reliability, "total": total, "second_order": second_order}
    place, own = _one_group(fit, group)
    constructs = own.constructs
    found = _table(fit, place, parts, draws, seed, confidence)
    table = found.reindex(constructs).drop(columns=_columns("second_order", draws))
    table.insert(0, "items", [len(own.own(name)) for name in constructs])
    table.index.name = "construct"
    higher = found[_columns("second_order", draws)].dropna(how="all")
    warnings = [*fit.warnings, *found.attrs["warnings"], *_mixed(own)]
    if not draws:
        higher = higher["second_order"].rename(None)
    else:
        higher = higher.set_axis(["est", "lower", "upper"], axis=1)
    return ModelOmega(table, table["reliability"], higher, tuple(warnings))


def convergent_validity(
    fit: Fit, *, group: Any = None, draws: int = 0, seed: int = 1, confidence: float = 0.95
) -> ConvergentValidity:
    r"""One row a construct: items, lowest standardized loading, CR, AVE and the largest variance shared
    with another.

    Parameters
    ----------
    fit : of ``sem.fit``.
    group : which group of a fit of several.
    draws, seed, confidence : with ``draws`` > 0 percentile bootstrap intervals of CR and AVE (cr_lower,
        cr_upper, ave_lower, ave_upper), every draw a full refit.

    Usual marks (Hair et al. 2019): loadings 0.7, CR 0.7, AVE 0.5, AVE above the largest shared variance. CR
    and AVE are those of ``composite_reliability`` and ``average_variance_extracted``.

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> fit = sem.fit("use =~ crm1 + crm2 + crm3 + crm4\ntrust =~ tru1 + tru2 + tru3", answers)
    >>> measurement.convergent_validity(fit).table[["cr", "ave"]].round(2)
                 cr   ave
    construct
    use        0.83  0.56
    trust      0.78  0.55
    """
    place, own = _one_group(fit, group)
    found = _table(fit, place, {"cr": reliability, "ave": extracted}, draws, seed, confidence)
    correlation = _latent_correlations(own)
    loading_rows = fit.estimates.query("op == '=~' and group == @place + 1")
    rows = {}
    for name in own.constructs:
        loadings = loading_rows.loc[loading_rows["lhs"] == name, "std_all"]
        others = correlation.loc[name].drop(name) ** 2
        rows[name] = {
            "items": len(loadings),
            "lowest_loading": loadings.abs().min(),
            **found.loc[name],
            "largest_shared_variance": others.max() if len(others) else np.nan,
        }
    table = pd.DataFrame(rows).T.astype({"items": int})
    table.index.name = "construct"
    weak = [f"{name} ({_share(row.ave)})" for name, row in table.iterrows() if row.ave < 0.5]
    warnings = [*fit.warnings, *found.attrs["warnings"], *_mixed(own)]
    if weak:
        warnings.append(f"average variance extracted below .50: {', '.join(weak)}")
    return ConvergentValidity(table, tuple(warnings))


def _share(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)


def fornell_larcker(fit: Fit, *, group: Any = None, standardized: bool = False) -> FornellLarcker:
    r"""Fornell and Larcker's table: is a construct closer to its items than to any other construct?

    Parameters
    ----------
    fit : of ``sem.fit``.
    group : which group of a fit of several.
    standardized : the AVE of standardized items, see ``average_variance_extracted``.

    The root of AVE stands on the diagonal, latent correlations below it. Source: Fornell & Larcker (1981);
    it misses a lack of discriminant validity more often than HTMT does (Henseler, Ringle & Sarstedt 2015).

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> fit = sem.fit("use =~ crm1 + crm2 + crm3 + crm4\ntrust =~ tru1 + tru2 + tru3", answers)
    >>> measurement.fornell_larcker(fit).table.round(2)
            use  trust
    use    0.75    NaN
    trust  0.44   0.74
    """
    _, own = _one_group(fit, group)
    shares = extracted(own.standardized() if standardized else own)
    root = np.sqrt(pd.Series({name: value[0] for name, value in shares.items()}, dtype=float))
    names = list(root.index)
    correlation = _latent_correlations(own)
    table = correlation.where(np.tril(np.ones((len(names), len(names)), dtype=bool), -1))
    pairs = []
    for place, a in enumerate(names):
        table.loc[a, a] = root[a]
        for b in names[:place]:
            least = min(root[a], root[b])
            value = correlation.loc[a, b]
            pairs.append((b, a, value, least, bool(abs(value) < least)))
    frame = pd.DataFrame(
        pairs, columns=["construct_a", "construct_b", "correlation", "least_root_ave", "distinct"]
    )
    mixed = [f"{row.construct_a} and {row.construct_b}" for row in frame[~frame["distinct"]].itertuples()]
    warnings = list(fit.warnings)
    if mixed:
        warnings.append(f"not distinct by Fornell and Larcker: {', '.join(mixed)}")
    return FornellLarcker(table, frame, tuple(warnings))


def _one_group(fit: Fit, group: Any) -> tuple[int, Measured]:
    """The number and the measurement of the group that a table is for."""
    groups = measured(Refits.of(checked_fit(fit)))
    labels = [own.label for own in groups]
    if group is None and len(groups) == 1:
        return 0, groups[0]
    if group not in labels:
        named = ", ".join(repr(label) for label in labels)
        raise SpecificationError(f"group={group!r}: this table is for one group, give one of {named}")
    place = labels.index(group)
    return place, groups[place]


def _mixed(group: Measured) -> list[str]:
    """Constructs with ordered and continuous items, whose sum has no scale."""
    names = [
        name
        for name in group.constructs
        if len({group.items[item] in group.thresholds for item in group.own(name)}) == 2
    ]
    if not names:
        return []
    return [f"no reliability of {', '.join(names)}: some items are ordered and some continuous"]


def _by_group(fit: Fit, statistic: Callable, name: str) -> pd.Series | pd.DataFrame:
    groups = measured(Refits.of(checked_fit(fit)))
    values = {
        group.label: pd.Series({own: found[0] for own, found in statistic(group).items()}, dtype=float)
        for group in groups
    }
    if len(values) == 1:
        return values[groups[0].label].rename(name)
    frame = pd.DataFrame(values).T
    frame.index.name = "group"
    return frame


def _columns(name: str, draws: int) -> list[str]:
    return [name, f"{name}_lower", f"{name}_upper"] if draws else [name]


def _table(
    fit: Fit, place: int, parts: dict[str, Callable], draws: int, seed: int, confidence: float
) -> pd.DataFrame:
    """Each statistic of each construct of a group, with ``_lower`` and ``_upper`` from a bootstrap where
    draws are asked for; ``.attrs["warnings"]`` says how many draws failed.
    """
    check_draws(confidence, draws, seed)

    def numbers(refits: Refits) -> dict[tuple[str, str], np.ndarray]:
        group = measured(refits)[place]
        return {(own, name): value for name, part in parts.items() for own, value in part(group).items()}

    estimate = numbers(Refits.of(fit))
    places = list(estimate)
    constructs = list(dict.fromkeys(construct for construct, _ in places))
    columns = [column for name in parts for column in _columns(name, draws)]
    table = pd.DataFrame(np.nan, index=constructs, columns=columns)
    for (construct, name), value in estimate.items():
        table.loc[construct, name] = value[0]
    table.attrs["warnings"] = ()
    if not draws:
        return table
    names = tuple(f"{name} of {construct}" for construct, name in places)
    drawn = fit.bootstrap(
        draws,
        seed,
        statistic=Statistic(names, lambda refits: np.stack(list(numbers(refits).values()), axis=1)),
    )
    found = drawn.interval(level=confidence, of="statistic")
    for (construct, name), row in zip(places, found.itertuples(), strict=True):
        table.loc[construct, [f"{name}_lower", f"{name}_upper"]] = row.ci_lower, row.ci_upper
    table.attrs["warnings"] = drawn.warnings
    return table


def _latent_correlations(group: Measured) -> pd.DataFrame:
    return pd.DataFrame(latent_correlations(group)[0], index=group.constructs, columns=group.constructs)
