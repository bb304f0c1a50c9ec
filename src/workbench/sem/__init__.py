"""Structural equation models: ``sem.fit(model, data)`` in lavaan's syntax, with lavaan's defaults and
numbers.
"""

from workbench.errors import DataError, SpecificationError
from workbench.sem.fit import fit
from workbench.sem.invariance import Comparison, Invariance, compare, invariance
from workbench.sem.result import Fit
from workbench.sem.sample import Moments, moments

_LATER = {
    "contrasts": "simultaneous",
    "plan": "planning",
    "moments_from": "streaming",
    "polychoric": "ordered_data",
}

__all__ = [
    "Comparison",
    "DataError",
    "Fit",
    "Invariance",
    "Moments",
    "SpecificationError",
    "compare",
    "contrasts",
    "fit",
    "invariance",
    "moments",
    "moments_from",
    "plan",
    "polychoric",
]


def __getattr__(name: str):
    """What needs a compiled kernel or polars is imported when it is first used."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"workbench.sem.{_LATER[name]}"), name)
    raise AttributeError(f"module 'workbench.sem' has no attribute {name!r}")
