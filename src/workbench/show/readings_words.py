"""Sentences and titles on three readings of the same answers (study 03), chosen by the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.measurement_model.fitting import LEVEL
from workbench.studies.measurement_model.readings import COMPOSITES, COVARIANCE, INTERVAL, MEANS

if TYPE_CHECKING:
    from workbench.studies.measurement_model.fitting import LEVEL
from workbench.studies.measurement_model.readings import Readings


def estimate(row: pd.Series) -> str:
    """An estimate with its interval; neither a correlation nor a β of factors is bound to stay within 1."""
    return numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]), bounded=True)


def closest(found: Readings) -> tuple[str, str]:
    """The pair of constructs whose factors correlate most."""
    return found.pairs[COVARIANCE]["estimate"].idxmax()


def names(found: Readings, pair: tuple[str, ...]) -> str:
    """Labels of constructs within a sentence."""
    return listed(found.labels[name].lower() for name in pair)


def factors(found: Readings) -> str:
    """Whether the factors can be told apart at all."""
    pairs = found.taken_for_one
    few = f"{numbers.percent(found.impossible)} of {found.draws:,} bootstrap samples"
    smallest = numbers.number(found.smallest, 3)
    if found.proper:
        head = (
            f"{found.name}: the factors' correlation matrix is positive definite (smallest eigenvalue "
            f"{smallest}; not above zero in {few})."
        )
    else:
        head = (
            f"{found.name}: the factors' correlation matrix is not positive definite. Its least eigenvalue "
            f"is {smallest}, and not above zero in {few}. Some weighted difference of the constructs would "
            "have a negative variance: these answers do not tell all the constructs apart."
        )
    if not pairs:
        return f"{head} No two factors correlate at .90 or more."
    said = [f"{names(found, pair)} {estimate(found.pairs[COVARIANCE].loc[pair])}" for pair in pairs]
    return f"{head} Correlated at .90 or more: {'; '.join(said)}."


def marker(label: str) -> str:
    """A marker by its label, which may call it one itself."""
    return label if label.lower().startswith("marker") else f"Marker: {label}"


def marked(tests: pd.DataFrame) -> str:
    """What the tests of a marker say: whether items share something with it, and whether that matters."""
    evenly, unevenly, change = tests["pvalue"]
    shared = (
        "the items share something with it" if min(evenly, unevenly) < LEVEL else "nothing shared is shown"
    )
    moved = "taking it out changes" if change < LEVEL else "no change is shown of"
    return (
        f"{shared} (evenly {numbers.p_phrase(evenly)}, unevenly {numbers.p_phrase(unevenly)}); {moved} the "
        f"dimensions' correlations ({numbers.p_phrase(change)})"
    )


def pairs_title(read: Mapping[str, Readings]) -> str:
    """Of the correlations of constructs by three readings: the closest pair of the first survey."""
    found = next(iter(read.values()))
    pair = closest(found)
    said = [
        numbers.number(found.pairs[way].loc[pair, "estimate"], 2, bounded=True)
        for way in (COVARIANCE, COMPOSITES, MEANS)
    ]
    return (
        f"{names(found, pair).capitalize()} correlate at {said[0]} as factors, at {said[1]} as composites, "
        f"at {said[2]} as mean answers"
    )


def paths_title(read: Mapping[str, Readings]) -> str:
    """Of the drivers' paths by three readings: how wide the intervals are."""
    found = next(iter(read.values()))
    wide = widths(found)
    outcome = found.labels[found.asked.outcome].lower()
    times = wide[COVARIANCE] / wide[MEANS]
    return (
        f"What drives {outcome}: the covariance model's intervals are on average {numbers.number(times, 1)} "
        f"times as wide as those of mean answers"
    )


def widths(found: Readings) -> dict[str, float]:
    """Mean width of the intervals of the paths, by reading."""
    return {way: float((table["ci_upper"] - table["ci_lower"]).mean()) for way, table in found.paths.items()}


def reading(found: Readings) -> str:
    """What each reading says of the outcome's drivers: which intervals are clear of zero, and R²."""
    title = found.name
    said = []
    for way, table in found.paths.items():
        clear = [found.labels[name].lower() for name, row in table.iterrows() if row["ci_lower"] > 0]
        below = [found.labels[name].lower() for name, row in table.iterrows() if row["ci_upper"] < 0]
        lowering = f", lowering: {listed(below)}" if below else ""
        said.append(
            f"{way}: {listed(clear, none='no driver')} clear of zero{lowering} "
            f"(R² {numbers.number(found.r2[way], 2, bounded=True)})"
        )
    return f"{title}, what goes with {found.labels[found.asked.outcome].lower()}: {'; '.join(said)}."


def ranks(found: Readings) -> str:
    """Whether the readings agree on the strongest driver."""
    strongest = {way: table["estimate"].idxmax() for way, table in found.paths.items()}
    title = found.name
    if len(set(strongest.values())) == 1:
        return f"{title}: all three name {found.labels[strongest[MEANS]].lower()} as the strongest driver."
    each = [f"{way} {found.labels[name].lower()}" for way, name in strongest.items()]
    return f"{title}: the readings name different drivers as the strongest ({listed(each)})."


def fit_table(read: Mapping[str, Readings]) -> pd.DataFrame:
    """Survey, model: how well one factor and the factors named fit."""
    words = {"one_factor": "one factor", "second_order": "second order"}
    kept = {}
    for found in read.values():
        count = len(found.asked.constructs)
        models = ["one_factor", "correlated_factors", *(["second_order"] if count > 3 else [])]
        words["correlated_factors"] = f"{counted(count, 'factor')}"
        kept[found.name] = found.rivals.loc[models].rename(index=dict(words))
    table = pd.concat(kept, names=["survey", "model"])
    table["bic_above_best"] = table["bic"] - table.groupby("survey")["bic"].transform("min")
    return table


def paths_table(read: Mapping[str, Readings]) -> pd.DataFrame:
    """Survey, driver: the path by each reading, with its interval."""
    tables = {}
    for found in read.values():
        parts = [
            table[INTERVAL].rename(columns=lambda column, key=key: f"{key}_{column}")
            for key, table in zip(("factors", "composites", "means"), found.paths.values(), strict=True)
        ]
        own = pd.concat(parts, axis=1).rename(index=found.labels)
        tables[found.name] = own
    return pd.concat(tables, names=["survey", "driver"])


def series(
    read: Mapping[str, Readings], what: str
) -> tuple[dict[str, pd.DataFrame], dict[str, list[str]], dict[str, str]]:
    """Tables by reading, terms by survey and their words, as a forest takes them. what : pairs or paths."""
    drawn: dict[str, list[pd.DataFrame]] = {COVARIANCE: [], COMPOSITES: [], MEANS: []}
    groups: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for found in read.values():
        title, labels = found.name, found.labels
        own = getattr(found, what)
        order = list(own[COVARIANCE]["estimate"].sort_values(ascending=False, kind="stable").index)
        ends = [(term,) if isinstance(term, str) else term for term in order]
        head = f"{title}: {labels[found.asked.outcome].lower()} on" if what == "paths" else title
        groups[head] = [f"{title} {term}" for term in ends]
        said = [" – ".join(labels[name] for name in term) for term in ends]
        words |= dict(zip(groups[head], said, strict=True))
        for way, tables in drawn.items():
            tables.append(own[way].loc[order].set_axis(groups[head], axis=0))
    return {way: pd.concat(tables) for way, tables in drawn.items()}, groups, words
