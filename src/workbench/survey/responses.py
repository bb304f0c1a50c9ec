"""Answers with their meaning: what a survey that was opened can be asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.errors import Fault, NotApplicable
from workbench.survey.codebook import Codebook, Construct, Kind, Role
from workbench.survey.misreadings import some

if TYPE_CHECKING:
    import pandas as pd

NAMED = 4  # lacking names that a message lists
NOTE_COLUMNS = ["topic", "column", "value", "cells", "note"]


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers and codebook of one questionnaire.

    ``responses``: DataFrame, one row per respondent in the order of the file, RangeIndex; items and numeric
    variables are float64 (missing: NaN), items already reversed where the codebook says so; groups and texts
    are text; the id is int64 or text. ``notes``: what reading found and changed, with counts. ``extra``:
    columns of the file that the codebook does not name, untouched. ``file``, ``sha256``, ``rows``: the file
    as read.
    """

    responses: pd.DataFrame
    codebook: Codebook
    notes: pd.DataFrame
    extra: pd.DataFrame
    file: str
    sha256: str
    rows: int

    @property
    def title(self) -> str:
        return self.codebook.title

    @property
    def kind(self) -> Kind:
        return self.codebook.kind

    @property
    def source(self) -> str:
        return self.codebook.source

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the grouping columns."""
        return tuple(self.codebook.groups)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the other columns."""
        return tuple(self.codebook.variables)

    def constructs(self, role: Role | None = None) -> tuple[str, ...]:
        """Names of the constructs, all of them or those with one role.

        Parameters
        ----------
        role : ``expectation``, ``perception``, ``importance``, ``driver`` or ``outcome``; None: all.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.constructs(role="outcome")[:3]
        ('satisfaction', 'loyalty', 'repurchase')
        """
        parts = self.codebook.constructs.values()
        return tuple(part.name for part in parts if role is None or part.role == role)

    def construct(self, name: str) -> Construct:
        """One construct: label, role, scale, items.

        Parameters
        ----------
        name : of a construct of the codebook.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.construct("trust").label
        Wording(en='Trust', zh='信任')
        """
        self.require(name)
        return self.codebook.constructs[name]

    def items(self, *constructs: str) -> pd.DataFrame:
        """The items of one or more constructs (none named: of all), scored in the construct's direction.

        Parameters
        ----------
        constructs : names; none: all.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.items("trust").shape
        (1000, 3)
        """
        if not constructs:
            return self.responses[list(self.codebook.items)]
        self.require(*constructs)
        names = [item for name in constructs for item in self.codebook.constructs[name].items]
        return self.responses[names]

    def as_answered(self, *constructs: str) -> pd.DataFrame:
        """The items as they were ticked, reversed items not turned, in the order of the file.

        Parameters
        ----------
        constructs : names; none: all.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> list(answers.as_answered("trust"))
        ['tru1', 'tru2', 'tru3']
        """
        given = self.items(*constructs)
        given = given[[name for name in self.responses.columns if name in given.columns]]
        for name in given.columns:
            item = self.codebook.items[name]
            if item.reverse:
                given[name] = item.scale.min + item.scale.max - given[name]
        return given

    def in_documents_terms(self) -> Survey:
        """This survey with every construct under the name that its ``stands_for`` gives it, for the studies
        that ask for the documents' constructs by name.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.in_documents_terms().constructs() == answers.constructs()
        True
        """
        codebook = self.codebook.in_documents_terms()
        return self if codebook is self.codebook else replace(self, codebook=codebook)

    def require(
        self,
        *constructs: str,
        groups: Sequence[str] = (),
        variables: Sequence[str] = (),
        items: Sequence[str] = (),
    ) -> Survey:
        """This survey, if it has all that a study needs; otherwise ``NotApplicable`` says what is lacking.

        Parameters
        ----------
        constructs : names of constructs that the study asks for.
        groups, variables, items : names of grouping columns, variables and items.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.require("trust", groups=["gender"]) is answers
        True
        """
        asked: tuple[tuple[str, Sequence[str], Iterable[str]], ...] = (
            ("construct", constructs, self.codebook.constructs),
            ("group", groups, self.codebook.groups),
            ("variable", variables, self.codebook.variables),
            ("item", items, self.codebook.items),
        )
        faults = []
        for part, needed, present in asked:
            present = tuple(present)
            lacking = [name for name in needed if name not in present]
            if not lacking:
                continue
            close = {name: difflib.get_close_matches(name, present, n=1) for name in lacking}
            guesses = "".join(
                f" Is {match[0]!r} meant for {name!r}?"
                for name, match in list(close.items())[:NAMED]
                if match
            )
            there = some(present) or "none"
            lacks = f"{part}{'s' * (len(lacking) > 1)} {some(lacking, NAMED)}"
            what = f"the codebook lacks the {lacks}; it has: {there}"
            fix = f"Name the columns that hold them under {part}s in the codebook.{guesses}"
            faults.append(Fault(what, self.codebook.file or self.file, fix=fix))
        if faults:
            raise NotApplicable(faults)
        return self

    def group_counts(self) -> pd.DataFrame:
        """Who answered: respondents and share by value of every grouping column, missing ones too.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> answers.group_counts().head(2)
               group  value  respondents  share
        0  age_group  30-44          372  0.372
        1  age_group  45-59          255  0.255
        """
        import pandas as pd

        rows = [
            (name, "(missing)" if value != value else value, count, count / len(self.responses))
            for name in self.groups
            for value, count in self.responses[name].value_counts(dropna=False).items()
        ]
        return pd.DataFrame(rows, columns=["group", "value", "respondents", "share"])

    def subset(self, chosen: pd.Series, why: str) -> Survey:
        """The respondents for whom ``chosen`` (boolean) is true; ``why`` goes into the notes.

        They keep their labels: what is computed for them can be joined to all respondents again.

        Parameters
        ----------
        chosen : boolean, by respondent.
        why : who is kept, for the notes.

        Examples
        --------
        >>> from workbench import survey
        >>> from workbench.datasets import open_dataset
        >>> answers = open_dataset("customer_survey")
        >>> kept = answers.subset(answers.responses["churned"] == 0, "customers who stayed")
        >>> len(kept.responses)
        816
        """
        kept = chosen.fillna(False).to_numpy(dtype=bool)
        left_out = int((~kept).sum())
        return replace(
            self,
            responses=self.responses[kept],
            extra=self.extra[kept],
            notes=note_table([*self.notes.to_dict("split")["data"], ("subset", "", "", left_out, why)]),
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>"

    def __repr__(self) -> str:
        return (
            f"Survey {self.title!r} ({self.kind}): {len(self.responses):,} respondents, "
            f"{len(self.codebook.constructs)} constructs, {len(self.codebook.items)} items, "
            f"{len(self.notes)} notes"
        )


def note_table(notes: Iterable[Sequence[object]]) -> pd.DataFrame:
    """What reading found and changed: topic, column, value, cells, note."""
    import pandas as pd

    rows = [
        (topic, column, "" if value is None else str(value), count, text)
        for topic, column, value, count, text in notes
    ]
    table = pd.DataFrame(rows, columns=NOTE_COLUMNS)
    return table.astype({"topic": "str", "column": "str", "value": "str", "cells": "int64", "note": "str"})
