"""Customers followed quarter by quarter: scores, stages, purchases, complaints, and who leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.datasets.customer_base_schema import CustomerDescription
from workbench.datasets.inverse_distributions import Floats, inverse_normal, inverse_poisson

WEEKS = 13  # of a quarter
MARGIN = 0.35  # of spending, before the costs of marketing and complaints
COMPLAINT_COST = 12.0  # yuan
HALFWAY = 8.0  # hours: the median until a complaint is answered
KEPT = 0.35  # of the passing part of a score from one quarter to the next
ITEMS = {"satisfaction": 3, "loyalty": 3}
LOADING = 0.80  # of an item on its score


class Chance:
    """Uniform and normal draws, one for every customer, in a fixed order whatever the effects are."""

    def __init__(self, seed: int, size: int) -> None:
        self.stream = np.random.Generator(np.random.PCG64(seed))
        self.size = size

    def uniform(self) -> Floats:
        # Half a step up from the grid of 2**-53 keeps 0 out.
        return self.stream.random(self.size) + 2.0**-54

    def normal(self) -> Floats:
        return inverse_normal(self.uniform())

    def pick(self, chances: Floats) -> np.ndarray:
        """An index by cumulative chance; ``chances``: (customers or 1, options)."""
        return (self.uniform()[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)

    def gamma(self, shape: int) -> Floats:
        """Gamma of a whole shape and scale 1: a sum of exponentials."""
        return -np.sum([np.log(self.uniform()) for _ in range(shape)], axis=0)


@dataclass
class Scores:
    """A customer's scores: what is theirs for good, what passes, and what they come to in the quarter."""

    good: Floats
    passing: Floats
    now: Floats

    @classmethod
    def drawn(cls, chance: Chance, good: Floats, stable: float) -> Scores:
        passing = np.sqrt(1.0 - stable) * chance.normal()
        own = np.sqrt(stable) * good
        return cls(own, passing, own + passing)

    def next(self, chance: Chance, stable: float, added: Floats) -> None:
        """Own part of variance 1, for good and passing, and what is added in this quarter alone."""
        fresh = np.sqrt((1.0 - stable) * (1.0 - KEPT**2)) * chance.normal()
        self.passing = KEPT * self.passing + fresh
        self.now = self.good + self.passing + added


def follow(
    d: CustomerDescription,
    chance: Chance,
    rate: Floats,
    value: Floats,
    joined: np.ndarray,
    tenure: np.ndarray,
) -> tuple[list[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """All quarters, each as columns of those who are there; and how each customer ends.

    Parameters
    ----------
    rate, value : purchases a quarter and yuan a purchase. joined : quarter of joining, from 1.
    tenure : quarters as a customer before the first one that is followed.
    """
    e = {name: effect.value for name, effect in d.effects.items()}
    n = chance.size
    stages = list(d.stages.values())
    by_stage = {
        name: np.array([getattr(stage, name) for stage in stages])
        for name in ("categories", "contacts", "share", "buys", "leaves", "satisfaction", "valued")
    }
    moves = _moves(d)
    common, other = chance.normal(), chance.normal()
    satisfaction = Scores.drawn(chance, common, e["stable_satisfaction"])
    loyalty = Scores.drawn(chance, 0.5 * common + np.sqrt(0.75) * other, e["stable_loyalty"])
    valued = Scores.drawn(chance, chance.normal(), 0.5)
    crm = Scores.drawn(chance, chance.normal(), 0.7)
    stage = _first_stage(chance, moves, tenure)
    surprise = np.zeros(n)  # purchases above expectation, in logs
    there = np.zeros(n, dtype=bool)
    gone = np.zeros(n, dtype=bool)
    spent = np.zeros(n)
    number = np.arange(1, n + 1)
    parts = []
    for quarter in range(1, d.quarters + 1):
        new = (joined == quarter) & ~gone
        there = there | new
        before = satisfaction.now, loyalty.now
        moved = chance.pick(_ending_by(moves[stage], stage, e["loyalty_on_ending"] * before[1]))
        stage = np.where(new, stage, moved)
        crm.next(chance, 0.7, np.zeros(n))
        complaints = inverse_poisson(chance.uniform(), np.exp(-2.3 - 0.30 * before[0]))
        hours = np.round(HALFWAY * np.exp(0.9 * chance.normal()), 1)
        some = complaints > 0
        waiting = np.where(some, np.log2(np.maximum(hours, 0.1) / HALFWAY), 0.0)
        valued.next(chance, 0.5, e["crm_on_valued"] * crm.now)
        anger = e["complaint_on_satisfaction"] * some + e["waiting_on_satisfaction"] * waiting
        added = e["crm_on_satisfaction"] * crm.now + e["purchases_on_satisfaction"] * surprise + anger
        satisfaction.next(chance, e["stable_satisfaction"], added)
        added = e["satisfaction_on_loyalty"] * satisfaction.now + e["valued_on_loyalty"] * valued.now
        loyalty.next(chance, e["stable_loyalty"], added + e["crm_on_loyalty"] * crm.now)
        rises = e["satisfaction_on_purchases"] * before[0] + e["loyalty_on_purchases"] * before[1]
        expected = rate * by_stage["buys"][stage] * np.exp(rises)
        purchases = inverse_poisson(chance.uniform(), expected)
        surprise = np.log(purchases + 0.5) - np.log(expected + 0.5)
        level = e["satisfaction_on_value"] * before[0] + e["loyalty_on_value"] * before[1]
        spread = 0.4 / np.sqrt(np.maximum(purchases, 1))
        spending = np.round(purchases * value * np.exp(level + spread * chance.normal() - spread**2 / 2.0))
        referrals = inverse_poisson(
            chance.uniform(),
            np.exp(-2.0 + e["loyalty_on_referrals"] * before[1] + e["crm_on_referrals"] * crm.now),
        )
        marketing = np.round(
            24.0 * np.exp(e["loyalty_on_marketing_cost"] * before[1] + 0.35 * chance.normal())
        )
        week = np.ceil(WEEKS * chance.uniform() ** (1.0 / np.maximum(purchases, 1)))
        rated = 7.2 + e["loyalty_on_nps"] * loyalty.now + e["satisfaction_on_nps"] * satisfaction.now
        categories = np.sum([chance.uniform() < by_stage["categories"][stage] for _ in range(6)], axis=0)
        log_odds = (
            by_stage["leaves"][stage]
            + by_stage["satisfaction"][stage] * satisfaction.now
            + by_stage["valued"][stage] * valued.now
            + e["change_on_leaving"] * np.where(new, 0.0, satisfaction.now - before[0])
            + e["loyalty_on_leaving"] * loyalty.now
            + e["crm_on_leaving"] * crm.now
            + e["complaint_on_leaving"] * some
        )
        columns = {
            "customer": number,
            "quarter": np.full(n, quarter),
            "tenure": tenure + quarter - joined,
            "crm_1": _answer(chance, crm.now),
            "valued_1": _answer(chance, valued.now),
        }
        for name, scores in (("satisfaction", satisfaction), ("loyalty", loyalty)):
            for item in range(1, ITEMS[name] + 1):
                columns[f"{name}_{item}"] = _answer(chance, scores.now)
        columns |= {
            "recommend": np.clip(np.round(rated + 1.3 * chance.normal()), 0, 10).astype(int),
            "purchases": purchases,
            "spending": spending.astype(int),
            "last_purchase_week": np.where(purchases > 0, week, 0).astype(int),
            "categories": categories,
            "contacts": inverse_poisson(chance.uniform(), by_stage["contacts"][stage]),
            "share_of_demand": np.clip(
                np.round(by_stage["share"][stage] + 11.0 * chance.normal()), 0, 100
            ).astype(int),
            "complaints": complaints,
            "response_hours": np.where(some, hours, np.nan),
            "referrals": referrals,
            "marketing_cost": marketing.astype(int),
            "margin": np.round(MARGIN * spending - marketing - COMPLAINT_COST * complaints).astype(int),
            "left": (chance.uniform() < 1.0 / (1.0 + np.exp(-log_odds))).astype(int),
            "stage": stage,
        }
        parts.append({name: column[there] for name, column in columns.items()})
        left = there & (columns["left"] == 1)
        spent = np.where(there, spending, spent)
        gone, there = gone | left, there & ~left
    return parts, {"there": there, "spent": spent}


def _moves(d: CustomerDescription) -> Floats:
    """Chances of going from stage to stage in a quarter."""
    names = list(d.stages)
    table = np.array([[one.moves.get(other, 0.0) for other in names] for one in d.stages.values()])
    return table + np.diag(1.0 - table.sum(axis=1))


def _ending_by(chances: Floats, stage: np.ndarray, log_factor: Floats) -> Floats:
    """Chances with that of going to the last stage multiplied, what is over taken from staying."""
    final, rows = chances.shape[1] - 1, np.arange(len(chances))
    others = chances.sum(axis=1) - chances[:, final] - chances[rows, stage]
    wanted = np.minimum(chances[:, final] * np.exp(log_factor), 1.0 - others)
    goes = stage != final
    changed = chances.copy()
    changed[goes, final] = wanted[goes]
    changed[rows[goes], stage[goes]] = (1.0 - others - wanted)[goes]
    return changed


def _first_stage(chance: Chance, moves: Floats, tenure: np.ndarray) -> np.ndarray:
    """Stage in the first quarter that is followed; those who joined before are where the chain leads.

    The last stage ends most relationships, so those who were in it are fewer: two thirds are taken as gone.
    """
    reached = np.zeros((int(tenure.max()) + 1, len(moves)))
    reached[0, 0] = 1.0
    for quarter in range(1, len(reached)):
        reached[quarter] = reached[quarter - 1] @ moves
        reached[quarter, -1] /= 3.0
        reached[quarter] /= reached[quarter].sum()
    return chance.pick(reached[tenure])


def _answer(chance: Chance, score: Floats) -> np.ndarray:
    """An answer from 1 to 7 to an item that measures a score."""
    seen = LOADING * score + np.sqrt(1.0 - LOADING**2) * chance.normal()
    return np.clip(np.round(4.4 + 1.25 * seen), 1, 7).astype(int)
