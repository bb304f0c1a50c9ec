"""Sentences and titles of study 06, chosen by the numbers that they stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from workbench.show import numbers
from workbench.show.prose import listed
from workbench.studies.drivers_of_loyalty import experience, models

if TYPE_CHECKING:
    import pandas as pd

    from workbench.regression import Importance
    from workbench.studies.drivers_of_loyalty import Found
    from workbench.studies.drivers_of_loyalty.models import Modelled
    from workbench.studies.own_model.moderation import Moderation

CLOSE = 0.85  # latent correlations from here on are pointed out
Labels = Mapping[str, str]


def effect(row: pd.Series) -> str:
    """An estimate with its interval."""
    return numbers.estimate(row["estimate"], (row["ci_lower"], row["ci_upper"]))


def split(table: pd.DataFrame) -> tuple[list[str], list[str], list[str]]:
    """Rows whose interval lies above zero, below it, and those whose holds it."""
    above = list(table.index[table["ci_lower"] > 0])
    below = list(table.index[table["ci_upper"] < 0])
    return above, below, [name for name in table.index if name not in (*above, *below)]


def named(names: Sequence[str], labels: Labels) -> str:
    """Constructs as a list in a sentence, by their labels."""
    return listed([labels.get(name, name) for name in names])


def drivers(core: Modelled, labels: Labels) -> str:
    """Title of the drivers: on which of them loyalty surely depends."""
    if core.improper:
        return f"What {labels.get('loyalty', 'loyalty')} rests on cannot be told: no proper solution"
    above, below, open_ = split(core.paths.loc["loyalty"].sort_values("estimate", ascending=False))
    outcome = labels.get("loyalty", "loyalty")
    if not above and not below:
        return f"No driver's own effect on {outcome} can be told from zero"
    said = [f"{outcome} rises with {named(above, labels)}"] if above else []
    said += [
        f"falls with {named(below, labels)}" if said else f"{outcome} falls with {named(below, labels)}"
    ] * bool(below)
    if open_:
        said.append(f"{named(open_, labels)}: not told from zero")
    return "; ".join(said)


def close_pairs(core: Modelled) -> list[tuple[str, str, float]]:
    """Pairs of latent variables that correlate at .85 or more among the causes of loyalty, highest first."""
    r = latent_correlations(core)
    causes = [name for name in core.paths.loc["loyalty"].index if name in r.index]
    found = [
        (a, b, float(r.loc[a, b]))
        for place, a in enumerate(causes)
        for b in causes[place + 1 :]
        if abs(r.loc[a, b]) >= CLOSE
    ]
    return sorted(found, key=lambda pair: -abs(pair[2]))


def latent_correlations(core: Modelled) -> pd.DataFrame:
    """Correlations of the latent variables as the model has them."""
    import numpy as np
    import pandas as pd

    cov = cast("pd.DataFrame", core.fit.latent_covariance)
    sd = np.sqrt(np.diag(cov.to_numpy()))
    return pd.DataFrame(cov.to_numpy() / np.outer(sd, sd), index=cov.index, columns=cov.columns)


def not_taken(found: Found, labels: Labels) -> str | None:
    """Constructs that could drive loyalty and are not in the model, where there are more than it takes."""
    if not found.not_taken:
        return None
    return (
        f"Only the first {len(found.drivers)} constructs of the codebook are in the model; not taken: "
        f"{named(found.not_taken, labels)}. The parameter drivers names others."
    )


def close(core: Modelled, labels: Labels) -> str | None:
    """That some drivers can hardly be told apart, where they cannot."""
    pairs = close_pairs(core)
    if not pairs:
        return None
    said = [f"{named([a, b], labels)} ({numbers.number(r, 2, bounded=True)})" for a, b, r in pairs[:3]]
    return (
        f"As latent variables these correlate so highly that their own effects can hardly be told apart: "
        f"{'; '.join(said)}. Wide intervals and odd signs beside one another are a sign of it."
    )


def improper(core: Modelled, labels: Labels) -> str | None:
    """What is impossible in a solution, where something is."""
    if not core.improper:
        return None
    said = listed(core.improper, most=2)
    for name, word in labels.items():
        said = said.replace(f" {name} ", f" {word} ")
    return f"The solution is not proper ({said}), so its effects are not to be read; fewer drivers may help."


def chains(table: pd.DataFrame) -> str:
    """Title of the indirect effects."""
    above, below, open_ = split(table)
    sure = len(above) + len(below)
    if not open_:
        return f"{'Every' if sure > 1 else 'The'} indirect effect can be told from zero"
    if not sure:
        return "No indirect effect can be told from zero"
    return f"{sure} of {len(table)} indirect effects can be told from zero"


def follows(core: Modelled, names: Sequence[str], labels: Labels) -> str:
    """Title of what follows from satisfaction."""
    if core.improper:
        return "What follows from satisfaction cannot be told: no proper solution"
    rows = core.defined.loc[[f"satisfaction_{name}" for name in names]]
    above, below, open_ = split(rows.set_axis(list(names)))
    parts = []
    if above:
        parts.append(f"more {named(above, labels)}")
    if below:
        parts.append(f"less {named(below, labels)}")
    if not parts:
        return "What follows from satisfaction cannot be told from zero"
    tail = f"; {named(open_, labels)}: not told from zero" if open_ else ""
    return f"Satisfaction goes with {' and '.join(parts)}{tail}"


def parts_of_value(found: Modelled) -> str:
    """Title of benefits and costs."""
    benefits, costs = found.defined.loc["benefits"], found.defined.loc["costs"]
    rises = "raise" if benefits["ci_lower"] > 0 else "do not surely raise"
    falls = "lower" if costs["ci_upper"] < 0 else "do not surely lower"
    return f"Benefits {rises} perceived value ({effect(benefits)}), costs {falls} it ({effect(costs)})"


def subtraction(test: tuple[float, int, float]) -> str:
    """Whether the eight weigh alike, in a sentence."""
    statistic, df, p = test
    said = numbers.statistic("χ²", statistic, df=df, p=p)
    if p < 0.05:
        return f"A plain subtraction gives all eight the same weight; that is rejected ({said})."
    head = "A plain subtraction gives all eight the same weight; that is not rejected"
    return f"{head} ({said}), which does not prove it."


def rivals(found: Found) -> str:
    """Title of the two outcomes."""
    if found.equal is None or found.rivals is None or found.rivals.improper:
        return "Whether satisfaction and loyalty have the same drivers cannot be told: no proper solution"
    statistic, df, p = found.equal
    said = numbers.statistic("χ²", statistic, df=df, p=p)
    if p < 0.05:
        return f"Satisfaction and loyalty do not have the same drivers: {said}"
    return f"That satisfaction and loyalty have the same drivers is not rejected: {said}"


def importance(found: Importance, labels: Labels) -> str:
    """Title of the relative importance."""
    first = found.shares["general"].idxmax()
    row = found.shares.loc[first]
    share = numbers.percent(row["share"])
    sure = row["rank_first"] >= 0.95
    r2 = numbers.number(found.r2, 2, bounded=True)
    head = f"{labels.get(first, first)} explains most: {share} of R² = {r2}"
    return head if sure else f"{head}, though first in only {numbers.percent(row['rank_first'])} of the draws"


def moderated(found: Moderation) -> str:
    """Title of the simple slopes."""
    value, low, high, _ = found.product
    said = numbers.estimate(value, (low, high))
    if low > 0:
        return f"Satisfaction counts for more where customers take part: product {said}"
    if high < 0:
        return f"Satisfaction counts for less where customers take part: product {said}"
    return f"Whether satisfaction counts for more where customers take part is open: product {said}"


def chain_names(core: Modelled, labels: Labels) -> pd.DataFrame:
    """The indirect effects of the core model, written as chains."""
    rows = {}
    for name, row in core.defined.iterrows():
        cause, by, mediator = str(name).partition("_by_")
        if by:
            steps = [labels.get(one, one) for one in (cause, mediator, "loyalty")]
            rows[" → ".join(steps)] = row
    import pandas as pd

    return pd.DataFrame(rows).T.rename_axis("chain")


def brought(found: Modelled, labels: Labels) -> pd.DataFrame:
    """Effects of the experience, written as chains: estimate, interval and p, the total ones first."""
    import pandas as pd

    rows = {}
    for name, row in experience.effects(found).items():
        by = name.removeprefix("by_")
        steps = [experience.EXPERIENCE, name] if by == name else [experience.EXPERIENCE, by, "loyalty"]
        rows[" → ".join(labels.get(step, step) for step in steps)] = row
    table = pd.DataFrame(rows).T[["estimate", "ci_lower", "ci_upper", "pvalue"]]
    return table.astype(float).rename_axis("effect")


def brings(found: Modelled, labels: Labels) -> str:
    """Title of what the experience brings: the outcomes that surely rise with it, and the others."""
    cause = labels.get(experience.EXPERIENCE, experience.EXPERIENCE)
    if found.improper:
        return f"What {cause} brings cannot be told: no proper solution"
    import pandas as pd

    effects = experience.effects(found)
    total = pd.DataFrame({name: effects[name] for name in experience.OUTCOMES if name in effects}).T
    above, below, open_ = split(total)
    parts = [f"{cause} goes with more {named(above, labels)}"] if above else []
    parts += [f"{cause} goes with less {named(below, labels)}"] if below else []
    parts += [f"{named(open_, labels)}: not told from zero"] if open_ else []
    return "; ".join(parts)


def rather_loyalty(found: Modelled, labels: Labels) -> str | None:
    """On which side these answers are where D3 and D4 differ: whether experience moves satisfaction."""
    if found.improper:
        return None
    effects = experience.effects(found)
    on, other = effects["satisfaction"], effects["loyalty"]
    cause, first, second = (
        labels.get(name, name) for name in (experience.EXPERIENCE, "satisfaction", "loyalty")
    )
    head = "D3 has the experience move loyalty rather than satisfaction, D4 both."
    if on["ci_lower"] > 0 and other["ci_lower"] > 0:
        return f"{head} Here it is both, as D4 says: {first} {effect(on)}, {second} {effect(other)}."
    if other["ci_lower"] > 0 and on["ci_lower"] <= 0 <= on["ci_upper"]:
        return (
            f"{head} Here an effect of {cause} is shown on {second} ({effect(other)}) and not on {first} "
            f"({effect(on)}), as D3 says; an interval that holds zero does not show that there is none."
        )
    return f"{head} These answers side with neither: {first} {effect(on)}, {second} {effect(other)}."


def answer(found: Found, labels: Labels) -> str:
    """The study's answer in one sentence: how many drivers, the strongest of them, what could not be told."""
    said = [_strongest(found.core, labels)]
    if found.follows and not found.core.improper:
        rows = found.core.defined.loc[[f"satisfaction_{name}" for name in found.follows]]
        above, below, _ = split(rows)
        said.append(f"{len(above) + len(below)} of {len(rows)} outcomes are told to go with satisfaction")
    if found.equal is not None and found.rivals is not None and not found.rivals.improper:
        same = found.equal[2] >= 0.05
        said.append(
            "that both have the same drivers is not rejected"
            if same
            else "the two do not have the same drivers"
        )
    return f"{'; '.join(said)}."


def _strongest(core: Modelled, labels: Labels) -> str:
    """Of many drivers their number and the strongest; of up to two, which."""
    paths = core.paths.loc["loyalty"].sort_values("estimate", ascending=False)
    above, _, open_ = split(paths)
    if core.improper or len(above) <= 2:
        return drivers(core, labels)
    first = f"{labels.get(above[0], above[0])} ({effect(paths.loc[above[0]])})"
    outcome = labels.get("loyalty", "loyalty")
    said = f"{outcome} rises with {len(above)} of {len(paths)} drivers, most with {first}"
    return f"{said}; {named(open_, labels)}: not told from zero" if 1 <= len(open_) <= 2 else said


def methods(found: Found, *, draws: int, seed: int) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    chosen = listed([found.labels.get(name, name.replace("_", " ")) for name in found.drivers])
    use = ("loyalty", models.USE) in found.core.paths.index
    said = [
        f"Loyalty was regressed on satisfaction and {chosen}{' and CRM use' if use else ''} as latent "
        f"variables in one structural equation model (robust maximum likelihood, full information, "
        f"n = {found.core.n:,}); "
        "two items of a construct loaded alike, single items were taken as they stand.",
        "Intervals of effects that are products or sums of paths are Monte Carlo intervals "
        f"({draws:,} draws, seed {seed}).",
    ]
    if found.value is not None:
        said.append("Perceived value was regressed on four benefits and four costs in a second model.")
    if found.rivals is not None:
        said.append(
            "Satisfaction and loyalty were regressed on the same drivers, neither on the other, and the "
            "standardized effects compared one by one and by a joint Wald test."
        )
    if found.moderated is not None:
        said.append(
            "The latent product of satisfaction and engagement was measured by "
            f"{len(found.moderated.term.columns)} matched pairs of items, centred twice."
        )
    if found.experience is not None:
        asked = [name for name in experience.OUTCOMES if name in found.experience.paths.index.unique(0)]
        said.append(
            f"In a further model {listed([name.replace('_', ' ') for name in asked])} were regressed on the "
            f"experience beside {listed([name.replace('_', ' ') for name in found.held])}, and loyalty on "
            f"{listed([name.replace('_', ' ') for name in asked if name in experience.MIDDLE])} besides."
        )
    said.append(
        "Relative importance is general dominance of mean scores with percentile bootstrap intervals."
    )
    return said
