"""Hostile input by the thousand: made by chance from what is right, and read by the door that it is for.

An input is found wanting where its door gives anything but a result or the project's error, takes more than a
second of a processor, or more than a gigabyte.
"""

from __future__ import annotations

import json
import random
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import sem
from workbench.datasets.population_reading import read_description
from workbench.errors import WorkbenchError
from workbench.evidence import ledger
from workbench.indicators import read_definitions, read_quality_rules
from workbench.reports import manifest, studies
from workbench.resources import DATA
from workbench.survey import open_survey, read_codebook
from workbench.survey.hypotheses import parse_hypothesis

SECONDS, MEBIBYTES = 1.0, 1024
BOOK = """title: T
scales:
  s: {min: 1, max: 5, labels: {1: no, 5: {en: 'yes', zh: 是}}, missing: [9, none]}
constructs:
  a: {label: A, scale: s, items: {q1: One, q2: {en: Two, reverse: true}}}
groups: {g: {label: G, labels: {1: Bank, 2: Shop}}}
variables: {v: {unit: EUR, min: 0}}
hypotheses: {H1: a -> v (+)}
"""
ROWS = "q1,q2,g,v\n" + '1,5,1,3 EUR\nno,3,2,"1,349.5"\n是,,Bank,9%\n9,4,2,\n' * 6
WORDS = [
    "f",
    "g",
    "x1",
    "x2",
    "x3",
    "x4",
    "a",
    "b",
    "=~",
    "~",
    "~~",
    "~1",
    ":=",
    "==",
    "<",
    ">",
    "|",
    "+",
    "-",
    "*",
    "/",
    "^",
    "(",
    ")",
    ",",
    ":",
    "?",
    "#",
    "!",
    ";",
    "0",
    "1",
    "0.5",
    "1e3",
    "-1",
    "NA",
    "c(",
    "start(",
    "label(",
    "equal(",
    "lower(",
    "upper(",
    "exp(",
    "log(",
    "min(",
    "sum(",
    "t1",
    "~*~",
    "%%",
    "''",
    '"a"',
    "1e400",
    "²",
    ".",
    "_",
    "满意",
    "=",
    "<~",
    "level:",
    "rv(",
]
WORDS += ["\n"]
ODD = ["\0", "\x1b", "\ud800", "\u2028", "\ufeff", "[", "{", "&a ", "*a", "!!int ", "!", "010", "1:30", "~"]
ODD += ["'", '"', "\\", "%", "\t", "-", ":", ",", "\n", "\r", "9" * 400, "1e999", "$", "=", "|", "#", "null"]
DATA_FRAME = pd.DataFrame(
    np.random.default_rng(1).normal(size=(120, 1)) + np.random.default_rng(2).normal(size=(120, 4)),
    columns=["x1", "x2", "x3", "x4"],
)


def mutated(text: str, chance: random.Random, most: int = 6) -> str:
    """A text with pieces taken out, doubled, moved and put in."""
    for _ in range(chance.randint(1, most)):
        one, other = sorted(chance.randint(0, len(text)) for _ in range(2))
        other = min(other, one + chance.choice((1, 5, 40)))
        piece = chance.choice((chance.choice(ODD), "", text[one:other] * chance.choice((2, 3, 50))))
        text = text[:one] + piece + text[other:]
    return text


def grown(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = chance.randint(0, 7 if depth < 5 else 4)
    if kind < 5:
        return chance.choice((None, True, 0, -1, 1.5, 10**30, "", "x", "a b", [], {}, chance.choice(ODD[3:])))
    if kind == 5:
        return [grown(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    keys = (
        "cells",
        "source",
        "metadata",
        "tags",
        "cell_type",
        "status",
        "data",
        "error",
        "answer",
        "verdicts",
    )
    return {chance.choice(keys): grown(chance, depth + 1) for _ in range(chance.randint(0, 5))}


def _shipped(path: Path, chance: random.Random, most: int = 6000) -> str:
    text = path.read_text(encoding="utf-8")
    return mutated(text[:most] if chance.random() < 0.5 else text, chance)


def _notebook(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return json.dumps(grown(chance))
    source = mutated("seed = 1\nx = [1, 'a']\n", chance)
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
    prose = {"cell_type": "markdown", "metadata": {}, "source": mutated("# T\n\nQuestion: [why](x)?", chance)}
    text = json.dumps({"cells": [prose, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return text if chance.random() < 0.7 else mutated(text, chance)


def _model(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 60)))
    right = "f =~ a*x1 + x2 + c(1, NA)*x3\nx4 ~ f + start(0.5)*x1\nx1 ~~ x2\nd := a^2 + exp(-a)\na > 0.1"
    words = right.split(" ")
    for _ in range(chance.randint(1, 6)):
        words[chance.randrange(len(words))] = chance.choice(WORDS)
    return " ".join(words)


def _fit(path: Path) -> Any:
    return sem.fit(path.read_bytes().decode("utf-8", "surrogatepass"), DATA_FRAME).estimates


def _survey(path: Path) -> Any:
    book = path.with_name("book.yaml")
    book.write_text(BOOK, encoding="utf-8")
    return open_survey(path, book).notes


def _parameters(path: Path) -> Any:
    given = studies.from_file(path)
    defaults = {"a": None, "seed": 1, "rate": 0.5, "name": "x", "flag": True, "parts": [1], "by": {"a": 1}}
    study = studies.Study("01_x", path, "t", "q", defaults)
    return json.dumps(study.parameters(given), allow_nan=False)


def _spoiled(make: Callable[[Path], None], ending: str) -> Callable[[random.Random], bytes]:
    kept: list[bytes] = []

    def spoil(chance: random.Random) -> bytes:
        if not kept:
            import tempfile

            with tempfile.TemporaryDirectory() as folder:
                make(path := Path(folder) / f"a{ending}")
                kept.append(path.read_bytes())
        content = bytearray(kept[0])
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(4, len(content))] = chance.randrange(256)
        return bytes(content[: chance.randrange(5, len(content))] if chance.random() < 0.3 else content)

    return spoil


FRAME = pd.DataFrame({"q1": [1, 2] * 20, "q2": [2, 3] * 20, "g": ["1", "2"] * 20, "v": [1.0, None] * 20})


@dataclass(frozen=True)
class Door:
    """A reader with a maker of what it has to bear; ``slow`` ones start a process for each input."""

    make: Callable[[random.Random], str | bytes]
    read: Callable[[Path], Any]
    ending: str
    slow: bool = False


def _statistics(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        import pyreadstat

        getattr(pyreadstat, name)(FRAME, str(path))

    return write


DOORS = {
    "models": Door(_model, _fit, ".txt"),
    "hypotheses": Door(
        lambda chance: mutated("quality x price -> loyalty -> trust (+)", chance),
        lambda path: parse_hypothesis("H1", path.read_bytes().decode("utf-8", "surrogatepass")),
        ".txt",
    ),
    "codebooks": Door(lambda chance: mutated(BOOK, chance), read_codebook, ".yaml"),
    "shipped codebooks": Door(
        lambda chance: _shipped(DATA / "codebooks" / "mobi.yaml", chance), read_codebook, ".yaml"
    ),
    "parameters": Door(
        lambda chance: mutated("seed: 2\nrate: 0.5\nname: 'x'\nparts: [1, {a: b}]\nby: {a: 1.5}\n", chance),
        _parameters,
        ".yaml",
    ),
    "definitions": Door(lambda chance: _shipped(DATA / "indicators.yaml", chance), read_definitions, ".yaml"),
    "rules": Door(lambda chance: _shipped(DATA / "customer_rules.yaml", chance), read_quality_rules, ".yaml"),
    "ledgers": Door(lambda chance: _shipped(DATA / "claims.yaml", chance), ledger.load, ".yaml"),
    "populations": Door(
        lambda chance: _shipped(DATA / "populations" / "customer_survey_method.yaml", chance),
        read_description,
        ".yaml",
    ),
    "notebooks": Door(_notebook, studies.read, ".ipynb"),
    "run records": Door(
        lambda chance: json.dumps(grown(chance)), lambda path: manifest.load(path.parent), ".json"
    ),
    "texts of answers": Door(lambda chance: mutated(ROWS, chance), _survey, ".csv"),
    "bytes as answers": Door(_spoiled(lambda path: path.write_text(ROWS, "utf-8"), ".csv"), _survey, ".csv"),
    "Parquet": Door(_spoiled(FRAME.to_parquet, ".parquet"), _survey, ".parquet"),
    "workbooks": Door(_spoiled(lambda path: FRAME.to_excel(path, index=False), ".xlsx"), _survey, ".xlsx"),
    "SPSS": Door(_spoiled(_statistics("write_sav"), ".sav"), _survey, ".sav", slow=True),
    "Stata": Door(_spoiled(_statistics("write_dta"), ".dta"), _survey, ".dta", slow=True),
}


def fault(door: Door, content: str | bytes, folder: Path) -> str:
    """What is wrong with how a door takes an input, empty where nothing is."""
    path = folder / ("run.json" if door.ending == ".json" else f"input{door.ending}")
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    said = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            door.read(path)
    except WorkbenchError as error:
        if not str(error).strip():
            said = "an error without a word"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - began
    grown_by = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if not said and seconds > SECONDS:
        said = f"{seconds:.1f} s of a processor"
    if not said and grown_by > MEBIBYTES:
        said = f"{grown_by:.0f} MiB more"
    return said
