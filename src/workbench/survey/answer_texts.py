"""Answers with their code and its label in one cell: "4 - Agree", "5 (very much)", "非常满意（5分）"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.survey.texts import clean

LONGEST = 1000  # characters of an answer with its code
_WIDE = str.maketrans("０１２３４５６７８９（）［］：－", "0123456789()[]:-")
_NUMBER = r"([+-]?\d{1,4})"
_LEADING = re.compile(rf"{_NUMBER}\s*(?:[-–—=:.、,)\]]\s*|\s+)(?=\D)(.*\S)", re.S)
_BEFORE_BRACKETS = re.compile(rf"{_NUMBER}\s*(?:分|points?)?\s*[(\[](.*\S)[)\]]", re.S)
_IN_BRACKETS = re.compile(r"(.*\S)\s*[(\[]\s*([+-]?\d{1,4})\s*(?:分|points?)?\s*[)\]]", re.S)
_POINTS = re.compile(rf"{_NUMBER}\s*(?:分|points?|stars?|星)()", re.I)
_ANSWER_CODE = re.compile(r"AO?0{0,2}(\d{1,2})()")  # LimeSurvey's codes of answers: A1, A2, …; AO01, AO02, …
_POINTS_BEHIND = re.compile(r"([^\d\s].*?)\s*(\d{1,3})\s*分", re.S)


@dataclass(frozen=True)
class CodedAnswer:
    """A code and the words that stand beside it ('' where there are none)."""

    code: int
    words: str


def coded_answer(cell: object) -> CodedAnswer | None:
    """The code and the words of an answer that has both; None for any other cell ("3 to 5 times").

    >>> from workbench.survey.answer_texts import coded_answer
    >>> coded_answer("4 - Agree")
    CodedAnswer(code=4, words='Agree')
    >>> coded_answer("非常满意（5分）")
    CodedAnswer(code=5, words='非常满意')
    """
    if not isinstance(cell, str):
        return None
    text = clean(cell).translate(_WIDE)
    if len(text) > LONGEST:
        return None
    for pattern in (_BEFORE_BRACKETS, _POINTS, _LEADING, _ANSWER_CODE):
        found = pattern.fullmatch(text)
        if found and not re.search(r"\d", found[2]):
            return CodedAnswer(int(found[1]), found[2].strip())
    for pattern in (_IN_BRACKETS, _POINTS_BEHIND):
        found = pattern.fullmatch(text)
        if found and not re.search(r"\d", found[1]):
            return CodedAnswer(int(found[2]), found[1].strip())
    return None
