"""Computed sentences: prose between tables and figures that holds on whatever data a study runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from workbench.show.html import Shown, tag


def paragraph(*sentences: str | None) -> Shown:
    """Show sentences as one paragraph of prose; those that are None or empty are left out.

    For what a notebook's own text cannot say, because it holds only where the numbers say so: each
    sentence is chosen by its condition. Markup in a sentence is text.

    Parameters
    ----------
    sentences : those that are None or empty are left out.

    Examples
    --------
    >>> from workbench import show
    >>> print(show.paragraph("Alpha runs from .70 to .85.", None))
    Alpha runs from .70 to .85.
    """
    said = " ".join(text for text in sentences if text)
    return Shown(tag("p", escape(said), class_="wb-prose") if said else "", said)


def points(sentences: Iterable[str | None]) -> Shown:
    """Show sentences as a list, one point each; those that are None or empty are left out.

    Parameters
    ----------
    sentences : one a point; those that are None or empty are left out.

    Examples
    --------
    >>> from workbench import show
    >>> print(show.points(["The first.", None, "The second."]))
    - The first.
    - The second.
    """
    said = [text for text in sentences if text]
    html = tag("ul", *(tag("li", escape(text)) for text in said), class_="wb-prose") if said else ""
    return Shown(html, "\n".join(f"- {text}" for text in said))


def listed(names: Iterable[str], *, none: str = "none", most: int | None = None) -> str:
    """Names as a list in a sentence: ``a``, ``a and b``, ``a, b and c``; ``none`` where there are none.

    Parameters
    ----------
    names : to list.
    none : what stands where there are none.
    most : names beyond that many are counted (``a, b and 3 others``).

    Examples
    --------
    >>> from workbench import show
    >>> show.listed(["use", "trust", "loyalty"]), show.listed([]), show.listed("abcde", most=2)
    ('use, trust and loyalty', 'none', 'a, b and 3 others')
    """
    found = [str(name) for name in names]
    if most is not None and len(found) > most:
        rest = len(found) - most
        found = [*found[:most], f"{rest} other{'s' * (rest > 1)}"]
    if len(found) < 2:
        return found[0] if found else none
    return f"{', '.join(found[:-1])} and {found[-1]}"


def counted(count: int, one: str, several: str | None = None) -> str:
    """A number with its noun in the right form: ``1 item``, ``3 items``.

    Parameters
    ----------
    count : how many.
    one, several : the noun for one, and for several (by default with an s).

    Examples
    --------
    >>> from workbench import show
    >>> show.counted(1, "item"), show.counted(3, "item"), show.counted(2, "study", "studies")
    ('1 item', '3 items', '2 studies')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def when(holds: object, make: Callable[[], Shown], otherwise: str = "") -> Shown:
    """What ``make`` shows where ``holds`` is true, else a sentence that says why there is nothing to show.

    A study that cannot do one of its parts on a survey goes on with the others.

    Parameters
    ----------
    holds : whether there is something to show.
    make : called without arguments where there is.
    otherwise : what stands there else; empty: nothing.

    Examples
    --------
    >>> from workbench import show
    >>> print(show.when(False, lambda: show.paragraph("Groups."), "No group is large enough."))
    No group is large enough.
    """
    return make() if holds else paragraph(otherwise)
