"""Words that several messages share."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CLOSE = 0.6


def near(name: object, known: Iterable[object]) -> str:
    """``; did you mean ...?`` with the names most like this one, whatever their case; empty if none is."""
    wanted = _plain(str(name))
    by_plain: dict[str, list[str]] = {}
    for other in known:
        by_plain.setdefault(_plain(str(other)), []).append(str(other))
    close = get_close_matches(wanted, by_plain, 3, CLOSE)
    if wanted in close:  # the same name but for case and blanks
        close = [wanted]
    found = [other for plain in close for other in by_plain[plain]][:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter not in " _.-")
