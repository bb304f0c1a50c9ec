"""How strong an unmeasured cause of CRM use and of an outcome would have to be to undo an effect.

CRM use has no cause in the model, so its total effect on an outcome is their latent correlation r. A phantom
cause U of unit variance that acts on both, γ on CRM use and δ on the outcome (standardized), adds γδ to that
correlation. An effect is undone where γδ reaches r, and its interval reaches 0 where γδ reaches the lower
limit.

Source: phantom variables, Harring, McNeish and Hancock (2017); partial R² and the robustness value, Cinelli
and Hazlett (2020).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.studies.customer_loyalty.model import OUTCOMES, constructs_of

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population
    from workbench.survey import Survey


def robustness_value(correlation: float) -> float:
    """Share of the remaining variance of cause and of outcome that a confounder must explain to undo r.

    With f² = r² / (1 − r²): (√(f⁴ + 4 f²) − f²) / 2. R: ``sensemakr::robustness_value``, whose f is t / √df.

    >>> from workbench.studies.customer_loyalty.hidden_cause import robustness_value
    >>> round(robustness_value(0.5), 3)
    0.434
    """
    if not -1 < correlation < 1:
        return 1.0
    f2 = correlation**2 / (1 - correlation**2)
    return (math.sqrt(f2**2 + 4 * f2) - f2) / 2


def tipping_points(effects: pd.DataFrame) -> pd.DataFrame:
    """Strength of the hidden cause that undoes the total effects, by outcome.

    Parameters
    ----------
    effects : the study's effects, with est, ci_lower, ci_upper.

    Returns
    -------
    DataFrame by outcome : est and limit (the effect, and the end of its interval nearer to 0; 0 where it
        holds 0); path_est, path_limit (γ = δ that undoes the effect, that brings its interval to 0); rv_est,
        rv_limit (robustness values).
    """
    import pandas as pd

    rows = {}
    for name in OUTCOMES:
        row = effects.loc[f"total_{name}"]
        est, low, high = (float(row[key]) for key in ("est", "ci_lower", "ci_upper"))
        limit = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        rows[name] = {
            "est": est,
            "limit": limit,
            "path_est": math.sqrt(abs(est)),
            "path_limit": math.sqrt(limit),
            "rv_est": robustness_value(est),
            "rv_limit": robustness_value(limit),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("outcome")


def known_causes(survey: Survey) -> pd.DataFrame:
    """How much the groups that respondents belong to explain: a yardstick for what was not asked.

    Returns
    -------
    DataFrame by group : crm_use, and by outcome what the group adds to CRM use (partial R²); scores are means
    of items. Groups with one level, or with as many as a third of the respondents, are left out.
    """
    import pandas as pd

    items = constructs_of(survey, ("crm_use", *OUTCOMES))
    scores = pd.DataFrame({name: survey.responses[own].mean(axis=1) for name, own in items.items()})
    rows = {}
    for group in survey.codebook.groups:
        levels = pd.get_dummies(survey.responses[group], dtype=float).iloc[:, 1:]
        known = scores.notna().all(axis=1) & survey.responses[group].notna()
        if not 0 < levels.shape[1] < known.sum() / 3:
            continue
        one, added = np.ones((int(known.sum()), 1)), levels[known].to_numpy()
        crm = scores.loc[known, ["crm_use"]].to_numpy()
        rows[group] = {"crm_use": _partial_r2(crm[:, 0], one, added)} | {
            name: _partial_r2(scores.loc[known, name].to_numpy(), np.hstack([one, crm]), added)
            for name in OUTCOMES
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["crm_use", *OUTCOMES]).rename_axis("group")


def planted_cause(population: Population, cause: str = "goodwill") -> tuple[float, float]:
    """Paths of a population's hidden cause to CRM use and to the outcome that it moves most."""
    paths = population.paths()
    own = paths[paths["from"] == cause].set_index("to")["value"]
    return float(own["crm_use"]), float(own[[name for name in OUTCOMES if name in own]].max())


def _partial_r2(y: np.ndarray, base: np.ndarray, added: np.ndarray) -> float:
    before, after = (_left(y, x) for x in (base, np.hstack([base, added])))
    return float(1 - after / before)


def _left(y: np.ndarray, x: np.ndarray) -> float:
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(residual @ residual)
