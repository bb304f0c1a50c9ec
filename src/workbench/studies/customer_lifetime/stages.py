"""Stages of the relationship, which nobody sees (D4-3): how many, which way, and what moves whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.evaluation import hidden_stages as hs
from workbench.evaluation import survival
from workbench.evaluation.warning_scores import Estimate
from workbench.normal_quantiles import INTERVAL_95
from workbench.studies.customer_lifetime.rows import STAGE_SIGNS

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Rows

MARGIN = 0.05  # of log likelihood a customer: a chain of forward steps that loses less predicts no worse
STAGES = 4
DRIVERS = ("satisfaction", "valued")


@dataclass(frozen=True)
class Life:
    """Chains of several sizes, fitted to one half of the customers and tried on the other.

    models : (stages, forward) -> chain. held_out : log likelihood of every customer of the other half.
    chances : of the four stages of the forward chain, by row of the data. signs : indicators.
    """

    models: dict[tuple[int, bool], hs.Stages]
    held_out: dict[tuple[int, bool], np.ndarray]
    chances: np.ndarray
    signs: tuple[str, ...]
    data: hs.Sequences

    def gain(self, one: tuple[int, bool], other: tuple[int, bool]) -> Estimate:
        """Log likelihood a customer of one chain over another, in customers who were not used."""
        return Estimate.mean(self.held_out[one] - self.held_out[other])


def life(found: Rows, sizes: tuple[int, ...] = (2, 3, 4)) -> Life:
    """Fit chains to every other customer and try them on the rest.

    Raises
    ------
    NotApplicable : fewer than two of the signs of a stage are there.
    """
    signs = {name: most for name, most in STAGE_SIGNS.items() if name in found.data}
    if len(signs) < 2:
        raise NotApplicable(f"stages need two or more of {', '.join(STAGE_SIGNS)}, in every period")
    all_of = hs.sequences(found.data, "customer", "period", signs)
    half = np.arange(len(all_of.customers)) % 2 == 0
    train, test = all_of.part(half), all_of.part(~half)
    starts = tuple((place, -1 if name == "contacts" else 1) for place, name in enumerate(signs))
    wanted = [*((size, False) for size in sizes), (STAGES, True)]
    models = {key: hs.fit_stages(train, key[0], forward=key[1], starts=starts) for key in wanted}
    held_out = {key: hs.predictive(model, test) for key, model in models.items()}
    states = hs.filtered(models[STAGES, True], all_of)
    return Life(models, held_out, states[all_of.there], tuple(signs), all_of)


def what_moves(found: Rows, lives: Life) -> pd.DataFrame:
    """What satisfaction and feeling valued do to the log odds of leaving in each stage.

    Rows of customers' periods count in each stage with its chance, from what was seen up to then.

    Returns
    -------
    DataFrame : index (driver, stage) with estimate, se, ci_lower, ci_upper; errors are of the weighted rows.
    """
    data = found.data
    drivers = [name for name in DRIVERS if name in data]
    columns, names = {}, []
    for stage in range(lives.chances.shape[1]):
        chance = lives.chances[:, stage]
        if stage:
            columns[f"stage {stage}"] = chance
        for name in drivers:
            columns[f"{name} {stage}"] = chance * data[name].to_numpy()
            names.append((name, stage + 1, f"{name} {stage}"))
    fitted = survival.fit_hazard(
        pd.DataFrame(columns).assign(left=data["left"].to_numpy()), "left", list(columns)
    )
    table = pd.DataFrame(
        [(driver, stage, fitted.params[key], fitted.bse[key]) for driver, stage, key in names],
        columns=["driver", "stage", "estimate", "se"],
    ).set_index(["driver", "stage"])
    half = INTERVAL_95 * table["se"]
    table = table.assign(ci_lower=table["estimate"] - half, ci_upper=table["estimate"] + half)
    keys = [key for *_, key in names]
    table.attrs["covariance"] = fitted.covariance.loc[keys, keys].to_numpy()
    return table


def contrast(found: Rows, lives: Life, driver: str = "valued", stage: int = 3) -> Estimate:
    """What a driver does to the log odds of leaving in one stage less what it does on average before it."""
    table = what_moves(found, lives)
    weights = np.zeros(len(table))
    weights[table.index.get_loc((driver, stage))] = 1.0
    for earlier in range(1, stage):
        weights[table.index.get_loc((driver, earlier))] = -1.0 / (stage - 1)
    gap = float(weights @ table["estimate"].to_numpy())
    return Estimate.normal(gap, float(np.sqrt(weights @ table.attrs["covariance"] @ weights)))
