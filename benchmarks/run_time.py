"""Time of a run: `workbench run` cold, plain papermill and nbconvert one by one, and nothing changed.

    python benchmarks/run_time.py [--notebooks DIR] [--rounds 1] [STUDY ...]

Each side is timed as a whole command, in turn, in one go; ratios matter, seconds are of this machine. Plain
means what a user would type without the workbench: papermill, then nbconvert to HTML, study by study.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from workbench.reports import studies

ROOT = Path(__file__).resolve().parents[1]


def timed(*commands: list[str]) -> float:
    """Seconds for commands one after the other."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=ROOT / "notebooks", env=variables, check=True, capture_output=True)
    return time.perf_counter() - begun


def plain(chosen: list[studies.Study], folder: Path) -> list[list[str]]:
    commands = []
    for study in chosen:
        executed = folder / f"{study.name}.ipynb"
        commands.append(
            [sys.executable, "-m", "papermill", "--no-progress-bar", str(study.path), str(executed)]
        )
        commands.append(
            [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR", str(executed)]
        )
    return commands


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", nargs="*")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    chosen = studies.choose(given.study, studies.find(given.notebooks.resolve()))
    names = [study.name for study in chosen]
    seconds: dict[str, list[float]] = {
        "workbench run, cold": [],
        "plain, one by one": [],
        "nothing changed": [],
    }
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            run = [sys.executable, "-m", "workbench.cli", "run", *names]
            run += ["--notebooks", str(given.notebooks.resolve()), "-o", f"{folder}/reports"]
            seconds["workbench run, cold"].append(timed(run))
            seconds["plain, one by one"].append(timed(*plain(chosen, Path(folder))))
            seconds["nothing changed"].append(timed(run))
    reference = median(seconds["plain, one by one"])
    print(f"{len(chosen)} studies, {os.cpu_count()} cores, median of {given.rounds}")
    for side, measured in seconds.items():
        print(f"{side:22} {median(measured):8.2f} s   {median(measured) / reference:6.3f} of plain")


if __name__ == "__main__":
    main()
