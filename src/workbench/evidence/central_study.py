"""The customer study of document D0: its model, its rivals, and the rules that decide its claims.

Notebook 04, its tests and the benchmark of false verdicts all call these functions, so that what is tested is
what is shown. The rules were fixed before any estimate: see `judge_effect`, `judge_tiers`, `judge_pairs`,
`judge_consists`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING

from workbench import sem
from workbench.evidence import claims
from workbench.measurement.constructs import safe_names
from workbench.measurement.models import ModelComparison, compare_models, correlated_factors

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Verdict
    from workbench.sem.resampling import Bootstrap
    from workbench.sem.result import Fit
    from workbench.survey import Survey

FIRST_TIER = ("responsiveness", "assurance")
SECOND_TIER = ("empathy", "tangibles", "reliability")
DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
CONSTRUCTS = ("crm_use", *DIMENSIONS, "satisfaction", "loyalty")
EFFECTS = (
    *(f"via_{name}" for name in DIMENSIONS),
    "indirect_satisfaction",
    "direct_satisfaction",
    "total_satisfaction",
    "indirect_loyalty",
    "direct_loyalty",
    "total_loyalty",
)
TIERS = {
    "first tier above second": {
        **{f"{name} ~ crm_use": 1 / len(FIRST_TIER) for name in FIRST_TIER},
        **{f"{name} ~ crm_use": -1 / len(SECOND_TIER) for name in SECOND_TIER},
    }
}
PAIRS = {
    f"{first} above {second}": {f"{first} ~ crm_use": 1.0, f"{second} ~ crm_use": -1.0}
    for first, second in product(FIRST_TIER, SECOND_TIER)
}
MOST_CATEGORIES = 7
SIGNS_OF_CARELESSNESS = 2
# Conventions for a model that may be kept: Hu and Bentler (1999); Cheung and Rensvold (2002) for the loss.
LEAST_CFI, LARGEST_RMSEA, LARGEST_LOSS_OF_CFI = 0.95, 0.06, 0.01


@dataclass(frozen=True)
class CentralStudy:
    """The fitted study: ``ordered`` (headline) and ``ml`` (normal theory), same respondents."""

    model: str
    ordered: Fit
    ml: Fit
    draws: int
    seed: int

    @cached_property
    def boot(self) -> Bootstrap:
        """Bootstrap of the ML fit, drawn when it is first needed."""
        return self.ml.bootstrap(draws=self.draws, seed=self.seed)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Standardized effects of CRM use by name (`EFFECTS`): headline and ML, with intervals.

        Columns est, ci_lower, ci_upper (headline, delta method with robust covariances); ml, ml_lower,
        ml_upper (BCa of the bootstrap).
        """
        table = by_label(self.ordered.standardized_solution()).loc[list(EFFECTS)]
        table = table[["est_std", "ci_lower", "ci_upper"]].rename(columns={"est_std": "est"})
        beside = by_label(self.boot.interval("bca", standardized=True)).loc[list(EFFECTS)]
        table[["ml", "ml_lower", "ml_upper"]] = beside[["est", "ci_lower", "ci_upper"]].to_numpy()
        return table.rename_axis("effect")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know of the fits and the bootstrap."""
        return tuple(dict.fromkeys((*self.ordered.warnings, *self.ml.warnings, *self.boot.warnings)))

    @property
    def n(self) -> int:
        """Respondents behind the headline."""
        return int(self.ordered.problem.sample.total)


def by_label(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of parameters by their labels."""
    return table[table["label"] != ""].drop_duplicates("label").set_index("label")


def attentive(survey: Survey, variable: str = "attention_check", answer: float = 2) -> tuple[Survey, str]:
    """The respondents who read the questions, and the rule in words.

    With an instructed item ("please tick 2") those who gave the answer asked for; without one those with
    fewer than two signs of carelessness (`workbench.survey.screen`) over the study's constructs.
    """
    from workbench.survey import screen

    if variable in survey.variables:
        kept = survey.responses[variable] == answer
        rule = f"kept: those who answered {answer:g} to the instructed item {variable}"
    else:
        kept = screen(survey, CONSTRUCTS).flags["count"] < SIGNS_OF_CARELESSNESS
        rule = (
            f"no item {variable}; kept: those with fewer than {SIGNS_OF_CARELESSNESS} signs of carelessness"
        )
    return survey.subset(kept, rule), rule


def model_text(constructs: Mapping[str, Sequence[str]]) -> str:
    """CRM use → five dimensions → satisfaction → loyalty, with both direct effects.

    The effects of CRM use are defined by ``:=``. What the dimensions share beside CRM use is left to their
    covariances.
    """
    via = [f"via_{name}" for name in DIMENSIONS]
    return "\n".join(
        [
            correlated_factors({name: constructs[name] for name in CONSTRUCTS}),
            *(f"{name} ~ a_{name}*crm_use" for name in DIMENSIONS),
            f"satisfaction ~ direct_satisfaction*crm_use + {_sum(f'b_{d}*{d}' for d in DIMENSIONS)}",
            "loyalty ~ direct_loyalty*crm_use + c*satisfaction",
            *(f"{a} ~~ {b}" for a, b in combinations(DIMENSIONS, 2)),
            *(f"via_{name} := a_{name}*b_{name}" for name in DIMENSIONS),
            f"indirect_satisfaction := {_sum(via)}",
            f"total_satisfaction := direct_satisfaction + {_sum(via)}",
            f"indirect_loyalty := (direct_satisfaction + {_sum(via)})*c",
            f"total_loyalty := direct_loyalty + (direct_satisfaction + {_sum(via)})*c",
        ]
    )


def _sum(terms) -> str:
    return " + ".join(terms)


def causal_orders(constructs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The structure of D0 beside others that the same answers could come from."""
    measured = correlated_factors({name: constructs[name] for name in CONSTRUCTS})
    dims = _sum(DIMENSIONS)
    base = [measured, *(f"{a} ~~ {b}" for a, b in combinations(DIMENSIONS, 2))]
    to_dims = [f"{name} ~ crm_use" for name in DIMENSIONS]
    to_satisfaction, to_loyalty = f"satisfaction ~ crm_use + {dims}", "loyalty ~ crm_use + satisfaction"
    apart = [f"{name} ~~ 0*loyalty" for name in DIMENSIONS]
    orders = {
        "as D0 says": [*to_dims, to_satisfaction, to_loyalty],
        "through service alone": [*to_dims, f"satisfaction ~ {dims}", "loyalty ~ satisfaction"],
        "past service": [
            *to_dims,
            "satisfaction ~ crm_use",
            to_loyalty,
            *(f"satisfaction ~~ 0*{name}" for name in DIMENSIONS),
        ],
        "service colours CRM": [f"crm_use ~ {dims}", to_satisfaction, to_loyalty],
        "satisfaction colours service": [
            "satisfaction ~ crm_use",
            *(f"{name} ~ satisfaction + crm_use" for name in DIMENSIONS),
            to_loyalty,
            *apart,
        ],
        "loyalty first": [*to_dims, "loyalty ~ crm_use", f"{to_satisfaction} + loyalty", *apart],
    }
    return {name: "\n".join([*base, *lines]) for name, lines in orders.items()}


def parts_or_causes(constructs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """D0-7 and its rival on the items of satisfaction and the dimensions.

    ``leads to``: five correlated dimensions lead to satisfaction, a construct of its own. ``consists of``:
    the dimensions and satisfaction's own items are signs of one second-order satisfaction. ``made up of``:
    the dimensions make up satisfaction without remainder. The last two are nested in the first.
    """
    dims = {name: constructs[name] for name in DIMENSIONS}
    own = list(safe_names({"satisfaction": constructs["satisfaction"]})["satisfaction"])
    measured = correlated_factors(dims)
    leads = f"{measured}\nsatisfaction =~ {_sum(own)}\nsatisfaction ~ {_sum(DIMENSIONS)}"
    return {
        "leads to": leads,
        "consists of": f"{measured}\nsatisfaction =~ {_sum([*own, *DIMENSIONS])}",
        "made up of": f"{leads}\nsatisfaction ~~ 0*satisfaction",
    }


def fit_study(
    data: pd.DataFrame, constructs: Mapping[str, Sequence[str]], *, draws: int, seed: int
) -> CentralStudy:
    """Fit the study: items of up to seven categories as ordered (WLSMV), and ML with a bootstrap beside.

    Complete cases in both. Without ordered items the headline is MLR.
    """
    model = model_text(constructs)
    ordered = fit_ordered(model, data)
    ml = sem.fit(model, data)
    return CentralStudy(model, ordered, ml, draws, seed)


def fit_ordered(model: str, data: pd.DataFrame) -> Fit:
    """WLSMV with every column of up to seven answers ordered; MLR where there is none."""
    ordered = [name for name in data.columns if data[name].nunique() <= MOST_CATEGORIES]
    if not ordered:
        return sem.fit(model, data, estimator="MLR")
    return sem.fit(model, data, ordered=ordered, estimator="WLSMV")


def tiers(study: CentralStudy) -> pd.DataFrame:
    """Difference of the tiers' mean standardized effects: headline (normal theory) and bootstrap."""
    import pandas as pd

    found = {
        "ordered answers": sem.contrasts(study.ordered, TIERS, standardized=True),
        "ML, bootstrap": sem.contrasts(study.boot, TIERS, standardized=True),
    }
    return pd.concat({name: part.table for name, part in found.items()}).droplevel(1).rename_axis("estimator")


def pairs(study: CentralStudy) -> pd.DataFrame:
    """The six differences between single dimensions of the tiers, with simultaneous bootstrap intervals."""
    return sem.contrasts(study.boot, PAIRS, standardized=True).table.set_index("contrast")


def judge_effect(
    claim: str, study: CentralStudy, outcome: str, *, kind: str, part: str | None = None
) -> Verdict:
    """D0-1, D0-3: the total effect on the outcome lies above 0 by the headline and by the BCa interval."""
    row = study.effects.loc[f"total_{outcome}"]
    found = [
        claims.finding(
            f"total effect on {outcome}, {name}",
            estimate=row[est],
            interval=tuple(row[ends]),
            pattern="above",
        )
        for name, est, ends in (
            ("ordered answers", "est", ["ci_lower", "ci_upper"]),
            ("ML, BCa", "ml", ["ml_lower", "ml_upper"]),
        )
    ]
    return claims.judge_all(
        claim, found, kind=kind, n=study.n, measure=f"total effect on {outcome}, β", part=part
    )


def judge_tiers(study: CentralStudy, *, kind: str) -> Verdict:
    """D0-2: the mean effect of the first tier lies above that of the second, ordered and bootstrapped."""
    found = [
        claims.finding(
            f"first tier less second, {name}",
            estimate=row["est"],
            interval=(row["ci_lower"], row["ci_upper"]),
            pattern="above",
        )
        for name, row in tiers(study).iterrows()
    ]
    return claims.judge_all("D0-2", found, kind=kind, n=study.n, measure="first tier less second, Δβ")


def judge_pairs(study: CentralStudy, *, kind: str) -> Verdict:
    """D0-2 to the letter: each dimension of the first tier above each of the second, all six at once.

    The pair with the lowest limit comes first and heads the verdict.
    """
    found = [
        claims.finding(
            name, estimate=row["est"], interval=(row["ci_lower"], row["ci_upper"]), pattern="above"
        )
        for name, row in pairs(study).sort_values("ci_lower").iterrows()
    ]
    return claims.judge_all(
        "D0-2", found, kind=kind, n=study.n, measure="least of six differences, Δβ", part="every pair"
    )


def judge_consists(compared: ModelComparison, *, kind: str) -> Verdict:
    """D0-7: the second-order model fits (CFI, RMSEA) and is not worse than its rival (BIC, loss of CFI)."""
    one, rival = compared.table.loc["consists of"], compared.table.loc["leads to"]
    lost = rival["cfi"] - one["cfi"]
    n = int(compared.fits["consists of"].problem.sample.total)
    found = [
        claims.fact("second-order model: BIC not above its rival's", one["bic"] <= rival["bic"],
                    estimate=one["bic"] - rival["bic"]),
        claims.fact(f"it loses no more than {LARGEST_LOSS_OF_CFI:g} of CFI", lost <= LARGEST_LOSS_OF_CFI),
        claims.fact(f"its CFI is {LEAST_CFI:g} or more", one["cfi"] >= LEAST_CFI),
        claims.fact(f"its RMSEA is {LARGEST_RMSEA:g} or less", one["rmsea"] <= LARGEST_RMSEA),
        claims.fact("it converges to a proper solution", bool(one["converged"]) and one["improper"] == 0),
    ]  # fmt: skip
    return claims.judge_all(
        "D0-7",
        found,
        kind=kind,
        n=n,
        measure="BIC of the second-order model less its rival's",
        part="structure",
    )


def compare_structures(
    models: Mapping[str, str], data: pd.DataFrame, *, estimator: str = "MLR"
) -> ModelComparison:
    """Fit rival structures to the same answers and set their measures side by side."""
    return compare_models({name: sem.fit(text, data, estimator=estimator) for name, text in models.items()})


def sensitivity(samples: Mapping[str, pd.DataFrame], constructs: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Totals and the tiers' difference by sample and by estimator with its treatment of missing answers.

    Index sample, estimator; columns n, and est, lower, upper for satisfaction, loyalty and tiers.
    """
    import pandas as pd

    model = model_text(constructs)
    ways = {
        "ordered, complete cases": lambda data: fit_ordered(model, data),
        "ML, complete cases": lambda data: sem.fit(model, data),
        "MLR, complete cases": lambda data: sem.fit(model, data, estimator="MLR"),
        "ML, FIML": lambda data: sem.fit(model, data, missing="fiml"),
        "MLR, FIML": lambda data: sem.fit(model, data, missing="fiml", estimator="MLR"),
    }
    rows = {}
    for (sample, data), (way, fit) in product(samples.items(), ways.items()):
        found = fit(data)
        totals = by_label(found.standardized_solution())
        row = {"n": int(found.problem.sample.total)}
        for name in ("satisfaction", "loyalty"):
            part = totals.loc[f"total_{name}"]
            row |= {
                name: part["est_std"],
                f"{name}_lower": part["ci_lower"],
                f"{name}_upper": part["ci_upper"],
            }
        gap = sem.contrasts(found, TIERS, standardized=True).table.iloc[0]
        row |= {"tiers": gap["est"], "tiers_lower": gap["ci_lower"], "tiers_upper": gap["ci_upper"]}
        rows[sample, way] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["sample", "estimator"])


def engines(study: CentralStudy) -> pd.DataFrame:
    """Regressions by this engine's ML and by semopy's: unstandardized estimates and their difference."""
    n = len(study.ml.rows)
    moments = sem.moments(study.ml.observed.cov * n / (n - 1), n)
    second = sem.fit(study.model.split("\nvia_")[0], moments, engine="semopy")
    keys = ["lhs", "op", "rhs"]
    table = study.ml.estimates.query("op == '~'")[[*keys, "est"]].merge(
        second.estimates.query("op == '~'")[[*keys, "est"]], on=keys, suffixes=("", "_semopy")
    )
    return table.assign(difference=table["est"] - table["est_semopy"])
