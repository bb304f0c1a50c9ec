"""What the workers of a cluster have to share with whoever calls them, asked before any study runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench import parallel
from workbench.errors import Fault, SpecificationError
from workbench.reports import inputs, locks
from workbench.resources import DATA, PACKAGE


def state(mark: Path) -> dict[str, Any]:
    """What this process sees of a run and of the workbench."""
    return {
        "there": mark.is_file(),
        "over": locks.is_over(mark),
        "source": (inputs.tree_hash(PACKAGE), inputs.tree_hash(DATA)),
        "installed": inputs.installed(),
    }


def require_shared(mark: Path, scheduler: str) -> None:
    """Ask every worker what it sees of a run whose mark is held.

    Raises
    ------
    SpecificationError
        Of any worker: no such folder, locks that do not reach it, another source, other packages.
    """
    mine = state(mark)
    faults = []
    for worker, found in parallel.everywhere(state, mark, scheduler).items():
        if isinstance(found, str):
            fix = "Install the workbench there as it is here"
            faults.append(Fault(f"the worker cannot run studies ({found})", file=worker, fix=fix))
        else:
            faults += [Fault(what, file=worker, fix=fix) for what, fix in _differences(mark, mine, found)]
    if faults:
        raise SpecificationError(faults)


def _differences(mark: Path, mine: dict[str, Any], found: dict[str, Any]) -> Sequence[tuple[str, str]]:
    output = mark.parents[2]
    if not found["there"]:
        return [(f"the worker does not see {output}", "Name with --output a folder of a disk that all share")]
    differing = []
    if found["over"]:
        fix = (
            "Name with --output a folder of a disk whose locks hold for all (NFS 4, not a copy of the folder)"
        )
        differing.append((f"locks in {output} do not reach the worker", fix))
    if found["source"] != mine["source"]:
        differing.append(("the worker has another version of the workbench or its data", "Install the same"))
    if found["installed"] != mine["installed"]:
        other = sorted(set(found["installed"]) ^ set(mine["installed"]))
        names = ", ".join(name.removesuffix(".dist-info") for name in other[:4])
        more = f" and {len(other) - 4} more" if len(other) > 4 else ""
        what = f"the worker has other packages ({names}{more})"
        differing.append((what, "Install both from the same requirements.lock"))
    return differing
