"""Samples from a normal population, and a model fitted to every one of them by the compiled kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from workbench import parallel
from workbench.errors import SpecificationError
from workbench.sem.data.moments import moments
from workbench.sem.fit import fit
from workbench.sem.refitting.batch import chunk_size, structure_of
from workbench.sem.refitting.draws import wishart
from workbench.sem.refitting.refits import improper
from workbench.sem.resampling import chunks_of
from workbench.sem.standardized import definition_values

if TYPE_CHECKING:
    from workbench.sem.result import Fit

MOST_STEPS = 60  # of Newton's method: what has no solution by then has none after 200 steps
LARGE = 1_000_000_000  # so many that the population's own covariances are those of a sample

# Covariances (draws, p, p) with divisor n, on the scale of the problem, of a chunk of samples.
Source = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Samples:
    """What a model makes of samples; rows are those that converged.

    estimates, errors : (draws, parameters), free parameters first, then definitions. chisq, baseline : χ² of
    the model and of independence, (draws,). srmr : (draws,). improper : (draws,) a negative variance.
    ``failed`` samples did not converge.
    """

    estimates: np.ndarray
    errors: np.ndarray
    chisq: np.ndarray
    baseline: np.ndarray
    srmr: np.ndarray
    improper: np.ndarray
    failed: int


def in_population(model: str, cov: np.ndarray, names: list[str]) -> Fit:
    """The model fitted to a population's own covariance matrix.

    Raises
    ------
    SpecificationError : it does not converge there.
    """
    truth = fit(
        model, moments(cov * (LARGE / (LARGE - 1)), LARGE, names=names), fixed_x=False, meanstructure=False
    )
    if not truth.converged:
        raise SpecificationError("the model cannot be fitted to the population's own covariances")
    return truth


def normal(truth: Fit, cov: np.ndarray, names: list[str], size: int) -> Source:
    """Samples of ``size`` from a normal population, in the order and on the scale of the model."""
    order = [names.index(name) for name in truth.problem.table.variables.observed]
    factor = np.linalg.cholesky(
        cov[np.ix_(order, order)] / np.outer(truth.problem.scale, truth.problem.scale)
    )
    return lambda chunk, generator: wishart(generator, factor, size, chunk)


def fitted(
    truth: Fit, source: Source, size: int, draws: int, seed: list[int], *, jobs: int | None = None
) -> Samples:
    """The model of ``truth`` fitted to ``draws`` samples of ``size`` rows, from its values there as start."""
    from workbench.sem.refitting.expected_covariances import expected_covariances
    from workbench.sem.refitting.newton import fit_stack

    problem = truth.problem
    if size <= problem.model.observed:
        raise SpecificationError(f"n = {size} is not more than the {problem.model.observed} variables")
    structure, weight = structure_of(problem.model), np.ones(1)
    lower = np.tril_indices(problem.model.observed)

    def one(chunk: int, generator: np.random.Generator) -> Samples:
        cov = source(chunk, generator)[:, None]
        mean = np.zeros((chunk, 1, cov.shape[2]))
        found = fit_stack(structure, cov, mean, weight, truth.x[None], max_iterations=MOST_STEPS)
        good = found.status == 0
        x, cov, mean = found.theta[good], cov[good], mean[good]
        spread = expected_covariances(structure, x, cov, mean, weight, size)
        spread *= np.outer(problem.model.unit, problem.model.unit)
        raw = x * problem.model.unit
        defined, slopes = definition_values(problem, raw)
        error = np.sqrt(np.diagonal(spread, axis1=1, axis2=2))
        defined_error = np.sqrt(np.einsum("bdi,bij,bdj->bd", slopes, spread, slopes))
        deviation = np.sqrt(np.diagonal(cov[:, 0], axis1=1, axis2=2))
        both = deviation[:, :, None] * deviation[:, None, :]
        sigma = problem.model.state(0, x, cov[:, 0], mean[:, 0]).sigma
        residual = ((cov[:, 0] - sigma) / both)[:, lower[0], lower[1]]
        return Samples(
            np.concatenate([raw, defined], axis=1),
            np.concatenate([error, defined_error], axis=1),
            np.maximum(found.value[good] * size, 0.0),
            -size * np.linalg.slogdet(cov[:, 0] / both)[1],
            np.sqrt((residual**2).mean(axis=1)),
            improper(problem, x),
            int((~good).sum()),
        )

    entropy = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    step = chunk_size(1, problem.model.parameters)
    parts = parallel.map(one, chunks_of(draws, step, None), seed=entropy, jobs=jobs, backend="threads")
    arrays = [f.name for f in fields(Samples) if f.name != "failed"]
    return Samples(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays},
        failed=sum(part.failed for part in parts),
    )
