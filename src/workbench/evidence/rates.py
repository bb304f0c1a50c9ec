"""How often a rule finds its claim over many surveys drawn from one population: the tables of rates.

One draw can be lucky. ``data/verdict_rates/NN.csv`` holds, for study NN, what each rule said on a run of
seeds of the shipped population and of populations in which the claim is false; ``workbench rates NN``
makes it anew.

Columns: study, population, claim, part, planted (yes, no; empty: not known), first_seed, seeds (surveys on
which the study decided), found, failed (surveys on which it did not), rate, lower, upper (exact 95 %
interval), outcomes (a letter a seed: y found, n not found, x failed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, Fault, SpecificationError
from workbench.resources import DATA

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FOLDER = DATA / "verdict_rates"
COLUMNS = (
    "study",
    "population",
    "claim",
    "part",
    "planted",
    "first_seed",
    "seeds",
    "found",
    "failed",
    "rate",
    "lower",
    "upper",
    "outcomes",
)
FOUND, NOT_FOUND, FAILED = "y", "n", "x"
PLANTED = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class Rate:
    """How often one rule found its claim in surveys drawn from one population.

    planted : whether the claim holds in that population; None where that is not known.
    seeds, found, failed : surveys on which the study decided, in how many the rule was met, and on how many
        the study failed. interval : exact 95 % limits of the rate.
    """

    population: str
    planted: bool | None
    seeds: int
    found: int
    failed: int
    interval: tuple[float, float]

    @property
    def rate(self) -> float | None:
        """Share of the surveys in which the rule was met; None where the study decided on none."""
        return self.found / self.seeds if self.seeds else None

    def as_record(self) -> dict[str, Any]:
        """The rate as a plain record for the run."""
        return {
            "population": self.population,
            "planted": self.planted,
            "seeds": self.seeds,
            "found": self.found,
            "failed": self.failed,
            "rate": self.rate,
            "interval": list(self.interval) if self.seeds else None,
        }


def exact_interval(found: int, seeds: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a binomial share (Clopper and Pearson 1934).

    Parameters
    ----------
    found, seeds : successes and trials.
    level : confidence, between 0 and 1.

    Returns
    -------
    tuple of float : lower and upper limit; (nan, nan) without trials.

    Notes
    -----
    Limits are the α/2 quantile of Beta(x, n − x + 1) and the 1 − α/2 quantile of Beta(x + 1, n − x).
    In R: ``binom.test(found, seeds)$conf.int``.

    Examples
    --------
    >>> from workbench.evidence.rates import exact_interval
    >>> [round(limit, 4) for limit in exact_interval(46, 50)]
    [0.8077, 0.9778]
    """
    if not 0 <= found <= seeds or not 0 < level < 1:
        raise SpecificationError(
            f"{found} of {seeds} at level {level}: give 0 ≤ found ≤ seeds, 0 < level < 1"
        )
    if seeds == 0:
        return math.nan, math.nan
    from scipy.stats import binomtest

    low, high = binomtest(found, seeds).proportion_ci(level, method="exact")
    return float(low), float(high)


def table_file(study: str) -> Path:
    """File of a study's table; ``study`` is its two-digit number.

    Parameters
    ----------
    study : two-digit number of a study.

    Examples
    --------
    >>> from workbench.evidence import rates
    >>> rates.table_file("04").name
    '04.csv'
    """
    return FOLDER / f"{study}.csv"


def read(study: str) -> pd.DataFrame:
    """A study's table of rates, one row for each population, claim and part.

    Parameters
    ----------
    study : two-digit number of a study.

    Returns
    -------
    DataFrame : the columns of the module's description; ``planted`` is True, False or None.

    Raises
    ------
    DataError : there is no table, or its columns are not those of a table of rates.

    Examples
    --------
    >>> from workbench.evidence import rates
    >>> "planted" in rates.read("04").columns
    True
    """
    import pandas as pd

    path = table_file(study)
    again = f"Run 'workbench rates {study}' to make it"
    if not path.is_file():
        raise DataError(Fault(f"no rates are kept for study {study}", file=path.name, fix=again))
    table = pd.read_csv(path, dtype={"study": str, "part": str, "planted": str, "outcomes": str}, comment="#")
    if list(table.columns) != list(COLUMNS):
        raise DataError(Fault("this is not a table of rates", file=path.name, fix=f"{again} anew"))
    table["part"] = table["part"].fillna("")
    table["planted"] = table["planted"].fillna("").map(PLANTED).astype(object)
    return table


def lookup(study: str, population: str, claim: str, part: str | None = None) -> tuple[Rate, ...]:
    """Rates of one claim: on the named population first, then on those where its truth is the opposite.

    Empty where no table is kept, or the table does not hold the claim for this population.

    Parameters
    ----------
    study : two-digit number of a study.
    population : name of the shipped population.
    claim, part : of the ledger; the part tells several verdicts on one claim apart.

    Examples
    --------
    >>> from workbench.evidence import rates
    >>> rates.lookup("04", "customer_survey", "D0-1")[0].seeds
    50
    """
    if not table_file(study).is_file():
        return ()
    table = read(study)
    rows = table[(table["claim"] == claim) & (table["part"] == (part or ""))]
    own = [_rate(row) for row in rows.itertuples() if row.population == population]
    if not own:
        return ()
    others = [_rate(row) for row in rows.itertuples() if row.population != population]
    return (own[0], *(rate for rate in others if {rate.planted, own[0].planted} == {True, False}))


def _rate(row: Any) -> Rate:
    return Rate(
        row.population, row.planted, int(row.seeds), int(row.found), int(row.failed), (row.lower, row.upper)
    )
