"""Time and memory of study 15's pieces: ``python benchmarks/customers.py 100000``.

One number of customers a process, so that the peak memory is its own. Prints a line for each piece:
customers, piece, seconds, peak memory so far in MB, and one number of the result.

Measured on two shared cores (November 2026): 10,000 customers 9 s and 375 MB, 100,000 customers 48 s and
1.4 GB, of which the regressions by period take most memory and lifetime value most time.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from workbench.evaluation import hidden_stages, survival
from workbench.studies import customer_lifetime, drawn_like
from workbench.studies.customer_lifetime import effects, lifetime_value, rows, score, stays
from workbench.studies.customer_lifetime.rows import STAGE_SIGNS, Base


def main(customers: int) -> None:
    """Every piece once, on a base of so many customers."""

    def timed(piece: str, make: Callable[[], Any], number: Callable[[Any], float]) -> Any:
        begun = time.perf_counter()
        made = make()
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{customers:>9,}  {piece:<28} {seconds:8.2f} s  {peak:8,.0f} MB  {number(made):.4f}", flush=True
        )
        return made

    population = customer_lifetime.population()
    drawn = timed(
        "draw the base", lambda: population.simulate(1, customers=customers), lambda b: len(b.quarters)
    )
    quarters = drawn.quarters.astype({"last_purchase_week": float})
    base = Base(drawn_like("customer_quarters", quarters))
    found = timed("rows", lambda: rows.rows(base), lambda r: r.data["left"].mean())
    people = stays.of_periods(base, found)
    timed(
        "Kaplan-Meier",
        lambda: survival.kaplan_meier(people.data["time"], people.data["left"]),
        lambda t: t["share"].iloc[-1],
    )
    timed("hazard by period", lambda: effects.on_leaving(found, ["crm_use"]), lambda t: t["estimate"].iloc[0])
    timed("warning, logit and trees", lambda: score.warn(found), lambda w: score.judged(w)["area"].estimate)
    seen = hidden_stages.sequences(found.data, "customer", "period", STAGE_SIGNS)
    timed(
        "hidden stages, four, forward",
        lambda: hidden_stages.fit_stages(seen, 4, forward=True, starts=((2, -1),)),
        lambda m: m.loglik / customers,
    )
    timed("lifetime value", lambda: lifetime_value.worth(found), lambda w: w.purchases.values[0])


if __name__ == "__main__":
    main(int(sys.argv[1]))
