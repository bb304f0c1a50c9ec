"""How a table stands on a page of Word: size of letters, widths of columns, which way the page lies."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from workbench.reports.export.document import Table

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 21.0, 29.7, 2.54  # centimetres, A4
STRIP = 1.6  # centimetres beyond its longest word that a column of longer text gets at least
# Sizes of a table's letters in points, in order of choice, on an upright page and then on one turned round.
TABLE_SIZES = (10.0, 9.0, 8.0)


def fitting(table: Table) -> tuple[float, bool]:
    """Size of a table's letters, and whether it needs a page turned round.

    It is the first of the choices in which no word breaks and no column of text is a strip.
    """
    for turned in (False, True):
        for size in TABLE_SIZES:
            least, wanted = _needs(table, size)
            strips = sum(min(more, STRIP * size / 10) for more in wanted)
            if sum(least) + strips <= room_on(turned):
                return size, turned
    return TABLE_SIZES[-1], True


def column_widths(table: Table, room: float, size: float) -> list[float]:
    """Widths of the columns in centimetres, by what stands in them.

    Every column gets what its longest word needs, a column of numbers what its longest cell needs, for it
    must not break; what is left of ``room`` is shared among the columns of text by their lengths.

    Parameters
    ----------
    table : what is to be set. room : centimetres. size : of the letters, in points.
    """
    least, wanted = _needs(table, size)
    spare = room - sum(least)
    if spare <= 0:
        return [width * room / sum(least) for width in least]
    if sum(wanted) <= spare:
        return [width + more for width, more in zip(least, wanted, strict=True)]
    return [width + more * spare / sum(wanted) for width, more in zip(least, wanted, strict=True)]


def _needs(table: Table, size: float) -> tuple[list[float], list[float]]:
    """Centimetres that each column needs, and what it would take beyond that to stand in one line."""
    padding = 0.46  # a cell's two margins, and a little air
    columns = [(head, [row[place] for row in table.rows]) for place, head in enumerate(table.heads)]
    least, wanted = [], []
    for (head, cells), numeric in zip(columns, table.numeric, strict=True):
        word = max((_breadth(part, size) for text in [head, *cells] for part in _words(text)), default=0)
        longest = max((_breadth(cell, size) for cell in cells), default=0)
        least.append(padding + (max(longest, word) if numeric else word))
        wanted.append(0.0 if numeric else max(0.0, longest + padding - least[-1]))
    return least, wanted


def _breadth(text: str, size: float) -> float:
    """About how wide a text is set, in centimetres."""
    widths = (1.0 if east_asian_width(one) in "WF" else 0.74 if one.isupper() else 0.5 for one in text)
    return sum(widths) * size / 28.35


def _words(text: str) -> list[str]:
    """What stays together in a line: words, intervals, and single Chinese characters."""
    return [
        part
        for word in kept(text).split(" ")
        for part in re.findall(r"[\u2e80-\uffef]|[^\u2e80-\uffef]+", word)
    ]


def kept(text: str) -> str:
    """A cell in which an interval does not break."""
    return re.sub(r"\[[^\]]*\]", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def room_on(turned: bool) -> float:
    return (PAGE_HEIGHT if turned else PAGE_WIDTH) - 2 * MARGIN
