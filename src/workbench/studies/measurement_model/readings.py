"""Public surveys of study 03: a covariance model, composites and a regression of the same answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.measurement import measurement_models as models
from workbench.measurement import partial_least_squares
from workbench.studies import dimensions as chosen
from workbench.studies.measurement_model.fitting import ROBUST
from workbench.studies.paper_tables import answered_means

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.sem import Fit
    from workbench.survey import Survey

COVARIANCE, COMPOSITES, MEANS = "covariance model", "composites (PLS)", "mean answers"
INTERVAL = ["estimate", "ci_lower", "ci_upper"]


@dataclass(frozen=True)
class Asked:
    """Constructs of a public survey, and the outcome that is regressed on drivers in all three readings.

    before : outcome -> predictors further up, for the composites' weights.
    """

    constructs: tuple[str, ...]
    outcome: str
    drivers: tuple[str, ...]
    before: Mapping[str, tuple[str, ...]]


# Of corp_rep_data those constructs of which its source says that they show in their items (reflective).
SURVEYS = {
    "mobi": Asked(
        ("image", "expectations", "quality", "value", "satisfaction", "loyalty"),
        "satisfaction",
        ("image", "expectations", "quality", "value"),
        {
            "expectations": ("image",),
            "quality": ("expectations",),
            "value": ("expectations", "quality"),
            "loyalty": ("image", "satisfaction"),
        },
    ),
    "corp_rep_data": Asked(
        ("competence", "likeability", "loyalty"), "loyalty", ("competence", "likeability"), {}
    ),
}


@dataclass(frozen=True)
class Readings:
    """Three readings of one survey's answers.

    pairs, paths : reading -> estimate, ci_lower, ci_upper, by pair (a tuple) and by driver. rivals : fit of
    one factor and of the factors named. smallest : eigenvalue of the factors' correlations; impossible :
    share of the bootstrap samples in which it is negative. r2 : by reading. fit : the factors.
    """

    name: str
    survey: Survey
    asked: Asked
    rivals: pd.DataFrame
    fit: Fit
    pairs: dict[str, pd.DataFrame]
    paths: dict[str, pd.DataFrame]
    r2: dict[str, float]
    smallest: float
    impossible: float
    vif: float
    n: int
    draws: int
    warnings: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Words of the constructs, without those that all of them share."""
        book, shared = self.survey.codebook, ("Customer ", "Perceived ")
        said = {name: book.label(name) for name in self.asked.constructs}
        for word in shared:
            said = {name: text.removeprefix(word).capitalize() for name, text in said.items()}
        return said

    @property
    def proper(self) -> bool:
        """Whether the factors' correlation matrix is positive definite."""
        return self.smallest > 0

    @property
    def taken_for_one(self) -> list[tuple[str, str]]:
        """Pairs of factors that correlate at .90 or more, the closest first."""
        own = self.pairs[COVARIANCE]["estimate"]
        return list(own[own >= chosen.TAKEN_FOR_ONE].sort_values(ascending=False).index)


def read(survey: Survey, name: str, *, draws: int, seed: int) -> Readings:
    """The three readings of one of `SURVEYS`.

    Answers count as numbers in all three. Covariance model: factors by robust ML, intervals from its standard
    errors, and the outcome's regression on the drivers among them; composites: partial least squares (mode A,
    path weighting, percentile bootstrap); regression: means of what was answered, standardized, HC3.
    """
    from workbench import regression, sem

    asked = SURVEYS[name]
    constructs = {own: list(survey.items(own)) for own in asked.constructs}
    answers = survey.responses[[item for own in constructs.values() for item in own]]
    text = models.correlated_factors(constructs)
    fit = sem.fit(text, answers, **ROBUST)
    among = {own: constructs[own] for own in (*asked.drivers, asked.outcome)}
    structure = f"{asked.outcome} ~ {' + '.join(asked.drivers)}"
    regressed = sem.fit(f"{models.correlated_factors(among)}\n{structure}", answers, **ROBUST)
    composites = partial_least_squares(
        answers, constructs, {**asked.before, asked.outcome: asked.drivers}, draws=draws, seed=seed
    )
    means = answered_means(survey, asked.constructs)
    standard = (means - means.mean()) / means.std()
    ols = regression.ols(standard, asked.outcome, list(asked.drivers), covariance="HC3")
    names = list(asked.constructs)
    own = composites.intervals.set_index(["construct_a", "construct_b"])[INTERVAL]
    composite_paths = composites.paths.query("outcome == @asked.outcome").set_index("predictor")[INTERVAL]
    return Readings(
        name,
        survey,
        asked,
        models.fit_rivals(answers, constructs, name="general_factor_", **ROBUST).table,
        fit,
        {COVARIANCE: _factor_pairs(fit, names), COMPOSITES: own, MEANS: _mean_pairs(means)},
        {
            COVARIANCE: _factor_paths(regressed, asked),
            COMPOSITES: composite_paths,
            MEANS: ols.coefficients.loc[list(asked.drivers), INTERVAL],
        },
        {
            COVARIANCE: float(regressed.r2[asked.outcome]),
            COMPOSITES: float(composites.r2[asked.outcome]),
            MEANS: float(ols.measures["r2"]),
        },
        _smallest(_factor_pairs(fit, names)["estimate"], names),
        _impossible(text, answers, names, draws=draws, seed=seed),
        float(np.linalg.inv(standard[list(asked.drivers)].corr()).diagonal().max()),
        len(answers),
        draws,
        tuple(
            f"{name}: {text}"
            for text in dict.fromkeys([*fit.warnings, *regressed.warnings, *composites.warnings])
        ),
    )


def untestable(read: Mapping[str, Readings]) -> list[Verdict]:
    """Why none of the surveys can decide D1-2: what they ask about instead."""
    from workbench.evidence import claims

    return [
        claims.not_testable(
            "D1-2",
            part=f"confirmed {name}",
            kind=found.survey.kind,
            n=found.n,
            reason=f"its constructs are {', '.join(found.labels.values())}: other things than the five "
            "dimensions",
        )
        for name, found in read.items()
    ]


def _factor_pairs(fit: Fit, names: Sequence[str]) -> pd.DataFrame:
    """Correlations of factors with intervals, by pair."""
    table = fit.standardized.query("op == '~~' and lhs != rhs")
    found = {
        frozenset((row.lhs, row.rhs)): (row.est_std, row.ci_lower, row.ci_upper)
        for row in table.itertuples()
        if {row.lhs, row.rhs} <= {*names}
    }
    pairs = list(combinations(names, 2))
    index = pd.MultiIndex.from_tuples(pairs, names=["construct_a", "construct_b"])
    return pd.DataFrame([found[frozenset(pair)] for pair in pairs], index, INTERVAL)


def _factor_paths(fit: Fit, asked: Asked) -> pd.DataFrame:
    table = fit.standardized.query("op == '~' and lhs == @asked.outcome").set_index("rhs")
    return table.rename(columns={"est_std": "estimate"}).loc[list(asked.drivers), INTERVAL]


def _mean_pairs(means: pd.DataFrame) -> pd.DataFrame:
    """Correlations of mean answers, by pair, intervals by Fisher's z."""
    from scipy.stats import pearsonr

    pairs = list(combinations(means.columns, 2))
    found = [pearsonr(means[a], means[b]) for a, b in pairs]
    index = pd.MultiIndex.from_tuples(pairs, names=["construct_a", "construct_b"])
    return pd.DataFrame([(r.statistic, *r.confidence_interval()) for r in found], index, INTERVAL)


def _smallest(correlations: pd.Series, names: Sequence[str]) -> float:
    """Smallest eigenvalue of a matrix of correlations given by pair."""
    matrix = pd.DataFrame(np.eye(len(names)), names, names)
    for (a, b), value in correlations.items():
        matrix.loc[a, b] = matrix.loc[b, a] = value
    return float(np.linalg.eigvalsh(matrix.to_numpy())[0])


def _impossible(text: str, answers: pd.DataFrame, names: Sequence[str], *, draws: int, seed: int) -> float:
    """Share of bootstrap samples (complete cases, ML) whose factors' correlations cannot be."""
    from workbench import sem

    drawn = sem.fit(text, answers.dropna()).bootstrap(draws=draws, seed=seed).standardized.dropna()
    matrices = np.tile(np.eye(len(names)), (len(drawn), 1, 1))
    for a, b in combinations(range(len(names)), 2):
        column = next(c for c in (f"{names[a]} ~~ {names[b]}", f"{names[b]} ~~ {names[a]}") if c in drawn)
        matrices[:, a, b] = matrices[:, b, a] = drawn[column]
    return float((np.linalg.eigvalsh(matrices)[:, 0] < 0).mean())
