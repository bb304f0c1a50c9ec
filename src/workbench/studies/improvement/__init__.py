"""Study 13: whether an improvement improved anything, by experiment, by panel, and against a forecast.

The shipped panel of firms has a staggered adoption, an A/B test and indicators over eight half-years. A reader's
table has units over periods, with or without adoption, or units in two arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.studies.improvement.designs import (
    Placebos,
    cohort_series,
    interrupted,
    placebos,
    side_by_side,
    truth,
)
from workbench.studies.improvement.given import Given, begin
from workbench.studies.improvement.populations import SHIPPED, nulls, population, simulate, truths
from workbench.studies.improvement.public_grants import Grants, grants
from workbench.studies.improvement.trial import Looks, by_looks, has_scripts, peeking, scripts
from workbench.studies.improvement.verdicts import EXPERIMENTS, decide_given

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

PARAMETERS: dict[str, Any] = {"unit": "firm", "period": "period", "treated": "treated", "arm": "arm"}

__all__ = [
    "EXPERIMENTS",
    "PARAMETERS",
    "SHIPPED",
    "Given",
    "Grants",
    "Looks",
    "Placebos",
    "begin",
    "by_looks",
    "cohort_series",
    "decide",
    "decide_given",
    "grants",
    "has_scripts",
    "interrupted",
    "nulls",
    "peeking",
    "placebos",
    "population",
    "scripts",
    "side_by_side",
    "simulate",
    "truth",
    "truths",
]


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the study on one table."""
    return decide_given(begin(survey), seed=seed, truths=truths)
