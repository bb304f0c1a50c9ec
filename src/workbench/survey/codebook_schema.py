"""The form of a codebook: which keys it may have, of which type, and what is said where one is wrong.

What a form cannot see, contradictions between its parts, is in `workbench.survey.codebook_rules`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from workbench.errors import Fault
from workbench.survey.yaml_lines import Document

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


Column = Annotated[StrictStr, Field(min_length=1)]  # a header as it stands in the file


class ItemForm(Wording):
    reverse: StrictBool = False
    column: Column | None = None


class ConstructForm(_Part):
    label: Label = Field(default_factory=Wording)
    scale: StrictStr
    role: Role | None = None
    stands_for: Column | None = None
    items: dict[StrictStr, Annotated[ItemForm, BeforeValidator(_wording)]] = Field(min_length=1)


class Group(_Part):
    """A column that divides respondents; ``labels`` names its codes."""

    column: Column | None = None
    label: Label = Field(default_factory=Wording)
    labels: dict[Code, Label] = Field(default_factory=dict)
    missing: tuple[Code, ...] = ()


class Variable(_Part):
    """Any other column; the cells tell its type unless ``type``, a range or a unit does.

    ``instructed`` is the answer that an attention item asks for ("please choose 4 here").
    """

    column: Column | None = None
    label: Label = Field(default_factory=Wording)
    unit: StrictStr = ""
    min: Number = None
    max: Number = None
    missing: tuple[Code, ...] = ()
    type: Literal["number", "text"] | None = None
    instructed: Code = None

    @property
    def numeric(self) -> bool | None:
        """True or False where the codebook decides it, None where the cells do."""
        if self.type is not None:
            return self.type == "number"
        return True if self.unit or self.min is not None or self.max is not None else None


class FileForm(_Part):
    """How the file of answers is to be read, where the file itself does not say it.

    ``title_rows`` stand above the header, which fills ``header_rows``; ``footer_rows`` stand below
    the answers.
    """

    encoding: StrictStr | None = None
    sheet: StrictStr | None = None
    title_rows: Annotated[int, Field(strict=True, ge=0)] = 0
    header_rows: Annotated[int, Field(strict=True, ge=1)] = 1
    footer_rows: Annotated[int, Field(strict=True, ge=0)] = 0
    decimal: Literal[".", ","] | None = None


class Form(_Part):
    title: StrictStr = Field(min_length=1)
    kind: Kind = "user"
    source: StrictStr = ""
    id: StrictStr | None = None
    file: FileForm = Field(default_factory=FileForm)
    scales: dict[StrictStr, Scale] = Field(default_factory=dict)
    constructs: dict[StrictStr, ConstructForm] = Field(default_factory=dict)
    groups: dict[StrictStr, Annotated[Group, BeforeValidator(lambda v: {} if v is None else v)]] = Field(
        default_factory=dict
    )
    variables: dict[StrictStr, Annotated[Variable, BeforeValidator(lambda v: {} if v is None else v)]] = (
        Field(default_factory=dict)
    )
    hypotheses: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    controls: tuple[StrictStr, ...] = ()
    compare: tuple[StrictStr, ...] = ()


def schema_fault(document: Document, detail: Mapping[str, Any]) -> Fault:
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
        ("constructs", 3): ConstructForm,
        ("constructs", 5): ItemForm,
        ("groups", 3): Group,
        ("variables", 3): Variable,
        ("file", 2): FileForm,
    }
    return set(forms.get((str(place[0]), len(place)), Wording if len(place) > 1 else Form).model_fields)
