"""What is declared about a customer table, so that its quality can be measured."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import door, is_finite, kind_of
from workbench.errors import CodebookError, Fault, SpecificationError
from workbench.indicators import doors
from workbench.resources import DATA
from workbench.survey.yaml_lines import read_yaml

RULES = DATA / "customer_rules.yaml"
RELATIONS = {
    "<=": np.less_equal,
    "<": np.less,
    ">=": np.greater_equal,
    ">": np.greater,
    "==": np.equal,
    "!=": np.not_equal,
}
_FIELD_KEYS = {"required", "pattern", "min", "max", "allowed", "verified"}


@dataclass(frozen=True)
class QualityRules:
    """What is declared about a customer table.

    ``fields``: column → required (true unless said), pattern (of the whole value), min, max, allowed,
    verified (reference column). ``consistency``: rules, each with a name and one of

    - ``first``, ``relation``, ``second``: two columns compared;
    - ``when``, ``then``: conditions, each a column with ``equals``, or with ``present`` true or false;
    - ``column``, ``by`` and ``begins`` or ``equals``: for each value of ``by``, what the column begins with
    or is.

    ``updated``: column of the last update; a row older than ``max_age_days`` on the day ``as_of`` is stale.
    """

    fields: Mapping[str, Mapping[str, Any]]
    consistency: Sequence[Mapping[str, Any]] = ()
    updated: str | None = None
    max_age_days: float = 365.0
    as_of: str | None = None

    def without_reference(self) -> QualityRules:
        """The same rules for a table of which nothing was verified."""
        fields = {
            name: {key: part for key, part in rule.items() if key != "verified"}
            for name, rule in self.fields.items()
        }
        return replace(self, fields=fields)


@door(file=doors.file)
def read_quality_rules(file: str | Path | None = None) -> QualityRules:
    """Read rules from YAML with the keys of :class:`QualityRules`; those of ``firm_customers`` when no file
    is given.

    Parameters
    ----------
    file : YAML with the keys of :class:`QualityRules`.

    Raises
    ------
    CodebookError : the file cannot be read, or has keys that mean nothing here.

    Examples
    --------
    >>> from workbench import indicators
    >>> list(indicators.read_quality_rules().fields)[:3]
    ['city', 'region', 'postcode']
    """
    document = read_yaml(RULES if file is None else Path(file))
    content, known = document.content, {field.name for field in dataclass_fields(QualityRules)}
    faults = list(document.faults)
    if not isinstance(content, dict) or not isinstance(content.get("fields"), dict):
        fix = "Write 'fields:' with one column per line below it"
        raise CodebookError([*faults, Fault("needs a mapping 'fields'", document.file, fix=fix)])
    faults += [
        Fault(
            f"unknown key {key!r}",
            document.file,
            line=document.line((key,)),
            fix=f"Known: {', '.join(sorted(known))}.",
        )
        for key in content
        if key not in known
    ]
    if faults:
        raise CodebookError(faults)
    rules = QualityRules(
        **{**content, "fields": {name: rule or {} for name, rule in content["fields"].items()}}
    )
    problems = [*_kind_problems(rules), *_field_problems(rules.fields)]
    if isinstance(rules.consistency, list):
        told = [rule for rule in rules.consistency if isinstance(rule, Mapping)]
        problems += [text for rule in told for text in _rule_problems(rule)]
    if problems:
        raise CodebookError([Fault(text, document.file) for text in problems])
    return rules


def check_rules(customers: pd.DataFrame, rules: QualityRules, by: str | None) -> None:
    """Refuse rules that contradict themselves or name columns that the table lacks, all faults at once."""
    faults = []

    def need(column: object, where: str) -> None:
        if not isinstance(column, str) or column not in customers.columns:
            faults.append(Fault(f"{where} names a column that the table lacks", column=str(column)))
        elif list(customers.columns).count(column) > 1:
            faults.append(Fault("the data hold this column twice", column=column, fix="Rename or drop one."))
        elif (
            not customers[column].map(lambda v: isinstance(v, Hashable) and not isinstance(v, complex)).all()
        ):
            fix = "A cell holds one number or one text."
            faults.append(Fault("holds complex numbers, lists or the like", column=column, fix=fix))

    faults += [Fault(problem) for problem in (*_kind_problems(rules), *_field_problems(rules.fields))]
    if faults and not (isinstance(rules.fields, Mapping) and isinstance(rules.consistency, Sequence)):
        raise SpecificationError(faults)
    for name, rule in rules.fields.items():
        need(name, "a field")
        if isinstance(rule, Mapping) and "verified" in rule:
            need(rule["verified"], f"the reference of {name!r}")
    for rule in rules.consistency:
        if not isinstance(rule, Mapping):
            continue
        faults += [Fault(text) for text in _rule_problems(rule)]
        for column in _rule_columns(rule):
            need(column, f"rule {rule.get('name', '?')!r}")
    for column, where in ((rules.updated, "the date of update"), (by, "the grouping")):
        if column is not None:
            need(column, where)
    if not rules.fields:
        faults.append(Fault("declare at least one field"))
    if faults:
        raise SpecificationError(faults)


def _kind_problems(rules: QualityRules) -> list[str]:
    """What of the rules is of a kind that says nothing."""
    found = []
    if not is_finite(rules.max_age_days) or rules.max_age_days < 0:
        found.append(f"max_age_days: a number of days is needed, not {kind_of(rules.max_age_days)}")
    try:
        doors.day("as_of of the rules", rules.as_of if rules.as_of is not None else "2000-01-01")
    except SpecificationError as error:
        found.append(str(error))
    if isinstance(rules.consistency, (str, Mapping)) or not isinstance(rules.consistency, Sequence):
        return [*found, f"consistency: a list of rules is needed, not {kind_of(rules.consistency)}"]
    for rule in rules.consistency:
        if not isinstance(rule, Mapping) or not isinstance(rule.get("name"), str):
            found.append(f"consistency: a rule is a mapping with a name, not {kind_of(rule)}")
    return found


def _field_problems(fields: Any) -> list[str]:
    if not isinstance(fields, Mapping):
        return [f"fields: a mapping of columns to their rules is needed, not {kind_of(fields)}"]
    found = []
    for name, rule in fields.items():
        if not isinstance(rule, Mapping):
            found.append(f"field {name!r}: a mapping such as {{'min': 0}} is needed, not {kind_of(rule)}")
            continue
        found += [
            f"field {name!r} has an unknown key {key!r}"
            for key in sorted(map(str, rule.keys() - _FIELD_KEYS))
        ]
        found += [
            f"field {name!r}: {key} has to be a number, not {kind_of(rule[key])}"
            for key in ("min", "max")
            if key in rule and not is_finite(rule[key])
        ]
        if isinstance(rule.get("allowed", []), str) or not isinstance(rule.get("allowed", []), Sequence):
            found.append(f"field {name!r}: allowed has to be a list, not {kind_of(rule['allowed'])}")
        try:
            re.compile(rule.get("pattern", ""))
        except (re.error, TypeError, RecursionError, OverflowError) as error:
            found.append(f"the pattern of {name!r} is not a regular expression: {error}")
    return found


def _rule_problems(rule: Mapping[str, Any]) -> list[str]:
    name, keys = rule.get("name", "?"), set(rule) - {"name"}
    if keys == {"first", "relation", "second"}:
        known = isinstance(rule["relation"], str) and rule["relation"] in RELATIONS
        return (
            []
            if known
            else [f"rule {name!r}: relation {rule['relation']!r} is unknown; use {', '.join(RELATIONS)}"]
        )
    if keys == {"when", "then"}:
        whole = all(
            isinstance(part, Mapping) and part.keys() in ({"column", "equals"}, {"column", "present"})
            for part in (rule["when"], rule["then"])
        )
        return [] if whole else [f"rule {name!r}: a condition has a column and either equals or present"]
    if keys in ({"column", "by", "begins"}, {"column", "by", "equals"}):
        table = rule["begins"] if "begins" in rule else rule["equals"]
        return (
            [] if isinstance(table, Mapping) else [f"rule {name!r}: begins and equals map each value of 'by'"]
        )
    return [f"rule {name!r} needs first, relation, second; or when, then; or column, by and begins or equals"]


def _rule_columns(rule: Mapping[str, Any]) -> list[object]:
    parts = [rule[key].get("column") for key in ("when", "then") if isinstance(rule.get(key), Mapping)]
    return parts + [rule[key] for key in ("first", "second", "column", "by") if key in rule]
