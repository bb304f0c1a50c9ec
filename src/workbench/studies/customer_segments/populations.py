"""What is planted for study 14: classes that answer differently, and treatments that work by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studies import drawn_like

if TYPE_CHECKING:
    from workbench.datasets.customer_base import CustomerBasePopulation
    from workbench.survey import Survey

SHIPPED = "customer_base"
CAMPAIGN = "discount"  # the first treatment by name, which a campaign sends


def population() -> CustomerBasePopulation:
    """The shipped base of customers."""
    from workbench.datasets.customer_base import load_customer_base

    return load_customer_base(SHIPPED)


def simulate(population: CustomerBasePopulation, seed: int) -> Survey:
    """Customers drawn from a population."""
    return drawn_like(SHIPPED, population.simulate(seed=seed).customers)


def truths(population: CustomerBasePopulation) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its classes."""
    classes = population.description.classes.values()
    apart = len({(tuple(one.price), tuple(one.service)) for one in classes}) > 1
    best = {
        max(one.spends, key=lambda arm: one.spends[arm]) for one in classes if len({*one.spends.values()}) > 1
    }
    care = {
        one.stays.get(arm, 0.0) - one.stays.get("service_call", 0.0) for one in classes for arm in (CAMPAIGN,)
    }
    kept = {one.stays.get(CAMPAIGN, 0.0) for one in classes}
    spent = {one.spends.get(CAMPAIGN, 0.0) for one in classes}
    return {
        "D2-9": apart and len(best) > 1,
        "D3-8": apart and len(care) > 1,
        "D4-15": apart and len(kept) > 1 and len(spent) > 1,
    }


def nulls(population: CustomerBasePopulation) -> dict[str, CustomerBasePopulation]:
    """Populations in which the claims are false."""
    classes = population.description.classes
    level = [0.2] * 5
    alike = {"discount": 0.3, "service_call": 0.3}
    return {
        "customers who answer alike whatever their class": population.with_classes(
            **{name: {"price": level, "service": level} for name in classes}
        ),
        "treatments that do the same in every class": population.with_classes(
            **{name: {"spends": alike, "stays": alike} for name in classes}
        ),
        "treatments that do nothing to anyone": population.with_classes(
            **{name: {"spends": {}, "stays": {}} for name in classes}
        ),
    }
