"""Models whose residuals and modification indices lavaan has given (tests/reference/r/sem_residuals.R)."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import sem

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "sem" / "residuals.json").read_text())
FILES = {
    "hs": "sem/hs",
    "pd": "sem/political_democracy",
    "service": "sem/simulated_service",
    "holes": "sem/simulated_service_holes",
    "hs_holes": "missing_ordered/hs_missing20",
    "answers": "missing_ordered/answers_with_holes",
    "items": "missing_ordered/ordered_items",
}
ARGUMENTS = {"fixed.x": "fixed_x", "std.lv": "std_lv", "group.equal": "group_equal"}


@cache
def frame(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{FILES[name]}.csv")


def arguments(case: dict) -> dict:
    """lavaan's arguments as those of ``sem.fit``."""
    options = {ARGUMENTS.get(name, name): value for name, value in dict(case["options"] or {}).items()}
    for name in ("group_equal", "ordered"):
        if isinstance(options.get(name), str):
            options[name] = [options[name]]
    if "information" in options:
        options["information"] = options["information"].replace(".", "_")
    if "missing" in options:
        options["missing"] = "fiml"
    return options


@cache
def fitted(name: str) -> sem.Fit:
    case = CASES[name]
    data = frame(case["data"])
    if case["moments"]:
        data = sem.moments(data[case["groups"][0]["names"]].cov(), len(data))
    return sem.fit(case["model"], data, **arguments(case))


def numbers(values) -> np.ndarray:
    """A list of the reference, NaN where lavaan has NA; empty where lavaan refused."""
    if values is None or isinstance(values, dict):
        return np.array([])
    return np.array(values if isinstance(values, list) else [values], dtype=float)
