"""What is planted in the base of customers, and populations in which claims are false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studies import drawn_like
from workbench.studies.customer_lifetime.rows import Base

if TYPE_CHECKING:
    from workbench.datasets.customer_base import CustomerBasePopulation

SHIPPED = "customer_quarters"
LATER = (
    *("satisfaction_on_purchases", "loyalty_on_purchases", "satisfaction_on_value", "loyalty_on_value"),
    *("loyalty_on_referrals", "loyalty_on_marketing_cost"),
)


def population() -> CustomerBasePopulation:
    """The shipped base."""
    from workbench.datasets.customer_base import load_customer_base

    return load_customer_base()


def simulate(population: CustomerBasePopulation, seed: int) -> Base:
    """A base drawn from a population."""
    drawn = population.simulate(seed)
    quarters = drawn.quarters.astype({"last_purchase_week": float})
    return Base(drawn_like(SHIPPED, quarters))


def truths(population: CustomerBasePopulation) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its effects."""
    e = {name: effect.value for name, effect in population.description.effects.items()}
    order = list(population.description.stages)
    stages = list(population.description.stages.values())
    leaves = len({stage.leaves for stage in stages}) > 1
    forward = all(
        order.index(to) == place + 1 or to == order[-1]
        for place, stage in enumerate(stages)
        for to, chance in stage.moves.items()
        if chance > 0
    )
    apart = len({(stage.categories, stage.contacts, stage.share) for stage in stages}) == len(stages)
    loyalty_keeps = e["loyalty_on_leaving"] + e["loyalty_on_ending"] < 0
    satisfaction_keeps = any(stage.satisfaction < 0 for stage in stages)
    to_loyalty = e["crm_on_loyalty"] + e["crm_on_valued"] * e["valued_on_loyalty"]
    to_loyalty += e["crm_on_satisfaction"] * e["satisfaction_on_loyalty"]
    crm_keeps = e["crm_on_leaving"] < 0 or (to_loyalty > 0 and loyalty_keeps)
    crm_keeps = crm_keeps or (e["crm_on_satisfaction"] > 0 and satisfaction_keeps)
    buys = e["loyalty_on_purchases"] > 0
    return {
        "D3-3": leaves,
        "D4-3": apart and forward and 2.0 * stages[2].valued != stages[0].valued + stages[1].valued,
        "D3-7": e["loyalty_on_nps"] > e["satisfaction_on_nps"],
        "D0-3 churn": crm_keeps,
        "D2-12": leaves,
        "D3-17": e["change_on_leaving"] < 0,
        "D4-8": buys and e["loyalty_on_referrals"] > 0,
        "D4-9": e["loyalty_on_marketing_cost"] < 0 and (buys or loyalty_keeps),
        "D4-13": buys and e["loyalty_on_value"] > 0,
        "D0-14": crm_keeps and e["crm_on_referrals"] + to_loyalty * e["loyalty_on_referrals"] > 0,
        "D1-7": e["satisfaction_on_purchases"] > 0 and e["satisfaction_on_value"] > 0,
        "D2-21": e["valued_on_loyalty"] > 0 and loyalty_keeps,
        "D3-21": buys,
        "D0-16": e["purchases_on_satisfaction"] > 0,
        "D3-16": e["stable_loyalty"] > e["stable_satisfaction"],
    }


def nulls(population: CustomerBasePopulation) -> dict[str, CustomerBasePopulation]:
    """Populations in which claims are false."""
    stages = population.description.stages
    alike: dict[str, dict] = {name: {"leaves": -2.8, "satisfaction": 0.0, "valued": 0.0} for name in stages}
    nothing = dict.fromkeys(
        (
            "change_on_leaving",
            "loyalty_on_leaving",
            "loyalty_on_ending",
            "crm_on_leaving",
            "complaint_on_leaving",
        ),
        0.0,
    )
    still = dict.fromkeys(LATER, 0.0)
    crm = {name: 0.0 for name in population.description.effects if name.startswith("crm_on")}
    back: dict[str, dict] = {
        "end": {"moves": {"keep": 0.25}},
        "keep": {"moves": {"develop": 0.15, "end": 0.03}},
    }
    other = {
        "loyalty_on_nps": 0.2,
        "satisfaction_on_nps": 1.6,
        "stable_loyalty": 0.1,
        "stable_satisfaction": 0.7,
    }
    return {
        "leaving and buying by chance alone": population.with_stages(**alike).with_effects(
            **nothing, **still
        ),
        "CRM use, purchases and changes in satisfaction that move nothing": population.with_effects(
            **crm, change_on_leaving=0.0, purchases_on_satisfaction=0.0
        ),
        "customers who go back to earlier stages": population.with_stages(**back),
        "recommendation that follows satisfaction, and loyalty that passes": population.with_effects(**other),
    }
