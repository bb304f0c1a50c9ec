"""A drafted codebook as YAML, with a comment at everything that was guessed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import yaml

from workbench.survey.drafting.parts import (
    DraftConstruct,
    DraftGroup,
    DraftItem,
    DraftScale,
    DraftVariable,
)

if TYPE_CHECKING:
    from workbench.survey.drafting.drafted_codebook import Draft

WIDTH = 110
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .]*")
_TRAPS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}


def as_yaml(draft: Draft) -> str:
    """The codebook of a draft, which `workbench.survey.read_codebook` reads."""
    lines = [
        f"# Drafted from {draft.file} ({draft.rows:,} answers). What was guessed says why: read it and",
        "# correct it. 'workbench check' tells what does not fit.",
        f"title: {scalar(draft.title)}",
        "kind: user",
        f"source: {scalar(draft.file)}",
    ]
    if draft.id is not None:
        lines += [*_comment(draft.why.get("id", ())), f"id: {scalar(draft.id)}"]
    lines += _file(draft)
    lines += _section("scales", [line for scale in draft.scales for line in _scale(scale)])
    lines += _section("constructs", [line for one in draft.constructs for line in _construct(one)])
    lines += _section("groups", [line for one in draft.groups for line in _group(one)])
    lines += _section("variables", [line for one in draft.variables for line in _variable(one)])
    lines += _left_out("Left out because they look like personal data:", draft.personal)
    lines += _left_out("Left out:", draft.left_out)
    lines += _own_model(draft)
    return "\n".join(lines) + "\n"


def _section(name: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{name}:", *lines] if lines else []


def _comment(why: Iterable[str], indent: int = 0) -> list[str]:
    """Reasons as comment lines of a bearable width."""
    before = " " * indent + "# "
    text = "; ".join(why)
    if not text:
        return []
    return textwrap.wrap(text, WIDTH, initial_indent=before, subsequent_indent=before, break_long_words=False)


def _file(draft: Draft) -> list[str]:
    given = {
        key: value
        for key, value in draft.reading.model_dump().items()
        if value not in (None, 0) and (key, value) != ("header_rows", 1)
    }
    if not given:
        return _comment(draft.why.get("file", ()))
    return [*_comment(draft.why.get("file", ())), f"file: {mapping(given)}"]


def _scale(scale: DraftScale) -> list[str]:
    lines = [
        *_comment(scale.why, 2),
        f"  {scale.name}:",
        f"    min: {scalar(scale.min)}",
        f"    max: {scalar(scale.max)}",
    ]
    if scale.labels:
        lines.append("    labels:")
        lines += [f"      {scalar(code)}: {_label(text)}" for code, text in sorted(scale.labels.items())]
    if scale.missing:
        lines.append(f"    missing: {sequence(scale.missing)}")
    return lines


def _construct(one: DraftConstruct) -> list[str]:
    return [
        *_comment(one.why, 2),
        f"  {one.name}:",
        f"    label: {_label(one.label)}",
        f"    scale: {one.scale}",
        "    items:",
        *(line for item in one.items for line in _item(item)),
    ]


def _item(item: DraftItem) -> list[str]:
    parts: dict[str, object] = {}
    if item.wording:
        parts[_language(item.wording)] = item.wording
    if item.column != item.name:
        parts["column"] = item.column
    if item.reverse:
        parts["reverse"] = True
    return [*_comment(item.why, 6), *_entry(item.name, parts, 6)]


def _group(group: DraftGroup) -> list[str]:
    parts: dict[str, object] = {}
    if group.column != group.name:
        parts["column"] = group.column
    if group.label:
        parts["label"] = group.label
    if group.labels:
        parts["labels"] = group.labels
    if group.missing:
        parts["missing"] = group.missing
    return [*_comment(group.why, 2), *_entry(group.name, parts, 2)]


def _variable(variable: DraftVariable) -> list[str]:
    parts: dict[str, object] = {}
    if variable.column != variable.name:
        parts["column"] = variable.column
    for key in ("label", "type", "unit", "min", "max", "missing", "instructed"):
        value = getattr(variable, key)
        if value not in ("", None, []):
            parts[key] = value
    return [*_comment(variable.why, 2), *_entry(variable.name, parts, 2)]


def _entry(name: str, parts: Mapping[str, object], indent: int) -> list[str]:
    """One entry on one line where it is short, else one line per key."""
    before = " " * indent
    whole = f"{before}{scalar(name)}: {mapping(parts)}"
    if len(whole) <= WIDTH and not any(isinstance(value, dict) for value in parts.values()):
        return [whole]
    lines = [f"{before}{scalar(name)}:"]
    for key, value in parts.items():
        if key == "labels" and isinstance(value, dict):
            lines.append(f"{before}  labels:")
            lines += [f"{before}    {scalar(code)}: {_label(text)}" for code, text in value.items()]
        else:
            lines.append(f"{before}  {key}: {_value(key, value)}")
    return lines


def _left_out(heading: str, columns: Sequence[tuple[str, str]]) -> list[str]:
    if not columns:
        return []
    lines = ["", f"# {heading}"]
    return lines + [f"#   {scalar(column)}: {why}" for column, why in columns]


def _own_model(draft: Draft) -> list[str]:
    """The block for hypotheses, as comments with the draft's own names in it."""
    if len(draft.constructs) < 2:
        return []
    one, other = draft.constructs[0].name, draft.constructs[1].name
    lines = [
        "",
        "# Your own hypotheses, for study 18. Take the # away and write what you expect:",
        "# hypotheses:",
        f"#   H1: {one} -> {other} (+)",
    ]
    if len(draft.constructs) > 2:
        lines.append(f"#   H2: {one} -> {other} -> {draft.constructs[2].name}")
    if draft.groups:
        lines.append(f"# compare: [{draft.groups[0].name}]")
    return lines


def _language(text: str) -> str:
    return "zh" if _CHINESE.search(text) else "en"


def _label(text: object) -> str:
    if isinstance(text, dict):
        return mapping(text)
    words = str(text)
    return mapping({"zh": words}) if _language(words) == "zh" else scalar(words)


def _value(key: str, value: object) -> str:
    if key == "label":
        return _label(value)
    if isinstance(value, list):
        return sequence(value)
    if isinstance(value, dict):
        return mapping(value)
    return scalar(value)


def mapping(parts: Mapping[str, object]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{scalar(key)}: {_value(key, value)}" for key, value in parts.items()) + "}"


def sequence(parts: Sequence[object]) -> str:
    """A list on one line."""
    return "[" + ", ".join(scalar(part) for part in parts) + "]"


def scalar(value: object) -> str:
    """One value as YAML, in quotes wherever it could be read as something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if (_PLAIN.fullmatch(text) and text.strip() == text and text.casefold() not in _TRAPS) and len(text) > 1:
        return text
    if _CHINESE.search(text) and re.fullmatch(r"[\w（）、，。？！]+", text) and not text[0].isdigit():
        return text
    return yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**9).strip()
