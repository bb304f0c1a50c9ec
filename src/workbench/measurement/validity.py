"""Convergent and discriminant validity of a fitted measurement model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of
from workbench.measurement.correlations import correlations


@dataclass(frozen=True)
class ModelOmega:
    """Omega of every construct of a fitted model, and of a second-order factor."""

    table: pd.DataFrame  # construct; items, reliability, total, explained
    estimate: pd.Series
    second_order: pd.Series
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ConvergentValidity:
    """Loadings, composite reliability and average variance extracted by construct."""

    table: pd.DataFrame  # construct; items, lowest_loading, cr, ave, largest_shared_variance
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


@dataclass(frozen=True)
class _Group:
    """Loadings, latent covariances and the sample of one group of a fit."""

    loadings: pd.DataFrame
    latent: pd.DataFrame
    sample: pd.DataFrame
    higher: pd.DataFrame  # loadings of constructs on second-order factors
    thresholds: dict[str, np.ndarray]


def composite_reliability(fit: Any) -> pd.Series | pd.DataFrame:
    """Composite reliability of every construct with two items or more; a row a group where there are groups.

    CR = phi (sum of loadings)^2 / sum of the sample's covariances of the items, so that correlated residuals
    count as what they are, not as reliability. With ordered items it is the reliability of the observed
    sum of categories (Green & Yang 2009). Source: Raykov (2001). R: ``semTools::compRelSEM(fit)``.
    """
    return _by_group(fit, _reliability, "composite_reliability")


def average_variance_extracted(fit: Any) -> pd.Series | pd.DataFrame:
    """Average variance extracted of every construct with two items or more.

    AVE = phi sum of squared loadings / sum of the sample's item variances, in the items' own metric as
    semTools has it; NaN for a construct one of whose items loads on another too. Source: Fornell & Larcker
    (1981). R: ``semTools::AVE(fit)``.
    """
    return _by_group(fit, _extracted, "average_variance_extracted")


def model_omega(fit: Any) -> ModelOmega:
    """Omega of every construct of a fit: of the construct alone, and of all that its items share.

    ``reliability`` counts the construct's own factor (for a general factor of a bifactor model this is omega
    hierarchical, for its group factors omega hierarchical of the subscale); ``total`` counts every factor
    that stands behind the items. ``second_order`` is the share of the sum of all items that a second-order
    factor explains. R: ``semTools::compRelSEM(fit)``, with ``higher = `` for the last.
    """
    group = _single(fit)
    constructs = _constructs(group)
    reliability = _reliability(group)
    rows = {}
    for name in constructs:
        items = _items(group, name)
        common = group.loadings.loc[items] @ group.latent.loc[group.loadings.columns, group.loadings.columns]
        shared = float((common @ group.loadings.loc[items].T).to_numpy().sum())
        total = shared / float(group.sample.loc[items, items].to_numpy().sum())
        rows[name] = {"items": len(items), "reliability": reliability[name], "total": total}
    table = pd.DataFrame(rows).T.astype({"items": int})
    table.index.name = "construct"
    warnings = list(fit.warnings)
    if group.thresholds:
        table["total"] = np.nan
        warnings.append("total over several factors is not given for ordered items")
    return ModelOmega(table, table["reliability"], _second_order(group), tuple(warnings))


def convergent_validity(fit: Any) -> ConvergentValidity:
    """One row a construct: items, lowest standardized loading, CR, AVE and the largest variance shared
    with another.

    Usual marks (Hair et al. 2019): loadings 0.7, CR 0.7, AVE 0.5, AVE above the largest shared variance.
    """
    group = _single(fit)
    reliability, extracted = _reliability(group), _extracted(group)
    correlation = _latent_correlations(group, list(reliability.index))
    estimates = fit.estimates
    loading_rows = estimates[estimates["op"] == "=~"]
    rows = {}
    for name in reliability.index:
        own = loading_rows.loc[loading_rows["lhs"] == name, "std_all"]
        others = correlation.loc[name].drop(name) ** 2
        rows[name] = {
            "items": len(own),
            "lowest_loading": own.abs().min(),
            "cr": reliability[name],
            "ave": extracted[name],
            "largest_shared_variance": others.max() if len(others) else np.nan,
        }
    table = pd.DataFrame(rows).T.astype({"items": int})
    table.index.name = "construct"
    weak = [f"{name} ({row.ave:.2f})" for name, row in table.iterrows() if row.ave < 0.5]
    warnings = list(fit.warnings)
    if weak:
        warnings.append(f"average variance extracted below 0.5: {', '.join(weak)}")
    return ConvergentValidity(table, tuple(warnings))


def fornell_larcker(fit: Any) -> FornellLarcker:
    """Fornell and Larcker's table: is a construct closer to its items than to any other construct?

    The root of AVE stands on the diagonal, latent correlations below it. Source: Fornell & Larcker (1981);
    it misses a lack of discriminant validity more often than HTMT does (Henseler, Ringle & Sarstedt 2015).
    """
    group = _single(fit)
    root = np.sqrt(_extracted(group))
    names = list(root.index)
    correlation = _latent_correlations(group, names)
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


def _groups(fit: Any) -> dict[Any, _Group]:
    """What the fit says of each group: loadings, latent covariances, sample covariances, thresholds."""
    estimates = fit.estimates
    measured = estimates[estimates["op"] == "=~"]
    latents = list(dict.fromkeys(measured["lhs"]))
    if not latents:
        raise SpecificationError("the model measures no construct: it has no '=~'")
    labels = list(fit.groups)
    groups = {}
    for number, label in enumerate(labels, 1):
        own = measured[measured["group"] == number]
        observed = fit.observed if len(labels) == 1 else fit.observed[label]
        latent = fit.latent_covariance if len(labels) == 1 else fit.latent_covariance[label]
        items = [name for name in dict.fromkeys(own["rhs"]) if name not in latents]
        wide = own.pivot_table(index="rhs", columns="lhs", values="est", sort=False, fill_value=0.0)
        wide = wide.reindex(columns=latents, fill_value=0.0)
        cuts = estimates[(estimates["op"] == "|") & (estimates["group"] == number)]
        thresholds = {
            item: np.sort(rows["est"].to_numpy()) for item, rows in cuts.groupby("lhs") if item in items
        }
        groups[label] = _Group(
            wide.loc[items],
            latent.loc[latents, latents],
            observed.cov.loc[items, items],
            wide.loc[[name for name in wide.index if name in latents]],
            thresholds,
        )
    return groups


def _single(fit: Any) -> _Group:
    groups = _groups(fit)
    if len(groups) > 1:
        raise SpecificationError("this table is for one group: fit each group by itself")
    return next(iter(groups.values()))


def _by_group(fit: Any, statistic: Any, name: str) -> pd.Series | pd.DataFrame:
    values = {label: statistic(group) for label, group in _groups(fit).items()}
    if len(values) == 1:
        return next(iter(values.values())).rename(name)
    frame = pd.DataFrame(values).T
    frame.index.name = "group"
    return frame


def _items(group: _Group, construct: str) -> list[str]:
    return list(group.loadings.index[group.loadings[construct] != 0])


def _constructs(group: _Group) -> list[str]:
    """Constructs measured by two items or more."""
    return [name for name in group.loadings.columns if len(_items(group, name)) > 1]


def _reliability(group: _Group) -> pd.Series:
    values = {}
    for name in _constructs(group):
        items = _items(group, name)
        loading = group.loadings.loc[items, name].to_numpy()
        common = np.outer(loading, loading) * group.latent.loc[name, name]
        whole = group.sample.loc[items, items].to_numpy()
        ordered = [item in group.thresholds for item in items]
        if all(ordered):
            values[name] = _green_yang(common, whole, [group.thresholds[item] for item in items])
        elif any(ordered):
            values[name] = np.nan
        else:
            values[name] = float(common.sum() / whole.sum())
    return pd.Series(values, dtype=float)


def _extracted(group: _Group) -> pd.Series:
    constructs = _constructs(group)
    loads_on = (group.loadings[constructs].round(5) != 0).sum(axis=1)
    values = {}
    for name in constructs:
        items = _items(group, name)
        if (loads_on.loc[items] > 1).any():
            values[name] = np.nan
            continue
        squares = float((group.loadings.loc[items, name] ** 2).sum())
        variances = float(np.trace(group.sample.loc[items, items]))
        values[name] = squares * float(group.latent.loc[name, name]) / variances
    return pd.Series(values, dtype=float)


def _second_order(group: _Group) -> pd.Series:
    """Share of the sum of all items below a second-order factor that this factor explains."""
    values: dict[str, float] = {}
    if group.thresholds:
        return pd.Series(values, dtype=float)
    for name in group.higher.columns:
        below = group.higher.index[group.higher[name] != 0]
        if not len(below):
            continue
        items = group.loadings.index[(group.loadings[below] != 0).any(axis=1)]
        reach = group.loadings.loc[items, below].to_numpy() @ group.higher.loc[below, name].to_numpy()
        whole = float(group.sample.loc[items, items].to_numpy().sum())
        values[name] = float(reach.sum() ** 2 * group.latent.loc[name, name] / whole)
    return pd.Series(values, dtype=float)


def _latent_correlations(group: _Group, names: list[str]) -> pd.DataFrame:
    latent = group.latent.loc[names, names].to_numpy()
    scale = np.sqrt(np.diag(latent))
    return pd.DataFrame(latent / np.outer(scale, scale), index=names, columns=names)


def _green_yang(common: np.ndarray, whole: np.ndarray, thresholds: list[np.ndarray]) -> float:
    """Reliability of the sum of ordered items: covariances of the categories that the factor implies, over
    all.

    Cov(X_i, X_j) = sum over thresholds of Phi2(t, u; r) - sum Phi(t) sum Phi(u), with r from the factor
    above the line and from the polychoric correlations below it. Source: Green & Yang (2009), formula 21.
    """
    from scipy.special import ndtr

    from workbench.sem.bivariate_normal import bivariate_probability

    scale = np.sqrt(np.diag(whole))
    factor, polychoric = common / np.outer(scale, scale), whole / np.outer(scale, scale)
    cuts = [cut / spread for cut, spread in zip(thresholds, scale, strict=True)]
    above = below = 0.0
    for i, first in enumerate(cuts):
        for j, second in enumerate(cuts):
            alone = ndtr(first).sum() * ndtr(second).sum()
            grid = (first[:, None], second[None, :])
            above += bivariate_probability(*grid, factor[i, j]).sum() - alone
            below += bivariate_probability(*grid, min(polychoric[i, j], 1.0)).sum() - alone
    return float(above / below)
