"""What the numbers of study 13 say: titles, tables' words and the answer, chosen by the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench.evidence import ledger
from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.improvement import EXPERIMENTS, LATER, decidable
from workbench.studies.improvement.verdicts import ADOPTION_RULES, IMPROVES

if TYPE_CHECKING:
    from workbench.evaluation.forecasts import Forecasts
    from workbench.evaluation.two_arms import ArmComparison
    from workbench.regression import AdoptionEstimates, HonestBounds
    from workbench.studies.improvement import Given
    from workbench.survey import Survey

NAMES = {
    "before and after, adopters alone": "Before and after, adopters alone",
    "adopters beside others, afterwards": "Adopters beside others, afterwards",
    "two-way": "Two-way fixed effects, one coefficient",
    "group-time": "Group–time effects",
    "imputation": "Imputation",
    "interaction-weighted": "Interaction-weighted",
}
ON_AXIS = {
    "before and after, adopters alone": "Before and after",
    "adopters beside others, afterwards": "Beside others",
    "two-way": "Two-way",
    "group-time": "Group–time",
    "imputation": "Imputation",
    "interaction-weighted": "Interaction-weighted",
}
SHORT = {
    "group-time": "group–time",
    "imputation": "imputation",
    "interaction-weighted": "interaction-weighted",
}
HYPOTHESES = {
    "D0-13": "Where satisfaction is higher, complaints and after-sales cost are lower a period later",
    "D0-15": "Customers who get greetings feel that they belong more, and are more loyal",
    "D0-17": "Customers who are offered membership buy again more, and are more loyal",
    "D0-21": "Predictive CRM raises stock turnover and service level and lowers cost",
    "D0-22": "The analysis of complaints lowers repeated complaints",
    "D1-8": "Where satisfaction is higher, margin is higher a period later",
    "D2-7": "Adoption raises satisfaction: the interval of the difference in differences above 0",
    "D2-11": "A forecast from the past has a smaller error than saying that nothing changes: "
    "interval below 0",
    "D2-13": "Adoption raises satisfaction and loyalty, and through satisfaction the number of customers",
    "D2-14": "Adoption raises the number of customers through the ability to manage relationships",
    "D2-15": "The model shortens handling time and raises effectiveness",
    "D2-22": "Firms given intelligent CRM are more effective than those given traditional CRM",
    "D3-14": "Customers who are asked often answer carelessly more often",
    "D3-24": "Loyalty brings growth and margin a period later, satisfaction held, and more than "
    "satisfaction does",
    "D4-7": "Adoption raises satisfaction, loyalty, the value and the number of customers, and lowers churn: "
    f"{len(IMPROVES)} intervals of {numbers.percent(ADOPTION_RULES['D4-7'].level)} each, "
    "which hold together at 95 %",
    "D4-14": "Where satisfaction is higher, more customers are kept and won a period later, and "
    "their number grows",
}
COMPUTED = {
    "retention": "Customers kept, %",
    "churn": "Customers lost, %",
    "growth": "Customers won, %",
    "growth_net": "Net growth of customers, %",
    "complaints_per_thousand": "Complaints per 1,000 customers",
    "conversion_plan": "Sales against plan, %",
    "lifetime_value": "Value of a customer until leaving",
}


SHORT_LABELS = {"satisfaction": "Satisfaction", "loyalty": "Loyalty"}


def short_label(survey: Survey, name: str) -> str:
    """An outcome in a word or two where it has them, for sentences and axes."""
    return SHORT_LABELS.get(name) or label(survey, name)


def label(survey: Survey, name: str) -> str:
    """An outcome by its label in the codebook, or by what it was computed as."""
    if name in COMPUTED:
        return COMPUTED[name]
    variable = survey.codebook.variables.get(name)
    return survey.codebook.label(name) if variable is not None else name.replace("_", " ")


def left_out(given: Given, outcome: str) -> str:
    """How many units lack the outcome in a period, and what this selects; empty where none does."""
    lost = given.lost(outcome)
    if not lost:
        return ""
    return (
        f" {counted(lost, 'unit')} of {numbers.count(given.units)} left out: no value in some period. "
        f"{selection(given)}"
    )


def selection(given: Given) -> str:
    """What it means that only units with a value in every period are in."""
    moved = ", and if adoption changes who stays, the effect is one among stayers alone" * given.adoption
    return (
        "Who joined late, left or did not answer is not in it: it holds for those who were there in "
        f"every period{moved}."
    )


def selected(given: Given, outcomes: Sequence[str]) -> str:
    """The units behind several outcomes where some are left out; empty where none is."""
    if not any(given.lost(name) for name in outcomes):
        return ""
    used = sorted({given.used(name) for name in outcomes})
    span = " to ".join(numbers.count(n) for n in dict.fromkeys([used[0], used[-1]]))
    return (
        f"Units with the outcome in every period: {span} of {numbers.count(given.units)}. "
        f"{selection(given)} An outcome such as leaving is thereby looked at among those who had not left."
    )


def sample_note(given: Given, outcome: str) -> str:
    """Units and periods, and how many of them the designs use."""
    used = f" {numbers.count(given.used(outcome))} of them are used below." * bool(given.lost(outcome))
    periods = given.data[given.period].nunique()
    return f"{counted(given.units, 'unit')}, {counted(periods, 'period')}, {given.kind} data.{used}"


def rows_of_arms(given: Given, survey: Survey) -> str:
    """What a row of a table without periods is; only as far as the table tells."""
    if given.repeated:
        return f"No column of units is named, and by {given.repeated} rows seem to repeat the same units."
    if given.cluster:
        rows = numbers.count(len(given.data))
        return f"Units have several rows: {counted(given.units, 'unit')} in {rows} rows."
    if survey.codebook.id or given.unit in given.data:
        return "The table is an experiment: one row for each unit in its arm."
    return "No column of units is named, so each row counts as a unit of its own."


def digits(table: pd.DataFrame) -> int:
    """Decimals for effects: three where their errors are small."""
    return 3 if table["se"].max() < 0.1 else 2


def effect(row: pd.Series, digits: int = 2) -> str:
    """An estimate with its interval."""
    return numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), digits)


def clear(row: pd.Series) -> int:
    """1 above 0, -1 below, 0 where the interval holds it."""
    return int(row["ci_lower"] > 0) - int(row["ci_upper"] < 0)


def forecast_title(found: Forecasts) -> str:
    """Whether the past helps."""
    share, side = found.difference["share"], clear(found.difference)
    if side == 0:
        return "The forecast cannot be told from saying that nothing changes"
    word = "smaller" if side < 0 else "larger"
    return (
        f"The forecast's error is {numbers.percent(abs(share))} {word} than that of saying that nothing "
        f"changes"
    )


def untested(claims: Sequence[str]) -> pd.DataFrame:
    """Claims without a verdict: what they say and what data would have to hold."""
    rows = {name: (ledger.claim(name).statement, ledger.claim(name).untested) for name in claims}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["statement", "reason"]).rename_axis("claim")


def without_verdict(decided: Sequence[str]) -> list[str]:
    """The study's claims that the ledger gives a reason for and that were not decided here."""
    return [
        one.id
        for one in ledger.claims().values()
        if "13" in one.notebooks and one.untested and one.id not in decided
    ]


def columns_of_experiments() -> pd.DataFrame:
    """Which columns of a reader's table decide which claim."""
    rows = {
        name: (
            one.arm,
            ", ".join(one.outcomes),
            "taken up at known times" if one.panel else "assigned by lot",
        )
        for name, one in EXPERIMENTS.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["arm", "outcomes", "how"]).rename_axis(
        "claim"
    )


def answer(
    table: pd.DataFrame | None,
    found: HonestBounds | None,
    told: Forecasts | None,
    arms: str,
    outcome: str,
    used: str = "",
) -> str:
    """The study in a few sentences; what a forecast is worth only where nothing else was found.

    ``used`` : how many units the effect of adoption rests on, where some are left out.
    """
    said = []
    if table is not None:
        own = table.loc["group-time"]
        word = {1: "raised", -1: "lowered", 0: "moved by an amount that cannot be told from zero:"}[
            clear(own)
        ]
        said.append(
            f"Adoption {word} {outcome.lower()} by {effect(own)}."
            if clear(own)
            else f"Adoption {word} {outcome.lower()}, {effect(own)}."
        )
        said += [used] if used else []
    if found is not None and math.isfinite(found.breakdown):
        said.append(
            f"That stands until trends part {numbers.number(found.breakdown, 1)} times as much as before."
        )
    if arms:
        said.append(f"{arms}.")
    if told is not None and not said:
        said.append(forecast_title(told) + ".")
    return " ".join(said)


def hypotheses(given: Given) -> dict[str, str]:
    """The claims that the table can decide, in words."""
    return {name: HYPOTHESES[name] for name in decidable(given)}


def rules_in_words(given: Given) -> str:
    """What the words of the hypotheses mean, of those that stand there."""
    said = []
    if given.adoption:
        said.append(
            "Raises, lowers, by adoption: the difference in differences against units that have not "
            "adopted yet."
        )
    named = decidable(given)
    if given.panel and any(name in {*LATER, "D3-24"} for name in named):
        before = ", only in periods before adoption, in which nothing that adoption does can move both"
        said.append(
            "A period later: inside units, the value of the period itself held"
            f"{before if given.adoption else ''}."
        )
    if any(name in EXPERIMENTS and not EXPERIMENTS[name].panel for name in named):
        said.append("Between arms: the difference of means, each outcome at a level that all of them keep.")
    return " ".join(said)


def coverage_title(found: Forecasts) -> str:
    """Whether the intervals hold what they promise."""
    row = found.accuracy.loc["forecast"]
    return (
        f"Intervals of {numbers.percent(found.level)} held {numbers.percent(row['coverage'], 1)} of the "
        f"values"
    )


def methods(
    given: Given,
    found: AdoptionEstimates | None,
    limits: HonestBounds | None,
    told: Forecasts | None,
    arms: Mapping[str, ArmComparison] | ArmComparison | None,
    outcome: str,
    level: float,
) -> list[str]:
    """The methods paragraph: only what was done."""
    said = []
    if found is not None:
        others = [
            SHORT[name] for name in found.overall.index if name in ("imputation", "interaction-weighted")
        ]
        beside = f", beside them {listed(others)} estimates and a two-way coefficient" if others else ""
        said.append(
            f"The effect of adopting was estimated from {numbers.count(given.used(outcome))} units "
            f"{'with a value in each of ' if given.lost(outcome) else 'over '}"
            f"{given.data[given.period].nunique()} periods by group–time effects against units not "
            f"yet adopting (Callaway & "
            f"Sant'Anna, 2021){beside}; errors are clustered by unit."
        )
    if limits is not None:
        said.append(
            "How far trends may part was bounded by relative magnitudes (Rambachan & Roth, 2023), "
            "intervals widened by the "
            "error of the effect alone."
        )
    if arms is not None:
        found_by = list(arms.values()) if isinstance(arms, Mapping) else [arms]
        ways = [f"the difference with {one.method}" if one.clusters else one.method for one in found_by]
        said.append(f"Arms assigned by chance were compared by {listed(list(dict.fromkeys(ways)))}.")
    if told is not None:
        said.append(
            f"One-step forecasts by rolling origin from the last value and the mean so far were held "
            f"against the last value; "
            f"the error of the difference is told {told.errors}."
        )
    said.append(f"Intervals are of {numbers.percent(level)}.")
    return said


def sources(given: Given, *, grants: bool) -> list[str]:
    """The works that the page rests on."""
    adoption = [
        "Borusyak, Jaravel & Spiess 2024",
        "Callaway & Sant'Anna 2021",
        "Goodman-Bacon 2021",
        "Rambachan & Roth 2023",
        "Sun & Abraham 2021",
        "Wagner, Soumerai, Zhang & Ross-Degnan 2002",
    ]
    return [
        *(adoption if given.adoption else []),
        *(["Diebold & Mariano 1995"] if given.panel else []),
        *(["Holzer, Block, Cheatham & Knott 1993"] if grants else []),
        "Lan & DeMets 1983",
        "Newcombe 1998",
    ]
