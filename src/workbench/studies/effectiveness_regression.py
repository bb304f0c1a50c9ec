"""Study 11: what D2 and D0 say CRM effectiveness and satisfaction rest on, in firms and over their periods.

Effects are estimated from composites and among latent variables; a rule that asks for both ways goes by the
estimate whose interval reaches lower. Where the codebook has a ``marker`` construct, the latent way takes
what all answers share with it out of every item, because one manager answers all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import measurement, regression, sem
from workbench.evidence import claims
from workbench.studies import drawn_like, key

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.evidence.claims import Finding, Verdict
    from workbench.measurement.dimensions import CloseFit, PatternMatch
    from workbench.measurement.models import ModelComparison
    from workbench.measurement.retention import FactorSuggestions
    from workbench.regression import LinearModel, PanelModel
    from workbench.sem import Fit
    from workbench.survey import Survey

SHIPPED = "firm_survey"
PANEL = "firm_panel"
PARAMETERS = {"panel_file": ""}
FACTORS = ("system_performance", "data_quality", "user_interface", "process_integration", "staff_training")
DIMENSIONS = ("customer_data_management", "service_optimisation", "marketing_coordination", "system_support")
MODULES = tuple(
    f"module_{name}" for name in ("information", "sales", "marketing", "service", "analytics", "process")
)
DRIVERS = ("product_quality", "service_quality", "after_sales", "customer_experience", "corporate_culture")
CAUSES = {"satisfaction": DRIVERS, "effectiveness": FACTORS}
# List -> its members, and what comes before them in the order of causes.
LISTS = {
    "Key factors": (FACTORS, ()),
    "Modules": (MODULES, FACTORS),
    "Dimensions": (DIMENSIONS, (*FACTORS, *MODULES)),
}
CONSTRUCTS = (*FACTORS, *MODULES, *DIMENSIONS, *DRIVERS, *CAUSES)
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
MARKER = "marker"
KEYS = {"unit": "firm", "period": "period"}
MIX = ("automation", "human_service", ("automation", "human_service"))
PRODUCT = "automation:human_service"
STEP = 10  # points of human service for which the product is told
ONE = 0.95  # two dimensions that correlate higher are one
FEW_DRAWS = 100  # of parallel analysis where only the number of factors is wanted


@dataclass(frozen=True)
class Firms:
    """One wave of a questionnaire to firms and, where there is one, their panel."""

    survey: Survey
    panel: Survey | None = None


@dataclass(frozen=True)
class TwoWays:
    """Effects on one outcome from composites and among latent variables.

    ``tables``: way -> estimate, ci_lower, ci_upper (standardized) by cause.
    """

    composites: LinearModel
    latent: Fit
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Structure:
    """Whether the items of the dimensions form as many factors: number, pattern, fit."""

    suggested: FactorSuggestions
    explored: Any
    pattern: PatternMatch
    rivals: ModelComparison

    @property
    def fit(self) -> CloseFit:
        """How closely the model of correlated factors fits."""
        return measurement.close_fit(self.rivals.fits["correlated_factors"].measures)


def population() -> PanelPopulation:
    """The shipped firms with their panel."""
    from workbench.datasets.panel import load_panel

    return load_panel(PANEL)


def simulate(population: PanelPopulation, seed: int) -> Firms:
    """Firms drawn from a population, with their answers and their panel."""
    drawn = population.simulate(seed=seed, firms=seed)
    series = drawn.frame.astype({"firm": float, "period": float})
    return Firms(drawn_like(SHIPPED, drawn.survey.responses), drawn_like(PANEL, series))


def truths(population: PanelPopulation) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its paths; effects are total effects."""
    survey = population.survey
    correlations = survey.implied.covariance
    apart = all(correlations.at[a, b] < ONE for a, b in combinations(DIMENSIONS, 2))
    series = population.description.series["maintenance"]
    weight = {(term.from_, term.times): term.value for term in series.terms}

    def raises(outcome: str, causes: Sequence[str]) -> bool:
        return all(survey.total_effect(outcome, cause) > 0 for cause in causes)

    return {
        "D0-5": raises("satisfaction", DRIVERS),
        "D2-1": raises("effectiveness", FACTORS),
        "D2-2 structure": apart,
        "D2-2 effects": raises("effectiveness", DIMENSIONS),
        "D2-10": raises("effectiveness", MODULES),
        "D2-5 weights": weight["automation", None] > 0 and weight["human_service", None] > 0,
        "D2-5 mix": weight["automation", "human_service"] > 0,
    }


def nulls(population: PanelPopulation) -> dict[str, PanelPopulation]:
    """Populations in which the claims are false, each list but for one member still true."""
    from workbench.datasets.population_schema import Term

    survey = population.survey.without_effects("customer_experience", "satisfaction")
    for name in ("user_interface", "module_sales", "marketing_coordination"):
        survey = survey.without_effects(name)
    lone = replace(population, survey=survey).with_term("maintenance", "human_service", 0.0)
    lone = lone.with_term("maintenance", "automation", 0.0, times="human_service")
    merged = population.survey.description
    terms = [Term.model_validate({"from": "service_optimisation", "value": 0.98, "source": "the same thing"})]
    merged = merged.model_copy(update={"structure": {**merged.structure, "system_support": terms}})
    return {
        "one member of each list without effect": lone,
        "two of the four dimensions the same": replace(
            population, survey=replace(population.survey, description=merged)
        ),
    }


def composites(survey: Survey) -> pd.DataFrame:
    """Means of answered items, the marker among them where it was asked, and the groups of the firms."""
    scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in (*CONSTRUCTS, *marker(survey))})
    scores = scores.join(survey.responses[list(survey.groups)])
    if survey.codebook.id:
        scores = scores.set_index(survey.responses[survey.codebook.id])
    return scores


def marker(survey: Survey) -> list[str]:
    """The marker construct in a list, which is empty where the codebook has none."""
    return [name for name in (MARKER,) if name in survey.constructs()]


def firm_characteristics(survey: Survey) -> list[str]:
    """Groups in which the firms differ."""
    return [group for group in survey.groups if survey.responses[group].nunique() > 1]


def controls(survey: Survey) -> list[str]:
    """What stands beside the causes in every regression of composites."""
    return [*firm_characteristics(survey), *marker(survey)]


def held_constant(survey: Survey) -> str:
    """What every regression of composites holds constant, in words."""
    names = [survey.codebook.label(name).lower() for name in firm_characteristics(survey)]
    names += ["the marker"] if marker(survey) else []
    if len(names) < 2:
        return names[0] if names else "no firm characteristics"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def latent_model(survey: Survey, outcome: str, causes: Sequence[str]) -> str:
    """Model text: the outcome on its causes, all latent, and a method factor that the marker identifies.

    The method factor is uncorrelated with all else and loads equally on every item, the marker's included,
    and the other way on an item that was reversed, since agreeing is agreeing with its words;
    the marker's own part is uncorrelated with everything, so that whatever its items share with the others
    is the method's (Williams, Hartman & Cavazotte 2010, method-C). Its loadings are 1 and its variance is
    free: without method variance in the population the estimate falls on either side of zero, where a
    loading would be stuck at zero.
    """
    names = [outcome, *causes]
    items = {name: list(survey.items(name)) for name in [*names, *marker(survey)]}
    lines = [
        measurement.correlated_factors({name: items[name] for name in names}),
        f"{outcome} ~ {' + '.join(causes)}",
    ]
    if marker(survey):
        every = [item for own in items.values() for item in own]
        turned = {item for item in every if survey.codebook.items[item].reverse}
        apart = [*causes, outcome]
        lines += [
            measurement.correlated_factors({MARKER: items[MARKER]}),
            "method =~ " + " + ".join(f"{-1 if item in turned else 1}*{item}" for item in every),
            *(f"method ~~ 0*{name}" for name in [*apart, MARKER]),
            *(f"{MARKER} ~~ 0*{name}" for name in apart),
        ]
    return "\n".join(lines)


def two_ways(survey: Survey, scores: pd.DataFrame, outcome: str) -> TwoWays:
    """Effects of the causes of one outcome, both ways; ``scores`` are the composites."""
    causes = CAUSES[outcome]
    plain = regression.ols(scores, outcome, [*controls(survey), *causes])
    asked = survey.items(outcome, *causes, *marker(survey))
    fit = sem.fit(latent_model(survey, outcome, causes), asked, missing="fiml")
    paths = fit.standardized_solution().query("op == '~'").set_index("rhs")
    paths = paths.rename(columns={"est_std": "estimate"})
    tables = {"composites, HC3": plain.standardized, "latent variables": paths}
    return TwoWays(plain, fit, {way: table.loc[list(causes)] for way, table in tables.items()})


def lists(survey: Survey, scores: pd.DataFrame, *, beside: bool) -> dict[str, LinearModel]:
    """Effectiveness on each list, alone or beside the lists that come before it."""
    return {
        name: regression.ols(
            scores, "effectiveness", [*controls(survey), *(earlier if beside else ()), *members]
        )
        for name, (members, earlier) in LISTS.items()
    }


def structure(survey: Survey, *, draws: int, seed: int) -> Structure:
    """Number of factors, pattern and rival models of the dimensions' items."""
    items = {name: list(survey.items(name)) for name in DIMENSIONS}
    answers = survey.items(*DIMENSIONS)
    explored = measurement.efa(answers, len(DIMENSIONS), seed=seed)
    return Structure(
        measurement.suggest_factors(answers, draws=draws, seed=seed),
        explored,
        measurement.pattern_match(explored, items),
        measurement.fit_rivals(answers, items, missing="fiml"),
    )


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
    found = [within_firms(simulate(population, seed).panel).coefficients for seed in range(1, seeds + 1)]
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


def decide(firms: Firms, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts of the study on one set of firms; parallel analysis with few draws."""
    survey = firms.survey
    scores = composites(survey)
    both = {outcome: two_ways(survey, scores, outcome) for outcome in CAUSES}
    beside = lists(survey, scores, beside=True)
    found = structure(survey, draws=FEW_DRAWS, seed=seed)
    verdicts = judge_survey(survey, both, beside, found, truths)
    return verdicts + (judge_panel(firms.panel, within_firms(firms.panel), truths) if firms.panel else [])


def judge_survey(
    survey: Survey,
    both: Mapping[str, TwoWays],
    beside: Mapping[str, LinearModel],
    found: Structure,
    truths: Mapping[str, bool] | None = None,
) -> list[Verdict]:
    """The verdicts that rest on the questionnaire."""
    truths = truths or {}
    judged: dict[str, Any] = {"kind": survey.kind, "n": len(survey.responses)}
    tests = {
        ("D0-5", None): (both["satisfaction"].tables, DRIVERS),
        ("D2-1", None): (both["effectiveness"].tables, FACTORS),
        ("D2-2", "effects"): (_of_list(beside, "Dimensions"), DIMENSIONS),
        ("D2-10", None): (_of_list(beside, "Modules"), MODULES),
    }
    verdicts = [
        claims.judge_all(
            claim,
            _raises(survey, ways, causes),
            part=part,
            measure="weakest β",
            planted=truths.get(key(claim, part)),
            **judged,
        )
        for (claim, part), (ways, causes) in tests.items()
    ]
    many = len(DIMENSIONS)
    at_home = f"{found.pattern.at_home} of {len(found.pattern.items)}"
    facts = [
        claims.fact(f"parallel analysis finds {many} factors", found.suggested.parallel.n_factors == many),
        claims.fact(f"each item loads most on its own factor ({at_home})", found.pattern.matched),
        claims.fact("the model of four factors fits closely (CFI, RMSEA, SRMR)", found.fit.close),
    ]
    planted = truths.get("D2-2 structure")
    return [*verdicts, claims.judge_all("D2-2", facts, part="structure", planted=planted, **judged)]


def judge_panel(panel: Survey, within: PanelModel, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdicts on α, β and their mix."""
    truths = truths or {}
    judged: dict[str, Any] = {"kind": panel.kind, "n": int(panel.responses["firm"].nunique())}
    weights = [_above(word, within, name) for word, name in (("α", "automation"), ("β", "human_service"))]
    mix = _above(f"gain of α for {STEP} points of human service", within, PRODUCT, times=STEP)
    return [
        claims.judge_all(
            "D2-5", weights, part="weights", measure="α", planted=truths.get("D2-5 weights"), **judged
        ),
        claims.judge_all(
            "D2-5",
            [mix],
            part="mix",
            measure=f"gain of α for {STEP} points of human service",
            planted=truths.get("D2-5 mix"),
            **judged,
        ),
    ]


def _of_list(beside: Mapping[str, LinearModel], name: str) -> dict[str, pd.DataFrame]:
    return {"composites, HC3": beside[name].standardized}


def _raises(survey: Survey, ways: Mapping[str, pd.DataFrame], causes: Sequence[str]) -> list[Finding]:
    """One finding a cause: the whole interval of its least favourable estimate lies above zero."""
    return [
        claims.finding(
            f"{survey.codebook.label(name)} ({row.way})",
            estimate=row.estimate,
            interval=(row.ci_lower, row.ci_upper),
            pattern="above",
        )
        for name, row in regression.least_favourable(ways, causes).iterrows()
    ]


def _above(text: str, model: PanelModel, term: str, times: float = 1.0) -> Finding:
    row = times * model.coefficients.loc[term, ["estimate", "ci_lower", "ci_upper"]]
    return claims.finding(
        text, estimate=row["estimate"], interval=(row["ci_lower"], row["ci_upper"]), pattern="above"
    )
