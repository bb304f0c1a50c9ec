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
from workbench.sem.expected_change import standardized_changes
from workbench.sem.standardized import raw_values
from workbench.sem.table import ParameterTable, Row

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.compiled_model import Model
    from workbench.sem.result import Fit

DEPENDENT = 1e-8  # a parameter whose information the others explain this far cannot be freed


def modification_indices(fit: Fit) -> pd.DataFrame:
    """Score tests for each parameter that is fixed or left out, one at a time, largest first.

    With ``g`` the gradient of fmin by the parameter and ``V`` its expected information given the free
    parameters, ``mi = N g^2 / V`` and ``epc = -g / V`` (Sörbom 1989). Parameters that the free ones determine
    are left out.

    Returns columns lhs, op, rhs, group, mi, epc, and the change standardized by latent variables (sepc_lv),
    by all (sepc_all), by all but exogenous observed ones (sepc_nox); of a variance these are the value it
    has, with the sign of the change.

    Moments of ``fixed_x`` variables stay fixed: the index of a path into such a variable is lavaan's, but a
    refit, where it becomes an outcome, answers to the index under ``fixed_x=False``.

    lavaan 0.6-14's numbers, but for these. After an improper solution (a negative variance, a correlation
    above one) lavaan's extended model stands at another point than the fit, and where a variable that only
    has covariances becomes an indicator, its variables come in another order than the sample's; here all
    stays in the solution, as refits confirm. Beside an ordered item that is a cause lavaan's derivatives
    differ (see ``ordered.model``), so expected changes do. What lavaan leaves out because its information is
    below 6e-6 in the data's units is listed, whatever the units.

    R: ``lavaan::modindices(fit, sort. = TRUE)``.
    """
    import pandas as pd

    problem = fit.problem
    known = problem.model
    extended, candidates = _extended(problem.table, set(problem.conditional))
    model = known.recompiled(extended)
    place = {row: column for column, row in enumerate(extended.free)}
    kept, extra = [place[index] for index in problem.table.free], [place[index] for index in candidates]
    x = np.array([extended.rows[index].start or 0.0 for index in extended.free])
    exogenous = [index for index, row in enumerate(problem.table.rows) if row.exogenous and index in place]
    x[[place[index] for index in exogenous]] = raw_values(problem, fit.x[None])[0][exogenous]
    x = x / model.unit
    x[kept] = fit.x
    slope, information = _score_and_information(fit, model, x[None])
    slope = slope[extra]
    cross = information[np.ix_(extra, kept)]
    inverse = fit.inference.bordered_inverse(information[np.ix_(kept, kept)])
    own = np.diagonal(information)[extra]
    left = own - ((cross @ inverse) * cross).sum(axis=1)
    usable = (left > DEPENDENT * own) & (own > 1e-12)
    left = np.where(usable, left, np.nan)
    rows = [extended.rows[index] for index in candidates]
    epc = -slope / left * model.unit[extra]
    frame = pd.DataFrame(
        {
            "lhs": [row.lhs for row in rows],
            "op": [row.op for row in rows],
            "rhs": [row.rhs for row in rows],
            "group": [row.group for row in rows],
            "mi": problem.sample.total * slope**2 / left,
            "epc": epc,
            **standardized_changes(fit, rows, epc),
        }
    )
    frame = frame[usable & fit.converged]
    return frame.sort_values("mi", ascending=False, kind="stable").reset_index(drop=True)


def _score_and_information(fit: Fit, model: Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of fmin and expected information of one observation for the extended model."""
    problem, shares = fit.problem, fit.inference.shares
    gradient = assemble(model, problem.discrepancy, problem.targets, x)[1][0]
    if problem.information_by_moments:
        information = np.zeros((len(gradient), len(gradient)))
        for group, (target, share) in enumerate(zip(problem.targets, shares, strict=True)):
            change = model.jacobian(group, model.state(group, x, target.cov, target.mean))[0]
            weight = problem.moment_information(fit.inference, group, "expected")
            information += share * change.T @ weight @ change
        return gradient, information
    targets = tuple(
        Target(target.cov, target.mean, float(share), target.weight)
        for target, share in zip(problem.targets, shares, strict=True)
    )
    return gradient, assemble(model, problem.discrepancy, targets, x)[2][0]


def _extended(table: ParameterTable, given: set[str]) -> tuple[ParameterTable, list[int]]:
    """The table with every parameter free that could be, and the row numbers of those that were not."""
    rows = [replace(row) for row in table.rows]
    candidates = []
    for index, row in enumerate(rows):
        if row.exogenous and row.lhs not in given:
            row.free, row.exogenous = True, False
            candidates.append(index)
        elif not row.exogenous and not row.free and row.value is not None:
            row.free, row.start, row.value = True, row.value, None
            candidates.append(index)
    for group in range(1, table.groups + 1):
        written = {(row.lhs, row.op, row.rhs) for row in rows if row.group == group}
        for lhs, op, rhs in _possible(table, given):
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


def _possible(table: ParameterTable, given: set[str]) -> list[tuple[str, str, str]]:
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
        if outcome in given:
            continue
        for source in regressed:
            if outcome != source and not (outcome in indicators - latent and source in latent):
                possible.append((outcome, "~", source))
    if table.meanstructure:
        possible += [(name, "~1", "") for name in (*plain, *variables.latent)]
    return possible
