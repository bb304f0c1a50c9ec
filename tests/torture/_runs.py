"""Runs to be killed: cheap studies, who is alive, and what a folder has to be after whatever happened."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.reports.conftest import write_study

MARK = "WORKBENCH_TORTURE"  # in the environment of every process of a run, so that none is missed
# The command, with no more in its warm kernels than these studies need: a start costs a tenth.
COMMAND = """from workbench.reports import kernels
kernels.PRELOADED = ("ipykernel.kernelapp", "ipykernel.ipkernel", "pandas")
from workbench.cli import main
main()"""
SAID = """import time
import pandas as pd
from workbench import run_records
run_records.record("answer", {"text": f"mark {label}", "data_kind": "printed"})
run_records.write_table("numbers", pd.DataFrame({"mark": [label] * 50}))
print("mark", label)
time.sleep(0.3)"""


@dataclass
class Place:
    """A folder of cheap studies, a folder for their reports, and one for whatever is temporary."""

    base: Path
    studies: int = 3
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.notebooks, self.output, self.temporary = (self.base / n for n in ("notebooks", "reports", "tmp"))
        self.temporary.mkdir(parents=True)
        for number in range(1, self.studies + 1):
            write_study(self.notebooks, f"0{number}_study", SAID)

    def start(self, *words: str, label: str = "1", output: Path | None = None) -> subprocess.Popen:
        """The command at work on the studies, in a session of its own; what it says is kept for a look."""
        command = [sys.executable, "-c", COMMAND, "run", "--notebooks", self.notebooks]
        command += ["-o", output or self.output, "-p", f"label={label}", *words]
        variables = {**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)}
        with (self.base / "said.txt").open("w") as said:
            return subprocess.Popen(
                [str(word) for word in command],
                cwd=self.base,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def said(self) -> str:
        return (self.base / "said.txt").read_text(encoding="utf-8", errors="replace")

    def alive(self) -> dict[int, str]:
        """Every living process of this place's runs, by id, with its command line."""
        found = {}
        wanted = f"{MARK}={self.mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if words:  # a dead one that nobody has asked after has none
                        found[int(folder.name)] = words.strip()
            except OSError:
                continue
        return found

    def left(self, patience: float = 20.0) -> list[str]:
        """What a run that is over left behind: processes, locks, temporary files."""
        end = time.monotonic() + patience
        while (found := self._left()) and time.monotonic() < end:
            time.sleep(0.1)
        return found

    def _left(self) -> list[str]:
        # os.walk passes over what is tidied away while it looks
        there = [Path(at, name) for at, inner, files in os.walk(self.output) for name in (*inner, *files)]
        hidden = [path for path in there if path.name.startswith(".") and path.name != ".thumbnail"]
        return [
            *(f"process {pid}: {words}" for pid, words in self.alive().items()),
            *(str(path) for path in [*hidden, *self.temporary.iterdir()]),
        ]


def kill(pid: int, signum: int = signal.SIGKILL) -> bool:
    """Whether there was somebody to kill."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def victim(place: Place, parent: int, kind: str) -> int | None:
    """A process of a run: its parent, a worker, a kernel, or the forge of the kernels, if there is one."""
    if kind == "parent":
        return parent
    word = "loky.backend.popen_loky" if kind == "worker" else "workbench.reports.kernels"
    found = [pid for pid, words in place.alive().items() if word in words]
    if kind in ("kernel", "forge"):  # a kernel is a child of the forge, which has the same command line
        found = [pid for pid in found if (_parent_of(pid) in found) == (kind == "kernel")]
    return random.choice(found) if found else None


def _parent_of(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def faults(folder: Path) -> list[str]:
    """What is wrong with a run's folder: one run's files, whole, as its record says, or no folder at all."""
    if not folder.exists():
        return []
    try:
        entry = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"{folder.name}: no record ({error})"]
    stated = entry.get("files", {})
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    there.pop("run.json")
    wrong = [f"{folder.name}: {name} is not in the record" for name in there.keys() - stated.keys()]
    wrong += [f"{folder.name}: {name} is missing" for name in stated.keys() - there.keys()]
    for name in stated.keys() & there.keys():
        if hashlib.sha256(there[name].read_bytes()).hexdigest() != stated[name]:
            wrong.append(f"{folder.name}: {name} is another than the record says")
    return wrong + _marks(folder, entry)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _marks(folder: Path, entry: dict) -> list[str]:
    """Files that are not of the run that the record is of (the last good one where it failed)."""
    good = entry if entry["status"] == "ok" else entry.get("last_good")
    if good is None:
        return []
    mark = good["given"].get("label", "a")
    texts = {
        "report.html": f"mark {mark}",
        "notebook.ipynb": f"mark {mark}",
        "tables/numbers.csv": f"{mark}\n",
    }
    return [
        f"{folder.name}: {name} is not of the run {mark}"
        for name, text in texts.items()
        if text not in (folder / name).read_text(encoding="utf-8")
    ]


def all_faults(folders: Iterable[Path]) -> list[str]:
    return [fault for folder in folders for fault in faults(folder)]
