# The public names of this room and where they live: what an editor reads, and what __init__.py resolves.
from .codebook import Codebook, read_codebook
from .design_check import check_design
from .distributions import fatigue, item_distributions
from .missing import em_moments, little_mcar, missing_data
from .opening import open_survey, survey_from_frame
from .responses import Survey
from .samples import analysis_samples
from .screening import screen

__all__ = [
    "Codebook",
    "Survey",
    "analysis_samples",
    "check_design",
    "em_moments",
    "fatigue",
    "item_distributions",
    "little_mcar",
    "missing_data",
    "open_survey",
    "read_codebook",
    "screen",
    "survey_from_frame",
]
