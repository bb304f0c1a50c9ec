"""What a mark says when the pointer is on it: its name, its value, its interval, without a script.

A text becomes a ``title`` inside the drawing. Readers who do not see the drawing hear its alternative text
and not these: the drawing is one picture to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.show import numbers

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A line that nobody sees and the pointer finds; one as thin as the mark's own would be hard to hit.
_UNSEEN = "fill: none; stroke: #000000; stroke-opacity: 0; stroke-width: 9; stroke-linecap: round"
_TEXTS, _TARGETS = "workbench_texts", "_targets"
_SPACES = f" {numbers.NO_BREAK}{numbers.THIN}"


def describe(artists: Iterable[Artist], texts: Iterable[str]) -> None:
    """Give each artist (a bar) the text that is shown on hovering."""
    for artist, text in zip(artists, texts, strict=True):
        setattr(artist, _TEXTS, [text])


def describe_parts(collection: Artist, texts: Sequence[str]) -> None:
    """Give each part of a collection (a cell of a map) its text."""
    setattr(collection, _TEXTS, list(texts))


def points(axes: Axes, x: Any, y: Any, texts: Iterable[str]) -> None:
    """Give places on axes a text each.

    Parameters
    ----------
    x, y : in data units.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    _targets(axes, np.stack([np.stack([x, y], axis=1)] * 2, axis=1), texts)


def lines(axes: Axes, ends: Any, texts: Iterable[str]) -> None:
    """Give straight lines a text each.

    Parameters
    ----------
    ends : rows of ((x, y), (x, y)) in data units.
    """
    _targets(axes, np.asarray(ends, dtype=float).reshape(-1, 2, 2), texts)


def intervals(
    axes: Axes, places: Any, values: Any, names: Iterable[str], *, across: bool = True, digits: int = 2
) -> None:
    """Give estimates with their intervals a text each: name, estimate, interval.

    Parameters
    ----------
    places : where each stands on the other axis. values : rows of (estimate, lower, upper).
    across : the intervals run along x, else along y.
    """
    values, places = np.asarray(values, dtype=float), np.asarray(places, dtype=float)
    ends = [np.stack([values[:, end], places][:: 1 if across else -1], axis=1) for end in (1, 2)]
    texts = [
        f"{name}: {numbers.estimate(value, (lower, upper), digits)}"
        for name, (value, lower, upper) in zip(names, values, strict=True)
    ]
    _targets(axes, np.stack(ends, axis=1), texts)


def _targets(axes: Axes, segments: np.ndarray, texts: Iterable[str]) -> None:
    """A layer that is not drawn, only found."""
    from matplotlib.collections import LineCollection

    there = np.isfinite(segments).all(axis=(1, 2))
    kept = [text for text, good in zip(texts, there, strict=True) if good]
    if not kept:
        return
    layer = LineCollection(segments[there], zorder=10, label=_TARGETS)
    describe_parts(layer, kept)
    axes.add_collection(layer, autolim=False)


def name_groups(figure: Figure) -> dict[str, list[str]]:
    """Give every artist with texts an identifier of its own; returns the texts by identifier."""
    found: dict[str, list[str]] = {}
    for artist in figure.findobj(lambda one: hasattr(one, _TEXTS)):
        kind = "targets" if artist.get_label() == _TARGETS else "parts"
        name = f"{kind}-{len(found) + 1}"
        artist.set_gid(name)
        found[name] = getattr(artist, _TEXTS)
    return found


def with_titles(svg: str, texts: dict[str, list[str]]) -> str:
    """A drawing in which the parts of the named groups carry their texts."""
    import lxml.etree

    if not texts:
        return svg
    root = lxml.etree.fromstring(svg.encode())
    space = "{http://www.w3.org/2000/svg}"
    for group in root.iter(f"{space}g"):
        said = texts.get(group.get("id", ""))
        if said is None:
            continue
        parts = [part for part in group.iter(f"{space}path", f"{space}use") if _drawn(part)]
        if group.get("id").startswith("targets"):
            group.set("style", _UNSEEN)
            for part in parts:
                part.attrib.pop("style", None)
                part.attrib.pop("clip-path", None)
        for part, text in zip(parts, said, strict=True):
            title = lxml.etree.Element(f"{space}title")
            title.text = "".join(letter for letter in text if letter.isprintable() or letter in _SPACES)
            part.insert(0, title)
    written = lxml.etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def _drawn(part: Any) -> bool:
    """Whether an element is drawn where it stands, and not kept for others to use."""
    return not any(above.tag.endswith(("defs", "clipPath")) for above in part.iterancestors())
