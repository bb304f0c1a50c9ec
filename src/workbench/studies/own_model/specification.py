"""What a researcher's own model consists of: constructs, paths, controls, and the columns that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import Fault, NotApplicable, SpecificationError
from workbench.measurement.constructs import safe_names
from workbench.studies.paper_tables import mean_scores
from workbench.survey.hypotheses import Hypothesis, hypotheses_faults, parse_hypothesis

if TYPE_CHECKING:
    from workbench.survey import Survey
    from workbench.survey.codebook import Codebook

MOST_LEVELS = 12


@dataclass(frozen=True)
class OwnModel:
    """A model ready to be fitted.

    Attributes
    ----------
    hypotheses : as in the codebook, in its order.
    latent : construct -> its items, for the constructs of two items or more.
    single : construct -> its one item; the construct is studied as that observed variable.
    controls : names of the controls' columns.
    data : respondents x columns: items of the latent constructs, single-item constructs and numbers under
        their names, 0/1 columns of categories. Missing answers are missing.
    labels : what to print for every name.
    levels : largest number of answer categories among the items.
    notes : what was left out or coded, in words.
    """

    hypotheses: tuple[Hypothesis, ...]
    latent: Mapping[str, list[str]]
    single: Mapping[str, str]
    controls: tuple[str, ...]
    data: pd.DataFrame
    labels: Mapping[str, str]
    levels: int
    notes: tuple[str, ...]

    @cached_property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """The hypothesized arrows (from, to), each once, in the order of the hypotheses."""
        return tuple(dict.fromkeys(path for one in self.hypotheses for path in one.paths))

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """Variables that an arrow points to, causes before effects."""
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for source, target in self.paths:
            sorter.add(target, source)
        pointed = {target for _, target in self.paths}
        return tuple(name for name in sorter.static_order() if name in pointed)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Every variable of the hypotheses, in the order in which they name them."""
        return tuple(dict.fromkeys(name for one in self.hypotheses for name in one.names))

    @property
    def items(self) -> list[str]:
        """Items of the latent constructs."""
        return [item for items in self.latent.values() for item in items]

    @property
    def measurement_text(self) -> str:
        """The constructs, all free to correlate, in lavaan's syntax."""
        return "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in self.latent.items())

    def text(
        self,
        paths: Sequence[tuple[str, str]] | None = None,
        *,
        without: Sequence[tuple[str, str]] = (),
        defined: bool = True,
        ordered: bool = False,
    ) -> str:
        """The structural model in lavaan's syntax.

        Whatever no hypothesis explains correlates freely. For observed causes beside latent ones lavaan's
        defaults leave that out; here it is written: as covariances, or for ordered answers, where observed
        causes are conditioned on, as regressions, which say the same.

        Parameters
        ----------
        paths : arrows (from, to); None: those of the hypotheses. Every outcome also rests on the controls.
        without : arrows held at zero.
        defined : add the indirect effects of the hypotheses as ``H3 := b_…*b_…``.
        ordered : the items are treated as ordered.
        """
        arrows = tuple(self.paths if paths is None else paths)
        targets = list(dict.fromkeys(target for _, target in arrows))
        lines = [self.measurement_text] if self.latent else []
        for target in targets:
            terms = [
                f"{0 if (source, end) in without else label(source, end)}*{source}"
                for source, end in arrows
                if end == target
            ]
            lines.append(f"{target} ~ {' + '.join([*terms, *self.controls])}")
        lines += self._correlated(targets, ordered)
        lines += [f"{a} ~~ 0*{b}" for a, b in self._ends(arrows) if (a, b) not in self._ends(self.paths)]
        if defined:
            lines += [
                f"{one.id} := {'*'.join(label(*step) for step in one.paths)}"
                for one in self.hypotheses
                if one.kind == "indirect" and set(one.paths) <= set(arrows) - set(without)
            ]
        return "\n".join(lines)

    def _correlated(self, targets: Sequence[str], ordered: bool) -> list[str]:
        """What is left free to correlate among the causes."""
        causes = [name for name in (*self.variables, *self.controls) if name not in self.outcomes]
        latent = [name for name in causes if name in self.latent]
        observed = [name for name in causes if name not in self.latent and name not in targets]
        if not latent or (not observed and set(latent).isdisjoint(targets)):
            return []  # lavaan's defaults do it
        lines = [f"{a} ~~ {b}" for a, b in combinations(latent, 2)]
        free = [name for name in latent if name not in targets]
        if not observed or not free:
            return lines
        if ordered:
            return [*lines, *(f"{name} ~ {' + '.join(observed)}" for name in free)]
        lines += [f"{a} ~~ {b}" for a in free for b in observed]
        return [*lines, *(f"{a} ~~ {b}" for a, b in combinations_with_replacement(observed, 2))]

    @staticmethod
    def _ends(arrows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Pairs of variables that explain nothing further; lavaan lets their residuals correlate."""
        causes = {source for source, _ in arrows}
        return list(combinations(sorted({target for _, target in arrows} - causes), 2))

    def of(self, chosen: pd.Series) -> OwnModel:
        """The same model for some of the respondents."""
        return replace(self, data=self.data.loc[chosen.to_numpy(dtype=bool)])

    def composites(self) -> pd.DataFrame:
        """Mean scores of the constructs beside the observed variables; missing where half the items are."""
        rest = [name for name in self.data.columns if name not in self.items]
        return mean_scores(self.data, self.latent).join(self.data[rest])


def label(source: str, target: str) -> str:
    """The label of a path's coefficient in the model text."""
    return f"b_{target}_{source}"


def hypotheses_of(codebook: Codebook, hypotheses: Mapping[str, str] | None = None) -> tuple[Hypothesis, ...]:
    """Hypotheses that are given (identifier -> text), or those of the codebook; NotApplicable for none."""
    if hypotheses is None:
        chosen = tuple(codebook.hypotheses)
    else:
        chosen = tuple(parse_hypothesis(name, text) for name, text in hypotheses.items())
    if not chosen:
        raise NotApplicable(
            Fault(
                "the codebook has no hypotheses",
                codebook.file,
                fix="Add a block such as  hypotheses: {H1: quality -> satisfaction (+)}  with its own names: "
                + ", ".join([*codebook.constructs][:8]),
            )
        )
    return chosen


def own_model(
    survey: Survey,
    hypotheses: Mapping[str, str] | None = None,
    *,
    controls: Sequence[str] | None = None,
) -> OwnModel:
    """Make a model of a survey and the hypotheses on it.

    Parameters
    ----------
    survey : answers and codebook.
    hypotheses : identifier -> text (``workbench.survey.hypotheses``); None: those of the codebook.
    controls : names of numbers or categories that every outcome is regressed on; None: the codebook's.

    Raises
    ------
    NotApplicable : no hypotheses.
    SpecificationError : a name that the codebook lacks, a circle, a category of many levels
        that cannot be a cause.

    Examples
    --------
    >>> from workbench.studies.own_model.specification import own_model
    >>> from workbench.datasets import open_dataset
    >>> model = own_model(open_dataset("customer_survey"), {"H1": "crm_use -> satisfaction (+)"})
    >>> model.outcomes
    ('satisfaction',)
    """
    codebook = survey.codebook
    chosen = hypotheses_of(codebook, hypotheses)
    known = (*codebook.constructs, *codebook.variables, *codebook.groups)
    texts = {one.id: one.text for one in chosen}
    numbers = [name for name in codebook.variables if pd.api.types.is_numeric_dtype(survey.responses[name])]
    faults = list(hypotheses_faults(texts, known, outcomes=(*codebook.constructs, *numbers)))
    controls = tuple(codebook.controls if controls is None else controls)
    faults += [
        (
            "controls",
            f"the codebook knows no control {name!r}",
            "Use the names of variables, groups, constructs",
        )
        for name in controls
        if name not in known
    ]
    if faults:
        raise SpecificationError([Fault(what, codebook.file, fix=fix) for _, what, fix in faults])
    return _assembled(survey, chosen, controls)


def _assembled(survey: Survey, hypotheses: tuple[Hypothesis, ...], controls: tuple[str, ...]) -> OwnModel:
    codebook, notes = survey.codebook, []
    named = tuple(dict.fromkeys(name for one in hypotheses for name in one.names))
    latent: dict[str, list[str]] = {}
    single: dict[str, str] = {}
    columns: dict[str, pd.Series] = {}
    labels: dict[str, str] = {name: codebook.label(name) for name in (*named, *controls)}
    for name in (*named, *(one for one in controls if one not in named)):
        if name not in codebook.constructs:
            continue
        items = list(codebook.constructs[name].items)
        answers = survey.items(name)
        constant = [item for item in items if answers[item].nunique() < 2]
        if constant:
            notes.append(f"{labels[name]}: everybody answers {', '.join(constant)} alike; left out.")
        items = [item for item in items if item not in constant]
        if not items:
            raise SpecificationError(
                Fault(f"{name}: no item of it varies", codebook.file, fix="Drop the construct")
            )
        if len(items) == 1:
            single[name] = items[0]
            columns[name] = answers[items[0]].astype(float)
            notes.append(
                f"{labels[name]} has one item and is studied as an observed variable, error included."
            )
        else:
            latent[name] = items
            columns |= {item: answers[item].astype(float) for item in items}
            labels |= {item: codebook.label(item) for item in items}
    coded: list[str] = []
    for name in dict.fromkeys((*named, *controls)):
        if name in codebook.constructs:
            coded += [name] if name in controls and name not in named else []
            continue
        made = _coded(survey, name, labels, notes, cause=name in named)
        columns |= made
        coded += made if name in controls and name not in named else []
    safe_names({**latent, **{f"{name}_": [name] for name in columns if name not in labels or name in named}})
    labels |= {name: codebook.label(name) for name in codebook.compare if name not in labels}
    levels = max((codebook.items[item].scale.max - codebook.items[item].scale.min + 1
                  for items in latent.values() for item in items), default=0)  # fmt: skip
    return OwnModel(
        hypotheses, latent, single, tuple(coded), pd.DataFrame(columns), labels, int(levels), tuple(notes)
    )


def _coded(
    survey: Survey, name: str, labels: dict[str, str], notes: list[str], *, cause: bool
) -> dict[str, pd.Series]:
    """A variable or group as columns of numbers: itself, or 0/1 columns against its most frequent level."""
    answers = survey.responses[name]
    if name in survey.codebook.variables and pd.api.types.is_numeric_dtype(answers):
        return {name: answers.astype(float)}
    counts = answers.value_counts()
    if len(counts) < 2 or len(counts) > MOST_LEVELS:
        raise SpecificationError(
            Fault(
                f"{name} has {len(counts)} categories",
                survey.codebook.file,
                fix=f"A category needs between 2 and {MOST_LEVELS} levels to be coded",
            )
        )
    if cause and len(counts) > 2:
        raise SpecificationError(
            Fault(
                f"{name} has {len(counts)} categories and cannot be one cause with one path",
                survey.codebook.file,
                fix="Use it as a control, or under 'compare:'",
            )
        )
    base, *others = counts.index
    made = {}
    for place, level in enumerate(sorted(others, key=str), 1):
        column = name if cause else f"{name}_{place}"
        made[column] = pd.Series(
            np.where(answers.isna(), np.nan, (answers == level).astype(float)), answers.index
        )
        labels[column] = f"{survey.codebook.label(name)}: {level} (against {base})"
    notes.append(f"{survey.codebook.label(name)} stands as 0/1 against {base!r}, its most frequent answer.")
    return made
