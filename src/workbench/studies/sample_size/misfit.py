"""Populations in which a measurement model is wrong by a stated amount, for cut-offs and for their cost."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem import fit_cutoffs
from workbench.sem.planning import population_covariance

if TYPE_CHECKING:
    from workbench.studies.sample_size.planned import Planned

CROSS, PAIR = 0.3, 0.3  # loading on a second construct; correlation of two items' errors
MOST_EXPLAINED = 0.95  # share of an item that its constructs may explain


def wrong_populations(planned: Planned) -> dict[str, str]:
    """Populations by what is wrong with the measurement model in them, the slighter fault first.

    With several constructs the weakest item also loads on the next one, in one construct or in each: by .30,
    or less where the constructs would explain more than 95 % of the item. With a single construct errors of
    items correlate by .30: of one pair, or of every other pair of neighbours. Empty without two latent
    constructs or one of four items, where no such fault can show.
    """
    latent, text = planned.model.latent, planned.population()
    if len(latent) == 1:
        (items,) = latent.values()
        if len(items) < 4:
            return {}
        residual = {item: 1 - planned.loadings[item] ** 2 for item in items}
        lines = [f"{a} ~~ {PAIR * np.sqrt(residual[a] * residual[b]):.6f}*{b}" for a, b in pairwise(items)]
        return {
            "two items share more than the construct": f"{text}\n{lines[0]}",
            "every item does with one other": "\n".join([text, *lines[::2]]),
        }
    if len(latent) < 2:
        return {}
    lines = [_second(planned, name, after) for name, after in _neighbours(list(latent))]
    return {
        "one item also belongs elsewhere": f"{text}\n{lines[0]}",
        "so does an item of every construct": "\n".join([text, *lines]),
    }


def _neighbours(names: list[str]) -> list[tuple[str, str]]:
    return list(zip(names, [*names[1:], names[0]], strict=True))


def _second(planned: Planned, name: str, after: str) -> str:
    """The weakest item of a construct, loading on another one too."""
    item = min(planned.model.latent[name], key=lambda one: planned.loadings[one])
    own = planned.loadings[item]
    r = _correlation(planned, name, after)
    # own² + c² + 2 own c r = .95
    most = -own * r + np.sqrt(max((own * r) ** 2 + MOST_EXPLAINED - own**2, 0.0))
    return f"{after} =~ {max(min(CROSS, most), 0.01):.6f}*{item}"


def _correlation(planned: Planned, a: str, b: str) -> float:
    """Correlation of two latent constructs in the planned population, from one item of each."""
    cov, names = population_covariance(planned.population())
    first, second = planned.model.latent[a][0], planned.model.latent[b][0]
    between = cov[names.index(first), names.index(second)]
    return float(between / (planned.loadings[first] * planned.loadings[second]))


def cutoffs(planned: Planned, n: int, *, draws: int, seed: int) -> fit_cutoffs.Cutoffs | None:
    """Cut-offs of the measurement model at n; None where the model cannot be wrong (too few items).

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`. n : respondents.
    draws : samples of each population. seed : same seed, same result.
    """
    wrong = wrong_populations(planned)
    if not wrong:
        return None
    text = planned.model.measurement_text
    return fit_cutoffs.cutoffs(text, planned.population(), wrong, n, draws=draws, seed=seed)
