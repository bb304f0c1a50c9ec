"""Measurement: are the items fit to stand for what they are meant to measure?

Reliability, number of factors, exploratory factors, convergent and discriminant validity, common-method
checks and the measurement models to compare. Names are resolved on first use: importing the room costs
nothing.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "alpha": "reliability",
    "omega": "reliability",
    "bartlett_sphericity": "retention",
    "compare_factor_fit": "retention",
    "empirical_kaiser": "retention",
    "kmo": "retention",
    "parallel_analysis": "horn",
    "suggest_factors": "retention",
    "velicer_map": "retention",
    "efa": "factors",
    "factor_scores": "factors",
    "schmid_leiman": "hierarchy",
    "average_variance_extracted": "validity",
    "composite_reliability": "validity",
    "convergent_validity": "validity",
    "cross_loadings": "validity",
    "fornell_larcker": "validity",
    "model_omega": "validity",
    "htmt": "discriminant",
    "htmt_interval": "discriminant",
    "reliability_table": "discriminant",
    "full_collinearity": "common_method",
    "harman_single_factor": "common_method",
    "marker_cfa": "marker",
    "marker_partial": "marker",
    "unmeasured_method_factor": "common_method",
    "partial_invariance": "group_differences",
    "equal_paths": "group_differences",
    "usable_groups": "groups",
    "bifactor": "models",
    "close_fit": "dimensions",
    "merged_factors": "dimensions",
    "pattern_match": "dimensions",
    "compare_models": "models",
    "fit_rivals": "models",
    "rival_models": "models",
    "correlated_factors": "models",
    "one_factor": "models",
    "second_order": "models",
    "side_by_side": "models",
    "whole_structures": "models",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605 - names resolved by __getattr__


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"workbench.measurement.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'workbench.measurement' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_WHERE)
