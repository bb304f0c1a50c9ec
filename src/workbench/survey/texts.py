"""Texts of files and codebooks as they are compared."""

from __future__ import annotations

import re
from typing import Any


def clean(text: str) -> str:
    """A text without outer blanks, non-breaking blanks and byte-order marks."""
    return str(text).replace("\u00a0", " ").replace("\ufeff", "").replace("\u3000", " ").strip()


_NO_TEXT = re.compile("[\0\ud800-\udfff\ufffe\uffff]")


def no_text(text: str) -> str:
    """What a text holds that no text can hold, in words; empty where there is nothing of the kind."""
    odd = _NO_TEXT.search(text)
    if odd is None:
        return ""
    return "a null character" if odd[0] == "\0" else f"half a character or none (code {ord(odd[0]):#06x})"


def fold(text: str) -> str:
    """A label as it is compared with an answer: without case, outer blanks and doubled blanks."""
    return " ".join(text.casefold().split())


def code_text(code: Any) -> str:
    """A code as a cell would hold it: whole numbers without decimals."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
