"""Careless answers: long strings, straight lines, inconsistency, unusual patterns.

Everything here flags; nothing is deleted. A flag is a reason to look, not a proof of carelessness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault, NotApplicable, ParameterError
from workbench.survey.missing import MOST, em_moments
from workbench.survey.responses import Survey
from workbench.survey.texts import fold

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Screening:
    """Indices of careless answering.

    respondents : one respondent per row: ``answered`` (share), ``longest_string``, ``longest_share``,
        ``irv``, ``straight_blocks``, ``even_odd``, ``mahalanobis``, ``mahalanobis_df``, ``mahalanobis_p``;
        with instructed items also ``instructed``, the share of them answered otherwise than told.
    flags : the same rows, one boolean column per sign, and ``count``.
    summary : ``index``, ``cut_off``, ``assessed``, ``flagged``, ``share``.
    joint : ``respondents`` by number of ``flags``.
    """

    respondents: pd.DataFrame
    flags: pd.DataFrame
    summary: pd.DataFrame
    joint: pd.DataFrame
    warnings: tuple[str, ...] = ()


def _share(value: float) -> str:
    """A cut-off that cannot exceed 1, without its leading zero."""
    return f"{value:g}".replace("0.", ".")


def screen(
    survey: Survey,
    constructs: tuple[str, ...] = (),
    *,
    longest_share: float = 0.5,
    even_odd: float = 0.3,
    mahalanobis_p: float = 0.001,
    answered: float = 0.5,
) -> Screening:
    """Indices of careless answering for every respondent, and who passes the cut-offs.

    Parameters
    ----------
    constructs : to use; none named: all.
    longest_share : longest run as a share of the answers given; flagged from there.
    even_odd : consistency of the halves; flagged below.
    answered : share of the items answered; flagged below.
    survey : with at least two items.
    mahalanobis_p : p-value of the Mahalanobis distance; flagged below.

    Returns
    -------
    Screening; instructed items are a sign of their own where the codebook has any (``instructed:``).

    Raises
    ------
    ParameterError : a cut-off that is no share. NotApplicable : fewer than two items.

    Formulas and sources: see the functions of this module; overview: Curran (2016), J. Exp. Soc. Psych. 66,
    4-19.

    Examples
    --------
    >>> from workbench.survey import screen
    >>> from workbench.datasets import open_dataset
    >>> int(screen(open_dataset("customer_survey")).joint["respondents"].sum())
    1000
    """
    import pandas as pd

    for name, value in (
        ("longest_share", longest_share),
        ("mahalanobis_p", mahalanobis_p),
        ("answered", answered),
    ):
        if not 0 <= value <= 1:
            raise ParameterError(Fault(f"{name} is {value}", fix="Use a share between 0 and 1"))
    items = list(survey.items(*constructs))
    if len(items) < 2:
        fix = "Put what was answered on a scale under constructs"
        raise NotApplicable(Fault("screening needs at least two items", survey.file, fix=fix))
    blocks = {
        name: list(survey.codebook.constructs[name].items)
        for name in (constructs or survey.constructs())
        if len(survey.codebook.constructs[name].items) > 1
    }
    people = pd.concat([_indices(part, constructs, list(blocks.values())) for part in _parts(survey)])
    asked = instructed_items(survey)
    if not asked.empty:
        people["instructed"] = asked.mean(axis=1)
    warnings = []
    try:
        people = people.join(mahalanobis_distance(survey.items(*constructs)))
    except DataError as error:
        warnings.append(f"Mahalanobis distances were left out: {error}.")
        people[["mahalanobis", "mahalanobis_df", "mahalanobis_p"]] = np.nan
    if len(people) > MOST:
        warnings.append(
            f"Means and covariances behind the Mahalanobis distances rest on {MOST:,} of {len(people):,} "
            "respondents, drawn at random; the distances are of all."
        )
    if len(blocks) < 3:
        warnings.append("Even-odd consistency needs three constructs of two or more items; there are fewer.")
    if len(items) < 20:
        warnings.append(
            f"Long strings mean little over {len(items)} items: contented people may tick one answer "
            "throughout."
        )
    if not any(item.reverse for item in survey.codebook.items.values()):
        warnings.append(
            "No item is reverse-worded, so honest agreement and straight-lining cannot be told apart by "
            "content."
        )
    rules = {
        "few answers": (
            "answered",
            f"answered < {_share(answered)} of the items",
            people["answered"] < answered,
        ),
        "long string": (
            "longest_share",
            f"one answer in a row for {_share(longest_share)} or more of the answers",
            people["longest_share"] >= longest_share,
        ),
        "no variation": ("irv", "the same answer everywhere", people["irv"] == 0),
        "inconsistent": (
            "even_odd",
            f"even-odd consistency < {_share(even_odd)}",
            people["even_odd"] < even_odd,
        ),
        "unusual pattern": (
            "mahalanobis_p",
            f"Mahalanobis distance, p < {_share(mahalanobis_p)}",
            people["mahalanobis_p"] < mahalanobis_p,
        ),
    }
    if not asked.empty:
        words = "an instructed item answered otherwise than told"
        rules["instructed item"] = ("instructed", words, people["instructed"] > 0)
    flags = pd.DataFrame({name: rule[2] for name, rule in rules.items()})
    flags["count"] = flags.sum(axis=1)
    summary = pd.DataFrame(
        [
            {
                "index": name,
                "cut_off": words,
                "assessed": int(people[column].notna().sum()),
                "flagged": int(flags[name].sum()),
                "share": flags[name][people[column].notna()].mean(),
            }
            for name, (column, words, _) in rules.items()
        ]
    )
    numbers = flags["count"].value_counts().reindex(range(len(rules) + 1), fill_value=0)
    joint = pd.DataFrame({"flags": numbers.index, "respondents": numbers.to_numpy()})
    return Screening(people, flags, summary, joint, tuple(warnings))


def _parts(survey: Survey) -> Iterator[Survey]:
    """A survey in parts of so many respondents that an index of each copies little."""
    answers = survey.responses
    for start in range(0, max(len(answers), 1), MOST):
        yield replace(survey, responses=answers.iloc[start : start + MOST])


def _indices(survey: Survey, constructs: tuple[str, ...], blocks: list[list[str]]) -> pd.DataFrame:
    """The indices that a respondent has by herself, without the others."""
    import pandas as pd

    given, scored = survey.as_answered(*constructs), survey.items(*constructs)
    count, runs = given.notna().sum(axis=1), longest_string(given)
    return pd.DataFrame(
        {
            "answered": count / given.shape[1],
            "longest_string": runs,
            "longest_share": (runs / count).where(count > 1),
            "irv": intra_individual_variability(given),
            "straight_blocks": straight_blocks(given, blocks),
            "even_odd": even_odd_consistency(scored, blocks),
        }
    )


def instructed_items(survey: Survey) -> pd.DataFrame:
    """Answers to instructed items ("please choose 4 here"): 0 as told, 1 otherwise, missing where left out.

    One respondent per row, one column per variable that the codebook gives an ``instructed:`` answer; no
    column where it gives none. Source: Meade & Craig (2012), Psychol. Methods 17, 437-455.
    """
    import pandas as pd

    told = {
        name: variable.instructed
        for name, variable in survey.codebook.variables.items()
        if variable.instructed is not None
    }
    wrong = {}
    for name, answer in told.items():
        given = survey.responses[name]
        if pd.api.types.is_numeric_dtype(given):
            other = given != answer
        else:
            other = given.map(lambda text: fold(str(text))) != fold(str(answer))
        wrong[name] = other.astype(float).where(given.notna())
    return pd.DataFrame(wrong, index=survey.responses.index, columns=list(told), dtype="float64")


def longest_string(given: pd.DataFrame) -> pd.Series:
    """Longest run of one answer, over items in the order they were asked, as they were ticked.

    A missing answer ends a run. R, complete data: ``careless::longstring(given)``, or
    ``max(rle(x)$lengths)``.
    """
    import pandas as pd

    answers = given.to_numpy(dtype=float)
    run = (~np.isnan(answers[:, 0])).astype(int)
    longest = run.copy()
    for position in range(1, answers.shape[1]):
        now = answers[:, position]
        run = np.where(np.isnan(now), 0, np.where(now == answers[:, position - 1], run + 1, 1))
        longest = np.maximum(longest, run)
    return pd.Series(longest, index=given.index)


def intra_individual_variability(given: pd.DataFrame) -> pd.Series:
    """Standard deviation (divisor n − 1) of a respondent's answers as ticked; NaN for fewer than two answers.

    Source: Dunn et al. (2018), J. Business Psych. 33, 105-121. R: ``careless::irv(given, na.rm = TRUE)``.
    """
    return given.std(axis=1, ddof=1)


def straight_blocks(given: pd.DataFrame, blocks: list[list[str]]) -> pd.Series:
    """Share of the blocks of three or more answers in which a respondent ticked one answer throughout."""
    import pandas as pd

    straight = pd.DataFrame(
        {
            number: (given[block].max(axis=1) == given[block].min(axis=1)).where(
                given[block].notna().sum(axis=1) >= 3
            )
            for number, block in enumerate(blocks)
            if len(block) >= 3
        },
        index=given.index,
        dtype="float64",
    )
    return straight.mean(axis=1)


def even_odd_consistency(scored: pd.DataFrame, blocks: list[list[str]]) -> pd.Series:
    """Agreement of the two halves of each construct over a respondent's constructs.

    The items of a construct are split into odd and even ones; r is the correlation of the half means over the
    constructs with both halves answered (three or more), stepped up by Spearman-Brown: 2r / (1 + r), not
    below −1. Reversed items count in the construct's direction. R, complete data:
    ``-careless::evenodd(scored, factors)``.
    """
    import pandas as pd

    odd = np.column_stack(
        [np.full(len(scored), np.nan), *(scored[block[::2]].mean(axis=1) for block in blocks)]
    )
    even = np.column_stack(
        [np.full(len(scored), np.nan), *(scored[block[1::2]].mean(axis=1) for block in blocks)]
    )
    both = ~np.isnan(odd) & ~np.isnan(even)
    pairs = both.sum(axis=1)
    weight = both / np.maximum(pairs, 1)[:, None]
    odd, even = np.where(both, odd, 0), np.where(both, even, 0)
    odd = np.where(both, odd - (odd * weight).sum(axis=1, keepdims=True), 0)
    even = np.where(both, even - (even * weight).sum(axis=1, keepdims=True), 0)
    scale = np.sqrt((odd**2).sum(axis=1) * (even**2).sum(axis=1))
    defined = (pairs >= 3) & (scale > 1e-12)
    r = np.divide((odd * even).sum(axis=1), scale, out=np.full(len(scored), np.nan), where=defined)
    stepped = np.divide(2 * r, 1 + r, out=np.full(len(scored), -1.0), where=~(r <= -1 + 1e-12))
    return pd.Series(np.where(np.isnan(r), np.nan, np.maximum(stepped, -1)), index=scored.index)


def mahalanobis_distance(scored: pd.DataFrame) -> pd.DataFrame:
    """Squared Mahalanobis distance over the items that a respondent answered, with its chi-square p-value.

    Columns ``mahalanobis`` (d²), ``mahalanobis_df`` (items answered), ``mahalanobis_p``. Means and
    covariances are maximum likelihood (EM, divisor n); of more than 50,000 respondents those of as many,
    drawn at random. Errors: ``DataError`` where the covariances are singular.
    R, complete data: ``mahalanobis(x, colMeans(x), cov(x) * (n - 1) / n)``.
    """
    import pandas as pd
    from scipy.stats import chi2

    varied = scored.loc[:, scored.nunique() > 1]
    moments = em_moments(varied.sample(MOST, random_state=1) if len(varied) > MOST else varied)
    data, seen = varied.to_numpy(dtype=float), varied.notna().to_numpy()
    mean, covariance = moments.mean.to_numpy(), moments.covariance.to_numpy()
    distance = np.full(len(varied), np.nan)
    patterns, home = np.unique(seen, axis=0, return_inverse=True)
    home = home.reshape(-1)
    order = np.argsort(home, kind="stable")
    ends = np.searchsorted(home[order], np.arange(len(patterns) + 1))
    for place, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        root = np.linalg.cholesky(covariance[np.ix_(pattern, pattern)])
        for start in range(ends[place], ends[place + 1], MOST):  # in parts: a copy of a million rows is large
            rows = order[start : min(start + MOST, ends[place + 1])]
            gap = data[np.ix_(rows, pattern)] - mean[pattern]
            distance[rows] = (np.linalg.solve(root, gap.T) ** 2).sum(axis=0)
    df = pd.Series(seen.sum(axis=1), index=scored.index).where(seen.any(axis=1))
    columns = {"mahalanobis": distance, "mahalanobis_df": df, "mahalanobis_p": chi2.sf(distance, df)}
    return pd.DataFrame(columns, index=scored.index)
