"""What the cells of one column look like: numbers, words, codes with words, dates, no answers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

from workbench.survey.amounts import Amounts, column_amounts
from workbench.survey.answer_texts import coded_answer
from workbench.survey.drafting.answer_words import is_no_answer
from workbench.survey.drafting.questions import Question, readable
from workbench.survey.grids import Cell
from workbench.survey.raw_table import RawTable
from workbench.survey.texts import clean

_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]+\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[ T,]+\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{2,4}.*|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}.*"
)
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?")
_SEVERAL = re.compile(r"┋|;|；|\|")
_CODES = (99, 999, 9999, 98, 998, 97, 997, 9, 8, 88, 888, 77, 777, 66, 96, 95)


@dataclass(frozen=True)
class Column:
    """One column of the file, its question, and what its cells are.

    Attributes
    ----------
    question : what the header says.
    place : its place in the file, counted from 0.
    every : its cells as in the file, those of SPSS's user-missing values empty.
    labels : the file's own labels of codes (SPSS, Stata), those of missing codes left out.
    missing : the file's own missing codes.
    refused : codes that the file labels as no answer without declaring them missing.
    measure : the level of measurement that an SPSS file states (nominal, ordinal, scale), or ''.
    """

    question: Question
    place: int
    every: tuple[Cell, ...]
    amounts: Amounts
    labels: dict[float, str] = field(default_factory=dict)
    missing: tuple[object, ...] = ()
    refused: tuple[float, ...] = ()
    measure: str = ""

    @property
    def rows(self) -> int:
        return len(self.every)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are not empty."""
        return tuple(cell for cell in self.every if cell not in (None, "") and clean(str(cell)))

    @property
    def name(self) -> str:
        return self.question.column

    @property
    def header(self) -> str:
        """Everything that header and labels say of the column, for looking for words."""
        one = self.question
        return " ".join(dict.fromkeys(part for part in (one.stem, one.text, one.short, one.column) if part))

    @property
    def label_like(self) -> bool:
        """Whether the header is a name or a question and no statement, in which any word may stand."""
        text = self.question.text
        if re.search(r"[?？您你]", text):
            return True
        if re.search(r"[\u4e00-\u9fff]", text):
            return len(text) <= 6
        return len(text.split()) <= 4

    @cached_property
    def texts(self) -> Counter[str]:
        """Cells as texts with their counts, those that say that there is no answer left out."""
        return Counter({text: n for text, n in self._all_texts.items() if not is_no_answer(text)})

    @cached_property
    def no_answer(self) -> Counter[str]:
        """Texts that say that there is no answer (N/A, 不适用)."""
        return Counter({text: n for text, n in self._all_texts.items() if is_no_answer(text)})

    @cached_property
    def _all_texts(self) -> Counter[str]:
        return Counter(_as_text(cell) for cell in self.cells)

    @cached_property
    def numbers(self) -> Counter[float]:
        """Cells that are numbers, with their counts."""
        found: Counter[float] = Counter()
        for text, count in self.texts.items():
            read = self.amounts.read(text)
            if read is not None:
                found[read.value] += count
        return found

    @cached_property
    def coded(self) -> dict[int, Counter[str]]:
        """Codes of cells that hold a code and words ("4 - Agree"), with the words and their counts."""
        found: dict[int, Counter[str]] = {}
        for text, count in self.texts.items():
            if self.amounts.read(text) is None and (answer := coded_answer(text)) is not None:
                found.setdefault(answer.code, Counter())[answer.words] += count
        return found

    @cached_property
    def words(self) -> Counter[str]:
        """Cells that are neither numbers nor codes with words."""
        return Counter(
            {
                text: count
                for text, count in self.texts.items()
                if self.amounts.read(text) is None and coded_answer(text) is None
            }
        )

    @property
    def filled(self) -> int:
        return self.texts.total()

    @property
    def numeric(self) -> bool:
        """Whether (nearly) every answer is a number, or a number with words."""
        coded = sum(words.total() for words in self.coded.values())
        return self.filled > 0 and (self.numbers.total() + coded) >= 0.98 * self.filled

    @cached_property
    def codes(self) -> Counter[float]:
        """Numbers and codes of cells with code and words, together."""
        both = Counter(self.numbers)
        for code, words in self.coded.items():
            both[float(code)] += words.total()
        return both

    @cached_property
    def values(self) -> list[float | None]:
        """Number or code of every row, None where there is none."""
        return [self.value_of(cell) for cell in self.every]

    def value_of(self, cell: Cell) -> float | None:
        """The number that a cell holds by itself or before its words."""
        if cell is None or is_no_answer(str(cell)):
            return None
        read = self.amounts.read(cell)
        if read is not None:
            return read.value
        answer = coded_answer(cell)
        return float(answer.code) if answer is not None else None

    @cached_property
    def whole(self) -> bool:
        return bool(self.codes) and all(float(code).is_integer() for code in self.codes)

    @property
    def unique(self) -> bool:
        """Whether every row has an answer and no two have the same."""
        return self.filled == self.rows and len(self.texts) == self.rows

    def share(self, pattern: re.Pattern[str]) -> float:
        """Share of the answers that a pattern matches in full."""
        hits = sum(count for text, count in self.texts.items() if pattern.fullmatch(text))
        return hits / self.filled if self.filled else 0.0

    @property
    def dates(self) -> bool:
        return self.share(_DATE) >= 0.9 or self.share(_TIME) >= 0.9

    @property
    def several(self) -> bool:
        """Whether cells hold several answers at once ("A;B", "A┋B")."""
        parts: Counter[str] = Counter()
        divided = 0
        for text, count in self.texts.items():
            inside = [part for part in _SEVERAL.split(text) if part.strip()]
            parts.update(dict.fromkeys(inside, count))
            divided += count * (len(inside) > 1)
        few = len(parts) * 3 < parts.total() and len(parts) < len(self.texts) + 8
        return divided * 10 >= self.filled > 0 and few

    @cached_property
    def mean_length(self) -> float:
        return sum(len(text) * n for text, n in self.texts.items()) / max(self.filled, 1)

    @cached_property
    def standing_out(self) -> tuple[float, ...]:
        """Codes that stand apart from the other numbers and look like "no answer": 99 beyond 1 to 5, −99."""
        values = sorted(set(self.codes) - set(self.refused))
        if len(values) < 3 or not self.whole:
            return self.refused
        kept, out = list(values), []
        while len(kept) > 2 and _apart(kept[-1], kept[-2], kept[0]):
            out.append(kept.pop())
        while (
            len(kept) > 2 and kept[0] < 0 <= kept[1] and (kept[0] in (-1, -2, -3, -8, -9) or kept[0] <= -66)
        ):
            out.append(kept.pop(0))
        while len(kept) > 2 and kept[0] <= -66 and kept[1] < 0:
            out.append(kept.pop(0))
        enough = self.codes.total() - sum(self.codes[one] for one in out) > 2
        return tuple(sorted({*out, *self.refused})) if enough else self.refused


def _apart(value: float, below: float, lowest: float) -> bool:
    """Whether a highest value is one of the usual codes for no answer, and far from the one below."""
    if value not in _CODES or lowest < -10:
        return False
    span = below - lowest
    if value in (8, 9):
        return value - below >= 2 and span <= 6
    return value - below > max(3.0, span * 0.25)


def _as_text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return clean(str(cell))


def columns_of(table: RawTable, questions: list[Question]) -> list[Column]:
    """The columns of a table, with what their cells are."""
    found = []
    for place, raw in enumerate(questions):
        question = replace(raw, stem=readable(raw.stem), text=readable(raw.text))
        cells = table.columns[question.column]
        ranges = table.user_missing.get(question.column, [])
        amounts = column_amounts(cells, table.decimal, comma_likely=table.comma_likely)
        if amounts.sign is None:
            amounts = Amounts("," if table.comma_likely else ".")
        stated = {
            float(code): text
            for code, text in table.value_labels.get(question.column, {}).items()
            if isinstance(code, int | float) and not _within(code, ranges)
        }
        labels = {code: text for code, text in stated.items() if not is_no_answer(text)}
        missing = [low if low == high else (low, high) for low, high in ranges]
        found.append(
            Column(
                question,
                place,
                tuple(None if _within(cell, ranges) else cell for cell in cells),
                amounts,
                labels,
                tuple(missing),
                tuple(code for code in stated if code not in labels),
                table.measures.get(question.column, ""),
            )
        )
    return found


def _within(cell: object, ranges: list[tuple[object, object]]) -> bool:
    for low, high in ranges:
        if isinstance(low, str) or isinstance(cell, str):
            if cell == low:
                return True
        elif isinstance(cell, int | float) and low <= cell <= high:  # type: ignore[operator]
            return True
    return False
