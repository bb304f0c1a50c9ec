# The public names of this room and where they live: what an editor reads, and what __init__.py resolves.
from .common_method import full_collinearity, harman_single_factor, unmeasured_method_factor
from .dimensionality import close_fit, merged_factors, pattern_match
from .discriminant import cross_loadings, htmt, htmt_interval, reliability_table
from .factors import efa, factor_scores
from .general_factor import schmid_leiman
from .group_differences import equal_paths, partial_invariance
from .groups import usable_groups
from .horn_parallel_analysis import parallel_analysis
from .marker import marker_cfa, marker_partial
from .measurement_models import (
    bifactor,
    compare_models,
    correlated_factors,
    fit_rivals,
    one_factor,
    rival_models,
    second_order,
    side_by_side,
    whole_structures,
)
from .number_of_factors import (
    compare_factor_fit,
    empirical_kaiser,
    suggest_factors,
    velicer_map,
)
from .partial_least_squares import partial_least_squares
from .reliability import alpha, omega
from .sampling_adequacy import bartlett_sphericity, kmo
from .validity import (
    average_variance_extracted,
    composite_reliability,
    convergent_validity,
    fornell_larcker,
    model_omega,
)

__all__ = [
    "alpha",
    "average_variance_extracted",
    "bartlett_sphericity",
    "bifactor",
    "close_fit",
    "compare_factor_fit",
    "compare_models",
    "composite_reliability",
    "convergent_validity",
    "correlated_factors",
    "cross_loadings",
    "efa",
    "empirical_kaiser",
    "equal_paths",
    "factor_scores",
    "fit_rivals",
    "fornell_larcker",
    "full_collinearity",
    "harman_single_factor",
    "htmt",
    "htmt_interval",
    "kmo",
    "marker_cfa",
    "marker_partial",
    "merged_factors",
    "model_omega",
    "omega",
    "one_factor",
    "parallel_analysis",
    "partial_invariance",
    "partial_least_squares",
    "pattern_match",
    "reliability_table",
    "rival_models",
    "schmid_leiman",
    "second_order",
    "side_by_side",
    "suggest_factors",
    "unmeasured_method_factor",
    "usable_groups",
    "velicer_map",
    "whole_structures",
]
