"""What the questionnaire's scores are: where a recommendation belongs, and what of a score stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.evaluation.warning_scores import Estimate

if TYPE_CHECKING:
    from workbench.sem import Fit
    from workbench.studies.customer_lifetime.rows import Base

APART = 3  # periods: what passes has gone by then
RESAMPLES = 200


def recommendation_model(base: Base) -> Fit:
    """Satisfaction and loyalty by their items, and the answer on recommending on both, in the middle period.

    Factors have variance 1, so that both loadings of the recommendation are in points of its own scale, and
    their difference ``gap`` (loyalty less satisfaction) can be told from 0.

    Raises
    ------
    NotApplicable : a construct is not asked, or one of the two has a single item.
    """
    from workbench import sem

    survey = base.periods.in_documents_terms()
    asked = survey.codebook.constructs
    if not {"satisfaction", "loyalty", "recommendation"} <= set(asked):
        raise NotApplicable("where a recommendation belongs needs satisfaction, loyalty and recommendation")
    items = {name: list(asked[name].items) for name in ("satisfaction", "loyalty")}
    if min(map(len, items.values())) < 2:
        raise NotApplicable("where a recommendation belongs needs two items of satisfaction and of loyalty")
    (rating, *_) = asked["recommendation"].items
    answers = survey.responses
    at = sorted(answers[base.period].dropna().unique())
    answers = answers[answers[base.period] == at[len(at) // 2]]
    own = {"satisfaction": "on_satisfaction", "loyalty": "on_loyalty"}
    lines = [f"{name} =~ NA*{' + '.join(names)} + {own[name]}*{rating}" for name, names in items.items()]
    lines += [*(f"{name} ~~ 1*{name}" for name in items), "gap := on_loyalty - on_satisfaction"]
    used = answers[[*items["satisfaction"], *items["loyalty"], rating]].dropna().astype(float)
    return sem.fit("\n".join(lines), used, estimator="MLR")


def parameter(fit: Fit, name: str) -> Estimate:
    """A labelled or defined parameter of a fit."""
    table = fit.estimates
    row = table[(table["label"] == name) | (table["lhs"] == name) & (table["op"] == ":=")].iloc[0]
    return Estimate(float(row["est"]), float(row["ci_lower"]), float(row["ci_upper"]))


def stable_shares(base: Base, *, seed: int = 1) -> dict[str, Estimate]:
    """Share of each score's true variance that is a customer's for good, and loyalty's less satisfaction's.

    Notes
    -----
    Errors of items are independent, so the mean covariance of *different* items in one period is the true
    variance, and that of different items three periods or more apart is the part that stays (latent state and
    trait, Steyer, Schmitt & Eid 1999, by moments). Intervals from customers drawn again.

    Raises
    ------
    NotApplicable : satisfaction or loyalty has a single item, or too few customers stayed long enough.
    """
    survey = base.periods.in_documents_terms()
    constructs = survey.codebook.constructs
    sums = {}
    for name in ("satisfaction", "loyalty"):
        if name not in constructs or len(constructs[name].items) < 2:
            raise NotApplicable(f"what of {name} stays needs two of its items in every period")
        sums[name] = _products(survey.responses, list(constructs[name].items), base.customer, base.period)
    people = len(next(iter(sums.values())))
    draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1.0 / people), size=RESAMPLES)
    shares = {name: _share(table.sum(axis=0)) for name, table in sums.items()}
    drawn = {name: _share(draws @ table) for name, table in sums.items()}
    shares["difference"] = shares["loyalty"] - shares["satisfaction"]
    drawn["difference"] = drawn["loyalty"] - drawn["satisfaction"]
    return {
        name: Estimate(float(value), *(float(one) for one in np.quantile(drawn[name], [0.025, 0.975])))
        for name, value in shares.items()
    }


def _products(answers: pd.DataFrame, items: list[str], customer: str, period: str) -> np.ndarray:
    """For every customer: sums and numbers of products of different items, in one period and far apart."""
    wide = [answers.pivot(index=customer, columns=period, values=item).astype(float) for item in items]
    cube = np.stack([(one - one.mean()).to_numpy() for one in wide])  # item, customer, period
    there = np.isfinite(cube).all(axis=0)
    cube = np.where(there, cube, 0.0)
    count, total = len(items), cube.sum(axis=0)
    same, near = np.zeros(len(there)), np.zeros(len(there))
    far, pairs = np.zeros(len(there)), np.zeros(len(there))
    different = count * (count - 1)
    for t in range(cube.shape[2]):
        same += total[:, t] ** 2 - (cube[:, :, t] ** 2).sum(axis=0)
        near += different * there[:, t]
        for later in range(t + APART, cube.shape[2]):
            far += total[:, t] * total[:, later] - (cube[:, :, t] * cube[:, :, later]).sum(axis=0)
            pairs += different * (there[:, t] & there[:, later])
    if not pairs.any():
        raise NotApplicable(f"nobody was asked in two periods {APART} apart")
    return np.stack([same, near, far, pairs], axis=1)


def _share(sums: np.ndarray) -> np.ndarray:
    """Part that stays: mean product far apart over mean product in one period."""
    return (sums[..., 2] / sums[..., 3]) / (sums[..., 0] / sums[..., 1])
