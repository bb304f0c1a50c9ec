"""What a typesetter does to a text: the marks of quotations, and what must not break at a line's end.

Notebooks and answers are typed with the keys that a keyboard has. A page sets apostrophes and quotation
marks as print does, and keeps a statistic with its value, and the number of a claim, in one line. Code,
formulas and Chinese stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

import lxml.html

from workbench.reports.body import mark_languages
from workbench.reports.markup import inner, put_into_text
from workbench.reports.pieces import printable

WHOLE = "whole"  # class of what stays in one line
_SPACE = "[ \N{THIN SPACE}\N{NO-BREAK SPACE}]"
_STATISTIC = re.compile(
    rf"(?<![\w.,])[^\W\d_][\w²]{{0,5}}(?:\([\d., ]+\))?{_SPACE}[=<>≤≥≈]{_SPACE}[−-]?[\d.,]*\d(?:{_SPACE}?%)?"
    rf"|(?<!\w)(?:CFI|TLI|RMSEA|SRMR|AVE|CR|VIF|Δ?BIC|R²|[αβλρτω]){_SPACE}−?[\d.]*\d"
    rf"|(?<![\w-])D\d-\d+(?![\w-])|(?<![\w.])\d+{_SPACE}?%{_SPACE}CI\b|\bSHA-256\b"
)
_KIND = re.compile(r"\b[Uu]ser data\b")
_AS_TYPED = frozenset({"code", "pre", "kbd", "samp", "svg", "math"})
_MARKS = (
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r"(?<!\w)'([^'\n]*[^'\s])'(?!\w)"), "‘\\1’"),
    (re.compile(r"(?<![^\s(\[–“])'(?=\w)"), "‘"),
    (re.compile(r"(?<=[\w.)\]])'"), "’"),
    (re.compile(r'(?<!\w)"([^"\n]*[^"\s])"(?!\w)'), "“\\1”"),
    (re.compile(r'(?<![^\s(\[–])"(?=\S)'), "“"),
    (re.compile(r'(?<=\S)"'), "”"),
    (re.compile(r"(?<=\d) (?=%)"), "\N{NO-BREAK SPACE}"),
    (re.compile(r"(?<![\w./-])(\d{1,3})-(\d{1,3})(?![\w-])"), "\\1\N{EN DASH}\\2"),
    (re.compile(r" (?=→ )"), "\N{NO-BREAK SPACE}"),
)


def marked(text: str) -> str:
    """A text with the marks of print.

    Parameters
    ----------
    text : as it was typed, in English.

    Examples
    --------
    >>> from workbench.reports.typesetting import marked
    >>> marked("D3's rule: \\"ask less\\", said by 4 % ('does not apply')")
    'D3’s rule: “ask less”, said by 4\\xa0% (‘does not apply’)'
    """
    for pattern, instead in _MARKS:
        text = pattern.sub(instead, text)
    return text


def typeset(tree: Any, *, own: bool = False) -> None:
    """Set the texts of a page, in place.

    Parameters
    ----------
    tree : the body of a page, as `lxml.html` reads it, with its Chinese marked.
    own : the answers are the reader's; their kind is called as the head of the page calls it.
    """
    for element in tree.iter():
        if isinstance(element.tag, str) and not any(map(_as_typed, (element, *element.iterancestors()))):
            element.text = _between(element.text, "", "a" * bool(len(element)))
            for child in element:
                child.tail = _between(child.tail, "a", "a" * (child.getnext() is not None))
    put_into_text(tree, _STATISTIC, _kept, _as_typed)
    if own:
        put_into_text(tree, _KIND, _your, _as_typed)


def _between(text: str | None, before: str, after: str) -> str | None:
    """The same of a text that goes on before or after it in another element."""
    return marked(f"{before}{text}{after}")[len(before) : -len(after) or None] if text else text


def line(text: str) -> str:
    """HTML of a text of one paragraph: set, and its Chinese marked.

    Parameters
    ----------
    text : plain text, in which nothing is markup.
    """
    made = lxml.html.Element("p")
    made.text = printable(text)
    mark_languages(made)
    typeset(made)
    return inner(made)


def _kept(found: re.Match[str]) -> Any:
    made = lxml.html.Element("span", {"class": WHOLE})
    made.text = found[0]
    return made


def _your(found: re.Match[str]) -> Any:
    made = lxml.html.Element("span")
    made.text = f"{'Your' if found[0][0] == 'U' else 'your'} data"
    return made


def _as_typed(element: Any) -> bool:
    return str(element.tag).rpartition("}")[2] in _AS_TYPED or (element.get("lang") or "").startswith("zh")
