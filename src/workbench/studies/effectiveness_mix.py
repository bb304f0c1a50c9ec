"""The mix of study 11: what automation and human service are worth, in the same firms over their periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import regression
from workbench.evidence import claims
from workbench.studies import drawn_like

if TYPE_CHECKING:
    from workbench.datasets.panel import Panel, PanelPopulation
    from workbench.evidence.claims import Finding, Verdict
    from workbench.regression import PanelModel
    from workbench.survey import Survey

PANEL = "firm_panel"
SERIES = (
    "firm",
    "period",
    "treated",
    "automation",
    "human_service",
    "maintenance",
    "satisfaction",
    "complaints",
    "customers_start",
    "customers_lost",
)
KEYS: dict[str, Any] = {"unit": "firm", "period": "period"}
MIX = ("automation", "human_service", ("automation", "human_service"))
PRODUCT = "automation:human_service"
STEP = 10  # points of human service for which the product is told


def drawn(panel: Panel) -> Survey:
    """A simulated panel with the codebook of the shipped one."""
    return drawn_like(PANEL, panel.frame.astype({"firm": float, "period": float}))


def middle_of_scale(panel: Survey, name: str) -> float:
    """Middle of a variable's scale, or its mean where the codebook gives no limits."""
    limits = panel.codebook.variables[name]
    if limits.min is None or limits.max is None:
        return float(panel.responses[name].mean())
    return (limits.min + limits.max) / 2


def within_firms(panel: Survey) -> PanelModel:
    """α, β and the product with firm and period effects, both centred at the middle of their scale."""
    rows = panel.responses
    centred = rows.assign(**{name: rows[name] - middle_of_scale(panel, name) for name in MIX[:2]})
    return regression.panel(centred, "maintenance", list(MIX), **KEYS)


def recovery(population: PanelPopulation, seeds: int) -> pd.DataFrame:
    """How α, β and the product come out in panels drawn anew: planted, mean, share of intervals that hold it.

    Every panel has firms of its own; firm and period effects, clustered, as in :func:`within_firms`.
    """
    terms = population.description.series["maintenance"].terms
    planted = {":".join(filter(None, (term.from_, term.times))): term.value for term in terms}
    panels = (
        population.simulate(seed=seed, firms=seed, only=["maintenance", *MIX[:2]])
        for seed in range(1, seeds + 1)
    )
    found = [within_firms(drawn(panel)).coefficients for panel in panels]
    rows = {
        name: {
            "planted": value,
            "mean": sum(table.at[name, "estimate"] for table in found) / seeds,
            "held": sum(bool(holds(table.loc[name], value)) for table in found),
        }
        for name, value in planted.items()
    }
    return pd.DataFrame(rows).T.rename_axis("term")


def planted_in_words(within: PanelModel, again: pd.DataFrame) -> str:
    """What became of the planted values in one panel, in words; ``again`` is of :func:`recovery`."""
    names = {"automation": "α", "human_service": "β", PRODUCT: "the product"}
    missed = [
        word
        for name, word in names.items()
        if not holds(within.coefficients.loc[name], again.at[name, "planted"])
    ]
    if not missed:
        return "In this panel all three intervals hold the planted values"
    whose, miss = ("intervals", "miss") if len(missed) > 1 else ("interval", "misses")
    return f"In this panel the {whose} of {' and '.join(missed)} {miss} the planted value"


def holds(row: pd.Series, value: float) -> bool:
    """Whether an interval (ci_lower, ci_upper) holds a value."""
    return bool(row["ci_lower"] <= value <= row["ci_upper"])


def judge(panel: Survey, within: PanelModel, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts on α, β and their mix."""
    truths = truths or {}
    judged: dict[str, Any] = {"kind": panel.kind, "n": int(panel.responses["firm"].nunique())}
    weights = [_above(word, within, name) for word, name in (("α", "automation"), ("β", "human_service"))]
    gain = f"gain of α for {STEP} points of human service"
    both = [_above(gain, within, PRODUCT, times=STEP)]
    return [
        claims.judge_all(
            "D2-5", weights, part="weights", measure="α", planted=truths.get("D2-5 weights"), **judged
        ),
        claims.judge_all("D2-5", both, part="mix", measure=gain, planted=truths.get("D2-5 mix"), **judged),
    ]


def _above(text: str, model: PanelModel, term: str, times: float = 1.0) -> Finding:
    row = times * model.coefficients.loc[term, ["estimate", "ci_lower", "ci_upper"]]
    return claims.finding(
        text, estimate=row["estimate"], interval=(row["ci_lower"], row["ci_upper"]), pattern="above"
    )
