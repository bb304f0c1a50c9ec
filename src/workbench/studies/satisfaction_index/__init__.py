"""Study 10: satisfaction as ratio or gap, SERVQUAL gaps, priorities, asymmetric effects, scores (D1, D4).

`taken` says which questions stand for what; `discrepancy`, `prediction`, `dimension_gaps`,
`importance_performance`, `asymmetry`, `scores` and `schemes` compute; `verdicts` holds the rules and
`populations` what is planted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.studies.satisfaction_index import (
    asymmetry,
    dimension_gaps,
    discrepancy,
    importance_performance,
    public,
    schemes,
    scores,
    verdicts,
    words,
)
from workbench.studies.satisfaction_index.populations import nulls, simulate, truths
from workbench.studies.satisfaction_index.taken import Taken, take

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

SHIPPED = "customer_survey"
PARAMETERS: dict[str, Any] = {"parts": {}}

__all__ = [
    "PARAMETERS",
    "SHIPPED",
    "Taken",
    "asymmetry",
    "decide",
    "dimension_gaps",
    "discrepancy",
    "importance_performance",
    "nulls",
    "public",
    "schemes",
    "scores",
    "simulate",
    "take",
    "truths",
    "verdicts",
    "words",
]


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the notebook on one survey, without those who failed an instructed item."""
    from workbench.survey.samples import headline_sample

    return list(verdicts.decide(take(headline_sample(survey)), seed=seed, truths=truths).verdicts)
