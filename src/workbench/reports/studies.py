"""Studies: the notebooks, their parameters cells, and whether what a user wants to set can be set.

A parameters cell is read as syntax and never executed. Papermill escapes a parameter's value but not its
name, and only warns of a name that the notebook does not know: both are refused here, before anything runs.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Fault, ParameterError, SpecificationError
from workbench.resources import NOTEBOOKS

MOST_BYTES = 100_000_000  # of a notebook, with its outputs
PLAIN = "write plain words and numbers, as in [a, 1.5]"
MOST_CHARACTERS = 100_000  # of a parameters cell
SURVEY_FILE, CODEBOOK_FILE = "survey_file", "codebook_file"


class _Computed:
    """Stands for a default that is not a plain value, so that its type is not known without running it."""

    def __repr__(self) -> str:
        return "(computed in the notebook)"


COMPUTED = _Computed()


@dataclass(frozen=True)
class Study:
    """One notebook of the studies' folder: its name, its heading, and its parameters with their defaults."""

    name: str
    path: Path
    title: str
    question: str
    defaults: Mapping[str, Any]

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given parameters, checked against the notebook's, every fault listed.

        Raises
        ------
        ParameterError
            A name that the parameters cell does not assign, or a value of another type than its default.
        """
        faults, values = [], {}
        known = ", ".join(self.defaults) or "none"
        for name, value in given.items():
            if name not in self.defaults:
                faults.append(
                    Fault(
                        f"parameter {name!r} is not in the notebook's parameters cell",
                        file=self.path.name,
                        fix=f"Its parameters are: {known}",
                    )
                )
                continue
            try:
                values[name] = convert(value, self.defaults[name])
            except ValueError as error:
                faults.append(Fault(f"parameter {name!r} {error}", file=self.path.name, value=value))
        if faults:
            raise ParameterError(faults)
        return values


def notebooks_folder(given: Path | None = None) -> Path:
    """Folder of the studies: the one given, ``notebooks/`` here, or that of the package."""
    if given is not None:
        return given
    here = Path("notebooks")
    return here if here.is_dir() else NOTEBOOKS


def find(folder: Path) -> dict[str, Study]:
    """Every study of a folder by name, in order."""
    if not folder.is_dir():
        raise SpecificationError(
            Fault("there is no such folder of notebooks", file=str(folder), fix="Name it with --notebooks")
        )
    found = {path.stem: read(path) for path in sorted(folder.glob("*.ipynb"))}
    if not found:
        raise SpecificationError(
            Fault(
                "there is no notebook in this folder", file=str(folder), fix="Name another with --notebooks"
            )
        )
    return found


def beside(study: Study) -> frozenset[str]:
    """Numbers of the studies in the folder of one, its own among them."""
    return frozenset(path.name[:2] for path in study.path.parent.glob("*.ipynb") if path.name[:2].isdigit())


def read(path: Path) -> Study:
    """Read one notebook's heading and parameters."""
    notebook = _notebook(path)
    title, question, defaults = path.stem, "", {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and title == path.stem:
            title, question = _heading(source) or (path.stem, "")
        if "parameters" in cell["metadata"].get("tags", ()):
            defaults = _assignments(source, path.name)
    own = notebook.get("metadata", {}).get("workbench", {})
    asked = own.get("question") if isinstance(own, dict) else None
    return Study(path.stem, path, title, asked if isinstance(asked, str) and asked else question, defaults)


def _notebook(path: Path) -> dict[str, Any]:
    """The content of a notebook, each part of the kind that all who read it rely on."""

    def refused(what: str) -> SpecificationError:
        what = f"this is not a notebook ({what})"
        return SpecificationError(Fault(what, file=path.name, fix="Save it again from JupyterLab"))

    try:
        if not path.is_file():
            raise refused("a folder, a pipe, a device or a link that leads nowhere")
        if path.stat().st_size > MOST_BYTES:
            raise refused(f"{path.stat().st_size:,} bytes, and {MOST_BYTES:,} are read")
        text = path.read_bytes().decode("utf-8")
        content = json.loads(text)
        if "\\ud" in text.casefold():  # halves of characters, which no file can hold
            json.dumps(content, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise refused("it is nested without end") from None
    except OSError as error:
        raise refused(f"it cannot be opened: {error.strerror}") from None
    except ValueError as error:
        if isinstance(error, SpecificationError):
            raise
        raise refused(f"no JSON in UTF-8: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise refused("it has no list of cells")
    if not isinstance(content.setdefault("metadata", {}), dict):
        raise refused("its metadata are no mapping")
    for number, cell in enumerate(content["cells"], 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise refused(f"cell {number} has no type")
        if not _is_text(cell.get("source")):
            raise refused(f"the source of cell {number} is no text")
        if not isinstance(cell.setdefault("metadata", {}), dict):
            raise refused(f"the metadata of cell {number} are no mapping")
        if not isinstance(tags := cell["metadata"].get("tags", []), list) or not _is_text(tags):
            raise refused(f"the tags of cell {number} are no list of texts")
    return content


def _is_text(value: Any) -> bool:
    """Whether a value is a text, or a list of texts as notebooks keep their lines."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _heading(source: str) -> tuple[str, str] | None:
    """Title of a markdown cell and the question beneath it: the paragraph that says so, else the first."""
    _, marked, after = f"\n{source}".partition("\n# ")
    if not marked:
        return None
    title, _, rest = after.partition("\n")
    paragraphs = [" ".join(part.split()) for part in rest.split("\n\n") if part.strip()]
    asked = [part for part in paragraphs if re.match(r"\W*question\b", part, re.IGNORECASE)]
    question = re.sub(r"^\W*question\W*", "", (asked or paragraphs or [""])[0], flags=re.IGNORECASE)
    return title.strip(), re.sub(r"[*_`]|\[([^\[\]]*)\]\([^()]*\)", r"\1", question)


def _assignments(source: str, file: str) -> dict[str, Any]:
    """Names that a parameters cell assigns at its top level, with plain values where they are plain."""
    fix = "A parameters cell assigns plain values, a line each, as in: seed = 2"
    if len(source) > MOST_CHARACTERS:
        what = f"the parameters cell has {len(source):,} characters, and {MOST_CHARACTERS:,} are read"
        raise SpecificationError(Fault(what, file=file, fix=fix))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "msg", None) or str(error) or "nested without end"
        what = f"the parameters cell is not Python ({said})"
        line = getattr(error, "lineno", None)
        raise SpecificationError(Fault(what, file=file, line=line, fix=fix)) from None
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets, given = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, given = [statement.target], statement.value
        else:
            continue
        try:
            value = ast.literal_eval(given)
        except (ValueError, TypeError, RecursionError, MemoryError):  # {[1]}, say: found out when it is run
            value = COMPUTED
        found.update({target.id: value for target in targets if isinstance(target, ast.Name)})
    return found


def choose(wanted: Sequence[str], studies: Mapping[str, Study]) -> list[Study]:
    """The studies of these names or unique beginnings, all of them where none is named."""
    chosen: dict[str, Study] = {}
    faults = []
    for name in wanted:
        name = name.removesuffix(".ipynb")
        matches = [name] if name in studies else [one for one in studies if one.startswith(name)]
        if len(matches) == 1:
            chosen[matches[0]] = studies[matches[0]]
        elif matches:
            faults.append(
                Fault(f"{name!r} is the beginning of {', '.join(matches)}", fix="Write one more letter")
            )
        else:
            faults.append(
                Fault(f"there is no study {name!r}", fix=f"Studies are: {', '.join(studies) or 'none'}")
            )
    if faults:
        raise SpecificationError(faults)
    return list(chosen.values()) if wanted else list(studies.values())


def convert(value: Any, default: Any) -> Any:
    """A value in the type of a parameter's default; text from a command line is read as that type.

    Raises
    ------
    ValueError
        What cannot be read so, with the type that is wanted.
    """
    if isinstance(default, bool):
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if isinstance(value, str) and value.strip().lower() in words:
            return words[value.strip().lower()]
        return _typed(value, bool, "true or false")
    if isinstance(default, int):
        return _number(value, int, "a whole number")
    if isinstance(default, float):
        return _number(value, float, "a number")
    if isinstance(default, str):
        return _typed(value, str, "a text")
    if isinstance(value, str) and not isinstance(default, str):
        value = _yaml(value)
    if isinstance(default, (list, tuple)):
        if isinstance(value, str) and "," in value:  # as one writes it on a command line
            value = [_yaml(part) for part in value.split(",") if part.strip()]
        return _typed(value, list, "a list, such as a,b or [a, b]")
    if isinstance(default, dict):
        return _typed(value, dict, "a mapping, such as {a: 1}")
    if not _plain(value):
        raise ValueError("should be a number, a text, true or false, or a list or mapping of these")
    return value


def _typed(value: Any, kind: type, wanted: str) -> Any:
    if not isinstance(value, kind) or not _plain(value):
        raise ValueError(f"should be {wanted}")
    return value


def _number(value: Any, kind: type, wanted: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"should be {wanted}")
    if isinstance(value, float) and kind is int:
        raise ValueError(f"should be {wanted}")
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        raise ValueError(f"should be {wanted}") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"should be {wanted}, and finite")
    return number


def _plain(value: Any) -> bool:
    """Whether a value survives JSON unchanged: dates, paths and the like do not."""
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_plain, value.values()))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int, str))


def _yaml(text: str) -> Any:
    from workbench.survey.yaml_lines import parse_yaml

    if not text.strip():
        return None
    try:
        document = parse_yaml(text, "", "value", ParameterError)
    except ParameterError as error:
        raise ValueError(f"cannot be read as a value ({error.faults[0].what}); {PLAIN}") from None
    if document.faults:
        raise ValueError(f"cannot be read as a value ({document.faults[0].what}); {PLAIN}")
    return document.content


def from_command_line(pairs: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` words as a mapping of texts."""
    found, faults = {}, []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            faults.append(Fault(f"{pair!r} is not NAME=VALUE", fix="Write, for example, -p seed=2"))
        if name in found:
            faults.append(Fault(f"parameter {name!r} is set twice", fix="Set it once, or sweep it"))
        found[name] = value
    if faults:
        raise ParameterError(faults)
    return found


def from_file(path: Path) -> dict[str, Any]:
    """Parameters of a YAML file: one mapping of names to values."""
    from workbench.survey.yaml_lines import read_yaml

    if not path.is_file():
        fix = "Check the path"
        raise ParameterError(Fault("there is no such file of parameters", file=str(path), fix=fix))
    document = read_yaml(path, "file of parameters", ParameterError, "seed: 2")
    if document.faults:
        raise ParameterError(document.faults)
    content = document.content
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise ParameterError(
            Fault(
                "a file of parameters is a mapping of names to values",
                file=path.name,
                fix="Write seed: 2, say",
            )
        )
    return content


def sweep(word: str) -> tuple[str, list[str]]:
    """``NAME=A,B,…`` as the name and its values."""
    ((name, text),) = from_command_line([word]).items()
    values = [value.strip() for value in text.split(",")]
    if len(set(values)) < len(values) or not all(values):
        raise ParameterError(Fault(f"the sweep {word!r} repeats a value or leaves one empty"))
    return name, values


def sweeps(words: Sequence[str]) -> dict[str, list[str]]:
    """Several sweeps by name, of which every combination runs."""
    found = [sweep(word) for word in words]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        fix = f"Write --sweep {twice[0]}=A,B with all its values"
        raise ParameterError(Fault(f"parameter {twice[0]!r} is swept twice", fix=fix))
    return dict(found)
