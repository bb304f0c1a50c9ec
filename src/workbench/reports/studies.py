"""Studies: the notebooks, their parameters cells, and whether what a user wants to set can be set.

A parameters cell is read as syntax and never executed. Papermill escapes a parameter's value but not its
name, and only warns of a name that the notebook does not know: both are refused here, before anything runs.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Fault, ParameterError, SpecificationError
from workbench.resources import NOTEBOOKS

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
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell["cell_type"], _source(cell), cell) for cell in list(notebook["cells"])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"this is not a notebook ({type(error).__name__}: {error})"
        raise SpecificationError(Fault(what, file=path.name, fix="Save it again from JupyterLab")) from error
    title, question, defaults = path.stem, "", {}
    for kind, source, cell in cells:
        if kind == "markdown" and title == path.stem:
            title, question = _heading(source) or (path.stem, "")
        if "parameters" in cell.get("metadata", {}).get("tags", ()):
            defaults = _assignments(source, path.name)
    asked = notebook.get("metadata", {}).get("workbench", {}).get("question")
    return Study(path.stem, path, title, asked or question, defaults)


def _heading(source: str) -> tuple[str, str] | None:
    """Title of a markdown cell and the question beneath it: the paragraph that says so, else the first."""
    _, marked, after = f"\n{source}".partition("\n# ")
    if not marked:
        return None
    title, _, rest = after.partition("\n")
    paragraphs = [" ".join(part.split()) for part in rest.split("\n\n") if part.strip()]
    asked = [part for part in paragraphs if re.match(r"\W*question\b", part, re.IGNORECASE)]
    question = re.sub(r"^\W*question\W*", "", (asked or paragraphs or [""])[0], flags=re.IGNORECASE)
    return title.strip(), re.sub(r"[*_`]|\[(.*?)\]\(.*?\)", r"\1", question)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _assignments(source: str, file: str) -> dict[str, Any]:
    """Names that a parameters cell assigns at its top level, with plain values where they are plain."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SpecificationError(
            Fault(f"the parameters cell is not Python ({error.msg})", file=file, line=error.lineno)
        ) from error
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        else:
            continue
        try:
            value = ast.literal_eval(statement.value)
        except ValueError:
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
        return _typed(value, list, "a list, such as [a, b]")
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
    except ValueError:
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
    return value is None or isinstance(value, (bool, int, float, str))


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"cannot be read as a value ({getattr(error, 'problem', error)})") from None


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
    import yaml

    if not path.is_file():
        raise ParameterError(Fault("there is no such file of parameters", file=str(path)))
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        what = f"this is not YAML in UTF-8 ({getattr(error, 'problem', error)})"
        raise ParameterError(Fault(what, file=path.name, line=line)) from error
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
