"""Modification indices: what freeing a fixed parameter would do to the test statistic and to the
parameter.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.constraints import Equalities
from workbench.sem.discrepancy import Target, assemble
from workbench.sem.inference import scaled_inverse
from workbench.sem.matrices import compile_model
from workbench.sem.standardized import latent_moments, raw_values
from workbench.sem.table import ParameterTable, Row

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

DEPENDENT = 1e-6  # a parameter whose information the others explain this far cannot be freed


def modification_indices(fit: Fit) -> pd.DataFrame:
    """Score tests for each parameter that is fixed or left out, one at a time, largest first.

    With ``g`` the gradient of fmin by the parameter and ``V`` its information given the free parameters,
    ``mi = N g^2 / V`` and ``epc = -g / V`` (Sörbom 1989). Parameters that the free ones determine are left
    out.

    Returns columns lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all.

    lavaan's numbers, but for two cases. A path into a variable of ``fixed_x`` makes that variable an outcome,
    so its variance counts as free (lavaan's index under ``fixed.x = FALSE``). And after an improper solution
    (a negative variance, a correlation above one), or where a fixed variable becomes an indicator, lavaan's
    extended model stands at another point than the fit; this one stays in the solution, as refits confirm.

    R: ``lavaan::modindices(fit, sort. = TRUE)``.
    """
    import pandas as pd

    problem = fit.problem
    table, known = problem.table, problem.model
    extended, candidates = _extended(table)
    if table.options.ordered:
        model = known.recompiled(extended)
    else:
        model = compile_model(extended, known.scale[: known.observed], known.scale[known.observed :])
    # moments fixed to the sample estimate it: beside a new path into such a variable they count as free
    exogenous = [index for index, row in enumerate(table.rows) if row.exogenous]
    own = list(table.free) + exogenous
    place = {row: column for column, row in enumerate(extended.free)}
    x = np.array([extended.rows[index].start or 0.0 for index in extended.free]) / model.unit
    kept = [place[index] for index in own]
    x[kept[: len(fit.x)]] = fit.x
    sampled = raw_values(problem, fit.x[None])[0][exogenous]
    x[kept[len(fit.x) :]] = sampled / model.unit[kept[len(fit.x) :]]
    x = x[None]
    _, gradient, _ = assemble(model, problem.discrepancy, problem.targets, x)
    targets = tuple(
        Target(target.cov, target.mean, float(share), target.weight)
        for target, share in zip(problem.targets, fit.inference.shares, strict=True)
    )
    information = assemble(model, problem.discrepancy, targets, x)[2][0]
    extra = [place[index] for index in candidates]
    cross = information[np.ix_(extra, kept)]
    inverse = _within_constraints(information[np.ix_(kept, kept)], known.basis)
    own_information = np.diagonal(information)[extra]
    left = own_information - ((cross @ inverse) * cross).sum(axis=1)
    usable = (left > DEPENDENT * own_information) & (own_information > 1e-12)
    slope = gradient[0, extra]
    left = np.where(usable, left, np.nan)
    mi = problem.sample.total * slope**2 / left
    epc = -slope / left
    rows = [extended.rows[index] for index in candidates]
    standard = _standardized(fit, rows, epc)
    frame = pd.DataFrame(
        {
            "lhs": [row.lhs for row in rows],
            "op": [row.op for row in rows],
            "rhs": [row.rhs for row in rows],
            "group": [row.group for row in rows],
            "mi": mi,
            "epc": epc * model.unit[extra],
            "sepc_lv": standard[0],
            "sepc_all": standard[1],
        }
    )
    frame = frame[usable & fit.converged]
    return frame.sort_values("mi", ascending=False, kind="stable").reset_index(drop=True)


def _within_constraints(information: np.ndarray, basis: np.ndarray | None) -> np.ndarray:
    """Inverse information of what is free, equality constraints among the parameters kept."""
    if basis is None:
        return scaled_inverse(information)
    size, directions = basis.shape
    rest = len(information) - size
    full = np.zeros((len(information), directions + rest))
    full[:size, :directions] = basis
    full[size:, directions:] = np.eye(rest)
    return full @ scaled_inverse(full.T @ information @ full) @ full.T


def _extended(table: ParameterTable) -> tuple[ParameterTable, list[int]]:
    """The table with every parameter free that could be, and the row numbers of those that were not."""
    rows = [replace(row) for row in table.rows]
    candidates = []
    ordered = dict(table.options.ordered)
    for index, row in enumerate(rows):
        determined = row.value is None or (row.op == "~1" and row.lhs in ordered)
        if row.exogenous:
            row.free, row.exogenous = True, False
        elif not row.free and not determined and row.op in ("=~", "~", "~~", "~1"):
            row.free, row.start, row.value = True, row.value, None
            candidates.append(index)
    for group in range(1, table.groups + 1):
        written = {(row.lhs, row.op, row.rhs) for row in rows if row.group == group}
        for lhs, op, rhs in _possible(table):
            same = {(lhs, op, rhs)}
            if op == "~~":
                same.add((rhs, op, lhs))
            if op == "~":
                same |= {(rhs, "=~", lhs)}
            if not same & written:
                candidates.append(len(rows))
                rows.append(Row(lhs, op, rhs, group, start=0.0))
    free = tuple(index for index, row in enumerate(rows) if row.free)
    return replace(table, rows=tuple(rows), equal=Equalities(None, None), free=free), candidates


def _possible(table: ParameterTable) -> list[tuple[str, str, str]]:
    """Parameters that a model over these variables could have, as lavaan lists them."""
    variables = table.variables
    first = [row for row in table.rows if row.group == 1]
    latent, exogenous = set(variables.latent), set(variables.exogenous_observed)
    indicators = {row.rhs for row in first if row.op == "=~"}
    dependent = list(dict.fromkeys(row.lhs for row in first if row.op == "~"))
    predictors = list(dict.fromkeys(row.rhs for row in first if row.op == "~"))
    regressed = list(dict.fromkeys(dependent + predictors))
    plain = [name for name in variables.observed if name not in exogenous]
    measured = [name for name in plain if name in indicators]
    possible = [
        (factor, "=~", name) for factor in variables.latent for name in plain if name not in regressed
    ]
    possible += [(one, "~~", other) for one, other in combinations_with_replacement(measured, 2)]
    possible += [(one, "~~", other) for one, other in combinations_with_replacement(variables.latent, 2)]
    for outcome in regressed:
        for source in regressed:
            if outcome != source and not (outcome in indicators - latent and source in latent):
                possible.append((outcome, "~", source))
    if table.meanstructure:
        possible += [(name, "~1", "") for name in (*plain, *variables.latent)]
    return possible


def _standardized(fit: Fit, rows: list[Row], epc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected changes by the deviations of the latent variables, and of all variables."""
    problem = fit.problem
    variables = problem.table.variables
    place = {name: position for position, name in enumerate((*variables.observed, *variables.latent))}
    p = problem.model.observed
    result = []
    moments = [latent_moments(problem, fit.x[None], group) for group in range(problem.table.groups)]
    for everything in (False, True):
        values = np.empty(len(rows))
        for index, row in enumerate(rows):
            _, spread, _, cov = moments[row.group - 1]
            sd = np.sqrt(np.maximum(np.diagonal(cov[0]), 1e-300))
            residual = np.sqrt(np.maximum(np.abs(np.diagonal(spread[0])), 1e-300))
            if not everything:
                sd, residual = sd.copy(), residual.copy()
                sd[:p] = residual[:p] = 1 / problem.scale
            left = place[row.lhs]
            right = place.get(row.rhs, left)
            if row.op == "~1":
                values[index] = epc[index] / sd[left]
            elif row.op == "~~" and left == right:
                values[index] = epc[index] / sd[left] ** 2
            elif row.op == "~~":
                values[index] = epc[index] / (residual[left] * residual[right])
            else:
                to, source = (right, left) if row.op == "=~" else (left, right)
                values[index] = epc[index] * sd[source] / sd[to]
        result.append(values)
    return result[0], result[1]
