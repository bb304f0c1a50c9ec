"""Shapes of a relation, straight, curved, bent or free, compared by the answers that they did not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, share, table, whole
from workbench.errors import DataError
from workbench.regression.break_point import LEAST, best_bend, candidates, weighted_sums
from workbench.regression.coefficients import numeric_rows

LINE, QUADRATIC, BENT, MONOTONE = "straight line", "quadratic", "bent once", "monotone spline"
Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class CurveComparison:
    """``table``: model; parameters, r2 (as fitted), held_out (root mean squared error on cases left out) and
    gain (its mean square below the straight line's, in % of it) with ci_lower, ci_upper. ``curves``: the
    fitted curves on a grid of the predictor."""

    outcome: str
    predictor: str
    table: pd.DataFrame
    curves: pd.DataFrame
    n_obs: int
    folds: int
    repeats: int
    warnings: tuple[str, ...] = ()


@door(
    data=table, outcome=column, predictor=column, folds=whole(2), repeats=whole(1), seed=whole(0), level=share
)
def compare_curves(
    data: pd.DataFrame,
    outcome: str,
    predictor: str,
    *,
    folds: int = 10,
    repeats: int = 5,
    seed: int = 1,
    level: float = 0.95,
) -> CurveComparison:
    """Straight line, quadratic, segmented line and monotone spline, by repeated cross-validation.

    Parameters
    ----------
    data : DataFrame; rows that lack either column are left out.
    outcome, predictor : names of its columns.
    folds, repeats, seed : of the cross-validation.
    level : of the interval of a gain.

    Returns
    -------
    CurveComparison. The gain is the mean over folds; its interval is the corrected resampled t interval,
    whose variance is s² (1/J + n_test / n_train) over J folds, because training sets overlap. The spline is
    quadratic with five knots and rises (or falls) throughout, by non-negative least squares.

    Raises
    ------
    DataError : fewer than 20 complete cases, or a predictor with fewer than five different values.

    Source: Nadeau & Bengio (2003), Mach. Learn. 52, 239-281; Ramsay (1988), Stat. Sci. 3, 425-441.
    R: ``lm(y ~ x)``, ``lm(y ~ x + I(x^2))``, ``lm(y ~ x + pmax(0, x - k))`` on the same folds.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.regression import compare_curves
    >>> x = np.tile(np.linspace(0, 1, 50), 4)
    >>> bent = pd.DataFrame({"x": x, "y": np.maximum(0, x - 0.6) + np.tile([0.01, -0.01], 100)})
    >>> compare_curves(bent, "y", "x", repeats=1).table["held_out"].idxmin()
    'bent once'
    """
    from scipy import stats

    rows = numeric_rows(data, [predictor, outcome])
    x, y = rows[predictor].to_numpy(float), rows[outcome].to_numpy(float)
    if len(rows) < LEAST or len(np.unique(x)) < 5 or np.ptp(y) == 0:
        raise DataError(
            f"{outcome} by {predictor}: curves need {LEAST} complete cases and five values of {predictor}; "
            f"there are {len(rows)} cases and {len(np.unique(x))} values, {len(np.unique(y))} of {outcome}"
        )
    ways = {LINE: _line, QUADRATIC: _quadratic, BENT: _bent, MONOTONE: _monotone}
    parameters = {LINE: 2, QUADRATIC: 3, BENT: 4, MONOTONE: 7}
    generator = np.random.default_rng(seed)
    errors: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        place = generator.permutation(len(x)) % folds
        for fold in range(folds):
            out = place == fold
            for name, make in ways.items():
                predict = make(x[~out], y[~out])
                errors[name].append(float(((y[out] - predict(x[out])) ** 2).mean()))
    line, grid = np.array(errors[LINE]), np.linspace(x.min(), x.max(), 101)
    quantile = stats.t.ppf(0.5 + level / 2, len(line) - 1)
    rows_made, drawn = [], {}
    spread = float(((y - y.mean()) ** 2).mean())
    for name, make in ways.items():
        own, whole_fit = np.array(errors[name]), make(x, y)
        drawn[name] = whole_fit(grid)
        gain = 100 * (line - own) / line.mean()
        se = float(np.sqrt(gain.var(ddof=1) * (1 / len(gain) + 1 / (folds - 1))))
        rows_made.append(
            {
                "model": name,
                "parameters": parameters[name],
                "r2": 1 - float(((y - whole_fit(x)) ** 2).mean()) / spread,
                "held_out": float(np.sqrt(own.mean())),
                "gain": float(gain.mean()),
                "ci_lower": float(gain.mean() - quantile * se),
                "ci_upper": float(gain.mean() + quantile * se),
            }
        )
    made = pd.DataFrame(rows_made).set_index("model")
    return CurveComparison(
        outcome, predictor, made, pd.DataFrame(drawn, index=grid).rename_axis("x"), len(x), folds, repeats
    )


def _line(x: np.ndarray, y: np.ndarray) -> Predict:
    slope, intercept = np.polyfit(x, y, 1)
    return lambda at: intercept + slope * at


def _quadratic(x: np.ndarray, y: np.ndarray) -> Predict:
    weights = np.polyfit(x, y, 2)
    return lambda at: np.polyval(weights, at)


def _bent(x: np.ndarray, y: np.ndarray) -> Predict:
    places = candidates(x, most=30)
    if not len(places):
        return _line(x, y)
    found, _, _ = best_bend(
        weighted_sums(np.ones((1, len(x))), x, y, np.maximum(0.0, x[:, None] - places)), places
    )
    place, below, _, change, intercept = found[0]
    return lambda at: intercept + below * at + change * np.maximum(0.0, at - place)


def _monotone(x: np.ndarray, y: np.ndarray) -> Predict:
    from scipy.optimize import nnls
    from sklearn.preprocessing import SplineTransformer

    sign = 1.0 if np.polyfit(x, y, 1)[0] >= 0 else -1.0
    basis = SplineTransformer(
        n_knots=5, degree=2, knots="quantile", extrapolation="constant", include_bias=True
    )
    distinct = np.unique(np.quantile(x, np.linspace(0, 1, 5)))
    if len(distinct) < 5:  # many answers alike: knots spread over the scale
        basis = SplineTransformer(n_knots=5, degree=2, extrapolation="constant", include_bias=True)
    basis.fit(x[:, None])

    def rising(at: np.ndarray) -> np.ndarray:
        steps = np.cumsum(basis.transform(at[:, None])[:, ::-1], axis=1)[:, ::-1]
        return np.column_stack([np.ones_like(at), -np.ones_like(at), sign * steps[:, 1:]])

    weights, _ = nnls(rising(x), y)
    return lambda at: rising(np.asarray(at, float)) @ weights
