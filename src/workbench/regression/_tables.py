"""The coefficient table that every model of this room shows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def coefficient_table(
    names: list[str], estimate: np.ndarray, covariance: np.ndarray, df: float | None, level: float
) -> pd.DataFrame:
    """Estimates with errors, tests and intervals; ``df`` None takes the normal distribution."""
    from scipy import stats

    law = stats.norm if df is None else stats.t(df)
    se = np.sqrt(np.diag(covariance))
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
