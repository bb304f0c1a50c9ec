"""Files of answers as they are: columns of raw cells, whatever the format.

A cell is None (empty), a text, or a number; nothing is interpreted here. `workbench.survey.responses` gives
the cells their meaning, in the same way for every format.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, Fault
from workbench.survey.texts import clean
from workbench.survey.workbooks import Note, read_workbook

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | None


@dataclass(frozen=True)
class RawTable:
    """Columns of raw cells, with what the file itself says about them."""

    file: str
    sha256: str
    columns: dict[str, list[Cell]]
    rows: int
    decimal_comma: bool = False
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    user_missing: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def read_file(file: str | Path, known: Sequence[str]) -> RawTable:
    """Read a file of answers by its ending; ``known`` are the codebook's texts, which tell encodings apart.

    Errors: ``DataError`` for a file that is absent, empty, damaged, or not what its ending says.
    """
    path = Path(file)
    readers: dict[str, tuple[Callable[..., RawTable], bytes]] = {
        ".csv": (_read_text, b""),
        ".tsv": (_read_text, b""),
        ".txt": (_read_text, b""),
        ".xlsx": (_read_excel, b"PK"),
        ".xlsm": (_read_excel, b"PK"),
        ".sav": (_read_spss, b"$FL"),
        ".zsav": (_read_spss, b"$FL"),
        ".parquet": (_read_parquet, b"PAR1"),
    }
    ending = path.suffix.lower()
    if ending not in readers:
        fix = "Save it as .xlsx" if ending == ".xls" else f"Use one of {', '.join(readers)}"
        raise DataError(Fault(f"files ending in {ending or 'nothing'!r} are not read", path.name, fix=fix))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Fault("no such file", path.name, fix="Check the path")) from None
    except OSError as error:
        raise DataError(Fault(f"the file cannot be opened ({error.strerror})", path.name)) from None
    if not content:
        raise DataError(Fault("the file is empty", path.name, fix="Export the answers again"))
    reader, magic = readers[ending]
    found = next((kind for kind, mark in _MAGIC.items() if content.startswith(mark)), "text")
    if not content.startswith(magic) or (not magic and found != "text"):
        fix = "Give the file the ending of what it holds, or export it again"
        raise DataError(
            Fault(f"the ending says {ending} but the content looks like {found}", path.name, fix=fix)
        )
    return reader(path, content, known)


_MAGIC = {"an Excel workbook": b"PK\x03\x04", "an SPSS file": b"$FL", "a Parquet file": b"PAR1"}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- text


def _read_text(path: Path, content: bytes, known: Sequence[str]) -> RawTable:
    text, note = _decode(path.name, content, known)
    notes: list[Note] = [note]
    lines_before = 0
    if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n"):
        delimiter, text, lines_before = text[4], text[5:].lstrip("\r\n"), 1
    else:
        delimiter = _delimiter(text, known)
    names = {",": "comma", ";": "semicolon", "\t": "tab"}
    notes.append(("delimiter", "", delimiter, 0, f"columns are divided by {names[delimiter]}"))
    header, rows, blank = _records(path.name, text, delimiter, lines_before)
    if blank:
        notes.append(("blank lines", "", None, blank, "lines without any text were skipped"))
    columns = _transpose(path.name, header, rows, notes)
    return RawTable(
        path.name, _sha256(content), columns, len(rows), decimal_comma=delimiter != ",", notes=tuple(notes)
    )


def _records(
    file: str, text: str, delimiter: str, lines_before: int
) -> tuple[list[str], list[list[str]], int]:
    """Header, rows and number of blank lines; every row must be as long as the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    faults: list[Fault] = []
    blank = 0
    try:
        for fields in reader:
            if not fields:
                blank += 1
            elif not header:
                header = fields
            else:
                rows.append(fields)
                if len(fields) != len(header):
                    faults.append(
                        Fault(
                            f"{len(fields)} fields where the header has {len(header)}",
                            file,
                            row=len(rows) + 1,
                            line=reader.line_num + lines_before,
                            fix="Quote fields that hold the delimiter, or fill up the row",
                        )
                    )
    except csv.Error as error:
        line = reader.line_num + lines_before
        what = f"the row cannot be read ({error})"
        raise DataError(Fault(what, file, line=line, fix="Look for a quote that is never closed")) from None
    if faults:
        raise DataError(faults)
    if not header:
        raise DataError(Fault("the file holds no text", file, fix="Export the answers again"))
    return header, rows, blank


def _delimiter(text: str, known: Sequence[str]) -> str:
    """The delimiter that divides the first line into most of the codebook's columns, then most fields."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    names = set(known)

    def found(delimiter: str) -> tuple[int, int]:
        try:
            fields = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:  # a field longer than any header's; what is wrong is said where the rows are read
            return 0, 0
        return len(names.intersection(clean(name) for name in fields)), len(fields)

    return max((",", ";", "\t"), key=found)


def _decode(file: str, content: bytes, known: Sequence[str]) -> tuple[str, Note]:
    """The text of a file in UTF-8, UTF-16 with mark, GB18030 or Big5, and which of them it was."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(encoding), ("encoding", "", encoding, 0, f"read as {encoding}")
            except UnicodeDecodeError as error:
                raise DataError(_undecodable(file, content, error, encoding)) from None
    if b"\0" in content:
        raise DataError(Fault("this is not a text file", file, fix="Export the answers as CSV in UTF-8"))
    try:
        return content.decode("utf-8"), ("encoding", "", "utf-8", 0, "read as utf-8")
    except UnicodeDecodeError as error:
        broken = error
    texts = {}
    for encoding in ("gb18030", "big5"):
        try:
            texts[encoding] = content.decode(encoding)
        except UnicodeDecodeError:
            continue
    foreign = [word for word in known if not word.isascii()]
    score = {
        encoding: (sum(word in text for word in foreign), _common_share(text))
        for encoding, text in texts.items()
    }
    best = max(score, key=lambda encoding: score[encoding], default="")
    if not best or (score[best][0] == 0 and score[best][1] < 0.7):
        raise DataError(_undecodable(file, content, broken, "UTF-8, GB18030 or Big5"))
    how = f"read as {best}, judged by its characters; save as UTF-8 to be certain"
    return texts[best], ("encoding", "", best, 0, how)


def _common_share(text: str) -> float:
    """Share of the characters beyond ASCII that are common in Chinese writing, simplified or traditional.

    Bytes decoded by the wrong encoding turn into rare characters.
    """
    foreign = [character for character in text if not character.isascii()]
    return sum(character in _common_characters() for character in foreign) / len(foreign)


@cache
def _common_characters() -> frozenset[str]:
    """The first levels of GB 2312 (3,755 characters) and Big5 (5,401), and Chinese punctuation."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    simplified = (
        bytes([lead, trail]).decode("gb2312", "ignore") for lead in range(0xB0, 0xD8) for trail in trails
    )
    traditional = (
        bytes([lead, trail]).decode("big5", "ignore") for lead in range(0xA4, 0xC7) for trail in trails
    )
    marks = map(chr, [*range(0x2010, 0x2028), *range(0x3000, 0x3020), *range(0xFF00, 0xFFF0)])
    return frozenset("".join((*simplified, *traditional, *marks)))


def _undecodable(file: str, content: bytes, error: UnicodeDecodeError, tried: str) -> Fault:
    line = content[: error.start].count(b"\n") + 1
    return Fault(f"the text is not {tried}", file, line=line, fix="Save the file as CSV in UTF-8")


def _transpose(
    file: str, header: Iterable[Any], rows: Sequence[Sequence[Any]], notes: list[Note]
) -> dict[str, list[Cell]]:
    """Rows to named columns; doubled names are a fault, a nameless column without cells is left out."""
    header = list(header)
    if len(header) > MOST_COLUMNS:
        fix = "Divide lines by line ends; answers go in rows, one a respondent"
        raise DataError(Fault(f"the header has {len(header):,} columns", file, row=1, fix=fix))
    places: dict[str, int] = {}
    faults: list[Fault] = []
    for position, title in enumerate(header, 1):
        name = clean("" if title is None else _plain(title))
        if name != title and name:
            notes.append(("column name", name, title, 0, "blanks around the name were taken off"))
        name = name or f"(column {position})"
        if name in places:
            what = f"column {name!r} stands twice (positions {places[name]} and {position})"
            faults.append(Fault(what, file, row=1, column=name, fix="Rename or delete one of the two"))
        places.setdefault(name, position)
    if faults:
        raise DataError(faults)
    if not rows:
        raise DataError(
            Fault("the file has a header but no respondents", file, fix="Export the answers again")
        )
    return {name: [row[position - 1] for row in rows] for name, position in places.items()}


MOST_COLUMNS = 20_000


# --- workbooks, SPSS, Parquet, frames


def _read_excel(path: Path, content: bytes, known: Sequence[str]) -> RawTable:
    rows, notes = read_workbook(path.name, content)
    body = [[_plain_cell(cell) for cell in row] for row in rows[1:]]
    columns = _transpose(path.name, rows[0], body, notes)
    return RawTable(path.name, _sha256(content), columns, len(body), notes=tuple(notes))


def _read_spss(path: Path, content: bytes, known: Sequence[str]) -> RawTable:
    import pyreadstat

    try:
        frame, meta = pyreadstat.read_sav(path, user_missing=True, apply_value_formats=False)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise DataError(
            Fault(f"not a readable SPSS file ({error})", path.name, fix="Save it again")
        ) from None
    missing = {
        name: [(part["lo"], part["hi"]) for part in parts]
        for name, parts in meta.missing_ranges.items()
        if name in frame.columns
    }
    notes: list[Note] = [
        ("variable label", name, None, 0, f"SPSS: {label}")
        for name, label in meta.column_names_to_labels.items()
        if label and label != name
    ]
    columns = _frame_columns(path.name, frame, notes)
    labels = {name: dict(pairs) for name, pairs in meta.variable_value_labels.items()}
    return RawTable(path.name, _sha256(content), columns, len(frame), False, labels, missing, tuple(notes))


def _read_parquet(path: Path, content: bytes, known: Sequence[str]) -> RawTable:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            Fault(f"not a readable Parquet file ({error})", path.name, fix="Write it again")
        ) from None
    rows = [table.column(number).to_pylist() for number in range(table.num_columns)]
    narrow = [
        pyarrow.types.is_float16(part.type) or pyarrow.types.is_float32(part.type) for part in table.schema
    ]
    cells = [
        [_plain_cell(cell, short) for cell in column] for column, short in zip(rows, narrow, strict=True)
    ]
    notes: list[Note] = []
    columns = _transpose(path.name, table.column_names, list(zip(*cells, strict=True)), notes)
    return RawTable(path.name, _sha256(content), columns, table.num_rows, notes=tuple(notes))


def read_frame(frame: pd.DataFrame, name: str) -> RawTable:
    """A DataFrame as if it were a file called ``name``; its hash is that of the frame written as CSV."""
    notes: list[Note] = []
    columns = _frame_columns(name, frame, notes)
    content = frame.to_csv(index=False, lineterminator="\n").encode()
    return RawTable(name, _sha256(content), columns, len(frame), notes=tuple(notes))


def _frame_columns(file: str, frame: pd.DataFrame, notes: list[Note]) -> dict[str, list[Cell]]:
    narrow = [str(kind) in ("float32", "Float32", "float16") for kind in frame.dtypes]
    plain = frame.astype(object).where(frame.notna(), None)
    cells = [
        [_plain_cell(cell, short) for cell in plain.iloc[:, number].tolist()]
        for number, short in enumerate(narrow)
    ]
    return _transpose(file, list(frame.columns), list(zip(*cells, strict=True)), notes)


def _plain_cell(cell: Any, narrow: bool = False) -> Cell:
    """A cell of a typed format as None, text or number: what the same cell would be in a text file.

    A ``narrow`` (32-bit) number takes its short decimal form, so that 3.3 stays 3.3.
    """
    if isinstance(cell, str):
        return cell
    if cell is None or cell != cell:
        return None
    if narrow:
        import numpy as np

        return float(str(np.float32(cell)))
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return _plain(cell)
    return cell


def _plain(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
