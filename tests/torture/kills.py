"""Kill runs at random moments, parent, worker and kernel alike; what is there stays whole, nothing is left.

python -m tests.torture.kills [kills]

A moment at which there was nobody of the kind to kill is no kill, and another is taken.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture._runs import Place, all_faults, kill, victim

KILLS = 60
MOST_SECONDS = 1200  # of a run that goes on after a kill, on a machine that has other things to do


def main(kills: int = KILLS, seed: int | None = None) -> int:
    """Number of kills after which something was wrong."""
    random.seed(seed)
    counted: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as base:
        place = Place(Path(base))
        started = time.monotonic()
        place.start("-j", "2").wait()
        longest = time.monotonic() - started
        hits = number = 0
        while hits < kills:
            number += 1
            kind = random.choice(("parent", "worker", "kernel", "forge"))
            run = place.start("-j", random.choice(("1", "2", "3")), label=f"kill{number}")
            time.sleep(random.uniform(0.0, 1.1 * longest))
            target = victim(place, run.pid, kind)
            hit = target is not None and run.poll() is None and kill(target)
            said = f"{kind} killed" if hit else f"no {kind} to kill"
            counted[said] += 1
            hits += hit
            found = []
            try:
                run.wait(timeout=MOST_SECONDS)
            except subprocess.TimeoutExpired:
                found.append(f"still at work after {MOST_SECONDS} s: {place.said()}")
            found += [*place.left(patience=60.0), *all_faults(place.output.glob("0*"))]
            wrong += bool(found)
            print(f"{number}: {said}", *found, sep="\n  ", flush=True)
            for pid in place.alive():
                kill(pid)
        finished = place.start("-j", "2", label="last").wait()
        found = all_faults(place.output.glob("0*"))
        if finished or found:
            wrong += 1
            print("the last run, which nobody killed:", place.said(), *found, sep="\n  ")
    print(f"kills: {dict(counted)}; {wrong} of {number} runs left something wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
