"""How well rival readings of satisfaction predict the direct rating of left-out respondents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.normal_quantiles import INTERVAL_95

FOLDS = 10
LEAST = 30  # respondents


@dataclass(frozen=True)
class Prediction:
    """``r2``: reading -> r2 on left-out respondents, predictors. ``errors``: squared errors by respondent, in
    units of the rating's variance."""

    r2: pd.DataFrame
    errors: pd.DataFrame
    n: int

    def less(self, one: str, other: str) -> tuple[float, tuple[float, float]]:
        """R² of one reading less that of another, with a 95 % interval from the respondents' paired
        errors."""
        d = self.errors[other] - self.errors[one]
        half = INTERVAL_95 * float(d.std()) / np.sqrt(self.n)
        return float(d.mean()), (float(d.mean()) - half, float(d.mean()) + half)


def predict(
    rating: pd.Series, readings: Mapping[str, pd.DataFrame | pd.Series], *, seed: int = 1, folds: int = FOLDS
) -> Prediction:
    """Least squares of the rating on each reading, judged by respondents that were left out of it.

    Parameters
    ----------
    rating : what is predicted. readings : name -> one column or several.
    seed : of the split into ``folds`` parts, the same for all readings.

    Notes
    -----
    R² = 1 − Σ(y − ŷ₋ᵢ)² / Σ(y − ȳ)². The readings have few coefficients each, so that folds hardly change
    them, and the paired differences of squared errors are taken as independent.

    Raises
    ------
    SpecificationError : fewer than 30 respondents with all readings, or a rating that does not vary.
    """
    frames = {name: pd.DataFrame(part) for name, part in readings.items()}
    whole = pd.concat([rating.rename("rating"), *frames.values()], axis=1).dropna()
    n = len(whole)
    y = rating.loc[whole.index].to_numpy(dtype=float)
    if n < LEAST or np.ptp(y) == 0:
        raise SpecificationError(
            f"{n} respondents with a rating that varies and all readings; {LEAST} are needed"
        )
    place = np.random.default_rng(seed).permutation(n) % folds
    variance = float(((y - y.mean()) ** 2).mean())
    errors = {
        name: (y - _left_out(part.loc[whole.index].to_numpy(dtype=float), y, place, folds)) ** 2 / variance
        for name, part in frames.items()
    }
    table = pd.DataFrame(
        {
            "r2": {name: 1 - float(error.mean()) for name, error in errors.items()},
            "predictors": {name: part.shape[1] for name, part in frames.items()},
        }
    )
    return Prediction(table.rename_axis("reading"), pd.DataFrame(errors, index=whole.index), n)


def _left_out(x: np.ndarray, y: np.ndarray, place: np.ndarray, folds: int) -> np.ndarray:
    design = np.column_stack([np.ones(len(y)), x])
    predicted = np.empty(len(y))
    for fold in range(folds):
        out = place == fold
        weights, *_ = np.linalg.lstsq(design[~out], y[~out], rcond=None)
        predicted[out] = design[out] @ weights
    return predicted


def surface(experience: pd.Series, expected: pd.Series) -> pd.DataFrame:
    """Terms of a response surface, centred at the means: b, a, b², ba, a² (Edwards 1994)."""
    b, a = experience - experience.mean(), expected - expected.mean()
    return pd.DataFrame({"b": b, "a": a, "b²": b**2, "ba": b * a, "a²": a**2})


def readings(people: pd.DataFrame) -> dict[str, pd.DataFrame | pd.Series]:
    """The rival readings of experience and expectation; the ratio where there is one.

    Each enters by its normal scores, so that only the order of the respondents counts: a formula that is
    right
    up to a stretch of its scale is not worse for it, and a few ratios with a tiny denominator do not decide.
    """
    b, a = people["experience"], people["expected"]
    rivals = {"experience alone": b, "gap": people["gap"]}
    if "ratio" in people:
        rivals["ratio"] = people["ratio"]
    found: dict[str, pd.DataFrame | pd.Series] = {name: normal_scores(own) for name, own in rivals.items()}
    found["both, free"] = pd.DataFrame({"b": normal_scores(b), "a": normal_scores(a)})
    return found | {"response surface": surface(b, a)}


def normal_scores(values: pd.Series) -> pd.Series:
    """Quantiles of the normal distribution at the ranks, Φ⁻¹((rank − ½) / n), ties sharing their mean rank.

    In R: ``qnorm((rank(x) - 0.5) / length(x))``.
    """
    from scipy.special import ndtri

    return pd.Series(ndtri((values.rank() - 0.5) / values.count()), index=values.index)


def slopes(y: pd.Series, x: pd.DataFrame) -> pd.DataFrame:
    """Least-squares slopes in standard deviations of the outcome, with HC3 errors.

    Returns
    -------
    DataFrame : term -> estimate, ci_lower, ci_upper, with ``attrs["n"]``; complete rows.
    """
    from workbench import regression

    data = pd.concat([y.rename("_outcome"), x], axis=1).dropna()
    names = {column: f"x{place}" for place, column in enumerate(x.columns)}
    model = regression.ols(data.rename(columns=names), "_outcome", list(names.values()), covariance="HC3")
    table = model.standardized[["estimate", "ci_lower", "ci_upper"]].rename(
        index={short: name for name, short in names.items()}
    )
    table.attrs["n"] = len(data)
    return table
