"""What is minimised, and what everything after the minimum asks of it, whatever the answers are like.

A model, a sample and an estimator put together are a :class:`Problem`. There are three: of complete
continuous answers (``complete``), of answers with holes (``incomplete``) and of ordered ones (``ordered``).
What differs between them is a method here, so that nothing that follows has to ask which of them it has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.errors import DataError
from workbench.sem.compiled_model import IfAny, Model, State
from workbench.sem.data.sample import Sample
from workbench.sem.discrepancy import Discrepancy, Target, stacked_moments
from workbench.sem.estimators import Estimator
from workbench.sem.inference import Inference, ScaledTest
from workbench.sem.matrices import vech_cells
from workbench.sem.named_moments import (
    Moment,
    Places,
    moment_of,
    places_of_moments,
    standard_deviations,
)
from workbench.sem.optimiser import Minimum
from workbench.sem.search import search
from workbench.sem.starts import starting_values
from workbench.sem.table import ParameterTable


@dataclass(frozen=True)
class Problem(ABC):
    """Everything that a minimisation and the inference after it need; covariances on the internal scale."""

    model: Model
    estimator: Estimator
    information: str
    sample: Sample
    discrepancy: Discrepancy
    targets: tuple[Target, ...]

    # -- plain facts ----------------------------------------------------------------------------------
    @property
    def n(self) -> np.ndarray:
        """Rows of each group."""
        return self.sample.n

    @property
    def table(self) -> ParameterTable:
        """The parameter table."""
        return self.model.table

    @property
    def scale(self) -> np.ndarray:
        """Standard deviations that observed variables were divided by, (p,)."""
        return self.model.scale[: self.model.observed]

    @cached_property
    def data(self) -> tuple[np.ndarray, ...]:
        """Rows of each group on the internal scale, (n, p)."""
        self.need_rows("this")
        return tuple(part / self.scale for part in self.sample.rows.values)

    def need_rows(self, what: str) -> None:
        """Raise if only moments are known."""
        if self.sample.data is None:
            raise DataError(
                f"{self.estimator.name}: {what} needs the rows of the data, and only moments are given. "
                "Give a DataFrame, or use estimator='ML'"
            )

    @cached_property
    def fixed_columns(self) -> tuple[int, ...]:
        """Observed variables whose moments are fixed to the sample's."""
        table = self.table
        if not table.options.fixed_x:
            return ()
        return tuple(table.variables.observed.index(name) for name in table.variables.exogenous_observed)

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.moments_per_group * self.table.groups - self.model.directions

    @property
    def stacks(self) -> bool:
        """Whether the compiled kernel can refit the model to stacks of moments."""
        return False

    @property
    def conditional(self) -> tuple[str, ...]:
        """Exogenous variables that all statistics are conditional on."""
        return ()

    # -- statistics: means and covariances, unless a problem has others -------------------------------
    @property
    def moments_per_group(self) -> int:
        """Moments that a group contributes to the degrees of freedom."""
        return self._count(self.model.observed) - self._count(len(self.fixed_columns))

    @property
    def all_moments(self) -> int:
        """Moments of all groups, those of fixed variables too."""
        return self.table.groups * self._count(self.model.observed)

    def _count(self, size: int) -> int:
        return size * (size + 1) // 2 + (size if self.model.means else 0)

    def statistics(self, group: int, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Stacked sample and implied moments of a group, (P,) each."""
        target = self.targets[group]
        mean = target.mean if state.mu is not None else None
        return stacked_moments(target.cov, mean)[0], stacked_moments(state.sigma, state.mu)[0]

    def fixed_moments(self, group: int) -> tuple[np.ndarray, IfAny]:
        """Covariances and means (a leading draw axis) that variables fixed to the sample keep."""
        return self.targets[group].cov, self.targets[group].mean

    @cached_property
    def places(self) -> Places:
        """Where means, thresholds and covariances stand among the stacked moments."""
        return places_of_moments(self.table.variables.observed, self.scale, self.model.means)

    def observed_moment(self, group: int) -> Moment:
        """The sample's moments of a group by name, as the estimator uses them."""
        target = self.targets[group]
        mean = None if target.mean is None else target.mean[0]
        return moment_of(self.table.variables.observed, self.scale, target.cov[0], mean)

    def implied_moment(self, group: int, state: State) -> Moment:
        """The moments that the model implies for a group, by name."""
        mean = None if state.mu is None else state.mu[0]
        return moment_of(self.table.variables.observed, self.scale, state.sigma[0], mean)

    def latent_means_apart(self, group: int, state: State) -> np.ndarray | None:
        """Differences of the means of latent responses, (p,), which are no statistics; None without any."""
        return None

    def residual_cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the covariances whose residuals are summed up."""
        return vech_cells(self.model.observed)

    def level_squares(self, group: int, state: State) -> tuple[int, dict[str, float]]:
        """Number of means (or thresholds) and the sums of their squared residuals, as SRMR and its kin take
        them.
        """
        kinds = ("rmr", "srmr_bentler", "crmr", "srmr_mplus")
        if state.mu is None:
            return 0, dict.fromkeys(kinds, 0.0)
        target = self.targets[group]
        sd = np.sqrt(np.diagonal(target.cov[0]))
        implied_sd = standard_deviations(state.sigma[0])
        mean, mu = target.mean[0], state.mu[0]
        by_sd = float((((mean - mu) / sd) ** 2).sum())
        raw, each = float((((mean - mu) * self.scale) ** 2).sum()), (mean / sd - mu / implied_sd) ** 2
        return self.model.observed, dict(zip(kinds, (raw, by_sd, by_sd, float(each.sum())), strict=True))

    def shown_residuals(self, sums: dict[str, float]) -> dict[str, float]:
        """Summaries of residuals as they are shown."""
        return sums

    def own_measures(self, chisq: float, df: int, npar: int, count: float) -> dict[str, float]:
        """Fit measures that not every kind of problem has."""
        return {"ecvi": chisq / count + 2 * npar / count}

    # -- the minimum ----------------------------------------------------------------------------------
    @abstractmethod
    def resampled(self, chosen: Sequence[np.ndarray]) -> Problem:
        """The same problem with other rows: ``chosen`` counts within each group from zero, repeats allowed.

        Raises DataError where the model cannot be fitted to these.
        """

    def solve(self) -> Minimum:
        """Minimise, from other starting values too where the first do not serve."""
        return search(self)

    def start(self, simple: bool = False) -> np.ndarray:
        """Free directions to start from, (1, d)."""
        values: dict[int, float] = {}
        for group, target in enumerate(self.targets):
            mean = None if target.mean is None else target.mean[0]
            values.update(starting_values(self.model, group, target.cov[0], mean, simple))
        x = np.array([[values[index] for index in self.table.free]])
        return self.model.reduce(x)

    # -- what follows from it -------------------------------------------------------------------------
    def inference(self, x: np.ndarray) -> Inference:
        """Second-order quantities at parameters ``x`` (q,)."""
        return Inference(self, x)

    @property
    def information_by_moments(self) -> bool:
        """Whether the expected information has to be made from that of the moments (some of them fixed)."""
        return bool(self.fixed_columns)

    @property
    @abstractmethod
    def gammas(self) -> tuple[np.ndarray, ...]:
        """n times the covariance matrix of the stacked sample moments, for each group."""

    @abstractmethod
    def moment_information(self, inference: Inference, group: int, kind: str) -> np.ndarray:
        """Information of one observation in a group's moments at the solution, (P, P).

        ``kind``: expected, observed or first_order. Nothing is known of fixed moments.
        """

    @abstractmethod
    def sampling_covariance(self, group: int) -> np.ndarray:
        """n times the covariance matrix of a group's sample moments, (P, P); zero for moments that are fixed.

        Not a number where first-order information rests on fewer rows than moments.
        """

    @property
    @abstractmethod
    def baseline(self) -> tuple[float, int, ScaledTest | None]:
        """Chi-square, df and robust test of the independence model."""

    @abstractmethod
    def robust_tests(
        self, inference: Inference, chisq: float
    ) -> tuple[float, ScaledTest, float, ScaledTest | None] | None:
        """What robust CFI and RMSEA rest on: statistic and scaled test, of the model and of the baseline."""

    @abstractmethod
    def weighted_squares(self, group: int, state: State) -> tuple[float, float]:
        """``e'We`` of the residuals and ``s'Ws`` of the moments, with the estimator's weight, for GFI."""

    @abstractmethod
    def unrestricted_loglik(self) -> float:
        """Normal log-likelihood of the saturated model on the data's scale, given fixed variables."""

    @abstractmethod
    def factor_scores(self, x: np.ndarray, method: str) -> list[np.ndarray]:
        """Scores of each group's rows at parameters ``x`` (q,), (n, latent variables), on the data's scale.

        ``method``: regression or bartlett.
        """
