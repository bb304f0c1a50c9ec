"""The sense of a codebook: contradictions between its parts, which its form alone cannot show."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any

from workbench.errors import Fault
from workbench.survey.codebook_schema import ConstructForm, Form, Group, Scale, Variable, Wording
from workbench.survey.hypotheses import hypotheses_faults
from workbench.survey.texts import clean, code_text, fold
from workbench.survey.yaml_lines import Document

Maker = Callable[..., Fault]  # what, *place in the codebook, value=, fix=
_MODEL_NAME = re.compile(r"[^\W\d][\w.]*")


def contradictions(form: Form, document: Document) -> Iterator[Fault]:
    """Faults that a schema cannot see, with their lines."""

    def fault(what: str, *place: Any, value: object = None, fix: str) -> Fault:
        return Fault(what, document.file, line=document.line(place), value=value, fix=fix)

    if not (form.constructs or form.groups or form.variables):
        yield fault("the codebook names no column", fix="Add constructs, groups or variables")
    for name, scale in form.scales.items():
        yield from _scale(name, scale, fault)
    for name, group in form.groups.items():
        yield from _group(name, group, fault)
    for name, construct in form.constructs.items():
        yield from _construct(name, construct, form, fault)
    yield from _stand_ins(form, fault)
    yield from _columns(form, fault)
    for name, variable in form.variables.items():
        yield from _variable(name, variable, fault)
    yield from _own_model(form, fault)


def _scale(name: str, scale: Scale, fault: Maker) -> Iterator[Fault]:
    here = ("scales", name)
    if scale.min >= scale.max:
        yield fault(
            f"scale {name!r} runs from {scale.min} to {scale.max}",
            *here,
            "min",
            fix="Make min smaller than max; a reversed item says 'reverse: true'",
        )
        return
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
    yield from _same_words(f"scale {name!r}", here, scale.labels, fault)


def _same_words(
    what: str, here: tuple[str, ...], labels: dict[Any, Wording], fault: Maker
) -> Iterator[Fault]:
    """Two codes with one label, which would become one answer without a word."""
    texts: dict[str, Any] = {}
    for code, text in labels.items():
        for word in sorted({fold(text.en), fold(text.zh)} - {""}):
            if word in texts:
                yield fault(
                    f"{what} labels both {texts[word]} and {code} with the same words",
                    *(*here, "labels", code),
                    value=word,
                    fix="Give every code its own label",
                )
            texts[word] = code


def _group(name: str, group: Group, fault: Maker) -> Iterator[Fault]:
    here = ("groups", name)
    yield from _same_words(f"group {name!r}", here, group.labels, fault)
    codes: dict[str, Any] = {}
    for code in group.labels:
        text = code_text(code)
        if text in codes:
            yield fault(
                f"group {name!r} labels the code {text} twice, as a number and as a text",
                *(*here, "labels", code),
                fix="Keep one of the two",
            )
        codes[text] = code


def _construct(name: str, construct: ConstructForm, form: Form, fault: Maker) -> Iterator[Fault]:
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
        if text.reverse and construct.scale not in form.scales:
            yield fault(
                f"item {item!r} is reversed but has no scale to be reversed on",
                *(*here, "items", item),
                fix="Define the scale of its construct",
            )
        if item == clean(item) and not _MODEL_NAME.fullmatch(item):
            yield fault(
                f"item name {item!r} cannot stand in a model",
                *(*here, "items", item),
                fix="Give it a short name of letters, digits and underscores, and the header of the file "
                "under 'column:'",
            )
        if item in form.constructs:
            yield fault(
                f"{item!r} is both a construct and an item",
                *(*here, "items", item),
                fix="Give one of them another name; the item's header may stand under 'column:'",
            )


def _stand_ins(form: Form, fault: Maker) -> Iterator[Fault]:
    """One construct at most stands for one of the documents', and not beside one of that very name."""
    seen: dict[str, str] = {}
    for name, construct in form.constructs.items():
        if construct.stands_for is None:
            continue
        here, other = ("constructs", name, "stands_for"), seen.get(construct.stands_for)
        if other is None and construct.stands_for != name and construct.stands_for in form.constructs:
            other = construct.stands_for
        if other is not None:
            yield fault(
                f"constructs {other!r} and {name!r} both stand for {construct.stands_for!r}",
                *here,
                fix="Let one construct stand for it",
            )
        seen[construct.stands_for] = name


def _columns(form: Form, fault: Maker) -> Iterator[Fault]:
    """A name has one meaning, and so has a column of the file."""
    names: dict[str, str] = {form.id: "the id"} if form.id else {}
    columns = dict(names)
    parts: list[tuple[str, str | None, str, tuple[str, ...]]] = [
        (item, text.column, f"construct {name!r}", ("constructs", name, "items", item))
        for name, construct in form.constructs.items()
        for item, text in construct.items.items()
    ]
    for part in ("groups", "variables"):
        parts += [
            (name, one.column, f"the {part}", (part, name)) for name, one in getattr(form, part).items()
        ]
    for name, column, home, place in parts:
        for text in (name, column):
            if text is not None and (not text or text != clean(text)):
                yield fault(
                    f"the column name {text!r} is empty or has blanks around it",
                    *place,
                    fix="Take the blanks off: those of the file's header are taken off too",
                )
        if name in names:
            what = f"column {name!r} stands in {home} and in {names[name]}"
            yield fault(what, *place, fix="Keep it in one place only")
        elif (column or name) in columns:
            what = f"the file's column {column or name!r} stands in {home} and in {columns[column or name]}"
            yield fault(what, *place, fix="Keep it in one place only")
        names.setdefault(name, home)
        columns.setdefault(column or name, home)


def _variable(name: str, variable: Variable, fault: Maker) -> Iterator[Fault]:
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


def _own_model(form: Form, fault: Maker) -> Iterator[Fault]:
    """The researcher's own model: its arrows can be read, and its names are the codebook's."""
    numbers = [name for name, variable in form.variables.items() if variable.type != "text"]
    known = [*form.constructs, *numbers, *form.groups]
    outcomes = [*form.constructs, *numbers]
    for identifier, what, fix in hypotheses_faults(form.hypotheses, known, outcomes=outcomes):
        yield fault(what, "hypotheses", identifier, fix=fix)
    for key, allowed, kinds in (
        ("controls", known, "constructs, numbers or groups"),
        ("compare", list(form.groups), "groups"),
    ):
        seen: set[str] = set()
        for number, name in enumerate(getattr(form, key)):
            if name in seen:
                yield fault(f"{key}: {name!r} stands twice", key, number, fix="Name it once")
            elif name not in allowed:
                close = difflib.get_close_matches(name, allowed, n=1)
                guess = f"Did you mean {close[0]!r}? " if close else ""
                there = ", ".join(allowed) or "none yet"
                what = f"{key}: {name!r} is not among the codebook's {kinds}"
                yield fault(what, key, number, value=name, fix=f"{guess}There are: {there}")
            seen.add(name)
