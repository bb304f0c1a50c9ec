"""How a verdict is written: its chip, its numbers in one line, its rates in one sentence.

Everything here takes a verdict as the plain record of ``run.json`` (`Verdict.as_record`), so that notebook,
page, index, table across a sweep and terminal say the same of one verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from workbench import vocabulary
from workbench.datasets.public import PUBLIC
from workbench.show import numbers
from workbench.show.html import tag


def chip(word: str, *, meaning: bool = True, address: str | None = None) -> str:
    """HTML of a verdict's chip: glyph and word in the word's colour, its meaning in the hover text.

    Parameters
    ----------
    word : of a verdict. meaning : False on a page whose legend says what each word means.
    address : of what decided it; the chip is then a link.
    """
    known = vocabulary.word(word)
    text = f"{known.glyph}{numbers.THIN}{escape(known.word)}"
    title = known.meaning if meaning else None
    name = "span" if address is None else "a"
    return tag(name, text, class_=f"wb-chip wb-word-{known.slug}", href=address, title=title)


def key(record: Mapping[str, Any]) -> str:
    """Claim and part, as in ``D0-2 every pair``."""
    return " ".join(text for text in (record["claim"], record.get("part")) if text)


def label(record: Mapping[str, Any]) -> str:
    """Claim and part for readers: a part that is a column's name without its underscores."""
    return readable(key(record))


def readable(text: str) -> str:
    """A name of a claim's part as words: ``firm_size`` becomes ``firm size``; names of data sets stay."""
    return " ".join(word if word in PUBLIC else word.replace("_", " ") for word in text.split(" "))


def detail(record: Mapping[str, Any], digits: int = 2) -> str:
    """Measure, estimate with interval, and n, in one line: ``β 0.43 [0.37, 0.49], n = 954``."""
    parts = []
    if record.get("estimate") is not None:
        measure, unit = record.get("measure") or "estimate", record.get("unit") or ""
        limits = record.get("interval")
        bounded = vocabulary.is_bounded(measure) and not unit
        pair = tuple(limits) if limits else None
        shown = numbers.estimate(record["estimate"], pair, digits, unit=unit, bounded=bounded)
        parts.append(f"{measure} {shown}")
    if record.get("n") is not None:
        parts.append(f"n{numbers.NO_BREAK}={numbers.NO_BREAK}{numbers.count(record['n'])}")
    return ", ".join(parts)


def truth(record: Mapping[str, Any]) -> str:
    """What is planted against what was found, on simulated data: ``planted, found``; else empty."""
    if record.get("data_kind") != "simulated" or record.get("found") is None:
        return ""
    planted = {True: "planted", False: "not planted", None: "not known whether planted"}[
        record.get("planted")
    ]
    return f"{planted}, {'found' if record['found'] else 'not found'}"


def rate(record: Mapping[str, Any]) -> str:
    """The rates in one sentence; empty where none are known.

    ``Found in 46 of 50 surveys drawn from this population, in 1 of 50 with “no effect of CRM use”.``
    """
    rates = list(record.get("rates") or ())
    if not rates:
        return ""
    own, *others = rates
    parts = [f"Found in {_share(own)} surveys drawn from this population"]
    parts += [f"in {_share(one)} with “{one['population']}”" for one in others]
    failed = own.get("failed")
    undecided = f" ({numbers.count(failed)} more could not be judged)" if failed else ""
    return f"{', '.join(parts)}{undecided}."


def short_rate(record: Mapping[str, Any]) -> str:
    """The rates for a narrow cell: of several other populations the one nearest to this one's rate."""
    rates = list(record.get("rates") or ())
    if not rates:
        return ""
    own, *others = rates
    text = f"Found in {_share(own)} such surveys"
    if not others:
        return f"{text}."
    planted = record.get("planted")
    nearest = (max if planted else min)(others, key=lambda one: one["found"] / max(one["seeds"], 1))
    extreme = nearest["found"] == (0 if planted else nearest["seeds"])
    bound = "" if len(others) == 1 or extreme else "at most " if planted else "at least "
    return f"{text}, in {bound}{_share(nearest)} where it is {'not ' if planted else ''}planted."


def _share(one: Mapping[str, Any]) -> str:
    return f"{numbers.count(one['found'])} of {numbers.count(one['seeds'])}"


def line(record: Mapping[str, Any]) -> str:
    """Everything in plain text: ``recovered (planted, found). β 0.43 …, simulated data. …``."""
    said = truth(record)
    word = f"{record['verdict']} ({said})" if said else record["verdict"]
    pieces = [word, ", ".join(text for text in (detail(record), _kind(record)) if text)]
    pieces += [text.rstrip(".") for text in (_sentence(record.get("reason")), rate(record)) if text]
    return f"{'. '.join(pieces)}."


def _kind(record: Mapping[str, Any]) -> str:
    """The kind of data inside a sentence: ``simulated data``, ``your data``."""
    return vocabulary.data_kind(record["data_kind"]).word.lower()


def _sentence(reason: str | None) -> str:
    """A reason as it stands after a full stop; a symbol at its beginning keeps its case."""
    text = reason or ""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]{2}", text) else text


def html(record: Mapping[str, Any]) -> str:
    """Chip, numbers, kind of data, and beneath them the reason and the rates."""
    numbers_of_it = ", ".join(text for text in (detail(record), _kind(record)) if text)
    said = truth(record).capitalize()
    below = [text for text in (said and f"{said}.", _sentence(record.get("reason")), rate(record)) if text]
    head = f"{chip(record['verdict'])} {escape(numbers_of_it)}"
    return f"{head}<br>{tag('span', escape(' '.join(below)), class_='wb-reason')}" if below else head
