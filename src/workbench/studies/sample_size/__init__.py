"""Study 16: how many respondents a model needs, what a sample finds, and where fit marks lie for it.

``planned`` makes a model with a population of a codebook's hypotheses; ``power_curves`` simulates its power
over n; ``interaction`` is the power of moderations, ``groups`` that of differences between groups,
``imperfect_answers`` what boxes, gaps and carelessness take; ``misfit`` has populations in which the model is
wrong, for cut-offs; ``workbench_models`` plans the other studies. ``workbench.show.sample_size_words`` says
what the numbers say.
"""

from workbench.studies.sample_size.groups import loading_difference, path_difference
from workbench.studies.sample_size.imperfect_answers import costs
from workbench.studies.sample_size.misfit import cutoffs, wrong_populations
from workbench.studies.sample_size.planned import Planned, begin, from_codebook, from_survey
from workbench.studies.sample_size.power_curves import (
    Curves,
    by_effect,
    curves,
    needed,
    needed_for_absence,
    shown_absent,
    smallest_found,
    usable,
)
from workbench.studies.sample_size.workbench_models import of_studies

__all__ = [
    "Curves",
    "Planned",
    "begin",
    "by_effect",
    "costs",
    "curves",
    "cutoffs",
    "from_codebook",
    "from_survey",
    "loading_difference",
    "needed",
    "needed_for_absence",
    "of_studies",
    "path_difference",
    "shown_absent",
    "smallest_found",
    "usable",
    "wrong_populations",
]
