"""What the numbers of study 15 say: sentences and titles, chosen by the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.evidence import ledger
from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.customer_lifetime import score, stages
from workbench.studies.customer_lifetime.rows import SCORES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.evaluation.survival import CoxModel
    from workbench.evaluation.warning_scores import Estimate
    from workbench.evidence.claims import Verdict
    from workbench.studies.customer_lifetime.lifetime_value import Worth
    from workbench.studies.customer_lifetime.real_customers import Donors, HeldOut
    from workbench.studies.customer_lifetime.score import Warned
    from workbench.studies.customer_lifetime.stages import Life
    from workbench.studies.customer_lifetime.stays import Stays

SIGNALS = {
    "satisfaction": "Satisfaction",
    "change": "Rise of satisfaction since the period before",
    "loyalty": "Loyalty",
    "valued": "Feeling valued",
    "crm_use": "CRM use",
    "recommendation": "Recommendation",
    "complained": "Complained in the period",
    "categories": "Categories bought",
    "share_of_demand": "Share of the customer's demand",
    "contacts": "Contacts",
    "purchases": "Purchases",
    "recency": "Weeks since the last purchase",
    "tenure": "Time as a customer",
}
CHANCE = 0.5  # area of a score that tells nothing
GREEK = {"alpha": "α", "gamma": "γ"}  # parameters as the formulas have them
HYPOTHESES = {
    "D3-3": f"A score fixed on earlier periods warns a period ahead or more: area under the ROC curve "
    f"above "
    f".{round(100 * score.AREA)}, above that of recency alone, and net benefit at a chance of "
    f"{numbers.percent(score.THRESHOLD)} above warning everyone and warning no one",
    "D4-3": "Four hidden stages predict customers who were not used better than two or three; a chain of "
    "forward steps "
    f"loses less than {numbers.number(stages.MARGIN)} of log likelihood a customer; what feeling valued "
    f"does to leaving "
    "differs between the third stage and those before it",
    "D3-7": "Willingness to recommend loads on loyalty more than on satisfaction",
    "D0-3 churn": "CRM use lowers the hazard of leaving: interval of the log hazard ratio below 0",
    "D2-12": "Boosted trees predict who leaves better than a logit of the same columns: difference of the "
    "Brier score, "
    "at a later date, below 0",
    "D3-17": "A fall in satisfaction raises the hazard of leaving, its level held",
    "D4-8": "Loyalty is followed by more purchases and more referrals",
    "D4-9": "Loyalty is followed by lower marketing cost and higher lifetime value",
    "D4-13": "Satisfaction and loyalty together are followed by more frequent and more valuable purchases "
    "and a higher margin",
    "D0-14": "CRM use is followed by more referrals and goes with less leaving",
    "D1-7": "Satisfied customers later buy more, in number and value, at less marketing cost a yuan than "
    "all customers",
    "D2-21": "Feeling valued raises loyalty, and through it lowers the hazard of leaving",
    "D3-21": "Behaviour adds to answers, and answers to behaviour, in predicting repurchase by customers "
    "who were not used",
    "D0-16": "Purchases are followed by more satisfaction in the next period, what is stable in a customer "
    "taken out",
    "D3-16": "A larger share of loyalty than of satisfaction stays with a customer for good",
}
WITHOUT = ("D1-12",)


def untested() -> list[str]:
    """Claims of this study that no data here decide, each with its reason."""
    return [f"{name}: {claim.untested}." for name in WITHOUT if (claim := ledger.claim(name)).untested]


def staying_title(stays: Stays) -> str:
    """The finding of the curves."""
    curves = stays.curves()
    ends = {level: float(table["share"].iloc[-1]) for level, table in curves.items()}
    if len(ends) == 1:
        return f"{numbers.percent(next(iter(ends.values())))} are still customers at the end"
    most, least = max(ends, key=lambda one: ends[one]), min(ends, key=lambda one: ends[one])
    found = stays.alike()
    apart = found is not None and found[2] < 0.05
    return (
        f"{numbers.percent(ends[most])} ({most}) to {numbers.percent(ends[least])} ({least}) are still "
        f"customers at the "
        f"end: groups that {'differ' if apart else 'do not clearly differ'}"
    )


def staying_note(stays: Stays) -> str:
    """Beneath the curves: n, who left, the test."""
    gone = int(stays.data["left"].sum())
    text = (
        f"Kaplan–Meier with 95 % bands; {numbers.count(stays.n)} customers, of whom "
        f"{numbers.count(gone)} left."
    )
    if stays.dropped:
        text += f" Left out, with no time or with a gap in it or in who left: {numbers.count(stays.dropped)}."
    found = stays.alike()
    if found is None:
        return text
    chisq, df, p = found
    return f"{text} Log-rank test: χ²({df}) = {numbers.number(chisq, 1)}, {numbers.p_phrase(p)}."


def terms_note(stays: Stays, model: CoxModel) -> list[str]:
    """Beneath Cox's model: what a term is, and which may be totals that grow with the stay itself."""
    count = f"{numbers.count(model.n)} customers, {numbers.count(model.events)} left; ties after Breslow."
    if not stays.single:
        return [f"A standard deviation more, as first observed. {count}"]
    text = (
        "A total over the whole stay, as of spending or purchases, grows with the stay and goes with staying "
        "even where it does nothing: divide it by the time, or take what was known at the start."
    )
    if growing := stays.growing():
        each = [f"{stays.labels[name]} ({numbers.number(r, bounded=True)})" for name, r in growing.items()]
        text += f" Here these rise with the time, by rank correlation: {listed(each)}."
    return [f"A standard deviation more; one value a customer. {count}", text]


def no_scores(plain: Sequence[str]) -> str:
    """What scores it takes, and which of them stand as plain columns.

    Parameters
    ----------
    plain : of `studies.customer_lifetime.plain_scores`.
    """
    text = f"This takes constructs of the codebook with names among {listed(SCORES)}"
    if plain:
        text += f"; {listed(plain)} {'is a plain column' if len(plain) == 1 else 'are plain columns'} there"
    return f"{text}."


def proportional(model: CoxModel, labels: dict[str, str]) -> str:
    """What the check of Cox's model says."""
    table = model.proportional
    p = float(table.loc["all", "pvalue"])
    text = f"Schoenfeld residuals against the rank of time: χ²({int(table.loc['all', 'df'])}) = "
    text += f"{numbers.number(table.loc['all', 'chisq'], 1)}, {numbers.p_phrase(p)}."
    failing = [labels.get(name, name) for name in table.index[table["pvalue"] < 0.05] if name != "all"]
    if failing:
        return (
            f"{text} The effect changes with time: {listed(failing)}. Its hazard ratio is a mean over "
            f"time, not one that holds throughout."
        )
    return f"{text} No single effect clearly changes with time."


def warning_title(found: dict[str, Estimate]) -> str:
    """The finding of the figure of the warning."""
    area = found["area"]
    text = f"The score's area is {numbers.estimate(area.estimate, area.interval, bounded=True)}"
    if "over recency" in found:
        gap = found["over recency"]
        better = gap.ci_lower > 0
        text = f"{text}, {'above' if better else 'not clearly above'} that of recency alone"
    return text if area.ci_lower > CHANCE else f"{text}; chance alone may give as much"


def warning_note(warned: Warned) -> str:
    """Beneath the figure of the warning."""
    y = warned.happened
    listed_periods = listed(numbers.count(one) for one in warned.train_periods)
    return (
        f"Fixed on periods {listed_periods} ({numbers.count(warned.train_rows)} rows, "
        f"{numbers.count(warned.train_events)} "
        f"followed by leaving), tried on period {numbers.count(warned.test_period)}: "
        f"{numbers.count(len(y))} customers, "
        f"{numbers.count(y.sum())} of whom left {warned.lead} to "
        f"{counted(warned.lead + warned.window - 1, 'period')} later. "
        "Dotted in the third panel: the threshold fixed beforehand."
    )


def lead_title(table: pd.DataFrame) -> str:
    """How the warning fares with the lead time, in a title."""
    areas = table["chance_area"]
    if len(areas) < 2:
        return "How good the warning is"
    falls = (areas.diff().dropna() < 0).all()
    first, last = (numbers.number(one, bounded=True) for one in (areas.iloc[0], areas.iloc[-1]))
    if falls:
        return f"The further ahead, the weaker the warning: its area falls from {first} to {last}"
    return f"The warning by its lead time: an area of {first} at the shortest, {last} at the longest"


def points_note(warned: Warned) -> str:
    """Beneath the table of points; says why a rise may count against a customer."""
    text = (
        f"From 100 points for an average customer; {score.POINTS} points fewer double the odds of leaving. "
    )
    text += "Log odds of a logit; signals beside one another."
    table = warned.weights["points"]
    if {"change", "satisfaction"} <= set(table.index) and table["change"] < 0 < table["satisfaction"]:
        text += (
            " Beside the other signals a rise of satisfaction counts against a customer: points foretell, "
            "and no single one of them is an effect."
        )
    return text


def points(warned: Warned) -> pd.DataFrame:
    """The health score as a table: signal -> points for a standard deviation, mean, standard deviation."""
    table = warned.weights.assign(z=warned.weights["estimate"] / warned.weights["se"])
    return table.rename(index=SIGNALS).sort_values("points", key=abs, ascending=False)


def machine(gap: Estimate) -> str:
    """Boosted trees against the logit."""
    text = (
        f"The Brier score of boosted trees less that of the logit is "
        f"{numbers.estimate(gap.estimate, gap.interval, 4)}"
    )
    if gap.ci_upper < 0:
        return f"{text}: the trees predict better."
    return f"{text}: the {'logit predicts better' if gap.ci_lower > 0 else 'two cannot be told apart'}."


def chains(lives: Life) -> pd.DataFrame:
    """Chains by number of stages: log likelihood a customer on the other half, gain over the one before."""
    rows = []
    for size, forward in lives.held_out:
        other = (size, False) if forward else (size - 1, False)
        row: dict[str, object] = {"chain": f"{size} stages{', forward steps only' if forward else ''}"}
        row["loglik"] = float(lives.held_out[size, forward].mean())
        if other in lives.held_out:
            gain = lives.gain((size, forward), other)
            row |= {"gain": gain.estimate, "ci_lower": gain.ci_lower, "ci_upper": gain.ci_upper}
        rows.append(row)
    return pd.DataFrame(rows).set_index("chain")


def chains_title(lives: Life) -> str:
    """How many stages predict best, and whether forward steps are enough."""
    free = {size: float(values.mean()) for (size, forward), values in lives.held_out.items() if not forward}
    best = max(free, key=lambda one: free[one])
    loss = lives.gain((stages.STAGES, True), (stages.STAGES, False))
    enough = loss.ci_lower > -stages.MARGIN
    return f"{best} stages predict best; forward steps {'are enough' if enough else 'are not enough'}"


def profile(lives: Life, data: pd.DataFrame) -> pd.DataFrame:
    """Each stage of the forward chain: share of rows, means of the signs, chances of staying and ending."""
    chances, model = lives.chances, lives.models[stages.STAGES, True]
    weight = chances.sum(axis=0)
    table = pd.DataFrame(
        {"stage": [f"stage {k + 1}" for k in range(len(weight))], "share": weight / weight.sum()}
    )
    for name in (*lives.signs, "left"):
        table[name] = chances.T @ data[name].to_numpy() / weight
    table["stays"] = model.moves.diagonal()
    table["last"] = [*model.moves[:-1, -1], float("nan")]
    return table.set_index("stage")


def worth_title(found: Worth) -> str:
    """The finding of the held-out check of purchases."""
    real, total = float(found.customers["real"].sum()), found.total
    inside = total.ci_lower <= real <= total.ci_upper
    return (
        f"Expected: {numbers.count(total.estimate)} purchases in {numbers.count(found.ahead)} weeks held out "
        f"{numbers.interval(*total.interval, 0)}; real: {numbers.count(real)}, "
        f"{'inside' if inside else 'outside'} the interval"
    )


def answer(decided: Sequence[Verdict], warned: Warned | None, stays: Stays) -> str:
    """The study's answer in a few sentences."""
    said = []
    if warned is not None:
        found = score.judged(warned)
        area = found["area"]
        when = f"Warned {counted(warned.lead, 'period')} ahead or more"
        shown = numbers.estimate(area.estimate, area.interval, bounded=True)
        if area.ci_lower > CHANCE:
            said.append(f"{when}, the score tells leavers from stayers with an area of {shown}.")
        elif area.ci_upper < CHANCE:
            said.append(f"{when}, the score takes leavers for stayers: its area is {shown}, below chance.")
        else:
            said.append(f"{when}, the score is not shown to tell anybody from anybody: its area is {shown}.")
    judged = [one for one in decided if one.found is not None]
    if judged:
        met = sum(bool(one.found) for one in judged)
        said.append(f"{counted(met, 'rule')} of {len(judged)} {'was' if met == 1 else 'were'} met.")
    if untried := len(decided) - len(judged):
        said.append(f"{counted(untried, 'rule')} of {len(decided)} could not be tested on these data.")
    gone = float(stays.data["left"].mean())
    said.append(
        f"{numbers.percent(gone)} of {numbers.count(stays.n)} customers left while they were followed."
    )
    return " ".join(said)


def clv_in_words(found: Worth) -> str:
    """What a customer of the fitted models is worth; nothing where no money is known."""
    if found.clv is None:
        return ""
    worth = numbers.estimate(found.clv.estimate, found.clv.interval, 0)
    return f"With these a customer's next year is worth {worth} on average."


def methods(stays: Stays, warned: Warned | None, lives: Life | None, worth: Worth | None, seed: int) -> str:
    """A methods paragraph of what was done, for a paper."""
    said = [
        f"How long {numbers.count(stays.n)} customers stayed was estimated by Kaplan–Meier and compared by "
        f"the "
        "log-rank test; Cox's model was checked by scaled Schoenfeld residuals against the rank of time."
    ]
    if warned is not None:
        said.append(
            f"A logit of {counted(len(warned.weights), 'signal')} was fixed on earlier periods and tried "
            f"on a later one, "
            f"with {counted(warned.lead, 'period')} of lead, by the area under the ROC curve (DeLong), "
            f"calibration and net "
            f"benefit at {numbers.percent(score.THRESHOLD)}; boosted trees were compared with it by the "
            f"Brier score."
        )
        said.append(
            "Effects on leaving are log hazard ratios of a complementary log-log model by period; effects "
            "on later "
            "behaviour are regressions with errors clustered by customer."
        )
    if lives is not None:
        said.append(
            f"Hidden Markov models of {listed(lives.signs).replace('_', ' ')} were fitted to one half of "
            f"the customers by "
            "expectation and maximization and compared on the other by log likelihood."
        )
    if worth is not None:
        said.append(
            "Purchases were modelled by BG/NBD and their value by Gamma–Gamma, by maximum likelihood, and "
            "held against "
            f"{numbers.count(worth.ahead)} later weeks."
        )
    said.append(f"Seed {seed}.")
    return " ".join(said)


def sources(warned: Warned | None, lives: Life | None, worth: Worth | None) -> list[str]:
    """Works that the page cites, in order."""
    cited = ["Cox 1972", "Grambsch & Therneau 1994", "Kaplan & Meier 1958"]
    if warned is not None:
        cited += ["DeLong, DeLong & Clarke-Pearson 1988", "Friedman 2001", "Hamaker, Kuiper & Grasman 2015"]
        cited += ["Vickers & Elkin 2006"]
    if lives is not None:
        cited.append("Baum, Petrie, Soules & Weiss 1970")
    if worth is not None:
        cited.append("Fader, Hardie & Lee 2005")
    return sorted(cited)


def total_title(found: HeldOut) -> str:
    """What became of the forecast of real purchases."""
    real, total, weeks = found.real, found.total, numbers.count(found.weeks)
    inside = "inside" if total.ci_lower <= real <= total.ci_upper else "outside"
    expected = f"{numbers.count(total.estimate)} purchases {numbers.interval(*total.interval, 0)}"
    return (
        f"CDNOW, {weeks} weeks later: {expected} expected, {numbers.count(real)} came, {inside} the interval"
    )


def total_note(found: HeldOut) -> str:
    """Who was forecast, and what a plain rule would have said."""
    times = abs(found.plain - found.real) / abs(found.total.estimate - found.real)
    beside = f"{numbers.number(times, 1)} times as far off" if times > 1.0 else "which is nearer"
    return (
        f"{numbers.count(len(found.customers))} customers, public data; the model knows weeks 1 to "
        f"{numbers.count(found.weeks)} alone. If everybody went on as before, {numbers.count(found.plain)} "
        f"purchases would come, {beside}."
    )


def beside_title(table: pd.DataFrame) -> str:
    """Whether recommending goes with choosing again rather than with satisfaction."""
    more, less = int((table["ci_lower"] > 0).sum()), int((table["ci_upper"] < 0).sum())
    if not more and not less:
        return f"None of {len(table)} surveys tells if recommending goes with choosing again or satisfaction"
    (word, count), *others = [(word, count) for word, count in (("more", more), ("less", less)) if count]
    where = f"In {count} of {len(table)} surveys"
    text = f"{where} recommending goes {word} with choosing again than with satisfaction"
    return f"{text}, in {others[0][1]} less" if others else text


def donors_title(found: Donors) -> str:
    """Whether all of past behaviour tells more than recency."""
    gain = numbers.estimate(found.gain.estimate, found.gain.interval, bounded=True)
    if found.gain.ci_lower > 0:
        return f"Real donors: all of their past tells more than recency, by {gain} of the area"
    return f"Real donors: all of their past is not shown to tell more than recency ({gain} of the area)"
