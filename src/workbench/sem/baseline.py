"""The baseline model: variables of no relation to each other; exogenous ones keep theirs, as in lavaan."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from workbench.sem.constraints import Equalities
from workbench.sem.inference import Inference, ScaledTest
from workbench.sem.matrices import compile_model
from workbench.sem.problem import Problem, problem_for
from workbench.sem.table import ParameterTable, Row


def baseline_test(problem: Problem) -> tuple[float, int, ScaledTest | None]:
    """Chi-square, df and robust test of the independence model under the problem's estimator.

    R: ``lavaan::lav_object_independence``.
    """
    variables = problem.table.variables
    exogenous = len(variables.exogenous_observed)
    random = problem.model.observed - exogenous
    df = problem.table.groups * (random * (random - 1) // 2 + random * exogenous)
    if problem.estimator.discrepancy == "ML" and problem.estimator.test == "standard":
        return _normal_chisq(problem), df, None
    model = compile_model(independence_table(problem.table), problem.scale)
    independent = problem_for(model, problem.sample, problem.estimator, problem.information)
    minimum = independent.solve()
    chisq = 2 * problem.sample.total * float(minimum.value[0])
    inference = Inference(independent, minimum.x[0])
    return chisq, df, inference.scaled_test(chisq, df)


def _normal_chisq(problem: Problem) -> float:
    total = 0.0
    variables = problem.table.variables
    fixed = [variables.observed.index(name) for name in variables.exogenous_observed]
    for target, count in zip(problem.targets, problem.n, strict=True):
        cov = target.cov[0]
        logs = np.log(np.diagonal(cov))
        apart = logs.sum()
        if fixed:
            apart += np.linalg.slogdet(cov[np.ix_(fixed, fixed)])[1] - logs[fixed].sum()
        total += float(count) * float(apart - np.linalg.slogdet(cov)[1])
    return total


def independence_table(table: ParameterTable) -> ParameterTable:
    """Parameter table of the independence model."""
    variables = table.variables
    kept = variables.exogenous_observed
    fixed = set(kept) if table.options.fixed_x else set()
    rows: list[Row] = []
    for group in range(1, table.groups + 1):
        for name in variables.observed:
            if name not in fixed:
                rows.append(Row(name, "~~", name, group))
        # auxiliary variables stand outside the model: what they share with others is no misfit
        helpers = table.options.auxiliary
        main = [name for name in variables.observed if name not in helpers]
        rows += [Row(one, "~~", other, group) for one, other in combinations(helpers, 2)]
        rows += [Row(one, "~~", other, group) for one in helpers for other in main]
        for place, one in enumerate(kept):
            if fixed:
                rows += [Row(one, "~~", other, group, free=False, exogenous=True) for other in kept[place:]]
            else:
                rows += [Row(one, "~~", other, group) for other in kept[place + 1 :]]
        if table.meanstructure:
            rows += [
                Row(name, "~1", "", group, free=name not in fixed, exogenous=name in fixed)
                for name in variables.observed
            ]
    free = tuple(index for index, row in enumerate(rows) if row.free)
    only_observed = type(variables)(variables.observed, (), variables.exogenous_observed, (), ())
    return ParameterTable(
        tuple(rows),
        (),
        Equalities(None, None),
        only_observed,
        table.groups,
        table.meanstructure,
        table.options,
        (),
        free,
    )
