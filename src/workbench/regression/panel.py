"""Panel regressions: pooled, fixed effects of units or of units and periods, errors clustered by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, flag, one_of, share
from workbench.errors import DataError, Fault, SpecificationError
from workbench.regression import doors
from workbench.regression.coefficients import coefficient_table, sums_by
from workbench.regression.design import INTERCEPT, Design, Term, design
from workbench.regression.robust_errors import few_clusters

EFFECTS = ("none", "unit", "unit and period")


@dataclass(frozen=True)
class PanelModel:
    """A panel regression. ``coefficients`` as in every model; ``measures``: n, units, periods, r2_within (of
    the demeaned data), sigma; ``errors`` in words."""

    outcome: str
    effects: str
    coefficients: pd.DataFrame
    measures: pd.Series
    covariance: pd.DataFrame
    errors: str
    design: Design
    level: float
    warnings: tuple[str, ...]


@door(**doors.REGRESSION, unit=column, period=column, effects=one_of(*EFFECTS), robust=flag, level=share)
def panel(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    unit: str,
    period: str,
    effects: str = "unit and period",
    robust: bool = True,
    level: float = 0.95,
) -> PanelModel:
    """Regression on units observed over periods.

    Parameters
    ----------
    unit, period : columns; each pair occurs once, gaps are allowed.
    effects : ``none`` (pooled), ``unit`` (within), ``unit and period`` (two-way).
    robust : errors clustered by unit (Arellano 1987) with the factor G/(G-1) · (n-1)/(n-k), k the slopes (and
        intercept) estimated; t with G-1 degrees of freedom. Otherwise classical.
    data, outcome, terms, level : as in :func:`ols`.

    Returns
    -------
    PanelModel

    Raises
    ------
    SpecificationError : a term that does not vary inside units has no coefficient beside fixed effects.

    Notes
    -----
    Two-way effects under staggered adoption mix comparisons that should not be made: see
    :func:`workbench.regression.staggered.goodman_bacon`.

    R: ``plm(y ~ x, d, model = "within", effect = "twoways")``, ``vcovHC(m, type = "sss")``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> model = regression.panel(panel, "satisfaction", ["treated"], unit="firm", period="period")
    >>> model.coefficients[["estimate", "ci_lower", "ci_upper"]].round(2)
             estimate  ci_lower  ci_upper
    term
    treated      0.14      0.12      0.16
    """
    made = design(data, outcome, terms, complete=(unit, period))
    check_pairs(made.rows, unit, period)
    groups, names = pd.factorize(made.rows[unit])
    times, moments = pd.factorize(made.rows[period])
    x, y, labels = made.x.to_numpy(), made.y, list(made.x.columns)
    absorbed = 0
    if effects != "none":
        x, labels = made.x[made.slopes].to_numpy(), made.slopes
        x, y = _within(x, groups), _within(y[:, None], groups)[:, 0]
        absorbed = len(names)
        if effects == "unit and period":
            dummies = _within(np.eye(len(moments))[times], groups)
            x, y = _out_of(dummies, x), _out_of(dummies, y[:, None])[:, 0]
            absorbed += len(moments) - 1
        _check_variation(made, x, labels, effects)
    n, k = x.shape
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ y
    e = y - x @ b
    free = n - k - absorbed
    warnings = list(made.warnings)
    if robust:
        count = len(names)
        scores = sums_by(groups, x * e[:, None])
        matrix = count / (count - 1) * (n - 1) / (n - k) * bread @ scores.T @ scores @ bread
        df, errors = (
            count - 1,
            f"clustered by {unit} ({count:,} units; G/(G-1)·(n-1)/(n-k); t with {count - 1} degrees "
            "of freedom)",
        )
        warnings += few_clusters(count)
    else:
        matrix, df, errors = (
            bread * (e @ e) / free,
            free,
            "classical (independent errors of equal variance assumed)",
        )
    table = coefficient_table(labels, b, matrix, df, level)
    total = ((y - y.mean()) ** 2).sum()
    measures = pd.Series(
        {
            "n": n,
            "units": len(names),
            "periods": len(moments),
            "r2_within": 1 - e @ e / total,
            "sigma": np.sqrt(e @ e / free),
        },
        dtype=float,
    )
    return PanelModel(
        outcome,
        effects,
        table,
        measures,
        pd.DataFrame(matrix, index=table.index, columns=labels),
        errors,
        made,
        level,
        tuple(warnings),
    )


def check_pairs(rows: pd.DataFrame, unit: str, period: str) -> None:
    """Refuse a unit that is observed twice in a period."""
    twice = rows.duplicated([unit, period])
    if twice.any():
        first = rows[twice].iloc[0]
        raise DataError(
            Fault(
                f"{int(twice.sum()):,} rows repeat a unit and period, first {first[unit]!r} in "
                f"{first[period]!r}",
                column=unit,
                fix="A panel has one row per unit and period.",
            )
        )


def _within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    means = sums_by(groups, values) / np.bincount(groups)[:, None]
    return values - means[groups]


def _out_of(dummies: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values - dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0]


def _check_variation(made: Design, x: np.ndarray, labels: list[str], effects: str) -> None:
    raw = made.x[labels].to_numpy().std(axis=0)
    still = [
        name
        for name, a, b in zip(labels, x.std(axis=0), raw, strict=True)
        if a < 1e-9 * b and name != INTERCEPT
    ]
    if still:
        raise SpecificationError(
            [
                Fault(
                    f"does not vary once the effects of {effects} are out, so its coefficient does not exist",
                    column=name,
                    fix="Leave it out, or interact it with something that varies.",
                )
                for name in still
            ]
        )
