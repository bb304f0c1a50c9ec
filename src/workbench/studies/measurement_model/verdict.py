"""The rule of D1-2, part *confirmed*, and in which populations it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbench.errors import NotApplicable
from workbench.evidence import claims
from workbench.studies import dimensions as chosen
from workbench.studies.measurement_model.fitting import LEVEL, Measured, measure

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

CLAIM, PART = "D1-2", "confirmed"


def rule(meant: int) -> str:
    """The rule in words, for ``meant`` dimensions."""
    return (
        f"{meant} correlated factors fit closely; one factor and every model that makes two dimensions one "
        f"fit worse (p < .05, Holm); no two dimensions correlate at .90 or more (95 % interval)"
    )


def judge(measured: Measured, *, kind: str, planted: bool | None = None) -> Verdict:
    """D1-2 by the rule of this study."""
    merged = measured.merged
    if merged is None:
        raise NotApplicable("a claim about several dimensions needs two of them")
    closest = merged.table.loc[merged.table["correlation"].idxmax()]
    parts = [
        claims.finding(
            "largest correlation of two dimensions",
            estimate=closest["correlation"],
            interval=(closest["ci_lower"], closest["ci_upper"]),
            pattern="below",
            threshold=chosen.TAKEN_FOR_ONE,
        ),
        claims.fact(
            f"{len(measured.taken)} correlated factors fit closely",
            measured.close is not None and measured.close.close,
        ),
        claims.fact("one factor fits worse", measured.nested.loc["one_factor", "pvalue"] < LEVEL),
        claims.fact("every model that makes two dimensions one fits worse", merged.all_apart),
    ]
    return claims.judge_all(
        CLAIM,
        parts,
        part=PART,
        kind=kind,
        n=measured.n,
        measure="largest correlation of two dimensions",
        planted=planted,
    )


truths, nulls = partial(chosen.truths, hypothesis=f"{CLAIM} {PART}"), chosen.without_dimensions


def decide(
    survey: Survey,
    *,
    seed: int,
    truths: Mapping[str, bool] | None = None,
    dimensions: Sequence[str] = (),
) -> list[Verdict]:
    """The verdict of the notebook on one survey; none where the five dimensions are not asked about.

    seed : of nothing: the rule draws no random numbers.
    """
    from workbench.survey import analysis_samples

    taken = chosen.choose_dimensions(survey, dimensions)
    if not taken.claimed:
        return []
    answers = analysis_samples(survey).survey.responses[taken.items]
    measured = measure(answers, taken, every_way=False)
    return [judge(measured, kind=survey.kind, planted=(truths or {}).get(f"{CLAIM} {PART}"))]


def planted_misfit(population: Population, items: Sequence[str]) -> dict[frozenset[str], str]:
    """What a population plants beside the model of correlated factors, among these items.

    Pairs of names, as a modification index has them (dimension and item, or two items) -> what was planted.
    """
    description = population.description
    extra = {
        frozenset((other, name)): f"loading {claims.written(value)}"
        for name, (_, item) in description.items.items()
        if name in items
        for other, value in item.also.items()
    }
    shared = {
        frozenset(pair.items): f"correlation {claims.written(pair.correlation)}"
        for pair in description.pairs
        if {*pair.items} <= {*items}
    }
    return extra | shared
