"""Sentences and titles of study 14 on tiers by behaviour, on whom to treat first, and on public customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.evaluation.rfm import NEW
from workbench.show import numbers
from workbench.show.prose import listed
from workbench.show.segment_words import arm

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from workbench.evaluation.uplift import Uplift
    from workbench.studies.customer_segments import Behaviour, Followed

UNRELATED = 0.05  # adjusted Rand index up to which two ways of dividing say next to nothing of one another
DIVISIONS = {
    "tier": "Tiers", "sum": "Sum of the three scores", "cell": "All three scores, each combination",
    "class": "Latent classes", "each": "Logistic regression, no segments",
}  # fmt: skip
OUTCOMES = {"respond": "Answered", "gift": "Gift", "purchases": "Purchases", "dollars": "Money spent"}


def tiers_title(found: Behaviour) -> str:
    """How many are VIP, regular and new."""
    table = found.table()
    said = [f"{name} {numbers.percent(share)}" for name, share in table["share"].items()]
    return f"By what they did: {listed(said)}"


def tiers_note(found: Behaviour) -> str:
    """How the tiers are made."""
    said = "VIP: score of 4 or 5 on recency, frequency and monetary value, each from 1 to 5."
    if "tenure" not in found.known:
        return f"{said} How long they have been there is not known, so nobody is called new."
    if NEW not in {*found.tier}:
        return f"{said} Nobody is called new."
    longest = f"{found.labels['tenure']} {numbers.number(found.new_within, 0)} or less"
    return f"{said} New: {longest}, whatever the scores."


def agreement(table: pd.DataFrame) -> str:
    """Whether tiers by behaviour say who is in which class."""
    said = []
    names = {"class": "the classes", "tier": "the tiers that the table names"}
    for name, row in table.iterrows():
        index = numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), bounded=True)
        said.append(f"with {names[str(name)]} by {index}")
    if not said:
        return ""
    text = f"Tiers by behaviour agree {listed(said)} (adjusted Rand index)."
    if "class" in table.index and table.loc["class", "ci_upper"] < UNRELATED:
        text += " What customers did tells next to nothing about the class that their answers put them in."
    return text


def uplift_title(curves: Mapping[str, Uplift]) -> str:
    """Whether the order by expected gain beats treating by lot, for each treatment."""
    better = [arm(name) for name, one in curves.items() if one.qini["ci_lower"] > 0]
    if not better:
        return "Treating first whom the classes point to is not surely better than treating by lot"
    rest = [arm(name) for name in curves if arm(name) not in better]
    said = f"Treating first whom the classes point to beats treating by lot: {listed(better)}"
    return f"{said}; not surely: {listed(rest)}" if rest else said


def uplift_note(curves: Mapping[str, Uplift]) -> str:
    """Qini coefficients and areas."""
    said = []
    for name, one in curves.items():
        qini, area = (
            numbers.estimate(part["estimate"], (part["ci_lower"], part["ci_upper"]), 0)
            for part in (one.qini, one.area)
        )
        said.append(
            f"{arm(name).capitalize()}: Qini coefficient {qini}, area under the curve {area}, "
            f"{numbers.count(one.n)} customers."
        )
    return " ".join(said)


def best_share(curves: Mapping[str, Uplift]) -> str:
    """Where treating fewer brings more than treating all, of curves whose order is better than by lot."""
    said = []
    for name, one in curves.items():
        share = float(one.curve["estimate"].idxmax())
        if share < 1 and one.qini["ci_lower"] > 0:
            top = numbers.number(one.curve["estimate"].max(), 0)
            said.append(
                f"{arm(name)} at {numbers.percent(share)} ({top} against {numbers.number(one.effect, 0)})"
            )
    if not said:
        return ""
    return (
        f"The curves are highest before everybody is treated: {listed(said)}. The highest of many points is "
        "so by luck, too; the bands say how far."
    )


def followed_title(found: Followed, who: str, level: float) -> str:
    """What VIPs did afterwards beside the others."""
    table, outcome = found.by_tier(level), str(found.after.columns[0])
    share = set(found.after[outcome].unique()) <= {0.0, 1.0}
    said = []
    for tier, row in table.iterrows():
        parts = [row[f"{outcome}{end}"] for end in ("", "_lower", "_upper")]
        value, low, high = [100 * one for one in parts] if share else parts
        digits = 0 if share else 1
        said.append(f"{tier} {numbers.estimate(value, (low, high), digits, unit='%' if share else '')}")
    what = "answered" if share else "purchases afterwards"
    return f"{who}: {what}, {listed(said)}"


def gains_title(found: Followed) -> str:
    """How much less wrong one is with tiers, and with what does best."""
    outcome = str(found.after.columns[0])
    part = found.gains.loc[outcome]
    best = part["gain"].idxmax()
    tiers = part.loc["tier"]
    if best == "tier":
        return f"Tiers take {numbers.percent(tiers['gain'])} off the error of taking all alike"
    name = DIVISIONS[str(best)]
    return (
        f"Tiers take {numbers.percent(tiers['gain'])} off the error of taking all alike; "
        f"{name[0].lower()}{name[1:]} {numbers.percent(part.loc[best, 'gain'])}"
    )


def classes_note(found: Followed, most: int) -> str:
    """How many classes of donors, and how they go with the tiers."""
    if found.agreement is None:
        return ""
    row = found.agreement
    index = numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), bounded=True)
    edge = ", the most that were tried" if found.classes == most else ""
    return (
        f"Latent classes of what was known before, by BIC: {found.classes}{edge}; they agree with the tiers "
        f"by {index} (adjusted Rand index)."
    )
