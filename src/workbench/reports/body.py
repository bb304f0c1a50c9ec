"""What a page's body gets beyond its cells: numbers and anchors, links, languages, a way in for the keyboard.

Every function changes a tree that has been sanitised, in place. Nothing here reads text as markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import lxml.html

from workbench.reports.markup import put_into_text

Element: TypeAlias = Any  # lxml.html.HtmlElement, which lxml gives no types of

_STUDY = re.compile(r"(?<=[Ss]tudy )\d\d\b|(?<=[Ss]tudies )\d\d\b|(?<=\bstudies \d\d and )\d\d\b")
# Han characters with the marks that stand among them.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_AMONG = rf"[{_HAN}\u3000-\u303f\uff00-\uffef·…—“”%,;:?!()\d]*"
# An English quotation begins with the same mark as a Chinese one.
CHINESE = re.compile(rf"(?:[{_HAN}《「]|“(?=[{_HAN}《]))(?:{_AMONG}[{_HAN}》」”。！？；：…])?")
_NAME = re.compile(
    r"\b[a-z]+(?:_[a-z]+)+\b"
)  # of a column; one with a number is a question's, as it was asked
_ABOUT = re.compile(
    r"^(?:(?:[^\s:]+ ){0,3}[^\s:]+: ){1,2}"
)  # what a warning is about: a few words and a colon
_NO_LINKS = {"a", "h1", "h2", "h3", "code", "pre", "summary", "svg", "math"}
_NO_WORDS = {"code", "pre", "svg", "math"}
SCROLLS = "wb-table-box"
LETTER, LEAST_ROOM, MOST_ROOM = 0.56, 2.0, 9.5  # em of a letter of a column of words, and of the column
PAGE, GAP = 47.5, 0.9  # em of a table as broad as the text, and between two columns
PHONE = (40, 34)  # hundredths of a phone's breadth for a column of words: alone, and beside others
SENTENCES = 24  # letters a cell, on average, from which on a table of words is read row by row on a phone
MANY = 8  # columns from which on a table may be broader than the text
READABLE = 9.5  # em: words are not set narrower in a table that may be broader than the text
SHORT = 9  # letters of a head of numbers that is not broken
CSV = "All columns at full precision; a text that begins with = + - or @ has a ' before it"


@dataclass(frozen=True)
class Item:
    """A numbered table or figure of a page."""

    word: str
    number: int
    title: str
    anchor: str


def gather_code(body: Element) -> None:
    """Put code that is not parted by anything shown behind one mark."""
    for one in body.xpath(".//details[@class='code']"):
        before = one.getprevious()
        if before is not None and before.get("class") == "code" and not (before.tail or "").strip():
            for source in one.findall("pre"):
                before.append(source)
            one.drop_tree()


def drop_empty(body: Element) -> None:
    """Take away pictures whose source was not let in, and lines that only say that nothing is there."""
    for picture in body.xpath(".//img"):
        if not picture.get("src"):
            picture.drop_tree()
        elif picture.get("alt") is None:
            picture.set("alt", "")
    for one in body.xpath(".//p[@class='wb-quiet']"):
        if one.text_content().strip() == "No warnings from this analysis.":
            drop_with_empty_parents(one, body)


def drop_headings_of_nothing(body: Element) -> None:
    """Take away headings under which nothing is left: what stood there is at the head of the page."""
    parts = [one for one in body if one.get("class") != "code"]
    for one, after in zip(parts, [*parts[1:], None], strict=True):
        alone = one.tag == "section" and len(one) == 1 and one[0].tag in ("h2", "h3")
        if (
            alone
            and after is not None
            and after.tag == "section"
            and len(after)
            and after[0].tag in ("h2", one[0].tag)
        ):
            one.drop_tree()


def fold_alike(body: Element) -> None:
    """Of warnings that say the same of one thing after the other show the first, and fold the others.

    What a warning is about comes before its colon; names of columns are written as words.
    """
    for items in body.xpath(".//div[@class='wb-warnings']/ul"):
        alike: dict[str, list[Element]] = {}
        for one in items:
            one.text = _NAME.sub(lambda name: name[0].replace("_", " "), one.text or "")
            if re.search(r"[\w)”%]$", one.text):
                one.text += "."  # some analyses say a sentence, some what they found
            said = _ABOUT.sub("", one.text)
            alike.setdefault(re.sub(r"[\d.,]+", "0", said), []).append(one)
        for first, *others in alike.values():
            if len(others) > 1:
                folded = _element("details", "", class_="alike")
                folded.append(_element("summary", f"{len(others)} more of this kind"))
                folded.append(_element("ul", ""))
                folded[1].extend(others)
                first.append(folded)


def number(body: Element, files: Mapping[str, str]) -> list[Item]:
    """Number the tables and the figures, give each an anchor, and each table a link to its file.

    Parameters
    ----------
    files : title of a table -> name of its file in ``tables/``.
    """
    found: list[Item] = []
    named_files = {" ".join(title.split()): name for title, name in files.items()}
    counts = {"Table": 0, "Figure": 0}
    for caption in body.iter("caption", "figcaption"):
        word = "Table" if caption.tag == "caption" else "Figure"
        title = " ".join(caption.text_content().split())
        counts[word] += 1
        item = Item(word, counts[word], title, f"{word.lower()}-{counts[word]}")
        named = _element("div", caption.text or "", class_="wb-title")
        named.extend(list(caption))
        caption.text = None
        last = named[-1] if len(named) and not named[-1].tail else None
        if last is not None and (last.text or "").endswith(".") and not len(last):
            last.text = last.text[:-1]  # a title is no sentence, though a function that writes one made it
        caption.append(_element("div", f"{word} {item.number}", class_="wb-number"))
        caption.append(named)
        owner = caption.getparent()
        owner.set("id", item.anchor)
        if word == "Table" and title in named_files:
            _link_file(owner, f"tables/{named_files[title]}.csv")
        found.append(item)
    return found


def _link_file(table: Element, address: str) -> None:
    box = table.getparent()
    if SCROLLS not in (box.get("class") or "").split():
        return
    line = _element("p", "", class_="wb-file")
    line.append(_element("a", "CSV", href=address, download="", title=CSV))
    box.insert(box.index(table) + 1, line)


def give_room(body: Element) -> None:
    """Give columns of words a least width by their longest entry, and tables of sentences a form for phones.

    A browser would rather break a column of words at every space until all numbers fit. What would be
    broader than the text is narrowed to it as far as the words allow; a table of many columns may go out of
    its measure.
    """
    for table in body.xpath(".//table[@class='wb-table']"):
        heads = table.findall("thead/tr/*")
        if len(heads) >= MANY:
            table.getparent().set("class", f"{table.getparent().get('class')} broad")
        rows = [row.findall("*") for row in table.findall("tbody/tr")]
        columns = [[row[place] for row in rows if len(row) == len(heads)] for place in range(len(heads))]
        words = {place for place, cells in enumerate(columns) if not any(map(_is_number, cells))}
        texts = [[one.text_content() for one in cells] for cells in columns]
        wanted = [
            min(_room(cells), MOST_ROOM if place in words else PAGE) for place, cells in enumerate(texts)
        ]
        least = [
            min(_room(map(_longest_word, cells)), most) for cells, most in zip(texts, wanted, strict=True)
        ]
        if len(heads) >= MANY:  # it has room beyond the text on a desk, and is scrolled where there is none
            least = [max(one, min(most, READABLE)) for one, most in zip(least, wanted, strict=True)]
        narrow(wanted, least, sorted(words), PAGE - GAP * len(heads))
        for place in words:
            if wanted[place] > LEAST_ROOM:
                heads[place].set("style", f"min-width: min({wanted[place]:.1f}em, {PHONE[len(words) > 1]}vw)")
        for place, head in enumerate(heads):
            if place not in words and len(head.text or "") <= SHORT and head.text:
                head.text = head.text.replace(" ", "\N{NO-BREAK SPACE}")
        if len(words) == len(heads):
            _read_by_rows(table, heads, rows)
    for table in body.xpath(".//*[contains(concat(' ', @class, ' '), ' prose ')]//table"):
        _read_by_rows(
            table, table.findall("thead/tr/*"), [one.findall("*") for one in table.findall("tbody/tr")]
        )


def span_groups(body: Element) -> None:
    """Let the name of a group of rows stand beside all of them, so that a long one opens no gap below it."""
    for table in body.xpath(".//table[@class='wb-table']"):
        rows = [row.findall("*") for row in table.findall("tbody/tr")]
        width = len(table.findall("thead/tr/*"))
        if len(rows) < 2 or any(len(row) != width for row in rows):
            continue
        for place in range(width - 1):
            column = [row[place] for row in rows]
            if _is_number(column[0]) or not _says(column[0]):
                break
            names = [row for row, cell in enumerate(column) if _says(cell)]
            if len(names) == len(rows):
                break
            if column[0].tag != "th" and place:
                break
            for start, end in zip(names, [*names[1:], len(rows)], strict=True):
                if end - start > 1:
                    column[start].set("rowspan", str(end - start))
                    table.set("class", "wb-table spanned")
                    column[start].set("valign", "top")  # word processors do not read the style sheet's
                    if end == len(rows):
                        column[start].set("class", "wb-last")
                    for cell in column[start + 1 : end]:
                        cell.drop_tree()


def _says(cell: Element) -> bool:
    return bool(cell.text_content().strip())


def narrow(wanted: list[float], least: list[float], places: list[int], most: float) -> None:
    """Make columns narrower, each by the same share but none below its least width, until all fit; in place.

    Parameters
    ----------
    wanted, least : width of every column. places : those that may be narrower. most : width of all.
    """
    places = [place for place in places if wanted[place] > least[place]]
    while places and sum(wanted) > most:
        free = sum(wanted[place] for place in places)
        share = 1 - (sum(wanted) - most) / free
        stuck = [place for place in places if share * wanted[place] <= least[place]]
        for place in stuck or places:
            wanted[place] = least[place] if stuck else share * wanted[place]
        places = [place for place in places if place not in stuck] if stuck else []


def _room(texts: Iterable[str]) -> float:
    return max(map(_letters, texts), default=0) * LETTER


def _longest_word(text: str) -> str:
    return max(text.split(), key=_letters, default="")


def _is_number(cell: Element) -> bool:
    return "wb-num" in (cell.get("class") or "")


def _read_by_rows(table: Element, heads: list[Element], rows: list[list[Element]]) -> None:
    """Let a phone write each row of a table of sentences as a paragraph: its cells say what they are."""
    cells = [one for row in rows for one in row]
    if len(heads) < 3 or any(len(row) != len(heads) for row in rows):
        return
    if sum(_letters(one.text_content()) for one in cells) < SENTENCES * len(cells):
        return
    table.set("class", f"{table.get('class') or ''} by-rows".strip())
    for row in rows:
        for head, one in zip(heads[1:], row[1:], strict=True):
            one.set("data-head", head.text_content().strip())


def _letters(text: str) -> int:
    """Letters of a text, a Chinese character as two."""
    return len(text) + len(re.findall(f"[{_HAN}]", text))


def anchor_verdicts(body: Element) -> set[str]:
    """Give the rows of a table of hypotheses that hold a verdict their anchors; returns what was decided."""
    found: set[str] = set()
    for row in body.xpath(
        ".//table[contains(@class, 'wb-hypotheses')]//tr[.//span[contains(@class, 'wb-chip')]]"
    ):
        head = row.find("th")
        key = " ".join(head.text_content().split()) if head is not None else ""
        if key and key not in found:
            row.set("id", verdict_anchor(key))
            found.add(key)
    return found


def verdict_anchor(key: str) -> str:
    """Anchor of the row that decides a hypothesis, by claim and part."""
    return "verdict-" + re.sub(r"\W+", "-", key)


def link_studies(body: Element, there: Collection[str], home: str) -> None:
    """Link the numbers of studies to their cards on the index.

    Parameters
    ----------
    there : numbers of the studies that the index shows. home : address of the index.
    """

    def linked(match: re.Match[str]) -> Element | None:
        if match[0] not in there:
            return None
        return _element("a", match[0], href=f"{home}#study-{match[0]}")

    put_into_text(body, _STUDY, linked, lambda element: _name(element) in _NO_LINKS)


def mark_languages(body: Element) -> None:
    """Say of every run of Chinese which script it is in, for voices, fonts and hyphens."""

    def marked(match: re.Match[str]) -> Element:
        return _element("span", match[0], lang=script(match[0]))

    def closed(element: Element) -> bool:
        return _name(element) in _NO_WORDS or (element.get("lang") or "").startswith("zh")

    put_into_text(body, CHINESE, marked, closed)
    for words in body.iter("{*}mtext"):  # in a formula no element can be put around them
        if words.text and CHINESE.search(words.text):
            words.set("lang", script(words.text))


def script(text: str) -> str:
    """``zh-Hant`` for a text with a sign that only the documents in that script have, else ``zh-Hans``."""
    return "zh-Hant" if _traditional() & set(text) else "zh-Hans"


@cache
def _traditional() -> frozenset[str]:
    from workbench.evidence import ledger

    if not ledger.LEDGER.is_file():
        return frozenset()
    by_script: dict[str, set[str]] = {}
    for claim in ledger.claims().values():
        by_script.setdefault(claim.script, set()).update(claim.zh)
    return frozenset(by_script.get("zh-Hant", set()) - by_script.get("zh-Hans", set()))


def open_to_keyboard(body: Element) -> None:
    """Let what may scroll sideways be reached and scrolled by keys; empty heads of columns become cells."""
    for box in body.xpath(f".//div[contains(concat(' ', @class, ' '), ' {SCROLLS} ')]"):
        caption = box.find(".//caption")
        parts = caption.itertext() if caption is not None else ["Table"]
        name = ". ".join(part.strip() for part in parts if part.strip())
        _focusable(box, name)
    for pre in body.iter("pre"):
        _focusable(pre, "Code" if "source" in (pre.get("class") or "").split() else "Output")
    for formula in body.xpath(".//*[local-name() = 'math' and @display = 'block']"):
        formula.set("tabindex", "0")
    for head in body.xpath(".//th[not(normalize-space())]"):
        head.tag = "td"
        head.attrib.pop("scope", None)


def _focusable(element: Element, name: str) -> None:
    element.set("tabindex", "0")
    element.set("role", "group")
    element.set("aria-label", name)


def _name(element: Element) -> str:
    """Name of an element without its name space: formulas have one."""
    return element.tag.rpartition("}")[2]


def _element(name: str, text: str, **attributes: str) -> Element:
    made = lxml.html.Element(name, {key.rstrip("_"): value for key, value in attributes.items()})
    made.text = text
    return made


def drop_with_empty_parents(element: Element, root: Element) -> None:
    """Take an element away, and what holds nothing any more without it."""
    parent = element.getparent()
    element.drop_tree()
    while parent is not root and not len(parent) and not (parent.text or "").strip():
        parent, empty = parent.getparent(), parent
        empty.drop_tree()
