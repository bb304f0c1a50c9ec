"""The door of the room: of what kind the arguments of its functions have to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

from workbench.doors import column, mapping, names, number, one_of, optional, share, table, whole
from workbench.errors import SpecificationError

COVARIANCES = ("classical", "HC0", "HC1", "HC2", "HC3", "HC4")


def terms(name: str, value: Any) -> list[str | tuple[str, ...]]:
    """Terms in a list: names of columns, and tuples of names for products."""
    example = f"as in {name}=['x1', 'x2', ('x1', 'x2')]"
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        shown = f"the text {value[:40]!r}" if isinstance(value, str) else f"a {type(value).__name__}"
        raise SpecificationError(f"{name}: a list of columns is needed, not {shown}, {example}")
    listed = [tuple(part) if isinstance(part, list) else part for part in value]
    for part in listed:
        inside = part if isinstance(part, tuple) else (part,)
        if not inside or any(not isinstance(one, str) for one in inside):
            raise SpecificationError(
                f"{name} holds {part!r:.60}, which is no column and no product, {example}"
            )
    return listed


def center(name: str, value: Any) -> list[str] | dict[str, float]:
    """Columns from which the mean is taken off, or what is taken off by column."""
    if isinstance(value, Mapping):
        return mapping(number, "{'x1': 3}")(name, value)
    return names(name, value)


def complete(name: str, value: Any) -> list[str]:
    """Columns in which a row has to be complete; one name may stand alone."""
    return [value] if isinstance(value, str) else names(name, value)


def restriction(name: str, value: Any) -> tuple[dict[str, float], float]:
    """Weights by coefficient, and the value of their sum."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise SpecificationError(
            f"{name}: weights by coefficient and the value of their sum are needed, as in "
            "({'x1': 1, 'x2': 1}, 1)"
        )
    weights = mapping(number, "{'x1': 1}")(name, value[0])
    return weights, number(name, value[1])


def window(name: str, value: Any) -> tuple[int, int]:
    """First and last event time."""
    parts = list(value) if isinstance(value, (tuple, list)) else []
    if len(parts) != 2 or any(isinstance(part, bool) or not isinstance(part, Integral) for part in parts):
        raise SpecificationError(f"{name}: the first and last event time are needed, as in {name}=(-1, 3)")
    return int(parts[0]), int(parts[1])


REGRESSION = {"data": table, "outcome": column, "terms": terms}
ERRORS = {"covariance": one_of(*COVARIANCES), "cluster": optional(column), "level": share}
DRAWN = {"draws": whole(1), "seed": whole(0), "level": share}
ADOPTION = {"data": table, "outcome": column, "unit": column, "period": column, "treated": column}
