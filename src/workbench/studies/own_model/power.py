"""What a sample of this size could find: the smallest effects with 80 % power, by simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench import sem
from workbench.errors import WorkbenchError
from workbench.normal_quantiles import INTERVAL_95, POWER_80
from workbench.studies.own_model.estimation import Estimated, structural_correlations

POWER = 0.8
POWER_MULTIPLE = INTERVAL_95 + POWER_80  # of a standard error: found at the 5 % level with 80 % power
DRAWS = 300  # samples of the simulation: a power of .80 is known to within ±.05
STEPS, NEAR, SMALLER = 8, 0.02, 0.7  # steps towards the value; how near its power comes; a step back


def smallest_effects(
    found: Estimated, table: pd.DataFrame, *, draws: int = DRAWS, seed: int = 1
) -> pd.DataFrame:
    """The standardized effect that samples of this size find with 80 % power, by hypothesis.

    For a hypothesis on a direct path by simulation: samples are drawn from a normal population that has the
    fitted model, with this path at a value and all else as found; the model is fitted to each by ML
    (``workbench.sem.plan``), and the value is moved until four in five find it. Answers are taken as
    measurements and none is missing, so what boxes and gaps cost comes on top. For indirect effects and
    moderations, 2.80 (1.96 + 0.84) standard errors: the precision reached here is taken as given, although it
    would be another where the effect is smaller.

    It describes the design, not the result: whether an effect was found is no news about power.

    Parameters
    ----------
    found : the fitted model. table : of `hypotheses_table`.
    draws : samples a step; with 300 a power of .80 is known to within ±.05. seed : same seed, same result.

    Returns
    -------
    DataFrame by hypothesis: std, se (read off the 95 % interval), smallest, power (simulated at it; missing
    where nothing was simulated, and ``smallest`` is 2.80 standard errors).

    Source: Muthén & Muthén (2002), Structural Equation Modeling 9, 599-620.
    """
    error = (table["ci_upper"] - table["ci_lower"]) / (2 * INTERVAL_95)
    made = pd.DataFrame(
        {"std": table["std"], "se": error, "smallest": POWER_MULTIPLE * error, "power": np.nan}
    )
    for one in found.model.hypotheses:
        if one.kind == "direct" and found.readable:
            sign = -1.0 if one.sign == "-" else 1.0
            value, power = _smallest(found, one.paths[0], sign, made.loc[one.id, "smallest"], draws, seed)
            made.loc[one.id, ["smallest", "power"]] = value, power
    return made


def _smallest(
    found: Estimated, path: tuple[str, str], sign: float, value: float, draws: int, seed: int
) -> tuple[float, float]:
    """Value of a path (from, to) that is found with 80 % power, and its simulated power.

    Where power p is reached at v, the standard error there is near v / (z(p) + 1.96): the next value is 2.80
    of it. Where no population can have such a path beside the others, smaller ones are tried; where none of
    them reaches the power, the value given and NaN.
    """
    text, given = found.model.text(defined=False), value
    for _ in range(STEPS):
        try:
            made = sem.plan(text, _population(found, path, sign * value), n=found.n, draws=draws, seed=seed)
        except WorkbenchError:
            value *= SMALLER
            continue
        powers = made.parameters.set_index("parameter")["power"]
        power = float(powers[f"{path[1]} ~ {path[0]}"])
        if abs(power - POWER) <= NEAR:
            return value, power
        value *= POWER_MULTIPLE / (norm.ppf(np.clip(power, 0.05, 0.99)) + INTERVAL_95)
    return given, np.nan


def _population(found: Estimated, path: tuple[str, str], value: float) -> str:
    """The fitted model with its standardized numbers, one path (from, to) at another value."""
    rows = found.structure.standardized_solution()
    outcomes = set(found.model.outcomes)
    lines = []
    for row in rows.itertuples():
        if row.op == "=~" or (row.op == "~" and row.lhs in outcomes):
            here = row.op == "~" and (row.rhs, row.lhs) == path
            lines.append(f"{row.lhs} {row.op} {float(value if here else row.est_std)!r}*{row.rhs}")
    rest = rows[(rows["op"] == "~~") & (rows["lhs"] == rows["rhs"])].set_index("lhs")["est_std"]
    for row in rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])].itertuples():
        if {row.lhs, row.rhs} <= outcomes:
            lines.append(
                f"{row.lhs} ~~ {float(row.est_std * np.sqrt(rest[row.lhs] * rest[row.rhs]))!r}*{row.rhs}"
            )
    related = structural_correlations(found)
    causes = [name for name in related.index if name not in outcomes]
    lines += [f"{a} ~~ {float(related.loc[a, b])!r}*{b}" for a, b in combinations(causes, 2)]
    return "\n".join(lines)
