"""Study 11: what D2 and D0 say CRM effectiveness and satisfaction rest on, in firms and over their periods.

Every effect is estimated from composites and among latent variables, and the rules go by the estimate whose
interval reaches lower: composites are poor controls, and the more firms there are, the surer they find what
is not there. Where the codebook has a ``marker`` construct, the latent way takes what all answers share with
it out of every item, because one manager answers all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import measurement, regression, sem
from workbench.errors import WorkbenchError
from workbench.evidence import claims
from workbench.studies import drawn_like, key
from workbench.studies import effectiveness_elements as elements
from workbench.studies import effectiveness_mix as mix
from workbench.studies import effectiveness_offset as offset
from workbench.studies.effectiveness_marker import marker, method_factor

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.evidence.claims import Finding, Verdict
    from workbench.measurement.dimensionality import CloseFit, PatternMatch
    from workbench.measurement.horn_parallel_analysis import ParallelAnalysis
    from workbench.regression import LinearModel
    from workbench.sem import Fit
    from workbench.survey import Survey

SHIPPED = "firm_survey"
PARAMETERS = {"panel_file": ""}
FACTORS = ("system_performance", "data_quality", "user_interface", "process_integration", "staff_training")
DIMENSIONS = ("customer_data_management", "service_optimisation", "marketing_coordination", "system_support")
MODULES = tuple(
    f"module_{name}" for name in ("information", "sales", "marketing", "service", "analytics", "process")
)
DRIVERS = ("product_quality", "service_quality", "after_sales", "customer_experience", "corporate_culture")
# List -> its members, and what comes before them in the order of causes of effectiveness.
LISTS = {
    "Key factors": (FACTORS, ()),
    "Modules": (MODULES, FACTORS),
    "Dimensions": (DIMENSIONS, (*FACTORS, *MODULES)),
}
CONSTRUCTS = (*FACTORS, *MODULES, *DIMENSIONS, *DRIVERS, "satisfaction", "effectiveness")
COMPOSITES, LATENT = "composites", "latent variables"
ONE = 0.95  # two dimensions that correlate higher are one
FEW_DRAWS = 100  # of parallel analysis where only the number of factors is wanted


@dataclass(frozen=True)
class Firms:
    """One wave of a questionnaire to firms and, where there is one, their panel."""

    survey: Survey
    panel: Survey | None = None


@dataclass(frozen=True)
class TwoWays:
    """Effects of a list on one outcome, beside what comes before it, from composites and latent variables.

    ``tables``: way -> estimate, ci_lower, ci_upper (standardized) by member of the list. ``latent`` is None
    where the latent way gives no estimates; ``why`` then says the reason.
    """

    composites: LinearModel
    latent: Fit | None
    tables: Mapping[str, pd.DataFrame]
    why: str = ""


@dataclass(frozen=True)
class Structure:
    """Whether the items of the dimensions form as many factors: number, pattern, fit."""

    parallel: ParallelAnalysis
    explored: Any
    pattern: PatternMatch
    fit: CloseFit


def population() -> PanelPopulation:
    """The shipped firms with their panel."""
    from workbench.datasets.panel import load_panel

    return load_panel(mix.PANEL)


def simulate(population: PanelPopulation, seed: int) -> Firms:
    """Firms drawn from a population, with their answers and their panel."""
    panel = population.simulate(seed=seed, firms=seed)
    return Firms(drawn_like(SHIPPED, panel.survey.responses), mix.drawn(panel))


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
        **offset.truths(population),
        **elements.truths(population),
    }


def endless(population: PanelPopulation) -> pd.DataFrame:
    """What both ways would find with endless many firms and perfect questions, beside what is planted.

    Returns
    -------
    DataFrame by list and member: planted (total effect) and found, the slope of the list beside what comes
    before it, from the covariances of the population. They differ by what stands behind several causes and
    is not asked.
    """
    survey = population.survey
    covariance = survey.implied.covariance
    rows: dict[str, Any] = {}
    for name, (members, earlier) in {"Drivers": (DRIVERS, ()), **LISTS}.items():
        outcome = "satisfaction" if name == "Drivers" else "effectiveness"
        causes = [*earlier, *members]
        slopes = np.linalg.solve(covariance.loc[causes, causes], covariance.loc[causes, outcome])
        found = dict(zip(causes, slopes, strict=True))
        rows |= {(name, one): (survey.total_effect(outcome, one), found[one]) for one in members}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["planted", "found"])
    return table.set_axis(pd.MultiIndex.from_tuples(table.index, names=["list", "member"]))


def nulls(population: PanelPopulation) -> dict[str, PanelPopulation]:
    """Populations in which the claims are false: for one member of each list, for all of them, for two
    dimensions that are one, for elements that have nothing in common; and one where service makes up for the
    product, which it does nowhere else, and the elements are closely connected.
    """
    from workbench.datasets.population_schema import Term

    survey = population.survey.without_effects("customer_experience", "satisfaction")
    for name in ("user_interface", "module_sales", "marketing_coordination"):
        survey = survey.without_effects(name)
    lone = replace(population, survey=survey).with_term("maintenance", "human_service", 0.0)
    lone = lone.with_term("maintenance", "automation", 0.0, times="human_service")

    def term(of: str, value: float, **more: str) -> Term:
        return Term.model_validate({"from": of, "value": value, "source": "set in code", **more})

    def with_terms(**terms: Sequence[Term]) -> PanelPopulation:
        """The shipped firms, with other causes of some of their variables."""
        told = population.survey.description
        told = told.model_copy(update={"structure": {**told.structure, **terms}})
        return replace(population, survey=replace(population.survey, description=told))

    idle = population.survey
    for name in (*FACTORS, *MODULES, *DIMENSIONS):
        idle = idle.without_effects(name, "effectiveness")
    for name in DRIVERS:
        idle = idle.without_effects(name, "satisfaction")
    six = elements.ELEMENTS.values()
    return {
        "one member of each list without effect": lone,
        "two of the four dimensions the same": with_terms(
            system_support=[term("service_optimisation", 0.98)]
        ),
        "no member of any list with an effect": replace(population, survey=idle),
        "six elements without connection": with_terms(**{name: [] for name in six}),
        "six elements that go together, and service that makes up for the product": with_terms(
            **{name: [term("management", 0.5)] for name in six},
            satisfaction=[
                *population.survey.description.structure["satisfaction"],
                term(offset.SERVICE, -0.2, times=offset.PRODUCT),
            ],
        ),
    }


def composites(survey: Survey) -> pd.DataFrame:
    """Means of answered items, the marker among them where it was asked, and the groups of the firms."""
    scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in (*CONSTRUCTS, *marker(survey))})
    scores = scores.join(survey.responses[list(survey.groups)])
    if survey.codebook.id:
        scores = scores.set_index(survey.responses[survey.codebook.id])
    return scores


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
    return _listed(names, none="no firm characteristics")


def latent_model(survey: Survey, outcome: str, causes: Sequence[str]) -> str:
    """Model text: the outcome on its causes, all latent, and a method factor that the marker identifies."""
    names = [outcome, *causes]
    items = {name: list(survey.items(name)) for name in [*names, *marker(survey)]}
    lines = [
        measurement.correlated_factors({name: items[name] for name in names}),
        f"{outcome} ~ {' + '.join(causes)}",
        *method_factor(survey, items, [*causes, outcome]),
    ]
    return "\n".join(lines)


def two_ways(
    survey: Survey,
    scores: pd.DataFrame,
    outcome: str,
    members: Sequence[str],
    earlier: Sequence[str] = (),
) -> TwoWays:
    """Effects of a list's members on an outcome, both ways.

    Parameters
    ----------
    scores : the composites. members : whose effects are wanted. earlier : causes that come before them.
    """
    causes = [*earlier, *members]
    plain = regression.ols(scores, outcome, [*controls(survey), *causes])
    tables = {COMPOSITES: plain.standardized.loc[list(members)]}
    asked = survey.items(outcome, *causes, *marker(survey))
    try:
        fit = sem.fit(latent_model(survey, outcome, causes), asked, missing="fiml")
    except WorkbenchError as error:
        return TwoWays(plain, None, tables, f"the regression of latent variables failed: {error}")
    if not fit.converged:
        return TwoWays(plain, None, tables, "the regression of latent variables did not converge")
    paths = fit.standardized_solution().query("op == '~'").set_index("rhs")
    paths = paths.rename(columns={"est_std": "estimate"}).loc[list(members)]
    if not paths[["ci_lower", "ci_upper"]].notna().all(axis=None):
        return TwoWays(plain, None, tables, "the regression of latent variables has no standard errors")
    return TwoWays(plain, fit, {**tables, LATENT: paths})


def every_list(survey: Survey, scores: pd.DataFrame) -> dict[str, TwoWays]:
    """Both ways for D0's drivers of satisfaction and, beside what comes before it, each list of D2."""
    return {"Drivers": two_ways(survey, scores, "satisfaction", DRIVERS)} | {
        name: two_ways(survey, scores, "effectiveness", *own) for name, own in LISTS.items()
    }


def by_way(ways: Mapping[str, TwoWays], names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Estimates of several lists in one table a way, for the ways that give any."""
    return {
        way: pd.concat([ways[name].tables[way] for name in names if way in ways[name].tables])
        for way in (COMPOSITES, LATENT)
        if any(way in ways[name].tables for name in names)
    }


def shown_in_words(ways: Mapping[str, TwoWays], n: int) -> str:
    """How many members of each list of D2 have intervals above zero both ways, in words."""
    told, untold = [], []
    for name, (members, _) in LISTS.items():
        if ways[name].why:
            untold.append(name.lower())
            continue
        least = regression.least_favourable(ways[name].tables, members)
        told.append(f"{(least['ci_lower'] > 0).sum()} of {len(members)} {name.lower()}")
    said = f"{n:,} firms show an effect above 0 both ways for {_listed(told, none='none of the lists')}"
    return said + (f"; {_listed(untold)} cannot be estimated both ways" if untold else "")


def ways_in_words(both: Mapping[str, pd.DataFrame]) -> str:
    """How estimates of latent variables compare with those of composites, in words."""
    if LATENT not in both:
        return "Effects from composites; the latent way gives no estimates"
    latent = both[LATENT]
    plain = both[COMPOSITES].loc[latent.index]
    width = {way: table["ci_upper"] - table["ci_lower"] for way, table in ((LATENT, latent), ("", plain))}
    larger = int((latent["estimate"] > plain["estimate"]).sum())
    wider = int((width[LATENT] > width[""]).sum())
    many = len(latent)
    return (
        f"Without measurement error, {larger} of {many} effects are larger, "
        f"and {wider} of {many} intervals wider"
    )


def alone(survey: Survey, scores: pd.DataFrame) -> dict[str, LinearModel]:
    """Effectiveness on each list by itself, without what comes before it; composites."""
    return {
        name: regression.ols(scores, "effectiveness", [*controls(survey), *members])
        for name, (members, _) in LISTS.items()
    }


def structure(survey: Survey, *, draws: int, seed: int) -> Structure:
    """Number of factors, pattern and fit of as many correlated factors, of the dimensions' items."""
    items = {name: list(survey.items(name)) for name in DIMENSIONS}
    answers = survey.items(*DIMENSIONS)
    explored = measurement.efa(answers, len(DIMENSIONS), seed=seed)
    fit = sem.fit(measurement.correlated_factors(items), answers, missing="fiml")
    return Structure(
        measurement.parallel_analysis(answers, draws=draws, seed=seed),
        explored,
        measurement.pattern_match(explored, items),
        measurement.close_fit(fit.measures),
    )


def decide(firms: Firms, *, seed: int, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """All verdicts of the study on one set of firms; parallel analysis with few draws."""
    survey = firms.survey
    scores = composites(survey)
    ways = every_list(survey, scores)
    verdicts = judge_survey(survey, ways, structure(survey, draws=FEW_DRAWS, seed=seed), truths)
    verdicts += offset.judge(survey, offset.estimate(survey, scores, controls(survey)), truths)
    verdicts += elements.judge(survey, elements.estimate(survey), truths)
    return verdicts + (mix.judge(firms.panel, mix.within_firms(firms.panel), truths) if firms.panel else [])


def judge_survey(
    survey: Survey,
    ways: Mapping[str, TwoWays],
    found: Structure,
    truths: Mapping[str, bool] | None = None,
) -> list[Verdict]:
    """The verdicts that rest on the questionnaire; ``ways`` is of :func:`every_list`.

    A list without latent estimates cannot be judged; on simulated data it has no verdict then.
    """
    truths = truths or {}
    judged: dict[str, Any] = {"kind": survey.kind, "n": len(survey.responses)}
    tests = {
        "Drivers": ("D0-5", None),
        "Key factors": ("D2-1", None),
        "Dimensions": ("D2-2", "effects"),
        "Modules": ("D2-10", None),
    }
    verdicts = []
    for name, (claim, part) in tests.items():
        if not ways[name].why:
            planted = truths.get(key(claim, part))
            least = _raises(survey, ways[name].tables)
            verdicts.append(
                claims.judge_all(claim, least, part=part, measure="weakest β", planted=planted, **judged)
            )
        elif survey.kind != "simulated":
            reason = f"The rule asks for both ways, and {ways[name].why}."
            verdicts.append(claims.not_testable(claim, reason, part=part, **judged))
    many = len(DIMENSIONS)
    at_home = f"{found.pattern.at_home} of {len(found.pattern.items)}"
    facts = [
        claims.fact(f"parallel analysis finds {many} factors", found.parallel.n_factors == many),
        claims.fact(f"each item loads most on its own factor ({at_home})", found.pattern.matched),
        claims.fact("the model of four factors fits closely (CFI, RMSEA, SRMR)", found.fit.close),
    ]
    planted = truths.get("D2-2 structure")
    return [*verdicts, claims.judge_all("D2-2", facts, part="structure", planted=planted, **judged)]


def _raises(survey: Survey, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """One finding a cause: the whole interval of its least favourable estimate lies above zero."""
    members = list(tables[COMPOSITES].index)
    return [
        claims.finding(
            f"{survey.codebook.label(name)} ({row.way})",
            estimate=row.estimate,
            interval=(row.ci_lower, row.ci_upper),
            pattern="above",
        )
        for name, row in regression.least_favourable(tables, members).iterrows()
    ]


def _listed(names: Sequence[str], none: str = "") -> str:
    *most, last = names or [none]
    return f"{', '.join(most)} and {last}" if most else last
