"""Cells that speak of the shipped data alone, and what a run on other data makes of a notebook.

A cell of a notebook that holds for the shipped data only (what was planted, what a second shipped survey
shows, an exercise about its numbers) carries the tag ``shipped``. A run on a reader's own file leaves such
cells out before anything is executed, so that neither the page nor the notebook that is kept says of one
survey what is true of another. No later cell may use what a ``shipped`` cell defines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.reports.manifest import write_atomically
from workbench.reports.studies import CODEBOOK_FILE, SURVEY_FILE

TAG = "shipped"


def other_data(parameters: Mapping[str, Any]) -> bool:
    """Whether these parameters put a reader's file (a codebook at least) in place of the shipped data."""
    return bool(parameters.get(SURVEY_FILE) or parameters.get(CODEBOOK_FILE))


def without_shipped_cells(notebook: Path, copy: Path) -> list[int]:
    """Write a copy of a notebook without the cells that speak of the shipped data.

    Returns the places (from 0) that the copy's cells have in the notebook, so that a cell that fails can be
    named by its number in the file that a reader opens.
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    kept = [
        place
        for place, cell in enumerate(content["cells"])
        if TAG not in cell.get("metadata", {}).get("tags", ())
    ]
    content["cells"] = [content["cells"][place] for place in kept]
    write_atomically(copy, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return kept
