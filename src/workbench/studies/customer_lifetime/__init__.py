"""Study 15: how long customers stay, who will leave, and what they are worth.

``opening`` opens a table by period or by customer; ``rows`` and ``stays`` make them ready. ``effects`` and
``behaviour`` hold regressions, ``score`` the warning, ``stages`` the hidden chain, ``attitudes`` and
``waves`` the questionnaire, ``lifetime_value`` what customers are worth, ``real_customers`` public data;
``rules`` holds the verdicts and ``planted`` what is planted. ``large`` takes a million customers, in parts.
``workbench.show.lifetime_words`` says what the numbers say.
"""

from workbench.studies.customer_lifetime.attitudes import parameter, recommendation_model, stable_shares
from workbench.studies.customer_lifetime.behaviour import satisfied_against_all, survey_and_behaviour
from workbench.studies.customer_lifetime.effects import on_leaving
from workbench.studies.customer_lifetime.lifetime_value import (
    AHEAD,
    DISCOUNT,
    measures,
    worth,
    worth_or_none,
)
from workbench.studies.customer_lifetime.opening import begin
from workbench.studies.customer_lifetime.planted import SHIPPED, nulls, population, simulate, truths
from workbench.studies.customer_lifetime.real_customers import (
    beside_published,
    donors,
    held_out,
    recommendation_beside,
)
from workbench.studies.customer_lifetime.rows import WEEKS
from workbench.studies.customer_lifetime.rules import decide, fall_terms, plain_scores, undecided, verdicts
from workbench.studies.customer_lifetime.score import THRESHOLD, judged, lead_times, trees
from workbench.studies.customer_lifetime.stages import what_moves
from workbench.studies.customer_lifetime.stays import try_on_half

__all__ = [
    "AHEAD",
    "DISCOUNT",
    "SHIPPED",
    "THRESHOLD",
    "WEEKS",
    "begin",
    "beside_published",
    "decide",
    "donors",
    "fall_terms",
    "held_out",
    "judged",
    "lead_times",
    "measures",
    "nulls",
    "on_leaving",
    "parameter",
    "plain_scores",
    "population",
    "recommendation_beside",
    "recommendation_model",
    "satisfied_against_all",
    "simulate",
    "stable_shares",
    "survey_and_behaviour",
    "trees",
    "truths",
    "try_on_half",
    "undecided",
    "verdicts",
    "what_moves",
    "worth",
    "worth_or_none",
]
