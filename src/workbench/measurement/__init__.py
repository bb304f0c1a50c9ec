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
    "bartlett_sphericity": "number_of_factors",
    "compare_factor_fit": "number_of_factors",
    "empirical_kaiser": "number_of_factors",
    "kmo": "number_of_factors",
    "parallel_analysis": "horn_parallel_analysis",
    "suggest_factors": "number_of_factors",
    "velicer_map": "number_of_factors",
    "efa": "factors",
    "factor_scores": "factors",
    "schmid_leiman": "general_factor",
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
    "bifactor": "measurement_models",
    "close_fit": "dimensionality",
    "merged_factors": "dimensionality",
    "pattern_match": "dimensionality",
    "compare_models": "measurement_models",
    "fit_rivals": "measurement_models",
    "rival_models": "measurement_models",
    "correlated_factors": "measurement_models",
    "one_factor": "measurement_models",
    "second_order": "measurement_models",
    "side_by_side": "measurement_models",
    "whole_structures": "measurement_models",
}

__all__ = sorted(_WHERE)  # noqa: PLE0605 - names resolved by __getattr__


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"workbench.measurement.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'workbench.measurement' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_WHERE)
