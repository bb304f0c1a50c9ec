"""An extension of a run's kernel: which modules of the user's (beside the notebook, say) a study imported."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

from workbench import run_records
from workbench.resources import PACKAGE

# What the interpreter or an installed package brought is known by its version, the workbench by its source.
_KNOWN = tuple(
    f"{path}/"
    for path in {*sysconfig.get_paths().values(), str(PACKAGE), sys.prefix, sys.base_prefix}
    if path
)


def load_ipython_extension(shell: Any) -> None:
    """Look after every cell at what has been imported since."""
    seen: set[str] = set(sys.modules)

    def look(*_: Any) -> None:
        new = [name for name in list(sys.modules) if name not in seen]
        seen.update(new)
        for name in new:
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and not file.startswith(_KNOWN) and Path(file).is_file():
                run_records.opened(Path(file))

    shell.events.register("post_run_cell", look)
