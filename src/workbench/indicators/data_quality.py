"""Quality of customer data (CDQ of D2), measured on the customer table itself.

Accuracy can only be told against a verified reference. Without one, all that can be told is whether a value
obeys the rules declared for it; that is validity, and it is called so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import column, door, is_number, made_by, mapping, number, optional, table
from workbench.errors import DataError, Fault, SpecificationError
from workbench.indicators import doors
from workbench.indicators.quality_rules import RELATIONS, QualityRules, check_rules

# D2, section 2.2 (1), table of weights.
WEIGHTS = {"accuracy": 0.4, "completeness": 0.3, "consistency": 0.2, "timeliness": 0.1}


@dataclass(frozen=True)
class CustomerDataQuality:
    """CDQ with its parts.

    ``dimensions``: dimension, value, weight, contribution, judged (cells). ``fields``: field, accuracy,
    validity, completeness, judged. ``rules``: rule, kept (share), judged. ``rows``: the dimensions and cdq
    of each row. ``groups``: the same by group, empty without ``by``. ``sensitivity``: scheme of weights,
    cdq, and how well it keeps the order of the groups (Kendall's tau). ``first_dimension``: ``accuracy`` or
    ``validity``. ``accurate_share``: the rival reading of the formula, accurate data over all data, as a
    column of ``groups`` too (NaN without a verified reference).
    """

    cdq: float
    accurate_share: float
    first_dimension: str
    dimensions: pd.DataFrame
    fields: pd.DataFrame
    rules: pd.DataFrame
    rows: pd.DataFrame
    groups: pd.DataFrame
    sensitivity: pd.DataFrame
    n: int
    warnings: tuple[str, ...]


@door(
    customers=table,
    rules=made_by(QualityRules, "read_quality_rules"),
    as_of=optional(doors.day),
    weights=optional(mapping(number, "{'accuracy': 0.4, …}")),
    by=optional(column),
    **doors.DRAWN,
)
def customer_data_quality(
    customers: pd.DataFrame,
    rules: QualityRules,
    *,
    as_of: str | pd.Timestamp | None = None,
    weights: Mapping[str, float] | None = None,
    by: str | None = None,
    draws: int = 2000,
    seed: int = 1,
) -> CustomerDataQuality:
    """Measure accuracy (or validity), completeness, consistency and timeliness of a customer table.

    Parameters
    ----------
    customers : one row for each customer record.
    rules : what is declared about its fields.
    as_of : day from which the age of a row is counted; that of the rules when not given.
    weights : of the four dimensions; the document's .4 .3 .2 .1 when not given.
    by : column of groups (the firm).
    draws, seed : weights drawn evenly from the simplex, for ``sensitivity``.

    Returns
    -------
    CustomerDataQuality

    Notes
    -----
    Each dimension is the share of judged cells that pass. Accuracy: the value equals its verified reference,
    over cells where both are there. Validity: it obeys its pattern, bounds and list. Completeness: required
    cells that are filled. Consistency: declared rules kept, over rows where they can be told. Timeliness:
    rows updated within ``max_age_days``; no date or a date in the future is not timely. CDQ = Σ weight ·
    dimension; where a dimension cannot be judged its weight is shared among the others in proportion, and a
    warning says so.

    D2 prints "the formula can be shortened to: CDQ = accurate amount of data" and breaks off. Read on by
    itself it is a single share: cells equal to their verified reference over all cells that have one, where
    an empty cell is among all and not among the accurate. It knows nothing of contradictions and age.

    Examples
    --------
    >>> from workbench import indicators
    >>> from workbench.datasets import open_dataset
    >>> customers = open_dataset("firm_customers").responses.head(500)
    >>> found = indicators.customer_data_quality(customers, indicators.read_quality_rules(), draws=100)
    >>> round(found.cdq, 2), found.dimensions["value"].round(2).tolist()
    (0.91, [0.89, 0.92, 0.98, 0.8])
    """
    check_rules(customers, rules, by)
    chosen = dict(WEIGHTS if weights is None else weights)
    if set(chosen) != set(WEIGHTS) or min(chosen.values()) < 0 or abs(sum(chosen.values()) - 1) > 1e-9:
        raise SpecificationError(f"weights must be of {', '.join(WEIGHTS)}, not negative, and add up to 1")
    warnings: list[str] = []
    accuracy, validity = _accuracy(customers, rules), _validity(customers, rules)
    first = "accuracy" if accuracy.shape[1] else "validity"
    if first == "validity":
        warnings.append(
            "No field has a verified reference: the first dimension is validity (values that "
            "obey their rules), not accuracy."
        )
    elif accuracy.shape[1] < len(rules.fields):
        warnings.append(
            f"Accuracy is judged on {accuracy.shape[1]} of {len(rules.fields)} fields, those with "
            "a verified reference."
        )
    cells = {
        first: accuracy if first == "accuracy" else validity,
        "completeness": _completeness(customers, rules),
        "consistency": _consistency(customers, rules),
        "timeliness": _timeliness(customers, rules, as_of or rules.as_of, warnings),
    }
    rival = _accurate_cells(customers, rules)
    named = {first if name == "accuracy" else name: value for name, value in chosen.items()}
    rows = pd.DataFrame({name: _share(part) for name, part in cells.items()}, index=customers.index)
    total = pd.Series({name: _overall(part) for name, part in cells.items()})
    gone = [name for name in total.index if np.isnan(total[name])]
    if gone:
        warnings.append(
            f"Not judged for want of rules or data, its weight shared among the others: {', '.join(gone)}."
        )
    w = pd.Series(named)[list(cells)]
    dimensions = pd.DataFrame({"value": total, "weight": w}).rename_axis("dimension")
    dimensions["contribution"] = total * w.where(total.notna(), 0) / w[total.notna()].sum()
    dimensions["judged"] = [int(part.notna().to_numpy().sum()) for part in cells.values()]
    rows["cdq"] = _weighted(rows, w)
    groups = pd.DataFrame(columns=[*cells, "cdq", "accurate_share", "n"])
    if by:
        groups = _groups(cells, rival, customers[by], w)
    fields = pd.DataFrame(
        {
            "accuracy": accuracy.mean().reindex(rules.fields),
            "validity": validity.mean().reindex(rules.fields),
            "completeness": customers[list(rules.fields)].notna().mean(),
            "judged": accuracy.notna().sum().reindex(rules.fields, fill_value=0),
        }
    ).rename_axis("field")
    kept = cells["consistency"]
    rule_table = pd.DataFrame({"kept": kept.mean(), "judged": kept.notna().sum()}).rename_axis("rule")
    return CustomerDataQuality(
        float(_weighted(total.to_frame().T, w).iloc[0]),
        _overall(rival),
        first,
        dimensions,
        fields,
        rule_table,
        rows,
        groups,
        _sensitivity(total, groups, w, draws, seed),
        len(customers),
        tuple(warnings),
    )


def _accuracy(customers: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    found = {}
    for name, rule in rules.fields.items():
        if "verified" in rule:
            held, truth = customers[name], customers[rule["verified"]]
            both = held.notna() & truth.notna()
            if is_number(held) and is_number(truth):
                same = pd.Series(
                    np.isclose(
                        held.to_numpy(float, na_value=np.nan),
                        truth.to_numpy(float, na_value=np.nan),
                        rtol=1e-9,
                        atol=0,
                    ),
                    index=held.index,
                )
            else:
                same = held.astype(str).str.strip() == truth.astype(str).str.strip()
            found[name] = same.astype(float).where(both)
    return pd.DataFrame(found, index=customers.index)


def _accurate_cells(customers: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    """Verified cells: 1 if the value is there and right, 0 if it is wrong or empty."""
    accurate = _accuracy(customers, rules)
    known = {name: customers[rules.fields[name]["verified"]].notna() for name in accurate}
    return accurate.fillna(0.0).where(pd.DataFrame(known, index=customers.index))


def _validity(customers: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    found = {}
    for name, rule in rules.fields.items():
        checks = rule.keys() & {"pattern", "min", "max", "allowed"}
        if not checks:
            continue
        column = customers[name]
        good = pd.Series(True, index=column.index)
        if "pattern" in rule:
            pattern = re.compile(rule["pattern"])
            good &= np.array([pattern.fullmatch(_text(value)) is not None for value in column], bool)
        if "allowed" in rule:
            good &= column.isin(list(rule["allowed"]))
        numbers = pd.to_numeric(column, errors="coerce") if checks & {"min", "max"} else None
        if "min" in rule:
            good &= numbers >= rule["min"]
        if "max" in rule:
            good &= numbers <= rule["max"]
        found[name] = good.astype(float).where(column.notna())
    return pd.DataFrame(found, index=customers.index)


def _text(value: object) -> str:
    """A cell as text; a whole number read as 13.0 because of gaps in its column is 13."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _completeness(customers: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    required = [name for name, rule in rules.fields.items() if rule.get("required", True)]
    filled = customers[required].notna()
    for name in required:
        if not pd.api.types.is_numeric_dtype(customers[name]):
            filled[name] &= customers[name].astype(str).str.strip() != ""
    return filled.astype(float)


def _consistency(customers: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    found = {}
    for rule in rules.consistency:
        if "relation" in rule:
            a, b = customers[rule["first"]], customers[rule["second"]]
            told = (a.notna() & b.notna()).to_numpy()
            kept = np.zeros(len(a), bool)
            try:
                kept[told] = RELATIONS[rule["relation"]](a.to_numpy()[told], b.to_numpy()[told])
            except TypeError:
                raise DataError(
                    Fault(
                        f"rule {rule['name']!r} compares it with {rule['second']!r}, and the two are of "
                        "kinds that have no order",
                        column=rule["first"],
                        fix="Write both as numbers, or both as dates.",
                    )
                ) from None
            found[rule["name"]] = np.where(told, kept.astype(float), np.nan)
        elif "by" in rule:
            found[rule["name"]] = _looked_up(customers, rule)
        else:
            asked, when = _condition(customers, rule["when"])
            told, then = _condition(customers, rule["then"])
            judged = asked & when & told
            found[rule["name"]] = np.where(judged, then.astype(float), np.nan)
    return pd.DataFrame(found, index=customers.index)


def _looked_up(customers: pd.DataFrame, rule: Mapping[str, Any]) -> np.ndarray:
    """1 where a column fits what another says it must be or begin with, NaN where that cannot be told."""
    table = rule["begins"] if "begins" in rule else rule["equals"]
    wanted = customers[rule["by"]].map({key: str(value) for key, value in table.items()})
    held = customers[rule["column"]].map(_text, na_action="ignore")
    told = (wanted.notna() & held.notna()).to_numpy()
    pairs = zip(held[told], wanted[told], strict=True)
    kept = [text.startswith(start) if "begins" in rule else text == start for text, start in pairs]
    out = np.full(len(customers), np.nan)
    out[told] = kept
    return out


def _condition(customers: pd.DataFrame, part: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Rows where a condition can be told, and where it holds."""
    column = customers[part["column"]]
    if "present" in part:
        return np.ones(len(column), bool), (column.notna() == bool(part["present"])).to_numpy()
    return column.notna().to_numpy(), (column == part["equals"]).fillna(False).to_numpy(bool)


def _timeliness(
    customers: pd.DataFrame, rules: QualityRules, as_of: str | pd.Timestamp | None, warnings: list[str]
) -> pd.DataFrame:
    if rules.updated is None:
        return pd.DataFrame(index=customers.index)
    if as_of is None:
        raise SpecificationError("timeliness needs as_of, the day from which the age of a row is counted")
    written = customers[rules.updated]
    no_date = written.map(lambda value: isinstance(value, (Real, complex)), na_action="ignore")
    dates = pd.to_datetime(written.mask(no_date.eq(True)), errors="coerce", format="ISO8601")
    unread = int((dates.isna() & written.notna()).sum())
    if unread:
        raise DataError(
            Fault(f"{unread} values are not dates", column=rules.updated, fix="Write dates as 2026-01-31.")
        )
    age = (pd.Timestamp(as_of) - dates).dt.days
    ahead, without = int((age < 0).sum()), int(dates.isna().sum())
    if ahead:
        warnings.append(f"{ahead} rows were updated after {as_of}: counted as not timely.")
    if without:
        warnings.append(f"{without} rows have no date of update: counted as not timely.")
    return ((age >= 0) & (age <= rules.max_age_days)).astype(float).to_frame(rules.updated)


def _share(cells: pd.DataFrame) -> pd.Series:
    return cells.mean(axis=1) if cells.shape[1] else pd.Series(np.nan, index=cells.index)


def _overall(cells: pd.DataFrame) -> float:
    values = cells.to_numpy(float)
    judged = np.isfinite(values)
    return float(values[judged].mean()) if judged.any() else np.nan


def _weighted(parts: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Weighted mean of the dimensions that are there, row by row."""
    there = parts[weights.index].notna() * weights
    return (parts[weights.index].fillna(0) * weights).sum(axis=1) / there.sum(axis=1).where(lambda s: s > 0)


def _groups(
    cells: Mapping[str, pd.DataFrame], rival: pd.DataFrame, by: pd.Series, weights: pd.Series
) -> pd.DataFrame:
    def shares(part: pd.DataFrame) -> pd.Series:
        passed, judged = part.sum(axis=1).groupby(by).sum(), part.notna().sum(axis=1).groupby(by).sum()
        return passed / judged.where(judged > 0)

    table = pd.DataFrame({name: shares(part) for name, part in cells.items()})
    table["cdq"] = _weighted(table, weights)
    table["accurate_share"] = shares(rival)
    table["n"] = by.value_counts().reindex(table.index)
    return table


def _sensitivity(
    total: pd.Series, groups: pd.DataFrame, weights: pd.Series, draws: int, seed: int
) -> pd.DataFrame:
    names = list(weights.index)
    schemes = {"as weighted": weights, "equal": pd.Series(1 / len(names), index=names)}
    schemes |= {
        f"{name} alone": pd.Series([float(other == name) for other in names], index=names) for name in names
    }
    rows = []
    for scheme, w in schemes.items():
        order = (
            _weighted(groups[names], w).corr(groups["cdq"], method="kendall") if len(groups) > 2 else np.nan
        )
        rows.append((scheme, float(_weighted(total.to_frame().T, w).iloc[0]), order))
    drawn = np.random.default_rng(seed).dirichlet(np.ones(len(names)), size=draws)
    there = total[names].notna().to_numpy()
    values = drawn[:, there] @ total[names].to_numpy()[there] / drawn[:, there].sum(axis=1)
    rows += [
        (f"all weights, {name}", float(np.quantile(values, q)), np.nan)
        for name, q in (("5 %", 0.05), ("median", 0.5), ("95 %", 0.95))
    ]
    return pd.DataFrame(rows, columns=["scheme", "cdq", "order_kept"]).set_index("scheme")
