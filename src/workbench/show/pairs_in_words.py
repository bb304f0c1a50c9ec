"""What pairs before and after say, in sentences that hold whatever the numbers are (study 08)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.evaluation.before_after import ENUMERATED
from workbench.show import numbers
from workbench.show.prose import counted, listed

if TYPE_CHECKING:
    from workbench.studies.industries_before_after import Pairs

LARGE = 0.8  # a large standardized difference by convention (Cohen 1988)


def direction(found: Pairs) -> str:
    """Whether the two measures are higher or lower after CRM, and whether that is more than chance."""
    said = []
    for one in found.comparisons.values():
        gain = one.effects.loc["mean gain"]
        word = "higher" if gain["estimate"] > 0 else "lower"
        clear = gain["ci_lower"] > 0 or gain["ci_upper"] < 0
        points = numbers.number(abs(gain["estimate"]), 1)
        said.append(f"{points} points {word}{'' if clear else ' (no clear change)'}")
    return f"On average satisfaction is {said[0]} after CRM, and loyalty {said[1]}"


def compared_gains(found: Pairs) -> str:
    """In how many firms loyalty gained at least as much as satisfaction."""
    count = int((found.gains["difference"] >= 0).sum())
    return f"Loyalty gained at least as many points as satisfaction in {count} of {found.n} firms"


def yardsticks(found: Pairs) -> list[str]:
    """How the two standardized effects differ, and why, in sentences."""
    said = []
    for name, one in found.comparisons.items():
        if "before with after" not in one.baseline.index:
            continue
        spread = one.pairs[["before", "after", "gain"]].var()
        ratio = math.sqrt((spread["before"] + spread["after"]) / 2 / spread["gain"])
        r = numbers.number(one.baseline.at["before with after", "r"], 2, bounded=True)
        said.append(
            f"{name}: before and after correlate at {r}, and levels differ {ratio:.1f} times as much as "
            "gains."
        )
    sizes = [
        abs(one.effects.at["Hedges' g_av", "estimate"])
        for one in found.comparisons.values()
        if "Hedges' g_av" in one.effects.index
    ]
    if len(sizes) == len(found.comparisons) and min(sizes) > 2 * LARGE:
        said.append(
            "Both Hedges' g are more than twice what is by convention called a large effect "
            f"({numbers.number(LARGE, 1, bounded=True)}): effects of this size are a reason to ask how the "
            "percentages were obtained."
        )
    return said


def slope_title(found: Pairs) -> str:
    """Whether larger gains go with larger gains, by the interval of the slope."""
    slope = found.relation.coefficients.loc["slope"]
    low, high = slope["ci_lower"], slope["ci_upper"]
    way = "larger" if low > 0 else "smaller" if high < 0 else ""
    said = (
        f"A larger gain in satisfaction goes with a {way} gain in loyalty"
        if way
        else "No relation of the two gains is established"
    )
    return f"{said}: slope {numbers.estimate(slope['estimate'], (low, high))}"


def slope_in_words(found: Pairs) -> list[str]:
    """What the slope of the gains can tell, and which firm it hangs on most."""
    slope, left = found.relation.coefficients.loc["slope"], found.relation.leave_one_out
    low, high = slope["ci_lower"], slope["ci_upper"]
    holds = [word for word, value in (("no relation (0)", 0), ("one for one (1)", 1)) if low <= value <= high]
    said = [
        f"The interval of the slope leaves room for {listed(holds)}."
        if holds
        else "The interval of the slope excludes both no relation (0) and one for one (1)."
    ]
    if len(left):
        most = (left["estimate"] - slope["estimate"]).abs().idxmax()
        said.append(
            f"Without one firm at a time it runs from {numbers.number(left['estimate'].min())} to "
            f"{numbers.number(left['estimate'].max())}; {most} moves it most."
        )
    return said


def methods(found: Pairs, source: str, *, draws: int) -> list[str]:
    """Sentences of the methods paragraph.

    Parameters
    ----------
    source : whose percentages these are, such as "printed percentages (D3)".
    draws : of sign flips, where not all were visited.
    """
    flips = (
        "the exact sign-flip permutation of the mean gain"
        if found.n <= ENUMERATED
        else f"a permutation of the mean gain by {draws:,} drawn sign flips"
    )
    return [
        f"Satisfaction and loyalty of {counted(found.n, 'firm')} before and after CRM ({source}) were "
        "compared as pairs.",
        "We report mean gains in percentage points with t intervals, relative gains as geometric means, "
        "Hedges' g by the average standard deviation (exact small-sample factor; interval after Algina and "
        "Keselman, 2003) and d of the gains (noncentral-t interval).",
        "Tests are the paired t, Wilcoxon's signed ranks"
        + (" with exact p under ties" if found.n <= ENUMERATED else "")
        + f", and {flips}, all two-sided. The two gains were compared as pairs, and the gain in loyalty was "
        "regressed on the gain in satisfaction by least squares, with each firm left out in turn.",
        "Shares of satisfied customers who are not loyal were bounded from the margins (Fréchet bounds). No "
        "adjustment was made for several tests: the verdict on a rise asks that all its parts hold.",
    ]
