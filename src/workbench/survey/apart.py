"""Files of SPSS, Stata and old Excel, read in a process of its own.

Their readers are written in C and Rust and trust what a file says of itself: a damaged file can end the
process, or ask for all of its memory. So another process reads, with bounds of memory and of time, and only
lists of plain values come back.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import DataError, Fault

ROOM = 1 << 30  # bytes that a reader may take beside what the file's size asks for
ROOM_PER_BYTE = 100
READER = "from workbench.survey.apart import main; main()"
SECONDS, BYTES_PER_SECOND = 60, 500_000


def read_apart(path: Path, kind: str, what: str, fix: str, **options: Any) -> Any:
    """What the reader of a kind of file gives.

    Parameters
    ----------
    path : the file. kind : ``spss``, ``stata`` or ``old_excel``. options : of the reader.
    what, fix : what a message calls such a file, and what it advises.

    Raises
    ------
    DataError : the file cannot be read, or not within the bounds.
    """
    size = path.stat().st_size
    seconds = SECONDS + size / BYTES_PER_SECOND
    source = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        answer = Path(folder) / "answer"
        task = (str(path.resolve()), kind, str(answer), ROOM + ROOM_PER_BYTE * size, seconds, options)
        try:
            subprocess.run(
                [sys.executable, "-P", "-c", READER],
                input=pickle.dumps(task),
                env=environment,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            said = f"reading takes longer than {seconds:.0f} s"
            raise DataError(Fault(f"not a readable {what} file ({said})", path.name, fix=fix)) from None
        try:
            done, found = pickle.loads(answer.read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            done, found = False, "its reader broke off: the file is damaged, or asks for too much memory"
    if not done:
        raise DataError(Fault(f"not a readable {what} file ({found})", path.name, fix=fix))
    return found


def main() -> None:
    """The other process: reads, and leaves what it read in the file that it was told."""
    file, kind, answer, room, seconds, options = pickle.load(sys.stdin.buffer)
    try:
        found = True, READERS[kind](file, room, seconds, **options)
    except Exception as error:  # whatever a reader raises on a damaged file, it is said of the file
        found = False, str(error) or type(error).__name__
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a reader in Rust raises
            raise
        found = False, str(error)
    Path(answer).write_bytes(pickle.dumps(found))


def _bounded(room: int, seconds: float) -> None:
    """No more memory than what is in use and ``room``, no more time than ``seconds`` of a processor."""
    try:
        import resource
    except ImportError:  # Windows: the time alone is bounded, by the process that waits
        return
    status = Path("/proc/self/statm")  # of Linux; elsewhere what Python itself takes is small beside the room
    used = int(status.read_text().split()[0]) * resource.getpagesize() if status.exists() else 0
    resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _statistics_file(name: str, file: str, room: int, seconds: float, **options: Any) -> dict[str, Any]:
    """Answers by column, missing ones None, and what the file says of its columns."""
    import pyreadstat

    _bounded(room, seconds)
    read = getattr(pyreadstat, name)
    answers, meta = read(file, user_missing=True, apply_value_formats=False, output_format="dict", **options)
    ranges = {
        column: [(part["lo"], part["hi"]) for part in parts] for column, parts in meta.missing_ranges.items()
    }
    letters = {column: [(code, code) for code in codes] for column, codes in meta.missing_user_values.items()}
    return {
        "columns": [(column, [_plain(cell) for cell in cells]) for column, cells in answers.items()],
        "variable_labels": dict(meta.column_names_to_labels),
        "value_labels": {column: dict(pairs) for column, pairs in meta.variable_value_labels.items()},
        "missing": {**ranges, **letters},
        "measures": dict(getattr(meta, "variable_measure", None) or {}),
    }


def _plain(cell: Any) -> Any:
    cell = cell.item() if hasattr(cell, "item") else cell
    return None if cell is None or (isinstance(cell, float) and cell != cell) else cell


def _spss(file: str, room: int, seconds: float, **options: Any) -> dict[str, Any]:
    return _statistics_file("read_sav", file, room, seconds, **options)


def _stata(file: str, room: int, seconds: float, **options: Any) -> dict[str, Any]:
    return _statistics_file("read_dta", file, room, seconds, **options)


def _old_excel(file: str, room: int, seconds: float) -> list[tuple[str, bool, list[list[Any]]]]:
    """Every sheet of a workbook of Excel 97 to 2003: its name, whether it is seen, its rows."""
    import python_calamine

    _bounded(room, seconds)
    book = python_calamine.CalamineWorkbook.from_path(file)
    seen, kind = python_calamine.SheetVisibleEnum.Visible, python_calamine.SheetTypeEnum.WorkSheet
    return [
        (one.name, one.visible == seen, book.get_sheet_by_name(one.name).to_python(skip_empty_area=False))
        for one in book.sheets_metadata
        if one.typ == kind
    ]


READERS: dict[str, Callable[..., Any]] = {"spss": _spss, "stata": _stata, "old_excel": _old_excel}
