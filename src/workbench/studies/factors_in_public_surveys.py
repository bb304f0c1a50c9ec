"""Study 02 on real answers: what the rules and the loadings show in three public surveys.

None of them was made for the dimensions of D1, so none can decide its claim; each shows what becomes of the
blocks or constructs that its own authors meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.datasets import study_survey

if TYPE_CHECKING:
    import pandas as pd

    from workbench.measurement.dimensionality import PatternMatch
    from workbench.measurement.discriminant import ReliabilityTable
    from workbench.measurement.factors import FactorSolution
    from workbench.measurement.number_of_factors import FactorSuggestions
    from workbench.survey import Survey

ANSWERED = 0.8  # share of the respondents from which an item is taken
# Survey -> items that a block needs; of ABC's blocks, asked by department, those with three or more.
LEAST_ITEMS = {"abc": 3, "mobi": 2, "corp_rep_data": 2}
# Constructs that are no measurements of their own, and why.
NOT_TAKEN = {
    "corp_rep_data": {
        "overall_judgements": "it judges four other constructs over again",
        "switching_costs": "its answers follow from those on quality, and were not asked",
    }
}


@dataclass(frozen=True)
class PublicFactors:
    """One public survey: its blocks, their reliability, the rules for the number of factors, the loadings.

    blocks : construct -> items taken. left_out : which constructs were not, and why, in words.
    """

    name: str
    survey: Survey
    blocks: Mapping[str, list[str]]
    left_out: tuple[str, ...]
    reliable: ReliabilityTable
    rules: FactorSuggestions
    solution: FactorSolution
    match: PatternMatch

    @property
    def labels(self) -> dict[str, str]:
        return {name: self.survey.codebook.label(name) for name in self.blocks}

    @property
    def n(self) -> int:
        return len(self.survey.responses)

    @property
    def meant(self) -> int:
        return len(self.blocks)

    @property
    def votes(self) -> pd.Series:
        """Number of factors -> how many rules suggest it; Kaiser's has no vote."""
        return self.rules.table.iloc[:-1]["n_factors"].dropna().value_counts().sort_index()

    @property
    def warnings(self) -> tuple[str, ...]:
        own = dict.fromkeys((*self.reliable.warnings, *self.rules.warnings, *self.solution.warnings))
        return tuple(f"{self.name}: {text}" for text in own)


def explore_public(name: str, *, draws: int, seed: int) -> PublicFactors:
    """One of `LEAST_ITEMS`: reliability, rules and loadings (minres, oblimin, Pearson) of its own blocks."""
    from workbench import measurement

    survey = study_survey(name)
    blocks, left_out = _blocks(survey, name)
    answers = survey.responses[[item for own in blocks.values() for item in own]]
    solution = measurement.efa(answers, len(blocks))
    return PublicFactors(
        name,
        survey,
        blocks,
        left_out,
        measurement.reliability_table(answers, blocks, draws=draws, seed=seed),
        measurement.suggest_factors(answers, draws=draws, seed=seed),
        solution,
        measurement.pattern_match(solution, blocks),
    )


def _blocks(survey: Survey, name: str) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Constructs and their items that enough respondents answered; and the constructs left out."""
    book, unfit = survey.codebook, NOT_TAKEN.get(name, {})
    asked = survey.constructs("perception") if name == "abc" else tuple(book.constructs)
    answered = survey.items(*asked).notna().mean()
    taken, left_out = {}, []
    for construct in asked:
        items = [item for item in book.constructs[construct].items if answered[item] >= ANSWERED]
        if construct in unfit:
            left_out.append(f"{book.label(construct)} ({unfit[construct]})")
        elif len(items) < LEAST_ITEMS[name]:
            share = f"{100 * ANSWERED:.0f} %"
            few = f"{len(items)} of the {LEAST_ITEMS[name]} items it needs were answered by {share}"
            left_out.append(f"{book.label(construct)} ({few})")
        else:
            taken[construct] = items
    return taken, tuple(left_out)
