"""What part each variable of a model plays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.sem.syntax import Term


@dataclass(frozen=True)
class Variables:
    """What part each variable of a model plays; the order is lavaan's."""

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous_observed: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    outcomes: tuple[str, ...]
    treated_as_random: tuple[str, ...] = ()


def unique(names: Iterable[str]) -> list[str]:
    """Names in the order they first come in."""
    return list(dict.fromkeys(names))


def variables_of(terms: Iterable[Term]) -> Variables:
    """Sort the variables of a model by the part they play.

    R: ``lavaan::lavNames(model, type)`` with types ov, lv, ov.x, lv.x, ov.y and lv.y.
    """
    terms = tuple(terms)
    latent = unique(term.lhs for term in terms if term.op == "=~")
    is_latent = set(latent)
    indicators = {term.rhs for term in terms if term.op == "=~"}
    dependent = unique(term.lhs for term in terms if term.op == "~")
    predictors = unique(term.rhs for term in terms if term.op == "~")
    observed = [
        name
        for name in unique(
            [term.rhs for term in terms if term.op == "=~"]
            + dependent
            + predictors
            + [name for term in terms if term.op == "~~" for name in (term.lhs, term.rhs)]
            + [term.lhs for term in terms if term.op in ("~1", "|", "~*~")]
        )
        if name not in is_latent
    ]
    is_dependent, is_predictor = set(dependent), set(predictors)
    pure = [name for name in predictors if name not in is_dependent | is_latent | indicators]
    mentioned = {
        name for term in terms if term.op in ("~~", "~1") for name in (term.lhs, term.rhs)
    }  # lavaan: a covariate whose variance, covariance or mean is written down becomes random
    pure_dependent = [name for name in dependent if name not in is_predictor | indicators]
    return Variables(
        observed=tuple(observed),
        latent=tuple(latent),
        exogenous_observed=tuple(name for name in pure if name not in mentioned),
        exogenous_latent=tuple(name for name in latent if name not in is_dependent | indicators),
        outcomes=tuple(
            [name for name in pure_dependent if name in is_latent]
            + [name for name in pure_dependent if name not in is_latent]
        ),
        treated_as_random=tuple(name for name in pure if name in mentioned),
    )
