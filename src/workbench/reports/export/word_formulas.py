"""A formula as Word's own, which can be edited there: from MathML to Office MathML.

Word and LibreOffice read the same elements, but LibreOffice turns them into its own language of formulas, in
which a bracket without its partner, an empty limit or a bare hat is a fault and shows as one. So brackets
become delimiters around what they hold, hats accents, and signs that mean something in that language text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import lxml.etree

SPACE = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_OPENS = {"(": ")", "[": "]", "{": "}", "|": "|"}
_CLOSES = frozenset(_OPENS.values())
_LARGE = frozenset("∑∏∫")
_HATS = {"^": "\N{COMBINING CIRCUMFLEX ACCENT}", "~": "\N{COMBINING TILDE}", "˙": "\N{COMBINING DOT ABOVE}"}
_BARS = frozenset("¯―‾_")
_BRACES = frozenset("⏟⏞")
_SAID = frozenset("|~%!*#&^_.∣'\"{}\\")  # signs that LibreOffice would take for its own
_RELATIONS = frozenset("=<>≤≥≈∝")
_SCRIPTS = {"msub": ("sSub", "sub"), "msup": ("sSup", "sup"), "msubsup": ("sSubSup", "sub", "sup")}
_LIMITS = {"munder": ("sub",), "mover": ("sup",), "munderover": ("sub", "sup")}
_SHORTEST = 0.25  # em: a narrower space is left to the program that sets the formula


class _UnknownError(Exception):
    """An element for which Word's formulas have no form here."""


def written(mathml: str) -> Any:
    """A formula as an element of Word; None where it cannot be written so.

    Parameters
    ----------
    mathml : one ``math`` element.

    Examples
    --------
    >>> from workbench.reports.export import word_formulas
    >>> space = 'xmlns="http://www.w3.org/1998/Math/MathML"'
    >>> made = word_formulas.written(f"<math {space}><msup><mi>r</mi><mn>2</mn></msup></math>")
    >>> "".join(made.itertext())
    'r2'
    """
    try:
        root = lxml.etree.fromstring(mathml)
        made = lxml.etree.Element(f"{SPACE}oMath", nsmap={"m": SPACE[1:-1]})
        made.extend(_sequence(list(root)))
        _led(made)
    except (lxml.etree.XMLSyntaxError, _UnknownError):
        return None
    return made


def _led(made: Any) -> None:
    """A relation at the start of a formula is a sign beside it: what it compares stands in the text."""
    if len(made) > 1 and made[0].findtext(f"{SPACE}t") in _RELATIONS:
        made.replace(made[0], _run(made[0].findtext(f"{SPACE}t"), "nor"))


def _tag(element: Any) -> str:
    return str(element.tag).removeprefix(_MATHML)


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _flat(children: Sequence[Any]) -> Iterator[Any]:
    """Children, those of rows and styles among them."""
    for child in children:
        if _tag(child) in ("mrow", "mstyle", "mpadded"):
            yield from _flat(list(child))
        else:
            yield child


def _sequence(children: Sequence[Any]) -> list[Any]:
    """Elements for what stands in one row, brackets around what they hold."""
    rows: list[tuple[Any, list[Any]]] = [(None, [])]  # every bracket that is open, and what it holds so far
    flat = list(_flat(children))
    for element in flat:
        sign = _closing(element, rows[-1][0])
        if sign is not None:
            bracket, held = rows.pop()
            whole = _delimited(_text(bracket), held, _text(sign))
            rows[-1][1].append(whole if element is sign else _scripted(element, [whole]))
        elif _tag(element) == "mo" and _opens(element):
            rows.append((element, []))
        else:
            rows[-1][1].append(_made(element))
    while len(rows) > 1:  # a bracket that nothing closes is a sign like others
        bracket, held = rows.pop()
        rows[-1][1].extend([_run(_text(bracket), "nor"), *held])
    return _with_operands([one for one in rows[0][1] if one is not None])


def _opens(element: Any) -> bool:
    sign = _text(element)
    return sign in _OPENS and (sign != "|" or element.get("form") == "prefix")


def _closing(element: Any, bracket: Any) -> Any:
    """The sign that closes the bracket: the element, or the base of its scripts; None where none does."""
    sign = element[0] if _tag(element) in _SCRIPTS else element
    closes = bracket is not None and _tag(sign) == "mo" and _text(sign) == _OPENS[_text(bracket)]
    return sign if closes and (_text(sign) != "|" or sign.get("form") == "postfix") else None


def _delimited(begin: str, held: list[Any], end: str) -> Any:
    inside = _with_operands([one for one in held if one is not None])
    return _node("d", _node("dPr", _value("begChr", begin), _value("endChr", end)), _node("e", *inside))


def _with_operands(made: list[Any]) -> list[Any]:
    """A sum takes what follows it inside: without, an empty box stands there."""
    kept: list[Any] = []
    for element in reversed(made):
        if element.tag == f"{SPACE}nary" and not len(element.find(f"{SPACE}e")) and kept:
            element.find(f"{SPACE}e").append(kept.pop())
        kept.append(element)
    return kept[::-1]


def _made(element: Any) -> Any:
    """The element of Word for one of MathML; None for a space that the formula's setter makes itself."""
    tag = _tag(element)
    if tag in ("mi", "mn", "mo", "mtext"):
        return _letters(element, tag)
    if tag == "mspace":
        wide = float((element.get("width") or "0").removesuffix("em") or 0) >= _SHORTEST
        return _run("\N{NO-BREAK SPACE}", "nor") if wide else None
    if tag in _SCRIPTS:
        return _large(element) if _is_large(element[0]) else _scripted(element, _sequence([element[0]]))
    if tag in _LIMITS:
        return _large(element) if _is_large(element[0]) else _above_or_below(element, tag)
    if tag == "mfrac":
        return _node("f", _argument("num", element[0]), _argument("den", element[1]))
    if tag == "msqrt":
        inside = _node("e", *_sequence(list(element)))
        return _node("rad", _node("radPr", _value("degHide", "1")), _node("deg"), inside)
    if tag == "mroot":
        return _node("rad", _argument("deg", element[1]), _argument("e", element[0]))
    raise _UnknownError(tag)


def _letters(element: Any, tag: str) -> Any:
    text = element.text or "\N{ZERO WIDTH SPACE}"  # an index alone, after a name in the text
    if tag == "mtext" or (tag != "mn" and len(text) > 1):
        return _run(text, "nor")
    if tag == "mo":
        return _large(element) if _is_large(element) else _run(text, "nor" if text in _SAID else "p")
    return _run(text, "nor" if text in _SAID else "i" if tag == "mi" and _slanted(element) else "p")


def _slanted(element: Any) -> bool:
    return element.get("mathvariant") != "normal"


def _is_large(element: Any) -> bool:
    return _tag(element) == "mo" and _text(element) in _LARGE


def _large(element: Any) -> Any:
    """A sum or product with its limits; what it sums comes inside later."""
    tag = _tag(element)
    sign = element if tag == "mo" else element[0]
    names = _LIMITS.get(tag, ()) or _SCRIPTS.get(tag, ("",))[1:]
    limits = dict(zip(names, list(element)[1:], strict=True)) if names else {}
    place = "undOvr" if tag in _LIMITS else "subSup"
    hidden = [_value(f"{name}Hide", "1") for name in ("sub", "sup") if name not in limits]
    properties = _node("naryPr", _value("chr", _text(sign)), _value("limLoc", place), *hidden)
    given = [_argument(name, limits[name]) if name in limits else _node(name) for name in ("sub", "sup")]
    return _node("nary", properties, *given, _node("e"))


def _scripted(element: Any, base: list[Any]) -> Any:
    kind, *names = _SCRIPTS[_tag(element)]
    given = [_argument(name, child) for name, child in zip(names, list(element)[1:], strict=True)]
    return _node(kind, _node("e", *base), *given)


def _above_or_below(element: Any, tag: str) -> Any:
    """A hat, a bar, a brace, or a limit."""
    if tag == "munderover":
        raise _UnknownError(tag)
    mark = _text(element[1])
    inside = _argument("e", element[0])
    if tag == "mover" and mark in _HATS:
        return _node("acc", _node("accPr", _value("chr", _HATS[mark])), inside)
    if mark in _BARS:
        return _node("bar", _node("barPr", _value("pos", "top" if tag == "mover" else "bot")), inside)
    if mark in _BRACES:
        place = "top" if tag == "mover" else "bot"
        return _node("groupChr", _node("groupChrPr", _value("chr", mark), _value("pos", place)), inside)
    return _node("limUpp" if tag == "mover" else "limLow", inside, _argument("lim", element[1]))


def _argument(name: str, element: Any) -> Any:
    return _node(name, *_sequence([element]))


def _run(text: str, style: str) -> Any:
    """Letters: upright in a formula (``p``), in italics (``i``), or as text beside it (``nor``)."""
    said = _node("t")
    said.text = text
    said.set(_XML_SPACE, "preserve")
    return _node("r", _node("rPr", _node("nor") if style == "nor" else _value("sty", style)), said)


def _value(name: str, value: str) -> Any:
    made = _node(name)
    made.set(f"{SPACE}val", value)
    return made


def _node(name: str, *inside: Any) -> Any:
    made = lxml.etree.Element(f"{SPACE}{name}")
    made.extend(inside)
    return made
