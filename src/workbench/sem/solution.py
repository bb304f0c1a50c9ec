"""The minimum of a problem, by the way it needs: plainly, within constraints, or by the second engine."""

from __future__ import annotations

from workbench.sem.optimiser import Minimum
from workbench.sem.problem import Problem
from workbench.sem.restrictions import minimum_within
from workbench.sem.search import refuse_nowhere
from workbench.sem.second_engine import solve_with_semopy


def solved(problem: Problem, engine: str = "workbench") -> tuple[Problem, Minimum]:
    """The problem as it stands at its minimum (constraints may have become tangents), and the minimum.

    SpecificationError where the model has no implied covariances that any data could have.
    """
    if engine == "semopy":
        minimum = solve_with_semopy(problem)
    elif problem.table.equal.restrictions:
        problem, minimum = minimum_within(problem)
    else:
        minimum = problem.solve()
    refuse_nowhere(problem, minimum)
    return problem, minimum
