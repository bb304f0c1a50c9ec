"""Texts of files and codebooks as they are compared."""

from __future__ import annotations

from typing import Any


def clean(text: str) -> str:
    """A text without outer blanks, non-breaking blanks and byte-order marks."""
    return str(text).replace("\u00a0", " ").replace("\ufeff", "").replace("\u3000", " ").strip()


def fold(text: str) -> str:
    """A label as it is compared with an answer: without case, outer blanks and doubled blanks."""
    return " ".join(text.casefold().split())


def code_text(code: Any) -> str:
    """A code as a cell would hold it: whole numbers without decimals."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
