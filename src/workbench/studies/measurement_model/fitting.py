"""The model of correlated factors, fitted in several ways to the same respondents, and beside its rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Fault, NotApplicable, WorkbenchError
from workbench.measurement import dimensionality as tests
from workbench.measurement import measurement_models as models
from workbench.studies import dimensions as chosen

if TYPE_CHECKING:
    from workbench.measurement.dimensionality import CloseFit, MergedFactors
    from workbench.measurement.measurement_models import ModelComparison
    from workbench.sem import Fit
    from workbench.studies.dimensions import Dimensions

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
            text = f"the model has {size} parameters, and there are {len(answers):,} respondents"
            failed.append(f"{name} gave no estimates: {text}")
            continue
        try:
            fit = sem.fit(model, answers, **settings)
        except WorkbenchError as trouble:
            reason = first_fault(trouble)
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
            f"{len(answers):,} respondents, {whole:,} of whom answered every item)"
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


def first_fault(trouble: WorkbenchError) -> str:
    """The first fault of an error, in one line."""
    return str(trouble.faults[0]) if trouble.faults else str(trouble).splitlines()[0]
