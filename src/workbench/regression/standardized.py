"""Slopes in standard deviations, with the errors that were asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.regression.coefficients import coefficient_table, sums_by
from workbench.regression.design import Design

# Exponent d of the leverage factor (1-h)^-d on the squared residual; HC4's depends on the leverage itself.
POWER = {"HC0": 0.0, "HC1": 0.0, "HC2": 1.0, "HC3": 2.0}


def leverage_power(kind: str, leverage: np.ndarray, k: int) -> np.ndarray:
    """Exponent d of the factor (1-h)^-d that a heteroscedasticity-consistent covariance puts on e².

    ``k`` is the number of coefficients. HC4: min(4, h/h̄) with h̄ = k/n (Cribari-Neto 2004).
    """
    if kind == "HC4":
        return np.minimum(4.0, len(leverage) * leverage / k)
    return np.full_like(leverage, POWER[kind])


def standardized_slopes(
    made: Design,
    beta: np.ndarray,
    residuals: np.ndarray,
    leverage: np.ndarray,
    covariance: str,
    groups: np.ndarray | None,
    df: float,
    level: float,
) -> pd.DataFrame:
    """Standardized slopes θ = b s_x / s_y with delta-method errors.

    Parameters
    ----------
    made, beta, residuals, leverage : of the least-squares fit.
    covariance : classical, HC0 … HC4; not used with ``groups``.
    groups : cluster of each row (codes from 0), or None.
    df : degrees of freedom of t.
    level : of the intervals.

    Returns
    -------
    DataFrame as of :func:`workbench.regression.coefficients.coefficient_table`.

    Notes
    -----
    Firms are a sample, so the standard deviations are estimates too: b, s_x and s_y solve stacked estimating
    equations. The influence of row i on θ_j is the sum of two parts,

        u_ij = (M⁻¹x_i)_j e_i s_j / s_y                              through the slope,
        v_ij = θ_j [(x_ij² - s_j²) / s_j² - (y_i² - s_y²) / s_y²] / 2   through the standard deviations,

    with x and y centred and M = X'X/n; V = Σ (u_i + v_i)(u_i + v_i)' / n². A residual is smaller than the
    error it stands for, by 1 - h on average, and each HC covariance makes up for that in its own way: u takes
    the factor (1-h)^(-d/2) of the raw slopes' covariance, so that the part of the slopes *is* their HC
    covariance in other units. v has no residual in it; the leverage of its own equation, that of a mean, is
    1/n. HC3 agrees with the delete-one jackknife as it does for raw slopes. HC1 and clusters take their
    factors with k = 1 in v. Where θ is zero, v vanishes as the sample grows, and the test becomes that of the
    raw slope; its estimate in a sample is not zero. Where the error variance grows with the square of the
    predictor, a true zero is therefore rejected more often than by the raw slope's test, as with the
    jackknife of θ (``benchmarks/standardized_slopes.py`` shows both tests).

    classical: e independent of x and of equal variance. With y = f + e, v's y² = f² + 2fe + e², and the parts
    linear in e, quadratic in e, and free of e are uncorrelated; the first has variance s² = e'e/(n-k).

    Jones & Waller (2015); Stefanski & Boos (2002). R: the stacked equations are written out in
    ``tests/reference/r/regression.R``; HC0 is ``standardizedSolution(sem("y ~ x", d, estimator = "MLR",
    fixed.x = FALSE))``.
    """
    x = made.x[made.slopes].to_numpy()
    x = x - x.mean(axis=0)
    y = made.y - made.y.mean()
    n, k = made.x.shape
    moments = x.T @ x / n
    sx, sy = np.sqrt(np.diag(moments)), np.sqrt(y @ y / n)
    b = beta[[made.x.columns.get_loc(name) for name in made.slopes]]
    theta = b * sx / sy
    on_slope = np.linalg.solve(moments, x.T).T * sx / sy
    on_spread = theta * (x**2 - sx**2) / (2 * sx**2)
    if groups is None and covariance == "classical":
        matrix = _classical(on_slope, on_spread, theta, y - residuals, residuals, sy, k)
        return coefficient_table(made.slopes, theta, matrix, df, level)
    through_slope = on_slope * residuals[:, None]
    through_spread = on_spread - np.outer(y**2 - sy**2, theta) / (2 * sy**2)
    if groups is not None:
        count = groups.max() + 1
        small = count / (count - 1)
        influence = sums_by(
            groups, np.sqrt(small * (n - 1) / (n - k)) * through_slope + np.sqrt(small) * through_spread
        )
    else:
        slope_factor = (1 - leverage) ** (-leverage_power(covariance, leverage, k) / 2)
        mean = np.full(n, 1 / n)
        spread_factor = (1 - mean) ** (-leverage_power(covariance, mean, 1) / 2)
        if covariance == "HC1":
            slope_factor, spread_factor = np.full(n, np.sqrt(n / (n - k))), np.full(n, np.sqrt(n / (n - 1)))
        influence = slope_factor[:, None] * through_slope + spread_factor[:, None] * through_spread
    return coefficient_table(made.slopes, theta, influence.T @ influence / n**2, df, level)


def _classical(
    on_slope: np.ndarray,
    on_spread: np.ndarray,
    theta: np.ndarray,
    fitted: np.ndarray,
    residuals: np.ndarray,
    sy: float,
    k: int,
) -> np.ndarray:
    """Covariance if errors are independent of the predictors and of equal variance."""
    n = len(residuals)
    linear = on_slope - np.outer(fitted, theta) / sy**2
    rest = on_spread - np.outer(fitted**2 - (fitted**2).mean(), theta) / (2 * sy**2)
    squared = -theta / (2 * sy**2)
    return (
        residuals @ residuals / (n - k) * linear.T @ linear
        + n * (residuals**2).var() * np.outer(squared, squared)
        + rest.T @ rest
    ) / n**2
