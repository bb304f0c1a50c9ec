"""Sentences and titles of study 07, chosen by the numbers that they stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.show import numbers
from workbench.studies.loyalty_threshold.waiting import CLAIMED

if TYPE_CHECKING:
    from workbench.regression import CurveComparison, NecessaryCondition, Segmented
    from workbench.studies.loyalty_threshold import Found
    from workbench.studies.loyalty_threshold.scale_ends import BeyondScale, Shapes
    from workbench.studies.loyalty_threshold.shares import Share
    from workbench.studies.loyalty_threshold.waiting import DoseResponse


def percent(found: Share) -> str:
    """A share with its interval, in per cent."""
    low, high = found.interval
    return f"{numbers.percent(found.estimate)} [{numbers.percent(low)}, {numbers.percent(high)}]"


def side(beyond: BeyondScale) -> int:
    """1 where the whole interval lies above zero, -1 below, 0 where it holds zero."""
    low, high = beyond.interval
    return 1 if low > 0 else -1 if high < 0 else 0


def relation(bend: Segmented, curves: CurveComparison) -> str:
    """Title of the curve: what a point goes with on either side of the bend, and what it foretells."""
    below, above = (
        numbers.number(bend.table.loc[name, "estimate"]) for name in ("slope_below", "slope_above")
    )
    bent = curves.table.loc["bent once"]
    at = numbers.number(bend.table.loc["break_point", "estimate"])
    said = f"One point of satisfaction goes with {below} points of loyalty below {at} and {above} above"
    if bent["ci_lower"] > 0:
        return f"{said}; answers left out are foretold better by the bend"
    return f"{said}; answers left out are not surely foretold better than by a straight line"


def boxes(found: Shapes) -> str:
    """Title: whether the curve bends more than straight attitudes would in the same boxes."""
    one = found.curvature
    word = {
        1: "more upward than",
        -1: "more downward than",
        0: "no differently, for all that can be told, from",
    }
    value = numbers.estimate(one.excess, one.interval)
    return f"The curve bends {word[side(one)]} straight attitudes in the same boxes: {value} SD"


def expected_part(one: BeyondScale) -> str:
    """How much of the curvature the boxes make, in a sentence."""
    observed, expected = numbers.number(one.observed, 3), numbers.number(one.expected, 3)
    said = (
        f"Of the {one.what} of {observed} observed, straight attitudes in these boxes would show {expected}"
    )
    if one.observed > 0 and 0 < one.expected < one.observed:
        return f"{said}, that is {numbers.percent(one.expected / one.observed)} of it."
    return f"{said}."


def not_loyal(found: Share, bounds: tuple[float, float], place: float) -> str:
    """Title of the share of the satisfied who are not loyal."""
    return (
        f"Of those satisfied {percent(found)} are not loyal, if both mean {numbers.percent(place)} of "
        "the scale or more; "
        f"{_against(found, bounds)}"
    )


def _against(found: Share, bounds: tuple[float, float]) -> str:
    low, high = (numbers.percent(bound) for bound in bounds)
    if bounds[0] < found.interval[0] and found.interval[1] < bounds[1]:
        return f"surely between {low} and {high}"
    if found.interval[0] > bounds[1] or found.interval[1] < bounds[0]:
        return f"surely not between {low} and {high}"
    return f"{low} to {high} is neither shown nor ruled out"


def switching(found: Share, bounds: tuple[float, float]) -> str:
    """The share ready to switch, in a sentence."""
    return f"Of {found.n:,} satisfied respondents {percent(found)} would switch; {_against(found, bounds)}."


def waiting(dose: DoseResponse) -> str:
    """Title of the hours of waiting: the slope, and whether two hours stand out."""
    slope = dose.slope
    value = numbers.estimate(slope["estimate"], (slope["ci_lower"], slope["ci_upper"]))
    step = dose.steps.loc[CLAIMED]
    special = step["ci_upper"] < 0 and dose.clearest == CLAIMED
    end = (
        f"and {CLAIMED:g} hours are special" if special else f"and nothing is special about {CLAIMED:g} hours"
    )
    return f"Twice the wait goes with {value} SD of satisfaction, {end}"


def ceiling(found: NecessaryCondition) -> str:
    """Title of the empty corner."""
    step = found.table.loc["CE-FDH"]
    size = numbers.number(step["effect"], 2, bounded=True)
    if step["pvalue"] >= 0.05:
        return f"Much loyalty with little satisfaction is no rarer than chance makes it (d = {size})"
    return f"Much loyalty with little satisfaction is rarer than chance makes it (d = {size})"


def answer(found: Found, labels: dict[str, str]) -> str:
    """The study's answer in one sentence."""
    cause, outcome = labels["satisfaction"], labels["loyalty"]
    bend = {
        1: f"{outcome} rises faster where {cause} is high, beyond what the answer boxes bend",
        0: f"that {outcome} bends with {cause} beyond what the answer boxes bend is not shown",
        -1: f"{outcome} rises more slowly where {cause} is high, beyond what the answer boxes bend",
    }[side(found.shapes.curvature)]
    said = [bend, f"{percent(found.not_loyal)} of the satisfied are not loyal"]
    if found.switching is not None:
        said.append(f"{percent(found.switching)} of the satisfied would switch for a better offer")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."
