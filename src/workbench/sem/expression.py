"""Arithmetic of labels (``:=`` and ``==``), evaluated with its exact derivative over a leading draw axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

Values = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Name:
    """A label, or the name of another definition."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Operation:
    """Two nodes joined by ``+ - * / ^``."""

    sign: str
    left: Node
    right: Node

    def __str__(self) -> str:
        if self.sign == "-" and self.left == Number(0.0):
            return f"-{_wrapped(self.right, '^')}"
        return f"{_wrapped(self.left, self.sign)}{self.sign}{_wrapped(self.right, self.sign, right=True)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one node."""

    FUNCTIONS: ClassVar[tuple[str, ...]] = ("exp", "log", "sqrt", "abs", "sin", "cos", "tan", "tanh")
    function: str
    inner: Node

    def __str__(self) -> str:
        return f"{self.function}({self.inner})"


Node = Number | Name | Operation | Call
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}


def _wrapped(node: Node, sign: str, right: bool = False) -> str:
    if not isinstance(node, Operation):
        return str(node)
    lower = _RANK[node.sign] < _RANK[sign] or (right and _RANK[node.sign] == _RANK[sign] and sign in "-/^")
    return f"({node})" if lower else str(node)


def names(node: Node) -> Iterator[str]:
    """Every label that an expression refers to."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Operation):
        yield from names(node.left)
        yield from names(node.right)
    elif isinstance(node, Call):
        yield from names(node.inner)


def evaluate(node: Node, values: Values) -> tuple[np.ndarray, np.ndarray]:
    """Value ``(B,)`` and gradient ``(B, q)`` of an expression; ``values`` gives both for each label.

    The gradient is exact (forward mode).
    """
    if isinstance(node, Number):
        return np.asarray(node.value), np.zeros(1)
    if isinstance(node, Name):
        return values[node.name]
    if isinstance(node, Call):
        return _call(node, values)
    left, d_left = evaluate(node.left, values)
    right, d_right = evaluate(node.right, values)
    column_left, column_right = left[..., None], right[..., None]
    if node.sign == "+":
        return left + right, d_left + d_right
    if node.sign == "-":
        return left - right, d_left - d_right
    if node.sign == "*":
        return left * right, d_left * column_right + d_right * column_left
    if node.sign == "/":
        return left / right, (d_left - d_right * (left / right)[..., None]) / column_right
    return _power(left, d_left, right, d_right)


def _power(left, d_left, right, d_right):
    value = left**right
    slope = right * left ** (right - 1)
    gradient = d_left * slope[..., None]
    if np.any(d_right):
        gradient = gradient + d_right * (value * np.log(left))[..., None]
    return value, gradient


def _call(node: Call, values: Values):
    inner, slope = evaluate(node.inner, values)
    if node.function == "abs":  # by its sign, so that complex steps pass through
        value = np.where(np.real(inner) < 0, -inner, inner)
    else:
        value = getattr(np, node.function)(inner)
    derivative = {
        "exp": lambda: value,
        "log": lambda: 1 / inner,
        "sqrt": lambda: 0.5 / value,
        "abs": lambda: np.sign(np.real(inner)),
        "sin": lambda: np.cos(inner),
        "cos": lambda: -np.sin(inner),
        "tan": lambda: 1 + value**2,
        "tanh": lambda: 1 - value**2,
    }[node.function]()
    return value, slope * np.asarray(derivative)[..., None]
