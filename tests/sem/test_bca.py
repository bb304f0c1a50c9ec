"""BCa limits against R: lavaan's refits of the same resamples and of the data without each row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.sem.refitting.intervals import acceleration

FOLDER = Path(__file__).parents[1] / "reference" / "resampling"
REFERENCE = json.loads((FOLDER / "bca_intervals.json").read_text())
SETTINGS = {
    "groups": {"group": "school", "meanstructure": True},
    "holes": {"missing": "fiml"},
    "ordered": {"ordered": ["x4", "x5", "x6", "x1"], "estimator": "WLSMV"},
}


@pytest.fixture(scope="module", params=SETTINGS)
def case(request):
    expected = REFERENCE[request.param]
    data = pd.read_csv(FOLDER / f"bca_{request.param}.csv")
    fit = sem.fit(expected["model"], data, **SETTINGS[request.param])
    boot = fit.bootstrap(indices=np.array(expected["index"]), jobs=1)
    keys = [" ".join(str(key).split()) for key in expected["key"]]
    numbers = pd.DataFrame(expected["limits"], columns=["lower", "upper"], dtype=float)
    numbers["estimate"], numbers["acceleration"] = expected["estimate"], expected["acceleration"]
    numbers["lost"] = np.array(expected["lost"]) + np.array(expected["lost_left"])
    numbers = numbers.astype(float)
    count = len(keys)
    parts = {
        "parameters": numbers[:count].set_axis(keys),
        "standardized": numbers[count : 2 * count].set_axis(keys),
        "r2": numbers[2 * count :].reset_index(drop=True),
    }
    return boot, expected["level"], parts


@pytest.mark.parametrize("of", ["parameters", "standardized", "r2"])
def test_limits_are_those_of_a_slow_computation_apart(case, of):
    boot, level, parts = case
    assert (boot.fate == "converged").all()
    found = boot.interval("bca", level=level, of=of)
    theirs = parts[of]
    if of != "r2":
        group = found["group"].where(found["group"] > 0, int(theirs.index[-1].split()[-1]))
        keys = (
            found["lhs"]
            + " "
            + found["op"]
            + " "
            + found["rhs"].str.replace(" / ", "/").str.replace(" * ", "*")
        )
        keys = [" ".join(f"{key} {number}".split()) for key, number in zip(keys, group, strict=True)]
        assert set(keys) == set(theirs.index)
        theirs = theirs.loc[keys]
    # lavaan gives no explained variance where a residual variance is negative, and a variance that is one
    # by standardization has no interval
    known = (theirs["lower"].notna() & (theirs["lost"] == 0)).to_numpy()
    assert known.sum() >= len(known) - 2
    if of == "standardized":  # ties with the estimate, which rounding breaks in lavaan: see the next test
        known = known & (found["op"] != "|").to_numpy()
    np.testing.assert_allclose(found["est"], theirs["estimate"], atol=2e-4)
    spread = found["se"].to_numpy()[known]
    for limit in ("lower", "upper"):
        off = (found[f"ci_{limit}"].to_numpy() - theirs[limit].to_numpy())[known]
        assert np.abs(off / spread).max() < 0.01, (of, limit, off / spread)


def test_accelerations_are_those_of_the_jackknife(case):
    boot, _, parts = case
    ours = acceleration([(n, values[:, : len(boot.parameters)]) for n, values in boot._left_out])
    np.testing.assert_allclose(np.sort(ours), np.sort(parts["parameters"]["acceleration"]), atol=2e-3)


def test_a_standardized_threshold_is_the_threshold(case):
    """Draws of a threshold take few values, many of them the estimate: rounding must not decide a bias."""
    boot, level, _ = case
    plain, standard = (boot.interval("bca", level=level, of=of) for of in ("parameters", "standardized"))
    rows = plain["op"] == "|"
    limits = ["est", "ci_lower", "ci_upper"]
    np.testing.assert_allclose(standard.loc[rows, limits], plain.loc[rows, limits], atol=1e-8)
