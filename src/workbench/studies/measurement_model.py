"""Study 03: do the answers bear out the dimensions as a measurement model, better than its rivals?

The rule of D1-2, part *confirmed*, fixed before a number is seen: as many correlated factors as dimensions
fit closely; one factor and every model that makes two dimensions one fit worse; no two dimensions correlate
at .90 or more. D0-7, whether satisfaction *consists* of the dimensions, is shown here and decided in
study 04.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Fault, NotApplicable, WorkbenchError
from workbench.evidence import claims
from workbench.measurement import dimensionality as tests
from workbench.measurement import measurement_models as models
from workbench.studies import dimensions as chosen

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.evidence.claims import Verdict
    from workbench.measurement.dimensionality import CloseFit, MergedFactors
    from workbench.measurement.measurement_models import ModelComparison
    from workbench.sem import Fit
    from workbench.studies.dimensions import Dimensions
    from workbench.survey import Survey
    from workbench.survey.samples import Samples

SHIPPED = "customer_survey"
CLAIM, PART = "D1-2", "confirmed"
PARAMETERS: dict[str, object] = {"dimensions": []}
# Robust ML with full information: for fit measures, and for everything where items have many answers.
ROBUST: dict[str, Any] = {"estimator": "MLR", "missing": "fiml"}
FULL, COMPLETE = "MLR, full information", "complete cases"
LEVEL = 0.05
# Factors that models add, under names that no questionnaire is likely to use for its own.
GENERAL, METHOD, MARKED = "general_factor_", "method_factor_", "marker_factor_"


@dataclass(frozen=True)
class Measured:
    """The model of correlated factors, fitted in several ways to the same respondents.

    fits : way -> fit. headline : the way that loadings, correlations and difference tests rest on. settings :
    of `sem.fit` for the headline. failed : ways that gave no estimates, and why.
    """

    taken: Dimensions
    answers: pd.DataFrame
    model: str
    fits: Mapping[str, Fit]
    headline: str
    settings: Mapping[str, Any]
    failed: tuple[str, ...] = ()

    @property
    def main(self) -> Fit:
        """The fit of the headline."""
        return self.fits[self.headline]

    @property
    def ordered(self) -> bool:
        """Whether the headline takes the answers as ordered categories."""
        return "ordered" in self.settings

    @property
    def difference(self) -> str:
        """What the headline's difference tests are, in words."""
        return "scaled and shifted" if self.ordered else "scaled"

    @property
    def n(self) -> int:
        """Respondents behind the headline."""
        return int(self.main.measures["ntotal"])

    @cached_property
    def close(self) -> CloseFit | None:
        """The usual marks, by robust ML with full information (they were worked out for ML); None without."""
        fit = self.fits.get(FULL)
        if fit is None:
            return None
        return tests.close_fit(models.compare_models({FULL: fit}).table.loc[FULL])

    @property
    def fits_closely(self) -> str:
        """Whether the factors fit closely, as the verb of a sentence about them."""
        if self.close is None:
            return "cannot be said to fit closely"
        one = len(self.taken) == 1
        if self.close.close:
            return "fits closely" if one else "fit closely"
        exact = models.compare_models({FULL: self.fits[FULL]}).table.loc[FULL, "pvalue"]
        if exact > LEVEL:  # a wide interval of RMSEA, as few respondents or few degrees of freedom give it
            return f"{'is' if one else 'are'} shown neither to fit closely nor to misfit"
        return "does not fit closely" if one else "do not fit closely"

    @property
    def improper(self) -> str:
        """What is impossible in the headline's solution, in words; empty where nothing is."""
        return "; ".join(models.improper_estimates(self.main))

    @cached_property
    def rivals(self) -> ModelComparison:
        """Rival measurement models by robust ML with full information."""
        return models.fit_rivals(self.answers, self.taken.constructs, name=GENERAL, **ROBUST)

    @cached_property
    def merged(self) -> MergedFactors | None:
        """Every model that makes two dimensions one; None with a single dimension."""
        if len(self.taken) < 2:
            return None
        return tests.merged_factors(self.answers, self.taken.constructs, **self.settings)

    @cached_property
    def nested(self) -> pd.DataFrame:
        """Rivals that are special cases of the model, tested against it: chisq, df, pvalue, by name.

        One factor, and a second-order factor from four dimensions on (with three it says the same).
        """
        from workbench import sem

        texts = models.rival_models(self.taken.constructs, GENERAL)
        names = ["one_factor"] * (len(self.taken) > 1) + ["second_order"] * (len(self.taken) > 3)
        rows = {}
        for name in names:
            test = sem.compare(sem.fit(texts[name], self.answers, **self.settings), self.main)
            rows[name] = {"chisq": test.statistic, "df": test.df, "pvalue": test.pvalue}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["chisq", "df", "pvalue"])


def settings_for(answers: pd.DataFrame) -> dict[str, Any]:
    """How the headline is fitted: few different answers as ordered, with everybody who answered anything."""
    if chosen.few_answers(answers):
        return {"estimator": "WLSMV", "ordered": list(answers.columns), "missing": "pairwise"}
    return dict(ROBUST)


def measure(answers: pd.DataFrame, taken: Dimensions, *, every_way: bool = True) -> Measured:
    """Fit the correlated factors: ordered answers (pairwise), robust ML (full information), complete cases.

    With more than seven different answers the ordered fits are left out and robust ML is the headline; where
    no answer is missing, so are the fits to complete cases. A way without estimates is left out and said, and
    so are ordered answers with more parameters (thresholds, loadings, correlations) than respondents.
    ``every_way=False`` leaves out the fits to complete cases, on which no verdict depends.

    Raises
    ------
    NotApplicable : no way gave estimates.
    """
    from workbench import sem

    model = models.correlated_factors(taken.constructs)
    ordered = settings_for(answers)
    ways: dict[str, dict[str, Any]] = {FULL: dict(ROBUST), f"ML, {COMPLETE}": {}}
    if "ordered" in ordered:
        complete = {**ordered, "missing": "listwise"}
        ways = {"WLSMV, pairwise": ordered, f"WLSMV, {COMPLETE}": complete, **ways}
    fits: dict[str, Fit] = {}
    failed: list[str] = []
    if not every_way or not answers.isna().to_numpy().any():
        ways = {name: settings for name, settings in ways.items() if not name.endswith(COMPLETE)}
    for name, settings in ways.items():
        size = _parameters(answers, taken)
        if "ordered" in settings and size > len(answers):
            text = f"the model has {size} parameters, and there are {len(answers)} respondents"
            failed.append(f"{name} gave no estimates: {text}")
            continue
        try:
            fit = sem.fit(model, answers, **settings)
        except WorkbenchError as trouble:
            reason = _first(trouble)
        else:
            if fit.converged:
                fits[name] = fit
                continue
            reason = "it did not converge"
        failed.append(f"{name} gave no estimates: {reason}")
    if not fits:
        whole = len(answers.dropna())
        what = (
            f"no way of fitting the measurement model gave estimates ({answers.shape[1]} items, "
            f"{len(answers)} respondents, {whole} of whom answered every item)"
        )
        fix = (
            "Name fewer constructs (-p dimensions=[…]), leave out items that few answered, and look at study "
            "02 for items that run against the others"
        )
        raise NotApplicable([Fault(what, fix=fix), *map(Fault, failed)])
    headline = next(iter(fits))
    return Measured(taken, answers, model, fits, headline, ways[headline], tuple(failed))


def _parameters(answers: pd.DataFrame, taken: Dimensions) -> int:
    """Free parameters of correlated factors behind ordered answers: thresholds, loadings, correlations."""
    thresholds = int((answers.nunique() - 1).sum())
    return thresholds + len(taken.items) + len(taken) * (len(taken) - 1) // 2


def rule(meant: int) -> str:
    """The rule in words, for ``meant`` dimensions."""
    return (
        f"{meant} correlated factors fit closely; one factor and every model that makes two dimensions one "
        f"fit worse (p < .05, Holm); no two dimensions correlate at .90 or more (95 % interval)"
    )


def judge(measured: Measured, *, kind: str, planted: bool | None = None) -> Verdict:
    """D1-2 by the rule of this study."""
    merged = measured.merged
    if merged is None:
        raise NotApplicable("a claim about several dimensions needs two of them")
    closest = merged.table.loc[merged.table["correlation"].idxmax()]
    parts = [
        claims.finding(
            "largest correlation of two dimensions",
            estimate=closest["correlation"],
            interval=(closest["ci_lower"], closest["ci_upper"]),
            pattern="below",
            threshold=chosen.TAKEN_FOR_ONE,
        ),
        claims.fact(
            f"{len(measured.taken)} correlated factors fit closely",
            measured.close is not None and measured.close.close,
        ),
        claims.fact("one factor fits worse", measured.nested.loc["one_factor", "pvalue"] < LEVEL),
        claims.fact("every model that makes two dimensions one fits worse", merged.all_apart),
    ]
    return claims.judge_all(
        CLAIM,
        parts,
        part=PART,
        kind=kind,
        n=measured.n,
        measure="largest correlation of two dimensions",
        planted=planted,
    )


def truths(population: Population) -> dict[str, bool]:
    """Whether five dimensions are planted: from the correlations and loadings of the description."""
    return {f"{CLAIM} {PART}": chosen.planted(population)}


def nulls(population: Population) -> dict[str, Population]:
    """Populations in which the five dimensions are fewer."""
    return chosen.without_dimensions(population)


def decide(
    survey: Survey,
    *,
    seed: int,
    truths: Mapping[str, bool] | None = None,
    dimensions: Sequence[str] = (),
) -> list[Verdict]:
    """The verdict of the notebook on one survey; none where the five dimensions are not asked about.

    seed : of nothing: the rule draws no random numbers.
    """
    from workbench.survey import analysis_samples

    taken = chosen.choose_dimensions(survey, dimensions)
    if not taken.claimed:
        return []
    answers = analysis_samples(survey).survey.responses[taken.items]
    measured = measure(answers, taken, every_way=False)
    return [judge(measured, kind=survey.kind, planted=(truths or {}).get(f"{CLAIM} {PART}"))]


def planted_misfit(population: Population, items: Sequence[str]) -> dict[frozenset[str], str]:
    """What a population plants beside the model of correlated factors, among these items.

    Pairs of names, as a modification index has them (dimension and item, or two items) -> what was planted.
    """
    description = population.description
    extra = {
        frozenset((other, name)): f"loading {value:.2f}"
        for name, (_, item) in description.items.items()
        if name in items
        for other, value in item.also.items()
    }
    shared = {
        frozenset(pair.items): f"correlation {pair.correlation:.2f}"
        for pair in description.pairs
        if {*pair.items} <= {*items}
    }
    return extra | shared


@dataclass(frozen=True)
class CommonMethod:
    """Checks of common method that could be made; ``lacking``: those that could not, and why."""

    harman: Any
    method: Any = None
    marked: Any = None
    marker: str = ""
    lacking: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def common_method(survey: Survey, measured: Measured, marker: str) -> CommonMethod:
    """Harman's share, an unmeasured method factor, and the marker construct, as far as the survey has them.

    The last two by robust ML with full information. A method factor that does not converge or is improper is
    left out: its numbers are not to be read.
    """
    from workbench import measurement

    taken, book = measured.taken, survey.codebook
    lacking: list[str] = []
    method = marked = None
    if len(taken) < 2:
        lacking.append("The method factor needs two dimensions or more to stand beside.")
    else:
        method = measurement.unmeasured_method_factor(
            measured.answers, taken.constructs, name=METHOD, **ROBUST
        )
        trouble = [text for text in method.warnings if "not converge" in text or "improper" in text]
        if trouble:
            lacking.append(f"The method factor is left out, because it is not to be read: {trouble[0]}.")
            method = None
    name = chosen.meant_by(survey, marker)
    own = [] if name is None or name in taken.constructs else list(book.constructs[name].items)
    if len(own) < 2:
        lacking.append(
            f"The codebook has no construct {marker!r} of two items or more beside the dimensions: the "
            "marker models are left out. Name another with the parameter marker."
        )
    else:
        try:
            pool = survey.responses[[*taken.items, *own]]
            marked = measurement.marker_cfa(pool, taken.constructs, own, name=MARKED, **ROBUST)
        except WorkbenchError as trouble:
            lacking.append(f"The marker models are left out: {_first(trouble)}")
    warnings = [text for one in (method, marked) if one for text in one.warnings]
    return CommonMethod(
        measurement.harman_single_factor(measured.answers),
        method,
        marked,
        name if marked and name else "",
        tuple(lacking),
        tuple(dict.fromkeys(warnings)),
    )


@dataclass(frozen=True)
class Whole:
    """Rival structures of the dimensions and of a construct that may consist of them.

    fitted : by robust ML. worse : rival -> test of ``consists of`` against it, in the headline's way.
    shared : correlation of the construct with what the dimensions have in common, and its interval.
    explained : share of it that the dimensions explain together (R²), with interval. paths : of each
    dimension.
    """

    name: str
    label: str
    fitted: ModelComparison
    worse: Mapping[str, Any]
    shared: tuple[float, tuple[float, float]]
    explained: tuple[float, tuple[float, float]]
    paths: pd.DataFrame
    n: int
    warnings: tuple[str, ...]


def whole_of(survey: Survey, measured: Measured, name: str) -> Whole | str:
    """The rival structures of a construct ``name``; where they cannot be fitted, the reason in a sentence."""
    from workbench import sem

    taken = measured.taken
    whole = chosen.meant_by(survey, name)
    if whole is None or whole in taken.constructs:
        return (
            f"The codebook has no construct {name!r} beside the dimensions: this part is left out. Name "
            "another with the parameter whole."
        )
    own = list(survey.codebook.constructs[whole].items)
    label = survey.codebook.label(whole)
    if len(own) < 2:
        return f"{label} has one item, which cannot be told from its error: this part is left out."
    if len(taken) < 3:
        return "A factor above the dimensions needs three of them: this part is left out."
    texts = models.whole_structures(taken.constructs, whole, own)
    together = survey.responses[[*taken.items, *own]]
    settings = settings_for(together)
    try:
        fits = {way: sem.fit(text, together, **settings) for way, text in texts.items()}
        fitted = models.compare_models(
            {way: sem.fit(text, together, **ROBUST) for way, text in texts.items()}
        )
    except WorkbenchError as trouble:
        return f"This part is left out: {_first(trouble)}"
    unready = [way for way, fit in fits.items() if not fit.converged]
    if unready or not fitted.table["converged"].all():
        return "This part is left out: not all of its models converged."
    worse = {rival: sem.compare(fits["consists of"], fits[rival]) for rival in ("is driven by", "beside")}
    beside = fits["beside"].standardized_solution().set_index(["lhs", "op", "rhs"])
    driven = fits["is driven by"].standardized_solution().set_index(["lhs", "op", "rhs"])
    row, rest = beside.loc[("common_part", "~~", whole)], driven.loc[(whole, "~~", whole)]
    paths = driven.xs("~", level="op").loc[whole].rename_axis("construct")
    return Whole(
        whole,
        label,
        fitted,
        worse,
        (row["est_std"], (row["ci_lower"], row["ci_upper"])),
        (1 - rest["est_std"], (1 - rest["ci_upper"], 1 - rest["ci_lower"])),
        paths,
        int(fits["beside"].measures["ntotal"]),
        tuple(
            dict.fromkeys((*fitted.warnings, *(text for test in worse.values() for text in test.warnings)))
        ),
    )


def methods(
    measured: Measured, common: CommonMethod, whole: Whole | str, *, draws: int, samples: Samples
) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    from workbench.survey.samples import CHECKED

    names = {
        "one_factor": "one factor",
        "second_order": "a second-order factor",
        "bifactor": "a bifactor model",
    }
    converged = measured.rivals.table["converged"]
    fitted = [said for name, said in names.items() if converged.get(name)]
    others = [f"“{name}”" for name in samples.surveys if name != samples.main]
    ordered = measured.ordered
    checks = ["Harman's share", "an unmeasured method factor with equal loadings" if common.method else ""]
    checks += ["a marker construct" if common.marked else ""]
    checks = [check for check in checks if check]
    return [
        f"A confirmatory model of {len(measured.taken)} correlated factors was fitted "
        f"({'; '.join(measured.fits)}); the headline is {measured.headline} (n = {measured.n}).",
        f"By robust ML with full information it was compared with {_and(fitted)} by fit indices and BIC."
        if fitted else "",
        "Models that make two factors one were tested against it by "
        + f"{measured.difference}{' (Satorra, 2000)' if ordered else ''}"
        + " difference tests with Holm's correction."
        if measured.merged else "",
        "Reliability and validity were described by composite reliability and AVE"
        + (f", Fornell and Larcker's criterion and HTMT with percentile bootstrap intervals ({draws:,} "
           "draws)."
           if len(measured.taken) > 1 else "."),
        f"Common method was examined by {_and(checks)}.",
        f"{whole.label} as second-order factor was set against the same "
        "construct "
        "regressed on the dimensions, and correlated with their second-order factor."
        if isinstance(whole, Whole) else "",
        "Respondents who failed an instructed item were left out."
        if samples.main == CHECKED
        else "Nobody was left out of the headline.",
        f"Results were repeated with the sample{'s' * (len(others) > 1)} {_and(others)}." if others else "",
    ]  # fmt: skip


def _first(trouble: WorkbenchError) -> str:
    """The first fault of an error, in one line."""
    return str(trouble.faults[0]) if trouble.faults else str(trouble).splitlines()[0]


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
