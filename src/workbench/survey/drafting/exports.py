"""Exports of survey tools that are known: how many header rows they have, and what their own columns are.

Qualtrics, SurveyMonkey, Google Forms, LimeSurvey, Microsoft Forms, 问卷星 (Wenjuanxing), KoboToolbox. What is
not here is read by the shape of its rows (`workbench.survey.drafting.layout`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from workbench.survey.drafting.questions import Question, from_headers, with_common_stems
from workbench.survey.headers import BETWEEN
from workbench.survey.texts import clean, fold

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Tool:
    """A survey tool: its name, its number of header rows in these first rows (0: not its export), and what
    its headers mean."""

    name: str
    header_rows: Callable[[Rows], int]
    questions: Callable[[Sequence[str], Rows], list[Question]]


def known_tool(rows: Rows) -> tuple[Tool, int] | None:
    """The tool that wrote these first rows (cleaned texts), and how many of them are its header."""
    for tool in TOOLS:
        count = tool.header_rows(rows)
        if count:
            return tool, count
    return None


@cache
def _own_columns() -> dict[str, dict[str, dict[str, list[str]]]]:
    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def _meta(tool: str, columns: Sequence[str]) -> dict[str, str]:
    """What the tool's own columns are, by column."""
    own = _own_columns()[tool]
    named = {name: kind for kind, names in own["columns"].items() for name in names}
    patterns = {text: kind for kind, texts in own.get("patterns", {}).items() for text in texts}
    found = {}
    for column in columns:
        name = fold(column)
        like = (kind for text, kind in patterns.items() if re.fullmatch(text, name))
        if kind := named.get(name) or next(like, ""):
            found[column] = kind
    return found


# --- Qualtrics


def _qualtrics_rows(rows: Rows) -> int:
    first = {fold(cell) for cell in rows[0]} if rows else set()
    if (
        len({"startdate", "enddate", "responseid", "recordeddate", "distributionchannel", "finished"} & first)
        < 3
    ):
        return 0
    for count, row in enumerate(rows[1:4], 2):
        if any("ImportId" in cell for cell in row):
            return count
    second = {fold(cell) for cell in rows[1]} if len(rows) > 1 else set()
    return 2 if {"start date", "end date", "response id", "recorded date"} & second else 1


def _qualtrics(columns: Sequence[str], heads: Rows) -> list[Question]:
    texts = list(heads[1]) if len(heads) > 1 else ["" for _ in columns]
    meta = _meta("Qualtrics", columns)
    found = []
    for column, text in zip(columns, texts, strict=True):
        part = re.fullmatch(r"(.+?)_(\d+)(?:_TEXT)?", column)
        block = part[1] if part and column not in meta else ""
        found.append(
            Question(column, column, "", "" if text == column else text, block, meta.get(column, ""))
        )
    blocks = [one.block for one in found]
    alone = [replace(one, block="") if blocks.count(one.block) == 1 else one for one in found]
    return with_common_stems(alone)


# --- SurveyMonkey

_MONKEY_ANSWER = {"response", "open-ended response", "réponse", "antwort", "respuesta", "offene antwort"}


def _monkey_rows(rows: Rows) -> int:
    first = {fold(cell) for cell in rows[0]} if rows else set()
    if not ({"respondent id", "respondent_id"} & first and {"collector id", "collector_id"} & first):
        return 0
    return 2 if len(rows) > 1 and not rows[1][0] else 1


def _monkey(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("SurveyMonkey", [column.split(BETWEEN)[0] for column in columns])
    found = []
    for column in columns:
        stem, _, part = column.partition(BETWEEN)
        if stem in meta:
            found.append(Question(column, "", "", stem, "", meta[stem]))
        elif not part or fold(part) in _MONKEY_ANSWER:
            kind = "text" if fold(part).startswith(("open-ended", "offene")) else ""
            found.append(replace(from_headers([stem])[0], column=column, meta=kind))
        else:
            kind = "text" if fold(part).startswith("other (please specify") else ""
            found.append(Question(column, "", stem, part, "" if kind else stem, kind))
    return found


# --- Google Forms


def _google_rows(rows: Rows) -> int:
    return 1 if rows and rows[0] and _meta("Google Forms", rows[0][:1]).get(rows[0][0]) == "date" else 0


def _google(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("Google Forms", columns)
    return [replace(one, meta=meta.get(one.column, "")) for one in from_headers(columns)]


# --- LimeSurvey

_LIME_TELLS = (
    {"submitdate", "lastpage", "startlanguage", "seed"},
    {"date submitted", "last page", "start language", "seed", "response id"},
    {"datum abgeschickt", "letzte seite", "start-sprache", "antwort id", "zufallsstartwert"},
)


def _lime_rows(rows: Rows) -> int:
    first = {fold(_lime_code(cell)) for cell in rows[0]} | {fold(_lime_text(cell)) for cell in rows[0]}
    return 1 if any(len(tells & first) >= 2 for tells in _LIME_TELLS) else 0


def _lime_code(header: str) -> str:
    """The code of a header "code. text", which LimeSurvey writes for its own columns too."""
    return header.partition(". ")[0]


def _lime_text(header: str) -> str:
    return header.rpartition(". ")[2]


def _lime(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("LimeSurvey", [_lime_code(column) for column in columns])
    meta |= _meta("LimeSurvey", [_lime_text(column) for column in columns])
    found = []
    for one in from_headers(columns):
        kind = meta.get(_lime_code(one.column)) or meta.get(_lime_text(one.column)) or ""
        if re.search(r"\[(other|Other|comment|Comment)\]$", one.column):
            kind = "text"
        found.append(replace(one, meta=kind, block="" if kind else one.block))
    return found


# --- Microsoft Forms


def _microsoft_rows(rows: Rows) -> int:
    first = {fold(cell) for cell in rows[0]} if rows else set()
    pairs = (
        {"start time", "completion time"},
        {"开始时间", "完成时间"},
        {"startzeit", "fertigstellungszeit"},
    )
    return 1 if "id" in first and any(pair <= first for pair in pairs) else 0


def _microsoft(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("Microsoft Forms", columns[:8])
    return [replace(one, meta=meta.get(one.column, "")) for one in from_headers(columns)]


# --- 问卷星


def _wenjuan_rows(rows: Rows) -> int:
    first = {fold(cell) for cell in rows[0]} if rows else set()
    return 1 if len({"序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自ip"} & first) >= 3 else 0


def _wenjuan(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("问卷星", columns)
    questions = from_headers([column for column in columns if column not in meta])
    by_column = {one.column: one for one in questions}
    return [by_column.get(column) or Question(column, "", "", column, "", meta[column]) for column in columns]


# --- KoboToolbox

_KOBO_MORE = {r"(.*/)?_.*_(latitude|longitude|altitude|precision)": "personal"}


def _kobo_rows(rows: Rows) -> int:
    first = {fold(cell) for cell in rows[0]} if rows else set()
    tells = {
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
        "_validation_status",
        "_submitted_by",
        "__version__",
    }
    return 1 if len(tells & first) >= 3 else 0


def _kobo(columns: Sequence[str], heads: Rows) -> list[Question]:
    meta = _meta("KoboToolbox", columns)
    places = {re.fullmatch(r"(?:.*/)?_(.*)_latitude", column) for column in columns}
    whole = {found[1] for found in places if found}
    result = []
    for column in columns:
        group, slash, name = column.rpartition("/")
        kind = meta.get(column, "personal" if name in whole else "")
        if kind or not slash:
            result.append(replace(from_headers([column])[0], meta=kind))
        else:
            one = from_headers([name])[0]
            result.append(replace(one, column=column, block="" if kind else group))
    blocks = [one.block for one in result]
    return [replace(one, block="") if blocks.count(one.block) == 1 else one for one in result]


TOOLS = (
    Tool("Qualtrics", _qualtrics_rows, _qualtrics),
    Tool("SurveyMonkey", _monkey_rows, _monkey),
    Tool("问卷星", _wenjuan_rows, _wenjuan),
    Tool("LimeSurvey", _lime_rows, _lime),
    Tool("KoboToolbox", _kobo_rows, _kobo),
    Tool("Microsoft Forms", _microsoft_rows, _microsoft),
    Tool("Google Forms", _google_rows, _google),
)
ROWS_LOOKED_AT = 6


def first_rows(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    """The rows by which a tool is known, as cleaned texts."""
    return [["" if cell is None else clean(str(cell)) for cell in row] for row in rows[:ROWS_LOOKED_AT]]
