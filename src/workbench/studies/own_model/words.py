"""Titles and sentences of the page, chosen by the numbers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench import vocabulary
from workbench.studies.own_model.comparison import GroupComparison
from workbench.studies.own_model.description import fit_table
from workbench.studies.own_model.estimation import Estimated
from workbench.studies.own_model.hypotheses import (
    NOT_DECIDED,
    NOT_SUPPORTED,
    OPPOSITE,
    SUPPORTED,
    shared,
)
from workbench.studies.own_model.moderation import Moderation

# Conventions for a model that may be kept (Hu and Bentler 1999) and for a loading (Hair et al. 2019).
GOOD_CFI, GOOD_RMSEA, GOOD_SRMR, GOOD_LOADING, GOOD_HTMT = 0.95, 0.06, 0.08, 0.7, 0.85
MARKS = {"cfi": GOOD_CFI, "rmsea": GOOD_RMSEA, "srmr": GOOD_SRMR}
CLEARLY_BETTER = 2  # of BIC (Raftery 1995: less is not worth more than a bare mention)
BADLY = 2  # so many missed: the answer says it beside the decisions


def answer(table: pd.DataFrame, found: Estimated, rivals: pd.DataFrame | None = None) -> str:
    """The study's answer in one sentence, chosen by the decisions.

    Parameters
    ----------
    table : of `hypotheses_table`. found : the fitted model.
    rivals : of `rivals`; None: nothing is said of them.
    """
    first = decisions(table, found)
    if not found.readable and (table["decision"] == NOT_DECIDED).any():
        return first
    ends = []
    if found.inseparable:
        ends.append(f"the answers hardly tell apart {' or '.join(found.inseparable)}")
    if found.readable:
        fit = fit_table(found).loc["structural model"]
        missed = _missed(fit)
        if len(missed) >= BADLY:
            values = (f"{name.upper()} {_clear_of(fit[name], mark)}" for name, mark in missed.items())
            ends.append(f"the model as a whole fits badly ({', '.join(values)})")
        if rivals is not None:
            # that a path can be left out is what "not supported" says already
            ends.append(_preferred(rivals[rivals["kind"] != "without"]))
    return "; ".join([first.removesuffix("."), *(part for part in ends if part)]) + "."


def decisions(table: pd.DataFrame, found: Estimated) -> str:
    """How many hypotheses are supported, in a sentence."""
    if not found.readable and (table["decision"] == NOT_DECIDED).any():
        why = vocabulary.labelled(found.faults[0], found.model.labels)
        return f"The model has no proper solution on these answers ({why}); nothing is decided."
    counts = table["decision"].value_counts()
    supported = table.index[table["decision"] == SUPPORTED]
    others = [f"{counts[word]} {word}" for word in (NOT_SUPPORTED, OPPOSITE, NOT_DECIDED) if word in counts]
    if not len(supported):
        first = f"None of the {len(table)} hypotheses is supported"
        first = first if len(table) > 1 else "The hypothesis is not supported"
    else:
        verb = "is" if len(supported) == 1 else "are"
        first = f"Of {len(table)} hypotheses {len(supported)} {verb} supported ({', '.join(supported)})"
        first = first if len(table) > 1 else f"The hypothesis is supported ({supported[0]})"
    lost = int((table["decision"].eq(SUPPORTED) & table["after_holm"].ne(SUPPORTED)).sum())
    ends = [
        f"{', '.join(others)}" if len(supported) and others else "",
        f"{lost} of them not after Holm's correction" if lost else "",
    ]
    return "; ".join([first, *(part for part in ends if part)]) + "."


def fit_in_words(measures: pd.DataFrame) -> str:
    """Whether the usual marks are met, model by model."""
    said = []
    for name, row in measures.iterrows():
        missed = [f"{name.upper()}{_hidden_miss(row[name], mark)}" for name, mark in _missed(row).items()]
        found = {"misses": missed, "has no": [name.upper() for name in MARKS if pd.isna(row[name])]}
        named = {verb: _listed(marks) for verb, marks in found.items() if marks}
        parts = " and ".join(f"{verb} {marks}" for verb, marks in named.items())
        said.append(f"the {name} {parts or 'meets all three'}")
    marks = f"CFI {GOOD_CFI:.2f}, RMSEA {GOOD_RMSEA:.2f}, SRMR {GOOD_SRMR:.2f}".replace("0.", ".")
    return f"Of the usual marks ({marks}) {_listed(said)}."


def _missed(fit: pd.Series) -> dict[str, float]:
    """The usual marks that a model misses, by measure; what could not be computed misses none."""
    missed = (fit["cfi"] < GOOD_CFI, fit["rmsea"] > GOOD_RMSEA, fit["srmr"] > GOOD_SRMR)
    return {name: mark for (name, mark), is_missed in zip(MARKS.items(), missed, strict=True) if is_missed}


def _clear_of(value: float, mark: float) -> str:
    """A measure with as many decimals as tell it from its mark, three at least."""
    digits = next((places for places in range(3, 9) if round(value, places) != mark), 9)
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def _hidden_miss(value: float, mark: float) -> str:
    """The measure in brackets where the table's three decimals would show it on its mark."""
    return f" ({_clear_of(value, mark)})" if round(value, 3) == mark else ""


def loadings_in_words(loadings: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """How many items load below the usual mark, and which least."""
    if loadings.empty:
        return "No construct has several items"
    weak = loadings["std"] < GOOD_LOADING
    if not weak.any():
        return f"All {len(loadings)} items load at .70 or above"
    least = labels.get(loadings["std"].idxmin()[1], loadings["std"].idxmin()[1])
    return f"{weak.sum()} of {len(loadings)} items load below .70, the least: {least}"


def ave_in_words(validity: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """That AVE is not the mean of the squared loadings, where a reader who squares them would see it."""
    own, alike = (validity[name].astype(float).round(2) for name in ("ave", "ave_standardized"))
    apart = (own - alike).abs().dropna()
    if apart.empty or apart.max() == 0:
        return ""
    widest = apart.idxmax()
    own_text, alike_text = (f"{table[widest]:.2f}".replace("0.", ".", 1) for table in (own, alike))
    return (
        "CR and AVE are of the answers in their own units, as in semTools, so that an item of more variance "
        "counts for more. The mean of the squared standardized loadings differs from AVE, most for "
        f"{labels.get(widest, widest)}: {alike_text}, AVE {own_text}."
    )


def draws_in_words(found: Estimated) -> str:
    """How many draws of the bootstrap had a solution, where there is a bootstrap."""
    if not found.readable:
        return ""
    fate = found.boot.fate
    return f"BCa: {(fate == 'converged').sum():,} of {len(fate):,} bootstrap draws, seed {found.seed}."


def distinctness_in_words(distinct: pd.DataFrame) -> str:
    """How many pairs of constructs the answers cannot tell apart."""
    if distinct.empty:
        return "Fewer than two constructs of several items: nothing to tell apart"
    if distinct["htmt"].isna().all():
        return "HTMT cannot be computed: items of a construct do not hang together"
    close = distinct["upper"] >= GOOD_HTMT
    if not close.any():
        said = f"All {len(distinct)} pairs" if len(distinct) > 1 else "The one pair"
        verb = "are" if len(distinct) > 1 else "is"
        return f"{said} of constructs {verb} distinct: no interval of HTMT reaches .85"
    pairs = (
        f"{close.sum()} of {len(distinct)} pairs of constructs are"
        if len(distinct) > 1
        else "Two constructs are"
    )
    return f"{pairs} not clearly distinct: their HTMT may be .85 or more"


def readable_in_words(found: Estimated) -> str:
    """Whether the structural solution is proper, and what to do where it is not."""
    names = found.model.labels
    close = f" The answers hardly tell apart: {_listed(found.inseparable)}." if found.inseparable else ""
    if found.readable:
        said = f"The structural model has a proper solution on {found.n:,} respondents."
        share = " Paths from such a pair to one outcome share it in an arbitrary way."
        return said + (f"{close}{share}" if close else "")
    reasons = "; ".join(vocabulary.labelled(text, names) for text in found.faults)
    return (
        f"The structural model has no proper solution on these answers: {reasons}. Its numbers are not to "
        f"be read and are not printed.{close} Usual causes: constructs that are one in the answers, an item "
        "that runs against its construct, too few respondents for the model. Look at the tables above; "
        "drop or join constructs."
    )


def r2_in_words(found: Estimated) -> str:
    """Title of the diagram: what is explained of every outcome."""
    share = found.structure.r2
    labels = found.model.labels
    parts = [
        f"{labels[name]} {100 * share[name]:.0f}\N{NO-BREAK SPACE}%"
        for name in found.model.outcomes
        if name in share
    ]
    return f"Explained variance: {_listed(parts)}"


def no_moderation(moderations: Mapping[str, Moderation]) -> str:
    """Why there is no picture of a moderation."""
    if not moderations:
        return "No moderation was hypothesized."
    names = _listed(list(moderations))
    return f"The model with the product has no proper solution for {names}; nothing is shown."


def rivals_in_words(table: pd.DataFrame) -> str:
    """What the rivals say about the model."""
    rest = table.iloc[1:]
    turned, nested = rest[rest["kind"] == "reversed"], rest[rest["kind"] == "without"]
    alike, idle = int(turned["equivalent"].sum()), nested["pvalue"] > 0.05
    as_good = turned["equivalent"] | (turned["bic_difference"] < CLEARLY_BETTER)
    said = [_preferred(rest)] if _preferred(rest) else []
    if len(turned):
        better = " or better" if (turned["bic_difference"] < -CLEARLY_BETTER).any() else ""
        fit = "fits" if as_good.sum() == 1 else "fit"
        said.append(
            f"{as_good.sum()} of {len(turned)} reversed arrows {fit} as well as yours{better}"
            + (f" ({alike} exactly as well)" if alike else "")
        )
    if len(nested):
        said.append(f"{idle.sum()} of {len(nested)} paths could be left out")
    return _capital("; ".join(said)) or "No rival differs from the model by one arrow"


def _preferred(rest: pd.DataFrame) -> str:
    """Which rival is clearly preferred to the model, the best of them; empty where none is.

    By BIC; where an estimator has none, by the test of a path that was added.
    """
    better = rest[rest["bic_difference"] < -CLEARLY_BETTER]
    if len(better):
        best = better["bic_difference"].idxmin()
        by = f"ΔBIC −{abs(better.at[best, 'bic_difference']):.1f}"
        return f"by BIC {_rival(better, best)} is preferred to yours ({by})"
    added = rest[(rest["kind"] == "with") & (rest["pvalue"] < 0.05) & rest["bic_difference"].isna()]
    if not len(added):
        return ""
    best = added["pvalue"].idxmin()
    return f"{_rival(added, best)} fits better than yours (p {_p(added.at[best, 'pvalue'])})"


def _rival(table: pd.DataFrame, name: str) -> str:
    """A rival in a sentence."""
    turned = table.at[name, "kind"] == "reversed"
    return f"the model {'with the arrow turned: ' if turned else ''}{name}"


def _capital(text: str) -> str:
    """A sentence's first letter is a capital, whatever else stands in it."""
    return text[:1].upper() + text[1:]


def groups_in_words(one: GroupComparison, labels: Mapping[str, str]) -> str:
    """Whether the paths differ between the groups."""
    p = one.test["pvalue"]
    said = "paths differ" if p < 0.05 else "no difference of paths is established"
    test = f"Δχ²({one.test['df']:.0f}) = {one.test['statistic']:.2f}, p {_p(p)}"
    return f"{labels.get(one.name, one.name)}: {said} ({test})"


def invariance_in_words(one: GroupComparison) -> str:
    """Sizes of the groups, and whether the loadings are alike."""
    sizes = ", ".join(f"{level} {count:,}" for level, count in one.sizes.items())
    if one.alike is None:
        return f"n: {sizes}."
    said = "lose no more than .01 of CFI"
    if not one.alike:
        said = "lose more than .01 of CFI: the questionnaire may not measure alike"
    return f"n: {sizes}. Standardized within each group, loadings equal, MLR; equal loadings {said}."


def robustness_in_words(table: pd.DataFrame) -> str:
    """How many decisions hold in every way of analysing."""
    if table.empty:
        return "No hypothesis on a direct path"
    by = table["decision"].groupby(level="hypothesis", sort=False).agg(lambda part: shared(list(part)))
    moving = by.index[by == "depends on the analysis"]
    ways = table.index.get_level_values("analysis").nunique()
    if not len(moving):
        said = (
            f"All {len(by)} decisions on direct paths are" if len(by) > 1 else "The one decision on a path is"
        )
        return f"{said} the same in {ways} ways of analysing"
    verb = "depends" if len(moving) == 1 else "depend"
    rest = f"{len(by) - len(moving)} of {len(by)} decisions do not"
    return f"{_listed(list(moving))} {verb} on how the answers are analysed; {rest}"


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """Robustness with one column a hypothesis: estimate and interval as text, n first."""
    texts = table.apply(_with_interval, axis=1)
    wide = texts.unstack("hypothesis").reindex(table.index.get_level_values("analysis").unique())
    wide = wide[table.index.get_level_values("hypothesis").unique()]
    wide.insert(0, "n", table["n"].groupby(level="analysis", sort=False).first())
    return wide


def _with_interval(row: pd.Series) -> str:
    if pd.isna(row["std"]):
        return "–"
    text = f"{row['std']:.2f} [{row['ci_lower']:.2f}, {row['ci_upper']:.2f}]"
    return text.replace("-", "−")


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".")


def _listed(parts: list[str] | tuple[str, ...]) -> str:
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
