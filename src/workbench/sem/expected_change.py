"""Expected parameter changes in units of standard deviations."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.standardized import latent_moments

if TYPE_CHECKING:
    from workbench.sem.result import Fit
    from workbench.sem.table import Row

SMALL = 1.5e-8  # lavaan: a variance below this is none


def standardized_changes(fit: Fit, rows: list[Row], change: np.ndarray) -> dict[str, np.ndarray]:
    """``sepc_lv``, ``sepc_all`` and ``sepc_nox`` of changes on the data's scale, one for each row.

    A path goes by the deviations of its two variables, a covariance by those of the two residuals, so it is a
    correlation. Of a variance lavaan shows the standardized value of what it is, with the sign of the change.
    ``sepc_nox`` leaves exogenous observed variables in their units, except as outcomes.
    """
    variables = fit.table.variables
    names = (*variables.observed, *variables.latent)
    place = {name: position for position, name in enumerate(names)}
    latent, exogenous = set(variables.latent), set(variables.exogenous_observed)
    everything = set(names)
    kinds = {"sepc_lv": (latent, latent), "sepc_all": (everything, everything)}
    kinds["sepc_nox"] = (everything, everything - exogenous)
    found = {kind: np.empty(len(rows)) for kind in kinds}
    deviations = [_deviations(fit, group) for group in range(fit.table.groups)]
    for position, (row, size) in enumerate(zip(rows, change, strict=True)):
        for kind, (outcomes, sources) in kinds.items():
            total, residual, variance = deviations[row.group - 1]

            def root(values: np.ndarray, name: str, scaled: Container[str]) -> float:
                return values[place[name]] if name in scaled else 1.0

            if row.op == "=~":
                value = size * root(total, row.lhs, sources) / root(total, row.rhs, outcomes)
            elif row.op == "~":
                value = size * root(total, row.rhs, sources) / root(total, row.lhs, outcomes)
            elif row.op == "~~" and row.lhs == row.rhs:
                own = abs(variance[place[row.lhs]])
                value = 0.0
                if own >= SMALL:
                    value = np.sign(size) * own / root(total, row.lhs, sources) ** 2
            elif row.op == "~~":
                value = size / (root(residual, row.lhs, sources) * root(residual, row.rhs, sources))
            elif row.op == "~*~":
                value = size if kind == "sepc_lv" else np.sign(size)
            else:  # intercepts and thresholds
                value = size / root(total, row.lhs, sources)
            found[kind][position] = value
    return found


def _deviations(fit: Fit, group: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard deviations of all variables and of their residuals, and the residual variances, on the data's
    scale; nan for the root of a negative variance and for a residual without variance.
    """
    problem = fit.problem
    _, spread, _, cov = latent_moments(problem, fit.x[None], group)
    unit = problem.model.scale**2
    variance, total = np.diagonal(spread[0]) * unit, np.diagonal(cov[0]) * unit
    variance[list(problem.fixed_columns)] = 0.0  # no parameters, so lavaan knows no residual of theirs
    residual = np.where(np.abs(variance) < SMALL, np.nan, np.abs(variance))
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.where(total < 0, np.nan, total)), np.sqrt(residual), variance
