"""The rules of study 10, each fixed before a number is seen, and what they say on one survey.

Every rule is a function of what a survey has (`taken`); a survey that lacks what a rule needs gets the
reason in
the place of a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable, WorkbenchError
from workbench.evidence import claims
from workbench.studies.satisfaction_index import discrepancy, prediction, schemes, scores
from workbench.studies.satisfaction_index.asymmetry import bends_of
from workbench.studies.satisfaction_index.taken import (
    ANTECEDENTS,
    BESIDE_CONTACT,
    BESIDE_SUPPORT,
    CONTACT,
    MOTIVATORS,
    Taken,
)

if TYPE_CHECKING:
    from workbench.evidence.claims import Finding, Verdict

DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
AGREE = 0.40  # kappa above which agreement is more than fair (Fleiss 1981)
NEVER = 0.05  # share of satisfied customers below which "never" is let pass: ticks go wrong
FEWEST = 20  # customers whose core failed

RULES = {
    "D1-1 states": (
        "Below, equal and above expectation go with a dissatisfied, satisfied and very satisfied "
        f"rating: weighted κ wholly above {claims.written(AGREE)}"
    ),
    "D1-1 formula": (
        "Satisfaction is c = b / a: on left-out respondents the ratio predicts the direct rating better "
        "than the gap does, and better than experience alone, both differences of R² wholly above 0"
    ),
    "D4-11": (
        "Satisfaction is the gap b − a: it predicts the direct rating better than the ratio does, and "
        "better than experience alone, both differences of R² wholly above 0"
    ),
    "D1-9": (
        "With the other held, experience raises the direct rating and expectation lowers it: "
        "intervals wholly above and below 0 (response surface, at the means)"
    ),
    "D1-3": (
        "The three groups are three (the model fits closely), and their index predicts satisfaction "
        f"not worse than either rival's by {claims.written(schemes.MARGIN)} of R² or more"
    ),
    "D1-5": (
        f"Of customers whose core product failed fewer than {100 * NEVER:.0f} % are satisfied, of the others "
        "more: intervals wholly below and above"
    ),
    "D1-10": (
        "Among customers who rate the core product no higher than the median, service support raises "
        "satisfaction beside what else is asked of the service: interval wholly above 0"
    ),
    "D1-11": (
        "Courtesy and communication each raise the feelings for the firm, beside experience, trust, "
        "assurance and empathy: both intervals wholly above 0"
    ),
    "D4-2 antecedents": (
        "Past experience, what others say and advertising each raise expectation: three intervals "
        "wholly above 0"
    ),
    "D4-2 asymmetry": (
        "Motivators reward more than they punish, hygiene factors punish more than they reward: the "
        "mean bend at the median is wholly above 0 for the four values, wholly below 0 for the three "
        "antecedents of expectation"
    ),
}


@dataclass(frozen=True)
class Decided:
    """Verdicts by hypothesis, and for the others why there is none."""

    verdicts: tuple[Verdict, ...]
    reasons: Mapping[str, str]


Judge = Callable[[Taken, int], "tuple[list[Finding], str, int]"]


def decide(
    taken: Taken,
    *,
    seed: int,
    truths: Mapping[str, bool] | None = None,
    only: tuple[str, ...] = (),
    about: str = "",
) -> Decided:
    """Apply the rules to one survey.

    Parameters
    ----------
    truths : on simulated data, whether each hypothesis holds. only : hypotheses to decide; empty: all.
    about : name that is added to the part of each verdict, to tell surveys of one page apart.
    """
    known, kind = truths or {}, taken.survey.kind
    decided, reasons = [], {}
    for key in only or RULES:
        claim, _, part = key.partition(" ")
        named = ", ".join(filter(None, (part, about))) or None
        try:
            findings, measure, n = JUDGES[key](taken, seed)
        except WorkbenchError as error:
            reasons[key] = str(error)
            continue
        decided.append(
            claims.judge_all(
                claim, findings, kind=kind, n=n, measure=measure, part=named, planted=known.get(key)
            )
        )
    return Decided(tuple(decided), reasons)


def untestable(decided: Decided, kind: str, *, about: str = "") -> list[Verdict]:
    """The hypotheses that data which are not simulated cannot decide, as verdicts with the reason."""
    found = []
    for key, reason in decided.reasons.items():
        claim, _, part = key.partition(" ")
        named = ", ".join(filter(None, (part, about))) or None
        found.append(claims.not_testable(claim, reason, kind=kind, part=named))
    return found


def failed_core(taken: Taken) -> pd.Series:
    """Whether a respondent's ratings of the core product lie below the middle of the scale, on average."""
    place = pd.concat([taken.position(taken.answers[i], i) for i in taken.core], axis=1).mean(axis=1)
    return place < 0.5


def _need(taken: Taken, *constructs: str) -> None:
    absent = [name for name in constructs if not taken.has(name)]
    if absent:
        names = ", ".join(name.replace("_", " ") for name in absent)
        raise NotApplicable(f"The survey has no {names}.")


def _need_pairs(taken: Taken, *, ratio: bool = False) -> None:
    if not taken.expected:
        raise NotApplicable("The survey does not ask what was expected.")
    if ratio and taken.no_ratio:
        raise NotApplicable(taken.no_ratio)


def _states(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    _need_pairs(taken)
    people = discrepancy.discrepancies(taken).people
    found = discrepancy.weighted_kappa(
        discrepancy.states(people["gap"], discrepancy.BAND), discrepancy.rating_states(taken)
    )
    one = claims.finding(
        "weighted κ with the direct rating",
        estimate=found.kappa,
        interval=found.interval,
        pattern="above",
        threshold=AGREE,
    )
    return [one], "weighted κ", found.n


def _better(taken: Taken, seed: int, own: str, rival: str) -> tuple[list[Finding], str, int]:
    _need_pairs(taken, ratio=True)
    found = predicted(taken, seed=seed)
    rows = []
    for other in (rival, "experience alone"):
        value, limits = found.less(own, other)
        rows.append(
            claims.finding(
                f"R² of the {own} less that of {_the(other)}",
                estimate=value,
                interval=limits,
                pattern="above",
            )
        )
    return rows, f"R² of the {own} less that of the {rival}", found.n


def _the(name: str) -> str:
    return name if name.endswith("alone") else f"the {name}"


def predicted(taken: Taken, *, seed: int) -> prediction.Prediction:
    """Rival readings of experience and expectation against the direct rating."""
    people = discrepancy.discrepancies(taken).people
    return prediction.predict(taken.answers[taken.rating], prediction.readings(people), seed=seed)


def _ratio(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    return _better(taken, seed, "ratio", "gap")


def _gap(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    return _better(taken, seed, "gap", "ratio")


def both_sides(taken: Taken) -> pd.DataFrame:
    """Response surface of the direct rating: terms by their standardized slopes."""
    _need_pairs(taken)
    people = discrepancy.discrepancies(taken).people
    return prediction.slopes(
        taken.answers[taken.rating], prediction.surface(people["experience"], people["expected"])
    )


def _experience_and_expectation(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    table = both_sides(taken)
    rows = [
        _slope(table, "a", "below", "expectation, experience held"),
        _slope(table, "b", "above", "experience, expectation held"),
    ]
    return rows, "standardized slope of expectation", int(table.attrs["n"])


def _slope(table: pd.DataFrame, term: str, pattern: claims.Pattern, text: str) -> Finding:
    row = table.loc[term]
    return claims.finding(
        text, estimate=row["estimate"], interval=(row["ci_lower"], row["ci_upper"]), pattern=pattern
    )


def _schemes(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    from workbench import measurement

    found = schemes.compare(taken, seed=seed)
    worst = found.less["ci_lower"].idxmin()
    row = found.less.loc[worst]
    rows = [
        claims.finding(
            f"R² of D1's index less that of {worst}",
            estimate=row["difference"],
            interval=(row["ci_lower"], row["ci_upper"]),
            pattern="above",
            threshold=-schemes.MARGIN,
        ),
        claims.fact(
            "the model of three groups fits closely", measurement.close_fit(found.fit.measures).close
        ),
    ]
    return rows, f"R² of D1's index less that of {worst}", found.n


@dataclass(frozen=True)
class Core:
    """Satisfied among those whose core failed, and among the others."""

    failed: scores.TopBox
    others: scores.TopBox


def core_and_satisfied(taken: Taken) -> Core:
    """Share of satisfied customers (rated above the middle) where the core product failed, and elsewhere.

    Raises
    ------
    NotApplicable : nobody rates a core product, or it failed for fewer than 20.
    """
    if not taken.core:
        raise NotApplicable("The survey does not ask about the core product.")
    given = taken.answers[taken.rating]
    rows = pd.DataFrame({"failed": failed_core(taken), "satisfied": given > taken.middle(taken.rating)})
    rows = rows[given.notna() & taken.mean(taken.core).notna()]
    parts = []
    for failed in (True, False):
        some = rows[rows["failed"] == failed]
        if failed and len(some) < FEWEST:
            raise NotApplicable(f"The core product failed for {len(some)} customers; {FEWEST} are needed.")
        hits = int(some["satisfied"].sum())
        parts.append(
            scores.TopBox(hits / max(len(some), 1), scores.wilson(hits, max(len(some), 1)), hits, len(some))
        )
    return Core(*parts)


def _core(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    found = core_and_satisfied(taken)
    asked: tuple[tuple[str, scores.TopBox, claims.Pattern], ...] = (
        ("where the core failed", found.failed, "below"),
        ("among the others", found.others, "above"),
    )
    rows = [
        claims.finding(
            f"share satisfied {where}",
            estimate=part.share,
            interval=part.interval,
            pattern=pattern,
            threshold=NEVER,
        )
        for where, part, pattern in asked
    ]
    return rows, "share satisfied where the core failed", found.failed.n


def support_without_core(taken: Taken) -> pd.DataFrame:
    """Slopes of satisfaction on service support and the rest, where the core is no higher than the median."""
    if not (taken.core and taken.support):
        raise NotApplicable("The survey does not ask about the core product and about service support.")
    core = taken.mean(taken.core)
    x = pd.DataFrame({"support": taken.mean(taken.support), "core": core, **_beside_support(taken)})
    x = x[core <= core.median()]
    x = x.loc[:, x.nunique() > 1]
    return prediction.slopes(taken.mean(taken.satisfaction), x)


def _beside_support(taken: Taken) -> dict[str, pd.Series]:
    """The other dimensions of service; where they were not asked, the attributes that are neither."""
    if any(taken.has(name) for name in BESIDE_SUPPORT):
        return {name: taken.construct(name) for name in BESIDE_SUPPORT if taken.has(name)}
    used = {*taken.core, *taken.support}
    return {name: taken.mean(items) for name, items in taken.attributes.items() if not used & set(items)}


def _support(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    table = support_without_core(taken)
    return (
        [_slope(table, "support", "above", "service support")],
        "standardized slope of service support",
        int(table.attrs["n"]),
    )


def feelings_from_contact(taken: Taken) -> pd.DataFrame:
    """Slopes of the feelings for the firm on courtesy and communication beside what else could bring them."""
    if not (taken.feelings and taken.contact):
        raise NotApplicable(
            "The survey does not ask about feelings for the firm, courtesy and communication."
        )
    x = {name: taken.answers[item] for name, item in taken.contact.items()}
    x |= {name: taken.construct(name) for name in BESIDE_CONTACT if taken.has(name)}
    return prediction.slopes(taken.mean(taken.feelings), pd.DataFrame(x))


def _contact(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    table = feelings_from_contact(taken)
    rows = [_slope(table, name, "above", name) for name in CONTACT]
    return rows, f"standardized slope of {CONTACT[0]}", int(table.attrs["n"])


def expectation_from(taken: Taken) -> pd.DataFrame:
    """Slopes of mean expectation on its three antecedents."""
    _need(taken, *ANTECEDENTS)
    _need_pairs(taken)
    x = pd.DataFrame({name: taken.construct(name) for name in ANTECEDENTS})
    return prediction.slopes(taken.mean(taken.expected.values()), x)


def _antecedents(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    table = expectation_from(taken)
    weakest = str(table["ci_lower"].idxmin())
    rows = [_slope(table, weakest, "above", taken.label(weakest))]
    rows += [_slope(table, name, "above", taken.label(name)) for name in ANTECEDENTS if name != weakest]
    return rows, f"standardized slope of {taken.label(weakest)}", int(table.attrs["n"])


def hygiene_and_motivators(taken: Taken) -> pd.DataFrame:
    """Mean bend of satisfaction at the median of the values, and of the antecedents of expectation."""
    _need(taken, *MOTIVATORS, *ANTECEDENTS)
    sides = {"motivators": MOTIVATORS, "hygiene": ANTECEDENTS}
    return bends_of(
        taken.mean(taken.satisfaction),
        {side: [_standard(taken.construct(name)) for name in names] for side, names in sides.items()},
    )


def _standard(values: pd.Series) -> pd.Series:
    return (values - values.mean()) / np.maximum(values.std(), 1e-12)


def _asymmetry(taken: Taken, seed: int) -> tuple[list[Finding], str, int]:
    table = hygiene_and_motivators(taken)
    rows = [
        _slope(table, "motivators", "above", "bend of the four values"),
        _slope(table, "hygiene", "below", "bend of the three antecedents of expectation"),
    ]
    return rows, "mean bend of the four values", int(table.attrs["n"])


JUDGES: dict[str, Judge] = {
    "D1-1 states": _states,
    "D1-1 formula": _ratio,
    "D4-11": _gap,
    "D1-9": _experience_and_expectation,
    "D1-3": _schemes,
    "D1-5": _core,
    "D1-10": _support,
    "D1-11": _contact,
    "D4-2 antecedents": _antecedents,
    "D4-2 asymmetry": _asymmetry,
}
