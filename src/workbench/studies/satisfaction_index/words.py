"""What study 10 says of its numbers: titles, sentences, small tables, each sentence by its condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotApplicable
from workbench.studies.satisfaction_index import discrepancy, scores

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.asymmetry import Contrasts
    from workbench.studies.satisfaction_index.dimension_gaps import DimensionGaps
    from workbench.studies.satisfaction_index.discrepancy import Discrepancies
    from workbench.studies.satisfaction_index.importance_performance import PriorityMap
    from workbench.studies.satisfaction_index.prediction import Prediction
    from workbench.studies.satisfaction_index.schemes import Compared
    from workbench.studies.satisfaction_index.taken import Taken
    from workbench.survey import Survey

NPS_SCALE = (0, 10)
CLEAR = 0.05  # of a reliability
LEAST_OF_A_GROUP = 20  # respondents of a group whose mean gap is shown
PERCENT = "\N{NO-BREAK SPACE}%"


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", PERCENT)


def number(value: float, digits: int = 2) -> str:
    """A number below 1 without its zero, with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−").replace("0.", ".", 1 if abs(value) < 1 else 0)


def points(value: float) -> str:
    """A difference in answer steps, or a ratio, which may exceed 1: two decimals, with a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def and_(names: Iterable[str]) -> str:
    found = list(names)
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def described(taken: Taken) -> list[str]:
    """What of the survey stands for what, and what is not there."""
    label = taken.label
    absent = [
        word
        for word, there in (
            ("what was expected (so no ratio, no gap)", taken.expected),
            (
                "how important each attribute is (so importance is derived only)",
                set(taken.attributes) <= set(taken.importance),
            ),
            ("the core product", taken.core),
            ("service support", taken.support),
            ("feelings for the firm, courtesy and communication", taken.feelings and taken.contact),
        )
        if not there
    ]
    count = len(taken.satisfaction)
    gaps = f"{len(taken.expected)} questions on an experience have one on what was expected"
    return [
        f"The direct rating is {taken.rating}"
        + (f" ({label(taken.rating)})." if label(taken.rating) != taken.rating else "."),
        f"Satisfaction as an outcome is the mean of {count} question{'s' * (count > 1)}.",
        f"{gaps}: {and_(label(name) for name in taken.dimensions)}." if taken.expected else "",
        f"Attributes whose priority is looked at: {and_(label(name) for name in taken.attributes)}."
        if taken.attributes
        else "",
        f"The survey does not ask {'; '.join(absent)}." if absent else "",
    ]


def states_table(taken: Taken, found: Discrepancies) -> pd.DataFrame:
    """Shares of the three states by question, by person (exactly, to half a step), of the direct rating."""
    people = found.people["gap"]
    rated = discrepancy.rating_states(taken)
    rows = {
        "by question": found.items[["below", "equal", "above"]].mean().to_numpy(),
        "by person, exactly": _shares(discrepancy.states(people)),
        "by person, to half a step": _shares(discrepancy.states(people, discrepancy.BAND)),
        "direct rating": _shares(rated),
    }
    return pd.DataFrame(rows, index=list(discrepancy.STATES)).T


def _shares(states: pd.Series) -> list[float]:
    return [float((states.dropna() == state).mean()) for state in range(3)]


def states_title(shares: pd.DataFrame) -> str:
    by_gap, rated = shares.loc["by person, to half a step"], shares.loc["direct rating"]
    return (
        f"By the formula {percent(by_gap['dissatisfied'])} should be dissatisfied; asked directly, "
        f"{percent(rated['dissatisfied'])} are"
    )


def origin_title(curve: pd.DataFrame, as_coded: float) -> str:
    first, last = curve.index[0], curve.index[-1]
    return (
        f"The same answers give a mean ratio of {points(curve.loc[first, 'mean'])} or "
        f"{points(curve.loc[last, 'mean'])}, "
        f"as the lowest answer is called {first:g} or {last:g}"
    )


def prediction_table(found: Prediction) -> pd.DataFrame:
    """R² of every reading, and how much less than experience alone, with interval."""
    table = found.r2.copy()
    for name in table.index:
        value, (low, high) = (
            (0.0, (0.0, 0.0)) if name == "experience alone" else found.less(name, "experience alone")
        )
        table.loc[name, ["difference", "ci_lower", "ci_upper"]] = (value, low, high)
    table.loc["experience alone", ["difference", "ci_lower", "ci_upper"]] = float("nan")
    return table


def prediction_title(found: Prediction) -> str:
    r2 = found.r2["r2"]
    alone = r2["experience alone"]
    formulas = [name for name in ("ratio", "gap") if name in r2]
    best = max(formulas, key=lambda name: r2[name])
    _, (low, high) = found.less(best, "experience alone")
    word = "better than" if low > 0 else "worse than" if high < 0 else "about as well as"
    return (
        f"The {best} predicts the direct rating {word} experience alone: R² {number(r2[best])} against "
        f"{number(alone)}"
    )


def reliability_title(table: pd.DataFrame) -> str:
    row = table.loc["all"] if "all" in table.index else table.iloc[0]
    single = row["experience"]
    less = row["gap"] < single - CLEAR
    gap, experience = number(row["gap"]), number(row["experience"])
    if less:
        return f"The gap is less reliable ({gap}) than experience itself ({experience})"
    return f"The gap is about as reliable ({gap}) as experience itself ({experience})"


def groups_table(taken: Taken, found: Discrepancies) -> pd.DataFrame:
    """By grouping column: levels, widest difference of mean gaps, and how reliable a mean gap is."""
    rows = {}
    for group in taken.survey.groups:
        table = discrepancy.by_group(taken, found, group, least=LEAST_OF_A_GROUP)
        if len(table) < 2:
            continue
        low, high = table["gap"].idxmin(), table["gap"].idxmax()
        rows[group] = {
            "levels": len(table),
            "widest": f"{low} ({points(table.loc[low, 'gap'])})",
            "narrowest": f"{high} ({points(table.loc[high, 'gap'])})",
            "ratio": f"{points(table['ratio_of_means'].min())} to {points(table['ratio_of_means'].max())}",
            "reliability": table.attrs["reliability"],
        }
    columns = ["levels", "widest", "narrowest", "ratio", "reliability"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("group")


def gaps_title(found: DimensionGaps, label: Mapping[str, str]) -> str:
    widest = found.table["gap"].idxmin()
    row = found.table.loc[widest]
    if row["gap_upper"] >= 0:
        return "No dimension falls clearly short of what was expected"
    return (
        f"{label[widest]} falls furthest short of what was expected, by {points(-row['gap'])}; it does so in "
        f"{percent(found.largest[widest])} of samples"
    )


def weighting_in_words(found: DimensionGaps) -> str:
    if "weighted" not in found.overall.index:
        return "Importance was not asked for every dimension, so the gap is not weighted."
    row = found.overall.loc["difference"]
    clear = row["ci_lower"] > 0 or row["ci_upper"] < 0
    return (
        f"Weighting by importance changes the mean gap by {points(row['estimate'])} "
        f"[{points(row['ci_lower'])}, {points(row['ci_upper'])}], "
        + (
            "clearly but"
            if clear and abs(row["estimate"]) < 0.1
            else "clearly:"
            if clear
            else "which is no clear change:"
        )
        + (
            " little: where everything is called important, weights differ little."
            if abs(row["estimate"]) < 0.1
            else " weights matter here."
        )
    )


def maps_differ(maps: Mapping[str, PriorityMap], label: Mapping[str, str]) -> str:
    """Which attributes stand in another quadrant by derived than by stated importance."""
    if "stated" not in maps:
        return "Importance was not asked, so there is one map."
    stated, derived = (maps[kind].table for kind in ("stated", "derived"))
    other = [
        label[name] for name in stated.index if stated.loc[name, "quadrant"] != derived.loc[name, "quadrant"]
    ]
    r = stated["importance"].rank().corr(derived["importance"].rank())
    moved = (
        f"{and_(other)} change{'s' * (len(other) == 1)} the quadrant"
        if other
        else "no attribute changes its quadrant"
    )
    return (
        f"Between the two maps {moved}; the two orders of importance correlate at {number(r)} (rank "
        "correlation of "
        f"{len(stated)} attributes)."
    )


def contrasts_title(found: Contrasts) -> str:
    called = len(found.asymmetric)
    return (
        f"{called} of {len(found.table)} attributes come out as basic or excitement; "
        f"where nothing is asymmetric, {percent(found.false_share)} do"
    )


def contrasts_in_words(found: Contrasts, label: Mapping[str, str]) -> str:
    bent = [label[name] for name in found.bent]
    wrong = found.table["false_bend"].mean()
    said = (
        f"By the slopes {and_(bent)} bend{'s' * (len(bent) == 1)}"
        if bent
        else "By the slopes no attribute bends"
    )
    return f"{said}; where nothing is asymmetric {percent(wrong)} of the attributes bend by chance."


def scores_table(taken: Taken, *, draws: int, seed: int) -> pd.DataFrame:
    """The scores that a survey allows: name, score, its interval, n, and what it rests on."""
    rows: dict[str, tuple[float, float, float, int, str]] = {}
    scale = taken.scale(taken.rating)
    if not scale.continuous:  # a slider has no two highest answers
        top = scores.top_two(taken.answers[taken.rating], scale.max)
        low, high = top.interval
        rows[f"Top two of {taken.rating} (CSAT)"] = (100 * top.share, 100 * low, 100 * high, top.n, "Wilson")
    if (nps := promoters(taken, draws=draws, seed=seed)) is not None:
        rows["Net promoter score"] = (nps.score, *nps.interval, nps.n, "multinomial")
        rows["Net promoter score, resampled"] = (nps.score, *nps.bootstrap, nps.n, "bootstrap")
    try:
        index = scores.acsi_type(taken, draws=draws, seed=seed)
    except NotApplicable:  # one question, or too few answers: the index is left out of the table
        pass
    else:
        rows["Index weighted by loadings (ACSI type)"] = (index.score, *index.interval, index.n, "bootstrap")
        rows["Index of equal weights"] = (index.unweighted, *index.unweighted_interval, index.n, "bootstrap")
    columns = ["score", "ci_lower", "ci_upper", "n", "interval by"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("score of 100")


def scores_title(table: pd.DataFrame) -> str:
    kinds = ("Top two", "Net promoter score", "Index weighted")
    there = sum(any(str(name).startswith(kind) for name in table.index) for kind in kinds)
    return (
        f"{there} of the three scores, with their intervals"
        if there < len(kinds)
        else "Three scores with their intervals"
    )


def untested(reasons: Mapping[str, str]) -> list[str]:
    """Why hypotheses are not tested, those with one reason together."""
    together: dict[str, list[str]] = {}
    for key, reason in reasons.items():
        together.setdefault(reason, []).append(key)
    return [f"Not tested here: {and_(keys)}. {reason}" for reason, keys in together.items()]


def promoters(taken: Taken, *, draws: int, seed: int) -> scores.NetPromoter | None:
    """The net promoter score, where one question on recommending is answered from 0 to 10."""
    asked = taken.survey.codebook.constructs.get("recommendation")
    if asked is None:
        return None
    item = next(iter(asked.items))
    if (taken.scale(item).min, taken.scale(item).max) != NPS_SCALE:
        return None
    return scores.net_promoter(taken.answers[item], draws=draws, seed=seed)


def promoters_title(score: scores.NetPromoter, margin: float = scores.MARGIN) -> str:
    half = (score.interval[1] - score.interval[0]) / 2
    return (
        f"{score.n:,} answers give a net promoter score of {score.score:+.0f} ± {half:.1f}; "
        f"two such surveys must differ by {score.smallest_change():.1f} points to be told apart"
    ).replace("-", "−")


def schemes_title(found: Compared) -> str:
    r2 = found.indices["r2"]
    apart = r2.max() - r2.min()
    best = [name for name in r2.index if number(r2[name]) == number(r2.max())]
    same = (
        "within what chance moves"
        if all(row["ci_lower"] <= 0 <= row["ci_upper"] for _, row in found.less.iterrows())
        else "not by chance alone"
    )
    head = (
        f"The index of {best[0]} predicts best"
        if len(best) == 1
        else f"The indices of {and_(best)} predict alike"
        if len(best) == len(r2)
        else f"The indices of {and_(best)} are tied as the best"
    )
    return f"{head}; the three differ by {number(apart)} of R², {same}"


def answer(
    taken: Taken,
    predicted: Prediction | None,
    maps: Mapping[str, PriorityMap],
    contrasts: Contrasts | None,
    label: Mapping[str, str],
    three: pd.DataFrame,
) -> str:
    """The study's answer: formula, priority, asymmetry, each where it could be computed; else a score."""
    said = []
    if predicted is not None:
        said.append(prediction_title(predicted).replace("The ", "the ", 1))
    if maps:
        derived = maps["derived"].table
        low = derived[derived["quadrant"] == "concentrate here"]
        first = [label[name] for name in low.sort_values("importance", ascending=False).index]
        said.append(f"important and weak {'are' if len(first) > 1 else 'is'} {and_(first)}" if first else
                    "nothing is both important (derived) and weak")  # fmt: skip
    if contrasts is not None:
        said.append(contrasts_title(contrasts))
    text = "; ".join(said)
    if text:
        return f"{text[:1].upper()}{text[1:]}."
    if three.empty:
        return "The survey allows none of this study's parts."
    name, row = str(three.index[-1]), three.iloc[-1]
    level = f"{row['score']:.1f} [{row['ci_lower']:.1f}, {row['ci_upper']:.1f}]".replace("-", "−")
    return (
        f"Of this study's parts the survey allows scores alone: {name[:1].lower()}{name[1:]} {level} of 100."
    )


def methods(
    taken: Taken, everyone: Survey, *, draws: int, linear: int, predicted: bool, maps: bool, classes: bool
) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    left = len(everyone.responses) - len(taken.answers)
    said = [
        f"Of {len(everyone.responses):,} respondents {left} failed an instructed item and were left out."
        if left
        else f"All {len(taken.answers):,} respondents were kept."
    ]
    if predicted:
        said += [
            "Experience (b) and expectation (a) were compared by question and by person "
            f"({len(taken.expected)} "
            "pairs, half of them answered); the reliability of differences follows Lord (1963), that of "
            "ratios the "
            "delta method.",
            "States of the gap (equal: less than half an answer step apart) were set against those of "
            "the direct "
            "rating by linearly weighted κ.",
            f"{'Gap' if taken.no_ratio else 'Ratio, gap'} and experience alone predicted the direct "
            "rating by "
            "normal scores in tenfold cross-validation; differences of R² have intervals from paired "
            "squared errors.",
        ]
    if maps:
        stated = "stated importance and " if set(taken.attributes) <= set(taken.importance) else ""
        said.append(
            f"Priorities: mean performance against {stated}relative weights (Johnson, 2000), "
            f"{draws:,} bootstrap draws."
        )
    if classes:
        said.append(
            "Penalties and rewards: dummies for the lowest and the highest third, HC3; their "
            "false-classification "
            f"rates come from {linear} surveys drawn from the linear fit."
        )
    return said
