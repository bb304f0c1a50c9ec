"""What the numbers of study 16 say: sentences and titles, chosen by the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.show import numbers
from workbench.show.prose import counted, listed
from workbench.studies.own_model import stated as own_stated
from workbench.studies.sample_size.imperfect_answers import CARELESS, GAPS, SKEWED

if TYPE_CHECKING:
    from workbench.sem.fit_cutoffs import Cutoffs
    from workbench.studies.sample_size.planned import Planned
    from workbench.studies.sample_size.power_curves import Curves

CONDITIONS = {
    "clean": "normal answers, everybody careful, nothing missing",
    "boxes": "five boxes, the middle one fullest, taken as numbers",
    "skewed": f"five boxes, {numbers.percent(1 - norm.cdf(SKEWED[-1]))} in the highest",
    "random": f"{numbers.percent(CARELESS)} of the respondents tick at random",
    "straight": f"{numbers.percent(CARELESS)} of the respondents tick one box throughout",
    "gaps": f"{numbers.percent(GAPS)} of the answers missing at random, complete cases kept",
    "fiml": "the same gaps, every answer used (full information)",
    "misfit": "the items are not as the model has them (the slighter fault of the section on marks)",
}
CAUSES = {
    "boxes": "Five even boxes",
    "skewed": "Skewed boxes",
    "random": "Random answers",
    "straight": "Straight lines",
    "gaps": "Gaps with complete cases kept",
    "fiml": "Gaps with every answer used",
    "misfit": "Items that are not as modelled",
}
MEASURES = {"cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR"}


def respondents(n: float, sizes: Sequence[int]) -> str:
    """A number of respondents read off a grid: ``above 1,200`` and ``100 or fewer`` at its ends."""
    if np.isnan(n):
        return f"above {numbers.count(max(sizes))}"
    return f"{numbers.count(n)} or fewer" if n <= min(sizes) else numbers.count(n)


def grid_ends(table: pd.DataFrame, sizes: Sequence[int]) -> str | None:
    """What a dash stands for in a table of respondents; None where none is in it."""
    if table.isna().to_numpy().any():
        return f"\N{EN DASH}: above {numbers.count(max(sizes))}."
    return None


def least_told(table: pd.DataFrame, sizes: Sequence[int]) -> dict[Any, float]:
    """For `show.table`: the smallest size that was looked at says of each column "so many or fewer"."""
    return dict.fromkeys(table, float(min(sizes)))


def drawn(effects: pd.DataFrame, found: Curves, few: int) -> str:
    """How many samples stand behind a table by effect, and how well a power is known from so many.

    Parameters
    ----------
    effects : columns named by their effect as written. found : the curves.
    few : samples at each size of every effect but that of the curves.
    """
    error = numbers.number(replace(found, draws=few).error(), bounded=True)
    text = f"{few:,} samples at each size, so that a power of .80 is known to ±{error}"
    own = numbers.number(found.effect)
    if own not in effects:
        return f"{text}."
    closer = numbers.number(found.error(), bounded=True)
    return f"{text}; for an effect of {own} the {found.draws:,} above, and ±{closer}."


def named(need: pd.DataFrame) -> str:
    """Which effect each line of the figure stands for."""
    return f"{'; '.join(f'{name}: {text}' for name, text in need['statement'].items())}."


def assumptions(planned: Planned) -> pd.DataFrame:
    """What stands behind every number: index what; value, origin."""
    loadings = np.array(list(planned.loadings.values()))
    off = planned.related.to_numpy()[np.triu_indices(len(planned.related), 1)]
    origin = f"found, n = {numbers.count(planned.n)}" if planned.found else "assumed"
    rows = [("Standardized path of every hypothesis", numbers.number(planned.effect), "assumed")]
    for what, values in (("Standardized loadings", loadings), ("Correlations of the causes", off)):
        if len(values):
            ends = [numbers.number(value, bounded=True) for value in (values.min(), values.max())]
            rows.append((what, ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}", origin))
    return pd.DataFrame(rows, columns=["what", "value", "origin"]).set_index("what")


def stated(planned: Planned) -> pd.DataFrame:
    """What is to be found: index hypothesis; statement, kind."""
    return own_stated(planned.model)[["statement", "kind"]]


def answer(need: pd.DataFrame, planned: Planned, found: Curves) -> str:
    """The study's answer in one sentence."""
    sizes, most = found.sizes, need["n80"].fillna(np.inf)
    hardest, easiest = most.idxmax(), most.idxmin()
    what = f"standardized effects of {numbers.number(planned.effect)}"
    first = f"To find {what} with a power of 80 %, this model needs "
    last = respondents(need.loc[hardest, "n80"], sizes)
    if most.nunique() > 1:
        least = respondents(need.loc[easiest, "n80"], sizes)
        text = f"{first}{least} ({easiest}) to {last} ({hardest}) respondents"
    else:
        text = f"{first}{last} respondents"
    weak = _weak(found)
    if len(weak) and (need["n80"] <= weak.index.max()).any():
        share = numbers.percent(weak.iloc[-1])
        text += (
            f", counted in samples with a proper solution ({share} of those of "
            f"{numbers.count(weak.index.max())} respondents have none)"
        )
    if not planned.n:
        return f"{text}."
    enough = int((need["at_hand"] >= 0.8).sum())
    of = counted(len(need), "hypothesis", "hypotheses")
    return f"{text}; the {numbers.count(planned.n)} at hand are enough for {enough} of {of}."


def curves_title(need: pd.DataFrame, found: Curves) -> str:
    """The finding of the figure of power curves."""
    hardest = need["n80"].fillna(np.inf).idxmax()
    n = respondents(need.loc[hardest, "n80"], found.sizes)
    return f"{hardest} needs most: {n} respondents for a power of 80 %"


def _weak(found: Curves) -> pd.Series:
    """The sizes at which more than one sample in twenty has no proper solution, with the share."""
    return found.improper[found.improper > 0.05].sort_index()


def small_samples(found: Curves, need: pd.DataFrame) -> str | None:
    """A warning where small samples give no proper solution, and which of the needed sizes are among them."""
    weak = _weak(found)
    if weak.empty:
        return None
    shares = listed([f"{numbers.percent(share)} at n = {numbers.count(n)}" for n, share in weak.items()])
    last = weak.index.max()
    within = need.index[need["n80"] <= last]
    text = (
        f"Samples without a proper solution (a negative variance, or no convergence): {shares}. Power counts "
        "those that converged; a plan should not rest on such sizes."
    )
    if not len(within):
        return text
    verb = "needs" if len(within) == 1 else "need"
    return f"{text} {listed(within)} {verb} no more: plan for more than {numbers.count(last)} all the same."


def absence_title(absent: pd.DataFrame, need: pd.DataFrame, planned: Planned) -> str:
    """How many respondents it takes to show that the hardest path is not there."""
    bound = numbers.number(planned.effect)
    if absent["n80"].isna().any():
        return f"To show that no effect reaches {bound} takes more respondents than the sizes looked at"
    hardest = absent["n80"].idxmax()
    shown, found = absent.loc[hardest, "n80"], need.loc[hardest, "n80"]
    beside = f"; to find an effect of {bound} takes {numbers.count(found)}" if found > 0 else ""
    return f"To show that {hardest} is weaker than {bound} takes {numbers.count(shown)} respondents{beside}"


def costs_title(table: pd.DataFrame) -> str:
    """What costs most, and what only seems to help."""
    known = table.dropna(subset="power").drop(index="clean")
    worst = known["power"].idxmin()
    false = known.index[(known["power"] > table.loc["clean", "power"] + 0.02) & (known["covered"] < 0.9)]
    power = [numbers.percent(one) for one in (known.loc[worst, "power"], table.loc["clean", "power"])]
    if known.loc[worst, "power"] >= table.loc["clean", "power"]:
        return "None of these takes power away"
    text = f"{CAUSES[worst]} cost most: power {power[0]} instead of {power[1]}"
    if not len(false):
        return text
    return f"{text}; {listed([CAUSES[name] for name in false]).lower()} raise it by a wrong estimate"


def cutoffs_title(found: Cutoffs) -> str:
    """Whether the usual marks do what they are taken for, with this model and n."""
    table = found.table
    graver = table.index.get_level_values("wrong")[-1]
    passed = table.loc[graver, "wrong_passed"]
    bad = [MEASURES[name] for name, share in passed.items() if share > 0.05]
    rejected = [MEASURES[name] for name, share in table.loc[graver, "true_rejected"].items() if share > 0.05]
    if not bad and not rejected:
        return "The usual marks work here: they let hardly a wrong model pass and reject hardly a true one"
    parts = []
    if bad:
        shares = [f"{MEASURES[n]} in {numbers.percent(s)}" for n, s in passed.items() if s > 0.05]
        parts.append(f"let a wrong model pass ({listed(shares)} of the samples)")
    if rejected:
        parts.append(f"reject a true one ({listed(rejected)})")
    return f"The usual marks {' and '.join(parts)}"


def cutoffs_table(found: Cutoffs) -> pd.DataFrame:
    """Cut-offs for reading: (wrong, measure) in words."""
    table = found.table.copy()
    table.index = pd.MultiIndex.from_tuples(
        [(wrong, MEASURES[measure]) for wrong, measure in table.index],
        names=["wrong", "measure"],
    )
    return table.astype(float)


def t_size_in_words(planned: Planned) -> str | None:
    """What the measurement model's fit cannot rule out; None without answers or without ML."""
    from workbench import sem
    from workbench.errors import SpecificationError

    if planned.measured is None:
        return None
    try:
        worst = sem.t_size(planned.measured)
    except SpecificationError:
        return None
    measures = planned.measured.measures
    cfi, rmsea, least, most = (
        numbers.number(value, 3, bounded=True)
        for value in (measures["cfi"], measures["rmsea"], worst.cfi, worst.rmsea)
    )
    return (
        f"On these answers (ML, {numbers.count(measures['ntotal'])} complete cases) the measurement model "
        f"has CFI {cfi} and RMSEA {rmsea}. What they cannot rule out, with 95 % confidence: a CFI of "
        f"{least} and an RMSEA of {most} beyond these respondents (T-size)."
    )


def methods(planned: Planned, found: Curves, *, seed: int) -> str:
    """The methods paragraph."""
    where = "Loadings and correlations of the causes were assumed."
    if planned.found:
        n = numbers.count(planned.n)
        where = f"Loadings and correlations of the causes were those found in {n} answers, effects were not."
    kinds = {one.kind for one in planned.model.hypotheses}
    said = [
        f"Power was computed by simulation (Muthén & Muthén, 2002): {numbers.count(found.draws)} samples at "
        f"each of {counted(len(found.sizes), 'sample size')} from {numbers.count(min(found.sizes))} to "
        f"{numbers.count(max(found.sizes))}, normal answers, maximum likelihood, seed {seed}.",
        f"Every hypothesized path was {numbers.number(planned.effect)} (standardized).",
        where,
        "An effect counts as found if its 95 % interval excludes 0.",
        "An indirect effect counts as found if its paths are (joint significance; MacKinnon et al., 2002)."
        if "indirect" in kinds
        else "",
        "A moderation was planned as the product of two mean scores, their unreliability included."
        if "moderation" in kinds
        else "",
        f"A power of .80 that is counted so is known to ±{numbers.number(found.error(), bounded=True)}.",
        "A path counts as shown to be absent if its 90 % interval lies within plus and minus that effect "
        "(two one-sided tests; Schuirmann, 1987), in samples without any hypothesized path."
        if "direct" in kinds
        else "",
    ]
    return " ".join(part for part in said if part)


def sources(planned: Planned, *, cutoffs: bool) -> list[str]:
    """The works that the page rests on."""
    kinds = {one.kind for one in planned.model.hypotheses}
    return sorted(
        [
            "Cohen 1988",
            *(["Enders & Bandalos 2001", "Schuirmann 1987"] if "direct" in kinds else []),
            *(["Hoenig & Heisey 2001"] if planned.n else []),
            *(["Hu & Bentler 1999", "McNeish & Wolf 2023"] if cutoffs else []),
            *(["MacKinnon, Lockwood, Hoffman, West & Sheets 2002"] if "indirect" in kinds else []),
            "Muthén & Muthén 2002",
            *(["Yuan, Chan, Marcoulides & Bentler 2016"] if planned.measured is not None else []),
        ]
    )
