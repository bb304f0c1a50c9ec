"""Simulated questionnaire populations: what was planted, and how to change it.

>>> from workbench.datasets import load_population
>>> population = load_population("customer_survey")
>>> survey = population.simulate()
>>> null = population.with_path("satisfaction", "crm_use", 0.0)

A result on simulated answers shows that an analysis recovers what was planted, never that a document is
right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ValidationError

from workbench.datasets.inverse_distributions import normal_density, normal_upper
from workbench.datasets.population_reading import description_file, read_description, unknown_in_answering
from workbench.datasets.population_schema import Careless, Description
from workbench.errors import SpecificationError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population_simulation import Simulation

_SET = "set in code"


def load_population(name: str | Path) -> Population:
    """The population of a shipped name (``customer_survey``) or of a description file of the reader's own.

    Parameters
    ----------
    name : of a file of ``data/populations``, or the path of a description.

    Raises
    ------
    SpecificationError : no such file, or a description that does not follow the language (with lines).

    Examples
    --------
    >>> from workbench.datasets import load_population
    >>> load_population("customer_survey").simulate(seed=2).responses.shape
    (1000, 140)
    """
    path = description_file(name)
    return Population(read_description(path), path.stem)


@dataclass(frozen=True)
class Implied:
    """Moments that the structural paths imply in the base description.

    covariance : latent variables × latent variables, unit variances. residual : standard deviation of each
    latent variable's residual. centre : mean that is taken off every threshold or product term.
    """

    covariance: pd.DataFrame
    residual: dict[str, float]
    centre: dict[tuple[str, float | None, str | None], float]


@dataclass(frozen=True)
class Population:
    """A questionnaire population: a description and what follows from it."""

    description: Description
    name: str

    def simulate(self, n: int | None = None, seed: int | None = None) -> Simulation:
        """Draw a survey; the same seed gives the same answers on every machine.

        Parameters
        ----------
        n : respondents; the description's by default. The first rows of a larger survey are the smaller one.
        seed : of the uniform stream; the description's by default.
        """
        from workbench.datasets.population_simulation import simulate

        return simulate(self, n or self.description.n, self.description.seed if seed is None else seed)

    def with_path(
        self, to: str, from_: str, value: float, *, above: float | None = None, times: str | None = None
    ) -> Population:
        """The same population with one path at another value; residual variances follow.

        Parameters
        ----------
        to, from_ : latent variables of an existing term ``from_ → to``; with ``above`` or ``times`` the
            threshold or product term of that form.
        value : standardized path coefficient.

        Raises
        ------
        SpecificationError : the description has no such term, or the variance would be used up.
        """
        return self.with_paths({(to, from_, above, times): value})

    def with_paths(self, values: Mapping[tuple, float]) -> Population:
        """Several paths at once: {(to, from): value} or {(to, from, above, times): value}."""
        structure = dict(self.description.structure)
        for key, value in values.items():
            to, from_, above, times = (*key, None, None)[:4]
            terms = structure.get(to, [])
            wanted = [t for t in terms if (t.from_, t.above, t.times) == (from_, above, times)]
            if not wanted:
                known = ", ".join(sorted({t.from_ for t in terms})) or "nothing"
                raise SpecificationError(f"there is no such path {from_} → {to}; {to} depends on {known}")
            changed = wanted[0].model_copy(update={"value": float(value)})
            structure[to] = [changed if term is wanted[0] else term for term in terms]
        population = replace(self, description=self.description.model_copy(update={"structure": structure}))
        population.implied  # noqa: B018 - a population whose variances do not add up is refused here
        return population

    def without_effects(self, of: str, on: str | None = None) -> Population:
        """The population with every path out of ``of`` at zero (only those into ``on``, if given)."""
        zeros = {
            (to, term.from_, term.above, term.times): 0.0
            for to, terms in self.description.structure.items()
            for term in terms
            if of in (term.from_, term.times) and on in (None, to)
        }
        if not zeros:
            raise SpecificationError(f"no path leads out of {of!r}" + (f" into {on!r}" if on else ""))
        return self.with_paths(zeros)

    def with_answering(
        self,
        *,
        skipped: float | None = None,
        careless: float | None = None,
        common_method: float | Mapping[str, float] | None = None,
        skipping: Mapping[str, float] | None = None,
        refused: bool = True,
    ) -> Population:
        """The population answering otherwise; what is not given stays.

        Parameters
        ----------
        skipped, careless : share of answers left out, of respondents who do not read.
        common_method : loading on the method factor, of every item or {construct: loading} for those named.
        skipping : {latent variable: log of how many times as often someone one standard deviation higher
            leaves out answers}; {} makes gaps completely random.
        refused : False takes the refusals (missing at random) away.
        """
        old = self.description.answering
        change: dict[str, object] = {}
        if skipped is not None:
            change["skipped"] = skipped
        if common_method is not None:
            named = dict(common_method) if isinstance(common_method, Mapping) else None
            change["common_method"] = {
                "loading": common_method if named is None else 0.0,
                "constructs": named or {},
                "source": _SET,
            }
        if skipping is not None:
            change["skipping"] = [{"from": name, "value": v, "source": _SET} for name, v in skipping.items()]
        if careless is not None:
            before = old.careless or Careless(share=0, straight=0.5, source="half of the careless")
            change["careless"] = {**before.model_dump(), "share": careless}
        if not refused:
            change["refused"] = []
        try:
            answering = type(old).model_validate({**old.model_dump(by_alias=True), **change})
        except ValidationError as error:
            what = "; ".join(f"{' / '.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise SpecificationError(what) from error
        changed = self.description.model_copy(update={"answering": answering})
        if unknown := unknown_in_answering(changed):
            raise SpecificationError("; ".join(what for _, what in unknown))
        return replace(self, description=changed)

    @cached_property
    def implied(self) -> Implied:
        """Latent covariance matrix and residual standard deviations that the paths imply."""
        return implied_moments(self.description)

    def total_effect(self, to: str, from_: str) -> float:
        """Planted total effect of ``from_`` on ``to``: the sum over all directed ways.

        A threshold term counts with its average slope, value × Φ(−above); a product term has average slope 0.
        """
        effect = dict.fromkeys(self.description.latent, 0.0)
        effect[from_] = 1.0
        for name, terms in self.description.structure.items():
            if name != from_:
                additive = (term for term in terms if term.times is None)
                effect[name] = sum(
                    term.value
                    * (1.0 if term.above is None else normal_upper(term.above))
                    * effect[term.from_]
                    for term in additive
                )
        return effect[to]

    def paths(self) -> pd.DataFrame:
        """Every planted path: to, from, above, times, value, claim, source."""
        import pandas as pd

        rows = [
            (to, term.from_, term.above, term.times, term.value, term.claim, term.source)
            for to, terms in self.description.structure.items()
            for term in terms
        ]
        return pd.DataFrame(rows, columns=["to", "from", "above", "times", "value", "claim", "source"])

    def codebook(self) -> dict:
        """The codebook of the survey, in the form that ``open_survey`` reads."""
        d = self.description
        used = {construct.scale for construct in d.constructs.values()}
        book: dict = {
            "title": d.title.en,
            "kind": "simulated",
            "source": f"data/populations/{self.name}.yaml",
            "id": d.id,
            "scales": {key: _text(d.scales[key]) for key in d.scales if key in used},
            "constructs": {},
            "groups": {key: {"label": _text(group.label)} for key, group in d.groups.items()},
            "variables": {},
        }
        for key, construct in d.constructs.items():
            parts: dict = {"label": _text(construct.label), "scale": construct.scale}
            if construct.role:
                parts["role"] = construct.role
            parts["items"] = {
                name: {"en": item.en, "zh": item.zh, **({"reverse": True} if item.reverse else {})}
                for name, item in construct.items.items()
            }
            book["constructs"][key] = parts
        for key, variable in d.variables.items():
            limits = variable.model_dump(include={"unit", "min", "max"}, exclude_none=True)
            book["variables"][key] = {"label": _text(variable.label), **limits}
        return {key: value for key, value in book.items() if value != {}}

    def codebook_text(self) -> str:
        """The codebook as YAML text, as shipped in ``data/codebooks``."""
        return codebook_text(self.codebook())


def codebook_text(book: dict) -> str:
    """YAML text of a codebook that a description in ``data/populations`` makes."""
    import yaml

    head = f"# Made from {book['source']}; change that file, not this one.\n"
    return head + yaml.safe_dump(book, allow_unicode=True, sort_keys=False, width=110)


def implied_moments(d: Description) -> Implied:
    """Covariances of the latent variables by following the paths.

    Every latent variable is a combination of independent unit-normal residuals and of centred non-linear
    terms. Covariances with those terms are Stein's lemma for jointly normal x, a, b, y:
    Cov(max(0, x − k), y) = Φ(−k) Cov(x, y); Cov(ab, y) = 0;
    Cov(max(0, x − k), ab) = φ(k) Cov(x, a) Cov(x, b).

    Raises
    ------
    SpecificationError : paths that explain 98 % of a variance or more, a non-linear term of a variable that
        is itself not normal, or knots on two different variables.
    """
    import pandas as pd

    names = d.latent
    nonlinear = list(
        dict.fromkeys(
            (t.from_, t.above, t.times)
            for terms in d.structure.values()
            for t in terms
            if t.above is not None or t.times is not None
        )
    )
    size = len(names)
    place = {name: i for i, name in enumerate(names)}
    basis = np.eye(size + len(nonlinear))
    weights = np.zeros((size, size + len(nonlinear)))
    residual: dict[str, float] = {}
    centre: dict[tuple[str, float | None, str | None], float] = {}
    if len({x for x, knot, _ in nonlinear if knot is not None}) > 1:
        raise SpecificationError("knots on two different variables: their joint variance has no simple form")

    def covariance(a: str, b: str) -> float:
        for name in (a, b):
            if weights[place[name], size:].any():
                raise SpecificationError(f"a non-linear term of {name!r}, which is itself not normal")
        return float(np.sum(weights[place[a], :size] * weights[place[b], :size]))

    for name in names:
        terms = d.structure.get(name, [])
        combined = np.zeros(basis.shape[0])
        for term in terms:
            key = (term.from_, term.above, term.times)
            if key in nonlinear:
                if key not in centre:
                    centre[key] = _add_nonlinear(key, nonlinear, centre, basis, weights, place, covariance)
                combined[size + nonlinear.index(key)] += term.value
            else:
                combined += term.value * weights[place[term.from_]]
        # Rounding keeps the last bit of BLAS, which differs between machines, out of the scores.
        explained = round(float(combined @ basis @ combined), 12)
        if explained >= 0.98:
            raise SpecificationError(
                f"the paths into {name!r} explain {explained:.2f} of its variance of 1: make them smaller"
            )
        residual[name] = math.sqrt(1.0 - explained)
        weights[place[name]] = combined
        weights[place[name], place[name]] = residual[name]
    matrix = weights @ basis @ weights.T
    return Implied(pd.DataFrame(matrix, index=names, columns=names), residual, centre)


def _add_nonlinear(
    key: tuple[str, float | None, str | None],
    nonlinear: list[tuple[str, float | None, str | None]],
    centre: dict[tuple[str, float | None, str | None], float],
    basis: np.ndarray,
    weights: np.ndarray,
    place: Mapping[str, int],
    covariance: Callable[[Any, Any], float],
) -> float:
    """Enter the variance of a threshold or product term and its covariances; return its mean."""
    size = len(place)
    x, knot, partner = key
    here = size + nonlinear.index(key)
    if knot is None:
        mean = covariance(x, partner)
        basis[here, here] = 1.0 + mean * mean
    else:
        beyond, density = normal_upper(knot), normal_density(knot)
        covariance(x, x)
        mean = density - knot * beyond
        basis[here, here] = (1.0 + knot * knot) * beyond - knot * density - mean * mean
        basis[here, :size] = basis[:size, here] = beyond * weights[place[x], :size]
    for other, its_mean in centre.items():
        there = size + nonlinear.index(other)
        a, its_knot, b = other
        if knot is None and its_knot is None:
            value = covariance(x, a) * covariance(partner, b) + covariance(x, b) * covariance(partner, a)
        elif knot is not None and its_knot is not None:
            low, high = sorted((knot, its_knot))
            value = (1.0 + low * high) * normal_upper(high) - low * normal_density(high) - mean * its_mean
        else:
            bend, first, second = (key, a, b) if knot is not None else (other, x, partner)
            value = normal_density(bend[1] or 0.0) * covariance(bend[0], first) * covariance(bend[0], second)
        basis[here, there] = basis[there, here] = value
    return mean


def _text(part: BaseModel) -> dict:
    return part.model_dump(exclude_none=True, exclude_defaults=True)
