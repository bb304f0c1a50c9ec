"""How the answers of each item are distributed, and whether missing grows along the questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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

    Parameters
    ----------
    survey : with answers.
    constructs : which of its constructs; none named: all.
    extreme : share at an end of the scale beyond which a floor or ceiling effect is named. A share this large
        is expected on five points: see ``warnings``.

    Notes
    -----
    Source: McHorney & Tarlov (1995), Quality of Life Research 4, 293-307 (15 %).

    Examples
    --------
    >>> from workbench import survey
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey")
    >>> survey.item_distributions(answers, ("trust",)).items[["mean", "sd"]].round(2)
          mean    sd
    item
    tru1  3.75  1.01
    tru2  3.73  0.97
    tru3  3.70  1.02
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
            f"The {100 * extreme:.0f}\N{NO-BREAK SPACE}% rule for floor and ceiling was made for sums of "
            "many items; on one item of few answers a share above it is common and says where the scale "
            "cannot tell people apart."
        )
    return ItemDistributions(table, pd.DataFrame(shares).T.rename_axis("item"), tuple(warnings))


@dataclass(frozen=True)
class PlaceTrend:
    """Missing answers along the questionnaire.

    ``items``: place, item, missing (share); ``table``: items, rho (Spearman's, of place and missing), its 95
    % limits; NaN where nothing can be said.
    """

    items: pd.DataFrame
    table: pd.DataFrame
    warnings: tuple[str, ...] = ()


def fatigue(survey: Survey, constructs: tuple[str, ...] = ()) -> PlaceTrend:
    """Does missing grow with an item's place in the file, taken to be the order of asking?

    Limits by Fisher's z with the variance of Bonett & Wright (2000), Psychometrika 65, 23-28. They take the
    items for independent, which items of one block are not.
    R: ``cor.test(place, missing, method = "spearman")`` for rho.

    Parameters
    ----------
    survey : with answers to the items in the order of asking.
    constructs : the part of the questionnaire to look at; none named: all of it.

    Examples
    --------
    >>> from workbench import survey
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey")
    >>> survey.fatigue(answers, ("satisfaction", "loyalty")).table.round(2)
       items   rho  ci_lower  ci_upper
    0      9 -0.61     -0.92      0.17
    """
    import pandas as pd
    from scipy.stats import norm, spearmanr

    missing = survey.as_answered(*constructs).isna().mean()
    items = pd.DataFrame(
        {"place": np.arange(1, len(missing) + 1), "item": missing.index, "missing": missing.to_numpy()}
    )
    rho = low = high = np.nan
    warnings = ["Missing codes such as 'does not apply' count as missing: routing can look like fatigue."]
    if len(missing) < 5 or missing.nunique() < 2:
        warnings = ["Too few items, or all answered equally often, for a trend of missing answers."]
    else:
        rho = float(spearmanr(items["place"], items["missing"]).statistic)
        half = norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (len(missing) - 3))
        z = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
        low, high = np.tanh(z - half), np.tanh(z + half)
    table = pd.DataFrame({"items": [len(missing)], "rho": [rho], "ci_lower": [low], "ci_upper": [high]})
    return PlaceTrend(items, table, tuple(warnings))
