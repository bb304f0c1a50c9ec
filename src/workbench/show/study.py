"""The fixed parts of a study: data-kind banner, one-sentence answer, hypotheses, verdicts, warnings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from workbench import run_records, vocabulary
from workbench.errors import SpecificationError
from workbench.show import verdict_lines
from workbench.show.html import TABLE, Shown, caption, cell, tag

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.evidence.ledger import Claim


# What names an argument with its value, or a word to write for one.
_ADVICE = re.compile(r"\b[a-z_]+=['\"\[(\dTFN]|^use '")


def data_kind(source: Any) -> str:
    """Kind of a survey, of anything with a ``kind`` or a ``codebook.kind``, or of a word; else an error."""
    kind = source if isinstance(source, str) else getattr(source, "kind", None)
    if kind is None:
        kind = getattr(getattr(source, "codebook", None), "kind", None)
    return vocabulary.data_kind(str(getattr(kind, "value", kind))).name


def banner(source: Any, detail: str | None = None) -> Shown:
    """Show the kind of data a study runs on; ``source`` is a survey or a kind, ``detail`` adds a sentence.

    Parameters
    ----------
    source : a survey, or a kind of data.
    detail : a further sentence.

    Examples
    --------
    >>> from workbench import show
    >>> str(show.banner("simulated"))[:16]
    '[Simulated data]'
    """
    kind = data_kind(source)
    known = vocabulary.DATA_KINDS[kind]
    text = known.meaning if detail is None else f"{known.meaning} {detail}"
    bar = f"border-left: 6px solid {known.tone.light}; padding: 4px 12px"
    html = tag("div", tag("strong", f"{known.word}."), " ", escape(text),
               class_=f"wb-banner wb-{kind}", role="note", style=bar)  # fmt: skip
    return Shown(html, f"[{known.word}] {text}")


def answer(text: str, *, kind: Any) -> Shown:
    """Show the study's answer in one sentence, with its data kind, and keep it for the index.

    Parameters
    ----------
    text : the answer, one sentence.
    kind : of the data: a survey, or one of the words of `workbench.vocabulary`.

    Examples
    --------
    >>> from workbench import show
    >>> print(show.answer("Use of CRM goes with loyalty.", kind="simulated"))
    Use of CRM goes with loyalty. (simulated data)
    """
    kind = data_kind(kind)
    run_records.record("answer", {"text": text, "data_kind": kind})
    word = vocabulary.DATA_KINDS[kind].word.lower()
    html = tag(
        "p",
        escape(text),
        " ",
        tag("span", f"({word})", class_="wb-kind"),
        class_=f"wb-answer wb-{kind}",
        style="font-size: larger",
    )
    return Shown(html, f"{text} ({word})")


def hypotheses(
    statements: Mapping[str, str], verdicts: Iterable[Verdict] = (), *, title: str | None = None
) -> Shown:
    """Show the hypotheses with where the document says so and, once decided, their verdicts.

    Parameters
    ----------
    statements : claim id -> the hypothesis as it is tested here. Where one claim holds several, a word
        follows the id (``"D0-3 churn"``) and is the ``part`` of the verdict.
    verdicts : what was decided; a statement without one stands as open.
    title : above the table.

    Hypotheses on one claim stand together. Raises SpecificationError for an id that the ledger does not hold,
    and for a verdict that no hypothesis asked for.

    Examples
    --------
    >>> from workbench import show
    >>> shown = show.hypotheses({"D0-1": "CRM use goes with satisfaction"})
    >>> "D0-1" in shown.html
    True
    """
    from workbench.evidence import ledger

    order = list(dict.fromkeys(key.split(" ")[0] for key in statements))
    together = sorted(statements, key=lambda key: order.index(key.split(" ")[0]))
    statements = {key: statements[key] for key in together}
    decided = {verdict_lines.key(verdict.as_record()): verdict for verdict in verdicts}
    stray = sorted(set(decided) - set(statements))
    if stray:
        raise SpecificationError(f"verdict on {stray[0]!r}, which is not among the hypotheses")
    head = ["Claim", "Tested here", "Verdict"] if decided else ["Claim", "The document says", "Tested here"]
    known = {key: ledger.claim(key.split(" ")[0]) for key in statements}
    resting = Counter(known.values())
    # In the order in which their claims come first: a quotation stands once, beside all that rest on it.
    claims = list(resting)
    statements = dict(sorted(statements.items(), key=lambda one: claims.index(known[one[0]])))
    rows, lines, quoted = [], [], set()
    for number, (key, statement) in enumerate(statements.items(), 1):
        place = "last" if number == len(statements) else ""
        cells = [cell("th", _claim(key), scope="row", place=place)]
        if decided:
            decision, said = _decision(decided.get(key))
            cells += [cell("td", part, place=place) for part in (escape(statement), decision)]
            lines.append(f"{key}: {statement} -> {said}")
        else:
            said = ""
            if known[key] not in quoted:  # a sentence that several hypotheses rest on is quoted once
                quote, said = _quotation(known[key])
                span = str(resting[known[key]]) if resting[known[key]] > 1 else None
                ends = number + resting[known[key]] - 1 == len(statements)
                cells.append(cell("td", quote, rowspan=span, place="last" if ends else ""))
                quoted.add(known[key])
            cells.append(cell("td", escape(statement), place=place))
            lines.append(f"{key}: {statement}{said}")
        rows.append(tag("tr", *cells))
    title = title or ("Hypotheses and verdicts" if decided else "Hypotheses")
    inner = tag(
        "table",
        caption(title),
        tag("thead", tag("tr", *(cell("th", text, scope="col", place="head") for text in head))),
        tag("tbody", *rows),
        class_="wb-table wb-hypotheses",
        style=TABLE,
    )
    return Shown(tag("div", inner, class_="wb-table-box"), "\n".join([title, *lines]))


def _claim(key: str) -> str:
    """HTML of a claim and its part; the number does not break at its hyphen, also where no style sheet is."""
    number, _, part = verdict_lines.readable(key).partition(" ")
    return tag("span", escape(number), style="white-space: nowrap") + escape(f" {part}" if part else "")


def _quotation(claim: Claim) -> tuple[str, str]:
    """HTML and text of what the document says, in its own words and in English."""
    gloss = claim.statement + ("" if claim.wording == "printed" else " (reconstructed)")
    quoted = tag("span", escape(claim.zh), lang=claim.script)
    html = quoted + " " + tag("span", escape(gloss), class_="wb-reason")
    return html, f" [{claim.zh} · {gloss}]"


def _decision(verdict: Verdict | None) -> tuple[str, str]:
    """HTML and text of a verdict; a hypothesis without one is open."""
    if verdict is None:
        return verdict_lines.chip("open"), "open"
    record = verdict.as_record()
    return verdict_lines.html(record), verdict_lines.line(record)


def verdicts(*decided: Verdict) -> Shown:
    """Show verdicts as chips: the word, the estimate with its interval, n, the data kind, and why.

    Parameters
    ----------
    decided : verdicts of `workbench.evidence.claims`.

    Examples
    --------
    >>> from workbench import show
    >>> from workbench.evidence import claims
    >>> shown = show.verdicts(claims.not_testable("D0-1", "Nobody was asked.", kind="user"))
    >>> "Nobody was asked." in shown.html
    True
    """
    records = [verdict.as_record() for verdict in decided]
    rows = [
        tag(
            "p",
            tag("strong", escape(verdict_lines.label(one))),
            " ",
            verdict_lines.html(one),
            class_="wb-verdict",
        )
        for one in records
    ]
    lines = [f"{verdict_lines.key(one)}: {verdict_lines.line(one)}" for one in records]
    return Shown(tag("div", *rows, class_="wb-verdicts"), "\n".join(lines))


def warnings(*results: Any, labels: Mapping[str, str] | None = None, told: Iterable[Any] = ()) -> Shown:
    """Show (and record) the warnings that results carry, without advice to programmers; nothing for none.

    Parameters
    ----------
    results : of analyses, with ``warnings``.
    labels : name of a column -> what a reader calls it.
    told : results whose warnings the page has shown already; these are not repeated.

    Examples
    --------
    >>> from workbench import measurement, show
    >>> from workbench.datasets import open_dataset
    >>> found = measurement.alpha(open_dataset("customer_survey").items("trust"))
    >>> print(str(show.warnings(found))[:42])
    Warnings:
    - 81 respondents have missing an
    """
    known = {text for result in told for text in result.warnings}
    found = list(
        dict.fromkeys(
            vocabulary.labelled(_for_readers(text), labels or {})
            for result in results
            for text in result.warnings
            if text not in known
        )
    )
    for text in found:
        run_records.record("warning", {"text": text})
    if not found:
        return Shown("", "")
    items = "".join(tag("li", escape(text)) for text in found)
    html = tag("div", tag("strong", "Warnings"), tag("ul", items), class_="wb-warnings", role="note")
    return Shown(html, "\n".join(["Warnings:", *(f"- {text}" for text in found)]))


def _for_readers(text: str) -> str:
    """A warning without what it tells a programmer to write (``; missing='fiml' uses them``)."""
    said = (
        clause if not _ADVICE.search(clause) else clause.partition(": use ")[0] for clause in text.split("; ")
    )
    return "; ".join(clause for clause in said if not _ADVICE.search(clause)) or text
