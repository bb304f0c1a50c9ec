"""Power to tell two groups of one size apart: in a path, and in a loading (metric invariance)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2

from workbench import sem
from workbench.errors import SpecificationError
from workbench.normal_quantiles import INTERVAL_95
from workbench.sem.data.moments import moments
from workbench.sem.normal_samples import LARGE, fitted, in_population, normal
from workbench.sem.planning import population_covariance
from workbench.sem.refitting.batch import structure_of
from workbench.sem.refitting.refits import parameter_frame

if TYPE_CHECKING:
    from workbench.studies.sample_size.planned import Planned
    from workbench.survey.hypotheses import Hypothesis

GROUPS = ("1", "2")


def path_difference(
    planned: Planned, one: Hypothesis, sizes: Sequence[int], *, difference: float, draws: int, seed: int
) -> pd.Series:
    """Share of samples in which a path differs between two groups, by n of both together.

    The path is the planned one in the first group and larger by ``difference`` in the second (standardized);
    Wald test of the unstandardized paths, each group on its own.

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`. one : a hypothesis on a direct path.
    sizes : respondents in both groups. difference : of the standardized paths. draws, seed : of the samples.
    """
    (path,) = one.paths
    value = planned.signed(path)
    texts = (
        planned.population(),
        planned.population(**{"__".join(path): value + np.sign(value) * difference}),
    )
    drawn = []
    for group, text in enumerate(texts):
        cov, names = population_covariance(text)
        at = in_population(planned.text, cov, names)
        place = list(parameter_frame(at.problem).index).index(planned.of(one)[0])
        own = []
        for size in sizes:
            made = fitted(at, normal(at, cov, names, size // 2), size // 2, draws, [seed, group, size])
            own.append((made.estimates[:, place], made.errors[:, place]))
        drawn.append(own)
    shares = {}
    for size, (a, se_a), (b, se_b) in zip(sizes, *drawn, strict=True):
        both = min(len(a), len(b))
        error = np.hypot(se_a[:both], se_b[:both])
        shares[size] = float((np.abs(a[:both] - b[:both]) > INTERVAL_95 * error).mean())
    return pd.Series(shares, name="power").rename_axis("n")


def loading_difference(
    planned: Planned, sizes: Sequence[int], *, difference: float, draws: int, seed: int
) -> pd.Series:
    """Share of samples in which equal loadings are rejected, by n of both groups together.

    The second item of the first construct of three items or more has a loading that is lower by
    ``difference`` in the second group. Likelihood-ratio test, at the 5 % level, of that construct with all
    its loadings equal against the one with none.

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`. sizes : respondents in both groups.
    difference : of the standardized loadings. draws, seed : of the samples.

    Raises
    ------
    SpecificationError : no construct of three items or more.
    """
    from workbench.sem.refitting.newton import fit_stack

    long = [items for items in planned.model.latent.values() if len(items) >= 3]
    if not long:
        raise SpecificationError("no construct of three items or more: a loading cannot differ alone")
    item = long[0][1]
    name = next(name for name, items in planned.model.latent.items() if items is long[0])
    text = f"{name} =~ {' + '.join(long[0])}"
    lower = {**planned.loadings, item: max(planned.loadings[item] - difference, 0.05)}
    pair = [population_covariance(one.population()) for one in (planned, planned.with_loadings(lower))]
    names = pair[0][1]
    covs = {g: cov * (LARGE / (LARGE - 1)) for g, (cov, _) in zip(GROUPS, pair, strict=True)}
    sample = moments(covs, dict.fromkeys(GROUPS, LARGE), names=names)
    fits = [
        sem.fit(text, sample, fixed_x=False, meanstructure=False, group_equal=equal)
        for equal in ((), ("loadings",))
    ]
    df = fits[1].df - fits[0].df
    weight, shares = np.full(2, 0.5), {}
    for size in sizes:
        generator = np.random.default_rng([seed, size])
        sources = [normal(fits[0], cov, names, size // 2) for cov, _ in pair]
        cov = np.stack([source(draws, generator) for source in sources], axis=1)
        mean, values = np.zeros(cov.shape[:3]), []
        for fit in fits:  # of the same moments, and so on the same scale
            made = fit_stack(structure_of(fit.problem.model), cov, mean, weight, fit.x[None])
            values.append(np.where(made.status == 0, made.value, np.nan))
        statistic = size * (values[1] - values[0])
        known = np.isfinite(statistic)
        shares[size] = float((statistic[known] > chi2.ppf(0.95, df)).mean())
    return pd.Series(shares, name="power").rename_axis("n")
