"""Names that may stand in a model: letters of ASCII, digits and underscores, each of them once."""

from __future__ import annotations

import re
import unicodedata

from workbench.survey.drafting.questions import Question

MOST_LETTERS = 24
_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_IDLE = (
    "what is your the a an of do you how are which please in to for and or with our my we i on at it "
    "would did does was were have has been this that these those mean see think many long "
    "much agree disagree extent following statement statements question questions indicate rate degree please"
)
_STOP = frozenset(_IDLE.split())


class Names:
    """Names that were given away, so that none is given twice."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def free(self, name: str, *, number: bool = False) -> str:
        """The name, with a number behind it where it is taken (or always, with ``number``)."""
        candidate, count = (f"{name}_1", 1) if number else (name, 1)
        while candidate.casefold() in self.taken:
            count += 1
            candidate = f"{name}_{count}"
        self.taken.add(candidate.casefold())
        return candidate


def safe(name: str) -> bool:
    """Whether a name may stand in a model and in a formula."""
    return bool(_SAFE.fullmatch(name)) and len(name) <= 40


def short_name(question: Question) -> str | None:
    """The short name that the file has for a column, where it may stand in a model."""
    for text in (question.short, question.column):
        apart = re.sub(r"[\s\-/]+", "_", text.strip()) if len(text) <= MOST_LETTERS else text
        if text and safe(apart):
            return apart
    return None


def slug(text: str) -> str:
    """A name from the first telling words of an English text; '' where it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = [word for word in re.findall(r"[a-z][a-z0-9]*", plain) if word not in _STOP]
    name = ""
    for word in words:
        if name and len(name) + len(word) >= MOST_LETTERS:
            break
        name = f"{name}_{word}" if name else word[:MOST_LETTERS]
    return name
