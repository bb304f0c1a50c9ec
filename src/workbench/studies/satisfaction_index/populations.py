"""What is planted in the shipped population on study 10's claims, and populations in which it is otherwise.

Some claims are about how a rating comes from other answers (the ratio b / a, a core that must not fail,
rewards
without penalties). The language of populations has no words for that, so such a population is the shipped one
with some answers written anew by the rule (`Rewritten`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.studies import drawn_like
from workbench.studies.satisfaction_index import schemes, verdicts
from workbench.studies.satisfaction_index.discrepancy import ratio
from workbench.studies.satisfaction_index.taken import ANTECEDENTS, MOTIVATORS, Taken, take

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.survey import Survey

SATISFIED = 3.5  # where experience meets expectation on the five answers of the direct rating
NOISE = 0.6
EXCEPTIONS = 0.005  # satisfied in spite of a failed core
PULL = 0.22  # answer steps by standard deviation of one value or antecedent


@dataclass(frozen=True)
class Rewritten:
    """A population whose respondents give some answers by a rule.

    rule : ``rule(taken, rng)`` gives the columns of answers to write anew. truths : what holds here otherwise
    than in ``base``.
    """

    base: Population
    rule: Callable[[Taken, np.random.Generator], dict[str, pd.Series]]
    truths: Mapping[str, bool]


def truths(population: Any) -> dict[str, bool]:
    """Whether each hypothesis holds in a population."""
    if isinstance(population, Rewritten):
        return {**truths(population.base), **population.truths}
    effect = population.total_effect
    own, *rivals = indices(population).values()
    service = max(effect("satisfaction", name) for name in ("reliability", "responsiveness"))
    bond = effect("emotional_bond", "emotional_contact")
    small = 1e-9
    direct = {t.from_: t.value for t in population.description.structure["satisfaction"]}
    experience = max(direct.get(name, 0.0) for name in verdicts.DIMENSIONS)
    return {
        "D1-1 states": False,
        "D1-1 formula": False,
        "D1-3": bool(own - max(rivals) > -schemes.MARGIN),
        "D1-5": False,
        "D1-9": experience > small and effect("satisfaction", "expectation_level") < -small,
        "D1-10": service > small,
        "D1-11": bond > small,
        "D4-2 antecedents": min(effect("expectation_level", name) for name in ANTECEDENTS) > small,
        "D4-2 asymmetry": False,
        "D4-11": False,
    }


def indices(population: Population) -> dict[str, float]:
    """R² of satisfaction on each scheme's index in a population, answers taken as numbers."""
    d = population.description
    items = {name: tuple(d.constructs[name].items) for name in (*schemes.NEEDED, "satisfaction")}
    names = list(dict.fromkeys(item for own in items.values() for item in own))
    covariance = _covariance(population, names)
    outcome = pd.Series(1.0, index=list(items["satisfaction"])).reindex(names, fill_value=0.0)
    found = {}
    for scheme, parts in schemes.schemes(items).items():
        weight = pd.Series(0.0, index=names)
        for own in parts:
            weight[own] += 1 / len(own) / len(parts)
        shared = weight @ covariance @ outcome
        found[scheme] = float(shared**2 / ((weight @ covariance @ weight) * (outcome @ covariance @ outcome)))
    return found


def _covariance(population: Population, names: list[str]) -> pd.DataFrame:
    """Correlations of the opinions behind the questions."""
    d, latent = population.description, population.implied.covariance
    loadings = pd.DataFrame(0.0, index=names, columns=latent.index)
    for name in names:
        owner, item = d.items[name]
        loadings.loc[name, owner] = item.loading
        for other, value in (item.also or {}).items():
            loadings.loc[name, other] += value
    common = (loadings @ latent @ loadings.T).to_numpy().copy()
    unique = np.sqrt(1 - np.diag(common))
    np.fill_diagonal(common, 1.0)
    place = {name: i for i, name in enumerate(names)}
    for pair in d.pairs:
        if set(pair.items) <= set(names):
            i, j = (place[item] for item in pair.items)
            common[i, j] += pair.correlation * unique[i] * unique[j]
            common[j, i] = common[i, j]
    return pd.DataFrame(common, index=names, columns=names)


def simulate(population: Any, seed: int) -> Survey:
    """A survey drawn from a population, with the answers that it gives by a rule."""
    from workbench import studies

    if not isinstance(population, Rewritten):
        return studies.simulate(population, seed)
    survey = studies.simulate(population.base, seed)
    written = population.rule(take(survey), np.random.default_rng([10, seed]))
    return drawn_like(population.base.name, survey.responses.assign(**written))


def nulls(population: Population) -> dict[str, Any]:
    """Populations in which claims of this study are false, or true where they are false in the shipped
    one."""
    quiet = {("expectation_level", "advertising"): 0.0, ("satisfaction", "expectation_level"): 0.0}
    return {
        "satisfaction that comes from the emotional bond alone": _driven_by(
            population, "satisfaction", "emotional_bond"
        ),
        "advertising that raises no expectation, expectation that lowers nothing": population.with_paths(
            quiet
        ),
        "customers who rate by b / a": Rewritten(
            population, _by_ratio, {"D1-1 states": True, "D1-1 formula": True}
        ),
        "customers who rate by b − a": Rewritten(population, _by_gap, {"D1-1 states": True, "D4-11": True}),
        "nobody satisfied where the core fails": Rewritten(population, _core_first, {"D1-5": True}),
        "values that reward, expectations that punish": Rewritten(
            population, _bent, {"D4-2 asymmetry": True}
        ),
        "feelings that come from courtesy and communication": _driven_by(
            population, "emotional_bond", "emotional_contact", 0.60
        ),
    }


def _driven_by(population: Population, outcome: str, cause: str, value: float = 0.90) -> Population:
    """The population with one cause of an outcome and no other."""
    from workbench.datasets.population_schema import Term

    term = Term.model_validate({"from": cause, "value": value, "source": "set in code"})
    structure = {name: own for name, own in population.description.structure.items() if name != outcome}
    # equations stand in the order of causes: the outcome's comes where it was, its cause's before it
    order = [name for name in population.description.structure if name != outcome]
    place = max(list(population.description.structure).index(outcome), order.index(cause) + 1)
    order.insert(place, outcome)
    structure = {name: [term] if name == outcome else structure[name] for name in order}
    return replace(population, description=population.description.model_copy(update={"structure": structure}))


def _rated(taken: Taken, score: pd.Series, rng: np.random.Generator) -> dict[str, pd.Series]:
    """The direct rating by a score on its own scale, with noise; who left it out still does."""
    scale = taken.scale(taken.rating)
    noisy = score + rng.normal(scale=NOISE, size=len(score))
    answer = np.clip(np.rint(noisy), scale.min, scale.max)
    return {taken.rating: answer.where(taken.answers[taken.rating].notna())}


def _sides(taken: Taken) -> tuple[pd.Series, pd.Series]:
    return taken.mean(taken.expected), taken.mean(taken.expected.values())


def _by_ratio(taken: Taken, rng: np.random.Generator) -> dict[str, pd.Series]:
    b, a = _sides(taken)
    return _rated(taken, SATISFIED + 8 * (ratio(b, a) - 1), rng)


def _by_gap(taken: Taken, rng: np.random.Generator) -> dict[str, pd.Series]:
    b, a = _sides(taken)
    return _rated(taken, SATISFIED + 2 * (b - a), rng)


def _core_first(taken: Taken, rng: np.random.Generator) -> dict[str, pd.Series]:
    """Where the core has failed, nobody is above the middle of the direct rating, but for a few
    exceptions."""
    given, middle = taken.answers[taken.rating], taken.middle(taken.rating)
    failed = verdicts.failed_core(taken) & (rng.uniform(size=len(given)) > EXCEPTIONS)
    return {taken.rating: given.mask(failed & (given > middle), middle)}


def _bent(taken: Taken, rng: np.random.Generator) -> dict[str, pd.Series]:
    """Values above their median raise satisfaction, antecedents of expectation below theirs lower it."""
    scores = {name: taken.construct(name) for name in (*MOTIVATORS, *ANTECEDENTS)}
    z = pd.DataFrame({name: (own - own.median()) / own.std() for name, own in scores.items()}).fillna(0.0)
    pull = PULL * (
        z[list(MOTIVATORS)].clip(lower=0).sum(axis=1) + z[list(ANTECEDENTS)].clip(upper=0).sum(axis=1)
    )
    pull -= pull.mean()
    written = {}
    for item in taken.satisfaction:
        scale = taken.scale(item)
        moved = taken.answers[item] + pull + rng.uniform(-0.5, 0.5, size=len(pull))
        written[item] = moved.round().clip(scale.min, scale.max)
    return written
