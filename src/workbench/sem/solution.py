"""The minimum of a problem, by the way it needs: plainly, within constraints, or by the second engine."""

from __future__ import annotations

from workbench.sem.optimiser import Minimum
from workbench.sem.problem import Problem
from workbench.sem.restrictions import minimum_within
from workbench.sem.second_engine import solve_with_semopy


def solved(problem: Problem, engine: str = "workbench") -> tuple[Problem, Minimum]:
    """The problem as it stands at its minimum (constraints may have become tangents), and the minimum."""
    if engine == "semopy":
        return problem, solve_with_semopy(problem)
    if problem.table.equal.restrictions:
        return minimum_within(problem)
    return problem, problem.solve()
