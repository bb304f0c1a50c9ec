"""The pieces of a page, each of a size that a page can hold: what is larger is replaced by a note.

A parser of HTML stops, without a word, at a text of ten million characters or at elements inside one another
without end, and all that follows is lost. So every piece is looked at before it is put into the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

MOST_CHARACTERS = 5_000_000  # of a piece of HTML, a picture with it
MOST_TEXT = 200_000  # of printed text
MOST_PROSE = 20_000  # of a cell of prose, without its pictures
MOST_ELEMENTS = 50_000
DEEPEST = 100
KEPT = "The notebook beside this page (notebook.ipynb) holds it."
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)(?:[^>\"]|\"[^\"]*\")*>")
_EMPTY = {"br", "hr", "img", "col", "wbr"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ADDRESS = re.compile(r"data:image/[a-z+.-]+;base64,[A-Za-z0-9+/=]{200,}")
_ATTACHED = re.compile(r"attachment:([^\s)\"'>]+)")


def printable(text: str) -> str:
    """A text without what no page can hold: control characters and halves of characters are replaced."""
    return _NOT_IN_XML.sub("\ufffd", text)


def fitting(html: str) -> str:
    """A sanitised piece of HTML, or a note where the page cannot hold it."""
    html = printable(html)
    if len(html) > MOST_CHARACTERS:
        return note(f"a result of {len(html):,} characters")
    depth = deepest = elements = 0
    for closing, name in _TAG.findall(html):
        if closing:
            depth -= 1
        elif name.lower() not in _EMPTY:
            depth, elements = depth + 1, elements + 1
            deepest = max(deepest, depth)
    if elements > MOST_ELEMENTS:
        return note(f"a result of {elements:,} elements")
    if deepest > DEEPEST:
        return note(f"a result of {deepest:,} elements inside one another")
    return html


def note(what: str) -> str:
    """What stands in the place of a piece that is too large."""
    return f'<p class="wb-note">Here stood {what}, more than a page can show. {KEPT}</p>'


def text(written: str) -> str:
    """Printed text as HTML, cut where it is longer than anyone reads, and said so."""
    shown = escape(printable(written[:MOST_TEXT]), quote=False)
    if len(written) <= MOST_TEXT:
        return shown
    return f"{shown}\n… and {len(written) - MOST_TEXT:,} more characters. {KEPT}"


def prose(source: str, attachments: Mapping[str, Any], convert: Callable[[str], str]) -> str:
    """A cell of prose as HTML (not sanitised), by ``convert`` from Markdown.

    Pictures that were pasted into it are put in afterwards: no grammar has to read them.
    """
    pictures: list[str] = []

    def kept(address: str) -> str:
        pictures.append(address)
        return f"data:image/png;base64,PICTURE{len(pictures)}="

    def attached(found: re.Match[str]) -> str:
        kinds = attachments.get(found[1])
        for kind, data in (kinds if isinstance(kinds, Mapping) else {}).items():
            if isinstance(kind, str) and kind.startswith("image/"):
                return kept(f"data:{kind};base64,{''.join(data) if isinstance(data, list) else data}")
        return "#"

    source = _ATTACHED.sub(attached, _ADDRESS.sub(lambda found: kept(found[0]), source))
    if len(source) > MOST_PROSE:
        return f"<pre>{text(source)}</pre>"
    html = convert(source)
    for number, address in enumerate(pictures, 1):
        html = html.replace(f"data:image/png;base64,PICTURE{number}=", escape(address))
    return html
