"""Does an index of data quality notice damage? Known damage is done to a copy of the table, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from workbench.doors import door, made_by, mapping, number, numbers, optional, table, whole
from workbench.errors import SpecificationError
from workbench.indicators import doors
from workbench.indicators.data_quality import WEIGHTS, CustomerDataQuality, customer_data_quality
from workbench.indicators.quality_rules import QualityRules

KINDS = ("wrong", "empty", "contradictory", "stale")


@dataclass(frozen=True)
class DamageLadder:
    """What the index says of more and more damage.

    ``rungs``: damage, share → the four dimensions, cdq under the given weights, and accurate_share, the rival
    reading (:func:`customer_data_quality`). ``steps``: damage, share
    (reached by the step) → change of the index, and its worst (highest) value over all weights ``within`` of
    the given ones; a step is noticed if that is below zero. ``noticed``: damage → noticed (at every step),
    margin, the distance from the given weights up to which every step still is (0: not even there), and
    rival, whether accurate_share falls at every step.
    """

    rungs: pd.DataFrame
    steps: pd.DataFrame
    noticed: pd.DataFrame
    weights: pd.Series
    within: float
    n: int
    seed: int
    warnings: tuple[str, ...]


@door(
    customers=table,
    rules=made_by(QualityRules, "read_quality_rules"),
    shares=numbers,
    within=number,
    weights=optional(mapping(number, "{'accuracy': 0.4, …}")),
    as_of=optional(doors.day),
    seed=whole(0),
)
def damage_ladder(
    customers: pd.DataFrame,
    rules: QualityRules,
    *,
    shares: Sequence[float] = (0.1, 0.2, 0.3, 0.4),
    within: float = 0.05,
    weights: Mapping[str, float] | None = None,
    as_of: str | None = None,
    seed: int = 1,
) -> DamageLadder:
    """Damage a customer table step by step and measure its quality after each.

    Parameters
    ----------
    customers, rules, as_of : as of :func:`customer_data_quality`.
    shares : share of the cells (rows for ``stale``) damaged, rising; each step damages those of the step
        before and more.
    within : how far each weight may be from the given one.
    weights : of the four dimensions; the document's when not given.
    seed : of which cells are damaged.

    Returns
    -------
    DamageLadder

    Notes
    -----
    The index is linear in its weights (up to a common positive factor where a dimension cannot be judged),
    so a change that is negative at every corner of the neighbourhood is negative everywhere in it: two
    weights up, two down by ``within``, six corners. A dimension that a step leaves without anything to judge
    does not count in that step. Margin: -Σ w Δ / (Δ₁ + Δ₂ - Δ₃ - Δ₄), Δ sorted downwards.

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> customers = open_dataset("firm_customers").responses.head(300)
    >>> ladder = indicators.damage_ladder(customers, indicators.read_quality_rules(), shares=(0.2, 0.4))
    >>> ladder.noticed["noticed"].to_dict()
    {'wrong': True, 'empty': True, 'contradictory': True, 'stale': True}
    """
    chosen = pd.Series(dict(WEIGHTS if weights is None else weights), dtype=float)
    if not 0 <= within <= chosen.min():
        raise SpecificationError(f"within must lie between 0 and the smallest weight, {chosen.min():g}")
    if list(shares) != sorted(set(shares)) or not 0 < min(shares) <= max(shares) <= 1:
        raise SpecificationError("shares must rise and lie between 0 and 1")
    corners = np.array([c for c in product((-1.0, 1.0), repeat=len(chosen)) if sum(c) == 0])

    def measure(table: pd.DataFrame) -> CustomerDataQuality:
        return customer_data_quality(table, rules, as_of=as_of, weights=weights, draws=1)

    first = measure(customers)
    named = first.dimensions["value"]
    whole, warnings = named.to_numpy(), first.warnings
    w = chosen.to_numpy()
    rungs, steps, noticed = [], [], []
    for kind in KINDS:
        before, margins = whole, []
        rivals = [first.accurate_share]
        rungs.append((kind, 0.0, *whole, rivals[0]))
        for share in shares:
            found = measure(damaged(customers, rules, kind, share, as_of=as_of, seed=seed))
            now = found.dimensions["value"].to_numpy()
            rivals.append(found.accurate_share)
            change = np.nan_to_num(now - before)
            spread = np.abs(np.sort(change) @ np.repeat([-1.0, 1.0], 2))
            step = float(w @ change)
            steps.append((kind, share, step, step + float((within * corners @ change).max())))
            margins.append(0.0 if step >= 0 else -step / spread if spread > 0 else np.inf)
            rungs.append((kind, share, *now, rivals[-1]))
            before = now
        seen = all(row[3] < 0 for row in steps if row[0] == kind)
        noticed.append((kind, seen, min(margins), bool((np.diff(rivals) < 0).all())))
    columns = ["damage", "share", *named.index, "accurate_share"]
    table = pd.DataFrame(rungs, columns=columns).set_index(["damage", "share"])
    parts = table[list(named.index)]
    cdq = (parts.fillna(0) * w).sum(axis=1) / (parts.notna() * w).sum(axis=1)
    table.insert(len(named), "cdq", cdq)
    return DamageLadder(
        table,
        pd.DataFrame(steps, columns=["damage", "share", "change", "worst"]).set_index(["damage", "share"]),
        pd.DataFrame(noticed, columns=["damage", "noticed", "margin", "rival"]).set_index("damage"),
        chosen,
        within,
        len(customers),
        seed,
        warnings,
    )


def damaged(
    customers: pd.DataFrame,
    rules: QualityRules,
    kind: str,
    share: float,
    *,
    as_of: str | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """A copy of the table with one kind of damage.

    Parameters
    ----------
    kind : ``wrong``: values replaced by those of other customers, in the fields that have a verified
        reference (all fields if none has); each stays a possible value. ``empty``: required fields emptied.
        ``contradictory``: the two columns of an order rule exchanged, looked-up columns replaced.
        ``stale``: last update moved beyond the allowed age.
    share : of the cells that are there. The same seed damages the same cells first.
    """
    if kind not in KINDS:
        raise SpecificationError(f"damage {kind!r} is unknown; use one of {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    table = customers.assign(  # a category takes no value that it does not have
        **{name: customers[name].astype(object) for name in customers.select_dtypes("category")}
    )

    def hit(column: str) -> np.ndarray:
        return (rng.random(len(table)) < share) & table[column].notna().to_numpy()

    if kind == "wrong":
        verified = [name for name, rule in rules.fields.items() if "verified" in rule]
        for name in verified or rules.fields:
            table[name] = _another(table[name], hit(name), rng)
    elif kind == "empty":
        for name in (name for name, rule in rules.fields.items() if rule.get("required", True)):
            table[name] = table[name].mask(hit(name))
    elif kind == "contradictory":
        for rule in rules.consistency:
            if "relation" in rule:
                first, second = table[rule["first"]], table[rule["second"]]
                where = hit(rule["first"]) & second.notna().to_numpy()
                table[rule["first"]] = first.mask(where, second)
                table[rule["second"]] = second.mask(where, first)
            else:
                name = rule["column"] if "by" in rule else rule["then"]["column"]
                table[name] = _another(table[name], hit(name), rng)
    elif rules.updated is not None:
        old = pd.Timestamp(as_of or rules.as_of) - pd.Timedelta(days=int(rules.max_age_days) + 1)
        table[rules.updated] = table[rules.updated].mask(hit(rules.updated), old.date().isoformat())
    return table


def _another(column: pd.Series, where: np.ndarray, rng: np.random.Generator) -> pd.Series:
    """The column with the marked values replaced by other values of the same column."""
    codes, values = pd.factorize(column, sort=True)
    draw = rng.random(len(column))
    if len(values) < 2:
        return column
    other = (codes + 1 + (draw * (len(values) - 1)).astype(int)) % len(values)
    return column.mask(where, pd.Series(values.take(other), index=column.index))
