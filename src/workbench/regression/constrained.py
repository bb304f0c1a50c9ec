"""Linear restrictions on coefficients: are α and β weights that add up to one?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, each, made_by
from workbench.errors import Fault, SpecificationError
from workbench.regression import doors
from workbench.regression.coefficients import coefficient_table
from workbench.regression.models import LinearModel


@dataclass(frozen=True)
class Restriction:
    """Test of linear restrictions and the estimates under them.

    ``test``: f, df1, df2, pvalue (loss of fit, equal error variance) and robust_f, robust_pvalue (Wald, the
    model's own errors). ``left``: each restriction's left-hand side as estimated freely, with se and
    interval. ``coefficients``: estimates under the restrictions, ``free`` beside them.
    """

    outcome: str
    restriction: str
    test: pd.Series
    left: pd.DataFrame
    coefficients: pd.DataFrame
    errors: str
    warnings: tuple[str, ...]


@door(model=made_by(LinearModel, "ols"), restrictions=each(doors.restriction))
def restrict(model: LinearModel, *restrictions: tuple[Mapping[str, float], float]) -> Restriction:
    """Test restrictions R b = q and estimate under them.

    Parameters
    ----------
    model : of :func:`workbench.regression.models.ols`.
    restrictions : each a mapping of coefficient → weight, and the value its weighted sum should have;
        ``restrict(m, ({"automation": 1, "service": 1}, 1))`` asks whether α + β = 1.

    Returns
    -------
    Restriction

    Raises
    ------
    SpecificationError : an unknown coefficient, or restrictions that repeat one another.

    Notes
    -----
    b* = b - (X'X)⁻¹R'(R(X'X)⁻¹R')⁻¹(Rb - q); F = ((RSS* - RSS)/J) / (RSS/(n-k)) (Greene, Econometric
    Analysis, ch. 5). Errors of b* use the model's covariance V: M V M' with M = I -
    (X'X)⁻¹R'(R(X'X)⁻¹R')⁻¹R, classical ones with the restricted error variance. α + β = 1 only means
    something when the outcome and both parts are measured on the same scale.

    R: ``car::linearHypothesis(m, "automation + service = 1", vcov. = vcovHC)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> model = regression.ols(scores, "satisfaction", ["staff_training", "service_quality"])
    >>> found = regression.restrict(model, ({"staff_training": 1, "service_quality": -1}, 0))
    >>> found.test.round(3).to_dict()
    {'f': 31.88, 'df1': 1.0, 'df2': 1197.0, 'pvalue': 0.0, 'robust_f': 27.146, 'robust_pvalue': 0.0}
    """
    from scipy import stats

    names = list(model.coefficients.index)
    unknown = [name for weights, _ in restrictions for name in weights if name not in names]
    if unknown or not restrictions:
        faults = [
            Fault("the model has no such coefficient", column=name, fix=f"It has {', '.join(names)}.")
            for name in unknown
        ]
        raise SpecificationError(faults or "give at least one restriction")
    matrix = np.array([[weights.get(name, 0.0) for name in names] for weights, _ in restrictions])
    target = np.array([value for _, value in restrictions], dtype=float)
    if np.linalg.matrix_rank(matrix) < len(matrix):
        raise SpecificationError("the restrictions repeat or contradict one another; leave one out")
    x, y = model.design.x.to_numpy(), model.design.y
    n, k = x.shape
    b = model.coefficients["estimate"].to_numpy()
    bread, v = np.linalg.inv(x.T @ x), model.covariance.to_numpy()
    gain = bread @ matrix.T @ np.linalg.inv(matrix @ bread @ matrix.T)
    gap = matrix @ b - target
    held = b - gain @ gap
    rss, rss_held = model.residuals @ model.residuals, ((y - x @ held) ** 2).sum()
    j = len(matrix)
    f = (rss_held - rss) / j / (rss / (n - k))
    robust = float(gap @ np.linalg.solve(matrix @ v @ matrix.T, gap)) / j
    keep = np.eye(k) - gain @ matrix
    if model.errors.startswith("classical"):
        v_held = keep @ bread * rss_held / (n - k + j)
    else:
        v_held = keep @ v @ keep.T
    table = coefficient_table(names, held, v_held, model.df_test, model.level)
    table.insert(1, "free", b)
    texts = [_write(weights, value) for weights, value in restrictions]
    left = coefficient_table(texts, matrix @ b, matrix @ v @ matrix.T, model.df_test, model.level)
    test = pd.Series(
        {
            "f": f,
            "df1": j,
            "df2": n - k,
            "pvalue": stats.f.sf(f, j, n - k),
            "robust_f": robust,
            "robust_pvalue": stats.f.sf(robust, j, model.df_test),
        },
        dtype=float,
    )
    return Restriction(
        model.outcome,
        "; ".join(texts),
        test,
        left[["estimate", "se", "ci_lower", "ci_upper"]].rename_axis("restriction"),
        table.drop(columns=["statistic", "df", "pvalue"]),
        model.errors,
        model.warnings,
    )


def _write(weights: Mapping[str, float], value: float) -> str:
    parts = " + ".join(name if weight == 1 else f"{weight:g}·{name}" for name, weight in weights.items())
    return f"{parts} = {value:g}"
