"""A sweep of many runs, interrupted at random and resumed until it is complete, here and on a cluster.

python -m tests.torture.sweeps [runs] [interruptions] [here] [cluster]
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.torture._runs import Place, all_faults, kill, victim

from workbench.reports import manifest

RUNS, INTERRUPTIONS = 500, 20
MOST_SECONDS = 600  # until a cluster stands, on a machine that has other things to do
ALONE = 3  # times that a run may end by itself without being complete
BACKENDS = ("here", "cluster")
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


def main(runs: int = RUNS, interruptions: int = INTERRUPTIONS, *backends: str) -> int:
    """How many sweeps did not end with every run."""
    wrong = 0
    for backend in backends or BACKENDS:
        with tempfile.TemporaryDirectory() as base:
            place = Place(Path(base), studies=1)
            path = place.notebooks / "01_study.ipynb"
            path.write_text(
                path.read_text(encoding="utf-8").replace("time.sleep(0.3)", "pass"), encoding="utf-8"
            )
            wrong += bool(_until_complete(place, runs, interruptions, backend))
    return wrong


def _until_complete(place: Place, runs: int, interruptions: int, backend: str) -> list[str]:
    words = ["--sweep", f"seed={','.join(str(number) for number in range(1, runs + 1))}"]
    words += ["-j", "2"] if backend == "here" else []
    folder = place.output / "sweeps" / "01_study"
    interrupted, began, complete = 0, time.monotonic(), False
    alone: list[str] = []
    while not complete and len(alone) < ALONE:
        before = interrupted
        helpers, more = _cluster(place) if backend == "cluster" else ([], [])
        run = place.start(*words, *more)
        while run.poll() is None:
            try:
                run.wait(timeout=random.uniform(0.0, 60.0) if interrupted < interruptions else None)
            except subprocess.TimeoutExpired:
                interrupted += 1
                target = (
                    victim(place, run.pid, random.choice(("parent", "worker", "kernel", "forge"))) or run.pid
                )
                if backend == "cluster" and helpers[-1].poll() is None and random.random() < 0.5:
                    target = helpers[-1].pid
                kill(target, random.choice(SIGNALS) if target == run.pid else signal.SIGKILL)
                entries = [manifest.load(path.parent) or {} for path in folder.glob("*/run.json")]
                done = sum(entry.get("status") == "ok" for entry in entries)
                print(f"{backend}: interruption {interrupted}, {done} of {runs} done", flush=True)
        complete = run.returncode == 0
        if not complete and interrupted == before:
            alone.append(f"ended without an interruption: {place.said()}")
            print(alone[-1], flush=True)
        for helper in helpers:
            helper.kill()
            helper.wait()
    records = [path for path in folder.iterdir() if path.is_dir()]
    found = [*alone, *place.left(), *all_faults(records)]
    if len(records) != runs:
        found.append(f"{len(records)} runs and not {runs}")
    minutes, how = (time.monotonic() - began) / 60, "complete" if complete else "given up"
    said = f"{backend}: {how} after {interrupted} interruptions, {minutes:.1f} min"
    print(said, *found, sep="\n  ", flush=True)
    return found


def _cluster(place: Place) -> tuple[list[subprocess.Popen], list[str]]:
    """A scheduler and two workers, none of which carries the mark of the run's own processes."""
    from distributed import Client

    address = f"tcp://127.0.0.1:{random.randint(20_000, 50_000)}"
    dask = [sys.executable, "-m", "dask"]
    commands = [[*dask, "scheduler", "--port", address.rpartition(":")[2], "--no-dashboard", "--no-show"]]
    commands += 2 * [
        [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", place.base]
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place.base}
    helpers = [subprocess.Popen([str(word) for word in command], **quiet) for command in commands]
    with Client(address, timeout=MOST_SECONDS) as client:
        client.wait_for_workers(2, timeout=MOST_SECONDS)
    return helpers, ["--scheduler", address]


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:3]), *sys.argv[3:])))
