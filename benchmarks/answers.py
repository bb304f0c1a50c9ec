"""Missing and ordered answers: this engine and R's lavaan in one run, on one core, and the ratio of times.

    python benchmarks/answers.py            # polychorics and WLSMV of 22 items, FIML on nine items
    python benchmarks/answers.py --wide     # also FIML on 12 latents × 5 items, n = 2,000: minutes in lavaan

Data are simulated here from a seed. Each side fits, computes standard errors and every fit measure; the best
of three runs counts (the wide fit runs once). Seconds are the processor's, so that other work on the machine
does not weigh on one side. R is left out, with a word, where lavaan is not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from workbench import sem  # noqa: E402

TARGET = 10.0


def items(rng: np.random.Generator) -> pd.DataFrame:
    """22 five-point items of four factors, n = 1,000."""
    owner = np.repeat(np.arange(4), [6, 6, 5, 5])
    factor = rng.multivariate_normal(np.zeros(4), 0.6 * np.eye(4) + 0.4, 1000)
    response = 0.7 * factor[:, owner] + 0.7 * rng.normal(size=(1000, 22))
    codes = np.digitize(response, [-1.2, -0.4, 0.4, 1.1]) + 1
    return pd.DataFrame(codes, columns=[f"q{number}" for number in range(1, 23)])


def continuous(rng: np.random.Generator, names: list[str], factors: int, n: int) -> pd.DataFrame:
    """Indicators of correlated factors with 30 % of the answers missing at random."""
    each = len(names) // factors
    factor = rng.multivariate_normal(np.zeros(factors), 0.7 * np.eye(factors) + 0.3, n)
    values = 0.8 * np.repeat(factor, each, axis=1) + 0.7 * rng.normal(size=(n, len(names)))
    values[rng.random(values.shape) < 0.3] = np.nan
    return pd.DataFrame(np.round(values, 5), columns=names)


def best(task, times: int = 3) -> float:
    """Processor seconds of the fastest of some runs."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        task()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Run both sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wide", action="store_true", help="also 60 items with 2,000 patterns")
    wide_too = parser.parse_args().wide
    rng = np.random.default_rng(1)
    scale = items(rng)
    school = continuous(rng, [f"x{number}" for number in range(1, 10)], 3, 301)
    wide = continuous(rng, [f"y{k}_{j}" for k in range(1, 13) for j in range(1, 6)], 12, 2000)
    owner = np.repeat(np.arange(1, 5), [6, 6, 5, 5])
    four = "\n".join(
        f"f{k} =~ " + " + ".join(f"q{place + 1}" for place in np.flatnonzero(owner == k)) for k in range(1, 5)
    )
    three = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
    twelve = "\n".join(f"f{k} =~ " + " + ".join(f"y{k}_{j}" for j in range(1, 6)) for k in range(1, 13))

    def fitted(model: str, data: pd.DataFrame, **settings) -> None:
        fit = sem.fit(model, data, **settings)
        assert fit.converged
        fit.estimates, fit.measures  # noqa: B018

    own = {
        "polychoric": best(lambda: sem.polychoric(scale)),
        "wlsmv": best(lambda: fitted(four, scale, ordered=tuple(scale))),
        "fiml_9": best(lambda: fitted(three, school, missing="fiml")),
    }
    if wide_too:
        own["fiml_60"] = best(lambda: fitted(twelve, wide, missing="fiml"), 1)
    theirs = lavaan({"items": scale, "school": school, "wide": wide}, wide_too)
    titles = {
        "polychoric": "polychorics of 22 items, n = 1,000",
        "wlsmv": "WLSMV of 22 items, n = 1,000",
        "fiml_9": "FIML, 9 items, n = 301, 30 % missing",
        "fiml_60": "FIML, 60 items, n = 2,000, 30 % missing",
    }
    for task, seconds in own.items():
        other = theirs.get(task)
        ratio = (
            "" if other is None else f"{other:8.2f} s lavaan  {other / seconds:6.1f} × (aim {TARGET:.0f} ×)"
        )
        print(f"{titles[task]:62s} {seconds:8.3f} s  {ratio}")


def lavaan(data: dict[str, pd.DataFrame], wide_too: bool) -> dict[str, float]:
    """The same tasks in R; empty where R or lavaan is not there."""
    if shutil.which("Rscript") is None:
        print("R is not installed: lavaan's side is left out")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in data.items():
            frame.to_csv(Path(folder) / f"{name}.csv", index=False)
        script = Path(__file__).with_name("answers.R")
        command = ["Rscript", str(script), folder, "wide" if wide_too else "short"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        print("lavaan's side failed and is left out:", run.stderr.strip().splitlines()[-1:])
        return {}
    return json.loads(run.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
