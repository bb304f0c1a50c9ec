"""The decisions: every hypothesis with its estimate, interval, p, and what Holm's correction leaves of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import run_records
from workbench.studies.own_model.estimation import Estimated, indirect_effects, paths

if TYPE_CHECKING:
    from workbench.studies.own_model.moderation import Moderation
    from workbench.studies.own_model.specification import OwnModel
    from workbench.survey.hypotheses import Hypothesis

SUPPORTED, NOT_SUPPORTED, OPPOSITE, NOT_DECIDED = (
    "supported", "not supported", "opposite direction", "not decided",
)  # fmt: skip
SIGNS = {"+": "+", "-": "\N{MINUS SIGN}", None: "either"}


def decide(one: Hypothesis, lower: float, upper: float) -> str:
    """The rule, fixed beforehand: the whole 95 % interval lies on the expected (or either) side of 0."""
    if not np.isfinite([lower, upper]).all():
        return NOT_DECIDED
    if lower <= 0 <= upper:
        return NOT_SUPPORTED
    against = (lower > 0 and one.sign == "-") or (upper < 0 and one.sign == "+")
    return OPPOSITE if against else SUPPORTED


def hypotheses_table(found: Estimated, moderations: Mapping[str, Moderation] | None = None) -> pd.DataFrame:
    """One row a hypothesis.

    Parameters
    ----------
    found : of `estimate`.
    moderations : hypothesis -> its latent interaction.

    Returns
    -------
    DataFrame, index hypothesis; statement, expected (+, − or either), std (β; of a moderation the
    standardized product term), ci_lower, ci_upper, pvalue, p_holm, decision, after_holm. A solution that is
    not proper decides nothing: its numbers are missing. Holm (1979) runs over all hypotheses of the table.
    """
    direct, indirect = paths(found), indirect_effects(found)
    rows = {}
    for one in found.model.hypotheses:
        if one.kind == "moderation":
            made = (moderations or {}).get(one.id)
            cells = (np.nan,) * 4 if made is None or not made.readable else made.product
        elif not found.readable:
            cells = (np.nan,) * 4
        elif one.kind == "direct":
            source, target = one.chain
            cells = direct.loc[(target, source), ["std", "ci_lower", "ci_upper", "pvalue"]]
        else:
            cells = indirect.loc[one.id, ["std", "ci_lower", "ci_upper", "pvalue"]]
        rows[one.id] = [statement(one, found.model.labels), SIGNS[one.sign], *map(float, cells)]
    columns = ["statement", "expected", "std", "ci_lower", "ci_upper", "pvalue"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("hypothesis")
    table["p_holm"] = _holm(table["pvalue"])
    table["decision"] = [
        decide(one, *table.loc[one.id, ["ci_lower", "ci_upper"]]) for one in found.model.hypotheses
    ]
    kept = (table["p_holm"] < 0.05) & table["decision"].isin([SUPPORTED, OPPOSITE])
    table["after_holm"] = table["decision"].where(kept | (table["decision"] == NOT_DECIDED), NOT_SUPPORTED)
    return table


def record(table: pd.DataFrame) -> None:
    """Tell the run what was decided, for its index; outside a run this does nothing."""
    for name, row in table.iterrows():
        numbers = {
            key: None if pd.isna(row[key]) else float(row[key])
            for key in ("std", "ci_lower", "ci_upper", "pvalue", "p_holm")
        }
        texts = {key: str(row[key]) for key in ("statement", "expected", "decision", "after_holm")}
        run_records.record("hypothesis", {"id": str(name), **texts, **numbers})


def _holm(p: pd.Series) -> pd.Series:
    from statsmodels.stats.multitest import multipletests

    known = p.notna()
    adjusted = pd.Series(np.nan, p.index)
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def stated(model: OwnModel) -> pd.DataFrame:
    """The hypotheses before anything is estimated: index hypothesis; statement, kind, expected."""
    rows = {
        one.id: [
            statement(one, model.labels),
            "path" if one.kind == "direct" else one.kind,
            SIGNS[one.sign],
        ]
        for one in model.hypotheses
    }
    columns = ["statement", "kind", "expected"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("hypothesis")


def statement(one: Hypothesis, labels: Mapping[str, str]) -> str:
    """A hypothesis in words."""
    names = [labels[name] for name in one.chain]
    if one.kind == "moderation":
        change = {"+": "stronger", "-": "weaker"}.get(one.sign or "", "different")
        return f"{names[0]} → {names[1]} is {change} where {labels[str(one.moderator)]} is higher"
    return " → ".join(names)


def shared(decisions: Sequence[str]) -> str:
    """The decision that all ways of analysing agree on, or that they do not."""
    kinds = set(decisions)
    return kinds.pop() if len(kinds) == 1 else "depends on the analysis"
