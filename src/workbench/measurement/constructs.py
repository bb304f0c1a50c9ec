"""Constructs and their items, as a dictionary, checked before anything is computed from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from workbench.doors import kind_of
from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.doors import survey_frame

# what a model text understands as a name; anything else could be read as syntax
_NAME = re.compile(r"[^\W\d][\w.]*")

Constructs = Mapping[str, Sequence[str]]


def checked(constructs: Constructs, *, least: int = 1, several: int = 1) -> dict[str, list[str]]:
    """The dictionary with its faults listed together.

    least : items that a construct needs; several : constructs that are needed.
    """
    faults: list[Fault] = []
    if not isinstance(constructs, Mapping):
        raise SpecificationError(
            f"constructs are needed as a dictionary, {{'trust': ['q1', 'q2'], …}}, not {kind_of(constructs)}"
        )
    if len(constructs) < several:
        faults.append(Fault(f"{len(constructs)} construct(s) given, at least {several} are needed"))
    owner: dict[str, str] = {}
    clean: dict[str, list[str]] = {}
    for construct, items in constructs.items():
        if isinstance(items, str):
            faults.append(
                Fault(f"the items of {construct!r} are one text", fix="Give a list of column names.")
            )
            continue
        if not isinstance(items, Iterable):
            faults.append(
                Fault(f"the items of {construct!r} are {kind_of(items)}", fix="Give a list of column names.")
            )
            continue
        clean[str(construct)] = own = [str(item) for item in items]
        if len(own) < least:
            faults.append(Fault(f"{construct!r} has {len(own)} item(s), at least {least} are needed"))
        for item in clean[str(construct)]:
            if item in owner:
                faults.append(
                    Fault(
                        f"item {item!r} stands in {owner[item]!r} and in {str(construct)!r}: once is enough"
                    )
                )
            owner[item] = str(construct)
    if faults:
        raise SpecificationError(faults)
    return clean


def columns_of(data: pd.DataFrame, constructs: Constructs) -> pd.DataFrame:
    """The columns of all items, in order; what is missing is listed."""
    data = survey_frame(data)
    names = {str(name): name for name in data.columns}
    faults = [
        Fault("the column is missing", column=item, fix=f"It is an item of {construct!r}.")
        for construct, items in constructs.items()
        for item in items
        if item not in names
    ]
    if faults:
        raise DataError(faults)
    return data[[names[item] for items in constructs.values() for item in items]]


def safe_names(constructs: Constructs, *others: str) -> dict[str, list[str]]:
    """Constructs fit to be written into a model text: no name can be taken for syntax.

    Letters (of any script), digits, ``_`` and ``.``, not beginning with a digit; no construct is called
    like an item or like one of ``others`` (factors that a model adds).
    """
    clean = checked(constructs, least=1, several=1)
    items = {item for group in clean.values() for item in group}
    fix = "Rename it with letters, digits, '_' and '.', beginning with a letter."
    faults = [
        Fault(f"the name {name!r} cannot stand in a model text", fix=fix)
        for name in (*clean, *items, *others)
        if not isinstance(name, str) or not _NAME.fullmatch(name)
    ]
    faults += [
        Fault(f"{name!r} names both a construct and an item", fix="Rename one of them.")
        for name in clean
        if name in items
    ]
    faults += [
        Fault(f"{name!r} names an added factor and a construct or item", fix="Choose another name.")
        for name in others
        if name in items or name in clean
    ]
    if faults:
        raise SpecificationError(faults)
    return clean
