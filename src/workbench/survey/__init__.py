"""A user's questionnaire: codebook, answers, screening, and the check of its design."""

from importlib import import_module
from typing import Any

_HOMES = {
    "open_survey": "responses",
    "survey_from_frame": "responses",
    "Survey": "responses",
    "read_codebook": "codebook",
    "Codebook": "codebook",
    "missing_data": "missing",
    "little_mcar": "missing",
    "em_moments": "missing",
    "screen": "screening",
    "analysis_samples": "samples",
    "fatigue": "distributions",
    "item_distributions": "distributions",
    "check_design": "design_check",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 - names resolved by __getattr__


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"workbench.survey.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'workbench.survey' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
