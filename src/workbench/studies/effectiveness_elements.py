"""The six core elements of CRM in study 11 (D2-20): told apart, and connected with one another?

Every element is measured by a construct that D2 names in another list. The correlations are those of latent
variables, and where the codebook has a marker, without what all answers of one manager share: that alone
would make everything correlate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import measurement, sem
from workbench.errors import WorkbenchError
from workbench.evidence import claims
from workbench.studies.effectiveness_marker import marker, method_factor

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.evidence.claims import Verdict
    from workbench.measurement.measurement_models import ModelComparison
    from workbench.sem import Fit
    from workbench.survey import Survey

# D2-20's element -> the construct that asks for it.
ELEMENTS = {
    "customer data": "customer_data_management",
    "sales": "module_sales",
    "marketing": "module_marketing",
    "service and support": "module_service",
    "analysis": "module_analytics",
    "collaboration and integration": "process_integration",
}
# The same elements as D2-2's four dimensions would sort them (our sorting).
FOUR = {
    "data": ("customer_data_management", "module_analytics"),
    "service": ("module_service",),
    "marketing": ("module_marketing", "module_sales"),
    "system": ("process_integration",),
}
# Elements that D2-10's list of six modules has under another name, with the module.
TWINS = {"customer_data_management": "module_information", "process_integration": "module_process"}
DISTINCT = 0.85  # HTMT from which two constructs are not told apart
SIX, AS_FOUR, ONE = "Six elements (D2-20)", "Four, as D2-2 sorts", "One factor"


@dataclass(frozen=True)
class Elements:
    """The six elements in one survey.

    ``pairs``: two elements -> estimate, ci_lower, ci_upper of their latent correlation, and htmt; ``twins``:
    the correlation of an element with the module that D2-10 has in its place. ``rivals``: fit of other
    sortings of the same items. ``why``: why the latent variables give no estimates; ``pairs`` then has htmt
    alone.
    """

    pairs: pd.DataFrame
    twins: pd.DataFrame
    rivals: ModelComparison | None
    n: int
    why: str = ""


def latent_text(survey: Survey, names: Sequence[str]) -> str:
    """Constructs free to correlate, beside the method factor; two items of one load alike.

    Two items identify their construct by its correlations with others, which may be none here.
    """
    items = {name: list(survey.items(name)) for name in [*names, *marker(survey)]}
    lines = [
        f"{name} =~ 1*{own[0]} + 1*{own[1]}" if len(own) == 2 else measurement.correlated_factors({name: own})
        for name, own in items.items()
        if name in names
    ]
    return "\n".join([*lines, *method_factor(survey, items, names)])


def correlations(survey: Survey, names: Sequence[str]) -> tuple[pd.DataFrame | None, str]:
    """Latent correlations of every pair with their intervals, or None and why there are none."""
    try:
        fit = sem.fit(latent_text(survey, names), survey.items(*names, *marker(survey)), missing="fiml")
    except WorkbenchError as error:
        return None, f"the model of latent variables failed: {error}"
    if not fit.converged:
        return None, "the model of latent variables did not converge"
    table = fit.standardized_solution().query("op == '~~'").set_index(["lhs", "rhs"])
    rows = {}
    for a, b in combinations(names, 2):
        row = table.loc[(a, b) if (a, b) in table.index else (b, a)]
        rows[a, b] = row[["est_std", "ci_lower", "ci_upper"]].to_list()
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_lower", "ci_upper"])
    found.index = pd.MultiIndex.from_tuples(found.index, names=["one", "other"])
    if not found.astype(float).notna().all(axis=None):
        return None, "the model of latent variables has no standard errors"
    return found.astype(float), ""


def estimate(survey: Survey) -> Elements:
    """Correlations, HTMT and rival sortings of the six elements, and their twins in D2-10's list."""
    names = list(ELEMENTS.values())
    own = {name: list(survey.items(name)) for name in names}
    answers = survey.items(*names)
    ratios = measurement.htmt(answers, own, missing="pairwise")
    pairs, why = correlations(survey, names)
    index = pd.MultiIndex.from_tuples(list(combinations(names, 2)), names=["one", "other"])
    table = pairs if pairs is not None else pd.DataFrame(index=index)
    table = table.assign(htmt=[float(ratios.loc[a, b]) for a, b in table.index])
    wider, _ = correlations(survey, [*names, *TWINS.values()])
    twins = wider.loc[list(TWINS.items())] if wider is not None else table.iloc[:0]
    return Elements(table, twins, _rivals(answers, own), len(answers), why)


def _rivals(answers: pd.DataFrame, own: Mapping[str, list[str]]) -> ModelComparison | None:
    four = {name: [item for one in several for item in own[one]] for name, several in FOUR.items()}
    texts = {
        SIX: measurement.correlated_factors(own),
        AS_FOUR: measurement.correlated_factors(four),
        ONE: measurement.one_factor(own),
    }
    fits: dict[str, Fit] = {}
    for name, text in texts.items():
        try:
            fits[name] = sem.fit(text, answers, missing="fiml")
        except WorkbenchError:
            return None
    return measurement.compare_models(fits) if all(fit.converged for fit in fits.values()) else None


def truths(population: PanelPopulation) -> dict[str, bool]:
    """Whether every two elements correlate above zero, and none so highly that they are one."""
    latent = population.survey.implied.covariance
    r = [latent.at[a, b] for a, b in combinations(ELEMENTS.values(), 2)]
    return {"D2-20": bool(min(r) > 1e-9 and max(r) < DISTINCT)}


def judge(survey: Survey, found: Elements, truths: Mapping[str, bool] | None = None) -> list[Verdict]:
    """The verdict on the six elements; none on simulated answers that give no estimates."""
    judged: dict[str, Any] = {"kind": survey.kind, "n": found.n}
    if found.why:
        if survey.kind == "simulated":
            return []
        return [
            claims.not_testable("D2-20", f"The rule asks for latent variables, and {found.why}.", **judged)
        ]
    largest = found.pairs["htmt"].max()
    facts = []  # the weakest connection heads the verdict
    for (a, b), row in found.pairs.sort_values("estimate", kind="stable").iterrows():
        text = f"{survey.codebook.label(a)} with {survey.codebook.label(b)}"
        interval = (row["ci_lower"], row["ci_upper"])
        facts.append(claims.finding(text, estimate=row["estimate"], interval=interval, pattern="above"))
    facts.append(
        claims.fact(f"the largest HTMT is below {DISTINCT:.2f}", bool(largest < DISTINCT), estimate=largest)
    )
    planted = (truths or {}).get("D2-20")
    return [claims.judge_all("D2-20", facts, measure="weakest r", planted=planted, **judged)]
