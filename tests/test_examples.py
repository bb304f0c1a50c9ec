"""The examples in the docstrings give what they say."""

import ast
import builtins
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


def unnamed(example: str) -> set[str]:
    """Names that an example uses and neither imports nor makes: who copies it gets an error."""
    tree = ast.parse("".join(part.source for part in doctest.DocTestParser().get_examples(example)))
    made = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(one.asname or one.name).split(".")[0] for one in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - made


def test_an_example_can_be_copied():
    assert unnamed(">>> ratio([1], [2])") == {"ratio"}
    kinds = ast.FunctionDef | ast.ClassDef | ast.Module
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            example = ast.get_docstring(node) if isinstance(node, kinds) else None
            if example and ">>> " in example:
                assert not unnamed(example), f"{path.relative_to(PACKAGE)}, {getattr(node, 'name', '')}"
