"""Products of observed variables (``x:z``) as columns of the data, for moderated regressions."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from workbench.errors import Fault, SpecificationError
from workbench.sem.data.moments import Moments
from workbench.sem.syntax import ModelSyntax

if TYPE_CHECKING:
    import pandas as pd


def with_products(
    syntax: ModelSyntax, data: pd.DataFrame | Moments, ordered: Sequence[str] = ()
) -> pd.DataFrame | Moments:
    """The data with a column for every product that the model names and the data lack.

    The product is of the values as they are, neither centred nor standardised, as in lavaan.

    Raises SpecificationError where a part is latent, ordered, no column, or not in the model by itself:
    without its parts a product's coefficient depends on where the parts' zeros lie.

    R: lavaan does the same for ``y ~ x + z + x:z``.
    """
    if not syntax.products or isinstance(data, Moments):
        return data
    faults, new, columns = [], {}, data.columns
    for name in syntax.products:
        parts = name.split(":")
        if name in columns:
            continue
        fault = _fault(name, parts, syntax, columns, ordered)
        if fault:
            faults.append(fault)
            continue
        values = data[parts[0]]
        for part in parts[1:]:
            values = values * data[part]
        new[name] = values
    if faults:
        raise SpecificationError(faults)
    return data.assign(**new)


def _fault(
    name: str, parts: list[str], syntax: ModelSyntax, columns: Container[str], ordered: Sequence[str]
) -> Fault | None:
    line = next(term.line for term in syntax.terms if name in (term.lhs, term.rhs))
    latent = {term.lhs for term in syntax.terms if term.op == "=~"}
    named = {part for term in syntax.terms for part in (term.lhs, term.rhs)}
    for part in parts:
        if part in latent:
            fix = "Add products of indicators to the data and measure a latent product by them."
            return Fault(
                f"{name}: products of latent variables ({part}) are not estimated", line=line, fix=fix
            )
        if part in ordered:
            return Fault(f"{name}: {part} is ordered, so its codes cannot be multiplied", line=line)
        if part not in columns:
            return Fault(f"{name}: the data have no column {part!r}", line=line)
        if part not in named:
            fix = f"Write {' + '.join(parts)} + {name}."
            return Fault(f"{name}: {part} itself is not in the model", line=line, fix=fix)
    return None
