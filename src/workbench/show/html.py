"""What the workbench shows: HTML and its plain-text twin, with every text escaped on its way in."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Shown:
    """Something to look at in a notebook and in a report.

    ``html`` holds no style, no script and no random identifier, so that it passes the report's sanitiser and
    compares equal from run to run; ``text`` says the same in plain text.
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
