"""Standardised estimates, with exact derivatives by complex step."""

from __future__ import annotations

import numpy as np

from workbench.sem.constraints import label_values
from workbench.sem.problem import Problem


def latent_moments(problem: Problem, x: np.ndarray, group: int):
    """A, S, m and the covariances of all variables (B, T, T), observed first, for parameters ``x`` (B, q)."""
    target = problem.targets[group]
    draws = len(x)
    cov = np.repeat(target.cov, draws, 0) if len(target.cov) != draws else target.cov
    mean = target.mean
    if mean is not None and len(mean) != draws:
        mean = np.repeat(mean, draws, 0)
    paths, spread, intercepts = problem.model.system(group, x, cov, mean)
    total = np.linalg.inv(np.eye(problem.model.size) - paths)
    return paths, spread, intercepts, total @ spread @ total.swapaxes(1, 2)


def standardize(problem: Problem, x: np.ndarray, everything: bool = True) -> np.ndarray:
    """Standardised value of every row and definition, (B, rows + definitions).

    ``everything``: by the deviations of all variables (``std_all``), otherwise of the latent ones
    (``std_lv``). As in lavaan a residual covariance is divided by the residual standard deviations, so it
    is a correlation.
    """
    table, model = problem.table, problem.model
    variables = table.variables
    place = {name: position for position, name in enumerate((*variables.observed, *variables.latent))}
    values = np.zeros((len(x), len(table.rows)), x.dtype)
    p = model.observed
    back = np.ones(model.size)
    if not everything:
        back[:p] = problem.scale
    with np.errstate(invalid="ignore"):  # a negative variance leaves nan, which is shown as such
        _fill(problem, x, everything, place, back, values)
    if not table.definitions:
        return values
    defined = _definitions(problem, values)
    return np.concatenate([values, defined], axis=1)


def _fill(problem, x, everything, place, back, values) -> None:
    """Standardised rows, group by group, into ``values``."""
    table, p = problem.table, problem.model.observed
    column = {index: position for position, index in enumerate(table.free)}
    for group in range(table.groups):
        paths, spread, intercepts, cov = latent_moments(problem, x, group)
        total = np.diagonal(cov, axis1=1, axis2=2)
        sd = np.sqrt(np.where(total.real > 0, total, np.nan))
        own = np.diagonal(spread, axis1=1, axis2=2)
        # lavaan: a negative variance counts by its size here; a variance of zero leaves no correlation
        residual = np.sqrt(np.where(own.real < 0, -own, np.where(own.real == 0, np.nan, own)))
        if not everything:
            sd, residual = sd.copy(), residual.copy()
            sd[:, :p] = 1.0
            residual[:, :p] = 1.0
        for index, row in enumerate(table.rows):
            if row.group != group + 1:
                continue
            left = place[row.lhs]
            right = place.get(row.rhs, left)
            if row.op == "|":
                level = x[:, column[index]] if index in column else row.value
                values[:, index] = level / sd[:, left]
            elif row.op == "~*~":  # lavaan: one once everything is standardised
                level = x[:, column[index]] if index in column else row.value
                values[:, index] = 1.0 if everything else level
            elif row.op == "~1":
                values[:, index] = intercepts[:, left] / sd[:, left] * back[left]
            elif row.op == "~~" and left == right:
                values[:, index] = spread[:, left, left] / sd[:, left] ** 2 * back[left] ** 2
            elif row.op == "~~":
                both = back[left] * back[right]
                values[:, index] = spread[:, left, right] / (residual[:, left] * residual[:, right]) * both
            else:
                to, source = (right, left) if row.op == "=~" else (left, right)
                ratio = back[to] / back[source]
                values[:, index] = paths[:, to, source] * sd[:, source] / sd[:, to] * ratio


def _definitions(problem: Problem, values: np.ndarray) -> np.ndarray:
    """Definitions computed from standardised labels."""
    from workbench.sem.expression import evaluate

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
    implied = model.residual_variances(x, problem.targets) if table.options.ordered else {}
    place = {name: position for position, name in enumerate(table.variables.observed)}
    for index, row in enumerate(table.rows):
        if row.free:
            continue
        if index in implied:
            values[:, index] = implied[index]
        elif row.exogenous:
            target = problem.targets[row.group - 1]
            left = place[row.lhs]
            if row.op == "~1":
                values[:, index] = target.mean[:, left] * problem.scale[left]
            else:
                right = place[row.rhs]
                values[:, index] = target.cov[:, left, right] * problem.scale[left] * problem.scale[right]
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
