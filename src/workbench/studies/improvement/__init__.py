"""Study 13: whether an improvement improved anything, by experiment, by panel, and against a forecast.

The shipped panel of firms has a staggered adoption, an A/B test and indicators over eight half-years. A
reader's table has units over periods, with or without adoption, or units in two arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError
from workbench.studies.improvement import verdicts
from workbench.studies.improvement.designs import (
    EARLY,
    UNTOUCHED,
    Placebos,
    all_effects,
    cohort_series,
    honest,
    interrupted,
    placebos,
    planted_effect,
    side_by_side,
)
from workbench.studies.improvement.given import Given, begin, main_outcome, sample
from workbench.studies.improvement.populations import SHIPPED, nulls, population, simulate, truths
from workbench.studies.improvement.public_grants import HOURS, LOG_SCRAP, Grants, grants
from workbench.studies.improvement.trial import (
    Looks,
    by_looks,
    compared,
    has_scripts,
    peeking,
    scripts,
    since,
    trials,
)
from workbench.studies.improvement.verdicts import EXPERIMENTS, LATER, decidable, decide_given

if TYPE_CHECKING:
    from workbench.evaluation.forecasts import Forecasts
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

PARAMETERS: dict[str, Any] = {"unit": "firm", "period": "period", "treated": "treated", "arm": "arm"}

__all__ = [
    "EARLY",
    "EXPERIMENTS",
    "HOURS",
    "LATER",
    "LOG_SCRAP",
    "PARAMETERS",
    "SHIPPED",
    "UNTOUCHED",
    "Given",
    "Grants",
    "Looks",
    "Placebos",
    "all_effects",
    "begin",
    "by_looks",
    "cohort_series",
    "compared",
    "decidable",
    "decide",
    "decide_given",
    "forecast",
    "grants",
    "has_scripts",
    "honest",
    "interrupted",
    "main_outcome",
    "nulls",
    "peeking",
    "placebos",
    "planted_effect",
    "population",
    "sample",
    "scripts",
    "side_by_side",
    "simulate",
    "since",
    "trials",
    "truths",
]


def forecast(given: Given, outcome: str, *, level: float = 0.95) -> Forecasts | None:
    """Forecasts of one outcome against the naive one; None where there is too little to learn from."""
    if not given.panel:
        return None
    try:
        return verdicts.forecast(given, outcome, level=level)
    except DataError:
        return None


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the study on one table."""
    return decide_given(begin(survey), seed=seed, truths=truths)
