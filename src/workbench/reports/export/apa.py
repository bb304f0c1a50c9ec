"""Which letters APA 7 sets in italics: those that stand for statistics, in heads, notes and the text."""

from __future__ import annotations

import re

# Latin letters that stand for statistics are set in italics; Greek ones are not (APA 7, section 6.44).
_STATISTIC = re.compile(r"(?<![\w.])(M|SD|SE|CI|n|N|p|r|t|F|df|b|z|k|R²|f²|d|q)(?![\w])")
_UPRIGHT = {"CI"}
_IN_NOTES = re.compile(r"(?<![\w.])(n|N|p|r|t|F|df|M|SD|SE|R²)(?=\s*[=<>≤≥,(]|[- ]values?\b)")


def head(text: str) -> list[tuple[str, bool]]:
    """A head in parts, each with whether it is in italics."""
    return _parted(_STATISTIC, text)


def note(text: str) -> list[tuple[str, bool]]:
    """A note or a text in parts, each with whether it is in italics."""
    return _parted(_IN_NOTES, text)


def _parted(pattern: re.Pattern[str], text: str) -> list[tuple[str, bool]]:
    parts, last = [], 0
    for found in pattern.finditer(text):
        parts += [(text[last : found.start()], False), (found[1], found[1] not in _UPRIGHT)]
        last = found.end()
    return [(part, italic) for part, italic in [*parts, (text[last:], False)] if part]
