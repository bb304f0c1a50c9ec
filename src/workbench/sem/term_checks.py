"""Terms of a model text that no parameter table can hold, refused before its rows are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.errors import Fault, SpecificationError
from workbench.sem.roles import Variables
from workbench.sem.syntax import Term, check_size

MOST_CAUSES = 500


def check_terms(terms: tuple[Term, ...], variables: Variables, thresholds: Mapping[str, int]) -> None:
    """Raise for thresholds and scales of items that have none, for variables that explain themselves, and for
    parameters that are written in two ways.

    ``thresholds``: how many each ordered item has.
    """
    faults = []
    for term in terms:
        if term.op == "|":
            number = thresholds.get(term.lhs, 0)
            if term.rhs not in {f"t{place}" for place in range(1, number + 1)}:
                what = f"{term.lhs} | {term.rhs}: {term.lhs} has {number} thresholds"
                fix = f"They are t1 to t{number}." if number else f"Name {term.lhs} in ordered=."
                faults.append(Fault(what, line=term.line, fix=fix))
        if term.op == "~*~" and (term.lhs != term.rhs or term.lhs not in thresholds):
            what = f"{term.lhs} ~*~ {term.rhs}: scales (~*~) are of ordered items, with themselves"
            fix = f"Write {term.lhs} ~*~ {term.lhs}, and name {term.lhs} in ordered=."
            faults.append(Fault(what, line=term.line, fix=fix))
        if term.op in ("=~", "~") and term.lhs == term.rhs:
            what = f"{term.lhs} {term.op} {term.rhs}: a variable cannot explain itself"
            faults.append(Fault(what, line=term.line, fix="Write ~~ for a variance."))
    written = {(term.lhs, term.op, term.rhs): term for term in terms}
    for term in terms:
        if term.op == "~" and (term.rhs, "=~", term.lhs) in written:
            what = f"{term.lhs} ~ {term.rhs} is the same parameter as {term.rhs} =~ {term.lhs}"
            faults.append(Fault(what, line=term.line, fix="Keep one of the two."))
    if faults:
        raise SpecificationError(faults)


def check_pairs(terms: Sequence[Term], variables: Variables, fixed_x: bool) -> None:
    """Raise for a model whose covariances would be more than the engine takes, before they are listed."""
    causes = len(variables.exogenous_observed)
    if causes > MOST_CAUSES:
        raise SpecificationError(
            f"{causes:,} observed variables explain others, and this engine takes {MOST_CAUSES:,}: name fewer"
        )
    sizes = [len(variables.exogenous_latent), len(variables.outcomes), 0 if fixed_x else causes]
    check_size(len(terms) + sum(math.comb(size, 2) for size in sizes))
