"""What boxes, skewness, gaps, careless respondents and misfit cost: power and estimate of one hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench import sem
from workbench.normal_quantiles import INTERVAL_95
from workbench.sem.incomplete.samples import fitted_with_holes
from workbench.sem.normal_samples import Source, fitted, in_population, normal
from workbench.sem.planning import population_covariance
from workbench.sem.refitting.refits import parameter_frame
from workbench.sem.standardized import standardize
from workbench.studies.sample_size.misfit import wrong_populations
from workbench.studies.sample_size.power_curves import FEWEST

if TYPE_CHECKING:
    from workbench.sem.result import Fit
    from workbench.studies.sample_size.planned import Planned
    from workbench.survey.hypotheses import Hypothesis

EVEN = norm.ppf([0.1, 0.3, 0.7, 0.9])  # five boxes, the middle one fullest
SKEWED = norm.ppf([0.02, 0.06, 0.16, 0.45])  # more than half tick the highest box
CARELESS, GAPS = 0.1, 0.05

CONDITIONS = ("clean", "boxes", "skewed", "random", "straight", "gaps", "fiml", "misfit")
FIML_SHARE = 5  # of so many samples one is fitted by full information, which takes longer


def costs(planned: Planned, one: Hypothesis, n: int, *, draws: int, seed: int) -> pd.DataFrame:
    """Power and mean estimate of a hypothesis on a path under each of `CONDITIONS`, at one n.

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`.
    one : a hypothesis on a direct path.
    n : respondents.
    draws : samples of each condition; a fifth of them, 20 at least, by full information.
    seed : same seed, same result.

    Returns
    -------
    DataFrame by condition: n (of those analysed), power, ratio (mean of the standardized estimate over the
    planted one), covered (share of 95 % intervals of the unstandardized path that hold its value in the clean
    population), failed (share without convergence), makes_up (n that restores the clean power, by the square
    root law). Missing where n leaves too few.
    """
    cov, names = population_covariance(planned.population())
    truth = in_population(planned.text, cov, names)
    place = list(parameter_frame(truth.problem).index).index(planned.of(one)[0])
    left = round(n * (1 - GAPS) ** planned.observed)
    wrong = next(iter(wrong_populations(planned).values()), None)
    rows = {}
    for number, name in enumerate(CONDITIONS):
        if name == "misfit" and wrong is None:
            continue
        size = left if name == "gaps" else n
        if size <= 2 * planned.observed:
            rows[name] = {"n": float(size)}
            continue
        at = (
            in_population(planned.text, *population_covariance(wrong))
            if name == "misfit" and wrong
            else truth
        )
        if name == "fiml":
            count = max(draws // FIML_SHARE, FEWEST)
            at, estimates, errors, failed = _by_full_information(
                planned.text, truth, cov, names, size, count, seed
            )
        else:
            source = _source(name, at, cov, names, size, wrong)
            made = fitted(at, source, size, draws, [seed, number])
            estimates, errors, failed, count = made.estimates, made.errors, made.failed, draws
        own = list(parameter_frame(at.problem).index).index(planned.of(one)[0])
        estimate, error = estimates[:, own], errors[:, own]
        clean = truth.free_values[place]
        rows[name] = {
            "n": float(size),
            "power": float((np.abs(estimate) > INTERVAL_95 * error).mean()),
            "ratio": float(np.mean(_standardized(at, estimates, own)) / planned.signed(one.paths[0])),
            "covered": float((np.abs(estimate - clean) <= INTERVAL_95 * error).mean()),
            "failed": failed / count,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("condition")
    reached = table["power"].clip(0.03, 0.999).map(norm.ppf) + INTERVAL_95
    table["makes_up"] = np.ceil(n * (reached["clean"] / reached) ** 2)
    return table


def _by_full_information(
    text: str, truth: Fit, cov: np.ndarray, names: list[str], size: int, draws: int, seed: int
) -> tuple[Fit, np.ndarray, np.ndarray, int]:
    """A fit by FIML, estimates and errors of samples with gaps, and how many did not converge."""
    observed = list(truth.problem.table.variables.observed)
    order = [names.index(name) for name in observed]
    factor = np.linalg.cholesky(cov[np.ix_(order, order)])
    stream = np.random.default_rng([seed, len(CONDITIONS)])
    values = stream.standard_normal((max(size, 500), len(factor))) @ factor.T
    values[stream.random(values.shape) < GAPS] = np.nan
    like = sem.fit(text, pd.DataFrame(values, columns=observed), missing="fiml", fixed_x=False)
    known = dict(zip(parameter_frame(truth.problem).index, truth.free_values, strict=True))
    start = np.array([known.get(name, 0.0) for name in parameter_frame(like.problem).index])
    return like, *fitted_with_holes(like, start, factor, GAPS, size, draws, [seed, len(CONDITIONS) + 1])


def _standardized(at: Fit, estimates: np.ndarray, place: int) -> np.ndarray:
    """The completely standardized value of one free parameter in every sample."""
    problem = at.problem
    x = estimates[:, : problem.model.parameters] / problem.model.unit
    return standardize(problem, x)[:, problem.table.free[place]]


def _source(
    condition: str, at: Fit, cov: np.ndarray, names: list[str], size: int, wrong: str | None
) -> Source:
    """Where the samples of a condition come from."""
    if condition == "misfit" and wrong:
        return normal(at, *population_covariance(wrong), size)
    if condition in ("clean", "gaps"):
        return normal(at, cov, names, size)
    observed = list(at.problem.table.variables.observed)
    order = [names.index(name) for name in observed]
    factor = np.linalg.cholesky(cov[np.ix_(order, order)])
    scale = at.problem.scale

    def sample(chunk: int, generator: np.random.Generator) -> np.ndarray:
        values = generator.standard_normal((chunk, size, len(factor))) @ factor.T
        if condition in ("boxes", "skewed"):
            cuts = EVEN if condition == "boxes" else SKEWED
            values = np.searchsorted(cuts, values).astype(float)
        careless = round(CARELESS * size)
        if condition == "random":
            values[:, :careless] = generator.standard_normal((chunk, careless, len(factor)))
        if condition == "straight":
            values[:, :careless] = generator.standard_normal((chunk, careless, 1))
        values -= values.mean(axis=1, keepdims=True)
        return values.swapaxes(1, 2) @ values / size / np.outer(scale, scale)

    return sample
