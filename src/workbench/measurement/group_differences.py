"""Comparing groups: how far items work alike in them, and whether and which paths differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.measurement.constructs import Constructs, columns_of, safe_names
from workbench.measurement.dimensionality import holm
from workbench.measurement.doors import grouped_frame
from workbench.measurement.measurement_models import correlated_factors

if TYPE_CHECKING:
    from workbench.sem import Fit

# Level -> (operator of the parameters it holds equal, all that it holds equal).
CONTINUOUS = {
    "metric": ("=~", ("loadings",)),
    "scalar": ("~1", ("loadings", "intercepts")),
    "strict": (None, ("loadings", "intercepts", "residuals")),
}
ORDERED = {
    "thresholds": ("|", ("thresholds",)),
    "metric": ("=~", ("thresholds", "loadings")),
    "scalar": (None, ("thresholds", "loadings", "intercepts")),
}
UNTESTED, UNCONVERGED = "not tested", "not converged"
STEP_COLUMNS = ["level", "parameter", "statistic", "df", "pvalue", "p_holm", "spread", "tests"]


@dataclass(frozen=True)
class PartialInvariance:
    """Levels of invariance, each with what had to be freed.

    ``table``: a row for each model, measures under the name of their kind ("cfi_robust", "chisq_scaled");
    ``steps``: each parameter freed, with its score test at that moment; ``freed``: parameters that may
    differ ("f =~ x2", "x3 ~1", "x4 | t1"); ``reached`` by level: full, partial, none, "not tested" (of so
    few categories that it restricts nothing) or "not converged"; ``suspects``: items whose intercepts would
    differ where scalar invariance of ordered answers fails, with the largest modification index; ``fits``
    by row of the table.
    """

    table: pd.DataFrame
    steps: pd.DataFrame
    freed: tuple[str, ...]
    reached: dict[str, str]
    suspects: pd.DataFrame
    fits: dict[str, Fit]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EqualPaths:
    """The test that no path differs, of `equal_paths`.

    ``joint``: statistic, df, pvalue, rmsea_d with its 90 % interval; ``free``: the model with free paths;
    ``n``: respondents.
    """

    joint: pd.Series
    free: Fit
    n: int
    warnings: tuple[str, ...] = ()

    def differences(self, *, level: float = 0.95, seed: int = 1) -> PathDifferences:
        """Structural paths by group and what sets each group apart, from the model with free paths.

        Paths are multiplied by the deviations of their constructs pooled over the groups: by a group's own, a
        difference of spread would read as one of effect. The scales are taken as known.

        level : of the simultaneous intervals. seed : of their max-t quantile.
        """
        from workbench import sem

        free, groups = self.free, len(self.free.groups)
        paths = free.estimates.query("op == '~'").reset_index(drop=True)
        scale = _common_scale(free, paths)
        shown = pd.DataFrame(
            {"from": paths["rhs"], "to": paths["lhs"], "group": [free.groups[g - 1] for g in paths["group"]]}
        )
        for new, old in (("estimate", "est"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper")):
            shown[new] = paths[old] * scale
        family = {}
        for row, ratio in zip(paths.itertuples(), scale, strict=True):
            names = [f"{row.lhs} ~ {row.rhs}" + (f".g{g}" if g > 1 else "") for g in range(1, groups + 1)]
            others = dict.fromkeys(names, -ratio / (groups - 1))
            family[(row.rhs, row.lhs, free.groups[row.group - 1])] = {**others, names[row.group - 1]: ratio}
        compared = sem.contrasts(free, family, level=level, seed=seed)
        table = compared.table.drop(columns="contrast")
        table.index = pd.MultiIndex.from_tuples(family, names=["from", "to", "group"])
        warnings = tuple(dict.fromkeys([*self.warnings, *compared.warnings]))
        return PathDifferences(self.joint, shown, table.reset_index(), self.n, warnings)


@dataclass(frozen=True)
class PathDifferences:
    """How far structural paths differ between groups.

    ``joint``: the test that no path differs, of `equal_paths`; ``paths``: each path in each group,
    standardized by the groups' common deviations, with pointwise 95 % interval; ``contrasts``: each group
    less the mean of the others, with simultaneous interval.
    """

    joint: pd.Series
    paths: pd.DataFrame
    contrasts: pd.DataFrame
    n: int
    warnings: tuple[str, ...] = ()


def partial_invariance(
    data: pd.DataFrame,
    constructs: Constructs,
    group: str,
    *,
    level: float = 0.05,
    upto: str | None = None,
    **options: Any,
) -> PartialInvariance:
    """Levels of invariance; what differs is freed one parameter at a time.

    Parameters
    ----------
    data, constructs, group : answers, items of every construct, and the grouping column.
    level : of the tests, after Holm's correction over the parameters of a step.
    upto : last level to be fitted ("metric" where only paths are compared), without ``table``; else all.
    options : passed to ``sem.fit`` (estimator, missing, ordered). Factors have variance 1 in the first group,
        so that no item is above suspicion as the marker.

    Levels of continuous answers: configural, metric (loadings), scalar (and intercepts), strict (and residual
    variances). Of ordered ones: configural, thresholds, metric (thresholds and loadings), scalar (and
    intercepts): thresholds come first, because how strongly an answer depends on an opinion can only be
    compared where the answers are cut alike (Wu & Estabrook 2016).

    The rule: among the score tests of all parameters that a level still holds equal, if the smallest p after
    Holm's correction is below ``level``, that parameter is freed and the model fitted anew. An item whose
    loading was freed has a free intercept, too. A level counts as reached if each construct keeps two items
    alike (Byrne, Shavelson & Muthén 1989), by which means and paths can be compared. Scalar invariance of
    ordered answers is tested and nothing freed: paths do not need it.

    Returns
    -------
    PartialInvariance

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> measurement.partial_invariance(survey.responses, constructs, "customer_type", upto="metric").reached
    {'metric': 'partial'}
    """
    from workbench.sem.invariance import level_row
    from workbench.sem.score_tests import release_tests

    clean = safe_names(constructs)
    columns_of(grouped_frame(data, group), clean)
    rungs = _Rungs(correlated_factors(clean), data, group, options)
    steps_up = ORDERED if rungs.ordered else CONTINUOUS
    fits = {"configural": rungs.fit((), ())}
    rows: dict[str, Any] = {}
    reached: dict[str, str] = {}
    steps: list[Any] = []
    freed: list[str] = []
    before = "configural"

    def describe(name: str) -> None:
        if upto is None:
            both = name != before and fits[name].converged and fits[before].converged
            rows[name] = level_row(fits[name], fits[before] if both else None)

    describe("configural")
    for step, (op, equal) in steps_up.items():
        name, start = step, len(freed)
        fits[name] = rungs.fit(equal, freed)
        if fits[name].df == fits[before].df:  # of few categories a level restricts nothing
            reached[step] = UNTESTED
            continue
        describe(name)
        while op is not None and fits[name].converged:
            tests = release_tests(fits[name], op)
            tests["p_holm"] = holm(tests["pvalue"].to_numpy(float))
            worst = tests.iloc[0] if len(tests) else None
            if worst is None or not worst["p_holm"] < level:
                break
            steps.append({"level": step, "tests": len(tests), **worst.drop(["lhs", "op", "rhs"])})
            freed.append(worst["parameter"])
            if op == "=~":
                freed.append(f"{worst['rhs']} ~1")
            name = f"{step}, partial"
            fits[name] = rungs.fit(equal, freed)
        if name != step:
            describe(name)
        if not fits[name].converged:
            reached[step] = UNCONVERGED
            break
        if op is not None:
            reached[step] = _reached(clean, freed, op, changed=len(freed) > start)
            before = name
        if step == upto:
            break
    suspects = pd.DataFrame(columns=["item", "mi"])
    if rungs.ordered and "scalar" in rows and rows["scalar"]["pvalue_diff"] < level:
        suspects = _suspects(fits["scalar"], freed)
    warnings = tuple(dict.fromkeys(text for fit in fits.values() for text in fit.warnings))
    table = pd.DataFrame(rows).T.rename_axis("model")
    return PartialInvariance(
        table, pd.DataFrame(steps, columns=STEP_COLUMNS), tuple(freed), reached, suspects, fits, warnings
    )


class _Rungs:
    """A model fitted with more and more held equal, of ordered answers with Wu and Estabrook's levels."""

    def __init__(self, model: str, data: pd.DataFrame, group: str, options: Mapping[str, Any]):
        self.model, self.data, self.group = model, data, group
        self.options = {"std_lv": True, **options}
        self.ordered = bool(len(options.get("ordered", ())))

    def fit(self, equal: tuple[str, ...], freed: Sequence[str]) -> Fit:
        """Fit with these kinds of parameters equal, but for those freed."""
        from workbench import sem
        from workbench.sem.ordered.ladder import Ladder

        model, settings = self.model, {**self.options, "group_equal": equal, "group_partial": tuple(freed)}
        if self.ordered:
            ladder = Ladder.of(model, self.data, self.group, tuple(freed), self.options)
            kinds = tuple(kind for kind in equal if kind != "regressions")
            model, settings = ladder.level(kinds, settings)
            if "regressions" in equal:
                settings["group_equal"] = (*settings["group_equal"], "regressions")
        if not settings["group_equal"]:
            settings.pop("group_partial")
        return sem.fit(model, self.data, group=self.group, **settings)


def _suspects(fit: Fit, freed: Sequence[str]) -> pd.DataFrame:
    """Items by the largest modification index of their intercepts, those not freed already."""
    indices = fit.modification_indices().query("op == '~1'")
    largest = (
        indices.groupby("lhs")["mi"].max().drop([name.split(" ~1")[0] for name in freed], errors="ignore")
    )
    factors = list(fit.problem.table.variables.latent)
    largest = largest.drop(factors, errors="ignore").nlargest(3)
    return largest.rename_axis("item").reset_index()


def _reached(constructs: dict[str, list[str]], freed: list[str], op: str, changed: bool) -> str:
    differ = {
        name.split(" =~ ")[1] if op == "=~" else name.split(f" {op}")[0] for name in freed if f" {op}" in name
    }
    if any(len(set(items) - differ) < 2 for items in constructs.values()):
        return "none"
    return "partial" if changed or differ else "full"


def equal_paths(
    data: pd.DataFrame,
    constructs: Constructs,
    structure: str,
    group: str,
    *,
    freed: Sequence[str] = (),
    **options: Any,
) -> EqualPaths:
    """Test that no structural path differs between groups.

    Parameters
    ----------
    data, constructs, group : as in `partial_invariance`.
    structure : paths and covariances of constructs.
    freed : parameters that may differ; its loadings and thresholds count.
    options : passed to ``sem.fit`` (estimator, missing, ordered).

    Returns
    -------
    EqualPaths : the (scaled) difference test of the model with equal paths against the one with free paths,
    loadings (and thresholds of ordered answers) equal in both. rmsea_d is its RMSEA, the misfit that equal
    paths add per degree of freedom (Savalei, Brace & Fouladi 2023).

    R: ``lavTestLRT`` of fits with ``group.equal = "loadings"`` and ``c("loadings", "regressions")``; of
    ordered answers with the texts of ``semTools::measEq.syntax`` for thresholds and loadings.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> found = measurement.equal_paths(survey.responses, constructs, "trust ~ crm_use", "customer_type")
    >>> int(found.joint["df"])
    1
    """
    from workbench import sem
    from workbench.sem.measures import rmsea

    clean = safe_names(constructs)
    alike = [name for name in freed if "=~" in name or "|" in name]
    rungs = _Rungs(f"{correlated_factors(clean)}\n{structure}", data, group, options)
    kinds = ("thresholds", "loadings") if rungs.ordered else ("loadings",)
    free, equal = (rungs.fit((*kinds, *more), alike) for more in ((), ("regressions",)))
    test = sem.compare(free, equal)
    n = int(free.problem.sample.total)
    misfit = rmsea(test.statistic, test.df, n, len(free.groups))
    joint = pd.Series(
        {
            "statistic": test.statistic,
            "df": test.df,
            "pvalue": test.pvalue,
            "rmsea_d": misfit["rmsea"],
            "ci_lower": misfit["rmsea_ci_lower"],
            "ci_upper": misfit["rmsea_ci_upper"],
        }
    )
    warnings = tuple(dict.fromkeys([*free.warnings, *equal.warnings, *test.warnings]))
    return EqualPaths(joint, free, n, warnings)


def _common_scale(fit: Fit, paths: pd.DataFrame) -> list[float]:
    """Deviation of the predictor over that of the outcome, variances averaged over respondents."""
    loadings = fit.estimates.query("op == '=~'").drop_duplicates(["lhs", "group"])
    variance = (
        ((loadings["std_lv"] / loadings["est"]) ** 2).groupby([loadings["lhs"], loadings["group"]]).first()
    )
    shares = Counter(dict(enumerate((fit.problem.n / fit.problem.n.sum()).tolist(), 1)))
    pooled = {
        name: sum(shares[g] * v for (_, g), v in part.items()) ** 0.5
        for name, part in variance.groupby(level=0)
    }
    return [pooled[row.rhs] / pooled[row.lhs] for row in paths.itertuples()]
