# The public names of this room and where they live: what an editor reads, and what __init__.py resolves.
from .catalog import open_codebook, open_dataset, study_survey
from .population import load_population

__all__ = [
    "load_population",
    "open_codebook",
    "open_dataset",
    "study_survey",
]
