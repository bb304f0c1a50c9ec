"""What questions are about, by their words: names and labels of constructs, groups and variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from workbench.survey.drafting.cues import plain_header


@dataclass(frozen=True)
class Subject:
    """What a construct is about: its name and what it is called in English and Chinese."""

    name: str
    en: str
    zh: str
    pattern: re.Pattern[str]


@cache
def _subjects() -> tuple[tuple[Subject, ...], dict[str, dict[str, re.Pattern[str]]]]:
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    constructs = tuple(
        Subject(name, one["en"], one["zh"], re.compile("|".join(one["words"])))
        for name, one in raw["constructs"].items()
    )
    others = {
        part: {name: re.compile(text) for name, text in raw[part].items()} for part in ("groups", "variables")
    }
    return constructs, others


def subject_of(*texts: str) -> Subject | None:
    """The construct whose words stand in one of these texts; the first text that tells decides."""
    for text in texts:
        plain = plain_header(text)
        found = next((one for one in _subjects()[0] if plain and one.pattern.search(plain)), None)
        if found is not None:
            return found
    return None


def named(part: Literal["groups", "variables"], *texts: str) -> str | None:
    """A name for a group or a variable by what its header asks for."""
    for text in texts:
        plain = plain_header(text)
        for name, pattern in _subjects()[1][part].items():
            if plain and pattern.search(plain):
                return name
    return None
