"""Reference numbers of R (psych, semTools) and the answers they were computed from."""

import json
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "reference" / "measurement"


@pytest.fixture(scope="session")
def reference():
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def survey():
    return pd.read_csv(FOLDER / "survey.csv")


@pytest.fixture(scope="session")
def holes():
    return pd.read_csv(FOLDER / "holes.csv")


@pytest.fixture(scope="session")
def holzinger():
    return pd.read_csv(FOLDER / "holzinger.csv")


@pytest.fixture(scope="session")
def constructs():
    names = {"quality": "q", "trust": "t", "satisfaction": "s"}
    return {name: [f"{letter}{number}" for number in range(1, 5)] for name, letter in names.items()}
