"""What the measures of reliability give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of one construct and what each item does to it."""

    estimate: float
    ci_lower: float
    ci_upper: float
    interval: str
    confidence: float
    standardized: float
    average_r: float
    items: pd.DataFrame  # n, mean, sd, item_rest, alpha_if_dropped, reversed_suspected
    n_obs: int | None
    correlation: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Omega:
    """McDonald's omega of one set of items."""

    estimate: float
    total: float
    hierarchical: float
    limit: float
    ecv: float
    ci_lower: float
    ci_upper: float
    confidence: float
    loadings: pd.DataFrame
    groups: pd.DataFrame
    n_factors: int
    n_obs: int | None
    correlation: str
    warnings: tuple[str, ...]
    hierarchical_lower: float = np.nan
    hierarchical_upper: float = np.nan
