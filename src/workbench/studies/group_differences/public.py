"""Study 05 on real answers: customers of mobile phone providers by contract and by provider.

No public survey that comes with the project asks customers of several industries, firm sizes, regions or
cultures. The groups of ``corp_rep_data`` are of another kind: they show the same steps on real answers, and
decide nothing of D0-6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.datasets import study_survey
from workbench.studies.group_differences import comparison, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from workbench.measurement.group_differences import PathDifferences
    from workbench.studies.group_differences.comparison import Compared
    from workbench.survey import Survey

SURVEY = "corp_rep_data"
# Of which the source says that they show in their items; its other constructs are made of theirs.
CONSTRUCTS = ("competence", "likeability", "loyalty")
STRUCTURE = "loyalty ~ competence + likeability"
GROUPINGS = ("servicetype", "serviceprovider")
SMALLEST = 40  # respondents of a group; the page says what so few can show


@dataclass(frozen=True)
class PublicGroups:
    """The groupings of a public survey that could be compared, and why others could not.

    joint : one test of equal paths a grouping, p corrected by Holm over the groupings. paths : grouping ->
    each path in each group, and each group against the others.
    """

    survey: Survey
    compared: Mapping[str, Compared]
    left_out: tuple[str, ...]
    joint: pd.DataFrame
    paths: Mapping[str, PathDifferences]

    @property
    def labels(self) -> dict[str, str]:
        """Words of groupings, constructs and items."""
        book = self.survey.codebook
        items = [item for own in CONSTRUCTS for item in book.constructs[own].items]
        return {name: book.label(name) for name in (*GROUPINGS, *CONSTRUCTS, *items)}


def compare_public(*, seed: int) -> PublicGroups:
    """Invariance and equal paths by contract and by provider, as the study compares its own groupings."""
    survey = study_survey(SURVEY)
    constructs = {name: list(survey.items(name)) for name in CONSTRUCTS}
    asked = comparison.Asked(constructs, {}, STRUCTURE)
    compared, left_out = comparison.compare_all(survey, asked, GROUPINGS, smallest=SMALLEST)
    paths = {name: one.paths.differences(seed=seed) for name, one in compared.items() if one.paths}
    return PublicGroups(survey, compared, left_out, verdicts.joint_tests(compared), paths)
