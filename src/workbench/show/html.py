"""What the workbench shows: HTML and its plain-text twin, with every text escaped on its way in."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Shown:
    """Something to look at in a notebook and in a report.

    ``html`` holds no style sheet, no script and no random identifier, so that it compares equal from run to
    run; ``text`` says the same in plain text. What a reader needs where nobody trusts the notebook (a code
    host, JupyterLab before the first run) stands in the elements themselves: alignment, rules, weight. The
    report's page drops these styles and brings its own.
    """

    html: str
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def tag(name: str, *children: str, **attributes: str | None) -> str:
    """Build one element: children are HTML already, attribute values are escaped, None leaves one out.

    ``class_`` stands for ``class``; an underscore inside a name becomes a hyphen.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>"


# How a reader sees a table where no style sheet is let in.
TABLE = "border-collapse: collapse; border: 0"
_HEAD = "border: 0 solid; border-top-width: 2px; border-bottom-width: 1px; vertical-align: bottom"
_LAST = "border: 0 solid; border-bottom-width: 2px"


def caption(title: str, name: str = "caption") -> str:
    """Build the heading of a table or a figure."""
    return tag(name, tag("strong", escape(title)), style="text-align: left")


def cell(name: str, *children: str, right: bool = False, place: str = "", **attributes: str | None) -> str:
    """Build a cell that keeps its side and its rules without a style sheet.

    Parameters
    ----------
    name : ``th`` or ``td``. children : HTML. right : numbers stand to the right.
    place : ``head``, ``last`` (row of the body), or empty.
    """
    side = "right" if right else "left"
    rules = {"head": _HEAD, "last": _LAST, "": "border: 0"}[place]
    class_ = "wb-num" if right else None
    return tag(name, *children, class_=class_, align=side, style=f"text-align: {side}; {rules}", **attributes)


def together(*parts: Shown) -> Shown:
    """Join several shown things into one output, in order; what is empty leaves no gap.

    Parameters
    ----------
    parts : what `table`, `figure`, `paragraph` and the like gave.

    Examples
    --------
    >>> from workbench import show
    >>> print(show.together(show.paragraph("First."), show.paragraph("Then.")))
    First.
    <BLANKLINE>
    Then.
    """
    parts = tuple(part for part in parts if part.html)
    return Shown("\n".join(part.html for part in parts), "\n\n".join(part.text for part in parts))
