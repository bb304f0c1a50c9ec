"""What every column of a file is: left out, identifier, rating, group, number, text, date, attention item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.survey.drafting.answer_words import is_yes_no
from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import tells
from workbench.survey.drafting.personal import personal, told_in_passing
from workbench.survey.drafting.rating import Rating, bundle
from workbench.survey.drafting.ratings import find_ratings
from workbench.survey.drafting.subjects import named

Role = Literal[
    "personal", "left out", "id", "date", "duration", "attention", "group", "number", "flag", "text"
]
MOST_GROUPS = 30
_SENTENCE = re.compile(r".{12,}[.!。！]", re.S)


@dataclass
class Sorted:
    """Columns by what they are, with why; ratings apart, by their scales."""

    roles: dict[str, tuple[Role, str]] = field(default_factory=dict)
    ratings: list[Rating] = field(default_factory=list)


def sort_columns(columns: Sequence[Column]) -> Sorted:
    """Sort a file's columns.

    What the survey tool says of its own columns comes first, then personal data, then what headers and cells
    tell. Ratings are found among the rest, and what is no rating is a group, a number or a text.
    """
    found = Sorted()
    for column in columns:
        role = _certain(column)
        if role is not None:
            found.roles[column.name] = role
    _identify(columns, found)
    rest = [column for column in columns if column.name not in found.roles]
    found.ratings = find_ratings(rest)
    rated = {column.name for rating in found.ratings for column in rating.columns}
    for column in rest:
        if column.name not in rated:
            found.roles[column.name] = _other(column, rest)
    return found


def _certain(column: Column) -> tuple[Role, str] | None:
    """What a column is before its answers are compared with those of others."""
    meta = column.question.meta
    why = personal(column)
    if why is not None:
        return "personal", why
    if not column.filled:
        return "left out", "it holds no answer"
    if meta == "technical":
        return "left out", "the survey tool's own column"
    if meta == "language":
        several = len(column.texts) > 1
        return (
            ("group", "the language of the questionnaire")
            if several
            else ("left out", "the same in every row")
        )
    if meta in ("id", "date", "duration"):
        return meta, "the survey tool's own column"  # type: ignore[return-value]
    if meta == "score":
        return (
            ("number", "the survey tool's score") if column.numeric else ("text", "the survey tool's column")
        )
    if meta == "text" and not (column.numeric and not column.coded):
        return "text", _open_answer(column)
    if column.dates:
        return "date", "its cells are dates or times"
    if column.unique and column.whole and re.fullmatch(r"\(column \d+\)|Unnamed: \d+", column.name):
        return "left out", "the numbers of the rows"
    if tells("attention", column.question.text, column.question.short):
        return "attention", "its wording asks for one certain answer"
    if column.several:
        return "text", "its cells hold several answers at once"
    return None


def _identify(columns: Sequence[Column], found: Sorted) -> None:
    """One column names the respondents; further ones that do are left out."""
    stated = [column for column in columns if found.roles.get(column.name, ("", ""))[0] == "id"]
    usable = [column for column in stated if column.unique]
    for column in columns:
        if column.name in found.roles:
            continue
        plain = all(" " not in text for text in column.texts)
        by_name = tells("identifier", column.question.short, column.question.column)
        by_look = plain and not column.numeric and column.mean_length >= 6
        if column.unique and column.rows > 4 and (by_name or by_look):
            usable.append(column)
            found.roles[column.name] = ("id", "no two of its cells are alike")
        elif by_name and not tells("group", column.question.column) and _counts_up(column):
            found.roles[column.name] = ("left out", "named like an identifier, but several rows share one")
    for column in [*stated, *usable]:
        if usable and column is usable[0]:
            continue
        why = (
            "another column names the respondents already"
            if usable
            else "it does not name every respondent once"
        )
        found.roles[column.name] = ("left out", why)


def _counts_up(column: Column) -> bool:
    """Whether a column holds many different whole numbers or words, as identifiers do."""
    return len(column.texts) > 12 and (column.whole or not column.numbers)


def _other(column: Column, rest: Sequence[Column]) -> tuple[Role, str]:
    """Group, number or text, for a column that is no rating."""
    one = column.question
    if column.labels and len(set(column.codes) - set(column.labels)) <= len(column.labels):
        return "group", "the file labels its codes"
    if len(column.texts) == 1 and column.filled == column.rows:
        return "left out", "the same in every row"
    if column.numeric:
        return _number(column, rest)
    distinct = len(column.texts)
    if distinct <= 2 and all(is_yes_no(text) for text in column.texts):
        return "group", "answers of yes or no"
    mixed = column.numbers.total() > 0.5 * column.filled
    if named("variables", one.text, one.short) in ("remarks", "reason"):
        return "text", _open_answer(column)
    few = distinct <= 12 or (distinct <= MOST_GROUPS and distinct * 5 <= column.filled)
    if distinct == 1:
        return "text", "ticked or empty"
    if column.filled * 3 < column.rows * 2 and any(map(_SENTENCE.fullmatch, column.texts)):
        return "text", _open_answer(column)  # whole sentences, and many wrote nothing
    if few and distinct * 2 <= column.filled and column.mean_length <= 60 and not mixed:
        return "group", f"{distinct} different answers"
    if tells("group", one.short, one.text) and few and column.filled < 30:
        return "group", f"{distinct} different answers, and its header names a group"
    return "text", _open_answer(column)


def _number(column: Column, rest: Sequence[Column]) -> tuple[Role, str]:
    one = column.question
    distinct = len(set(column.codes) - set(column.standing_out))
    a_group = column.label_like and tells("group", one.short, one.text)
    amount = column.label_like and tells("number", one.short, one.text)
    if distinct <= 2 and set(column.codes) <= {0.0, 1.0} and _one_of_several(column, rest):
        return "flag", "one of several boxes that could be ticked"
    if amount and not a_group and distinct > 2:
        return "number", "its header names an amount"
    if distinct <= 2:
        return "group", "two codes"
    if a_group and distinct <= 15 and column.whole:
        return "group", "codes, and its header names a group"
    whole_range = column.whole and 0 <= min(column.codes) <= 1 and distinct <= 6
    if whole_range and not amount:
        return "group", f"{distinct} whole numbers that may be codes"
    return "number", "numbers"


def _one_of_several(column: Column, rest: Sequence[Column]) -> bool:
    """Whether other columns of the same question hold 0 and 1 too."""
    mine = bundle(column)
    return bool(mine) and any(
        other is not column and bundle(other) == mine and set(other.codes) <= {0.0, 1.0} for other in rest
    )


def _open_answer(column: Column) -> str:
    told = told_in_passing(column)
    return f"an open answer; LOOK: {told}" if told else "an open answer"


def instructed_answer(column: Column, labels: dict[float, str]) -> object | None:
    """The answer that an attention item asks for, as code where the scale's labels tell it."""
    text = column.question.text or column.question.column
    words = [one for one in column.texts if not column.numeric and one.casefold() in text.casefold()]
    if words:
        return max(words, key=len)
    by_length = sorted(labels.items(), key=lambda pair: -len(pair[1]))
    for code, label in by_length:
        if label and label.casefold() in text.casefold():
            return int(code) if float(code).is_integer() else code
    number = re.search(r"(?:select|choose|tick|mark|number|option|选|第)\D{0,12}(\d{1,2})(?!\d)", text, re.I)
    if number:
        return int(number[1])
    (answer, count), *_ = column.texts.most_common(1)
    if count > 0.7 * column.filled:
        return int(answer) if answer.isdigit() else answer
    quoted = re.search(r"[\"“‘'「『](.+?)[\"”’'」』]", text)
    return quoted[1] if quoted else None
