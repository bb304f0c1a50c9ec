"""What a two-way fixed-effects coefficient of staggered adoption averages (Goodman-Bacon)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door
from workbench.errors import SpecificationError
from workbench.regression import doors
from workbench.regression.adoption import AdoptionPanel, adoption_panel

FORBIDDEN = "later against earlier adopters"


@dataclass(frozen=True)
class BaconDecomposition:
    """``comparisons``: treated, control (first treated period; NaN is never), kind, estimate, weight.
    ``kinds``: kind, weight, estimate. ``estimate``: the two-way coefficient, the weighted sum of all."""

    outcome: str
    estimate: float
    comparisons: pd.DataFrame
    kinds: pd.DataFrame
    sentence: str
    warnings: tuple[str, ...]


@door(**doors.ADOPTION)
def goodman_bacon(
    data: pd.DataFrame, outcome: str, *, unit: str, period: str, treated: str
) -> BaconDecomposition:
    """Take the two-way fixed-effects coefficient of a treatment apart into its two-by-two comparisons.

    Parameters
    ----------
    data : balanced panel.
    treated : 0/1 column that never goes back to 0.
    outcome : numeric column.
    unit, period : columns; each pair occurs once.

    Returns
    -------
    BaconDecomposition; weights add up to one and Σ weight · estimate is the two-way coefficient exactly.

    Notes
    -----
    Comparisons of later with earlier adopters use firms as controls that are treated already; if effects
    grow they pull the coefficient down and can turn its sign (Goodman-Bacon 2021).

    R: ``bacondecomp::bacon(y ~ treated, d, id, time)``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> keys = {"unit": "firm", "period": "period", "treated": "treated"}
    >>> found = regression.goodman_bacon(panel, "satisfaction", **keys)
    >>> round(found.estimate, 2), round(float(found.kinds["weight"].sum()), 2)
    (0.14, 1.0)
    """
    made = adoption_panel(data, outcome, unit, period, treated)
    t = made.values.shape[1]
    groups = np.unique(made.start)
    share = {g: float((made.start == g).mean()) for g in groups}
    on = {g: 0.0 if np.isinf(g) else (t - g) / t for g in groups}
    rows = []
    for i, early in enumerate(groups):
        for late in groups[i + 1 :]:
            base = share[early] * share[late]  # (n_k + n_l)² n_kl (1 - n_kl) of the paper
            gap = on[early] - on[late]
            if np.isinf(late) and early > 0:
                found = _two_by_two(made, early, late, 0, t, early)
                rows.append(
                    (
                        early,
                        late,
                        "adopters against never adopting",
                        found,
                        base * on[early] * (1 - on[early]),
                    )
                )
            elif np.isfinite(late):
                if early > 0:
                    found = _two_by_two(made, early, late, 0, late, early)
                    rows.append(
                        (early, late, "earlier against later adopters", found, base * gap * (1 - on[early]))
                    )
                found = _two_by_two(made, late, early, early, t, late)
                rows.append((late, early, FORBIDDEN, found, base * on[late] * gap))
    if not rows:
        raise SpecificationError(
            "no two groups of firms adopt at different times: there is nothing to decompose"
        )
    table = pd.DataFrame(rows, columns=["treated", "control", "kind", "estimate", "weight"])
    table["weight"] /= table["weight"].sum()
    estimate = float(table["weight"] @ table["estimate"])
    for column in ("treated", "control"):
        table[column] = [np.nan if np.isinf(v) else made.periods[int(v)] for v in table[column]]
    summed = (
        table.assign(part=table["weight"] * table["estimate"])
        .groupby("kind", sort=False)[["weight", "part"]]
        .sum()
    )
    summed["estimate"] = summed["part"] / summed["weight"]
    bad = summed["weight"].get(FORBIDDEN, 0.0)
    alone = summed["estimate"].get(FORBIDDEN)
    sentence = (
        f"{bad:.0%} of the weight in the two-way coefficient {estimate:.3f} is on later adopters compared "
        "with earlier ones, "
        + (f"which alone give {alone:.3f}." if bad > 0 else "so no treated firm serves as a control.")
    )
    sentence = sentence.replace("%", " %").replace("-0", "−0")
    warnings: tuple[str, ...] = ()
    if (made.start == 0).any():
        warnings = (
            "Some units are treated in the first period: they have no before and serve only as "
            "controls here.",
        )
    return BaconDecomposition(outcome, estimate, table, summed[["weight", "estimate"]], sentence, warnings)


def _two_by_two(
    made: AdoptionPanel, treated: float, control: float, first: float, last: float, start: float
) -> float:
    """Difference in differences of group means inside the periods [first, last) around ``start``."""
    first, last, start = int(first), int(last), int(start)
    gap = made.values[made.start == treated].mean(axis=0) - made.values[made.start == control].mean(axis=0)
    return gap[start:last].mean() - gap[first:start].mean()
