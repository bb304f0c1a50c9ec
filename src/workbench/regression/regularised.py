"""Ridge, lasso and elastic net by cross-validation, a check on least squares with correlated predictors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, one_of, optional, whole
from workbench.errors import SpecificationError
from workbench.regression import doors
from workbench.regression.design import Term, design

KINDS = {"ridge": (0.0,), "lasso": (1.0,), "elastic net": (0.1, 0.5, 0.9, 1.0)}


@dataclass(frozen=True)
class RegularisedModel:
    """Shrunk slopes beside least squares, all in standard deviations.

    ``coefficients``: term, ols, estimate (penalty with the smallest error), one_se (the strongest penalty
    within one standard error of it). ``curve``: l1_ratio, penalty, error, se (mean squared prediction error
    over the folds, in units of the outcome's variance). ``chosen``: l1_ratio, penalty, error, and
    r2_predicted of the penalized and of the least-squares model on left-out folds.
    """

    outcome: str
    kind: str
    coefficients: pd.DataFrame
    curve: pd.DataFrame
    chosen: pd.Series
    folds: int
    seed: int
    n: int
    warnings: tuple[str, ...]


@door(
    **doors.REGRESSION,
    kind=one_of(*KINDS),
    cluster=optional(column),
    folds=whole(2),
    penalties=whole(2),
    seed=whole(0),
)
def regularised(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    kind: str = "elastic net",
    cluster: str | None = None,
    folds: int = 10,
    penalties: int = 60,
    seed: int = 1,
) -> RegularisedModel:
    """Penalized regression, the penalty chosen by cross-validation.

    Parameters
    ----------
    kind : ``ridge``, ``lasso``, ``elastic net`` (mixing .1, .5, .9, 1).
    cluster : column whose groups are never split between fitting and judging.
    folds, seed : of the cross-validation; standardization is done inside each fold.
    data, outcome, terms : as in :func:`ols`.
    penalties : how many values of λ are tried.

    Returns
    -------
    RegularisedModel; it minimizes ½ mean (y - xb)² + λ (l1_ratio |b|₁ + ½ (1 - l1_ratio) |b|²) (Zou & Hastie
    2005). Shrunk slopes have no honest p value, so none is given.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> drivers = ["staff_training", "service_quality"]
    >>> found = regression.regularised(scores, "satisfaction", drivers, folds=5, penalties=10)
    >>> list(found.coefficients.index)
    ['staff_training', 'service_quality']
    """
    from sklearn.model_selection import GroupKFold, KFold

    made = design(data, outcome, terms, complete=() if cluster is None else (cluster,))
    x, y = made.x[made.slopes].to_numpy(), made.y
    groups = None if cluster is None else pd.factorize(made.rows[cluster])[0]
    most = len(y) if groups is None else groups.max() + 1
    if not 2 <= folds <= most:
        raise SpecificationError(f"folds must lie between 2 and {most}, not {folds}")
    splitter = (KFold if groups is None else GroupKFold)(folds, shuffle=True, random_state=seed)
    splits = list(splitter.split(x, y, groups))
    strongest = np.abs(_scaled(x, y, x, y)[0].T @ _scaled(x, y, x, y)[1]).max() / len(y)
    grid = {mix: np.geomspace(strongest / max(mix, 0.01), strongest * 1e-4, penalties) for mix in KINDS[kind]}
    rows: list[tuple[float, ...]] = []
    for mix, values in grid.items():
        errors = np.array([_judge(x, y, fit, test, mix, values) for fit, test in splits])
        spread = errors.std(axis=0, ddof=1) / np.sqrt(folds)
        rows += zip([mix] * len(values), values, errors.mean(axis=0), spread, strict=True)
    curve = pd.DataFrame(rows, columns=["l1_ratio", "penalty", "error", "se"])
    best = curve.loc[curve["error"].idxmin()]
    near = curve[(curve["l1_ratio"] == best["l1_ratio"]) & (curve["error"] <= best["error"] + best["se"])]
    one_se = near["penalty"].max()
    nothing = np.zeros(1)
    plain = np.mean([_judge(x, y, fit, test, 0.0, nothing) for fit, test in splits])
    xs, ys = _scaled(x, y, x, y)
    coefficients = pd.DataFrame(
        {
            "ols": _path(xs, ys, 0.0, nothing)[:, 0],
            "estimate": _path(xs, ys, best["l1_ratio"], np.array([best["penalty"]]))[:, 0],
            "one_se": _path(xs, ys, best["l1_ratio"], np.array([one_se]))[:, 0],
        },
        index=pd.Index(made.slopes, name="term"),
    )
    chosen = pd.Series(
        {
            "l1_ratio": best["l1_ratio"],
            "penalty": best["penalty"],
            "penalty_one_se": one_se,
            "error": best["error"],
            "r2_predicted": 1 - best["error"],
            "r2_predicted_ols": 1 - plain,
        }
    )
    return RegularisedModel(outcome, kind, coefficients, curve, chosen, folds, seed, len(y), made.warnings)


def _scaled(
    x: np.ndarray, y: np.ndarray, x_fit: np.ndarray, y_fit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Columns and outcome in standard deviations of the rows that are fitted to."""
    sd = x_fit.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)  # a dummy that is empty in one fold stays at zero
    return (x - x_fit.mean(axis=0)) / sd, (y - y_fit.mean()) / y_fit.std()


def _judge(
    x: np.ndarray, y: np.ndarray, fit: np.ndarray, test: np.ndarray, mix: float, penalties: np.ndarray
) -> np.ndarray:
    """Mean squared error on the left-out rows by penalty, as a share of the outcome's variance."""
    b = _path(*_scaled(x[fit], y[fit], x[fit], y[fit]), mix, penalties)
    xt, yt = _scaled(x[test], y[test], x[fit], y[fit])
    return ((yt[:, None] - xt @ b) ** 2).mean(axis=0) * y[fit].var() / y.var()


def _path(xs: np.ndarray, ys: np.ndarray, mix: float, penalties: np.ndarray) -> np.ndarray:
    """Slopes by penalty, columns x penalties (from strong to weak)."""
    from sklearn.linear_model import enet_path

    if mix == 0.0:
        n, p = xs.shape
        inner = xs.T @ xs / n + penalties[:, None, None] * np.eye(p)
        return np.array([np.linalg.lstsq(part, xs.T @ ys / n, rcond=None)[0] for part in inner]).T
    return enet_path(xs, ys, l1_ratio=mix, alphas=penalties, tol=1e-8, max_iter=50_000)[1]
