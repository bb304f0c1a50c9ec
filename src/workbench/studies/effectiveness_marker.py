"""The marker of study 11: what all answers of one manager share is taken out of every latent variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench import measurement

if TYPE_CHECKING:
    from workbench.survey import Survey

MARKER = "marker"


def marker(survey: Survey) -> list[str]:
    """The marker construct in a list, which is empty where the codebook has none."""
    return [name for name in (MARKER,) if name in survey.constructs()]


def method_factor(survey: Survey, items: Mapping[str, Sequence[str]], apart: Sequence[str]) -> list[str]:
    """Lines of a model: a method factor that the marker identifies; none where the codebook has no marker.

    The method factor is uncorrelated with all else and loads equally on every item, the marker's included,
    and the other way on an item that was reversed, since agreeing is agreeing with its words;
    the marker's own part is uncorrelated with everything, so that whatever its items share with the others
    is the method's (Williams, Hartman & Cavazotte 2010, method-C). Its loadings are 1 and its variance is
    free: without method variance in the population the estimate falls on either side of zero, where a
    loading would be stuck at zero.

    Parameters
    ----------
    items : of every construct of the model, the marker among them. apart : the other latent variables.
    """
    if not marker(survey):
        return []
    every = [item for own in items.values() for item in own]
    turned = {item for item in every if survey.codebook.items[item].reverse}
    return [
        measurement.correlated_factors({MARKER: list(items[MARKER])}),
        "method =~ " + " + ".join(f"{-1 if item in turned else 1}*{item}" for item in every),
        *(f"method ~~ 0*{name}" for name in [*apart, MARKER]),
        *(f"{MARKER} ~~ 0*{name}" for name in apart),
    ]
