"""Where the tables and figures of a Word file stand: a page is filled before the next is begun.

A table or figure that does not fit on the rest of a page would leave that rest blank. So the text that
follows goes before it, as in print, and it stands on the next page; its number, by which the text calls it,
tells where. Heights are reckoned, not known: Word breaks the pages. So what moves stands behind the paragraph
that crosses to the next page, where a few lines more or less do no harm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from workbench.reports.export.document import Block, Figure, Heading, Paragraph, Table
from workbench.reports.export.word_columns import (
    BODY_SIZE,
    HIGHER,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL_SIZE,
    breadth,
    column_widths,
    fitting,
    heights,
    room_on,
)

PAGE = PAGE_HEIGHT - 2 * MARGIN  # centimetres
TALLEST, TALLEST_FIGURE = 11.0, 14.5  # a table no higher stays on one page; no figure is higher
UNSURE = 0.8  # centimetres by which what is reckoned of a page may be wrong
SMALLEST = 0.75  # part of its size to which a figure may shrink where it then fits on the page
MOST, LAST = 3, "References"  # tables and figures that may wait; the heading before which all have to stand
_LINE = 1.15 / 28.35  # centimetres of a line for a point of its letters
_AFTER = {"paragraph": 8, "reference": 8, "warning": 8, "code": 8, "bullet": 2, "number": 2}
_BEFORE = {1: 24, 2: 10, 3: 10}
_SIDES = re.compile(r'<svg[^>]*?\bwidth="([\d.]+)[^"]*"[^>]*?\bheight="([\d.]+)')


@dataclass(frozen=True)
class Placed:
    """A block of the file, in the order of its pages; ``share`` of its full size, for a figure."""

    block: Block
    share: float = 1.0


def arranged(blocks: Sequence[Block], *, used: float = 0.0) -> Iterator[Placed]:
    """The blocks in the order in which they stand in the file.

    Tables and figures keep their order among themselves. None moves behind the list of references, between a
    heading and its text, or into a list or a sentence.

    Parameters
    ----------
    blocks : of the report. used : centimetres of the first page that are taken already.
    """
    waiting: list[Table | Figure] = []
    heads: list[Heading] = []  # of which nothing stands yet

    def put(block: Block, share: float = 1.0) -> Iterator[Placed]:
        nonlocal used
        used = _end(block, used, share)
        yield Placed(block, share)

    def place(*, all_of_them: bool = False) -> Iterator[Placed]:
        while waiting and ((share := _share(waiting[0], _free(used))) or all_of_them):
            room = _free(used) if share else PAGE
            together = _both(waiting[0], waiting[1], room) if len(waiting) > 1 else 0.0
            yield from put(waiting.pop(0), together or share or 1.0)

    for number, block in enumerate(blocks):
        if isinstance(block, Heading):
            if heads and waiting and block.level <= heads[-1].level:  # a section of tables and figures alone
                yield from (one for head in heads for one in put(head))
                heads = []
                yield from place(all_of_them=True)
            yield from place(all_of_them=len(waiting) > MOST or block.text == LAST)
            heads.append(block)
            continue
        if isinstance(block, (Table, Figure)) and (waiting or not _share(block, _free(used) - _room(heads))):
            waiting.append(block)
            continue
        yield from (one for head in heads for one in put(head))
        heads = []
        share = _share(block, _free(used)) if isinstance(block, (Table, Figure)) else 1.0
        yield from put(block, share or 1.0)
        if _may_part(block, [one for one in blocks[number + 1 :] if not isinstance(one, (Table, Figure))]):
            yield from place(all_of_them=len(waiting) > MOST)
    yield from (one for head in heads for one in put(head))
    yield from place(all_of_them=True)


def _free(used: float) -> float:
    """Centimetres of a page that are surely free."""
    return PAGE - used - UNSURE if used else PAGE


def _both(one: Table | Figure, other: Table | Figure, room: float) -> float:
    """Part of its size in which each of two figures stands with the other; 0: too small, or all of it."""
    if not (isinstance(one, Figure) and isinstance(other, Figure)):
        return 0.0
    pictures = figure_size(one.svg)[1] + figure_size(other.svg)[1]
    share = (room - UNSURE - _height(one, 0.0) - _height(other, 0.0)) / pictures
    return share if SMALLEST <= share < 1 else 0.0


def _room(heads: list[Heading]) -> float:
    return sum(map(_height, heads))


def _may_part(block: Block, after: list[Block]) -> bool:
    """Whether something may stand between a block and the text after it: not in a list, nor in a sentence."""
    if not after or not isinstance(block, Paragraph) or not isinstance(after[0], Paragraph):
        return True
    if block.kind in ("bullet", "number", "code", "reference") and after[0].kind == block.kind:
        return False
    return str(block).rstrip()[-1:] not in (",", ":", "") and not str(after[0]).strip()[:1].islower()


def _end(block: Block, used: float, share: float) -> float:
    """Centimetres that are taken of the page on which a block ends."""
    if used + _start(block, share) > PAGE:
        used = 0.0
    if isinstance(block, Table) and not stays_together(block):
        return _end_of_rows(block, used)
    used += _height(block, share)
    return used % PAGE if used > PAGE else used


def _end_of_rows(table: Table, used: float) -> float:
    """Centimetres that a long table takes of its last page: no row is divided, and the head is repeated."""
    head, *rows = _heights(table)
    used += _height(replace(table, rows=(), notes=()))
    for row in rows:
        used = head + row if used + row > PAGE else used + row
    return used + _below(table)


def _start(block: Block, share: float = 1.0) -> float:
    """Centimetres that have to be free for a block to begin on a page."""
    if isinstance(block, Figure) or (isinstance(block, Table) and stays_together(block)):
        return _height(block, share)
    if isinstance(block, Table):
        return _height(replace(block, rows=block.rows[:2], notes=()))
    lines = 3 if isinstance(block, Heading) else 2  # a heading with the first lines of what it heads
    return min(lines * BODY_SIZE * _LINE, _height(block)) + isinstance(block, Heading)


def stays_together(table: Table) -> bool:
    """Whether a table is short enough to stand on one page."""
    return sum(_heights(table)) <= TALLEST


def _heights(table: Table) -> list[float]:
    size, turned = fitting(table)
    return [1.05 * high for high in heights(table, column_widths(table, room_on(turned), size), size)]


def _below(table: Table) -> float:
    """Height of a table's note and the space under it."""
    return _lines(" ".join(table.notes) or "-", 10) + 20 / 28.35


def _share(block: Table | Figure, room: float) -> float:
    """Part of its size in which a block can begin in the room; 0 where it cannot."""
    if _start(block) <= room:
        return 1.0
    if not isinstance(block, Figure):
        return 0.0
    share = (room - _height(block, 0.0)) / figure_size(block.svg)[1]
    return share if share >= SMALLEST else 0.0


def _height(block: Block, share: float = 1.0) -> float:
    """About how high a block stands, in centimetres, with the space around it; a figure shrunk."""
    if isinstance(block, Heading):
        return _lines(block.text, 14) + _BEFORE[min(block.level, 3)] / 28.35
    if isinstance(block, Paragraph):
        letters = SMALL_SIZE if block.kind == "code" else BODY_SIZE
        room = room_on(False) - (1.27 if block.kind in ("bullet", "number", "reference") else 0.0)
        lines = str(block).split("\n") if block.kind == "code" else [str(block)]
        return sum(_lines(line, letters, room) for line in lines) + _AFTER[block.kind] / 28.35
    head = _lines("Table 1", BODY_SIZE) + _lines(block.title, BODY_SIZE) + 4 / 28.35 if block.title else 0.0
    if isinstance(block, Figure):
        return head + share * figure_size(block.svg)[1] + _lines(block.note, 10) + 14 / 28.35
    return head + sum(_heights(block)) + _below(block)


def _lines(text: str, size: float, room: float = room_on(False)) -> float:
    """Height of a text in lines of ``room`` centimetres; a line with Chinese in it is higher."""
    if not text:
        return 0.0
    lines = max(1, math.ceil(breadth(text, size) / room))
    chinese = "".join(letter for letter in text if east_asian_width(letter) in "WF")
    higher = min(lines, math.ceil(breadth(chinese, size) / room) + 1) if chinese else 0
    return (lines + (HIGHER - 1) * higher) * size * _LINE


def figure_size(svg: str) -> tuple[float, float]:
    """Width and height of a figure in centimetres: as broad as the text, unless too high then."""
    width = PAGE_WIDTH - 2 * MARGIN
    found = _SIDES.search(svg)
    ratio = float(found[2]) / float(found[1]) if found else 0.6
    return (
        (width, width * ratio)
        if width * ratio <= TALLEST_FIGURE
        else (TALLEST_FIGURE / ratio, TALLEST_FIGURE)
    )
