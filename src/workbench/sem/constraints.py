"""Equality constraints: equal labels and ``==`` become ``x = origin + basis @ u``.

Linear constraints are met exactly by working in the free directions ``u`` alone (null space of the constraint
matrix). Constraints that are not linear are refused with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import Fault, SpecificationError
from workbench.sem.expression import evaluate
from workbench.sem.syntax import Constraint, Definition

if TYPE_CHECKING:
    from workbench.sem.table import Row


@dataclass(frozen=True)
class Equalities:
    """Free parameters ``x`` (q) in terms of free directions ``u`` (q - rank): ``x = origin + basis @ u``."""

    basis: np.ndarray | None
    origin: np.ndarray | None
    rank: int = 0


def label_values(rows: Sequence[Row], free: Sequence[int], definitions: Sequence[Definition], x: np.ndarray):
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
    """Basis and origin of the parameters that fulfil every constraint.

    Raises SpecificationError for a constraint that is not linear or contradicts another.
    """
    position = {row: column for column, row in enumerate(free)}
    by_label: dict[str, list[int]] = {}
    for index in free:
        if rows[index].label:
            by_label.setdefault(rows[index].label, []).append(index)
    shared = [members for members in by_label.values() if len(members) > 1]
    if not shared and not classes and not constraints:
        return Equalities(None, None)
    size = len(free)
    parent = list(range(size))

    def root(column: int) -> int:
        while parent[column] != column:
            column = parent[column]
        return column

    for members in (*shared, *classes):
        columns = [position[index] for index in members]
        for column in columns[1:]:
            parent[root(column)] = root(columns[0])
    roots = [root(column) for column in range(size)]
    number = {leader: place for place, leader in enumerate(dict.fromkeys(roots))}
    basis = np.zeros((size, len(number)))
    basis[np.arange(size), [number[leader] for leader in roots]] = 1.0
    origin = np.zeros(size)
    if constraints:
        matrix, target = _linear(rows, free, constraints, definitions, size)
        basis, origin = _solve(matrix, target, basis, constraints)
    return Equalities(basis, origin, size - basis.shape[1])


def _linear(rows, free, constraints, definitions, size):
    """Matrix and target of ``matrix @ x = target``, after proving that each constraint is linear."""
    points = np.random.default_rng(0).uniform(0.5, 1.5, (3, size))
    values = label_values(rows, free, definitions, points)
    matrix, target = [], []
    for constraint in constraints:
        left, d_left = evaluate(constraint.left, values)
        right, d_right = evaluate(constraint.right, values)
        gradient = np.broadcast_to(d_left - d_right, (3, size))
        if np.abs(gradient - gradient[0]).max() > 1e-10 * (1 + np.abs(gradient).max()):
            raise SpecificationError(
                Fault(
                    f"{constraint.left} == {constraint.right} is not linear in the parameters",
                    line=constraint.line,
                    fix="Only linear equality constraints are supported; test a function with ':='.",
                )
            )
        offset = np.broadcast_to(left - right, (3,))[0]
        if not np.any(gradient[0]):
            if abs(offset) > 1e-12:
                raise SpecificationError(
                    Fault(f"{constraint.left} == {constraint.right} can never hold", line=constraint.line)
                )
            continue
        matrix.append(gradient[0])
        target.append(gradient[0] @ points[0] - offset)
    return np.array(matrix).reshape(-1, size), np.array(target)


def _solve(matrix, target, basis, constraints):
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
