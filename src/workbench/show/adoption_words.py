"""What the numbers of study 13 say of adoption: designs, estimators, bounds, placebos, real grants."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.show import numbers
from workbench.show.improvement_words import clear, effect, label
from workbench.show.prose import counted, listed
from workbench.studies.improvement import HOURS, LOG_SCRAP

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evaluation.interrupted_series import InterruptedSeries
    from workbench.regression import AdoptionEstimates, BaconDecomposition, HonestBounds
    from workbench.studies.improvement import Given, Grants, Placebos
    from workbench.survey import Survey


def designs_title(table: pd.DataFrame) -> str:
    """Which designs agree with the group-time effect, and which do not."""
    own = table.loc["group-time"]
    weak = [name for name in table.index[:2] if name != "group-time"] + ["two-way"]
    off = [
        name
        for name in weak
        if name in table.index and not own["ci_lower"] <= table.loc[name, "estimate"] <= own["ci_upper"]
    ]
    words = {
        "before and after, adopters alone": "a before-and-after",
        "adopters beside others, afterwards": "a look afterwards",
        "two-way": "one two-way coefficient",
    }
    if not off:
        return f"All designs come near {numbers.number(own['estimate'])} here"
    return (
        f"{listed([words[name] for name in off]).capitalize()} would have said something else than "
        f"{numbers.number(own['estimate'])}"
    )


def estimators_title(found: AdoptionEstimates) -> str:
    """Whether the clean estimators agree."""
    clean = found.overall.drop(index="two-way")
    low, high = clean["estimate"].min(), clean["estimate"].max()
    widest = (clean["ci_upper"] - clean["ci_lower"]).max() / 2
    if len(clean) == 1:
        return "Effects by time since adoption"
    said = "agree" if high - low < widest / 2 else "do not quite agree"
    ends = list(dict.fromkeys([numbers.number(low), numbers.number(high)]))
    return f"{counted(len(clean), 'estimator')} {said}: {' to '.join(ends)} on average"


def pretrend(found: AdoptionEstimates) -> str:
    """What the effects before adoption say."""
    p = found.pretrend.get("group-time", math.nan)
    if math.isnan(p):
        return "Nobody is seen long enough before adopting to test for trends of their own."
    seen = (
        "no sign that trends differed before adoption"
        if p >= 0.05
        else "trends differed before adoption already"
    )
    return (
        f"Test of all effects before adoption: {numbers.p_phrase(p)}, {seen}; too small a difference to "
        f"be seen may be there."
    )


def bounds_title(found: HonestBounds) -> str:
    """How far trends may part before the effect can no longer be told from zero."""
    if math.isnan(found.breakdown):
        return "Even with parallel trends the effect cannot be told from zero"
    if math.isinf(found.breakdown):
        return "The effect stands however far trends part"
    return (
        f"The effect stands until trends part {numbers.number(found.breakdown, 1)} times as much as "
        f"before adoption"
    )


def placebo_sentence(found: Placebos, names: Mapping[str, str]) -> str:
    """Which placebos find what cannot be there."""
    seen = [names.get(str(name), str(name)) for name, row in found.effects.iterrows() if clear(row)]
    count = len(found.effects)
    if not seen:
        return (
            f"None of {counted(count, 'placebo')} finds anything."
            if count > 1
            else "The placebo finds nothing."
        )
    return f"{len(seen)} of {counted(count, 'placebo')} found what cannot be there: {listed(seen)}"


def interrupted_title(found: Mapping[str, InterruptedSeries]) -> str:
    """What the series says with a control and without."""
    rows = {name: one.last for name, one in found.items()}
    said = [f"{effect(row)} {name}" for name, row in rows.items()]
    return f"At the last period: {listed(said)}"


def bacon_title(found: BaconDecomposition) -> str:
    """How much of the two-way coefficient comes from comparisons that must not be made."""
    kinds = found.kinds["weight"]
    if "later against earlier adopters" not in kinds:
        return "No adopters are compared with earlier ones"
    wrong = float(kinds["later against earlier adopters"])
    return f"{numbers.percent(wrong)} of the weight is on later adopters compared with earlier ones"


def effects_title(effects: pd.DataFrame, survey: Survey) -> str:
    """How many outcomes move."""
    moved = [str(name) for name, row in effects.iterrows() if clear(row)]
    if not moved:
        return f"Of {counted(len(effects), 'outcome')} none can be told to have moved"
    strongest = effects.loc[moved, "standardized"].abs().idxmax()
    return (
        f"{len(moved)} of {counted(len(effects), 'outcome')} moved, "
        f"{label(survey, str(strongest)).lower()} most"
    )


def effects_table(given: Given, effects: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Effects on every outcome with labels, strongest in standard deviations first."""
    order = effects["standardized"].abs().sort_values(ascending=False).index
    return (
        effects.loc[order].assign(outcome=[label(survey, str(name)) for name in order]).set_index("outcome")
    )


def grants_title(found: Grants) -> str:
    """What the grants did, by the group-time effect."""
    words = []
    for outcome, name in ((HOURS, "training"), (LOG_SCRAP, "scrap")):
        row = found.effects.loc[(outcome, "group-time")]
        words.append(
            {1: f"raised {name}", -1: f"lowered {name}", 0: f"cannot be shown to have moved {name}"}[
                clear(row)
            ]
        )
    return f"The grants {listed(words)}"


def firms_of(found: Grants) -> str:
    """How many firms stand behind each outcome."""
    names = {HOURS: "hours", LOG_SCRAP: "scrap"}
    said = [
        f"{row.firms} for {names[row.Index]}, {row.granted} of them with a grant"
        for row in found.firms.itertuples()
    ]
    return listed(said)


def textbook(found: Grants) -> str:
    """The regression that is printed in textbooks, from the same rows."""
    now, before = (found.textbook.loc[name] for name in ("grant", "grant_before"))
    return (
        f"Log scrap on this year's and last year's grant, with firm and year effects and the usual "
        f"errors, gives "
        f"{numbers.number(now['estimate'], 3)} (SE {numbers.number(now['se'], 3)}) and "
        f"{numbers.number(before['estimate'], 3)} (SE {numbers.number(before['se'], 3)}): the figures "
        f"that textbooks of "
        "econometrics print for these data. It lets the effect come a year late, which one "
        "coefficient does not."
    )
