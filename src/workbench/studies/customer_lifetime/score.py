"""Warning in time: a score fixed on earlier periods, tried on customers of a later one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.evaluation import survival
from workbench.evaluation import warning_scores as ws
from workbench.studies.customer_lifetime.rows import standing

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.rows import Rows

LEAD, WINDOW = 1, 2  # periods: who leaves at once is not counted, then half a year is watched
THRESHOLD = 0.10  # chance of leaving from which one warns: one right for nine wrong
AREA = 0.70
SIGNALS = (
    *("satisfaction", "change", "loyalty", "valued", "crm_use", "recommendation", "complained"),
    *("categories", "share_of_demand", "contacts", "purchases", "recency", "tenure"),
)
POINTS = 10  # of the health score, for a doubling of the odds of leaving


@dataclass(frozen=True)
class Warned:
    """A score and how it did.

    test : customers at the later date: ``leaves``, ``chance`` (logit), ``machine`` (boosted trees), points.
    weights : signal -> log odds for a standard deviation, points. train_periods, test_period : dates.
    """

    test: pd.DataFrame
    weights: pd.DataFrame
    train_rows: int
    train_events: int
    train_periods: tuple[float, ...]
    test_period: float
    lead: int
    window: int

    @property
    def happened(self) -> np.ndarray:
        return self.test["leaves"].to_numpy()


def dates(found: Rows, lead: int = LEAD, window: int = WINDOW) -> tuple[tuple[float, ...], float]:
    """Periods that the score is fixed on, and the later one that it is tried on: no window overlaps it.

    Raises
    ------
    NotApplicable : too few periods.
    """
    there = standing(found, lead, window)
    known = there.dropna(subset=[name for name in ("change",) if name in there])
    periods = sorted(known["period"].unique())
    if len(periods) < 2:
        raise NotApplicable(
            f"a warning needs more than {lead + window} periods: some to learn, a later to try"
        )
    test = periods[-1]
    earlier = [period for period in periods if period + lead + window - 1 <= test]
    if not earlier:
        raise NotApplicable(
            "there are too few periods for a score to be fixed before the date it is tried at"
        )
    return tuple(earlier), test


def warn(
    found: Rows, *, lead: int = LEAD, window: int = WINDOW, seed: int = 1, machine: bool = True
) -> Warned:
    """Fix a score on earlier periods and try it on a later one.

    Parameters
    ----------
    lead, window : in periods. seed : of the boosting. machine : whether to fit it.
    """
    there = standing(found, lead, window)
    signals = [name for name in SIGNALS if name in there and there[name].std() > 0]
    there = there.dropna(subset=signals)
    earlier, late = dates(found, lead, window)
    train, test = there[there["period"].isin(earlier)], there[there["period"] == late].copy()
    centre, scale = train[signals].mean(), train[signals].std()
    x, new = ((rows[signals] - centre) / scale for rows in (train, test))
    fitted = survival.fit_hazard(x.assign(leaves=train["leaves"]), "leaves", signals)
    test["chance"] = fitted.predict(new)
    weights = pd.DataFrame({
        "estimate": fitted.params[signals], "se": fitted.bse[signals],
        "points": -POINTS * fitted.params[signals] / np.log(2.0),
        "centre": centre, "scale": scale,
    }).rename_axis("signal")  # fmt: skip
    test["points"] = 100.0 + new @ weights["points"]
    if machine:
        test["machine"] = _boosting(train, test, signals, seed)
    return Warned(test, weights, len(train), int(train["leaves"].sum()), earlier, late, lead, window)


def _boosting(train: pd.DataFrame, test: pd.DataFrame, signals: list[str], seed: int) -> np.ndarray:
    """Chances by boosted trees (Friedman 2001) of two splits each, small steps, settings fixed beforehand."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings: dict[str, Any] = {
        "learning_rate": 0.03,
        "max_iter": 200,
        "max_depth": 2,
        "min_samples_leaf": 40,
    }
    model = HistGradientBoostingClassifier(**settings, l2_regularization=1.0, random_state=seed)
    model.fit(train[signals].to_numpy(), train["leaves"].to_numpy())
    return model.predict_proba(test[signals].to_numpy())[:, 1]


def judged(found: Warned) -> dict[str, ws.Estimate]:
    """What decides whether the warning is good: area, area over recency, benefit over both plain rules."""
    y, chance = found.happened, found.test["chance"].to_numpy()
    benefit = ws.net_benefit(y, chance, THRESHOLD)
    made = {"area": ws.auc(y, chance)}
    if "recency" in found.test:
        made["over recency"] = ws.auc_difference(y, chance, found.test["recency"].to_numpy())
    return made | {"over all": benefit["over_all"], "over none": benefit["over_none"]}


def trees(found: Warned) -> ws.Estimate:
    """Brier score of boosted trees less that of the logit, at the later date."""
    chance, machine = (found.test[name].to_numpy() for name in ("chance", "machine"))
    return ws.brier_difference(found.happened, machine, chance)


def lead_times(found: Rows, leads: tuple[int, ...] = (1, 2, 3), share: float = 0.1) -> pd.DataFrame:
    """How the warning of one period fares the further ahead it must come.

    Parameters
    ----------
    leads : in periods. share : of customers that are warned of.
    """
    rows = []
    for lead in leads:
        try:
            warned = warn(found, lead=lead, window=1, machine=False)
        except NotApplicable:
            continue
        y = warned.happened
        row = {"lead": lead, "n": len(y), "leave": float(y.mean())}
        for name in ("chance", "recency"):
            if name in warned.test:
                score = warned.test[name].to_numpy()
                area, first = ws.auc(y, score), ws.warned_first(y, score, (share,)).iloc[0]
                row |= {
                    f"{name}_area": area.estimate,
                    f"{name}_lower": area.ci_lower,
                    f"{name}_upper": area.ci_upper,
                }
                row |= {f"{name}_precision": first["precision"], f"{name}_recall": first["recall"]}
        rows.append(row)
    return pd.DataFrame(rows).set_index("lead")
