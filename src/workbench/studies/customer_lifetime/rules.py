"""Study 15's rules, each fixed before the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from workbench.errors import WorkbenchError
from workbench.evaluation import warning_scores as ws
from workbench.evidence import claims
from workbench.studies.customer_lifetime import attitudes, behaviour, score, stages, waves
from workbench.studies.customer_lifetime import effects as fx
from workbench.studies.customer_lifetime.rows import SCORES, Base, Rows, rows

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Finding, Verdict
    from workbench.studies.customer_lifetime.stays import Stays

Made = TypeVar("Made")
HELD = ("loyalty", "valued", "crm_use", "categories", "share_of_demand", "contacts")


@dataclass(frozen=True)
class Needed:
    """What a rule needs: scores and counts; without them the data cannot decide."""

    scores: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()


# Claim (and part) -> what its rule needs.
NEEDED: dict[str, Needed] = {
    "D3-3": Needed(counts=("recency",)),
    "D4-3": Needed(("satisfaction", "valued")),
    "D3-7": Needed(("satisfaction", "loyalty", "recommendation")),
    "D0-3 churn": Needed(("crm_use",)),
    "D2-12": Needed(),
    "D3-17": Needed(("satisfaction",)),
    "D4-8": Needed(("loyalty",), ("purchases", "referrals")),
    "D4-9": Needed(("loyalty",), ("marketing_cost", "margin")),
    "D4-13": Needed(("satisfaction", "loyalty"), ("purchases", "spending", "margin")),
    "D0-14": Needed(("crm_use",), ("referrals",)),
    "D1-7": Needed(("satisfaction",), ("purchases", "spending", "marketing_cost")),
    "D2-21": Needed(("valued", "loyalty")),
    "D3-21": Needed(("satisfaction",), ("purchases", "recency")),
    "D0-16": Needed(("satisfaction",), ("purchases",)),
    "D3-16": Needed(("satisfaction", "loyalty")),
}


@dataclass(frozen=True)
class Parts:
    """What the rules look at, computed once; warning and stages are None where they cannot be fitted."""

    base: Base
    found: Rows
    warned: score.Warned | None
    lives: stages.Life | None

    @property
    def warning(self) -> score.Warned:
        """The warning, where there is one."""
        assert self.warned is not None
        return self.warned

    @property
    def chains(self) -> stages.Life:
        """The stages, where they could be fitted."""
        assert self.lives is not None
        return self.lives


def parts(base: Base, *, seed: int, sizes: tuple[int, ...] = (2, 3, 4)) -> Parts:
    """Everything behind the verdicts.

    Parameters
    ----------
    base : the customers. seed : of whatever is drawn. sizes : numbers of stages.
    """
    found = rows(base)
    return Parts(
        base,
        found,
        _or_none(partial(score.warn, found, seed=seed)),
        _or_none(partial(stages.life, found, sizes)),
    )


def _or_none(make: Callable[[], Made]) -> Made | None:
    try:
        return make()
    except WorkbenchError:
        return None


def lacking(key: str, known: Parts) -> str:
    """Why the data cannot decide a claim, or nothing."""
    needed = NEEDED[key]
    gone = [name for name in (*needed.scores, *needed.counts) if name not in known.found.data]
    if gone:
        made_of = {
            "recency": [one for one in ("purchases", "last_purchase_week") if not known.found.has(one)]
        }
        scores = [name for name in gone if name in SCORES]
        counts = [one for name in gone if name not in SCORES for one in made_of.get(name, [name])]
        kinds = (("as constructs", scores), ("as variables", list(dict.fromkeys(counts))))
        said = ", and ".join(f"{' and '.join(one)} {kind}" for kind, one in kinds if one)
        plain = [name for name in plain_scores(known.base) if name in scores]
        there = f" Now {' and '.join(plain)} stands in a plain column." if plain else ""
        return f"The codebook would have to name {said}.{there}"
    if key in ("D3-3", "D2-12") and known.warned is None:
        return "There are too few periods to fix a score on earlier ones and try it on a later one."
    if key == "D4-3" and known.lives is None:
        return "Stages need signs that change with them in every period."
    return ""


def decide(base: Base, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts on one base."""
    return verdicts(parts(base, seed=seed), seed=seed, truths=truths)


def verdicts(known: Parts, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts, each claim that the data cannot decide with its reason."""
    truths = truths or {}
    kind, n = known.found.kind, known.found.customers
    made = []
    for key in NEEDED:
        claim, _, part = key.partition(" ")
        reason = lacking(key, known)
        if reason and kind == "simulated":
            continue
        if reason:
            made.append(claims.not_testable(claim, reason, kind=kind, n=n, part=part or None))
            continue
        measure, findings = RULES[key](known, seed)
        made.append(
            claims.judge_all(
                claim, findings, kind=kind, n=n, measure=measure, part=part or None, planted=truths.get(key)
            )
        )
    return made


def plain_scores(base: Base) -> list[str]:
    """Scores that stand in the table as plain columns where a construct is needed."""
    survey = base.periods.in_documents_terms()
    return [name for name in SCORES if name in survey.responses and name not in survey.codebook.constructs]


def undecided(stays: Stays, kind: str) -> list[Verdict]:
    """A table with a row a customer decides none of the claims, and says why."""
    reason = "The table has no periods, so what came before and after leaving cannot be told apart."
    made = []
    for key in NEEDED:
        claim, _, part = key.partition(" ")
        if kind != "simulated":
            made.append(claims.not_testable(claim, reason, kind=kind, n=stays.n, part=part or None))
    return made


def _finding(text: str, found: ws.Estimate, pattern: claims.Pattern, threshold: float = 0.0) -> Finding:
    return claims.finding(
        text, estimate=found.estimate, interval=found.interval, pattern=pattern, threshold=threshold
    )


Rule = Callable[[Parts, int], "tuple[str, list[Finding]]"]


def _warning(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found = score.judged(known.warning)
    return "area under the ROC curve", [
        _finding("the area", found["area"], "above", score.AREA),
        _finding("the area over recency alone", found["over recency"], "above"),
        _finding("the net benefit over warning everyone", found["over all"], "above"),
        _finding("the net benefit over warning no one", found["over none"], "above"),
    ]


def _stages(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    lives = known.chains
    free = (stages.STAGES, False)
    gains = {size: lives.gain(free, (size, False)) for size in (2, 3)}
    forward = lives.gain((stages.STAGES, True), free)
    return "log likelihood a customer, four stages over three", [
        _finding("four stages over three", gains[3], "above"),
        _finding("four stages over two", gains[2], "above"),
        _finding("forward steps over free ones", forward, "above", -stages.MARGIN),
        _finding(
            "what feeling valued does in the third stage less the first two",
            stages.contrast(known.found, lives),
            "different",
        ),
    ]


def _recommendation(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    gap = attitudes.parameter(attitudes.recommendation_model(known.base), "gap")
    return "loading on loyalty less that on satisfaction", [
        _finding("the difference of the loadings", gap, "above")
    ]


def _crm_churn(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    effect = fx.of(fx.on_leaving(known.found, ["crm_use"]), "crm_use")
    return "log hazard ratio of CRM use", [_finding("the effect on leaving", effect, "below")]


def _machine(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    gap = score.trees(known.warning)
    thousandths = ws.Estimate(*(1000.0 * one for one in (gap.estimate, *gap.interval)))
    return "Brier score of boosted trees less the logit's, thousandths", [
        _finding("the difference in the Brier score", thousandths, "below")
    ]


def _fall(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    rise = fx.of(fx.on_leaving(known.found, fall_terms(known.found)), "change")
    fall = ws.Estimate(-rise.estimate, -rise.ci_upper, -rise.ci_lower)
    return "log hazard ratio of a fall by one standard deviation", [
        _finding("the effect of a fall", fall, "above")
    ]


def fall_terms(found: Rows) -> list[str]:
    """The last change and what is held beside it."""
    return ["change", "satisfaction", *(name for name in HELD if name in found.data)]


def _loyal(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    data, held = behaviour.stayed(known.found), fx.background(known.found)
    again, referred = (
        fx.of(fx.slopes(data, f"next_{name}", ["loyalty", *held], family="poisson"), "loyalty")
        for name in ("purchases", "referrals")
    )
    return "log number of later purchases", [
        _finding("the effect on purchases", again, "above"),
        _finding("the effect on referrals", referred, "above"),
    ]


def _lasting(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found, held = known.found, fx.background(known.found)
    cost = fx.of(fx.slopes(behaviour.stayed(found), "next_marketing_cost", ["loyalty", *held]), "loyalty")
    data = found.data.assign(worth=fx.ahead(found, "margin", behaviour.AHEAD))
    worth = fx.of(fx.slopes(data, "worth", ["loyalty", *held]), "loyalty")
    return "later marketing cost", [
        _finding("the effect on marketing cost", cost, "below"),
        _finding("the effect on lifetime value", worth, "above"),
    ]


def _joint(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found = known.found
    data = behaviour.stayed(found).assign(worth=behaviour.value_of_purchase(found))
    held, both = fx.background(found), ["satisfaction", "loyalty"]
    made = []
    for text, outcome, family in (
        ("frequency", "next_purchases", "poisson"),
        ("value", "worth", "normal"),
        ("margin", "next_margin", "normal"),
    ):
        made.append(
            _finding(
                f"the joint effect on {text}", behaviour.joint(data, outcome, both, held, family), "above"
            )
        )
    return "log number of later purchases, both a standard deviation higher", made


def _value_of_crm(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found, held = known.found, fx.background(known.found)
    referred = fx.slopes(behaviour.stayed(found), "next_referrals", ["crm_use", *held], family="poisson")
    left = fx.on_leaving(found, ["crm_use"])
    return "log number of later referrals", [
        _finding("the effect on referrals", fx.of(referred, "crm_use"), "above"),
        _finding("the effect on leaving", fx.of(left, "crm_use"), "below"),
    ]


def _satisfied(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found = behaviour.satisfied_against_all(known.found, seed)
    return "later purchases of the satisfied less those of all", [
        _finding("the difference in number", found["purchases"], "above"),
        _finding("the difference in value", found["spending"], "above"),
        _finding("the difference in cost per yuan of turnover", found["cost"], "below"),
    ]


def _valued(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    first, second = valued_paths(known.found)
    indirect = fx.through(first, "valued", second, "loyalty", seed)
    return "standard deviations of loyalty", [
        _finding("the effect on loyalty", fx.of(first, "valued"), "above"),
        _finding("the indirect effect on leaving", indirect, "below"),
    ]


def valued_paths(found: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Loyalty on feeling valued, and leaving on loyalty with feeling valued held."""
    held = [name for name in ("satisfaction", "crm_use") if name in found.data]
    first = fx.slopes(found.data, "loyalty", ["valued", *held, *fx.background(found)])
    return first, fx.on_leaving(found, ["loyalty", "valued", *held])


def _survey_and_behaviour(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    found = behaviour.survey_and_behaviour(known.found)
    return "gain in log likelihood of repurchase, thousandths a row", [
        _finding("what behaviour adds to the survey", found["behaviour adds"], "above"),
        _finding("what the survey adds to behaviour", found["survey adds"], "above"),
    ]


def _keeps(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    path = attitudes.parameter(waves.cross_lagged(known.found), "keeps")
    return "path from purchases to the next period's satisfaction", [_finding("the path", path, "above")]


def _span(known: Parts, seed: int) -> tuple[str, list[Finding]]:
    gap = attitudes.stable_shares(known.base, seed=seed)["difference"]
    return "stable share of loyalty less that of satisfaction", [
        _finding("the difference of the shares", gap, "above")
    ]


RULES: dict[str, Rule] = {
    "D3-3": _warning,
    "D4-3": _stages,
    "D3-7": _recommendation,
    "D0-3 churn": _crm_churn,
    "D2-12": _machine,
    "D3-17": _fall,
    "D4-8": _loyal,
    "D4-9": _lasting,
    "D4-13": _joint,
    "D0-14": _value_of_crm,
    "D1-7": _satisfied,
    "D2-21": _valued,
    "D3-21": _survey_and_behaviour,
    "D0-16": _keeps,
    "D3-16": _span,
}
