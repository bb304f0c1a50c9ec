"""What runs through the dimensions: planted shares, and what a cause left out of the model does to them.

A variable that acts on a mediator and on the outcome confounds the mediator's effect (mediator-outcome
confounding; VanderWeele 2015, chapter 2): waiting time lowers both the judgement of responsiveness and
satisfaction, so a model without it credits responsiveness with what waiting does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench import sem
from workbench.measurement.measurement_models import correlated_factors
from workbench.studies.customer_loyalty.fitting import by_label
from workbench.studies.customer_loyalty.model import (
    DIMENSIONS,
    OUTCOMES,
    Constructs,
    model_text,
    with_waiting,
)

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population
    from workbench.sem.result import Fit
    from workbench.survey import Survey

WAITING = "log_waiting"


def planted_share(population: Population) -> float:
    """Share of CRM's planted effect on satisfaction that passes through one of the five dimensions.

    What is left of the total effect with every path out of the dimensions at zero does not pass through them.
    """
    total = population.total_effect("satisfaction", "crm_use")
    blocked = population
    for name in DIMENSIONS:
        blocked = blocked.without_effects(name)
    return 1 - blocked.total_effect("satisfaction", "crm_use") / total


def planted_effects(population: Population) -> dict[str, float]:
    """Planted effects of CRM use by the names of the study's effects: totals, and what the five carry."""
    total = {name: population.total_effect(name, "crm_use") for name in OUTCOMES}
    through = planted_share(population) * total["satisfaction"]
    return {
        "indirect_satisfaction": through,
        "direct_satisfaction": total["satisfaction"] - through,
        **{f"total_{name}": value for name, value in total.items()},
    }


def in_endless_samples(population: Population, also: tuple[str, ...] = ()) -> pd.Series:
    """Coefficients of satisfaction on CRM use, the dimensions and ``also`` that no sampling error touches.

    The regression is worked out from the covariances that the population's paths imply.
    """
    import pandas as pd

    causes = ["crm_use", *DIMENSIONS, *also]
    r = population.implied.covariance
    found = np.linalg.solve(r.loc[causes, causes].to_numpy(), r.loc[causes, "satisfaction"].to_numpy())
    return pd.Series(found, index=causes)


def fit_waiting(
    survey: Survey, data: pd.DataFrame, constructs: Constructs, variable: str = "response_hours"
) -> tuple[Fit, Fit]:
    """The model without and with the logarithm of an observed waiting time (``model.with_waiting``).

    Both by MLR with full-information likelihood: an observed measurement beside ordered answers would need
    complete cases.
    """
    waiting = np.log(survey.responses[variable].astype(float)).rename(WAITING)
    answers = data[[item for items in constructs.values() for item in items]].join(waiting)
    texts = model_text(constructs), with_waiting(constructs, WAITING)
    plain, wider = (sem.fit(text, answers, estimator="MLR", missing="fiml") for text in texts)
    return plain, wider


def waiting_graph(
    survey: Survey, data: pd.DataFrame, constructs: Constructs, variable: str = "response_hours"
) -> Fit:
    """CRM use, waiting time, responsiveness and satisfaction by themselves (MLR, FIML), to be drawn."""
    shown = ("crm_use", "responsiveness", "satisfaction")
    text = "\n".join(
        [
            correlated_factors({name: constructs[name] for name in shown}),
            f"{WAITING} ~ crm_use",
            f"responsiveness ~ crm_use + {WAITING}",
            f"satisfaction ~ crm_use + responsiveness + {WAITING}",
        ]
    )
    items = [item for name in shown for item in constructs[name]]
    waiting = np.log(survey.responses[variable].astype(float)).rename(WAITING)
    return sem.fit(text, data[items].join(waiting), estimator="MLR", missing="fiml")


def compare_mediators(population: Population, without: Fit, with_it: Fit) -> pd.DataFrame:
    """Effects of the dimensions on satisfaction: planted, and found without and with waiting time.

    Columns: planted (total effect in the population), endless (what the model without waiting time finds in
    endless samples), est, ci_lower, ci_upper (found without), est_with, with_lower, with_upper (found with).
    """
    import pandas as pd

    endless = in_endless_samples(population)
    plain, wider = (by_label(fit.standardized_solution()) for fit in (without, with_it))
    rows = {
        name: [
            population.total_effect("satisfaction", name),
            endless[name],
            *plain.loc[f"b_{name}", ["est_std", "ci_lower", "ci_upper"]],
            *wider.loc[f"b_{name}", ["est_std", "ci_lower", "ci_upper"]],
        ]
        for name in DIMENSIONS
    }
    columns = ["planted", "endless", "est", "ci_lower", "ci_upper", "est_with", "with_lower", "with_upper"]
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("dimension").astype(float)
    )
