"""The independence model: variables without relations; exogenous ones keep theirs, as in lavaan."""

from __future__ import annotations

from itertools import combinations

from workbench.sem.constraints import Equalities
from workbench.sem.table import ParameterTable, Row


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
