"""One improvement by several designs, from the weakest to the strongest, and what holds the strongest up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import regression
from workbench.datasets.panel import load_panel
from workbench.errors import SpecificationError, WorkbenchError
from workbench.evaluation import before_after, interrupted_series
from workbench.evaluation.two_arms import compare_means
from workbench.studies.improvement.populations import SHIPPED

if TYPE_CHECKING:
    from workbench.evaluation.interrupted_series import InterruptedSeries
    from workbench.regression import AdoptionEstimates, HonestBounds
    from workbench.studies import Planted
    from workbench.studies.improvement.given import Given
    from workbench.survey import Survey

ALONE, BESIDE = "before and after, adopters alone", "adopters beside others, afterwards"
EARLY = 2  # periods by which adoption is pretended early
UNTOUCHED = (
    "transactions",
    "cases",
    "sales_planned",
)  # series of the shipped panel that adoption leaves alone
MOST_STEPS = 8  # of M in the figure of the bounds
_COLUMNS = ["estimate", "se", "ci_lower", "ci_upper"]


@dataclass(frozen=True)
class Placebos:
    """Effects where there can be none: pretended adoption, and outcomes that adoption cannot move.

    ``effects``: what -> estimate, ci_lower, ci_upper, se, standardized (by the outcome's spread within
    units).
    """

    effects: pd.DataFrame
    pretended: int


def side_by_side(
    given: Given, outcome: str, estimates: AdoptionEstimates, *, level: float = 0.95
) -> pd.DataFrame:
    """The effect of adopting by design.

    Parameters
    ----------
    given : with adoption. outcome : of its outcomes. estimates : of the same outcome. level : of the
    intervals.

    Returns
    -------
    DataFrame : design -> estimate, se, ci_lower, ci_upper.
    """
    data = given.rows(outcome)
    rows: dict[str, Any] = {}
    for name, one in ((ALONE, _alone), (BESIDE, _beside)):
        try:
            rows[name] = one(data, given, outcome, level)
        except WorkbenchError:  # fewer than three adopters, or nobody to compare with at the end
            continue
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)
    order = [
        name
        for name in ("two-way", "group-time", "imputation", "interaction-weighted")
        if name in estimates.overall.index
    ]
    return pd.concat([table, estimates.overall.loc[order]]).rename_axis("design").astype(float)


def _alone(data: pd.DataFrame, given: Given, outcome: str, level: float) -> tuple[float, ...]:
    """Mean after less mean before in the units that adopt, each its own."""
    means = data.groupby([given.unit, given.treated])[outcome].mean().unstack().dropna()
    found = before_after.compare(means[0], means[1], level=level, draws=1)
    gain = found.effects.loc["mean gain"]
    t = found.tests.loc["paired t", "statistic"]
    return gain["estimate"], gain["estimate"] / t, gain["ci_lower"], gain["ci_upper"]


def _beside(data: pd.DataFrame, given: Given, outcome: str, level: float) -> tuple[float, ...]:
    """Adopters less others in the last period."""
    last = data[data[given.period] == data[given.period].max()]
    found = compare_means(last, outcome, arm=given.treated, level=level).difference
    return tuple(found[_COLUMNS])


def planted_effect(survey: Survey, planted: Planted, outcome: str) -> float | None:
    """The mean effect that is planted in one outcome of the shipped panel, over treated firm-periods.

    None for other data, and for an outcome that adoption moves on another scale (odds, logs) or by another.
    """
    if not planted.truths:
        return None
    drawn = load_panel(SHIPPED)
    series = drawn.description.series.get(outcome)
    moves = {name for name, one in drawn.description.series.items() if one.gain is not None}
    if series is None or series.gain is None or series.kind != "normal":
        return None
    if any(term.from_ in moves and (term.observed or term.times) for term in series.terms):
        return None
    effects = drawn.simulate(only=[outcome]).effects(outcome)
    return float(np.average(effects["effect"], weights=effects["firms"]))


def honest(given: Given, outcome: str, *, level: float = 0.95) -> HonestBounds | None:
    """How far trends may part until the effect is gone; None where nothing tells how much they parted."""
    if not given.adoption:
        return None
    rows, how = given.rows(outcome), {**given.adopting, "level": level}
    try:
        found = regression.honest_bounds(rows, outcome, **how)
    except SpecificationError:
        return None
    last = float(found.bounds.index.max())
    if not last < found.breakdown < math.inf:
        return found
    step = 0.5
    while found.breakdown / step > MOST_STEPS:
        step *= 2
    steps = math.ceil(found.breakdown / step)
    return regression.honest_bounds(rows, outcome, magnitudes=[step * k for k in range(steps + 1)], **how)


def all_effects(given: Given, *, level: float = 0.95) -> pd.DataFrame:
    """Effects of adopting on every outcome that can be analysed, with intervals for all of them together.

    Returns
    -------
    DataFrame : outcome -> estimate, se, ci_lower, ci_upper, standardized (by the spread within units).
    """
    each = 1 - (1 - level) / len(given.outcomes)
    rows = {}
    for name in given.outcomes:
        data = given.rows(name).astype({name: float})
        try:
            found = regression.group_time_effects(data, name, **given.adopting, draws=99, level=each)
        except WorkbenchError:  # not balanced, or it does not vary
            continue
        rows[name] = _placebo(data, given, name, found.overall.loc["simple"])
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*_COLUMNS, "standardized"]).rename_axis(
        "outcome"
    )


def placebos(given: Given, outcome: str, untouched: tuple[str, ...], *, level: float = 0.95) -> Placebos:
    """Effects of an adoption that is pretended two periods early, and of adoption on what it cannot move.

    Parameters
    ----------
    given : with adoption. outcome : whose earlier periods are looked at.
    untouched : outcomes that adoption cannot move, by what is known of them.
    """
    rows = {}
    early, pretended = _pretend(given, outcome)
    if pretended:
        found = regression.group_time_effects(early, outcome, **given.adopting, draws=99, level=level)
        rows[outcome] = _placebo(early, given, outcome, found.overall.loc["simple"])
    for name in untouched:
        data = given.rows(name).astype({name: float})
        found = regression.group_time_effects(data, name, **given.adopting, draws=99, level=level)
        rows[name] = _placebo(data, given, name, found.overall.loc["simple"])
    columns = [*_COLUMNS, "standardized"]
    return Placebos(
        pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("what"), pretended
    )


def _pretend(given: Given, outcome: str) -> tuple[pd.DataFrame, int]:
    """Untreated rows alone, adopters marked as treated from two periods before they are; how many of them."""
    data = given.rows(outcome)
    first = data[data[given.treated] == 1].groupby(given.unit)[given.period].min()
    periods = np.sort(data[given.period].unique())
    place = {period: number for number, period in enumerate(periods)}
    start = data[given.unit].map(first).map(place)
    now = data[given.period].map(place)
    end = int(start.min()) - 1 if start.notna().any() else -1
    # one window for all: the periods before the first real adoption, so that the panel stays balanced
    late = start[start > start.min()]
    limit = int(late.min()) - 1 if len(late) else end
    kept = data[(now <= limit) & ~(start <= limit)].copy()
    if kept.empty:
        return kept, 0
    begins = start[kept.index] - EARLY
    kept[given.treated] = ((now[kept.index] >= begins) & start[kept.index].notna()).astype(int)
    usable = kept.groupby(given.unit)[given.treated].agg(["min", "max"])
    count = int(((usable["min"] == 0) & (usable["max"] == 1)).sum())
    return (kept, count) if count and (usable["max"] == 0).any() else (kept, 0)


def _placebo(data: pd.DataFrame, given: Given, outcome: str, found: pd.Series) -> tuple[float, ...]:
    within = data[outcome] - data.groupby(given.unit)[outcome].transform("mean")
    spread = float(within.std())
    return (*found[_COLUMNS], float(found["estimate"]) / spread if spread else float("nan"))


def cohort_series(given: Given, outcome: str) -> tuple[pd.Series, pd.Series | None, float] | None:
    """Mean of the outcome by period in the largest group that adopts together, and in those that never do.

    Returns
    -------
    The group's series, the others' (None where all adopt) and the first period of adoption; None where no
    group has three periods before and three after.
    """
    data = given.rows(outcome)
    first = data[data[given.treated] == 1].groupby(given.unit)[given.period].min()
    start = data[given.unit].map(first)
    periods = np.sort(data[given.period].unique())
    sizes = first.value_counts().sort_index(ascending=False).sort_values(ascending=False, kind="stable")
    for begin in sizes.index:
        if min((periods < begin).sum(), (periods >= begin).sum()) < interrupted_series.LEAST:
            continue
        group = data[start == begin].groupby(given.period)[outcome].mean()
        never = data[start.isna()]
        others = never.groupby(given.period)[outcome].mean() if len(never) else None
        return group, others, float(begin)
    return None


def interrupted(given: Given, outcome: str, *, level: float = 0.95) -> dict[str, InterruptedSeries] | None:
    """The group's series alone and less that of the others, as interrupted series; None where too short."""
    found = cohort_series(given, outcome)
    if found is None:
        return None
    group, others, begin = found
    made = {"alone": interrupted_series.interrupted(group, begin, level=level)}
    if others is not None:
        made["against the others"] = interrupted_series.interrupted(group, begin, control=others, level=level)
    return made
