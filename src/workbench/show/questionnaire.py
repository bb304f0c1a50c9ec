"""What study 01 says of a questionnaire and its answers: titles, findings, methods, chosen by the numbers.

Each function takes the results that stand on the page and returns sentences that are true of them, whatever
survey they come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.show import numbers
from workbench.show.prose import counted, listed

if TYPE_CHECKING:
    import pandas as pd

    from workbench.survey import Survey
    from workbench.survey.design_check import DesignCheck
    from workbench.survey.distributions import ItemDistributions, PlaceTrend
    from workbench.survey.missing import McarTest, MissingData
    from workbench.survey.screening import Screening

FEW = 0.05  # a share up to here is called few
MOST = 0.75  # a share of the items from here on is called most
ALPHA = 0.05  # of Little's test
LONG = 40  # a wording longer than this gives way to the item's name in a title


def _share(count: int, n: int) -> str:
    """``81 % of 266``, ``all 266``; counts alone where rounding would say none or all."""
    if count in (0, n):
        return f"{'all' if count else 'none of'} {numbers.count(n)}"
    said = numbers.percent(count / n)
    if said in (numbers.percent(0), numbers.percent(1)):
        return f"{numbers.count(count)} of {numbers.count(n)}"
    return f"{said} of {numbers.count(n)}"


def patterns(missing: MissingData) -> str:
    """Title over the patterns of missing answers."""
    n, holes = len(missing.respondents), len(missing.patterns) - (missing.complete > 0)
    if missing.complete == n:
        return "Nobody left out a question"
    left_out = f"the others left out questions in {counted(holes, 'pattern')}"
    if not missing.complete:
        return f"Nobody answered every question; answers are missing in {counted(holes, 'pattern')}"
    return f"{_share(missing.complete, n)} answered every question; {left_out}"


def silent(missing: MissingData) -> str | None:
    """Note on the respondents who answered nothing."""
    count = int((missing.respondents == 1).sum())
    return f"{counted(count, 'respondent')} without any answer left out." if count else None


def chance(missing: MissingData, test: McarTest) -> list[str]:
    """Sentences on Little's test, and on how much its table of patterns can tell."""
    if missing.complete == len(missing.respondents):
        return ["No answer is missing, so there is nothing to test."]
    if numbers.missing(test.pvalue):
        return ["Little's test could not be carried out on these answers; the warning says why."]
    said = numbers.p_phrase(test.pvalue)
    rare = int((test.by_pattern["respondents"] <= 2).sum())
    verb = "has" if rare == 1 else "have"
    thin = (
        f"{rare} of {counted(len(test.by_pattern), 'pattern')} {verb} one or two respondents: little power."
    )
    if test.pvalue < ALPHA:
        return [
            f"The test speaks against missing completely at random ({said}): who left out answers differs in "
            "the answers that were given. Complete cases alone may then mislead.",
        ]
    return [
        f"The test finds no departure from missing completely at random ({said}). That is no proof of it.",
        thin if rare else "",
    ]


def careless(result: Screening) -> str:
    """Title over the signs of carelessness."""
    n, several = len(result.flags), int((result.flags["count"] > 1).sum())
    if not several:
        return "Nobody shows more than one sign of carelessness"
    told = f"{numbers.count(several)} of {numbers.count(n)}"
    if several / n <= FEW:
        return f"Few show more than one sign of carelessness: {told}"
    return f"{told} ({numbers.percent(several / n)}) show more than one sign of carelessness"


def most_frequent_sign(result: Screening) -> list[str]:
    """Sentences on the sign that flags most, and on the signs that could not be assessed."""
    table = result.summary
    unseen = table.loc[table["assessed"] == 0, "index"].tolist()
    seen = table[table["assessed"] > 0]
    top = seen.loc[seen["share"].idxmax()]
    said = [
        f"The sign that flags most is {top['index']}: {numbers.count(top['flagged'])} of "
        f"{numbers.count(top['assessed'])} ({numbers.percent(top['share'])})."
        if top["flagged"]
        else "No sign flags anybody."
    ]
    if top["index"] == "inconsistent" and top["flagged"]:
        said.append(
            "Low consistency is common among attentive people who feel the same about every block: where "
            "their block means hardly differ, nothing is left to be consistent about."
        )
    if top["index"] == "long string" and top["flagged"]:
        said.append("Where questions are few or all ask for praise, contented people tick one answer too.")
    if unseen:
        said.append(f"{counted(len(unseen), 'sign').capitalize()} not assessed here: {listed(unseen)}.")
    return said


def trend(result: PlaceTrend) -> str:
    """Title over missing answers along the questionnaire."""
    row = result.table.iloc[0]
    if numbers.missing(row["rho"]):
        return "Missing answers show no trend along the questionnaire that could be judged"
    limits = (row["ci_lower"], row["ci_upper"])
    said = f"rank correlation {numbers.estimate(row['rho'], limits, bounded=True)}"
    if limits[0] > 0:
        return f"More answers go missing towards the end: {said}"
    if limits[1] < 0:
        return f"Fewer answers go missing towards the end: {said}"
    return f"No clear trend of missing answers along the questionnaire: {said}"


def spread(result: ItemDistributions, survey: Survey) -> str:
    """Title over the answers: to which end they lean, and where most people tick one end of the scale."""
    items, codebook = result.items, survey.codebook
    high = low = 0
    for name, row in items.iterrows():
        item = codebook.items[name]
        middle = (item.scale.min + item.scale.max) / 2
        above = (middle - row["mean"]) if item.reverse else (row["mean"] - middle)
        high, low = high + (above > 0), low + (above < 0)
    turned = " (reversed items turned)" if any(codebook.items[name].reverse for name in items.index) else ""
    if high >= MOST * len(items):
        lean = f"Answers lean to the upper end{turned}"
    elif low >= MOST * len(items):
        lean = f"Answers lean to the lower end{turned}"
    else:
        lean = f"{high} of {counted(len(items), 'question')} draw answers above the middle{turned}"
    end = "ceiling" if items["ceiling"].max() >= items["floor"].max() else "floor"
    top = items[end].idxmax()
    if not items.loc[top, end] > 0:
        return lean
    where = {"ceiling": "highest", "floor": "lowest"}[end]
    share = numbers.percent(items.loc[top, end])
    label = codebook.label(top)
    return f"{lean}; {share} tick the {where} answer to {label if len(label) <= LONG else top}"


def extremes(result: ItemDistributions) -> str:
    """Sentence on floor and ceiling effects."""
    there = result.items[result.items["effect"] != ""]
    if there.empty:
        return "No question has more than 15 % of its answers at an end of the scale."
    verb = "has" if len(there) == 1 else "have"
    return (
        f"{len(there)} of {counted(len(result.items), 'question')} {verb} more than 15 % of the answers at "
        f"an end of the scale: {listed(there.index, most=6)}."
    )


def design(check: DesignCheck) -> str:
    """Which of D3's errors a questionnaire makes, as far as its codebook shows them."""
    made, signs = check.named("made"), check.named("signs of it")
    said = f"of {counted(len(check.checkable), 'design error')} that can be seen, the questionnaire makes "
    said += f"{len(made) or 'none'}{f' ({listed(made)})' if made else ''}"
    return f"{said} and shows signs of {listed(signs)}" if signs else said


def errors(check: DesignCheck) -> pd.DataFrame:
    """The table of D3's errors, each with its name in Chinese behind the English one."""
    return check.errors.assign(error=check.errors["error"] + " " + check.errors["zh"])


def answer(check: DesignCheck, missing: MissingData, careful: Screening, asked: str = "question") -> str:
    """The study's answer in one sentence; ``asked``: what those are whose missing answers are counted."""
    share = _share(missing.complete, len(missing.respondents))
    several, n = int((careful.flags["count"] > 1).sum()), len(careful.flags)
    items = f"all {counted(len(missing.items), asked)}" if len(missing.items) > 1 else f"the {asked}"
    return (
        f"{share[0].upper()}{share[1:]} respondents answered {items}; {numbers.count(several)} of "
        f"{numbers.count(n)} {'shows' if several == 1 else 'show'} more than one sign of carelessness; "
        f"{design(check)}."
    )


def methods(
    surveys: Iterable[Survey], missing: MissingData, test: McarTest, screened: Iterable[Screening]
) -> list[str]:
    """Sentences for a methods section: what was done with these answers, and nothing that was not."""
    read = {survey.title: survey for survey in surveys}
    items = [item for survey in read.values() for item in survey.codebook.items.values()]
    turned = sum(item.reverse for item in items)
    notes = [topic for survey in read.values() for topic in survey.notes["topic"]]
    done = [
        "codes for missing answers were set to missing" if "missing code" in notes else "",
        f"{counted(turned, 'reverse-worded item')} {'was' if turned == 1 else 'were'} turned"
        if turned
        else "",
    ]
    recoded = "; " + listed(text for text in done if text) if any(done) else ""
    asked = [
        f"{counted(len(survey.responses), 'respondent')} to {counted(len(survey.codebook.items), 'question')}"
        + f" ({title})" * (len(read) > 1)
        for title, survey in read.items()
    ]
    incomplete = missing.complete < len(missing.respondents)
    tested = incomplete and not numbers.missing(test.pvalue)
    how = {
        "few answers": "the share of questions answered",
        "long string": "the longest run of one answer",
        "no variation": "intra-individual variability",
        "inconsistent": "even–odd consistency with the Spearman–Brown step-up",
        "unusual pattern": "Mahalanobis distance over the answered questions (EM moments)",
        "instructed item": "instructed items",
    }
    tables = [result.summary for result in screened]
    used = {name for table in tables for name in table.loc[table["assessed"] > 0, "index"]}
    through = "codebooks" if len(read) > 1 else "a codebook"
    return [
        f"Answers of {listed(asked)} were read through {through}{recoded}.",
        "Missing answers are described by question and pattern." if incomplete else "No answer was missing.",
        "Missingness completely at random was tested by Little's (1988) test, with EM moments."
        if tested
        else "",
        f"Careless answering was screened by {listed(text for name, text in how.items() if name in used)}; "
        "respondents were flagged, none was removed.",
        "Floor and ceiling effects are shares above 15 % at an end of the scale.",
        "The design was checked against the five errors that D3 names, as far as the codebook shows them.",
    ]
