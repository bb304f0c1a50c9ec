"""Who is satisfied and yet not loyal, or ready to go: shares with their intervals, at every cut-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.survey import Survey

# "Agree" of five boxes lies three quarters up the scale; the same place is taken on every scale.
AGREES = 0.75
# What "70 %" of the documents is taken for, and "70 to 80 %".
SEVENTY, SEVENTY_FIVE = (0.60, 0.80), (0.70, 0.80)
SWITCHING = "swi1"


@dataclass(frozen=True)
class Share:
    """A share among the satisfied: count of n, estimate, Wilson's interval."""

    what: str
    count: int
    n: int
    estimate: float
    interval: tuple[float, float]


def places(survey: Survey, construct: str) -> pd.Series:
    """Where each respondent's mean answer lies between the scale's ends: 0 the lowest box, 1 the highest."""
    parts = []
    for name in survey.construct(construct).items:
        scale = survey.codebook.items[name].scale
        parts.append((survey.responses[name] - scale.min) / (scale.max - scale.min))
    return pd.concat(parts, axis=1).mean(axis=1)


def share(what: str, holds: pd.Series, level: float = 0.95) -> Share:
    """Share of the cases for which something holds, with Wilson's interval.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. R: ``prop.test(x, n, correct = FALSE)$conf.int``.

    Raises
    ------
    NotApplicable : no cases.
    """
    from statsmodels.stats.proportion import proportion_confint

    n, count = len(holds), int(holds.sum())
    if not n:
        raise NotApplicable(f"{what}: nobody is satisfied by this cut-off, so there is no share of them")
    low, high = proportion_confint(count, n, alpha=1 - level, method="wilson")
    return Share(what, count, n, count / n, (float(low), float(high)))


def satisfied_not_loyal(
    survey: Survey, satisfied: float = AGREES, loyal: float = AGREES, level: float = 0.95
) -> Share:
    """Share not loyal among those whose satisfaction lies at ``satisfied`` of the scale or above."""
    both = _both(survey, "loyalty")
    among = both[both["satisfaction"] >= satisfied - 1e-9]
    return share("satisfied, not loyal", among["loyalty"] < loyal - 1e-9, level)


def every_cutoff(survey: Survey, level: float = 0.95) -> pd.DataFrame:
    """The share at cut-offs from half the scale up to its end, satisfied by loyal.

    Returns
    -------
    DataFrame: satisfied, loyal (places on the scale), n, share, ci_lower, ci_upper; without cut-offs that
    nobody reaches.
    """
    both, rows = _both(survey, "loyalty"), []
    steps = np.arange(0.5, 1.0 + 1e-9, 0.125)
    for satisfied in steps:
        among = both[both["satisfaction"] >= satisfied - 1e-9]
        for loyal in steps:
            if len(among):
                one = share("satisfied, not loyal", among["loyalty"] < loyal - 1e-9, level)
                rows.append((satisfied, loyal, one.n, one.estimate, *one.interval))
    return pd.DataFrame(rows, columns=["satisfied", "loyal", "n", "share", "ci_lower", "ci_upper"])


def would_switch(
    survey: Survey, item: str, *, stays: bool = False, satisfied: float = AGREES, level: float = 0.95
) -> Share:
    """Share that says it would switch for a better offer, among the satisfied.

    Parameters
    ----------
    item : the question; agreeing is answering at three quarters of the scale or above.
    stays : the question asks whether one would stay; switching is then answering below the middle.
    """
    scale = survey.codebook.items[item].scale
    place = (survey.responses[item] - scale.min) / (scale.max - scale.min)
    both = pd.DataFrame({"satisfaction": places(survey, "satisfaction"), "answer": place}).dropna()
    among = both.loc[both["satisfaction"] >= satisfied - 1e-9, "answer"]
    holds = among < 0.5 - 1e-9 if stays else among >= AGREES - 1e-9
    return share("satisfied, would switch", holds, level)


def _both(survey: Survey, other: str) -> pd.DataFrame:
    return pd.DataFrame({name: places(survey, name) for name in ("satisfaction", other)}).dropna()
