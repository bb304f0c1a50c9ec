"""The models of study 06: what loyalty rests on and leads to, value from benefits and costs, two outcomes.

All are fitted by robust maximum likelihood with full information. Two items of one construct load alike, so
that what they measure is identified without any other variable; a single item is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from workbench import sem
from workbench.measurement.constructs import safe_names
from workbench.measurement.measurement_models import improper_estimates

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem import Fit
    from workbench.survey import Survey

USE = "crm_use"
EARLY = ("perceived_value", "trust", "customer_experience", "emotional_bond")
LATE = ("relationship_quality", "engagement")
FOLLOWS = ("repurchase", "price_tolerance", "recommendation")
COST, LOG_COST = "cost_to_serve", "log_cost"
BENEFITS = ("product_value", "service_value", "personnel_value", "image_value")
COSTS = ("money_cost", "time_cost", "psychic_cost", "physical_cost")
FOR_SATISFACTION = ("core_product", "responsiveness", "delivery")
FOR_LOYALTY = ("customer_experience", "trust", "emotional_bond")
PRICE = "price_fairness"
RIVALS = (*FOR_SATISFACTION, *FOR_LOYALTY, PRICE)


@dataclass(frozen=True)
class Modelled:
    """A fitted model; ``paths``: (outcome, cause) -> estimate, ci_lower, ci_upper of β; ``defined``: name ->
    the same of what the model defines, standardized, with Monte Carlo intervals."""

    fit: Fit
    paths: pd.DataFrame
    defined: pd.DataFrame

    @property
    def improper(self) -> list[str]:
        """What is impossible in the solution, such as a negative variance, in words."""
        return improper_estimates(self.fit)

    @property
    def n(self) -> int:
        """Respondents in the fit."""
        return int(self.fit.problem.sample.total)


def measured(survey: Survey, names: Iterable[str]) -> str:
    """The constructs in lavaan's syntax: two items load alike, a single one is taken as it stands."""
    found = {name: list(survey.items(name)) for name in names}
    safe_names({name: items for name, items in found.items() if items != [name]})
    lines = []
    for name, items in found.items():
        if items == [name]:  # the column is the variable
            continue
        if len(items) == 1:
            lines += [f"{name} =~ 1*{items[0]}", f"{items[0]} ~~ 0*{items[0]}"]
        elif len(items) == 2:
            lines.append(f"{name} =~ 1*{items[0]} + 1*{items[1]}")
        else:
            lines.append(f"{name} =~ {' + '.join(items)}")
    return "\n".join(lines)


def fitted(text: str, data: pd.DataFrame, *, draws: int, seed: int) -> Modelled | None:
    """The model by MLR with full information; None where it does not converge."""
    fit = sem.fit(text, data, estimator="MLR", missing="fiml")
    if not fit.converged:
        return None
    paths = fit.standardized_solution().query("op == '~'").set_index(["lhs", "rhs"])
    paths = paths[["est_std", "ci_lower", "ci_upper", "pvalue"]].rename(columns={"est_std": "estimate"})
    defined = paths.iloc[:0].droplevel(1)
    if ":=" in text:
        found = sem.monte_carlo_intervals(fit, draws=draws, seed=seed, standardized=True)
        defined = found.rename(columns={"est": "estimate"}).set_index("lhs")
    return Modelled(fit, paths.rename_axis(["outcome", "cause"]), defined)


def joint_test(fit: Fit, names: Sequence[str], *, draws: int, seed: int) -> tuple[float, int, float]:
    """Wald's χ², df and p of several standardized definitions being all zero.

    Their covariance matrix is that of draws from the estimates' normal distribution.
    R: ``lavaan::lavTestWald`` of the unstandardized.
    """
    from scipy.stats import chi2

    from workbench.sem.standardized import standardize

    known = [definition.name for definition in fit.table.definitions]
    at = [known.index(name) - len(known) for name in names]
    generator = np.random.default_rng(seed)
    x = generator.multivariate_normal(fit.x, fit.inference.vcov, draws, method="eigh", check_valid="ignore")
    values = standardize(fit.problem, x)[:, at]
    values = values[np.isfinite(values).all(axis=1)]
    estimate = fit.estimates["std_all"].to_numpy(float)[at]
    statistic = float(estimate @ np.linalg.solve(np.atleast_2d(np.cov(values, rowvar=False)), estimate))
    return statistic, len(names), float(chi2.sf(statistic, len(names)))


def _regression(outcome: str, labelled: Mapping[str, str]) -> str:
    return f"{outcome} ~ " + " + ".join(f"{label}*{cause}" for cause, label in labelled.items())


def _free(names: Iterable[str]) -> list[str]:
    return [f"{a} ~~ {b}" for a, b in combinations(names, 2)]


def core_text(survey: Survey, drivers: Sequence[str], follows: Sequence[str]) -> str:
    """CRM use -> drivers and satisfaction -> relationship quality and engagement -> loyalty -> what follows.

    Within a step what the equations do not explain correlates freely. ``follows``: constructs and columns
    that rest on satisfaction and loyalty. Constructs not asked are left out. Defined: indirect effects by
    name, CRM's effects on what comes late, and the total effect of satisfaction on all that follows.
    """
    use = [USE] if USE in survey.constructs() else []
    late = [name for name in drivers if name in LATE]
    early = [*(name for name in drivers if name not in LATE), "satisfaction"]
    asked = [name for name in follows if name in survey.constructs()]
    lines = [measured(survey, [*use, *early, *late, "loyalty", *asked])]
    lines += [f"{name} ~ c_{name}*{USE}" for name in early if use]
    lines += _free(early)
    lines += [_regression(end, {name: f"r_{end}_{name}" for name in [*use, *early]}) for end in late]
    lines += _free(late)
    lines.append(_regression("loyalty", {name: f"b_{name}" for name in [*use, *early, *late]}))
    lines += [_regression(y, {"satisfaction": f"s_{y}", "loyalty": f"l_{y}"}) for y in follows]
    lines += _free(follows)
    by = " + ".join(f"r_{end}_satisfaction*b_{end}" for end in late)
    lines.append(f"satisfaction_loyalty := b_satisfaction{' + ' + by if by else ''}")
    lines += [f"satisfaction_{y} := s_{y} + l_{y}*satisfaction_loyalty" for y in follows]
    for end in late:
        lines += [f"{name}_by_{end} := r_{end}_{name}*b_{end}" for name in early]
        if use:
            through = " + ".join(f"c_{name}*r_{end}_{name}" for name in early)
            lines.append(f"{USE}_{end} := r_{end}_{USE} + {through}")
    if use:
        lines += [f"{USE}_by_{name} := c_{name}*b_{name}" for name in early]
        lines += [f"{USE}_by_{end} := {USE}_{end}*b_{end}" for end in late]
    return "\n".join(lines)


def core(
    survey: Survey, drivers: Sequence[str], follows: Sequence[str], *, draws: int, seed: int
) -> Modelled | None:
    """The model of `core_text` on a survey's answers."""
    return fitted(
        core_text(survey, drivers, follows),
        with_columns(survey, (*drivers, *follows)),
        draws=draws,
        seed=seed,
    )


def with_columns(survey: Survey, names: Iterable[str]) -> pd.DataFrame:
    """Items of the constructs, CRM use, satisfaction and loyalty, and the log of the cost to serve."""
    there = survey.constructs()
    wanted = [name for name in (USE, *names, "satisfaction", "loyalty") if name in there]
    data = survey.items(*dict.fromkeys(wanted))
    return data.assign(**{LOG_COST: log_cost(survey)}) if LOG_COST in names else data


def log_cost(survey: Survey) -> pd.Series:
    """Natural logarithm of the cost to serve; missing where it is not above zero."""
    import pandas as pd

    given = pd.to_numeric(survey.responses[COST], errors="coerce")
    return np.log(given.where(given > 0))


def value(survey: Survey, *, draws: int, seed: int) -> Modelled | None:
    """Perceived value of four benefits and four costs, beside CRM use; satisfaction and loyalty of value.

    Defined: ``benefits`` and ``costs``, the sums of four paths; ``benefits_satisfaction``,
    ``benefits_loyalty`` (and of costs), what they do by way of value; ``alike_1`` to ``alike_7``, zero where
    all eight weigh the same, as a plain subtraction would have it.
    """
    use = [USE] if USE in survey.constructs() else []
    parts = (*BENEFITS, *COSTS)
    lines = [measured(survey, [*use, *parts, "perceived_value", "satisfaction", "loyalty"])]
    lines.append(_regression("perceived_value", {name: f"v_{name}" for name in [*use, *parts]}))
    held = " + ".join([*use, *parts])
    lines += [
        f"satisfaction ~ s*perceived_value + {held}",
        f"loyalty ~ l*perceived_value + k*satisfaction + {held}",
        "benefits := " + " + ".join(f"v_{name}" for name in BENEFITS),
        "costs := " + " + ".join(f"v_{name}" for name in COSTS),
        *(f"{side}_satisfaction := {side}*s" for side in ("benefits", "costs")),
        *(f"{side}_loyalty := {side}*(l + s*k)" for side in ("benefits", "costs")),
    ]
    signed = [*(f"v_{name}" for name in BENEFITS), *(f"-1*v_{name}" for name in COSTS)]
    lines += [f"alike_{place} := {a} - ({b})" for place, (a, b) in enumerate(pairwise(signed), 1)]
    names = (*parts, "perceived_value")
    return fitted("\n".join(lines), with_columns(survey, names), draws=draws, seed=seed)


def rivals(survey: Survey, drivers: Sequence[str], *, draws: int, seed: int) -> Modelled | None:
    """Satisfaction and loyalty on the same drivers, beside CRM use, neither on the other.

    Defined: ``less_NAME``, a driver's effect on satisfaction less that on loyalty; on loyalty,
    ``price_NAME``, product and response less price, and ``product_NAME``, experience and bond less the
    product.
    """
    use = [USE] if USE in survey.constructs() and USE not in drivers else []
    lines = [measured(survey, [*use, *drivers, "satisfaction", "loyalty"])]
    lines += [
        _regression(y, {name: f"{y[0]}_{name}" for name in [*use, *drivers]})
        for y in ("satisfaction", "loyalty")
    ]
    lines += ["satisfaction ~~ loyalty", *(f"less_{name} := s_{name} - l_{name}" for name in drivers)]
    against = {"price": (PRICE, FOR_SATISFACTION[:2]), "product": (FOR_SATISFACTION[0], FOR_LOYALTY)}
    for word, (base, others) in against.items():
        lines += [f"{word}_{name} := l_{name} - l_{base}" for name in others if {name, base} <= {*drivers}]
    return fitted("\n".join(lines), with_columns(survey, drivers), draws=draws, seed=seed)
