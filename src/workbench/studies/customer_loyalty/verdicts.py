"""The rules of study 04: what numbers decide its claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.evidence import claims
from workbench.measurement.measurement_models import ModelComparison
from workbench.studies import satisfaction_structure as whole
from workbench.studies.customer_loyalty.estimates import ORDERED, LoyaltyStudy, pairs, tiers
from workbench.studies.customer_loyalty.method import USUAL_SHARE

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Finding, Verdict
    from workbench.sem.result import Fit

_USUAL = f"{100 * USUAL_SHARE:.0f}\N{NO-BREAK SPACE}%"
_REFITS = "enough refits of the bootstrap have a solution"


def hypotheses(marker: bool, way: str = ORDERED) -> dict[str, str]:
    """The study's hypotheses as they are tested, with or without a marker in the questionnaire.

    way : of the headline, `estimates.ORDERED` or `estimates.MEASURED`.
    """
    without = (
        "with the method factor of the marker taken out"
        if marker
        else f"with a method factor of the usual size ({_USUAL} of every answer) taken out"
    )
    ways = f"{way}; the same {without}; BCa"
    return {
        "D0-1": f"The total effect of CRM use on satisfaction lies above 0 ({ways})",
        "D0-2": "Mean effect on responsiveness and assurance above the mean effect on the other three "
        + (f"({ways.replace('BCa', 'bootstrap')})" if marker else f"({way}, and bootstrap)"),
        "D0-2 every pair": "Each of the two above each of the three: six simultaneous intervals, all above 0 "
        f"({way}, and bootstrap)",
        "D0-3 loyalty": f"The total effect of CRM use on loyalty lies above 0 ({ways}); churn is study 15's",
        "D0-7 formative": "Satisfaction is made up of the five: they explain it almost whole, R² wholly "
        f"above {claims.written(whole.WHOLE)}",
        "D0-7 reflective": "Satisfaction shows in the five: the second-order model fits, and not worse than "
        "its rival",
    }


def judge(
    study: LoyaltyStudy,
    compared: ModelComparison,
    driven: Fit,
    *,
    kind: str,
    truths: Mapping[str, bool] | None = None,
) -> list[Verdict]:
    """All verdicts of the study, in the order of `hypotheses`.

    compared : ``is driven by`` and ``consists of`` of `satisfaction_structure`. driven : the former of
    ordered answers. truths : what is planted, on simulated data where it is known.
    """
    known = truths or {}
    return [
        judge_effect("D0-1", study, "satisfaction", kind=kind, planted=known.get("D0-1")),
        judge_tiers(study, kind=kind, planted=known.get("D0-2")),
        judge_pairs(study, kind=kind, planted=known.get("D0-2 every pair")),
        judge_effect("D0-3", study, "loyalty", kind=kind, part="loyalty", planted=known.get("D0-3 loyalty")),
        whole.judge_formative(driven, kind=kind, planted=known.get("D0-7 formative")),
        whole.judge_reflective(compared, kind=kind, planted=known.get("D0-7 reflective")),
    ]


def judge_effect(
    claim: str,
    study: LoyaltyStudy,
    outcome: str,
    *,
    kind: str,
    part: str | None = None,
    planted: bool | None = None,
) -> Verdict:
    """D0-1, D0-3: the total effect lies above 0: headline, with the method factor out, and BCa."""
    row = study.effects.loc[f"total_{outcome}"]
    what = f"total effect on {outcome}"
    found = [
        _above(f"{what}, {study.way}", row["est"], row["ci_lower"], row["ci_upper"]),
        _without_method(f"{what}", study, f"total_{outcome}"),
        _bootstrapped(f"{what}, ML, BCa", row["ml"], row["ml_lower"], row["ml_upper"]),
        *_improper(study),
    ]
    return claims.judge_all(
        claim, found, kind=kind, n=study.n, measure=f"{what}, β", part=part, planted=planted
    )


def judge_tiers(study: LoyaltyStudy, *, kind: str, planted: bool | None = None) -> Verdict:
    """D0-2: the first tier's mean effect lies above the second's: headline, method factor out, bootstrap."""
    table = tiers(study)
    what = "first tier less second"
    found = [
        _row_above(f"{what}, {study.way}", table.loc[study.way]),
        *([_without_method(what, study, "tiers")] if study.method.marker else []),
        _bootstrapped(f"{what}, ML, bootstrap", *_limits(table.loc["ML, bootstrap"])),
        *_improper(study),
    ]
    return claims.judge_all("D0-2", found, kind=kind, n=study.n, measure=f"{what}, Δβ", planted=planted)


def judge_pairs(study: LoyaltyStudy, *, kind: str, planted: bool | None = None) -> Verdict:
    """D0-2 to the letter: each dimension of the first tier above each of the second, all six at once.

    Simultaneous intervals of both estimators; all six lie above 0 where the one with the lowest limit does.
    """
    found = []
    for by, table in pairs(study).items():
        if table["ci_lower"].isna().all():
            found.append(claims.fact(f"six differences, {by}: {_REFITS}", holds=False))
            continue
        name = table["ci_lower"].idxmin()
        found.append(_row_above(f"{name}, the closest of six, {by}", table.loc[name]))
    found += _improper(study)
    return claims.judge_all(
        "D0-2",
        found,
        kind=kind,
        n=study.n,
        measure="least of six differences, Δβ",
        part="every pair",
        planted=planted,
    )


def _improper(study: LoyaltyStudy) -> list[Finding]:
    """An improper solution of the headline withholds a verdict: its intervals are not to be trusted."""
    if not study.improper:
        return []
    return [claims.fact(f"the headline is a proper solution ({'; '.join(study.improper)})", holds=False)]


def _above(text: str, est: float, low: float, high: float) -> Finding:
    return claims.finding(text, estimate=est, interval=(low, high), pattern="above")


def _row_above(text: str, row: pd.Series) -> Finding:
    return _above(text, *_limits(row))


def _limits(row: pd.Series) -> tuple[float, float, float]:
    return row["est"], row["ci_lower"], row["ci_upper"]


def _bootstrapped(text: str, est: float, low: float, high: float) -> Finding:
    """Of the bootstrap; where too few refits have a solution there is no interval to judge by."""
    if not np.isfinite(low):
        return claims.fact(f"{text}: {_REFITS}", holds=False)
    return _above(text, est, low, high)


def _without_method(text: str, study: LoyaltyStudy, effect: str) -> Finding:
    row = study.method.effects.loc[effect]
    if not np.isfinite(row).all():
        return claims.fact(f"{text}: the model with a method factor can be estimated", holds=False)
    source = "by the marker" if study.method.marker else f"of {_USUAL} of every answer"
    return _row_above(f"{text}, method factor {source} taken out", row)
