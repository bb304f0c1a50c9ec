"""The room as it is drawn: imports run in no circle, and nothing asks which of the three problems it has."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "workbench"
ROOM = PACKAGE / "sem"
MODULES = {
    ".".join(("workbench", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOM.rglob("*.py"))
}
IMPLEMENTATIONS = ("complete", "incomplete", "ordered")
COMPILED = {"workbench.sem.refitting.newton", "workbench.sem.refitting.compiled_moments"}  # numba


def only_for_typing(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(path, inside=False):
    """Modules of the room that a module imports; with ``inside`` those that only a function imports."""
    found = set()

    def visit(node, in_function):
        for child in ast.iter_child_nodes(node):
            if only_for_typing(child):
                continue
            own = in_function or isinstance(child, ast.FunctionDef)
            if isinstance(child, ast.ImportFrom) and (own or not inside):
                names = {f"{child.module}.{alias.name}" for alias in child.names} | {child.module}
                found.update(names & set(MODULES))
            visit(child, own)

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found - {"workbench.sem"}


def test_imports_run_in_no_circle():
    graph = {name: imports(path) for name, path in MODULES.items()}
    left = dict(graph)
    while left:
        free = [name for name, needed in left.items() if not needed & set(left)]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


@pytest.mark.parametrize("name", MODULES)
def test_only_compiled_kernels_are_imported_when_needed(name):
    rest = imports(MODULES[name], inside=True) - COMPILED
    assert not rest, f"{name} imports {rest} inside a function"


def test_nothing_asks_which_problem_or_estimator_it_has():
    """Names of estimators stand in their registry, kinds of answers in the three implementations."""
    asked = re.compile(
        r"isinstance\([^)]*(Problem|Inference|NormalTheory|LeastSquares)"
        r"|estimator\.(name|discrepancy)\s*(==|!=|in\b)|discrepancy\.name|STACKED"
    )
    for path in MODULES.values():
        inside = path.relative_to(ROOM).parts[0]
        if inside in IMPLEMENTATIONS or inside == "estimators.py":
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if asked.search(line)], path
