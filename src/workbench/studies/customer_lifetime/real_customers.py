"""Real customers, of public data: purchases held out, what recommending goes with, who gives again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.datasets import open_dataset
from workbench.evaluation import lifetime, survival
from workbench.evaluation import warning_scores as ws
from workbench.studies.customer_lifetime.lifetime_value import by_purchases

if TYPE_CHECKING:
    from workbench.evaluation.warning_scores import Estimate

# Fader, Hardie & Lee (2005), table 2, and Fader & Hardie, The Gamma-Gamma Model of Monetary Value (2013).
CDNOW = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "gamma": 15.44}
BORDER, END, DAYS = pd.Timestamp("1997-09-30"), pd.Timestamp("1998-06-30"), 7.0
GROUPS = tuple(range(8))  # purchases before, as the paper's figure has them: 0, 1, ... 7 or more


@dataclass(frozen=True)
class HeldOut:
    """Purchases of the weeks held out.

    customers : frequency, recency, age (weeks 1 to 39), real, expected, alive. total : expected, with its
    interval. plain : purchases if every customer went on as before. weeks : held out.
    """

    customers: pd.DataFrame
    total: Estimate
    plain: float
    weeks: float

    @property
    def real(self) -> int:
        return int(self.customers["real"].sum())

    def check(self) -> pd.DataFrame:
        """Real and expected mean purchases by how many there were before."""
        return by_purchases(self.customers, GROUPS)


def beside_published() -> tuple[pd.DataFrame, int]:
    """Both models on CDNOW's customers beside the published numbers, and how many customers there are.

    Raises
    ------
    DataError : the extra ``public`` is not installed.
    """
    data = open_dataset("cdnow").responses.astype(float)
    models = (
        lifetime.purchases_model(data["x"], data["t_x"], data["T"]),
        lifetime.value_model(data["x"], data["zbar"]),
    )
    table = pd.concat([one.estimates for one in models])
    return table.assign(published=pd.Series(CDNOW)), models[0].n


def held_out(seed: int = 1) -> HeldOut:
    """BG/NBD fixed on CDNOW's first 39 weeks and held against the next 39.

    Purchases of one day count as one, as in the paper.

    Parameters
    ----------
    seed : of the interval.

    Raises
    ------
    DataError : the extra ``public`` is not installed.
    """
    log = open_dataset("cdnow_purchases").responses
    day = pd.to_datetime(log["date"].astype(int).astype(str), format="%Y%m%d")
    days = pd.DataFrame({"customer": log["customer"], "day": day}).drop_duplicates()
    first = days.groupby("customer")["day"].min()
    early = days[days["day"] <= BORDER].groupby("customer")["day"]
    table = pd.DataFrame({
        "frequency": early.size() - 1.0, "recency": (early.max() - first).dt.days / DAYS,
        "age": (BORDER - first).dt.days / DAYS,
    })  # fmt: skip
    later = days[(days["day"] > BORDER) & (days["day"] <= END)]
    table["real"] = later.groupby("customer").size().reindex(table.index).fillna(0.0)
    seen = (table["frequency"], table["recency"], table["age"])
    weeks = (END - BORDER).days / DAYS
    model = lifetime.purchases_model(*seen)
    table["expected"] = lifetime.expected_purchases(model.values, *seen, weeks)
    table["alive"] = lifetime.alive(model.values, *seen)
    plain = float((table["frequency"] / table["age"]).sum() * weeks)
    return HeldOut(table, lifetime.expected_total(model, *seen, weeks, seed=seed), plain, weeks)


# Survey -> its questions on satisfaction, recommending, choosing again and staying. Answers on the cost of
# switching in corp_rep_data follow from those on quality and were not asked: they are not taken.
ASKED = {
    "abc": (("q1",), "q4", "q5", ""),
    "corp_rep_data": (("cusa",), "cusl_1", "cusl_2", "cusl_3"),
    "mobi": (("CUSA1", "CUSA2", "CUSA3"), "CUSL3", "CUSL1", "CUSL2"),
}
RESAMPLES = 1000


def recommendation_beside(seed: int = 1) -> pd.DataFrame:
    """Whether recommending goes with satisfaction or with loyalty in three public surveys.

    Parameters
    ----------
    seed : of the samples drawn again.

    Returns
    -------
    DataFrame by survey: n, correlations of the answer on recommending with those on ``satisfaction`` (one
    question, or the mean over several), choosing ``again`` and ``stays``, and ``difference`` (again less
    satisfaction) with ci_lower and ci_upper.

    Notes
    -----
    Question by question, so that a scale of many does not win by its reliability.

    Raises
    ------
    DataError : the extra ``public`` is not installed.
    """
    rows = {}
    for name, (satisfied, recommends, again, stays) in ASKED.items():
        asked = [*satisfied, again, *([stays] if stays else []), recommends]
        answers = open_dataset(name).responses[asked].dropna().to_numpy(float)
        size, split = len(answers), len(satisfied)
        draws = np.random.default_rng(seed).multinomial(size, np.full(size, 1.0 / size), size=RESAMPLES)
        found = np.array([_with_last(answers, weights) for weights in [np.ones(size), *draws]])
        satisfaction = found[:, :split].mean(axis=1)
        gap = found[:, split] - satisfaction
        low, high = np.quantile(gap[1:], [0.025, 0.975])
        last = found[0, split + 1] if stays else np.nan
        rows[name] = (size, satisfaction[0], found[0, split], last, gap[0], low, high)
    columns = ["n", "satisfaction", "again", "stays", "difference", "ci_lower", "ci_upper"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("survey")


def _with_last(answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlation of every column with the last one, rows counted by weights."""
    c = np.cov(answers, rowvar=False, aweights=weights)
    return c[:-1, -1] / np.sqrt(np.diag(c)[:-1] * c[-1, -1])


DONORS = {  # of past answers to mailings and gifts
    "weekslast": "weeks since the last answer", "resplast": "answered the mailing before",
    "propresp": "share of mailings answered", "mailsyear": "mailings a year", "avggift": "mean of past gifts",
}  # fmt: skip


@dataclass(frozen=True)
class Donors:
    """Who answers a charity's mailing, by rules fixed on other donors.

    areas : rule -> area under the ROC curve with its interval, in donors who were not used. gain : of all of
    past behaviour over recency alone. n : donors tried on. share : of them who answered.
    """

    areas: dict[str, Estimate]
    gain: Estimate
    n: int
    share: float


def donors(seed: int = 1) -> Donors:
    """Recency alone against all of past behaviour, on the donors of a charity who were not used.

    Parameters
    ----------
    seed : of the halves.

    Raises
    ------
    DataError : the extra ``public`` is not installed.
    """
    data = open_dataset("charity").responses.astype(float)
    half = np.random.default_rng(seed).permutation(len(data)) % 2 == 0
    names = list(DONORS)
    x = (data[names] - data.loc[half, names].mean()) / data.loc[half, names].std()
    fitted = survival.fit_hazard(x[half].assign(respond=data["respond"]), "respond", names)
    came = data.loc[~half, "respond"].to_numpy()
    rules = {
        "recency alone": -data.loc[~half, "weekslast"].to_numpy(),
        "share answered alone": data.loc[~half, "propresp"].to_numpy(),
        "all of past behaviour": fitted.predict(x[~half]),
    }
    areas = {name: ws.auc(came, score) for name, score in rules.items()}
    gain = ws.auc_difference(came, rules["all of past behaviour"], rules["recency alone"])
    return Donors(areas, gain, len(came), float(came.mean()))
