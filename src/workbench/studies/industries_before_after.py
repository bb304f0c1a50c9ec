"""Study 08: satisfaction and loyalty of firms before and after CRM, as pairs.

The printed table of D3 is the only data that the documents hold, so nothing is planted here and no rate can
be had; the same rules run on a reader's own pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.evaluation import before_after, gain_relation
from workbench.evidence import claims, printed_tables

if TYPE_CHECKING:
    from workbench.evaluation.before_after import Comparison
    from workbench.evaluation.gain_relation import GainRelation
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

TABLE = "ten_firms"
COLUMNS = ("satisfaction_before", "satisfaction_after", "loyalty_before", "loyalty_after")
SHARE = 0.7  # of the satisfied that D3 says are not loyal by themselves
LEVEL = 0.05  # of the permutation test


@dataclass(frozen=True)
class Pairs:
    """Everything that is computed from the pairs.

    ``firms``: the complete rows, with the firm's name as index where the codebook names it. ``left_out``:
    rows with a missing value. ``comparisons``: measure -> comparison of before and after. ``gains``: points
    of satisfaction, loyalty, and loyalty less satisfaction. ``gap``: the two gains compared as pairs.
    ``relation``: regression of the gain in loyalty on the gain in satisfaction. ``bounds``: when ->
    lower and upper share of the satisfied who are not loyal.
    """

    firms: pd.DataFrame
    left_out: int
    comparisons: Mapping[str, Comparison]
    gains: pd.DataFrame
    gap: Comparison
    relation: GainRelation
    bounds: Mapping[str, pd.DataFrame]
    level: float

    @property
    def n(self) -> int:
        """Firms with all four values."""
        return len(self.firms)

    @property
    def possible(self) -> dict[str, int]:
        """Firms in which D3's 70 % is possible, before and after."""
        return {
            when: int(((found["lower"] <= SHARE) & (found["upper"] >= SHARE)).sum())
            for when, found in self.bounds.items()
        }


def pairs(survey: Survey, *, level: float = 0.95, seed: int = 1, draws: int = 100_000) -> Pairs:
    """Compare satisfaction and loyalty before and after in every firm.

    Parameters
    ----------
    survey : one row for each firm with the variables ``satisfaction_before``, ``satisfaction_after``,
        ``loyalty_before`` and ``loyalty_after`` in per cent.
    level : of the intervals. seed, draws : of the sign flips beyond 20 firms.

    Raises
    ------
    NotApplicable : the codebook lacks one of the variables.
    DataError : fewer than four complete pairs, values that are no percentages, or gains without spread.
    """
    survey.require(variables=COLUMNS)
    identifier = survey.codebook.id
    answers = survey.responses if identifier is None else survey.responses.set_index(identifier)
    firms = answers.dropna(subset=list(COLUMNS))
    options: dict[str, Any] = {"level": level, "seed": seed, "draws": draws}
    bounds = {
        when: printed_tables.joint_share_bounds(firms[f"satisfaction_{when}"], firms[f"loyalty_{when}"])
        for when in ("before", "after")
    }
    comparisons = {
        name.capitalize(): before_after.compare(
            firms[f"{name}_before"], firms[f"{name}_after"], maximum=100, **options
        )
        for name in ("satisfaction", "loyalty")
    }
    gains = pd.DataFrame({name.lower(): found.pairs["gain"] for name, found in comparisons.items()})
    gap = before_after.compare(gains["satisfaction"], gains["loyalty"], **options)
    gains["difference"] = gains["loyalty"] - gains["satisfaction"]
    relation = gain_relation.relate_gains(gains["satisfaction"], gains["loyalty"], level=level)
    left_out = len(answers) - len(firms)
    return Pairs(firms, left_out, comparisons, gains, gap, relation, bounds, level)


def decide(found: Pairs, *, kind: str) -> list[Verdict]:
    """The verdicts on D3-1, D3-2 and D3-11; what pairs cannot decide is said, except on simulated data."""
    judged: dict[str, Any] = {"kind": kind, "n": found.n}
    parts = []
    for name, one in found.comparisons.items():
        gain, p = one.effects.loc["mean gain"], one.tests.loc["sign-flip permutation", "pvalue"]
        limits = (gain["ci_lower"], gain["ci_upper"])
        text = f"mean gain of {name.lower()}"
        parts += [
            claims.finding(text, estimate=gain["estimate"], interval=limits, pattern="above"),
            claims.fact("its permutation test has p < .05", p < LEVEL),
        ]
    less = found.gap.effects.loc["mean gain"]
    low, high = less["ci_lower"], less["ci_upper"]
    decided = [
        claims.judge_all(
            "D3-1", parts, measure="mean gain of satisfaction", unit="points", level=found.level, **judged
        ),
        claims.judge(
            "D3-2",
            part="gains",
            pattern="below",
            estimate=less["estimate"],
            interval=(low, high),
            measure="gain of loyalty less gain of satisfaction",
            unit="points",
            level=found.level,
            **judged,
        ),
        claims.judge(
            "D3-11",
            pattern="above",
            estimate=-less["estimate"],
            interval=(-high, -low),
            measure="gain of satisfaction less gain of loyalty",
            unit="points",
            level=found.level,
            **judged,
        ),
    ]
    if kind == "simulated":
        return decided
    span = f"{found.gains['satisfaction'].min():g} to {found.gains['satisfaction'].max():g}"
    possible = found.possible
    return [
        *decided,
        claims.not_testable(
            "D3-2",
            "A bend and a critical point need customers at many levels of satisfaction; here are "
            f"{found.n} firms, whose gains span {span} points, and no measure of interaction.",
            part="bend",
            **judged,
        ),
        claims.not_testable(
            "D3-2",
            "No cross-table of satisfaction and loyalty. As shares of customers the percentages allow 70 % "
            f"in {possible['before']} of {found.n} firms before CRM and in {possible['after']} after it.",
            part="seventy per cent",
            **judged,
        ),
    ]
