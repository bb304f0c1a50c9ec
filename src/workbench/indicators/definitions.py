"""What an indicator is: definitions read from YAML, computed from counts, each within its own bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import (
    column,
    door,
    is_finite,
    is_number,
    kind_of,
    made_by,
    mapping,
    need_columns,
    optional,
    table,
)
from workbench.errors import CodebookError, DataError, Fault, NotApplicable, SpecificationError
from workbench.indicators import doors
from workbench.indicators.formulas import Formula, as_text, checked, columns_of, evaluated
from workbench.resources import DATA
from workbench.survey.yaml_lines import Document, read_yaml

DEFINITIONS = DATA / "indicators.yaml"
_FIELDS = {"concept", "label", "unit", "direction", "layer", "formula", "min", "max", "place", "status"}
_NEEDED = _FIELDS - {"min", "max"}


@dataclass(frozen=True)
class Indicator:
    """One definition: its meaning, formula, bounds, layer and where it stands."""

    id: str
    concept: str
    label: Mapping[str, str]
    unit: str
    direction: str
    layer: str
    formula: Formula
    minimum: float
    maximum: float
    place: str
    status: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the formula uses, each once."""
        return tuple(dict.fromkeys(columns_of(self.formula)))

    @property
    def written(self) -> str:
        """The formula as a reader would write it."""
        return as_text(self.formula)


@dataclass(frozen=True)
class Definitions:
    """A set of indicators with the columns they are computed from and the names of the layers."""

    source: str
    layers: Mapping[str, Mapping[str, str]]
    columns: Mapping[str, Mapping[str, Any]]
    indicators: Mapping[str, Indicator]

    def table(self) -> pd.DataFrame:
        """One row an indicator, every part of its definition a column."""
        rows = [
            (
                d.id,
                d.concept,
                d.label.get("en", d.id),
                d.label.get("zh", ""),
                d.unit,
                d.direction,
                d.layer,
                d.written,
                d.minimum,
                d.maximum,
                d.place,
                d.status,
            )
            for d in self.indicators.values()
        ]
        names = [
            "indicator",
            "concept",
            "label",
            "zh",
            "unit",
            "direction",
            "layer",
            "formula",
            "min",
            "max",
            "place",
            "status",
        ]
        return pd.DataFrame(rows, columns=names).set_index("indicator")


@dataclass(frozen=True)
class IndicatorTable:
    """Indicators computed for every row.

    ``values``: rows of the data x indicators. ``definitions``: the definitions used. ``not_computed``:
    indicator, and the columns that the data lack for it. ``undefined``: indicator, rows whose denominator is
    zero.
    """

    values: pd.DataFrame
    definitions: pd.DataFrame
    not_computed: pd.DataFrame
    undefined: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def directions(self) -> dict[str, str]:
        """``higher`` or ``lower`` is better, by indicator."""
        return dict(self.definitions["direction"])

    @property
    def layers(self) -> dict[str, str]:
        """Layer by indicator."""
        return dict(self.definitions["layer"])


@door(file=doors.file)
def read_definitions(file: str | Path | None = None) -> Definitions:
    """Read indicator definitions; the shipped ones of D2 when no file is given.

    Parameters
    ----------
    file : YAML in the form of ``data/indicators.yaml``.

    Raises
    ------
    CodebookError : with every fault of the file at once.

    Examples
    --------
    >>> from workbench import indicators
    >>> "retention" in indicators.read_definitions().indicators
    True
    """
    document = read_yaml(DEFINITIONS if file is None else Path(file))
    content, faults = document.content, list(document.faults)
    if not isinstance(content, dict) or not isinstance(content.get("indicators"), dict):
        fix = "Write 'indicators:' with a definition a name below it"
        raise CodebookError([*faults, Fault("needs a mapping 'indicators'", document.file, fix=fix)])
    columns, layers = (_declared(document, part, faults) for part in ("columns", "layers"))
    made = {}
    for name, entry in content["indicators"].items():
        if not isinstance(name, str):
            faults.append(Fault(f"indicator {name!r}: its name has to be a text", document.file))
            continue
        problems = _problems(entry, columns, layers)
        line = document.line(("indicators", name))
        faults += [Fault(f"indicator {name!r}: {text}", document.file, line=line) for text in problems]
        if not problems:
            made[name] = Indicator(
                name,
                entry["concept"],
                entry["label"],
                entry["unit"],
                entry["direction"],
                entry["layer"],
                checked(entry["formula"]),
                float(entry.get("min", -np.inf)),
                float(entry.get("max", np.inf)),
                entry["place"],
                entry["status"],
            )
    if faults:
        raise CodebookError(faults)
    return Definitions(str(content.get("source", "")), layers, columns, made)


@door(
    data=table,
    definitions=optional(made_by(Definitions, "read_definitions")),
    indicators=optional(doors.listed),
    columns=optional(mapping(column, "{'customers_start': 'customers at the start'}")),
)
def compute(
    data: pd.DataFrame,
    definitions: Definitions | None = None,
    *,
    indicators: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> IndicatorTable:
    """Compute indicators from counts, each within its own bounds.

    Parameters
    ----------
    data : one row for each firm, or a firm and period.
    definitions : of :func:`read_definitions`; the shipped ones when not given.
    indicators : ids to compute; all for which the data hold the columns when not given.
    columns : name in the definitions → name in the data, where they differ.

    Returns
    -------
    IndicatorTable; a zero denominator leaves the value missing and is listed in ``undefined``.

    Raises
    ------
    DataError : counts that are negative or not whole, or an indicator outside its bounds, each with its row.
    SpecificationError : an unknown indicator, or one asked for by name whose columns are missing.

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> found = indicators.compute(panel.head(3), indicators=["retention"])
    >>> found.values.round(3)
       retention
    0      0.926
    1      0.929
    2      0.934
    """
    definitions = read_definitions() if definitions is None else definitions
    names = dict(columns or {})
    need_columns(data, list(names.values()))
    strange = [name for name in names if name not in definitions.columns]
    if strange:
        known_columns = ", ".join(definitions.columns)
        raise SpecificationError(
            [
                Fault(f"the definitions have no column {n!r}", fix=f"They have {known_columns}.")
                for n in strange
            ]
        )
    known = definitions.indicators
    chosen = list(known) if indicators is None else list(indicators)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise SpecificationError(
            [Fault(f"there is no indicator {n!r}", fix=f"Known: {', '.join(known)}.") for n in unknown]
        )
    lacking = {n: [c for c in known[n].columns if names.get(c, c) not in data.columns] for n in chosen}
    if indicators is not None and any(lacking.values()):
        raise SpecificationError(
            [
                Fault(f"{n!r} needs columns that the data lack: {', '.join(c)}")
                for n, c in lacking.items()
                if c
            ]
        )
    chosen = [name for name in chosen if not lacking[name]]
    if not chosen:
        first = ", ".join(next(iter(known.values())).columns)
        fix = f"Name them under variables of the codebook ({first}, say), or map them with columns={{…}}"
        raise NotApplicable(Fault("the data hold the columns of no indicator", fix=fix))
    needed = dict.fromkeys(column for name in chosen for column in known[name].columns)
    need_columns(data, [names.get(name, name) for name in needed])
    frame = pd.DataFrame({name: data[names.get(name, name)] for name in needed}, index=data.index)
    _check_columns(frame, definitions.columns, names)
    values, undefined = {}, []
    for name in chosen:
        zero = np.zeros(len(frame), bool)
        values[name] = evaluated(known[name].formula, frame, zero)
        undefined += [(name, row) for row in frame.index[zero]]
    table = pd.DataFrame(values, index=data.index)
    _check_bounds(table, known, frame)
    missing = pd.DataFrame(
        [(name, ", ".join(gone)) for name, gone in lacking.items() if gone],
        columns=["indicator", "missing columns"],
    )
    holes = pd.DataFrame(undefined, columns=["indicator", "row"])
    warnings = [
        f"{name}: undefined in {count:,} of {len(data):,} rows, where its denominator is zero."
        for name, count in holes["indicator"].value_counts(sort=False).items()
    ]
    return IndicatorTable(table, definitions.table().loc[chosen], missing, holes, tuple(warnings))


def _declared(document: Document, part: str, faults: list[Fault]) -> dict[str, Any]:
    """Columns or layers: names with a mapping to each; what is not is added to the faults."""
    given = document.content.get(part) or {}
    line = document.line((part,))
    if not isinstance(given, dict):
        fix = "Write names with a mapping to each"
        faults.append(Fault(f"{part} should be a mapping", document.file, line=line, fix=fix))
        return {}
    for name, entry in given.items():
        where: dict[str, Any] = {"file": document.file, "line": document.line((part, name))}
        if not isinstance(name, str) or not isinstance(entry, dict | type(None)):
            fix = "Write a name, a colon, and a mapping such as {min: 0}"
            faults.append(Fault(f"{part}: {name!r} should be a name with a mapping", **where, fix=fix))
            continue
        for key in ("min", "max"):
            if part == "columns" and entry and key in entry and not is_finite(entry[key]):
                fix = "Write a number, or leave it out"
                faults.append(Fault(f"{part}: {key} of {name!r} should be a number", **where, fix=fix))
    return {name: entry or {} for name, entry in given.items() if isinstance(entry, dict | type(None))}


def _problems(entry: Any, columns: Mapping[str, Any], layers: Mapping[str, Any]) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be a mapping"]
    found = [f"lacks {key!r}" for key in sorted(_NEEDED - entry.keys())]
    found += [f"has an unknown key {key!r}" for key in sorted(map(str, entry.keys() - _FIELDS))]
    if found:
        return found
    if entry["direction"] not in ("higher", "lower"):
        found.append(f"direction {entry['direction']!r} must be higher or lower")
    if entry["status"] not in ("printed", "reconstructed"):
        found.append(f"status {entry['status']!r} must be printed or reconstructed")
    found += [
        f"{key} has to be a text, not {kind_of(entry[key])}"
        for key in ("concept", "unit", "place", "layer")
        if not isinstance(entry[key], str)
    ]
    if not isinstance(entry["label"], dict) or not all(isinstance(t, str) for t in entry["label"].values()):
        found.append("label has to be a mapping of texts, such as {en: Retention}")
    found += [
        f"{key} has to be a number, not {kind_of(entry[key])}"
        for key in ("min", "max")
        if key in entry and not is_finite(entry[key])
    ]
    if isinstance(entry["layer"], str) and entry["layer"] not in layers:
        found.append(f"layer {entry['layer']!r} is not declared")
    try:
        tree = checked(entry["formula"])
    except SpecificationError as error:
        return [*found, str(error)]
    return found + [f"column {name!r} is not declared" for name in columns_of(tree) if name not in columns]


def _check_columns(
    frame: pd.DataFrame, declared: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> None:
    faults = []
    for needed in frame.columns:
        shown = names.get(needed, needed)
        if not is_number(frame[needed]):
            faults.append(Fault("must be numeric", column=shown, fix="Turn it into numbers."))
            continue
        values, rule = frame[needed].to_numpy(float, na_value=np.nan), declared[needed]
        bad = np.isinf(values)
        bad |= values < rule.get("min", -np.inf)
        bad |= values > rule.get("max", np.inf)
        if rule.get("whole"):
            bad |= np.isfinite(values) & (values != np.round(values))
        limits = f"between {rule.get('min', '-∞')} and {rule.get('max', '∞')}"
        text = f"must be {'a whole number ' if rule.get('whole') else ''}{limits}"
        faults += [
            Fault(text, row=_row(frame, i), column=shown, value=float(values[i])) for i in np.flatnonzero(bad)
        ]
    if faults:
        raise DataError(faults)


def _check_bounds(table: pd.DataFrame, known: Mapping[str, Indicator], frame: pd.DataFrame) -> None:
    faults = []
    slack = 1e-12  # a share of counts can leave [0, 1] by rounding
    for name in table.columns:
        low, high = known[name].minimum, known[name].maximum
        values = table[name].to_numpy()
        for i in np.flatnonzero((values < low - slack) | (values > high + slack)):
            used = ", ".join(f"{c} {frame[c].iloc[i]:g}" for c in known[name].columns)
            faults.append(
                Fault(
                    f"{name} = {values[i]:.4g} lies outside {low:g} to {high:g} ({used})",
                    row=_row(frame, i),
                    fix="Check the counts of this row.",
                )
            )
    if faults:
        raise DataError(faults)


def _row(frame: pd.DataFrame, position: int | np.integer) -> int | None:
    index = frame.index[position]
    return int(index) + 2 if isinstance(index, int | np.integer) else None
