"""CRM survey workbench: from raw questionnaire answers to a report that can be published.

The rooms are imported on first use, so that ``import workbench`` stays instant.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

try:
    __version__ = version("crm-survey-workbench")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"

_ROOMS = frozenset(
    {
        "datasets",
        "errors",
        "evaluation",
        "evidence",
        "indicators",
        "measurement",
        "parallel",
        "regression",
        "reports",
        "sem",
        "show",
        "survey",
    }
)
_NAMES = {"open_survey": "workbench.survey"}

__all__ = ["__version__", "open_survey", *sorted(_ROOMS)]  # noqa: PLE0604 - names resolved by __getattr__


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"workbench.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
