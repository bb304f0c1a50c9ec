"""Files that name their columns and type their cells: SPSS, Stata, Parquet, and DataFrames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import DataError, Fault
from workbench.survey.apart import read_apart
from workbench.survey.codebook_schema import FileForm
from workbench.survey.grids import Cell, plain_cell
from workbench.survey.headers import named_columns
from workbench.survey.raw_table import RawTable, sha256
from workbench.survey.workbooks import Note

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS = 150_000_000  # of a Parquet file; a small one can say that it holds billions


def read_spss(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """An SPSS file: answers, value labels, variable labels, user-missing values."""
    return _labelled(path, "spss", "SPSS", content, reading)


def read_stata(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """A Stata file: answers, value labels, variable labels; its letters of missing (.a to .z) are missing."""
    return _labelled(path, "stata", "Stata", content, reading)


def _labelled(path: Path, kind: str, program: str, content: bytes, reading: FileForm) -> RawTable:
    fix = "Save it again; if its texts are in an old encoding, name it: --encoding gb18030, say"
    options = {} if reading.encoding is None else {"encoding": reading.encoding}
    found = read_apart(path, kind, program, fix, **options)
    given = found["columns"]
    texts = {name: label for name, label in found["variable_labels"].items() if label and label != name}
    notes: list[Note] = [
        ("variable label", name, None, 0, f"{program}: {label}") for name, label in texts.items()
    ]
    cells = [[plain_cell(cell) for cell in column] for _, column in given]
    columns = named_columns(path.name, [name for name, _ in given], cells, notes)
    return RawTable(
        path.name,
        sha256(content),
        columns,
        len(cells[0]),
        value_labels=found["value_labels"],
        user_missing={name: parts for name, parts in found["missing"].items() if name in columns},
        variable_labels=texts,
        measures=found["measures"],
        notes=tuple(notes),
    )


def read_parquet(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """A Parquet file."""
    import pyarrow
    import pyarrow.parquet

    broken = (pyarrow.ArrowException, OSError, OverflowError, ValueError)
    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content))
        rows, width = file.metadata.num_rows, len(file.schema_arrow)
        if rows * width > MOST_CELLS:
            what = f"the file holds {rows:,} rows of {width:,} columns, and {MOST_CELLS:,} cells are read"
            fix = "Write the columns of the codebook alone, or a sample of the rows"
            raise DataError(Fault(what, path.name, fix=fix))
        table = file.read()
    except DataError:
        raise
    except broken as error:
        raise DataError(
            Fault(f"not a readable Parquet file ({error})", path.name, fix="Write it again")
        ) from None
    cells = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kinds = pyarrow.types
        narrow = kinds.is_float16(column.type) or kinds.is_float32(column.type)
        try:
            cells.append([plain_cell(cell, narrow) for chunk in column.chunks for cell in chunk.to_pylist()])
        except broken as error:  # dates beyond the year 9999, time zones that no one knows
            what = f"its values ({column.type}) have no form that a cell can hold ({str(error).rstrip('.')})"
            fix = "Write the column as text or as a number, or leave it out"
            raise DataError(Fault(what, path.name, column=name, fix=fix)) from None
    notes: list[Note] = []
    columns = named_columns(path.name, table.column_names, cells, notes)
    return RawTable(path.name, sha256(content), columns, table.num_rows, notes=tuple(notes))


def read_frame(frame: pd.DataFrame, name: str) -> RawTable:
    """A DataFrame as if it were a file called ``name``; its hash is that of the frame written as CSV."""
    notes: list[Note] = []
    columns = frame_columns(name, frame, notes)
    content = frame.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogatepass")
    return RawTable(name, sha256(content), columns, len(frame), notes=tuple(notes))


def frame_columns(file: str, frame: pd.DataFrame, notes: list[Note]) -> dict[str, list[Cell]]:
    """A DataFrame's columns as raw cells."""
    narrow = [str(kind) in ("float32", "Float32", "float16") for kind in frame.dtypes]
    plain = frame.astype(object).where(frame.notna(), None)
    cells = [
        [plain_cell(cell, short) for cell in plain.iloc[:, number].tolist()]
        for number, short in enumerate(narrow)
    ]
    return named_columns(file, list(frame.columns), cells, notes)
