"""Moderation between latent variables: products of indicators, simple slopes, Johnson–Neyman limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from workbench import sem
from workbench.measurement.measurement_models import improper_estimates
from workbench.normal_quantiles import INTERVAL_95
from workbench.regression.interaction import Interaction, along_moderator
from workbench.sem.lavaan_export import ProductTerm
from workbench.studies.own_model.specification import OwnModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.sem.named_moments import Moment
    from workbench.sem.result import Fit
    from workbench.survey.hypotheses import Hypothesis

PRODUCT = "product_of_both"


@dataclass(frozen=True)
class Moderation:
    """A latent interaction.

    ``product``: standardized product term, its 95 % interval and p. ``along``: the standardized effect of the
    focal variable along the moderator, in the moderator's standard deviations; None where the fit has no
    proper solution. ``term``: the product's name and its columns.
    """

    hypothesis: Hypothesis
    fit: Fit
    product: tuple[float, float, float, float]
    along: Interaction | None
    term: ProductTerm
    warnings: tuple[str, ...]

    @property
    def readable(self) -> bool:
        """Whether the solution is proper."""
        return self.fit.converged and not improper_estimates(self.fit)


def moderation(model: OwnModel, one: Hypothesis) -> Moderation:
    """Fit the model with the product of two variables on the outcome of a moderation hypothesis.

    Double-mean-centred product indicators (Marsh, Wen & Hau 2004; Lin, Wen, Marsh & Lin 2010), items matched
    by the size of their loadings; an observed variable multiplies every item of the other. Robust ML, full
    information where answers are missing. The standardized product term is b₃·σ₁σ₂/σ_y (Wen, Marsh & Hau
    2010), its scale taken as known; slopes are in deviations of the three variables.

    R: ``semTools::indProd(match = TRUE, meanC = TRUE, doubleMC = TRUE)`` and ``lavaan::sem(estimator = "MLR",
    missing = "fiml")``.
    """
    focal, outcome = one.chain
    moderator = str(one.moderator)
    parts = _matched(model, focal, moderator)
    data, made = model.data.join(_indicators(model.data, parts)), len(parts)
    name = next(_unused(PRODUCT, model)) if made > 1 else next(iter(parts))
    measured = f"{name} =~ {' + '.join(parts)}" if made > 1 else ""
    text = model.text(defined=False) + f"\n{measured}\n{outcome} ~ b_product*{name}"
    causes = [cause for cause in (*model.variables, *model.controls) if cause not in model.outcomes]
    text += "".join(f"\n{name} ~~ {cause}" for cause in causes if not (made > 1 and cause in model.latent))
    text += "".join(f"\n{name} ~~ {mid}" for mid in model.outcomes if mid in (focal, moderator))
    if made == 1:
        text += f"\n{name} ~~ {name}"
    holes = data.isna().to_numpy().any()
    fit = sem.fit(text, data, estimator="MLR", missing="fiml" if holes else "listwise")
    return _read(model, one, fit, name, parts)


def _matched(model: OwnModel, focal: str, moderator: str) -> dict[str, tuple[str, str]]:
    """Names of the product indicators, and the two columns of each."""
    first, second = (_by_loading(model, name) for name in (focal, moderator))
    if len(first) == 1 or len(second) == 1:
        matched = [(a, b) for a in first for b in second]
    else:
        matched = list(zip(first, second, strict=False))
    return dict(zip(_unused("product", model), matched, strict=False))


def _unused(stem: str, model: OwnModel) -> Iterator[str]:
    """Numbered names that neither a column nor a construct of the survey has."""
    names = (f"{stem}_{number}" for number in count(1))
    return (name for name in names if name not in model.data and name not in model.latent)


def _indicators(data: pd.DataFrame, parts: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Double-mean-centred products of columns."""
    centred = data - data.mean()
    products = pd.DataFrame({name: centred[a] * centred[b] for name, (a, b) in parts.items()})
    return products - products.mean()


def _by_loading(model: OwnModel, name: str) -> list[str]:
    """Items of a construct, the strongest first; an observed variable is its own."""
    if name not in model.latent:
        return [name]
    items = model.latent[name]
    if len(items) < 3:
        return list(items)
    related = model.data[items].corr()
    return list(related.sum().sort_values(ascending=False, kind="stable").index)


def _read(
    model: OwnModel, one: Hypothesis, fit: Fit, name: str, columns: dict[str, tuple[str, str]]
) -> Moderation:
    from scipy.special import ndtr

    focal, outcome = one.chain
    term = ProductTerm(outcome, focal, str(one.moderator), name, columns)
    warnings = tuple(text for text in fit.warnings if "treated as random" not in text)
    if not fit.converged:
        said = ("the model with the product has not converged", *warnings)
        return Moderation(one, fit, (np.nan,) * 4, None, term, said)
    table = fit.estimates.query("op == '~'").set_index(["lhs", "rhs"])
    slope, product = table.loc[(outcome, focal)], table.loc[(outcome, name)]
    of_focal, of_moderator, of_outcome = (
        _deviation(model, fit, part) for part in (focal, str(one.moderator), outcome)
    )
    scale = np.array([of_focal / of_outcome, of_focal * of_moderator / of_outcome])
    keys = [f"{outcome} ~ {focal}", f"{outcome} ~ {name}"]
    error = fit.vcov.loc[keys, keys].to_numpy(float) * np.outer(scale, scale)
    b1, b3 = float(slope["est"] * scale[0]), float(product["est"] * scale[1])
    se3 = float(np.sqrt(error[1, 1]))
    along = along_moderator(
        b1,
        b3,
        error,
        outcome=model.labels[outcome],
        focal=model.labels[focal],
        moderator=model.labels[str(one.moderator)],
        warnings=warnings,
    )
    interval = (b3, b3 - INTERVAL_95 * se3, b3 + INTERVAL_95 * se3, float(2 * ndtr(-abs(b3 / se3))))
    return Moderation(one, fit, interval, along, term, warnings)


def _deviation(model: OwnModel, fit: Fit, name: str) -> float:
    """Standard deviation of a variable as the model has it."""
    if name in model.latent:
        return float(np.sqrt(cast("pd.DataFrame", fit.latent_covariance).loc[name, name]))
    return float(np.sqrt(cast("Moment", fit.implied).cov.loc[name, name]))
