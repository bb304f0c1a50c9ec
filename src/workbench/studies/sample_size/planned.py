"""A model to be planned: a codebook's hypotheses with assumed effects, and measures assumed or as found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import run_records, sem
from workbench.datasets import study_survey
from workbench.errors import Fault, ParameterError, SpecificationError
from workbench.studies.own_model import OwnModel, estimate, own_model, structural_correlations
from workbench.studies.own_model.specification import hypotheses_of
from workbench.survey import analysis_samples
from workbench.survey.codebook import read_codebook
from workbench.survey.hypotheses import hypotheses_faults

if TYPE_CHECKING:
    from workbench.sem.result import Fit
    from workbench.survey import Survey
    from workbench.survey.codebook import Codebook
    from workbench.survey.hypotheses import Hypothesis


@dataclass(frozen=True)
class Planned:
    """A model with the population that is assumed for it.

    Attributes
    ----------
    model : constructs and hypotheses; its data are not used.
    effect : standardized path of every hypothesis.
    loadings : item -> standardized loading.
    related : correlations of the causes that no hypothesis explains.
    n : respondents at hand; 0 before there are answers.
    notes : what was left out or assumed, in words.
    found : whether loadings and correlations come from answers.
    measured : the measurement model by ML on complete cases; None without answers or latent constructs.
    """

    model: OwnModel
    effect: float
    loadings: Mapping[str, float]
    related: pd.DataFrame
    n: int = 0
    notes: tuple[str, ...] = ()
    found: bool = False
    measured: Fit | None = None

    @property
    def text(self) -> str:
        """What is fitted: the model of study 18 without controls and definitions."""
        return self.model.text(defined=False)

    @property
    def observed(self) -> int:
        """Observed variables of the model."""
        singles = [name for name in self.model.variables if name not in self.model.latent]
        return len(self.loadings) + len(singles)

    def signed(self, path: tuple[str, str], effect: float | None = None) -> float:
        """The assumed value of a path (from, to), negative where a hypothesis says so."""
        down = any(
            one.sign == "-" and one.kind == "direct" and path in one.paths for one in self.model.hypotheses
        )
        value = self.effect if effect is None else effect
        return -value if down else value

    def population(self, **changes: float) -> str:
        """The population in lavaan's syntax, standardized.

        Parameters
        ----------
        changes : ``effect`` of every path; or ``source__target``: value of one path.
        """
        every = changes.pop("effect", None)
        value = {path: self.signed(path, every) for path in self.model.paths}
        for name, number in changes.items():
            source, _, target = name.partition("__")
            value[source, target] = number
        lines = [
            f"{name} =~ {' + '.join(f'{self.loadings[item]:.6f}*{item}' for item in items)}"
            for name, items in self.model.latent.items()
        ]
        lines += [f"{target} ~ {number:.6f}*{source}" for (source, target), number in value.items()]
        lines += [f"{a} ~~ {self.related.loc[a, b]:.6f}*{b}" for a, b in combinations(self.related.index, 2)]
        return "\n".join(lines)

    def with_loadings(self, loadings: Mapping[str, float]) -> Planned:
        """The same model with other loadings."""
        return replace(self, loadings=loadings)

    def possible(self, effect: float) -> bool:
        """Whether a population can have this effect on every path."""
        try:
            sem.planning.population_covariance(self.population(effect=effect))
        except SpecificationError:
            return False
        return True

    def of(self, one: Hypothesis) -> list[str]:
        """The parameters that a hypothesis rests on, as `sem.plan` names them."""
        return [f"{target} ~ {source}" for source, target in one.paths]


def from_codebook(
    codebook: Codebook,
    hypotheses: Mapping[str, str] | None = None,
    *,
    effect: float = 0.2,
    loading: float = 0.7,
    correlation: float = 0.3,
) -> Planned:
    """The model of a codebook's hypotheses before there are answers.

    Parameters
    ----------
    codebook : with a block of hypotheses, or one given here.
    hypotheses : identifier -> text; None: the codebook's.
    effect : standardized path of every hypothesis. loading : of every item. correlation : of the causes.

    Raises
    ------
    NotApplicable : no hypotheses. ParameterError : an assumption that no population can have.
    SpecificationError : a name that the codebook lacks.

    Examples
    --------
    >>> from workbench.studies.sample_size.planned import from_codebook
    >>> from workbench.datasets import open_codebook
    >>> planned = from_codebook(open_codebook("mobi"), {"H1": "quality -> satisfaction (+)"})
    >>> planned.model.outcomes, planned.n
    (('satisfaction',), 0)
    """
    for name, value in (("effect", effect), ("loading", loading), ("correlation", correlation)):
        if not (isinstance(value, (int, float)) and 0 <= value < 1) or (name != "correlation" and not value):
            raise ParameterError(
                Fault(f"{name} is {value!r}", fix="It is standardized: a number above 0 and below 1")
            )
    chosen = hypotheses_of(codebook, hypotheses)
    known = (*codebook.constructs, *codebook.variables, *codebook.groups)
    faults = list(hypotheses_faults({one.id: one.text for one in chosen}, known))
    if faults:
        raise SpecificationError([Fault(what, codebook.file, fix=fix) for _, what, fix in faults])
    named = tuple(dict.fromkeys(name for one in chosen for name in one.names))
    items = {name: list(codebook.constructs[name].items) for name in named if name in codebook.constructs}
    latent = {name: own for name, own in items.items() if len(own) > 1}
    single = {name: own[0] for name, own in items.items() if len(own) == 1}
    labels = {name: codebook.label(name) for name in (*named, *(i for own in latent.values() for i in own))}
    model = OwnModel(chosen, latent, single, (), pd.DataFrame(), labels, 0, ())
    alone = ", ".join(labels[name] for name in named if name not in latent)
    notes = [f"{alone}: taken as one observed number each, errors of measurement included."] if alone else []
    if codebook.controls:
        notes.append("The controls of the codebook are not planned for; each takes a little power.")
    causes = [name for name in model.variables if name not in model.outcomes]
    related = pd.DataFrame(np.where(np.eye(len(causes)), 1.0, correlation), causes, causes)
    given = dict.fromkeys(model.items, float(loading))
    return _checked(Planned(model, float(effect), given, related, notes=tuple(notes)))


def from_survey(
    survey: Survey, hypotheses: Mapping[str, str] | None = None, *, effect: float = 0.2, **assumed: float
) -> Planned:
    """The same with answers: loadings and correlations of the causes as they are found, effects assumed.

    Found effects are not put in: a power computed from them says nothing that their p does not (Hoenig &
    Heisey 2001).

    Parameters
    ----------
    survey : answers and codebook.
    hypotheses : as in `from_codebook`. effect : standardized path of every hypothesis.
    assumed : ``loading`` and ``correlation``, used where the model has no proper solution on these answers.
    """
    planned = from_codebook(survey.codebook, hypotheses, effect=effect, **assumed)
    found = estimate(own_model(survey, hypotheses, controls=[]), draws=100, seed=1)
    planned = replace(planned, n=found.n)
    if found.measurement is None:
        return planned
    close = sem.fit(found.model.measurement_text, found.model.data)
    planned = replace(planned, measured=close if close.converged and close.df else None)
    table = found.measurement.estimates.query("op == '=~'").set_index("rhs")["std_all"]
    known = found.readable and found.measurement.converged and set(planned.loadings) <= set(table.index)
    if not known or not table.abs().between(0.05, 0.999).all():
        why = found.faults[0] if found.faults else "an item has no proper loading"
        note = f"No proper solution on these answers ({why}): loadings and correlations are assumed."
        return replace(planned, notes=(*planned.notes, note))
    related = structural_correlations(found)
    causes = planned.related.index
    made = replace(
        planned,
        loadings={item: float(table[item]) for item in planned.loadings},
        related=related.loc[causes, causes],
        found=True,
    )
    return _checked(made)


def begin(
    dataset: str,
    survey_file: str = "",
    codebook_file: str = "",
    *,
    effect: float,
    loading: float,
    correlation: float,
) -> tuple[Planned, Survey | None]:
    """What a notebook plans, and the answers it has: those of a file, of the catalog, or none.

    Parameters
    ----------
    dataset : of the catalog, where no file is given.
    survey_file, codebook_file : a reader's; a codebook alone is a study whose answers are still to come.
    effect, loading, correlation : assumed, as in `from_codebook`.
    """
    if codebook_file and not survey_file:
        book = read_codebook(codebook_file)
        data = {"data_kind": "simulated", "name": "", "title": book.title, "source": "", "file": book.file}
        run_records.record("data", data)
        return from_codebook(book, effect=effect, loading=loading, correlation=correlation), None
    survey = study_survey(dataset, survey_file, codebook_file)
    own = analysis_samples(survey).survey
    return from_survey(own, effect=effect, loading=loading, correlation=correlation), survey


def _checked(planned: Planned) -> Planned:
    try:
        sem.planning.population_covariance(planned.population())
    except SpecificationError as error:
        fix = f"Assume smaller effects or correlations (effect = {planned.effect:g} on every path)"
        raise ParameterError(Fault(f"no population can have what is assumed: {error}", fix=fix)) from None
    return planned
