"""How many respondents does a model need? Monte Carlo power, bias, coverage and improper solutions by n.

Samples are drawn from a normal population that is written down in lavaan's syntax; the model is fitted to
every one of them by the compiled kernel (Muthén & Muthén 2002).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from workbench.errors import Fault, SpecificationError
from workbench.normal_quantiles import INTERVAL_95
from workbench.sem import arguments
from workbench.sem.normal_samples import Samples, fitted, in_population, normal
from workbench.sem.refitting.refits import parameter_frame
from workbench.sem.standardized import definition_values
from workbench.sem.table import Options, ParameterTable, Row, build
from workbench.sem.wording import near

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit


CERTAIN = 5e-4  # a simulated power this near 0 or 1 says no more than that


@dataclass(frozen=True)
class Plan:
    """Outcome of a Monte Carlo study.

    ``parameters``: a row for each n and parameter – population value, mean estimate, relative bias, standard
    deviation of the estimates, mean standard error, coverage of the interval, power (share of draws whose
    interval excludes zero). ``samples``: a row for each n – shares converged and improper, rejections by the
    test of exact fit. ``made``: n -> the samples' own estimates.
    ``misfit``: RMSEA of the model in the population itself (zero if the model is right).
    """

    parameters: pd.DataFrame
    samples: pd.DataFrame
    misfit: float
    draws: int
    seed: int
    level: float
    warnings: tuple[str, ...]
    made: Mapping[int, Samples] = field(repr=False)

    def power(self, *parameters: str) -> pd.Series:
        """Share of draws, by n, in which the intervals of all these parameters exclude zero.

        Of one parameter its power; of the paths of an indirect effect the power of the test of joint
        significance (MacKinnon, Lockwood, Hoffman, West & Sheets 2002), which keeps its level where the delta
        method is too careful.

        Parameters
        ----------
        parameters : ``lhs op rhs``, such as ``"loyalty ~ satisfaction"``, or a defined parameter's name.

        Examples
        --------
        >>> from workbench import sem
        >>> plan = sem.plan("m ~ x; y ~ m", "m ~ 0.3*x; y ~ 0.3*m", n=[50, 100], draws=500)
        >>> plan.power("m ~ x", "y ~ m").round(2).to_dict()
        {50: 0.38, 100: 0.78}
        """
        import pandas as pd
        from scipy.stats import norm

        places = [self._place(one) for one in parameters]
        reach = norm.ppf((1 + self.level) / 2)
        shares = {
            n: (np.abs(one.estimates[:, places]) > reach * one.errors[:, places]).all(axis=1).mean()
            for n, one in self.made.items()
        }
        return pd.Series(shares, name="power").rename_axis("n")

    def _place(self, parameter: str) -> int:
        """Where a parameter stands in the draws."""
        names = self.parameters["parameter"]
        parameter = arguments.text("parameter", parameter)
        names = names[: len(names) // len(self.made)]
        found = np.flatnonzero((names == parameter) | names.str.startswith(f"{parameter} :="))
        if not len(found):
            known = ", ".join(names)
            raise SpecificationError(f"no parameter {parameter!r}{near(parameter, names)}. Known: {known}")
        return int(found[0])

    def sample_size(self, parameter: str | Sequence[str], power: float = 0.8) -> float:
        """Smallest n that reaches a power, interpolated on the grid; NaN if the grid does not reach it.

        If the first n of the grid reaches it already, that n (a smaller one may do too).

        ``parameter``: as in `power`; several of them must be found together.
        """
        found = self.power(*([parameter] if not isinstance(parameter, (list, tuple)) else parameter))
        return smallest_n(found, power)


def smallest_n(powers: pd.Series, power: float = 0.8) -> float:
    """Smallest n that reaches a power, interpolated on a grid; NaN if the grid does not reach it.

    Parameters
    ----------
    powers : n -> power, n ascending. power : to be reached.

    Notes
    -----
    Between two sizes the normal quantile of the power goes in a straight line over the square root of n, as
    that of a z test does: Φ(δ√n − z). Straight lines over n lie below that curve, and ask for more.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.sem.planning import smallest_n
    >>> smallest_n(pd.Series({100: 0.5, 200: 0.7, 300: 0.9}))
    240.0
    """
    power = arguments.share("power", power)
    n, reached = powers.index.to_numpy(float), np.maximum.accumulate(powers.to_numpy(float))
    if reached[0] >= power:
        return float(n[0])
    if reached[-1] < power:
        return float("nan")
    above = int(np.argmax(reached >= power))
    bent = special.ndtri(np.clip([reached[above - 1], reached[above], power], CERTAIN, 1 - CERTAIN))
    share = (bent[2] - bent[0]) / (bent[1] - bent[0]) if bent[1] > bent[0] else 1.0
    root = np.sqrt(n[above - 1]) + share * (np.sqrt(n[above]) - np.sqrt(n[above - 1]))
    return float(np.ceil(round(root**2, 6)))  # what rounding adds to a whole number is no respondent


def plan(
    model: str,
    population: str,
    n: Sequence[int] | int = (100, 200, 400, 800),
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
    standardized: bool = True,
    jobs: int | None = None,
) -> Plan:
    """Power and sample size for a model, by simulation.

    Parameters
    ----------
    model : what will be fitted, lavaan syntax, ``:=`` included.
    population : lavaan syntax with a number before every variable (``y ~ 0.3*x``). Covariances that are not
        written are zero. A residual variance that is not written makes its variable's variance one
        (``standardized=True``) or is one itself.
    n : sample sizes, or one.
    level : of intervals; power is the share of draws whose interval excludes zero.
    draws : samples of each size.
    seed : the same seed gives the same result.
    standardized : whether a residual variance that is not written makes its variable's variance one.
    jobs : worker processes; None: as many as there are cores.

    Raises
    ------
    SpecificationError for a population without numbers, with a circle of paths, or with impossible values.

    R: ``lavaan::simulateData`` and ``sem`` in a loop, or ``semTools``/``simsem::sim``.

    Examples
    --------
    >>> from workbench import sem
    >>> plan = sem.plan("y ~ x", "y ~ 0.3*x", n=[50, 100], draws=200)
    >>> plan.parameters.loc[plan.parameters["op"] == "~", ["n", "power"]].round(2)
         n  power
    0   50   0.62
    3  100   0.88
    """

    listed = n if isinstance(n, Iterable) and not isinstance(n, (str, bytes)) else (n,)
    sizes = sorted({arguments.whole("n", size, 10) for size in listed})
    draws, seed = arguments.whole("draws", draws, 10), arguments.whole("seed", seed, 0)
    level, jobs = arguments.share("level", level), arguments.optional_whole("jobs", jobs)
    standardized = arguments.flag("standardized", standardized)
    if not sizes:
        raise SpecificationError("plan: give at least one sample size in n=")
    cov, names = population_covariance(population, standardized)
    _no_means(build(model, Options(fixed_x=False)), "model")
    truth = in_population(model, cov, names)
    frames, samples, made = [], [], {}
    for place, size in enumerate(sizes):
        source = normal(truth, cov, names, size)
        made[size] = fitted(truth, source, size, draws, [seed, place], jobs=jobs)
        parameters, sample = _described(truth, made[size], size, draws, level)
        frames.append(parameters)
        samples.append(sample)
    import pandas as pd

    by_n = pd.DataFrame(samples)
    misfit = float(np.sqrt(max(2 * truth.fmin, 0.0) / truth.df)) if truth.df else 0.0
    misfit = misfit if misfit > 1e-5 else 0.0
    warnings = _warnings(by_n, misfit, draws)
    return Plan(pd.concat(frames, ignore_index=True), by_n, misfit, draws, seed, level, warnings, made)


def _described(
    truth: Fit, made: Samples, size: int, draws: int, level: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One sample size: parameters' frame and the samples' record."""
    from scipy.stats import chi2, norm

    estimates, errors = made.estimates, made.errors
    frame = parameter_frame(truth.problem).reset_index(names="parameter")
    true = np.concatenate(
        [truth.free_values, definition_values(truth.problem, truth.free_values[None])[0][0]]
    )
    reach = norm.ppf((1 + level) / 2) * errors
    frame["n"] = size
    frame["population"] = true
    frame["mean_estimate"] = estimates.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = (frame["mean_estimate"] - true) / true
    frame["relative_bias"] = relative.where(np.abs(true) > 1e-8)
    frame["sd"] = estimates.std(axis=0, ddof=1)
    frame["mean_se"] = errors.mean(axis=0)
    frame["coverage"] = (np.abs(estimates - true) <= reach).mean(axis=0)
    frame["power"] = (np.abs(estimates) > reach).mean(axis=0)
    rejected = (made.chisq > chi2.ppf(level, truth.df)).mean() if truth.df else np.nan
    record = {
        "n": size,
        "converged": 1 - made.failed / draws,
        "improper": float(made.improper.mean()),
        "exact_fit_rejected": float(rejected),
        "mean_chisq": float(made.chisq.mean()),
        "df": truth.df,
    }
    return frame, record


def _warnings(by_n: pd.DataFrame, misfit: float, draws: int) -> tuple[str, ...]:
    warnings = []
    if misfit:
        warnings.append(
            f"the model does not hold in the population (RMSEA {misfit:.3f}): its 'population' "
            "values are those that it takes there"
        )
    weak = by_n[by_n["improper"] > 0.05]
    if len(weak):
        sizes = ", ".join(f"{size:,}" for size in weak["n"])
        warnings.append(f"more than 5 % of the draws have a negative variance at n = {sizes}")
    failing = by_n[by_n["converged"] < 0.99]
    if len(failing):
        sizes = ", ".join(f"{size:,}" for size in failing["n"])
        warnings.append(
            f"more than 1 % of the draws did not converge at n = {sizes}; figures are of those that did"
        )
    if draws < 500:
        warnings.append(
            f"{draws} draws: a power of .80 is known to within ±{INTERVAL_95 * np.sqrt(0.16 / draws):.2f}"
        )
    return tuple(warnings)


def population_covariance(population: str, standardized: bool = True) -> tuple[np.ndarray, list[str]]:
    """Covariance matrix that a population in lavaan's syntax implies, and the observed variables' names.

    R: ``lavaan::fitted(lavaan::sem(population, do.fit = FALSE))$cov``.
    """
    table = build(population, Options(fixed_x=False))
    _no_means(table, "population")
    _need_numbers(table)
    names = [*table.variables.observed, *table.variables.latent]
    place = {name: position for position, name in enumerate(names)}
    size = len(names)
    paths, spread, unset = np.zeros((size, size)), np.zeros((size, size)), []
    for row in table.rows:
        left, right = place[row.lhs], place[row.rhs]
        if row.op == "=~":
            paths[right, left] = row.value
        elif row.op == "~":
            paths[left, right] = row.value
        elif row.value is not None and (row.user or left != right):
            spread[left, right] = spread[right, left] = row.value
        elif left == right:
            unset.append(left)
    order = _causal_order(paths, names)
    for variable in order:
        if variable not in unset:
            continue
        spread[variable, variable] = 1.0
        if standardized:
            spread[variable, variable] = 0.0
            total = np.linalg.inv(np.eye(size) - paths)
            explained = (total @ spread @ total.T)[variable, variable]
            if explained >= 1:
                raise SpecificationError(
                    f"population: {names[variable]} is explained to {explained:.2f} of a variance of one; "
                    "lower its paths, write its residual variance, or use standardized=False"
                )
            spread[variable, variable] = 1 - explained
    _need_possible(spread, names)
    total = np.linalg.inv(np.eye(size) - paths)
    observed = len(table.variables.observed)
    cov = (total @ spread @ total.T)[:observed, :observed]
    if np.linalg.eigvalsh(cov)[0] <= 1e-10:
        raise SpecificationError(
            "population: its covariance matrix is not positive definite; look at covariances"
        )
    return cov, names[:observed]


def _no_means(table: ParameterTable, which: str) -> None:
    if table.meanstructure:
        raise SpecificationError(
            f"plan: leave intercepts and means (~1) out of the {which}: samples have means of zero, and "
            "power of the other parameters does not depend on them"
        )


def _need_possible(spread: np.ndarray, names: list[str]) -> None:
    """Raise for (residual) covariances that no variables can have."""
    values, vectors = np.linalg.eigh(spread)
    if values[0] > -1e-10:
        return
    involved = [name for name, weight in zip(names, vectors[:, 0], strict=True) if abs(weight) > 1e-6]
    raise SpecificationError(
        f"population: the variances and covariances (~~) of {', '.join(involved)} are impossible together: a "
        "variance is negative or a correlation above one"
    )


def _need_numbers(table: ParameterTable) -> None:
    def lacks(row: Row) -> bool:
        return row.op in ("=~", "~") and row.value is None

    faults = [
        Fault(
            f"population: {row.name} has no number",
            line=row.line,
            fix=f"Write {row.lhs} {row.op} 0.5*{row.rhs}.",
        )
        for row in table.rows
        if lacks(row)
    ]
    if faults:
        raise SpecificationError(faults)


def _causal_order(paths: np.ndarray, names: list[str]) -> list[int]:
    """Variables with every cause before its effect."""
    left, order = set(range(len(names))), []
    while left:
        ready = [variable for variable in sorted(left) if not any(paths[variable, cause] for cause in left)]
        if not ready:
            circle = ", ".join(names[variable] for variable in sorted(left))
            raise SpecificationError(f"population: paths run in a circle among {circle}")
        order += ready
        left -= set(ready)
    return order
