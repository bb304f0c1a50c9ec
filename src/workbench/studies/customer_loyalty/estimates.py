"""What study 04 estimates: the effects of CRM use, the tiers of dimensions, rival orders, sensitivity."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from workbench import sem
from workbench.errors import DataError, WorkbenchError
from workbench.measurement.measurement_models import ModelComparison, compare_models, improper_estimates
from workbench.normal_quantiles import INTERVAL_95
from workbench.studies.customer_loyalty.fitting import all_ordered, by_label, fit_ordered
from workbench.studies.customer_loyalty.method import MethodOut, take_method_out
from workbench.studies.customer_loyalty.model import (
    CONSTRUCTS,
    EFFECTS,
    PAIRS,
    TIERS,
    Constructs,
    causal_orders,
    constructs_of,
    model_text,
)

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.resampling import Bootstrap
    from workbench.sem.result import Fit
    from workbench.survey import Survey

SIGNS_OF_CARELESSNESS = 2
ORDERED, MEASURED = "ordered answers", "robust ML"


@dataclass(frozen=True)
class LoyaltyStudy:
    """The fitted study.

    ordered : headline, every attentive respondent. ml : normal theory, complete cases, for the bootstrap.
    method : the headline with a method factor taken out. draws, seed : of the bootstrap.
    """

    model: str
    ordered: Fit
    ml: Fit
    method: MethodOut
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
        beside = self._bca.loc[list(EFFECTS)]
        table[["ml", "ml_lower", "ml_upper"]] = beside[["est", "ci_lower", "ci_upper"]].to_numpy()
        return table.rename_axis("effect")

    @cached_property
    def _bca(self) -> pd.DataFrame:
        """BCa intervals; without limits where too few refits have a solution."""
        try:
            return by_label(self.boot.interval("bca", standardized=True))
        except DataError:
            table = by_label(self.ml.standardized_solution()).rename(columns={"est_std": "est"})
            return table.assign(ci_lower=math.nan, ci_upper=math.nan)

    @property
    def without_bootstrap(self) -> bool:
        """Whether too few refits have a solution, so that no interval of the bootstrap stands."""
        return bool(self._bca["ci_lower"].isna().all())

    @cached_property
    def share(self) -> pd.DataFrame:
        """Share of the effect on satisfaction that runs through the dimensions, by estimator.

        Rows headline (delta method) and ML (BCa: a ratio has a skewed distribution); est, ci_lower,
        ci_upper.
        """
        import pandas as pd

        own = by_label(self.ordered.standardized_solution()).rename(columns={"est_std": "est"})
        rows = {self.way: own.loc["share_satisfaction"], "ML": self._bca.loc["share_satisfaction"]}
        return pd.DataFrame({name: row[["est", "ci_lower", "ci_upper"]] for name, row in rows.items()}).T

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know of the fits and the bootstrap."""
        found = (*self.ordered.warnings, *self.method.warnings, *self.ml.warnings, *self.boot.warnings)
        return tuple(dict.fromkeys(found))

    @cached_property
    def improper(self) -> tuple[str, ...]:
        """What no population could have (negative variances, correlations above one), and no convergence."""
        found = () if self.ordered.converged else ("it did not converge",)
        return (*found, *improper_estimates(self.ordered))

    @property
    def way(self) -> str:
        """The headline in words: of ordered answers, or by robust ML where items are measurements."""
        return ORDERED if self.ordered.estimator == "WLSMV" else MEASURED

    @property
    def n(self) -> int:
        """Respondents behind the headline."""
        return int(self.ordered.problem.sample.total)


def attentive(survey: Survey, variable: str = "attention_check", answer: float = 2) -> tuple[Survey, str]:
    """The respondents who read the questions, and the rule in words.

    With instructed items ("please tick 2"; ``instructed:`` of a variable in the codebook, or a variable of
    that name) those who answered as told; without one those with fewer than two signs of carelessness
    (`workbench.survey.screen`) over the study's constructs.
    """
    from workbench.survey import screen
    from workbench.survey.screening import instructed_items

    told = instructed_items(survey)
    if len(told.columns):
        kept = (told == 0).all(axis=1)
        asked = ", ".join(survey.codebook.label(name) for name in told.columns)
        rule = f"kept: those who answered as told to ({asked})"
    elif variable in survey.variables:
        kept = survey.responses[variable] == answer
        rule = f"kept: those who answered {answer:g} to the instructed item {variable}"
    else:
        own = tuple(survey.codebook.stands_for.get(name, name) for name in CONSTRUCTS)
        kept = screen(survey, own).flags["count"] < SIGNS_OF_CARELESSNESS
        signs = SIGNS_OF_CARELESSNESS
        rule = f"no instructed item; kept: those with fewer than {signs} signs of carelessness"
    return survey.subset(kept, rule), rule


def turned_items(survey: Survey) -> list[str]:
    """Items whose answers were reversed when they were read."""
    return [name for name, item in survey.codebook.items.items() if item.reverse]


def answers_of(survey: Survey, marker: Sequence[str] = ()) -> pd.DataFrame:
    """Answers to the items of the study's constructs, and of the marker."""
    items = [item for own in constructs_of(survey).values() for item in own]
    return survey.responses[[*items, *marker]]


def fit_study(
    data: pd.DataFrame,
    constructs: Constructs,
    *,
    draws: int,
    seed: int,
    marker: Sequence[str] = (),
    turned: Collection[str] = (),
) -> LoyaltyStudy:
    """Fit the study: headline of ordered answers, ML for the bootstrap, and the headline without method.

    Parameters
    ----------
    data : answers (`answers_of`), those of the marker's items among them where there is one.
    constructs : items of the eight constructs. marker : items of the marker; without one a method factor of
        usual size is taken out (`method.USUAL_SHARE`). turned : items whose answers were reversed.
    draws, seed : of the bootstrap.
    """
    model = model_text(constructs)
    own = data[[item for items in constructs.values() for item in items]]
    method = take_method_out(data, constructs, marker=marker, turned=turned)
    return LoyaltyStudy(model, fit_ordered(model, own), sem.fit(model, own), method, draws, seed)


def tiers(study: LoyaltyStudy) -> pd.DataFrame:
    """Difference of the tiers' mean standardized effects: headline, bootstrap and, with a marker, method out.

    A method factor of assumed size is no help here: acting alike on all items, it adds to both tiers.
    """
    import pandas as pd

    columns = ["est", "se", "ci_lower", "ci_upper"]
    rows = {
        name: sem.contrasts(source, TIERS, standardized=True).table.iloc[0][columns]
        for name, source in ((study.way, study.ordered), ("ML, bootstrap", study.boot))
    }
    if study.without_bootstrap:
        rows["ML, bootstrap"] = rows["ML, bootstrap"].where(
            ~rows["ML, bootstrap"].index.str.startswith("ci_")
        )
    if study.method.marker:
        rows["method factor out"] = study.method.effects.loc["tiers"].reindex(columns)
    return pd.DataFrame(rows).T.astype(float).rename_axis("estimator")


def pairs(study: LoyaltyStudy) -> dict[str, pd.DataFrame]:
    """The six differences between single dimensions of the tiers, with simultaneous intervals.

    By estimator: headline (normal theory) and ML (bootstrap; without limits where too few refits have a
    solution).
    """
    found = {
        name: sem.contrasts(source, PAIRS, standardized=True).table.set_index("contrast")
        for name, source in ((study.way, study.ordered), ("ML, bootstrap", study.boot))
    }
    if study.without_bootstrap:
        found["ML, bootstrap"] = found["ML, bootstrap"].assign(ci_lower=math.nan, ci_upper=math.nan)
    return found


def compare_structures(
    models: Mapping[str, str], data: pd.DataFrame, *, estimator: str = "MLR"
) -> ModelComparison:
    """Fit rival structures to the same answers and set their measures side by side.

    Full-information likelihood: every respondent, and a BIC to compare by, which WLSMV does not have.
    """
    fits = {name: sem.fit(text, data, estimator=estimator, missing="fiml") for name, text in models.items()}
    return compare_models(fits)


def compare_orders(constructs: Constructs, data: pd.DataFrame) -> ModelComparison:
    """The causal order of the document and its rivals; a rival without estimates is left out, and said."""
    fits, lost = {}, []
    for name, text in causal_orders(constructs).items():
        try:
            fits[name] = sem.fit(text, data, estimator="ML", missing="fiml")
        except WorkbenchError as trouble:
            if not fits:  # the document's own order comes first
                raise
            lost.append(f"{name}: gave no estimates, and is left out ({trouble.faults[0]})")
    found = compare_models(fits)
    return replace(found, warnings=(*lost, *found.warnings))


def sensitivity(samples: Mapping[str, pd.DataFrame], constructs: Constructs) -> pd.DataFrame:
    """Totals and the tiers' difference by sample and by estimator with its treatment of missing answers.

    Index sample, estimator; columns n, and est, lower, upper for satisfaction, loyalty and tiers.
    """
    import pandas as pd

    model = model_text(constructs)
    ways = {
        "ordered, every answer": lambda data: fit_ordered(model, data),
        "ordered, complete cases": lambda data: fit_ordered(model, data, complete=True),
    }
    if not all(all_ordered(data) for data in samples.values()):
        ways = {}
    ways |= {
        "MLR, every answer (FIML)": lambda data: sem.fit(model, data, missing="fiml", estimator="MLR"),
        "MLR, complete cases": lambda data: sem.fit(model, data, estimator="MLR"),
    }
    rows = {}
    for (sample, data), way in product(samples.items(), ways):
        found = ways[way](data)
        totals = by_label(found.standardized_solution())
        row = {"n": int(found.problem.sample.total)}
        parts = {"satisfaction": "total_satisfaction", "loyalty": "total_loyalty", "tiers": "tiers"}
        for name, label in parts.items():
            part = totals.loc[label]
            row |= {
                name: part["est_std"],
                f"{name}_lower": part["ci_lower"],
                f"{name}_upper": part["ci_upper"],
            }
        rows[sample, way] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["sample", "estimator"])


def who_skips(data: pd.DataFrame, constructs: Constructs) -> pd.DataFrame:
    """Whether those who left out answers differ from those who answered everything, by construct.

    Scores are means of the answers given. Returns by construct: difference in standard deviations (skipped
    less complete), ci_lower, ci_upper (Welch).
    """
    import numpy as np
    import pandas as pd

    items = [item for own in constructs.values() for item in own]
    gaps = data[items].isna().any(axis=1)
    rows = {}
    for name, own in constructs.items():
        score = data[list(own)].mean(axis=1)
        a, b = score[gaps].dropna(), score[~gaps].dropna()
        if min(len(a), len(b)) < 2 or not score.std() > 0:
            continue
        half = INTERVAL_95 * np.sqrt(a.var() / len(a) + b.var() / len(b)) / score.std()
        gap = (a.mean() - b.mean()) / score.std()
        rows[name] = {"difference": gap, "ci_lower": gap - half, "ci_upper": gap + half}
    columns = ["difference", "ci_lower", "ci_upper"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("construct")


def engines(study: LoyaltyStudy, data: pd.DataFrame) -> pd.DataFrame:
    """Regressions by this engine's ML and by semopy's: unstandardized estimates and their difference.

    data : the answers that the study was fitted to.
    """
    observed = list(study.ml.problem.table.variables.observed)
    second = sem.fit(study.model.split("\nvia_")[0], data[observed], engine="semopy")
    keys = ["lhs", "op", "rhs"]
    table = study.ml.estimates.query("op == '~'")[[*keys, "est"]].merge(
        second.estimates.query("op == '~'")[[*keys, "est"]], on=keys, suffixes=("", "_semopy")
    )
    return table.assign(difference=table["est"] - table["est_semopy"])
