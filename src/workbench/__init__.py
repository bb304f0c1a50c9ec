"""CRM survey workbench: from raw questionnaire answers to a report that can be published.

The rooms are imported on first use, so that ``import workbench`` stays instant.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import (
        datasets,
        errors,
        evaluation,
        evidence,
        indicators,
        measurement,
        parallel,
        regression,
        reports,
        sem,
        show,
        studies,
        survey,
    )
    from workbench.survey import open_survey

try:
    __version__ = version("crm-survey-workbench")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "__version__",
    "datasets",
    "errors",
    "evaluation",
    "evidence",
    "indicators",
    "measurement",
    "open_survey",
    "parallel",
    "regression",
    "reports",
    "sem",
    "show",
    "studies",
    "survey",
]


def __getattr__(name: str) -> Any:
    if name == "open_survey":
        return import_module("workbench.survey").open_survey
    if name in __all__:
        return import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
