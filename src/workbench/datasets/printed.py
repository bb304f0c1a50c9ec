"""Figures that the documents print, typed in with their source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench import run_records
from workbench.errors import DataError, Fault
from workbench.resources import DATA

if TYPE_CHECKING:
    import pandas as pd

FORMS = ("gain", "change", "level", "contrast", "share")
BOUNDS = ("exactly", "about", "above", "up to")


def cases() -> pd.DataFrame:
    """D3's cases with printed figures, one row for each figure.

    Returns
    -------
    DataFrame : case, description, measure, form (gain, change, level, contrast, share), unit, bound, value
        (as printed), before, after, points and relative - the change in both readings - with period, place
        and the quoted text. A "+X %" is X points in one reading and X % of an unknown start in the other;
        both stand there. A printed before and after gives both readings exactly.

    Raises
    ------
    DataError : a figure that does not follow the file's own rules.
    """
    import pandas as pd
    import yaml

    path = DATA / "printed" / "cases.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows, faults = [], []
    for case in content["cases"]:
        for number, figure in enumerate(case["figures"], 1):
            found = _fault(figure)
            if found:
                faults.append(Fault(f"case {case['case']}, figure {number}: {found}", file=path.name))
                continue
            rows.append(
                {
                    "case": case["case"],
                    "description": case["en"],
                    "measure": figure["measure"],
                    "form": figure["form"],
                    "unit": figure.get("unit", "%"),
                    "bound": figure.get("bound", "exactly"),
                    "value": figure.get("value"),
                    "before": figure.get("before"),
                    "after": figure.get("after"),
                    **_readings(figure),
                    "period": case.get("period", ""),
                    "place": f"{content['document']}, {case['place']}",
                    "quote": figure["zh"],
                }
            )
    if faults:
        raise DataError(faults)
    frame = pd.DataFrame(rows).astype(
        dict.fromkeys(("value", "before", "after", "points", "relative"), "float64")
    )
    _record(path, len(frame), f"{content['document']}, cases with printed figures")
    return frame


def _record(path: Path, rows: int, source: str) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    payload = {"data_kind": "printed", "name": path.stem, "rows": rows, "sha256": digest, "source": source}
    run_records.record("data", payload)


def _readings(figure: dict) -> dict[str, float | None]:
    """Change in points (of the unit) and relative to the start (as a share), where each can be had."""
    if figure["form"] == "change":
        change = figure["after"] - figure["before"]
        return {"points": change, "relative": change / figure["before"]}
    if figure["form"] not in ("gain", "contrast"):
        return {"points": None, "relative": None}
    if figure.get("unit", "%") == "%":
        return {"points": figure["value"], "relative": figure["value"] / 100}
    return {"points": figure["value"], "relative": None}


def _fault(figure: dict) -> str | None:
    if figure.get("form") not in FORMS:
        return f"form must be one of {', '.join(FORMS)}"
    if figure.get("bound", "exactly") not in BOUNDS:
        return f"bound must be one of {', '.join(BOUNDS)}"
    needed = {"before", "after"} if figure["form"] == "change" else {"value"}
    lacking = sorted((needed | {"measure", "zh"}) - set(figure))
    return f"lacks {', '.join(lacking)}" if lacking else None


@dataclass(frozen=True)
class PrintedMatrix:
    """A covariance matrix that a paper prints, its n, and the numbers that the paper reports from it."""

    source: str
    n: int
    covariances: pd.DataFrame
    printed: pd.DataFrame


def iacobucci() -> PrintedMatrix:
    """Iacobucci's (2009) fifteen items of quality, cost, value, satisfaction and repurchase, n = 100.

    Returns
    -------
    PrintedMatrix : the covariances (divisor n - 1) and, by outcome and predictor, the printed standardized
        paths of her structural model.
    """
    import numpy as np
    import pandas as pd
    import yaml

    content = yaml.safe_load((DATA / "printed" / "iacobucci_2009.yaml").read_text(encoding="utf-8"))
    names = content["names"]
    matrix = np.zeros((len(names), len(names)))
    for row, values in enumerate(content["lower_triangle"]):
        matrix[row, : row + 1] = values
    matrix += np.tril(matrix, -1).T
    return PrintedMatrix(
        source=content["source"],
        n=content["n"],
        covariances=pd.DataFrame(matrix, index=names, columns=names),
        printed=pd.DataFrame(content["printed"]).set_index(["outcome", "predictor"]),
    )
