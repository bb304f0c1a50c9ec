"""Composite reliability and extracted variance of a fit and its refits: the numbers behind ``validity``.

Loadings, covariances and thresholds of a group stand in one metric: that of the data for continuous items,
that of the latent responses y* as the fit scales them for ordered ones (variance 1/δ², which is one in the
first group under delta and anything elsewhere). A sample's polychoric correlations are therefore divided by
δ δ', and thresholds are taken less the implied mean of y*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.refitting.refits import Refits
from workbench.sem.standardized import latent_moments


@dataclass(frozen=True)
class Measured:
    """What B refits say of one group's measurement.

    ``loadings`` (B, p, m) of items on constructs; ``latent`` (B, m, m) covariances of constructs; ``sample``
    (B, p, p) of items; ``higher`` (B, m, m) loadings of constructs on second-order factors (columns);
    ``thresholds`` of each ordered item (B, t), less the mean of its latent response.
    """

    label: Any
    items: tuple[str, ...]
    names: tuple[str, ...]
    loadings: np.ndarray
    latent: np.ndarray
    sample: np.ndarray
    higher: np.ndarray
    thresholds: dict[str, np.ndarray]

    def own(self, construct: str) -> np.ndarray:
        """Places of the construct's items."""
        return np.flatnonzero((self.loadings[:, :, self.names.index(construct)] != 0).any(axis=0))

    @property
    def constructs(self) -> list[str]:
        """Constructs measured by two items or more."""
        return [name for name in self.names if len(self.own(name)) > 1]

    def standardized(self) -> Measured:
        """The same with every item divided by its standard deviation in the sample."""
        spread = np.sqrt(np.diagonal(self.sample, axis1=1, axis2=2))
        return replace(
            self,
            loadings=self.loadings / spread[:, :, None],
            sample=self.sample / (spread[:, :, None] * spread[:, None, :]),
            thresholds={
                name: cuts / spread[:, [self.items.index(name)]] for name, cuts in self.thresholds.items()
            },
        )


def measured(refits: Refits) -> list[Measured]:
    """What the refits say of the measurement in each group."""
    problem = refits.problem
    table = problem.table
    rows = [row for row in table.rows if row.op == "=~"]
    names = tuple(dict.fromkeys(row.lhs for row in rows))
    if not names:
        raise SpecificationError("the model measures no construct: it has no '=~'")
    items = tuple(name for name in dict.fromkeys(row.rhs for row in rows) if name not in names)
    place = {name: at for at, name in enumerate((*table.variables.observed, *table.variables.latent))}
    at_items, at_names = ([place[name] for name in part] for part in (items, names))
    measures = np.zeros((len(place), len(place)), dtype=bool)
    for row in rows:
        measures[place[row.rhs], place[row.lhs]] = True
    groups = []
    for group, label in enumerate(problem.sample.groups):
        paths = np.where(measures, refits.paths(group), 0.0)
        sample, cuts = _of_answers(refits, group)
        groups.append(
            Measured(
                label,
                items,
                names,
                paths[:, at_items][:, :, at_names],
                refits.covariance(group)[:, at_names][:, :, at_names],
                sample[:, at_items][:, :, at_items],
                paths[:, at_names][:, :, at_names],
                {name: cuts[name] for name in items if name in cuts},
            )
        )
    return groups


def _of_answers(refits: Refits, group: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Covariances (B, p, p) of the observed variables in the metric of the loadings; of every ordered item
    its thresholds (B, t) less the mean of its latent response.

    With exogenous variables polychoric correlations are given them: here they count as part of the variance.
    """
    problem = refits.problem
    if not problem.table.options.ordered:
        return refits.sample_covariance(group), {}
    model: Any = problem.model  # of ordered answers, whose scales and thresholds are asked for
    x, target = refits.x, problem.targets[group]
    delta = model.state(group, x, target.cov, target.mean).delta
    scale = problem.scale / delta
    sample = model.joint[group][0] * (scale[:, :, None] * scale[:, None, :])
    paths, _, intercepts, _ = latent_moments(problem, x, group)
    mean = np.linalg.solve(np.eye(model.size) - paths, intercepts[:, :, None])[:, :, 0]
    layout, names = model.layout, problem.table.variables.observed
    thresholds = model.thresholds(group, x)
    cuts = {
        names[variable]: thresholds[:, layout.threshold_item == item] - mean[:, [variable]]
        for item, variable in enumerate(layout.ordered)
    }
    return sample, {name: np.sort(values, axis=1) for name, values in cuts.items()}


def reliability(group: Measured) -> dict[str, np.ndarray]:
    """Composite reliability (B,) of every construct; nan where only some of its items are ordered."""
    values = {}
    for name in group.constructs:
        own, at = group.own(name), group.names.index(name)
        loading = group.loadings[:, own, at]
        common = loading[:, :, None] * loading[:, None, :] * group.latent[:, at, at, None, None]
        values[name] = _share(group, own, common)
    return values


def extracted(group: Measured) -> dict[str, np.ndarray]:
    """Average variance extracted (B,) of every construct; nan where an item loads on another too."""
    places = [group.names.index(name) for name in group.constructs]
    loads_on = (np.abs(group.loadings[:, :, places]) >= 5e-6).sum(axis=2)
    values = {}
    for name in group.constructs:
        own, at = group.own(name), group.names.index(name)
        squares = (group.loadings[:, own, at] ** 2).sum(axis=1) * group.latent[:, at, at]
        variances = np.diagonal(group.sample, axis1=1, axis2=2)[:, own].sum(axis=1)
        shared = (loads_on[:, own] > 1).any(axis=1)
        values[name] = np.where(shared, np.nan, squares / variances)
    return values


def total(group: Measured) -> dict[str, np.ndarray]:
    """Share (B,) of the sum of a construct's items that all factors behind them explain."""
    values = {}
    for name in group.constructs:
        own = group.own(name)
        loadings = group.loadings[:, own]
        values[name] = _share(group, own, loadings @ group.latent @ loadings.swapaxes(1, 2))
    return values


def second_order(group: Measured) -> dict[str, np.ndarray]:
    """Share (B,) of the sum of all items below a second-order factor that this factor explains."""
    values: dict[str, np.ndarray] = {}
    for at, name in enumerate(group.names):
        below = np.flatnonzero((group.higher[:, :, at] != 0).any(axis=0))
        if not len(below):
            continue
        items = np.flatnonzero((group.loadings[:, :, below] != 0).any(axis=(0, 2)))
        reach = group.loadings[:, items][:, :, below] @ group.higher[:, below, at, None]
        common = reach @ reach.swapaxes(1, 2) * group.latent[:, at, at, None, None]
        values[name] = _share(group, items, common)
    return values


def _share(group: Measured, own: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Share (B,) of the sum of the items ``own`` that ``common`` (B, k, k) covariances make up.

    Of ordered items the sum is that of the categories; nan where only some of the items are ordered.
    """
    whole = group.sample[:, own][:, :, own]
    ordered = [group.items[item] in group.thresholds for item in own]
    if not any(ordered):
        return common.sum(axis=(1, 2)) / whole.sum(axis=(1, 2))
    if not all(ordered):
        return np.full(len(whole), np.nan)
    cuts = [group.thresholds[group.items[item]] for item in own]
    return np.array(
        [_green_yang(common[draw], whole[draw], [cut[draw] for cut in cuts]) for draw in range(len(whole))]
    )


def latent_correlations(group: Measured) -> np.ndarray:
    """Correlations (B, k, k) of the constructs with two items or more."""
    places = [group.names.index(name) for name in group.constructs]
    latent = group.latent[:, places][:, :, places]
    spread = np.sqrt(np.diagonal(latent, axis1=1, axis2=2))
    return latent / (spread[:, :, None] * spread[:, None, :])


def _green_yang(common: np.ndarray, whole: np.ndarray, thresholds: list[np.ndarray]) -> float:
    """Reliability of the sum of ordered items: covariances of the categories that the factor implies, over
    all.

    Cov(X_i, X_j) = sum over thresholds of Phi2(t, u; r) - sum Phi(t) sum Phi(u), with r from the factor
    above the line and from the polychoric correlations below it. Source: Green & Yang (2009), formula 21.
    """
    from scipy.special import ndtr

    from workbench.sem.ordered.bivariate_normal import bivariate_probability

    scale = np.sqrt(np.diag(whole))
    factor, polychoric = common / np.outer(scale, scale), whole / np.outer(scale, scale)
    cuts = [cut / spread for cut, spread in zip(thresholds, scale, strict=True)]
    above = below = 0.0
    for i, first in enumerate(cuts):
        for j, second in enumerate(cuts):
            alone = ndtr(first).sum() * ndtr(second).sum()
            rows, columns = first[:, None], second[None, :]
            above += bivariate_probability(rows, columns, factor[i, j]).sum() - alone
            below += bivariate_probability(rows, columns, np.minimum(polychoric[i, j], 1.0)).sum() - alone
    return float(above / below)
