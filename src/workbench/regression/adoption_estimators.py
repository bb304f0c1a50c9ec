"""Staggered adoption by several estimators, and how far trends may part before an effect is gone.

Group-time effects are ours (`workbench.regression.staggered`); imputation, the interaction-weighted estimator
and the bounds come from the library diff-diff, which is loaded where they are asked for.
"""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import door, numbers, share
from workbench.errors import SpecificationError
from workbench.regression import doors
from workbench.regression.adoption import AdoptionPanel, adoption_panel
from workbench.regression.panel import panel
from workbench.regression.staggered import group_time_effects

GROUP_TIME, IMPUTATION, WEIGHTED, TWO_WAY = "group-time", "imputation", "interaction-weighted", "two-way"
FEW_DRAWS = 99  # of the band of an event study that is not shown
FARTHEST = 100.0  # multiple of the largest departure before adoption up to which a bound is looked for
MOST_WEIGHTED = 200_000  # units; diff-diff holds a column for every cohort and period, as numbers of 8 bytes


@dataclass(frozen=True)
class AdoptionEstimates:
    """The mean effect on adopters by several estimators.

    ``overall``: estimator -> estimate, se, ci_lower, ci_upper. ``event_study``: estimator and event_time ->
    the same; of imputation from adoption on. ``pretrend``: estimator -> pvalue of all effects before adoption
    being zero. ``left_out``: estimator -> why it gives nothing here.
    """

    outcome: str
    overall: pd.DataFrame
    event_study: pd.DataFrame
    pretrend: pd.Series
    left_out: dict[str, str]
    level: float
    warnings: tuple[str, ...]


@door(**doors.ADOPTION, level=share)
def adoption_estimates(
    data: pd.DataFrame, outcome: str, *, unit: str, period: str, treated: str, level: float = 0.95
) -> AdoptionEstimates:
    """The effect of adopting by four estimators, from the same panel and without covariates.

    Parameters
    ----------
    data, outcome, unit, period, treated : as in :func:`workbench.regression.group_time_effects`.
    level : of the intervals.

    Returns
    -------
    AdoptionEstimates

    Notes
    -----
    ``group-time``: Callaway & Sant'Anna 2021, not-yet-treated controls, every treated cell weighed by its
    units. ``imputation``: unit and period effects from untreated cells, imputed for treated ones (Borusyak,
    Jaravel & Spiess 2024). ``interaction-weighted``: cohort-by-time effects against the never treated (Sun &
    Abraham 2021). ``two-way``: one coefficient, which mixes comparisons that should not be made. Errors are
    clustered by unit. Units that are treated from the first period on are left out.

    R: ``did::att_gt`` and ``aggte``, ``didimputation::did_imputation``, ``fixest::feols(y ~ sunab(first, t) |
    id + t)``, ``feols(y ~ treated | id + t)``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> data = open_dataset("firm_panel").responses
    >>> found = regression.adoption_estimates(
    ...     data, "satisfaction", unit="firm", period="period", treated="treated"
    ... )
    >>> found.overall["estimate"].round(3).tolist()
    [0.233, 0.234, 0.232, 0.138]
    """
    made = adoption_panel(data, outcome, unit, period, treated)
    own = group_time_effects(
        data, outcome, unit=unit, period=period, treated=treated, draws=FEW_DRAWS, level=level
    )
    overall = {GROUP_TIME: own.overall.loc["simple", _COLUMNS].tolist()}
    studies = {GROUP_TIME: own.event_study[_COLUMNS]}
    pretrend = {GROUP_TIME: float(own.pretrend["pvalue"])}
    left_out: dict[str, str] = {}
    library, frame = _library(), _frame(made)
    for name, kind in ((IMPUTATION, library.ImputationDiD), (WEIGHTED, library.SunAbraham)):
        if name == WEIGHTED and not np.isinf(made.start).any():
            left_out[name] = "every unit adopts, and it compares with those that never do"
            continue
        if name == WEIGHTED and len(made.start) > MOST_WEIGHTED:
            left_out[name] = f"above {MOST_WEIGHTED:,} units its regression takes more than 2 GB of memory"
            continue
        try:
            with _quiet():
                found = kind(alpha=1 - level).fit(frame, **_NAMES)
                study = _imputed(found) if name == IMPUTATION else _weighted(found)
                if name == IMPUTATION:
                    pretrend[name] = float(found.pretrend_test()["p_value"])
        except (ValueError, np.linalg.LinAlgError, KeyError) as error:
            left_out[name] = f"diff-diff does not estimate it: {str(error).splitlines()[0]}"
            continue
        overall[name] = [found.overall_att, found.overall_se, *found.overall_conf_int]
        studies[name] = study
    inside = data[data[unit].isin(data.loc[data[treated] == 0, unit])]
    two = panel(inside, outcome, [treated], unit=unit, period=period, level=level)
    overall[TWO_WAY] = two.coefficients.loc[treated, _COLUMNS].tolist()
    table = pd.DataFrame.from_dict(overall, orient="index", columns=_COLUMNS).astype(float)
    return AdoptionEstimates(
        outcome,
        table.rename_axis("estimator"),
        pd.concat(studies, names=["estimator", "event_time"]),
        pd.Series(pretrend, name="pvalue").rename_axis("estimator"),
        left_out,
        level,
        tuple(dict.fromkeys([*own.warnings, *two.warnings])),
    )


@dataclass(frozen=True)
class HonestBounds:
    """Bounds of the mean effect over event times where trends may part.

    ``bounds``: magnitude -> lower, upper (what the data allow without error of sampling), ci_lower, ci_upper.
    ``breakdown``: the smallest magnitude at which the interval holds 0; NaN where it does at 0 already,
    infinite where it does at none up to 100.
    """

    outcome: str
    bounds: pd.DataFrame
    breakdown: float
    level: float


@door(**doors.ADOPTION, magnitudes=numbers, level=share)
def honest_bounds(
    data: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    period: str,
    treated: str,
    magnitudes: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0),
    level: float = 0.95,
) -> HonestBounds:
    """What is left of an effect if trends may part after adoption as much as before, or M times as much.

    Parameters
    ----------
    data, outcome, unit, period, treated : as in :func:`workbench.regression.group_time_effects`.
    magnitudes : M: how many times the largest step between neighbouring periods before adoption a step after
        it may be. 0 is parallel trends.
    level : of the intervals.

    Returns
    -------
    HonestBounds

    Raises
    ------
    SpecificationError : a negative magnitude, or nobody observed for two periods before adopting.

    Notes
    -----
    Relative magnitudes of Rambachan & Roth 2023, for the mean of the effects at all event times from adoption
    on (group-time effects with one base, the period before adoption). The interval widens the bounds by the
    sampling error of that mean; the error of the largest step before adoption is not in it, which their
    conditional test has.

    R: ``HonestDiD::createSensitivityResults_relativeMagnitudes`` on ``did::aggte(type = "dynamic")``; its
    intervals are wider where the steps before adoption are uncertain.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> data = open_dataset("firm_panel").responses
    >>> found = regression.honest_bounds(
    ...     data, "satisfaction", unit="firm", period="period", treated="treated", magnitudes=[0, 1]
    ... )
    >>> found.bounds.round(2)["ci_lower"].tolist()
    [0.26, 0.17]
    """
    from scipy import optimize

    if min(magnitudes) < 0:
        raise SpecificationError(f"magnitudes {min(magnitudes):g}: a multiple of zero or more is needed")
    made = adoption_panel(data, outcome, unit, period, treated)
    if not (np.isfinite(made.start) & (made.start >= 2)).any():
        raise SpecificationError(
            "nobody is observed for two periods before adopting, so nothing tells how much trends "
            "parted before"
        )
    library = _library()
    with _quiet():
        fit = library.CallawaySantAnna(
            control_group="not_yet_treated", base_period="universal", alpha=1 - level
        ).fit(_frame(made), **_NAMES)
        study = fit.aggregate("event_study")

    def at(magnitude: float) -> tuple[float, float, float, float]:
        try:
            with _quiet():
                found = library.HonestDiD(method="relative_magnitude", M=magnitude, alpha=1 - level).fit(
                    study
                )
        except ValueError as error:
            raise SpecificationError(f"diff-diff gives no bounds: {str(error).splitlines()[0]}") from None
        return float(found.lb), float(found.ub), float(found.ci_lb), float(found.ci_ub)

    rows = {float(one): at(float(one)) for one in magnitudes}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["lower", "upper", "ci_lower", "ci_upper"])

    def clear(magnitude: float) -> float:
        *_, low, high = at(magnitude)
        return max(low, -high)  # above 0 while the interval holds no 0

    breakdown = float("nan")
    if clear(0.0) > 0:
        gone = clear(FARTHEST) <= 0
        breakdown = float(optimize.brentq(clear, 0.0, FARTHEST, xtol=1e-4)) if gone else float("inf")
    return HonestBounds(outcome, table.rename_axis("magnitude"), breakdown, level)


_COLUMNS = ["estimate", "se", "ci_lower", "ci_upper"]
_NAMES: dict[str, Any] = {"outcome": "outcome", "unit": "unit", "time": "time", "first_treat": "first"}


def _library() -> Any:
    import diff_diff

    return diff_diff


@contextmanager
def _quiet() -> Iterator[None]:
    """The library's own remarks: what a reader has to know, the results here say themselves."""
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        yield


def _frame(made: AdoptionPanel) -> pd.DataFrame:
    """The panel as diff-diff reads it: periods counted from 1, first 0 for the never treated."""
    kept = made.start > 0
    values, start = made.values[kept], made.start[kept]
    n, periods = values.shape
    first = np.where(np.isfinite(start), start + 1, 0)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(np.arange(1, periods + 1), n),
            "first": np.repeat(first, periods).astype(float),
            "outcome": values.ravel(),
        }
    )


def _imputed(found: Any) -> pd.DataFrame:
    """Effects by event time of an imputation, without the base, which is zero by construction."""
    study = found.aggregate("event_study").to_dataframe()
    names = ["att", "se", "conf_int_lower", "conf_int_upper"]
    kept = study[~study["is_reference"].astype(bool)].astype({"event_time": int}).set_index("event_time")
    return kept[names].astype(float).set_axis(_COLUMNS, axis=1)


def _weighted(found: Any) -> pd.DataFrame:
    """The same of an interaction-weighted estimate."""
    rows = {
        int(time): (one["effect"], one["se"], *one["conf_int"])
        for time, one in found.event_study_effects.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).astype(float)
