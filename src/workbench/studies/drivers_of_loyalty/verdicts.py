"""The rules of study 06 on what the models estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.evidence import claims
from workbench.studies.drivers_of_loyalty import experience, models
from workbench.studies.drivers_of_loyalty.planted import NOT_FAR

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Finding, Pattern, Verdict
    from workbench.studies.drivers_of_loyalty import Found
    from workbench.studies.drivers_of_loyalty.models import Modelled

RULES = {
    "D0-4 satisfaction": "Loyalty rises with satisfaction, the other drivers held",
    "D0-4 value": "Loyalty rises with perceived value, satisfaction and the others held",
    "D0-4 relationship": "Loyalty rises with relationship quality, satisfaction and the others held",
    "D0-4 CRM value": "CRM use raises perceived value",
    "D0-4 CRM relationship": "CRM use raises relationship quality (total effect)",
    "D0-4 CRM trust": "CRM use raises trust",
    "D4-5": "Loyalty rises with trust, satisfaction and the others held",
    "D1-4 repurchase": "Satisfaction raises the intention to buy again (total effect)",
    "D1-4 price tolerance": "Satisfaction raises tolerance of prices (total effect)",
    "D1-4 recommendation": "Satisfaction raises recommendation (total effect)",
    "D1-4 cost": "Satisfaction lowers the cost to serve (total effect)",
    "D4-1 value": "The four benefits raise perceived value, the four costs lower it",
    "D4-1 satisfaction": "By way of value benefits raise satisfaction and costs lower it",
    "D4-1 loyalty": "By way of value benefits raise loyalty and costs lower it",
    "D3-10 apart": "The drivers' effects on satisfaction and loyalty differ (joint Wald test, p < .05)",
    "D3-10 satisfaction": "Product, response and delivery each do more for satisfaction than for loyalty",
    "D3-10 loyalty": "Experience, trust and bond each do more for loyalty than for satisfaction",
    "D3-10 price": "Product and response each do more for loyalty than price",
    "D3-15": f"Experience and bond raise loyalty, each within {NOT_FAR:.2f} of the product's effect",
    "D4-4 direct": "Loyalty rises with engagement, the other drivers held",
    "D4-4 mediator": "The emotional bond raises loyalty by way of engagement",
    "D4-4 moderator": "Satisfaction counts for more where customers take part (latent product)",
    "D4-6": "A better experience raises satisfaction, loyalty and recommendation, each (total effects)",
    "D4-16": "A better experience raises trust and satisfaction, and by way of each loyalty",
}
_DRIVERS = {
    "D0-4 satisfaction": "satisfaction",
    "D0-4 value": "perceived_value",
    "D0-4 relationship": "relationship_quality",
    "D4-5": "trust",
    "D4-4 direct": "engagement",
}
_USE = {"value": "perceived_value", "relationship": "relationship_quality", "trust": "trust"}
_BRINGS = {
    "D4-6": ("satisfaction", "loyalty", experience.SPREAD),
    "D4-16": ("trust", "satisfaction", "by_trust", "by_satisfaction"),
}
_MEDIATOR = "emotional_bond_by_engagement"


def asked(found: Found) -> list[str]:
    """The hypotheses that a survey's questions allow, in the order of `RULES`."""
    core, names = found.core, set()
    names |= {key for key, cause in _DRIVERS.items() if ("loyalty", cause) in core.paths.index}
    names |= {f"D0-4 CRM {word}" for word, end in _USE.items() if _of_use(core, end) is not None}
    names |= {
        f"D1-4 {y.replace('_', ' ')}" for y in models.FOLLOWS if f"satisfaction_{y}" in core.defined.index
    }
    if f"satisfaction_{models.LOG_COST}" in core.defined.index:
        names.add("D1-4 cost")
    if found.value is not None:
        names |= {f"D4-1 {part}" for part in ("value", "satisfaction", "loyalty")}
    if found.rivals is not None:
        names |= {f"D3-10 {part}" for part in _rival_parts(found.rivals)}
        if {"product_customer_experience", "product_emotional_bond"} <= {*found.rivals.defined.index}:
            names.add("D3-15")
    if _MEDIATOR in core.defined.index:
        names.add("D4-4 mediator")
    if found.moderated is not None and found.moderated.readable:
        names.add("D4-4 moderator")
    if found.experience is not None:
        there = {*experience.effects(found.experience)}
        names |= {claim for claim, needed in _BRINGS.items() if {*needed} <= there}
    return [name for name in RULES if name in names]


def _rival_parts(model: Modelled) -> list[str]:
    there = {cause for outcome, cause in model.paths.index if outcome == "loyalty"}
    product, response, _ = models.FOR_SATISFACTION
    needed = {
        "satisfaction": models.FOR_SATISFACTION,
        "loyalty": models.FOR_LOYALTY,
        "price": (product, response, models.PRICE),
    }
    whole = ["apart"] if {*models.RIVALS} <= there else []
    return whole + [part for part, names in needed.items() if {*names} <= there]


def _of_use(core: Modelled, end: str) -> pd.Series | None:
    """CRM use's effect on a driver: defined where it comes late, else its only path."""
    if f"{models.USE}_{end}" in core.defined.index:
        return core.defined.loc[f"{models.USE}_{end}"]
    known = (end, models.USE) in core.paths.index
    return core.paths.loc[(end, models.USE)] if known else None


def judge(found: Found, *, kind: str, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts that the survey's questions allow."""
    known, made = truths or {}, []
    for key in asked(found):
        claim, _, part = key.partition(" ")
        model = _model(key, found)
        if kind != "simulated" and model is not None and model.improper:
            why = f"the model has no proper solution ({model.improper[0]})"
            made.append(claims.not_testable(claim, why, kind=kind, n=found.core.n, part=part or None))
            continue
        findings, n, measure = _decided(key, found)
        made.append(
            claims.judge_all(
                claim, findings, kind=kind, n=n, measure=measure, part=part or None, planted=known.get(key)
            )
        )
    return made


def _model(key: str, found: Found) -> Modelled | None:
    """The model that a hypothesis rests on; the moderation looks after its own."""
    other = {"D4-1": found.value, "D3-10": found.rivals, "D3-15": found.rivals}
    other |= dict.fromkeys(_BRINGS, found.experience)
    return None if key == "D4-4 moderator" else other.get(key.split(" ")[0], found.core)


def _decided(key: str, found: Any) -> tuple[list[Finding], int, str]:
    """Findings, n and measure of a hypothesis in `asked`, so that its model is there."""
    core = found.core
    claim, _, part = key.partition(" ")
    if key in _DRIVERS:
        cause = _DRIVERS[key]
        return [_row(f"loyalty on {_words(cause)}", core.paths.loc[("loyalty", cause)])], core.n, "β"
    if part.startswith("CRM "):
        row = _of_use(core, _USE[part.removeprefix("CRM ")])
        return [_row(f"{part.removeprefix('CRM ')} on CRM use", row)], core.n, "total effect, β"
    if claim == "D1-4":
        name = models.LOG_COST if part == "cost" else part.replace(" ", "_")
        row = core.defined.loc[f"satisfaction_{name}"]
        pattern: Pattern = "below" if part == "cost" else "above"
        return [_row(f"{part} on satisfaction", row, pattern)], core.n, "total effect, β"
    if claim == "D4-1":
        tail = "" if part == "value" else f"_{part}"
        rows = found.value.defined.loc[[f"benefits{tail}", f"costs{tail}"]]
        made = [_row(f"benefits on {part}", rows.iloc[0]), _row(f"costs on {part}", rows.iloc[1], "below")]
        return made, found.value.n, "sum of four effects, β"
    if claim == "D3-10":
        return _rivals(part, found), found.rivals.n, "Wald χ²" if part == "apart" else "difference of β"
    if key == "D3-15":
        return _as_much(found.rivals), found.rivals.n, "β"
    if claim in _BRINGS:
        effects = experience.effects(found.experience)
        rows = [_row(brought(name), effects[name]) for name in _BRINGS[claim]]
        return rows, found.experience.n, "β"
    if part == "mediator":
        return [_row("bond by engagement", core.defined.loc[_MEDIATOR])], core.n, "indirect effect, β"
    value, low, high, _ = found.moderated.product
    row = {"estimate": value, "ci_lower": low, "ci_upper": high}
    return (
        [_row("satisfaction times engagement", row)],
        found.moderated.fit.problem.sample.total,
        "product, β",
    )


def _rivals(part: str, found: Any) -> list[Finding]:
    defined = found.rivals.defined
    if part == "apart":
        statistic, df, p = found.equal
        said = f"equal effects of {df} drivers are rejected (Wald χ² = {statistic:.1f}, p < .05)"
        return [claims.fact(said, p < 0.05, estimate=statistic)]
    if part == "price":
        rows = [f"price_{name}" for name in models.FOR_SATISFACTION[:2]]
        return [_row(f"{_words(name[6:])} less price, on loyalty", defined.loc[name]) for name in rows]
    names = models.FOR_SATISFACTION if part == "satisfaction" else models.FOR_LOYALTY
    pattern: Pattern = "above" if part == "satisfaction" else "below"
    return [
        _row(f"{_words(name)}, on satisfaction less on loyalty", defined.loc[f"less_{name}"], pattern)
        for name in names
    ]


def _as_much(model: Modelled) -> list[Finding]:
    found = []
    for name in ("customer_experience", "emotional_bond"):
        row = model.defined.loc[f"product_{name}"]
        found.append(_row(f"loyalty on {_words(name)}", model.paths.loc[("loyalty", name)]))
        found.append(
            claims.finding(
                f"{_words(name)} less product",
                estimate=row["estimate"],
                interval=(row["ci_lower"], row["ci_upper"]),
                pattern="within",
                threshold=(-NOT_FAR, NOT_FAR),
            )
        )
    return found


def _row(text: str, row: Any, pattern: Pattern = "above") -> Finding:
    interval = (row["ci_lower"], row["ci_upper"])
    return claims.finding(text, estimate=row["estimate"], interval=interval, pattern=pattern)


def brought(name: str) -> str:
    """An effect of the experience, by its name in `experience.effects`, in words."""
    if name.startswith("by_"):
        return f"experience on loyalty by way of {_words(name.removeprefix('by_'))}"
    return f"experience on {_words(name)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def judge_path(key: str, row: Any, *, n: int, about: str, pattern: Pattern = "above") -> Verdict:
    """A verdict on a public survey from one row of effects."""
    claim, _, part = key.partition(" ")
    asked = f"{part} on satisfaction" if claim == "D1-4" else RULES[key].partition(" (")[0]  # no total effect
    finding = _row(asked, row, pattern)
    part = f"{part} {about}".strip()
    return claims.judge_all(claim, [finding], kind="public", n=n, measure="β", part=part)


def judge_public(rows: Mapping[str, Any], *, n: int, about: str) -> list[Verdict]:
    """Verdicts on a public survey: hypothesis -> row of estimate, ci_lower and ci_upper."""
    return [judge_path(key, row, n=n, about=about) for key, row in rows.items()]


def not_asked(reasons: Mapping[str, str], *, about: str, parts: Sequence[str] = ()) -> list[Verdict]:
    """Verdicts *not testable here* on a public survey: hypothesis -> what it does not ask."""
    made = []
    for key, why in reasons.items():
        claim, _, part = key.partition(" ")
        made.append(claims.not_testable(claim, why, kind="public", part=f"{part} {about}".strip()))
    return made
