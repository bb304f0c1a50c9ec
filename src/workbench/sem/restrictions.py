"""Nonlinear equalities and inequalities: the minimum within them, and their tangent there.

Sequential quadratic programming (SciPy's SLSQP, Kraft 1988) comes near the minimum; Newton steps on the
Karush-Kuhn-Tucker conditions, with the set of active inequalities, end there. What follows a fit then works
in the directions that the active constraints leave free at the minimum, the null space of their Jacobian
(Aitchison & Silvey 1958; Silvey 1975). As in lavaan an equality adds a degree of freedom and an inequality
never does, active or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.sem.constraints import excess, label_values
from workbench.sem.directions import routes_of
from workbench.sem.discrepancy import evaluate
from workbench.sem.optimiser import Minimum

if TYPE_CHECKING:
    from workbench.sem.problem import Problem
    from workbench.sem.syntax import Constraint

MET = 1e-7  # an inequality nearer than this to its bound, in standardised directions, is active
TOLERANCE = 1e-10  # of the scaled gradient that the constraints leave, and of the constraints
ACCEPTED = 1e-7  # where Newton steps may stop for good
NEWTON_STEPS = 30
FURTHER = (0.2, 0.2, 0.5, 0.5, 1.0, 1.0)  # relative deviations of further starts
LIKE_LAVAAN = "standard errors take no account of the bound"
# Of the discrepancy, until Newton steps take over, from one start and from all: where there is a minimum a
# start takes less than a hundred; where there is none (a model that is not identified) none are enough.
EVALUATIONS, IN_ALL = 200, 500
OUTSIDE = 1e10  # the discrepancy where implied covariances are not admissible


def minimum_within(problem: Problem) -> tuple[Problem, Minimum]:
    """Minimise within the table's restrictions.

    Returns the problem in the directions left free at the minimum, and the minimum.
    """
    best: tuple[_Search, _Point] | None = None
    spent = 0
    for count, start in enumerate(_starts(problem)):
        if count > 1 and best is not None and (best[1].converged or spent > IN_ALL):
            break
        search = _Search(problem, start)
        found = search.run()
        spent += search.evaluations
        if best is None or (found.converged, -found.value) > (best[1].converged, -best[1].value):
            best = search, found
    search, point = cast("tuple[_Search, _Point]", best)  # there is always a start
    minimum = Minimum(
        problem.model.expand(point.u[None]),
        np.array([point.value if point.value < OUTSIDE else np.inf]), np.array([point.gradient]),
        np.array([point.converged]), np.array([point.iterations]),
    )  # fmt: skip
    return search.tangent(point), minimum


def _starts(problem: Problem) -> Iterator[np.ndarray]:
    """The engine's start and the unrestricted minimum, for restrictions may leave several minima; then others
    around the start.
    """
    start = problem.start()
    yield start[0]
    free = problem.solve()
    if free.converged[0]:
        yield problem.model.reduce(free.x)[0]
    random = np.random.default_rng(1)
    for spread in FURTHER:
        yield start[0] * random.normal(1.0, spread, start.shape[1])


@dataclass(frozen=True)
class _Point:
    u: np.ndarray
    value: float
    gradient: float
    converged: bool
    iterations: int
    active: np.ndarray


class _Search:
    """Minimisation in directions ``y`` in which the information at the start is the identity."""

    def __init__(self, problem: Problem, start: np.ndarray):
        self.problem, self.model = problem, problem.model
        self.restrictions = problem.table.equal.restrictions
        self.equal = np.array([restriction.op == "==" for restriction in self.restrictions])
        self.origin = start
        self.evaluations = 0
        information = evaluate(self.model, problem.discrepancy, problem.targets, start[None])[2][0]
        scale = np.sqrt(np.maximum(np.diagonal(information), 1e-12 * np.diagonal(information).max()))
        scaled = information / np.outer(scale, scale) + 1e-8 * np.eye(len(start))
        self.turn = np.linalg.inv(np.linalg.cholesky(scaled)).T / scale[:, None]
        sizes = np.linalg.norm(self._raw_constraints(np.zeros(len(start)))[1], axis=1)
        self.weight = 1 / np.where(np.isfinite(sizes) & (sizes > 1e-8), sizes, 1.0)

    def discrepancy(self, y: np.ndarray) -> tuple[float, np.ndarray]:
        self.evaluations += 1
        u = self.origin + self.turn @ y
        value, gradient, _ = evaluate(self.model, self.problem.discrepancy, self.problem.targets, u[None])
        slope = gradient[0] @ self.turn
        if not (np.isfinite(value[0]) and np.isfinite(slope).all()):
            return OUTSIDE, np.zeros(len(y))
        return float(value[0]), slope

    def _raw_constraints(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values (m,) and Jacobian (m, d), for ``y`` (d,); with a draw axis (B, d): (B, m), (B, m, d)."""
        table, model = self.problem.table, self.model
        u = self.origin + np.atleast_2d(y) @ self.turn.T
        raw = model.expand(u) * model.unit
        values = label_values(table.rows, table.free, table.definitions, raw)
        pairs = [excess(restriction, values) for restriction in self.restrictions]
        value = np.stack([np.broadcast_to(pair[0], (len(u),)) for pair in pairs], axis=1)
        slope = np.stack([np.broadcast_to(pair[1], raw.shape) for pair in pairs], axis=1) * model.unit
        if model.basis is not None:
            slope = slope @ model.basis
        slope = slope @ self.turn
        return (value, slope) if y.ndim == 2 else (value[0], slope[0])

    def constraints(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same, each with a gradient of about one."""
        value, slope = self._raw_constraints(y)
        return value * self.weight, slope * self.weight[:, None]

    def run(self) -> _Point:
        from scipy.optimize import minimize

        rules = []
        for kind, rows in (("eq", self.equal), ("ineq", ~self.equal)):
            if rows.any():
                rules.append(
                    {
                        "type": kind,
                        "fun": lambda y, rows=rows: np.nan_to_num(self.constraints(y)[0][rows], nan=-1.0),
                        "jac": lambda y, rows=rows: np.nan_to_num(self.constraints(y)[1][rows]),
                    }
                )
        with np.errstate(all="ignore"):  # trial points may lie where a logarithm or root has no value
            found = minimize(
                self.discrepancy, np.zeros(len(self.origin)), jac=True, method="SLSQP", constraints=rules,
                options={"ftol": 1e-13, "maxiter": EVALUATIONS}, callback=self._go_on,
            )  # fmt: skip
            return self._ended(found.x, int(found.nit))

    def _go_on(self, _: np.ndarray) -> None:
        if self.evaluations > EVALUATIONS:
            raise StopIteration

    def _hessian(self, y: np.ndarray) -> np.ndarray:
        """Hessian of the discrepancy, by central differences of its exact gradient."""
        step = 1e-5
        columns = [
            (self.discrepancy(y + step * unit)[1] - self.discrepancy(y - step * unit)[1]) / (2 * step)
            for unit in np.eye(len(y))
        ]
        return (np.array(columns) + np.array(columns).T) / 2

    def _bend(self, y: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
        """Hessian of the constraints weighted by their multipliers, by complex step."""
        slopes = self._raw_constraints(y + 1e-30j * np.eye(len(y)))[1].imag / 1e-30
        return np.einsum("m,kmj->kj", multipliers * self.weight, slopes)

    def _ended(self, y: np.ndarray, iterations: int) -> _Point:
        """Newton steps to the minimum on the active constraints; these change where a multiplier says so."""
        value, _ = self.constraints(y)
        active = self.equal | (value < 1e-4)
        hessian = self._hessian(y)
        for count in range(NEWTON_STEPS):
            value, slope = self.constraints(y)
            _, gradient = self.discrepancy(y)
            multipliers = np.zeros(len(active))
            rows = np.flatnonzero(active)
            multipliers[rows] = np.linalg.lstsq(slope[rows].T, gradient, rcond=None)[0]
            pushing = active & ~self.equal & (multipliers < -1e-8)
            if pushing.any():  # its bound holds the discrepancy up: the most pushing one is let go
                active[np.where(pushing, multipliers, 0.0).argmin()] = False
                continue
            broken = ~active & ~self.equal & (value < -MET)
            if broken.any():
                active[np.where(broken, value, 0.0).argmin()] = True
                continue
            left = gradient - slope[rows].T @ multipliers[rows]
            if max(np.abs(left).max(), np.abs(value[rows]).max(initial=0.0)) < TOLERANCE:
                break
            if count == 3:
                hessian = self._hessian(y)
            curved = hessian - self._bend(y, multipliers)
            size = len(rows)
            system = np.block([[curved, -slope[rows].T], [slope[rows], np.zeros((size, size))]])
            right = np.concatenate([-gradient, -value[rows]])
            step = np.linalg.lstsq(system, right, rcond=None)[0][: len(y)]
            y = y + step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-300))
        value, slope = self.constraints(y)
        rows = np.flatnonzero(active | (value < MET))
        fmin, gradient = self.discrepancy(y)
        left = gradient - slope[rows].T @ np.linalg.lstsq(slope[rows].T, gradient, rcond=None)[0]
        largest = float(np.abs(left).max())
        apart = float(np.abs(value[active]).max(initial=0.0))
        converged = (
            max(largest, apart) < ACCEPTED and fmin < OUTSIDE and bool((value[~self.equal] > -MET).all())
        )
        active[rows] = True
        return _Point(self.origin + self.turn @ y, fmin, largest, converged, iterations, active)

    def tangent(self, point: _Point) -> Problem:
        """The problem with the directions that the active constraints leave, and what to say about them."""
        model, table = self.model, self.problem.table
        y = np.linalg.solve(self.turn, point.u - self.origin)
        slope = self.constraints(y)[1] @ np.linalg.inv(self.turn)
        hard = np.array([not restriction.bound for restriction in self.restrictions])
        free = _null_space(slope[point.active & hard])
        basis = free if model.basis is None else model.basis @ free
        basis = np.where(np.abs(basis) < 1e-12, 0.0, basis)  # a parameter at its bound has no error
        basis /= np.abs(basis).max(axis=0, initial=1e-300)
        within = copy(model)
        for name, value in (
            ("basis", basis),
            ("routes", routes_of(basis, model.groups)),
            ("origin", model.expand(point.u[None])[0]),
            ("held", _null_space(slope[self.equal]).shape[1] - free.shape[1]),
            ("table", replace(table, notes=(*table.notes, *self._notes(point)))),
        ):
            object.__setattr__(within, name, value)
        return replace(self.problem, model=within)

    def _notes(self, point: _Point) -> list[str]:
        if not point.converged:
            return []
        at_bound = [
            restriction
            for restriction, active, equal in zip(self.restrictions, point.active, self.equal, strict=True)
            if active and not equal
        ]
        notes = []
        for soft, how in ((False, "standard errors hold the bound fixed"), (True, LIKE_LAVAAN)):
            names = [self._named(restriction) for restriction in at_bound if restriction.bound is soft]
            if names:
                notes.append(
                    f"the estimate stands at the bound of {', '.join(names)}: {how}, and the test statistics "
                    "do not follow their usual distribution"
                )
        return notes

    def _named(self, restriction: Constraint) -> str:
        if not restriction.bound:
            return f"{restriction} (line {restriction.line})"
        row = self.problem.table.rows[int(str(restriction.left).strip(".p")) - 1]
        return f"{row.name} {restriction.op} {restriction.right} (line {restriction.line})"


def _null_space(rows: np.ndarray) -> np.ndarray:
    """Orthonormal directions that no row of a matrix sees."""
    if not len(rows):
        return np.eye(rows.shape[1])
    _, singular, right = np.linalg.svd(rows)
    rank = int((singular > 1e-9 * max(singular[0], 1e-300)).sum())
    return right[rank:].T
