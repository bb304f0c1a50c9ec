"""A method factor behind all answers: what is left of an effect once it is taken out.

The model gets one more factor on which every item loads alike, in the direction of agreeing, and which is
uncorrelated with every construct. A **marker** construct, which has nothing to do with the others in
substance, identifies its variance: whatever the marker's items share with all others is method. This is the
equal-loadings hybrid of the marker model and the unmeasured method factor (Williams & McGonagle 2016; marker
model: Williams, Hartman & Cavazotte 2010), and at the level of items what Lindell and Whitney (2001) do to
correlations of scores. Unlike the marker model alone it does not take the marker itself for the method: a
marker that is mostly about its own subject would let most of the method variance pass.

The variance of the method factor is free and may come out below 0, so that its interval and test hold at 0.

Without a marker a method factor can only be assumed. CRM use has no cause in the model, so its total effect
on an outcome is the correlation of the two constructs; it is estimated from their items with the assumed
factor, which pushes every score the same way, reversed items too: the worst case, as good or bad mood would.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from workbench.studies.customer_loyalty.fitting import all_ordered, by_label, fit_ordered
from workbench.studies.customer_loyalty.model import CONSTRUCTS, OUTCOMES, Constructs, model_text

if TYPE_CHECKING:
    import pandas as pd

# Share of an answer's variance that is method in the mean of many studies (Lance, Dawson, Birkelbach &
# Hoffman 2010); assumed where no marker was asked.
USUAL_SHARE = 0.18
# Steps of the method share in which its tipping point is looked for.
STEP, LARGEST = 0.05, 0.60
COLUMNS = ["est", "ci_lower", "ci_upper"]


@dataclass(frozen=True)
class MethodOut:
    """The study's effects with a method factor taken out.

    marker : items of the marker; empty where ``share`` is assumed.
    share : method variance as a share of an item's variance, with interval and p; NaN where assumed.
    effects : est, ci_lower, ci_upper of total_satisfaction, total_loyalty and, with a marker, tiers; NaN
        where the model could not be estimated.
    """

    marker: tuple[str, ...]
    share: float
    interval: tuple[float, float]
    pvalue: float
    effects: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @property
    def loading(self) -> float:
        """Standardized loading of an item on the method factor; 0 where the share is below 0."""
        return float(np.sqrt(max(self.share, 0.0)))


def take_method_out(
    data: pd.DataFrame,
    constructs: Constructs,
    *,
    marker: Sequence[str] = (),
    turned: Collection[str] = (),
) -> MethodOut:
    """The study's effects with a method factor: of the size that the marker shows, or of the usual size.

    Parameters
    ----------
    data : answers to the constructs' and the marker's items. constructs : items by construct.
    marker : items of the marker construct; without them ``USUAL_SHARE`` is assumed.
    turned : items whose answers were reversed; with a marker agreeing with them pushes their score down.
    """
    import pandas as pd

    if not marker:
        rows = {
            f"total_{name}": assume_method(data, constructs, name, share=USUAL_SHARE) for name in OUTCOMES
        }
        return MethodOut(
            (),
            USUAL_SHARE,
            (float("nan"),) * 2,
            float("nan"),
            pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS),
        )
    items = [item for own in constructs.values() for item in own]
    text = marker_text(constructs, data, marker, turned)
    fit = fit_ordered(text, data[[*items, *marker]])
    effects = by_label(fit.standardized_solution()).rename(columns={"est_std": "est"})
    effects = effects.loc[["total_satisfaction", "total_loyalty", "tiers"], COLUMNS].astype(float)
    row = fit.estimates.query("lhs == 'method' and rhs == 'method'").iloc[0]
    improper = "negative variance: method "  # allowed on purpose, see above
    return MethodOut(
        tuple(marker),
        float(row["est"]),
        (float(row["ci_lower"]), float(row["ci_upper"])),
        float(row["pvalue"]),
        effects if fit.converged else effects * np.nan,
        tuple(f"method factor: {text}" for text in fit.warnings if not text.startswith(improper)),
    )


def marker_text(
    constructs: Constructs, data: pd.DataFrame, marker: Sequence[str], turned: Collection[str] = ()
) -> str:
    """The study's model with the marker and a method factor, orthogonal to all constructs."""
    items = [*(item for own in constructs.values() for item in own), *marker]
    return "\n".join(
        [
            model_text(constructs),
            f"marker_topic =~ {' + '.join(marker)}",
            *(f"marker_topic ~~ 0*{name}" for name in CONSTRUCTS),
            *_method_factor(items, [*CONSTRUCTS, "marker_topic"], data, turned),
            "method ~~ method",
        ]
    )


def assume_method(
    data: pd.DataFrame,
    constructs: Constructs,
    outcome: str,
    *,
    share: float,
) -> list[float]:
    """Total effect of CRM use on an outcome and its limits, with a method factor of an assumed share out.

    share : method variance as a share of every item's variance. NaN where the model cannot be estimated.
    """
    pair = {name: list(constructs[name]) for name in ("crm_use", outcome)}
    items = [item for own in pair.values() for item in own]
    lines = [f"{name} =~ {' + '.join(own)}" for name, own in pair.items()]
    if share:
        lines += [*_method_factor(items, list(pair), data), f"method ~~ {share!r}*method"]
    fit = fit_ordered("\n".join([*lines, f"crm_use ~~ effect*{outcome}"]), data[items])
    if not fit.converged:
        return [float("nan")] * 3
    row = by_label(fit.standardized_solution()).loc["effect", ["est_std", "ci_lower", "ci_upper"]]
    return [float(value) for value in row]


def _method_factor(
    items: Sequence[str], factors: Sequence[str], data: pd.DataFrame, turned: Collection[str] = ()
) -> list[str]:
    """Equal standardized loadings: 1 for ordered items, whose variance is 1, the standard deviation else."""
    ordered = all_ordered(data[list(items)])
    scale = {item: 1.0 if ordered else float(data[item].std()) for item in items}
    loadings = (f"{(-scale[item] if item in turned else scale[item])!r}*{item}" for item in items)
    return [f"method =~ {' + '.join(loadings)}", *(f"method ~~ 0*{name}" for name in factors)]


def tipping_loadings(data: pd.DataFrame, constructs: Constructs) -> pd.DataFrame:
    """The loading on a method factor, alike for all items, at which an effect's interval reaches 0.

    The correlation of the two constructs is estimated at growing method shares (`assume_method`); between two
    steps its lower limit is interpolated in the share.

    Returns
    -------
    DataFrame by outcome : share, loading (0 where the interval holds 0 without a method factor; NaN where it
        lies above 0 at the largest share that could be estimated), largest (that share).
    """
    import pandas as pd

    rows = {name: _tipping_share(data, constructs, name) for name in OUTCOMES}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["share", "largest"]).rename_axis("outcome")
    return table.assign(loading=np.sqrt(table["share"]))


def _tipping_share(data: pd.DataFrame, constructs: Constructs, outcome: str) -> tuple[float, float]:
    points: list[tuple[float, float]] = []
    for share in np.arange(0.0, LARGEST + STEP / 2, STEP).round(4).tolist():
        low = assume_method(data, constructs, outcome, share=share)[1]
        if not np.isfinite(low):
            break
        points.append((share, low))
        if low <= 0:
            break
    if not points:
        return float("nan"), 0.0
    if points[0][1] <= 0:
        return 0.0, 0.0
    for (before, high), (after, low) in pairwise(points):
        if low <= 0:
            return before + (after - before) * high / (high - low), after
    return float("nan"), points[-1][0]
