"""Study 02: do the items of a dimension hang together, and how many factors do the answers show?

The rule of D1-2, part *explored*, fixed before a number is seen: at least two of the three families of
rules suggest as many factors as dimensions are meant, **and** with that many factors every item loads highest
on its own dimension's factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from workbench.evidence import claims
from workbench.studies import dimensions as chosen

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Verdict
    from workbench.measurement.dimensionality import PatternMatch
    from workbench.measurement.factors import FactorSolution
    from workbench.measurement.number_of_factors import FactorSuggestions
    from workbench.studies.dimensions import Dimensions
    from workbench.survey import Survey
    from workbench.survey.samples import Samples

SHIPPED = "customer_survey"
CLAIM, PART = "D1-2", "explored"
LEAST_FAMILIES = 2
LEAST_ITEMS = 4
PARAMETERS: dict[str, object] = {"dimensions": []}
# Shuffled data sets in a draw for the table of rates; the notebook takes more.
FEW_DRAWS = 200


@dataclass(frozen=True)
class Explored:
    """What the rules suggest, and how the items gather with as many factors as dimensions are meant."""

    suggested: FactorSuggestions
    solution: FactorSolution
    match: PatternMatch
    meant: int
    correlation: str
    n: int

    @property
    def families(self) -> int:
        """Families of rules that suggest the number meant."""
        return int((self.suggested.families == self.meant).sum())

    @property
    def number_found(self) -> bool:
        return self.families >= LEAST_FAMILIES

    @property
    def found(self) -> bool:
        """Whether the rule is met: the number and the pattern."""
        return self.number_found and self.match.matched

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.suggested.warnings, *self.solution.warnings, *self.match.warnings)))


def rule(meant: int) -> str:
    """The rule in words, for ``meant`` dimensions."""
    factors = f"{meant} factor{'s' * (meant != 1)}"
    return (
        f"At least {LEAST_FAMILIES} of the 3 families of rules suggest {factors}, and with {factors} "
        "every item loads highest on its own dimension's factor"
    )


def too_few(taken: Dimensions) -> str:
    """Why as many factors as dimensions cannot be explored, in a sentence; empty where they can."""
    from workbench.measurement.extraction import degrees_of_freedom

    size, meant = len(taken.items), len(taken)
    if size >= LEAST_ITEMS and degrees_of_freedom(size, meant) >= 0:
        return ""
    return f"{size} items cannot identify {meant} factor{'s' * (meant > 1)}: the factors were not explored."


def explore(answers: pd.DataFrame, taken: Dimensions, *, draws: int, seed: int) -> Explored | None:
    """Number of factors by every rule, and the pattern with as many factors as dimensions.

    Few different answers: polychoric correlations for the pattern (minres, oblimin), else Pearson's. The
    rules for the number use Pearson's, for which they were worked out. None where the items are `too_few`.
    """
    from workbench import measurement

    if too_few(taken):
        return None
    meant = len(taken)
    correlation = "polychoric" if chosen.few_answers(answers) else "pearson"
    suggested = measurement.suggest_factors(answers, draws=draws, seed=seed, max_factors=max(8, meant + 3))
    solution = measurement.efa(answers, meant, "minres", "oblimin", correlation=correlation)
    match = measurement.pattern_match(solution, taken.constructs)
    return Explored(suggested, solution, match, meant, correlation, len(answers))


def judge(explored: Explored, *, kind: str, planted: bool | None = None) -> Verdict:
    """D1-2 by the rule of this study."""
    match, families = explored.match, explored.suggested.families
    parts = [
        claims.fact(
            f"{match.at_home} of {len(match.items)} items at home, every dimension on a factor of its own",
            match.matched,
            estimate=match.at_home / len(match.items),
        ),
        claims.fact(
            f"{explored.families} of {len(families)} families of rules suggest {explored.meant} "
            f"factor{'s' * (explored.meant != 1)}; "
            f"{LEAST_FAMILIES} or more needed",
            explored.number_found,
        ),
    ]
    return claims.judge_all(
        CLAIM,
        parts,
        part=PART,
        kind=kind,
        n=explored.n,
        measure="share of items at home",
        planted=planted,
    )


truths, nulls = partial(chosen.truths, hypothesis=f"{CLAIM} {PART}"), chosen.without_dimensions


def decide(
    survey: Survey,
    *,
    seed: int,
    truths: Mapping[str, bool] | None = None,
    dimensions: Sequence[str] = (),
    draws: int = FEW_DRAWS,
) -> list[Verdict]:
    """The verdict of the notebook on one survey; none where the five dimensions are not asked about.

    draws : shuffled data sets of the parallel analyses; fewer than the notebook's, since only the 95 % point
        of their eigenvalues matters.
    """
    from workbench.survey import analysis_samples

    taken = chosen.choose_dimensions(survey, dimensions)
    if not taken.claimed:
        return []
    answers = analysis_samples(survey).survey.responses[taken.items]
    explored = explore(answers, taken, draws=draws, seed=seed)
    planted = (truths or {}).get(f"{CLAIM} {PART}")
    return [judge(explored, kind=survey.kind, planted=planted)] if explored else []


def methods(explored: Explored | None, *, draws: int, samples: Samples) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    others = [f"“{name}”" for name in samples.surveys if name != samples.main]
    said = [
        "Items were analysed by dimension: Cronbach's alpha with Feldt's interval, McDonald's omega "
        "(three items or "
        f"more) from one factor with a percentile bootstrap interval ({draws:,} draws), corrected "
        "item–rest "
        "correlations.",
        *samples.in_words,
        f"Results were repeated with the sample{'s' * (len(others) > 1)} {' and '.join(others)}."
        if others
        else "",
    ]
    if explored is None:
        return said
    ordered = explored.correlation == "polychoric"
    return [
        *said,
        f"The number of factors was judged by parallel analysis (95th percentile of {draws:,} data "
        "sets; factors and "
        "components, permuted and normal), the empirical Kaiser criterion, minimum average partial "
        "(squared and "
        "fourth power), lowest BIC and RMSEA of maximum-likelihood solutions; these eight rules are "
        "three families, "
        "each with one vote.",
        f"Factors were extracted by minres from {'polychoric' if ordered else 'Pearson'} correlations "
        "(pairwise) and "
        "rotated by oblimin; "
        + ("Pearson correlations and maximum likelihood were set beside." if ordered else
           "maximum likelihood was set beside."),
        "The dimensions count as found if at least two families suggest their number and every item "
        "loads highest on "
        "its own dimension's factor.",
    ]  # fmt: skip
