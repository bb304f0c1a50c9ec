"""Indicators of effectiveness, their weights, and the indices made of them.

Definitions computed from counts, normalisation, weights, aggregation, the quality of customer data, how far
a ranking depends on weights and sample, and the what-if on market share.
"""

from workbench.indicators.composite import (
    Composite,
    LayeredIndex,
    SchemeComparison,
    compare_schemes,
    composite,
    layered_index,
    topsis,
)
from workbench.indicators.damage import DamageLadder, damage_ladder
from workbench.indicators.data_quality import CustomerDataQuality, customer_data_quality
from workbench.indicators.definitions import (
    Definitions,
    Indicator,
    IndicatorTable,
    compute,
    read_definitions,
)
from workbench.indicators.judged_weights import JudgedWeights, ahp_weights
from workbench.indicators.normalise import Normalised, normalise
from workbench.indicators.quality_rules import QualityRules, read_quality_rules
from workbench.indicators.rivals import extreme_weights, rivals, rivals_in_composite
from workbench.indicators.sensitivity import (
    ResamplingStability,
    WeightStability,
    order_kept,
    resampling_stability,
    share_of_weights,
    weight_stability,
)
from workbench.indicators.units import latest_rows
from workbench.indicators.weights import (
    Weights,
    combined_weights,
    component_weights,
    critic_weights,
    entropy_weights,
    equal_weights,
    given_weights,
)
from workbench.indicators.what_if import WhatIf, market_share_growth

__all__ = [
    "Composite",
    "CustomerDataQuality",
    "DamageLadder",
    "Definitions",
    "Indicator",
    "IndicatorTable",
    "JudgedWeights",
    "LayeredIndex",
    "Normalised",
    "QualityRules",
    "ResamplingStability",
    "SchemeComparison",
    "WeightStability",
    "Weights",
    "WhatIf",
    "ahp_weights",
    "combined_weights",
    "compare_schemes",
    "component_weights",
    "composite",
    "compute",
    "critic_weights",
    "customer_data_quality",
    "damage_ladder",
    "entropy_weights",
    "equal_weights",
    "extreme_weights",
    "given_weights",
    "latest_rows",
    "layered_index",
    "market_share_growth",
    "normalise",
    "order_kept",
    "read_definitions",
    "read_quality_rules",
    "resampling_stability",
    "rivals",
    "rivals_in_composite",
    "share_of_weights",
    "topsis",
    "weight_stability",
]
