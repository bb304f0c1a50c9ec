"""The constructs that studies 02 and 03 take for dimensions, and whether a population holds D1-2's five."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import Fault, NotApplicable

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population
    from workbench.survey import Survey
    from workbench.survey.codebook import Codebook

# The five dimensions of service that D1 names, after Parasuraman, Zeithaml and Berry (1988).
SERVQUAL = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
# From this correlation on two dimensions are taken for one.
TAKEN_FOR_ONE = 0.90
# Loading of five dimensions on one factor that makes them one: they then correlate at its square, .97.
AS_GOOD_AS_ONE = 0.985
# Items with more answers than this are taken as measurements, not as ordered categories.
MOST_CATEGORIES = 7
# Items that are modelled together where nobody named the dimensions: what a model of more takes in memory
# grows with the fourth power of their number (six gigabytes at a hundred).
MOST_ITEMS = 60
# Fewer respondents than this who answered two items say nothing about how the two go together.
LEAST_TOGETHER = 20


@dataclass(frozen=True)
class Dimensions:
    """Constructs that are said to be distinct, with their items.

    constructs : name -> items, two items or more. labels : name -> what to print. claimed : whether they
    are the five that D1-2 names (by name, or by ``stands_for`` in the codebook). left_out : which
    constructs could not be taken, and why, in sentences.
    """

    constructs: dict[str, list[str]]
    labels: dict[str, str]
    claimed: bool
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.constructs)

    @property
    def items(self) -> list[str]:
        return [item for own in self.constructs.values() for item in own]

    def __len__(self) -> int:
        return len(self.constructs)


def meant_by(survey: Survey, name: str) -> str | None:
    """The construct of a survey that stands for a construct of the documents; None where there is none."""
    book = survey.codebook
    return book.stands_for.get(name) or (name if name in book.constructs else None)


def choose_dimensions(
    survey: Survey, names: Sequence[str] = (), *, without: Sequence[str] = ()
) -> Dimensions:
    """The dimensions of a survey.

    Parameters
    ----------
    survey : with its codebook.
    names : constructs. Empty: the five of D1-2 where all of them are there, else all constructs with the role
        ``perception`` where there are two of them or more, else all constructs; of those the first with
        60 items together, and the others are named.
    without : constructs (by their own or the documents' name) that have another part in the study and are
        not taken by default.

    Returns
    -------
    Dimensions; constructs of one item are left out and named, and so are items that fewer than 20 respondents
    answered together with another (of a small survey: fewer than half of them), or that do not vary among
    those who did.

    Raises
    ------
    NotApplicable : a name that the codebook lacks, or no construct with two items.
    """
    from workbench.survey.samples import draw

    book = survey.codebook
    five = [meant_by(survey, name) for name in SERVQUAL]
    chosen = list(dict.fromkeys(names))
    too_many: list[str] = []
    if not chosen:
        perceived = [name for name, role in book.roles.items() if role == "perception"]
        perceived = perceived if len(perceived) > 1 else []
        apart = {meant_by(survey, name) for name in without}
        of_their_own = [name for name in perceived or book.constructs if name not in apart]
        chosen = [name for name in five if name] if all(five) else _first(of_their_own, book)
        too_many = [] if all(five) else [name for name in of_their_own if name not in chosen]
    survey.require(*chosen)
    items = [item for name in chosen for item in book.constructs[name].items]
    seldom = seldom_together(draw(survey).responses[items])
    own = {name: [item for item in book.constructs[name].items if item not in seldom] for name in chosen}
    alone = [name for name in chosen if len(own[name]) < 2]
    kept = {name: own[name] for name in chosen if name not in alone}
    if not kept:
        what = f"no construct has two items or more (there are: {', '.join(chosen) or 'none'})"
        fix = "Put the items that are meant to measure the same under one construct in the codebook"
        raise NotApplicable(Fault(what, book.file or survey.file, fix=fix))
    single = [book.label(name) for name in alone if len(book.constructs[name].items) < 2 or len(own[name])]
    left_out: tuple[str, ...] = (_left_out(single),) if single else ()
    if seldom:
        left_out += (
            "Left out, because too few respondents answered them together with another item, or all of them "
            f"alike: {', '.join(seldom)}.",
        )
    if too_many:
        left_out += (
            f"Not taken, because {MOST_ITEMS} items are modelled together where no constructs are named: "
            f"{', '.join(map(book.label, too_many))}. The parameter dimensions takes any others.",
        )
    claimed = all(five) and sorted(kept) == sorted(name for name in five if name)
    return Dimensions(kept, {name: book.label(name) for name in kept}, claimed, left_out)


def _left_out(single: Sequence[str]) -> str:
    if len(single) == 1:
        return f"{single[0]} was left out: it has one item, and nothing to hang together with."
    said = f"{', '.join(single[:-1])} and {single[-1]}"
    return f"{said} were left out: each has one item, and nothing to hang together with."


def _first(names: Sequence[str], book: Codebook) -> list[str]:
    """Constructs in their order as far as their items can be modelled together, the first of them anyway."""
    taken: list[str] = []
    count = 0
    for name in names:
        size = len(book.constructs[name].items)
        if not taken or count + size <= MOST_ITEMS:
            taken.append(name)
            count += size
    return taken


def seldom_together(answers: pd.DataFrame) -> list[str]:
    """Items without which every pair of items was answered by enough respondents: 20, or half of a few.

    A pair in which those who answered both gave one answer alike has no correlation, and counts as too rare.
    The item that lacks most partners goes first, of two alike the one with fewer answers, until no pair is
    too rare.
    """
    least = min(LEAST_TOGETHER, len(answers) // 2)
    given = answers.notna().to_numpy(dtype=float)
    rare = (given.T @ given < least) | answers.corr().isna().to_numpy(dtype=bool)
    names, gone = list(answers.columns), []
    while rare.any():
        worst = int((rare.sum(axis=1) - given.mean(axis=0) / 2).argmax())
        gone.append(names[worst])
        rare[worst, :] = rare[:, worst] = False
    return [name for name in names if name in gone]


def few_answers(answers: pd.DataFrame) -> bool:
    """Whether every item has so few different answers that they are analysed as ordered categories."""
    return bool(answers.nunique().max() <= MOST_CATEGORIES)


def planted(population: Population, names: Sequence[str] = SERVQUAL) -> bool:
    """Whether a population holds these dimensions apart, computed from its description.

    No two of them correlate at ``TAKEN_FOR_ONE`` or more, and every item loads more on its own dimension than
    on all others together.
    """
    latent = population.implied.covariance.loc[list(names), list(names)].to_numpy()
    apart = np.abs(latent[np.triu_indices(len(names), 1)]).max(initial=0) < TAKEN_FOR_ONE
    items = [item for owner, item in population.description.items.values() if owner in names]
    return bool(apart and all(item.loading > sum(map(abs, item.also.values())) for item in items))


def truths(population: Population, hypothesis: str) -> dict[str, bool]:
    """Whether five dimensions are planted, which is what ``hypothesis`` says."""
    return {hypothesis: planted(population)}


def without_dimensions(population: Population) -> dict[str, Population]:
    """Populations in which the five are not five, by what they are."""
    pair = ("responsiveness", "assurance")
    return {
        "one dimension behind all questions": as_one(population, SERVQUAL),
        f"{pair[0]} and {pair[1]} as one dimension": as_one(population, pair),
    }


def as_one(population: Population, names: Sequence[str]) -> Population:
    """The population with several constructs driven by what they share alone, so that they are as one."""
    terms = {name: population.description.structure[name] for name in names}
    shared = set.intersection(*({term.from_ for term in own} for own in terms.values()))

    def strength(source: str) -> float:
        return sum(term.value for own in terms.values() for term in own if term.from_ == source)

    common = max(sorted(shared), key=strength)
    values: dict[Any, float] = {
        (name, term.from_, term.above, term.times): AS_GOOD_AS_ONE if term.from_ == common else 0.0
        for name, own in terms.items()
        for term in own
    }
    return population.with_paths(values)
