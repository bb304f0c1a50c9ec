"""The result of a fit: estimates, measures, moments, and what can be computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.sem import estimates
from workbench.sem.effects import effects
from workbench.sem.factor_scores import factor_scores
from workbench.sem.inference import Inference, ScaledTest
from workbench.sem.measures import fit_measures
from workbench.sem.modification import modification_indices
from workbench.sem.named_moments import Moment
from workbench.sem.optimiser import Minimum
from workbench.sem.problem import Problem
from workbench.sem.resampling import Bootstrap, bootstrap
from workbench.sem.residuals import Residuals, residuals_of
from workbench.sem.score_tests import ScoreTests, score_tests
from workbench.sem.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.refitting.refits import Statistic


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    ``problem`` (compiled model, sample on the engine's scale, discrepancy) and ``x`` (internal parameters)
    are what resampling builds on; users read ``estimates`` and ``measures``.
    """

    model: str
    problem: Problem
    x: np.ndarray
    fmin: float
    converged: bool
    iterations: int
    gradient: float
    warnings: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict, repr=False)
    expected: np.ndarray | None = field(default=None, repr=False, compare=False)

    @classmethod
    def at(cls, minimum: Minimum, problem: Problem, model: str, settings: dict[str, Any]) -> Fit:
        """The fit of a problem at its minimum, before anything is said about it."""
        value = float(minimum.value[0])
        if problem.estimator.normal_theory and abs(value) < 1e-14:
            value = 0.0  # a discrepancy without a unit that is nothing but rounding
        return cls(
            model=model,
            problem=problem,
            x=minimum.x[0],
            fmin=value,
            converged=bool(minimum.converged[0]),
            iterations=int(minimum.iterations[0]),
            gradient=float(minimum.gradient[0]),
            settings=settings,
            expected=minimum.expected if problem.model.basis is None else None,
        )

    def __repr__(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED"
        return (
            f"<sem.Fit {self.problem.estimator.name}, {state}: n = {self.problem.sample.total}, "
            f"chisq({self.problem.df}) = {self.chisq:.3f}, {self.problem.model.directions} parameters>"
        )

    # -- plain facts ----------------------------------------------------------------------------------
    @property
    def table(self) -> ParameterTable:
        """The parameter table; ``.frame()`` shows it."""
        return self.problem.table

    @property
    def estimator(self) -> str:
        """The estimator's name."""
        return self.problem.estimator.name

    @property
    def groups(self) -> tuple[Any, ...]:
        """Group labels in order of first appearance; ``("",)`` without groups."""
        return self.problem.sample.groups

    @cached_property
    def rows(self) -> pd.Index | dict[Any, pd.Index]:
        """Index of the data's rows in the analysis, in the order of the sample; with groups a dict by group.

        The labels are those of the frame that was given, so ``data.loc[fit.rows]`` has the rows (where the
        labels are unique). Rows left out for a missing value, and rows that answer nothing, are not among
        them. DataError where only moments were given.

        R: ``lavInspect(fit, "case.idx")``, which gives positions and counts rows that answer nothing.
        """
        self.problem.need_rows("a list of its rows")
        return self._per_group(list(self.problem.sample.rows.index))

    @property
    def chisq(self) -> float:
        """Test statistic of exact fit, ``2 N fmin``; what rounding leaves below zero is zero."""
        return max(2 * self.problem.sample.total * self.fmin, 0.0)

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.problem.df

    @cached_property
    def inference(self) -> Inference:
        """Information matrices and tests, on the internal scale."""
        if self.expected is not None:
            return Inference(self.problem, self.x, self.expected)
        return self.problem.inference(self.x)

    @cached_property
    def scaled_test(self) -> ScaledTest | None:
        """The robust test of the estimator, None for a plain one."""
        return self.inference.scaled_test(self.chisq, self.problem.df)

    @property
    def free_values(self) -> np.ndarray:
        """Free parameters on the data's scale, (q,), in the order of ``table.free``."""
        return self.x * self.problem.model.unit

    @cached_property
    def vcov_free(self) -> np.ndarray:
        """Covariance matrix of the free parameters on the data's scale, (q, q); nan if the fit has not
        converged.
        """
        unit = self.problem.model.unit
        if not self.converged:
            return np.full((len(unit), len(unit)), np.nan)
        return self.inference.vcov * np.outer(unit, unit)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters. R: ``vcov(fit)``."""
        import pandas as pd

        names = self.table.free_names
        return pd.DataFrame(self.vcov_free, names, names)

    # -- resampling -----------------------------------------------------------------------------------
    def bootstrap(
        self,
        draws: int = 5000,
        seed: int | None = 1,
        kind: str = "nonparametric",
        indices: np.ndarray | None = None,
        jobs: int | None = None,
        statistic: Callable[[Fit], Any] | Statistic | None = None,
        scheduler: str | None = None,
    ) -> Bootstrap:
        """Refit the model to resamples; see :func:`workbench.sem.resampling.bootstrap`.

        R: ``lavaan::bootstrapLavaan(fit, R = draws, FUN = statistic)``.

        Parameters
        ----------
        draws, seed : how many, and their seed.
        kind : ``nonparametric`` (rows are drawn), ``parametric`` or ``bollen-stine``.
        indices : rows to draw, draws x rows, in place of random ones.
        jobs : worker processes; None: as many as there are cores.
        statistic : a function of a fit whose numbers are kept for every draw.
        scheduler : address of a Dask scheduler.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> boot = sem.fit(model, answers).bootstrap(draws=100, seed=1)
        >>> boot.interval().loc[1, ["ci_lower", "ci_upper"]].astype(float).round(1).tolist()
        [0.8, 0.9]
        """
        return bootstrap(self, draws, seed, kind, indices, jobs, statistic, scheduler)

    # -- estimates ------------------------------------------------------------------------------------
    @cached_property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Estimates and standard errors of rows and definitions, on the data's scale."""
        return estimates.values(self)

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """One row for each parameter, definitions last: est, se, z, p, 95 % interval, standardised values.

        R: ``lavaan::parameterEstimates(fit, standardized = TRUE)``.
        """
        return estimates.table(self)

    @cached_property
    def standardized(self) -> pd.DataFrame:
        """Completely standardised solution with delta-method standard errors.

        R: ``lavaan::standardizedSolution(fit)``.
        """
        return self.standardized_solution("std_all")

    def standardized_solution(self, kind: str = "std_all") -> pd.DataFrame:
        """Standardised solution (``std_all`` or ``std_lv``) with standard errors, z, p and 95 % interval.

        Parameters
        ----------
        kind : ``std_all`` (latent and observed variables) or ``std_lv`` (latent ones alone).

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> sem.fit(model, answers).standardized_solution().loc[:1, ["lhs", "rhs", "est_std"]].round(2)
           lhs   rhs  est_std
        0  use  crm1     0.77
        1  use  crm2     0.84
        """
        return estimates.standardized_table(self, kind)

    @cached_property
    def measures(self) -> pd.Series:
        """Fit measures. R: ``lavaan::fitMeasures(fit)`` with dots turned into underscores."""
        import pandas as pd

        measures = fit_measures(self)
        if not self.converged:
            measures = {
                name: value if name in ("npar", "df", "ntotal") else float("nan")
                for name, value in measures.items()
            }
        return pd.Series(np.array(list(measures.values()), dtype=float), _labels(tuple(measures)).view())

    # -- moments --------------------------------------------------------------------------------------
    def _per_group(self, values: list) -> Any:
        if self.groups == ("",):
            return values[0]
        return dict(zip(self.groups, values, strict=True))

    @cached_property
    def implied(self) -> Moment | dict[Any, Moment]:
        """Model-implied moments (``.cov``, ``.mean``); with groups a dict by group. R: ``fitted(fit)``."""
        states = enumerate(self.inference.states)
        return self._per_group([self.problem.implied_moment(group, state) for group, state in states])

    @cached_property
    def observed(self) -> Moment | dict[Any, Moment]:
        """The sample's moments as the estimator uses them (divisor n for ML). R: ``lavInspect(fit,
        "sampstat")``.
        """
        groups = range(len(self.groups))
        return self._per_group([self.problem.observed_moment(group) for group in groups])

    @cached_property
    def residuals(self) -> Residuals | dict[Any, Residuals]:
        """Raw, correlation and standardised residuals; with groups a dict by group.

        R: ``lavResiduals(fit)``, ``residuals(fit, type = "standardized")``.
        """
        return self._per_group(residuals_of(self))

    @cached_property
    def r2(self) -> pd.Series | pd.DataFrame:
        """Explained variance of every outcome, latent ones included; with groups a column for each group.

        Not a number where the residual variance is negative, or the variable does not vary.

        R: ``lavInspect(fit, "rsquare")``.
        """
        import pandas as pd

        shares = estimates.explained(self)
        if self.groups == ("",):
            return shares[0].rename("r2")
        return pd.DataFrame(dict(zip(self.groups, shares, strict=True)))

    @cached_property
    def latent_covariance(self) -> pd.DataFrame | dict[Any, pd.DataFrame]:
        """Model-implied covariances of the latent variables. R: ``lavInspect(fit, "cov.lv")``."""
        import pandas as pd

        names = list(self.table.variables.latent)
        p, scale = self.problem.model.observed, self.problem.model.scale
        frames = []
        for group in range(self.table.groups):
            cov = self.inference.latent[group][3][0] * np.outer(scale, scale)
            frames.append(pd.DataFrame(cov[p:, p:], names, names))
        return self._per_group(frames)

    # -- what follows from a fit ----------------------------------------------------------------------
    def modification_indices(self) -> pd.DataFrame:
        """What freeing each fixed parameter would do: mi, epc, sepc_lv, sepc_all, sepc_nox.

        R: ``lavaan::modindices(fit, sort. = TRUE)``.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> found = sem.fit(model, answers).modification_indices()
        >>> found[["lhs", "op", "rhs", "mi"]].head(2).round(1)
            lhs  op   rhs   mi
        0  crm2  ~~  crm4  8.9
        1  crm1  ~~  crm3  8.9
        """
        return modification_indices(self)

    def score_tests(self, release: Sequence[int] | None = None) -> ScoreTests:
        """Score tests of the equality constraints: what would giving one up do?

        R: ``lavaan::lavTestScore(fit, release = release)``.

        Parameters
        ----------
        release : numbers of the constraints to give up, counted from 1; None: each by itself, and all
            together.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> fit = sem.fit("use =~ crm1 + k*crm2 + k*crm3 + crm4", answers)
        >>> round(float(fit.score_tests().total["pvalue"]), 2)
        0.0
        """
        return score_tests(self, release)

    def factor_scores(self, method: str = "regression") -> pd.DataFrame:
        """Factor scores of every row used, under the data's own index.

        R: ``lavaan::lavPredict(fit, method = method)``.

        Parameters
        ----------
        method : ``regression`` or ``bartlett``.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").items("crm_use")
        >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
        >>> sem.fit(model, answers).factor_scores().shape
        (897, 1)
        """
        return factor_scores(self, method)

    def effects(self) -> pd.DataFrame:
        r"""Total, direct and indirect effects along the regressions, with standard errors.

        Examples
        --------
        >>> from workbench import sem
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey").responses
        >>> fit = sem.fit("tru1 ~ crm1\nloy1 ~ tru1 + crm1", answers)
        >>> list(fit.effects()["kind"].unique())
        ['direct', 'total', 'specific', 'indirect']
        """
        return effects(self)


@lru_cache(maxsize=32)
def _labels(names: tuple[str, ...]) -> pd.Index:
    """The names as an index, which finds them at once; the same few are asked for again and again."""
    import pandas as pd

    return pd.Index(names)
