"""A report as a document: headings, paragraphs, tables and figures in order, free of HTML."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, ParameterError
from workbench.reports import drawings, manifest

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Sections of a page for learners and for the person who reproduces it; a paper has no place for them.
LEFT_OUT = ("Key ideas", "Exercises", "How to reproduce this page")
_SVG = "data:image/svg+xml;base64,"


@dataclass(frozen=True)
class Run:
    """Letters in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a section of the report."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Text: ``kind`` is paragraph, bullet, number, warning or code."""

    runs: tuple[Run, ...]
    kind: str = "paragraph"

    def __str__(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Table:
    """A table as it is shown: rounded, labelled, with its notes."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A figure: its SVG, what it shows in words, its note."""

    title: str
    svg: str
    alt: str
    note: str


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True)
class Document:
    """A report: title, data kind and answer, its blocks in order, and what the run recorded."""

    title: str
    blocks: tuple[Block, ...]
    entry: dict[str, Any]

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Table))

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Figure))


def read(folder: Path) -> Document:
    """The report of a run.

    Parameters
    ----------
    folder : a study's folder in a run's, with ``report.html`` and ``run.json``.

    Raises
    ------
    ParameterError : no report there, or one of a run that failed.
    """
    entry = manifest.load(folder)
    page = folder / manifest.REPORT
    if entry is None or not page.is_file():
        fix = "Run the study first, or name the folder of a report"
        raise ParameterError(Fault("there is no report in this folder", file=str(folder), fix=fix))
    good = manifest.last_good(entry)
    if good is None:
        raise ParameterError(Fault("the run of this study failed", file=str(folder), fix="Run it again"))
    import lxml.html

    main = lxml.html.document_fromstring(page.read_text(encoding="utf-8")).find(".//main")
    if main is None:
        raise ParameterError(Fault("this report is damaged", file=str(page), fix="Run the study again"))
    title = " ".join(main.findtext(".//h1", default=good["title"]).split())
    blocks = list(_without_left_out(_blocks(main)))
    return Document(title, tuple(blocks), json.loads(json.dumps(good)))


def _without_left_out(blocks: Iterator[Block]) -> Iterator[Block]:
    skipping = False
    for block in blocks:
        if isinstance(block, Heading) and (block.level == 1 or not skipping):
            skipping = block.text in LEFT_OUT
        if not skipping:
            yield block


def _blocks(element: HtmlElement) -> Iterator[Block]:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        classes = (child.get("class") or "").split()
        if child.tag in ("nav", "header", "footer", "details") or "code" in classes:
            continue
        if child.tag in ("h2", "h3", "h4"):
            yield Heading(int(child.tag[1]) - 1, _plain(child))
        elif "wb-table-box" in classes:
            yield from _tables(child)
        elif child.tag == "figure":
            yield from _figure(child)
        elif "wb-warnings" in classes:
            yield from (Paragraph(tuple(_runs(item)), "warning") for item in child.iter("li"))
        elif child.tag == "p":
            yield Paragraph(tuple(_runs(child)))
        elif child.tag in ("ul", "ol"):
            kind = "bullet" if child.tag == "ul" else "number"
            yield from (Paragraph(tuple(_runs(item)), kind) for item in child.findall("li"))
        elif child.tag == "pre":
            yield Paragraph((Run(child.text_content().rstrip(), code=True),), "code")
        else:
            yield from _blocks(child)


def _tables(box: HtmlElement) -> Iterator[Table]:
    notes = tuple(_plain(note) for note in box.findall("p"))
    for table in box.iter("table"):
        heads = tuple(_plain(cell) for cell in table.findall("thead/tr/th"))
        rows = tuple(tuple(_plain(cell) for cell in row) for row in table.findall("tbody/tr"))
        width = max([len(heads), *(len(row) for row in rows)])
        numeric = tuple("wb-num" in (cell.get("class") or "") for cell in table.findall("thead/tr/th"))
        padded = tuple(row + ("",) * (width - len(row)) for row in rows)
        title = _title(table.find("caption")) if table.find("caption") is not None else ""
        yield Table(title, heads, padded, numeric + (False,) * (width - len(numeric)), notes)


def _figure(element: HtmlElement) -> Iterator[Figure]:
    drawing, picture = element.find(".//svg"), element.find("img")
    if drawing is not None:
        svg, alt = drawings.standalone(drawing), drawing.get("aria-label") or ""
    elif picture is not None and (picture.get("src") or "").startswith(_SVG):
        svg, alt = base64.b64decode(picture.get("src")[len(_SVG) :]).decode("utf-8"), picture.get("alt") or ""
    else:
        return
    caption, note = element.find("figcaption"), element.find("p")
    title = _title(caption) if caption is not None else ""
    yield Figure(title, svg, alt, _plain(note) if note is not None else "")


def _title(caption: HtmlElement) -> str:
    """A caption without the number that the page gives it: a document counts anew."""
    named = caption.find("span[@class='wb-title']")
    return _plain(caption if named is None else named)


def _plain(element: HtmlElement) -> str:
    return " ".join(element.text_content().replace("\n", " ").split(" ")).strip()


def _runs(element: HtmlElement, **style: bool) -> Iterator[Run]:
    """Text with bold, italics and code; a formula is written in one line, in italics."""
    if element.text:
        yield Run(element.text.replace("\n", " "), **style)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag == "math":
            yield Run("".join(child.itertext()), **{**style, "italic": True})
        elif child.tag == "br":
            yield Run(" ", **style)
        else:
            named = {"strong": "bold", "b": "bold", "em": "italic", "i": "italic", "code": "code"}
            added = {named[child.tag]: True} if child.tag in named else {}
            yield from _runs(child, **{**style, **added})
        if child.tail:
            yield Run(child.tail.replace("\n", " "), **style)
