"""Sentences and titles of study 14, chosen by the numbers that they stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.customer_segments.given import MOST_ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.evaluation.class_regressions import ClassRegressions
    from workbench.evaluation.policy_value import PolicyValue
    from workbench.evaluation.segment_stability import Stability
    from workbench.evidence.claims import Verdict
    from workbench.studies.customer_segments import Given, Segments

WEAK = 0.5  # mean agreement below which finding again is called weak
SAME_ORDER = 0.9  # rank correlation of an item's order of the classes with the mean order
CRITERIA = {"aic": "AIC", "bic": "BIC", "abic": "aBIC", "icl": "ICL"}
HYPOTHESES = {
    "D2-9": "Segments are found again in other samples, and giving each what did best in it earns more than "
    "giving all the one treatment that did best over all, in customers who were not used to choose",
    "D3-8": "One class looks at the price and another at service, both are found again, and what keeps the "
    "one keeps the other less",
    "D4-15": "Aimed at the segments in which it earned most, a campaign keeps more customers for the same "
    "cost and returns more than the same campaign sent by lot",
}


def arm(name: str) -> str:
    """A treatment as it stands in a sentence."""
    return name.replace("_", " ")


def texts(given: Given) -> dict[str, str]:
    """Items and divisions in words: the question, or the codebook's label."""
    book = given.survey.codebook
    said = {name: book.label(name) for name in given.divisions}
    for name in given.items:
        item = book.items.get(name)
        text = str(item.wording) if item is not None and str(item.wording) else name
        said[name] = f"{text[:40].rstrip()}…" if len(text) > 42 else text
    return said | {"latent classes": "Latent classes", "RFM tiers": "RFM tiers (what they did)"}


def sample(given: Given) -> str:
    """Who is divided by what, and who is left out."""
    said = f"{counted(len(given.items), 'customer')} by {counted(given.items.shape[1], 'item')}."
    first = list(given.survey.codebook.items)
    if len(first) > MOST_ITEMS and set(given.items) == set(first[:MOST_ITEMS]):
        said += f" These are the first {MOST_ITEMS} of the codebook's {len(first)}; "
        said += "the parameter items names others."
    if given.left_out:
        said += f" Left out, with fewer than half of the items answered: {numbers.count(given.left_out)}."
    if given.bands:
        said += (
            " Many different answers are too many to describe a class by: those of an item were joined to at "
            f"most {given.bands} bands of about the same size."
        )
    if given.trial is not None:
        arms = [
            f"{arm(name)} {numbers.count(n)}"
            for name, n in given.trial.arm.value_counts().sort_index().items()
        ]
        said += f" In the experiment: {numbers.count(len(given.trial.arm))} ({listed(arms)})."
    return said


def number_title(found: Segments) -> str:
    """What BIC takes, and whether the other criteria agree."""
    if len(found.fits) == 1:
        return "Too few customers: two classes would take more parameters than there are customers"
    if found.k == 1:
        return "No classes: one group describes these answers best by BIC"
    others = {CRITERIA[name]: int(found.criteria[name].idxmin()) for name in CRITERIA if name != "bic"}
    off = [f"{name} takes {k}" for name, k in others.items() if k != found.k]
    same = "the other criteria agree" if not off else listed(off)
    return f"{found.k} classes by BIC; {same}"


def edge(found: Segments) -> str:
    """A warning where the number found is the most that was tried."""
    last = int(found.criteria.index.max())
    if found.k == last and last > 1:
        return f"BIC still falls at {last} classes, the most that were tried: there may be more."
    return ""


def stability_title(found: Stability) -> str:
    """Whether the segments are found again."""
    said = "Not stable" if not found.holds else "Found again" if found.mean >= WEAK else "Weakly found again"
    low, high = found.interval
    return (
        f"{said}: two samples agree by {numbers.estimate(found.mean, (low, high), bounded=True)}; without "
        f"structure 97.5\N{NO-BREAK SPACE}% stay below {numbers.number(found.by_chance, bounded=True)}"
    )


def no_segments(found: Segments) -> str:
    """What is said where no stable segments are there."""
    if len(found.fits) == 1:
        return "No segments can be looked for: too few customers for so many items."
    if found.k == 1:
        return "No stable segments: the answers go together no more than one group would let them."
    if not found.found:
        return (
            "No stable segments: classes fit better than one group, but other samples draw them elsewhere, "
            "not surely better than where items have nothing to do with one another."
        )
    return ""


def sure(found: Segments) -> str:
    """How many are in the wrong class."""
    return (
        f"Of the customers {numbers.percent(found.fit.error)} are expected to be in a class that is not "
        f"theirs; entropy {numbers.number(found.fit.entropy, bounded=True)}. Means and effects by class "
        "allow for it."
    )


def others(rand: float, opinion: tuple[float, float] | None) -> str:
    """What k-means and StepMix make of the same answers."""
    said = []
    if opinion is not None:
        gap, same = opinion
        said = [
            "Fitted by StepMix, the same model puts customers together alike by an adjusted Rand index of "
            f"{numbers.number(same, bounded=True)}; its log likelihood is {numbers.number(abs(gap))} "
            f"{'lower' if gap >= 0 else 'higher'}."
        ]
    if rand == rand:
        said.append(
            f"As many clusters of k-means agree with the classes by {numbers.number(rand, bounded=True)}."
        )
    return " ".join(said)


def alike(profile: pd.DataFrame | None) -> str:
    """That classes are slices of one scale, where every item puts them in about the same order."""
    if profile is None or profile.index.unique("class").size < 3:
        return ""
    means = profile["estimate"].unstack("class")
    order = means.rank(axis=1).mean().rank()
    agreement = means.rank(axis=1).corrwith(order, axis=1).mean()
    if not agreement > SAME_ORDER:
        return ""
    return (
        "Nearly every item puts the classes in the same order, from low to high: they look like slices of "
        "one scale, not like kinds of customers."
    )


def classes(found: Segments) -> dict[int, str]:
    """Every class with its share of the customers."""
    return {
        place: f"class {place} ({numbers.percent(share)})" for place, share in enumerate(found.fit.shares, 1)
    }


def profile_title(profile: pd.DataFrame, found: Segments, called: dict[str, str]) -> str:
    """In which item the classes differ most, and which answer it highest and lowest."""
    means, names = profile["estimate"].unstack("class"), classes(found)
    item = (means.max(axis=1) - means.min(axis=1)).idxmax()
    row = means.loc[item]
    low, high = (f"{numbers.number(row[one])} in {names[one]}" for one in (row.idxmin(), row.idxmax()))
    return f"The {len(names)} classes differ most in “{called.get(item, item)}”: from {low} to {high}"


def value_title(brought: PolicyValue) -> str:
    """What treating by class brings."""
    row = brought.table.loc["difference"]
    said = numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), 0)
    if row["ci_lower"] > 0:
        return f"Treating by class earns {said} more a customer than one treatment for all"
    if row["ci_upper"] < 0:
        return f"Treating by class earns less than one treatment for all: {said} a customer"
    return f"Treating by class earns surely neither more nor less than one for all: {said} a customer"


def chosen(brought: PolicyValue) -> str:
    """Which arm each class got, and what all would get."""
    parts = [f"class {name} {arm(one)}" for name, one in brought.chosen.items()]
    sure_of = float(brought.agreed.min())
    again = (
        "the same was chosen for every fold" if sure_of == 1 else
        f"the least certain class got this in {numbers.percent(sure_of)} of the folds"
    )  # fmt: skip
    whose = "" if sure_of == 1 else " What they are worth is that of the folds' rules, not of this one."
    return f"By class: {listed(parts)}; {again}. For all alike: {arm(brought.alike)}.{whose}"


def only_classes(table: pd.DataFrame) -> str:
    """Which other divisions pay, if any."""
    rest = table.drop(index="latent classes")
    if rest.empty:
        return ""
    pays = int((rest["ci_lower"] > 0).sum())
    above = counted(pays, "has", "have") if pays else "none has"
    several = f"Of the {counted(len(rest), 'other division')} {above} an interval above 0"
    return f"{several}; looked at beside the one that was named before, each for itself."


def divisions_title(table: pd.DataFrame) -> str:
    """Which ways of dividing customers pay, the classes named before first."""
    pays = [str(name) for name in table.index[table["ci_lower"] > 0]]
    if not pays:
        return "No way of dividing customers surely pays"
    if len(pays) == len(table):
        return "Every way of dividing customers that is there pays"
    words = [name if name.startswith("RFM") else name.replace("_", " ") for name in pays]
    several = "one surely pays" if len(pays) == 1 else f"{len(pays)} surely pay"
    return f"Of {len(table)} ways of dividing customers {several}: {listed(words)}"


def equal_title(test: tuple[float, int, float], what: str) -> str:
    """Whether coefficients differ between classes."""
    square, df, p = test
    said = "differs between classes" if p < 0.05 else "does not surely differ between classes"
    return f"{what} {said}: {numbers.statistic('χ²', square, df=df)}, {numbers.p_phrase(p)}"


def effects(fitted: ClassRegressions) -> pd.DataFrame:
    """Coefficients without the constants."""
    return fitted.table.drop(index="constant", level="term")


def campaign_title(made: pd.DataFrame) -> str:
    """Whether aiming saves and returns more."""
    words = {"kept": "keeps more for the same cost", "net": "returns more"}
    pays = [words[name] for name in ("kept", "net") if made.loc[(name, "difference"), "ci_lower"] > 0]
    if not pays:
        return "That aiming the campaign brings more than sending it by lot is not shown"
    return f"Aimed at segments the campaign {listed(pays)} than by lot"


def per_customer(made: pd.DataFrame) -> str:
    """Cost of a customer kept, aimed and by lot, where both are above 0 with their intervals."""
    rows = [made.loc[("kept", of)] for of in ("aimed", "by lot")]
    if any(row["ci_lower"] <= 0 for row in rows):
        return "A cost for each customer kept is not given: one of the two may keep nobody."
    aimed, lot = (numbers.number(1000 / row["estimate"], 0) for row in rows)
    return f"A customer kept who would have left costs {aimed} if aimed and {lot} by lot."


MARGIN_ROWS = {
    "value": "Gain of treating by class, a customer",
    "aimed": "Return on 1 of cost, aimed",
    "by lot": "Return on 1 of cost, by lot",
    "difference": "Aimed less by lot",
}


def by_margin(table: pd.DataFrame) -> pd.DataFrame:
    """Margins in per cent, and what stands beside them in words."""
    return table.rename(index={one: numbers.percent(one) for one in table.index.unique("margin")}).rename(
        index=MARGIN_ROWS, level="what"
    )


def margin_title(table: pd.DataFrame) -> str:
    """Down to which margin aiming, and sending by lot, return more than they cost."""
    said = []
    if not (table.drop(index=["value", "difference"], level="what")["ci_lower"] > 0).any():
        return "At none of these margins the campaign surely returns more than it costs"
    for of in ("aimed", "by lot"):
        held = [one for one, row in table.xs(of, level="what").iterrows() if row["ci_lower"] > 0]
        said.append(f"{of} at {listed([numbers.percent(one) for one in held], none='none of these margins')}")
    return f"The campaign returns surely more than it costs, {said[0]}; {said[1]}"


def break_even(table: pd.DataFrame) -> str:
    """The margin at which the campaign pays for itself, where its return is surely known to be positive."""
    margin = max(table.index.unique("margin"))
    said = []
    for of in ("aimed", "by lot"):
        row = table.loc[(margin, of)]
        if row["ci_lower"] <= -1:
            return "The margin at which the campaign pays for itself is not given: it may bring in no money."
        value, high, low = (margin / (row[name] + 1) for name in ("estimate", "ci_lower", "ci_upper"))
        limits = numbers.interval(100 * low, 100 * high, 1)
        said.append(f"{numbers.percent(value, 1)} {limits} {of}")
    return f"It pays for itself from a margin of {listed(said)} on."


def left_out(margin: float, priced: bool) -> str:
    """What the money on the page leaves out."""
    share = f"Of the money {numbers.percent(margin)} is counted as left once goods and work are paid"
    if margin == 1:
        share = "Money is counted whole, as if goods and work cost nothing"
    taken = "the cost of a treatment is taken off" if priced else "no cost of a treatment is taken off"
    return (
        f"{share}; {taken}. Not in it: what it costs to find the segments (asking customers, keeping the "
        "table) and to set up a campaign, and whatever comes after the time that was watched."
    )


def answer(found: Segments, decided: Sequence[Verdict], brought: PolicyValue | None, scale: str = "") -> str:
    """The page's answer; ``scale``: of `alike`, that the classes are slices of one scale."""
    lacking = no_segments(found)
    if lacking:
        return f"{lacking} There is nothing to treat apart."
    again = (
        "and again in other samples, though as slices of one scale" if scale else "and again in other samples"
    )
    there = f"{found.k} classes are found, {again}."
    if brought is None:
        return f"{there} Whether treating them apart is worth it, only treatments given by lot could tell."
    return f"{there} {value_title(brought)}."


def methods(given: Given, found: Segments, seed: int) -> str:
    """Two or three sentences for a paper."""
    said = (
        f"Latent class models with 1 to {found.criteria.index.max()} classes were fitted to "
        f"{given.items.shape[1]} items of {numbers.count(len(given.items))} customers by EM from random "
        f"starts (seed {seed}); BIC chose {found.k}."
    )
    if found.stability is not None:
        said += (
            f" Stability: adjusted Rand index over {len(found.stability.pairs)} pairs of bootstrap samples "
            f"beside items permuted independently."
        )
    if found.k > 1:
        said += (
            " Effects by class are least squares weighted after Bolck, Croon and Hagenaars, errors robust."
        )
    if given.trial is not None:
        said += (
            " Policies were valued by doubly robust scores in ten folds, each by what the folds before chose."
        )
    return said


def sources(given: Given) -> list[str]:
    """Works that the page cites; those of the public tables where the page shows them."""
    public = ["Fader, Hardie & Lee 2005", "Franses & Paap 2001"] if given.kind == "simulated" else []
    return [
        *public,
        "Athey & Wager 2021", "Biernacki, Celeux & Govaert 2000", "Bolck, Croon & Hagenaars 2004",
        "Bult & Wansbeek 1995", "Dolnicar & Leisch 2010", "Goodman 1974", "Hubert & Arabie 1985",
        "Luedtke & van der Laan 2016", "Radcliffe 2007", "Robins, Rotnitzky & Zhao 1994", "Sclove 1987",
    ]  # fmt: skip
