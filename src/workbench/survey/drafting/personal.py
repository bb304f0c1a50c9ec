"""Columns that look like personal data: by their header, and by what their cells are."""

from __future__ import annotations

import re

from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import names_personal_data

_CELLS = {
    "e-mail addresses": re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    "IP addresses": re.compile(
        r"(?:\d{1,3}\.){3}\d{1,3}(?:\s*[(（].*[)）])?|(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]+", re.I
    ),
    "telephone numbers": re.compile(
        r"(?:\+?86[ -]?)?1[3-9]\d{9}|0\d{2,3}[- ]\d{7,8}|\+\d{1,3}[ \-()\d]{7,16}\d|"
        r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
    ),
    "places on the map": re.compile(r"-?\d{1,3}\.\d{3,}[ ,;]+-?\d{1,3}\.\d{3,}(?:[ ,;]+-?\d+(\.\d+)?){0,2}"),
}
_CHINESE_NAME = re.compile(  # one of the sixty commonest surnames, and one or two characters more
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任]"
    "[\u4e00-\u9fff]{1,2}"
)
_FULL_NAME = re.compile(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3}|[A-Z][\w'’-]+, [A-Z][\w'’. -]+")
_PEOPLE = r"respond|contact|participant|customer|client|person|guest|patient|student|employee|manager|\bwho\b"
_IDENTITY = re.compile(r"\d{17}[\dXx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ENOUGH = 0.5  # share of the answers from which their form tells what they are


def personal(column: Column) -> str | None:
    """Why a column looks like personal data; None where it does not.

    A header counts only where the answers are not those of a rating or of a choice ("Is your phone good?").
    """
    one = column.question
    if one.meta == "personal":
        return "the survey tool's column of personal data"
    for what, pattern in _CELLS.items():
        if column.share(pattern) >= ENOUGH:
            return f"its cells look like {what}"
    hits = sum(n for text, n in column.texts.items() if _identity(text))
    if column.filled and hits >= ENOUGH * column.filled:
        return "its cells look like identity numbers (身份证)"
    named = names_personal_data(one.column, one.text, one.short)
    if named is not None and _various(column):
        return f"its header names {named}"
    if len(column.texts) > 0.8 * column.filled:
        about_people = re.search(_PEOPLE, one.column, re.I) is not None
        if column.share(_CHINESE_NAME) >= 0.8 or (about_people and column.share(_FULL_NAME) >= 0.8):
            return "its cells look like names"
    return None


def _various(column: Column) -> bool:
    """Whether answers differ as personal data do, or are missing altogether."""
    return len(column.texts) > 0.5 * column.filled or (column.filled < 4 and not column.numeric)


def _identity(text: str) -> bool:
    """Whether a text is a Chinese identity number: 18 places, the last a check of the others (GB 11643)."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


def told_in_passing(column: Column) -> str | None:
    """Personal data that single cells of an open answer hold; None where there is none."""
    for what in ("e-mail addresses", "telephone numbers"):
        pattern = _CELLS[what]
        hits = sum(n for text, n in column.texts.items() if pattern.search(text))
        if hits:
            return f"{hits} of its answers hold {what}"
    return None
