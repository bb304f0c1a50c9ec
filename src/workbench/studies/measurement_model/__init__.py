"""Study 03: do the answers bear out the dimensions as a measurement model, better than its rivals?

The rule of D1-2, part *confirmed*, fixed before a number is seen: as many correlated factors as dimensions
fit closely; one factor and every model that makes two dimensions one fit worse; no two dimensions correlate
at .90 or more. D0-7, whether satisfaction *consists* of the dimensions, is shown here and decided in
study 04.
"""

from workbench.studies.measurement_model import readings
from workbench.studies.measurement_model.fitting import FULL, LEVEL, Measured, measure
from workbench.studies.measurement_model.method_variance import CommonMethod, common_method
from workbench.studies.measurement_model.methods_paragraph import methods
from workbench.studies.measurement_model.verdict import decide, judge, nulls, planted_misfit, rule, truths
from workbench.studies.measurement_model.whole_construct import Whole, whole_of

__all__ = [
    "FULL",
    "LEVEL",
    "PARAMETERS",
    "SHIPPED",
    "CommonMethod",
    "Measured",
    "Whole",
    "common_method",
    "decide",
    "judge",
    "measure",
    "methods",
    "nulls",
    "planted_misfit",
    "readings",
    "rule",
    "truths",
    "whole_of",
]

SHIPPED = "customer_survey"
PARAMETERS: dict[str, object] = {"dimensions": []}
