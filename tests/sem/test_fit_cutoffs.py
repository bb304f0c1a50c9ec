"""Cut-offs of one model by simulation, and T-size, against lavaan and ``pchisq``."""

import json
from pathlib import Path

import numpy as np
import pytest

from workbench import sem
from workbench.sem.fit_cutoffs import cutoffs, t_size

REFERENCE = json.loads((Path(__file__).parents[1] / "reference/studies/sample_size.json").read_text())
CORRELATIONS = np.array([[1, 0.5, 0.4, 0.4], [0.5, 1, 0.4, 0.3], [0.4, 0.4, 1, 0.5], [0.4, 0.3, 0.5, 1]])
MODEL = "\n".join(f"{f} =~ {' + '.join(f'{f}{i}' for i in range(1, 5))}" for f in "xmy")
TRUE = (
    "\n".join(f"{f} =~ {' + '.join(f'.7*{f}{i}' for i in range(1, 5))}" for f in "xmy")
    + "\nm ~ .3*x\ny ~ .3*m"
)


@pytest.fixture(scope="module")
def found():
    return cutoffs(MODEL, TRUE, {"m1": f"{TRUE}\nx =~ .3*m1"}, 300, draws=2000, seed=3)


@pytest.mark.parametrize("measure", ["cfi", "rmsea", "srmr"])
@pytest.mark.parametrize("population", ["true", "wrong"])
def test_measures_are_distributed_as_lavaans(found, population, measure):
    """Quantiles of 500 samples of lavaan stand here at the same shares of 2,000, within three deviations.

    Shares and not values, because CFI and RMSEA heap up at 1 and 0 where the model is true.
    """
    ours = found.draws_of["true" if population == "true" else "m1"][measure]
    theirs = np.array(REFERENCE["fit"][population])[:, list(sem.fit_cutoffs.MARKS).index(measure)]
    for share, value in zip((0.05, 0.5, 0.95), theirs, strict=True):
        error = 3 * np.sqrt(share * (1 - share) * (1 / 500 + 1 / 2000))
        assert (ours < value - 1e-12).mean() <= share + error
        assert (ours <= value + 1e-12).mean() >= share - error


def test_a_cutoff_passes_one_wrong_sample_in_twenty_and_hardly_rejects_a_true_one(found):
    for measure, (high, _) in sem.fit_cutoffs.MARKS.items():
        row = found.table.loc[("m1", measure)]
        if np.isnan(row["cutoff"]):
            continue
        sign = 1 if high else -1
        wrong, true = (sign * found.draws_of[name][measure] for name in ("m1", "true"))
        assert (wrong >= sign * row["cutoff"]).mean() == pytest.approx(row["level"], abs=0.002)
        assert (true < sign * row["cutoff"]).mean() <= row["level"]


def test_no_value_tells_a_fault_that_hardly_shows():
    weak = cutoffs(MODEL, TRUE, {"m1": f"{TRUE}\nx =~ .03*m1"}, 150, draws=300, seed=1)
    assert weak.table["cutoff"].isna().all()
    assert (weak.table["wrong_passed"] > 0.5).all()


@pytest.mark.parametrize("case", REFERENCE["t_size"], ids=lambda case: str(case["n"]))
def test_t_size_by_uniroot_on_pchisq(case):
    fit = sem.fit("f =~ a + b + c + d", sem.moments(CORRELATIONS, case["n"], names=list("abcd")))
    made = t_size(fit)
    assert made.rmsea == pytest.approx(case["rmsea"], abs=1e-6)
    assert made.cfi == pytest.approx(case["cfi"], abs=1e-6)
    assert made.rmsea == pytest.approx(fit.measures["rmsea_ci_upper"], abs=1e-6)


def test_t_size_of_a_perfect_fit_and_of_what_has_none():
    perfect = np.full((4, 4), 0.49) + 0.51 * np.eye(4)
    fit = sem.fit("f =~ a + b + c + d", sem.moments(perfect, 5000, names=list("abcd")))
    assert t_size(fit).rmsea < 0.02
    assert t_size(fit).cfi > 0.99
    with pytest.raises(sem.SpecificationError, match="fits everything"):
        t_size(sem.fit("f =~ a + b + c", sem.moments(perfect, 500, names=list("abcd"))))
    with pytest.raises(sem.SpecificationError, match="by ML"):
        t_size(sem.fit("f =~ a + b + c + d", sem.moments(perfect, 500, names=list("abcd")), estimator="GLS"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "at least one population"),
        ({"other": "f =~ .7*a + .7*b + .7*c + .7*d + .7*e + .7*z"}, "other variables"),
    ],
)
def test_what_cannot_be_simulated_is_said(wrong, message):
    true = "f =~ .7*a + .7*b + .7*c + .7*d + .7*e"
    with pytest.raises(sem.SpecificationError, match=message):
        cutoffs("f =~ a + b + c + d + e", true, wrong, 200, draws=20)
    with pytest.raises(sem.SpecificationError, match="fits everything"):
        cutoffs("f =~ a + b + c", "f =~ .7*a + .7*b + .7*c", {"x": "f =~ .7*a + .7*b + .6*c"}, 200, draws=20)
