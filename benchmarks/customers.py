"""Time and memory of studies 13 to 15 by number of customers: ``python benchmarks/customers.py 15 100000``.

One study and one number of customers a process, so that the peak memory is its own. Prints a line for each
piece: customers, piece, seconds of this process, peak memory so far in MB, and one number of the result.
Study 15 reads a Parquet file in parts and the columns of each piece by polars (``customer_lifetime.large``);
with the address of a Dask scheduler as a third argument its regressions add up on the cluster.

Measured on one of two shared cores (November 2026), seconds of the processor without drawing the data, and
peak memory with it:

    customers        study 13            study 14            study 15
       10,000      3 s,   341 MB       3 s,   311 MB       5 s,   314 MB
      100,000     17 s, 1,318 MB       8 s,   581 MB      32 s,   622 MB
    1,000,000     83 s, 3,989 MB      50 s, 1,138 MB     305 s, 2,934 MB

Of study 15's 305 s, checking every cell and preparing the parts took 109, the hidden stages 67, one
regression with errors by customer 56, the warning with its trees 37 (and most of the memory), lifetime value
5. Study 13's units are followed over eight periods; above 200,000 of them one estimator is left out, which
had taken most of the 1,318 MB.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LOT = 50_000  # customers that are drawn at a time, each lot with its own seed


class Clock:
    """Runs pieces and prints what each took."""

    def __init__(self, customers: int) -> None:
        self.customers = customers

    def __call__(self, piece: str, make: Callable[[], Any], number: Callable[[Any], float]) -> Any:
        begun = time.process_time()
        made = make()
        seconds = time.process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{self.customers:>9,}  {piece:<34} {seconds:8.2f} s  {peak:8,.0f} MB  {number(made):.4f}",
            flush=True,
        )
        return made


def draw(customers: int, folder: Path) -> tuple[Path, Path]:
    """Both tables of so many customers as Parquet files."""
    import polars as pl

    from workbench.studies import customer_lifetime

    population = customer_lifetime.population()
    for name in ("quarters", "customers"):
        (folder / name).mkdir()
    for place, first in enumerate(range(0, customers, LOT)):
        base = population.simulate(1 + place, customers=min(LOT, customers - first))
        for name in ("quarters", "customers"):
            table = getattr(base, name)
            pl.from_pandas(table.assign(customer=table["customer"] + first)).write_parquet(
                folder / name / f"{place:05d}.parquet"
            )
    files = folder / "quarters.parquet", folder / "customers.parquet"
    for file in files:
        pl.scan_parquet(folder / file.stem).sink_parquet(file)
    return files


def lifetime(quarters: Path, customers: Path, folder: Path, timed: Clock, scheduler: str | None) -> None:
    """Study 15: who leaves, the warning, the hidden stages, what customers are worth."""
    import polars as pl

    from workbench.datasets import open_codebook, open_dataset
    from workbench.evaluation import hidden_stages
    from workbench.studies.customer_lifetime import effects, large, lifetime_value, score, stays
    from workbench.studies.customer_lifetime.rows import STAGE_SIGNS, Base, Rows

    def prepare() -> large.LargeBase:
        book = open_codebook("customer_quarters")
        return large.prepare(quarters, book, folder / "parts", scheduler=scheduler)

    base = timed("check and prepare", prepare, lambda b: b.rows)

    def only(*columns: str) -> Rows:
        return base.only("customer", "period", "left", *columns)

    def staying() -> stays.Stays:
        found = stays.of_periods(Base(open_dataset("customer_quarters")), only(*base.scores))
        who = pl.read_parquet(customers, columns=["customer", "tier"])
        tier = pd.Series(who["tier"].to_numpy(), who["customer"].to_numpy()).reindex(found.data.index)
        return stays.Stays(found.data.assign(tier=tier), "tier", {}, found.terms)

    people = timed("a row a customer", staying, lambda s: s.data["left"].mean())
    timed("Kaplan-Meier by tier", people.curves, lambda c: c["VIP"]["share"].iloc[-1])
    timed("log-rank", people.alike, lambda t: t[0])
    timed("Cox with its check", people.cox, lambda m: m.effects["estimate"].iloc[0])
    del people
    terms = ["crm_use", "tenure"]
    timed(
        "hazard by period, columns",
        lambda: effects.on_leaving(only(*terms), ["crm_use"]),
        lambda t: t["estimate"].iloc[0],
    )
    timed(
        "hazard by period, in parts",
        lambda: large.in_parts(base, "left", terms, "cloglog", scheduler=scheduler),
        lambda t: t["estimate"].iloc[0],
    )
    held = ["loyalty", "satisfaction", "valued", "crm_use"]
    timed(
        "purchases, errors by customer",
        lambda: large.in_parts(base, "next_purchases", held, "poisson", clustered=True, scheduler=scheduler),
        lambda t: t["estimate"].iloc[0],
    )
    timed(
        "warning, logit and trees",
        lambda: score.warn(only(*score.SIGNALS)),
        lambda w: score.judged(w)["area"].estimate,
    )

    def chain() -> hidden_stages.Stages:
        found = only(*STAGE_SIGNS).data
        seen = hidden_stages.sequences(found, "customer", "period", STAGE_SIGNS)
        del found
        return hidden_stages.fit_stages(seen, 4, forward=True, starts=((2, -1),))

    timed("hidden stages, four, forward", chain, lambda m: m.loglik / base.customers)
    timed(
        "lifetime value",
        lambda: lifetime_value.worth(only("purchases", "last_purchase_week", "tenure", "spending")),
        lambda w: w.purchases.values[0],
    )


def segments(quarters: Path, customers: Path, folder: Path, timed: Clock, scheduler: str | None) -> None:
    """Study 14: classes, whether they are found again, what treating them apart brings."""
    from workbench.datasets import open_codebook
    from workbench.studies import customer_segments as study
    from workbench.survey import open_survey

    survey = timed("open", lambda: open_survey(customers, open_codebook("customer_base")), lambda s: s.rows)
    given = timed("make ready", lambda: study.begin(survey), lambda g: len(g.items))
    found = timed("classes, one to five, and stability", lambda: study.segment(given, seed=1), lambda f: f.k)
    timed(
        "profiles",
        lambda: study.profiles(given, found, study.numeric(given)),
        lambda p: p["estimate"].iloc[0],
    )
    timed(
        "value of treating apart",
        lambda: study.value(given, found, seed=1),
        lambda v: v.table.loc["difference", "estimate"],
    )
    timed("other divisions", lambda: study.values_by_division(given, found, seed=1), len)
    timed("what keeps customers", lambda: study.on_staying(given, found), lambda t: t.n)
    timed("campaign", lambda: study.campaign(given, found, seed=1), len)


def improvement(quarters: Path, customers: Path, folder: Path, timed: Clock, scheduler: str | None) -> None:
    """Study 13: two arms, and a practice taken up at different times by units followed over eight periods."""
    from workbench import regression
    from workbench.evaluation import two_arms

    stream, n, periods = np.random.default_rng(1), timed.customers, 8

    def arms() -> pd.DataFrame:
        arm = stream.integers(0, 2, n)
        return pd.DataFrame({
            "unit": np.arange(n), "group": np.arange(n) // 20, "arm": arm,
            "outcome": 0.1 * arm + stream.normal(size=n), "success": stream.random(n) < 0.10 + 0.01 * arm,
        }).astype({"success": float})  # fmt: skip

    trial = timed("draw a trial", arms, len)
    timed(
        "means of two arms",
        lambda: two_arms.compare_means(trial, "outcome", arm="arm"),
        lambda t: t.difference["estimate"],
    )
    timed(
        "the same, groups as clusters",
        lambda: two_arms.compare_means(trial, "outcome", arm="arm", cluster="group"),
        lambda t: t.difference["se"],
    )

    def panel() -> pd.DataFrame:
        unit, period = np.repeat(np.arange(n), periods), np.tile(np.arange(1, periods + 1), n)
        adopts = np.repeat(stream.choice([3, 5, 6, 99], n), periods)
        treated = (period >= adopts).astype(int)
        outcome = np.repeat(stream.normal(size=n), periods) + 0.1 * period + 0.3 * treated
        outcome += stream.normal(size=n * periods)
        return pd.DataFrame({"unit": unit, "period": period, "treated": treated, "outcome": outcome})

    rows = timed("draw a panel", panel, len)
    asked: dict[str, Any] = {"unit": "unit", "period": "period", "treated": "treated"}
    timed(
        "group-time effects, 999 draws",
        lambda: regression.group_time_effects(rows, "outcome", **asked, seed=1),
        lambda f: f.overall.loc["simple", "estimate"],
    )
    timed(
        "all estimators",
        lambda: regression.adoption_estimates(rows, "outcome", **asked),
        lambda f: f.overall["estimate"].iloc[0],
    )
    timed("Goodman-Bacon", lambda: regression.goodman_bacon(rows, "outcome", **asked), lambda f: f.estimate)


STUDIES = {"13": improvement, "14": segments, "15": lifetime}


def main(study: str, customers: int, scheduler: str | None = None) -> None:
    """Every piece of a study once, on so many customers."""
    timed = Clock(customers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = (folder, folder)
        if study != "13":
            files = timed(
                "draw the base, write it", lambda: draw(customers, folder), lambda f: f[0].stat().st_size
            )
        STUDIES[study](*files, folder, timed, scheduler)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:4])
