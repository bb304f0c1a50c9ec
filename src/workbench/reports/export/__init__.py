"""Reports as files for a thesis: Word, LaTeX, tables (CSV), figures (SVG, PNG), a replication package."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench import run_records
from workbench.errors import Fault, ParameterError
from workbench.reports import manifest
from workbench.reports.export import document

FORMATS = ("docx", "latex", "csv", "svg", "png", "zip")


def export(folder: Path, kind: str, output: Path, *, answers: bool = False, raw: bool = False) -> list[Path]:
    """Write the report of a run in another form.

    Parameters
    ----------
    folder : a study's folder in a run's. kind : one of ``FORMATS``.
    output : folder for the files; made where it is not there.
    answers : put the answers themselves into a replication package.
    raw : in CSV, texts that a spreadsheet would calculate as they are; else they begin with ``'``.

    Returns
    -------
    The files written, the main one first.

    Raises
    ------
    ParameterError : an unknown form, or no good report in the folder.
    """
    if kind not in FORMATS:
        raise ParameterError(Fault(f"reports are not exported to {kind!r}", fix=f"Use {', '.join(FORMATS)}"))
    report = document.read(folder)
    output.mkdir(parents=True, exist_ok=True)
    name = _name(folder, report.entry["study"])
    if kind == "docx":
        from workbench.reports.export import word

        path = output / f"{name}.docx"
        word.write(report, path)
        return [path]
    if kind == "latex":
        from workbench.reports.export import latex

        path = output / f"{name}.tex"
        latex.write(report, path)
        return [path, *sorted(output.glob(f"{name}_figure_*.png"))]
    if kind == "csv":
        return _tables(folder, output / name, raw)
    if kind == "zip":
        from workbench.reports.export import replication

        path = output / f"{name}.zip"
        replication.write(folder, report, path, answers=answers)
        return [path]
    return _figures(report, kind, output / name)


def folders(words: Sequence[str], reports: Path) -> list[Path]:
    """Folders of reports by what a user names: folders, studies of a run's folder, or all of its reports.

    A study that was swept gives the folder of every value.

    Raises
    ------
    ParameterError : a word that names neither, or names several studies.
    """
    there = sorted(path for path in reports.glob("*") if path.is_dir() and _reports_in(path))
    found: list[Path] = []
    for word in words:
        if _reports_in(Path(word)):
            found += _reports_in(Path(word))
            continue
        named = [path for path in there if path.name.startswith(word)]
        exact = [path for path in named if path.name == word] or named
        if len(exact) != 1:
            what = f"{word!r} names no report" if not exact else f"{word!r} names {len(exact)} reports"
            known = ", ".join(path.name for path in exact or there) or "none: run a study first"
            raise ParameterError(Fault(what, file=str(reports), fix=f"There are: {known}"))
        found += _reports_in(exact[0])
    if not words:
        found = [report for path in there for report in _reports_in(path)]
    if not found:
        raise ParameterError(Fault("there are no reports here", file=str(reports), fix="Run a study first"))
    return list(dict.fromkeys(found))


def _reports_in(folder: Path) -> list[Path]:
    """The folder itself where it holds a report, else those of its folders that do."""
    if (folder / manifest.REPORT).is_file():
        return [folder]
    inside = folder.glob("*") if folder.is_dir() and not (folder / "index.html").is_file() else ()
    return sorted(path for path in inside if (path / manifest.REPORT).is_file())


def _name(folder: Path, study: str) -> str:
    """Name of the exported file: the study's, and the value of a sweep where the folder is one's."""
    return study if folder.name == study else f"{study}_{folder.name}"


def _tables(folder: Path, output: Path, raw: bool) -> list[Path]:
    written = []
    for table in sorted((folder / "tables").glob("*.csv")):
        output.mkdir(parents=True, exist_ok=True)
        written.append(Path(shutil.copyfile(table, output / table.name)))
        if raw:
            text = run_records.for_programs(table.read_bytes().decode("utf-8"))
            written[-1].write_bytes(text.encode("utf-8"))
    return written


def _figures(report: document.Document, kind: str, output: Path) -> list[Path]:
    from workbench.reports.export.pictures import png

    written = []
    for number, figure in enumerate(report.figures, 1):
        output.mkdir(parents=True, exist_ok=True)
        path = output / f"figure_{number}.{kind}"
        if kind == "svg":
            path.write_text(figure.svg, encoding="utf-8")
        else:
            path.write_bytes(png(figure.svg))
        written.append(path)
    return written
