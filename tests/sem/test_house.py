"""The room as it is drawn: nothing asks which of the three problems it has."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "workbench"
ROOM = PACKAGE / "sem"
MODULES = {
    ".".join(("workbench", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOM.rglob("*.py"))
}
IMPLEMENTATIONS = ("complete", "incomplete", "ordered")
COMPILED = {
    f"workbench.sem.refitting.{kernel}" for kernel in ("newton", "compiled_moments", "expected_covariances")
}  # numba


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


BLOCKED = """
import sys
from importlib.abc import MetaPathFinder

class Finder(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OTHERS:
            raise ModuleNotFoundError(f"{name} is asked for", name=name)

OTHERS = OTHER_PACKAGES
sys.meta_path.insert(0, Finder())
import numpy as np, pandas as pd
from workbench import sem

rng = np.random.default_rng(1)
data = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)), columns=list("abcd"))
model = "f =~ a + b + c + d"
for options in ({"estimator": "MLR"}, {"missing": "fiml"}, {"estimator": "WLS"}):
    fit = sem.fit(model, data.mask(data > 2.5), **options)
    fit.estimates, fit.measures, fit.residuals, fit.r2, fit.factor_scores(), fit.modification_indices()
items = data.round().clip(-1, 1)
sem.fit(model, items, ordered=list("abcd"), estimator="WLSMV").measures
sem.compare(sem.fit(model, data), sem.fit("f =~ a + k*b + k*c + d", data))
"""
IMPORT_NAMES = {"scikit-learn": "sklearn", "pyyaml": "yaml", "lazy-loader": "lazy_loader"}


def test_a_fit_needs_numpy_scipy_and_pandas_alone():
    project = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^A-Za-z0-9_-]", line)[0] for line in project["dependencies"]]
    others = {IMPORT_NAMES.get(name, name) for name in names} - {"numpy", "scipy", "pandas"}
    assert {"polars", "numba", "joblib", "sklearn"} < others
    code = BLOCKED.replace("OTHER_PACKAGES", repr(others))
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
