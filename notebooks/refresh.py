"""Execute notebooks in place for committing: every cell from a clean kernel, in order, with the shipped data.

    python notebooks/refresh.py            all of them
    python notebooks/refresh.py 08 01      those that begin so

What is stored can be compared by text: no clocks, no papermill metadata; a warning or a path in an output,
or a cell that raises, is an error and leaves the notebook as it was.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from workbench.parallel import BLAS_THREADS
from workbench.reports import studies
from workbench.reports.manifest import write_atomically

HERE = Path(__file__).resolve().parent
# Paths of a machine, object addresses: what no two machines share.
FOREIGN = re.compile(r"(/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\|\b0x[0-9a-f]{6,}\b|site-packages)")


def execute(path: Path) -> list[str]:
    """Execute one notebook in place; returns what must not be committed (and then nothing is written)."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    variables = {**os.environ, **dict.fromkeys(BLAS_THREADS, "1")}
    client = NotebookClient(notebook, resources={"metadata": {"path": str(HERE)}}, record_timing=False)
    try:
        client.execute(env=variables, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        return [str(error)]
    faults = [fault for number, cell in enumerate(notebook.cells, 1) for fault in _faults(number, cell)]
    if not faults:
        notebook.metadata["language_info"] = {"name": "python"}
        write_atomically(path, nbformat.writes(notebook) + "\n")
    return faults


def _faults(number: int, cell: dict) -> list[str]:
    found = []
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream" and output["name"] == "stderr":
            found.append(f"cell {number} writes to stderr: {output['text'][:200]}")
        text = re.sub(r"data:image/[^\"')]+", "", json.dumps(output, ensure_ascii=False))
        if foreign := FOREIGN.search(text):
            found.append(f"cell {number} shows something of this machine: {foreign[0]}")
    return found


def main() -> int:
    failed = 0
    for study in studies.choose(sys.argv[1:], studies.find(HERE)):
        faults = execute(study.path)
        failed += bool(faults)
        print("\n  ".join([f"{'✗' if faults else '✓'} {study.name}", *faults]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
