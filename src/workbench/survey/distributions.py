"""How the answers of each item are distributed, and whether missing grows along the questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault
from workbench.survey.responses import Survey

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ItemDistributions:
    """How each item was answered.

    ``items``: construct, n, missing (share), mean, sd, median, skewness, kurtosis (excess, both
    bias-corrected), floor, ceiling (shares at the ends of the scale) and effect (floor, ceiling, both or
    empty); ``shares``: item × answer, shares of those who answered, for items on a scale of whole numbers.
    """

    items: pd.DataFrame
    shares: pd.DataFrame
    warnings: tuple[str, ...] = ()


def item_distributions(
    survey: Survey, constructs: tuple[str, ...] = (), *, extreme: float = 0.15
) -> ItemDistributions:
    """Moments, floor and ceiling effects, and the answers of each item as ticked.

    Parameters: ``constructs`` (none named: all); ``extreme``, the share at an end of the scale beyond which a
    floor or ceiling effect is named. A share this large is expected on five points: see ``warnings``.
    Source: McHorney & Tarlov (1995), Quality of Life Research 4, 293-307 (15 %).
    """
    import pandas as pd

    given = survey.as_answered(*constructs)
    rows, shares = {}, {}
    for name, answers in given.items():
        item, answers = survey.codebook.items[name], answers.dropna()
        at_floor, at_ceiling = (answers == item.scale.min).mean(), (answers == item.scale.max).mean()
        effects = [word for word, share in (("floor", at_floor), ("ceiling", at_ceiling)) if share > extreme]
        rows[name] = {
            "construct": item.construct,
            "n": len(answers),
            "missing": 1 - len(answers) / len(given),
            "mean": answers.mean(),
            "sd": answers.std(),
            "median": answers.median(),
            "skewness": answers.skew(),
            "kurtosis": answers.kurt(),
            "floor": at_floor,
            "ceiling": at_ceiling,
            "effect": " and ".join(effects),
        }
        if not item.scale.continuous:
            steps = np.arange(item.scale.min, item.scale.max + 1)
            shares[name] = answers.value_counts(normalize=True).reindex(steps, fill_value=0.0)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("item")
    short = [
        name
        for name in given
        if survey.codebook.items[name].scale.max - survey.codebook.items[name].scale.min < 6
    ]
    warnings = []
    if short:
        warnings.append(
            f"The {extreme:.0%} rule for floor and ceiling was made for sums of many items; on one item "
            "of few answers a share above it is common and says where the scale cannot tell people apart."
        )
    return ItemDistributions(table, pd.DataFrame(shares).T.rename_axis("item"), tuple(warnings))


def fatigue(survey: Survey, constructs: tuple[str, ...] = ()) -> pd.DataFrame:
    """Does missing grow with an item's place? One row: items, Spearman's rho of place and missing, limits.

    The limits are 95 % by Fisher's z with the variance of Bonett & Wright (2000), Psychometrika 65, 23-28.
    Items are taken in the order of the file, which is taken to be the order of asking.
    """
    import pandas as pd
    from scipy.stats import norm, spearmanr

    missing = survey.as_answered(*constructs).isna().mean()
    if len(missing) < 5 or missing.nunique() < 2:
        raise DataError(Fault("too few items, or all equally answered, for a trend", survey.file))
    rho = float(spearmanr(np.arange(len(missing)), missing).statistic)
    half = norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (len(missing) - 3))
    z = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    low, high = np.tanh(z - half), np.tanh(z + half)
    return pd.DataFrame({"items": [len(missing)], "rho": [rho], "ci_lower": [low], "ci_upper": [high]})
