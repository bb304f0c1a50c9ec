"""What of study 06 holds in a population, from its paths, and populations in which it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.studies.drivers_of_loyalty import experience, models

if TYPE_CHECKING:
    from workbench.datasets.population import Population

ALIKE = 0.20
# Populations in which D3's sentences on the two outcomes hold strongly: effects on satisfaction, on loyalty.
STRONG = {
    "satisfaction": {"core_product": 0.36, "responsiveness": 0.36, "delivery": 0.20},
    "loyalty": {
        "customer_experience": 0.25,
        "trust": 0.25,
        "emotional_bond": 0.25,
        "core_product": 0.14,
        "responsiveness": 0.14,
    },
}
EVEN = 0.25  # product, experience and bond alike in the larger survey
MANY = 8000  # respondents of it: what an equivalence within .10 takes
NOT_FAR = 0.10  # D3-15: effects that differ by less count as equal


def beside(population: Population, to: str, of: str, held: Iterable[str]) -> float:
    """Planted effect of one variable on another that does not run through those held constant."""
    cut: dict[str, list] = {name: [] for name in held if name not in (to, of)}
    return _with(population, cut).total_effect(to, of)


def truths(population: Population) -> dict[str, bool]:
    """Which hypotheses hold in a population."""
    drivers = (models.USE, *models.EARLY, *models.LATE, "satisfaction")
    tiny = 1e-9

    def direct(of: str) -> bool:
        return beside(population, "loyalty", of, drivers) > tiny

    def total(to: str, of: str) -> float:
        return population.total_effect(to, of)

    seven = {
        y: {name: beside(population, y, name, (models.USE, *models.RIVALS)) for name in models.RIVALS}
        for y in ("satisfaction", "loyalty")
    }
    sat, loy = seven["satisfaction"], seven["loyalty"]
    product, response = models.FOR_SATISFACTION[:2]
    near = [loy[name] - loy[product] for name in ("customer_experience", "emotional_bond")]
    plus, minus = (
        sum(beside(population, "perceived_value", name, (*models.BENEFITS, *models.COSTS)) for name in side)
        for side in (models.BENEFITS, models.COSTS)
    )
    by_value = {y: total(y, "perceived_value") for y in ("satisfaction", "loyalty")}
    bond = beside(population, "engagement", "emotional_bond", drivers)
    times = [t.value for t in population.description.structure["loyalty"] if t.times == "engagement"]
    return {
        "D0-4 satisfaction": direct("satisfaction"),
        "D0-4 value": direct("perceived_value"),
        "D0-4 relationship": direct("relationship_quality"),
        "D0-4 CRM value": total("perceived_value", models.USE) > tiny,
        "D0-4 CRM relationship": total("relationship_quality", models.USE) > tiny,
        "D0-4 CRM trust": total("trust", models.USE) > tiny,
        "D4-5": direct("trust"),
        **{f"D1-4 {y.replace('_', ' ')}": total(y, "satisfaction") > tiny for y in models.FOLLOWS},
        "D1-4 cost": total("cost_level", "satisfaction") < -tiny,
        "D4-1 value": plus > tiny and minus < -tiny,
        "D4-1 satisfaction": plus * by_value["satisfaction"] > tiny
        and minus * by_value["satisfaction"] < -tiny,
        "D4-1 loyalty": plus * by_value["loyalty"] > tiny and minus * by_value["loyalty"] < -tiny,
        "D3-10 apart": any(abs(sat[name] - loy[name]) > tiny for name in models.RIVALS),
        "D3-10 satisfaction": all(sat[name] - loy[name] > tiny for name in models.FOR_SATISFACTION),
        "D3-10 loyalty": all(loy[name] - sat[name] > tiny for name in models.FOR_LOYALTY),
        "D3-10 price": min(loy[product], loy[response]) - loy[models.PRICE] > tiny,
        "D3-15": min(loy["customer_experience"], loy["emotional_bond"]) > tiny
        and max(map(abs, near)) < NOT_FAR,
        "D4-4 direct": direct("engagement"),
        "D4-4 mediator": bond > tiny and direct("engagement"),
        "D4-4 moderator": bool(times) and times[0] > tiny,
        **brought(population),
    }


def brought(population: Population) -> dict[str, bool]:
    """Whether D4's two sentences on the experience hold, beside what the model holds constant."""
    tiny = 1e-9
    total = {
        name: beside(population, name, experience.EXPERIENCE, experience.BEFORE)
        for name in experience.OUTCOMES
    }
    held = (*experience.BEFORE, experience.EXPERIENCE, *experience.MIDDLE)
    through = [total[name] * beside(population, "loyalty", name, held) for name in ("satisfaction", "trust")]
    return {
        "D4-6": min(total["satisfaction"], total["loyalty"], total[experience.SPREAD]) > tiny,
        "D4-16": min(total["satisfaction"], total["trust"], *through) > tiny,
    }


def nulls(population: Population) -> dict[str, Population]:
    """Populations in which claims are false, and three with what the shipped survey hardly shows or lacks."""
    return {
        "no effect of CRM use": population.without_effects(models.USE),
        "loyalty from satisfaction alone, and value without benefits and costs": satisfaction_alone(
            population
        ),
        "satisfaction without effect, and moved by what moves loyalty": moved_alike(population),
        "what D3 says of both outcomes, strongly": strong(population),
        f"emotion and experience as much as the product, {MANY:,} asked": even(population),
        "satisfaction moved by the experience, too": experienced(population),
    }


def satisfaction_alone(population: Population) -> Population:
    """Loyalty on satisfaction only, bend included; neither benefits nor costs move perceived value."""
    structure = population.description.structure
    parts = (*models.BENEFITS, *models.COSTS)
    return _with(
        population,
        {
            "loyalty": [t for t in structure["loyalty"] if t.from_ == "satisfaction" and t.times is None],
            "perceived_value": [t for t in structure["perceived_value"] if t.from_ not in parts],
        },
    )


def moved_alike(population: Population) -> Population:
    """Experience, trust and the bond move satisfaction and loyalty to the same extent; satisfaction moves
    nothing."""
    idle = population.without_effects("satisfaction")
    same = _terms(dict.fromkeys(models.FOR_LOYALTY, ALIKE))
    return _with(idle, {"satisfaction": same, "loyalty": same})


def strong(population: Population) -> Population:
    """Satisfaction from product, response and delivery, loyalty from experience, trust and bond and a little
    from product and response: neither from the other, nor from price or a climate of service."""
    return _with(population, {name: _terms(effects) for name, effects in STRONG.items()})


def even(population: Population) -> Population:
    """The same, with product, experience and bond alike in loyalty, and many more respondents."""
    loyalty = dict.fromkeys(("core_product", "customer_experience", "emotional_bond"), EVEN)
    changed = _with(strong(population), {"loyalty": _terms(loyalty)})
    return replace(changed, description=changed.description.model_copy(update={"n": MANY}))


def experienced(population: Population) -> Population:
    """Satisfaction rests on the experience, beside all else that it rests on."""
    more = _terms({"customer_experience": ALIKE})
    return _with(population, {"satisfaction": [*population.description.structure["satisfaction"], *more]})


def _terms(effects: Mapping[str, float]) -> list:
    from workbench.datasets.population_schema import Term

    return [
        Term.model_validate({"from": name, "value": value, "source": "set in code"})
        for name, value in effects.items()
    ]


def _with(population: Population, structure: Mapping[str, list]) -> Any:
    description = population.description
    changed = description.model_copy(update={"structure": {**description.structure, **structure}})
    return replace(population, description=changed)
