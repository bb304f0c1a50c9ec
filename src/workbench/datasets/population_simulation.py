"""From a population's description to answers: scores, categories, careless respondents, gaps.

Every random number is a uniform of PCG64, one row per respondent, one column per purpose. A change of a path,
a loading or a share leaves the stream alone, so two versions of a population differ only by what was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from workbench.datasets.inverse_distributions import Floats, inverse_normal, inverse_poisson
from workbench.datasets.population_schema import Description, Item, Lognormal, Rate, Variable
from workbench.errors import SpecificationError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.population import Population


@dataclass(frozen=True)
class Simulation:
    """A simulated survey and the truth behind it.

    raw : the answers as given, reversed items not yet turned, gaps as missing.
    refused : which gaps are refusals (written to file as the scale's first missing code).
    latent : true scores, one column for each latent variable. careless : who did not read.
    """

    raw: pd.DataFrame
    refused: pd.DataFrame
    latent: pd.DataFrame
    careless: pd.Series
    description: Description

    @property
    def responses(self) -> pd.DataFrame:
        """Answers with reversed items turned, as ``open_survey(...).responses`` gives them."""
        turned = self.raw.copy()
        for name, (construct, item) in self.description.items.items():
            if item.reverse:
                scale = self.description.scales[self.description.constructs[construct].scale]
                turned[name] = scale.min + scale.max - turned[name]
        return turned

    def to_csv(self, file: str | Path | None = None) -> str:
        """CSV text of the raw answers (also to ``file``): refusals as their code, skipped items empty."""
        import pandas as pd

        table = self.raw.copy()
        for name, (construct, _) in self.description.items.items():
            scale = self.description.scales[self.description.constructs[construct].scale]
            column = table[name].astype("Int64")
            if scale.missing:
                column = column.mask(self.refused[name], scale.missing[0])
            table[name] = column
        text = pd.DataFrame(table).to_csv(index=False, lineterminator="\n")
        if file is not None:
            Path(file).write_text(text, encoding="utf-8", newline="\n")
        return text


class _Uniforms:
    """One uniform in (0, 1) a respondent and purpose, handed out column by column."""

    def __init__(self, seed: int, n: int, columns: int):
        # Half a step up from the grid of 2**-53 keeps 0 out without touching the order of the numbers.
        draws = np.random.Generator(np.random.PCG64(seed)).random((n, columns))
        self._columns = np.ascontiguousarray(draws.T) + 2.0**-54
        self._used = 0

    def take(self, count: int) -> Floats:
        block = self._columns[self._used : self._used + count]
        self._used += count
        return block


def simulate(population: Population, n: int, seed: int) -> Simulation:
    """Draw ``n`` respondents of a population (see ``Population.simulate``)."""
    import pandas as pd

    d = population.description
    items, latent = d.items, d.latent
    uniforms = _Uniforms(
        seed, n, len(d.groups) + len(latent) + 1 + 2 * len(items) + len(d.variables) + 4 + len(d.pairs)
    )
    levels = {
        name: _pick(uniforms.take(1)[0], [level.share for level in group.levels.values()])
        for name, group in d.groups.items()
    }
    difference = _Differences(d, levels, n)
    scores = _latent_scores(population, inverse_normal(uniforms.take(len(latent))), difference)
    method = inverse_normal(uniforms.take(1)[0])
    chances = uniforms.take(len(items))
    errors = _shared(d, inverse_normal(chances), inverse_normal(uniforms.take(len(d.pairs))))
    answers = _answers(population, scores, method, errors, difference)
    spare = uniforms.take(len(d.variables))
    who, how, chooses = uniforms.take(3)
    favourite = np.zeros(n)
    careless = np.zeros(n, dtype=bool)
    if d.answering.careless is not None:
        careless = who < d.answering.careless.share
        straight = how < d.answering.careless.straight
        sticks_to = _pick(chooses, list(d.answering.careless.favourites))
        favourite = np.where(straight, sticks_to, _category(chooses, 0, 4)) / 4.0
        for place, (name, (construct, _)) in enumerate(items.items()):
            scale = d.scales[d.constructs[construct].scale]
            same = np.floor(scale.min + favourite * (scale.max - scale.min) + 0.5).astype(int)
            chosen = np.where(straight, same, _category(chances[place], scale.min, scale.max))
            answers[name] = np.where(careless, chosen, answers[name])
    variables = {
        name: _variable(variable, scores, spare[place], careless, favourite)
        for place, (name, variable) in enumerate(d.variables.items())
    }
    leaves_out = _share_of_skippers(population, scores)
    skipped, refused = _gaps(d, uniforms.take(len(items)), uniforms.take(1)[0] < leaves_out, levels)
    columns: dict[str, object] = {d.id: np.arange(1, n + 1)}
    for name, group in d.groups.items():
        columns[name] = np.array(list(group.levels), dtype=object)[levels[name]]
    for place, name in enumerate(items):
        columns[name] = np.where(skipped[place] | refused[place], np.nan, answers[name])
    return Simulation(
        raw=pd.DataFrame({**columns, **variables}),
        refused=pd.DataFrame(refused.T, columns=list(items)),
        latent=pd.DataFrame({name: scores[name] for name in latent}),
        careless=pd.Series(careless, name="careless"),
        description=d,
    )


class _Differences:
    """What the group levels of each respondent add to the base description; plain 0 where nothing differs."""

    def __init__(self, d: Description, levels: Mapping[str, np.ndarray], n: int):
        self._added: dict[tuple[str, ...], Floats] = {}
        for name, group in d.groups.items():
            for place, level in enumerate(group.levels.values()):
                member = (levels[name] == place).astype(float)
                for kind in ("means", "loadings", "intercepts"):
                    for target, value in getattr(level, kind).items():
                        self._add((kind, target), value * member)
                for change in level.paths:
                    self._add(("paths", change.to, change.from_), change.change * member)

    def _add(self, key: tuple[str, ...], value: Floats) -> None:
        self._added[key] = self._added[key] + value if key in self._added else value

    def __getitem__(self, key: tuple[str, ...]) -> Floats | float:
        return self._added.get(key, 0.0)


def _latent_scores(population: Population, draws: Floats, difference: _Differences) -> dict[str, Floats]:
    d, implied = population.description, population.implied
    scores: dict[str, Floats] = {}
    for place, name in enumerate(d.latent):
        score = implied.residual[name] * draws[place] + difference["means", name]
        for term in d.structure.get(name, []):
            regressor = scores[term.from_]
            key = (term.from_, term.above, term.times)
            if term.above is not None:
                regressor = np.maximum(regressor - term.above, 0.0) - implied.centre[key]
            elif term.times is not None:
                regressor = regressor * scores[term.times] - implied.centre[key]
            linear = term.above is None and term.times is None
            change = difference["paths", name, term.from_] if linear else 0.0
            score = score + (term.value + change) * regressor
        scores[name] = score
    return scores


def _shared(d: Description, errors: Floats, common: Floats) -> Floats:
    """Errors of the items, correlated in pairs, each with variance 1."""
    place = {name: i for i, name in enumerate(d.items)}
    part = np.zeros(len(place))
    for pair in d.pairs:
        for name in pair.items:
            part[place[name]] += pair.correlation
    mixed = np.sqrt(1.0 - part)[:, None] * errors
    for pair, draw in zip(d.pairs, common, strict=True):
        for name in pair.items:
            mixed[place[name]] += np.sqrt(pair.correlation) * draw
    return mixed


def _answers(
    population: Population,
    scores: Mapping[str, Floats],
    method: Floats,
    errors: Floats,
    difference: _Differences,
) -> dict[str, np.ndarray]:
    d = population.description
    thresholds = {
        name: inverse_normal(np.minimum(np.cumsum(shape.shares)[:-1], 1 - 1e-12))
        for name, shape in d.shapes.items()
    }
    answers = {}
    for place, (name, (construct, item)) in enumerate(d.items.items()):
        score = (item.loading + difference["loadings", name]) * scores[construct]
        score = score + difference["intercepts", name]
        for other, loading in item.also.items():
            score = score + loading * scores[other]
        common = d.answering.method_loading(construct)
        error = _error_sd(population, name, construct, item, common)
        answers[name] = _cut(score + error * errors[place], item, d, construct, thresholds, common * method)
    return answers


def _error_sd(population: Population, name: str, construct: str, item: Item, common: float) -> float:
    """Standard deviation of an item's error, so that the latent answer has variance 1."""
    loadings = {construct: item.loading, **item.also}
    covariance = population.implied.covariance if item.also else None
    explained = common**2 + item.loading**2
    if covariance is not None:
        explained = common**2 + sum(
            x * y * covariance.at[a, b] for a, x in loadings.items() for b, y in loadings.items()
        )
    if explained >= 1.0:
        raise SpecificationError(f"the loadings of {name!r} explain {explained:.2f} of its variance of 1")
    return float(np.sqrt(1.0 - round(explained, 12)))


def _cut(
    score: Floats,
    item: Item,
    d: Description,
    construct: str,
    thresholds: Mapping[str, Floats],
    method: Floats,
) -> np.ndarray:
    """Category of a latent answer. The method factor pushes towards agreement, however an item is worded."""
    parts = d.constructs[construct]
    scale, shape = d.scales[parts.scale], item.shape or parts.shape
    pushed = score - method if item.reverse else score + method
    category = np.searchsorted(thresholds[shape], pushed, side="right") + scale.min
    return scale.min + scale.max - category if item.reverse else category


def _pick(uniform: Floats, shares: list[float]) -> np.ndarray:
    return np.minimum(np.searchsorted(np.cumsum(shares), uniform, side="right"), len(shares) - 1)


def _category(uniform: Floats, low: float, high: float) -> np.ndarray:
    return np.minimum(low + np.floor(uniform * (high - low + 1)), high).astype(int)


def _linear(rate: Rate, scores: Mapping[str, Floats], n: int) -> Floats:
    total = np.full(n, rate.intercept)
    for term in rate.terms:
        total = total + term.value * scores[term.from_]
    return total


def _variable(
    variable: Variable, scores: Mapping[str, Floats], uniform: Floats, careless: np.ndarray, favourite: Floats
) -> np.ndarray:
    n = len(uniform)
    if variable.instructed is not None and variable.min is not None and variable.max is not None:
        unread = np.round(variable.min + favourite * (variable.max - variable.min))
        slipped = (
            np.where(uniform > (1 + variable.instructed.attentive) / 2, -1, 1) + variable.instructed.answer
        )
        careful = np.where(uniform < variable.instructed.attentive, variable.instructed.answer, slipped)
        return np.clip(np.where(careless, unread, careful), variable.min, variable.max).astype(int)
    if variable.logit is not None:
        return (uniform < 1.0 / (1.0 + np.exp(-_linear(variable.logit, scores, n)))).astype(int)
    if variable.poisson is not None:
        values: np.ndarray = inverse_poisson(uniform, np.exp(_linear(variable.poisson, scores, n)))
    else:
        amount = cast(Lognormal, variable.lognormal)  # exactly one of the four is given
        values = amount.median * np.exp(amount.spread * scores[amount.score])
        values = np.where(careless, values * variable.careless_times, values)
    values = np.clip(values, variable.min, variable.max)
    return np.round(values, variable.decimals) if variable.decimals else np.round(values).astype(int)


def _share_of_skippers(population: Population, scores: Mapping[str, Floats]) -> Floats | float:
    """Chance of each respondent to leave out anything: ``skippers`` on average, by scores if said so."""
    answering = population.description.answering
    if not answering.skipping:
        return answering.skippers
    covariance = population.implied.covariance
    terms = [(term.from_, term.value) for term in answering.skipping]
    variance = sum(x * y * covariance.at[a, b] for a, x in terms for b, y in terms)
    tendency = sum(value * scores[name] for name, value in terms)
    return np.minimum(answering.skippers * np.exp(tendency - round(variance, 12) / 2), 1.0)


def _gaps(
    d: Description, uniforms: Floats, skipper: np.ndarray, levels: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Items left out by skippers, and refusals (at random, given a group); items × respondents."""
    answering = d.answering
    skipped = (uniforms < answering.skipped / answering.skippers) & skipper
    refused = np.zeros_like(skipped)
    for refusal in answering.refused:
        shares = np.array([refusal.shares[level] for level in d.groups[refusal.group].levels])
        often = shares[levels[refusal.group]]
        for place, (construct, _) in enumerate(d.items.values()):
            if construct in refusal.constructs:
                refused[place] |= uniforms[place] > 1.0 - often
    return skipped, refused
