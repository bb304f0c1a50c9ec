"""Making the tables of rates: each study's rules on many surveys drawn from its populations.

Surveys differ in their seed alone, the same seeds in every population, so a table does not depend on how many
workers made it. A survey on which a study fails is counted and said, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench import parallel, studies
from workbench.errors import Fault, SpecificationError
from workbench.evidence import rates

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SEEDS, FIRST_SEED = 50, 1
HEAD = "# Made by 'workbench rates {study}'; letters of outcomes: y found, n not found, x failed.\n"


@dataclass(frozen=True)
class Draw:
    """One survey to be drawn and judged: a study's module, the name of the population, the seed."""

    module: str
    population: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """Whether each hypothesis was found in one survey; ``failure`` says why there is none."""

    found: Mapping[str, bool]
    failure: str | None = None


@dataclass(frozen=True)
class Made:
    """A table of rates as made, and the failures on the way: (population, seed, what happened)."""

    table: pd.DataFrame
    failures: tuple[tuple[str, int, str], ...]


def populations(study: Any) -> dict[str, Any]:
    """The shipped population of a study's module and those in which claims are false, by name.

    Raises
    ------
    SpecificationError : a null population has the name of the shipped one.
    """
    shipped = studies.population_of(study)
    nulls = study.nulls(shipped)
    if study.SHIPPED in nulls:
        raise SpecificationError(f"a null population is named {study.SHIPPED!r}, like the shipped one")
    return {study.SHIPPED: shipped, **nulls}


def make(
    number: str,
    *,
    seeds: int = SEEDS,
    first_seed: int = FIRST_SEED,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Simulate a study's populations over seeds and count how often each rule is met.

    Parameters
    ----------
    number : the study's two-digit number.
    seeds, first_seed : surveys per population, and the seed of the first; the next seeds follow.
    jobs : workers; the cores at hand by default.
    progress : called as ``progress(done, total)`` after every survey.

    Returns
    -------
    Made : the table of `workbench.evidence.rates`, and what failed.

    Raises
    ------
    SpecificationError : no such study, or fewer than one seed.
    """
    if seeds < 1 or first_seed < 0:
        raise SpecificationError(f"{seeds} seeds from {first_seed}: give at least one, from 0 or more")
    study = studies.module(number)
    truths = {name: study.truths(one) for name, one in populations(study).items()}
    draws = [
        Draw(study.__name__, name, seed) for name in truths for seed in range(first_seed, first_seed + seeds)
    ]
    outcomes = parallel.map(judged, draws, jobs=jobs, progress=progress)
    by_population: dict[str, list[Outcome]] = {name: [] for name in truths}
    for draw, outcome in zip(draws, outcomes, strict=True):
        by_population[draw.population].append(outcome)
    failures = tuple(
        (draw.population, draw.seed, outcome.failure)
        for draw, outcome in zip(draws, outcomes, strict=True)
        if outcome.failure is not None
    )
    return Made(_table(number, truths, by_population, first_seed), failures)


def judged(draw: Draw) -> Outcome:
    """Draw one survey and apply the study's rules to it."""
    study = import_module(draw.module)
    population = _populations(draw.module)[draw.population]
    simulate = getattr(study, "simulate", studies.simulate)
    try:
        verdicts = study.decide(simulate(population, draw.seed), seed=draw.seed)
    except Exception as error:  # whatever a study does on one survey, the other surveys are judged
        return Outcome({}, f"{type(error).__name__}: {error}")
    return Outcome({studies.key(one.claim, one.part): one.found for one in verdicts if one.found is not None})


@cache
def _populations(module: str) -> dict[str, Any]:
    """A study's populations, read once in a worker."""
    return populations(import_module(module))


def _table(
    number: str,
    truths: Mapping[str, Mapping[str, bool]],
    outcomes: Mapping[str, Sequence[Outcome]],
    first_seed: int,
) -> pd.DataFrame:
    import pandas as pd

    keys = dict.fromkeys(key for several in outcomes.values() for one in several for key in one.found)
    written = {value: word for word, value in rates.PLANTED.items()}
    rows = []
    for population, several in outcomes.items():
        for key in keys:
            letters = "".join(_letter(one, key) for one in several)
            found, failed = letters.count(rates.FOUND), letters.count(rates.FAILED)
            decided = len(letters) - failed
            claim, _, part = key.partition(" ")
            lower, upper = rates.exact_interval(found, decided)
            rows.append(
                {
                    "study": number,
                    "population": population,
                    "claim": claim,
                    "part": part,
                    "planted": written[truths[population].get(key)],
                    "first_seed": first_seed,
                    "seeds": decided,
                    "found": found,
                    "failed": failed,
                    "rate": round(found / decided, 4) if decided else None,
                    "lower": round(lower, 4),
                    "upper": round(upper, 4),
                    "outcomes": letters,
                }
            )
    return pd.DataFrame(rows, columns=list(rates.COLUMNS))


def _letter(outcome: Outcome, key: str) -> str:
    if key not in outcome.found:
        return rates.FAILED
    return rates.FOUND if outcome.found[key] else rates.NOT_FOUND


def write(number: str, table: pd.DataFrame) -> Path:
    """Write a study's table in the place of the one that is kept, in one step."""
    import os

    path = rates.table_file(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text = HEAD.format(study=number) + table.to_csv(index=False, lineterminator="\n")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return path


def disagreements(number: str, *, seeds: int = 0, jobs: int | None = None) -> list[str]:
    """Where the kept table of a study and the study as it is now differ, in words.

    Populations and what is planted in them are always compared; ``seeds`` surveys of each population are
    drawn and judged again, and their outcomes compared letter by letter.
    """
    study = studies.module(number)
    kept = rates.read(number)
    now = {name: study.truths(one) for name, one in populations(study).items()}
    rows = list(kept.itertuples())
    said = [f"population {name!r} is not in the table" for name in now if name not in set(kept["population"])]
    for row in rows:
        key = studies.key(row.claim, row.part)
        if row.population not in now:
            said.append(f"population {row.population!r} is no longer the study's")
        elif now[row.population].get(key) is not row.planted:
            truth = now[row.population].get(key, "not known")
            said.append(f"{key}, {row.population}: planted {row.planted} in the table, now {truth}")
    undecided = set().union(*now.values()) - {studies.key(row.claim, row.part) for row in rows}
    said += [f"{key} has a truth, but the study never decided it" for key in sorted(undecided)]
    if seeds and not said:
        again = make(number, seeds=seeds, first_seed=int(kept["first_seed"].min()), jobs=jobs).table
        fresh = {(row.population, row.claim, row.part): row.outcomes for row in again.itertuples()}
        for row in rows:
            letters = fresh.get((row.population, row.claim, row.part), "")
            if letters != row.outcomes[:seeds]:
                key = studies.key(row.claim, row.part)
                said.append(f"{key}, {row.population}: {row.outcomes[:seeds]} in the table, now {letters}")
    return list(dict.fromkeys(said))


def require(numbers: Sequence[str] | None) -> list[str]:
    """Numbers of the studies asked for, all that have rates if none is named; names may be longer."""
    if not numbers:
        return list(studies.REGISTRY)
    found = []
    for name in numbers:
        if name[:2] not in studies.REGISTRY:
            known = ", ".join(studies.REGISTRY) or "none"
            raise SpecificationError(
                Fault(f"study {name!r} has no verdicts on simulated data", fix=f"Those that have: {known}")
            )
        found.append(name[:2])
    return list(dict.fromkeys(found))
