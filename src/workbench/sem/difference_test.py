"""Difference tests of nested models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import qr

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.directions import between_directions
from workbench.sem.inference import ScaledTest, scaled_inverse
from workbench.sem.measures import chi_square_tail, likelihood_measures
from workbench.sem.result import Fit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """A likelihood-ratio test: ``table`` has a row for each model, the difference in the second."""

    table: pd.DataFrame
    statistic: float
    df: int
    pvalue: float
    method: str
    warnings: tuple[str, ...] = ()


METHODS = {
    "satorra.bentler.2001": "Satorra-Bentler (2001)",
    "satorra.bentler.2010": "Satorra-Bentler (2010)",
    "satorra.2000": "Satorra (2000), scaled and shifted",
}
SAME = 1e-3  # covariances of the same rows, as correlations, differ by less (EM comes near, not to the end)
NO_TEST = "the scaling factor of the difference is not positive: no scaled test for this pair"


def compare(a: Fit, b: Fit, method: str = "default") -> Comparison:
    """Likelihood-ratio test of two nested models, in whichever order they are given.

    Parameters
    ----------
    a, b : fits of the same data by the same estimator.
    method : of scaled tests. By default Satorra & Bentler (2001) for MLM and MLR, Satorra (2000), scaled and
        shifted, for MLMV and the other scaled-and-shifted tests. ``"satorra.bentler.2010"`` takes the less
        restricted model's scaling factor at the more restricted one's estimates, which keeps the test
        positive where that of 2001 is not; ``"satorra.2000"`` goes with complete or ordered data.

    Raises SpecificationError if the models cannot be nested (same df, other estimator, other data).

    R: ``lavaan::lavTestLRT(a, b, method = method)``. For a nonlinear constraint "satorra.2000" takes the
    constraint's tangent, which lavaan leaves out of its ``A``.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use")
    >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
    >>> free = sem.fit(model, answers)
    >>> equal = sem.fit("use =~ crm1 + k*crm2 + k*crm3 + crm4", answers)
    >>> sem.compare(free, equal).df
    1
    """
    import pandas as pd

    for fit in (a, b):
        if not isinstance(fit, Fit):
            raise SpecificationError(f"compare takes two fits, and one is a {type(fit).__name__}")
    method = arguments.choice("method", method, ("default", *METHODS))
    wide, narrow = (a, b) if a.df < b.df else (b, a)
    warnings = _check_pair(wide, narrow)
    df = narrow.df - wide.df
    difference = narrow.chisq - wide.chisq
    kind = wide.problem.estimator.test
    adjusted = kind in ("scaled.shifted", "mean.var.adjusted")
    if kind == "standard":
        if method != "default":
            raise SpecificationError(f"method={method!r} is of scaled tests, and {wide.estimator} has none")
        name, statistic = "chi-square difference", difference
    else:
        if method == "default":
            method = "satorra.2000" if adjusted else "satorra.bentler.2001"
        if method != "satorra.2000" and adjusted:
            raise SpecificationError(f"{wide.estimator} adjusts the variance too: take 'satorra.2000'")
        if method != "satorra.bentler.2001" and wide.settings["missing"] == "fiml":
            raise SpecificationError(f"method={method!r} is of complete data, as in lavaan")
        name = METHODS[method]
        if method == "satorra.2000":
            statistic = _satorra_2000(wide, narrow, difference, df)
        else:
            statistic = difference / _scaling(wide, narrow, df, at_narrow=method == "satorra.bentler.2010")
        if not np.isfinite(statistic):
            other = method == "satorra.bentler.2001" and wide.settings["missing"] != "fiml"
            warnings.append(NO_TEST + (" (method='satorra.bentler.2010' may have one)" if other else ""))
    if wide.problem.model.held or narrow.problem.model.held:
        warnings.append("an estimate stands at a bound: the difference has no chi-square distribution")
    if difference < -1e-6 * max(1.0, wide.chisq):
        warnings.append("the model with fewer parameters fits better: these models are not nested")
    pvalue = chi_square_tail(statistic, df)
    rows = []
    for fit in (wide, narrow):
        likely = fit.problem.estimator.likelihood and fit.converged
        measures = likelihood_measures(fit) if likely else {}
        rows.append(
            {
                "df": fit.df,
                "aic": measures.get("aic", float("nan")),
                "bic": measures.get("bic", float("nan")),
                "chisq": fit.chisq,
                "chisq_diff": float("nan"),
                "df_diff": float("nan"),
                "pvalue": float("nan"),
            }
        )
    rows[1] |= {"chisq_diff": statistic, "df_diff": df, "pvalue": pvalue}
    table = pd.DataFrame(rows, index=["less restricted", "more restricted"])
    return Comparison(table, statistic, df, pvalue, name, tuple(warnings))


def _check_pair(wide: Fit, narrow: Fit) -> list[str]:
    if wide.df == narrow.df:
        held = wide.problem.model.held or narrow.problem.model.held
        why = "an inequality restricts without one" if held else "they cannot be nested"
        raise SpecificationError(f"both models have {wide.df} degrees of freedom: {why}")
    if wide.problem.estimator != narrow.problem.estimator:
        raise SpecificationError(
            f"the fits have different estimators ({wide.estimator}, {narrow.estimator}): "
            "fit both with the same"
        )
    if wide.problem.model.means != narrow.problem.model.means:
        raise SpecificationError("one fit has means and the other has none: give both meanstructure=True")
    same_variables = set(wide.table.variables.observed) == set(narrow.table.variables.observed)
    if not same_variables or not _same_sample(wide, narrow):
        raise SpecificationError(
            "the fits rest on different rows or variables: a difference test needs the same"
        )
    return [
        f"the {name} restricted model has not converged: no test"
        for name, fit in (("less", wide), ("more", narrow))
        if not fit.converged
    ]


def _same_sample(wide: Fit, narrow: Fit) -> bool:
    """Whether two fits of the same variables rest on the same numbers of rows and the same covariances."""
    one, other = wide.problem.sample, narrow.problem.sample
    if not np.array_equal(one.n, other.n):
        return False
    order = [other.names.index(name) for name in one.names]
    spread = np.sqrt(np.diagonal(one.cov, axis1=1, axis2=2))
    apart = (one.cov - other.cov[:, order][:, :, order]) / (spread[:, :, None] * spread[:, None, :])
    return bool(np.abs(apart).max() < SAME)


def _factor(test: ScaledTest | None) -> float:
    """Its scaling factor; a plain test is not scaled."""
    return 1.0 if test is None else test.factor


def _scaling(wide: Fit, narrow: Fit, df: int, at_narrow: bool) -> float:
    """Scaling factor of the difference (Satorra & Bentler 2001, or 2010); nan where it is not positive."""
    upper, lower = narrow.df * _factor(narrow.scaled_test), 0.0
    if wide.df:
        test = wide.scaled_test
        if at_narrow:
            inference = wide.problem.inference(_at_estimates_of(wide, narrow))
            test = inference.scaled_test(wide.chisq, wide.df)
        lower = wide.df * _factor(test)
    factor = (upper - lower) / df
    return factor if factor > 0 else float("nan")


def _at_estimates_of(wide: Fit, narrow: Fit) -> np.ndarray:
    """The wide model's parameters (q,) at the narrow model's estimates; what that leaves out is zero."""
    known = {}
    for row, value in zip(narrow.table.rows, narrow.values[0], strict=False):
        known[row.lhs, row.op, row.rhs, row.group] = value
        if row.op == "~~":
            known[row.rhs, row.op, row.lhs, row.group] = value
    rows = [wide.table.rows[index] for index in wide.table.free]
    values = [known.get((row.lhs, row.op, row.rhs, row.group), 0.0) for row in rows]
    return np.array(values) / wide.problem.model.unit


def _satorra_2000(wide: Fit, narrow: Fit, difference: float, df: int) -> float:
    """Scaled-and-shifted difference test from the restriction that the narrow model puts on the wide one."""
    inference, order = wide.inference, _order(wide, narrow)
    size, other = wide.problem.model.parameters, narrow.problem.model.parameters
    # the solutions differ, so fitting one Jacobian by the other depends on units: the data's, as in lavaan
    unit = wide.problem.places.unit[:, None]
    gram, across = np.zeros((size, size)), np.zeros((size, other))
    for group, (part, change) in enumerate(zip(inference.jacobians, narrow.inference.jacobians, strict=True)):
        own, its = wide.problem.model.groups[group].columns, narrow.problem.model.groups[group].columns
        part, change = unit * part[:, own], unit * change[order][:, its]
        gram[np.ix_(own, own)] += part.T @ part
        across[np.ix_(own, its)] += part.T @ change
    gram = inference.reduced(gram)
    across = between_directions(across, wide.problem.model.basis, narrow.problem.model.basis)
    # least squares turn the narrow directions to gram⁻¹ across: what is gram times a vector that does not see
    # ``across`` is a restriction. Directions of length one: their units differ widely
    length = np.sqrt(np.maximum(np.diagonal(gram), 1e-300))
    gram = gram / np.outer(length, length)
    blind = qr(across / length[:, None], pivoting=True)[0][:, len(gram) - df :]
    restriction = blind.T @ gram
    information = inference.reduced(inference.expected) / np.outer(length, length)
    middle = scaled_inverse(information) @ restriction.T
    core = middle @ np.linalg.pinv(restriction @ middle, rcond=1e-8) @ middle.T
    product = core @ (inference.reduced(inference.meat) / np.outer(length, length))
    trace, square = float(np.trace(product)), float(np.einsum("ij,ji->", product, product))
    if not square > 0:
        return float("nan")
    slope = np.sqrt(df / square)
    return float(slope * difference + df - slope * trace)


def _order(wide: Fit, narrow: Fit) -> np.ndarray:
    """Where the narrow model's moments stand in the order of the wide model's."""
    place = {key: position for position, key in enumerate(narrow.problem.places.keys)}
    return np.array([place[key] for key in wide.problem.places.keys])
