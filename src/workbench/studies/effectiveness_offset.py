"""Whether good service makes up for what a product lacks, in study 11 (D0-8): a product of two causes.

If it does, service is worth more where the product is worse: the product term lies below zero, and service's
effect at a product one standard deviation below the mean above it. Both are estimated from composites and
among latent variables, D0's other drivers held constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import regression
from workbench.errors import WorkbenchError
from workbench.evidence import claims

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.evidence.claims import Pattern, Verdict
    from workbench.regression.interaction import Interaction
    from workbench.studies.own_model.moderation import Moderation
    from workbench.survey import Survey

SERVICE, PRODUCT, OUTCOME = "service_quality", "product_quality", "satisfaction"
OTHERS = ("after_sales", "customer_experience", "corporate_culture")
COMPOSITES, LATENT = "composites", "latent variables"
TERM, WORSE, BETTER = "product term", "where the product is worse", "where the product is better"
PATTERNS: Mapping[str, Pattern] = {TERM: "below", WORSE: "above"}
SAID = {TERM: "service times product", WORSE: "service one SD below the product's mean"}


@dataclass(frozen=True)
class Offset:
    """What service does along the product's quality.

    ``effects``: (way, effect) -> estimate, ci_lower, ci_upper, standardized; the effects are the product
    term and service's slope one standard deviation below and above the product's mean. ``along``: service's
    slope along the product's quality, of the latent way where it gives one. ``why``: why there is none.
    """

    effects: pd.DataFrame
    along: Interaction
    n: int
    why: str = ""


def estimate(survey: Survey, scores: pd.DataFrame, controls: Sequence[str]) -> Offset:
    """Both ways.

    Parameters
    ----------
    scores : the composites. controls : what stands beside the causes in their regression.
    """
    along, term = _composites(scores, controls)
    tables, why = {COMPOSITES: _effects(along, term)}, ""
    try:
        found = _latent(survey)
    except WorkbenchError as error:
        why = f"the model of their latent product failed: {error}"
    else:
        if found.along is not None and found.readable:
            along, term = found.along, pd.Series(found.product[:3], ["estimate", "ci_lower", "ci_upper"])
            tables[LATENT] = _effects(along, term)
        else:
            why = "the model of their latent product has no proper solution"
    return Offset(pd.concat(tables, names=["way", "effect"]), along, len(survey.responses), why)


def _composites(scores: pd.DataFrame, controls: Sequence[str]) -> tuple[Interaction, pd.Series]:
    names = [OUTCOME, SERVICE, PRODUCT, *OTHERS]
    standard = (scores[names] - scores[names].mean()) / scores[names].std()
    terms: list[str | tuple[str, ...]] = [*controls, SERVICE, PRODUCT, *OTHERS, (SERVICE, PRODUCT)]
    model = regression.ols(scores.assign(**standard), OUTCOME, terms)
    return regression.interaction(model, SERVICE, PRODUCT), model.coefficients.loc[f"{SERVICE}:{PRODUCT}"]


def _latent(survey: Survey) -> Moderation:
    """Satisfaction on the five drivers and the latent product of two of them (study 18's)."""
    from workbench.studies.own_model.moderation import moderation
    from workbench.studies.own_model.specification import own_model

    said = {"H1": f"{SERVICE} x {PRODUCT} -> {OUTCOME} (-)"}
    said |= {f"H{place}": f"{name} -> {OUTCOME} (+)" for place, name in enumerate(OTHERS, 2)}
    model = own_model(survey, said, controls=())
    return moderation(model, model.hypotheses[0])


def _effects(along: Interaction, term: pd.Series) -> pd.DataFrame:
    columns = ["estimate", "ci_lower", "ci_upper"]
    rows = {
        TERM: term[columns],
        WORSE: along.slopes.loc["mean - 1 SD", columns],
        BETTER: along.slopes.loc["mean + 1 SD", columns],
    }
    return pd.DataFrame(rows).T.astype(float)


def truths(population: PanelPopulation) -> dict[str, bool]:
    """Whether service is worth more where the product is worse, and worth something there."""
    survey = population.survey
    terms = survey.description.structure[OUTCOME]
    product = sum(term.value for term in terms if {term.from_, term.times} == {SERVICE, PRODUCT})
    return {"D0-8": bool(product < 0 and survey.total_effect(OUTCOME, SERVICE) - product > 0)}


def judge(survey: Survey, found: Offset, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdict, both ways; none on simulated answers that give no latent estimates."""
    judged: dict[str, Any] = {"kind": survey.kind, "n": found.n}
    if found.why:
        if survey.kind == "simulated":
            return []
        return [claims.not_testable("D0-8", f"The rule asks for both ways, and {found.why}.", **judged)]
    findings = []
    for effect, pattern in PATTERNS.items():
        for way in (LATENT, COMPOSITES):
            row = found.effects.loc[(way, effect)]
            text = f"{SAID[effect]} ({way})"
            interval = (row["ci_lower"], row["ci_upper"])
            findings.append(
                claims.finding(text, estimate=row["estimate"], interval=interval, pattern=pattern)
            )
    planted = (truths or {}).get("D0-8")
    return [claims.judge_all("D0-8", findings, measure="product", planted=planted, **judged)]
