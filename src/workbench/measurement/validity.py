"""Convergent and discriminant validity of a fitted measurement model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.measurement.composites import (
    Measured,
    extracted,
    latent_correlations,
    measured,
    reliability,
    second_order,
    total,
)
from workbench.measurement.constructs import Constructs, checked, columns_of
from workbench.measurement.correlations import correlations
from workbench.measurement.resample import check_draws
from workbench.sem.refitting.refits import Refits, Statistic


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


@dataclass(frozen=True)
class CrossLoadings:
    """Correlation of every item with every construct's score; its own without the item itself."""

    table: pd.DataFrame
    strays: pd.DataFrame  # item, own, own_loading, other, other_loading
    warnings: tuple[str, ...]


def composite_reliability(fit: Any) -> pd.Series | pd.DataFrame:
    """Composite reliability of every construct with two items or more; a row a group where there are groups.

    CR = phi (sum of loadings)^2 / sum of the sample's covariances of the items, so that correlated residuals
    count as what they are, not as reliability. With ordered items it is the reliability of the observed
    sum of categories (Green & Yang 2009). Source: Raykov (2001). R: ``semTools::compRelSEM(fit)``.
    """
    return _by_group(fit, reliability, "composite_reliability")


def average_variance_extracted(fit: Any) -> pd.Series | pd.DataFrame:
    """Average variance extracted of every construct with two items or more.

    AVE = phi sum of squared loadings / sum of the sample's item variances, in the items' own metric as
    semTools has it; NaN for a construct one of whose items loads on another too. Source: Fornell & Larcker
    (1981). R: ``semTools::AVE(fit)``.
    """
    return _by_group(fit, extracted, "average_variance_extracted")


def model_omega(fit: Any, *, draws: int = 0, seed: int = 1, confidence: float = 0.95) -> ModelOmega:
    """Omega of every construct of a fit: of the construct alone, and of all that its items share.

    Parameters
    ----------
    fit : of ``sem.fit``, one group.
    draws, seed, confidence : with ``draws`` > 0 percentile bootstrap intervals, every draw a full refit.

    Returns
    -------
    ModelOmega. ``reliability`` counts the construct's own factor (for a general factor of a bifactor model
    this is omega hierarchical, for its group factors omega hierarchical of the subscale); ``total`` counts
    every factor that stands behind the items. ``second_order`` is the share of the sum of all items that a
    second-order factor explains. With draws each has columns ``_lower`` and ``_upper``; ``second_order`` is
    then a frame with est, lower, upper.

    R: ``semTools::compRelSEM(fit)``, with ``higher = `` for the last;
    ``bootstrapLavaan(fit, FUN = compRelSEM)`` for the intervals.
    """
    parts = {"reliability": reliability, "total": total, "second_order": second_order}
    group = _single(fit)
    constructs = group.constructs
    found = _table(fit, parts, draws, seed, confidence)
    table = found.reindex(constructs).drop(columns=_columns("second_order", draws))
    table.insert(0, "items", [len(group.own(name)) for name in constructs])
    table.index.name = "construct"
    higher = found[_columns("second_order", draws)].dropna(how="all")
    warnings = [*fit.warnings, *found.attrs["warnings"]]
    if group.thresholds:
        warnings.append("total over several factors is not given for ordered items")
    if not draws:
        higher = higher["second_order"].rename(None)
    else:
        higher = higher.set_axis(["est", "lower", "upper"], axis=1)
    return ModelOmega(table, table["reliability"], higher, tuple(warnings))


def convergent_validity(
    fit: Any, *, draws: int = 0, seed: int = 1, confidence: float = 0.95
) -> ConvergentValidity:
    """One row a construct: items, lowest standardized loading, CR, AVE and the largest variance shared
    with another.

    draws, seed, confidence : with ``draws`` > 0 percentile bootstrap intervals of CR and AVE (cr_lower,
        cr_upper, ave_lower, ave_upper), every draw a full refit.

    Usual marks (Hair et al. 2019): loadings 0.7, CR 0.7, AVE 0.5, AVE above the largest shared variance.
    """
    group = _single(fit)
    found = _table(fit, {"cr": reliability, "ave": extracted}, draws, seed, confidence)
    correlation = _latent_correlations(group)
    loading_rows = fit.estimates[fit.estimates["op"] == "=~"]
    rows = {}
    for name in group.constructs:
        own = loading_rows.loc[loading_rows["lhs"] == name, "std_all"]
        others = correlation.loc[name].drop(name) ** 2
        rows[name] = {
            "items": len(own),
            "lowest_loading": own.abs().min(),
            **found.loc[name],
            "largest_shared_variance": others.max() if len(others) else np.nan,
        }
    table = pd.DataFrame(rows).T.astype({"items": int})
    table.index.name = "construct"
    weak = [f"{name} ({row.ave:.2f})" for name, row in table.iterrows() if row.ave < 0.5]
    warnings = [*fit.warnings, *found.attrs["warnings"]]
    if weak:
        warnings.append(f"average variance extracted below 0.5: {', '.join(weak)}")
    return ConvergentValidity(table, tuple(warnings))


def fornell_larcker(fit: Any) -> FornellLarcker:
    """Fornell and Larcker's table: is a construct closer to its items than to any other construct?

    The root of AVE stands on the diagonal, latent correlations below it. Source: Fornell & Larcker (1981);
    it misses a lack of discriminant validity more often than HTMT does (Henseler, Ringle & Sarstedt 2015).
    """
    group = _single(fit)
    root = np.sqrt(average_variance_extracted(fit))
    names = list(root.index)
    correlation = _latent_correlations(group)
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


def cross_loadings(
    data: pd.DataFrame, constructs: Constructs, *, missing: str = "pairwise", correlation: str = "pearson"
) -> CrossLoadings:
    """Correlation of every item with the sum of every construct's standardized items.

    An item's correlation with its own construct leaves the item out, so that it is not flattered.
    ``strays`` lists items that are closer to another construct than to their own.
    """
    clean = checked(constructs, least=2, several=2)
    sample = correlations(columns_of(data, clean), missing=missing, correlation=correlation)
    place = {name: position for position, name in enumerate(sample.names)}
    R = sample.matrix
    table = pd.DataFrame(index=pd.Index(sample.names, name="item"), columns=list(clean), dtype=float)
    for construct, items in clean.items():
        for item in sample.names:
            rest = [place[other] for other in items if other != item]
            table.loc[item, construct] = R[place[item], rest].sum() / np.sqrt(R[np.ix_(rest, rest)].sum())
    strays = []
    for construct, items in clean.items():
        for item in items:
            others = table.loc[item].drop(construct).abs()
            own = table.loc[item, construct]
            if others.max() >= abs(own):
                strays.append((item, construct, own, others.idxmax(), table.loc[item, others.idxmax()]))
    frame = pd.DataFrame(strays, columns=["item", "own", "own_loading", "other", "other_loading"])
    warnings = list(sample.warnings)
    if len(frame):
        warnings.append(f"closer to another construct than to their own: {', '.join(frame['item'])}")
    return CrossLoadings(table, frame, tuple(warnings))


def _single(fit: Any) -> Measured:
    groups = measured(Refits.of(fit))
    if len(groups) > 1:
        raise SpecificationError("this table is for one group: fit each group by itself")
    return groups[0]


def _by_group(fit: Any, statistic: Any, name: str) -> pd.Series | pd.DataFrame:
    groups = measured(Refits.of(fit))
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


def _table(fit: Any, parts: dict[str, Callable], draws: int, seed: int, confidence: float) -> pd.DataFrame:
    """Each statistic of each construct, with ``_lower`` and ``_upper`` from a bootstrap where draws are asked
    for; ``.attrs["warnings"]`` says how many draws failed.
    """
    check_draws(confidence, draws)

    def numbers(refits: Refits) -> dict[tuple[str, str], np.ndarray]:
        group = measured(refits)[0]
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
