"""Study 15: how long customers stay, who will leave, and what they are worth."""

from workbench.studies.customer_lifetime.planted import SHIPPED, nulls, population, simulate, truths
from workbench.studies.customer_lifetime.verdicts import decide

__all__ = ["SHIPPED", "decide", "nulls", "population", "simulate", "truths"]
