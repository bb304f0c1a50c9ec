"""The ledger of claims: the checkable sentences of the five documents, in ``data/claims.yaml``.

A claim is quoted letter for letter (``zh``), translated (``en``) and, where the quoted words alone do not say
what is tested, summed up in our words (``summary``). The short passages that hold the quotations lie in
``data/excerpts``, so that a test can hold one against the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, SpecificationError
from workbench.resources import DATA

if TYPE_CHECKING:
    import pandas as pd

LEDGER = DATA / "claims.yaml"
EXCERPTS = DATA / "excerpts"
WORDINGS = ("printed", "reconstructed")
USES = ("verdict", "question", "illustration", "check")
GAP = " … "
_OPTIONAL = ("summary", "use", "rival", "missing", "untested")
_TEXTS = ("id", "document", "zh", "en", "wording", "place", "test", "supports", *_OPTIONAL)


@dataclass(frozen=True)
class Document:
    """One of the five documents: its title, the script that it is printed in, and what the copy holds."""

    id: str
    title: str
    script: str
    holds: str


@dataclass(frozen=True)
class Claim:
    """One checkable sentence of a document, as the ledger holds it.

    zh, en : the document's words, `GAP` where words were left out, and their translation.
    summary : what is tested, in our words, where the quotation alone does not say it; never print.
    wording : ``printed``, or ``reconstructed`` where the print lost a part.
    use : ``verdict`` - a rule decides it; ``question`` - the document asks; ``illustration`` - shown, without
        a verdict; ``check`` - a check of the reader's own material, without a verdict.
    rival : another reading of the same words. missing : what the document announces and does not print.
    untested : why no data here can decide it: what a reader's own data would have to hold.
    script : the document's, as a language tag (``zh-Hans``, ``zh-Hant``).
    """

    id: str
    document: str
    zh: str
    en: str
    wording: str
    place: str
    notebooks: tuple[str, ...]
    test: str
    supports: str
    script: str
    summary: str | None = None
    use: str = "verdict"
    rival: str | None = None
    missing: str | None = None
    untested: str | None = None

    @property
    def fragments(self) -> tuple[str, ...]:
        """The quoted pieces, each of which stands so in the document, in this order."""
        return tuple(self.zh.split(GAP))

    @property
    def statement(self) -> str:
        """What is tested, in English: our summary where there is one, marked so, else the translation."""
        return f"{self.summary} (our summary)" if self.summary else self.en


def claim(identifier: str) -> Claim:
    """The claim of this id; an id that the ledger does not hold is a ``SpecificationError``.

    Parameters
    ----------
    identifier : id of the ledger, such as ``D0-1``.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> ledger.claim("D0-1").document
    'D0'
    """
    try:
        return claims()[identifier]
    except KeyError:
        raise SpecificationError(
            Fault(
                f"no claim {identifier!r} in the ledger",
                file=LEDGER.name,
                fix=f"Known ids: {', '.join(claims())}",
            )
        ) from None


@cache
def claims() -> dict[str, Claim]:
    """Every claim of the shipped ledger by its id, in the ledger's order.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> ledger.claims()["D0-1"].document
    'D0'
    """
    return load(LEDGER)


@cache
def documents() -> dict[str, Document]:
    """The five documents by their id, with what each copy holds and lacks.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> ledger.documents()["D0"].script
    'zh-Hans'
    """
    return {name: Document(name, **entry) for name, entry in _content(LEDGER)["documents"].items()}


def table() -> pd.DataFrame:
    """The ledger as a frame, one claim per row, indexed by id.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> ledger.table().loc["D0-1", "document"]
    'D0'
    """
    import pandas as pd

    rows = [{**vars(entry), "notebooks": ", ".join(entry.notebooks)} for entry in claims().values()]
    return pd.DataFrame(rows).set_index("id")


def contradictions() -> pd.DataFrame:
    """Where the documents contradict one another or themselves: ``claims``, ``about``, ``notebooks``.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> list(ledger.contradictions().columns)
    ['claims', 'about', 'notebooks']
    """
    import pandas as pd

    rows = _content(LEDGER)["contradictions"]
    for row in rows:
        for identifier in row["claims"]:
            claim(identifier)
    return pd.DataFrame([{name: _listed(value) for name, value in row.items()} for row in rows])


def not_printed() -> pd.DataFrame:
    """What the documents announce and do not print: ``document``, ``claim``, ``place``, ``zh``, ``en``.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> list(ledger.not_printed().columns)
    ['document', 'claim', 'place', 'zh', 'en']
    """
    import pandas as pd

    rows = _content(LEDGER)["not_printed"]
    for row in rows:
        claim(row["claim"])
    return pd.DataFrame(rows)


def passages(document: str) -> tuple[str, ...]:
    """The passages of a document that the ledger quotes, in the document's order, without headings.

    Parameters
    ----------
    document : id of a document, such as ``D0``.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> len(ledger.passages("D0")) > 5
    True
    """
    lines = (EXCERPTS / f"{document}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not re.match(r"# |\[.*\]$", line))


def missing_fragments(document: str, zh: str) -> list[str]:
    """The fragments of a quotation that the document's passages do not hold in this order.

    Parameters
    ----------
    document : id of a document, such as ``D0``.
    zh : the quotation; ``…`` stands between fragments.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> ledger.missing_fragments("D0", ledger.claim("D0-1").zh)
    []
    """
    text, position, missing = "\n".join(passages(document)), 0, []
    for fragment in zh.split(GAP):
        found = text.find(fragment, position)
        if found < 0:
            missing.append(fragment)
        else:
            position = found + len(fragment)
    return missing


def load(path: Path) -> dict[str, Claim]:
    """Read a ledger and check it; every fault is listed at once.

    Parameters
    ----------
    path : of a YAML file in the form of ``data/claims.yaml``.

    Raises
    ------
    SpecificationError : a claim that lacks a field, has an unknown one, or repeats an id.

    Examples
    --------
    >>> from workbench.evidence import ledger
    >>> from workbench.resources import DATA
    >>> "D0-1" in ledger.load(DATA / "claims.yaml")
    True
    """
    content = _content(path)
    faults: list[Fault] = []
    found: dict[str, Claim] = {}
    names = set(Claim.__dataclass_fields__) - {"script"}
    needed = names - set(_OPTIONAL)
    for position, entry in enumerate(content["claims"], 1):
        named = isinstance(entry, dict) and isinstance(entry.get("id"), str)
        where = f"claim {entry['id'] if named else f'number {position}'}"

        def fault(what: str, value: object = None, where: str = where) -> None:
            faults.append(Fault(f"{where}: {what}", file=path.name, value=value))

        if not isinstance(entry, dict):
            fault("a claim is a mapping of fields such as 'id: D0-1'")
            continue
        for field in sorted(needed - set(entry)):
            fault(f"field {field!r} is missing")
        for field in sorted(map(str, set(entry) - names)):
            fault(f"unknown field {field!r}")
        wrong = {
            field
            for field in _TEXTS
            if field in entry and not (isinstance(entry[field], str) and entry[field].strip())
        }
        for field in sorted(wrong):
            fault(f"field {field!r} must be a text", entry[field])
        for field, allowed in (("wording", WORDINGS), ("use", USES)):
            if field in entry and field not in wrong and entry[field] not in allowed:
                fault(f"{field} must be one of {', '.join(allowed)}", entry[field])
        notebooks = entry.get("notebooks", [])
        if not isinstance(notebooks, list) or not all(isinstance(n, str) and len(n) == 2 for n in notebooks):
            fault("notebooks must be a list of two-digit numbers in quotes", notebooks)
            notebooks = []
        if needed - set(entry) or set(entry) - names or {"id", "document"} & wrong:
            continue
        document = content["documents"].get(entry["document"])
        if document is None:
            fault("document is not among the ledger's documents", entry["document"])
        if "untested" in entry and entry.get("use", "verdict") not in ("verdict", "question"):
            fault("what gets no verdict anyway needs no reason", entry["untested"])
        if not entry["id"].startswith(f"{entry['document']}-"):
            fault("id does not begin with its document", entry["id"])
        if entry["id"] in found:
            fault("id stands twice", entry["id"])
        script = document["script"] if document else ""
        found[entry["id"]] = Claim(**{**entry, "notebooks": tuple(notebooks), "script": script})
    if faults:
        raise SpecificationError(faults)
    return found


def _content(path: Path) -> dict[str, Any]:
    """A ledger's file: its documents and its claims, of which each has the form that is asked of it."""
    from workbench.survey.yaml_lines import read_yaml

    document = read_yaml(path, "ledger", SpecificationError, "documents: …")
    content, faults = document.content, list(document.faults)
    parts: tuple[tuple[str, type, str], ...] = (
        ("documents", dict, "a mapping of documents"),
        ("claims", list, "a list of claims"),
    )
    for name, kind, wanted in parts:
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            fix = f"Write '{name}:' with {wanted} below it"
            faults.append(Fault(f"a ledger needs {wanted} under {name!r}", path.name, fix=fix))
    if not faults:
        faults += [
            Fault(f"document {name!r}: field {field!r} must be a text", path.name, fix="Write one")
            for name, entry in content["documents"].items()
            for field in ("title", "script", "holds")
            if not isinstance(entry, dict) or not isinstance(entry.get(field), str)
        ]
    if faults:
        raise SpecificationError(faults)
    return content


def _listed(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
