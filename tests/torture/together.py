"""Several runs at once into one folder, with parameters of their own: it stays whole, and all of them end.

python -m tests.torture.together [rounds] [runs at once]
"""

import random
import sys
import tempfile
from pathlib import Path

from tests.torture._runs import Place, all_faults

ROUNDS, AT_ONCE = 5, 4


def main(rounds: int = ROUNDS, at_once: int = AT_ONCE, seed: int | None = None) -> int:
    """How many rounds left something wrong."""
    random.seed(seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as base:
        place = Place(Path(base))
        for number in range(rounds):
            labels = [f"round{number}-{one if number % 2 else 0}" for one in range(at_once)]
            runs = [place.start("-j", random.choice(("1", "2")), label=label) for label in labels]
            ended = [run.wait(timeout=1800) for run in runs]
            found = [*place.left(), *all_faults(place.output.glob("0*"))]
            said = {
                (folder / "tables/numbers.csv").read_text().split()[1] for folder in place.output.glob("0*")
            }
            if number % 2 == 0 and said != {labels[0]}:
                found.append(f"tables say {said}, all runs asked for {labels[0]!r}")
            if any(ended):
                found.append(f"ended with {ended}: {place.said()}")
            wrong += bool(found)
            print(
                f"round {number}: {at_once} runs, {len(set(labels))} labels", *found, sep="\n  ", flush=True
            )
    print(f"{rounds} rounds of {at_once} runs at once: {wrong} left something wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
