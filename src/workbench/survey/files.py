"""Files of answers as they are: columns of raw cells, whatever the format.

A cell is None (empty), a text, or a number; nothing is interpreted here. `workbench.survey.responses` gives
the cells their meaning, in the same way for every format.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench import run_records
from workbench.errors import DataError, Fault
from workbench.survey import typed_files
from workbench.survey.codebook_schema import FileForm
from workbench.survey.grids import Grid, plain, plain_cell, text_grid, workbook_grid
from workbench.survey.headers import column_names, doubled, note_blanks, split_grid
from workbench.survey.raw_table import RawTable, sha256
from workbench.survey.workbooks import OLD

ENDINGS = {
    ".csv": ("text", b""),
    ".tsv": ("text", b""),
    ".txt": ("text", b""),
    ".xlsx": ("workbook", b"PK"),
    ".xlsm": ("workbook", b"PK"),
    ".xls": ("workbook", OLD),
    ".sav": ("spss", b"$FL"),
    ".zsav": ("spss", b"$FL"),
    ".dta": ("stata", b""),
    ".parquet": ("parquet", b"PAR1"),
}
MOST_BYTES = 2 << 30
_MAGIC = {
    "an Excel workbook": b"PK\x03\x04",
    "an old Excel workbook (.xls)": OLD,
    "an SPSS file": b"$FL",
    "a Parquet file": b"PAR1",
    "a Stata file": b"<stata_dta>",
    "a PDF": b"%PDF",
}


def read_file(file: str | Path, known: Sequence[str] = (), reading: FileForm | None = None) -> RawTable:
    """Read a file of answers by its ending.

    Parameters
    ----------
    file : its path.
    known : the codebook's texts, which tell encodings and delimiters apart.
    reading : encoding, sheet, header rows and decimal sign where they are said.

    Raises
    ------
    DataError : a file that is absent, empty, damaged, or not what its ending says.
    """
    path, reading = Path(file), reading or FileForm()
    content, kind = open_content(path)
    if kind in ("text", "workbook"):
        return grid_table(read_grid(path, content, kind, known, reading), sha256(content), reading)
    return read_typed(path, content, kind, reading)


def read_grid(path: Path, content: bytes, kind: str, known: Sequence[str], reading: FileForm) -> Grid:
    """The cells of a text file or a workbook's sheet, before any row is a header."""
    if kind == "workbook":
        return workbook_grid(path, content, reading.sheet)
    _no_sheet(path.name, reading)
    return text_grid(path.name, content, known, reading.encoding)


def read_typed(path: Path, content: bytes, kind: str, reading: FileForm) -> RawTable:
    """A table of a format that names its columns itself: SPSS, Stata, Parquet."""
    _no_sheet(path.name, reading)
    reader = {
        "spss": typed_files.read_spss,
        "stata": typed_files.read_stata,
        "parquet": typed_files.read_parquet,
    }[kind]
    return reader(path, content, reading)


def _no_sheet(file: str, reading: FileForm) -> None:
    if reading.sheet is not None:
        what = f"the sheet {reading.sheet!r} was named, but only a workbook (.xlsx, .xls) has sheets"
        raise DataError(Fault(what, file, fix="Take 'sheet' out"))


def open_content(path: Path) -> tuple[bytes, str]:
    """A file's bytes and its kind (text, workbook, spss, stata, parquet)."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        fix = f"Use one of {', '.join(ENDINGS)}"
        raise DataError(Fault(f"files ending in {ending or 'nothing'!r} are not read", path.name, fix=fix))
    try:
        if path.exists() and not path.is_file():
            raise DataError(Fault("this is a folder, a pipe or a device", path.name, fix="Name a file"))
        size = path.stat().st_size
        if size > MOST_BYTES:
            what = f"the file has {size:,} bytes, and {MOST_BYTES:,} are read"
            raise DataError(Fault(what, path.name, fix="Leave out columns, or take a sample of the rows"))
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Fault("no such file", path.name, fix="Check the path")) from None
    except OSError as error:
        fix = "Check the path and who may read it"
        raise DataError(Fault(f"the file cannot be opened ({error.strerror})", path.name, fix=fix)) from None
    except ValueError as error:  # a path with a null character
        if isinstance(error, DataError):
            raise
        raise DataError(Fault("no such file", repr(path.name), fix="Check the path")) from None
    run_records.opened(path, content)
    if not content:
        raise DataError(Fault("the file is empty", path.name, fix="Export the answers again"))
    kind, magic = ENDINGS[ending]
    found = next((name for name, mark in _MAGIC.items() if content.startswith(mark)), "text")
    if not content.startswith(magic) or (kind == "text" and found != "text"):
        fix = "Give the file the ending of what it holds, or export it again"
        raise DataError(
            Fault(f"the ending says {ending} but the content looks like {found}", path.name, fix=fix)
        )
    return content, kind


def grid_table(grid: Grid, digest: str, reading: FileForm) -> RawTable:
    """The named columns of a grid, as ``reading`` says where its header and its answers are."""
    heads, answers = split_grid(grid, reading)
    names = column_names(heads)
    notes = list(grid.notes)
    if len(heads) == 1:
        titles = ["" if cell is None else plain(cell) for cell in grid.without(reading.title_rows, 0).rows[0]]
        note_blanks(titles, heads[0], notes)
    columns = {name: [plain_cell(row[place]) for row in answers.rows] for place, name in enumerate(names)}
    return RawTable(
        grid.file,
        digest,
        columns,
        len(answers.rows),
        numbers=answers.numbers,
        decimal=reading.decimal,
        comma_likely=grid.comma_likely,
        heads=heads,
        doubled=doubled(heads[0]) if len(heads) == 1 else {},
        others=grid.others,
        sheet=grid.sheet,
        notes=tuple(notes),
    )
