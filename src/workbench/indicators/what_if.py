"""What-if of D2: growth of market share as satisfaction gained times its conversion, with uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, number, share, whole
from workbench.errors import SpecificationError


@dataclass(frozen=True)
class WhatIf:
    """Growth of market share that follows from two uncertain numbers.

    ``inputs``: quantity, estimate, se. ``growth``: one row per method (``product`` of the two numbers alone,
    ``delta``, ``exact moments``, ``monte carlo``) with estimate, se, ci_lower, ci_upper in percentage points.
    ``above_zero``: share of draws above zero. ``from_gain``: share of the variance that would go if the gain
    were known. ``drawn``: left, right, density of the draws' histogram.
    """

    inputs: pd.DataFrame
    growth: pd.DataFrame
    above_zero: float
    from_gain: float
    drawn: pd.DataFrame
    draws: int
    seed: int
    level: float
    warnings: tuple[str, ...]


@door(
    gain=number,
    conversion=number,
    gain_se=number,
    conversion_se=number,
    correlation=number,
    draws=whole(1000),
    seed=whole(0),
    level=share,
)
def market_share_growth(
    gain: float,
    conversion: float,
    *,
    gain_se: float = 0.0,
    conversion_se: float = 0.0,
    correlation: float = 0.0,
    draws: int = 100_000,
    seed: int = 1,
    level: float = 0.95,
) -> WhatIf:
    """Growth of market share from a gain in satisfaction and its conversion into share.

    Parameters
    ----------
    gain : satisfaction gained, X, in percentage points.
    conversion : points of market share that go with a point of satisfaction, Y.
    correlation : of the two errors (both estimated from the same firms: not zero).
    gain_se, conversion_se : standard errors of gain and conversion.
    draws, seed : of the two normals, for the interval.
    level : of the interval.

    Returns
    -------
    WhatIf

    Notes
    -----
    The print of D2 lost the sign between X % and Y %; the product is our reading. Exact moments of a product
    of two normals: mean μ₁μ₂ + ρσ₁σ₂, variance μ₁²σ₂² + μ₂²σ₁² + 2μ₁μ₂ρσ₁σ₂ + σ₁²σ₂²(1 + ρ²); the delta
    method leaves out the last term. A what-if carries an assumption forward; it is not evidence for the
    formula.

    Examples
    --------
    >>> from workbench import indicators
    >>> found = indicators.market_share_growth(10, 0.2, gain_se=2, conversion_se=0.05, draws=2000)
    >>> found.growth.round(2)
                   estimate    se  ci_lower  ci_upper
    method
    product            2.00   NaN       NaN       NaN
    delta              2.00  0.64      0.75      3.25
    exact moments      2.00  0.65       NaN       NaN
    monte carlo        1.99  0.64      0.89      3.37
    """
    from scipy import stats

    if gain_se < 0 or conversion_se < 0 or not -1 <= correlation <= 1:
        raise SpecificationError(
            "standard errors must not be negative and a correlation lies between -1 and 1"
        )
    z = stats.norm.ppf(0.5 + level / 2)
    cross = correlation * gain_se * conversion_se
    linear = gain**2 * conversion_se**2 + conversion**2 * gain_se**2 + 2 * gain * conversion * cross
    exact = linear + gain_se**2 * conversion_se**2 * (1 + correlation**2)
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, draws))
    b = correlation * a + np.sqrt(1 - correlation**2) * b
    product = (gain + gain_se * a) * (conversion + conversion_se * b)
    lower, upper = np.quantile(product, [0.5 - level / 2, 0.5 + level / 2])
    point = gain * conversion
    rows = {
        "product": (point, np.nan, np.nan, np.nan),
        "delta": (point, np.sqrt(linear), point - z * np.sqrt(linear), point + z * np.sqrt(linear)),
        "exact moments": (point + cross, np.sqrt(exact), np.nan, np.nan),
        "monte carlo": (product.mean(), product.std(ddof=1), lower, upper),
    }
    table = pd.DataFrame(rows, index=["estimate", "se", "ci_lower", "ci_upper"]).T.rename_axis("method")
    warnings = ["The product is a reading of a formula whose print is damaged; the growth follows from it."]
    if gain_se == 0 or conversion_se == 0:
        warnings.append("A standard error of zero means a number taken as known: the interval is too narrow.")
    inputs = pd.DataFrame(
        {"estimate": [gain, conversion], "se": [gain_se, conversion_se]},
        index=pd.Index(
            ["gain in satisfaction (points)", "share points a point of satisfaction"], name="quantity"
        ),
    )
    inner = np.quantile(product, [0.001, 0.999])
    density, edges = np.histogram(product, bins=60, range=tuple(inner), density=True)
    known = 1 - (gain**2 * conversion_se**2) / exact if exact > 0 and correlation == 0 else np.nan
    return WhatIf(
        inputs,
        table,
        float((product > 0).mean()),
        float(known),
        pd.DataFrame({"left": edges[:-1], "right": edges[1:], "density": density}),
        draws,
        seed,
        level,
        tuple(warnings),
    )
