"""The fixed parts of a study: data-kind banner, one-sentence answer, hypotheses, verdicts, warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from workbench import context
from workbench.errors import SpecificationError
from workbench.show import numbers
from workbench.show.html import Shown, tag

if TYPE_CHECKING:
    from workbench.evidence.claims import Claim, Verdict

KINDS = {
    "printed": ("Printed data", "Figures that a document prints, typed in with their source."),
    "simulated": (
        "Simulated data",
        "Drawn from a population that is written down: an analysis recovers what was planted; not evidence.",
    ),
    "public": ("Public data", "Real answers from a public data set, collected for another purpose."),
    "user": ("Your data", "Answers from your own file; they stay on this machine."),
}
GLYPHS = {
    "supported": "✓",
    "recovered": "✓",
    "not supported": "✗",
    "not recovered": "✗",
    "not testable here": "⊘",
    "open": "○",
}


def data_kind(source: Any) -> str:
    """Kind of a survey, of anything with a ``kind`` or a ``codebook.kind``, or of a word; else an error."""
    kind = source if isinstance(source, str) else getattr(source, "kind", None)
    if kind is None:
        kind = getattr(getattr(source, "codebook", None), "kind", None)
    kind = str(getattr(kind, "value", kind))
    if kind not in KINDS:
        raise SpecificationError(f"{kind!r} is not a kind of data; kinds are {', '.join(KINDS)}")
    return kind


def banner(source: Any, detail: str | None = None) -> Shown:
    """Show the kind of data a study runs on; ``source`` is a survey or a kind, ``detail`` adds a sentence."""
    kind = data_kind(source)
    word, meaning = KINDS[kind]
    text = meaning if detail is None else f"{meaning} {detail}"
    html = tag("div", tag("strong", word), escape(text), class_=f"wb-banner wb-{kind}", role="note")
    return Shown(html, f"[{word}] {text}")


def answer(text: str, *, kind: Any) -> Shown:
    """Show the study's answer in one sentence, with its data kind, and keep it for the index."""
    kind = data_kind(kind)
    context.record("answer", {"text": text, "data_kind": kind})
    word = KINDS[kind][0].lower()
    html = tag(
        "p", escape(text), " ", tag("span", f"({word})", class_="wb-kind"), class_=f"wb-answer wb-{kind}"
    )
    return Shown(html, f"{text} ({word})")


def chip(word: str) -> str:
    """HTML of a verdict's chip: a glyph and the word, never colour alone."""
    slug = word.replace(" ", "-")
    return tag("span", f"{GLYPHS[word]}{numbers.THIN}{escape(word)}", class_=f"wb-chip wb-word-{slug}")


def hypotheses(
    statements: Mapping[str, str], verdicts: Iterable[Verdict] = (), *, title: str | None = None
) -> Shown:
    """Show the hypotheses with where the document says so and, once decided, their verdicts.

    Parameters
    ----------
    statements : claim id -> the hypothesis as it is tested here. Where one claim holds several, a word
        follows the id (``"D0-3 churn"``) and is the ``part`` of the verdict.
    verdicts : what was decided; a statement without one stands as open.

    Hypotheses on one claim stand together. Raises SpecificationError for an id that the ledger does not hold,
    and for a verdict that no hypothesis asked for.
    """
    from workbench.evidence import claims

    decided = {_key(verdict.claim, verdict.part): verdict for verdict in verdicts}
    stray = sorted(set(decided) - set(statements))
    if stray:
        raise SpecificationError(f"verdict on {stray[0]!r}, which is not among the hypotheses")
    head = ["Claim", "Tested here", "Verdict"] if decided else ["Claim", "The document says", "Tested here"]
    known = {key: claims.claim(key.split(" ")[0]) for key in statements}
    resting = Counter(known.values())
    rows, lines, quoted = [], [], set()
    for key, statement in statements.items():
        cells = [tag("th", escape(key), scope="row")]
        if decided:
            cell, said = _decision(decided.get(key))
            cells += [tag("td", escape(statement)), cell]
            lines.append(f"{key}: {statement} -> {said}")
        else:
            said = ""
            if known[key] not in quoted:  # a sentence that several hypotheses rest on is quoted once
                quote, said = _quotation(known[key])
                span = str(resting[known[key]]) if resting[known[key]] > 1 else None
                cells.append(tag("td", quote, rowspan=span))
                quoted.add(known[key])
            cells.append(tag("td", escape(statement)))
            lines.append(f"{key}: {statement}{said}")
        rows.append(tag("tr", *cells))
    title = title or ("Hypotheses and verdicts" if decided else "Hypotheses")
    inner = tag(
        "table",
        tag("caption", escape(title)),
        tag("thead", tag("tr", *(tag("th", text, scope="col") for text in head))),
        tag("tbody", *rows),
        class_="wb-table wb-hypotheses",
    )
    return Shown(tag("div", inner, class_="wb-table-box"), "\n".join([title, *lines]))


def _quotation(claim: Claim) -> tuple[str, str]:
    """HTML and text of what the document says, in its own words and in English."""
    gloss = claim.en + ("" if claim.wording == "printed" else " (reconstructed)")
    html = tag("span", escape(claim.zh), lang="zh") + " " + tag("span", escape(gloss), class_="wb-reason")
    return html, f" [{claim.zh} · {gloss}]"


def _decision(verdict: Verdict | None) -> tuple[str, str]:
    """Cell and text of a verdict: word, estimate with interval, n and data kind, and the reason."""
    if verdict is None:
        return tag("td", chip("open")), "open"
    detail = verdict_detail(verdict)
    reason = tag("span", escape(verdict.reason), class_="wb-reason")
    cell = tag("td", chip(verdict.word), " ", escape(detail), "<br>", reason)
    return cell, f"{verdict.word}. {detail}. {verdict.reason}"


def verdict_detail(verdict: Verdict, digits: int = 2) -> str:
    """Estimate with interval, n and data kind of a verdict in one line."""
    parts = []
    if verdict.estimate is not None:
        shown = numbers.estimate(verdict.estimate, verdict.interval, digits, unit=verdict.unit)
        parts.append(f"{verdict.measure} {shown}".strip())
    if verdict.n is not None:
        parts.append(f"n{numbers.NO_BREAK}={numbers.NO_BREAK}{numbers.count(verdict.n)}")
    return ", ".join([*parts, f"{verdict.kind} data"])


def _key(claim: str, part: str | None) -> str:
    return claim if not part else f"{claim} {part}"


def verdicts(*decided: Verdict) -> Shown:
    """Show verdicts as chips: the word, the estimate with its interval, n, the data kind, and why."""
    rows, lines = [], []
    for verdict in decided:
        key = _key(verdict.claim, verdict.part)
        rows.append(
            tag(
                "p",
                tag("strong", escape(key)),
                " ",
                chip(verdict.word),
                " ",
                escape(verdict_detail(verdict)),
                "<br>",
                tag("span", escape(verdict.reason), class_="wb-reason"),
                class_="wb-verdict",
            )
        )
        lines.append(f"{key}: {verdict.word}. {verdict_detail(verdict)}. {verdict.reason}")
    return Shown(tag("div", *rows, class_="wb-verdicts"), "\n".join(lines))


def warnings(*results: Any) -> Shown:
    """Show (and record) the warnings that results carry; says so when there are none."""
    found = list(dict.fromkeys(text for result in results for text in result.warnings))
    for text in found:
        context.record("warning", {"text": text})
    if not found:
        return Shown(tag("p", "No warnings from this analysis.", class_="wb-quiet"), "No warnings.")
    items = "".join(tag("li", escape(text)) for text in found)
    html = tag("div", tag("strong", "Warnings"), tag("ul", items), class_="wb-warnings", role="note")
    return Shown(html, "\n".join(["Warnings:", *(f"- {text}" for text in found)]))
