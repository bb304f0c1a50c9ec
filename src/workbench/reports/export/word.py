"""A report as a Word file in the form of APA 7: numbered tables with three rules, figures, methods."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import vocabulary
from workbench.reports.export import apa, word_formulas
from workbench.reports.export.document import Document, Figure, Heading, Paragraph, Table
from workbench.reports.export.pictures import png
from workbench.reports.export.word_columns import (
    AIR,
    BODY_SIZE,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SIDE,
    SMALL_SIZE,
    column_widths,
    fitting,
    kept,
    room_on,
)
from workbench.reports.export.word_pages import arranged, figure_size, stays_together

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

FONT, EAST_ASIAN_FONT = "Times New Roman", "SimSun"
TABLE_SIZE = 10
BEGUN = 5.0  # centimetres that title, answer and kind of data take of the first page


def write(document: Document, path: Path) -> None:
    """Write the Word file.

    Parameters
    ----------
    document : of `document.read`. path : the file, ``.docx``.
    """
    import docx

    made = docx.Document()
    _page(made)
    _title(made, document)
    tables = figures = 0
    for placed in arranged(document.blocks, used=BEGUN):
        block = placed.block
        if isinstance(block, Heading):
            made.add_heading(block.text, level=min(block.level, 3))
        elif isinstance(block, Paragraph):
            _paragraph(made, block)
        elif isinstance(block, Table):
            tables += bool(block.title)
            _table(made, block, tables)
        elif isinstance(block, Figure):
            figures += 1
            _figure(made, block, figures, placed.share)
    _origin(made, document)
    made.save(str(path))


def _page(made: WordDocument) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = made.sections[0]
    section.page_width, section.page_height = Cm(PAGE_WIDTH), Cm(PAGE_HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet", "List Number"):
        style = made.styles[name]
        style.font.name = FONT
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(script), FONT)
        fonts.set(qn("w:eastAsia"), EAST_ASIAN_FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    made.styles["Normal"].font.size = Pt(BODY_SIZE)
    made.styles["Normal"].paragraph_format.space_after = Pt(8)
    for name, size in (("Heading 1", 14), ("Heading 2", 12), ("Heading 3", 12)):
        made.styles[name].font.size = Pt(size)
        made.styles[name].font.bold = True
        made.styles[name].font.italic = name == "Heading 3"
    _page_number(section.header.paragraphs[0])


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run()
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:instrText")
            part.text = text
        run._r.append(part)


def _title(made: WordDocument, document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    title = made.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(_clean(document.title))
    run.bold, run.font.size = True, Pt(16)
    made.core_properties.title = _clean(document.title)
    made.core_properties.author = ""
    kinds = list(
        dict.fromkeys(one["data_kind"] for one in document.entry.get("data", ()) if one.get("data_kind"))
    )
    answer = document.entry.get("answer")
    if answer:
        paragraph = made.add_paragraph()
        for part, italic in apa.note(_clean(answer["text"])):
            paragraph.add_run(part).italic = italic or None
    for kind in kinds:
        known = vocabulary.DATA_KINDS.get(kind)
        if known is not None:
            paragraph = made.add_paragraph()
            paragraph.add_run(f"{known.word}. ").bold = True
            paragraph.add_run(known.meaning)


def _paragraph(made: WordDocument, block: Paragraph) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    styles = {"bullet": "List Bullet", "number": "List Number"}
    paragraph = made.add_paragraph(style=styles.get(block.kind))
    if block.kind == "warning":
        paragraph.add_run("Warning. ").bold = True
    if block.kind == "reference":  # APA 7: hanging indent of half an inch
        paragraph.paragraph_format.left_indent = Cm(1.27)
        paragraph.paragraph_format.first_line_indent = Cm(-1.27)
    for part in block.runs:
        if part.formula is not None and (formula := word_formulas.written(part.formula.mathml)) is not None:
            paragraph._p.append(formula)
            if part.formula.display:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            continue
        run = paragraph.add_run(_clean(part.text))
        if part.link:
            _linked(paragraph, run, part.link)
        run.bold, run.italic = part.bold or None, part.italic or None
        if part.code:
            run.font.name, run.font.size = "Courier New", Pt(SMALL_SIZE)


def _linked(paragraph: Any, run: Any, address: str) -> None:
    """Put a run inside a link."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run._r.addprevious(link)
    link.append(run._r)


def _table(made: WordDocument, block: Table, number: int) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    size, turned = fitting(block)
    if turned:
        _section(made, turned=True)
    if block.title:  # without, it is a part of the text around it, and has no number on the page either
        label = made.add_paragraph()
        label.add_run(f"Table {number}").bold = True
        _tight(label, keep=True)
        title = made.add_paragraph()
        title.add_run(_clean(block.title)).italic = True
        _tight(title, after=4, keep=True)
    width = len(block.heads)
    table = made.add_table(rows=1 + len(block.rows), cols=max(width, 1))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    _cell_margins(table)
    widths = column_widths(block, room_on(turned), size)
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Cm(share)
    # A long table goes on over the page, between its rows; its first rows stay with the title, its last with
    # the note.
    together = stays_together(block)
    for place, cells in enumerate([block.heads, *block.rows]):
        row = table.rows[place]
        _unbroken(row, heading=place == 0)
        for column, text in enumerate(cells):
            cell = row.cells[column]
            cell.width = Cm(widths[column])
            paragraph = cell.paragraphs[0]
            _tight(paragraph, keep=together or place < 2 or place >= len(block.rows) - 1)
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Cm(AIR)
            _mark(paragraph, size)
            if block.numeric[column]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            unbroken = block.numeric[column] and place > 0
            said = _clean(text.replace(" ", "\N{NO-BREAK SPACE}") if unbroken else kept(text))
            for part, italic in apa.head(said) if place == 0 else [(said, False)]:
                run = paragraph.add_run(part)
                run.italic, run.font.size = italic or None, Pt(size)
            edges = {"top": place == 0, "bottom": place in (0, len(block.rows))}
            _rules(cell, [edge for edge, drawn in edges.items() if drawn])
    note = made.add_paragraph()
    _note(note, block.notes)
    if turned:
        _section(made, turned=False)


def _section(made: WordDocument, *, turned: bool) -> None:
    """Begin a page that is upright or turned round."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Cm

    section = made.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
    sides = (PAGE_HEIGHT, PAGE_WIDTH) if turned else (PAGE_WIDTH, PAGE_HEIGHT)
    section.page_width, section.page_height = map(Cm, sides)


def _note(paragraph: Any, notes: tuple[str, ...]) -> None:
    from docx.shared import Pt

    _tight(paragraph, after=14)
    paragraph.paragraph_format.space_before = Pt(3)
    _mark(paragraph, TABLE_SIZE)
    if not notes:
        return
    head = paragraph.add_run("Note. ")
    head.italic, head.font.size = True, Pt(TABLE_SIZE)
    for part, italic in apa.note(_clean(" ".join(notes))):
        run = paragraph.add_run(part)
        run.italic, run.font.size = italic or None, Pt(TABLE_SIZE)


def _figure(made: WordDocument, block: Figure, number: int, share: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm

    label = made.add_paragraph()
    label.add_run(f"Figure {number}").bold = True
    _tight(label, keep=True)
    title = made.add_paragraph()
    title.add_run(_clean(block.title)).italic = True
    _tight(title, after=4, keep=True)
    picture = made.add_paragraph()
    _tight(picture, keep=True)
    width = Cm(share * figure_size(block.svg)[0])
    shape = picture.add_run().add_picture(io.BytesIO(png(block.svg)), width=width)
    shape._inline.find(qn("wp:docPr")).set("descr", _clean(block.alt))
    _note(made.add_paragraph(), (block.note,) if block.note else ())


def _origin(made: WordDocument, document: Document) -> None:
    """Where the numbers come from: study, data hash, seed, versions."""
    entry = document.entry
    made.add_heading("Where these numbers come from", level=1)
    lines = [f"Study {entry['study']}, run {entry['started'][:10]}, with parameters {_parameters(entry)}."]
    for one in entry.get("data", ()):
        name = one.get("name") or one.get("file") or "unnamed"
        text = f"{'Data' if one.get('data_kind') else 'Codebook'}: {name}"
        text += f", {one['rows']:,} rows" if one.get("rows") is not None else ""
        text += f", SHA-256 {one['sha256'][:16]}…" if one.get("sha256") else ""
        text += "" if text.endswith("…") else "."
        lines.append(text + (f" Source: {one['source']}." if one.get("source") else ""))
    versions = ", ".join(f"{name} {version}" for name, version in entry.get("versions", {}).items())
    lines.append(f"Versions: {versions}.")
    for line in lines:
        made.add_paragraph(_clean(line))


def _parameters(entry: dict[str, Any]) -> str:
    given = {
        name: Path(str(value)).name if name.endswith("_file") else value
        for name, value in entry.get("parameters", {}).items()
        if value not in ("", None)
    }
    return ", ".join(f"{name} = {value}" for name, value in given.items()) or "none"


def _mark(paragraph: Any, size: float) -> None:
    """Size of the mark that ends a paragraph: a line is as high as it, an empty cell too."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    letters = OxmlElement("w:sz")
    letters.set(qn("w:val"), str(round(2 * size)))
    properties = OxmlElement("w:rPr")
    properties.append(letters)
    paragraph._p.get_or_add_pPr().append(properties)


def _tight(paragraph: Any, *, after: int = 0, keep: bool = False) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(after)
    paragraph.paragraph_format.space_before = Pt(0)
    paragraph.paragraph_format.keep_with_next = keep


def _cell_margins(table: Any) -> None:
    """So much air at the sides of every cell as its column is reckoned with."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        one = OxmlElement(f"w:{side}")
        one.set(qn("w:w"), str(Cm(SIDE).twips))
        one.set(qn("w:type"), "dxa")
        margins.append(one)
    table._tbl.tblPr.append(margins)


def _unbroken(row: Any, *, heading: bool) -> None:
    """A row stays on one page, and the head is repeated on the next."""
    from docx.oxml import OxmlElement

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if heading:
        properties.append(OxmlElement("w:tblHeader"))


def _rules(cell: Any, edges: list[str]) -> None:
    """Rules on the cell itself, so that they survive being pasted elsewhere."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    if not edges:
        return
    borders = OxmlElement("w:tcBorders")
    for edge in edges:
        rule = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
            rule.set(qn(f"w:{name}"), value)
        borders.append(rule)
    cell._tc.get_or_add_tcPr().append(borders)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _clean(text: str) -> str:
    """Text without what XML forbids."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
