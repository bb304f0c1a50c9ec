"""Size and coverage of standardized slopes with HC0, HC3 and HC4 errors at 5 %.

    python benchmarks/standardized_slopes.py [--replications 2000] [--seed 7] [--jobs N]

Predictors are independent and normal; five matter (slope .3 each), the first does not. Errors are normal with
the same variance for all, or with a variance that grows with the square of the first predictor, the worst
case for the test of that predictor. ``size`` is how often p < .05 for the slope that is zero; ``raw`` the
same for the slope in raw units; ``coverage`` how often the 95 % interval of a slope that matters holds the
population's value. HC0 is what the standardized slopes had until a review found it.
"""

import argparse

import numpy as np
import pandas as pd

from workbench import parallel, regression

EFFECT = 0.3
KINDS = ("HC0", "HC3", "HC4")


def one(task: tuple[int, int, bool], rng: np.random.Generator) -> list[tuple]:
    """Calls and coverage of one sample, by kind of error."""
    n, predictors, unequal = task
    names = [f"x{i}" for i in range(predictors)]
    x = rng.normal(size=(n, predictors))
    spread = np.sqrt(0.5 + 0.5 * x[:, 0] ** 2) if unequal else 1.0
    y = EFFECT * x[:, 1:6].sum(axis=1) + spread * rng.normal(size=n)
    data = pd.DataFrame(x, columns=names).assign(y=y)
    true = EFFECT / np.sqrt(5 * EFFECT**2 + 1)
    rows = []
    for kind in KINDS:
        model = regression.ols(data, "y", names, covariance=kind)
        zero, other = model.standardized.loc["x0"], model.standardized.loc["x1"]
        raw = model.coefficients.loc["x0", "pvalue"]
        rows.append((kind, zero["pvalue"] < 0.05, raw < 0.05, other["ci_lower"] <= true <= other["ci_upper"]))
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--replications", type=int, default=2000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--jobs", type=int)
    chosen = options.parse_args()
    print("predictors  errors      n    kind  size   raw    coverage")
    for predictors in (6, 19):
        for unequal in (False, True):
            for n in (40, 60, 100, 300):
                tasks = [(n, predictors, unequal)] * chosen.replications
                found = parallel.map(one, tasks, seed=chosen.seed, jobs=chosen.jobs)
                rows = [row for part in found for row in part]
                table = pd.DataFrame(rows, columns=["kind", "size", "raw", "coverage"]).groupby("kind").mean()
                for kind, row in table.iterrows():
                    word = "unequal" if unequal else "equal"
                    print(
                        f"{predictors:10}  {word:8}  {n:4}  {kind:>6}  {row['size']:.3f}  {row['raw']:.3f}"
                        f"  {row['coverage']:.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
