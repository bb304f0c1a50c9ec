"""The codebook: what the columns of a questionnaire mean.

A codebook is a YAML file; its form is checked by a schema, its sense by the rules below the schema. Faults
carry the line of the file and are listed together.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from workbench.errors import CodebookError, Fault
from workbench.survey.texts import clean, fold
from workbench.survey.yaml_lines import Document, read_yaml

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["printed", "simulated", "public", "user"]
Role = Literal["expectation", "perception", "importance", "outcome", "driver"]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError("a number is needed")
    if abs(value) > 2**53:  # beyond it whole numbers are not exact; an infinite end of a scale says nothing
        raise ValueError("the number is too large or infinite")
    return value


def _code(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a number or a text is needed")
    return value


def _wording(value: Any) -> Any:
    """``label: Text`` is short for ``label: {en: Text}``; an item without wording is an empty mapping."""
    if value is None:
        return {}
    return {"en": value} if isinstance(value, str) else value


def _empty(value: Any) -> Any:
    """A text left blank (``zh:``) is an empty text."""
    return "" if value is None else value


Text = Annotated[StrictStr, BeforeValidator(_empty)]
Number = Annotated[Any, BeforeValidator(_number)]
Code = Annotated[Any, BeforeValidator(_code)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Part):
    """A text in English and Chinese, either of which may be absent."""

    en: Text = ""
    zh: Text = ""

    def __str__(self) -> str:
        return self.en or self.zh


Label = Annotated[Wording, BeforeValidator(_wording)]


class Scale(_Part):
    """An answer scale from ``min`` to ``max``; codes (numbers or texts) under ``missing`` are no answer."""

    min: Number
    max: Number
    labels: dict[Number, Label] = Field(default_factory=dict)
    missing: tuple[Code, ...] = ()
    continuous: StrictBool = False


class _ItemForm(Wording):
    reverse: StrictBool = False


class _ConstructForm(_Part):
    label: Label = Field(default_factory=Wording)
    scale: StrictStr
    role: Role | None = None
    items: dict[StrictStr, Annotated[_ItemForm, BeforeValidator(_wording)]] = Field(min_length=1)


class Group(_Part):
    """A column that divides respondents; ``labels`` names its codes."""

    label: Label = Field(default_factory=Wording)
    labels: dict[Code, Label] = Field(default_factory=dict)
    missing: tuple[Code, ...] = ()


class Variable(_Part):
    """Any other column; the cells tell its type unless ``type``, a range or a unit does."""

    label: Label = Field(default_factory=Wording)
    unit: StrictStr = ""
    min: Number = None
    max: Number = None
    missing: tuple[Code, ...] = ()
    type: Literal["number", "text"] | None = None

    @property
    def numeric(self) -> bool | None:
        """True or False where the codebook decides it, None where the cells do."""
        if self.type is not None:
            return self.type == "number"
        return True if self.unit or self.min is not None or self.max is not None else None


class _Form(_Part):
    title: StrictStr = Field(min_length=1)
    kind: Kind = "user"
    source: StrictStr = ""
    id: StrictStr | None = None
    scales: dict[StrictStr, Scale] = Field(default_factory=dict)
    constructs: dict[StrictStr, _ConstructForm] = Field(default_factory=dict)
    groups: dict[StrictStr, Annotated[Group, BeforeValidator(lambda v: {} if v is None else v)]] = Field(
        default_factory=dict
    )
    variables: dict[StrictStr, Annotated[Variable, BeforeValidator(lambda v: {} if v is None else v)]] = (
        Field(default_factory=dict)
    )


@dataclass(frozen=True)
class Item:
    """One question: its column, construct, wording, scale and direction."""

    name: str
    construct: str
    wording: Wording
    scale: Scale
    reverse: bool


@dataclass(frozen=True)
class Construct:
    """What several items measure together."""

    name: str
    label: Wording
    role: Role | None
    scale_name: str
    scale: Scale
    items: tuple[str, ...]

    def __str__(self) -> str:
        return str(self.label) or self.name


@dataclass(frozen=True)
class Codebook:
    """Constructs, items, scales, roles, groups and variables of a questionnaire, by name, in file order."""

    title: str
    kind: Kind
    source: str
    id: str | None
    scales: Mapping[str, Scale]
    constructs: Mapping[str, Construct]
    items: Mapping[str, Item]
    groups: Mapping[str, Group]
    variables: Mapping[str, Variable]
    file: str | None = None

    @property
    def roles(self) -> dict[str, Role]:
        """Role by construct, for the constructs that have one."""
        return {name: construct.role for name, construct in self.constructs.items() if construct.role}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the codebook names: id, items, groups, variables."""
        return (*([self.id] if self.id else []), *self.items, *self.groups, *self.variables)

    def label(self, name: str, language: Literal["en", "zh"] = "en") -> str:
        """What to print for a construct, item, group or variable: its label, or its name without one."""
        for part in (self.constructs, self.groups, self.variables):
            if name in part:
                return getattr(part[name].label, language) or str(part[name].label) or name
        if name in self.items:
            wording = self.items[name].wording
            return getattr(wording, language) or str(wording) or name
        return name

    def describe(self) -> pd.DataFrame:
        """The items as a table: construct, role, item, wording (en, zh), scale, reversed, missing codes."""
        import pandas as pd

        rows = [
            {
                "construct": item.construct,
                "label": str(self.constructs[item.construct].label),
                "role": self.constructs[item.construct].role or "",
                "item": item.name,
                "wording": item.wording.en,
                "wording_zh": item.wording.zh,
                "scale": f"{item.scale.min:g} to {item.scale.max:g}",
                "reversed": item.reverse,
                "missing_codes": ", ".join(str(code) for code in item.scale.missing),
            }
            for item in self.items.values()
        ]
        columns = ("construct", "label", "role", "item", "wording", "wording_zh", "scale", "reversed")
        return pd.DataFrame(rows, columns=[*columns, "missing_codes"])


def read_codebook(file: str | Path) -> Codebook:
    """Read and check a codebook.

    Parameters: ``file``, a YAML file in UTF-8 of the form shown in the README.
    Errors: ``CodebookError`` with every fault found and its line.
    """
    path = Path(file)
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise CodebookError(
            Fault("the codebook is not a mapping of keys", document.file, fix="Begin with 'title: …'")
        )
    try:
        form = _Form.model_validate(document.content)
    except ValidationError as error:
        faults = [_schema_fault(document, detail) for detail in error.errors(include_url=False)]
        raise CodebookError([*document.faults, *faults]) from None
    faults = [*document.faults, *_sense(form, document)]
    if faults:
        raise CodebookError(sorted(faults, key=lambda fault: fault.line or 0))
    return _codebook(form, document.file)


def _codebook(form: _Form, file: str) -> Codebook:
    constructs = {
        name: Construct(name, part.label, part.role, part.scale, form.scales[part.scale], tuple(part.items))
        for name, part in form.constructs.items()
    }
    items = {
        item: Item(item, name, Wording(en=text.en, zh=text.zh), form.scales[part.scale], text.reverse)
        for name, part in form.constructs.items()
        for item, text in part.items.items()
    }
    return Codebook(
        form.title,
        form.kind,
        form.source,
        form.id,
        form.scales,
        constructs,
        items,
        form.groups,
        form.variables,
        file,
    )


def _schema_fault(document: Document, detail: Mapping[str, Any]) -> Fault:
    """One fault of the schema in plain words."""
    place = tuple(part for part in detail["loc"] if part != "[key]")
    line, value = document.line(place), detail["input"]
    name = ".".join(str(part) for part in place)
    match detail["type"]:
        case "missing":
            what, fix, value = f"{name} is missing", "Add it", None
            if name.startswith("constructs.") and name.endswith(".scale"):
                fix = "Name one of the codebook's scales"
        case "extra_forbidden":
            known = sorted(_known_keys(place))
            close = difflib.get_close_matches(str(place[-1]), known, n=1)
            guess = f"Did you mean {close[0]!r}? " if close else ""
            what, value = f"unknown key {name!r}", None
            fix = f"{guess}Allowed here: {', '.join(known)}"
        case "literal_error":
            what, fix = f"{name} has an unknown value", f"Use {detail['ctx']['expected']}"
        case "too_short":
            what, fix = f"{name} holds nothing", "List at least one"
        case kind if kind in _WANTED:
            what, fix = (
                f"{name} should be {_WANTED[kind]}",
                _FIXES.get(kind, "Correct the type of this value"),
            )
        case _:
            what = f"{name}: {detail['msg'].removeprefix('Value error, ').lower()}"
            fix = "Correct the type of this value"
    shown = value if isinstance(value, str | int | float) else None
    return Fault(what, document.file, line=line, value=shown, fix=fix)


_WANTED = {
    "dict_type": "a mapping of names or codes, such as {name: …}",
    "model_type": "a mapping, such as {label: Text}",
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [-99, 9]",
    "string_too_short": "a text that is not empty",
}
_FIXES = {
    "string_type": "Put quotes around a number that is a name, such as '1'",
    "bool_type": "Write true or false, without quotes",
}


def _known_keys(place: tuple[Any, ...]) -> set[str]:
    """Keys that the schema knows beside the unknown one at ``place``."""
    forms: dict[tuple[str, int], type[BaseModel]] = {
        ("scales", 3): Scale,
        ("constructs", 3): _ConstructForm,
        ("constructs", 5): _ItemForm,
        ("groups", 3): Group,
        ("variables", 3): Variable,
    }
    return set(forms.get((str(place[0]), len(place)), Wording if len(place) > 1 else _Form).model_fields)


def _sense(form: _Form, document: Document) -> Iterator[Fault]:
    """Faults that a schema cannot see: contradictions between parts of the codebook."""

    def fault(what: str, *place: Any, value: object = None, fix: str) -> Fault:
        return Fault(what, document.file, line=document.line(place), value=value, fix=fix)

    if not (form.constructs or form.groups or form.variables):
        yield fault("the codebook names no column", fix="Add constructs, groups or variables")
    for name, scale in form.scales.items():
        here = ("scales", name)
        if scale.min >= scale.max:
            yield fault(
                f"scale {name!r} runs from {scale.min} to {scale.max}",
                *here,
                "min",
                fix="Make min smaller than max; a reversed item says 'reverse: true'",
            )
            continue
        for code in scale.labels:
            if not scale.min <= code <= scale.max:
                yield fault(
                    f"label of scale {name!r} lies outside {scale.min} to {scale.max}",
                    *(*here, "labels", code),
                    value=code,
                    fix="Move the code into the range, or list it under missing",
                )
        for number, code in enumerate(scale.missing):
            if not isinstance(code, str) and scale.min <= code <= scale.max:
                yield fault(
                    f"missing code of scale {name!r} lies inside {scale.min} to {scale.max}",
                    *(*here, "missing", number),
                    value=code,
                    fix="An answer cannot be a missing code too: narrow the scale or choose another code",
                )
        texts: dict[str, Any] = {}
        for code, text in scale.labels.items():
            for word in {fold(text.en), fold(text.zh)} - {""}:
                if word in texts:
                    yield fault(
                        f"scale {name!r} labels both {texts[word]} and {code} with the same words",
                        *(*here, "labels", code),
                        value=word,
                        fix="Give every code its own label",
                    )
                texts[word] = code
    homes: dict[str, str] = {form.id: "the id"} if form.id else {}
    for name, construct in form.constructs.items():
        here = ("constructs", name)
        if not name.isidentifier():
            yield fault(
                f"construct name {name!r} cannot stand in a model",
                *here,
                fix="Use letters, digits and underscores, beginning with a letter; the label may be any text",
            )
        if construct.scale not in form.scales:
            close = difflib.get_close_matches(construct.scale, form.scales, n=1)
            known = ", ".join(form.scales) or "none yet"
            yield fault(
                f"construct {name!r} uses a scale that is not defined",
                *(*here, "scale"),
                value=construct.scale,
                fix=f"Did you mean {close[0]!r}?" if close else f"Define it under scales (there: {known})",
            )
            for item, text in construct.items.items():
                if text.reverse:
                    yield fault(
                        f"item {item!r} is reversed but has no scale to be reversed on",
                        *(*here, "items", item),
                        fix="Define the scale of its construct",
                    )
        for item in construct.items:
            yield from _once(item, f"construct {name!r}", homes, fault, *(*here, "items", item))
    for part in ("groups", "variables"):
        for name in getattr(form, part):
            yield from _once(name, f"the {part}", homes, fault, part, name)
    for name, variable in form.variables.items():
        if variable.min is not None and variable.max is not None and variable.min >= variable.max:
            yield fault(
                f"variable {name!r} runs from {variable.min} to {variable.max}",
                *("variables", name, "min"),
                fix="Make min smaller than max",
            )
        if variable.type == "text" and (variable.min is not None or variable.max is not None):
            yield fault(
                f"variable {name!r} is a text but has a range",
                "variables",
                name,
                fix="Drop the range or the type",
            )


def _once(name: str, home: str, homes: dict[str, str], fault: Any, *place: Any) -> Iterator[Fault]:
    """A column has one meaning."""
    if not name or name != clean(name):
        yield fault(
            f"the column name {name!r} is empty or has blanks around it",
            *place,
            fix="Take the blanks off: those of the file's header are taken off too",
        )
    if name in homes:
        yield fault(
            f"column {name!r} stands in {home} and in {homes[name]}", *place, fix="Keep it in one place only"
        )
    homes.setdefault(name, home)
