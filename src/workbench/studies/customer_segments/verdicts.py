"""The rules of study 14: D2-9, D3-8, D4-15."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from workbench.evaluation import policy_value, uplift
from workbench.evaluation.class_regressions import class_regressions
from workbench.evidence import claims
from workbench.studies.customer_segments.segmenting import profiles, scores

if TYPE_CHECKING:
    from workbench.evaluation.class_regressions import ClassRegressions
    from workbench.evaluation.policy_value import PolicyValue
    from workbench.evaluation.uplift import Uplift
    from workbench.evidence.claims import Verdict
    from workbench.studies.customer_segments.given import Given, Trial
    from workbench.studies.customer_segments.segmenting import Segments

THOUSAND = 1000.0
RFM = "RFM tiers"
MARGINS = (1.0, 0.5, 0.2, 0.05)  # shares of the money that may be left
NO_TRIAL = (
    "No treatment was assigned by chance here, so nothing tells what treating segments differently would "
    "bring."
)
NO_SENSITIVITY = "Price and service sensitivity were not asked."


def value(given: Given, found: Segments, *, seed: int = 1, level: float = 0.95) -> PolicyValue | None:
    """What treating by class brings beyond the best treatment for all; None without an experiment."""
    if given.trial is None or "net" not in given.trial.outcomes:
        return None
    return _value(given.trial, found.assigned, seed, level)


def values_by_division(
    given: Given, found: Segments, tier: pd.Series | None = None, *, seed: int = 1, level: float = 0.95
) -> pd.DataFrame:
    """The same for every other way of dividing customers that the table has: estimate, ci_lower, ci_upper.

    Parameters
    ----------
    tier : VIP, regular, new by behaviour, which is one more way.
    """
    rows = {}
    if given.trial is not None and "net" in given.trial.outcomes:
        divisions = {
            "latent classes": found.assigned,
            **({} if tier is None else {RFM: tier}),
            **{name: given.divisions[name] for name in given.divisions},
        }
        for name, division in divisions.items():
            there = division.reindex(given.trial.arm.index)
            if there.nunique() > 1:
                rows[name] = _value(given.trial, there.fillna("none").astype(str), seed, level).table.loc[
                    "difference"
                ]
    return pd.DataFrame(rows).T.rename_axis("division")


def _value(trial: Trial, division: pd.Series, seed: int, level: float) -> PolicyValue:
    there = division.loc[trial.arm.index]
    return policy_value.policy_value(trial.outcomes["net"], trial.arm, there, seed=seed, level=level)


def on_staying(given: Given, found: Segments, *, level: float = 0.95) -> ClassRegressions | None:
    """What every treatment does to staying, in each class."""
    trial = given.trial
    if trial is None or "kept" not in trial.outcomes:
        return None
    arms = pd.DataFrame({name: (trial.arm == name).astype(float) for name in trial.treatments})
    return class_regressions(trial.outcomes["kept"], arms, found.posterior(arms.index), level=level)


def attitudes_by_class(given: Given, found: Segments, *, level: float = 0.95) -> ClassRegressions | None:
    """What goes with loyalty in each class; None where it was not asked beside something else."""
    terms = [name for name in given.attitudes if name != "loyalty"]
    if "loyalty" not in given.attitudes or not terms:
        return None
    there = given.attitudes
    return class_regressions(there["loyalty"], there[terms], found.posterior(there.index), level=level)


def sensitive_classes(given: Given, found: Segments) -> tuple[int, int] | None:
    """The class that looks most at the price and the one that looks most at service, if both intervals of the
    difference of the two scores keep away from 0; None otherwise."""
    if found.k < 2 or not given.sensitivities:
        return None
    table = scores(given)
    gap = table[["price_sensitivity"]].sub(table["service_sensitivity"], axis=0)
    seen = profiles(given, found, gap).droplevel("what")
    price, service = int(seen["estimate"].idxmax()), int(seen["estimate"].idxmin())
    clear = seen.loc[price, "ci_lower"] > 0 > seen.loc[service, "ci_upper"]
    return (price, service) if clear else None


def campaign(given: Given, found: Segments, *, seed: int = 1, level: float = 0.95) -> pd.DataFrame | None:
    """The first treatment by name sent to the classes in which it earned most, against the same by lot.

    Returns
    -------
    DataFrame : (outcome, of) as `policy_value.aimed_campaign` gives it, ``kept`` in customers for a thousand
    spent, ``net`` for one spent.
    """
    trial = given.trial
    if trial is None or {*trial.outcomes} != {"net", "kept"}:
        return None
    treatment = trial.treatments[0]
    cost = trial.cost.get(treatment, 0.0) - trial.cost.get(trial.control, 0.0)
    if cost <= 0:
        return None
    outcomes = trial.outcomes.assign(
        kept=trial.outcomes["kept"] * THOUSAND / cost, net=trial.outcomes["net"] / cost
    )
    made = policy_value.aimed_campaign(
        outcomes,
        trial.arm,
        found.assigned.loc[trial.arm.index],
        treatment=treatment,
        control=trial.control,
        steer="net",
        seed=seed,
        level=level,
    )
    made.attrs["treatment"] = treatment
    return made


def at_margins(
    given: Given, found: Segments, margins: Sequence[float], *, seed: int = 1, level: float = 0.95
) -> pd.DataFrame | None:
    """What treating by class and aiming the campaign bring, by the share of the money that is left.

    Returns
    -------
    DataFrame : (margin, what) -> estimate, se, ci_lower, ci_upper; what: ``value`` (treating by class less
        the best for all, a customer), ``aimed`` and ``by lot`` (net return on 1 of cost), ``difference``.
    """
    rows: dict[tuple[float, str], pd.Series] = {}
    for margin in margins:
        there = replace(given, trial=None if given.trial is None else given.trial.at(margin))
        brought = value(there, found, seed=seed, level=level)
        sent = campaign(there, found, seed=seed, level=level)
        if brought is None or sent is None:
            return None
        rows[(margin, "value")] = brought.table.loc["difference"]
        rows |= {(margin, of): sent.loc[("net", of)] for of in ("aimed", "by lot", "difference")}
    return pd.DataFrame(rows).T.rename_axis(["margin", "what"]) if rows else None


def uplifts(
    given: Given, found: Segments, *, draws: int = 500, seed: int = 1, level: float = 0.95
) -> dict[str, Uplift]:
    """By treatment: what it brings to treat those first whose classes gained most before, net of costs."""
    trial, made = given.trial, {}
    if trial is None or "net" not in trial.outcomes or found.k < 2:
        return {}
    for name in trial.treatments:
        net = trial.outcomes["net"][trial.arm.isin([name, trial.control])]
        treated = (trial.arm.loc[net.index] == name).to_numpy(float)
        places = uplift.places_by_gain(net, treated, found.posterior(net.index), seed=seed)
        known = places.notna().to_numpy()
        made[name] = uplift.uplift_curve(
            net[known], treated[known], places[known].to_numpy(), draws=draws, seed=seed, level=level
        )
    return made


def decidable(given: Given) -> bool:
    """Whether the table has an experiment, or asked for the sensitivities that the documents speak of."""
    return given.trial is not None or bool(given.sensitivities)


def decide_given(
    given: Given, found: Segments, *, seed: int, truths: Mapping[str, bool] | None = None, level: float = 0.95
) -> list[Verdict]:
    """The three verdicts on a table that has something of what they need; none on any other."""
    if not decidable(given):
        return []
    truths = truths or {}
    made = (
        _improves(given, found, seed, truths, level),
        _sensitive(given, found, truths, level),
        _campaign(given, found, seed, truths, level),
    )
    return [one for one in made if one is not None]


def _stable(found: Segments) -> claims.Finding:
    return claims.fact("segments are found, and found again in other samples", found.found)


def _cannot(claim: str, reason: str, given: Given) -> Verdict | None:
    return None if given.kind == "simulated" else claims.not_testable(claim, reason, kind=given.kind)


def _improves(
    given: Given, found: Segments, seed: int, truths: Mapping[str, bool], level: float
) -> Verdict | None:
    brought = value(given, found, seed=seed, level=level)
    if brought is None:
        return _cannot("D2-9", NO_TRIAL, given)
    row = brought.table.loc["difference"]
    gain = claims.finding(
        "gain of treating by segment",
        estimate=row["estimate"],
        interval=(row["ci_lower"], row["ci_upper"]),
        pattern="above",
    )
    return claims.judge_all(
        "D2-9",
        [gain, _stable(found)],
        kind=given.kind,
        n=brought.n,
        level=level,
        measure="gain for each customer",
        planted=truths.get("D2-9"),
    )


def _sensitive(given: Given, found: Segments, truths: Mapping[str, bool], level: float) -> Verdict | None:
    if not given.sensitivities:
        return _cannot("D3-8", NO_SENSITIVITY, given)
    fitted = on_staying(given, found, level=level)
    if fitted is None or given.trial is None:
        return _cannot("D3-8", NO_TRIAL, given)
    pair = sensitive_classes(given, found)
    facts = [
        claims.fact("one class looks at the price, another at service", pair is not None),
        _stable(found),
    ]
    findings = facts
    if pair is not None:
        gap = care_gap(fitted, given.trial, pair, level)
        findings = [
            claims.finding(
                "difference between the two in what keeps them",
                estimate=gap["estimate"],
                interval=(gap["ci_lower"], gap["ci_upper"]),
                pattern="different",
            ),
            *facts,
        ]
    return claims.judge_all(
        "D3-8",
        findings,
        kind=given.kind,
        n=fitted.n,
        level=level,
        measure="difference in what keeps",
        planted=truths.get("D3-8"),
    )


def care_gap(
    fitted: ClassRegressions, trial: Trial, pair: tuple[int, int], level: float = 0.95
) -> dict[str, float]:
    """How much more the first treatment keeps than the second (or none) in one class than in the other."""
    first, *others = trial.treatments
    weights = {(pair[0], first): 1.0, (pair[1], first): -1.0}
    if others:
        weights |= {(pair[0], others[0]): -1.0, (pair[1], others[0]): 1.0}
    return fitted.contrast(weights, level)


def _campaign(
    given: Given, found: Segments, seed: int, truths: Mapping[str, bool], level: float
) -> Verdict | None:
    made = campaign(given, found, seed=seed, level=level)
    if made is None:
        return _cannot("D4-15", "No campaign with its costs was sent by chance here.", given)
    findings = []
    for name, text in (("kept", "customers kept for the same cost"), ("net", "return on a unit of cost")):
        row = made.loc[(name, "difference")]
        findings.append(
            claims.finding(
                f"{text}, aimed less by lot",
                estimate=row["estimate"],
                interval=(row["ci_lower"], row["ci_upper"]),
                pattern="above",
            )
        )
    return claims.judge_all(
        "D4-15",
        findings,
        kind=given.kind,
        n=made.attrs["n"],
        level=level,
        measure="more customers kept per 1,000 of cost",
        planted=truths.get("D4-15"),
    )
