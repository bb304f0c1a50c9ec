"""What customers are worth: BG/NBD and Gamma–Gamma on the first periods, held against the later ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import DataError, NotApplicable
from workbench.evaluation import lifetime
from workbench.evaluation.warning_scores import Estimate
from workbench.studies.customer_lifetime import effects as fx
from workbench.studies.customer_lifetime.rows import WEEKS

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Rows
    from workbench.studies.customer_lifetime.rules import Parts

LEARN, AHEAD = 4, 4  # periods that the models are fitted to, and that value is summed over
DRAWS = 200
DISCOUNT = 0.10  # a year
GROUPS = (0, 4, 9, 15, 24)  # lower ends of classes of purchases so far, for the check


@dataclass(frozen=True)
class Worth:
    """Fitted models and their check.

    purchases, value : models (value: None where there is no spending). customers : frequency, recency, age,
    expected and real purchases of the time held out. total : real and expected sum with its interval.
    clv : mean discounted spending of a year, with its interval. ahead : weeks held out.
    """

    purchases: lifetime.LifetimeModel
    value: lifetime.LifetimeModel | None
    customers: pd.DataFrame
    total: Estimate
    clv: Estimate | None
    ahead: float

    def check(self) -> pd.DataFrame:
        """Real and expected purchases of the time held out, by how many there were before."""
        return by_purchases(self.customers, GROUPS)


def by_purchases(customers: pd.DataFrame, groups: tuple[int, ...]) -> pd.DataFrame:
    """Mean real and expected purchases and chance of being alive by purchases before.

    Parameters
    ----------
    customers : ``frequency``, ``real``, ``expected``, ``alive``. groups : lower ends of classes.

    Returns
    -------
    DataFrame by ``purchases`` (before): customers, expected, real, alive.
    """
    classes = np.digitize(customers["frequency"], groups[1:])
    ends = [str(low) if low == high - 1 else f"{low} to {high - 1}" for low, high in pairwise(groups)]
    ends.append(f"{groups[-1]} or more")
    table = customers.assign(purchases=np.array(ends)[classes], place=classes)
    found = table.groupby(["place", "purchases"]).agg(
        customers=("real", "size"),
        expected=("expected", "mean"),
        real=("real", "mean"),
        alive=("alive", "mean"),
    )
    return found.reset_index("place", drop=True)


def worth(found: Rows, *, learn: int = LEARN, seed: int = 1) -> Worth:
    """Fit to the first periods of customers who joined while they were followed, try on the periods after.

    Joining counts as the first purchase. Whoever is known to have left is treated as if nobody knew: the
    models are made for firms that do not see it.

    Raises
    ------
    NotApplicable : no purchases with the week of the last one, or too few customers who joined in time.
    """
    data = found.data
    if not found.has("purchases", "last_purchase_week", "tenure"):
        raise NotApplicable(
            "lifetime value needs purchases, the week of the last one, and tenure in every period"
        )
    periods = sorted(data["period"].unique())
    if len(periods) <= learn:
        raise NotApplicable(
            f"lifetime value needs more than {learn} periods, some to learn from and some to try on"
        )
    border = periods[learn - 1]
    new = data.groupby("customer")["tenure"].transform("min") == 0
    early, late = data[new & (data["period"] <= border)], data[new & (data["period"] > border)]
    first = early.groupby("customer")["period"].min()
    week = WEEKS * (early["period"] - early["customer"].map(first)) + early["last_purchase_week"]
    week = week.where(early["purchases"] > 0).groupby(early["customer"]).max().fillna(0.0)
    table = pd.DataFrame({
        "frequency": early.groupby("customer")["purchases"].sum(),
        "recency": week,
        "age": WEEKS * (border - first + 1.0),
    })  # fmt: skip
    table["real"] = late.groupby("customer")["purchases"].sum().reindex(table.index).fillna(0.0)
    if len(table) < 2 * lifetime.FEWEST:
        raise NotApplicable(f"only {len(table)} customers joined in time")
    model = lifetime.purchases_model(table["frequency"], table["recency"], table["age"])
    ahead = float(WEEKS * (len(periods) - learn))
    seen = (table["frequency"], table["recency"], table["age"])
    x, t, age, count, place = lifetime.histories(*seen)
    table["expected"] = lifetime.expected_purchases(model.values, x, t, age, ahead)[place]
    table["alive"] = lifetime.alive(model.values, x, t, age)[place]
    total = lifetime.expected_total(model, *seen, ahead, draws=DRAWS, seed=seed)
    value, clv = None, None
    if "spending" in data:
        spent = early.groupby("customer")["spending"].sum()
        mean = (spent / table["frequency"].where(table["frequency"] > 0)).fillna(0.0)
        value = lifetime.value_model(table["frequency"], mean)
        mean = np.bincount(place, mean.to_numpy()) / count
        clv = _clv(model, value, (x, t, age), mean, count, seed)
    return Worth(model, value, table, total, clv, ahead)


def worth_or_none(known: Parts | None, seed: int) -> Worth | None:
    """The models, where the table can carry them."""
    try:
        return None if known is None else worth(known.found, seed=seed)
    except DataError:
        return None


def _clv(
    model: lifetime.LifetimeModel,
    value: lifetime.LifetimeModel,
    history: tuple[np.ndarray, np.ndarray, np.ndarray],
    mean: np.ndarray,
    count: np.ndarray,
    seed: int,
) -> Estimate:
    """Mean over customers of a year's expected spending, discounted by quarters.

    By history: what a purchase is expected to be worth is linear in the mean so far, so that the mean of the
    ``count`` customers of a history stands for them.
    """
    x, t, age = history
    cuts = WEEKS * np.arange(5.0)
    weights = (1.0 + DISCOUNT) ** (-(np.arange(4.0) + 0.5) / 4.0)

    def mean_worth(first: np.ndarray, second: np.ndarray) -> float:
        until = [
            np.zeros(len(mean)),
            *(lifetime.expected_purchases(first, x, t, age, end) for end in cuts[1:]),
        ]
        bought = np.diff(np.array(until), axis=0)
        each = lifetime.expected_value(second, x, mean)
        return float(count @ (weights @ bought * each) / count.sum())

    pairs = zip(model.draws(DRAWS, seed), value.draws(DRAWS, seed + 1), strict=True)
    drawn = [mean_worth(one, other) for one, other in pairs]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(mean_worth(model.values, value.values), float(low), float(high))


def measures(found: Rows, ahead: int = AHEAD) -> pd.DataFrame:
    """Loyalty's measures side by side: Spearman's correlations of scores with what came after.

    Parameters
    ----------
    ahead : periods that margin (or spending) is summed over.

    Returns
    -------
    DataFrame : scores by ``purchases``, ``referrals``, ``left`` (of the next period), ``value``; those there.
    """
    data = found.data
    later = pd.DataFrame(index=data.index)
    for name in ("purchases", "referrals"):
        if name in data:
            later[name] = data[f"next_{name}"]
    gone = data.groupby("customer")["left"].shift(-1)
    later["left"] = gone
    for name in ("margin", "spending"):
        if name in data and "value" not in later:
            later["value"] = fx.ahead(found, name, ahead)
    scores = list(found.scores)
    return data[scores].join(later).corr(method="spearman").loc[scores, list(later)]
