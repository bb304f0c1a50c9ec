"""The house stands as drawn: a room imports only from the floors below, start-up is light, ruff sees all."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "workbench"

# Floors from the top down; a room may import from itself and from any floor below it.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"reports"},
    {"show"},
    {"studies"},
    {"evidence"},
    {"evaluation"},
    {"measurement", "regression", "indicators", "customers"},
    {"datasets"},
    {"survey"},
    {"sem"},
    {"parallel", "run_records", "doors"},
    {"vocabulary", "given_tables"},
    {"errors", "resources", "normal_quantiles"},
)
LEVEL = {room: depth for depth, floor in enumerate(FLOORS) for room in floor}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    package = ("workbench", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            stem = ".".join(part for part in (base, node.module or "") if part)
            names = [stem, *(f"{stem}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "workbench" and len(parts) > 1 and parts[1] in LEVEL:
                rooms.add(parts[1])
    return rooms


MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_below(path):
    room = room_of(path)
    assert room in LEVEL, f"{room} has no floor: add it to FLOORS"
    above = {other for other in imported_rooms(path) - {room} if LEVEL[other] <= LEVEL[room]}
    assert not above, f"{room} must not import {sorted(above)}"


def test_sem_knows_nothing_of_surveys_and_survey_nothing_of_sem():
    for path in MODULES:
        if room_of(path) == "sem":
            assert imported_rooms(path) <= {"sem", "errors", "parallel", "normal_quantiles"}, path
        if room_of(path) == "survey":
            assert "sem" not in imported_rooms(path), path


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, workbench; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"pandas", "numpy", "scipy", "matplotlib", "statsmodels", "semopy", "sklearn", "polars", "numba"}
    assert not {name for name in heavy if f"'{name}'" in loaded}


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """Modules of the package that a module imports, in functions too; those for typing are left out."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names = {f"{child.module}.{alias.name}" for alias in child.names}
                found.update(names & known or {child.module})
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found & known


def module_name(path: Path) -> str:
    parts = ("workbench", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def test_imports_run_in_no_circle():
    paths = {module_name(path): path for path in PACKAGE.rglob("*.py")}
    left = {name: imported_modules(path, set(paths)) - {name} for name, path in paths.items()}
    while left:
        free = [name for name, needed in left.items() if not needed & set(left)]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


ROOMS = ("datasets", "indicators", "measurement", "regression", "sem", "show", "survey")


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_of_a_room_takes_the_place_of_a_public_name(room):
    """Importing a submodule binds its name in the room: it must not be the name of a function there."""
    home = importlib.import_module(f"workbench.{room}")
    for part in pkgutil.walk_packages(home.__path__, f"workbench.{room}."):
        if not part.name.endswith("__main__"):
            importlib.import_module(part.name)
    assert not [name for name in home.__all__ if isinstance(getattr(home, name), ModuleType)]


def test_ruff_looks_at_every_file_of_ours():
    """The folder ``reports`` that runs make is left out; a room of that name, or of any other, is not."""
    command = [sys.executable, "-m", "ruff", "check", ".", "--show-files"]
    seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    ours = {
        path.resolve()
        for folder in ("benchmarks", "notebooks", "src", "tests", "tools")
        for kind in ("py", "pyi", "ipynb")
        for path in (ROOT / folder).rglob(f"*.{kind}")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert ours - {Path(path).resolve() for path in seen} == set()
