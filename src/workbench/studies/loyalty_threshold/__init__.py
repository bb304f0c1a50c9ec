"""Study 07: does loyalty bend where satisfaction passes a point, who stays all the same, what waiting does.

The rules, fixed before a number is seen:

* D3-2 *bend*: the curvature of loyalty on satisfaction, beyond what the answer boxes bend by themselves, lies
  wholly above 0; *interaction*: so does the product with engagement; *share*: the share of the satisfied who
  are not loyal lies wholly between 60 % and 80 %, a round 70 %;
* D3-9: the share of the satisfied who would switch lies wholly between 70 % and 80 %;
* D3-4 *faster*: the slope of satisfaction on log hours, beside CRM use, lies wholly below 0; *two hours*: the
  step there beyond the smooth decline lies wholly below 0, and no step at another hour is as clear;
* D3-19 and D0-11: indirect effects by the hours of waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import sem
from workbench.evidence import claims
from workbench.studies.loyalty_threshold import shares as counted
from workbench.studies.loyalty_threshold import waiting
from workbench.studies.loyalty_threshold.planted import nulls, truths
from workbench.studies.loyalty_threshold.scale_ends import DRAWS, Shapes, shapes
from workbench.studies.loyalty_threshold.shares import SEVENTY, SEVENTY_FIVE
from workbench.studies.paper_tables import answered_means

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Verdict
    from workbench.sem import Fit
    from workbench.studies.loyalty_threshold.shares import Share
    from workbench.studies.loyalty_threshold.waiting import DoseResponse
    from workbench.survey import Survey

__all__ = [
    "PARAMETERS",
    "SHIPPED",
    "Found",
    "constructs",
    "decide",
    "estimate",
    "hypotheses",
    "judge",
    "judge_bend",
    "judge_share",
    "mean_scores",
    "methods",
    "nulls",
    "switching_item",
    "truths",
]

SHIPPED = "customer_survey"
PARAMETERS: dict[str, object] = {"hours_column": "response_hours", "switching_item": ""}
KNOT = 0.5


@dataclass(frozen=True)
class Found:
    """What the study computes on one survey; None where the survey cannot be asked.

    ``passed`` holds the fit of the waiting model and ``indirect`` its defined effects, standardized.
    """

    shapes: Shapes
    not_loyal: Share
    switching: Share | None
    dose: DoseResponse | None
    passed: Fit | None
    indirect: pd.DataFrame | None
    n: int


def constructs(survey: Survey) -> dict[str, list[str]]:
    """Satisfaction, loyalty and, where it was asked, engagement, with their items."""
    names = [n for n in ("satisfaction", "loyalty", "engagement") if n in survey.constructs()]
    return {name: list(survey.items(name)) for name in names}


def mean_scores(survey: Survey) -> pd.DataFrame:
    """Mean answers of satisfaction and loyalty of those who answered any item of both."""
    return answered_means(survey, ["satisfaction", "loyalty"])


def switching_item(survey: Survey, wanted: str = "") -> str:
    """The question on switching for a better offer: the one wanted, else the first of that construct."""
    if wanted:
        survey.require(items=[wanted])
        return wanted
    if "switching_intention" not in survey.constructs():
        return ""
    return next(iter(survey.items("switching_intention")))


def estimate(
    survey: Survey,
    *,
    seed: int,
    hours_column: str = "response_hours",
    switching: str = "",
    draws: int = DRAWS,
) -> Found:
    """Everything that the verdicts rest on, from one sample of respondents."""
    asked, item = constructs(survey), switching_item(survey, switching)
    timed = hours_column in survey.variables
    dose = waiting.dose_response(survey, hours_column) if timed else None
    passed = waiting.passed_on(survey, hours_column) if timed else None
    indirect = None
    if passed is not None and passed.converged:
        indirect = sem.monte_carlo_intervals(passed, seed=seed, standardized=True).set_index("lhs")
    return Found(
        shapes(survey.responses, asked, draws=draws, seed=seed),
        counted.satisfied_not_loyal(survey),
        counted.would_switch(survey, item) if item else None,
        dose,
        passed,
        indirect,
        len(survey.responses),
    )


def judge(found: Found, *, kind: str, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts that the survey's questions allow."""
    known = truths or {}
    made = [_shape(found.shapes.curvature, "bend", "curvature beyond the boxes", kind, known)]
    if found.shapes.product is not None:
        made.append(_shape(found.shapes.product, "interaction", "product beyond the boxes", kind, known))
    made.append(judge_share("D3-2", found.not_loyal, SEVENTY, kind=kind, part="share", truths=known))
    if found.switching is not None:
        made.append(judge_share("D3-9", found.switching, SEVENTY_FIVE, kind=kind, truths=known))
    if found.indirect is not None and found.passed is not None:
        made += _passed(found.indirect, found.passed, kind, known)
    if found.dose is not None:
        made.append(_two_hours(found.dose, kind, known))
    return made


def judge_share(
    claim: str,
    found: Share,
    bounds: tuple[float, float],
    *,
    kind: str,
    part: str | None = None,
    truths: Mapping[str, bool] | None = None,
) -> Verdict:
    """A share against the document's, by equivalence: the whole interval between two bounds."""
    return claims.judge(
        claim,
        estimate=found.estimate,
        interval=found.interval,
        pattern="within",
        threshold=bounds,
        kind=kind,
        n=found.n,
        measure=f"{found.what}, share",
        part=part,
        planted=(truths or {}).get(f"{claim} {part}" if part else claim),
    )


def judge_bend(found: Shapes, *, kind: str, part: str = "bend") -> Verdict:
    """The bend beyond the boxes on data that were not planted."""
    return _shape(found.curvature, part, "curvature beyond the boxes", kind, {})


def _shape(beyond: Any, part: str, measure: str, kind: str, known: Mapping[str, bool]) -> Verdict:
    return claims.judge(
        "D3-2",
        estimate=beyond.excess,
        interval=beyond.interval,
        pattern="above",
        kind=kind,
        n=beyond.n,
        measure=measure,
        unit="SD of loyalty",
        part=part,
        planted=known.get(f"D3-2 {part}"),
    )


def _two_hours(dose: DoseResponse, kind: str, known: Mapping[str, bool]) -> Verdict:
    step, clearest = dose.steps.loc[waiting.CLAIMED], dose.clearest
    return claims.judge_all(
        "D3-4",
        [
            claims.finding(
                "step at two hours beyond the smooth decline",
                estimate=step["estimate"],
                interval=(step["ci_lower"], step["ci_upper"]),
                pattern="below",
            ),
            claims.fact("no step at another hour is as clear", clearest == waiting.CLAIMED),
        ],
        kind=kind,
        n=dose.n,
        measure="step at two hours",
        unit="SD",
        part="two hours",
        planted=known.get("D3-4 two hours"),
    )


def _passed(indirect: pd.DataFrame, fit: Fit, kind: str, known: Mapping[str, bool]) -> list[Verdict]:
    n = int(fit.problem.sample.total)

    def finding(name: str, text: str, pattern: claims.Pattern) -> claims.Finding:
        row = indirect.loc[name]
        interval = (row["ci_lower"], row["ci_upper"])
        return claims.finding(text, estimate=row["est"], interval=interval, pattern=pattern)

    made = [
        claims.judge_all(
            "D3-19",
            [finding("waiting_loyalty", "waiting on loyalty by satisfaction", "below")],
            kind=kind,
            n=n,
            measure="indirect effect, β",
            planted=known.get("D3-19"),
        )
    ]
    paths = fit.standardized_solution().query("op == '~'").set_index(["lhs", "rhs"])
    slope = paths.loc[("satisfaction", waiting.LOG)]
    made.append(
        claims.judge(
            "D3-4",
            estimate=slope["est_std"],
            interval=(slope["ci_lower"], slope["ci_upper"]),
            pattern="below",
            kind=kind,
            n=n,
            measure="satisfaction on log hours, β",
            part="faster",
            planted=known.get("D3-4 faster"),
        )
    )
    for part, name in (("satisfaction", "crm_satisfaction"), ("experience", "crm_experience")):
        if name not in indirect.index:
            continue
        use = paths.loc[(waiting.LOG, "crm_use")]
        made.append(
            claims.judge_all(
                "D0-11",
                [
                    finding(name, f"CRM use on {part} by the hours of waiting", "above"),
                    claims.finding(
                        "CRM use on the hours of waiting",
                        estimate=use["est_std"],
                        interval=(use["ci_lower"], use["ci_upper"]),
                        pattern="below",
                    ),
                ],
                kind=kind,
                n=n,
                measure="indirect effect, β",
                part=part,
                planted=known.get(f"D0-11 {part}"),
            )
        )
    return made


def hypotheses(survey: Survey, *, hours_column: str, switching: str) -> dict[str, str]:
    """What is tested on a survey, by claim: only what its questions allow."""
    said = {
        "D3-2 bend": "Loyalty bends upward with satisfaction, beyond what the answer boxes bend",
        "D3-2 interaction": "Satisfaction counts for more where customers take part, beyond the boxes",
        "D3-2 share": "Of the satisfied a round 70 % are not loyal (interval within 60 to 80 %)",
        "D3-9": "Of the satisfied 75 % would switch for a better offer (interval within 70 to 80 %)",
        "D3-4 faster": "The longer an answer takes, the lower satisfaction",
        "D3-4 two hours": "Satisfaction drops at two hours beyond its decline, and nowhere more clearly",
        "D3-19": "Waiting lowers loyalty by way of satisfaction",
        "D0-11 satisfaction": "CRM use shortens waiting and so raises satisfaction",
        "D0-11 experience": "CRM use shortens waiting and so improves the customer's experience",
    }
    timed, there = hours_column in survey.variables, survey.constructs()
    kept = {
        "D3-2 interaction": "engagement" in there,
        "D3-9": bool(switching_item(survey, switching)),
        "D3-4 faster": timed,
        "D3-4 two hours": timed,
        "D3-19": timed,
        "D0-11 satisfaction": timed and "crm_use" in there,
        "D0-11 experience": timed and {"crm_use", "customer_experience"} <= {*there},
    }
    return {name: text for name, text in said.items() if kept.get(name, True)}


def methods(found: Found, *, draws: int, seed: int) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    place = f"{100 * counted.AGREES:g} %"
    said = [
        "Loyalty was regressed on satisfaction (means of answered items) as a straight line, a "
        "quadratic, a line "
        "bent once (place by search, percentile bootstrap) and a monotone quadratic spline; the four were "
        "compared by repeated tenfold cross-validation with the corrected resampled t interval.",
        f"What answer boxes alone would bend was drawn: {draws:,} surveys with normal attitudes, "
        "the polychoric "
        f"correlations, thresholds and gaps of this one (seed {seed}); the curvature beyond their mean "
        "was taken "
        "for the bend, with their 95 % range as its interval.",
        f"Satisfied and loyal mean a mean answer at {place} of the scale or above; shares have "
        "Wilson's interval "
        "and were compared with the document's by equivalence.",
    ]
    if found.dose is not None:
        beside = " beside CRM use" if found.dose.beside else ""
        said.append(
            f"Satisfaction was regressed on log2 hours of waiting{beside}; a step was looked for at "
            f"{len(found.dose.steps)} waiting time{'s' * (len(found.dose.steps) != 1)}, "
            "each with a line of its own on either side, with HC3 errors."
        )
    if found.indirect is not None:
        said.append(
            "Indirect effects by waiting come from a structural equation model (MLR, full "
            "information) with Monte "
            "Carlo intervals."
        )
    said.append(
        "Necessity was judged by the ceilings CE-FDH and CR-FDH with a permutation test (necessary "
        "condition analysis)."
    )
    return said


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of the notebook on one survey."""
    from workbench.survey.samples import headline_sample

    kept = headline_sample(survey)
    return judge(estimate(kept, seed=seed), kind=survey.kind, truths=truths)
