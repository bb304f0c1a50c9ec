"""The parameter table: a model text with the defaults of lavaan's ``sem()`` and ``cfa()`` filled in.

Rows come in lavaan's order: what the user wrote, then residual variances, covariances of exogenous latent
variables, of outcomes, of exogenous observed variables, and intercepts; group after group.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, SpecificationError
from workbench.sem.constraints import Equalities, equalities
from workbench.sem.definitions import ordered_definitions
from workbench.sem.expression import Name, Number
from workbench.sem.group_equality import equal_kinds_of, equal_rows, release_in_later_groups
from workbench.sem.roles import Variables, unique, variables_of
from workbench.sem.syntax import PARTS, Constraint, Definition, Term, parse
from workbench.sem.term_checks import check_pairs, check_terms

if TYPE_CHECKING:
    import pandas as pd


@dataclass(slots=True)
class Row:
    """One parameter of one group. ``value`` is set where it is fixed; ``exogenous``: fixed to the
    sample's.
    """

    lhs: str
    op: str
    rhs: str
    group: int = 1
    user: bool = False
    free: bool = True
    value: float | None = None
    start: float | None = None
    label: str = ""
    exogenous: bool = False
    line: int | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def name(self) -> str:
        """``lhs op rhs``, with ``.g2`` from the second group on, as lavaan's ``coef()`` does."""
        return f"{self.lhs} {self.op} {self.rhs}".rstrip() + (f".g{self.group}" if self.group > 1 else "")


@dataclass(frozen=True)
class Options:
    """How the defaults are filled in (``lavaan::lavOptions``)."""

    std_lv: bool = False
    orthogonal: bool = False
    fixed_x: bool = True
    meanstructure: bool | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    ordered: tuple[tuple[str, int], ...] = ()  # item and its number of thresholds
    parameterization: str = "delta"  # of ordered items; under "theta" residual variances, not scales
    auxiliary: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParameterTable:
    """A complete model: rows, definitions in an order that can be computed, equality constraints."""

    rows: tuple[Row, ...]
    definitions: tuple[Definition, ...]
    equal: Equalities
    variables: Variables
    groups: int
    meanstructure: bool
    options: Options
    notes: tuple[str, ...] = ()
    free: tuple[int, ...] = field(default=())

    @property
    def free_names(self) -> list[str]:
        """Names of the free parameters, in order."""
        return [self.rows[index].name for index in self.free]

    def frame(self) -> pd.DataFrame:
        """The table for a reader: one row for each parameter, what it is fixed to, and which are free."""
        import pandas as pd

        number = {row: position for position, row in enumerate(self.free, 1)}
        return pd.DataFrame(
            {
                "lhs": [row.lhs for row in self.rows],
                "op": [row.op for row in self.rows],
                "rhs": [row.rhs for row in self.rows],
                "group": [row.group for row in self.rows],
                "user": [row.user for row in self.rows],
                "free": [number.get(index, 0) for index in range(len(self.rows))],
                "fixed": [math.nan if row.value is None else row.value for row in self.rows],
                "start": [math.nan if row.start is None else row.start for row in self.rows],
                "exogenous": [row.exogenous for row in self.rows],
                "label": [row.label for row in self.rows],
            }
        )


def build(model: str, options: Options | None = None, groups: int = 1) -> ParameterTable:
    """Fill in lavaan's defaults.

    Parameters
    ----------
    model : text in lavaan's syntax.
    options : see :class:`Options`.
    groups : number of groups.

    Raises
    ------
    SpecificationError for a contradiction, a modifier with the wrong number of entries, an unknown label, a
    cyclic definition.

    R: ``lavaan::lavaanify(model, auto = TRUE, model.type = "sem")``.
    """
    options = options or Options()
    syntax = parse(model)
    equal_kinds = equal_kinds_of(options.group_equal)
    if options.ordered and equal_kinds & {"intercepts", "thresholds"}:
        equal_kinds |= {"intercepts", "thresholds"}  # what one is to a continuous item, the other is here
    terms = syntax.terms
    if options.auxiliary:
        terms = (*terms, *saturated_correlates(variables_of(terms).observed, options.auxiliary))
    terms, ignored = _without_what_follows(terms, options)
    variables = variables_of(terms)
    check_terms(terms, variables, dict(options.ordered))
    if not variables.observed:
        latent = ", ".join(variables.latent)
        raise SpecificationError(
            f"the model has no observed variable, and {latent} explain nothing that was observed: give one "
            "of them indicators, as in 'f =~ x1 + x2 + x3'"
        )
    if groups > 1 and options.meanstructure is False and "intercepts" in equal_kinds:
        raise SpecificationError("group_equal 'intercepts' needs means: leave out meanstructure=False")
    has_intercepts = any(term.op == "~1" for term in terms) or bool(options.ordered)
    if has_intercepts and options.meanstructure is False:
        raise SpecificationError("the model has intercepts (~1): leave out meanstructure=False")
    means = options.meanstructure if options.meanstructure is not None else has_intercepts or groups > 1
    first = _rows_of_one_group(terms, variables, options, means)
    rows = [_in_group(row, term, group, groups) for group in range(1, groups + 1) for row, term in first]
    for group in range(2, groups + 1):
        release_in_later_groups(rows, variables, options, equal_kinds, group)
    classes, said = equal_rows(rows, variables, equal_kinds, options.group_partial, groups)
    notes = (*syntax.notes, *ignored, *_notes(terms, variables, options, groups), *said)
    definitions = ordered_definitions(syntax, rows)
    free = tuple(index for index, row in enumerate(rows) if row.free)
    equal = equalities(rows, free, classes, (*syntax.constraints, *_bounds(rows)), definitions)
    return ParameterTable(tuple(rows), definitions, equal, variables, groups, means, options, notes, free)


def saturated_correlates(observed: tuple[str, ...], auxiliary: tuple[str, ...]) -> list[Term]:
    """Covariances that let auxiliary variables inform about missing answers without touching the model.

    Each goes with every other auxiliary variable and with (the residual of) every observed one: Graham
    (2003), Structural Equation Modeling 10, 80–100. R: ``semTools::sem.auxiliary``.
    """
    used = [name for name in auxiliary if name in observed]
    if used:
        raise SpecificationError(f"auxiliary: {', '.join(used)} stand in the model already; leave them out")
    terms = [Term(name, "~~", name, 0) for name in auxiliary]
    terms += [Term(one, "~~", other, 0) for one, other in combinations(auxiliary, 2)]
    return terms + [Term(name, "~~", other, 0) for name in auxiliary for other in observed]


def _without_what_follows(
    terms: Sequence[Term], options: Options
) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Terms of what follows from the other parameters, without anything written before the variable.

    These are the residual variances of ordered items (delta) or their scales (theta). lavaan ignores fixed
    values there and takes free ones for parameters, which are not identified.
    """
    theta, ordered = options.parameterization == "theta", dict(options.ordered)
    kept, ignored = [], []
    for term in terms:
        if term.op == ("~*~" if theta else "~~") and term.lhs == term.rhs and term.lhs in ordered:
            if any(getattr(term, part) for part in PARTS):
                ignored.append(f"{term.lhs} {term.op} {term.rhs}")
            term = Term(term.lhs, term.op, term.rhs, term.line)
        kept.append(term)
    if not ignored:
        return tuple(kept), ()
    what, other = ("scales", "delta") if theta else ("residual variances", "theta")
    note = (
        f"{', '.join(ignored)}: {what} of ordered items follow from the other parameters under "
        f"parameterization={options.parameterization!r}, so what is written there is ignored; "
        f"{other!r} has them as parameters"
    )
    return tuple(kept), (note,)


def _rows_of_one_group(
    terms: tuple[Term, ...], variables: Variables, options: Options, means: bool
) -> list[tuple[Row, Term | None]]:
    rows: list[tuple[Row, Term | None]] = []
    written: dict[tuple[str, str, str], Row] = {}
    row: Row | None
    for term in terms:
        lhs, rhs = term.lhs, term.rhs
        if term.op == "~~" and rhs in variables.latent and lhs not in variables.latent:
            lhs, rhs = rhs, lhs  # lavaan's order
        own = Row(lhs, term.op, rhs, user=True, line=term.line)
        rows.append((own, term))
        written[lhs, term.op, rhs] = own
    latent, exogenous = set(variables.latent), set(variables.exogenous_observed)
    orthogonal = options.orthogonal

    def add(lhs: str, op: str, rhs: str) -> Row | None:
        known = written.get((lhs, op, rhs))
        if known is None and op == "~~":
            known = written.get((rhs, op, lhs))
        if known is not None:
            return None
        row = Row(lhs, op, rhs)
        rows.append((row, None))
        written[lhs, op, rhs] = row
        return row

    def fix(row: Row | None, value: float) -> None:
        if row is not None:
            row.free, row.value = False, value

    check_pairs(terms, variables, options.fixed_x)
    single = _single_indicators(terms)
    thresholds = dict(options.ordered)
    for name in variables.observed:
        for number in range(1, thresholds.get(name, 0) + 1):
            add(name, "|", f"t{number}")
    for name in variables.observed:
        if name not in exogenous:
            row = add(name, "~~", name)
            if name in thresholds and options.parameterization == "theta":
                fix(row, 1.0)
            elif name in thresholds:
                written[name, "~~", name].free = False  # and no value: what the scale δ leaves
            elif name in single:
                fix(row, 0.0)
    for name in variables.latent:
        add(name, "~~", name)
    pairs = list(combinations(variables.exogenous_latent, 2)) + list(combinations(variables.outcomes, 2))
    for one, other in pairs:
        row = add(one, "~~", other)
        if orthogonal and one in latent and other in latent:
            fix(row, 0.0)
    names = variables.exogenous_observed
    for position, one in enumerate(names):
        for other in names[position:]:
            row = add(one, "~~", other)
            if row is not None and options.fixed_x:
                row.free, row.exogenous = False, True
    for name in variables.observed:
        if name in thresholds:
            fix(add(name, "~*~", name), 1.0)
            if options.parameterization == "theta":
                scale = written[name, "~*~", name]
                scale.free, scale.value = False, None  # what makes the variance of the response one
    if means:
        for name in variables.observed:
            row = add(name, "~1", "")
            if name in thresholds:
                fix(row, 0.0)
            if row is not None and options.fixed_x and name in exogenous:
                row.free, row.exogenous = False, True
        for name in variables.latent:
            fix(add(name, "~1", ""), 0.0)
    if options.std_lv:
        for name in variables.latent:
            fix(written[name, "~~", name], 1.0)
    else:
        seen: set[str] = set()
        for term in terms:
            if term.op == "=~" and term.lhs not in seen:
                seen.add(term.lhs)
                fix(written[term.lhs, "=~", term.rhs], 1.0)
    return rows


def _single_indicators(terms: tuple[Term, ...]) -> set[str]:
    """Variables that are the only indicator of a factor and of no other: their residual is fixed to zero."""
    count = Counter(term.lhs for term in terms if term.op == "=~")
    used = Counter(term.rhs for term in terms if term.op == "=~")
    return {term.rhs for term in terms if term.op == "=~" and count[term.lhs] == 1 and used[term.rhs] == 1}


def _entry(values: tuple, group: int, groups: int, row: Row) -> Any:
    if not values:
        return None
    if len(values) == 1:
        return values[0]
    if len(values) != groups:
        raise SpecificationError(
            Fault(
                f"{row.name} has {len(values)} modifiers in c() and there {'is' if groups == 1 else 'are'} "
                f"{groups} group{'s' if groups > 1 else ''}",
                line=row.line,
                fix="Give one entry for each group.",
            )
        )
    return values[group - 1]


def _in_group(row: Row, term: Term | None, group: int, groups: int) -> Row:
    if groups > 1:
        own = (row.lhs, row.op, row.rhs, group, row.user, row.free, row.value)  # the rest says the term below
        row = Row(*own, exogenous=row.exogenous, line=row.line)
    if term is None:
        return row
    fixed = _entry(term.fixed, group, groups, row)
    start = _entry(term.start, group, groups, row)
    label = _entry(term.labels, group, groups, row)
    if fixed is not None:
        row.free = math.isnan(fixed)
        row.value = None if row.free else fixed
    if start is not None:
        # lavaan: a starting value for a parameter that a default fixes replaces the default's value
        if row.free:
            row.start = start
        else:
            row.value = start
    if label:
        row.label = label
    row.lower = _entry(term.lower, group, groups, row)
    row.upper = _entry(term.upper, group, groups, row)
    return row


def _bounds(rows: list[Row]) -> list[Constraint]:
    """``lower()`` and ``upper()`` as inequalities of plain row labels."""
    return [
        Constraint(Name(f".p{index + 1}."), Number(bound), row.line or 0, op, bound=True)
        for index, row in enumerate(rows)
        for op, bound in ((">", row.lower), ("<", row.upper))
        if bound is not None and row.free
    ]


def _notes(terms: tuple[Term, ...], variables: Variables, options: Options, groups: int) -> tuple[str, ...]:
    notes = []
    if variables.treated_as_random and options.fixed_x:
        names = ", ".join(variables.treated_as_random)
        why = "the model has a variance, covariance or intercept of an exogenous variable"
        if options.auxiliary:
            why = "auxiliary variables covary with exogenous ones"
        notes.append(
            f"{names}: {why}, so it is treated as random and adds free parameters (fixed_x does not apply "
            "to it)"
        )
    if groups > 1:
        shared = [term.labels[0] for term in terms if len(term.labels) == 1 and term.labels[0]]
        if shared:
            notes.append(
                f"label{'s' if len(shared) > 1 else ''} {', '.join(unique(shared))}: one label for several "
                "groups makes the parameter equal across groups; write c(a1, a2) to let it differ"
            )
    return tuple(notes)


__all__ = ["Constraint", "Options", "ParameterTable", "Row", "Variables", "build", "variables_of"]
