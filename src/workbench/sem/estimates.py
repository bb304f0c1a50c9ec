"""Tables of a fit's estimates: on the data's scale, standardized, and the variance they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem import arguments
from workbench.sem.standardized import (
    definition_values,
    raw_values,
    standard_errors,
    standardize,
    standardize_both,
)
from workbench.sem.wald import tested

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit


def values(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and standard errors of rows and definitions, on the data's scale."""
    raw = raw_values(fit.problem, fit.x[None])[0]
    defined, slopes = definition_values(fit.problem, fit.free_values[None])
    errors = np.zeros(len(raw) + defined.shape[1])
    errors[list(fit.table.free)] = _root(np.diagonal(fit.vcov_free))
    if defined.shape[1]:
        variance = np.einsum("ki,ij,kj->k", slopes[0], fit.vcov_free, slopes[0])
        # a constraint may leave a definition no variance, and rounding makes that negative
        size = slopes[0] ** 2 @ np.diagonal(fit.vcov_free)
        errors[len(raw) :] = _root(np.where(np.abs(variance) < 1e-13 * size, 0.0, variance))
    return np.concatenate([raw, defined[0]]), errors


def _root(values: np.ndarray) -> np.ndarray:
    """Square root; nan for a negative variance, which stands for a standard error that cannot be computed."""
    return np.sqrt(np.where(values < 0, np.nan, values))


def table(fit: Fit) -> pd.DataFrame:
    """One row for each parameter, definitions last, with both standardized values."""
    import pandas as pd

    by_latent, by_all = standardize_both(fit.problem, fit.x[None], fit.inference.latent)
    columns = _keys(fit) | tested("est", *fit.values)
    return pd.DataFrame(columns | {"std_lv": by_latent[0], "std_all": by_all[0]})


def _keys(fit: Fit) -> dict[str, list]:
    rows, definitions = fit.table.rows, fit.table.definitions
    return {
        "lhs": [row.lhs for row in rows] + [definition.name for definition in definitions],
        "op": [row.op for row in rows] + [":="] * len(definitions),
        "rhs": [row.rhs for row in rows] + [str(definition.expression) for definition in definitions],
        "group": [row.group for row in rows] + [0] * len(definitions),
        "label": [row.label for row in rows] + [definition.name for definition in definitions],
    }


def standardized_table(fit: Fit, kind: str) -> pd.DataFrame:
    """Standardized solution with delta-method standard errors; ``kind``: ``std_all`` or ``std_lv``."""
    import pandas as pd

    everything = arguments.choice("kind", kind, ("std_all", "std_lv")) == "std_all"
    estimate = standardize(fit.problem, fit.x[None], everything)[0]
    if fit.converged:
        error = standard_errors(fit.problem, fit.x, fit.inference.vcov, everything)
        error = np.where(error < 1e-10 * (1 + np.abs(estimate)), 0.0, error)
    else:
        error = np.full(len(estimate), np.nan)
    return pd.DataFrame(_keys(fit) | tested("est_std", estimate, error))


def explained(fit: Fit) -> list[pd.Series]:
    """Explained variance of every outcome, for each group.

    Not a number where the residual variance is negative, or the variable does not vary.
    """
    import pandas as pd

    table = fit.table
    names = (*table.variables.observed, *table.variables.latent)
    outcomes = {row.rhs if row.op == "=~" else row.lhs for row in table.rows if row.op in ("=~", "~")}
    columns = []
    for group in range(table.groups):
        _, spread, _, cov = fit.inference.latent[group]
        residual = np.diagonal(spread[0])
        total = np.diagonal(cov[0])
        known = (residual >= 0) & (total > 0)
        share = 1 - np.divide(residual, total, out=np.full(len(total), np.nan), where=known)
        of_name = zip(names, share, strict=True)
        columns.append(pd.Series({name: value for name, value in of_name if name in outcomes}))
    return columns
