"""Starting values from correlations, so that the scale of the data does not matter.

A factor's loadings start at the centroid solution of its indicators' correlations; its score's covariances
with everything else give starting covariances of factors, and regressions start at least squares on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from workbench.sem.compiled_model import Model
from workbench.sem.definite import solution
from workbench.sem.table import Row


def starting_values(
    model: Model, group: int, cov: np.ndarray, mean: np.ndarray | None, simple: bool = False
) -> dict[int, float]:
    """Internal starting values of one group's rows, by row number of the table.

    ``cov`` (p, p), ``mean`` (p,): the sample's, internal scale. ``simple``: no covariances of factors and no
    regressions, for when the first choice is not admissible.
    """
    table = model.table
    variables = table.variables
    names = (*variables.observed, *variables.latent)
    place = {name: position for position, name in enumerate(names)}
    rows = [(index, row) for index, row in enumerate(table.rows) if row.group == group + 1]
    factor_of = _scale_factors(model, place)
    joint, loadings = _joint_covariance(model, rows, place, cov, factor_of)
    explained: dict[int, list[int]] = {}
    outcomes = {row.lhs for _, row in rows if row.op == "~"}
    for _, row in rows:
        if row.op == "~":
            explained.setdefault(place[row.lhs], []).append(place[row.rhs])
        elif row.op == "=~" and (row.rhs in variables.latent or row.rhs in outcomes):
            explained.setdefault(place[row.rhs], [])
    slopes, residual = {}, {}
    for outcome, sources in explained.items():
        if simple or not sources:
            continue
        among = joint[np.ix_(sources, sources)]
        ridge = among + 1e-3 * np.diag(np.diagonal(among))
        weights = solution(ridge, joint[sources, outcome])
        if weights is None:
            weights = np.zeros(len(sources))
        slopes.update({(outcome, source): weight for source, weight in zip(sources, weights, strict=True)})
        residual[outcome] = joint[outcome, outcome] - joint[outcome, sources] @ weights
    start: dict[int, float] = {}
    factors_of: dict[str, list[str]] = {}
    for _, row in rows:
        if row.op == "=~":
            factors_of.setdefault(row.rhs, []).append(row.lhs)
    for index, row in rows:
        left, right = place[row.lhs], place.get(row.rhs, -1)
        if row.start is not None:
            start[index] = row.start / factor_of(row)
        elif row.op == "=~":
            start[index] = loadings.get((row.lhs, row.rhs), 0.5)
        elif row.op == "~":
            start[index] = slopes.get((left, right), 0.0)
        elif row.op == "~1":
            start[index] = mean[left] if mean is not None and left < model.observed else 0.0
        elif left == right:
            start[index] = _residual_start(
                left, row.lhs, joint, residual, loadings, place, factors_of.get(row.lhs, ())
            )
        else:
            exogenous = left not in explained and right not in explained
            observed_pair = left < model.observed and right < model.observed
            plain = observed_pair and row.lhs not in factors_of and row.rhs not in factors_of
            both_latent = left >= model.observed and right >= model.observed
            use = exogenous and not simple and (plain or both_latent)
            start[index] = joint[left, right] if use else 0.0
    return start


def _scale_factors(model: Model, place: dict[str, int]) -> Callable[[Row], float]:
    scale = model.scale

    def factor(row: Row) -> float:
        left = scale[place[row.lhs]]
        if row.op == "~1":
            return left
        right = scale[place[row.rhs]]
        if row.op == "~~":
            return left * right
        return right / left if row.op == "=~" else left / right

    return factor


def _joint_covariance(
    model: Model,
    rows: Sequence[tuple[int, Row]],
    place: Mapping[str, int],
    cov: np.ndarray,
    factor_of: Callable[[Row], float],
) -> tuple[np.ndarray, dict[tuple[str, str], float]]:
    """Covariances of observed variables and factor scores (T, T), and starting loadings by factor and
    indicator.
    """
    latent = model.table.variables.latent
    size, p = model.size, model.observed
    joint = np.zeros((size, size))
    joint[:p, :p] = cov
    known = set(range(p))
    variance = {row.lhs: row for _, row in rows if row.op == "~~" and row.lhs == row.rhs}
    indicators: dict[str, list] = {name: [] for name in latent}
    for index, row in rows:
        if row.op == "=~":
            indicators[row.lhs].append((index, row))
    loadings: dict[tuple[str, str], float] = {}
    pending = list(latent)
    while pending:
        ready = [
            name for name in pending if all(place[row.rhs] in known for _, row in indicators[name])
        ] or pending[:1]
        for name in ready:
            pending.remove(name)
            members = [row for _, row in indicators[name] if place[row.rhs] in known]
            here = place[name]
            own = np.array([place[row.rhs] for row in members], dtype=int)
            values, total = _one_factor(joint, own, members, variance[name], factor_of)
            for row, value in zip(members, values, strict=True):
                loadings[name, row.rhs] = value
            weight = values / max(values @ values, 1e-12)
            joint[here, :] = joint[:, here] = weight @ joint[own, :]
            # a score's covariance with its own indicators is free of their errors
            joint[here, own] = joint[own, here] = values * total
            joint[here, here] = total
            known.add(here)
    spread = np.sqrt(np.abs(np.diagonal(joint)[p:]))
    bound = 0.9 * spread[:, None] * spread
    np.fill_diagonal(bound, np.inf)
    joint[p:, p:] = np.minimum(np.maximum(joint[p:, p:], -bound), bound)
    return joint, loadings


def _one_factor(
    joint: np.ndarray,
    own: np.ndarray,
    members: Sequence[Row],
    variance_row: Row,
    factor_of: Callable[[Row], float],
) -> tuple[np.ndarray, float]:
    """Starting loadings and variance of one factor from the correlations of its indicators (centroid
    method).
    """
    count = len(own)
    block = joint[own[:, None], own]
    sd = np.sqrt(np.maximum(np.diagonal(block), 1e-12))
    fixed = np.array([np.nan if row.value is None else row.value / factor_of(row) for row in members])
    fixed_variance = None if variance_row.value is None else variance_row.value / factor_of(variance_row)
    if count == 1:
        value = 1.0 if np.isnan(fixed[0]) else fixed[0]
        total = fixed_variance if fixed_variance else sd[0] ** 2 / (value**2 if value else 1.0)
        return np.array([value]), total
    aligned = block / (sd[:, None] * sd)
    sign = np.ones(count)
    if aligned.min() <= 0:  # a positive matrix has a positive first eigenvector
        sign = np.where(np.linalg.eigh(aligned)[1][:, -1] < 0, -1.0, 1.0)
        aligned *= sign[:, None] * sign
    aligned.flat[:: count + 1] = 0.0
    sums = np.maximum(aligned.sum(axis=1), 0.1)
    if count == 2:
        standard = math.sqrt(min(max(aligned[0, 1], 0.1), 0.8))
    else:
        rest = np.maximum(sums.sum() - 2 * sums, 0.1) / (count - 2)
        standard = sums / (count - 1) / np.sqrt(np.maximum(rest / (count - 1), 0.05))
        standard = np.minimum(np.maximum(standard, 0.3), 0.9)
    loadings = sign * standard * sd
    known = ~np.isnan(fixed)
    marker = np.flatnonzero(known & (fixed != 0))
    if len(marker):
        first = marker[0]
        total = (loadings[first] / fixed[first]) ** 2
    else:
        total = fixed_variance if fixed_variance else 1.0
        first = None
    if fixed_variance:
        total = fixed_variance
    loadings = loadings / math.sqrt(abs(total))  # a variance may be fixed below zero
    flip = -1.0 if first is not None and loadings[first] * fixed[first] < 0 else 1.0
    if first is None and sign[0] < 0:  # lavaan: the first indicator points upwards
        flip = -1.0
    loadings = np.where(known, fixed, loadings * flip)
    return loadings, total


def _residual_start(
    here: int,
    name: str,
    joint: np.ndarray,
    residual: Mapping[int, float],
    loadings: Mapping[tuple[str, str], float],
    place: Mapping[str, int],
    factors: Sequence[str],
) -> float:
    total = joint[here, here]
    if here in residual:
        return max(residual[here], 0.1 * total)
    if not factors:
        return total
    explained = max(
        loadings.get((factor, name), 0.5) ** 2 * joint[place[factor], place[factor]] for factor in factors
    )
    return max(total - explained, 0.2 * total)
