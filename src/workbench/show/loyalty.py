"""Sentences and titles of study 04, chosen by the numbers that they stand beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.customer_loyalty.mediation import planted_share
from workbench.studies.customer_loyalty.method import USUAL_SHARE
from workbench.studies.customer_loyalty.model import FIRST_TIER, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population
    from workbench.measurement.measurement_models import ModelComparison
    from workbench.sem import Fit
    from workbench.studies.customer_loyalty.estimates import LoyaltyStudy

# Differences between respondents (in standard deviations) and between estimates that are worth a word.
SMALL, NOTABLE = 0.10, 0.05


def share_through(study: LoyaltyStudy) -> str:
    """Title: how much of the effect on satisfaction runs through the dimensions, with its intervals."""
    if holds_zero(study.effects.loc["total_satisfaction"]):
        return "The total effect on satisfaction is not clear of 0, so shares of it say little"
    if not study.share["est"].between(0, 1).all():
        return "Direct and indirect effect on satisfaction have opposite signs, so a share says little"
    own, ml = (_percent(*row) for row in study.share.itertuples(index=False))
    beside = "" if study.without_bootstrap else f" (BCa: {ml})"
    return f"Of the total effect on satisfaction {own} runs through the five dimensions{beside}"


def _percent(share: float, low: float, high: float) -> str:
    return f"{numbers.percent(share)} [{numbers.percent(low)}, {numbers.percent(high)}]"


def loadings(fit: Fit) -> str:
    """Title over the measurement part: the weakest and the strongest loading."""
    found = fit.standardized_solution()
    values = found.loc[found["op"] == "=~", "est_std"]
    low, high = (numbers.number(value, bounded=True) for value in (values.min(), values.max()))
    return f"Items load from {low} to {high} on their constructs"


def direct_effects(study: LoyaltyStudy) -> str:
    """What the direct effects say and do not say."""
    said = []
    for outcome in OUTCOMES:
        row = study.effects.loc[f"direct_{outcome}"]
        text = numbers.estimate(row["est"], (row["ci_lower"], row["ci_upper"]))
        if holds_zero(row):
            most = numbers.number(max(abs(row["ci_lower"]), abs(row["ci_upper"])))
            said.append(
                f"on {outcome} it is {text}, which does not show that there is none: up to {most} fits"
            )
        else:
            said.append(f"on {outcome} it is {text}")
    return f"The direct effect is what does not run through the mediators of this model: {'; '.join(said)}."


def planted_shares(study: LoyaltyStudy, population: Population, endless: pd.Series) -> str:
    """The planted share beside the found one, and how much of the gap no sample size removes."""
    planted = planted_share(population)
    systematic = 1 - endless["crm_use"] / population.total_effect("satisfaction", "crm_use")
    share = study.share
    inside = list(share.index[(share["ci_lower"] <= planted) & (planted <= share["ci_upper"])])
    held = "both intervals hold"
    if len(inside) < 2:
        held = f"the interval of {inside[0]} holds" if inside else "neither interval holds"
    beyond = round(100 * systematic) - round(100 * planted)  # of the shares as they are printed
    return (
        f"Of CRM's effect on satisfaction {numbers.percent(planted)} are planted to run through the five "
        f"({held} that). In endless samples this model would find "
        f"{numbers.percent(systematic)}: these {beyond} points too many are the confounding; what else "
        f"separates the {numbers.percent(share['est'].iloc[0])} found from the {numbers.percent(planted)} is "
        "chance."
    )


def confounded(mediators: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """How far the effect most changed by waiting time is from what is planted, without and with it."""
    name = (mediators["endless"] - mediators["planted"]).abs().idxmax()
    row = mediators.loc[name]
    found = {
        key: numbers.estimate(row[est], (row[low], row[high]))
        for key, est, low, high in (
            ("without", "est", "ci_lower", "ci_upper"),
            ("with", "est_with", "with_lower", "with_upper"),
        )
    }
    planted, endless = (numbers.number(row[key], 2) for key in ("planted", "endless"))
    return (
        f"{labels.get(name, name)} suffers most: an effect of {planted} on satisfaction is planted, in "
        "endless "
        f"samples the model without waiting time finds {endless}, here it finds {found['without']}. With "
        "waiting "
        f"time in the model it is {found['with']}."
    )


def routes(table: pd.DataFrame) -> str:
    """Title: how far the routes lie apart, and whether they agree on the sign."""
    spread = max(np.ptp(table[name].round(2)) for name in (*OUTCOMES, "tiers"))
    clear = all(
        (table[f"{name}_lower"] > 0).all()
        or (table[f"{name}_upper"] < 0).all()
        or ((table[f"{name}_lower"] <= 0) & (table[f"{name}_upper"] >= 0)).all()
        for name in (*OUTCOMES, "tiers")
    )
    end = "agree on what is clear of 0" if clear else "do not agree on what is clear of 0"
    return f"{len(table)} routes differ by up to {numbers.number(spread)} and {end}"


def methods(study: LoyaltyStudy, rule: str, everybody: pd.DataFrame, used: pd.DataFrame, draws: int) -> str:
    """The methods paragraph: what was done on these answers."""
    left_out = len(everybody) - len(used)
    complete = len(used.dropna())
    ordered = study.ordered.estimator == "WLSMV"
    headline = (
        "from ordered answers with pairwise use of incomplete ones (polychoric correlations, WLSMV with "
        "robust "
        "standard errors and a scaled-shifted test)"
        if ordered
        else "by robust maximum likelihood with full information from incomplete answers (MLR, FIML)"
    )
    marker = (
        f"a factor with equal loadings on all items and on {counted(len(study.method.marker), 'item')} of "
        "a marker construct, uncorrelated with all constructs"
        if study.method.marker
        else f"an assumed factor of {numbers.percent(USUAL_SHARE)} of every item (no marker was asked)"
    )
    return (
        f"Of {counted(len(everybody), 'respondent')} {left_out:,} were left out ({rule}). A structural "
        "equation "
        "model (CRM use → five SERVQUAL dimensions → satisfaction → loyalty, with both direct paths and "
        "free "
        f"disturbance covariances of the dimensions) was estimated for n = {study.n:,} {headline}, and for "
        f"{complete:,} complete cases by maximum likelihood with {draws:,} bootstrap draws "
        f"({'too few had a solution for intervals' if study.without_bootstrap else 'BCa intervals'}). "
        "Common-method variance was taken out by "
        f"{marker}. Differences between standardized effects were tested by a prespecified contrast "
        "between tiers "
        "and by six pairwise contrasts with simultaneous max-t intervals. A claim on an effect was "
        "accepted if the "
        "intervals of both estimators, and of the one with the method factor out, lay above zero. "
        "Sensitivity to an "
        "unmeasured common cause was expressed by phantom paths and robustness values (Cinelli & Hazlett "
        "2020), "
        "sensitivity to estimator, incomplete answers and screening by refitting. Rival structures were "
        "compared by "
        "robust fit measures and BIC (MLR, FIML)."
    )


def skipping(gaps: pd.DataFrame, labels: Mapping[str, str], lost: int, everybody: int) -> str:
    """How many a complete-case analysis would lose, and whether they differ from the others."""
    start = (
        f"Complete cases would lose {counted(lost, 'respondent')} of {everybody:,}"
        f" ({numbers.percent(lost / everybody)})."
    )
    if not len(gaps):
        return start
    clear = gaps[(gaps["ci_lower"] > 0) | (gaps["ci_upper"] < 0)]
    if clear.empty:
        return f"{start} Those who left out answers do not clearly differ from those who answered everything."
    most = clear["difference"].abs().idxmax()
    gap = clear.loc[most]
    size = numbers.estimate(abs(gap["difference"]), tuple(sorted(map(abs, gap[["ci_lower", "ci_upper"]]))))
    way = "higher" if gap["difference"] > 0 else "lower"
    return (
        f"{start} They are not like the others: on {labels.get(most, most)} those who left out "
        "answers "
        f"stand {size} standard deviations {way}, so that the complete cases are a selection."
    )


def method(study: LoyaltyStudy) -> str:
    """What the marker shows, or that there is none."""
    found = study.method
    if not found.marker:
        return (
            "The questionnaire has no marker construct, so nothing in it shows whether one way of "
            "answering colours "
            f"all answers. The verdicts assume that it does, by {numbers.percent(USUAL_SHARE)} of every "
            "answer's "
            "variance, the mean of many studies."
        )
    share = numbers.estimate(100 * found.share, (100 * found.interval[0], 100 * found.interval[1]), 1)
    test = numbers.p_phrase(found.pvalue)
    if found.interval[0] > 0:
        loading = numbers.number(found.loading, bounded=True)
        return (
            f"The marker shares {share} % of an answer's variance with the other questions ({test}): a "
            "method factor "
            f"with a loading of {loading} stands behind the answers."
        )
    below = ", below 0 by chance" if found.share < 0 else ""
    return (
        f"The marker shows no method factor: it shares {share} % of an answer's variance with the other "
        f"questions ({test}{below}). Method variance that the marker's questions do not share stays unseen."
    )


def method_changes(study: LoyaltyStudy) -> str:
    """Title: what is left of the effects with the method factor out."""
    effects = study.method.effects
    if not np.isfinite(effects.to_numpy()).all():
        return "The model with a method factor could not be estimated"
    gone = [
        name
        for name in OUTCOMES
        if not holds_zero(study.effects.loc[f"total_{name}"]) and holds_zero(effects.loc[f"total_{name}"])
    ]
    changes = [
        abs(
            round(effects.loc[f"total_{name}", "est"], 2)
            - round(study.effects.loc[f"total_{name}", "est"], 2)
        )
        for name in OUTCOMES
    ]
    if gone:
        return f"With the method factor out, the effect on {listed(gone)} is no longer clear of 0"
    if max(changes) < NOTABLE:
        return "Taking a method factor out changes the effects by less than 0.05"
    most = numbers.number(max(changes))
    return f"Taking a method factor out changes the effects by up to {most}"


def tipping_method(tipping: pd.DataFrame) -> str:
    """At which loading on a method factor the intervals reach 0."""
    said = []
    for outcome, row in tipping.iterrows():
        if row["loading"] == 0:
            said.append(f"the interval of the effect on {outcome} holds 0 without any method factor")
        elif np.isfinite(row["loading"]):
            share = numbers.percent(row["share"])
            loading = numbers.number(row["loading"], bounded=True)
            said.append(
                f"the interval of the effect on {outcome} would reach 0 at a loading of {loading} "
                f"({share} of the variance)"
            )
        else:
            most = numbers.percent(row["largest"])
            said.append(f"the effect on {outcome} stays above 0 up to {most} of every answer's variance")
    return (
        "Were a method factor to colour all answers alike, then, with the two constructs of an effect taken "
        f"by themselves, {'; '.join(said)}. "
        f"In many studies a method took {numbers.percent(USUAL_SHARE)} of the variance on average "
        "(Lance et al., 2010)."
    )


def hidden_cause(points: pd.DataFrame) -> str:
    """Title: how strong an unmeasured common cause would have to be."""
    clear = points[points["limit"] > 0]
    if clear.empty:
        return "No effect is clear of 0, so there is nothing for a hidden cause to undo"
    weakest = clear["path_limit"].idxmin()
    path = numbers.number(clear.loc[weakest, "path_limit"])
    return f"A hidden cause would need paths of {path} to CRM use and to {weakest} to bring its interval to 0"


def yardstick(known: pd.DataFrame, points: pd.DataFrame, labels: Mapping[str, str]) -> str | None:
    """What the respondents' groups explain, against what a hidden cause would have to."""
    if known.empty or not (points["limit"] > 0).any():
        return None
    strongest = known.max(axis=1).idxmax()
    needed = points.loc[points["limit"] > 0, "rv_limit"].min()
    crm, outcome = known.loc[strongest, "crm_use"], known.loc[strongest, list(OUTCOMES)].max()
    return (
        f"To bring an interval to 0 it would have to explain {numbers.percent(needed)} of what is left of "
        "CRM "
        "use and of the outcome. Of the groups that were asked, "
        f"{labels.get(strongest, strongest)} explains "
        f"most: {numbers.percent(crm, 1)} of CRM use and {numbers.percent(outcome, 1)} of an outcome."
    )


def tiers(gap: pd.DataFrame, six: pd.DataFrame) -> str:
    """Title: whether the first tier leads, and the closest pair."""
    row = gap.iloc[0]
    size = numbers.estimate(row["est"], (row["ci_lower"], row["ci_upper"]))
    closest = six["ci_lower"].idxmin()
    if row["ci_lower"] > 0:
        lead = f"The first tier leads by {size}"
    elif row["ci_upper"] < 0:
        lead = f"The second tier leads: the difference is {size}"
    else:
        lead = f"The tiers are not told apart: {size}"
    open_pairs = int((six["ci_lower"] <= 0).sum())
    rest = (
        f"the closest pair is {closest}"
        if not open_pairs
        else f"{counted(open_pairs, 'pair')} of 6 not clear"
    )
    return f"{lead}; {rest}"


def equivalent_orders(orders: ModelComparison, first: str = "as D0 says") -> str:
    """Which causal orders fit exactly as the document's does, and which worse."""
    table = orders.table
    if np.isnan(table.loc[first, "chisq"]):
        return "The document's own order has no solution on these answers, so orders cannot be compared."
    same = [
        name
        for name in table.index
        if name != first
        and table.loc[name, "df"] == table.loc[first, "df"]
        and abs(table.loc[name, "chisq"] - table.loc[first, "chisq"]) < 1e-3
    ]
    if not same:
        return "No order fits exactly as the document's; what fits is still not shown to be the cause."
    imply = "implies" if len(same) == 1 else "imply"
    return (
        f"Read the equal rows: {listed(f'“{name}”' for name in same)} {imply} exactly the same "
        "covariances as the order that D0 gives. No sample, however large, can tell them apart; a good "
        "fit of one "
        "is as good a fit of the others."
    )


def answer(study: LoyaltyStudy, gap: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """The study's answer: the effects, where a method factor takes them away, and what stays open."""
    if study.improper:
        return (
            f"The model has no proper solution on these answers ({'; '.join(study.improper)}), so its "
            "effects "
            "are not to be read: constructs that cannot be told apart, or too few respondents."
        )
    rows = {name: study.effects.loc[f"total_{name}"] for name in OUTCOMES}
    clear = [name for name, row in rows.items() if not holds_zero(row)]
    said = [
        f"{'more' if rows[name]['est'] > 0 else 'less'} {labels[name]} (β {_estimate(rows[name])})"
        for name in clear
    ]
    open_ = [f"{labels[name]} (β {_estimate(rows[name])})" for name in rows if name not in clear]
    parts = [f"goes with {listed(said)}"] * bool(clear)
    parts += [f"is not told from zero on {listed(open_)}"] * bool(open_)
    first = gap.iloc[0]
    if clear and first["est"] > 0 and not holds_zero(first):
        parts.append(f"most with {listed(labels[name] for name in FIRST_TIER)}")
    text = f"{labels['crm_use']} {listed(parts)}"
    return f"{text}{_lost_by_method(study, clear)}; answers of one day show no cause."


def _lost_by_method(study: LoyaltyStudy, clear: list[str]) -> str:
    """What the answer has to say where an effect does not outlast the method factor."""
    left = study.method.effects.loc[[f"total_{name}" for name in clear]]
    if np.isfinite(left.to_numpy()).all() and not any(holds_zero(row) for _, row in left.iterrows()):
        return ""
    source = "the marker's method factor" if study.method.marker else "a method factor of usual size"
    return f"; taking out {source} does not leave {'it' if len(clear) == 1 else 'both'} clear of 0"


def _estimate(row: pd.Series) -> str:
    return numbers.estimate(row["est"], (row["ci_lower"], row["ci_upper"]))


def holds_zero(row: pd.Series) -> bool:
    """Whether an interval holds 0."""
    return bool(row["ci_lower"] <= 0 <= row["ci_upper"])
