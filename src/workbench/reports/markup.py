"""What comes from a run is hostile until it has been here: sanitised first, then mathematics put in.

Labels, column names, respondents' comments and prose may hold any HTML. Only harmless elements pass, pictures
only as data inside the page, and formulas become MathML, which needs no script.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import lxml.etree
import lxml.html
import nh3

_TAGS = frozenset(
    {"a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "div", "em", "hr", "i", "img", "ins", "kbd"}
    | {
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "mark",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
    }
    | {
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "details",
        "summary",
        "figure",
        "figcaption",
    }
    | {"dl", "dt", "dd", "ol", "ul", "li"}
    | {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
_ATTRIBUTES = {
    "*": {"class", "lang", "title", "role", "aria-label", "dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "headers", "style"},
    "th": {"colspan", "rowspan", "scope", "style"},
    "col": {"span"},
    "ol": {"start", "type"},
    "details": {"open"},
    "figure": {"data-name"},
    "time": {"datetime"},
}
PICTURE = re.compile(r"data:image/(?:svg\+xml|png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_FORMULA = re.compile(
    r"\$\$(?P<display>[^$]{1,5000})\$\$|\\\[(?P<bracket>(?:(?!\\\[).)+?)\\\]"
    r"|\\\((?P<paren>(?:(?!\\\().)+?)\\\)"
    r"|(?<![\\$])\$(?P<inline>[^\s$](?:[^$]*?[^\s$\\])?)\$(?![\d$])",
    re.DOTALL,
)
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_MATH_TAGS = frozenset(
    _MATHML + name
    for name in (
        *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle"),
        *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
        *("mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose"),
    )
)
_MATH_ATTRIBUTES = frozenset(
    {
        "display",
        "displaystyle",
        "mathvariant",
        "mathcolor",
        "stretchy",
        "fence",
        "separator",
        "form",
        "symmetric",
    }
    | {
        "accent",
        "accentunder",
        "largeop",
        "movablelimits",
        "minsize",
        "maxsize",
        "lspace",
        "rspace",
        "notation",
    }
    | {
        "columnalign",
        "columnspacing",
        "rowspacing",
        "columnlines",
        "rowlines",
        "linethickness",
        "scriptlevel",
    }
    | {"width", "height", "depth", "voffset"}
)
_LITERAL = {"code", "pre", "kbd", "samp", "math"}


def sanitise(html: str, *, sides: bool = False) -> str:
    """The harmless part of an HTML fragment; scripts and styles go with their content.

    sides : keep on which side the text of a cell stands, all that a table of prose says of its looks.
    """
    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute if sides else _without_style,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties={"text-align"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def _without_style(element: str, name: str, value: str) -> str | None:
    return None if name == "style" else _attribute(element, name, value)


def _attribute(element: str, name: str, value: str) -> str | None:
    if element == "img" and name == "src":
        return value if PICTURE.fullmatch(value) else None
    if name == "href" and not re.match(r"(https?://|mailto:|#)", value, re.IGNORECASE):
        return None
    return value


def parse(html: str) -> lxml.html.HtmlElement:
    """A fragment that has been sanitised, as children of one ``div``."""
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    return lxml.html.fragment_fromstring(html, create_parent="div", parser=parser)


def inner(element: lxml.html.HtmlElement) -> str:
    """The HTML inside an element."""
    from html import escape

    children = "".join(lxml.html.tostring(child, encoding="unicode") for child in element)
    return escape(element.text or "", quote=False) + children


def with_mathematics(root: lxml.html.HtmlElement) -> None:
    """Replace formulas in the prose of a sanitised tree by MathML; what is not understood stays as it is.

    Results of cells hold labels and answers, in which a dollar is a dollar: they are left alone.
    """

    def formula(found: re.Match[str]) -> lxml.etree._Element | None:
        kind = found.lastgroup or ""
        written = mathml(found[kind], display=kind in {"display", "bracket"})
        return None if written is None else lxml.etree.fromstring(written)

    put_into_text(root, _FORMULA, formula, _literal)


def _literal(element: lxml.html.HtmlElement) -> bool:
    return element.tag in _LITERAL or "output" in (element.get("class") or "").split()


def put_into_text(
    root: lxml.html.HtmlElement,
    pattern: re.Pattern[str],
    made: Callable[[re.Match[str]], lxml.etree._Element | None],
    closed: Callable[[lxml.html.HtmlElement], bool],
) -> None:
    """Put elements in the place of what a pattern finds in the text of a tree.

    Parameters
    ----------
    made : the element for what was found; None leaves the text as it is.
    closed : whether an element's text, and that of all inside it, is left alone.
    """
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or any(closed(up) for up in (element, *element.iterancestors())):
            continue
        for place in (element, *element):
            _put_into(element, place, pattern, made)


def _put_into(
    parent: lxml.html.HtmlElement, place: lxml.html.HtmlElement, pattern: re.Pattern[str], made: Callable
) -> None:
    """The same in ``parent``'s own text, or in the text that follows its child ``place``."""
    text = (place.text if place is parent else place.tail) or ""
    position, last, lead, index = 0, None, text, 0
    for match in pattern.finditer(text):
        one = made(match)
        if one is None:
            continue
        if last is None:
            lead = text[: match.start()]
            index = 0 if place is parent else parent.index(place) + 1
        else:
            last.tail = text[position : match.start()]
        parent.insert(index, one)
        last, position, index = one, match.end(), index + 1
    if last is None:
        return
    last.tail = text[position:]
    if place is parent:
        place.text = lead
    else:
        place.tail = lead


@cache
def mathml(latex: str, *, display: bool) -> str | None:
    """MathML of a LaTeX formula, or None where it cannot be read."""
    import latex2mathml.converter

    try:
        root = lxml.etree.fromstring(
            latex2mathml.converter.convert(latex.strip(), display="block" if display else "inline")
        )
    except Exception:  # the converter raises whatever it stumbles on; the reader then sees the LaTeX itself
        return None
    # The converter does not escape what stands in \text, so its output is as hostile as its input.
    if any(element.tag not in _MATH_TAGS for element in root.iter()):
        return None
    for element in root.iter():
        for name in set(element.attrib) - _MATH_ATTRIBUTES:
            del element.attrib[name]
    root.set("class", "wb-math")
    root.set("alttext", latex.strip())
    lxml.etree.cleanup_namespaces(root)
    return lxml.etree.tostring(root, encoding="unicode")
