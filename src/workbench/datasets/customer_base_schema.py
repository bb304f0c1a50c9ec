"""The language in which a base of customers is written down: classes, stages and effects by name.

What every ``effects`` entry acts on is said where it is used (``customer_base.py``); 0 takes the effect away.
Lists by class or by stage follow the order of ``classes`` and ``stages``. Latent scores (satisfaction,
loyalty, feeling valued, CRM use) have a standard deviation near 1.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from workbench.datasets.population_schema import Share, Sourced, Wording, _Part


class Effect(Sourced):
    """One planted effect, on the scale of what it acts on (log hazard odds, logs, standard deviations)."""

    value: float


class Stage(Sourced):
    """One stage of the relationship: what is seen in it, what it does to staying, where it leads.

    categories : chance of each of six categories being bought. contacts : mean a quarter. share : mean share
        of the customer's demand, per cent. buys : factor of the customer's rate of purchases. leaves : log
        odds of leaving at the end of a quarter. satisfaction, valued : what a standard deviation of each adds
        to these log odds. moves : chance of going to another stage, by name; the rest stays.
    """

    label: Wording
    categories: Share
    contacts: Annotated[float, Field(gt=0)]
    share: Annotated[float, Field(ge=0, le=100)]
    buys: Annotated[float, Field(gt=0)]
    leaves: float
    satisfaction: float
    valued: float
    moves: dict[str, Share]


class CustomerClass(Sourced):
    """One class: its share, the chances of the answers 1 to 5, and how it takes each treatment.

    price, service : chances of the five answers to an item on price and on service. spends, stays : what a
        treatment adds to log spending and to the log odds of staying; treatments not named add nothing.
    """

    label: Wording
    share: Share
    price: Annotated[tuple[float, ...], Field(min_length=5, max_length=5)]
    service: Annotated[tuple[float, ...], Field(min_length=5, max_length=5)]
    spends: dict[str, float] = Field(default_factory=dict)
    stays: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _chances_add_up(self) -> CustomerClass:
        if any(abs(sum(chances) - 1.0) > 1e-9 or min(chances) < 0 for chances in (self.price, self.service)):
            raise ValueError("the chances of the five answers must add up to 1")
        return self


class CustomerDescription(_Part):
    """A whole base of customers."""

    title: Wording
    about: str
    seed: int
    customers: Annotated[int, Field(ge=10)]
    quarters: Annotated[int, Field(ge=3)]
    joining: Annotated[int, Field(ge=1)]
    treatments: Annotated[dict[str, float], Field(min_length=2)]
    classes: Annotated[dict[str, CustomerClass], Field(min_length=2)]
    stages: Annotated[dict[str, Stage], Field(min_length=2)]
    effects: dict[str, Effect]

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> CustomerDescription:
        known = set(self.stages)
        for name, stage in self.stages.items():
            if strange := sorted(set(stage.moves) - known):
                raise ValueError(f"stage {name} moves to {strange[0]}, which is no stage")
            if sum(stage.moves.values()) > 1:
                raise ValueError(f"the moves of stage {name} add up to more than 1")
        for name, one in self.classes.items():
            if strange := sorted((set(one.spends) | set(one.stays)) - set(self.treatments)):
                raise ValueError(f"class {name} takes {strange[0]}, which is no treatment")
        if abs(sum(one.share for one in self.classes.values()) - 1.0) > 1e-9:
            raise ValueError("the shares of the classes must add up to 1")
        if strange := sorted(set(EFFECTS) ^ set(self.effects)):
            raise ValueError(f"effects must be {', '.join(EFFECTS)}; {strange[0]} is missing or unknown")
        return self


# What each effect acts on.
EFFECTS = {
    "crm_on_satisfaction": "satisfaction, per standard deviation of CRM use in the quarter",
    "crm_on_valued": "feeling valued, per standard deviation of CRM use",
    "crm_on_loyalty": "loyalty, per standard deviation of CRM use, beside what runs through the others",
    "crm_on_leaving": "log odds of leaving, per standard deviation of CRM use, beside the others",
    "crm_on_referrals": "log number of referrals, per standard deviation of CRM use, beside loyalty",
    "complaint_on_satisfaction": "satisfaction in the quarter of a complaint",
    "waiting_on_satisfaction": "satisfaction, per doubling of the hours until a complaint was answered",
    "complaint_on_leaving": "log odds of leaving in the quarter of a complaint",
    "satisfaction_on_loyalty": "loyalty, per standard deviation of satisfaction in the same quarter",
    "valued_on_loyalty": "loyalty, per standard deviation of feeling valued",
    "change_on_leaving": "log odds of leaving, per standard deviation of satisfaction risen since before",
    "loyalty_on_leaving": "log odds of leaving, per standard deviation of loyalty",
    "loyalty_on_ending": "log chance of going to the last stage, per standard deviation of loyalty before",
    "satisfaction_on_purchases": "log number of next quarter's purchases, per standard deviation",
    "loyalty_on_purchases": "log number of next quarter's purchases, per standard deviation",
    "satisfaction_on_value": "log value of a purchase next quarter, per standard deviation",
    "loyalty_on_value": "log value of a purchase next quarter, per standard deviation",
    "loyalty_on_referrals": "log number of next quarter's referrals, per standard deviation",
    "loyalty_on_marketing_cost": "log marketing cost of next quarter, per standard deviation",
    "purchases_on_satisfaction": "satisfaction, per unit of last quarter's log purchases above expectation",
    "loyalty_on_nps": "answer from 0 to 10, points per standard deviation of loyalty",
    "satisfaction_on_nps": "answer from 0 to 10, points per standard deviation of satisfaction",
    "stable_satisfaction": "share of the variance of satisfaction's own part that is a customer's for good",
    "stable_loyalty": "share of the variance of loyalty's own part that is a customer's for good",
}
