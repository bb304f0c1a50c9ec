"""Structural equation models: ``sem.fit(model, data)`` in lavaan's syntax, with lavaan's defaults and
numbers.
"""

from workbench.errors import DataError, SpecificationError
from workbench.sem.fit import fit
from workbench.sem.result import Fit
from workbench.sem.sample import Moments, moments

_LATER = {"plan": "planning", "moments_from": "streaming"}

__all__ = ["DataError", "Fit", "Moments", "SpecificationError", "fit", "moments", "moments_from", "plan"]


def __getattr__(name: str):
    """What needs a compiled kernel or polars is imported when it is first used."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"workbench.sem.{_LATER[name]}"), name)
    raise AttributeError(f"module 'workbench.sem' has no attribute {name!r}")
