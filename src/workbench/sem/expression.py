"""Arithmetic of labels (``:= == < >``), evaluated with its exact derivative over a leading draw axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

Values = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float
    height: ClassVar[int] = 0

    def __str__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Name:
    """A label, or the name of another definition."""

    name: str
    height: ClassVar[int] = 0

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Operation:
    """Two nodes joined by ``+ - * / ^ %% %/%``; ``height``: how many stand above one another in it."""

    sign: str
    left: Node
    right: Node
    height: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", 1 + max(self.left.height, self.right.height))

    def __str__(self) -> str:
        if self.sign == "-" and self.left == Number(0.0):
            return f"-{_wrapped(self.right, '^')}"
        return f"{_wrapped(self.left, self.sign)}{self.sign}{_wrapped(self.right, self.sign, right=True)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one node, or of several for ``min``, ``max``, ``sum`` and ``mean``."""

    function: str
    arguments: tuple[Node, ...]
    height: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", 3 + max(part.height for part in self.arguments))

    def __str__(self) -> str:
        return f"{self.function}({','.join(str(argument) for argument in self.arguments)})"


Node = Number | Name | Operation | Call
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "%%": 3, "%/%": 3, "^": 4}
_IN_ORDER = ("-", "/", "^", "%%", "%/%")  # signs for which a - (b - c) is not a - b - c


def _wrapped(node: Node, sign: str, right: bool = False) -> str:
    if not isinstance(node, Operation):
        return str(node)
    lower = _RANK[node.sign] < _RANK[sign] or (
        right and _RANK[node.sign] == _RANK[sign] and sign in _IN_ORDER
    )
    return f"({node})" if lower else str(node)


def names(node: Node) -> Iterator[str]:
    """Every label that an expression refers to."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Operation):
        yield from names(node.left)
        yield from names(node.right)
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from names(argument)


def evaluate(node: Node, values: Values) -> tuple[np.ndarray, np.ndarray]:
    """Value ``(B,)`` and gradient ``(B, q)`` of an expression; ``values`` gives both for each label.

    The gradient is exact (forward mode). Where an expression has no value (a logarithm of a negative number)
    it is nan.
    """
    with np.errstate(all="ignore"):
        value, gradient = _evaluate(node, values)
    nothing = np.isnan(value)
    return value, np.where(nothing[..., None], np.nan, gradient) if nothing.any() else gradient


def _evaluate(node: Node, values: Values) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(node, Number):
        return np.asarray(node.value), np.zeros(1)
    if isinstance(node, Name):
        return values[node.name]
    if isinstance(node, Call):
        return _call(node, values)
    left, d_left = _evaluate(node.left, values)
    right, d_right = _evaluate(node.right, values)
    column_left, column_right = left[..., None], right[..., None]
    if node.sign == "+":
        return left + right, d_left + d_right
    if node.sign == "-":
        return left - right, d_left - d_right
    if node.sign == "*":
        return left * right, d_left * column_right + d_right * column_left
    if node.sign == "/":
        return left / right, (d_left - d_right * (left / right)[..., None]) / column_right
    if node.sign == "^":
        return _power(left, d_left, right, d_right)
    whole = np.floor(np.real(left) / np.real(right)).astype(left.dtype)  # flat between its jumps
    if node.sign == "%/%":
        return whole, np.zeros_like(d_left + d_right)
    return left - whole * right, d_left - d_right * whole[..., None]


def _power(
    left: np.ndarray, d_left: np.ndarray, right: np.ndarray, d_right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    value = _real_domain(left**right, left.real**right.real)
    slope = right * left ** (right - 1)
    gradient = d_left * slope[..., None]
    if np.any(d_right):
        gradient = gradient + d_right * (value * np.log(left))[..., None]
    return value, gradient


def _call(node: Call, values: Values) -> tuple[np.ndarray, np.ndarray]:
    pairs = [_evaluate(argument, values) for argument in node.arguments]
    if node.function in SEVERAL:
        return _of_several(node.function, pairs)
    inner, slope = pairs[0]
    function, derivative = FUNCTIONS[node.function]
    if node.function in REAL and np.iscomplexobj(inner):  # complex steps pass through by the derivative
        change = derivative(inner.real, function(inner.real))
        return function(inner.real) + 1j * inner.imag * change, slope * np.asarray(change)[..., None]
    value = _real_domain(function(inner), function(inner.real))
    return value, slope * np.asarray(derivative(inner, value))[..., None]


def _real_domain(value: np.ndarray, real: np.ndarray) -> np.ndarray:
    """No value for a complex step either where the real number has none (a logarithm of a negative one)."""
    return np.where(np.isnan(real), complex(np.nan, np.nan), value) if np.iscomplexobj(value) else value


def _of_several(
    function: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    shape = np.broadcast_shapes(*(np.shape(value) for value, _ in pairs))
    stacked = np.stack([np.broadcast_to(value, shape) for value, _ in pairs])
    size = np.broadcast_shapes(*(slope.shape for _, slope in pairs))
    slopes = np.stack([np.broadcast_to(slope, size) for _, slope in pairs])
    if function in ("sum", "mean"):
        total = stacked.sum(axis=0), slopes.sum(axis=0)
        return total if function == "sum" else tuple(part / len(pairs) for part in total)
    place = (np.argmin if function == "min" else np.argmax)(stacked.real, axis=0)
    value = np.take_along_axis(stacked, place[None], axis=0)[0]
    return value, np.take_along_axis(slopes, np.asarray(place)[None, ..., None], axis=0)[0]


def _normal(x: np.ndarray, value: np.ndarray | None = None) -> np.ndarray:
    return np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)


def _special(name: str) -> Callable[[np.ndarray], np.ndarray]:
    def function(x: np.ndarray) -> np.ndarray:
        from scipy import special

        return getattr(special, name)(x)

    return function


# name in R: the function, and its derivative from the argument and the value
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "exp": (np.exp, lambda x, value: value),
    "log": (np.log, lambda x, value: 1 / x),
    "log10": (np.log10, lambda x, value: 1 / (x * np.log(10))),
    "log2": (np.log2, lambda x, value: 1 / (x * np.log(2))),
    "log1p": (np.log1p, lambda x, value: 1 / (1 + x)),
    "expm1": (np.expm1, lambda x, value: 1 + value),
    "sqrt": (np.sqrt, lambda x, value: 0.5 / value),
    "abs": (lambda x: np.where(np.real(x) < 0, -x, x), lambda x, value: np.sign(np.real(x))),
    "sin": (np.sin, lambda x, value: np.cos(x)),
    "cos": (np.cos, lambda x, value: -np.sin(x)),
    "tan": (np.tan, lambda x, value: 1 + value**2),
    "asin": (np.arcsin, lambda x, value: 1 / np.sqrt(1 - x**2)),
    "acos": (np.arccos, lambda x, value: -1 / np.sqrt(1 - x**2)),
    "atan": (np.arctan, lambda x, value: 1 / (1 + x**2)),
    "sinh": (np.sinh, lambda x, value: np.cosh(x)),
    "cosh": (np.cosh, lambda x, value: np.sinh(x)),
    "tanh": (np.tanh, lambda x, value: 1 - value**2),
    "atanh": (np.arctanh, lambda x, value: 1 / (1 - x**2)),
    "pnorm": (_special("ndtr"), lambda x, value: _normal(x)),
    "qnorm": (_special("ndtri"), lambda x, value: 1 / _normal(value)),
    "dnorm": (_normal, lambda x, value: -x * value),
    "plogis": (_special("expit"), lambda x, value: value * (1 - value)),
    "qlogis": (_special("logit"), lambda x, value: 1 / (x * (1 - x))),
}
REAL = ("pnorm", "qnorm", "plogis", "qlogis")  # not defined for complex numbers in SciPy
SEVERAL = ("min", "max", "sum", "mean")
