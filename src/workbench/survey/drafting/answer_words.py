"""Words of answers in their order: "Somewhat agree" below "Strongly agree", 不太满意 below 非常满意.

A word is read as a degree and a stem ("strongly" + "agree"), so that scales are ordered that no list holds.
Positions are comparable inside one family only: −3 is the far negative end, 0 the middle, 3 the far positive
end; of frequencies 0 is never and 5 always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from workbench.survey.texts import clean, fold

_WORDS = Path(__file__).with_suffix(".yaml")
_ENDINGS_EN = re.compile(
    r"\s+(?:of me|for me|to me|with (?:it|this)|with this statement|than expected|to do so)$"
)
_ANTONYMS = ("agree", "satisfied", "likely", "important", "easy", "positive", "good")


@dataclass(frozen=True)
class _Vocabulary:
    """The words of ``answer_words.yaml``, each with its position or its family."""

    degrees_en: dict[str, float]
    negations_en: dict[str, float]
    degrees_zh: dict[str, float]
    soft_zh: dict[str, float]
    stems_en: dict[str, tuple[str, int]]
    stems_zh: dict[str, tuple[str, int]]
    lists: dict[str, dict[str, float]]
    middle: frozenset[str]
    unsure: frozenset[str]
    no_answer: frozenset[str]
    yes_no: frozenset[str]
    antonyms: dict[str, tuple[str, str]]
    english: dict[str, str]


@cache
def _vocabulary() -> _Vocabulary:
    raw = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))

    def placed(part: dict[float, list[str]]) -> dict[str, float]:
        return {fold(word): place for place, words in part.items() for word in words}

    def stems(part: dict[str, dict[str, list[str]]]) -> dict[str, tuple[str, int]]:
        signs = (("for", 1), ("against", -1))
        return {
            word: (name, sign)
            for name, one in part.items()
            for key, sign in signs
            for word in one.get(key, ())
        }

    return _Vocabulary(
        placed(raw["degrees_en"]),
        placed(raw["negations_en"]),
        placed(raw["degrees_zh"]),
        placed(raw["soft_zh"]),
        stems(raw["stems_en"]),
        stems(raw["stems_zh"]),
        {name: placed(part) for name, part in raw["lists"].items()},
        frozenset(map(fold, raw["middle"])),
        frozenset(map(fold, raw["unsure"])),
        frozenset(map(fold, raw["no_answer"])),
        frozenset(map(fold, raw["yes_no"])),
        {name: (raw["stems_en"][name]["for"][0], raw["stems_en"][name]["against"][0]) for name in _ANTONYMS},
        raw["english"],
    )


@dataclass(frozen=True)
class Placed:
    """A word's family ('' for a middle word, which fits any), its position, and how its opposite is said."""

    family: str
    position: float
    opposite: str = ""


def place(word: str) -> tuple[Placed, ...]:
    """Every family in which a word of an answer has a place; none for a word that is no degree."""
    text = re.sub(r"[.!。！]+$", "", fold(clean(word)).replace("’", "'"))
    known = _vocabulary()
    if text in known.middle or text in known.unsure:
        return (Placed("", 0.0),)
    found = [Placed(family, words[text]) for family, words in known.lists.items() if text in words]
    composed = _english(text, known) or _chinese(text, known)
    if composed and all(one.family != composed.family for one in found):
        found.append(composed)
    return tuple(found)


def _english(text: str, known: _Vocabulary) -> Placed | None:
    text = _ENDINGS_EN.sub("", text)
    words = text.rsplit(" ", 1)
    # "agree strongly", "disagree somewhat": the degree may stand behind
    if len(words) == 2 and words[0] in known.stems_en and words[1] in known.degrees_en:
        words = [words[1], words[0]]
    stem, before = words[-1], words[0] if len(words) == 2 else ""
    if stem not in known.stems_en:
        return None
    family, sign = known.stems_en[stem]
    if before in known.negations_en:
        return Placed(family, -sign * known.negations_en[before])
    if before not in known.degrees_en:
        return None
    opposite = ""
    if family in known.antonyms:
        opposite = f"{before} {known.antonyms[family][sign > 0]}".strip()
    return Placed(family, sign * known.degrees_en[before], opposite)


def _chinese(text: str, known: _Vocabulary) -> Placed | None:
    for stem in sorted(known.stems_zh, key=len, reverse=True):
        if not text.endswith(stem):
            continue
        family, sign = known.stems_zh[stem]
        before = text.removesuffix(stem)
        if before in known.degrees_zh:
            opposite = f"{before}不{stem}" if sign > 0 and not before.startswith("基本") else ""
            return Placed(family, sign * known.degrees_zh[before], opposite)
        if before in known.soft_zh:
            return Placed(
                family,
                -sign * known.soft_zh[before],
                f"比较{stem}" if known.soft_zh[before] < 2 else f"非常{stem}",
            )
        if before.endswith("不") and before.removesuffix("不") in known.degrees_zh:
            return Placed(
                family, -sign * known.degrees_zh[before.removesuffix("不")], before.removesuffix("不") + stem
            )
    return None


@dataclass(frozen=True)
class OrderedWords:
    """Words of one scale from its low to its high end; those that no one ticked; those that are no answer."""

    family: str
    words: tuple[str, ...]
    unticked: tuple[str, ...] = ()
    no_answer: tuple[str, ...] = ()


def ordered_words(words: Iterable[str]) -> OrderedWords | None:
    """Words of answers in their order, if they are degrees of one thing; None otherwise.

    A far end that no one ticked is supplied from its opposite ("Strongly disagree" from "Strongly agree").

    >>> from workbench.survey.drafting.answer_words import ordered_words
    >>> ordered_words(["Agree", "Strongly agree", "Neutral", "Disagree"]).words
    ('Strongly disagree', 'Disagree', 'Neutral', 'Agree', 'Strongly agree')
    """
    words = list(dict.fromkeys(words))
    places = {word: place(word) for word in words}
    families = {one.family for found in places.values() for one in found if one.family}
    best: OrderedWords | None = None
    for family in sorted(families):
        ordered = _in_family(family, words, places)
        if ordered is not None and (best is None or len(ordered.words) > len(best.words)):
            best = ordered
    return best


def _in_family(
    family: str, words: Sequence[str], places: dict[str, tuple[Placed, ...]]
) -> OrderedWords | None:
    here: dict[str, Placed] = {}
    for word in words:
        match = next((one for one in places[word] if one.family in (family, "")), None)
        if match is None:
            return None
        here[word] = match
    no_answer: tuple[str, ...] = ()
    middle = [word for word, one in here.items() if one.position == 0 and not one.family]
    if len(middle) > 1:
        no_answer = tuple(word for word in middle if fold(word) in _vocabulary().unsure)
        here = {word: one for word, one in here.items() if word not in no_answer}
    at = [one.position for one in here.values()]
    if len(set(at)) < len(at) or sum(bool(one.family) for one in here.values()) < 2:
        return None
    by_place = {one.position: word for word, one in here.items()}
    unticked = {}
    for word, one in here.items():
        if one.opposite and -one.position not in by_place:
            unticked[-one.position] = _as_written(one.opposite, word)
    two_sided = any(one.position < 0 and one.opposite for one in here.values()) or not any(
        one.position < 0 for one in here.values()
    )
    if not two_sided or family in _vocabulary().lists or (unticked and len(here) < 3):
        unticked = {}
    whole = sorted({**by_place, **unticked}.items())
    return OrderedWords(family, tuple(word for _, word in whole), tuple(unticked.values()), no_answer)


def _as_written(opposite: str, word: str) -> str:
    """The opposite with the capitals of the word that it is the opposite of."""
    return opposite[:1].upper() + opposite[1:] if word[:1].isupper() else opposite


def english_name(family: str) -> str:
    """A family's name in English letters, for the name of its scale."""
    return _vocabulary().english.get(family, family)


def is_no_answer(word: str) -> bool:
    """Whether a cell's text says that there is no answer ("N/A", 不适用, "prefer not to say")."""
    text = fold(clean(word).replace("（", "(").replace("）", ")").replace("’", "'"))
    return text in _vocabulary().no_answer


def is_yes_no(word: str) -> bool:
    """Whether a cell's text is an answer to a question of yes or no."""
    return fold(clean(word)) in _vocabulary().yes_no
