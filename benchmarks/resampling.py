"""Bootstrap with full refits: this engine on one and two threads, R's lavaan on one and two cores, semopy.

    python benchmarks/resampling.py [--draws 5000] [--theirs 200]

Rates are draws a second. The others run fewer draws (``--theirs``), because a rate needs no more. Ours are
also timed in a process of their own from start-up to intervals, imports and the kernel's loading included:
that is what a user waits for. Missing and ordered answers are in benchmarks/answers.py.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402 - the number of threads comes first
import pandas as pd  # noqa: E402

from sem import EIGHT, POLITICAL, eight_latents  # noqa: E402 - the benchmark beside this one

R_SCRIPT = """
suppressMessages({library(lavaan); library(jsonlite)})
job <- fromJSON(commandArgs(TRUE)[1]); d <- read.csv(job$data); fit <- sem(job$model, d); rate <- numeric(2)
for (cores in 1:2) { set.seed(1); t <- proc.time()[3]
  b <- suppressWarnings(bootstrapLavaan(fit, R = job$draws, FUN = coef,
    parallel = if (cores == 1) "no" else "multicore", ncpus = cores))
  rate[cores] <- job$draws / (proc.time()[3] - t) }
cat(toJSON(rate, digits = 6))
"""
FRESH = """
import time; begin = time.perf_counter()
import pandas as pd
from workbench import sem
data = pd.read_csv({data!r})
sem.fit({model!r}, data).bootstrap({draws}, seed=1).interval("percentile")
print(time.perf_counter() - begin)
"""


def ours(model: str, data: pd.DataFrame, draws: int, threads: int) -> float:
    """Draws a second of a warm process."""
    from workbench import sem

    fit = sem.fit(model, data)
    fit.bootstrap(50, seed=1, jobs=threads)
    begin = time.perf_counter()
    boot = fit.bootstrap(draws, seed=1, jobs=threads)
    seconds = time.perf_counter() - begin
    failed = int((boot.fate != "converged").sum())
    if failed:
        print(f"    {failed} of our {draws} draws failed")
    return draws / seconds


def fresh(model: str, path: Path, draws: int) -> float:
    """Seconds of a new process from its first import to the intervals."""
    code = FRESH.format(data=str(path), model=model, draws=draws)
    return float(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )


def lavaan(model: str, path: Path, draws: int, folder: Path) -> list[float] | None:
    """Draws a second on one and on two cores."""
    if shutil.which("Rscript") is None:
        return None
    job, script = folder / "job.json", folder / "bootstrap.R"
    job.write_text(json.dumps({"model": model, "data": str(path), "draws": draws}))
    script.write_text(R_SCRIPT)
    done = subprocess.run(["Rscript", str(script), str(job)], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def semopy(model: str, data: pd.DataFrame, draws: int) -> float:
    """Draws a second of refits in a loop (semopy has no bootstrap intervals of its own)."""
    from semopy import Model

    rng = np.random.default_rng(1)
    begin = time.perf_counter()
    for _ in range(draws):
        Model(model).fit(data.iloc[rng.integers(0, len(data), len(data))].reset_index(drop=True))
    return draws / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=5000)
    parser.add_argument("--theirs", type=int, default=200)
    options = parser.parse_args()
    from semopy.examples import political_democracy

    cases = (
        ("Political Democracy", POLITICAL, political_democracy.get_data(), 100),
        ("8 latents x 4 items, n = 1,000", EIGHT, eight_latents(1000, 11), 40),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, model, data, aim in cases:
            path = folder / "data.csv"
            data.to_csv(path, index=False)
            rates = [ours(model, data, options.draws, threads) for threads in (1, 2)]
            print(f"{title}, {options.draws} draws; aim {aim} x lavaan on one core")
            print(f"  workbench   {rates[0]:8.0f}/s on one thread, {rates[1]:8.0f}/s on two")
            print(
                f"              {fresh(model, path, options.draws):8.1f} s in a new process, imports included"
            )
            theirs = lavaan(model, path, options.theirs, folder)
            if theirs is None:
                print("  lavaan      left out: Rscript, lavaan or jsonlite is missing")
            else:
                print(f"  lavaan      {theirs[0]:8.1f}/s on one core,   {theirs[1]:8.1f}/s on two")
                ratios = rates[0] / theirs[0], rates[1] / theirs[0], rates[1] / theirs[1]
                one, two, even = ratios
                print(f"  ratio       {one:8.0f} x on one core")
                print(f"              {two:8.0f} x two threads against one core, {even:.0f} x against two")
            other = semopy(model, data, max(20, options.theirs // 4))
            print(f"  semopy      {other:8.1f}/s          ratio {rates[0] / other:.0f} x")


if __name__ == "__main__":
    main()
