"""Headers as survey tools write them: number, question, and the part of a question that a column holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

# What a column is where the tool that wrote the file says it; "" for questions.
# id, date, duration, personal, technical, language, text, score
Meta = str

_BRACKETS = re.compile(r"(.+?)\s*\[\s*([^\[\]]+?)\s*\]", re.S)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_CODE_AND_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])?)\.\s+(.+)", re.S)
_NUMBERED = re.compile(r"(?:Q|q|第)?\s*(\d{1,3})\s*(?:题)?\s*[、.．:：)）]\s*(?=\S)(.+)", re.S)
_NUMBERED_PART = re.compile(r"第\s*(\d{1,3})\s*题\s*[(（](.+)[)）]", re.S)
_HEAD = re.compile(r"([^:：?？]{2,60}?)(?:[:：]| [-–—] )\s*(\S.*)", re.S)
_PARTS = ("—", "--", "–", "：", ":", " - ")
_ENDS = (" - ", " – ", " — ", "—", ": ", "：", "? ", "？", " | ", "… ", "... ")


@dataclass(frozen=True)
class Question:
    """What the header of one column says.

    Attributes
    ----------
    column : the header as it stands in the file.
    short : the tool's short name for it (``Q3_1``), or ''.
    stem : the question above the parts of a matrix, or ''.
    text : the wording of this column's own part.
    block : the same for the columns of one question in parts, or ''.
    meta : what the tool says that it is; '' for a question.
    """

    column: str
    short: str = ""
    stem: str = ""
    text: str = ""
    block: str = ""
    meta: Meta = ""


def from_headers(columns: Sequence[str]) -> list[Question]:
    """Questions of a file whose headers are names or question texts, of no tool that is known."""
    found = [_from_header(column) for column in columns]
    return _of_one_head(_continued(found))


def _from_header(column: str) -> Question:
    short, text = "", column
    if coded := _CODE_AND_TEXT.fullmatch(column):
        short, text = coded[1], coded[2]
    if part := _NUMBERED_PART.fullmatch(text):
        return Question(column, f"Q{part[1]}", "", part[2].strip(), f"Q{part[1]}")
    if parts := _BRACKETS.fullmatch(text):
        if _CODE.fullmatch(parts[1]) and _CODE.fullmatch(parts[2]) and not short:
            return Question(column, f"{parts[1]}_{parts[2]}", "", "", parts[1])
        return Question(column, _plain(short), _unnumbered(parts[1]), parts[2], parts[1])
    if numbered := re.fullmatch(r"([A-Za-z]{1,12})[\s\-]+(\d{1,3})", text):
        return Question(column, f"{numbered[1]}_{numbered[2]}", "", "", "")
    if _CODE.fullmatch(text):
        return Question(column, text, "", "", "")
    number = _NUMBERED.fullmatch(text)
    if number and not short:
        return Question(column, f"Q{number[1]}", "", number[2].strip(), "")
    return Question(column, _plain(short), "", text, "")


def _plain(short: str) -> str:
    return re.sub(r"\[(\w+)\]", r"_\1", short)


def _unnumbered(text: str) -> str:
    number = _NUMBERED.fullmatch(text)
    return number[2].strip() if number else text


def _continued(questions: Sequence[Question]) -> list[Question]:
    """Matrix questions whose first column alone carries number and question: "5、评价—速度", "态度", …

    They end where the next number, or a header that looks like another question, begins. Columns that share a
    number are one matrix too.
    """
    result: list[Question] = []
    open_block, open_stem, place = "", "", 0
    numbers = [one.short for one in questions]
    for one in questions:
        numbered = bool(re.fullmatch(r"Q\d+", one.short)) and not one.block
        if numbered:
            several = numbers.count(one.short) > 1
            parts = several and _in_shared_brackets(one, questions)
            parts = parts or _in_two(one.text) or (_in_brackets(one.text) if several else None)
            open_block, open_stem, place = "", "", 0
            if parts and not several:
                open_block, open_stem = one.short, parts[0]
                place = 1
                one = replace(one, stem=parts[0], text=parts[1], block=one.short)
            elif several:
                stem, text = parts or ("", one.text)
                one = replace(one, stem=stem, text=text, block=one.short)
        elif open_block and not one.short and not one.block and not re.search(r"[?？]\s*$", one.column):
            place += 1
            one = replace(one, short=f"{open_block}_{place}", stem=open_stem, block=open_block)
        else:
            open_block = ""
        result.append(one)
    return _settled(result)


def _in_two(text: str) -> tuple[str, str] | None:
    """Question and part of a header such as "服务评价—速度" or "服务评价:速度"; None without parts."""
    for mark in _PARTS:
        before, found, after = text.partition(mark)
        if found and before.strip() and after.strip():
            return before.strip(), after.strip()
    return None


def _in_brackets(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"(.+?)[(（](.+)[)）]", text, re.S)
    return (found[1].strip(), found[2].strip()) if found else None


def _in_shared_brackets(one: Question, questions: Sequence[Question]) -> tuple[str, str] | None:
    """Question and part where all columns of a number say the same before their brackets."""
    parts = [_in_brackets(other.text) for other in questions if other.short == one.short]
    shared = {part[0] if part else None for part in parts}
    return _in_brackets(one.text) if len(shared) == 1 else None


def _of_one_head(questions: Sequence[Question]) -> list[Question]:
    """Headers with the same words before a colon or dash ("Price: fair", "Price: clear") as parts of one."""
    plain = [_HEAD.fullmatch(one.text) if not (one.block or one.short) else None for one in questions]
    heads = Counter(found[1] for found in plain if found)
    return [
        replace(one, stem=found[1], text=found[2], block=found[1]) if found and heads[found[1]] > 1 else one
        for one, found in zip(questions, plain, strict=True)
    ]


def _settled(questions: Sequence[Question]) -> list[Question]:
    """A block of one column is no matrix: its header is whole again. Parts get short names of their own."""
    blocks = [one.block for one in questions]
    result, places = [], dict.fromkeys(blocks, 0)
    for one in questions:
        if one.block and blocks.count(one.block) == 1 and re.fullmatch(r"Q\d+", one.block):
            number = _NUMBERED.fullmatch(one.column)
            one = replace(one, stem="", block="", text=number[2].strip() if number else one.text)
        elif one.block and one.short == one.block:
            places[one.block] += 1
            one = replace(one, short=f"{one.block}_{places[one.block]}")
        result.append(one)
    return result


def with_common_stems(questions: Sequence[Question]) -> list[Question]:
    """Texts of one block that begin alike ("How much do you agree? - It is quick") in stem and own part."""
    result = list(questions)
    for block in dict.fromkeys(one.block for one in questions if one.block):
        places = [place for place, one in enumerate(questions) if one.block == block]
        stem = common_stem([questions[place].text for place in places])
        if stem:
            for place in places:
                one = questions[place]
                result[place] = replace(
                    one, stem=stem.rstrip(" -–—:：|") or one.stem, text=one.text[len(stem) :].strip()
                )
    return result


def readable(text: str) -> str:
    """A wording without the tags and line breaks that survey tools leave in it."""
    plain = re.sub(r"<[^<>]{1,200}>|&nbsp;", " ", text)
    return " ".join(plain.removesuffix(" - Selected Choice").split())


def common_stem(texts: Sequence[str]) -> str:
    """The beginning that two or more texts share, up to a mark that ends a question; '' without one."""
    if len(texts) < 2 or not all(texts):
        return ""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    shared = "".join(letters[0] for letters in alike)
    ends = [shared.rfind(mark) + len(mark) for mark in _ENDS if shared.rfind(mark) > 0]
    stem = shared[: max(ends, default=0)]
    return stem if all(len(text) > len(stem) for text in texts) else ""
