"""Structural equation models: ``sem.fit(model, data)``, with lavaan's syntax, defaults and numbers.

Where things are, in the order a fit passes through them:

- the model: ``tokens``, ``reader``, ``syntax``, ``expression`` (text), ``table``, ``roles``,
  ``definitions``, ``group_equality``, ``constraints`` (parameter table with defaults);
- ``data``: the user's frame or moments, the rows taken from it, files larger than memory, products;
- the fit: ``compiled_model`` and ``matrices`` (implied moments), ``discrepancy``, ``curvature``, ``starts``,
  ``optimiser``, ``search`` (other starts), ``restrictions`` (nonlinear constraints), ``solution``, ``fit``;
- ``problem``: what is minimised, and all that follows asks of it; three kinds of answers implement it,
  ``complete`` (continuous, without holes), ``incomplete`` (full information) and ``ordered`` (polychoric
  correlations); ``estimators`` is the registry that says what goes with what;
- what follows: ``inference``, ``standardized``, ``independence`` (the baseline), ``measures``,
  ``named_moments``, ``residuals``, ``modification``, ``expected_change``, ``score_tests``,
  ``effects``, ``monte_carlo``, ``factor_scores``, ``difference_test`` (``compare``), ``invariance``,
  ``checks`` (warnings), ``wald``, ``result``, ``lavaan_export`` (the same model as an R script);
- ``refitting``: many refits of one model, on which ``resampling`` (bootstrap), ``simultaneous`` (families of
  contrasts), ``planning`` (sample sizes) and ``fit_cutoffs`` stand;
- ``second_engine``: semopy's estimates in the same result;
- ``arguments`` and ``wording``: what the doors check, and what they say.
"""

from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, SpecificationError
from workbench.sem.data.moments import Moments, moments
from workbench.sem.difference_test import Comparison, compare
from workbench.sem.fit import fit
from workbench.sem.invariance import Invariance, invariance
from workbench.sem.lavaan_export import lavaan_script
from workbench.sem.result import Fit

if TYPE_CHECKING:
    from workbench.sem.data.streaming import moments_from
    from workbench.sem.fit_cutoffs import cutoffs, t_size
    from workbench.sem.monte_carlo import monte_carlo_intervals
    from workbench.sem.ordered.data import polychoric
    from workbench.sem.planning import plan
    from workbench.sem.simultaneous import contrasts

_LATER = {
    "contrasts": "simultaneous",
    "cutoffs": "fit_cutoffs",
    "t_size": "fit_cutoffs",
    "monte_carlo_intervals": "monte_carlo",
    "plan": "planning",
    "moments_from": "data.streaming",
    "polychoric": "ordered.data",
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
    "cutoffs",
    "fit",
    "invariance",
    "lavaan_script",
    "moments",
    "moments_from",
    "monte_carlo_intervals",
    "plan",
    "polychoric",
    "t_size",
]


def __getattr__(name: str) -> Any:
    """What needs a compiled kernel or polars is imported when it is first used.

    By hand and not by lazy_loader: a fit needs NumPy, SciPy and pandas alone.
    """
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"workbench.sem.{_LATER[name]}"), name)
    raise AttributeError(f"module 'workbench.sem' has no attribute {name!r}")
