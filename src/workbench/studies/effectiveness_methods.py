"""What study 11 says of its methods and its figures, from what was run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.studies import effectiveness_regression as study

if TYPE_CHECKING:
    import pandas as pd

    from workbench.survey import Survey


def methods(survey: Survey, *, with_panel: bool, draws: int, rivals: int) -> list[str]:
    """Sentences of the methods paragraph; those on the panel only where there is one.

    Parameters
    ----------
    survey : the questionnaire. with_panel : whether a panel was analysed.
    draws : of everything that was resampled. rivals : number of measurement models compared.
    """
    marked = bool(study.marker(survey))
    sentences = [
        f"Answers of {len(survey.responses):,} firms were analysed. Scales are means of answered items "
        "(Cronbach's α reported).",
        "The structure of the dimension items was explored by minimum residuals with oblimin rotation, the "
        f"number of factors by parallel analysis ({draws:,} random data sets) and other rules, and {rivals} "
        "measurement models were compared by maximum likelihood with all firms (FIML); close fit means "
        "CFI ≥ .95, the upper limit of RMSEA's 90 % interval ≤ .06 and SRMR ≤ .08.",
        "Effects on satisfaction and effectiveness were estimated by least squares with HC3 errors"
        + (f", {study.held_constant(survey)} held constant," if study.controls(survey) else "")
        + " and by structural equation models of latent variables (FIML). Standardized slopes carry "
        "delta-method intervals that count the standard deviations as estimated, HC3 for least squares.",
        "A method factor with equal loadings on all items, identified by a marker scale, was taken out of "
        "the latent variables (Williams, Hartman, & Cavazotte, 2010)."
        if marked
        else "No marker scale was asked, so common-method variance was not taken out.",
        "The six elements were compared by HTMT and by the correlations of latent variables, two items of an "
        "element loading alike. Whether service makes up for the product was asked by their product term: of "
        "standardized scores, and of latent variables by matched products of items, centred twice (robust "
        "maximum likelihood).",
        "Blocks were entered in causal order. Diagnostics are generalized variance inflation, condition "
        "indexes, Cook's distance, RESET, Koenker's and the Shapiro–Wilk test. Relative importance is "
        f"general dominance with bootstrap intervals ({draws:,} samples).",
    ]
    if with_panel:
        sentences += [
            "Indicators were averaged over periods and regressed on the dimensions with Holm's adjustment.",
            "α and β come from regressions with their product, errors clustered by firm, with and without "
            "firm and period effects. Complaints were modelled by Poisson and negative binomial regression "
            "with exposure, customers kept by binomial regression.",
            "Effects of staggered adoption are group-by-period effects against firms not yet adopting; the "
            "event study keeps to groups observed at every event time of its window, with a simultaneous "
            "band by multiplier bootstrap; the two-way coefficient was decomposed.",
        ]
    return sentences


def diamonds(tables: Mapping[str, pd.DataFrame], planted: Mapping[str, float]) -> str:
    """What the diamonds of a figure are, and how many intervals miss them, in words; empty without any.

    Parameters
    ----------
    tables : way -> ci_lower and ci_upper by term. planted : total effect by term.
    """
    if not planted:
        return ""
    missed = [
        f"{sum(not row.ci_lower <= planted[row.Index] <= row.ci_upper for row in table.itertuples())} of "
        f"{len(table)} ({way})"
        for way, table in tables.items()
    ]
    return f" Diamonds: planted total effects. Intervals that miss theirs: {', '.join(missed)}."
