"""Looking at a solution: is the model identified, is the solution admissible, can the sample carry it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.definite import inverted

if TYPE_CHECKING:
    from workbench.sem.result import Fit

SINGULAR = 1e-10
NEAR_SINGULAR = 1e-7
SMALL_GROUP = 50


def identification(fit: Fit) -> bool:
    """Raise if parameters cannot be told apart: the Jacobian of the moments lacks rank at two points.

    Returns whether the information is so far from singular that `look_at` need not look at it again.

    A solution may lie where the rank is low by accident (a covariance of exactly zero), so the rank is
    looked at in the solution and in a point away from it.
    """
    model = fit.problem.model
    if _well_conditioned(fit):
        return True
    here, _ = _information_spectrum(fit, fit.x)
    if here.size and here[0] > SINGULAR:
        return False
    for share in (1.0, 0.1, 0.01):  # nearer, where the point further off has no implied moments
        elsewhere = model.expand(_moved(model.reduce(fit.x[None]), share))[0]
        moved, moved_vectors = _information_spectrum(fit, elsewhere)
        if moved.size:
            break
    if not moved.size or moved[0] > SINGULAR:
        return False
    involved = np.abs(moved_vectors[:, moved <= SINGULAR]).max(axis=1)
    names = _involved(fit, involved)
    raise SpecificationError(
        f"the model is not identified: {names} cannot be told apart by the data, whatever the sample. Fix "
        "one of them (a loading to 1, a variance or covariance to 0), equate some, or add indicators"
    )


def _moved(u: np.ndarray, share: float) -> np.ndarray:
    """A point near by, every direction changed by its own small factor."""
    factors = 1 + 0.1 * share * np.random.default_rng(7).uniform(-1, 1, u.shape)
    return u * factors + 0.01 * share


def _expected_information(fit: Fit, x: np.ndarray) -> np.ndarray | None:
    """Expected information in the free directions; None where the implied covariances are not admissible.

    Unweighted least squares have a unit; there the moments of standardised variables are taken.
    """
    inference = fit.inference if x is fit.x else fit.problem.inference(x)
    try:
        if fit.problem.estimator.unweighted:
            information = sum(jacobian.T @ jacobian for jacobian in inference.jacobians)
        else:
            information = inference.expected
    except np.linalg.LinAlgError:
        return None
    information = inference.reduced(information)
    return information if np.isfinite(information).all() else None


def _information_spectrum(fit: Fit, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of the information with unit diagonal, in the free directions, smallest first.

    Empty where there is no information because implied covariances are not admissible.
    """
    information = _expected_information(fit, x)
    if information is None:
        none = np.array([])
        return none, none
    scale = np.sqrt(np.maximum(np.diagonal(information), 1e-300))
    empty = np.diagonal(information) < 1e-14
    scaled = information / np.outer(scale, scale)
    scaled[empty, :] = scaled[:, empty] = 0.0
    return np.linalg.eigh(scaled)


def _well_conditioned(fit: Fit) -> bool:
    """Whether no parameter is nearly explained by the others: a cheap look that spares the eigenvalues.

    With unit diagonal the smallest eigenvalue is at least one over the trace of the inverse.
    """
    information = _expected_information(fit, fit.x)
    if information is None:
        return False
    if not information.size:
        return True
    diagonal = np.diagonal(information)
    if (diagonal < 1e-14).any():
        return False
    scale = np.sqrt(diagonal)
    found = inverted(information / np.outer(scale, scale))
    return found is not None and bool(np.trace(found[0]) < 0.1 / NEAR_SINGULAR)


def _involved(fit: Fit, weight: np.ndarray) -> str:
    model = fit.problem.model
    if model.basis is not None:
        weight = np.abs(model.basis) @ weight
    names = fit.table.free_names
    chosen = [names[place] for place in np.argsort(-weight) if weight[place] > 0.05][:8]
    return ", ".join(chosen)


def _collinear(cov: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Latent variables whose covariances no variables can have, or one of which the others determine.

    ``without``: those whose (residual) variance is fixed to zero; that the others determine these, or that
    they do not vary, is what the model says.
    """
    looks = [(~without, 1e-8)]
    if without.any():
        looks.append((np.ones(len(cov), dtype=bool), -1e-8))
    for kept, least in looks:
        places = np.flatnonzero(kept)
        if len(places) < 2:
            continue
        part = cov[np.ix_(places, places)]
        sd = np.sqrt(np.maximum(np.diagonal(part), 0.0))
        sd = np.where(sd > 0, sd, 1.0)
        values, vectors = np.linalg.eigh(part / np.outer(sd, sd))
        if values[0] < least:
            return places[np.abs(vectors[:, 0]) > 0.3]
    return np.empty(0, dtype=int)


def _why_collinear(cov: np.ndarray) -> str:
    """Whether two of these variables correlate by one or more, or only all of them together do."""
    sd = np.sqrt(np.maximum(np.diagonal(cov), 0.0))
    sd = np.where(sd > 0, sd, 1.0)
    pairs = np.abs(cov / np.outer(sd, sd))[np.triu_indices(len(cov), 1)]
    if np.max(pairs, initial=0.0) > 1 - 1e-6:
        return "a correlation of one or more"
    return "no two correlate by one, but each follows from the others: a multiple correlation of one or more"


def look_at(fit: Fit, well_conditioned: bool) -> list[str]:
    """Warnings about a solution: no convergence, improper values, near-singular information, small groups."""
    problem, table = fit.problem, fit.table
    warnings = []
    if not fit.converged:
        warnings.append(
            f"the fit has not converged after {fit.iterations} steps (largest gradient {fit.gradient:.1e}): "
            "the values are not estimates; no standard errors and no measures are shown. Look at scales, "
            "starting values and identification"
        )
    names = (*table.variables.observed, *table.variables.latent)
    for group, label in enumerate(fit.groups):
        where = f" in group {label}" if label != "" else ""
        _, spread, _, cov = fit.inference.latent[group]
        variances = np.diagonal(spread[0])
        negative = [name for name, value in zip(names, variances, strict=True) if value < -1e-10]
        if negative:
            warnings.append(
                f"negative variance{where}: {', '.join(negative)} (a Heywood case; the solution is improper)"
            )
        p = problem.model.observed
        collinear = () if negative else _collinear(cov[0][p:, p:], variances[p:] == 0)
        if len(collinear):
            found = ", ".join(table.variables.latent[place] for place in collinear)
            part = cov[0][p:, p:][np.ix_(collinear, collinear)]
            warnings.append(
                f"the covariance matrix of the latent variables is not positive definite{where}: look at "
                f"{found} ({_why_collinear(part)})"
            )
        if problem.n[group] < SMALL_GROUP and len(fit.groups) > 1:
            warnings.append(
                f"only {problem.n[group]} rows{where}: standard errors and tests are approximate at best"
            )
        elif problem.n[group] < problem.model.directions and len(fit.groups) == 1:
            warnings.append(
                f"{problem.n[group]} rows and {problem.model.directions} free parameters: "
                "estimates are unstable"
            )
    if fit.converged and not well_conditioned:
        values, vectors = _information_spectrum(fit, fit.x)
        if values.size and values[0] < NEAR_SINGULAR:
            involved = _involved(fit, np.abs(vectors[:, 0]))
            warnings.append(
                f"the information matrix is nearly singular ({involved}): standard errors are not "
                "to be trusted, the model is close to not being identified"
            )
    return warnings
