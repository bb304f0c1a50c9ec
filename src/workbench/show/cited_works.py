"""The works that a study cites, from ``data/references.yaml``, in the form of APA 7 with a link to each.

Which works a study names is decided where it is written, or, where that depends on what was run, by the
study's module. Entry and link are written here alone: a page, a Word file and a LaTeX file hold the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from workbench.errors import Fault, SpecificationError
from workbench.resources import DATA
from workbench.show.html import Shown, tag

FILE = DATA / "references.yaml"
_ITALICS = re.compile(r"\*([^*]+)\*")
_WAYS = ("doi", "isbn", "url", "none")


@dataclass(frozen=True)
class Work:
    """A cited work: its name in a text, its entry (italics between asterisks), and one way to it.

    doi, isbn, url : how it is found. none : why there is none of the three.
    """

    name: str
    text: str
    doi: str = ""
    isbn: str = ""
    url: str = ""
    none: str = ""

    @property
    def address(self) -> str:
        """Address that the entry ends with; empty for a work that has none."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url


@cache
def works() -> dict[str, Work]:
    """All works by name.

    Raises
    ------
    SpecificationError : a work with two names, without one of doi, isbn, url and none, or with several.
    """
    import yaml

    found: dict[str, Work] = {}
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        work = Work(**entry)
        if work.name in found or sum(bool(getattr(work, way)) for way in _WAYS) != 1:
            fix = f"Name it once, with one of {', '.join(_WAYS)}"
            raise SpecificationError(Fault(f"reference {work.name!r} is not clear", file=FILE.name, fix=fix))
        found[work.name] = work
    return found


def references(*names: str, documents: Sequence[str] = ()) -> Shown:
    """Show the works as a list of references, in alphabetical order, then the documents.

    Parameters
    ----------
    names : as in ``data/references.yaml``, ``"Horn 1965"``.
    documents : of the ledger, ``"D1"``.

    Raises
    ------
    SpecificationError : a work or a document that is not known.

    Examples
    --------
    >>> from workbench.show import references
    >>> print(references("Horn 1965"))
    Horn, J. L. (1965). A rationale and test for the number of factors in factor analysis. Psychometrika, 30(2), 179–185. https://doi.org/10.1007/BF02289447
    """  # noqa: E501
    from workbench.evidence import ledger

    known, printed = works(), ledger.documents()
    unknown = [*(name for name in names if name not in known), *(n for n in documents if n not in printed)]
    if unknown:
        raise SpecificationError(Fault(f"no reference is called {unknown[0]!r}", file=FILE.name))
    cited = sorted({known[name] for name in names}, key=lambda work: work.text.casefold())
    items = [_entry(work) for work in cited]
    lines = [
        " ".join(filter(None, [work.text.replace("*", ""), _isbn(work), work.address])) for work in cited
    ]
    for name in documents:
        document = printed[name]
        items.append(f"{name}: {tag('span', escape(document.title), lang=document.script)}.")
        lines.append(f"{name}: {document.title}.")
    return Shown(tag("ul", *(tag("li", item) for item in items), class_="references"), "\n".join(lines))


def _entry(work: Work) -> str:
    text = _ITALICS.sub(r"<em>\1</em>", escape(work.text, quote=False))
    link = tag("a", escape(work.address, quote=False), href=work.address) if work.address else _isbn(work)
    return f"{text} {link}".strip()


def _isbn(work: Work) -> str:
    return f"ISBN {work.isbn}" if work.isbn else ""
