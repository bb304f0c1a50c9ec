"""Audits against published and hand-made examples."""

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import printed
from workbench.errors import DataError, SpecificationError
from workbench.evidence import printed_tables as audit

# Fitness clubs in China, n = 300 (Global Journal of Management and Business Research E 23(1)): printed HTMT
# with the signs of the Fornell-Larcker table, and the printed paths of its SmartPLS model.
NAMES = ["FMC", "EXP", "PSQ", "CS", "CL"]
PAIRS = {
    ("EXP", "FMC"): 0.58,
    ("PSQ", "EXP"): 0.346,
    ("PSQ", "FMC"): 0.449,
    ("CS", "EXP"): -0.145,
    ("CS", "PSQ"): 0.405,
    ("CS", "FMC"): 0.06,
    ("CL", "EXP"): -0.104,
    ("CL", "PSQ"): 0.452,
    ("CL", "FMC"): 0.145,
    ("CL", "CS"): 0.561,
}
PATHS = {
    "EXP": ["FMC"],
    "PSQ": ["EXP", "FMC"],
    "CS": ["EXP", "PSQ", "FMC"],
    "CL": ["EXP", "PSQ", "FMC", "CS"],
}
PRINTED = {
    ("FMC", "EXP"): 0.58,
    ("EXP", "PSQ"): 0.126,
    ("FMC", "PSQ"): 0.375,
    ("EXP", "CS"): -0.325,
    ("PSQ", "CS"): 0.513,
    ("FMC", "CS"): 0.017,
    ("EXP", "CL"): -0.204,
    ("PSQ", "CL"): 0.319,
    ("FMC", "CL"): 0.092,
    ("CS", "CL"): 0.40,
}
RECOMPUTED = {
    ("FMC", "EXP"): 0.580,
    ("EXP", "PSQ"): 0.129,
    ("FMC", "PSQ"): 0.374,
    ("EXP", "CS"): -0.337,
    ("PSQ", "CS"): 0.510,
    ("FMC", "CS"): 0.026,
    ("EXP", "CL"): -0.219,
    ("PSQ", "CL"): 0.322,
    ("FMC", "CL"): 0.104,
    ("CS", "CL"): 0.393,
}


@pytest.fixture
def fitness():
    matrix = pd.DataFrame(np.eye(5), index=NAMES, columns=NAMES)
    for (first, second), value in PAIRS.items():
        matrix.loc[first, second] = matrix.loc[second, first] = value
    return matrix


def test_path_analysis_recomputes_a_published_model_from_its_printed_matrix(fitness):
    paths, explained = audit.path_analysis(fitness, PATHS)
    for key, value in RECOMPUTED.items():
        assert paths.loc[key, "beta"] == pytest.approx(value, abs=6e-4)
    assert explained["CS"] == pytest.approx(0.257, abs=6e-4)
    assert explained["CL"] == pytest.approx(0.404, abs=6e-4)
    in_print = pd.Series(PRINTED)
    assert audit.reproduction(paths["beta"], in_print, tolerance=0.02).verdict == "reproduced"
    assert audit.reproduction(paths["beta"], in_print, tolerance=0.005).verdict == "partly"
    assert audit.reproduction(paths["beta"], in_print + 1, tolerance=0.02).verdict == "not"


STRUCTURE = """
value ~ quality + cost
satisfaction ~ quality + value
repurchase ~ cost + satisfaction
"""


def test_a_published_structural_model_is_refitted_from_its_printed_covariances():
    # lavaan: chi-square(83) = 129.62 and the paths below; the paper prints three of the six otherwise.
    paper = printed.iacobucci()
    blocks = ("quality", "cost", "value", "satisfaction", "repurchase")
    measured = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in blocks)
    fit, found = audit.refit(measured + STRUCTURE, paper.covariances, paper.n, paper.printed["std_all"])
    assert fit.measures["chisq"] == pytest.approx(129.62, abs=0.006)
    assert fit.measures["df"] == 83
    paths = found.table["recomputed"]
    assert paths["value", "quality"] == pytest.approx(0.563, abs=6e-4)
    assert paths["value", "cost"] == pytest.approx(-0.507, abs=6e-4)
    assert paths["repurchase", "cost"] == pytest.approx(-0.326, abs=6e-4)
    assert paths["repurchase", "satisfaction"] == pytest.approx(0.536, abs=6e-4)
    assert found.verdict == "partly"
    assert int(found.table["agrees"].sum()) == 3


def test_a_lost_minus_sign_makes_the_matrix_impossible():
    broken = pd.DataFrame(
        [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], index=list("abc"), columns=list("abc")
    )
    with pytest.raises(DataError, match="smallest eigenvalue"):
        audit.path_analysis(broken, {"c": ["a", "b"]})


def test_a_path_from_nowhere_is_named(fitness):
    with pytest.raises(SpecificationError, match="no correlation of 'TRUST'"):
        audit.path_analysis(fitness, {"CL": ["TRUST"]})


def test_reliability_follows_from_loadings_by_arithmetic():
    # Equal loadings of .8 on three items: AVE = .64, CR = 5.76 / (5.76 + 1.08).
    in_print = pd.DataFrame({"cr": [0.842, 0.90], "ave": [0.64, np.nan]}, index=["a", "b"])
    found = audit.reliability_from_loadings({"a": [0.8, 0.8, 0.8], "b": [0.7, 0.7]}, in_print)
    assert found.table.loc[("a", "cr"), "recomputed"] == pytest.approx(5.76 / 6.84)
    assert found.table.loc[("a", "ave"), "recomputed"] == pytest.approx(0.64)
    assert found.table["agrees"].tolist()[:3] == [True, True, False]
    assert found.verdict == "partly"
    assert "1 recomputed" in found.warnings[0]
    assert audit.reliability_from_loadings({"a": [0.8]}).verdict == "nothing to compare"
    with pytest.raises(DataError, match="-1 to 1"):
        audit.reliability_from_loadings({"a": [80, 70]})


def test_joint_share_bounds_hold_for_every_cross_table():
    rng = np.random.default_rng(5)
    for _ in range(50):
        cells = rng.multinomial(100, rng.dirichlet(np.ones(4)))
        satisfied, loyal = cells[0] + cells[1], cells[0] + cells[2]
        if satisfied == 0:
            continue
        bounds = audit.joint_share_bounds(pd.Series([satisfied]), pd.Series([loyal])).iloc[0]
        assert bounds["lower"] - 1e-12 <= cells[1] / satisfied <= bounds["upper"] + 1e-12
    edge = audit.joint_share_bounds(pd.Series([85.0]), pd.Series([78.0])).iloc[0]
    assert edge["lower"] == pytest.approx(7 / 85)
    assert edge["upper"] == pytest.approx(22 / 85)


def test_implied_sample_size_is_that_of_a_simulated_survey():
    rng = np.random.default_rng(2)
    estimates, covered = [], 0
    for _ in range(400):
        before = pd.Series(100 * rng.binomial(400, 0.6, 10) / 400)
        after = pd.Series(100 * rng.binomial(400, 0.8, 10) / 400)
        found = audit.implied_sample_size(before, after)
        estimates.append(found["estimate"])
        covered += found["at_least"] <= 400
    assert np.median(estimates) == pytest.approx(430, rel=0.1)  # the median of 9 / chi-square(9) is 1.08
    assert covered / 400 == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 400))


def test_readings_of_a_per_cent():
    found = audit.readings(pd.Series([62.0, 50.0]), pd.Series([84.0, 50.0]))
    assert found["points"].tolist() == [22, 0]
    assert found.loc[0, "relative"] == pytest.approx(0.3548, abs=1e-4)
    assert found["ratio"].isna().tolist() == [False, True]


def test_percentages_that_cannot_be():
    frame = pd.DataFrame({"a": [50, 104], "b": [-1, np.nan]}, index=["x", "y"])
    assert audit.percentage_faults(frame)["fault"].tolist() == ["above 100", "below 0", "missing"]
    impossible = audit.impossible_percentages(pd.Series([33.0, 34.0, 50.0]), 12)
    assert impossible.tolist() == [False, True, False]
    assert audit.impossible_percentages(pd.Series([34.0]), 150).isna().all()
