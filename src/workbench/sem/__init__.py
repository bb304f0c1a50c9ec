"""Structural equation models: ``sem.fit(model, data)`` in lavaan's syntax, with lavaan's defaults and
numbers.
"""

from workbench.errors import DataError, SpecificationError
from workbench.sem.fit import fit
from workbench.sem.result import Fit
from workbench.sem.sample import Moments, moments

__all__ = ["DataError", "Fit", "Moments", "SpecificationError", "fit", "moments"]
