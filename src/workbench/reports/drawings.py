"""Drawings of a run as inline SVG: their words can be read, searched and found, and nothing in them runs.

A notebook shows a figure as a picture (``img``), in which no script can run and no text can be reached. On
the page the drawing itself stands in its place, rebuilt from a list of harmless elements, attributes and
properties; what is not on the list is left out, and what cannot be read as SVG stays a picture.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping

import lxml.etree
import lxml.html

from workbench.reports import row_labels
from workbench.show import theme

LEAST_TEXT = 11.0  # px: no word of a drawing is shown smaller than this
LEAST_PRINTED = 9.34  # px, 7 points: the same on paper
COLUMN = 736  # px: width of a page's column of text; a wider drawing may go beyond it
LARGEST_SCALE = 1.45  # how much larger than drawn a drawing may become in a wide column
MOST = 2_000_000  # characters of a drawing: larger ones stay pictures
LARGEST_SMALL = 4_000  # characters of a drawing as a small picture

SVG_ADDRESS = "data:image/svg+xml;base64,"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_ELEMENTS = _SHAPES | {
    "svg",
    "g",
    "defs",
    "use",
    "clipPath",
    "marker",
    "text",
    "tspan",
    "title",
    "desc",
    "image",
}
_ATTRIBUTES = frozenset(
    (
        *("id", "d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy"),
        *("width", "height", "viewBox", "transform", "preserveAspectRatio", "orient", "refX", "refY"),
        *("markerWidth", "markerHeight", "markerUnits", "clipPathUnits"),
    )
)
_PROPERTIES = frozenset(
    (
        *(
            "fill",
            "fill-opacity",
            "fill-rule",
            "stroke",
            "stroke-width",
            "stroke-opacity",
            "stroke-dasharray",
        ),
        *("stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity"),
        *("clip-path", "clip-rule", "marker-start", "marker-end", "font-size", "font-weight", "font-style"),
        *("text-anchor", "dominant-baseline", "image-rendering"),
    )
)
_VALUE = re.compile(r"[\w\s#.,%+()'-]{1,400}")
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")]+)['\"]?\s*\)")
_ASKED = re.compile(r"(?:^|url\()#([^)]+)")
_LONG = re.compile(r"-?\d*\.\d{3,}")
_NO_TURN = re.compile(r"rotate\(-?0(?:\.0*)? [\d .-]*\)")
_PLACES = frozenset({"x", "y", "x1", "x2", "y1", "y2", "cx", "cy"})
_RASTER = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]+")
_FONT = re.compile(r"(?P<before>[^'\"]*?)(?P<size>\d+(?:\.\d+)?)px")
_CASED = {
    name.lower(): name for name in (*_ELEMENTS, *_ATTRIBUTES, *_PROPERTIES) if name != name.lower()
}  # fmt: skip
# Ink, paper and rules of a drawing follow the page, light or dark; what stands on a coloured ground keeps
# its colour.
_FOLLOWING = {
    theme.BLACK.lower(): "var(--wb-ink)",
    "#ffffff": "var(--wb-paper)",
    theme.PALE.lower(): "var(--wb-pale)",
    theme.SOFT.lower(): "var(--wb-soft)",
    theme.TINT.lower(): "var(--wb-tint)",
    **{letters: f"var(--wb-letters-{name})" for name, letters in theme.LETTERS_BY_NAME.items()},
}
_WORDS = {"normal", "italic", "oblique", "bold", "bolder", "lighter"}


def inline(body: lxml.html.HtmlElement) -> None:
    """Put the drawings of a sanitised tree in the place of the pictures that hold them."""
    for number, picture in enumerate(list(body.iter("img")), 1):
        drawing = drawn(picture.get("src", ""), f"d{number}-", picture.get("alt", ""))
        if drawing is None:
            continue
        box = lxml.html.Element("div", {"class": "wb-drawing", "tabindex": "0", "role": "group"})
        box.set("aria-label", "Figure; scrolls sideways where it is wider than the screen")
        if (least := int(drawing.get("data-least", "0"))) > COLUMN:
            box.set("class", "wb-drawing wide")
            box.set("style", f"--least: {least}px")
        del drawing.attrib["data-least"]
        box.append(drawing)
        box.tail, picture.tail = picture.tail, None
        picture.getparent().replace(picture, box)


def drawn(address: str, prefix: str, alt: str) -> lxml.etree._Element | None:
    """The drawing in a data address, rebuilt; None where it is not a drawing that can be shown inline.

    Parameters
    ----------
    address : ``data:image/svg+xml;base64,…``.
    prefix : put before every identifier of the drawing, so that drawings on one page do not share any.
    alt : text for readers who do not see it.
    """
    if not address.startswith(SVG_ADDRESS) or len(address) > MOST:
        return None
    try:
        source = base64.b64decode(re.sub(r"\s", "", address[len(SVG_ADDRESS) :]), validate=True)
        parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = lxml.etree.fromstring(source, parser)
    except (binascii.Error, lxml.etree.XMLSyntaxError, ValueError):
        return None
    if _name(root) != "svg":
        return None
    made = _rebuilt(root, prefix)
    wide = _width(made)
    if made is None or wide is None:
        return None
    for name in ("width", "height", "x", "y", "id"):
        made.attrib.pop(name, None)
    _slim(made)
    smallest = min(_sizes(made), default=LEAST_TEXT)
    least = math.ceil(wide * LEAST_TEXT / max(smallest, 1.0))
    cut = row_labels.above_rows(made)
    high = float(made.get("viewBox", "").split()[3])
    style = (
        f"min-width: {least}px; max-width: {max(round(wide * LARGEST_SCALE), least)}px; "
        f"--print: {least * LEAST_PRINTED / LEAST_TEXT:.0f}px; --tall: {high / wide:.2f}"
    )
    if cut:
        made.set("class", "rows")
        style += f"; --whole: {wide / (wide - cut):.3f}; --cut: {least * cut / wide:.0f}px"
    made.set("style", style)
    made.set("data-least", str(least))
    made.set("role", "img")
    made.set("aria-label", alt or "Figure")
    return made


def _slim(made: lxml.etree._Element) -> None:
    """Take off what no reader sees: unused names, digits beyond a hundredth, turns by nothing."""
    asked = {
        address
        for element in made.iter()
        for value in element.attrib.values()
        for address in _ASKED.findall(str(value))
    }
    for element in made.iter():
        inside = any("tick_" in up.get("id", "") for up in element.iterancestors())
        if inside and element.get("id") not in asked:
            element.attrib.pop("id", None)
        for name in _PLACES & set(element.keys()):
            if _LONG.fullmatch(element.get(name, "")):
                element.set(name, f"{float(element.get(name)):.2f}")
        if _NO_TURN.fullmatch(element.get("transform", "")):
            del element.attrib["transform"]


def _name(element: lxml.etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _rebuilt(element: lxml.etree._Element, prefix: str) -> lxml.etree._Element | None:
    """The element with what is harmless of it and beneath it, without name spaces; None for any other."""
    name = _name(element)
    if name not in _ELEMENTS:
        return None
    attributes = _attributes(element, prefix)
    if name in ("use", "image") and "href" not in attributes:
        return None
    made = lxml.etree.Element(name, attributes)
    if name in ("text", "tspan", "title", "desc"):
        made.text = element.text
    for child in element:
        below = _rebuilt(child, prefix)
        if below is not None:
            made.append(below)
            if name in ("text", "tspan"):
                below.tail = child.tail
    return made


def _attributes(element: lxml.etree._Element, prefix: str) -> dict[str, str]:
    kept: dict[str, str] = {}
    properties: dict[str, str] = {}
    for key, value in element.attrib.items():
        short = key.rpartition("}")[2]
        if short == "href":
            if address := _href(_name(element), value, prefix):
                kept["href"] = address
        elif short == "style":
            properties.update(_declarations(value))
        elif short in _PROPERTIES:
            properties[short] = value
        elif key in _ATTRIBUTES:
            kept[key] = prefix + value if key == "id" else value
    style = {name: value for name, value in properties.items() if name in _PROPERTIES}
    safe = {name: _safe(value, prefix) for name, value in style.items()}
    return kept | {name: value for name, value in safe.items() if value}


def _href(name: str, value: str, prefix: str) -> str | None:
    if name == "image":
        return re.sub(r"\s", "", value) if _RASTER.fullmatch(value) else None
    return f"#{prefix}{value[1:]}" if name == "use" and value.startswith("#") else None


def _safe(value: str, prefix: str) -> str | None:
    """A property's value: a reference inside the drawing, or words and numbers; None for anything else."""
    if reference := _REFERENCE.fullmatch(value.strip()):
        return f"url(#{prefix}{reference[1]})"
    value = value.strip()
    if value.lower() in _FOLLOWING:
        return _FOLLOWING[value.lower()]
    return value if _VALUE.fullmatch(value) and "url" not in value.lower() else None


def _declarations(style: str) -> Mapping[str, str]:
    """Properties of a ``style`` attribute; of ``font`` size, weight and slant, for the page has its own."""
    found: dict[str, str] = {}
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font" and (font := _FONT.match(value)):
            found["font-size"] = f"{font['size']}px"
            for word in font["before"].split():
                if word in {"italic", "oblique"}:
                    found["font-style"] = word
                elif word in _WORDS or word.isdigit():
                    found["font-weight"] = word
        elif name:
            found[name] = value
    return found


def _width(made: lxml.etree._Element | None) -> float | None:
    """Width of a drawing in its own units, from its view box; a drawing without one gets it from its size."""
    if made is None:
        return None
    numbers = re.findall(r"-?[\d.]+(?:e-?\d+)?", made.get("viewBox", ""))
    if len(numbers) != 4:
        size = [re.match(r"[\d.]+", made.get(name, "")) for name in ("width", "height")]
        if not all(size):
            return None
        numbers = ["0", "0", *(one[0] for one in size if one)]
        made.set("viewBox", " ".join(numbers))
    return float(numbers[2]) or None


def _sizes(made: lxml.etree._Element) -> list[float]:
    """Sizes of the text of a drawing; raised and lowered pieces of a line count with their line."""
    sizes = []
    for text in made.iter("text"):
        stated = [
            one.get("font-size")
            for one in (*text.iter("tspan"), *text.iterancestors(), text)
            if one.get("font-size")
        ]
        numbers = [float(found[0]) for one in stated if (found := re.match(r"[\d.]+", one))]
        if numbers and "".join(text.itertext()).strip():
            sizes.append(max(numbers))
    return sizes


def small(address: str, width: int, height: int, most: int = LARGEST_SMALL) -> str | None:
    """A drawing as a picture of few colours, as a data address; None where it cannot be drawn.

    Parameters
    ----------
    address : ``data:image/svg+xml;base64,…``. width, height : pixels that it has to fit in.
    most : characters of the address: a busy drawing gets fewer colours, then fewer pixels.
    """
    import io

    from PIL import Image

    from workbench.reports.export.pictures import png

    made = drawn(address, "", "")
    if made is None:
        return None
    wide, high = (float(number) for number in made.get("viewBox", "0 0 1 1").split()[2:])
    source = standalone(made)
    zoom = min(width / wide, height / high)
    for scale, colours in ((1, 16), (1, 12), (0.85, 12), (0.7, 12), (0.5, 8), (0.25, 4)):
        with Image.open(io.BytesIO(png(source, zoom=zoom * scale))) as picture:
            few = picture.convert("RGB").quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=3)
        kept = io.BytesIO()
        few.convert("RGB").save(kept, "webp", lossless=True, quality=100, method=6)
        found = "data:image/webp;base64," + base64.b64encode(kept.getvalue()).decode()
        if len(found) <= most:
            break
    return found


def standalone(drawing: lxml.html.HtmlElement) -> str:
    """A drawing of a page as a file of its own, with size and fonts, for programs that draw SVG."""
    text = lxml.etree.tostring(drawing, with_tail=False, encoding="unicode")
    for colour, follows in _FOLLOWING.items():
        text = text.replace(follows, colour)
    root = lxml.etree.fromstring(text)
    for name in ("style", "class", "role", "aria-label"):
        root.attrib.pop(name, None)
    for one in list(root.iter("text")):
        if one.get("class") == row_labels.ABOVE:
            one.getparent().remove(one)
    # The parser of HTML writes names in small letters; in SVG two of them have a large one inside.
    for element in root.iter():
        element.tag = _CASED.get(element.tag, element.tag)
        for name in [name for name in element.attrib if name in _CASED]:
            element.set(_CASED[name], element.attrib.pop(name))
    wide, high = (float(number) for number in root.get("viewBox", "0 0 1 1").split()[2:])
    root.set("width", f"{wide:g}")
    root.set("height", f"{high:g}")
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("font-family", ", ".join([*theme.fonts(), "Arial", "sans-serif"]))
    return lxml.etree.tostring(root, encoding="unicode")
