"""Standardised estimates, with exact derivatives by complex step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.constraints import label_values
from workbench.sem.expression import evaluate

if TYPE_CHECKING:
    from workbench.sem.compiled_model import IfAny
    from workbench.sem.problem import Problem


def latent_moments(
    problem: Problem, x: np.ndarray, group: int
) -> tuple[np.ndarray, np.ndarray, IfAny, np.ndarray]:
    """A, S, m and the covariances of all variables (B, T, T), observed first, for parameters ``x`` (B, q)."""
    target = problem.targets[group]
    draws = len(x)
    cov = np.repeat(target.cov, draws, 0) if len(target.cov) != draws else target.cov
    mean = target.mean
    if mean is not None and len(mean) != draws:
        mean = np.repeat(mean, draws, 0)
    paths, spread, intercepts = problem.model.system(group, x, cov, mean)
    total = problem.model.total_effects(group, paths)
    return paths, spread, intercepts, total @ spread @ total.swapaxes(1, 2)


def standardize(problem: Problem, x: np.ndarray, everything: bool = True) -> np.ndarray:
    """Standardised value of every row and definition, (B, rows + definitions).

    ``everything``: by the deviations of all variables (``std_all``), otherwise of the latent ones
    (``std_lv``). As in lavaan a residual covariance is divided by the residual standard deviations, so it
    is a correlation.
    """
    return _standardized(problem, x, (everything,))[0]


def standardize_both(problem: Problem, x: np.ndarray, moments: list[tuple]) -> tuple[np.ndarray, np.ndarray]:
    """``std_lv`` and ``std_all`` of every row and definition, (B, rows + definitions) each.

    ``moments``: each group's :func:`latent_moments` at ``x``.
    """
    by_latent, by_all = _standardized(problem, x, (False, True), moments)
    return by_latent, by_all


def _standardized(
    problem: Problem, x: np.ndarray, kinds: tuple[bool, ...], moments: list[tuple] | None = None
) -> list[np.ndarray]:
    table, p = problem.table, problem.model.observed
    results = [np.zeros((len(x), len(table.rows)), x.dtype) for _ in kinds]
    gathers = _gathers(problem)
    with np.errstate(invalid="ignore", divide="ignore"):  # a negative variance leaves nan, shown as such
        for group, gather in enumerate(gathers):
            known = latent_moments(problem, x, group) if moments is None else moments[group]
            paths, spread, intercepts, cov = known
            parts = [part.reshape(len(x), part.shape[1] ** 2) for part in (paths, spread)] + [x]
            if intercepts is not None:
                parts.append(intercepts)
            if gather.constants is not None:
                parts.append(np.broadcast_to(gather.constants, (len(x), len(gather.constants))))
            raw = np.concatenate(parts, axis=1)[:, gather.cell]
            total = np.diagonal(cov, axis1=1, axis2=2)
            left = np.diagonal(spread, axis1=1, axis2=2)
            size = total.shape[1]
            by = np.ones((len(x), 2 * size + 1), x.dtype)
            np.sqrt(np.where(total.real >= 0, total, np.nan), out=by[:, :size])
            # lavaan: a negative variance counts by its size here; a variance of zero leaves no correlation
            residual = np.where(left.real < 0, -left, np.where(left.real == 0, np.nan, left))
            np.sqrt(residual, out=by[:, size:-1])
            for values, everything in zip(results, kinds, strict=True):
                own = by
                if not everything:
                    own = by.copy()
                    own[:, :p] = own[:, size : size + p] = 1 / problem.scale
                values[:, gather.rows] = (
                    raw * own[:, gather.times] / (own[:, gather.over] * own[:, gather.also])
                )
                if everything and len(gather.scales):  # lavaan: one once everything is standardised
                    values[:, gather.scales] = 1.0
    if False in kinds:
        for index, value in problem.model.residual_variances(x).items():
            results[kinds.index(False)][:, index] = value
    if not table.definitions:
        return results
    return [np.concatenate([values, _definitions(problem, values)], axis=1) for values in results]


@dataclass(frozen=True)
class _Gather:
    """Where the rows of a group stand among its cells, and what they are multiplied by and divided by.

    ``cell`` counts through A, S, the parameters, m and ``constants``; ``times``, ``over`` and ``also`` count
    through the deviations of all variables, their residual deviations, and a one.
    """

    rows: np.ndarray
    cell: np.ndarray
    times: np.ndarray
    over: np.ndarray
    also: np.ndarray
    scales: list[int]
    constants: list[float] | None


def _gathers(problem: Problem) -> list[_Gather]:
    table, size = problem.table, problem.model.size
    variables = table.variables
    place = {name: position for position, name in enumerate((*variables.observed, *variables.latent))}
    column = {index: 2 * size * size + position for position, index in enumerate(table.free)}
    level = 2 * size * size + len(table.free)
    one = 2 * size
    found: list[list[tuple[int, int, int, int, int]]] = [[] for _ in range(table.groups)]
    scales: list[list[int]] = [[] for _ in range(table.groups)]
    constants: list[list[float]] = [[] for _ in range(table.groups)]
    for index, row in enumerate(table.rows):
        group = row.group - 1
        left = place[row.lhs]
        right = place.get(row.rhs, left)
        if row.op == "=~":
            cell = index, right * size + left, left, right, one
        elif row.op == "~":
            cell = index, left * size + right, right, left, one
        elif row.op == "~~":
            shift = 0 if left == right else size
            cell = index, size * size + left * size + right, one, left + shift, right + shift
        elif row.op == "~1":
            cell = index, level + left, one, left, one
        else:  # a threshold, or the scale of a latent response
            if index in column:
                value = column[index]
            else:
                value = level + size + len(constants[group])
                constants[group].append(1.0 if row.value is None else row.value)  # under theta: see below
            if row.op == "~*~":
                scales[group].append(index)
            cell = index, value, one, left if row.op == "|" else one, one
        found[group].append(cell)
    return [
        _Gather(rows, cell, times, over, also, scaled, fixed or None)
        for (rows, cell, times, over, also), scaled, fixed in zip(
            (np.array(cells).T for cells in found), scales, constants, strict=True
        )
    ]


def _definitions(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Definitions computed from standardised labels."""
    table = problem.table
    none = np.zeros((len(values), 1))
    known = {}
    for index, row in enumerate(table.rows):
        known[f".p{index + 1}."] = values[:, index], none
        if row.label:
            known.setdefault(row.label, (values[:, index], none))
    columns = []
    for definition in table.definitions:
        value = np.broadcast_to(evaluate(definition.expression, known)[0], (len(values),))
        known[definition.name] = value, none
        columns.append(value)
    return np.stack(columns, axis=1)


def standard_errors(problem: Problem, x: np.ndarray, vcov: np.ndarray, everything: bool = True) -> np.ndarray:
    """Delta-method standard errors of the standardised values (internal ``x`` (q,) and ``vcov`` (q, q)).

    R: ``lavaan::standardizedSolution(fit)$se``.
    """
    step = 1e-30
    moved = x + 1j * step * np.eye(len(x))
    slopes = standardize(problem, moved, everything).imag / step
    variance = np.einsum("ki,kl,li->i", slopes, vcov, slopes)
    return np.sqrt(np.maximum(variance, 0.0))


def raw_values(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Every row of the table on the data's scale for parameters ``x`` (B, q): free, fixed and sample
    values.
    """
    table, model = problem.table, problem.model
    values = np.empty((len(x), len(table.rows)))
    values[:, list(table.free)] = x * model.unit
    implied = model.residual_variances(x)
    place = {name: position for position, name in enumerate(table.variables.observed)}
    for index, row in enumerate(table.rows):
        if row.free:
            continue
        if index in implied:
            values[:, index] = implied[index]
        elif row.exogenous:
            cov, mean = problem.fixed_moments(row.group - 1)
            left = place[row.lhs]
            if row.op == "~1":
                values[:, index] = mean[:, left] * problem.scale[left]
            else:
                right = place[row.rhs]
                values[:, index] = cov[:, left, right] * problem.scale[left] * problem.scale[right]
        else:
            values[:, index] = row.value
    return values


def definition_values(problem: Problem, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Definitions (B, d) and their gradients (B, d, q) at free parameters ``raw`` (B, q) on the data's
    scale.
    """
    table = problem.table
    if not table.definitions:
        return np.zeros((len(raw), 0)), np.zeros((len(raw), 0, raw.shape[1]))
    values = label_values(table.rows, table.free, table.definitions, raw)
    pairs = [values[definition.name] for definition in table.definitions]
    return np.stack([pair[0] for pair in pairs], axis=1), np.stack([pair[1] for pair in pairs], axis=1)
