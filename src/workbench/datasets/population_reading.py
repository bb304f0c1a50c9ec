"""Reading a population's description: YAML, the language's form, and that its names lead somewhere."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from workbench.datasets.population_schema import Borrow, Description
from workbench.errors import Fault, SpecificationError
from workbench.resources import DATA
from workbench.survey import yaml_lines
from workbench.survey.yaml_lines import Document

Form = TypeVar("Form", bound=BaseModel)


def description_file(name: str | Path) -> Path:
    """Where the description of a population lies: of surveys, panels and bases of customers alike.

    Parameters
    ----------
    name : of a file of ``data/populations``, or the path of a description (``.yaml``) of the reader's own.

    Raises
    ------
    SpecificationError : no shipped population of this name (with a guess). A path is not looked at.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return path
    known = {file.stem: file for file in sorted((DATA / "populations").glob("*.yaml"))}
    if str(name) not in known:
        close = difflib.get_close_matches(str(name), known, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise SpecificationError(
            Fault(f"no population {str(name)!r}", fix=f"{guess}There are: {', '.join(known)}")
        )
    return known[str(name)]


def read_description(file: str | Path, varied_by: tuple[str, ...] = ()) -> Description:
    """Read and check a population's description.

    Parameters
    ----------
    file : path of a YAML file.
    varied_by : populations that this one is the base of.

    Raises
    ------
    SpecificationError : the file is not YAML, does not follow the language, or contradicts itself; every
        fault is listed with its line.
    """
    path = Path(file)
    text = yaml_lines.read_text(path, "description", SpecificationError)
    return parse_description(text, path.name, path.parent, varied_by)


def parse_description(
    text: str, file: str, folder: Path | None = None, varied_by: tuple[str, ...] = ()
) -> Description:
    """Check a description given as text; ``file`` names it in errors, base and lender are in ``folder``."""
    document = parse_yaml(text, file)
    raw = document.content
    if folder is not None and isinstance(raw, dict):
        if "borrow" in raw:
            raw = _borrow(raw, file, folder)
        if "base" in raw:
            raw = _vary(raw, file, folder, (*varied_by, Path(file).stem))
    description = check_form(Description, raw, document)
    refuse(_contradictions(description), document)
    return description


def parse_yaml(text: str, file: str) -> Document:
    """A description's YAML, read as codebooks are; what is wrong with it is raised."""
    document = yaml_lines.parse_yaml(text, file, "description", SpecificationError, "title: …")
    if document.faults:
        raise SpecificationError(document.faults)
    return document


def check_form(form: type[Form], raw: Any, document: Document) -> Form:
    """The content as an object of the language; every departure from its form with its line."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        found = [(part["loc"], part["msg"].removeprefix("Value error, ")) for part in error.errors()]
        raise SpecificationError(_faults(found, document)) from error


def refuse(found: list[tuple[tuple[Any, ...], str]], document: Document) -> None:
    """Raise what was found wrong, as (place, what), if anything."""
    if found:
        raise SpecificationError(_faults(found, document))


def _faults(found: list[tuple[tuple[Any, ...], str]], document: Document) -> list[Fault]:
    return [
        Fault(what, file=document.file, line=document.line(where), column=" / ".join(map(str, where)) or None)
        for where, what in found
    ]


def _borrow(raw: dict, file: str, folder: Path) -> dict:
    """The description with the borrowed constructs ahead of its own."""
    try:
        wanted = Borrow.model_validate(raw["borrow"])
    except ValidationError as error:
        what = "'borrow' needs 'population' and a list of 'constructs'"
        raise SpecificationError(Fault(what, file=file)) from error
    lender = read_description(folder / f"{wanted.population}.yaml").model_dump(by_alias=True)
    unknown = [name for name in wanted.constructs if name not in lender["constructs"]]
    if unknown:
        what = f"{wanted.population} has no construct {', '.join(unknown)}"
        raise SpecificationError(Fault(what, file=file, column="borrow"))
    borrowed = {name: lender["constructs"][name] for name in wanted.constructs}
    merged = {key: value for key, value in raw.items() if key != "borrow"}
    for part, lent in (("scales", lender["scales"]), ("shapes", lender["shapes"]), ("constructs", borrowed)):
        merged[part] = {**lent, **(raw.get(part) or {})}
    return merged


def _vary(raw: dict, file: str, folder: Path, varied_by: tuple[str, ...]) -> dict:
    """The base population with this file's changes.

    Parts merge by their names. A term of an equation replaces the base's term of the same form and joins the
    others if there is none; equations of variables that have none in the base come first.
    """
    name = raw["base"]
    if not isinstance(name, str) or name in varied_by:
        what = "'base' needs the name of another population of the same folder"
        raise SpecificationError(Fault(what, file=file, column="base", value=name))
    base = read_description(folder / f"{name}.yaml", varied_by).model_dump(by_alias=True)
    changes = {key: value for key, value in raw.items() if key != "base"}
    equations = changes.pop("structure", None) or {}
    merged = _merged(base, changes)
    if not isinstance(equations, dict) or not all(isinstance(terms, list) for terms in equations.values()):
        return merged | {"structure": equations}
    known = base["structure"]
    merged["structure"] = {
        **{to: terms for to, terms in equations.items() if to not in known},
        **{to: _joined(terms, equations.get(to, [])) for to, terms in known.items()},
    }
    return merged


def _merged(base: Any, changes: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return base | {key: _merged(base.get(key), value) for key, value in changes.items()}


def _joined(terms: list, changes: list) -> list:
    def form(term: Any) -> Any:
        is_term = isinstance(term, dict)
        return (term.get("from"), term.get("above"), term.get("times")) if is_term else id(term)

    new = {form(term): term for term in changes}
    return [new.pop(form(term), term) for term in terms] + list(new.values())


def _contradictions(d: Description) -> list[tuple[tuple[Any, ...], str]]:
    """Names that lead nowhere or mean two things, as (place, what is wrong)."""
    faults: list[tuple[tuple[Any, ...], str]] = []
    known = {*d.constructs, *d.hidden}
    columns = Counter([*d.items, *d.groups, *d.variables])
    faults += [((name,), f"{name!r} names two columns") for name, times in columns.items() if times > 1]
    if sum(len(parts.items) for parts in d.constructs.values()) != len(d.items):
        faults.append((("constructs",), "an item name is used by two constructs"))
    for name, parts in d.constructs.items():
        place = ("constructs", name)
        if parts.scale not in d.scales:
            faults.append(((*place, "scale"), f"there is no scale {parts.scale!r}"))
            continue
        scale = d.scales[parts.scale]
        for where, shape in [(place, parts.shape)] + [
            ((*place, "items", key), item.shape) for key, item in parts.items.items() if item.shape
        ]:
            if shape not in d.shapes:
                faults.append(((*where, "shape"), f"there is no shape {shape!r}"))
            elif len(d.shapes[shape].shares) != scale.max - scale.min + 1:
                faults.append(((*where, "shape"), f"shape {shape!r} does not fit scale {parts.scale!r}"))
    for name, (construct, item) in d.items.items():
        also = ("constructs", construct, "items", name, "also")
        faults += [
            (also, f"{key!r} is neither a construct nor a hidden factor")
            for key in item.also
            if key not in known
        ]
    shared = Counter[str]()
    for i, pair in enumerate(d.pairs):
        faults += [(("pairs", i), f"there is no item {name!r}") for name in pair.items if name not in d.items]
        shared.update(dict.fromkeys(pair.items, pair.correlation))
    faults += [(("pairs",), f"{name!r} shares its whole error") for name, sum_ in shared.items() if sum_ >= 1]
    ready = {name for name in known if name not in d.structure}
    for name, terms in d.structure.items():
        if name not in known:
            faults.append((("structure", name), f"{name!r} is neither a construct nor a hidden factor"))
        for number, term in enumerate(terms):
            for source in (term.from_, term.times):
                if source is not None and source not in ready:
                    why = "comes later" if source in known else "is neither a construct nor a hidden factor"
                    faults.append((("structure", name, number), f"{source!r} {why}"))
        ready.add(name)
    for group, split in d.groups.items():
        for key, level in split.levels.items():
            at = ("groups", group, "levels", key)
            paths = {(name, term.from_) for name, terms in d.structure.items() for term in terms}
            faults += [
                ((*at, "paths", i), f"there is no path {change.from_} → {change.to} to change")
                for i, change in enumerate(level.paths)
                if (change.to, change.from_) not in paths
            ]
            for part, names, allowed in (
                ("means", level.means, known),
                ("loadings", level.loadings, d.items),
                ("intercepts", level.intercepts, d.items),
            ):
                faults += [((*at, part), f"there is no {name!r}") for name in names if name not in allowed]
    faults += unknown_in_answering(d)
    for name, variable in d.variables.items():
        rate = variable.logit or variable.poisson
        used = (
            [variable.lognormal.score]
            if variable.lognormal
            else [t.from_ for t in rate.terms]
            if rate
            else []
        )
        faults += [(("variables", name), f"there is no {key!r}") for key in used if key not in known]
    return faults


def unknown_in_answering(d: Description) -> list[tuple[tuple[Any, ...], str]]:
    """Names in ``answering`` that lead nowhere, as (place, what is wrong)."""
    faults: list[tuple[tuple[Any, ...], str]] = []
    answering = d.answering
    for i, refusal in enumerate(answering.refused):
        place: tuple[Any, ...] = ("answering", "refused", i)
        levels = d.groups[refusal.group].levels if refusal.group in d.groups else {}
        if set(refusal.shares) != set(levels):
            faults.append((place, f"'shares' must name the levels of a group ({', '.join(levels)})"))
        faults += [
            (place, f"there is no construct {n!r}") for n in refusal.constructs if n not in d.constructs
        ]
    if answering.common_method is not None:
        place = ("answering", "common_method", "constructs")
        faults += [
            (place, f"there is no construct {name!r}")
            for name in answering.common_method.constructs
            if name not in d.constructs
        ]
    faults += [
        (("answering", "skipping", i), f"{term.from_!r} is neither a construct nor a hidden factor")
        for i, term in enumerate(answering.skipping)
        if term.from_ not in {*d.constructs, *d.hidden}
    ]
    return faults
