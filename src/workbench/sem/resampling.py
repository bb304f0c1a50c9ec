"""Bootstrap of a structural equation model: every draw is a full refit.

Draws of a complete-data ML fit are refitted as stacks by the compiled kernel; other estimators, missing and
ordered answers refit one by one through `parallel`. A draw that fails is counted and shown, never hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import parallel
from workbench.errors import DataError, SpecificationError
from workbench.sem.batch import chunk_size, fit_draws
from workbench.sem.draws import moment_maker
from workbench.sem.intervals import acceleration, corrected, quantiles
from workbench.sem.standardized import definition_values, standardize

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.problem import Problem
    from workbench.sem.result import Fit

KINDS = ("nonparametric", "parametric", "bollen_stine")
INTERVALS = ("percentile", "basic", "bc", "bca")
LARGEST_JACKKNIFE = 2000
STACKED = ("ML", "MLM", "MLMV", "MLR")
LOOP_CHUNK = 10
IMPROPER = "converged, with a negative variance"
FATES = (
    "converged",
    "too many iterations",
    "no descent",
    "singular sample covariance",
    "singular information",
)


@dataclass(frozen=True)
class Bootstrap:
    """Bootstrap draws of a fit.

    ``draws``: DataFrame, one row a draw in the order drawn, one column ``lhs op rhs`` for each free and each
    defined parameter (from the second group on with ``.g2``); a draw that failed is a row of missing values.
    ``standardized``: the same for the completely standardised values. ``chisq``: test statistic of each draw.
    ``fate``: how each draw ended. ``counts``: how many ended how, and how many of the converged are improper.
    """

    draws: pd.DataFrame
    standardized: pd.DataFrame
    chisq: np.ndarray
    fate: np.ndarray
    counts: pd.DataFrame
    estimate: pd.Series
    estimate_standardized: pd.Series
    kind: str
    seed: int | None
    statistic: float
    warnings: tuple[str, ...]
    parameters: pd.DataFrame = field(repr=False)
    _jackknife: Callable[[], tuple[np.ndarray, np.ndarray]] | None = field(repr=False)

    def interval(
        self, kind: str = "percentile", level: float = 0.95, standardized: bool = False
    ) -> pd.DataFrame:
        """Bootstrap confidence intervals.

        Parameters
        ----------
        kind : ``percentile``, ``basic`` (reflected percentiles), ``bc`` (bias-corrected), ``bca``
            (bias-corrected and accelerated by the jackknife; Efron 1987).
        level : coverage aimed at.
        standardized : intervals of the completely standardised values.

        Returns
        -------
        DataFrame with lhs, op, rhs, group, label, est, se (deviation of the draws), ci_lower, ci_upper.

        Quantiles between order statistics are interpolated on the normal scale, as R's ``boot::boot.ci`` and
        lavaan's ``parameterEstimates(boot.ci.type = "perc")`` do; ``bc`` is lavaan's ``"bca.simple"``.
        """
        if kind not in INTERVALS:
            raise SpecificationError(f"interval {kind!r} is unknown. Known: {', '.join(INTERVALS)}")
        if not 0 < level < 1:
            raise SpecificationError(f"level = {level}: give a share between 0 and 1, such as 0.95")
        frame = self.standardized if standardized else self.draws
        centre = (self.estimate_standardized if standardized else self.estimate).to_numpy()
        values = frame.to_numpy()[self.fate == FATES[0]]
        values = np.sort(values, axis=0)
        if len(values) < 20:
            raise DataError(f"{len(values)} draws converged: too few for an interval. See counts")
        tails = np.array([(1 - level) / 2, (1 + level) / 2])
        probability = np.repeat(tails[:, None], values.shape[1], axis=1)
        if kind in ("bc", "bca"):
            accelerated = np.zeros(values.shape[1])
            if kind == "bca":
                if self._jackknife is None:
                    raise SpecificationError("bca intervals need a complete-data ML fit; take interval('bc')")
                accelerated = acceleration(self._jackknife()[int(standardized)])
            probability = corrected(values, centre, tails, accelerated)
        lower, upper = (quantiles(values, row) for row in probability)
        if kind == "basic":
            lower, upper = 2 * centre - upper, 2 * centre - lower
        result = self.parameters.copy()
        result["est"] = centre
        result["se"] = values.std(axis=0, ddof=1)
        result["ci_lower"], result["ci_upper"] = lower, upper
        return result

    @cached_property
    def pvalue(self) -> float:
        """Bollen–Stine p of exact fit: share of the draws with a statistic at least as large as the sample's.

        R: ``lavaan::bootstrapLavaan(fit, type = "bollen.stine", FUN = fitmeasures, "chisq")``.
        """
        if self.kind != "bollen_stine":
            raise SpecificationError("this p-value needs draws of kind='bollen_stine'")
        usable = self.chisq[np.isfinite(self.chisq)]
        return float((usable >= self.statistic).mean())


def bootstrap(
    fit: Fit,
    draws: int = 5000,
    seed: int | None = 1,
    kind: str = "nonparametric",
    indices: np.ndarray | None = None,
    jobs: int | None = None,
) -> Bootstrap:
    """Bootstrap of a fit; every draw is a full refit.

    Parameters
    ----------
    draws, seed : number of draws and seed; the same seed gives the same draws whatever the number of workers.
    kind : ``nonparametric`` resamples rows within groups; ``parametric`` draws from the normal distribution
        that the model implies; ``bollen_stine`` resamples rows turned so that the model holds (Bollen & Stine
        1992). With missing or ordered answers only ``nonparametric``.
    indices : (draws, n) zero-based numbers of the analysed rows, group after group, instead of random ones.
    jobs : workers; default the cores at hand.

    Raises
    ------
    SpecificationError for a kind or indices that do not go with the fit; DataError where rows are needed and
    only moments are known.

    R: ``lavaan::bootstrapLavaan(fit, R = draws, type = "ordinary")``.
    """
    if kind not in KINDS:
        raise SpecificationError(f"kind {kind!r} is unknown. Known: {', '.join(KINDS)}")
    if not fit.converged:
        raise SpecificationError("the fit has not converged, so there is nothing to bootstrap")
    sizes = [int(count) for count in fit.problem.n]
    picked = None if indices is None else _checked(indices, sizes, kind)
    total = draws if picked is None else len(picked)
    if total < 1:
        raise SpecificationError(f"draws = {draws}: give at least one")
    seed = seed if picked is None else None
    stacks = fit.settings["estimator"] in STACKED and fit.settings["missing"] == "listwise"
    if not stacks or fit.settings["ordered"] or fit.settings["engine"] != "workbench":
        return refit_one_by_one(fit, total, seed, kind, picked, jobs)
    problem = fit.problem
    if kind != "parametric":
        problem.need_rows("a bootstrap of rows")
    step = chunk_size(max(sizes), problem.model.observed)
    maker = moment_maker(problem, fit.x, kind, sizes)
    weight = problem.n / problem.n.sum()
    stack = fit_draws(problem.model, weight, fit.x[None], maker, chunks_of(total, step, picked), seed, jobs)
    good = stack.status == 0
    shape = (total, len(parameter_frame(problem)))
    raw, standard = np.full(shape, np.nan), np.full(shape, np.nan)
    if good.any():
        raw[good], standard[good] = values_of(problem, stack.x[good], stack.cov[good], stack.mean[good])
    negative = improper(problem, stack.x[good])
    chisq = np.where(good, stack.value * problem.n.sum(), np.nan)
    fate = np.array(FATES)[stack.status]
    return _result(
        fit, raw, standard, chisq, fate, int(negative.sum()), kind, seed, partial(_jackknife, fit, jobs)
    )


def chunks_of(total: int, step: int, picked: np.ndarray | None) -> list[Any]:
    """The draws in chunks: numbers of draws, or blocks of indices."""
    starts = range(0, total, step)
    if picked is not None:
        return [picked[begin : begin + step] for begin in starts]
    return [min(step, total - begin) for begin in starts]


def refit_one_by_one(
    fit: Fit, total: int, seed: int | None, kind: str, picked: np.ndarray | None, jobs: int | None
) -> Bootstrap:
    """Bootstrap by calling ``sem.fit`` on every resample: missing or ordered answers, other estimators."""
    from workbench.sem.fit import fit as fit_again

    if kind != "nonparametric":
        raise SpecificationError(f"kind={kind!r} is for complete continuous data with an ML estimator")
    groups = _rows_by_group(fit)
    source = fit.source.iloc[np.concatenate(groups)]
    edges = np.concatenate([[0], np.cumsum([len(rows) for rows in groups])])
    wanted = parameter_frame(fit.problem).reset_index(drop=True)[["lhs", "op", "rhs", "group"]]
    model, settings = fit.model, fit.settings

    def draw_all(chunk, generator=None):
        if generator is not None:
            parts = [generator.integers(begin, end, (chunk, end - begin)) for begin, end in pairwise(edges)]
            chunk = np.concatenate(parts, axis=1)
        return [_refit(fit_again, model, source.iloc[rows], settings, wanted) for rows in chunk]

    found = parallel.map(draw_all, chunks_of(total, LOOP_CHUNK, picked), seed=seed, jobs=jobs)
    rows = [row for part in found for row in part]
    raw, standard = (np.array([row[place] for row in rows], dtype=float) for place in (0, 1))
    chisq = np.array([row[2] for row in rows])
    fate = np.array([row[3] for row in rows])
    negative = sum(row[4] for row in rows)
    return _result(fit, raw, standard, chisq, fate, negative, kind, seed, None)


def _refit(fit_again, model, frame, settings, wanted):
    """One draw: values, standardised values, chi-squared, how it ended, whether a variance is negative."""
    nothing = np.full(len(wanted), np.nan)
    try:
        again = fit_again(model, frame.reset_index(drop=True), **settings)
    except (DataError, SpecificationError, np.linalg.LinAlgError) as problem:
        return nothing, nothing, np.nan, str(problem).splitlines()[0][:120], False
    if not again.converged:
        return nothing, nothing, np.nan, FATES[1], False
    merged = wanted.merge(again.estimates, on=["lhs", "op", "rhs", "group"], how="left")
    variances = again.estimates.query("op == '~~' and lhs == rhs")["est"]
    values = merged["est"].to_numpy(), merged["std_all"].to_numpy()
    return *values, float(again.measures["chisq"]), FATES[0], bool((variances < 0).any())


def _rows_by_group(fit: Fit) -> list[np.ndarray]:
    """Positions in the user's data of the rows that were analysed, group by group."""
    source, settings = fit.source, fit.settings
    if not hasattr(source, "iloc"):
        raise DataError("a bootstrap of rows needs the rows of the data, and only moments are given")
    answers = source[list(fit.problem.table.variables.observed)]
    usable = answers.notna()
    kept = (usable.any(axis=1) if settings["missing"] == "fiml" else usable.all(axis=1)).to_numpy()
    if settings["group"] is None:
        return [np.flatnonzero(kept)]
    members = source[settings["group"]].to_numpy()
    return [np.flatnonzero(kept & (members == label)) for label in fit.groups]


def _checked(indices: np.ndarray, sizes: list[int], kind: str) -> np.ndarray:
    picked = np.asarray(indices)
    count = sum(sizes)
    if kind == "parametric":
        raise SpecificationError("indices pick rows; a parametric bootstrap draws none")
    if picked.ndim != 2 or picked.shape[1] != count or picked.dtype.kind not in "iu":
        raise SpecificationError(
            f"indices: whole numbers of shape (draws, {count}) are needed, one for each analysed row"
        )
    if picked.size and (picked.min() < 0 or picked.max() >= count):
        raise SpecificationError(
            f"indices run from {picked.min()} to {picked.max()}: they count from 0 to {count - 1}"
        )
    begin = 0
    for size in sizes:
        part = picked[:, begin : begin + size]
        if ((part < begin) | (part >= begin + size)).any():
            raise SpecificationError("indices: rows are resampled within groups, group after group")
        begin += size
    return picked


def with_moments(problem: Problem, cov: np.ndarray, mean: np.ndarray) -> Problem:
    """The problem with the draws' own moments as targets, for what is fixed to the sample's."""
    targets = tuple(
        replace(target, cov=cov[:, group], mean=None if target.mean is None else mean[:, group])
        for group, target in enumerate(problem.targets)
    )
    return replace(problem, targets=targets)


def values_of(
    problem: Problem, x: np.ndarray, cov: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Free and defined parameters of every draw, on the data's scale and completely standardised, (B, k)."""
    own = with_moments(problem, cov, mean)
    free = list(problem.table.free)
    raw = x * problem.model.unit
    defined = definition_values(problem, raw)[0]
    all_values = standardize(own, x)
    rows = len(problem.table.rows)
    standard = np.concatenate([all_values[:, free], all_values[:, rows:]], axis=1)
    return np.concatenate([raw, defined], axis=1), standard


def parameter_frame(problem: Problem) -> pd.DataFrame:
    """lhs, op, rhs, group, label of the free and the defined parameters, by the name of the draws' column."""
    import pandas as pd

    table = problem.table
    rows = [table.rows[index] for index in table.free]
    records = [(row.name, row.lhs, row.op, row.rhs, row.group, row.label) for row in rows]
    records += [
        (
            f"{definition.name} := {definition.expression}",
            definition.name,
            ":=",
            str(definition.expression),
            0,
            definition.name,
        )
        for definition in table.definitions
    ]
    return pd.DataFrame(records, columns=["name", "lhs", "op", "rhs", "group", "label"]).set_index("name")


def _result(fit, raw, standard, chisq, fate, negative, kind, seed, jackknife) -> Bootstrap:
    import pandas as pd

    frame = parameter_frame(fit.problem)
    names = list(frame.index)
    keys = ["lhs", "op", "rhs", "group"]
    estimates = frame.reset_index(drop=True)[keys].merge(fit.estimates, on=keys, how="left")
    counts, warnings = _fates(fate, negative)
    return Bootstrap(
        draws=pd.DataFrame(raw, columns=names),
        standardized=pd.DataFrame(standard, columns=names),
        chisq=chisq,
        fate=fate,
        counts=counts,
        estimate=pd.Series(estimates["est"].to_numpy(), index=names),
        estimate_standardized=pd.Series(estimates["std_all"].to_numpy(), index=names),
        kind=kind,
        seed=seed,
        statistic=float(fit.chisq),
        warnings=warnings,
        parameters=frame.reset_index(drop=True),
        _jackknife=jackknife,
    )


def improper(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Which draws have a negative variance, (B,)."""
    negative = np.zeros(len(x), dtype=bool)
    for group in problem.model.groups:
        rows, columns = group.covariance_cells
        variance = group.covariance_columns[rows == columns]
        negative |= (x[:, variance] < 0).any(axis=1)
    return negative


def _fates(fate: np.ndarray, negative: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import pandas as pd

    counts = pd.Series(fate).value_counts().rename_axis("ended").rename("draws").reset_index()
    kept = pd.DataFrame({"ended": [IMPROPER], "draws": [negative]})
    counts = pd.concat([counts, kept], ignore_index=True)
    counts["share"] = counts["draws"] / len(fate)
    warnings = []
    failed = counts[~counts["ended"].isin([FATES[0], IMPROPER])]
    if len(failed):
        reasons = "; ".join(f"{row.ended}: {row.draws}" for row in failed.itertuples())
        total = int(failed["draws"].sum())
        warnings.append(f"{total} of {len(fate)} bootstrap draws failed, left out of intervals ({reasons})")
    if negative:
        warnings.append(f"{negative} of {len(fate)} bootstrap draws have a negative variance; they are kept")
    return counts, tuple(warnings)


def _jackknife(fit: Fit, jobs: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Leave-one-out values, raw and standardised; of large samples, leave-one-block-out with 2,000 blocks."""
    problem, x = fit.problem, fit.x
    problem.need_rows("a BCa interval")
    sizes = problem.n.astype(int)
    base_cov = np.stack(
        [data.T @ data / len(data) - np.outer(data.mean(0), data.mean(0)) for data in problem.data]
    )
    base_mean = np.stack([data.mean(axis=0) for data in problem.data])
    blocks = []
    for group, data in enumerate(problem.data):
        number = min(len(data), max(2, int(LARGEST_JACKKNIFE * len(data) / sizes.sum())))
        blocks += [(group, rows) for rows in np.array_split(np.arange(len(data)), number)]
    step = chunk_size(1, problem.model.observed)
    chunks = [blocks[begin : begin + step] for begin in range(0, len(blocks), step)]

    def moments(chunk):
        cov = np.repeat(base_cov[None], len(chunk), axis=0)
        mean = np.repeat(base_mean[None], len(chunk), axis=0)
        for place, (group, rows) in enumerate(chunk):
            part = problem.data[group][rows]
            kept = sizes[group] - len(rows)
            centre = (sizes[group] * base_mean[group] - part.sum(axis=0)) / kept
            shift = centre - base_mean[group]
            deviations = part - base_mean[group]
            cov[place, group] = (
                sizes[group] * base_cov[group] - deviations.T @ deviations
            ) / kept - np.outer(shift, shift)
            mean[place, group] = centre
        return cov, mean

    stack = fit_draws(problem.model, sizes / sizes.sum(), x[None], moments, chunks, jobs=jobs)
    good = stack.status == 0
    raw, standard = values_of(problem, stack.x[good], stack.cov[good], stack.mean[good])
    return raw, standard
