"""Segments of study 14: how many, who, found again or not, and beside k-means and another program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.evaluation import latent_classes, segment_stability
from workbench.evaluation.class_regressions import class_regressions

if TYPE_CHECKING:
    from workbench.evaluation.latent_classes import LatentClasses
    from workbench.evaluation.segment_stability import Stability
    from workbench.studies.customer_segments.given import Given

MOST, PAIRS, STARTS = 5, 10, 6
MOST_FOR_STEPMIX = 12_000  # customers times classes


@dataclass(frozen=True)
class Segments:
    """criteria : by number of classes. fits : the same. k : the number that BIC takes. stability : None where
    it takes one class."""

    criteria: pd.DataFrame
    fits: dict[int, LatentClasses]
    k: int
    stability: Stability | None
    index: pd.Index

    @property
    def fit(self) -> LatentClasses:
        return self.fits[self.k]

    @property
    def found(self) -> bool:
        """Two classes or more, and the same again in other samples."""
        return self.stability is not None and self.stability.holds

    @property
    def assigned(self) -> pd.Series:
        """The class of each customer, from 1 on."""
        return pd.Series(self.fit.assigned + 1, index=self.index, name="class")

    def posterior(self, index: pd.Index) -> np.ndarray:
        """Chances of the classes of some customers."""
        return pd.DataFrame(self.fit.posterior, index=self.index).loc[index].to_numpy()


def segment(given: Given, *, most: int = MOST, seed: int = 1) -> Segments:
    """Latent classes of the items: the number by BIC, then its stability."""
    known = latent_classes.patterns(given.items)
    criteria, fits = latent_classes.number_of_classes(known, most, starts=STARTS, seed=seed)
    k = int(criteria["bic"].idxmin())
    again = segment_stability.stability(given.items, k, pairs=PAIRS, seed=seed) if k > 1 else None
    return Segments(criteria, fits, k, again, given.items.index)


def scores(given: Given) -> pd.DataFrame:
    """Mean of the items of each construct that divides customers, or each item where there are few."""
    constructs = given.survey.codebook.constructs
    parts = {name: [one for one in constructs[name].items if one in given.items] for name in constructs}
    parts = {name: items for name, items in parts.items() if items}
    numeric = given.items.select_dtypes("number")
    return pd.DataFrame({
        name: numeric[items].astype(float).mean(axis=1)
        for name, items in parts.items()
        if {*items} <= {*numeric}
    })  # fmt: skip


def numeric(given: Given) -> pd.DataFrame | None:
    """The items as numbers; None where one of them is not."""
    table = given.items.select_dtypes("number")
    return table.astype(float) if table.shape[1] == given.items.shape[1] else None


def profiles(given: Given, found: Segments, table: pd.DataFrame) -> pd.DataFrame:
    """Means by class with intervals, who is in the wrong class allowed for.

    Parameters
    ----------
    table : numbers by customer.

    Returns
    -------
    DataFrame : (what, class) -> estimate, se, ci_lower, ci_upper.
    """
    parts = {}
    for name in table:
        fitted = class_regressions(table[name], pd.DataFrame(index=table.index), found.posterior(table.index))
        parts[name] = fitted.table.droplevel("term")
    return pd.concat(parts, names=["what"])


def beside_kmeans(given: Given, found: Segments, seed: int = 1) -> float:
    """Adjusted Rand index of the classes and as many clusters of k-means; complete answers only."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    whole = given.items.select_dtypes("number").dropna()
    if whole.shape[1] < given.items.shape[1] or len(whole) <= found.k:
        return float("nan")
    standard = (whole - whole.mean()) / whole.std()
    labels = KMeans(found.k, n_init=10, random_state=seed).fit_predict(standard.to_numpy(float))
    return float(adjusted_rand_score(found.assigned.loc[whole.index], labels))


def second_opinion(given: Given, found: Segments, seed: int = 1) -> tuple[float, float] | None:
    """The same model by StepMix: what its log likelihood lacks to ours, and the adjusted Rand index.

    None where it would take long.
    """
    if len(given.items) * found.k > MOST_FOR_STEPMIX:
        return None
    import warnings

    from sklearn.metrics import adjusted_rand_score
    from stepmix.stepmix import StepMix

    codes = given.items.apply(lambda one: pd.factorize(one, sort=True)[0])
    gaps = bool((codes < 0).any(axis=None))
    model = StepMix(
        found.k, measurement="categorical_nan" if gaps else "categorical", n_init=2, max_iter=500,
        abs_tol=1e-9, rel_tol=1e-7, random_state=seed, verbose=0, progress_bar=0,
    )  # fmt: skip
    values = codes.where(codes >= 0).to_numpy(float) if gaps else codes.to_numpy()
    with warnings.catch_warnings(record=True):  # it warns of starts that end early; the gap shows it
        model.fit(values)
        labels = model.predict(values)
        loglik = float(model.score(values)) * len(values)
    return found.fit.loglik - loglik, float(adjusted_rand_score(found.assigned, labels))
