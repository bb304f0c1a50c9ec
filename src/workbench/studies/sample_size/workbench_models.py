"""What the other studies of the workbench ask of a sample, under the same assumptions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.datasets import open_codebook
from workbench.sem.planning import smallest_n
from workbench.studies.sample_size import groups
from workbench.studies.sample_size.planned import Planned, from_codebook
from workbench.studies.sample_size.power_curves import Curves, curves, usable

_FACTORS = ("system_performance", "data_quality", "user_interface", "process_integration", "staff_training")
# Study -> (codebook, hypotheses in the way of study 18).
MODELS: dict[str, tuple[str, dict[str, str]]] = {
    "04": (
        "customer_survey",
        {
            "CRM use, satisfaction": "crm_use -> satisfaction (+)",
            "CRM use, responsiveness, satisfaction": "crm_use -> responsiveness -> satisfaction",
            "CRM use, satisfaction, loyalty": "crm_use -> satisfaction -> loyalty",
        },
    ),
    "06": (
        "customer_survey",
        {
            "value, loyalty beside satisfaction and relationship": "perceived_value -> loyalty (+)",
            "satisfaction, loyalty": "satisfaction -> loyalty (+)",
            "relationship, loyalty": "relationship_quality -> loyalty (+)",
            "engagement moderates satisfaction": "engagement x satisfaction -> loyalty",
        },
    ),
    "11": (
        "firm_survey",
        {f"{name.replace('_', ' ')}, effectiveness": f"{name} -> effectiveness (+)" for name in _FACTORS},
    ),
}
SHARES = (0.20, 0.25)  # an A/B test of study 13: from one share to the other
MEANS = 0.2  # and of two means, in standard deviations


def of_studies(
    sizes: Sequence[int], *, effect: float, loading: float, correlation: float, draws: int, seed: int
) -> pd.DataFrame:
    """n for a power of 80 and 90 % by study and question; NaN where the grid does not reach it.

    Parameters
    ----------
    sizes : grid of respondents. effect, loading, correlation : assumed, as in `from_codebook`.
    draws : samples at each size. seed : same seed, same result.

    Returns
    -------
    DataFrame by (study, question): n80, n90, unit (respondents, firms, both groups together).
    """
    assumed = {"effect": effect, "loading": loading, "correlation": correlation}
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for study, (book, hypotheses) in MODELS.items():
        planned = from_codebook(open_codebook(book), hypotheses, **assumed)
        made = curves(planned, usable(planned, sizes), draws=draws, seed=seed)
        unit = "firms" if book == "firm_survey" else "respondents"
        kept = _weakest(made) if study == "11" else list(made.power)
        for name in kept:
            rows[study, name] = {**_both(made.power[name]), "unit": unit}
        if study == "04":
            rows |= _of_groups(planned, sizes, effect=effect, draws=draws, seed=seed)
    rows |= _of_two_arms()
    return (
        pd.DataFrame.from_dict(rows, orient="index")
        .rename_axis(["study", "question"])
        .sort_index(level=0, sort_remaining=False)
    )


def _weakest(made: Curves) -> list[str]:
    """Of regressors that are planned alike, the one that needs most."""
    return [made.power.sum().idxmin()]


def _both(powers: pd.Series) -> dict[str, object]:
    return {"n80": smallest_n(powers, 0.8), "n90": smallest_n(powers, 0.9)}


def _of_groups(
    planned: Planned, sizes: Sequence[int], *, effect: float, draws: int, seed: int
) -> dict[tuple[str, str], dict[str, object]]:
    first = planned.model.hypotheses[0]
    grid = [n for n in sizes if n >= 4 * planned.observed]
    path = groups.path_difference(planned, first, grid, difference=effect, draws=draws, seed=seed)
    loading = groups.loading_difference(planned, grid, difference=effect, draws=draws // 3, seed=seed)
    unit = "people in both groups"
    return {
        ("05", f"a path that differs by {effect:.2f}"): {**_both(path), "unit": unit},
        ("05", f"one loading that differs by {effect:.2f}"): {**_both(loading), "unit": unit},
    }


def _of_two_arms() -> dict[tuple[str, str], dict[str, object]]:
    """Closed forms for two arms (statsmodels)."""
    from statsmodels.stats.power import NormalIndPower, TTestIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    shares = proportion_effectsize(SHARES[1], SHARES[0])
    rows = {}
    for name, test, size in (
        (
            f"a share of {SHARES[1]:.2f} against {SHARES[0]:.2f}",
            NormalIndPower(),
            shares,
        ),
        (f"a mean higher by {MEANS:.2f} SD", TTestIndPower(), MEANS),
    ):
        need = {f"n{p}": 2 * np.ceil(test.solve_power(size, power=p / 100, alpha=0.05)) for p in (80, 90)}
        rows["13", name] = {**need, "unit": "people in both arms"}
    return rows
