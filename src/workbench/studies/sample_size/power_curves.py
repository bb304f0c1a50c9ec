"""Power by n for every hypothesis, the n that is needed, and the smallest effect that an n finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import sem
from workbench.errors import NotApplicable
from workbench.normal_quantiles import INTERVAL_95, two_sided
from workbench.sem import arguments
from workbench.sem.normal_samples import fitted, in_population, normal
from workbench.sem.planning import smallest_n
from workbench.sem.refitting.refits import parameter_frame
from workbench.studies.own_model.hypotheses import statement
from workbench.studies.sample_size import interaction

if TYPE_CHECKING:
    from workbench.studies.sample_size.planned import Planned

POWERS = (0.8, 0.9)
FEWEST = 20
FEWEST_PER_VARIABLE = 2  # sizes below so many respondents a variable are left out
ONE_SIDED = two_sided(0.90)  # each of the two tests at 5 %
EFFECTS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Curves:
    """Power of every hypothesis over n.

    ``power``: n x hypothesis. ``plan``: of the model. ``sizes``: the grid. ``draws``: samples at each n.
    ``improper``: n -> share of samples with a negative variance or without convergence.
    """

    power: pd.DataFrame
    plan: sem.planning.Plan
    sizes: tuple[int, ...]
    draws: int
    effect: float

    @property
    def improper(self) -> pd.Series:
        table = self.plan.samples.set_index("n")
        return (table["improper"] + 1 - table["converged"]).clip(upper=1.0)

    def error(self, power: Any = 0.8) -> Any:
        """Half the width of the 95 % interval of a simulated power, or of each of several."""
        return INTERVAL_95 * np.sqrt(power * (1 - power) / self.draws)


def usable(planned: Planned, sizes: Sequence[int]) -> tuple[int, ...]:
    """The sizes that the model can be fitted to, the n at hand among them: two respondents or more for each
    observed variable.
    """
    asked = sorted(
        {arguments.whole("sizes", n, 2) for n in (*sizes, *([planned.n] if planned.n > 1 else []))}
    )
    kept = tuple(n for n in asked if n >= max(FEWEST_PER_VARIABLE * planned.observed, FEWEST))
    if not kept:
        raise NotApplicable(
            f"all sizes are below {FEWEST_PER_VARIABLE} respondents a variable, and the model has "
            f"{planned.observed} variables: give larger ones (-p sizes=…)"
        )
    return kept


def curves(
    planned: Planned, sizes: Sequence[int], *, draws: int, seed: int, effect: float | None = None
) -> Curves:
    """Simulate every size once and read the power of all hypotheses off the same samples.

    A path is found if its 95 % interval excludes 0, an indirect effect if all its paths are (joint
    significance), a moderation by the product of mean scores in a regression.

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`. sizes : numbers of respondents, ascending.
    draws : samples of each. seed : same seed, same result. effect : on every path; None: the planned one.
    """
    value = planned.effect if effect is None else effect
    plan = sem.plan(planned.text, planned.population(effect=value), n=list(sizes), draws=draws, seed=seed)
    power = {}
    for one in planned.model.hypotheses:
        if one.kind == "moderation":
            power[one.id] = interaction.power(planned, one, sizes, effect=value, draws=draws, seed=seed)
        else:
            power[one.id] = plan.power(*planned.of(one))
    return Curves(pd.DataFrame(power).rename_axis("n"), plan, tuple(sizes), draws, value)


def needed(found: Curves, planned: Planned) -> pd.DataFrame:
    """n for a power of 80 and 90 %, by hypothesis.

    Returns
    -------
    DataFrame by hypothesis: statement, kind, n80, n90 (NaN: not on the grid), least and most (n80 at the ends
    of the power's simulation error), and power at the n at hand
    (``at_hand``; NaN where it is not on the grid, left out without answers).
    """
    rows = {}
    for one in planned.model.hypotheses:
        powers = found.power[one.id]
        row = {
            "statement": statement(one, planned.model.labels),
            "kind": "path" if one.kind == "direct" else one.kind,
            **{f"n{100 * share:.0f}": smallest_n(powers, share) for share in POWERS},
            "least": smallest_n(powers + found.error(powers)),
            "most": smallest_n(powers - found.error(powers)),
        }
        if planned.n:
            row["at_hand"] = powers.get(planned.n, np.nan)
        rows[one.id] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("hypothesis")


def by_effect(
    planned: Planned, sizes: Sequence[int], *, draws: int, seed: int, effects: Sequence[float] = EFFECTS,
    known: Curves | None = None,
) -> pd.DataFrame:  # fmt: skip
    """n for 80 % by hypothesis (rows) and by effect (columns); NaN where the grid or a population ends.

    ``known``: curves that are there already, for their effect.
    """
    made = {}
    for effect in effects:
        if known is not None and effect == known.effect:
            made[effect] = {name: smallest_n(known.power[name]) for name in known.power}
        elif planned.possible(effect):
            one = curves(planned, sizes, draws=draws, seed=seed, effect=effect)
            made[effect] = {name: smallest_n(one.power[name]) for name in one.power}
    return pd.DataFrame(made).rename_axis("hypothesis")


def smallest_found(
    planned: Planned, *, draws: int, seed: int, effects: Sequence[float] = EFFECTS
) -> pd.DataFrame:
    """The smallest of some effects that the n at hand finds with 80 %, interpolated between them.

    Returns
    -------
    DataFrame by hypothesis: smallest (NaN: not with the largest effect that a population can have).
    """
    powers = pd.DataFrame(
        {
            effect: curves(planned, [planned.n], draws=draws, seed=seed, effect=effect).power.iloc[0]
            for effect in effects
            if planned.possible(effect)
        }
    )
    rows = {}
    for name, row in powers.iterrows():
        grid = pd.concat([pd.Series({0.0: 0.05}), row])
        reached = np.maximum.accumulate(grid.to_numpy(float))
        rows[name] = float(np.interp(0.8, reached, grid.index)) if reached[-1] >= 0.8 else np.nan
    return pd.Series(rows, name="smallest").rename_axis("hypothesis").to_frame()


def shown_absent(
    planned: Planned, sizes: Sequence[int], *, draws: int, seed: int, bound: float | None = None
) -> pd.DataFrame:
    """How many respondents show that a path is *not* as strong as the smallest effect that matters.

    Two one-sided tests: the 90 % interval lies between minus and plus the bound (Schuirmann 1987). In the
    samples no hypothesized path is there.

    Parameters
    ----------
    planned : of `from_codebook` or `from_survey`. sizes : numbers of respondents, ascending.
    draws : samples of each. seed : same seed, same result. bound : standardized; None: the planned effect.

    Returns
    -------
    DataFrame by n and hypothesis on a direct path: share of the samples that show it.
    """
    bound = planned.effect if bound is None else bound
    paths = [one for one in planned.model.hypotheses if one.kind == "direct"]
    if not paths:
        return pd.DataFrame(index=pd.Index(list(sizes), name="n"))
    cov, names = sem.planning.population_covariance(planned.population(effect=0.0))
    truth = in_population(planned.text, cov, names)
    strong = in_population(
        planned.text, *sem.planning.population_covariance(planned.population(effect=bound))
    )
    places = [list(parameter_frame(truth.problem).index).index(planned.of(one)[0]) for one in paths]
    limits = np.abs(strong.free_values[places])  # the bound on the scale of the unstandardized path
    rows = {}
    for number, n in enumerate(sizes):
        made = fitted(truth, normal(truth, cov, names, n), n, draws, [seed, number])
        reach = np.abs(made.estimates[:, places]) + ONE_SIDED * made.errors[:, places]
        rows[n] = (reach < limits).mean(axis=0)
    return pd.DataFrame.from_dict(rows, orient="index", columns=[one.id for one in paths]).rename_axis("n")


def needed_for_absence(planned: Planned, sizes: Sequence[int], *, draws: int, seed: int) -> pd.DataFrame:
    """n that shows with 80 and 90 % that a path is weaker than the planned effect, if it is not there.

    Parameters
    ----------
    planned, sizes, draws, seed : as in `shown_absent`.

    Returns
    -------
    DataFrame by hypothesis on a direct path: n80, n90 (NaN: not on the grid).
    """
    shown = shown_absent(planned, sizes, draws=draws, seed=seed)
    rows = {
        f"n{100 * share:.0f}": {name: smallest_n(shown[name], share) for name in shown} for share in POWERS
    }
    return pd.DataFrame(rows).rename_axis("hypothesis")
