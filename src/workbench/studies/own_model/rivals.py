"""What else the same answers could mean: models without a path, with one more, and in another order."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import numpy as np
import pandas as pd

from workbench import sem
from workbench.errors import WorkbenchError
from workbench.studies.own_model.estimation import Estimated, fitted

ALIKE = 1e-3  # two models with as many parameters and this little between their χ² are equivalent


def rivals(found: Estimated) -> pd.DataFrame:
    """The hypothesized model beside models that differ from it by one arrow.

    ``without``: an arrow left out. ``with``: the direct path beside a hypothesized indirect effect, where the
    model has none. ``reversed``: an arrow turned round, where no circle comes of it.

    Returns
    -------
    DataFrame, index model; kind, chisq, df, cfi, rmsea, srmr, bic_difference (BIC less the hypothesized
    model's; missing under ordered estimation), difference, df_difference, pvalue (scaled test against the
    hypothesized model, nested ones only), equivalent (same fit with as many parameters: no answers can tell
    it from the hypothesized model).
    """
    base = found.structure
    rows = {"as hypothesized": {"kind": "", **_measures(base), "equivalent": False}}
    for kind, name, arrows, without in _variants(found):
        text = found.model.text(arrows, without=without, defined=False, ordered=found.how.ordered)
        try:
            fit = fitted(found.model, text, found.how)
        except WorkbenchError:
            continue  # an order that this estimator cannot take
        if not fit.converged:
            continue
        row = {"kind": kind, **_measures(fit)}
        row["equivalent"] = bool(row["df"] == base.df and abs(fit.chisq - base.chisq) < ALIKE)
        rows[name] = row if kind == "reversed" else row | _test(base, fit)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    for column in ("difference", "df_difference", "pvalue"):
        table[column] = table.get(column, np.nan)
    table["bic_difference"] = table.pop("bic") - rows["as hypothesized"]["bic"]
    return table


Arrows = list[tuple[str, str]]


def _variants(found: Estimated) -> Iterator[tuple[str, str, Arrows, Arrows]]:
    """Kind, name, arrows, and those of them that are held at zero."""
    arrows, names = list(found.model.paths), found.model.labels
    for source, target in arrows:
        yield "without", f"without {names[source]} → {names[target]}", arrows, [(source, target)]
    for one in found.model.hypotheses:
        direct = (one.chain[0], one.chain[-1])
        if one.kind == "indirect" and direct not in arrows:
            yield "with", f"with {names[direct[0]]} → {names[direct[1]]}", [*arrows, direct], []
    for source, target in arrows:
        turned = [path if path != (source, target) else (target, source) for path in arrows]
        if not _circular(turned) and _outcome_allowed(found, source):
            yield "reversed", f"{names[target]} → {names[source]}", turned, []


def _outcome_allowed(found: Estimated, name: str) -> bool:
    """Whether a variable can be an outcome: a construct, or a number of more than two values."""
    return name in found.model.latent or found.model.data[name].nunique() > 2


def _circular(arrows: Arrows) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source, target in arrows:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError:
        return True
    return False


def _measures(fit: sem.Fit) -> dict[str, float]:
    found = fit.measures

    def best(key: str) -> float:
        values = (found.get(f"{key}{ending}") for ending in ("_robust", "_scaled", ""))
        return next((float(value) for value in values if value is not None and np.isfinite(value)), np.nan)

    return {
        "chisq": float(found.get("chisq_scaled", found["chisq"])),
        "df": int(found["df"]),
        "cfi": best("cfi"),
        "rmsea": best("rmsea"),
        "srmr": float(found["srmr"]),
        "bic": float(found.get("bic", np.nan)),
    }


def _test(base: sem.Fit, other: sem.Fit) -> dict[str, float]:
    if other.df == base.df:
        return {}
    free, restricted = (base, other) if other.df > base.df else (other, base)
    compared = sem.compare(restricted, free)
    return {"difference": compared.statistic, "df_difference": compared.df, "pvalue": compared.pvalue}
