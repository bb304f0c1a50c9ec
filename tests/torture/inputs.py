"""Hostile input for every door, by the hundred thousand: the project's error or a result, within bounds.

python -m tests.torture.inputs [how many] [seed] [door ...]
"""

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture._inputs import DOORS, fault

INPUTS = 100_000
SLOWER = 20  # a door that starts a process for every input gets one for so many of another's


def main(inputs: int = INPUTS, seed: int | None = None, *names: str) -> int:
    """Number of inputs with which something was wrong."""
    seed = random.randrange(2**32) if seed is None else seed
    doors = {name: DOORS[name] for name in names or DOORS}
    tried: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        round_ = 0
        while sum(tried.values()) < inputs:
            for name, door in doors.items():
                if door.slow and not names and round_ % SLOWER:
                    continue
                chance = random.Random(f"{seed} {name} {round_}")
                content = door.make(chance)
                said = fault(door, content, Path(folder))
                tried[name] += 1
                if said:
                    wrong[name] += 1
                    kinds[f"{name}: {said[:60]}"] += 1
                    if kinds[f"{name}: {said[:60]}"] <= 3:
                        print(f"{name} {round_}: {said[:300]}\n  {content[:2000]!r}", flush=True)
            round_ += 1
            if round_ % 1000 == 0:
                print(f"… {sum(tried.values()):,} inputs, {sum(wrong.values())} faults", flush=True)
    for name, count in tried.items():
        print(f"{name}: {count:,} inputs, {wrong[name]} faults")
    hours = (time.monotonic() - started) / 3600
    print(f"{sum(tried.values()):,} inputs in {hours:.2f} hours (seed {seed}), {sum(wrong.values())} faults")
    return sum(wrong.values())


if __name__ == "__main__":
    sys.exit(min(main(*map(int, sys.argv[1:3]), *sys.argv[3:]), 1))
