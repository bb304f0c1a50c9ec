"""A report as a document: headings, paragraphs, tables and figures in order, free of HTML."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, ParameterError
from workbench.reports import drawings, manifest
from workbench.reports.export import apa

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Sections of a page for learners and for the person who reproduces it; a paper has no place for them.
LEFT_OUT = ("Key ideas", "Exercises", "How to reproduce this page")


@dataclass(frozen=True)
class Formula:
    """A formula: as MathML, and as the LaTeX it was written in; ``display`` where it has its own line."""

    mathml: str
    latex: str
    display: bool


@dataclass(frozen=True)
class Run:
    """Letters in one style, a link, or a formula, of which ``text`` is a form in one line."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    formula: Formula | None = None
    link: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a section of the report."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Text: ``kind`` is paragraph, bullet, number, reference, warning or code."""

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
        elif "wb-table-box" in classes or child.tag == "table":
            yield from _tables(child)
        elif child.tag == "figure":
            yield from _figure(child)
        elif "wb-warnings" in classes:
            yield from (Paragraph(tuple(_warning(item)), "warning") for item in child.findall("ul/li"))
        elif child.tag == "p":
            yield Paragraph(tuple(_runs(child)))
        elif child.tag in ("ul", "ol"):
            kind = "reference" if "references" in classes else "bullet" if child.tag == "ul" else "number"
            yield from (Paragraph(tuple(_runs(item)), kind) for item in child.findall("li"))
        elif child.tag == "pre":
            yield Paragraph((Run(child.text_content().rstrip(), code=True),), "code")
        else:
            yield from _blocks(child)


def _warning(item: HtmlElement) -> Iterator[Run]:
    """A warning, and how many others that say the same of something else the page folds under it."""
    yield from _runs(item)
    folded = item.findtext("details/summary")
    if folded:
        yield Run(f" ({folded} on the page)")


def _tables(box: HtmlElement) -> Iterator[Table]:
    notes = tuple(_plain(note) for note in box.findall("p[@class='wb-note']"))
    for table in box.iter("table"):
        top = table.findall("thead/tr/*")  # a column without a head has a plain cell there
        heads = tuple(_head(cell) for cell in top)
        rows = tuple(_spread(table.findall("tbody/tr")))
        width = max([len(heads), *(len(row) for row in rows)])
        numeric = tuple("wb-num" in (cell.get("class") or "") for cell in top)
        padded = tuple(row + ("",) * (width - len(row)) for row in rows)
        title = _title(table.find("caption")) if table.find("caption") is not None else ""
        yield Table(title, heads, padded, numeric + (False,) * (width - len(numeric)), notes)


def _spread(rows: list[HtmlElement]) -> Iterator[tuple[str, ...]]:
    """Cells of each row; a cell that spans several rows is written once and leaves its place empty below."""
    spans: dict[int, int] = {}
    for row in rows:
        cells: list[str] = []
        for cell in row:
            _skip(cells, spans)
            spans[len(cells)] = int(cell.get("rowspan") or 1) - 1
            cells.append(_plain(cell))
        _skip(cells, spans)
        yield tuple(cells)


def _skip(cells: list[str], spans: dict[int, int]) -> None:
    while spans.get(len(cells), 0) > 0:
        spans[len(cells)] -= 1
        cells.append("")


def _figure(element: HtmlElement) -> Iterator[Figure]:
    drawing, picture = element.find(".//svg"), element.find("img")
    if drawing is not None:
        svg, alt = drawings.standalone(drawing), drawing.get("aria-label") or ""
    elif picture is not None and (picture.get("src") or "").startswith(drawings.SVG_ADDRESS):
        svg, alt = (
            base64.b64decode(picture.get("src")[len(drawings.SVG_ADDRESS) :]).decode("utf-8"),
            picture.get("alt") or "",
        )
    else:
        return
    caption, note = element.find("figcaption"), element.find("p")
    title = _title(caption) if caption is not None else ""
    yield Figure(title, svg, alt, _plain(note) if note is not None else "")


def _title(caption: HtmlElement) -> str:
    """A caption without the number that the page gives it: a document counts anew."""
    named = caption.find("div[@class='wb-title']")
    return _plain(caption if named is None else named)


def _head(cell: HtmlElement) -> str:
    """The head of a column, with its unit in brackets: on the page it stands on a line of its own."""
    for end in list(cell.iter("br")):
        end.tail = f" {end.tail or ''}"
        end.drop_tag()
    for unit in cell.xpath(".//*[contains(concat(' ', @class, ' '), ' wb-unit ')]"):
        said = _plain(unit)
        unit.text = f" {said}" if said.startswith(("(", "[")) else f" ({said})"
        for child in list(unit):
            unit.remove(child)
    return " ".join(filter(None, _plain(cell).split(" ")))


def _plain(element: HtmlElement) -> str:
    """The text of an element in one line, with a semicolon where the page begins a new one."""
    if element.find(".//br") is not None:
        element = deepcopy(element)
        for end in element.iter("br"):
            end.tail = f"; {end.tail or ''}"
    return " ".join(element.text_content().replace("\n", " ").split(" ")).strip()


def _formula(element: HtmlElement) -> Formula:
    import lxml.etree

    math = lxml.etree.fromstring(lxml.etree.tostring(element, with_tail=False))
    latex, display = math.get("alttext", ""), math.get("display") == "block"
    for name in set(math.attrib) - {"display"}:
        del math.attrib[name]
    if not math.tag.startswith("{"):
        math.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    return Formula(lxml.etree.tostring(math, encoding="unicode"), latex, display)


def _runs(element: HtmlElement, **style: Any) -> Iterator[Run]:
    """Text with bold, italics, code and links; statistics and a formula in one line are in italics.

    What the page folds is no part of the text.
    """
    if element.text:
        yield from _letters(element.text, style)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag == "math":
            yield Run("".join(child.itertext()), **{**style, "italic": True}, formula=_formula(child))
        elif child.tag == "br":
            yield Run(" ", **style)
        elif child.tag != "details":
            named = {"strong": "bold", "b": "bold", "em": "italic", "i": "italic", "code": "code"}
            added: dict[str, Any] = {named[child.tag]: True} if child.tag in named else {}
            if child.tag == "a" and (child.get("href") or "").startswith("https://"):
                added = {"link": child.get("href")}
            yield from _runs(child, **{**style, **added})
        if child.tail:
            yield from _letters(child.tail, style)


def _letters(text: str, style: dict[str, Any]) -> Iterator[Run]:
    text = text.replace("\n", " ")
    if style:
        yield Run(text, **style)
    else:
        yield from (Run(part, italic=italic) for part, italic in apa.note(text))
