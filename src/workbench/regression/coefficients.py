"""What every model of this room shares: the coefficient table, sums by cluster, rows of numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.doors import is_number, need_columns, usable
from workbench.errors import DataError, Fault


def coefficient_table(
    names: list[str], estimate: np.ndarray, covariance: np.ndarray, df: float | None, level: float
) -> pd.DataFrame:
    """Estimates with errors, tests and intervals; ``df`` None takes the normal distribution."""
    from scipy import stats

    law = stats.norm if df is None else stats.t(df)
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):  # an estimate without any error has no test
        statistic = estimate / se
    half = law.ppf(0.5 + level / 2) * se
    return pd.DataFrame(
        {
            "estimate": estimate,
            "se": se,
            "statistic": statistic,
            "df": np.inf if df is None else float(df),
            "pvalue": 2 * law.sf(np.abs(statistic)),
            "ci_lower": estimate - half,
            "ci_upper": estimate + half,
        },
        index=pd.Index(names, name="term"),
    )


def sums_by(groups: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sum the rows of each group (codes from 0): groups x columns."""
    out = np.zeros((groups.max() + 1, rows.shape[1]))
    np.add.at(out, groups, rows)
    return out


def numeric_rows(data: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The rows that have all of some columns, which have to hold numbers."""
    need_columns(data, names)
    rows = usable(data[names])
    texts = [name for name in names if not is_number(rows[name])]
    if texts:
        raise DataError([Fault("holds no numbers", column=name, fix="Give numbers.") for name in texts])
    return rows.astype(float).dropna()
