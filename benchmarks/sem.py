"""One fit with standard errors and fit measures: this engine, R's lavaan and semopy in turn.

    python benchmarks/sem.py [repetitions]

Each engine gets the same data in its own memory and is asked for the estimates with standard errors
and for the fit measures; reading files and starting up do not count. The median is printed, and how many
times as long the others take. lavaan is left out with a word where R or lavaan is missing.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - the number of threads comes first
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402

POLITICAL = """ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8"""
FITS = itertools.count(1)
HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
EIGHT = "\n".join(f"f{k} =~ " + " + ".join(f"x{k}_{j}" for j in range(1, 5)) for k in range(1, 9)) + (
    "\nf4 ~ f1 + f2 + f3\nf5 ~ f1 + f4\nf6 ~ f2 + f4 + f5\nf7 ~ f5 + f6\nf8 ~ f6 + f7"
)
R_SCRIPT = """
suppressMessages({library(lavaan); library(jsonlite)})
job <- fromJSON(commandArgs(TRUE)[1]); d <- read.csv(job$data); times <- numeric(job$repetitions)
for (i in seq_len(job$repetitions + 1)) { t <- proc.time()[3]
  fit <- sem(job$model, d); e <- parameterEstimates(fit, standardized = TRUE); m <- fitMeasures(fit)
  if (i > 1) times[i - 1] <- proc.time()[3] - t }
cat(toJSON(list(times = times, chisq = m[["chisq"]]), digits = 10))
"""


def eight_latents(n: int, seed: int) -> pd.DataFrame:
    """Simulated answers to eight latents of four items."""
    rng = np.random.default_rng(seed)
    f = np.zeros((n, 8))
    f[:, :3] = rng.multivariate_normal(np.zeros(3), [[1, 0.4, 0.3], [0.4, 1, 0.35], [0.3, 0.35, 1]], n)
    paths = {3: {0: 0.3, 1: 0.25, 2: 0.2}, 4: {0: 0.2, 3: 0.4}, 5: {1: 0.15, 3: 0.3, 4: 0.3}}
    paths |= {6: {4: 0.35, 5: 0.3}, 7: {5: 0.3, 6: 0.45}}
    for outcome, sources in paths.items():
        f[:, outcome] = sum(weight * f[:, source] for source, weight in sources.items()) + rng.normal(
            0, 0.8, n
        )
    return pd.DataFrame(
        {
            f"x{k + 1}_{j + 1}": loading * f[:, k] + rng.normal(0, 0.6 + 0.05 * j, n)
            for k in range(8)
            for j, loading in enumerate((1, 0.9, 0.8, 0.7))
        }
    )


def timed(call, repetitions: int) -> tuple[list[float], float]:
    """Seconds of each repetition after one for warming up, and the chi-square that was found."""
    chisq = call()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        chisq = call()
        times.append(time.perf_counter() - start)
    return times, chisq


def with_workbench(model: str, data: pd.DataFrame) -> float:
    """Fit, estimates table, measures; of a text that was never seen before, so that nothing kept helps."""
    fit = sem.fit(f"{model}\n# {next(FITS)}", data)
    _ = fit.estimates
    return float(fit.measures["chisq"])


def with_semopy(model: str, data: pd.DataFrame) -> float:
    """The same of semopy."""
    import semopy

    engine = semopy.Model(model)
    engine.fit(data)
    engine.inspect(std_est=True)
    return float(semopy.calc_stats(engine)["chi2"].iloc[0])


def with_lavaan(model: str, data: pd.DataFrame, repetitions: int) -> tuple[list[float], float] | None:
    """The same of lavaan, timed inside R."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file, job = Path(folder, "data.csv"), Path(folder, "job.json")
        data.to_csv(file, index=False)
        job.write_text(json.dumps({"model": model, "data": str(file), "repetitions": repetitions}))
        done = subprocess.run(
            ["Rscript", "-e", R_SCRIPT, str(job)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        return None
    answer = json.loads(done.stdout)
    return answer["times"], float(np.ravel(answer["chisq"])[0])


def main() -> None:
    """Print one line per model."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    from semopy.examples import holzinger39, political_democracy

    cases = [
        ("Political Democracy, n = 75", POLITICAL, political_democracy.get_data()),
        ("Holzinger-Swineford, n = 301", HOLZINGER, holzinger39.get_data()),
        ("8 latents x 4 items, n = 1,000", EIGHT, eight_latents(1_000, 11)),
        ("8 latents x 4 items, n = 100,000", EIGHT, eight_latents(100_000, 12)),
    ]
    print(f"{'median of ' + str(repetitions):34}{'workbench':>12}{'lavaan':>22}{'semopy':>22}")
    for name, model, data in cases:
        fewer = max(3, repetitions // 4) if len(data) > 10_000 else repetitions
        own, chisq = timed(lambda model=model, data=data: with_workbench(model, data), fewer)
        mine = statistics.median(own)
        line = f"{name:34}{1000 * mine:9.1f} ms"
        others = (
            with_lavaan(model, data, fewer),
            timed(lambda model=model, data=data: with_semopy(model, data), fewer),
        )
        for found in others:
            if found is None:
                line += f"{'not installed':>22}"
                continue
            seconds = statistics.median(found[0])
            line += f"{1000 * seconds:9.1f} ms {seconds / mine:6.1f} x"
            if abs(found[1] / chisq - 1) > 1e-2:
                line += " (another chi-square)"
        print(line, flush=True)


if __name__ == "__main__":
    main()
