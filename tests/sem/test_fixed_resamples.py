"""Refits of given resamples against lavaan's, draw by draw, and intervals of random draws against its own."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom, kurtosis

from workbench import sem
from workbench.sem.refitting.intervals import corrected, quantiles

HERE = Path(__file__).parents[1] / "reference"
FOLDER = HERE / "resampling" / "fixed_indices"
MODELS = json.loads((FOLDER / "models.json").read_text())
LAVAAN = json.loads((FOLDER / "mediation_intervals.json").read_text())
DATA = {
    "political_democracy": HERE / "sem" / "political_democracy.csv",
    "mediation": HERE / "sem" / "mediation.csv",
    "eight_latents": FOLDER / "eight_latents_data.csv.gz",
}


@pytest.mark.parametrize("name", MODELS)
def test_every_draw_is_lavaans_refit_of_the_same_rows(name):
    with gzip.open(FOLDER / f"{name}_indices.csv.gz", "rt") as file:
        indices = np.loadtxt(file, delimiter=",", dtype=int) - 1  # R counts from one
    expected = pd.read_csv(FOLDER / f"{name}_refits.csv.gz")
    assert (expected["converged"] == 1).all()
    boot = sem.fit(MODELS[name], pd.read_csv(DATA[name])).bootstrap(indices=indices)
    assert (boot.fate == "converged").all()
    assert len(boot.chisq) == len(expected) == len(indices)
    np.testing.assert_allclose(boot.chisq, expected["chisq"], rtol=1e-6, atol=1e-9)
    frame = boot.parameters
    free = (frame["op"] != ":=").to_numpy()
    plain = frame["lhs"] + frame["op"] + frame["rhs"]
    names = plain.where(frame["label"] == "", frame["label"])[free]
    ours = pd.DataFrame(boot.draws.to_numpy()[:, free], columns=names)
    theirs = expected.drop(columns=["chisq", "converged"])
    assert set(ours) == set(theirs)
    np.testing.assert_allclose(ours[theirs.columns], theirs, rtol=0, atol=5e-4)


@pytest.fixture(scope="module")
def mediation():
    """Our draws, as many as lavaan's, and its intervals, in the order of our parameters."""
    boot = sem.fit(MODELS["mediation"], pd.read_csv(DATA["mediation"])).bootstrap(LAVAAN["draws"][0], seed=1)

    def limits(kind):
        theirs = pd.DataFrame(LAVAAN[kind])
        theirs.index = theirs["label"].where(
            theirs["label"] != "", theirs["lhs"] + theirs["op"] + theirs["rhs"]
        )
        frame = boot.parameters
        plain = frame["lhs"] + frame["op"] + frame["rhs"]
        return theirs.loc[frame["label"].where(frame["label"] != "", plain)].reset_index(drop=True)

    return boot, limits


def test_percentiles_are_lavaans_within_monte_carlo_error(mediation):
    """Of B draws, the number below the k-th smallest of R others is beta-binomial, whatever is drawn.

    Fourteen limits, each within the central 99.99 % of that distribution.
    """
    boot, limits = mediation
    theirs, values = limits("perc"), boot.draws.to_numpy()
    np.testing.assert_allclose(theirs["est"], boot.estimate, atol=1e-6)
    count = len(values)
    for column, tail in (("ci.lower", 0.025), ("ci.upper", 0.975)):
        below = (values <= theirs[column].to_numpy()).sum(axis=0)
        rank = int(
            np.floor(tail * (count + 1))
        )  # lavaan's limit lies between this order statistic and the next
        least = betabinom(count, rank, count + 1 - rank).ppf(5e-5)
        most = betabinom(count, rank + 1, count - rank).ppf(1 - 5e-5)
        assert ((least <= below) & (below <= most)).all(), (column, below, least, most)


def test_bias_corrected_limits_are_lavaans_within_monte_carlo_error(mediation):
    """Both limits as shares of our draws, against the same for pairs of samples from one distribution.

    On the scale of shares the limits depend on the draws' distribution through the estimate's place alone,
    so uniform numbers show how far two sets of 5,000 draws differ.
    """
    boot, limits = mediation
    theirs, values = limits("bca.simple"), boot.draws.to_numpy()
    ours = boot.interval("bc")
    rng = np.random.default_rng(8)
    pairs = 300
    tails = np.array([0.025, 0.975])
    for column in range(values.shape[1]):
        place = (values[:, column] < boot.estimate.iloc[column]).mean()
        uniform = np.sort(rng.random((2, len(values), pairs)), axis=1)
        level = [corrected(part, np.full(pairs, place), tails, np.zeros(pairs)) for part in uniform]
        for tail, name in ((0, "lower"), (1, "upper")):
            first, second = (quantiles(part, rows[tail]) for part, rows in zip(uniform, level, strict=True))
            null = (uniform[0] <= second).mean(axis=0) - (uniform[0] <= first).mean(axis=0)
            drawn = values[:, column]
            found = (drawn <= theirs[f"ci.{name}"][column]).mean() - (
                drawn <= ours[f"ci_{name}"].iloc[column]
            ).mean()
            assert abs(found) < 4 * null.std(), (column, name, found, null.std())


def test_standard_errors_are_lavaans_within_monte_carlo_error(mediation):
    """Relative error of a standard deviation of R draws: root of (kurtosis - 1) / 4R, for both of us."""
    boot, limits = mediation
    error = boot.interval()["se"].to_numpy()
    draws = len(boot.draws)
    margin = np.sqrt((kurtosis(boot.draws.to_numpy(), fisher=False) - 1) / (4 * draws) * 2)
    assert (np.abs(error / limits("perc")["se"].to_numpy() - 1) < 4 * margin).all()
