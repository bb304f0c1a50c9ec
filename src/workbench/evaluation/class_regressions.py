"""Regressions by latent class that allow for who is put into the wrong class (BCH)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import array, door, is_number, named_table, same_length, series, share, usable
from workbench.errors import DataError
from workbench.normal_quantiles import two_sided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClassRegressions:
    """``table``: (class, term) -> estimate, se, ci_lower, ci_upper; ``covariance`` in the same order."""

    table: pd.DataFrame
    covariance: Floats
    n: int

    def contrast(self, weights: Mapping[tuple[int, str], float], level: float = 0.95) -> dict[str, float]:
        """A weighted sum of coefficients: estimate, se, ci_lower, ci_upper, pvalue."""
        row = np.array([weights.get(key, 0.0) for key in self.table.index])
        estimate = float(row @ self.table["estimate"].to_numpy())
        se = float(np.sqrt(row @ self.covariance @ row))
        half = two_sided(level) * se
        pvalue = 2 * NormalDist().cdf(-abs(estimate) / se) if se > 0 else math.nan
        return {"estimate": estimate, "se": se, "ci_lower": estimate - half, "ci_upper": estimate + half,
                "pvalue": pvalue}  # fmt: skip

    def equal(self, terms: Sequence[str]) -> tuple[float, int, float]:
        """Wald test that coefficients are the same in all classes: chi-square, df, p."""
        from scipy import stats

        order = list(self.table.index)
        first, *others = self.table.index.unique("class")
        rows = []
        for other in others:
            for term in terms:
                row = np.zeros(len(order))
                row[order.index((first, term))], row[order.index((other, term))] = 1.0, -1.0
                rows.append(row)
        matrix = np.array(rows)
        gap = matrix @ self.table["estimate"].to_numpy()
        square = float(gap @ np.linalg.pinv(matrix @ self.covariance @ matrix.T) @ gap)
        return square, len(rows), float(stats.chi2.sf(square, len(rows)))


def _chances(name: str, value: Any) -> Floats:
    """Chances of the classes by customer, which add up to one."""
    found = array(2)(name, value)
    if (found < -1e-9).any() or (np.abs(found.sum(axis=1) - 1) > 1e-6).any():
        raise DataError(f"{name}: chances are needed, which add up to 1 for every customer")
    return found


@door(posterior=_chances)
def bch_weights(posterior: Floats) -> Floats:
    """Weights (n, k) that undo the errors of putting everyone into the most probable class.

    Parameters
    ----------
    posterior : chances of the classes, (n, k).

    Notes
    -----
    Bolck, Croon & Hagenaars (2004): with D[c, s] the chance to be put into s if one belongs to c, a customer
    put into s counts D^-1[s, c] in class c; some weights are negative. Means so weighted are those of the
    true classes. R: ``tidySEM::BCH``; Python: ``StepMix(n_steps=3, correction="BCH")``.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.class_regressions import bch_weights
    >>> bch_weights(np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    k = posterior.shape[1]
    put = np.eye(k)[posterior.argmax(axis=1)]
    chance = (posterior.T @ put) / posterior.sum(axis=0)[:, None]
    return np.asarray(put @ np.linalg.pinv(chance))


@door(outcome=series, terms=named_table, posterior=_chances, level=share)
def class_regressions(
    outcome: pd.Series, terms: pd.DataFrame, posterior: Floats, *, level: float = 0.95
) -> ClassRegressions:
    """Least squares in every class, weighted by `bch_weights`, with a constant.

    Parameters
    ----------
    outcome : by customer. terms : numbers by customer, in the same order. posterior : (n, k). Rows with a gap
        are left out after the weights are made. level : of the intervals.

    Notes
    -----
    Errors are robust, each customer one cluster over all classes; that the classes themselves are estimated
    is not in them (Vermunt 2010; Bakk, Tekle & Vermunt 2013).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.class_regressions import class_regressions
    >>> x = pd.DataFrame({"x": [0.0, 1, 2, 3, 0, 1, 2, 3]})
    >>> sure = np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1]]
    >>> found = class_regressions(pd.Series([0.0, 1, 2, 3, 0, 2, 4, 6]), x, sure)
    >>> found.table["estimate"].unstack()["x"].round(2).tolist()
    [1.0, 2.0]
    """
    same_length(outcome=outcome, terms=terms, posterior=posterior)
    checked = usable(terms.assign(_outcome=outcome.to_numpy()))
    texts = [str(name) for name in checked if not is_number(checked[name])]
    if texts:
        raise DataError(f"numbers are needed; {texts[0].strip('_')} holds none")
    weights = bch_weights(posterior)
    there = (outcome.notna() & terms.notna().all(axis=1)).to_numpy()
    y = outcome.to_numpy(float)[there]
    x = np.column_stack([np.ones(there.sum()), terms.to_numpy(float)[there]])
    estimates, influence = [], []
    for weight in weights[there].T:
        bread = np.linalg.pinv((x * weight[:, None]).T @ x)
        estimate = bread @ ((x * weight[:, None]).T @ y)
        influence.append((x * (weight * (y - x @ estimate))[:, None]) @ bread)
        estimates.append(estimate)
    scores = np.hstack(influence)
    covariance = scores.T @ scores
    names = ["constant", *map(str, terms.columns)]
    index = pd.MultiIndex.from_product([range(1, posterior.shape[1] + 1), names], names=["class", "term"])
    estimate, se = np.concatenate(estimates), np.sqrt(np.diag(covariance))
    half = two_sided(level) * se
    columns = {"estimate": estimate, "se": se, "ci_lower": estimate - half, "ci_upper": estimate + half}
    return ClassRegressions(pd.DataFrame(columns, index=index), covariance, int(there.sum()))
