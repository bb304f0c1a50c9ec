"""Where the shipped data and studies lie: at the top of the source tree, or inside the installed package."""

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("workbench")))
_TREE = PACKAGE.parents[1]
SOURCE_TREE = _TREE if (_TREE / "pyproject.toml").is_file() and (_TREE / "data").is_dir() else None
_SHIPPED = SOURCE_TREE or PACKAGE / "_shipped"
DATA = _SHIPPED / "data"
NOTEBOOKS = _SHIPPED / "notebooks"
