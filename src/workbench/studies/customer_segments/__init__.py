"""Study 14: segments of customers, whether they are found again, whether treating them apart is worth it.

``given`` reads a table, ``segmenting`` finds classes, ``verdicts`` holds the rules and ``populations`` what
is planted. ``workbench.show.segment_words`` says what the numbers say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.studies.customer_segments.by_behaviour import Behaviour, agreements, behaviour
from workbench.studies.customer_segments.given import Given, Trial, begin
from workbench.studies.customer_segments.populations import SHIPPED, nulls, population, simulate, truths
from workbench.studies.customer_segments.public_customers import Followed, buyers, donors
from workbench.studies.customer_segments.segmenting import (
    MOST,
    Segments,
    beside_kmeans,
    numeric,
    profiles,
    scores,
    second_opinion,
    segment,
)
from workbench.studies.customer_segments.verdicts import (
    MARGINS,
    at_margins,
    attitudes_by_class,
    campaign,
    care_gap,
    decidable,
    decide_given,
    on_staying,
    sensitive_classes,
    uplifts,
    value,
    values_by_division,
)

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

PARAMETERS: dict[str, Any] = {
    "items": [],
    "treatment": "treatment",
    "control": "none",
    "outcome": "spending_after",
    "cost": "treatment_cost",
    "kept": "stayed_after",
    "margin": 1.0,
    "most": MOST,
}

__all__ = [
    "MARGINS",
    "MOST",
    "PARAMETERS",
    "SHIPPED",
    "Behaviour",
    "Followed",
    "Given",
    "Segments",
    "Trial",
    "agreements",
    "at_margins",
    "attitudes_by_class",
    "begin",
    "behaviour",
    "beside_kmeans",
    "buyers",
    "campaign",
    "care_gap",
    "decidable",
    "decide",
    "decide_given",
    "donors",
    "nulls",
    "numeric",
    "on_staying",
    "population",
    "profiles",
    "scores",
    "second_opinion",
    "segment",
    "sensitive_classes",
    "simulate",
    "truths",
    "uplifts",
    "value",
    "values_by_division",
]


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the study on one table."""
    given = begin(survey)
    return decide_given(given, segment(given, seed=seed), seed=seed, truths=truths)
