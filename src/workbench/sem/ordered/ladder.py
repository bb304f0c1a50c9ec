"""Invariance of ordered items: what each level holds equal, and what it leaves free to be identified.

Latent responses have neither an origin nor a unit of their own. In the first group every intercept is zero
and every scale (under theta: residual variance) one. In a later group one threshold held equal to the first
group's gives a response its origin, so that its intercept becomes a parameter; a second one gives it its
unit, so that its scale does; an equal intercept or an equal loading does the work of a threshold. Equal
loadings free the factors' variances, equal intercepts their means. So a level's restrictions are real ones
exactly where they outnumber what they free (Wu & Estabrook 2016): thresholds of four categories or more;
loadings of three or more; of two categories nothing before the intercepts.

measEq.syntax in semTools keeps the residual variance of a two-category item at one until its intercept is
equal, so that it tests loadings given equal residuals, and its next level is not nested in that one; here an
equal loading frees it where another item gives the factor its unit. Elsewhere both are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import Fault, SpecificationError
from workbench.sem.data.frame import as_frame, group_labels
from workbench.sem.data.moments import Moments
from workbench.sem.ordered.data import category_codes
from workbench.sem.roles import Variables, variables_of
from workbench.sem.syntax import Term, parse

OWN = ("|", "~*~", "~1")


@dataclass(frozen=True)
class Ladder:
    """A model of ordered items in several groups, before any level is chosen.

    ``thresholds``: number of thresholds of each ordered item of the model; ``loadings``: factors of each
    item, continuous ones too; ``partial``: parameters that may differ, without blanks.
    """

    model: str
    variables: Variables
    thresholds: Mapping[str, int]
    loadings: Mapping[str, tuple[str, ...]]
    second_order: tuple[str, ...]
    partial: frozenset[str]
    groups: int

    @classmethod
    def of(
        cls, model: str, data: Any, group: str, partial: Sequence[str] | str, options: Mapping[str, Any]
    ) -> Ladder:
        """Read the model and count categories and groups; SpecificationError where the model itself says
        what the levels have to.
        """
        terms = parse(model).terms
        variables = variables_of(terms)
        data = as_frame(data)
        if isinstance(data, Moments):
            raise SpecificationError("ordered items need the rows of the data, and only moments are given")
        ordered = options["ordered"]
        ordered = (ordered,) if isinstance(ordered, str) else tuple(ordered)
        _, categories, _ = category_codes(data, ordered)
        thresholds = {
            name: len(levels) - 1 for name, levels in categories.items() if name in variables.observed
        }
        _refuse_own_thresholds(terms, variables, thresholds)
        latent = set(variables.latent)
        measured = [term for term in terms if term.op == "=~"]
        loadings: dict[str, tuple[str, ...]] = {}
        for term in measured:
            if term.rhs not in latent:
                loadings[term.rhs] = (*loadings.get(term.rhs, ()), term.lhs)
        lower = {factor for factors in loadings.values() for factor in factors}
        names = (partial,) if isinstance(partial, str) else tuple(partial)
        return cls(
            model,
            variables,
            thresholds,
            loadings,
            tuple(name for name in variables.latent if name not in lower),
            frozenset("".join(str(name).split()) for name in names),
            len(group_labels(data, group)),
        )

    def level(self, equal: tuple[str, ...], settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The text and the settings of a level that holds ``equal`` alike.

        Thresholds go by labels in the text, since ``group_equal`` would free the factors' means with them.
        """
        settings = dict(settings)
        strict = "residuals" in equal
        if strict:
            settings["parameterization"] = "theta"
        settings["group_equal"] = tuple(kind for kind in equal if kind != "thresholds")
        if not equal:
            return self.model, settings
        theta = settings.get("parameterization", "delta") == "theta"
        later = self.groups - 1
        lines = []
        anchors = self._anchors(equal)
        for item, count in self.thresholds.items():
            alike = [number for number in range(1, count + 1) if f"{item}|t{number}" not in self.partial]
            for number in alike:
                label = ",".join([f"equal.{item}.t{number}"] * self.groups)
                lines.append(f"{item} | c({label})*t{number}")
            level = "intercepts" in equal and f"{item}~1" not in self.partial
            intercept = "NA" if alike and not level else "0"
            lines.append(f"{item} ~ c({','.join(['0', *[intercept] * later])})*1")
            free = len(alike) > 1 or (len(alike) == 1 and (level or self._scaled(item, equal, anchors)))
            if strict and f"{item}~~{item}" not in self.partial:
                free = False
            spread = f"c({','.join(['1', *['NA' if free else '1'] * later])})*{item}"
            lines.append(f"{item} {'~~' if theta else '~*~'} {spread}")
        if "intercepts" in equal:
            zeros = ",".join(["0"] * self.groups)
            lines += [f"{name} ~ c({zeros})*1" for name in self.second_order]
        return "\n".join([self.model, *lines]), settings

    def _equal_loadings(self, item: str, equal: tuple[str, ...]) -> list[str]:
        """Factors on which the item loads alike in every group."""
        if "loadings" not in equal:
            return []
        return [name for name in self.loadings.get(item, ()) if f"{name}=~{item}" not in self.partial]

    def _anchors(self, equal: tuple[str, ...]) -> dict[str, str | None]:
        """Of each factor whether other items give it its unit in later groups (None), or else the item that
        keeps its scale so that the factor has one.
        """
        found: dict[str, str | None] = {}
        for factor in self.variables.latent:
            own = [item for item in self.loadings if factor in self._equal_loadings(item, equal)]
            found[factor] = (
                None if any(self._has_unit(item, equal) for item in own) else next(iter(own), None)
            )
        return found

    def _has_unit(self, item: str, equal: tuple[str, ...]) -> bool:
        if item not in self.thresholds:
            return True
        alike = sum(f"{item}|t{number}" not in self.partial for number in range(1, self.thresholds[item] + 1))
        level = "intercepts" in equal and f"{item}~1" not in self.partial
        return alike > 1 or (alike == 1 and level)

    def _scaled(self, item: str, equal: tuple[str, ...], anchors: Mapping[str, str | None]) -> bool:
        """Does an equal loading on a factor that has a unit give the item's response its own?"""
        return any(anchors[factor] != item for factor in self._equal_loadings(item, equal))


def _refuse_own_thresholds(
    terms: Sequence[Term], variables: Variables, thresholds: Mapping[str, int]
) -> None:
    faults = []
    for term in terms:
        own = term.op in OWN and (term.lhs in thresholds or term.lhs in variables.latent)
        if own or (term.op == "~~" and term.lhs == term.rhs and term.lhs in thresholds):
            what = f"{term.lhs} {term.op} {term.rhs}".rstrip()
            fix = "Leave it out; group_partial lets single parameters differ."
            faults.append(
                Fault(
                    f"{what}: the levels of invariance set thresholds, intercepts, means and scales "
                    "themselves",
                    line=term.line,
                    fix=fix,
                )
            )
    if faults:
        raise SpecificationError(faults)
