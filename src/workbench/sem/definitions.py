"""Definitions (``:=``) in an order that can be computed; every name in them and in constraints is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import Fault, SpecificationError
from workbench.sem.expression import Node, names
from workbench.sem.roles import unique
from workbench.sem.syntax import Definition, ModelSyntax
from workbench.sem.wording import near

if TYPE_CHECKING:
    from workbench.sem.table import Row


def ordered_definitions(syntax: ModelSyntax, rows: Sequence[Row]) -> tuple[Definition, ...]:
    """Definitions, each after those it refers to; SpecificationError for an unknown name or a circle."""
    labels = {row.label for row in rows if row.label}
    plain = {f".p{number}." for number in range(1, len(rows) + 1)}
    by_name = {definition.name: definition for definition in syntax.definitions}
    faults = [
        Fault(f"{name!r} is a label and is also defined by ':='", line=definition.line, fix="Rename one.")
        for name, definition in by_name.items()
        if name in labels
    ]
    known = labels | plain | set(by_name)

    def check(node: Node, line: int, where: str) -> None:
        for name in unique(names(node)):
            if name not in known:
                fix = "Put the label before a parameter, as in y ~ a*x."
                what = f"{where}: no parameter is labelled {name!r}{near(name, labels | set(by_name))}"
                faults.append(Fault(what, line=line, fix=fix))

    for definition in syntax.definitions:
        check(definition.expression, definition.line, f"{definition.name} :=")
    for constraint in syntax.constraints:
        check(constraint.left, constraint.line, "constraint")
        check(constraint.right, constraint.line, "constraint")
    if faults:
        raise SpecificationError(faults)
    done: dict[str, Definition] = {}
    for first in syntax.definitions:
        path = [first.name]  # each waits for the one after it
        while path:
            definition = by_name[path[-1]]
            needed = (name for name in names(definition.expression) if name in by_name and name not in done)
            following = next(needed, None) if definition.name not in done else None
            if following is None:
                done[path.pop()] = definition
            elif following in path:
                circle = " -> ".join((*path[path.index(following) :], following))
                line = by_name[following].line
                raise SpecificationError(
                    Fault(f"cyclic definition {circle}", line=line, fix="Define it from labels.")
                )
            else:
                path.append(following)
    return tuple(done.values())


def undefined(definitions: Sequence[Definition], values: Sequence[float]) -> list[str]:
    """What to say about definitions whose value is no number."""
    return [
        f"{definition.name} := {definition.expression} has no value at the estimates (a root or logarithm of "
        "a negative number, or a division by zero)"
        for definition, value in zip(definitions, values, strict=True)
        if not np.isfinite(value)
    ]
