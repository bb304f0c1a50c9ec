"""Study 09: what printed cases can show: two readings of "+X %", the sample they need, what is not told.

A case is one firm with a change, and nothing about who was asked. Nothing is planted here and no rate can be
had. The rules, fixed before a number is seen: D3-6, figures of one case that speak of the same thing agree in
at least one reading; D3-25, so do the two figures on intelligent CRM. D3-23 and D3-26 print a share and a
largest case without a sample: what they could tell is computed, and no verdict is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault
from workbench.evidence import claims

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.survey import Survey

READINGS = ("points", "relative")
# Measures that the documents use for one thing: that customers come back.
STAYING = ("loyalty", "repurchase", "retention", "renewals")
BASES = tuple(range(10, 91, 5))  # starts in %, where the print gives none
POWER, ALPHA = 0.80, 0.05
NEAR = 0.5  # figures are printed in whole per cent
SIZES = (50, 100, 400, 1000)
OWN = ("before", "after")


@dataclass(frozen=True)
class Agreement:
    """Two figures of one case: what each says, and how far apart they are in each reading."""

    case: str
    first: str
    second: str
    differences: dict[str, float]

    @property
    def readings(self) -> tuple[str, ...]:
        """Readings in which both figures round to the same per cent."""
        return tuple(name for name, gap in self.differences.items() if abs(gap) <= NEAR)


def customers_needed(before: float, after: float, *, power: float = POWER, alpha: float = ALPHA) -> float:
    """Customers asked on each occasion, for a change between two shares to be found.

    Parameters
    ----------
    before, after : shares from 0 to 1. power, alpha : of the two-sided test; other customers each time.

    Returns
    -------
    float; NaN where nothing changes or a share lies outside 0 to 1.
    n = (z(1 - alpha/2) sqrt(2 p q) + z(power) sqrt(p1 q1 + p2 q2))² / (p1 - p2)², p the mean of the two.

    Source: Fleiss, Levin & Paik (2003), ch. 4. R: ``power.prop.test(p1 = , p2 = , power = .8)$n``.

    Examples
    --------
    >>> from workbench.studies.case_evidence import customers_needed
    >>> round(customers_needed(0.62, 0.84), 1)
    62.7
    """
    from scipy.stats import norm

    if not (0 <= before <= 1 and 0 <= after <= 1) or before == after:
        return float("nan")
    middle = (before + after) / 2
    spread = np.sqrt(before * (1 - before) + after * (1 - after))
    reach = norm.ppf(1 - alpha / 2) * np.sqrt(2 * middle * (1 - middle)) + norm.ppf(power) * spread
    return float((reach / (before - after)) ** 2)


def over_bases(gain: float, reading: str, bases: Sequence[float] = BASES) -> pd.DataFrame:
    """A "+X %" from every start that it may have had, in one reading.

    Parameters
    ----------
    gain : X. reading : ``points`` (start + X) or ``relative`` (start times 1 + X/100). bases : starts in %.

    Returns
    -------
    DataFrame by start: after (in %), possible (not above 100 %), n (customers needed on each occasion).
    """
    rows = []
    for base in bases:
        after = base + gain if reading == "points" else base * (1 + gain / 100)
        rows.append((after, after <= 100, customers_needed(base / 100, after / 100)))
    return pd.DataFrame(rows, index=pd.Index(bases, name="start"), columns=["after", "possible", "n"])


def needed(cases: pd.DataFrame) -> pd.DataFrame:
    """Customers that each printed change in per cent would need, over what the print leaves open.

    Returns
    -------
    DataFrame, a row per figure and reading: case, measure, printed, reading, bases (starts from which the
    change is possible, of those tried), fewest and most customers on each occasion.
    """
    rows = []
    for row in cases[
        (cases["unit"] == "%") & cases["form"].isin(("gain", "change", "contrast"))
    ].itertuples():
        if row.form == "change":
            n = customers_needed(row.before / 100, row.after / 100)
            rows.append((row.case, row.measure, as_printed(row), "as printed", 1, n, n))
            continue
        for reading in READINGS:
            found = over_bases(row.value, reading)
            kept = found.loc[found["possible"], "n"]
            rows.append((row.case, row.measure, as_printed(row), reading, len(kept), kept.min(), kept.max()))
    heads = ["case", "measure", "printed", "reading", "bases", "fewest", "most"]
    return pd.DataFrame(rows, columns=heads)


def as_printed(row: Any) -> str:
    """A change as it is printed: before and after, or the gain."""
    return f"{row.before:g} → {row.after:g} %" if row.form == "change" else f"+{row.value:g} %"


def elasticities(cases: pd.DataFrame) -> pd.DataFrame:
    """What a per cent of satisfaction goes with in the same case, where both are printed as gains.

    Returns
    -------
    DataFrame: case, outcome, satisfaction, gain (as printed), ratio (gain over gain, the same in points and
    in per cent of the start), logarithmic (of the relative reading: log over log).
    """
    rows = []
    for case, part in cases[cases["form"] == "gain"].groupby("case", sort=False):
        cause = part.loc[part["measure"] == "satisfaction", "value"]
        for row in part[part["measure"].isin(STAYING)].itertuples() if len(cause) else ():
            x, y = float(cause.iloc[0]), float(row.value)
            rows.append((case, row.measure, x, y, y / x, np.log1p(y / 100) / np.log1p(x / 100)))
    heads = ["case", "outcome", "satisfaction", "gain", "ratio", "logarithmic"]
    return pd.DataFrame(rows, columns=heads)


def agreements(cases: pd.DataFrame) -> list[Agreement]:
    """Pairs of figures of one case on customers who stay, in both readings.

    A gain without a start has both readings as one number; a printed before and after has two different ones.
    Two figures of the same measure are compared as they stand.
    """
    made = []
    staying = cases[cases["measure"].isin(STAYING) & cases["form"].isin(("gain", "change", "contrast"))]
    for case, part in staying.groupby("case", sort=False):
        figures = list(part.itertuples())
        for place, one in enumerate(figures):
            for other in figures[place + 1 :]:
                gaps = {
                    "points": float(other.points - one.points),
                    "relative": 100 * float(other.relative - one.relative),
                }
                made.append(Agreement(str(case), _named(one), _named(other), gaps))
    return made


def _named(figure: Any) -> str:
    said = f"{figure.before:g} → {figure.after:g} %" if figure.form == "change" else f"{figure.value:g} %"
    bound = "" if figure.bound == "exactly" else f"{figure.bound} "
    return f"{figure.measure} {bound}{said}"


def checklist(cases: pd.DataFrame) -> pd.DataFrame:
    """What a reader has to know of a case, and in how many it is printed, as the figures were typed.

    Returns
    -------
    DataFrame: question; told, of (numbers of cases).
    """
    by = cases.groupby("case", sort=False)
    known = {
        "What it was before": by["before"].apply(lambda one: bool(one.notna().any())),
        "Points or per cent of the start": by["form"].apply(
            lambda one: set(one) <= {"change", "level", "share"}
        ),
        "Over what time": by["period"].apply(lambda one: bool(one.iloc[0])),
        "Compared with whom": by["form"].apply(lambda one: "contrast" in set(one)),
    }
    rows = [(question, int(told.sum()), len(told)) for question, told in known.items()]
    # The figures were typed with everything that the print says of them; for these it has no word anywhere.
    rows += [
        (q, 0, len(by))
        for q in ("Who was asked, and how many", "By which questions", "How far firms scatter")
    ]
    return pd.DataFrame(rows, columns=["question", "told", "of"]).set_index("question")


def largest_of(
    best: float, firms: Sequence[int] = (10, 50, 200, 1000), *, draws: int = 20_000, seed: int = 1
) -> pd.DataFrame:
    """How far firms would have to scatter for the best of so many to gain so much, were the mean gain zero.

    Returns
    -------
    DataFrame by number of firms: expected (mean of the largest, in standard deviations), spread (the standard
    deviation, in %, at which the largest is ``best`` on average).
    """
    generator = np.random.default_rng(seed)
    rows = []
    for many in firms:
        # The largest of n uniforms is a uniform to the power 1/n; its normal quantile is the largest of n.
        from scipy.stats import norm

        expected = float(norm.ppf(generator.random(draws) ** (1 / many)).mean())
        rows.append((expected, best / expected))
    return pd.DataFrame(rows, index=pd.Index(firms, name="firms"), columns=["expected", "spread"])


def share_needed(
    share: float, bounds: tuple[float, float], *, most: int = 100_000, level: float = 0.95
) -> int:
    """The fewest asked for whom Wilson's interval about an observed share lies between two bounds.

    Raises
    ------
    DataError : the share lies outside the bounds.
    """
    from statsmodels.stats.proportion import proportion_confint

    if not bounds[0] < share < bounds[1]:
        raise DataError(f"a share of {share:g} never lies wholly between {bounds[0]:g} and {bounds[1]:g}")
    sizes = np.arange(5, most)
    low, high = proportion_confint(share * sizes, sizes, alpha=1 - level, method="wilson")
    return int(sizes[(low > bounds[0]) & (high < bounds[1])][0])


def own_cases(survey: Survey) -> pd.DataFrame:
    """A reader's cases in the form of the printed ones: shares before and after in per cent.

    Parameters
    ----------
    survey : with the variables ``before`` and ``after``; an id names the cases. ``customers``, if there is
        such a variable, is how many were asked on each occasion.

    Returns
    -------
    DataFrame like `workbench.datasets.printed.cases`, with ``customers``.

    Raises
    ------
    NotApplicable : a variable is lacking. DataError : a value outside 0 to 100.
    """
    survey.require(variables=OWN)
    answers = survey.responses
    named = survey.codebook.id
    names = answers[named].astype(str) if named else pd.Series([f"case {k + 1}" for k in range(len(answers))])
    values = answers[list(OWN)].astype(float)
    outside = (values < 0) | (values > 100)
    if outside.to_numpy().any():
        row, column = (int(k) for k in np.argwhere(outside.to_numpy())[0])
        raise DataError(
            Fault(
                f"{values.iat[row, column]:g} is no percentage",
                survey.file,
                row=row + 2,
                column=OWN[column],
                fix="Give shares of customers in per cent, 0 to 100",
            )
        )
    many = answers["customers"].astype(float) if "customers" in survey.variables else np.nan
    kept = values.notna().all(axis=1)
    made = pd.DataFrame({"case": names, "description": names, **values, "customers": many})[kept]
    change = made["after"] - made["before"]
    return made.assign(
        measure="share", form="change", unit="%", bound="exactly", value=np.nan, period="", quote="",
        points=change, relative=change / made["before"].where(made["before"] > 0), place="",
    ).reset_index(drop=True)  # fmt: skip


def intervals(cases: pd.DataFrame, customers: float | None = None, level: float = 0.95) -> pd.DataFrame:
    """Changes between two shares with Newcombe's interval, in points, for so many customers on each occasion.

    Parameters
    ----------
    cases : rows of the form ``change``. customers : how many; None takes the column ``customers``.

    Returns
    -------
    DataFrame by row of ``cases``: points, ci_lower, ci_upper; d - sqrt((p1 - l1)² + (u2 - p2)²) and its
    mirror, from Wilson's limits l and u (Newcombe 1998, method 10).
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    rows = {}
    for place, row in cases.iterrows():
        n = float(row["customers"]) if customers is None else float(customers)
        if not n > 0:
            continue
        low, high = confint_proportions_2indep(
            row["after"] / 100 * n,
            n,
            row["before"] / 100 * n,
            n,
            method="newcomb",
            compare="diff",
            alpha=1 - level,
        )
        rows[place] = (row["after"] - row["before"], 100 * low, 100 * high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["points", "ci_lower", "ci_upper"])


def decide(cases: pd.DataFrame) -> list[Verdict]:
    """The verdicts on the printed cases."""
    found = agreements(cases)
    twice = [one for one in found if one.case == "intelligent_crm"]
    follow = [one for one in found if one.case != "intelligent_crm"]
    return [
        _judge("D3-6", follow),
        _judge("D3-25", twice),
        claims.not_testable(
            "D3-23", "a share of firms is printed without who was asked and how many", kind="printed"
        ),
        claims.not_testable(
            "D3-26", "the largest gain of an unknown number of firms says nothing of the mean", kind="printed"
        ),
    ]


def _judge(claim: str, pairs: Sequence[Agreement]) -> Verdict:
    findings = [
        claims.fact(
            f"{one.first} and {one.second} are the same number "
            f"{'in the reading of ' + ' and '.join(one.readings) if one.readings else 'in either reading'}",
            bool(one.readings),
        )
        for one in pairs
    ]
    return claims.judge_all(claim, findings, kind="printed", n=None, measure="pairs of figures that agree")
