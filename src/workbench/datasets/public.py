"""Public surveys that come inside installable packages; nothing of them is stored here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import DataError, Fault
from workbench.survey.responses import Survey, survey_from_frame

if TYPE_CHECKING:
    import pandas as pd

# Name of the codebook -> name of the table in mistat.
MISTAT = {"abc2": "ABC2", "abc": "ABC"}


def public_survey(name: str, codebook: Path) -> Survey:
    """A public survey with the codebook that we wrote for it.

    Parameters: ``name``, a key of ``MISTAT``; ``codebook``, its YAML file.
    Errors: ``DataError`` with how to install the package where it is absent.
    Source: R. S. Kenett, S. Salini (eds.), Modern Analysis of Customer Surveys, Wiley 2012; package mistat.
    """
    table = MISTAT[name]
    return survey_from_frame(_mistat(table), codebook, f"mistat {table}")


def _mistat(table: str) -> pd.DataFrame:
    """What ``mistat.load_data(table)`` returns; importing mistat for it would take seconds."""
    import pandas as pd

    package = find_spec("mistat")
    if package is None or package.origin is None:
        fix = (
            "Install the extra: pip install 'crm-survey-workbench[public]' (or mistat); make reports does it"
        )
        raise DataError(
            Fault("the public survey comes with the package mistat, which is absent", table, fix=fix)
        )
    path = Path(package.origin).parent / "csvFiles" / f"{table}.csv.gz"
    if not path.exists():
        raise DataError(Fault("this version of mistat has no such table", table, fix="Install mistat 0.1.17"))
    return pd.read_csv(path)
