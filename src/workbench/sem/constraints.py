"""Constraints: equal parameters and linear ``==`` become ``x = origin + basis @ u``, the rest is left to
``restrictions``.

Linear equalities are met exactly by working in the free directions ``u`` alone (null space of the constraint
matrix). Equalities that are not linear and inequalities are sorted out and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import Fault, SpecificationError
from workbench.sem.expression import Values, evaluate
from workbench.sem.syntax import Constraint, Definition

if TYPE_CHECKING:
    from workbench.sem.table import Row

LOOKS = 6  # points at which the gradient of an equality is compared


@dataclass(frozen=True)
class Equalities:
    """Free parameters ``x`` (q) in terms of free directions ``u`` (q - rank): ``x = origin + basis @ u``."""

    basis: np.ndarray | None
    origin: np.ndarray | None
    rank: int = 0
    restrictions: tuple[Constraint, ...] = ()  # what is not linear, and inequalities


def label_values(
    rows: Sequence[Row], free: Sequence[int], definitions: Sequence[Definition], x: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Value ``(B,)`` and gradient ``(B, q)`` of every label, plain row label (``.p3.``) and definition.

    ``x``: free parameters, ``(B, q)``.
    """
    draws, size = x.shape
    position = {row: column for column, row in enumerate(free)}
    identity = np.eye(size)
    values: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for index, row in enumerate(rows):
        if index in position:
            column = position[index]
            pair = x[:, column], np.broadcast_to(identity[column], (draws, size))
        elif row.value is not None:
            pair = np.full(draws, row.value), np.zeros((draws, size))
        else:
            continue
        values[f".p{index + 1}."] = pair
        if row.label:
            values.setdefault(row.label, pair)
    for definition in definitions:
        value, gradient = evaluate(definition.expression, values)
        values[definition.name] = (
            np.broadcast_to(value, (draws,)),
            np.broadcast_to(gradient, (draws, size)),
        )
    return values


def equalities(
    rows: Sequence[Row],
    free: Sequence[int],
    classes: Sequence[Sequence[int]],
    constraints: Sequence[Constraint],
    definitions: Sequence[Definition],
) -> Equalities:
    """Basis and origin of the parameters that fulfil every linear equality; other constraints as they are.

    Raises SpecificationError for a constraint that can never hold or contradicts another.
    """
    position = {row: column for column, row in enumerate(free)}
    if not classes and not constraints:
        return Equalities(None, None)
    size = len(free)
    parent = list(range(size))

    def root(column: int) -> int:
        while parent[column] != column:
            column = parent[column]
        return column

    for members in classes:
        columns = [position[index] for index in members]
        for column in columns[1:]:
            parent[root(column)] = root(columns[0])
    roots = [root(column) for column in range(size)]
    number = {leader: place for place, leader in enumerate(dict.fromkeys(roots))}
    basis = np.zeros((size, len(number)))
    basis[np.arange(size), [number[leader] for leader in roots]] = 1.0
    origin = np.zeros(size)
    restrictions: list[Constraint] = []
    if constraints:
        matrix, target, restrictions = _sorted_out(rows, free, constraints, definitions, size)
        if not classes and not len(matrix):
            return Equalities(None, None, 0, tuple(restrictions))
        basis, origin = _solve(matrix, target, basis, constraints)
    return Equalities(basis, origin, size - basis.shape[1], tuple(restrictions))


def excess(constraint: Constraint, values: Values) -> tuple[np.ndarray, np.ndarray]:
    """What a constraint wants to be zero (``==``) or not negative (``<``, ``>``), with its gradient."""
    left, d_left = evaluate(constraint.left, values)
    right, d_right = evaluate(constraint.right, values)
    if constraint.op == "<":
        return right - left, d_right - d_left
    return left - right, d_left - d_right


def _sorted_out(
    rows: Sequence[Row],
    free: Sequence[int],
    constraints: Sequence[Constraint],
    definitions: Sequence[Definition],
    size: int,
) -> tuple[np.ndarray, np.ndarray, list[Constraint]]:
    """Matrix and target of ``matrix @ x = target`` for linear equalities, and the other constraints.

    An equality is linear if its gradient is the same wherever one looks.
    """
    points = np.random.default_rng(0).standard_normal((LOOKS, size))
    with np.errstate(all="ignore"):  # a logarithm of a negative number shows that it is not linear
        values = label_values(rows, free, definitions, points)
        found = [excess(constraint, values) for constraint in constraints]
    matrix, target, others = [], [], []
    for constraint, (offset, gradient) in zip(constraints, found, strict=True):
        gradient = np.broadcast_to(gradient, (LOOKS, size))
        offset = np.broadcast_to(offset, (LOOKS,))
        steady = np.abs(gradient - gradient[0]).max(initial=0.0) <= 1e-10 * (
            1 + np.abs(gradient).max(initial=0.0)
        )
        if steady and not np.any(gradient):
            if abs(offset[0]) > 1e-12 and (constraint.op == "==" or offset[0] < 0):
                fix = "It holds no free parameter: look at its labels and at the values they are fixed to."
                raise SpecificationError(Fault(f"{constraint} can never hold", line=constraint.line, fix=fix))
        elif steady and constraint.op == "==":
            matrix.append(gradient[0])
            target.append(gradient[0] @ points[0] - offset[0])
        else:
            others.append(constraint)
    return np.array(matrix).reshape(-1, size), np.array(target), others


def _solve(
    matrix: np.ndarray, target: np.ndarray, basis: np.ndarray, constraints: Sequence[Constraint]
) -> tuple[np.ndarray, np.ndarray]:
    reduced = matrix @ basis
    if not len(reduced):
        return basis, np.zeros(basis.shape[0])
    left, singular, right = np.linalg.svd(reduced)
    rank = int((singular > 1e-10 * max(singular[0], 1e-300)).sum())
    solution = right[:rank].T @ ((left[:, :rank].T @ target) / singular[:rank])
    if np.abs(reduced @ solution - target).max() > 1e-8 * (1 + np.abs(target).max()):
        lines = ", ".join(str(constraint.line) for constraint in constraints)
        raise SpecificationError(f"the equality constraints contradict each other (lines {lines})")
    return basis @ right[rank:].T, basis @ solution
