"""A researcher's own model fitted: the estimator that the scales ask for, its measurement and structure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import sem, vocabulary
from workbench.errors import DataError
from workbench.measurement.measurement_models import improper_estimates
from workbench.studies.own_model.specification import OwnModel

if TYPE_CHECKING:
    from workbench.sem.resampling import Bootstrap
    from workbench.sem.result import Fit

# Up to five categories are treated as ordered (Rhemtulla, Brosseau-Liard & Savalei 2012), if n allows it.
MOST_ORDERED, LEAST_ORDERED_N, LARGEST_LOSS = 5, 200, 0.1
CORRELATION_TOO_HIGH = 0.95


def _correlation(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1).replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Estimator:
    """How a model is fitted, and why."""

    name: str
    missing: str
    ordered: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.name}, {'ordered answers' if self.ordered else 'answers as numbers'}"


def choose_estimator(model: OwnModel) -> Estimator:
    """The estimator that the answers ask for.

    WLSMV on ordered answers where items have at most five categories and there are at least 200 respondents
    (pairwise where answers are missing and every variable is an item; where observed causes stand beside
    them, if nine in ten respondents are complete). Otherwise MLR, by full information where answers are
    missing.
    """
    n, holes = len(model.data), model.data.isna().any(axis=1)
    few = model.latent and model.levels <= MOST_ORDERED
    alone = set(model.data.columns) <= set(model.items)
    if few and n >= LEAST_ORDERED_N and (alone or holes.mean() <= LARGEST_LOSS):
        reason = f"items have at most {model.levels} categories and there are {n:,} respondents"
        return Estimator("WLSMV", "pairwise" if holes.any() and alone else "listwise", True, reason)
    if not model.latent:
        reason = "no construct has several items"
    elif not few:
        reason = f"items have up to {model.levels} categories"
    elif n < LEAST_ORDERED_N:
        reason = f"{n:,} respondents are few for the thresholds of every item"
    else:
        reason = "ordered answers beside observed causes would leave out everybody with a missing answer"
    return Estimator("MLR", "fiml" if holes.any() else "listwise", False, reason)


def fitted(model: OwnModel, text: str, how: Estimator) -> Fit:
    """Fit a model text to the model's data."""
    if not how.ordered:
        return sem.fit(text, model.data, estimator=how.name, missing=how.missing)
    return sem.fit(text, model.data, estimator=how.name, missing=how.missing, ordered=model.items)


@dataclass(frozen=True)
class Estimated:
    """A model with its fits.

    ``how``: the estimator. ``measurement``: constructs that correlate freely; None without latent
    constructs. ``structure``: the hypothesized paths.
    """

    model: OwnModel
    how: Estimator
    measurement: Fit | None
    structure: Fit
    draws: int
    seed: int

    @property
    def n(self) -> int:
        """Respondents behind the headline."""
        return int(self.structure.measures["ntotal"])

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """Why the solution is not to be read; empty where it is proper."""
        if not self.structure.converged:
            return ("the model has not converged",)
        said = improper_estimates(self.structure)
        said += [
            text for text in self.structure.warnings if "singular" in text or "not positive definite" in text
        ]
        return tuple(dict.fromkeys(said))

    @property
    def readable(self) -> bool:
        """Whether the structural solution is proper."""
        return not self.faults

    @cached_property
    def inseparable(self) -> tuple[str, ...]:
        """Pairs of constructs whose latent correlation leaves nothing to tell them apart, in words."""
        if self.measurement is None or not self.measurement.converged:
            return ()
        table = self.measurement.estimates.query("op == '~~' and lhs != rhs")
        names = self.model.labels
        return tuple(
            f"{names[row.lhs]} and {names[row.rhs]} (r = {_correlation(row.std_all)})"
            for row in table.itertuples()
            if row.lhs in self.model.latent
            and row.rhs in self.model.latent
            and abs(row.std_all) >= CORRELATION_TOO_HIGH
        )

    @cached_property
    def normal_theory(self) -> Fit:
        """ML on complete cases, which the bootstrap draws from."""
        return sem.fit(self.model.text(), self.model.data)

    @cached_property
    def boot(self) -> Bootstrap:
        """Bootstrap of `normal_theory`, drawn when it is first needed."""
        return self.normal_theory.bootstrap(draws=self.draws, seed=self.seed)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know of the fits."""
        fits = {"Structural model": self.structure, "Measurement model": self.measurement}
        whose: dict[str, list[str]] = {}
        for name, fit in fits.items():
            for text in fit.warnings if fit is not None else ():
                if "treated as random" not in text:  # that is written in the model on purpose
                    whose.setdefault(vocabulary.labelled(text, self.model.labels), []).append(name)
        said = [*self.model.notes]
        said += [f"{names[0] if len(names) == 1 else 'Both models'}: {text}" for text, names in whose.items()]
        said += [f"{pair}: answers cannot tell these two constructs apart" for pair in self.inseparable]
        return tuple(dict.fromkeys(said))


def estimate(model: OwnModel, *, how: Estimator | None = None, draws: int = 5000, seed: int = 1) -> Estimated:
    """Fit the measurement model and the structure.

    Parameters
    ----------
    model : of `own_model`.
    how : the estimator; None: `choose_estimator`.
    draws, seed : of the bootstrap of indirect effects.
    """
    how = how or choose_estimator(model)
    measurement = fitted(model, model.measurement_text, how) if model.latent else None
    structure = fitted(model, model.text(ordered=how.ordered), how)
    return Estimated(model, how, measurement, structure, draws, seed)


def paths(found: Estimated) -> pd.DataFrame:
    """Every structural path: b, its standard error, β with its 95 % interval, p, and f².

    Index (outcome, predictor); columns est, se, std, ci_lower, ci_upper (of β, delta method with the fit's
    covariance), pvalue (of b, Wald), f2, control. f² = (R² − R² without the predictor) / (1 − R²), both R²
    from the model's correlations of the variables (Cohen 1988).
    """
    chosen = "op == '~' and lhs in @outcomes"
    outcomes = found.model.outcomes  # noqa: F841 - read by the query
    raw = found.structure.estimates.query(chosen).set_index(["lhs", "rhs"])
    standard = found.structure.standardized_solution().query(chosen).set_index(["lhs", "rhs"])
    table = raw[["est", "se", "pvalue"]].join(standard[["est_std", "ci_lower", "ci_upper"]])
    table = table.rename(columns={"est_std": "std"}).rename_axis(["outcome", "predictor"])
    related = structural_correlations(found)
    table["f2"] = [
        _effect_size(related, table.loc[outcome].index, outcome, predictor)
        for outcome, predictor in table.index
    ]
    table["control"] = [predictor in found.model.controls for _, predictor in table.index]
    return table[["est", "se", "std", "ci_lower", "ci_upper", "pvalue", "f2", "control"]]


def structural_correlations(found: Estimated) -> pd.DataFrame:
    """Correlations of the model's variables that the structure implies: (I − B)⁻¹ Ψ (I − B)⁻ᵀ.

    Observed causes that an ordered fit conditions on have the correlations of the sample.
    """
    names = [
        *found.model.variables,
        *(name for name in found.model.controls if name not in found.model.variables),
    ]
    place = {name: position for position, name in enumerate(names)}
    slopes, spread = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)))
    seen = found.model.data.corr().reindex(index=names, columns=names).fillna(0.0).to_numpy()
    known = np.zeros(len(names), dtype=bool)
    for row in found.structure.estimates.itertuples():
        if row.lhs not in place or row.rhs not in place:
            continue
        here, there = place[row.lhs], place[row.rhs]
        if row.op == "~":
            slopes[here, there] = row.std_all
        elif row.op == "~~":
            spread[here, there] = spread[there, here] = row.std_all
            known[here] |= here == there
    # off the diagonal std_all is a correlation of what is left: turn it into a covariance
    root = np.sqrt(np.clip(np.diag(spread), 0.0, None))
    spread = np.where(np.eye(len(names), dtype=bool), spread, spread * np.outer(root, root))
    spread[np.ix_(~known, ~known)] = seen[np.ix_(~known, ~known)]
    inverse = np.linalg.inv(np.eye(len(names)) - slopes)
    return pd.DataFrame(inverse @ spread @ inverse.T, names, names)


def _effect_size(related: pd.DataFrame, predictors: pd.Index, outcome: str, predictor: str) -> float:
    def share(names: list[str]) -> float:
        with_outcome = related.loc[names, outcome].to_numpy()
        return float(
            with_outcome @ np.linalg.lstsq(related.loc[names, names].to_numpy(), with_outcome, rcond=None)[0]
        )

    whole = share(list(predictors))
    without = share([name for name in predictors if name != predictor])
    return (whole - without) / (1 - whole) if whole < 1 else np.nan


def indirect_effects(found: Estimated) -> pd.DataFrame:
    """Hypothesized indirect effects, standardized, with two intervals.

    Index: hypothesis. Columns std, ci_lower, ci_upper: headline estimate with the Monte Carlo interval of the
    product (MacKinnon, Lockwood & Williams 2004); ml, ml_lower, ml_upper: ML with the BCa bootstrap
    interval (Efron 1987) on complete cases, without limits where too few refits have a solution.
    """
    chosen = [one for one in found.model.hypotheses if one.kind == "indirect"]
    columns = ["std", "ci_lower", "ci_upper", "pvalue", "ml", "ml_lower", "ml_upper"]
    if not chosen or not found.readable:
        return pd.DataFrame(columns=columns).rename_axis("hypothesis")
    try:
        beside = found.boot.interval("bca", standardized=True).query("op == ':='").set_index("lhs")
    except DataError:
        beside = found.boot.interval("bc", standardized=True).query("op == ':='").set_index("lhs")
        beside = beside.assign(ci_lower=math.nan, ci_upper=math.nan)
    drawn = sem.monte_carlo_intervals(found.structure, seed=found.seed, standardized=True).set_index("lhs")
    rows = {
        one.id: [
            *drawn.loc[one.id, ["est", "ci_lower", "ci_upper", "pvalue"]],
            *beside.loc[one.id, ["est", "ci_lower", "ci_upper"]],
        ]
        for one in chosen
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("hypothesis")
