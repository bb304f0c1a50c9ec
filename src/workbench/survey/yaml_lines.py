"""YAML as people write it by hand, with the line of every key, so that a fault can say where it stands.

What hand-written files do not need, and what makes a reader of YAML hang, guess or lose something without a
word, is a fault: aliases that multiply, tags, keys that stand twice or mean the same (1 and 1.0), numbers
that YAML reads in its own way (010 as 8, 1:30 as 90), control characters, nesting without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from workbench import run_records
from workbench.errors import CodebookError, Fault, WorkbenchError

MOST_CHARACTERS = 2_000_000
MOST_PARTS = 200_000  # values, those that stand behind an alias counted again
MOST_AGAIN = 1_000  # lists and mappings that stand behind an alias
DEEPEST = 50
_C = hasattr(yaml, "CSafeLoader")  # ten times as fast, where PyYAML was built with it


class _Loader(yaml.CSafeLoader if _C else yaml.SafeLoader):  # type: ignore[misc]
    """Plain YAML: ``yes``/``no`` and dates stay texts, as the labels of a scale need."""


_PLAIN = {"bool": list("tTfF"), "int": list("-+0123456789"), "float": list("-+0123456789.")}
_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in ("timestamp", "bool", "merge", "value")
        or (tag.endswith("bool") and letter in _PLAIN["bool"])
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TWO_WAYS = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-9.]+)+)")  # what YAML reads as octal, or by sixties
_ENDLESS = "the values go round in a circle or multiply one another (aliases)"
_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Document:
    """A YAML file: its content, the line of every place in it, and what is wrong with its keys and values."""

    file: str
    content: Any
    lines: dict[tuple[str, ...], int]
    faults: tuple[Fault, ...]

    def line(self, place: Iterable[Any]) -> int | None:
        """Line of a place, or of the nearest place that encloses it."""
        keys = tuple(str(part) for part in place)
        while keys not in self.lines and keys:
            keys = keys[:-1]
        return self.lines.get(keys)


def read_yaml(
    path: Path, what: str = "codebook", error: type[WorkbenchError] = CodebookError, begin: str = "title: …"
) -> Document:
    """Read a YAML file.

    Parameters
    ----------
    path : the file. what : what it is called in messages. error : what is raised. begin : how one begins.

    Raises
    ------
    ``error`` for a file that cannot be read or parsed, with the line.
    """
    return parse_yaml(read_text(path, what, error), path.name, what, error, begin)


def read_text(path: Path, what: str, error: type[WorkbenchError]) -> str:
    """The text of a file in UTF-8; ``what`` it is called in messages, ``error`` what is raised."""
    name = path.name
    absent = error(Fault(f"no such file, where a {what} is looked for", name, fix="Check the path"))
    try:
        if path.exists() and not path.is_file():
            raise error(Fault(f"the {what} is a folder, a pipe or a device", name, fix="Name a file"))
        content = path.read_bytes()
        run_records.opened(path, content)
    except FileNotFoundError:
        raise absent from None
    except OSError as trouble:
        fix = "Check the path and who may read it"
        raise error(Fault(f"the {what} cannot be opened ({trouble.strerror})", name, fix=fix)) from None
    except ValueError as trouble:  # a path with a null character
        raise (trouble if isinstance(trouble, WorkbenchError) else absent) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        line = content[: trouble.start].count(b"\n") + 1
        raise error(Fault(f"the {what} is not UTF-8", name, line=line, fix="Save it as UTF-8")) from None


def parse_yaml(
    text: str,
    file: str,
    what: str = "codebook",
    error: type[WorkbenchError] = CodebookError,
    begin: str = "title: …",
) -> Document:
    """The same of a text; ``file`` names it in messages."""
    if len(text) > MOST_CHARACTERS:
        said = f"the {what} has {len(text):,} characters, and {MOST_CHARACTERS:,} are read"
        raise error(Fault(said, file, fix="Divide it, or leave out what is not needed"))
    if odd := _NO_TEXT.search(text):
        line = text[: odd.start()].count("\n") + 1
        said = f"a character that no text holds (code {ord(odd[0]):#04x})"
        raise error(Fault(said, file, line=line, fix="Delete it, or save the file anew"))
    try:
        if fault := next(_beyond_plain(text, file, what), None):
            raise error(fault)
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as trouble:
        mark = trouble.problem_mark or trouble.context_mark
        where = mark.line + 1 if mark else None
        fix = "Check indentation, colons and quotes"
        raise error(Fault(f"not valid YAML: {trouble.problem}", file, line=where, fix=fix)) from None
    if node is None:
        raise error(Fault(f"the {what} is empty", file, fix=f"Begin with '{begin}'"))
    reading = _Reading(loader, file)
    content = reading.content(node, ())
    return Document(file, content, reading.lines, tuple(reading.faults))


def _beyond_plain(text: str, file: str, what: str) -> Iterator[Fault]:
    """What no file that was written by hand holds, found without building anything of it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader if _C else yaml.SafeLoader):
        line = cast(yaml.Mark, event.start_mark).line + 1
        if isinstance(event, yaml.AliasEvent) and what == "codebook":
            said = "not valid YAML: aliases are not used in a codebook"
            yield Fault(said, file, line=line, fix="Write out what it stands for")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", _TEXT):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            said = f"not valid YAML: a value cannot be read by a tag such as {short}"
            yield Fault(said, file, line=line, fix="Take the tag off")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            fix = f"Follow the form of a {what}"
            yield Fault(f"the {what} is nested too deeply", file, line=line, fix=fix)


class _Reading:
    """A tree of nodes on its way to its content; lines and faults are gathered."""

    def __init__(self, loader: Any, file: str):
        self.loader, self.file = loader, file
        self.lines: dict[tuple[str, ...], int] = {}
        self.faults: list[Fault] = []
        self.inside: set[int] = set()
        self.known: set[int] = set()
        self.seen = self.again = 0

    def fault(self, what: str, node: yaml.Node, fix: str, value: object = None) -> None:
        line = node.start_mark.line + 1
        self.faults.append(Fault(what, self.file, line=line, value=value, fix=fix))

    def content(self, node: yaml.Node, place: tuple[str, ...]) -> Any:
        """What a node holds."""
        self.seen += 1
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self.value(node)
        self.again += id(node) in self.known
        self.known.add(id(node))
        if id(node) in self.inside or self.seen > MOST_PARTS or self.again > MOST_AGAIN:
            if not any(fault.what == _ENDLESS for fault in self.faults):
                self.fault(_ENDLESS, node, "Write out what is meant, without & and *")
            return None
        self.inside.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            made: Any = [self.content(part, (*place, str(row))) for row, part in enumerate(node.value)]
        else:
            made = self.mapping(cast(yaml.MappingNode, node), place)
        self.inside.discard(id(node))
        return made

    def mapping(self, node: yaml.MappingNode, place: tuple[str, ...]) -> dict[Any, Any]:
        """A mapping; two keys that are the same value are a fault, however they are written."""
        made: dict[Any, Any] = {}
        first: dict[Any, yaml.Node] = {}
        for key, part in node.value:
            if not isinstance(key, yaml.ScalarNode):
                fix = "Check indentation, colons and brackets"
                self.fault("not valid YAML: a key must be one word", key, fix)
                continue
            name, inner = self.value(key), (*place, str(key.value))
            if name in first:
                other = "" if first[name].value == key.value else f" as {first[name].value}"
                where = f"first on line {first[name].start_mark.line + 1}{other}"
                self.fault(f"key {'.'.join(inner)!r} stands twice ({where})", key, "Keep one of the two")
            first.setdefault(name, key)
            self.lines.setdefault(inner, key.start_mark.line + 1)
            made[name] = self.content(part, inner)
        return made

    def value(self, node: yaml.ScalarNode) -> Any:
        """One word, number or text; for what cannot be read, or in two ways, a fault."""
        if odd := _NO_TEXT.search(node.value):  # written as an escape, "\0"
            self.fault(f"a character that no text holds (code {ord(odd[0]):#04x})", node, "Take it out")
        if node.tag.endswith((":int", ":float")) and _TWO_WAYS.fullmatch(node.value):
            fix = f"Put quotes around it where it is a text, '{node.value}'; write a number in plain digits"
            self.fault("a number that can be read in two ways", node, fix, node.value)
            return node.value
        try:
            return self.loader.construct_object(node)
        except (ValueError, OverflowError) as error:
            fix = "Shorten the number, or put quotes around a text"
            self.fault(f"not valid YAML: a value cannot be read ({error})", node, fix)
            return node.value
