"""Measurement invariance across groups: a ladder of models, each held against the one before.

Of continuous items: configural, metric (loadings), scalar (and intercepts), strict (and residual variances).
Of ordered items thresholds come first (Wu & Estabrook 2016): what a loading or an intercept is in a later
group can only be asked where the categories are cut alike. See ``ordered.ladder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, SpecificationError
from workbench.sem import arguments
from workbench.sem.difference_test import compare
from workbench.sem.fit import fit as fit_model
from workbench.sem.ordered.ladder import Ladder
from workbench.sem.result import Fit

if TYPE_CHECKING:
    import pandas as pd

LEVELS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDERED_LEVELS = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}

NOTHING_TESTED = "the same number of parameters as the level before, so nothing is tested"
UNTESTED = {
    "thresholds": "not testable: with two or three categories an item has no more thresholds than its "
    "intercept and its scale make up for",
    "metric": "not testable: with two categories a loading cannot be told from the scale of its item",
    "scalar": NOTHING_TESTED,
    "strict": NOTHING_TESTED,
}
UNDER_THETA = (
    "fitted under theta, where residual variances are parameters; apart from them the model is the same as "
    "under delta"
)


@dataclass(frozen=True)
class Invariance:
    """Levels of invariance in one table, the fits by level, and what to know about them."""

    table: pd.DataFrame
    fits: dict[str, Fit]
    warnings: tuple[str, ...] = ()


def invariance(
    model: str,
    data: Any,
    group: str,
    *,
    group_partial: Sequence[str] = (),
    levels: Sequence[str] | None = None,
    **options: Any,
) -> Invariance:
    """Measurement invariance across groups, each level against the one before.

    Parameters
    ----------
    model, data, group : as in ``fit``; ``options`` are passed on to it.
    group_partial : parameters that may differ at every level ("f =~ x2", "x3 ~1", of ordered items "x3 | t1",
        "x3 ~~ x3" too).
    levels : which levels, in their order. All by default: configural, metric, scalar, strict; with
        ``ordered=`` items configural, thresholds, metric (thresholds and loadings), scalar (and intercepts),
        strict (and residual variances).
    options : passed to ``fit``.

    Returns
    -------
    Invariance; ``table`` has a row per level: chisq, df, pvalue, cfi, rmsea, srmr, aic, bic, and against the
    level before (the last that converged) chisq_diff, df_diff, pvalue_diff, delta_cfi, delta_rmsea (Cheung &
    Rensvold 2002; Chen 2007).
    chisq, cfi and rmsea are the plain ones; where the estimator has scaled or robust ones they stand beside
    them under their names (chisq_scaled, cfi_robust, delta_cfi_robust ...), and these are the ones to read.
    The difference test is the estimator's.

    With ordered items a level that adds no degree of freedom is no test: it is left out of the table and
    named in ``warnings``, with the reason. So thresholds can be tested where an item has four categories or
    more; with two categories loadings and intercepts are tested together. Levels are identified as Wu &
    Estabrook (2016) do: in later groups thresholds held equal leave intercepts and scales (under ``"theta"``
    residual variances) free, equal loadings the factors' variances, equal intercepts the factors' means.
    Residual variances are parameters under ``"theta"`` alone, so strict invariance is fitted under it.

    Source: Wu & Estabrook (2016); Svetina, Rutkowski & Rutkowski (2020).
    R: ``lavTestLRT`` of ``cfa(model, data, group, group.equal = ...)``; with ordered items of the texts of
    ``semTools::measEq.syntax(model, data, ID.cat = "Wu.Estabrook.2016", group.equal = ...)``.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").responses
    >>> found = sem.invariance("use =~ crm1 + crm2 + crm3 + crm4", answers, "customer_type")
    >>> found.table[["df", "cfi"]].round(2)
                  df   cfi
    model
    configural   4.0  0.99
    metric       7.0  0.99
    scalar      10.0  0.99
    strict      14.0  0.99
    """
    import pandas as pd

    ordered = arguments.names("ordered", options.get("ordered", ()), "['q1', 'q2']")
    levels = None if levels is None else arguments.names("levels", levels, "['configural', 'metric']")
    group_partial = arguments.names("group_partial", group_partial, "['f =~ x2']")
    known = ORDERED_LEVELS if len(ordered) else LEVELS
    wanted = _levels(levels, known)
    if {"group_equal", "engine"} & set(options):
        raise SpecificationError("invariance sets group_equal itself; leave it out")
    ladder = None
    if len(ordered):
        ladder = Ladder.of(model, data, group, group_partial, options)
    fits: dict[str, Fit] = {}
    rows, warnings, untested = {}, [], []
    before: Fit | None = None
    for level in wanted:
        equal = known[level]
        settings = {"group_equal": equal, "group_partial": _applicable(group_partial, equal), **options}
        text = model
        if ladder is not None:
            text, settings = ladder.level(equal, settings)
        fits[level] = found = fit_model(text, data, group=group, **settings)
        if len(found.groups) < 2:
            raise DataError(
                f"group={group!r}: everybody is in one group, and levels of invariance compare two or more"
            )
        if ladder is not None and before is not None and found.df == before.df:
            untested.append(level)
            continue
        warnings += [f"{name}: {UNTESTED[name]}; tested together with {level}" for name in untested]
        untested = []
        row, said = _named_row(found, before)
        warnings += [f"{level}: {warning}" for warning in (*found.warnings, *said)]
        if settings.get("parameterization") != options.get("parameterization"):
            warnings.append(f"{level}: {UNDER_THETA}")
        rows[level] = row
        if found.converged:
            before = found
        elif level != wanted[-1]:
            warnings.append(f"{level}: not converged, so the next level is held against the one before")
    warnings += [f"{name}: {UNTESTED[name]}" for name in untested]
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    return Invariance(table, fits, tuple(dict.fromkeys(warnings)))


def _levels(levels: Sequence[str] | None, known: dict[str, tuple[str, ...]]) -> list[str]:
    """The levels asked for, in the order of the ladder."""
    if levels is None:
        return list(known)
    wanted = [levels] if isinstance(levels, str) else list(levels)
    unknown = [level for level in wanted if level not in known]
    if unknown:
        raise SpecificationError(
            f"levels: unknown {', '.join(map(repr, unknown))}. Known: {', '.join(known)}"
        )
    if wanted != [level for level in known if level in wanted]:
        raise SpecificationError(f"levels: give each once, in this order: {', '.join(known)}")
    return wanted


def level_row(found: Fit, before: Fit | None = None) -> dict[str, float]:
    """A fit as a row of a table of levels; against the wider model ``before`` where one is given.

    chisq, pvalue, cfi and rmsea are the scaled or robust ones where the estimator has them, and named so:
    ``cfi_robust``, ``delta_cfi_robust``.
    """
    suffixes = _suffixes(found)
    row = _measures(found, suffixes)
    changes = dict.fromkeys(("cfi", "rmsea"), float("nan"))
    test = dict.fromkeys(("chisq_diff", "df_diff", "pvalue_diff"), float("nan"))
    if before is not None and found.df > before.df:
        compared, wider = compare(before, found), _measures(before, suffixes)
        test = {"chisq_diff": compared.statistic, "df_diff": compared.df, "pvalue_diff": compared.pvalue}
        changes = {name: row[name] - wider[name] for name in changes}
    named = {f"{name}{suffixes.get(name, '')}": value for name, value in row.items()}
    return named | test | {f"delta_{name}{suffixes[name]}": value for name, value in changes.items()}


def _named_row(found: Fit, before: Fit | None) -> tuple[dict[str, float], tuple[str, ...]]:
    """The same with each measure under its own name, plain and scaled or robust; what the test warns of."""
    suffixes, plain = _suffixes(found), dict.fromkeys(("chisq", "pvalue", "cfi", "rmsea"), "")
    row, best = _measures(found, plain), _measures(found, suffixes)
    row |= {f"{name}{suffix}": best[name] for name, suffix in suffixes.items()}
    row |= dict.fromkeys(("chisq_diff", "df_diff", "pvalue_diff"), float("nan"))
    said: tuple[str, ...] = ()
    if before is not None and found.df == before.df:
        said = (NOTHING_TESTED,)
    elif before is not None and found.converged:
        test = compare(before, found)
        row |= {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue_diff": test.pvalue}
        said = test.warnings
    for name in ("cfi", "rmsea"):
        for suffix in dict.fromkeys(("", suffixes[name])):
            wider = float("nan") if before is None else _measures(before, plain | {name: suffix})[name]
            row[f"delta_{name}{suffix}"] = row[f"{name}{suffix}"] - wider
    return row, said


def _suffixes(fit: Fit) -> dict[str, str]:
    """Of each measure the name's ending of the best kind that the estimator has: scaled, robust or none."""
    measures = fit.measures
    scaled = "_scaled" if "chisq_scaled" in measures.index else ""
    robust = "_robust" if "cfi_robust" in measures.index else scaled
    if fit.table.options.ordered:  # robust ones are not defined where scales are free
        robust = scaled
    return {"chisq": scaled, "pvalue": scaled, "cfi": robust, "rmsea": robust}


def _measures(fit: Fit, suffixes: dict[str, str]) -> dict[str, float]:
    """Fit measures of a level, each of the kind that its suffix says."""
    measures = fit.measures
    return {
        "chisq": measures[f"chisq{suffixes['chisq']}"],
        "df": measures["df"],
        "pvalue": measures[f"pvalue{suffixes['pvalue']}"],
        "cfi": measures[f"cfi{suffixes['cfi']}"],
        "rmsea": measures[f"rmsea{suffixes['rmsea']}"],
        "srmr": measures["srmr"],
        "aic": measures.get("aic", float("nan")),
        "bic": measures.get("bic", float("nan")),
    }


def _applicable(partial: Sequence[str], equal: tuple[str, ...]) -> tuple[str, ...]:
    """Partial parameters that matter at a level; an intercept is free anyway before the scalar one."""
    names = (partial,) if isinstance(partial, str) else tuple(partial)
    return names if equal else ()
