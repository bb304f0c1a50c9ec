"""Surveys by name: the shipped simulated and printed ones, and public ones from other packages.

A shipped survey is a codebook ``data/codebooks/<name>.yaml`` with answers in ``data/<name>.csv`` or
``data/printed/<name>.csv``; a public one has the codebook only. A variant of a simulated population (a file
of ``data/populations`` that names its ``base``) has neither: it is simulated when it is opened.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path

from workbench import run_records
from workbench.datasets.population import load_population
from workbench.datasets.public import PUBLIC, public_survey
from workbench.errors import DataError, Fault, ParameterError
from workbench.resources import DATA
from workbench.survey.codebook import Codebook, read_codebook
from workbench.survey.opening import open_survey, survey_from_frame
from workbench.survey.responses import Survey


def names() -> tuple[str, ...]:
    """Names that `open_dataset` knows."""
    return tuple(sorted([*(path.stem for path in (DATA / "codebooks").glob("*.yaml")), *variants()]))


def variants() -> dict[str, str]:
    """Simulated populations that vary another one: name → name of the base."""
    found = {}
    for path in sorted((DATA / "populations").glob("*.yaml")):
        if base := re.search(r"^base: *(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[path.stem] = base[1]
    return found


def open_dataset(name: str) -> Survey:
    """A survey of the catalog.

    Parameters
    ----------
    name : for instance ``customer_survey`` (simulated) or ``abc2`` (public).

    Returns
    -------
    Survey

    Raises
    ------
    DataError : an unknown name (with a guess), or a package that is not installed.

    Examples
    --------
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("ten_firms")
    >>> survey.kind, survey.responses.shape
    ('printed', (10, 6))
    """
    if name in variants():
        return survey_from_frame(load_population(name).simulate().raw, open_codebook(name), name)
    codebook = _codebook_file(name)
    if name in PUBLIC:
        return public_survey(name, codebook)
    for folder in (DATA, DATA / "printed"):
        if (folder / f"{name}.csv").exists():
            return open_survey(folder / f"{name}.csv", codebook=codebook)
    raise DataError(
        Fault(f"the dataset {name!r} has a codebook but no answers", fix="Clone the repository again")
    )


def open_codebook(name: str) -> Codebook:
    """The codebook of a survey of the catalog, without its answers.

    Parameters
    ----------
    name : of the catalog, such as ``customer_survey``.

    Examples
    --------
    >>> from workbench.datasets import open_codebook
    >>> open_codebook("customer_survey").label("crm_use")
    'CRM use as the customer meets it'
    """
    if name in variants():
        book = load_population(name).codebook()
        return replace(open_codebook(variants()[name]), title=book["title"], source=book["source"])
    return read_codebook(_codebook_file(name))


def study_survey(default: str, survey_file: str = "", codebook_file: str = "") -> Survey:
    """The survey that a study runs on, recorded with the run.

    Parameters
    ----------
    default : a name of the catalog.
    survey_file, codebook_file : the reader's own, both or neither.

    Returns
    -------
    Survey : a reader's has the kind that its codebook says (``user`` where it says none).

    Raises
    ------
    ParameterError : one file without the other. Further those of `open_survey` and `open_dataset`.

    Examples
    --------
    >>> from workbench.datasets import study_survey
    >>> study_survey("ten_firms").kind
    'printed'
    """
    if bool(survey_file) != bool(codebook_file):
        given, lacking = ("survey_file", "codebook_file")[:: 1 if survey_file else -1]
        fix = "A file of answers and its codebook go together; leave both empty for the shipped data"
        raise ParameterError(Fault(f"{given} is given but {lacking} is empty", fix=fix))
    survey = open_survey(survey_file, codebook=codebook_file) if survey_file else open_dataset(default)
    run_records.record(
        "data",
        {
            "data_kind": survey.kind,
            "name": "" if survey_file else default,
            "title": survey.title,
            "source": survey.source,
            "file": survey.file,
            "sha256": survey.sha256,
            "rows": survey.rows,
        },
    )
    return survey


def _codebook_file(name: str) -> Path:
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise DataError(Fault(f"no dataset {name!r}", fix=f"{guess}There are: {', '.join(names())}"))
    return DATA / "codebooks" / f"{name}.yaml"
