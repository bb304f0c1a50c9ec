"""What customers buy, cost and bring later, by what they said and did before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.evaluation import survival
from workbench.evaluation.warning_scores import Estimate
from workbench.studies.customer_lifetime import effects as fx
from workbench.studies.customer_lifetime.rows import SCORES

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Rows

SATISFIED = 1.0  # standard deviations above the mean of all
BEHAVIOUR = ("purchases", "recency", "categories", "share_of_demand", "contacts", "tenure")
AHEAD = 4  # periods that lifetime value is counted over
RESAMPLES = 300


def stayed(found: Rows) -> pd.DataFrame:
    """Rows whose customer is there in the next period too."""
    return found.data[found.data["left"] == 0]


def value_of_purchase(found: Rows) -> pd.Series:
    """Log of next period's spending per purchase, of those who bought."""
    data = found.data
    bought = data["next_purchases"] > 0
    spent = data["next_spending"].where(bought & (data["next_spending"] > 0))
    return np.log(spent / data["next_purchases"].where(bought))


def joint(data: pd.DataFrame, outcome: str, terms: list[str], held: list[str], family: str) -> Estimate:
    """Sum of the terms' effects: what one standard deviation more of each does together."""
    *others, last = terms
    # Σ b x = (Σ b) x_last + Σ b (x − x_last): beside the differences, the last one's coefficient is the sum.
    gaps = {f"{name} less {last}": data[name] - data[last] for name in others}
    return fx.of(fx.slopes(data.assign(**gaps), outcome, [last, *gaps, *held], family=family), last)


def satisfied_against_all(found: Rows, seed: int = 1) -> dict[str, Estimate]:
    """Next period of satisfied customers less that of all: purchases, spending, marketing cost per yuan.

    Parameters
    ----------
    seed : of the customers that are drawn again.
    """
    data = stayed(found).dropna(subset=["next_purchases", "next_spending", "next_marketing_cost"])
    names = ["next_purchases", "next_spending", "next_marketing_cost"]
    chosen = data["satisfaction"] >= SATISFIED
    everyone = data.groupby("customer")[names].sum().assign(rows=data.groupby("customer").size())
    happy = data[chosen].groupby("customer")[names].sum().assign(rows=data[chosen].groupby("customer").size())
    both = np.hstack([happy.reindex(everyone.index).fillna(0.0).to_numpy(), everyone.to_numpy()])
    people = len(both)
    draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1.0 / people), size=RESAMPLES)
    point, drawn = _differences(both.sum(axis=0)[None]), _differences(draws @ both)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    labels = ("purchases", "spending", "cost")
    return {
        name: Estimate(float(point[0, i]), float(low[i]), float(high[i])) for i, name in enumerate(labels)
    }


def _differences(sums: np.ndarray) -> np.ndarray:
    happy, everyone = sums[:, :4], sums[:, 4:]
    means = [happy[:, i] / happy[:, 3] - everyone[:, i] / everyone[:, 3] for i in (0, 1)]
    return np.stack([*means, happy[:, 2] / happy[:, 1] - everyone[:, 2] / everyone[:, 1]], axis=1)


def survey_and_behaviour(found: Rows) -> dict[str, Estimate]:
    """Repurchase in the next period predicted by answers, by behaviour, by both, in customers not used.

    Returns
    -------
    dict : ``behaviour adds`` and ``survey adds``, gains in log likelihood a row (thousandths) on the other
        half of the customers; 1 in the outcome: still there and bought.
    """
    data = found.data
    asked = [name for name in (*SCORES, "change") if name in data]
    done = [name for name in BEHAVIOUR if name in data]
    used = stayed(found).dropna(subset=["next_purchases", *asked, *done])
    used = used.assign(again=(used["next_purchases"] > 0).astype(float), logs=np.log1p(used["purchases"]))
    done = ["logs", *done]
    codes = pd.factorize(used["customer"])[0]
    train, test = used[codes % 2 == 0], used[codes % 2 == 1]
    centre, scale = train[[*asked, *done]].mean(), train[[*asked, *done]].std()
    known = {}
    for name, columns in (("survey", asked), ("behaviour", done), ("both", [*asked, *done])):
        x, new = (((part[columns] - centre[columns]) / scale[columns]) for part in (train, test))
        fitted = survival.fit_hazard(x.assign(again=train["again"]), "again", columns)
        p = np.clip(fitted.predict(new), 1e-6, 1 - 1e-6)
        y = test["again"].to_numpy()
        known[name] = y * np.log(p) + (1.0 - y) * np.log(1.0 - p)
    who = test["customer"].to_numpy()
    return {
        f"{name} adds": _clustered(1000.0 * (known["both"] - known[other]), who)
        for name, other in (("behaviour", "survey"), ("survey", "behaviour"))
    }


def _clustered(values: np.ndarray, who: np.ndarray) -> Estimate:
    """Mean with an error of whole customers."""
    gaps = pd.Series(values - values.mean()).groupby(who).sum().to_numpy()
    return Estimate.normal(float(values.mean()), float(np.sqrt((gaps**2).sum()) / len(values)))
