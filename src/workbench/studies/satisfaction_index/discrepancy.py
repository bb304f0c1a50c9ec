"""Ratio b / a and gap b − a of experience and expectation, by question, person, group; how reliable they are.

Differences and ratios of two fallible scores are less reliable than the scores; a ratio moreover depends on
where the scale begins, which on a rating scale is a convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable, SpecificationError
from workbench.normal_quantiles import INTERVAL_95

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.taken import Taken

STATES = ("dissatisfied", "satisfied", "very satisfied")
BAND = 0.5  # of an answer step: means that differ by less are the same answer
TOP = 0.8  # of the scale: above it a direct rating is "very satisfied"
LEAST_PAIRS = 0.5  # share of the pairs that a respondent must have answered
ORIGINS = (0, 1, 2, 5, 10, 100)


@dataclass(frozen=True)
class Discrepancies:
    """Experience and expectation of every respondent who answered enough pairs.

    ``people``: experience, expected, gap, and ratio where there is one. ``items``: by question n, experience,
    expected, gap, ci_lower, ci_upper, and the shares of below, equal, above. ``reliability``: by dimension
    and
    for all the alpha of experience and of expectation, their correlation r, the reliability of gap and ratio.
    """

    people: pd.DataFrame
    items: pd.DataFrame
    reliability: pd.DataFrame
    warnings: tuple[str, ...] = ()


def discrepancies(taken: Taken) -> Discrepancies:
    """Ratio and gap from pairs of answers.

    Raises
    ------
    NotApplicable : no question has a twin on what was expected.
    """
    if not taken.expected:
        raise NotApplicable("no question on an experience has one on what was expected of it")
    b, a = pairs(taken)
    people = pd.DataFrame({"experience": b.mean(axis=1), "expected": a.mean(axis=1)})
    people = people[b.notna().mean(axis=1) >= LEAST_PAIRS]
    people["gap"] = people["experience"] - people["expected"]
    if not taken.no_ratio:
        people["ratio"] = ratio(people["experience"], people["expected"])
    return Discrepancies(people, _by_item(b, a), _reliabilities(taken, b, a))


def pairs(taken: Taken) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Experience and expectation by question, both missing where either is."""
    names = list(taken.expected)
    b = taken.answers[names]
    a = taken.answers[list(taken.expected.values())].set_axis(names, axis=1)
    both = b.notna() & a.notna()
    return b.where(both), a.where(both)


def ratio(experience: pd.Series, expected: pd.Series) -> pd.Series:
    """c = b / a.

    Raises
    ------
    SpecificationError : an expectation of 0 or less, of which nothing can be a multiple.

    >>> import pandas as pd
    >>> from workbench.studies.satisfaction_index.discrepancy import ratio
    >>> ratio(pd.Series([4.0]), pd.Series([5.0])).tolist()
    [0.8]
    """
    if bool((expected <= 0).any()):
        raise SpecificationError("an expectation of 0 or less: c = b / a is not defined; use the gap b − a")
    return experience / expected


def _by_item(b: pd.DataFrame, a: pd.DataFrame) -> pd.DataFrame:
    gap = b - a
    n = gap.notna().sum()
    half = INTERVAL_95 * gap.std() / np.sqrt(n)
    return pd.DataFrame(
        {
            "n": n,
            "experience": b.mean(),
            "expected": a.mean(),
            "gap": gap.mean(),
            "ci_lower": gap.mean() - half,
            "ci_upper": gap.mean() + half,
            "below": (gap < 0).sum() / n,
            "equal": (gap == 0).sum() / n,
            "above": (gap > 0).sum() / n,
        }
    ).rename_axis("item")


def reliability_of_difference(sd_b: float, sd_a: float, rel_b: float, rel_a: float, r: float) -> float:
    """Reliability of b − a.

    ρ = (σ_b² ρ_b + σ_a² ρ_a − 2 r σ_b σ_a) / (σ_b² + σ_a² − 2 r σ_b σ_a), errors uncorrelated (Lord 1963;
    Cronbach & Furby 1970). In R by this formula: ``tests/reference/r/satisfaction_index.R``.

    >>> from workbench.studies.satisfaction_index.discrepancy import reliability_of_difference
    >>> round(reliability_of_difference(1, 1, 0.8, 0.8, 0.5), 2)
    0.6
    """
    shared = 2 * r * sd_b * sd_a
    return (sd_b**2 * rel_b + sd_a**2 * rel_a - shared) / (sd_b**2 + sd_a**2 - shared)


def reliability_of_ratio(b: pd.Series, a: pd.Series, rel_b: float, rel_a: float) -> float:
    """Reliability of b / a: 1 less the share of its variance that the errors of b and a bring.

    To first order Var(error of c) = mean of c² (σ²_eb / b² + σ²_ea / a²), with σ²_e = σ² (1 − ρ): the delta
    method with errors that are uncorrelated.
    """
    c = b / a
    noise = c**2 * (b.var() * (1 - rel_b) / b**2 + a.var() * (1 - rel_a) / a**2)
    return float(1 - noise.mean() / c.var())


def _alpha(items: pd.DataFrame) -> float:
    from workbench import measurement

    return measurement.alpha(items).estimate if items.shape[1] > 1 else np.nan


def _reliabilities(taken: Taken, b: pd.DataFrame, a: pd.DataFrame) -> pd.DataFrame:
    groups = {name: list(own) for name, own in taken.dimensions.items() if len(own) > 1}
    rows = {}
    for name, own in (groups | {"all": list(b.columns)}).items():
        if len(own) < 2:
            continue
        score_b, score_a = b[own].mean(axis=1), a[own].mean(axis=1)
        rel_b, rel_a, r = _alpha(b[own]), _alpha(a[own]), score_b.corr(score_a)
        rows[name] = {
            "items": len(own),
            "experience": rel_b,
            "expected": rel_a,
            "r": r,
            "gap": reliability_of_difference(score_b.std(), score_a.std(), rel_b, rel_a, r),
            "ratio": np.nan if taken.no_ratio else reliability_of_ratio(score_b, score_a, rel_b, rel_a),
        }
    columns = ["items", "experience", "expected", "r", "gap", "ratio"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("dimension")


def by_group(taken: Taken, found: Discrepancies, group: str, *, least: int = 1) -> pd.DataFrame:
    """Gap and ratio of the levels with ``least`` respondents or more, and how reliable a level's mean gap is.

    Returns
    -------
    DataFrame : level -> n, experience, expected, gap, ci_lower, ci_upper, ratio_of_means; the attribute
        ``attrs["reliability"]`` is ICC(2) = (MS between − MS within) / MS between of the gap (Bliese 2000), 0
        where it would be negative.
    """
    people = found.people.join(taken.answers[group]).dropna(subset=[group, "gap"])
    people = people[people.groupby(group)["gap"].transform("count") >= least]
    parts = people.groupby(group, sort=False)
    n, mean = parts["gap"].count(), parts["gap"].mean()
    half = INTERVAL_95 * parts["gap"].std() / np.sqrt(n)
    table = pd.DataFrame(
        {
            "n": n,
            "experience": parts["experience"].mean(),
            "expected": parts["expected"].mean(),
            "gap": mean,
            "ci_lower": mean - half,
            "ci_upper": mean + half,
            "ratio_of_means": parts["experience"].mean() / parts["expected"].mean(),
        }
    )
    between = float((n * (mean - people["gap"].mean()) ** 2).sum() / max(len(n) - 1, 1))
    within = float(((people["gap"] - people[group].map(mean)) ** 2).sum() / max(len(people) - len(n), 1))
    table.attrs["reliability"] = max(0.0, (between - within) / between) if between > 0 else 0.0
    return table


def states(gap: pd.Series, band: float = 0.0) -> pd.Series:
    """0 below, 1 equal, 2 above; equal means apart by less than ``band`` (0: not apart at all).

    The states of b / a and of b − a are the same, since b / a < 1 exactly where b − a < 0.
    """
    state = np.sign(gap).where(gap.abs() >= band if band else gap != 0, 0) + 1
    return state.where(gap.notna())


def rating_states(taken: Taken) -> pd.Series:
    """Three states of the direct rating: below the middle of its scale, up to four fifths of it, above."""
    place = taken.position(taken.answers[taken.rating], taken.rating)
    state = (place >= 0.5).astype(float) + (place > TOP)
    return state.where(place.notna())


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa with linear weights of two ratings in the same categories, with error and interval."""

    kappa: float
    se: float
    interval: tuple[float, float]
    table: pd.DataFrame
    n: int


def weighted_kappa(first: pd.Series, second: pd.Series, categories: int = 3) -> Agreement:
    """Agreement of two ratings beyond chance, a miss by two categories counting twice.

    Returns
    -------
    Agreement, with the large-sample error of Fleiss, Cohen & Everitt (1969), Psychol. Bull. 72, 323-327.
    In R: ``psych::cohen.kappa(table, w = 1 - abs(outer(0:2, 0:2, "-")) / 2)``, whose error (psych 2.2.9) is
    another where the two ratings have different shares; in Python ``statsmodels``' ``cohens_kappa``.

    Raises
    ------
    SpecificationError : fewer than two answers in common, or one state only.
    """
    both = pd.DataFrame({"first": first, "second": second}).dropna().astype(int)
    n = len(both)
    counts = np.zeros((categories, categories))
    np.add.at(counts, (both["first"].to_numpy(), both["second"].to_numpy()), 1)
    p = counts / max(n, 1)
    apart = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    weight = 1 - apart / (categories - 1)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float((weight * p).sum()), float(rows @ weight @ columns)
    if n < 2 or chance >= 1 - 1e-12:
        raise SpecificationError("agreement needs two ratings that vary and were given by the same people")
    kappa = (seen - chance) / (1 - chance)
    mean = (weight @ columns)[:, None] + (weight.T @ rows)[None, :]
    spread = float((p * (weight - mean * (1 - kappa)) ** 2).sum()) - (kappa - chance * (1 - kappa)) ** 2
    se = float(np.sqrt(max(spread, 0.0) / n) / (1 - chance))
    names = list(STATES) if categories == len(STATES) else list(range(categories))
    table = pd.DataFrame(counts.astype(int), index=names, columns=names)
    return Agreement(kappa, se, (kappa - INTERVAL_95 * se, kappa + INTERVAL_95 * se), table, n)


def moved_origin(
    found: Discrepancies, lowest: float, rating: pd.Series, origins: tuple[float, ...] = ORIGINS
) -> pd.DataFrame:
    """The ratio with the lowest answer written as other numbers; the gap is the same for all of them.

    Parameters
    ----------
    lowest : the number that the lowest answer has in the codebook. rating : the direct rating.
    origins : numbers for the lowest answer; 0 only where nobody's mean expectation is that low.

    Returns
    -------
    DataFrame : number of the lowest answer -> mean (of the ratio), with_gap (its correlation with the gap),
        with_rating (with the direct rating), turned (share of pairs of people whose order is another than
        with
        the codebook's numbers).
    """
    from scipy.stats import kendalltau

    b, a = found.people["experience"], found.people["expected"]
    as_coded = b / a
    rows = {}
    for origin in sorted({*origins, lowest}):
        moved = a + (origin - lowest)
        if float(moved.min()) <= 0:
            continue
        c = (b + (origin - lowest)) / moved
        tau = kendalltau(as_coded, c, nan_policy="omit").statistic
        rows[origin] = {
            "mean": c.mean(),
            "with_gap": c.corr(found.people["gap"]),
            "with_rating": c.corr(rating),
            "turned": (1 - tau) / 2,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("lowest")
