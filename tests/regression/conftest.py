"""Data and R's numbers for the regression room (made by ``tests/reference/r/regression.R``)."""

import json
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "reference" / "regression"


@pytest.fixture(scope="session")
def firms():
    return pd.read_csv(FOLDER / "firms.csv")


@pytest.fixture(scope="session")
def firm_periods():
    return pd.read_csv(FOLDER / "panel.csv")


@pytest.fixture(scope="session")
def r():
    return json.loads((FOLDER / "r.json").read_text(encoding="utf-8"))
