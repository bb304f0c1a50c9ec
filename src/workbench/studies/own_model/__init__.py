"""Study 18: a researcher's own constructs and hypotheses, from the codebook's ``hypotheses:`` block.

``specification`` makes a model of them; ``estimation`` fits it; ``description``, ``hypotheses``,
``validity``, ``moderation``, ``rivals``, ``comparison``, ``robustness`` and ``power`` are the sections of the
paper; ``words`` and ``methods`` say what the numbers say and what was run.
"""

from workbench.studies.own_model.comparison import GroupComparison, compare_all, compare_groups
from workbench.studies.own_model.description import description, fit_table, loadings, sample_table
from workbench.studies.own_model.estimation import (
    Estimated,
    choose_estimator,
    estimate,
    indirect_effects,
    paths,
    structural_correlations,
)
from workbench.studies.own_model.hypotheses import hypotheses_table, record, stated
from workbench.studies.own_model.methods import methods, sources
from workbench.studies.own_model.moderation import Moderation, moderation
from workbench.studies.own_model.power import DRAWS, smallest_effects
from workbench.studies.own_model.rivals import rivals
from workbench.studies.own_model.robustness import robustness
from workbench.studies.own_model.specification import OwnModel, own_model
from workbench.studies.own_model.validity import common_method, distinctness, validity
from workbench.studies.own_model.words import (
    answer,
    ave_in_words,
    decisions,
    distinctness_in_words,
    draws_in_words,
    fit_in_words,
    groups_in_words,
    invariance_in_words,
    loadings_in_words,
    no_moderation,
    r2_in_words,
    readable_in_words,
    rivals_in_words,
    robustness_in_words,
    side_by_side,
)

__all__ = [
    "DRAWS",
    "Estimated",
    "GroupComparison",
    "Moderation",
    "OwnModel",
    "answer",
    "ave_in_words",
    "choose_estimator",
    "common_method",
    "compare_all",
    "compare_groups",
    "decisions",
    "description",
    "distinctness",
    "distinctness_in_words",
    "draws_in_words",
    "estimate",
    "fit_in_words",
    "fit_table",
    "groups_in_words",
    "hypotheses_table",
    "indirect_effects",
    "invariance_in_words",
    "loadings",
    "loadings_in_words",
    "methods",
    "moderation",
    "no_moderation",
    "own_model",
    "paths",
    "r2_in_words",
    "readable_in_words",
    "record",
    "rivals",
    "rivals_in_words",
    "robustness",
    "robustness_in_words",
    "sample_table",
    "side_by_side",
    "smallest_effects",
    "sources",
    "stated",
    "structural_correlations",
    "validity",
]
