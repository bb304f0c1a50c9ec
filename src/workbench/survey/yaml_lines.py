"""YAML with the line of every key, so that a fault can say where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import CodebookError, Fault


class _Loader(yaml.SafeLoader):
    """Plain YAML: ``yes``/``no`` and dates stay texts, as the labels of a scale need."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases are not used in codebooks", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


_PLAIN = {"bool": list("tTfF"), "int": list("-+0123456789"), "float": list("-+0123456789.")}
_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge")
        or (tag.endswith("bool") and letter in _PLAIN["bool"])
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """A YAML file: its content, the line of every place in it, and its doubled keys as faults."""

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


def read_yaml(path: Path) -> Document:
    """Read a YAML file; a file that cannot be read or parsed raises ``CodebookError`` with the line."""
    name = path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise CodebookError(Fault("no such codebook file", name, fix="Check the path")) from None
    except OSError as error:
        raise CodebookError(Fault(f"the codebook cannot be opened ({error.strerror})", name)) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise CodebookError(
            Fault("the codebook is not UTF-8", name, line=line, fix="Save it as UTF-8")
        ) from None
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        what = f"a character that no text holds (code {error.character:#04x})"
        raise CodebookError(Fault(what, name, line=line, fix="Delete it, or save the file anew")) from None
    try:
        node = loader.get_single_node()
        if node is None:
            raise CodebookError(Fault("the codebook is empty", name, fix="Begin with 'title: …'"))
        lines: dict[tuple[str, ...], int] = {}
        faults: list[Fault] = []
        _walk(node, (), lines, faults, name)
        content = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise CodebookError(
            Fault(
                f"not valid YAML: {error.problem}",
                name,
                line=mark.line + 1 if mark else None,
                fix="Check indentation, colons and quotes",
            )
        ) from None
    except (ValueError, KeyError) as error:  # a value that its own tag denies, or too long a number
        if isinstance(error, CodebookError):
            raise
        what = f"not valid YAML: a value cannot be read ({error})"
        raise CodebookError(
            Fault(what, name, fix="Take tags such as !!int off; shorten the number")
        ) from None
    except RecursionError:
        raise CodebookError(
            Fault("the codebook is nested too deeply", name, fix="Follow the form of a codebook")
        ) from None
    finally:
        loader.dispose()
    return Document(name, content, lines, tuple(faults))


def _walk(
    node: yaml.Node, place: tuple[str, ...], lines: dict[tuple[str, ...], int], faults: list[Fault], file: str
) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be one word", problem_mark=key.start_mark)
            line, inner = key.start_mark.line + 1, (*place, str(key.value))
            if key.value in seen:
                what = f"key {'.'.join(inner)!r} stands twice (first on line {seen[key.value]})"
                faults.append(Fault(what, file, line=line, fix="Keep one of the two"))
            seen.setdefault(key.value, line)
            lines.setdefault(inner, line)
            _walk(value, inner, lines, faults, file)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _walk(value, (*place, str(number)), lines, faults, file)
