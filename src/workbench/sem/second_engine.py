"""semopy as a second engine: its ML estimates, tightened, in the same result.

semopy is given the correlation-scaled covariance matrix, because its optimiser depends on the data's scale;
only its estimates are taken. Every statistic is this engine's, computed at those estimates.
"""

from __future__ import annotations

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.discrepancy import evaluate
from workbench.sem.optimiser import Minimum
from workbench.sem.problem import Problem

GRADIENT = 1e-3


def solve_with_semopy(problem: Problem) -> Minimum:
    """Minimise by semopy (``MLW``, SLSQP, ftol 1e-13).

    Raises SpecificationError for what semopy does not do or does wrongly: other estimators, groups, means,
    equality constraints.
    """
    import pandas as pd
    import semopy

    table, model = problem.table, problem.model
    reasons = [
        (not problem.estimator.likelihood or problem.estimator.robust, f"estimator {problem.estimator.name}"),
        (table.groups > 1, "several groups"),
        (table.meanstructure, "means"),
        (model.basis is not None or bool(table.equal.restrictions), "constraints"),
        (bool(problem.fixed_columns), "fixed exogenous variables (use fixed_x=False)"),
    ]
    refused = [what for found, what in reasons if found]
    if refused:
        raise SpecificationError(
            f"engine='semopy' is for plain ML: {', '.join(refused)} need engine='workbench'"
        )
    names = (*table.variables.observed, *table.variables.latent)
    plain = {name: f"v{number}" for number, name in enumerate(names)}
    place = {name: number for number, name in enumerate(names)}
    scale = model.scale
    lines, keys = [], []
    for row in table.rows:
        left, right = place[row.lhs], place[row.rhs]
        if row.free:
            modifier = ""
            keys.append(_key(row.op, plain[row.lhs], plain[row.rhs]))
        else:
            factor = scale[left] * scale[right] if row.op == "~~" else scale[right] / scale[left]
            factor = 1 / factor if row.op == "~" else factor
            modifier = f"{float(row.value / factor)!r}*"
        lines.append(f"{plain[row.lhs]} {row.op} {modifier}{plain[row.rhs]}")
    observed = [plain[name] for name in table.variables.observed]
    cov = pd.DataFrame(problem.targets[0].cov[0], observed, observed)
    engine = semopy.Model("\n".join(lines))
    engine.fit(cov=cov, n_samples=problem.sample.total, obj="MLW", options={"ftol": 1e-13, "maxiter": 5000})
    found = {
        _key(op, left, right): value
        for left, op, right, value in engine.inspect()[["lval", "op", "rval", "Estimate"]].itertuples(
            index=False
        )
    }
    x = np.array([[found[key] for key in keys]], dtype=float)
    value, gradient, _ = evaluate(model, problem.discrepancy, problem.targets, x)
    largest = np.abs(gradient).max(axis=1)
    return Minimum(x, value, largest, largest < GRADIENT, np.zeros(1, dtype=int))


def _key(op: str, left: str, right: str) -> tuple:
    """A parameter as semopy reports it: loadings as regressions of the indicator, covariances either way
    round.
    """
    if op == "=~":
        return "~", right, left
    return (op, *sorted((left, right))) if op == "~~" else (op, left, right)
