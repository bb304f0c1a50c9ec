"""What single studies compute, so that notebook, tests and the tables of rates call the same functions.

A module of this room belongs to one study and gives

``SHIPPED``
    name of the shipped population, such as ``"customer_survey"``;
``truths(population) -> dict[str, bool]``
    whether each hypothesis holds in a population, from its paths; keys as in the notebook: ``"D0-1"``,
    ``"D0-2 every pair"``;
``nulls(population) -> dict[str, Population]``
    populations in which claims are false, by what they are: the name goes on from "with", as in
    "no effect of CRM use";
``decide(survey, *, seed, truths=None) -> list[Verdict]``
    the rules of the notebook on one survey.

It may further give ``PARAMETERS`` (the notebook's parameters on which a verdict depends, with their shipped
values), ``population()`` and ``simulate(population, seed)`` where the shipped population or what is drawn
from it is more than `load_population` and `simulate` of this module give (a panel beside a survey, say).

In a notebook::

    planted = studies.planted("04", survey, level=level)
    decided = planted.rated(customer_loyalty.decide(survey, seed=seed, truths=planted.truths))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from workbench import run_records
from workbench.errors import Fault, SpecificationError
from workbench.evidence import rates

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

# Study's number -> its module in this room.
REGISTRY: dict[str, str] = {
    "02": "exploratory_factors",
    "03": "measurement_model",
    "04": "customer_loyalty",
    "05": "group_differences",
    "06": "drivers_of_loyalty",
    "07": "loyalty_threshold",
    "10": "satisfaction_index",
    "11": "effectiveness_regression",
    "12": "effectiveness_index",
    "13": "improvement",
    "14": "customer_segments",
    "15": "customer_lifetime",
}


class Study(Protocol):
    """What a module of this room gives."""

    SHIPPED: str

    def truths(self, population: Any) -> dict[str, bool]: ...

    def nulls(self, population: Any) -> dict[str, Any]: ...

    def decide(
        self, survey: Any, *, seed: int, truths: Mapping[str, bool] | None = None
    ) -> list[Verdict]: ...


def module(number: str) -> Any:
    """The module of a study, by its two-digit number.

    Parameters
    ----------
    number : such as ``"04"``.

    Raises
    ------
    SpecificationError : no study of this number has verdicts on simulated data.

    Examples
    --------
    >>> from workbench import studies
    >>> studies.module("04").SHIPPED
    'customer_survey'
    """
    if number not in REGISTRY:
        known = ", ".join(REGISTRY) or "none"
        raise SpecificationError(
            Fault(f"study {number!r} has no module in workbench.studies", fix=f"Those that have: {known}")
        )
    return import_module(f"workbench.studies.{REGISTRY[number]}")


def key(claim: str, part: str | None = None) -> str:
    """A hypothesis as the notebooks name it: ``D0-2 every pair``.

    Parameters
    ----------
    claim : id of the ledger.
    part : tells several hypotheses on one claim apart.

    Examples
    --------
    >>> from workbench import studies
    >>> studies.key("D0-2", "every pair")
    'D0-2 every pair'
    """
    return f"{claim} {part}" if part else claim


def population_of(study: Any) -> Any:
    """The shipped population of a study's module.

    Parameters
    ----------
    study : a module of this room.

    Examples
    --------
    >>> from workbench import studies
    >>> studies.population_of(studies.module("04")).name
    'customer_survey'
    """
    if hasattr(study, "population"):
        return study.population()
    from workbench.datasets import load_population

    return load_population(study.SHIPPED)


def simulate(population: Population, seed: int) -> Survey:
    """A survey drawn from a population: the codebook of its name, other answers.

    Parameters
    ----------
    population : a shipped one or a change of it.
    seed : of the draw.

    Returns
    -------
    Survey : of as many respondents as the population's description says.

    Examples
    --------
    >>> from workbench import studies
    >>> population = studies.population_of(studies.module("04"))
    >>> studies.simulate(population, seed=3).rows
    1000
    """
    return drawn_like(population.name, population.simulate(seed=seed).responses)


def drawn_like(name: str, responses: pd.DataFrame) -> Survey:
    """A survey of these answers with the codebook of a shipped one, which it is not.

    Parameters
    ----------
    name : of a shipped survey.
    responses : answers with its columns.

    Examples
    --------
    >>> from workbench import studies
    >>> from workbench.datasets import open_dataset
    >>> studies.drawn_like("customer_survey", open_dataset("customer_survey").responses.head(5)).rows
    5
    """
    like = _codebook_of(name)
    extra = like.extra.iloc[:0].reindex(responses.index)  # nothing stands in columns that were not drawn
    return replace(like, responses=responses, extra=extra, sha256="", rows=len(responses))


@cache
def _codebook_of(name: str) -> Survey:
    """A survey of the catalog, for the codebook of those that are drawn like it."""
    from workbench.datasets import open_dataset

    return open_dataset(name)


@dataclass(frozen=True)
class Planted:
    """What is planted in the survey that a study runs on, and the rates of its verdicts.

    truths : hypothesis -> whether it holds in the population; empty where that is not known.
    shipped : the population, the parameters and so the rules are those of the table of rates.
    why : where they are not, what is different.
    """

    study: str
    population: str
    truths: Mapping[str, bool] = field(default_factory=dict)
    shipped: bool = False
    why: str = ""

    def rated(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """The verdicts with their rates over seeds beside them, where the table is about this very case."""
        return [self._rated(verdict) for verdict in verdicts]

    def _rated(self, verdict: Verdict) -> Verdict:
        if not self.shipped or verdict.kind != "simulated":
            return verdict
        found = rates.lookup(self.study, self.population, verdict.claim, verdict.part)
        if not found:
            return verdict
        rated = replace(verdict, rates=found)
        run_records.record("rate", rated.as_record())
        return rated


def planted(number: str, survey: Survey, **parameters: Any) -> Planted:
    """What is planted in a survey, for the verdicts of one study.

    Parameters
    ----------
    number : the study's two-digit number.
    survey : as it was opened, before any respondent is left out.
    parameters : the notebook's values of the parameters that the study's module lists in ``PARAMETERS``,
        all of them.

    Returns
    -------
    Planted : truths only for the shipped survey as a whole; rates only if every parameter is the shipped one.

    Raises
    ------
    SpecificationError : no such study, or parameters other than those that the module lists.

    Examples
    --------
    >>> from workbench import studies
    >>> from workbench.datasets import open_dataset
    >>> studies.planted("02", open_dataset("customer_survey"), **studies.module("02").PARAMETERS).shipped
    True
    """
    study = module(number)
    shipped = getattr(study, "PARAMETERS", {})
    if set(parameters) != set(shipped):
        wanted, given = (", ".join(names) or "none" for names in (shipped, parameters))
        raise SpecificationError(
            f"study {number}: its rules depend on the parameters {wanted}; given: {given}"
        )
    if survey.kind != "simulated":
        return Planted(number, study.SHIPPED, why="these data are not simulated")
    if not _is_shipped(survey, study.SHIPPED):
        return Planted(number, study.SHIPPED, why="this is not the shipped survey as a whole")
    truths = study.truths(population_of(study))
    changed = [name for name, value in parameters.items() if value != shipped[name]]
    if changed:
        return Planted(
            number, study.SHIPPED, truths, why=f"{', '.join(changed)} differ from the shipped values"
        )
    return Planted(number, study.SHIPPED, truths, shipped=True)


def _is_shipped(survey: Survey, name: str) -> bool:
    import hashlib

    from workbench.resources import DATA

    path = DATA / f"{name}.csv"
    if not path.is_file() or len(survey.responses) != survey.rows:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == survey.sha256
