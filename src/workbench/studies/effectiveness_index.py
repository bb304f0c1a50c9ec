"""Study 12: customer data quality, and what a gain in satisfaction brings.

Two sentences of D2 can be denied by data. CDQ is said to measure how well customer data are managed (D2-3),
so firms whose managers rate that higher should have a higher CDQ. A gain in satisfaction is said to bring
market share (D2-8). What firms that adopt CRM gain in both does not tell, because adoption may move the two
side by side; so the conversion is estimated from the ups and downs of satisfaction in firms that have not
adopted yet. The other definitions of D2 are shown without a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from scipy import stats

from workbench import indicators, regression
from workbench.errors import DataError, Fault, NotApplicable, WorkbenchError
from workbench.evidence import claims
from workbench.studies import drawn_like

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.evidence.claims import Verdict
    from workbench.indicators import CustomerDataQuality, WhatIf
    from workbench.indicators.definitions import Definitions, IndicatorTable
    from workbench.indicators.quality_rules import QualityRules
    from workbench.survey import Survey

SHIPPED = "firm_panel"
PARAMETERS: dict[str, Any] = {
    "customers_file": "",
    "questionnaire_file": "",
    "rules_file": "",
    "what_if": {},
    "weights": {"accuracy": 0.4, "completeness": 0.3, "consistency": 0.2, "timeliness": 0.1},
}
RATED = "customer_data_management"
PARTS = ("satisfaction", "retention", "conversion_plan")  # of D2's composite
SCALE = (1.0, 5.0)  # of the shipped satisfaction, of which a point is a hundredth
UNIT = "firm"
ALIKE = 1.5  # ratio below which two counts of turned pairs are called about the same
FEWEST = 10  # firms for a correlation
FEW_DRAWS = 100  # of the event study's band, which no verdict needs


@dataclass(frozen=True)
class Firms:
    """A panel of firms, their customers' records and their questionnaire; the last two where there are."""

    panel: Survey
    customers: Survey | None = None
    questionnaire: Survey | None = None


@dataclass(frozen=True)
class Convergence:
    """Firms' CDQ beside what their managers say of their customer data.

    ``firms``: unit -> cdq, accurate_share (the rival reading) and rated. ``correlations``: reading -> r,
    ci_lower, ci_upper (Fisher's z). n : firms with all three.
    """

    firms: pd.DataFrame
    correlations: pd.DataFrame
    n: int


@dataclass(frozen=True)
class Conversion:
    """Both factors of D2-8 from a panel, each with estimate, se, ci_lower, ci_upper.

    ``gain``: points of satisfaction that adoption brings. ``before`` and ``always``: per cent of customers
    that a point of satisfaction brings, from firm-periods before adoption, and from all. ``share``: per cent
    of customers that adoption brings, which is Y itself by D2's sentence. ``rows``: firm-periods before
    adoption.
    """

    gain: pd.Series
    before: pd.Series
    always: pd.Series
    share: pd.Series
    rows: int
    warnings: tuple[str, ...]


def population() -> PanelPopulation:
    """The shipped panel with its firms and customers."""
    from workbench.datasets.panel import load_panel

    return load_panel(SHIPPED)


def simulate(population: PanelPopulation, seed: int) -> Firms:
    """Firms drawn from a population: their panel, customers and answers."""
    drawn = population.simulate(seed=seed, firms=seed)
    series = drawn.frame.astype({"firm": float, "period": float})
    return Firms(
        drawn_like(SHIPPED, series),
        drawn_like("firm_customers", population.customers(seed, firms=seed).frame),
        drawn_like("firm_survey", drawn.survey.responses),
    )


def truths(population: PanelPopulation) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its terms."""
    series, table = population.description.series, population.description.customers
    management = population.survey.total_effect(RATED, table.score)
    keeps = [term.value for term in series["customers_lost"].terms if term.observed]
    gain = series["satisfaction"].gain
    return {
        "D2-3": table.slope * management > 0,
        "D2-8": bool(gain and gain.value > 0 and sum(keeps) < 0),
    }


def nulls(population: PanelPopulation) -> dict[str, PanelPopulation]:
    """Populations in which the claims are false."""
    d = population.description
    careless = d.model_copy(update={"customers": d.customers.model_copy(update={"slope": 0.0})})
    still = population.with_term("customers_lost", "satisfaction", 0.0)
    return {
        "satisfaction that keeps no customer": still.with_term("customers_new_kept", "satisfaction", 0.0),
        "adoption that does not raise satisfaction": population.with_gain("satisfaction", 0.0),
        "faults of records that have nothing to do with the firm": replace(population, description=careless),
    }


def require(survey: Survey, definitions: Definitions, unit: str = UNIT) -> Survey:
    """The table, if it has firms and what D2's composite is made of.

    Raises
    ------
    NotApplicable : it lacks columns of the three indicators, or the column of firms that is looked for where
        the reader names none.
    """
    known = definitions.indicators
    needed = dict.fromkeys(column for part in PARTS if part in known for column in known[part].columns)
    lacking = [column for column in needed if column not in survey.responses]
    if unit == UNIT and unit not in survey.responses:
        lacking = [unit, *lacking]
    if lacking:
        raise NotApplicable(
            Fault(
                f"this is no table of firms with D2's indicators; it lacks {', '.join(lacking)}",
                survey.codebook.file or survey.file,
                fix="Name the columns that hold them under variables in the codebook, with 'column:' for the "
                "header; the parameter 'unit' names the column of firms",
            )
        )
    return survey


def on_its_scale(definitions: Definitions, survey: Survey) -> Definitions:
    """Definitions in which satisfaction has the scale that the table's codebook gives it."""
    own = survey.codebook.variables.get("satisfaction")
    part = definitions.indicators.get("satisfaction")
    if own is None or part is None or own.min is None or own.max is None:
        return definitions
    ends = {"min": own.min, "max": own.max}
    scaled = replace(
        part,
        minimum=float(own.min),
        maximum=float(own.max),
        unit=f"scale points, {own.min:g} to {own.max:g}",
    )
    return replace(
        definitions,
        columns={
            **definitions.columns,
            "satisfaction": {**definitions.columns.get("satisfaction", {}), **ends},
        },
        indicators={**definitions.indicators, "satisfaction": scaled},
    )


def convergence(quality: CustomerDataQuality, questionnaire: Survey, unit: str) -> Convergence:
    """CDQ by firm beside the rating of customer data management in the firms' questionnaire.

    Parameters
    ----------
    quality : with the firms as groups. questionnaire : one row for each firm, with the construct
        ``customer_data_management`` and the column ``unit``.

    Raises
    ------
    NotApplicable : the questionnaire lacks the construct.
    DataError : it lacks the column of firms, names one twice, or shares too few of them with the records.
    """
    questionnaire = questionnaire.in_documents_terms().require(RATED)
    if unit not in questionnaire.responses:
        raise DataError(Fault("the questionnaire has no such column to tell the firms by", column=unit))
    rated = questionnaire.items(RATED).mean(axis=1).set_axis(questionnaire.responses[unit])
    if rated.index.duplicated().any():
        raise DataError(Fault("the questionnaire has a firm twice; it needs one row per firm", column=unit))
    firms = quality.groups[["cdq", "accurate_share"]].join(rated.rename("rated"), how="inner")
    rows = {}
    for name in ("cdq", "accurate_share"):
        both = firms[[name, "rated"]].dropna()
        if len(both) >= FEWEST and both.nunique().min() > 1:
            found = stats.pearsonr(both[name], both["rated"])
            rows[name] = (found.statistic, *found.confidence_interval(0.95))
    n = int(firms[["cdq", "rated"]].dropna().shape[0])
    if "cdq" not in rows:
        raise DataError(
            Fault(
                f"{n} firms have both records and a rating that vary; at least {FEWEST} are needed",
                column=unit,
            )
        )
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["r", "ci_lower", "ci_upper"])
    return Convergence(firms, table.rename_axis("reading"), n)


def conversion(
    panel: pd.DataFrame,
    growth: pd.Series,
    *,
    unit: str,
    period: str,
    scale: tuple[float, float] = SCALE,
    draws: int = FEW_DRAWS,
    seed: int = 1,
) -> Conversion:
    """What adoption adds to satisfaction, and what satisfaction adds to the number of customers.

    Parameters
    ----------
    panel : firm and period, with ``satisfaction`` and ``treated`` (0/1, never back).
    growth : net growth of customers, as a share, by row.
    unit, period : columns. scale : ends of satisfaction's scale, from which its points of 100 are counted.
    draws, seed : of the simultaneous band.

    Notes
    -----
    Firm and period effects in both slopes, errors clustered by firm. In firm-periods before adoption nothing
    that adoption does can move satisfaction and customers together; what is left must be satisfaction, or
    something else that moves both in a firm from period to period.
    """
    low, high = scale
    points = 100 * (panel["satisfaction"] - low) / (high - low)
    table = panel.assign(points=points, share=100 * growth)
    place: dict[str, Any] = {"unit": unit, "period": period}
    gain, share = (
        regression.group_time_effects(table, outcome, treated="treated", draws=draws, seed=seed, **place)
        for outcome in ("points", "share")
    )
    before = table[table["treated"] == 0]
    slopes = [regression.panel(rows, "share", ["points"], **place) for rows in (before, table)]
    kept = ["estimate", "se", "ci_lower", "ci_upper"]
    return Conversion(
        gain.overall.loc["simple", kept],
        slopes[0].coefficients.loc["points", kept],
        slopes[1].coefficients.loc["points", kept],
        share.overall.loc["simple", kept],
        len(before),
        tuple(dict.fromkeys([*gain.warnings, *share.warnings, *slopes[0].warnings, *slopes[1].warnings])),
    )


def what_if(found: Conversion, *, seed: int = 1) -> WhatIf:
    """Growth of market share from both factors with their errors."""
    return indicators.market_share_growth(
        gain=found.gain["estimate"],
        gain_se=found.gain["se"],
        conversion=found.before["estimate"],
        conversion_se=found.before["se"],
        seed=seed,
    )


def decide(
    firms: Firms,
    *,
    seed: int,
    truths: Mapping[str, bool] | None = None,
    rules: QualityRules | None = None,
    unit: str = "firm",
    period: str = "period",
) -> list[Verdict]:
    """Both verdicts on one set of firms."""
    truths = truths or {}
    verdicts = []
    if firms.customers is not None and firms.questionnaire is not None:
        quality = indicators.customer_data_quality(
            firms.customers.responses, rules or indicators.read_quality_rules(), by=unit, draws=1
        )
        found = convergence(quality, firms.questionnaire, unit)
        verdicts.append(judge_quality(found, kind=firms.customers.kind, planted=truths.get("D2-3")))
    data = firms.panel.responses
    growth = indicators.compute(data, indicators=["growth_net"]).values["growth_net"]
    scenario = what_if(conversion(data, growth, unit=unit, period=period, seed=seed), seed=seed)
    n = int(data[unit].nunique())
    return [*verdicts, judge_growth(scenario, kind=firms.panel.kind, n=n, planted=truths.get("D2-8"))]


def judge_quality(found: Convergence, *, kind: str, planted: bool | None = None) -> Verdict:
    """D2-3: the interval of the correlation of CDQ with the managers' rating lies above zero."""
    row = found.correlations.loc["cdq"]
    return claims.judge(
        "D2-3",
        estimate=row["r"],
        interval=(row["ci_lower"], row["ci_upper"]),
        pattern="above",
        measure="correlation of CDQ with customer data management",
        kind=kind,
        n=found.n,
        planted=planted,
    )


def judge_growth(scenario: WhatIf, *, kind: str, n: int, planted: bool | None = None) -> Verdict:
    """D2-8: the interval of gain times conversion lies above zero."""
    row = scenario.growth.loc["monte carlo"]
    return claims.judge(
        "D2-8",
        estimate=row["estimate"],
        interval=(row["ci_lower"], row["ci_upper"]),
        pattern="above",
        measure="growth",
        unit="%",
        kind=kind,
        n=n,
        planted=planted,
    )


def estimated(
    data: pd.DataFrame, found: IndicatorTable, *, unit: str, period: str, draws: int, seed: int
) -> tuple[Conversion | None, str]:
    """Both factors of D2-8, or None and why a table cannot give them.

    Parameters
    ----------
    data : a firm, or a firm and period, by row. found : its indicators by row.
    """
    values, ends = found.values, found.definitions[["min", "max"]]
    lacking = [name for name in (unit, period, "treated") if name not in data.columns]
    lacking += [name for name in ("satisfaction", "growth_net") if name not in values.columns]
    if lacking:
        *most, last = lacking
        names = f"{', '.join(most)} and {last}" if most else last
        return None, f"The table is no panel of adopting firms; it lacks {names}."
    scale = tuple(ends.loc["satisfaction"])
    place: dict[str, Any] = {"unit": unit, "period": period, "scale": scale}
    try:
        return conversion(data, values["growth_net"], **place, draws=draws, seed=seed), ""
    except WorkbenchError as error:
        return None, f"Neither factor can be estimated from this panel: {error}"


def definitions_or_weights(swapped: pd.DataFrame, corners: pd.DataFrame, average: float) -> str:
    """What turns more of a composite's pairs, another definition of one part or other weights, in words.

    Parameters
    ----------
    swapped, corners : of :func:`workbench.indicators.rivals_in_composite` and
        :func:`workbench.indicators.extreme_weights`. average : share of pairs that other weights turn.
    """
    weights = (
        f"Other weights turn {_percent(average)} of the pairs of the ranking on average, "
        f"up to {_percent(corners['pairs_reversed'].max())} where one indicator takes all"
    )
    if swapped.empty:
        return weights + "."
    ratio = swapped["pairs_reversed"].mean() / average if average > 0 else float("inf")
    about = "about as many" if 1 / ALIKE < ratio < ALIKE else "more" if ratio > 1 else "fewer"
    return (
        f"{weights}; another definition of one indicator turns {_span(swapped['pairs_reversed'])}, "
        f"on average {about}."
    )


def turned_in_words(swapped: pd.DataFrame, average: float) -> str:
    """The same in a sentence that is read at a glance. Parameters: of `definitions_or_weights`."""
    said = f"Other weights turn {_percent(average)} of the ranking's pairs on average"
    if swapped.empty:
        return f"{said}."
    return f"{said}, another definition of one indicator {_span(swapped['pairs_reversed'])}."


def between(low: float, high: float) -> str:
    """Bounds in words: ``0 to 1``, ``0 or more``, ``5 or less``, ``any number``."""
    low_end, high_end = (f"{end:g}".replace("-", "−") for end in (low, high))
    if math.isfinite(low) and math.isfinite(high):
        return f"{low_end} to {high_end}"
    if math.isfinite(low):
        return f"{low_end} or more"
    return f"{high_end} or less" if math.isfinite(high) else "any number"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _span(shares: pd.Series) -> str:
    low, high = (_percent(share) for share in (shares.min(), shares.max()))
    return low if low == high else f"{low} to {high}"
