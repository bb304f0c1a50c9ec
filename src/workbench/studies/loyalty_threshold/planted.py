"""What holds in a population of study 07, and populations in which it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import SpecificationError
from workbench.studies.loyalty_threshold import shares as counted
from workbench.studies.loyalty_threshold import waiting
from workbench.studies.loyalty_threshold.shares import SEVENTY, SEVENTY_FIVE, SWITCHING

if TYPE_CHECKING:
    from workbench.datasets.population import Population

ENDLESS = 10_000


def truths(population: Population) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its paths; shares from a large survey without careless
    answers."""
    structure = population.description.structure
    loyal = {
        (t.above is not None, t.times): t.value for t in structure["loyalty"] if t.from_ == "satisfaction"
    }
    steps = [
        t for t in structure["satisfaction"] if t.from_ == "slowness" and t.above is not None and t.value
    ]

    def effect(to: str, cause: str) -> float:
        return population.total_effect(to, cause)

    straight = effect("loyalty", "satisfaction")
    return {
        "D3-2 bend": loyal.get((True, None), 0.0) > 0,
        "D3-2 interaction": loyal.get((False, "engagement"), 0.0) > 0,
        **_endless_shares(population),
        "D3-4 faster": effect("satisfaction", "slowness") < 0,
        "D3-4 two hours": bool(steps),
        "D3-19": effect("satisfaction", "slowness") * straight < 0,
        "D0-11 satisfaction": effect("slowness", "crm_use") < 0 and effect("satisfaction", "slowness") < 0,
        "D0-11 experience": effect("slowness", "crm_use") * effect("customer_experience", "slowness") > 0,
    }


def endless_shares(population: Population) -> dict[str, float]:
    """The two shares in a survey of 10,000 in which nobody is careless, leaves out or refuses."""
    return dict(_shares_of(population.with_answering(careless=0.0, skipped=0.0, skipping={}, refused=False)))


def _endless_shares(population: Population) -> dict[str, bool]:
    found = endless_shares(population)
    bounds = {"D3-2 share": SEVENTY, "D3-9": SEVENTY_FIVE}
    return {name: low < found[name] < high for name, (low, high) in bounds.items()}


def _shares_of(population: Population) -> Iterable[tuple[str, float]]:
    key = population.description.model_dump_json()
    if key not in _KNOWN:
        from workbench.studies import drawn_like

        answers = population.simulate(n=ENDLESS).responses
        survey = drawn_like(population.name, answers)
        _KNOWN[key] = (
            ("D3-2 share", counted.satisfied_not_loyal(survey).estimate),
            ("D3-9", counted.would_switch(survey, SWITCHING).estimate),
        )
    return _KNOWN[key]


_KNOWN: dict[str, tuple[tuple[str, float], ...]] = {}


def nulls(population: Population) -> dict[str, Population]:
    """Populations in which the claims are false, and one in which two hours are special."""
    straight = straight_line(population)
    idle = straight.without_effects("slowness")
    return {
        "a straight line from satisfaction to loyalty, and waiting without effect": idle,
        "loyalty and readiness to switch as common as satisfaction and as doubt": more_loyal(population),
        "a step at two hours, and waiting that spoils experience": spoilt(with_step(straight)),
    }


def straight_line(population: Population) -> Population:
    """Loyalty on satisfaction without the bend and the product, at the same average slope."""
    slope = population.total_effect("loyalty", "satisfaction")
    terms = population.description.structure["loyalty"]
    others = [t for t in terms if t.from_ != "satisfaction"]
    rest = replace(population, description=_with(population, {"loyalty": others}))
    indirect = rest.total_effect("loyalty", "satisfaction")
    direct = next(t for t in terms if t.from_ == "satisfaction" and t.above is None and t.times is None)
    line = direct.model_copy(update={"value": slope - indirect})
    return replace(population, description=_with(population, {"loyalty": [line, *others]}))


def with_step(population: Population, height: float = -0.45, width: float = 0.1) -> Population:
    """Satisfaction drops as soon as an answer takes more than two hours: a steep ramp, ``width`` standard
    deviations of log hours wide. Only where loyalty is linear in satisfaction."""
    import math

    from workbench.datasets.population_schema import Term

    hours = population.description.variables["response_hours"].lognormal
    if hours is None:
        raise SpecificationError("the hours until an answer are not drawn from a lognormal distribution")
    at = (math.log(waiting.CLAIMED) - math.log(hours.median)) / hours.spread
    ramp = [
        Term.model_validate({"from": "slowness", "above": place, "value": value, "source": "set in code"})
        for place, value in ((at, height / width), (at + width, -height / width))
    ]
    terms = [*population.description.structure["satisfaction"], *ramp]
    return replace(population, description=_with(population, {"satisfaction": terms}))


def spoilt(population: Population, effect: float = -0.30) -> Population:
    """Waiting lowers the customer's experience, by which CRM use then improves it."""
    from workbench.datasets.population_schema import Term

    added = Term.model_validate({"from": "slowness", "value": effect, "source": "set in code"})
    terms = [*population.description.structure["customer_experience"], added]
    return replace(population, description=_with(population, {"customer_experience": terms}))


def more_loyal(population: Population) -> Population:
    """The population with answers on loyalty as high as those on satisfaction, and few ready to switch."""
    book = population.description.constructs
    loyal = book["loyalty"].model_copy(
        update={
            "shape": book["satisfaction"].shape,
            "items": {k: i.model_copy(update={"shape": None}) for k, i in book["loyalty"].items.items()},
        }
    )
    switching = book["switching_intention"]
    items = {k: i.model_copy(update={"shape": None}) for k, i in switching.items.items()}
    ready = switching.model_copy(update={"shape": "low_middling", "items": items})
    constructs = {**book, "loyalty": loyal, "switching_intention": ready}
    changed = population.description.model_copy(update={"constructs": constructs})
    return replace(population, description=changed)


def _with(population: Population, structure: Mapping[str, list]) -> Any:
    description = population.description
    return description.model_copy(update={"structure": {**description.structure, **structure}})
