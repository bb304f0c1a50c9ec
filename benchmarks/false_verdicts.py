"""How often D0-1 and D0-2 are called recovered when nothing is there: at most 5 % of simulated surveys.

    python benchmarks/false_verdicts.py [--seeds 200] [--draws 1000] [--jobs N] [--unscreened]

Each seed is a survey of 1,000 customers, screened and judged by the functions that notebook 04 calls. Two
populations in which the claims are false: CRM use without any effect, and CRM use that moves all five
dimensions alike (D0-2 alone is false there). Exact binomial intervals (Clopper and Pearson 1934). A verdict
needs the headline and the bootstrap to agree, so the bootstrap is drawn only where the headline holds: the
words are the same, the hours are not.
"""

import argparse
import time
from dataclasses import replace

from workbench import parallel, sem
from workbench.datasets import load_population, open_dataset
from workbench.evidence import central_study
from workbench.evidence.central_study import CONSTRUCTS, DIMENSIONS, TIERS, by_label

ALIKE = 0.35


def populations() -> dict:
    """The populations in which the claims do not hold."""
    shipped = load_population("customer_survey")
    alike = {(name, "crm_use"): ALIKE for name in DIMENSIONS} | {("slowness", "crm_use"): 0.0}
    return {
        "no effect of CRM use": shipped.without_effects("crm_use"),
        f"all five effects {ALIKE:g}": shipped.with_paths(alike),
    }


def words(population, shipped, seed: int, draws: int, screened: bool = True) -> dict[str, str]:
    """The two verdicts on one simulated survey."""
    survey = replace(shipped, responses=population.simulate(seed=seed).responses)
    if screened:
        survey, _ = central_study.attentive(survey)
    constructs = {name: list(survey.codebook.constructs[name].items) for name in CONSTRUCTS}
    study = central_study.fit_study(survey.items(*CONSTRUCTS), constructs, draws=draws, seed=seed)
    total = by_label(study.ordered.standardized_solution()).loc["total_satisfaction"]
    gap = sem.contrasts(study.ordered, TIERS, standardized=True).table.iloc[0]
    said = {"D0-1": "not found", "D0-2": "not found"}
    if total["ci_lower"] > 0:
        said["D0-1"] = central_study.judge_effect("D0-1", study, "satisfaction", kind="simulated").word
    if gap["ci_lower"] > 0:
        said["D0-2"] = central_study.judge_tiers(study, kind="simulated").word
    return said


def main() -> None:
    from scipy.stats import binomtest

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=200)
    options.add_argument("--draws", type=int, default=1000)
    options.add_argument("--jobs", type=int)
    options.add_argument("--unscreened", action="store_true")
    chosen = options.parse_args()
    shipped = open_dataset("customer_survey")
    print(f"{chosen.seeds} surveys of 1,000, {'unscreened' if chosen.unscreened else 'screened'}")
    for name, population in populations().items():
        begun = time.perf_counter()

        def one(seed: int, population=population) -> dict[str, str]:
            return words(population, shipped, seed, chosen.draws, not chosen.unscreened)

        found = parallel.map(one, range(1, chosen.seeds + 1), jobs=chosen.jobs)
        for claim in ("D0-1", "D0-2"):
            if claim == "D0-1" and name != "no effect of CRM use":
                continue
            count = sum(said[claim] == "found" for said in found)
            low, high = binomtest(count, chosen.seeds).proportion_ci(method="exact")
            print(
                f"  {name}: {claim} recovered in {count} of {chosen.seeds}, "
                f"{count / chosen.seeds:.1%} [{low:.1%}, {high:.1%}]",
                flush=True,
            )
        print(f"  {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
