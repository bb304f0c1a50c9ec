"""Texts of files and codebooks as they are compared."""

from __future__ import annotations


def clean(text: str) -> str:
    """A text without outer blanks, non-breaking blanks and byte-order marks."""
    return str(text).replace("\u00a0", " ").replace("\ufeff", "").replace("\u3000", " ").strip()


def fold(text: str) -> str:
    """A label as it is compared with an answer: without case, outer blanks and doubled blanks."""
    return " ".join(text.casefold().split())
