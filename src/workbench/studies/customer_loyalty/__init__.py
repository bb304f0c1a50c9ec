"""Study 04: CRM use, the five dimensions of service, satisfaction and loyalty (D0-1, D0-2, D0-3, D0-7).

The claims are about causes, and the answers come from one questionnaire on one day. A verdict is therefore
conditioned on what the questionnaire can show of common-method variance (`method`), and stands beside how
strong an unmeasured cause would have to be to undo it (`hidden_cause`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.studies import satisfaction_structure as whole
from workbench.studies.customer_loyalty.model import DIMENSIONS, FIRST_TIER, SECOND_TIER

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

SHIPPED = "customer_survey"
# Bootstrap draws where verdicts are counted over many surveys; the page takes 5,000. A limit then varies by
# about a tenth of a standard error from seed to seed.
DRAWS = 400
ALIKE = 0.35
NO_EFFECT = "no effect of CRM use"


def truths(population: Population) -> dict[str, bool]:
    """Which hypotheses hold in a population: total effects of CRM use, differences between them, D0-7."""
    effect = {
        name: population.total_effect(name, "crm_use") for name in (*DIMENSIONS, "satisfaction", "loyalty")
    }
    first, second = ([effect[name] for name in tier] for tier in (FIRST_TIER, SECOND_TIER))
    consists = whole.planted(population, DIMENSIONS)
    rounding = 1e-9
    return {
        "D0-1": effect["satisfaction"] > rounding,
        "D0-2": sum(first) / len(first) - sum(second) / len(second) > rounding,
        "D0-2 every pair": min(first) - max(second) > rounding,
        "D0-3 loyalty": effect["loyalty"] > rounding,
        "D0-7 formative": consists[whole.FORMATIVE],
        "D0-7 reflective": consists[whole.REFLECTIVE],
    }


def nulls(population: Population) -> dict[str, Population]:
    """Populations in which claims are false, or true under conditions that could hide or feign them.

    The variants with a method factor and with an unmeasured confounder are those of the shelf.
    """
    from workbench.datasets import load_population

    method, confounded = (load_population(f"{SHIPPED}_{name}") for name in ("method", "confounded"))
    alike = {(name, "crm_use"): ALIKE for name in DIMENSIONS} | {("slowness", "crm_use"): 0.0}
    return {
        NO_EFFECT: population.without_effects("crm_use"),
        f"{NO_EFFECT} but common-method variance": method.without_effects("crm_use"),
        f"{NO_EFFECT} but an unmeasured confounder": confounded.without_effects("crm_use"),
        "all five dimensions moved alike": population.with_paths(alike),
        "satisfaction made up of the five": whole.made_up(population, DIMENSIONS),
        "satisfaction as what the five have in common": whole.one_behind(
            population, DIMENSIONS, common="service_climate", cause="crm_use"
        ),
        "common-method variance": method,
    }


def decide(
    survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None, draws: int = DRAWS
) -> list[Verdict]:
    """The verdicts of study 04 on a survey: screened, estimated and judged as in the notebook.

    draws : of the bootstrap, fewer than on the page.
    """
    from workbench.studies.customer_loyalty import estimates, model, verdicts
    from workbench.studies.customer_loyalty.fitting import fit_ordered

    kept, _ = estimates.attentive(survey)
    constructs, marker = model.constructs_of(kept), model.marker_of(kept)
    data = estimates.answers_of(kept, marker)
    study = estimates.fit_study(
        data, constructs, draws=draws, seed=seed, marker=marker, turned=estimates.turned_items(kept)
    )
    rivals = consists_models(constructs)
    compared = estimates.compare_structures(
        {name: rivals[name] for name in (whole.DRIVEN, whole.CONSISTS)}, data
    )
    driven = fit_ordered(rivals[whole.DRIVEN], data)
    return verdicts.judge(study, compared, driven, kind=survey.kind, truths=truths)


def consists_models(constructs: Mapping[str, list[str]]) -> dict[str, str]:
    """The rival models of D0-7 for this study's constructs."""
    return whole.structures({name: constructs[name] for name in DIMENSIONS}, constructs["satisfaction"])
