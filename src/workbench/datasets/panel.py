"""A simulated panel of firms: series by firm and period under staggered adoption, and the truth behind them.

>>> from workbench.datasets.panel import load_panel
>>> panel = load_panel("firm_panel").simulate()
>>> list(panel.frame.columns[:2])    # a row for each firm and period
['firm', 'period']
>>> panel.effects("satisfaction").loc[0, ["adopted_in", "effect"]].round(2).tolist()    # what adoption adds
[3.0, 0.15]

The firms are those of a firm survey, with the same true scores. Simulated: a study of this panel shows that
its method recovers what was planted, nothing about any firm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.datasets.inverse_distributions import (
    Floats,
    inverse_binomial,
    inverse_normal,
    inverse_poisson,
)
from workbench.datasets.panel_customers import FirmCustomers, customer_codebook, customer_table
from workbench.datasets.panel_schema import PanelDescription, PanelTerm, Series
from workbench.datasets.population import Population, load_population
from workbench.datasets.population_reading import check_form, description_file, parse_yaml, refuse
from workbench.datasets.population_schema import Wording
from workbench.errors import SpecificationError
from workbench.survey.yaml_lines import read_text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population_simulation import Simulation


def load_panel(name: str | Path) -> PanelPopulation:
    """The panel of a shipped name (``firm_panel``) or of a description file of the reader's own.

    Raises
    ------
    SpecificationError : no such file, or a description that does not follow the language (with lines).
    """
    path = description_file(name)
    document = parse_yaml(read_text(path, "description", SpecificationError), path.name)
    description = check_form(PanelDescription, document.content, document)
    survey = load_population(path.parent / f"{description.survey}.yaml")
    refuse(_contradictions(description, survey), document)
    return PanelPopulation(description, survey, path.stem)


@dataclass(frozen=True)
class Panel:
    """A simulated panel and its truth.

    frame : firm, period, groups, adopted_in (missing: never), treated, then the series.
    survey : answers and true scores of all firms that were asked; the panel follows the first of them.
    """

    frame: pd.DataFrame
    survey: Simulation
    description: PanelDescription

    def effects(self, series: str) -> pd.DataFrame:
        """Planted effect of adoption on one series: cohort, adopted_in, period, since, effect, firms.

        Effects stand on the scale of the level: units (normal), log odds (binomial), logs (all others).
        """
        import pandas as pd

        d = self.description
        gain = d.series[series].gain
        firms = self.frame.drop_duplicates("firm")["adopted_in"]
        rows = [
            (name, cohort.period, period, period - cohort.period, effect, int((firms == cohort.period).sum()))
            for name, cohort in d.adoption.cohorts.items()
            if cohort.period is not None
            for period in range(cohort.period, d.periods + 1)
            for effect in [
                _reach(cohort.strength, period - cohort.period, d.adoption.growth)
                * (gain.value if gain else 0.0)
            ]
        ]
        return pd.DataFrame(rows, columns=["cohort", "adopted_in", "period", "since", "effect", "firms"])


@dataclass(frozen=True)
class PanelPopulation:
    """A panel of firms: its description and the survey that it stands on."""

    description: PanelDescription
    survey: Population
    name: str

    def with_gain(self, series: str, value: float) -> PanelPopulation:
        """The same panel with another effect of adoption on one series (0: none)."""
        found = self.description.series.get(series)
        if found is None or found.gain is None:
            raise SpecificationError(f"adoption has no effect on {series!r} that could be changed")
        return self._with_series(series, gain=found.gain.model_copy(update={"value": float(value)}))

    def with_term(
        self,
        series: str,
        from_: str,
        value: float,
        *,
        times: str | None = None,
        observed: bool | None = None,
    ) -> PanelPopulation:
        """The same panel with one term of a series at another value.

        observed : the term of the firm's true score (False) or of the earlier series (True), where a series
            depends on both; without it both take the value, so that 0 leaves nothing of that name.
        """
        found = self.description.series.get(series)
        terms = [] if found is None else found.terms
        wanted = [
            term
            for term in terms
            if (term.from_, term.times) == (from_, times) and observed in (None, term.observed)
        ]
        if not wanted:
            known = ", ".join(term.from_ for term in terms) or "nothing"
            raise SpecificationError(f"there is no term {from_} in {series}; it depends on {known}")
        changed = tuple(t.model_copy(update={"value": float(value)}) if t in wanted else t for t in terms)
        return self._with_series(series, terms=changed)

    def with_more(self, series: str, *terms: PanelTerm) -> PanelPopulation:
        """The same panel with further terms in one series."""
        if series not in self.description.series:
            raise SpecificationError(f"there is no series {series!r} that could depend on more")
        return self._with_series(series, terms=(*self.description.series[series].terms, *terms))

    def with_trend(self, series: str, score: str, value: float) -> PanelPopulation:
        """The same panel in which firms with a high score were on the rise in one series all along.

        Not the same draws: the count of periods becomes a series of its own, ``elapsed``, the first of all.
        """
        source = "a trend of its own, by the score"
        elapsed = Series(
            label=Wording(en="Periods elapsed"), unit="periods", kind="normal", drift=1.0, source=source
        )
        term = PanelTerm.model_validate({"from": score, "times": "elapsed", "value": value, "source": source})
        first = {"elapsed": elapsed, **self.description.series}
        whole = replace(self, description=self.description.model_copy(update={"series": first}))
        return whole.with_more(series, term)

    def walking(self, series: str) -> PanelPopulation:
        """The same panel with one series that walks at random: its noise adds up and nothing draws it
        back.
        """
        return self._with_series(series, walk=True, drift=0.0)

    def _with_series(self, series: str, **change: Any) -> PanelPopulation:
        all_series = dict(self.description.series)
        all_series[series] = all_series[series].model_copy(update=change)
        return replace(self, description=self.description.model_copy(update={"series": all_series}))

    def simulate(
        self, seed: int | None = None, *, firms: int | None = None, only: Collection[str] | None = None
    ) -> Panel:
        """Draw the panel; the same seeds give the same panel on every machine.

        Parameters
        ----------
        seed : of the uniform stream of the panel; the description's by default.
        firms : seed of the firms (their true scores and answers); the survey's by default, so that the firms
            stay the same.
        only : series that are wanted; the frame has these and what they rest on, with the values of the whole
            panel.
        """
        d = self.description
        series = d.series if only is None else _needed(d, only)
        survey = self.survey.simulate(seed=firms)
        stream = np.random.Generator(np.random.PCG64(d.seed if seed is None else seed))
        return Panel(_frame(d, survey, stream, series), survey, d)

    def customers(self, seed: int | None = None, *, firms: int | None = None) -> FirmCustomers:
        """The customer table of every firm, with the faults that were planted in it; seeds as of
        :meth:`simulate`."""
        d = self.description
        score = self.survey.simulate(seed=firms).latent[d.customers.score].iloc[: d.follows].to_numpy()
        return customer_table(d.customers, score, d.seed if seed is None else seed)

    def customer_codebook(self) -> dict:
        """Codebook of the customer table, in the form that ``open_survey`` reads."""
        title = f"Customers of the firms: {self.description.title.en}"
        return customer_codebook(self.description.customers, title, f"data/populations/{self.name}.yaml")

    def codebook(self) -> dict:
        """Codebook of the panel, in the form that ``open_survey`` reads."""
        d = self.description
        labels = self.survey.codebook()["groups"]
        variables: dict[str, dict] = {
            "firm": {"label": {"en": "Firm", "zh": "企业"}, "type": "number"},
            "period": {"label": {"en": "Half-year", "zh": "半年期"}, "type": "number"},
            "adopted_in": {
                "label": {"en": "Period of adoption (empty: never)", "zh": "采用期（空：未采用）"},
                "type": "number",
            },
            "treated": {"label": {"en": "Has adopted", "zh": "已采用"}, "unit": "0 or 1", "min": 0, "max": 1},
        }
        for name, series in d.series.items():
            limits = series.model_dump(include={"unit", "min", "max"}, exclude_none=True)
            variables[name] = {"label": series.label.model_dump(exclude_none=True), **limits}
        return {
            "title": d.title.en,
            "kind": "simulated",
            "source": f"data/populations/{self.name}.yaml",
            "groups": {name: labels[name] for name in d.groups},
            "variables": variables,
        }


def _reach(strength: Any, since: Any, growth: float) -> Any:
    """How far an effect has come: strength × (1 + growth × periods since adoption)."""
    return strength * (1.0 + growth * since)


def _needed(d: PanelDescription, only: Collection[str]) -> dict[str, Series]:
    """The series of these names with all that they rest on, in their order."""
    unknown = sorted(set(only) - set(d.series))
    if unknown:
        raise SpecificationError(f"there is no series {unknown[0]!r}; series are {', '.join(d.series)}")
    waiting, needed = list(only), set[str]()
    while waiting:
        name = waiting.pop()
        if name in needed or name not in d.series:
            continue
        needed.add(name)
        one = d.series[name]
        waiting += [key for term in one.terms for key in (term.from_, term.times) if key]
        waiting += [
            key for key in (one.of, one.stock and one.stock.minus, one.stock and one.stock.plus) if key
        ]
    return {name: one for name, one in d.series.items() if name in needed}


def _frame(
    d: PanelDescription, survey: Simulation, stream: np.random.Generator, wanted: Mapping[str, Series]
) -> pd.DataFrame:
    """The panel with the series that are wanted; the stream is used up as by all of them."""
    import pandas as pd

    latent = survey.latent.iloc[: d.follows]
    n, periods = len(latent), d.periods
    scores = {name: latent[name].to_numpy() for name in latent}
    start, strength = _adoption(d, scores, _normal(stream, n))
    draws = {
        name: (
            _normal(stream, n),
            _normal(stream, periods),
            _normal(stream, n, periods),
            stream.random((n, periods)),
        )
        for name in d.series
    }
    values: dict[str, Floats] = {name: np.full((n, periods), np.nan) for name in wanted}
    sizes = {name: survey.raw[name].iloc[:n].to_numpy() for name in d.groups}
    for t in range(periods):
        since = t + 1 - start
        reach = np.where(since >= 0, _reach(strength, np.maximum(since, 0), d.adoption.growth), 0.0)
        for name, series in wanted.items():
            values[name][:, t] = _draw(name, series, t, values, scores, reach, sizes, draws[name])
    firm = np.repeat(np.arange(1, n + 1), periods)
    adopted = np.where(np.isfinite(start), start, np.nan)
    columns: dict[str, object] = {"firm": firm, "period": np.tile(np.arange(1, periods + 1), n)}
    columns |= {name: np.repeat(groups, periods) for name, groups in sizes.items()}
    columns["adopted_in"] = pd.array(np.repeat(adopted, periods), dtype="Float64").astype("Int64")
    columns["treated"] = (np.tile(np.arange(1, periods + 1), n) >= np.repeat(start, periods)).astype(int)
    for name, series in wanted.items():
        flat = values[name].reshape(-1)
        whole = series.decimals == 0
        columns[name] = pd.array(flat, dtype="Float64").astype("Int64") if whole else flat
    return pd.DataFrame(columns)


def _normal(stream: np.random.Generator, *shape: int) -> Floats:
    # Half a step up from the grid of 2**-53 keeps 0 out.
    return inverse_normal(stream.random(shape) + 2.0**-54)


def _adoption(d: PanelDescription, scores: dict[str, Floats], chance: Floats) -> tuple[Floats, Floats]:
    """Period of adoption (inf: never) and strength of every firm: the readiest first, chance mixed in."""
    n = len(chance)
    order = np.argsort(-(scores[d.adoption.score] + d.adoption.chance * chance), kind="stable")
    start, strength = np.full(n, np.inf), np.zeros(n)
    adopting = [(c.period, c) for c in d.adoption.cohorts.values() if c.period is not None]
    first = 0
    for period, cohort in sorted(adopting, key=itemgetter(0)):
        members = order[first : first + round(cohort.share * n)]
        start[members], strength[members] = period, cohort.strength
        first += len(members)
    return start, strength


def _draw(
    name: str,
    series: Series,
    t: int,
    values: dict[str, Floats],
    scores: dict[str, Floats],
    reach: Floats,
    sizes: dict[str, np.ndarray],
    draws: tuple[Floats, Floats, Floats, Floats],
) -> Floats:
    """One period of one series, for all firms."""
    firm, shock, noise, uniform = draws
    stock = series.stock
    if stock is not None:
        if t:
            return values[name][:, t - 1] - values[stock.minus][:, t - 1] + values[stock.plus][:, t - 1]
        medians = np.array([stock.median[level] for level in sizes[stock.by]])
        return np.round(medians * np.exp(stock.spread * firm))
    level = series.level + series.drift * t + series.shock * shock[t] + series.firm * firm
    level = level + series.noise * (noise[:, : t + 1].sum(axis=1) if series.walk else noise[:, t])
    for term in series.terms:
        level = level + term.value * _regressor(term, t, values, scores)
    if series.gain is not None:
        level = level + series.gain.value * reach
    base = values[series.of][:, t] if series.of else np.ones(len(level))
    if series.kind == "binomial":
        trials = base.astype(np.int64)
        return inverse_binomial(uniform[:, t], trials, 1.0 / (1.0 + np.exp(-level))).astype(float)
    if series.kind == "poisson":
        return inverse_poisson(uniform[:, t], base * np.exp(level)).astype(float)
    value = base * np.exp(level) if series.kind == "lognormal" else level
    low = -np.inf if series.min is None else series.min
    high = np.inf if series.max is None else series.max
    return np.round(np.clip(value, low, high), series.decimals)


def _regressor(term: PanelTerm, t: int, values: dict[str, Floats], scores: dict[str, Floats]) -> Floats:
    if t < term.lag:
        return np.zeros(len(next(iter(values.values()))))

    def at(name: str) -> Floats:
        read = term.lag or term.observed or name not in scores
        return values[name][:, t - term.lag] if read else scores[name]

    product = 1.0 if term.times is None else at(term.times) - term.about
    return (at(term.from_) - term.about) * product


def _contradictions(d: PanelDescription, survey: Population) -> list[tuple[tuple[Any, ...], str]]:
    """Names that lead nowhere, as (place, what is wrong)."""
    faults: list[tuple[tuple[Any, ...], str]] = []
    latent, groups = set(survey.description.latent), survey.description.groups
    earlier: set[str] = set()
    for name, series in d.series.items():
        place = ("series", name)
        lagged = {x for term in series.terms if term.lag for x in (term.from_, term.times) if x}
        faults += [
            (place, f"there is no series {key!r} to look back at") for key in sorted(lagged - set(d.series))
        ]
        used = {x for term in series.terms if not term.lag for x in (term.from_, term.times) if x}
        if series.of is not None and series.of not in earlier:
            faults.append((place, f"there is no series {series.of!r} further up"))
        faults += [
            (place, f"{key!r} is neither a true score of {d.survey} nor a series further up")
            for key in sorted(used - latent - earlier)
        ]
        seen = [term for term in series.terms if term.observed and not term.lag]
        observed = {x for term in seen for x in (term.from_, term.times) if x}
        faults += [
            (place, f"{key!r} is observed, but no series further up") for key in sorted(observed - earlier)
        ]
        linked = {series.stock.minus, series.stock.plus} if series.stock else set()
        faults += [(place, f"there is no series {key!r}") for key in sorted(linked - set(d.series))]
        if series.stock is not None:
            levels = groups[series.stock.by].levels if series.stock.by in groups else {}
            if set(series.stock.median) != set(levels):
                faults.append((place, f"'median' must name the levels of {series.stock.by!r}"))
        earlier.add(name)
    faults += [
        ((part, "score"), f"{score!r} is not a true score of {d.survey}")
        for part, score in (("adoption", d.adoption.score), ("customers", d.customers.score))
        if score not in latent
    ]
    faults += [
        (("groups",), f"{name!r} is no group of {d.survey}") for name in d.groups if name not in groups
    ]
    asked = survey.description.n
    if (d.follows or 0) > asked:
        faults.append((("follows",), f"{d.survey} asks {asked} firms; it cannot follow {d.follows}"))
    total = sum(cohort.share for cohort in d.adoption.cohorts.values())
    if abs(total - 1.0) > 1e-9:
        faults.append((("adoption", "cohorts"), f"the shares add up to {total:.4g}, not 1"))
    return faults
