"""Least squares for ordered answers (DWLS, WLSMV, ULSMV, WLS): the engine's problem and inference for them.

Thresholds and polychoric, polyserial and product-moment correlations are the statistics; their asymptotic
covariance Γ gives weights, robust errors and the scaled-and-shifted test (Muthén, du Toit and Spisic 1997;
Asparouhov and Muthén 2010), as lavaan's ``cfa(model, data, ordered = names)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, Fault, SpecificationError
from workbench.sem.data.answers import answers_with_holes, complete_answers
from workbench.sem.data.moments import Moments
from workbench.sem.data.sample import Sample
from workbench.sem.discrepancy import Target, squares
from workbench.sem.estimators import ESTIMATORS, ORDERED, Estimator
from workbench.sem.inference import Inference, ScaledTest, adjusted_test
from workbench.sem.named_moments import Moment, Places
from workbench.sem.ordered.answers import need_all_ordered, sample_of_ordered, unused_categories
from workbench.sem.ordered.data import category_codes, refuse_ordered_causes
from workbench.sem.ordered.least_squares import OrderedLeastSquares
from workbench.sem.ordered.model import OrderedModel
from workbench.sem.ordered.moments import (
    implied_moment,
    moments_of,
    observed_moment,
    places_of_statistics,
    without_condition,
)
from workbench.sem.ordered.polychoric_acov import Layout, asymptotic_covariance, statistics
from workbench.sem.ordered.regression import regressed_statistics, regressed_two_step
from workbench.sem.ordered.robust import likelihood_tests
from workbench.sem.ordered.scores import ordered_scores
from workbench.sem.ordered.two_step import Coded, TwoStep, two_step
from workbench.sem.problem import Problem
from workbench.sem.starts import starting_values
from workbench.sem.table import Options, ParameterTable, build

NOT_DRAWN = "a category is not drawn (join rare ones)"
MOST_KEPT = 8  # groups whose two-step estimates are kept from fit to fit
_KEPT: dict[str, tuple[TwoStep, np.ndarray, np.ndarray]] = {}

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class OrderedProblem(Problem):
    """A problem with ordered items.

    ``gamma`` holds n times the covariance of each group's statistics, ``categories`` those of each item as
    the user gave them.
    """

    model: OrderedModel
    discrepancy: OrderedLeastSquares
    gamma: tuple[np.ndarray, ...]
    categories: dict[str, tuple]

    @property
    def gammas(self) -> tuple[np.ndarray, ...]:
        """Covariance matrices of the statistics."""
        return self.gamma

    @property
    def moments_per_group(self) -> int:
        """Statistics that a group contributes to the degrees of freedom."""
        return self.model.layout.size

    def resampled(self, chosen: Sequence[np.ndarray]) -> OrderedProblem:
        """The same problem with other rows; DataError where these lack a category."""
        answers = self.sample.rows.taken(chosen)
        if unused_categories(answers, self.categories):
            raise DataError(NOT_DRAWN)
        return ordered_problem(self.table, sample_of_ordered(answers), self.estimator, self.categories)

    def inference(self, x: np.ndarray) -> Inference:
        """Second-order quantities at parameters ``x``."""
        return Inference(self, x)

    def start(self, simple: bool = False) -> np.ndarray:
        """Free directions to start from: sample thresholds, unit scales, the engine's start for the rest."""
        model, layout = self.model, self.model.layout
        x = np.ones((1, model.parameters))
        for group in range(len(self.targets)):
            cov, mean = model.joint[group]
            values = starting_values(model.inner, group, cov[0], mean[0], simple)
            free = model.inner.table.free[: len(model.moment_columns)]
            for column, row in zip(model.moment_columns, free, strict=True):
                if row in values:
                    x[0, column] = values[row]
            part = model.groups[group]
            own = part.thresholds >= 0
            x[0, part.thresholds[own]] = self.discrepancy.observed[group][layout.thresholds][own]
        return model.reduce(x)

    @cached_property
    def baseline(self) -> tuple[float, int, ScaledTest | None]:
        """Chi-square, df and robust test of the independence model, in closed form.

        All statistics are free but covariances (those among exogenous variables are free too): the minimum
        leaves the Schur complement of their weight.
        """
        layout, variables = self.model.layout, self.table.variables
        exogenous = np.isin(variables.observed, variables.exogenous_observed)
        related = exogenous[layout.pair_first] & exogenous[layout.pair_second]
        held = layout.covariances.start + np.flatnonzero(~related)
        free = np.delete(np.arange(layout.size), held)
        chisq = trace = square = 0.0
        df = self.table.groups * len(held)
        for target, observed, gamma, n in zip(
            self.targets, self.discrepancy.observed, self.gamma, self.n, strict=True
        ):
            weight, residual, seen = target.weight, observed[held], gamma[np.ix_(held, held)]
            if weight.ndim == 1:
                pulled, product = weight[held] * residual, weight[held, None] * seen
            else:
                across = weight[np.ix_(held, free)]
                gone = across @ np.linalg.solve(weight[np.ix_(free, free)], across.T)
                left = weight[np.ix_(held, held)] - gone
                pulled, product = left @ residual, left @ seen
            chisq += float(n - 1) * float(residual @ pulled)
            trace += float(np.trace(product))
            square += float(np.einsum("ij,ji->", product, product))
        if self.estimator.test == "standard":
            return chisq, df, None
        if df == 0:
            return chisq, df, ScaledTest(self.estimator.test, 0.0, 0, float("nan"), trace=0.0)
        return chisq, df, adjusted_test(self.estimator.test, chisq, df, trace, square)

    @property
    def all_moments(self) -> int:
        """Statistics of all groups."""
        return self.moments_per_group * self.table.groups

    @cached_property
    def places(self) -> Places:
        """Where thresholds, means, slopes and covariances stand among the statistics."""
        return places_of_statistics(self)

    def observed_moment(self, group: int) -> Moment:
        """The sample's moments of a group by name."""
        return observed_moment(self, group)

    def implied_moment(self, group: int, state: Any) -> Moment:
        """The moments that the model implies for a group, by name."""
        return implied_moment(self, group, state)

    def latent_means_apart(self, group: int, state: Any) -> np.ndarray:
        """Differences of the means of latent responses, which lavaan lists."""
        return self.targets[group].mean[0] - state.mu[0]

    def residual_cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs alone, without those of exogenous variables, as in lavaan."""
        return self.model.layout.pair_first, self.model.layout.pair_second

    def level_squares(self, group: int, state: Any) -> tuple[int, dict[str, float]]:
        """Number of thresholds, and the sum of their squared residuals."""
        observed, implied = self.statistics(group, state)
        cut = self.model.layout.thresholds
        value = float(((observed[cut] - implied[cut]) ** 2).sum())
        return cut.stop, dict.fromkeys(("rmr", "srmr_bentler", "crmr", "srmr_mplus"), value)

    def shown_residuals(self, sums: dict[str, float]) -> dict[str, float]:
        """SRMR of correlations alone, and no Mplus variant, as in lavaan."""
        nan = float("nan")
        return sums | {"srmr": sums["srmr_bentler_nomean"], "srmr_mplus": nan, "srmr_mplus_nomean": nan}

    def own_measures(self, chisq: float, df: int, npar: int, count: float) -> dict[str, float]:
        """WRMR, by the statistics of one group as in lavaan, whose Hoelter's N without df is one."""
        without_df = {} if df else {"cn_05": 1.0, "cn_01": 1.0}
        return without_df | {"wrmr": float(np.sqrt(chisq / self.moments_per_group))}

    def moment_information(self, inference: Inference, group: int, kind: str) -> np.ndarray:
        """The weight of a group's statistics, whatever the kind."""
        return inference.weights[group]

    def sampling_covariance(self, group: int) -> np.ndarray:
        """n times the covariance matrix of a group's statistics."""
        return self.gamma[group]

    def weighted_squares(self, group: int, state: Any) -> tuple[float, float]:
        """``e'We`` of the residuals and ``s'Ws`` of the statistics."""
        return squares(*self.statistics(group, state), self.targets[group].weight)

    def unrestricted_loglik(self) -> float:
        """There is no likelihood."""
        return float("nan")

    def factor_scores(self, x: np.ndarray, method: str) -> list[np.ndarray]:
        """Posterior modes, or maxima of the likelihood, of each group's rows."""
        return ordered_scores(self, x, method)

    def fixed_moments(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """The sample's moments that exogenous variables keep."""
        return self.model.joint[group]

    @property
    def conditional(self) -> tuple[str, ...]:
        """Exogenous variables that all statistics are conditional on."""
        names = self.table.variables.observed
        return tuple(names[place] for place in self.model.exogenous)

    def statistics(self, group: int, state: Any) -> tuple[np.ndarray, np.ndarray]:
        """Sample and implied statistics of a group."""
        return self.discrepancy.observed[group], state.statistics[0]

    def robust_tests(
        self, inference: Inference, chisq: float
    ) -> tuple[float, ScaledTest, float, ScaledTest | None] | None:
        """What robust CFI and RMSEA rest on."""
        return likelihood_tests(self, inference)


def problem_with_ordered(
    model: str,
    data: pd.DataFrame | Moments,
    labels: tuple[Any, ...],
    options: Options,
    estimator: Estimator,
    information: str | None,
    settings: Mapping[str, Any],
) -> OrderedProblem:
    """The problem of a model text and a DataFrame with ordered items."""
    if isinstance(data, Moments):
        raise DataError("ordered items need the rows of the data, and only moments are given")
    ordered = settings["ordered"]
    refuse_ordered_causes(model, ordered)
    data, categories, said = category_codes(data, ordered)
    if estimator.name == "ML":
        estimator = ESTIMATORS["WLSMV"]
        said.append("ordered items: fitted by WLSMV (weighted least squares), not by ML")
    thresholds = tuple((name, len(levels) - 1) for name, levels in categories.items())
    options = replace(options, meanstructure=True, ordered=thresholds)
    table = build(model, options, len(labels))
    used = {name: levels for name, levels in categories.items() if name in table.variables.observed}
    if not used:
        raise SpecificationError(f"ordered: none of {', '.join(ordered)} stands in the model")
    if settings["missing"] == "pairwise":
        need_all_ordered(table, used)
        answers = answers_with_holes(table, data, settings["group"], labels, "missing='pairwise'")
        answers = answers.without_silent()
    else:
        answers = complete_answers(table, data, settings["group"], labels)
    sample = sample_of_ordered(answers, said=said)
    return ordered_problem(table, sample, estimator, used)


def ordered_problem(
    table: ParameterTable,
    sample: Sample,
    estimator: Estimator,
    ordered: dict[str, tuple],
) -> OrderedProblem:
    """Statistics, weights and model of a fit with ordered items.

    Parameters
    ----------
    table : parameter table with threshold rows.
    sample : complete rows; ordered columns hold category numbers 0, 1, … .
    estimator : WLSMV, DWLS, ULSMV, ULS or WLS.
    ordered : the categories of each ordered item, as the user gave them.
    """
    estimator.check_answers(ORDERED)
    names = np.array(table.variables.observed)
    exogenous = table.variables.exogenous_observed if table.options.fixed_x else ()
    is_cause = np.isin(names, exogenous)
    variables, causes = np.flatnonzero(~is_cause), np.flatnonzero(is_cause)
    is_ordered = np.isin(names[variables], list(ordered))
    items = names[variables[is_ordered]]
    categories = tuple(len(ordered[name]) for name in items)
    parts: list[Coded] = []
    faults = [
        Fault(
            f"{f'group {sample.groups[group]}: ' if len(sample.groups) > 1 else ''}nobody chose "
            f"{', '.join(unused)}, so its threshold cannot be estimated",
            column=name,
            fix="Join neighbouring categories in all groups, or leave the item out.",
        )
        for group, name, unused in unused_categories(sample.rows, ordered)
    ]
    for label, rows in zip(sample.groups, sample.rows.values, strict=True):
        codes = np.nan_to_num(rows[:, variables[is_ordered]], nan=-1.0).astype(int)
        values = rows[:, variables[~is_ordered]]
        x = rows[:, causes] if causes.size else None
        parts.append(Coded(tuple(names[variables]), is_ordered, codes, categories, values, x))
        where = f"group {label}: " if len(sample.groups) > 1 else ""
        for name, column in zip(names[variables[~is_ordered]], values.T, strict=True):
            if len(np.unique(column[:1000])) < 3 and len(np.unique(column)) < 3:
                faults.append(
                    Fault(
                        f"{where}has two values: beside ordered items its mean would say its variance",
                        column=str(name),
                        fix="Name it in ordered=, or let it be a cause alone (fixed_x=True).",
                    )
                )
    if faults:
        raise DataError(faults)
    layout = Layout.of(is_ordered, categories, len(causes))
    found = [_estimated(part, layout) for part in parts]
    layout = layout.among(variables, causes)
    return _assemble(table, sample, estimator, layout, parts, found, ordered)


def _estimated(data: Coded, layout: Layout) -> tuple[TwoStep, np.ndarray, np.ndarray]:
    """Two-step estimates of one group, its statistics and n times their covariance matrix.

    They do not depend on the model, and a ladder of models is fitted to the same answers: those of the last
    few groups are kept, by content.
    """
    key = data.fingerprint()
    if key not in _KEPT:
        while len(_KEPT) >= MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[key] = _estimate(data, layout)
    else:
        _KEPT[key] = _KEPT.pop(key)  # used last, dropped last
    return _KEPT[key]


def _estimate(data: Coded, layout: Layout) -> tuple[TwoStep, np.ndarray, np.ndarray]:
    if data.causes is None:
        found = two_step(data)
        return found, statistics(found, layout), asymptotic_covariance(data, found, layout)
    regressed = regressed_two_step(data)
    return regressed.estimates, *regressed_statistics(regressed, data, layout)


def _assemble(
    table: ParameterTable,
    sample: Sample,
    estimator: Estimator,
    layout: Layout,
    parts: list[Coded],
    found: list[tuple[TwoStep, np.ndarray, np.ndarray]],
    ordered: dict[str, tuple],
) -> OrderedProblem:
    shares = sample.n / sample.n.sum()
    scale = np.ones(len(table.variables.observed))
    scale[layout.continuous] = np.sqrt(
        sum(share * part[0].variances for share, part in zip(shares, found, strict=True))
    )
    causes = np.unique(layout.slope_cause)
    spreads = np.diagonal(sample.cov, axis1=1, axis2=2)[:, causes]
    scale[causes] = np.sqrt(np.average(spreads, axis=0, weights=sample.n))
    unit = layout.units(scale)
    observed, gammas, targets, joint, notes = [], [], [], [], list(sample.notes)
    for place, (part, (estimates, own, gamma), label) in enumerate(
        zip(parts, found, sample.groups, strict=True)
    ):
        where = f"group {label}: " if len(parts) > 1 else ""
        notes += [where + text for text in estimates.warnings]
        gamma = gamma / np.outer(unit, unit)
        if not np.isfinite(gamma).all():
            raise DataError(
                f"{where}two items are the same but for a shift: their correlation has no variance"
            )
        own = own / unit
        cov, mean = moments_of(own, layout, len(scale))
        of_causes = sample.cov[place][np.ix_(causes, causes)] * part.n / (part.n - 1)  # lavaan's divisor
        cov[np.ix_(causes, causes)] = of_causes / np.outer(scale[causes], scale[causes])
        mean[causes] = sample.mean[place][causes] / scale[causes]
        weight = _weight(estimator, gamma, unit, int(part.n), where)
        targets.append(Target(cov[None], mean[None], float((part.n - 1) / sample.total), weight))
        joint.append(without_condition(cov, mean, own, layout))
        observed.append(own)
        gammas.append(gamma)
    sample = replace(
        sample,
        cov=np.stack([cov[0] * np.outer(scale, scale) for cov, _ in joint]),
        mean=np.stack([mean[0] * scale for _, mean in joint]),
        notes=tuple(notes),
    )
    return OrderedProblem(
        OrderedModel(table, scale, layout, tuple(joint)), estimator, "expected", sample,
        OrderedLeastSquares(tuple(observed)), tuple(targets), tuple(gammas), ordered,
    )  # fmt: skip


def _weight(estimator: Estimator, gamma: np.ndarray, unit: np.ndarray, n: int, where: str) -> np.ndarray:
    if estimator.discrepancy == "ULS":
        return unit**2
    if estimator.discrepancy == "DWLS":
        return 1.0 / np.diagonal(gamma)
    if n <= len(gamma):
        raise DataError(
            f"{where}WLS needs more rows than statistics: {n} rows and {len(gamma)} statistics. Use WLSMV"
        )
    return np.linalg.inv(gamma)
