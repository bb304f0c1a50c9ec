"""Moments of a fit with ordered items: those that statistics stand for, and by name, as readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.sem.named_moments import Moment, Places

if TYPE_CHECKING:
    from workbench.sem.ordered.polychoric_acov import Layout
    from workbench.sem.ordered.problem import OrderedProblem


def implied_moment(problem: OrderedProblem, group: int, state: Any) -> Moment:
    """Implied moments of one group. R: ``fitted(fit)``."""
    return _moment(problem, state.statistics[0], state.sigma[0], state.mu[0])


def observed_moment(problem: OrderedProblem, group: int) -> Moment:
    """The sample's moments of one group. R: ``lavInspect(fit, "sampstat")``."""
    target = problem.targets[group]
    return _moment(problem, problem.discrepancy.observed[group], target.cov[0], target.mean[0])


def _moment(problem: OrderedProblem, values: np.ndarray, cov: np.ndarray, mean: np.ndarray) -> Moment:
    """Covariances (of ordered items: correlations of latent responses), means, thresholds and slopes.

    With exogenous variables these are moments given them: covariances of residuals, means at zero.
    """
    import pandas as pd

    layout, scale = problem.model.layout, problem.scale
    names = np.array(problem.table.variables.observed)
    kept = np.setdiff1d(np.arange(len(names)), problem.model.exogenous)
    labels = layout.names(tuple(names))[layout.thresholds]
    unit = layout.units(scale)
    slopes = None
    if problem.conditional:
        own = (values * unit)[layout.slopes].reshape(len(problem.conditional), -1)
        slopes = pd.DataFrame(own.T, names[kept], list(problem.conditional))
    return Moment(
        pd.DataFrame((cov * np.outer(scale, scale))[np.ix_(kept, kept)], names[kept], names[kept]),
        pd.Series((mean * scale)[kept], names[kept]),
        pd.Series(values[layout.thresholds], labels),
        slopes,
    )


def places_of_statistics(problem: OrderedProblem) -> Places:
    """Where thresholds, means, slopes and covariances stand among a group's statistics."""
    layout, names = problem.model.layout, problem.table.variables.observed
    cells = np.full((len(names),) * 2, -1)
    number = np.arange(layout.covariances.start, layout.covariances.stop)
    cells[layout.pair_first, layout.pair_second] = number
    cells[layout.pair_second, layout.pair_first] = number
    cells[layout.continuous, layout.continuous] = np.arange(layout.variances.start, layout.variances.stop)
    labels = layout.names(names)
    return Places(
        names,
        tuple(frozenset(label.split("~~")) if "~~" in label else label for label in labels),
        cells,
        layout.continuous,
        layout.means.start,
        layout.units(problem.scale),
        tuple(labels[: layout.thresholds.stop]),
        problem.conditional,
        layout.slopes,
        mixed=bool(layout.continuous.size) or bool(problem.conditional),
    )


def moments_of(own: np.ndarray, layout: Layout, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Covariances and means that statistics stand for, one and zero for ordered items (given x = 0)."""
    cov, mean = np.eye(size), np.zeros(size)
    cov[layout.continuous, layout.continuous] = own[layout.variances]
    cov[layout.pair_first, layout.pair_second] = own[layout.covariances]
    cov[layout.pair_second, layout.pair_first] = own[layout.covariances]
    mean[layout.continuous] = own[layout.means]
    return cov, mean


def without_condition(
    cov: np.ndarray, mean: np.ndarray, own: np.ndarray, layout: Layout
) -> tuple[np.ndarray, np.ndarray]:
    """Moments of all variables, a draw axis in front, from those given x, the slopes, and those of x."""
    total = np.eye(len(cov))
    total[layout.slope_variable, layout.slope_cause] = own[layout.slopes]
    return (total @ cov @ total.T)[None], (total @ mean)[None]
