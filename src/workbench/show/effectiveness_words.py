"""Titles and sentences of study 11 on the six elements of CRM and on service that makes up for products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workbench.show import numbers
from workbench.show.prose import listed
from workbench.studies import effectiveness_elements as elements
from workbench.studies import effectiveness_offset as offset

if TYPE_CHECKING:
    from workbench.studies.effectiveness_elements import Elements
    from workbench.studies.effectiveness_offset import Offset

Labels = Mapping[str, str]
NO_MARKER = "No marker was asked: a part of every correlation may be one manager's way of answering."


def connected(found: Elements) -> str:
    """Title of the correlations: how many surely lie above zero, and whether any pair is nearly one."""
    largest = found.pairs["htmt"].max()
    ratio = numbers.number(largest, bounded=True)
    limit = numbers.number(elements.DISTINCT, bounded=True)
    apart = largest < elements.DISTINCT
    told = (
        f"all are told apart (HTMT at most {ratio})"
        if apart
        else f"not all are told apart (HTMT up to {ratio})"
    )
    if found.why:
        return f"Of the six elements {told}; limit {limit}"
    above = int((found.pairs["ci_lower"] > 0).sum())
    return f"{above} of {len(found.pairs)} pairs of elements are surely connected, and {told}"


def pairs(found: Elements) -> pd.DataFrame:
    """The pairs with the labels of their elements, the weakest connection last."""
    table = found.pairs.sort_values("htmt" if found.why else "estimate", ascending=False, kind="stable")
    index = [f"{_element(a)} · {_element(b)}" for a, b in table.index]
    return table.set_axis(pd.Index(index, name="pair"))


def asked_by(labels: Labels) -> str:
    """Which construct asks for which element."""
    return listed(f"{element} by {labels.get(name, name)}" for element, name in elements.ELEMENTS.items())


def sorted_as(found: Elements) -> str:
    """Title of the rival sortings: which of them fits best by BIC."""
    if found.rivals is None:
        return "Other sortings of the questions: not every model can be estimated"
    best = found.rivals.table["bic_above_best"].astype(float).idxmin()
    if best == elements.SIX:
        return "The six elements describe these answers better than D2-2's four or one factor (BIC)"
    return f"{best} describes these answers better than the six elements (BIC)"


def other_list(found: Elements, labels: Labels) -> list[str]:
    """What an element has to do with the module that D2-10 has in its place, a sentence each."""
    said = []
    for (own, other), row in found.twins.iterrows():
        value = numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), bounded=True)
        head = f"{labels.get(own, own)} and {labels.get(other, other)} correlate at {value}"
        if row["ci_upper"] < elements.DISTINCT:
            said.append(f"{head}: two things, not one under two names.")
        elif row["ci_lower"] > elements.DISTINCT:
            said.append(f"{head}: one thing under two names.")
        else:
            said.append(f"{head}, which leaves open whether they are one thing under two names.")
    return said


def _element(construct: str) -> str:
    return next(element for element, name in elements.ELEMENTS.items() if name == construct)


def makes_up(found: Offset) -> str:
    """Title of service's slope along the product's quality."""
    way = offset.COMPOSITES if found.why else offset.LATENT
    worse, better = (found.effects.loc[(way, name), "estimate"] for name in (offset.WORSE, offset.BETTER))
    term = found.effects.xs(offset.TERM, level="effect")
    where = (
        f"{numbers.number(worse)} where the product is worse and {numbers.number(better)} where it is better"
    )
    if found.why or len(term) < 2:
        return f"Service is worth {where}; only composites give an estimate"
    if (term["ci_upper"] < 0).all():
        return f"Service makes up for the product: it is worth {where}"
    if (term["ci_lower"] > 0).all():
        return f"Service does not make up for the product, it adds to it: it is worth {where}"
    return f"That service makes up for the product is not shown: it is worth {where}"


def ways_missing(found: Offset | Elements) -> str | None:
    """Why there are no latent estimates, where there are none."""
    return f"Latent variables: {found.why}." if found.why else None
