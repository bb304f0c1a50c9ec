"""D0-7, that satisfaction *consists of* five dimensions (由五个维度构成): one rule for studies 03 and 04.

The words have two readings, and each has its model:

* **formative** (构成 reads so): the dimensions make satisfaction up. Where satisfaction is measured by
  questions of its own, the five must explain it almost whole: the interval of the explained variance lies
  above .90;
* **reflective**: the dimensions and the satisfaction questions are signs of one second-order satisfaction.
  That model must fit, and not worse than its rival, in which the dimensions lead to satisfaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.evidence import claims
from workbench.measurement.measurement_models import ModelComparison, whole_structures

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.sem.result import Fit

WHOLE = 0.90
# Conventions for a model that may be kept: Hu and Bentler (1999); Cheung and Rensvold (2002) for the loss.
LEAST_CFI, LARGEST_RMSEA, LARGEST_LOSS_OF_CFI = 0.95, 0.06, 0.01
# Correlations of the latent variables may miss those of one common factor by this much.
NEAR = 0.05
FORMATIVE, REFLECTIVE = "formative", "reflective"
CONSISTS, DRIVEN, MADE_UP = "consists of", "is driven by", "is made up of"


def structures(
    parts: Mapping[str, Sequence[str]], items: Sequence[str], whole: str = "satisfaction"
) -> dict[str, str]:
    """The rival models: ``is driven by``, and nested in it ``consists of`` and ``is made up of``.

    parts : items by dimension. items : the whole's own.
    """
    known = whole_structures(parts, whole, items)
    driven = known["is driven by"]
    return {
        DRIVEN: driven,
        CONSISTS: known["consists of"],
        MADE_UP: f"{driven}\n{whole} ~~ 0*{whole}",
    }


def planted(population: Population, parts: Sequence[str], whole: str = "satisfaction") -> dict[str, bool]:
    """Which reading holds in a population, from its latent covariances."""
    r, names = population.implied.covariance, list(parts)
    between, with_whole = r.loc[names, names].to_numpy(), r.loc[names, whole].to_numpy()
    explained = float(with_whole @ np.linalg.solve(between, with_whole))
    one_factor = np.abs(between - np.outer(with_whole, with_whole))
    off = ~np.eye(len(names), dtype=bool)
    return {FORMATIVE: explained > WHOLE, REFLECTIVE: bool((one_factor[off] < NEAR).all())}


def made_up(population: Population, parts: Sequence[str], whole: str = "satisfaction") -> Population:
    """The population with satisfaction made up of the dimensions: they alone explain it, 97 % of it."""
    terms = population.description.structure[whole]
    r = population.implied.covariance.loc[list(parts), list(parts)].to_numpy()
    weights = np.array([next((t.value for t in terms if t.from_ == part), 0.0) for part in parts])
    scaled = dict(zip(parts, weights * np.sqrt(0.97 / (weights @ r @ weights)), strict=True))
    return population.with_paths(
        {(whole, term.from_, term.above, term.times): float(scaled.get(term.from_, 0.0)) for term in terms}
    )


def one_behind(
    population: Population, parts: Sequence[str], *, common: str, cause: str, whole: str = "satisfaction"
) -> Population:
    """The population with satisfaction as what the dimensions have in common, so that they are signs of it.

    common : the hidden factor that satisfaction is made the questions of. cause : what moves it.
    """
    from workbench.datasets.population_schema import Term

    def term(source: str, value: float) -> list[Term]:
        return [Term.model_validate({"from": source, "value": value, "source": "the reflective reading"})]

    structure = {
        common: term(cause, 0.45),
        **population.description.structure,
        **{part: term(common, 0.75) for part in parts},
        whole: term(common, 0.98),
    }
    changed = population.description.model_copy(update={"structure": structure})
    return replace(population, description=changed)


def judge_formative(
    driven: Fit, *, kind: str, planted: bool | None = None, whole: str = "satisfaction"
) -> Verdict:
    """D0-7, formative: the interval of satisfaction's explained variance lies wholly above .90.

    driven : fit of ``is driven by``. The interval is that of the standardized disturbance.
    """
    table = driven.standardized_solution().query("op == '~~' and lhs == rhs and lhs == @whole")
    left = table.iloc[0]
    found = claims.finding(
        f"share of {whole} that the dimensions explain",
        estimate=1 - left["est_std"],
        interval=(1 - left["ci_upper"], 1 - left["ci_lower"]),
        pattern="above",
        threshold=WHOLE,
    )
    return claims.judge_all(
        "D0-7",
        [found],
        kind=kind,
        n=int(driven.problem.sample.total),
        measure=f"explained variance of {whole}, R²",
        part=FORMATIVE,
        planted=planted,
    )


def judge_reflective(compared: ModelComparison, *, kind: str, planted: bool | None = None) -> Verdict:
    """D0-7, reflective: the second-order model fits (CFI, RMSEA) and not worse than its rival (BIC, CFI)."""
    one, rival = compared.table.loc[CONSISTS], compared.table.loc[DRIVEN]
    lost = rival["cfi"] - one["cfi"]
    found = [
        claims.fact("second-order model: BIC not above its rival's", one["bic"] <= rival["bic"],
                    estimate=one["bic"] - rival["bic"]),
        claims.fact(f"it loses no more than {claims.written(LARGEST_LOSS_OF_CFI)} of CFI",
                    lost <= LARGEST_LOSS_OF_CFI),
        claims.fact(f"its CFI is {claims.written(LEAST_CFI)} or more", one["cfi"] >= LEAST_CFI),
        claims.fact(f"its RMSEA is {claims.written(LARGEST_RMSEA)} or less", one["rmsea"] <= LARGEST_RMSEA),
        claims.fact("it converges to a proper solution", bool(one["converged"]) and one["improper"] == 0),
    ]  # fmt: skip
    return claims.judge_all(
        "D0-7",
        found,
        kind=kind,
        n=int(compared.fits[CONSISTS].problem.sample.total),
        measure="BIC of the second-order model less its rival's",
        part=REFLECTIVE,
        planted=planted,
    )
