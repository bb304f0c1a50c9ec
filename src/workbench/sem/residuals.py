"""Residual moments: raw, as correlations, divided by their standard errors, and summarised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.normal_quantiles import INTERVAL_90
from workbench.sem.inference import Inference
from workbench.sem.named_moments import Moment, Places, standard_deviations

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

ROUNDING = 1e-10  # a variance below this share of the moment's own is none
NOTHING = 1e-4  # a residual below this share of the moment's standard error is zero
CLOSE = 0.05


@dataclass(frozen=True)
class Residuals:
    """Sample less implied moments of one group.

    ``raw``; ``correlation``: by the sample's standard deviations (Bentler); ``standardized``: z values of
    both, divided by their standard error; ``bollen``: differences of the two correlation matrices, with z
    values ``bollen_z``; ``normalized``: divided by the standard error of the sample's moment;
    ``standardized_mplus``: as Mplus does; ``summary``: root mean squares (rmr, srmr, crmr) with tests, None
    for ordered beside continuous items.
    """

    raw: Moment
    correlation: Moment
    standardized: Moment
    bollen: Moment
    bollen_z: Moment
    normalized: Moment
    standardized_mplus: Moment
    summary: pd.DataFrame | None


def residuals_of(fit: Fit) -> list[Residuals]:
    """Residuals of each group.

    ``standardized`` are z values, the residual by its standard error; see ``residual_covariances`` for the
    asymptotic covariance under each estimator, information and kind of answers. A residual without sampling
    variance has z zero, or none where it is not zero itself. ``normalized`` divides by the standard error of
    the sample's moment instead, ``standardized_mplus`` by the root of its variance less that of the implied
    moment, where this is positive (Hausman 1978). ``summary`` has root mean squares of raw (rmr), Bentler's
    (srmr) and Bollen's residuals (crmr), with standard error and test of exact fit, and unbiased ones with a
    90 % interval and a test against .05 (Maydeu-Olivares 2017).

    R: ``lavResiduals(fit)``, ``residuals(fit, type = "standardized")``, ``"normalized"``, ``"cor"`` (Bollen),
    ``"standardized.mplus"``.

    lavaan 0.6-14's numbers, but for these.

    - Ordered items in several groups: lavaan divides the covariance of a group's statistics by the rows of
      all groups, so its z values are sqrt(N / n_g) too large. These are those of the group fitted by itself.
    - The unbiased measures of ``total`` with ordered items: lavaan pairs residuals with another order of
      variances. Where thresholds fit exactly, these are those of ``cor`` over more moments.
    - ULS, DWLS, WLSMV and ULSMV of continuous answers, and ordered beside continuous items: lavaan stops with
      an error; given exogenous causes it has no z values of ordered items. Here the rows give the sampling
      covariance (normal theory where only moments are known), and the last two cases have no summary.
    - A residual below 1e-4 (``type = "standardized"``: 1e-5) is not divided in lavaan but shown as it is,
      whatever its units.
    """
    covariances = residual_covariances(fit.inference) if fit.converged else None
    result = []
    for group in range(len(fit.groups)):
        places = fit.problem.places
        if covariances is None:
            own = residual = np.full((places.size, places.size), np.nan)
        else:
            own, residual = fit.problem.sampling_covariance(group), covariances[group]
        result.append(_residuals(fit, group, places, own, residual))
    return result


def residual_covariances(inference: Inference) -> list[np.ndarray]:
    """n times the covariance matrix of each group's residual moments, (P, P).

    With V the information of one observation in the moments at the solution, Γ the covariance matrix of the
    sample moments (times n) and Δ their derivatives, the residuals of group g vary as ``Q Γ Q' / n_g`` with
    ``Q = I - w_g Δ_g (Σ_h w_h Δ_h' V_h Δ_h)⁻¹ Δ_g' V_g``, w the groups' shares (Ogasawara 2001;
    Maydeu-Olivares 2017). V follows the fit's information: expected, observed, or cross-products of scores. Γ
    is the inverse information of the unrestricted moments, of the same kind; with robust standard errors a
    sandwich.
    """
    problem, shares, jacobians = inference.problem, inference.shares, inference.jacobians
    weights = [
        problem.moment_information(inference, group, problem.information) for group in range(len(shares))
    ]
    total = sum(
        share * change.T @ weight @ change
        for share, change, weight in zip(shares, jacobians, weights, strict=True)
    )
    inverse = inference.bordered_inverse(total)
    found = []
    for group, (share, change, weight) in enumerate(zip(shares, jacobians, weights, strict=True)):
        rest = np.eye(len(change)) - share * change @ inverse @ change.T @ weight
        found.append(rest @ problem.sampling_covariance(group) @ rest.T)
    return found


def _residuals(fit: Fit, group: int, places: Places, own: np.ndarray, residual: np.ndarray) -> Residuals:
    """``own``, ``residual``: n times the covariance matrices of the sample's moments and of the residuals."""
    problem, state = fit.problem, fit.inference.states[group]
    n, cov, sigma = problem.n[group], problem.targets[group].cov[0], state.sigma[0]
    observed, implied = problem.statistics(group, state)
    stacked = observed - implied
    own_variance, variance = np.diagonal(own) / n, np.diagonal(residual) / n
    bentler = places.bentler(np.sqrt(np.diagonal(cov)))
    slopes = places.to_correlations(cov)
    difference = stacked * bentler
    apart = [part / np.outer(sd, sd) for part in (cov, sigma) for sd in (standard_deviations(part),)]
    difference[places.pairs] = (apart[0] - apart[1])[places.rows, places.columns]
    by_correlation = slopes @ residual @ slopes.T / n
    change = fit.inference.jacobians[group]
    estimated = np.einsum("pi,ij,pj->p", change, fit.inference.vcov, change)
    summary = None
    if not places.mixed:
        unit = places.unit
        summary = _summary(
            places,
            {
                "rmr": (stacked * unit, residual / n * np.outer(unit, unit)),
                "srmr": (stacked * bentler, residual / n * np.outer(bentler, bentler)),
                "crmr": (difference, by_correlation),
            },
            own_variance * bentler**2,
        )
    # means of latent responses are no statistics, but lavaan lists their differences
    shift = problem.latent_means_apart(group, state)
    z = None if shift is None else np.where(np.abs(shift) < NOTHING, 0.0, np.nan)
    return Residuals(
        raw=places.moment(stacked * places.unit, shift),
        correlation=places.moment(stacked * bentler, shift),
        standardized=places.moment(_ratio(stacked, variance, own_variance), z),
        bollen=places.moment(difference, shift),
        bollen_z=places.moment(_ratio(difference, np.diagonal(by_correlation), own_variance * bentler**2), z),
        normalized=places.moment(_ratio(stacked, own_variance, own_variance), z),
        standardized_mplus=places.moment(_ratio(stacked, own_variance - estimated, own_variance), z),
        summary=summary,
    )


def _ratio(values: np.ndarray, variance: np.ndarray, own: np.ndarray) -> np.ndarray:
    """z values; where rounding is all the variance there is, zero for a residual of zero."""
    z = np.where(np.abs(values) < NOTHING * np.sqrt(own), 0.0, np.nan)
    z[own == 0] = 0.0  # moments of fixed variables
    return np.divide(values, np.sqrt(np.abs(variance)), out=z, where=variance > ROUNDING * own)


def _summary(places: Places, kinds: dict, own: np.ndarray) -> pd.DataFrame:
    """Root mean square residuals with their tests: a column each for parts of the moments."""
    import pandas as pd

    p = len(places.cells)
    ordered = places.thresholds is not None
    if places.thresholds is not None:
        thresholds = np.arange(len(places.thresholds))
        parts = {"cor": places.pairs, "thresholds": thresholds, "total": np.r_[thresholds, places.pairs]}
    elif len(places.mean):
        parts = {"cov": places.pairs, "mean": places.means, "total": np.r_[places.means, places.pairs]}
    else:
        parts = {"cov": places.pairs}
    columns = {}
    for column, part in parts.items():
        rows: dict[str, Any] = {}
        for kind, (values, covariance) in kinds.items():
            count = len(part)
            if column not in ("mean", "thresholds"):  # variances count but for Bollen's, where all are one
                count += p * ordered - p * (kind == "crmr")
            rows |= _root_mean_square(
                kind, values[part], covariance[np.ix_(part, part)], count, own[part].sum()
            )
        columns[column] = rows
    return pd.DataFrame(columns)


def _root_mean_square(
    kind: str, values: np.ndarray, covariance: np.ndarray, count: int, own: float
) -> dict[str, float]:
    """Root mean square with standard error and test of exact fit; the unbiased one with test of close fit."""
    from scipy.special import ndtr

    nan = float("nan")
    first, second = float(np.trace(covariance)), float((covariance * covariance.T).sum())
    square = float(values @ values)
    root = np.sqrt(square / count) if count else 0.0
    error = z = unbiased_error = close = nan
    unbiased = nan if np.isnan(first) else root
    if first > ROUNDING * own:
        error = np.sqrt(second / (2 * first * count))
        expected = np.sqrt(first / count) * (1 - second / (4 * first**2))
        z = max(root - expected, 0.0) / error
    if first > ROUNDING * own and root > 0:
        spread = second + 2 * float(values @ covariance @ values)
        bias = 1 - spread / (4 * square**2)
        unbiased = np.sqrt(max(square - first, 0.0) / count) / bias
        unbiased_error = np.sqrt(spread / (2 * count * square)) / abs(bias)
        close = (unbiased - CLOSE) / unbiased_error
    return {
        kind: root,
        f"{kind}_se": error,
        f"{kind}_exactfit_z": z,
        f"{kind}_exactfit_pvalue": ndtr(-z),
        f"u{kind}": unbiased,
        f"u{kind}_se": unbiased_error,
        f"u{kind}_ci_lower": unbiased - INTERVAL_90 * unbiased_error,
        f"u{kind}_ci_upper": unbiased + INTERVAL_90 * unbiased_error,
        f"u{kind}_closefit_h0_value": CLOSE,
        f"u{kind}_closefit_z": close,
        f"u{kind}_closefit_pvalue": ndtr(-close),
    }
