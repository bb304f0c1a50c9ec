"""Regression of indicators on their drivers, from design matrices that are built from columns.

``ols`` and its blocks, diagnostics, relative importance, restrictions, interactions, penalized checks,
counts and proportions, panels, and staggered adoption by several estimators. Every function returns a
frozen result with tables and warnings.
"""

from workbench.regression.adoption_estimators import (
    AdoptionEstimates,
    HonestBounds,
    adoption_estimates,
    honest_bounds,
)
from workbench.regression.break_point import Segmented, segmented
from workbench.regression.ceilings import NecessaryCondition, necessary_condition
from workbench.regression.constrained import Restriction, restrict
from workbench.regression.counts import CountModel, count_model, proportion_model
from workbench.regression.curve_comparison import CurveComparison, compare_curves
from workbench.regression.decomposition import BaconDecomposition, goodman_bacon
from workbench.regression.design import Design, design
from workbench.regression.diagnostics import Diagnostics, added_variable, diagnose
from workbench.regression.importance import Importance, relative_importance
from workbench.regression.interaction import Interaction, interaction
from workbench.regression.least_favourable_effect import least_favourable
from workbench.regression.models import (
    HierarchicalModel,
    LinearModel,
    hierarchical,
    ols,
)
from workbench.regression.panel import PanelModel, panel
from workbench.regression.regularised import RegularisedModel, regularised
from workbench.regression.several_outcomes import ModelsAcross, across
from workbench.regression.staggered import GroupTimeEffects, group_time_effects

__all__ = [
    "AdoptionEstimates",
    "BaconDecomposition",
    "CountModel",
    "CurveComparison",
    "Design",
    "Diagnostics",
    "GroupTimeEffects",
    "HierarchicalModel",
    "HonestBounds",
    "Importance",
    "Interaction",
    "LinearModel",
    "ModelsAcross",
    "NecessaryCondition",
    "PanelModel",
    "RegularisedModel",
    "Restriction",
    "Segmented",
    "across",
    "added_variable",
    "adoption_estimates",
    "compare_curves",
    "count_model",
    "design",
    "diagnose",
    "goodman_bacon",
    "group_time_effects",
    "hierarchical",
    "honest_bounds",
    "interaction",
    "least_favourable",
    "necessary_condition",
    "ols",
    "panel",
    "proportion_model",
    "regularised",
    "relative_importance",
    "restrict",
    "segmented",
]
