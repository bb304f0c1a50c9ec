"""The respondents that an analysis rests on: all of them, and without those who seem not to have read.

Leaving people out by their answers selects on the answers, so nobody is left out in silence: a study takes
one sample for its headline and sets the others beside it. Of a survey too large to be analysed whole a part
is drawn, and every sample's rule and the warnings say how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ParameterError
from workbench.survey.recoded import TOPIC as RECODED
from workbench.survey.responses import Survey
from workbench.survey.screening import instructed_items, screen

if TYPE_CHECKING:
    import pandas as pd

EVERYONE, CHECKED, SCREENED = "everyone", "passed the attention check", "fewer signs of carelessness"
MOST_CELLS = 1_000_000  # respondents times items of an analysis: what full information takes minutes for
SEED = 1  # of the respondents who are drawn where there are more


@dataclass(frozen=True)
class Samples:
    """``surveys``: name of the sample -> its respondents, ``main`` the name of the headline's;
    ``table``: sample; respondents, left_out, rule. ``drawn``: how many of how many were drawn, in a sentence;
    empty where all were taken."""

    surveys: Mapping[str, Survey]
    main: str
    table: pd.DataFrame
    warnings: tuple[str, ...] = ()
    drawn: str = ""

    @property
    def survey(self) -> Survey:
        """The respondents of the headline."""
        return self.surveys[self.main]

    @property
    def in_words(self) -> list[str]:
        """Who stands behind the headline, in sentences of a methods paragraph."""
        left_out = (
            "Respondents who failed an instructed item were left out."
            if self.main == CHECKED
            else "Nobody was left out of the headline."
        )
        return [*filter(None, [self.drawn]), left_out]


def analysis_samples(
    survey: Survey, *, check: str = "attention_check", answer: float = 2, signs: int = 2
) -> Samples:
    """Everyone; those who passed an instructed item; those with fewer than so many signs of carelessness.

    Parameters
    ----------
    check, answer : variable that holds an instructed item ("please tick 2") and the answer it asks for, where
        the codebook gives no variable an ``instructed:`` answer. Who left it out is kept. A codebook without
        either has no such sample.
    signs : flags of ``screen`` over the whole questionnaire from which a respondent is left out.
    survey : as it was opened.

    Returns
    -------
    Samples; the headline's sample is the instructed item's where there is one, else everyone. Of a survey of
    more than a million cells (respondents times items) as many respondents as make a million are drawn at
    random first, and all samples are of them.

    Raises
    ------
    ParameterError : ``signs`` below 1.

    Source: Meade & Craig (2012), Psychol. Methods 17, 437-455.

    Examples
    --------
    >>> from workbench import survey
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey")
    >>> samples = survey.analysis_samples(answers)
    >>> samples.main, samples.table["respondents"].tolist()
    ('passed the attention check', [1000, 954, 983])
    """
    import pandas as pd

    if signs < 1:
        raise ParameterError(
            f"signs={signs}: a respondent without any sign cannot be left out; give 1 or more"
        )
    asked, survey = len(survey.responses), draw(survey)
    drawn = some = ""
    if (taken := len(survey.responses)) < asked:
        drawn = (
            f"{taken:,} of {asked:,} respondents were drawn at random (seed {SEED}); everything that follows "
            "is of them."
        )
        some = f", of {taken:,} drawn at random from {asked:,}"
    surveys, rules = {EVERYONE: survey}, {EVERYONE: "nobody left out"}
    warnings: list[str] = [drawn] if drawn else []
    copies = survey.notes[survey.notes["topic"] == RECODED]
    warnings += [f"{copy.column}: {copy.note}" for copy in copies.itertuples()]
    if (told := _as_told(survey, check, answer)) is not None:
        kept, rules[CHECKED] = told
        surveys[CHECKED] = survey.subset(kept, rules[CHECKED])
    else:
        warnings.append(
            "The codebook names no instructed item ('instructed:' of a variable): nobody was left out for "
            "the headline, and careless answers may be among them; see the sample without flagged "
            "respondents."
        )
    found = screen(survey)
    rules[SCREENED] = f"fewer than {signs} of {len(found.summary)} signs of carelessness (study 01)"
    careful = found.flags["count"] < signs
    surveys[SCREENED] = survey if careful.all() else survey.subset(careful, rules[SCREENED])
    table = pd.DataFrame(
        [(name, len(kept.responses), len(survey.responses) - len(kept.responses), rules[name] + some)
         for name, kept in surveys.items()],
        columns=["sample", "respondents", "left_out", "rule"],
    )  # fmt: skip
    main = CHECKED if CHECKED in surveys else EVERYONE
    return Samples(surveys, main, table.set_index("sample"), (*warnings, *found.warnings), drawn)


def draw(survey: Survey) -> Survey:
    """As many respondents, drawn at random with a fixed seed, as an analysis takes in minutes; else all.

    Parameters
    ----------
    survey : as it was opened.

    Examples
    --------
    >>> from workbench.survey.samples import draw
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey")
    >>> draw(answers) is answers
    True
    """
    import numpy as np
    import pandas as pd

    there, most = len(survey.responses), MOST_CELLS // max(len(survey.codebook.items), 1)
    if there <= most:
        return survey
    chosen = np.zeros(there, dtype=bool)
    chosen[np.random.default_rng(SEED).choice(there, most, replace=False)] = True
    why = f"{most:,} of {there:,} respondents drawn at random (seed {SEED})"
    return survey.subset(pd.Series(chosen, index=survey.responses.index), why)


def headline_sample(survey: Survey, *, check: str = "attention_check", answer: float = 2) -> Survey:
    """The respondents of `analysis_samples`' headline alone, all of them, without screening the others."""
    told = _as_told(survey, check, answer)
    return survey if told is None else survey.subset(*told)


def _as_told(survey: Survey, check: str, answer: float) -> tuple[pd.Series, str] | None:
    """Who answered the instructed items as told to, and the rule in words; None where there are none."""
    import pandas as pd

    told = instructed_items(survey)
    if len(told.columns):
        asked = ", ".join(survey.codebook.label(name) for name in told.columns)
        return ~(told == 1).any(axis=1), f"answered as told to ({asked})"
    if check not in survey.variables:
        return None
    given = pd.to_numeric(survey.responses[check], errors="coerce")
    rule = f"answered {answer:g} where told to ({survey.codebook.label(check)})"
    return given.isna() | (given == answer), rule
