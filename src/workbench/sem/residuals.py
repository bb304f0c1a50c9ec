"""Residual moments: raw, as correlations, divided by their standard errors, and summarised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.matrices import vech_cells

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit, Moment, Residuals

ROUNDING = 1e-10  # a variance below this share of the moment's own is none
NOTHING = 1e-4  # a residual below this share of the moment's standard error is zero
CLOSE, NORMAL_95 = 0.05, 1.6448536269514722


def residuals_of(fit: Fit) -> list[Residuals]:
    """Residuals of each group.

    ``standardized`` are z values, the residual by its standard error; see ``residual_covariance`` for the
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
    from workbench.sem.residual_covariance import residual_covariances, sampling_covariance

    covariances = residual_covariances(fit.inference) if fit.converged else None
    result = []
    for group in range(len(fit.groups)):
        places = _Places(fit, group)
        if covariances is None:
            own = residual = np.full((places.size, places.size), np.nan)
        else:
            own, residual = sampling_covariance(fit.problem, group), covariances[group]
        result.append(_residuals(fit, group, places, own, residual))
    return result


class _Places:
    """Where means, thresholds and covariances stand among a group's stacked moments.

    cells : p x p, the place of each covariance, -1 where there is none (variances of ordered items).
    mean : the variables with means, from place ``first_mean`` on. thresholds : how many, in front.
    """

    def __init__(self, fit: Fit, group: int):
        problem = fit.problem
        p = problem.model.observed
        self.ordered = bool(problem.table.options.ordered)
        self.mixed = False
        self.cells = np.full((p, p), -1)
        if self.ordered:
            layout = problem.model.layout
            self.thresholds, self.first_mean, self.mean = (
                layout.thresholds.stop,
                layout.means.start,
                layout.continuous,
            )
            self.mixed = bool(layout.continuous.size) or bool(problem.conditional)
            number = np.arange(layout.covariances.start, layout.covariances.stop)
            self.cells[layout.pair_first, layout.pair_second] = number
            self.cells[layout.pair_second, layout.pair_first] = number
            variances = np.arange(layout.variances.start, layout.variances.stop)
            self.cells[layout.continuous, layout.continuous] = variances
            self.unit, self.size = layout.units(problem.scale), layout.size
        else:
            rows, columns = vech_cells(p)
            self.thresholds, self.first_mean = 0, 0
            self.mean = np.arange(p if problem.model.means else 0)
            self.cells[rows, columns] = self.cells[columns, rows] = len(self.mean) + np.arange(len(rows))
            self.size = len(self.mean) + len(rows)
            spread = problem.scale
            self.unit = np.concatenate([spread[self.mean], spread[rows] * spread[columns]])
        self.rows, self.columns = np.nonzero(np.tril(self.cells >= 0))
        self.pairs = self.cells[self.rows, self.columns]
        self.means = self.first_mean + np.arange(len(self.mean))

    def moment(self, fit: Fit, values: np.ndarray, latent: np.ndarray | None = None) -> Moment:
        """Stacked values as matrices by name; zero where there is no moment. ``latent``: means of the ordered
        items' responses, (p,), which are no statistics.
        """
        import pandas as pd

        from workbench.sem.result import Moment

        names = list(fit.table.variables.observed)
        matrix = np.zeros(self.cells.shape)
        matrix[self.rows, self.columns] = matrix[self.columns, self.rows] = values[self.pairs]
        mean = thresholds = None
        if len(self.mean) or latent is not None:
            mean = np.zeros(len(names)) if latent is None else latent.copy()
            mean[self.mean] = values[self.means]
            mean = pd.Series(mean, names)
        if self.ordered:
            labels = fit.problem.model.layout.names(tuple(names))[: self.thresholds]
            thresholds = pd.Series(values[: self.thresholds], labels)
        cov, slopes = pd.DataFrame(matrix, names, names), None
        if self.ordered and fit.problem.conditional:
            given = list(fit.problem.conditional)
            cov, mean = cov.drop(index=given, columns=given), mean.drop(given, errors="ignore")
            slopes = self._slopes(fit, values, list(cov))
        return Moment(cov, mean, thresholds, slopes)

    def _slopes(self, fit: Fit, values: np.ndarray, outcomes: list[str]) -> pd.DataFrame:
        """Slopes among stacked values, outcomes x causes."""
        import pandas as pd

        causes = fit.problem.conditional
        own = values[fit.problem.model.layout.slopes].reshape(len(causes), -1)
        return pd.DataFrame(own.T, outcomes, list(causes))

    def bentler(self, sd: np.ndarray) -> np.ndarray:
        """What turns moments into moments of variables with unit variance, (P,)."""
        factor = np.ones(self.size)
        factor[self.means] = 1 / sd[self.mean]
        factor[self.pairs] = 1 / (sd[self.rows] * sd[self.columns])
        return factor

    def to_correlations(self, cov: np.ndarray) -> np.ndarray:
        """Derivatives of correlations and standardized means by the moments at ``cov``, (P, P)."""
        variance = np.diagonal(cov)
        slopes = np.diag(self.bentler(np.sqrt(variance)))
        correlation = cov / np.sqrt(np.outer(variance, variance))
        for one in (self.rows, self.columns):
            own = self.cells[one, one]
            known = own >= 0
            slopes[self.pairs[known], own[known]] -= (
                0.5 * correlation[self.rows, self.columns] / variance[one]
            )[known]
        return slopes


def _residuals(fit: Fit, group: int, places: _Places, own: np.ndarray, residual: np.ndarray) -> Residuals:
    """``own``, ``residual``: n times the covariance matrices of the sample's moments and of the residuals."""
    from workbench.sem.result import Residuals

    problem, state = fit.problem, fit.inference.states[group]
    n, cov, sigma = problem.n[group], problem.targets[group].cov[0], state.sigma[0]
    observed, implied = problem.statistics(group, state)
    stacked = observed - implied
    own_variance, variance = np.diagonal(own) / n, np.diagonal(residual) / n
    bentler = places.bentler(np.sqrt(np.diagonal(cov)))
    slopes = places.to_correlations(cov)
    difference = stacked * bentler
    apart = [matrix / np.sqrt(np.outer(np.diagonal(matrix), np.diagonal(matrix))) for matrix in (cov, sigma)]
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
    shift = problem.targets[group].mean[0] - state.mu[0] if places.ordered else None
    z = None if shift is None else np.where(np.abs(shift) < NOTHING, 0.0, np.nan)
    return Residuals(
        raw=places.moment(fit, stacked * places.unit, shift),
        correlation=places.moment(fit, stacked * bentler, shift),
        standardized=places.moment(fit, _ratio(stacked, variance, own_variance), z),
        bollen=places.moment(fit, difference, shift),
        bollen_z=places.moment(
            fit, _ratio(difference, np.diagonal(by_correlation), own_variance * bentler**2), z
        ),
        normalized=places.moment(fit, _ratio(stacked, own_variance, own_variance), z),
        standardized_mplus=places.moment(fit, _ratio(stacked, own_variance - estimated, own_variance), z),
        summary=summary,
    )


def _ratio(values: np.ndarray, variance: np.ndarray, own: np.ndarray) -> np.ndarray:
    """z values; where rounding is all the variance there is, zero for a residual of zero."""
    z = np.where(np.abs(values) < NOTHING * np.sqrt(own), 0.0, np.nan)
    z[own == 0] = 0.0  # moments of fixed variables
    return np.divide(values, np.sqrt(np.abs(variance)), out=z, where=variance > ROUNDING * own)


def _summary(places: _Places, kinds: dict, own: np.ndarray) -> pd.DataFrame:
    """Root mean square residuals with their tests: a column each for parts of the moments."""
    import pandas as pd

    p = len(places.cells)
    if places.ordered:
        thresholds = np.arange(places.thresholds)
        parts = {"cor": places.pairs, "thresholds": thresholds, "total": np.r_[thresholds, places.pairs]}
    elif len(places.mean):
        parts = {"cov": places.pairs, "mean": places.means, "total": np.r_[places.means, places.pairs]}
    else:
        parts = {"cov": places.pairs}
    columns = {}
    for column, part in parts.items():
        rows = {}
        for kind, (values, covariance) in kinds.items():
            count = len(part)
            if column not in ("mean", "thresholds"):  # variances count but for Bollen's, where all are one
                count += p * places.ordered - p * (kind == "crmr")
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
        f"u{kind}_ci_lower": unbiased - NORMAL_95 * unbiased_error,
        f"u{kind}_ci_upper": unbiased + NORMAL_95 * unbiased_error,
        f"u{kind}_closefit_h0_value": CLOSE,
        f"u{kind}_closefit_z": close,
        f"u{kind}_closefit_pvalue": ndtr(-close),
    }
