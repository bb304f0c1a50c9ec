"""Words by which headers tell what columns are: the patterns of ``cues.yaml``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workbench.survey.texts import fold


@cache
def _cues() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{part})" for part in _cues()[kind]))


@cache
def _personal() -> dict[str, re.Pattern[str]]:
    return {what: re.compile("|".join(parts)) for what, parts in _cues()["personal"].items()}


def tells(kind: str, *texts: str) -> bool:
    """Whether one of the texts holds a cue of this kind, a key of ``cues.yaml``."""
    return any(_pattern(kind).search(plain_header(text)) for text in texts if text)


def names_personal_data(*texts: str) -> str | None:
    """What personal data a header names; None where it names none."""
    for what, pattern in _personal().items():
        if any(pattern.search(plain_header(text)) for text in texts if text):
            return what
    return None


def plain_header(text: str) -> str:
    """Small letters, with the joints of a name as blanks: ``customerID`` is "customer id"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return fold(re.sub(r"[_.]+", " ", apart)).strip(" ?？:：*")
