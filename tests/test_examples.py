"""The examples in the docstrings give what they say."""

import doctest
import functools
import importlib
from pathlib import Path

import pytest

from workbench.datasets import catalog

PACKAGE = Path(__file__).parents[1] / "src" / "workbench"
MODULES = sorted(
    ".".join(("workbench", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


def test_there_are_examples():
    assert len(MODULES) > 60


@pytest.fixture(autouse=True, scope="module")
def surveys_are_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "open_dataset", functools.cache(catalog.open_dataset))
        yield


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_says(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted
    assert not found.failed
