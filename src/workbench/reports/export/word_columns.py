"""How a table stands on a page of Word: size of letters, widths of columns, which way the page lies."""

from __future__ import annotations

import math
import re
from unicodedata import east_asian_width

from workbench.reports.export.document import Table

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 21.0, 29.7, 2.54  # centimetres, A4
# Where there is room, a little more than a line is reckoned to need: another font may be wider.
ENOUGH = 1.15
STRIP = 1.6  # centimetres beyond its longest word that a column of longer text gets at least
# Sizes of a table's letters in points, in order of choice, on an upright page and then on one turned round.
TABLE_SIZES = (10.0, 9.0, 8.0)
BODY_SIZE, SMALL_SIZE = 12, 9
HIGHER = 1.25  # times, a line with Chinese in it
SIDE, AIR = 0.13, 0.06  # centimetres between a cell's text and its edge: at each side, above and below


def fitting(table: Table) -> tuple[float, bool]:
    """Size of a table's letters, and whether it needs a page turned round.

    It is the first of the choices in which no word breaks and no column of text is a strip; a size smaller
    where that keeps nearly all rows in one line. Before a page is turned round the strips are narrower.
    """
    for turned, sizes, strip in (
        (False, TABLE_SIZES, STRIP),
        (False, TABLE_SIZES[-1:], STRIP / 2),
        (True, TABLE_SIZES, STRIP),
    ):
        fits = [size for size in sizes if _takes(table, size, strip) <= room_on(turned)]
        calm = [size for size in fits[:2] if _broken(table, size, turned) <= len(table.rows) / 4]
        if fits:
            return (calm or fits)[0], turned
    return TABLE_SIZES[-1], True


def _takes(table: Table, size: float, strip: float) -> float:
    """Centimetres that a table needs, with so much for a column of text beyond its longest word."""
    least, wanted = _needs(table, size)
    text = [more for more, numeric in zip(wanted, table.numeric, strict=True) if not numeric]
    return sum(least) + sum(min(more, strip * size / 10) for more in text)


def _broken(table: Table, size: float, turned: bool) -> int:
    """Rows that take more than one line."""
    widths = column_widths(table, room_on(turned), size)
    return sum(_height_of(row, widths, size) > 1 for row in table.rows)


def column_widths(table: Table, room: float, size: float) -> list[float]:
    """Widths of the columns in centimetres, by what stands in them.

    Every column gets what its longest word needs, a column of numbers what its longest cell needs, for it
    must not break; what is left of ``room`` is shared among the columns of text so that the table is low.

    Parameters
    ----------
    table : what is to be set. room : centimetres. size : of the letters, in points.
    """
    least, wanted = _needs(table, size)
    spare = room - sum(least)
    if spare <= 0:
        return [width * room / sum(least) for width in least]
    if ENOUGH * sum(wanted) <= spare:
        return [width + ENOUGH * more for width, more in zip(least, wanted, strict=True)]
    tried = [_shared(spare, wanted, power) for power in (1.0, 0.75, 0.5, 0.25)]
    widths = [[width + more for width, more in zip(least, parts, strict=True)] for parts in tried]
    return min(widths, key=lambda each: sum(heights(table, each, size)))


def _shared(spare: float, wanted: list[float], power: float) -> list[float]:
    """What each column gets of the room: by a power of what it wants, and never more than enough."""
    parts, left = [0.0] * len(wanted), [place for place, more in enumerate(wanted) if more > 0]
    while left:
        total = sum(wanted[place] ** power for place in left)
        parts = [
            spare * more**power / total if place in left else parts[place]
            for place, more in enumerate(wanted)
        ]
        full = [place for place in left if parts[place] > ENOUGH * wanted[place]]
        for place in full:
            parts[place] = ENOUGH * wanted[place]
            spare -= parts[place]
        left = [place for place in left if place not in full] if full else []
    return parts


def _needs(table: Table, size: float) -> tuple[list[float], list[float]]:
    """Centimetres that each column needs, and what it would take beyond that to stand in one line."""
    padding = 2 * SIDE + 0.1
    columns = [(head, [row[place] for row in table.rows]) for place, head in enumerate(table.heads)]
    least, wanted = [], []
    for (head, cells), numeric in zip(columns, table.numeric, strict=True):
        word = max((breadth(part, size) for text in [head, *cells] for part in _words(text)), default=0)
        longest = max((breadth(cell, size) for cell in cells), default=0)
        least.append(padding + (max(longest, word) if numeric else word))
        # The head of a column takes what the cells leave, so that it breaks less often.
        line = breadth(head, size) if numeric else max(longest, breadth(head, size))
        wanted.append(max(0.0, line + padding - least[-1]))
    return least, wanted


def breadth(text: str, size: float) -> float:
    """About how wide a text is set in Times, in centimetres."""
    return sum(map(_em, text)) * size / 28.35


def _em(letter: str) -> float:
    """Width of a letter as a part of the letters' size; a little more than Times has."""
    if east_asian_width(letter) in "WF":
        return 1.0
    if letter in "mwMW%":
        return 0.86
    if letter in "fijlrstI.,:;'|!()[]/- \N{NO-BREAK SPACE}":
        return 0.36
    return 0.74 if letter.isupper() else 0.52


def _words(text: str) -> list[str]:
    """What stays together in a line: words, intervals, and single Chinese characters."""
    return [
        part
        for word in kept(text).split(" ")
        for part in re.findall(r"[\u2e80-\uffef]|[^\u2e80-\uffef]+", word)
    ]


def heights(table: Table, widths: list[float], size: float) -> list[float]:
    """About how high the rows of a table stand, in centimetres, the head first.

    Parameters
    ----------
    widths : of the columns, in centimetres. size : of the letters, in points.
    """
    rows = (table.heads, *table.rows)
    line = 1.15 * size / 28.35
    return [_height_of(row, widths, size) * line * _stretch(row) + 2 * AIR for row in rows]


def _stretch(row: tuple[str, ...]) -> float:
    """How much higher a line of a row is for the Chinese in it."""
    return HIGHER if any(east_asian_width(letter) in "WF" for cell in row for letter in cell) else 1.0


def _height_of(row: tuple[str, ...], widths: list[float], size: float) -> int:
    """Lines of a row."""
    needed = [
        math.ceil(breadth(cell, size) / max(width - 2 * SIDE, 0.4))
        for cell, width in zip(row, widths, strict=True)
    ]
    return max([1, *needed])


def kept(text: str) -> str:
    """A cell in which an interval does not break; words in brackets do."""
    return re.sub(
        r"\[[^\]\w]*\d[^\]]{0,24}\]", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text
    )


def room_on(turned: bool) -> float:
    return (PAGE_HEIGHT if turned else PAGE_WIDTH) - 2 * MARGIN
