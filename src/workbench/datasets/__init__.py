"""Named data: shipped, public and simulated surveys."""

from importlib import import_module
from typing import Any

_HOMES = {
    "open_codebook": "catalog",
    "open_dataset": "catalog",
    "study_survey": "catalog",
    "load_population": "population",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 - names resolved by __getattr__


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"workbench.datasets.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'workbench.datasets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
