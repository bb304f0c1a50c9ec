"""Formulas of indicators: small trees of four operations over columns and numbers.

Nothing in them is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError

OPERATIONS = ("add", "subtract", "multiply", "divide")
_SIGNS = dict(zip(OPERATIONS, ("+", "−", "×", "/"), strict=True))
Formula = str | float | tuple[str, tuple[Any, ...]]


def checked(node: Any) -> Formula:
    """Check a formula and make it immutable."""
    if isinstance(node, str) or (isinstance(node, int | float) and not isinstance(node, bool)):
        return node
    if isinstance(node, dict) and len(node) == 1:
        ((operation, parts),) = node.items()
        if operation not in OPERATIONS:
            raise SpecificationError(f"operation {operation!r} is unknown; use {', '.join(OPERATIONS)}")
        least, most = 2, 2 if operation in ("subtract", "divide") else 99
        if not isinstance(parts, list) or not least <= len(parts) <= most:
            raise SpecificationError(
                f"{operation} takes a list of {'two' if most == 2 else 'two or more'} parts"
            )
        return operation, tuple(checked(part) for part in parts)
    raise SpecificationError(f"formula part {node!r} is neither a column, a number nor one operation")


def columns_of(node: Formula) -> Iterator[str]:
    """Columns that a formula names, from the left, as often as it does."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for part in node[1]:
            yield from columns_of(part)


def as_text(node: Formula, inner: bool = False) -> str:
    """A formula as it is written on paper, what stands inside another in brackets."""
    if not isinstance(node, tuple):
        return node if isinstance(node, str) else f"{node:,}"
    operation, parts = node
    text = f" {_SIGNS[operation]} ".join(as_text(part, True) for part in parts)
    return f"({text})" if inner else text


def evaluated(node: Formula, frame: pd.DataFrame, zero: np.ndarray) -> np.ndarray:
    """Value of a formula by row; rows with a zero denominator are marked in ``zero`` and left missing."""
    if isinstance(node, str):
        return frame[node].to_numpy(float, na_value=np.nan)
    if not isinstance(node, tuple):
        return np.full(len(frame), float(node))
    operation, parts = node
    values = [evaluated(part, frame, zero) for part in parts]
    if operation == "add":
        return np.sum(values, axis=0)
    if operation == "multiply":
        return np.prod(values, axis=0)
    first, second = values
    if operation == "subtract":
        return first - second
    none = second == 0
    zero |= none
    return np.divide(first, second, out=np.full(len(frame), np.nan), where=~none)
