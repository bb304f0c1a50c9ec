"""Factor scores from ordered items, alone or beside continuous ones: posterior modes and maximum likelihood.

Given the latent variables η, the continuous variables and the causes, an ordered item's category has the
probability Φ((τ_k - m)/s) - Φ((τ_(k-1) - m)/s), with m linear in η. Both objectives are concave, so Newton
steps for all rows at once end in their maximum (Bartholomew, Knott and Moustaki 2011; lavaan's EBM and ML).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.ordered.bivariate_normal import FAR
from workbench.sem.ordered.two_step import category_log_probability

if TYPE_CHECKING:
    from workbench.sem.ordered.problem import OrderedProblem

_STEPS = 200
_HALVINGS = 30
_CLOSE = 1e-9
RIDGE = 1e-5
"""Precision around the model's means that keeps the ML score of an extreme row finite (lavaan's)."""


@dataclass(frozen=True)
class _Responses:
    """One group: a quadratic in η from prior and continuous variables, and the ordered items given η.

    precision (k, k), centre (n, k): of the quadratic. expected (n, k), spread (k,): mean and deviation of η
    in the model, where the search starts and how far a step goes. loadings (items, k), shift (n, items): the
    mean of each response given η. deviation (items,). upper, lower (n, items): thresholds of its category.
    """

    precision: np.ndarray
    centre: np.ndarray
    expected: np.ndarray
    spread: np.ndarray
    loadings: np.ndarray
    shift: np.ndarray
    deviation: np.ndarray
    upper: np.ndarray
    lower: np.ndarray


def ordered_scores(problem: OrderedProblem, x: np.ndarray, method: str) -> list[np.ndarray]:
    """Scores of each group's rows at parameters ``x`` (q,), (n, latent variables), on the data's scale.

    Parameters
    ----------
    method : ``"regression"`` is the mode of η given all answers (EBM, empirical Bayes), ``"bartlett"`` the
        maximum of their likelihood (ML) under a ridge of 1e-5.

    Raises
    ------
    SpecificationError where an item has no residual variance, or the latent variables are collinear.

    Residual covariances of ordered items do not enter, as in lavaan; those of continuous ones do. A row of
    lowest or of highest answers alone has no maximum of the likelihood: its ML score is what the ridge makes
    of it, and lavaan's wherever its search stopped.

    R: ``lavaan::lavPredict(fit, method = "EBM")``, ``"ML"``. With groups lavaan 0.6-14 puts the loadings of
    the first group in place of every group's own, and it leaves out what causes do to an item directly;
    these scores are those of each group's own model.
    """
    groups = range(problem.table.groups)
    return [_maximum(_responses(problem, x[None], group, method == "regression")) for group in groups]


def _responses(problem: OrderedProblem, x: np.ndarray, group: int, prior: bool) -> _Responses:
    model = problem.model
    layout, p, scale = model.layout, model.observed, model.scale
    data = problem.data[group]
    paths, spread, intercepts = (part[0] for part in model.given_x(group, x))
    total = np.linalg.inv(np.eye(model.size) - paths)
    cov = (total @ spread @ total.T) * np.outer(scale, scale)
    start = np.tile(intercepts, (len(data), 1))
    start[:, model.exogenous] = data[:, model.exogenous]
    mean = (start @ total.T) * scale
    values = data * scale[:p]
    latent, continuous, ordered = np.arange(p, model.size), layout.continuous, layout.ordered
    names = problem.table.variables

    own = cov[np.ix_(latent, latent)]
    if np.linalg.eigvalsh(own)[0] <= 1e-10 * np.diagonal(own).max():
        raise SpecificationError(
            f"the covariance matrix of {', '.join(names.latent)} is not positive definite: no scores"
        )
    precision = np.linalg.inv(own) if prior else RIDGE * np.eye(len(latent))
    # continuous variables: y given η is normal, so its log-likelihood is another quadratic in η
    by_latent = cov[:p, latent] @ np.linalg.inv(own)
    rest = cov[:p, :p] - by_latent @ cov[latent, :p]
    noise = rest[np.ix_(continuous, continuous)]
    _need_noise(np.diagonal(noise), [names.observed[place] for place in continuous])
    weight = np.linalg.solve(noise, by_latent[continuous]) if len(continuous) else np.zeros((0, len(latent)))
    deviation = values[:, continuous] - mean[:, continuous]  # from what is expected at the latent means
    together = precision + by_latent[continuous].T @ weight
    centre = mean[:, latent] + deviation @ weight @ np.linalg.inv(together)
    # ordered items given η and the continuous variables
    carried = np.linalg.solve(noise, rest[np.ix_(continuous, ordered)]).T if len(continuous) else None
    loadings, left = by_latent[ordered], np.diagonal(rest)[ordered].copy()
    shift = mean[:, ordered] - mean[:, latent] @ loadings.T
    if carried is not None:
        left -= (carried * rest[np.ix_(ordered, continuous)]).sum(axis=1)
        beyond = deviation + mean[:, latent] @ by_latent[continuous].T
        shift = shift + beyond @ carried.T
        loadings = loadings - carried @ by_latent[continuous]
    _need_noise(left, [names.observed[place] for place in ordered])
    tau = np.full((len(ordered), layout.threshold_number.max() + 3), FAR)
    tau[:, 0] = -FAR
    tau[layout.threshold_item, layout.threshold_number + 1] = model.thresholds(group, x)[0]
    codes, item = np.nan_to_num(data[:, ordered]).astype(int), np.arange(len(ordered))
    missing = np.isnan(data[:, ordered])
    upper = np.where(missing, FAR, tau[item, codes + 1])
    lower = np.where(missing, -FAR, tau[item, codes])
    spread = np.sqrt(np.diagonal(own))
    return _Responses(together, centre, mean[:, latent], spread, loadings, shift, np.sqrt(left), upper, lower)


def _need_noise(variances: np.ndarray, names: list[str]) -> None:
    without = [name for name, value in zip(names, variances, strict=True) if value <= 1e-10]
    if without:
        raise SpecificationError(
            f"{', '.join(without)}: no residual variance is left, so scores given the factors are not defined"
        )


def _maximum(parts: _Responses) -> np.ndarray:
    """Newton steps from the means, none beyond three standard deviations, halved in rows where one loses."""
    eta = parts.expected.copy()
    active = np.arange(len(eta))
    value, gradient, curvature = _evaluate(parts, eta, active)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        step *= np.minimum(1.0, 3.0 / np.maximum(np.abs(step / parts.spread).max(axis=1), 1e-300))[:, None]
        trial = eta[active] + step
        found = _evaluate(parts, trial, active)
        for _ in range(_HALVINGS):
            worse = np.flatnonzero(~(found[0] >= value - 1e-12 * (1 + np.abs(value))))
            if not worse.size:
                break
            trial[worse] = 0.5 * (trial[worse] + eta[active[worse]])
            for part, new in zip(found, _evaluate(parts, trial[worse], active[worse]), strict=True):
                part[worse] = new
        moved = np.abs(trial - eta[active]).max(axis=1)
        eta[active] = trial
        going = moved > _CLOSE
        active, value, gradient, curvature = active[going], *(part[going] for part in found)
        if not active.size:
            break
    return eta


def _evaluate(
    parts: _Responses, eta: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-posterior (up to a constant), its gradient and minus its second derivatives, for some rows."""
    away = eta - parts.centre[rows]
    mean = parts.shift[rows] + eta @ parts.loadings.T
    upper, lower = (
        np.where(np.abs(limit) < FAR, (limit - mean) / parts.deviation, limit)
        for limit in (parts.upper[rows], parts.lower[rows])
    )
    logs = category_log_probability(upper, lower)
    up, down = (np.exp(-0.5 * limit**2 - logs) / np.sqrt(2 * np.pi) for limit in (upper, lower))
    slope = -(up - down) / parts.deviation
    bend = (upper * up - lower * down + (up - down) ** 2) / parts.deviation**2
    pulled = away @ parts.precision
    value = logs.sum(axis=1) - 0.5 * (pulled * away).sum(axis=1)
    curvature = parts.precision + np.einsum("ni,ij,ik->njk", bend, parts.loadings, parts.loadings)
    return value, slope @ parts.loadings - pulled, curvature
