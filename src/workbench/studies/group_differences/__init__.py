"""Study 05: does the questionnaire measure alike in every group, and do the paths differ between groups?

The rules of D0-6, fixed before a number is seen. A grouping: thresholds and loadings alike in two items or
more of every construct, and a model with equal paths fits worse than one with free paths, p < .05 after
Holm's correction over the groupings. A moderator: its product with CRM use on satisfaction differs from zero,
p < .05 after Holm's correction over the moderators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.studies.group_differences.comparison import GROUPINGS, asked_of, compare_all, groupings_of
from workbench.studies.group_differences.verdicts import CLAIM, joint_tests, judge, moderation

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

SHIPPED = "customer_survey_groups"
MODERATORS = ("uncertainty_avoidance", "brand_strength", "marketing_strategy")
SMALLEST = 100
PARAMETERS: dict[str, object] = {
    "group_column": "",
    "smallest_group": SMALLEST,
    "dimensions": [],
    "moderators": list(MODERATORS),
}


def every_truth(population: Population) -> dict[str, bool]:
    """Whether paths differ between the levels of each grouping, and whether each moderator changes the slope
    of satisfaction on CRM use, from the description.
    """
    description = population.description
    differ = {
        name: any(change.change for level in group.levels.values() for change in level.paths)
        for name, group in description.groups.items()
    }
    products = {
        term.times: term.value
        for term in description.structure["satisfaction"]
        if term.from_ == "crm_use" and term.times
    }
    moderators = {name: bool(products.get(name)) for name in description.constructs if name in MODERATORS}
    return {f"{CLAIM} {name}": holds for name, holds in (differ | moderators).items()}


def truths(population: Population) -> dict[str, bool]:
    """Which hypotheses hold in a population."""
    known = every_truth(population)
    return {f"{CLAIM} {name}": known[f"{CLAIM} {name}"] for name in (*GROUPINGS, *MODERATORS)}


def nulls(population: Population) -> dict[str, Population]:
    """What is planted in the shipped population taken away, and planted where nothing was.

    Items that work differently stay as they are: a questionnaire that is not alike is no difference of paths.
    """
    levels = population.description.groups["industry"].levels
    paths = {"region": {"east": levels["banking"].paths, "south": levels["logistics"].paths}}
    elsewhere = with_differences(population, paths, {"marketing_strategy": 0.12})
    return {"differences between regions and by marketing alone": elsewhere}


def with_differences(
    population: Population, paths: Mapping[str, Mapping[str, Sequence]], products: Mapping[str, float]
) -> Population:
    """The population with these differences of paths (grouping -> level -> changes) and products of CRM use
    with moderators on satisfaction, and no others.
    """
    from workbench.datasets.population_schema import Term

    description = population.description
    groups = {
        name: group.model_copy(
            update={
                "levels": {
                    key: level.model_copy(update={"paths": list(paths.get(name, {}).get(key, ()))})
                    for key, level in group.levels.items()
                }
            }
        )
        for name, group in description.groups.items()
    }
    added = [
        Term.model_validate({"from": "crm_use", "times": name, "value": value, "source": "set in code"})
        for name, value in products.items()
    ]
    kept = [term for term in description.structure["satisfaction"] if term.times is None]
    structure = {**description.structure, "satisfaction": [*kept, *added]}
    changed = description.model_copy(update={"groups": groups, "structure": structure})
    return replace(population, description=changed)


def decide(survey: Survey, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts of study 05 on a survey; nothing in them is drawn, so ``seed`` has no part in them."""
    from workbench.survey.samples import headline_sample

    kept, asked = headline_sample(survey), asked_of(survey)
    compared, _ = compare_all(kept, asked, groupings_of(survey), smallest=SMALLEST, upto="metric")
    return judge(joint_tests(compared), moderation(kept, MODERATORS), kind=survey.kind, truths=truths)
