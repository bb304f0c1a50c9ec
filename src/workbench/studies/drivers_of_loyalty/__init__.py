"""Study 06: what loyalty rests on, what follows from satisfaction, and whether both have the same drivers.

The rules, fixed before a number is seen, are `verdicts.RULES`; each asks the interval of a standardized
effect (Monte Carlo where effects are multiplied or added) to lie wholly on one side of zero. `models` and
`experience` have the models, `planted` what holds in a population, `public` the public surveys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import NotApplicable, ParameterError
from workbench.studies.drivers_of_loyalty import experience, models, verdicts
from workbench.studies.drivers_of_loyalty.planted import nulls, truths

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.studies.drivers_of_loyalty.models import Modelled
    from workbench.studies.own_model.moderation import Moderation
    from workbench.survey import Survey

__all__ = ["PARAMETERS", "SHIPPED", "Found", "decide", "estimate", "judge", "nulls", "truths"]

SHIPPED = "customer_survey"
PARAMETERS: dict[str, object] = {"drivers": []}
DRAWS = 2_000
FEWER = 1_000  # where verdicts are counted over many surveys
DOCUMENTS = (*models.EARLY, *models.LATE)  # drivers that the documents name
MOST = 8  # drivers where the codebook names none of the documents'

judge = verdicts.judge


@dataclass(frozen=True)
class Found:
    """What the study computes on one survey; None where the survey cannot be asked.

    ``equal``: Wald's χ², df and p of equal effects on satisfaction and loyalty. ``held``: what is held
    constant where the experience's effects are estimated. ``not_taken``: drivers beyond the number that
    the model takes; ``labels``: of the drivers that are not the documents', as the codebook has them.
    """

    drivers: tuple[str, ...]
    follows: tuple[str, ...]
    core: Modelled
    value: Modelled | None
    rivals: Modelled | None
    moderated: Moderation | None
    experience: Modelled | None
    equal: tuple[float, int, float] | None
    held: tuple[str, ...]
    n: int
    not_taken: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def drivers_of(survey: Survey, wanted: Sequence[str] = ()) -> list[str]:
    """What may drive loyalty beside satisfaction: as wanted, else the documents' drivers that were asked,
    else the survey's other constructs, those of outcomes and markers aside.

    Raises
    ------
    NotApplicable : none. ParameterError : satisfaction, loyalty or CRM use among those wanted.
    """
    there = survey.constructs()
    if wanted:
        survey.require(*wanted)
        taken = [name for name in wanted if name in ("satisfaction", "loyalty", models.USE)]
        if taken:
            raise ParameterError(f"drivers: {', '.join(taken)} has its own place in the model")
        return list(wanted)
    known = [name for name in DOCUMENTS if name in there]
    others = _others(survey)
    if not (known or others):
        raise NotApplicable(
            "one construct more than satisfaction and loyalty is needed: what may drive loyalty"
        )
    return known or others[:MOST]


def _others(survey: Survey) -> list[str]:
    """Constructs that may drive loyalty where none of the documents' drivers was asked."""
    aside = {"satisfaction", "loyalty", models.USE, "marker", *models.FOLLOWS}
    there = survey.constructs()
    return [name for name in there if name not in aside and survey.construct(name).role != "outcome"]


def follows_of(survey: Survey) -> list[str]:
    """What may follow from satisfaction and loyalty: constructs, and the log of the cost to serve."""
    there = [name for name in models.FOLLOWS if name in survey.constructs()]
    return [*there, models.LOG_COST] if models.COST in survey.variables else there


def estimate(survey: Survey, *, seed: int, drivers: Sequence[str] = (), draws: int = DRAWS) -> Found:
    """Everything that the verdicts rest on, from one sample of respondents.

    Raises
    ------
    NotApplicable : no driver beside satisfaction, or the model of loyalty does not converge.
    """
    chosen, follows, there = drivers_of(survey, drivers), follows_of(survey), survey.constructs()
    core = models.core(survey, chosen, follows, draws=draws, seed=seed)
    if core is None:
        raise NotApplicable(
            f"the model of loyalty on {', '.join(chosen)} does not converge; fewer drivers may help"
        )
    whole = {*models.BENEFITS, *models.COSTS, "perceived_value"} <= {*there}
    value = models.value(survey, draws=draws, seed=seed) if whole else None
    asked = [name for name in models.RIVALS if name in there]
    two = asked if not drivers and len(asked) > 1 else chosen
    rivals = models.rivals(survey, two, draws=draws, seed=seed)
    equal = None
    if rivals is not None:
        equal = models.joint_test(rivals.fit, [f"less_{name}" for name in two], draws=draws, seed=seed)
    moderated = moderation(survey) if "engagement" in there else None
    held = experience.held_of(survey)
    brings = experience.estimate(survey, held, draws=draws, seed=seed)
    n = len(survey.responses)
    own = [name for name in chosen if name not in DOCUMENTS]
    more = () if drivers or len(own) < MOST else tuple(_others(survey)[MOST:])
    return Found(
        *(tuple(chosen), tuple(follows), core, value, rivals, moderated, brings, equal, tuple(held), n),
        not_taken=more,
        labels={name: survey.codebook.label(name) for name in own},
    )


def moderation(survey: Survey) -> Moderation:
    """Loyalty on satisfaction, engagement and their latent product (study 18's)."""
    from workbench.studies.own_model.moderation import moderation as moderated
    from workbench.studies.own_model.specification import own_model

    model = own_model(survey, {"H1": "satisfaction x engagement -> loyalty (+)"}, controls=())
    return moderated(model, model.hypotheses[0])


def subtraction(value: Modelled, *, draws: int = DRAWS, seed: int) -> tuple[float, int, float]:
    """Wald's χ², df and p of eight equal weights of benefits and costs, as a plain subtraction has them."""
    alike = [f"alike_{place}" for place in range(1, 8)]
    return models.joint_test(value.fit, alike, draws=draws, seed=seed)


def hypotheses(found: Found) -> dict[str, str]:
    """What is tested on a survey, by claim: only what its questions allow."""
    return {name: verdicts.RULES[name] for name in verdicts.asked(found)}


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the notebook on one survey."""
    from workbench.survey.samples import headline_sample

    return judge(estimate(headline_sample(survey), seed=seed, draws=FEWER), kind=survey.kind, truths=truths)
