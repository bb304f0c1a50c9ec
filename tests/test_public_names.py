"""An editor knows every public name."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "workbench"
LAZY = ("datasets", "measurement", "survey")


@pytest.mark.parametrize("room", LAZY)
def test_a_stub_says_for_an_editor_what_the_room_gives(room):
    tree = ast.parse((PACKAGE / room / "__init__.pyi").read_text(encoding="utf-8"))
    imported = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (exported,) = (ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))
    given = import_module(f"workbench.{room}")
    assert set(exported) == imported == set(given.__all__)
    assert all(callable(getattr(given, name)) for name in exported)
