"""Hours until an answer: the slope of satisfaction, a step at two hours, and what waiting passes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import measurement, regression, sem
from workbench.errors import NotApplicable
from workbench.sem import Fit
from workbench.survey import Survey

CLAIMED = 2.0
OTHERS = (0.75, 1.0, 1.5, 3.0, 4.0, 6.0, 8.0, 12.0)
LEAST_BESIDE = 40  # answers on either side of a step
LOG = "log_hours"


@dataclass(frozen=True)
class DoseResponse:
    """``slope``: satisfaction's change, in its standard deviations, for twice the hours. ``steps``: hours ->
    estimate, ci_lower, ci_upper, statistic, pvalue of a step there beyond a line on either side. Both beside
    CRM use where it was asked (``beside``). ``bins``: mean satisfaction along the hours, as answered."""

    slope: pd.Series
    steps: pd.DataFrame
    bins: pd.DataFrame
    beside: tuple[str, ...]
    n: int

    @property
    def clearest(self) -> float:
        """The hour at which a drop is clearest: the lowest t."""
        return float(self.steps["statistic"].idxmin())


def hours_of(survey: Survey, column: str) -> pd.Series:
    """Hours of waiting; NaN where they are not above zero, as a logarithm needs."""
    given = pd.to_numeric(survey.responses[column], errors="coerce")
    return given.where(given > 0)


def log_hours(survey: Survey, column: str) -> pd.Series:
    """log2 of the hours of waiting."""
    return np.log2(hours_of(survey, column))


def dose_response(
    survey: Survey, column: str, *, at: Sequence[float] = (CLAIMED, *OTHERS), level: float = 0.95
) -> DoseResponse:
    """Satisfaction by hours of waiting: a smooth decline, and steps beyond it.

    Parameters
    ----------
    survey : with the construct ``satisfaction``. column : its variable of hours.
    at : hours at which a step is looked for; one with few answers on a side is left out.

    Returns
    -------
    DoseResponse. Each step is the jump of a regression with a line of its own on either side of the hour, in
    log2 hours (regression discontinuity on the whole range), with HC3 errors.

    Raises
    ------
    NotApplicable : fewer than 40 answers on either side of two hours.
    """
    beside = tuple(name for name in ("crm_use",) if name in survey.constructs())
    data = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in ("satisfaction", *beside)})
    data = data.assign(hours=hours_of(survey, column)).dropna()
    fewest = int(min((data["hours"] <= CLAIMED).sum(), (data["hours"] > CLAIMED).sum()))
    if fewest < LEAST_BESIDE:
        raise NotApplicable(
            f"{column}: {fewest} answers on one side of {CLAIMED:g} hours; a step needs {LEAST_BESIDE}"
        )
    data["satisfaction"] = (data["satisfaction"] - data["satisfaction"].mean()) / data["satisfaction"].std()
    data[LOG] = np.log2(data["hours"])
    smooth = regression.ols(data, "satisfaction", [LOG, *beside], covariance="HC3", level=level)
    rows, terms = {}, ["step", "before", "after", *beside]
    for hour in sorted(at):
        late = data["hours"] > hour
        if min(late.sum(), (~late).sum()) < LEAST_BESIDE:
            continue
        own = data.assign(
            step=late.astype(float),
            before=(data[LOG] - np.log2(hour)).where(~late, 0.0),
            after=(data[LOG] - np.log2(hour)).where(late, 0.0),
        )
        fit = regression.ols(own, "satisfaction", terms, covariance="HC3", level=level)
        rows[hour] = fit.coefficients.loc["step", ["estimate", "ci_lower", "ci_upper", "statistic", "pvalue"]]
    steps = pd.DataFrame(rows).T.astype(float).rename_axis("hours")
    return DoseResponse(smooth.coefficients.loc[LOG], steps, _bins(data), beside, len(data))


def _bins(data: pd.DataFrame, many: int = 12) -> pd.DataFrame:
    """Mean satisfaction in parts of equal size along the hours, with its standard error."""
    part = pd.qcut(data["hours"], many, labels=False, duplicates="drop")
    grouped = data.groupby(part)
    return pd.DataFrame(
        {
            "hours": np.exp2(grouped[LOG].mean()),
            "mean": grouped["satisfaction"].mean(),
            "se": grouped["satisfaction"].std() / np.sqrt(grouped.size()),
            "n": grouped.size(),
        }
    )


def passed_on(survey: Survey, column: str) -> Fit:
    """CRM use -> hours of waiting -> satisfaction (and experience) -> loyalty, latent but for the hours.

    Constructs that the codebook does not have are left out; ``satisfaction`` and ``loyalty`` are needed. CRM
    use stands beside the hours in every equation, because it may move both. Defined: ``waiting_loyalty``,
    hours on loyalty by satisfaction; ``crm_satisfaction`` and ``crm_experience``, CRM use by the hours.
    """
    there = [
        n for n in ("crm_use", "satisfaction", "customer_experience", "loyalty") if n in survey.constructs()
    ]
    use, lived = "crm_use" in there, "customer_experience" in there
    beside = " + crm_use" if use else ""
    lines = [
        measurement.correlated_factors({name: list(survey.items(name)) for name in there}),
        f"satisfaction ~ s*{LOG}{beside}",
        f"loyalty ~ b*satisfaction + {LOG}{beside}",
        "waiting_loyalty := s*b",
    ]
    if use:
        lines += [f"{LOG} ~ u*crm_use", "crm_satisfaction := u*s"]
    if lived:
        lines += [f"customer_experience ~ e*{LOG}{beside}", "customer_experience ~~ satisfaction + loyalty"]
        lines += ["crm_experience := u*e"] if use else []
    data = survey.items(*there).assign(**{LOG: log_hours(survey, column)})
    return sem.fit("\n".join(lines), data, missing="fiml", estimator="MLR")
