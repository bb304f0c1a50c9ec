"""The rules of study 13: what is decided on a panel of firms, and on a reader's experiment.

All are fixed before a number is seen. What satisfaction does a period later is estimated in firm-periods
before adoption, where nothing that adoption does can move both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench import indicators, regression
from workbench.errors import DataError
from workbench.evaluation import forecasts
from workbench.evidence import claims
from workbench.studies.improvement import trial

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Finding, Pattern, Verdict
    from workbench.studies.improvement.given import Given

OUTCOME = "satisfaction"  # the performance by which D2-7 is judged
FEW_DRAWS = 99  # of the event study's band, which no verdict needs
# D4-7: what improves, and to which side, each at a level that five together keep
IMPROVES: Mapping[str, Pattern] = {
    "satisfaction": "above",
    "churn": "below",
    "loyalty": "above",
    "lifetime_value": "above",
    "growth_net": "above",
}
# What satisfaction of the period before does within firms, to which side
LATER: Mapping[str, Mapping[str, Pattern]] = {
    "D0-13": {"complaints_per_thousand": "below", "after_sales_cost": "below"},
    "D1-8": {"margin": "above"},
    "D4-14": {"retention": "above", "growth": "above", "growth_net": "above"},
}
WORDS = {
    "complaints_per_thousand": "complaints per 1,000 customers",
    "after_sales_cost": "after-sales cost",
    "growth": "customers won, %,",
    "growth_net": "net growth of customers, %,",
    "retention": "customers kept, %,",
    "churn": "customers lost, %,",
    "lifetime_value": "value of a customer",
}
SUCCESS = ("growth_net", "margin")  # D3-24: growth and profit
ABILITY = "relationship_ability"


@dataclass(frozen=True)
class Experiment:
    """A claim that an experiment decides: the column of its arms, what it moves and to which side."""

    arm: str
    outcomes: Mapping[str, Pattern]
    panel: bool = False  # taken up at known times instead of by lot


EXPERIMENTS: Mapping[str, Experiment] = {
    "D0-15": Experiment("greeting", {"belonging": "above", "loyalty": "above"}),
    "D0-17": Experiment("membership", {"repurchase": "above", "loyalty": "above"}),
    "D0-21": Experiment(
        "predictive_crm", {"stock_turnover": "above", "service_level": "above", "cost": "below"}, panel=True
    ),
    "D0-22": Experiment("complaint_analysis", {"repeated_complaints": "below"}, panel=True),
    "D2-15": Experiment("big_data_model", {"handling_time": "below", "effectiveness": "above"}, panel=True),
    "D2-22": Experiment("ai_crm", {"effectiveness": "above"}),
    "D3-14": Experiment("asked_often", {"careless": "above"}),
}


def decidable(given: Given) -> list[str]:
    """The claims that the table has the columns for, in the order of the ledger."""
    there = set(given.data)
    found = [name for name, rule in ADOPTION_RULES.items() if given.adoption and set(rule.needs) <= there]
    if given.panel:
        found += [name for name, outcomes in LATER.items() if {OUTCOME, *outcomes} <= there]
        found += ["D3-24"] if {OUTCOME, "loyalty", *SUCCESS} <= there else []
        found += ["D2-11"] if OUTCOME in there else []
    found += [
        name
        for name, one in EXPERIMENTS.items()
        if {one.arm, *one.outcomes} <= there and (given.panel if one.panel else _comparable(given, one))
    ]
    return [name for name in claims.table().index if name in found]


def _comparable(given: Given, one: Experiment) -> bool:
    """Whether the arms of an experiment can be compared in each of its outcomes."""
    try:
        return all(trial.compare(given, name, arm=one.arm) for name in one.outcomes)
    except DataError:
        return False


def decide_given(given: Given, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """Every verdict that the table allows, in the order of the ledger."""
    truths = truths or {}
    return [_decided(name, given, seed, truths) for name in decidable(given)]


def _decided(name: str, given: Given, seed: int, truths: Mapping[str, bool]) -> Verdict:
    """One claim by its rule; the data have the columns."""
    if name in ADOPTION_RULES:
        rule = ADOPTION_RULES[name]
        n = min(given.used(outcome) for outcome in rule.moved)
        return _judged(name, rule.findings(given, seed), given, truths, rule.measure, n, rule.level)
    if name in LATER:
        first = next(iter(LATER[name]))
        measure = f"{WORDS.get(first, first)} by a point of satisfaction a period before"
        n = _seen(given, (OUTCOME,), tuple(LATER[name]))
        return _judged(name, _later(given, LATER[name]), given, truths, measure, n)
    if name == "D3-24":
        measure = "net growth, %, by a point of loyalty a period before"
        n = _seen(given, (OUTCOME, "loyalty"), SUCCESS)
        return _judged(name, _loyalty_first(given), given, truths, measure, n)
    if name == "D2-11":
        told = forecast(given, OUTCOME)
        finding = _finding(
            "absolute error of the forecast less that of the naive one", told.difference, "below"
        )
        measure = "error of the forecast less the naive one"
        return _judged(name, [finding], given, truths, measure, told.units)
    found, n = _experiment(given, EXPERIMENTS[name])
    return _judged(name, found, given, truths, "difference", n)


def _judged(
    claim: str,
    findings: list[Finding],
    given: Given,
    truths: Mapping[str, bool],
    measure: str,
    n: int,
    level: float = 0.95,
) -> Verdict:
    return claims.judge_all(
        claim,
        findings,
        kind=given.kind,
        n=n,
        level=level,
        measure=measure,
        planted=truths.get(claim),
    )


def _finding(text: str, row: pd.Series, pattern: Pattern) -> Finding:
    return claims.finding(
        text, estimate=row["estimate"], interval=(row["ci_lower"], row["ci_upper"]), pattern=pattern
    )


def effect(given: Given, outcome: str, *, seed: int, level: float = 0.95) -> pd.Series:
    """Effect of adopting on one outcome, treated unit-periods alike: estimate, se, ci_lower, ci_upper."""
    return regression.group_time_effects(
        given.rows(outcome), outcome, **given.adopting, draws=FEW_DRAWS, seed=seed, level=level
    ).overall.loc["simple"]


def before_adoption(given: Given, causes: tuple[str, ...], outcomes: tuple[str, ...]) -> pd.DataFrame:
    """Unit-periods without adoption, with each cause as it is and as it was a period before (``…_before``).

    A unit's first period, and one after a gap, has no period before it.
    """
    data = given.data.sort_values([given.unit, given.period])
    periods = {period: number for number, period in enumerate(sorted(data[given.period].unique()))}
    place = data[given.period].map(periods)
    follows = place.groupby(data[given.unit]).diff() == 1
    shifted = data.groupby(given.unit)[list(causes)].shift(1).where(follows)
    made = data.assign(**{f"{name}_before": shifted[name] for name in causes})
    if given.adoption:
        made = made[made[given.treated] == 0]
    columns = [given.unit, given.period, *(f"{name}_before" for name in causes), *causes, *outcomes]
    return made[list(dict.fromkeys(columns))].dropna()


def _seen(given: Given, causes: tuple[str, ...], outcomes: tuple[str, ...]) -> int:
    """How many units `before_adoption` leaves."""
    return int(before_adoption(given, causes, outcomes)[given.unit].nunique())


def _later(given: Given, outcomes: Mapping[str, Pattern]) -> list[Finding]:
    """What satisfaction of the period before does to each outcome, within units, that of the period held.

    Inside a unit that is seen for T periods neighbouring values go together by about -1 / (T - 1), so that
    what the period's own value does would be laid to the one before if it were not held.
    """
    rows = before_adoption(given, (OUTCOME,), tuple(outcomes))
    cause = f"{OUTCOME}_before"
    return [
        _finding(
            f"{WORDS.get(name, name.replace('_', ' '))} by a point of satisfaction a period before",
            regression.panel(rows, name, [cause, OUTCOME], **given.place).coefficients.loc[cause],
            pattern,
        )
        for name, pattern in outcomes.items()
    ]


def _loyalty_first(given: Given) -> list[Finding]:
    """Loyalty of the period before, satisfaction held, on growth and margin: above 0, above satisfaction."""
    from scipy import stats

    rows = before_adoption(given, (OUTCOME, "loyalty"), SUCCESS)
    causes = ["loyalty_before", f"{OUTCOME}_before"]
    found = []
    for name in SUCCESS:
        model = regression.panel(rows, name, [*causes, "loyalty", OUTCOME], **given.place)
        table, v = model.coefficients, model.covariance
        gap = float(table["estimate"].iloc[0] - table["estimate"].iloc[1])
        se = float(v.iloc[0, 0] + v.iloc[1, 1] - 2 * v.iloc[0, 1]) ** 0.5
        half = float(stats.t.ppf(0.975, table["df"].iloc[0])) * se
        words = WORDS.get(name, name.replace("_", " "))
        found.append(
            _finding(f"{words} by a point of loyalty a period before", table.loc[causes[0]], "above")
        )
        found.append(
            claims.finding(
                f"{words} by loyalty less by satisfaction",
                estimate=gap,
                interval=(gap - half, gap + half),
                pattern="above",
            )
        )
    return found


def forecast(given: Given, outcome: str, *, level: float = 0.95) -> forecasts.Forecasts:
    """The next period's value of one outcome, adopters learning from adopters where there are any."""
    apart = given.treated if given.adoption else None
    return forecasts.rolling_forecasts(given.data, outcome, **given.place, apart=apart, level=level)


def _experiment(given: Given, one: Experiment) -> tuple[list[Finding], int]:
    """Each outcome of an experiment at a level that all together keep, and the units of the smallest."""
    level = 1 - 0.05 / len(one.outcomes)
    found, used = [], []
    for name, pattern in one.outcomes.items():
        if one.panel:
            taken_up = replace(given, treated=one.arm, adoption=True)
            row = effect(taken_up, name, seed=1, level=level)
            used.append(taken_up.used(name))
        else:
            arms = trial.compare(given, name, arm=one.arm, level=level)
            row = arms.difference
            used.append(trial.units_of(arms))
        found.append(
            _finding(
                f"{WORDS.get(name, name.replace('_', ' '))} by {one.arm.replace('_', ' ')}", row, pattern
            )
        )
    return found, min(used)


@dataclass(frozen=True)
class Rule:
    """How adoption decides a claim: the columns that it needs, the findings, what heads the verdict."""

    needs: tuple[str, ...]
    findings: Callable[[Given, int], list[Finding]]
    measure: str
    moved: tuple[str, ...]
    level: float = 0.95


def _by_adoption(given: Given, seed: int) -> list[Finding]:
    return [_finding("satisfaction by adoption", effect(given, OUTCOME, seed=seed), "above")]


def _all_five(given: Given, seed: int) -> list[Finding]:
    level = 1 - 0.05 / len(IMPROVES)
    return [
        _finding(
            f"{WORDS.get(name, name.replace('_', ' '))} by adoption",
            effect(given, name, seed=seed, level=level),
            pattern,
        )
        for name, pattern in IMPROVES.items()
    ]


def _to_share(given: Given, seed: int) -> list[Finding]:
    """Satisfaction and loyalty by adoption, and satisfaction's part in the growth of customers."""
    rows = before_adoption(given, (), (OUTCOME, "growth_net"))
    conversion = regression.panel(rows, "growth_net", [OUTCOME], **given.place).coefficients.loc[OUTCOME]
    gain = effect(given, OUTCOME, seed=seed)
    return [
        _finding("satisfaction by adoption", gain, "above"),
        _finding("loyalty by adoption", effect(given, "loyalty", seed=seed), "above"),
        _product("growth of customers, %, by adoption through satisfaction", gain, conversion, seed),
    ]


def _by_ability(given: Given, seed: int) -> list[Finding]:
    cause = f"{ABILITY}_before"
    rows = before_adoption(given, (ABILITY,), ("growth_net",))
    conversion = regression.panel(rows, "growth_net", [cause, ABILITY], **given.place).coefficients.loc[cause]
    return [
        _product(
            "growth of customers, %, by adoption through ability",
            effect(given, ABILITY, seed=seed),
            conversion,
            seed,
        )
    ]


def _product(text: str, gain: pd.Series, conversion: pd.Series, seed: int) -> Finding:
    found: Any = indicators.market_share_growth(
        gain["estimate"],
        conversion["estimate"],
        gain_se=gain["se"],
        conversion_se=conversion["se"],
        seed=seed,
    ).growth.loc["monte carlo"]
    return _finding(text, found, "above")


ADOPTION_RULES: Mapping[str, Rule] = {
    "D2-7": Rule((OUTCOME,), _by_adoption, "effect of adoption on satisfaction", (OUTCOME,)),
    "D2-13": Rule(
        (OUTCOME, "loyalty", "growth_net"),
        _to_share,
        "effect of adoption on satisfaction",
        (OUTCOME, "loyalty"),
    ),
    "D2-14": Rule(
        (ABILITY, "growth_net"), _by_ability, "indirect effect on the growth of customers, %,", (ABILITY,)
    ),
    "D4-7": Rule(
        tuple(IMPROVES),
        _all_five,
        "effect of adoption on satisfaction",
        tuple(IMPROVES),
        1 - 0.05 / len(IMPROVES),
    ),
}
