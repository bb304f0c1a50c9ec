"""Sentences, titles and heads of study 05, chosen by the numbers that they stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.group_differences.comparison import LEVEL, WORSE
from workbench.studies.group_differences.planted import NOT_FOUND

if TYPE_CHECKING:
    import pandas as pd

    from workbench.evidence.claims import Verdict
    from workbench.measurement.group_differences import PathDifferences
    from workbench.studies.group_differences.comparison import Asked, Compared
    from workbench.studies.group_differences.verdicts import Moderation
    from workbench.survey.samples import Samples

ALIKE = {WORSE[-1]: "too few items"}  # how far items are alike, where the word alone would say too much
HEADS = {"chisq": "χ²", "cfi": "CFI", "rmsea": "RMSEA"}
PARAMETERS = {
    "thresholds": "thresholds",
    "metric": "loadings",
    "scalar": "intercepts",
    "strict": "residual variances",
}
CHANGES = {"chisq_diff": "Δχ²", "df_diff": "Δdf", "pvalue_diff": "p"}
KINDS = ("", "_scaled", "_robust")
# Conventions for fit; a difference of paths that a reader may want to name, and the chance of it.
GOOD_CFI, GOOD_RMSEA = 0.95, 0.06
WORTH_NAMING, POWER = 0.20, 0.80


def heads(table: pd.DataFrame) -> dict[str, str]:
    """Columns of a table of levels in order, with heads that say which measures are scaled or robust."""
    found: dict[str, str] = {}
    for name, head in HEADS.items():
        found |= {f"{name}{kind}": f"{head}{', ' * bool(kind)}{kind[1:]}" for kind in KINDS}
        found |= {"df": "df"}
    found |= CHANGES
    for name in ("cfi", "rmsea"):
        found |= {f"delta_{name}{kind}": f"Δ{HEADS[name]}{', ' * bool(kind)}{kind[1:]}" for kind in KINDS}
    return {name: head for name, head in found.items() if name in table}


def way(compared: Mapping[str, Compared]) -> str:
    """How the headline is fitted, for all groupings together."""
    return listed(dict.fromkeys(one.way for one in compared.values()))


def levels(compared: Mapping[str, Compared], labels: Mapping[str, str]) -> str:
    """How far each grouping came: which levels hold wholly, in part, or not."""
    said = []
    for name, one in compared.items():
        reached = [
            f"{level} {'rejected as a whole' if level in _rejected(one) else ALIKE.get(word, word)}"
            for level, word in one.ladder.reached.items()
        ]
        said.append(f"{labels[name]}: {', '.join(reached)}")
    return "; ".join(said)


def fit(compared: Mapping[str, Compared], labels: Mapping[str, str]) -> list[str]:
    """Whether the constructs fit the groups at all, before anything is held equal (Hu and Bentler 1999)."""
    said = []
    for name, one in compared.items():
        row = one.ladder.table.loc["configural"]
        cfi, rmsea = (next(row[f"{key}{kind}"] for kind in KINDS[::-1] if f"{key}{kind}" in row)
                      for key in ("cfi", "rmsea"))  # fmt: skip
        numbered = (
            f"CFI {numbers.number(cfi, 3, bounded=True)}, RMSEA {numbers.number(rmsea, 3, bounded=True)}"
        )
        if cfi >= GOOD_CFI and rmsea <= GOOD_RMSEA:
            said.append(
                f"{labels[name]}: with nothing held equal the constructs fit the groups ({numbered})."
            )
        else:
            said.append(
                f"{labels[name]}: with nothing held equal the constructs miss the usual marks ({numbered}; "
                f"{numbers.number(GOOD_CFI, 2, bounded=True)} or more, "
                f"{numbers.number(GOOD_RMSEA, 2, bounded=True)} or less). "
                "What is found alike below is a model that itself does not fit well: see study 03."
            )
    return said


def freed(compared: Mapping[str, Compared], labels: Mapping[str, str]) -> str:
    """How many parameters had to be freed in each grouping."""
    return ", ".join(f"{labels[name]} {len(one.ladder.steps)}" for name, one in compared.items())


def _wording(item: str, labels: Mapping[str, str]) -> str:
    said = labels.get(item, item)
    return f"{said}; " if said != item else ""


def unnamed(compared: Mapping[str, Compared], labels: Mapping[str, str]) -> list[str]:
    """Levels that are rejected as a whole although no single parameter of theirs could be named and freed."""
    return [
        f"{labels[name]}: equal {PARAMETERS[level]} are rejected as a whole ({_test(one, level)}), and no "
        "single one differs clearly, so none was freed; what follows for this grouping rests on that."
        for name, one in compared.items()
        for level in _rejected(one)
    ]


def _rejected(one: Compared) -> list[str]:
    table, reached = one.ladder.table, one.ladder.reached
    held = [level for level, word in reached.items() if word == "full" and level in table.index]
    return [level for level in held if table.loc[level, "pvalue_diff"] < LEVEL]


def _test(one: Compared, level: str) -> str:
    row = one.ladder.table.loc[level]
    return numbers.statistic("Δχ²", row["chisq_diff"], df=row["df_diff"], p=row["pvalue_diff"])


def suspects(compared: Mapping[str, Compared], labels: Mapping[str, str]) -> list[str]:
    """Whether levels hold where nothing was freed for them: those rejected whole, and intercepts of ordered
    answers.
    """
    said = unnamed(compared, labels)
    for name, one in compared.items():
        if not one.ordered or "scalar" not in one.ladder.table.index:
            continue
        test = _test(one, "scalar")
        items = [
            f"{item} ({_wording(item, labels)}modification index {numbers.number(mi, 1)})"
            for item, mi in one.ladder.suspects.itertuples(index=False)
        ]
        said.append(
            f"{labels[name]}: equal intercepts are rejected ({test}); they would differ most in "
            f"{listed(items)}. Means of groups are not comparable by all items; paths are not touched."
            if items
            else f"{labels[name]}: equal intercepts are not rejected ({test})."
        )
    return said


def with_words(joint: pd.DataFrame) -> pd.DataFrame:
    """The tests of equal paths, how far loadings are alike in words."""
    return joint.assign(loadings=joint["loadings"].replace(ALIKE))


def alike(joint: pd.DataFrame) -> list[str]:
    """Note: what a grouping whose items are alike in too few is worth; nothing where there is none."""
    if not joint["loadings"].isin(ALIKE).any():
        return []
    return [
        "Too few items: in some construct fewer than two are alike in thresholds and loadings, so that its "
        "paths mean different things and the test decides nothing."
    ]


def gate(joint: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Title: for which groupings equal paths are rejected."""
    if joint.empty:
        return "Equal paths could be tested for no grouping"
    found = [labels[name] for name, row in joint.iterrows() if row["p_holm"] < LEVEL]
    many = f"{counted(len(joint), 'grouping')}"
    return f"Equal paths are rejected for {len(found)} of {many}" + (f": {listed(found)}" if found else "")


def lesson(
    joint: pd.DataFrame, differences: Mapping[str, PathDifferences], labels: Mapping[str, str]
) -> list[str]:
    """What the gate and the single differences say together, and how large a survey would have to be."""
    from scipy.stats import norm

    said = []
    for name, found in differences.items():
        table, opened = found.contrasts, joint.loc[name, "p_holm"] < LEVEL
        clear = int(((table["ci_lower"] > 0) | (table["ci_upper"] < 0)).sum())
        if opened and not clear:
            what = "some path differs, and which one cannot be said: no single difference is clear of zero"
        elif opened:
            what = f"some path differs, and {counted(clear, 'single difference')} can be named"
        elif clear:
            stay = "stays behind a closed gate and is" if clear == 1 else "stay behind a closed gate and are"
            single = counted(clear, "single difference")
            what = f"equal paths are not rejected; {single} clear of zero {stay} not named"
        else:
            what = "equal paths are not rejected, and no single difference is clear of zero"
        error = float(table["se"].median())
        quantile = float(((table["ci_upper"] - table["est"]) / table["se"]).median())
        least = (quantile + norm.ppf(POWER)) * error
        times = (least / WORTH_NAMING) ** 2
        said.append(
            f"{labels[name]}: {what}. The median standard error of a difference is "
            f"{numbers.number(error)}; to be named among {len(table)} with a chance of "
            f"{numbers.percent(POWER)} it has to be {numbers.number(least)}. For one of "
            f"{numbers.number(WORTH_NAMING)} "
            + (
                f"it would take {numbers.number(times, 1)} times as many respondents."
                if times > 1
                else "this survey is large enough."
            )
        )
    if said:
        said.append(
            "A report that picks the largest bars of the first figure and tests them one by one names some "
            "that are there by luck: one in twenty of those without a difference."
        )
    return said


def widest(found: PathDifferences, labels: Mapping[str, str], grouping: str, test: pd.Series) -> str:
    """Title: the path whose estimates lie farthest apart between the groups, and how far.

    test : that of equal paths, the grouping's row of `joint_tests`: only where it rejects is a difference
    worth its name.
    """
    spread = found.paths.groupby(["from", "to"], sort=False)["estimate"].agg(["min", "max"])
    source, target = (spread["max"] - spread["min"]).idxmax()
    rows = found.paths[(found.paths["from"] == source) & (found.paths["to"] == target)].set_index("group")
    low, high = rows["estimate"].idxmin(), rows["estimate"].idxmax()
    ends = [f"{numbers.number(rows.loc[group, 'estimate'])} ({group})" for group in (low, high)]
    path = f"{labels.get(source, source)} → {labels.get(target, target)}"
    gate = "" if test["p_holm"] < LEVEL else "equal paths are not rejected; "
    return f"{grouping}: {gate}estimates lie farthest apart for {path}, {ends[0]} to {ends[1]}"


def otherwise(table: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Title: whether the test comes out alike in every way. Index (grouping, analysis)."""
    said = []
    for name, rows in table.groupby(level=0, sort=False):
        below = int((rows["pvalue"] < LEVEL).sum())
        said.append(f"{labels[name]} in {below} of {len(rows)}")
    mark = numbers.number(LEVEL, bounded=True)
    return f"The test of equal paths done otherwise, p below {mark} before correction: {', '.join(said)}"


def answer(
    decided: Mapping[str, Verdict], compared: Mapping[str, Compared], labels: Mapping[str, str]
) -> str:
    """The answer of the page. decided : by grouping and moderator."""
    if decided:
        differ, alike = (
            listed((labels[name] for name, one in decided.items() if one.found is holds), none=none)
            for holds, none in ((True, "nothing that was asked about"), (False, "none"))
        )
        return f"Effects differ by {differ}; no difference was established for {alike}."
    items = sum(len(one.ladder.steps) for one in compared.values())
    freed_ = (
        f"{counted(items, 'item parameter')} {'was' if items == 1 else 'were'} freed between groups"
        if items
        else "no single item parameter was found to differ between groups"
    )
    measured = f"How groups compare in measurement: {levels(compared, labels)}; {freed_}"
    return f"{measured}. Paths were not compared."


def methods(
    compared: Mapping[str, Compared], asked: Asked, moderated: Moderation | None, samples: Samples, n: int
) -> list[str]:
    """The methods paragraph, a sentence each, from what was run."""
    ordered = any(one.ordered for one in compared.values())
    chain = any(one.paths for one in compared.values())
    rungs = list(dict.fromkeys(level for one in compared.values() for level in one.ladder.reached))
    return [
        f"The headline rests on the respondents in the sample “{samples.main}” (n = {n:,}).",
        f"Measurement invariance of {counted(len(asked.constructs), 'construct')} "
        f"({len(asked.items)} items) was tested by multi-group confirmatory factor analysis "
        f"({way(compared)}; factor variances fixed to 1 in the first group): configural, {', '.join(rungs)}"
        f"{', scalar' if ordered else ', strict'}.",
        "Ordered answers were identified as Wu and Estabrook (2016) do, thresholds first, and levels "
        "compared by scaled and shifted difference tests (Satorra, 2000)."
        if ordered
        else "Levels were compared by scaled difference tests (Satorra and Bentler, 2001).",
        "Where a level failed, equality constraints were released one at a time by robust score tests, "
        "Holm-corrected over all constraints of the level.",
        "Structural paths were compared with "
        f"{'thresholds and ' * ordered}loadings equal but for those released: jointly by the difference test "
        "of equal against free paths, Holm-corrected over groupings, with the RMSEA of the "
        "difference and its 90 % interval as its size; singly by each group's difference from the "
        "mean of the others in common standard deviations, with simultaneous 95 % intervals (max-t)."
        if chain
        else "",
        "Moderators were tested as products of standardized scale means in one regression with HC3 errors, "
        "Holm-corrected."
        if moderated
        else "",
    ]


def found_items(items: pd.DataFrame) -> str:
    """Title: how many of the items that differ in the population were found, and how many that do not."""
    planted = items[items["what"] != "nothing"]
    if planted.empty:
        head = "No item differs between these groups in the population"
    else:
        found = int((planted["found"] != NOT_FOUND).sum())
        head = f"{found} of {counted(len(planted), 'item')} that differ in the population were found"
    wrong = len(items) - len(planted)
    extra = f"; freed without a difference in the population: {counted(wrong, 'parameter')}"
    return head + extra * bool(wrong)


def named(
    joint: pd.DataFrame, clear: Mapping[str, pd.DataFrame], planted: pd.DataFrame, labels: Mapping[str, str]
) -> str:
    """Whether the differences that the page names are on paths where one is planted."""
    known = set(planted[["grouping", "from", "to"]].itertuples(index=False, name=None))
    rows = [
        (name, row["group"], row["from"], row["to"])
        for name, table in clear.items()
        if joint.loc[name, "p_holm"] < LEVEL
        for _, row in table.iterrows()
    ]
    wrong = [row for row in rows if (row[0], *row[2:]) not in known]
    if not rows:
        return "No single difference is named, so none is named wrongly."
    said = f"Of {counted(len(rows), 'difference')} that can be named, {len(rows) - len(wrong)} "
    said += f"{'is' if len(rows) - len(wrong) == 1 else 'are'} on paths where one is planted"
    if not wrong:
        return f"{said}."
    away = [
        f"{labels[source]} → {labels[target]} ({labels[name]}: {group})"
        for name, group, source, target in wrong
    ]
    return (
        f"{said}; {listed(away)} {'is' if len(away) == 1 else 'are'} not: simultaneous intervals of 95 % "
        "go wrong somewhere in one grouping of twenty."
    )


def power(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The kept rates as they are shown, a row for each hypothesis and population."""
    shown = table.assign(
        hypothesis=[labels.get(part, part) for part in table["part"]],
        planted=table["planted"].map({True: "yes", False: "no"}),
    )
    return shown.sort_values("part", kind="stable", key=lambda part: part.map(_places(table))).set_index(
        "hypothesis"
    )


def _places(table: pd.DataFrame) -> dict[str, int]:
    return {part: number for number, part in enumerate(dict.fromkeys(table["part"]))}


def power_title(table: pd.DataFrame, population: str, labels: Mapping[str, str]) -> str:
    """Title: how often what is planted in the population is found."""
    own = table[(table["population"] == population) & (table["planted"] == True)]  # noqa: E712 - objects
    said = [f"{labels.get(row.part, row.part)} in {row.found} of {row.seeds}" for row in own.itertuples()]
    return f"How often surveys drawn from this population find what is planted: {listed(said)}"


def one_draw(
    decided: Sequence[Verdict], table: pd.DataFrame, population: str, labels: Mapping[str, str]
) -> list[str]:
    """Which verdicts of this survey are not what most surveys from the same population give."""
    rows = table[table["population"] == population].set_index("part")
    said = []
    for one in decided:
        if one.part not in rows.index:
            continue
        found, seeds = int(rows.loc[one.part, "found"]), int(rows.loc[one.part, "seeds"])
        if (2 * found > seeds) != one.found and 2 * found != seeds:
            here = "found here" if one.found else "not found here"
            share = f"{found} of {seeds}" if one.found else f"{seeds - found} of {seeds}"
            luck = "lucky" if one.found == bool(one.planted) else "unlucky"
            said.append(
                f"{labels.get(str(one.part), one.part)} is {here}, as in {share} such surveys: "
                f"this draw is {luck}."
            )
    if not said:
        return ["Every verdict of this survey is what most surveys from the same population give."]
    return [*said, "One survey shows one draw; the rate says what the design can do."]
