"""Bootstrap of a structural equation model: every draw is a full refit.

Draws of a complete-data ML fit are refitted as stacks by the compiled kernel; other estimators, missing and
ordered answers refit one by one through `parallel`. A draw that fails is counted and shown, never hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, SpecificationError
from workbench.sem import arguments
from workbench.sem.refitting.batch import Stack, chunk_size, fit_draws
from workbench.sem.refitting.draws import checked_rows, left_out, moment_maker
from workbench.sem.refitting.intervals import acceleration, limits
from workbench.sem.refitting.loop import CHUNK, CONVERGED, NOT_CONVERGED, refit_draws, refit_without
from workbench.sem.refitting.refits import (
    Refits,
    Statistic,
    improper,
    kept_values,
    outcomes,
    parameter_frame,
    statistic_of,
    with_moments,
)

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

KINDS = ("nonparametric", "parametric", "bollen_stine")
INTERVALS = ("percentile", "basic", "bc", "bca")
SUBJECTS = ("parameters", "standardized", "r2", "statistic")
# Rows that are left out one at a time for an acceleration. Of larger groups an even sample stands for all:
# a mean of cubes over 500 rows is known far better than an acceleration needs.
LARGEST_JACKKNIFE = 2000
LARGEST_LOOPED_JACKKNIFE = 500
FEWEST = 20
IMPROPER = "converged, with a negative variance"
FATES = (CONVERGED, NOT_CONVERGED, "no descent", "singular sample covariance", "singular information")


@dataclass(frozen=True)
class Bootstrap:
    """Bootstrap draws of a fit.

    ``draws``: DataFrame, one row per draw in the order drawn, one column ``lhs op rhs`` per free and defined
    parameter (from the second group on with ``.g2``); a draw that failed is a row of missing values.
    ``standardized``: the same for the completely standardised values. ``r2``: explained variance of every
    outcome (above one in a draw with a negative residual variance). ``statistic``: what the function given as
    ``statistic`` made of each refit. ``chisq``: test statistic of each draw. ``fate``: how each draw ended.
    ``counts``: how many ended how, and how many of the converged are improper.
    """

    draws: pd.DataFrame
    standardized: pd.DataFrame
    r2: pd.DataFrame
    statistic: pd.DataFrame
    chisq: np.ndarray
    fate: np.ndarray
    counts: pd.DataFrame
    estimate: pd.Series
    estimate_standardized: pd.Series
    estimate_r2: pd.Series
    estimate_statistic: pd.Series
    kind: str
    seed: int | None
    sample_chisq: float
    warnings: tuple[str, ...]
    parameters: pd.DataFrame = field(repr=False)
    _jackknife: Callable[[], list[tuple[int, np.ndarray]]] = field(repr=False)

    def interval(
        self,
        kind: str = "percentile",
        level: float = 0.95,
        standardized: bool = False,
        of: str = "parameters",
    ) -> pd.DataFrame:
        """Bootstrap confidence intervals.

        Parameters
        ----------
        kind : ``percentile``, ``basic`` (reflected percentiles), ``bc`` (bias-corrected), ``bca``
            (bias-corrected and accelerated by the jackknife; Efron 1987). The jackknife refits the model
            without one row after the other: at most 2,000 of a group's rows, 500 where refits go one by one.
        level : coverage aimed at.
        standardized : intervals of the completely standardised values; the same as ``of="standardized"``.
        of : ``parameters`` (free and defined), ``standardized``, ``r2`` (explained variances), ``statistic``
            (what the function given to the bootstrap computes).

        Returns
        -------
        DataFrame with lhs, op, rhs, group, label (of a statistic: its name), est, se (deviation of the
        draws), ci_lower, ci_upper, draws (how many have a value; nan limits if fewer than 20).

        Quantiles between order statistics are interpolated on the normal scale, as R's ``boot::boot.ci`` and
        lavaan's ``parameterEstimates(boot.ci.type = "perc")`` do; ``bc`` is lavaan's ``"bca.simple"``.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> boot = sem.fit(model, answers).bootstrap(draws=100, seed=1)
        >>> boot.interval("bc").loc[1, ["ci_lower", "ci_upper"]].astype(float).round(1).tolist()
        [0.8, 0.9]
        """
        kind, of = arguments.choice("kind", kind, INTERVALS), arguments.choice("of", of, SUBJECTS)
        level = arguments.share("level", level)
        of = "standardized" if arguments.flag("standardized", standardized) and of == "parameters" else of
        result, frame, centre, columns = self._subject(of)
        good = self.fate == CONVERGED
        if good.sum() < FEWEST:
            ended, times = np.unique(self.fate[~good], return_counts=True)
            most = f"; {times.max()} of {len(good)} ended so: {ended[times.argmax()]}" if len(ended) else ""
            raise DataError(f"{good.sum():,} draws converged: too few for an interval{most}. See counts")
        values = frame.to_numpy()[good]
        accelerated = np.zeros(values.shape[1])
        if kind == "bca":
            accelerated = acceleration([(n, part[:, columns]) for n, part in self._left_out])
        count = np.isfinite(values).sum(axis=0)
        enough = count >= FEWEST
        known = np.where(np.isfinite(values), values, np.nan)[:, enough]
        result["est"] = centre
        for name in ("se", "ci_lower", "ci_upper"):
            result[name] = np.nan
        result.loc[enough, "se"] = np.nanstd(known, axis=0, ddof=1)
        lower, upper = limits(known, centre[enough], kind, level, accelerated[enough])
        result.loc[enough, "ci_lower"], result.loc[enough, "ci_upper"] = lower, upper
        result["draws"] = count
        return result

    def _subject(self, of: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, slice]:
        """Names, draws, estimates and place among the kept values of what intervals are asked for."""
        import pandas as pd

        widths = np.cumsum([0, *(len(part.columns) for part in self._frames())])
        place = SUBJECTS.index(of)
        frame = self._frames()[place]
        series = (self.estimate, self.estimate_standardized, self.estimate_r2, self.estimate_statistic)[place]
        if of == "r2":
            names = pd.DataFrame(list(frame.columns), columns=["lhs", "group"])
            names = pd.DataFrame(
                {"lhs": names["lhs"], "op": "r2", "rhs": names["lhs"], "group": names["group"], "label": ""}
            )
        elif of == "statistic":
            if frame.columns.empty:
                raise SpecificationError("no statistic was drawn: give statistic= to the bootstrap")
            names = pd.DataFrame({"statistic": list(frame.columns)})
        else:
            names = self.parameters.copy()
        return names, frame, series.to_numpy(), slice(widths[place], widths[place + 1])

    def _frames(self) -> tuple[pd.DataFrame, ...]:
        return self.draws, self.standardized, self.r2, self.statistic

    @cached_property
    def _left_out(self) -> list[tuple[int, np.ndarray]]:
        """Leave-one-out values of every group, for accelerations."""
        if self.kind != "nonparametric":
            raise SpecificationError(
                f"bca intervals are for resampled rows, not for {self.kind} draws; take interval('bc')"
            )
        groups = self._jackknife()
        lost = sum(int(np.isnan(values).all(axis=1).sum()) for _, values in groups)
        total = sum(len(values) for _, values in groups)
        if lost > total / 10:
            raise DataError(
                f"{lost} of {total} refits without one row failed: no acceleration; take interval('bc')"
            )
        return groups

    @cached_property
    def pvalue(self) -> float:
        """Bollen–Stine p of exact fit: share of the draws with a statistic at least as large as the sample's.

        R: ``lavaan::bootstrapLavaan(fit, type = "bollen.stine", FUN = fitmeasures, "chisq")``.
        """
        if self.kind != "bollen_stine":
            raise SpecificationError("this p-value needs draws of kind='bollen_stine'")
        usable = self.chisq[np.isfinite(self.chisq)]
        return float((usable >= self.sample_chisq).mean())


def bootstrap(
    fit: Fit,
    draws: int = 5000,
    seed: int | None = 1,
    kind: str = "nonparametric",
    indices: np.ndarray | None = None,
    jobs: int | None = None,
    statistic: Callable[[Fit], Any] | Statistic | None = None,
    scheduler: str | None = None,
) -> Bootstrap:
    """Bootstrap of a fit; every draw is a full refit.

    Parameters
    ----------
    draws, seed : number of draws and seed; the same seed gives the same draws whatever the number of workers
        (None: another seed each time, to be found in the result).
    kind : ``nonparametric`` resamples rows within groups; ``parametric`` draws from the normal distribution
        that the model implies; ``bollen_stine`` resamples rows turned so that the model holds (Bollen & Stine
        1992). With missing or ordered answers only ``nonparametric``.
    indices : (draws, n) zero-based numbers of the analysed rows, group after group, instead of random ones.
    jobs : workers; default the cores at hand. scheduler : address of a Dask cluster to work on instead.
    statistic : a function of a fit that gives a number, or numbers by name: ``lambda fit:
        fit.measures[["cfi", "rmsea"]]``. It is computed of every refit; intervals of it by
        ``interval(of="statistic")``. Parameters, standardised ones and R² are drawn without it.

    Raises
    ------
    SpecificationError for a kind or indices that do not go with the fit; DataError where rows are needed and
    only moments are known.

    R: ``lavaan::bootstrapLavaan(fit, R = draws, type = "ordinary", FUN = statistic)``.
    """
    kind, draws = arguments.choice("kind", kind, KINDS), arguments.whole("draws", draws)
    seed, jobs = arguments.optional_whole("seed", seed, 0), arguments.optional_whole("jobs", jobs)
    if statistic is not None and not callable(statistic) and not isinstance(statistic, Statistic):
        raise SpecificationError("statistic= takes a function of a fit: lambda fit: fit.measures['cfi']")
    if not fit.converged:
        raise SpecificationError("the fit has not converged, so there is nothing to bootstrap")
    sizes = [int(count) for count in fit.problem.n]
    picked = None if indices is None else checked_rows(indices, sizes, kind)
    total = draws if picked is None else len(picked)
    if total < 1:
        raise SpecificationError("indices: give at least one draw")
    if picked is not None:
        seed = None
    elif seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])  # another one each time, and known
    stacks = fit.problem.stacks and fit.settings["engine"] == "workbench"
    if callable(statistic):
        stacks &= (
            not fit.problem.estimator.robust
        )  # a function may ask for what only a refit to rows can tell
        statistic = statistic_of(statistic, fit)
    centre = kept_values(Refits.of(fit), statistic)[0]
    where = {"jobs": jobs, "scheduler": scheduler}
    if stacks:
        if kind != "parametric":
            fit.problem.need_rows("a bootstrap of rows")
        chunks = chunks_of(total, chunk_size(max(sizes), fit.problem.model.observed), picked)
        maker = moment_maker(fit.problem, fit.x, kind, sizes)
        values, chisq, fate, negative = _stacked(fit, maker, chunks, seed, where, statistic)
        jackknife = partial(_stacked_jackknife, fit, where, statistic)
    else:
        if kind != "nonparametric":
            raise SpecificationError(f"kind={kind!r} is for complete continuous data with an ML estimator")
        chunks = chunks_of(total, CHUNK, picked)
        values, chisq, fate, negative = refit_draws(fit, chunks, seed, where, len(centre), statistic)
        jackknife = partial(_looped_jackknife, fit, where, statistic, len(centre))
    return _result(fit, centre, values, chisq, fate, int(negative.sum()), kind, seed, statistic, jackknife)


def _stacked(
    fit: Fit, maker: Callable, chunks: list, seed: int | None, where: dict, statistic: Statistic | None
) -> Any:
    """Kept values (B, k), chi-squared, fate, whether improper, of stacks of moments."""
    problem = fit.problem

    def finish(stack: Stack) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        good = stack.status == 0
        own = with_moments(problem, stack.cov[good], stack.mean[good])
        kept = kept_values(Refits(fit, own, stack.x[good], stack.value[good]), statistic)
        values = np.full((len(good), kept.shape[1]), np.nan)
        values[good] = kept
        chisq = np.where(good, stack.value * problem.n.sum(), np.nan)
        negative = np.zeros(len(good), dtype=bool)
        negative[good] = improper(problem, stack.x[good])
        return values, chisq, np.array(FATES)[stack.status], negative

    weight = problem.n / problem.n.sum()
    parts = fit_draws(problem.model, weight, fit.x[None], maker, chunks, finish, seed, **where)
    return tuple(np.concatenate([part[place] for part in parts]) for place in range(4))


def chunks_of(total: int, step: int, picked: np.ndarray | None) -> list[Any]:
    """The draws in chunks: numbers of draws, or blocks of indices."""
    starts = range(0, total, step)
    if picked is not None:
        return [picked[begin : begin + step] for begin in starts]
    return [min(step, total - begin) for begin in starts]


def _chosen(most: int, n: int) -> np.ndarray:
    """Rows to leave out one at a time: all of n, or an even sample of ``most``."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(int)


def _stacked_jackknife(fit: Fit, where: dict, statistic: Statistic | None) -> list[tuple[int, np.ndarray]]:
    """n and leave-one-out values (m, k) of every group.

    Groups keep their weights, as they do in the draws, which resample within groups.
    """
    found = []
    for group, n in enumerate(fit.problem.n.astype(int)):
        rows = _chosen(LARGEST_JACKKNIFE, n)
        step = chunk_size(1, fit.problem.model.observed)
        chunks = [rows[at : at + step] for at in range(0, len(rows), step)]
        found.append((n, _stacked(fit, left_out(fit.problem, group), chunks, None, where, statistic)[0]))
    return found


def _looped_jackknife(
    fit: Fit, where: dict, statistic: Statistic | None, size: int
) -> list[tuple[int, np.ndarray]]:
    parts = refit_without(fit, partial(_chosen, LARGEST_LOOPED_JACKKNIFE), where, size, statistic)
    return [(int(n), values) for n, values in zip(fit.problem.n, parts, strict=True)]


def _result(
    fit: Fit,
    centre: np.ndarray,
    values: np.ndarray,
    chisq: np.ndarray,
    fate: np.ndarray,
    negative: int,
    kind: str,
    seed: int | None,
    statistic: Statistic | None,
    jackknife: Callable[[], Any],
) -> Bootstrap:
    import pandas as pd

    frame = parameter_frame(fit.problem)
    names = list(frame.index)
    explained = pd.MultiIndex.from_tuples(
        [(name, group) for _, name, group in outcomes(fit.problem)], names=["variable", "group"]
    )
    columns = [names, names, explained, [] if statistic is None else list(statistic.names)]
    edges = np.cumsum([len(part) for part in columns])[:-1]
    frames = [
        pd.DataFrame(part, columns=own)
        for part, own in zip(np.split(values, edges, axis=1), columns, strict=True)
    ]
    centres = [pd.Series(part, index=own) for part, own in zip(np.split(centre, edges), columns, strict=True)]
    draws, standardized, explained_shares, of_statistic = frames
    counts, warnings = _fates(fate, negative)
    return Bootstrap(
        draws,
        standardized,
        explained_shares,
        of_statistic,
        chisq=chisq,
        fate=fate,
        counts=counts,
        estimate=centres[0],
        estimate_standardized=centres[1],
        estimate_r2=centres[2],
        estimate_statistic=centres[3],
        kind=kind,
        seed=seed,
        sample_chisq=float(fit.chisq),
        warnings=warnings,
        parameters=frame.reset_index(drop=True),
        _jackknife=jackknife,
    )


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
        many = f"{total:,} of {len(fate):,} bootstrap draws"
        warnings.append(f"{many} failed, left out of intervals ({reasons})")
    if negative:
        many = f"{negative:,} of {len(fate):,} bootstrap draws"
        warnings.append(f"{many} have a negative variance; they are kept")
    return counts, tuple(warnings)
