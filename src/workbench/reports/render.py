"""From an executed notebook to a page that stands alone: it loads nothing from outside and runs nothing."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import errors, vocabulary
from workbench.reports import body, drawings, markup, pieces, style_sheets, typesetting

if TYPE_CHECKING:
    import jinja2
    import lxml.html

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'"
)
HOME = "../index.html"
_HIDDEN_TAGS = {"injected-parameters", "hide-input"}
# What the page's style gives no colour: names, operators, brackets, blanks.
_UNCOLOURED = re.compile(r'<span class="(n|nn|o|p|w|bp|fm|vm|sx|kt|gp)">([^<]*)</span>')
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_LARGEST_THUMBNAIL = 5_000  # characters: a larger drawing stands on the index as a small picture
THUMBNAIL = (400, 225)  # pixels: about what a card shows


@dataclass(frozen=True)
class Page:
    """A rendered report, and the main figure as a data address for its card on the index."""

    html: str
    thumbnail: str | None


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents."""

    level: int
    text: str
    anchor: str


def report(path: Path, entry: Mapping[str, Any], studies: Collection[str] = ()) -> Page:
    """Render an executed notebook.

    Parameters
    ----------
    path : the executed notebook.
    entry : what the run knows of it, as in ``run.json``: title, data, answer, verdicts, parameters, versions.
    studies : numbers of the studies on the index, to which the text links.
    """
    tree = markup.parse(_body(path))
    markup.with_mathematics(tree)
    title = _take_title(tree) or entry["title"]
    banner = _take_banner(tree, entry)
    _drop_first_answer(tree, entry)
    body.drop_headings_of_nothing(tree)
    headings = _headings(tree)
    thumbnail = _thumbnail(tree)
    body.gather_code(tree)
    body.drop_empty(tree)
    body.fold_alike(tree)
    items = body.number(tree, entry.get("tables") or {})
    body.give_room(tree)
    body.span_groups(tree)
    decided = body.anchor_verdicts(tree)
    body.open_to_keyboard(tree)
    body.link_studies(tree, set(studies) - {entry["study"][:2]}, HOME)
    body.mark_languages(tree)
    typesetting.typeset(tree, own=data_kind(entry) == "user")
    drawings.inline(tree)
    html = (
        environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            number=re.match(r"\d+", entry["study"]),
            policy=POLICY,
            css=style_sheets.styles("report.css")
            + (style_sheets.math_font() if tree.find(".//{*}math") is not None else ""),
            body=markup.inner(tree),
            headings=headings,
            items=items,
            decided=decided,
            banner=banner,
            kind=data_kind(entry),
            entry=entry,
            failure=where(entry["error"]) if entry.get("error") else None,
            command=command(entry),
            has_code=tree.find(".//details[@class='code']") is not None,
        )
    )
    return Page(pieces.printable(html), thumbnail)


def by_claim(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Verdicts on one claim together, claims in the order in which they were first judged."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for verdict in verdicts:
        found.setdefault(verdict["claim"], []).append(verdict)
    return found


@cache
def environment() -> jinja2.Environment:
    """Templates of the pages, with escaping on."""
    import jinja2
    from markupsafe import Markup

    from workbench.show import numbers, verdict_lines

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(style_sheets.TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters.update(
        chip=lambda word: Markup(verdict_lines.chip(word)),
        short_chip=lambda word, address=None: Markup(
            verdict_lines.chip(word, meaning=False, address=address)
        ),
        by_claim=by_claim,
        ci=lambda one: numbers.interval(one["ci_lower"], one["ci_upper"]),
        claim_text=claim_text,
        kind_word=kind_word,
        marked=typesetting.marked,
        number=numbers.number,
        rate=verdict_lines.rate,
        in_languages=lambda text: Markup(typesetting.line(str(text))),
        label=verdict_lines.label,
        readable=verdict_lines.readable,
        short_rate=verdict_lines.short_rate,
        truth=verdict_lines.truth,
        verdict_anchor=body.verdict_anchor,
        verdict_text=verdict_lines.detail,
        slug=lambda word: vocabulary.word(word).slug,
        short=lambda text: text[:12],
    )
    return made


def where(error: Mapping[str, Any]) -> str:
    """One line on a failure: what, in which cell, in which section."""
    what = error.get("message") or error.get("name") or error["kind"]
    # What the workbench itself raises says in words what is wrong; of any other error the kind tells more.
    if error.get("name") and error["kind"] == "error" and not hasattr(errors, error["name"]):
        what = f"{error['name']}: {what}"
    place = f"cell {error['cell']}" if error.get("cell") else "before the first cell"
    if error["kind"] == "workbench":
        place = "outside the notebook"
    section = f" ({error['section']})" if error.get("section") else ""
    return f"{error['kind']} in {place}{section}: {what}" if error.get("cell") else f"{place}: {what}"


def data_kind(entry: Mapping[str, Any]) -> str | None:
    """Kind of data of a run: its answer's, else that of its data."""
    kinds = [entry["answer"]["data_kind"]] if entry.get("answer") else []
    kinds += [one["data_kind"] for one in entry.get("data") or () if one.get("data_kind")]
    kinds += [one["data_kind"] for one in entry.get("verdicts") or () if one.get("data_kind")]
    return kinds[0] if kinds else None


def kind_word(kind: str) -> str:
    """The word for a kind of data."""
    return vocabulary.data_kind(kind).word


def claim_text(verdict: Mapping[str, Any]) -> str:
    """What the ledger says that a verdict's claim states, in English; empty for a claim that it lacks."""
    from workbench.evidence import ledger

    claims = ledger.claims() if ledger.LEDGER.is_file() else {}
    return claims[verdict["claim"]].statement if verdict["claim"] in claims else ""


def command(entry: Mapping[str, Any]) -> str:
    """The command that makes a report again; of a user's files it gives the names only."""
    words = ["workbench", "run", entry["study"]]
    given = dict(entry["given"])
    for option, name in (("--survey", "survey_file"), ("--codebook", "codebook_file")):
        if given.get(name):
            words += [option, Path(given.pop(name)).name]
    for name, value in given.items():
        words += ["-p", f"{name}={value}"]
    return shlex.join(words)


def _body(path: Path) -> str:
    """Cells of the notebook through the template, sanitised piece by piece."""
    import nbformat
    from nbconvert.exporters.templateexporter import TemplateExporter

    notebook = nbformat.read(path, as_version=4)
    exporter = TemplateExporter(
        template_name="workbench",
        file_extension=".html",
        extra_template_basedirs=[str(style_sheets.TEMPLATES)],
        filters={
            "clean": lambda html: pieces.fitting(markup.sanitise(html)),
            "clean_prose": lambda html: pieces.fitting(markup.sanitise(html, sides=True)),
            "prose": _prose,
            "boxed": _boxed,
            "coloured": _coloured,
            "plain": lambda text: pieces.text(_ANSI.sub("", text)),
            "is_hidden": lambda cell: (
                not cell.source.strip() or bool(_HIDDEN_TAGS & set(cell.metadata.get("tags", ())))
            ),
            "picture": _picture,
            "svg_picture": _svg_picture,
        },
    )
    exporter.environment.filters["is_hidden"] = exporter.filters["is_hidden"]
    return exporter.from_notebook_node(notebook)[0]


def _prose(cell: Mapping[str, Any]) -> str:
    from nbconvert.filters import markdown2html

    return pieces.prose(cell["source"], cell.get("attachments") or {}, markdown2html)


def _boxed(html: str) -> str:
    return f'<div class="output">{html}</div>' if html.strip() else ""


def _coloured(source: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    marked = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return _UNCOLOURED.sub(r"\2", marked)


def _picture(output: Mapping[str, Any], kind: str) -> str:
    data = re.sub(r"\s", "", output["data"][kind])
    alt = escape(output.get("metadata", {}).get("alt", "Figure"))
    picture = f'<figure class="wb-figure"><img src="data:{kind};base64,{data}" alt="{alt}"></figure>'
    return pieces.fitting(markup.sanitise(picture))


def _svg_picture(svg: str) -> str:
    """A drawing as a picture: inside ``img`` no script of it can run."""
    data = base64.b64encode("".join(svg).encode()).decode()
    picture = f'<figure class="wb-figure"><img src="data:image/svg+xml;base64,{data}" alt="Figure"></figure>'
    return pieces.fitting(picture)


def _take_title(tree: lxml.html.HtmlElement) -> str | None:
    heading = tree.find(".//h1")
    if heading is None:
        return None
    text = " ".join(heading.text_content().replace("¶", "").split())
    heading.drop_tree()
    return text


def _take_banner(tree: lxml.html.HtmlElement, entry: Mapping[str, Any]) -> str | None:
    """Banner of the data kind, moved from where the notebook shows it to the head of the page."""
    import lxml.html

    found = tree.xpath(".//*[contains(concat(' ', @class, ' '), ' wb-banner ')]")
    if found:
        body.mark_languages(found[0])
        typesetting.typeset(found[0])
        text = lxml.html.tostring(found[0], encoding="unicode", with_tail=False)
        body.drop_with_empty_parents(found[0], tree)
        return text
    kind = data_kind(entry)
    if kind is None:
        return None
    from workbench import show

    return show.banner(kind).html


def _drop_first_answer(tree: lxml.html.HtmlElement, entry: Mapping[str, Any]) -> None:
    """The answer stands at the head of the page; the notebook's own copy of it goes."""
    found = tree.xpath(".//p[contains(concat(' ', @class, ' '), ' wb-answer ')]")
    if found and entry.get("answer"):
        body.drop_with_empty_parents(found[0], tree)


def _headings(tree: lxml.html.HtmlElement) -> list[Heading]:
    """Give the page's headings their anchors and list them."""
    found: list[Heading] = []
    used: set[str] = set()
    for element in tree.iter("h2", "h3"):
        for link in element.findall("a"):
            if (link.text or "").strip() == "¶":
                link.drop_tree()
        text = " ".join(element.text_content().split())
        anchor = base = re.sub(r"\s+", "-", text) or "section"
        number = 1
        while anchor in used:
            number += 1
            anchor = f"{base}-{number}"
        used.add(anchor)
        element.set("id", anchor)
        found.append(Heading(int(element.tag[1]), text, anchor))
    return found


def _thumbnail(tree: lxml.html.HtmlElement) -> str | None:
    """The figure named ``main``, else the first: a small drawing as it is, a large one as a small picture."""
    pictures = tree.xpath(".//figure[@data-name='main']//img") or tree.xpath(".//figure//img")
    address = pictures[0].get("src") if pictures else None
    if not address or len(address) > drawings.MOST:
        return None
    return address if len(address) < _LARGEST_THUMBNAIL else drawings.small(address, *THUMBNAIL)
