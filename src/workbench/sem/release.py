"""Score tests of equality across groups: what would letting one parameter differ do to the fit?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.discrepancy import assemble

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit


def release_tests(fit: Fit, op: str) -> pd.DataFrame:
    """Score test of each parameter that is held equal across all groups, one at a time, largest first.

    Parameters
    ----------
    fit : a fit with ``group_equal``.
    op : which parameters: ``"=~"`` loadings, ``"~1"`` intercepts, ``"~"`` regressions,
        ``"~~"`` (co)variances.

    Returns
    -------
    Columns parameter ("f =~ x2"), lhs, op, rhs, statistic, df (groups less one), pvalue, spread: how far
    apart the groups' values are expected to lie once released, on the data's scale.

    With ``g`` the gradient of fmin, ``E`` the released directions and ``B`` those already free, the efficient
    score is ``s = E'g`` with information ``V = E'IE - E'IB (B'IB)^-1 B'IE`` and the test ``N s' V^-1 s``; for
    MLR, whose scores do not have their information as variance, ``N s' W^-1 s`` with their empirical variance
    ``W`` (Boos 1992).

    R, for plain ML: ``lavTestScore(fit, release = c(...))``, the total score test.
    """
    import pandas as pd
    from scipy.stats import chi2

    problem, inference, basis = fit.problem, fit.inference, fit.problem.model.basis
    columns = ["parameter", "lhs", "op", "rhs", "statistic", "df", "pvalue", "spread"]
    if basis is None:
        return pd.DataFrame(columns=columns)
    gradient = assemble(problem.model, problem.discrepancy, problem.targets, fit.x[None])[1][0]
    information = inference.information
    robust = problem.estimator.se == "robust.huber.white"
    spread_of_scores = inference.first_order if robust else information
    inverse = inference.bordered_inverse(information)
    rows = []
    for key, places in _held_equal(fit, op).items():
        released = np.zeros((len(gradient), len(places) - 1))
        released[places[1:], np.arange(len(places) - 1)] = 1.0
        efficient = released - inverse @ (information @ released)
        score = efficient.T @ gradient
        variance = efficient.T @ spread_of_scores @ efficient
        statistic = problem.sample.total * float(score @ np.linalg.solve(variance, score))
        change = -efficient @ np.linalg.solve(efficient.T @ information @ efficient, score)
        values = (fit.x + change)[places] * problem.model.unit[places]
        df = len(places) - 1
        rows.append(
            (" ".join(key).strip(), *key, statistic, df, float(chi2.sf(statistic, df)), float(np.ptp(values)))
        )
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("statistic", ascending=False, kind="stable").reset_index(drop=True)


def _held_equal(fit: Fit, op: str) -> dict[tuple[str, str, str], list[int]]:
    """Free parameters' columns by name, for those that one direction moves in every group alike."""
    table, basis = fit.table, fit.problem.model.basis
    found: dict[tuple[str, str, str], list[int]] = {}
    for column, index in enumerate(table.free):
        row = table.rows[index]
        if row.op == op:
            found.setdefault((row.lhs, row.op, row.rhs), []).append(column)
    return {
        key: places
        for key, places in found.items()
        if len(places) == table.groups > 1 and np.allclose(basis[places], basis[places[0]], atol=1e-12)
    }
