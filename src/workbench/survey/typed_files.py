"""Files that name their columns and type their cells: SPSS, Stata, Parquet, and DataFrames."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, Fault
from workbench.survey.apart import read_apart
from workbench.survey.codebook_schema import FileForm
from workbench.survey.grids import Cell, plain_cell
from workbench.survey.headers import named_columns
from workbench.survey.raw_table import RawTable, sha256
from workbench.survey.workbooks import Note

if TYPE_CHECKING:
    import pandas as pd

# Of a Parquet file: a small one can hold billions of cells.
MOST_CELLS, MOST_UNPACKED, MOST_MEMORY = 150_000_000, 1_000_000_000, 2 << 30
ROWS_AT_ONCE, MOST_KNOWN = 65_536, 65_536
POINTER = 8  # bytes that a cell takes which is an object that is there already
LONGEST = 131_072  # characters of a cell, as in a text file
SMALLER = "Write the columns of the codebook alone, or a sample of the rows"


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
    """A Parquet file, bounded by what it says of itself and then by what its cells take.

    A value that stands in many rows is written once in such a file, so a small one can hold more cells, and
    far more text, than any memory. It is read piece by piece; equal values stay one object here too.
    """
    import pyarrow
    import pyarrow.parquet

    broken = (pyarrow.ArrowException, OSError, OverflowError, ValueError)
    try:
        buffer = pyarrow.BufferReader(content)
        names = _text_columns(pyarrow.parquet.read_schema(buffer))
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content), read_dictionary=names)
        _refuse_by_its_word(path.name, file.metadata)
        columns = [_Column(path.name, field) for field in file.schema_arrow]
        for piece in file.iter_batches(batch_size=ROWS_AT_ONCE):
            for column, part in zip(columns, piece.columns, strict=True):
                column.take(part)
            if sum(column.bytes for column in columns) > MOST_MEMORY:
                what = (
                    f"the first {len(columns[0].cells):,} of its {file.metadata.num_rows:,} rows take more "
                )
                what += f"than {MOST_MEMORY:,} bytes of memory, and so many are read"
                raise DataError(Fault(what, path.name, fix=SMALLER))
    except DataError:
        raise
    except broken as error:
        raise DataError(
            Fault(f"not a readable Parquet file ({error})", path.name, fix="Write it again")
        ) from None
    notes: list[Note] = []
    cells = [column.cells for column in columns]
    named = named_columns(path.name, file.schema_arrow.names, cells, notes)
    return RawTable(path.name, sha256(content), named, file.metadata.num_rows, notes=tuple(notes))


def _text_columns(schema: Any) -> list[str]:
    """Columns of texts, which are left as a list of the distinct ones and a number for each row."""
    from pyarrow import types

    kinds = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return [field.name for field in schema if any(kind(field.type) for kind in kinds)]


def _refuse_by_its_word(file: str, metadata: Any) -> None:
    """Raise for a file that says itself that it holds more than is read; lists count with all their parts."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    cells, size = (
        sum(chunk.num_values for chunk in chunks),
        sum(one.total_uncompressed_size for one in chunks),
    )
    if cells > MOST_CELLS:
        what = f"the file holds {cells:,} cells ({metadata.num_rows:,} rows), and {MOST_CELLS:,} are read"
        raise DataError(Fault(what, file, fix=SMALLER))
    if size > MOST_UNPACKED:
        what = f"the file unpacks to {size:,} bytes, and {MOST_UNPACKED:,} are read"
        raise DataError(Fault(what, file, fix=SMALLER))


class _Column:
    """The cells of one column as they are read, and the bytes that they take; equal values are one object."""

    def __init__(self, file: str, field: Any):
        from pyarrow import types

        self.file, self.name, self.type = file, field.name, field.type
        self.narrow = types.is_float16(field.type) or types.is_float32(field.type)
        self.cells: list[Cell] = []
        self.bytes = 0
        self._known: dict[Any, Cell] = {}

    def take(self, part: Any) -> None:
        """Add a piece of the column."""
        import pyarrow

        with contextlib.suppress(pyarrow.ArrowNotImplementedError):  # lists and the like stay as they are
            part = part.dictionary_encode()
        try:
            if isinstance(part, pyarrow.DictionaryArray):
                values = [self._cell(value) for value in part.dictionary.to_pylist()]
                places = part.indices.fill_null(len(values)).to_pylist()
                self.cells += map([*values, None].__getitem__, places)
            else:
                self.cells += [self._cell(value) for value in part.to_pylist()]
        except (pyarrow.ArrowException, OSError, OverflowError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            # dates beyond the year 9999, time zones that no one knows
            what = f"its values ({self.type}) have no form that a cell can hold ({str(error).rstrip('.')})"
            fix = "Write the column as text or as a number, or leave it out"
            raise DataError(Fault(what, self.file, column=self.name, fix=fix)) from None
        self.bytes += POINTER * len(part)

    def _cell(self, value: Any) -> Cell:
        try:
            return self._known[value]
        except (KeyError, TypeError):  # a new one, or a list, which is no key
            cell = plain_cell(value, self.narrow)
        if isinstance(cell, str) and len(cell) > LONGEST:
            what = f"a cell has more than {LONGEST:,} characters"
            raise DataError(
                Fault(what, self.file, column=self.name, fix="Shorten it, or leave the column out")
            )
        self.bytes += sys.getsizeof(cell)
        if len(self._known) < MOST_KNOWN and isinstance(value, Hashable):
            self._known[value] = cell
        return cell


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
