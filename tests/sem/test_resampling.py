"""Bootstrap draws against lavaan's refits of the same resamples, intervals against R's boot."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from workbench import sem
from workbench.sem import resampling
from workbench.sem.refitting import batch, newton
from workbench.sem.refitting.intervals import acceleration, corrected, quantiles
from workbench.sem.refitting.structure import space

HERE = Path(__file__).parents[1] / "reference"
REFERENCE = json.loads((HERE / "resampling" / "bootstrap.json").read_text())
DEMOCRACY = pd.read_csv(HERE / "sem" / "political_democracy.csv")
SCHOOLS = pd.read_csv(HERE / "sem" / "hs.csv")
MEDIATION = pd.read_csv(HERE / "sem" / "mediation.csv")
CASES = {
    "political_democracy": (DEMOCRACY, {}),
    "groups": (SCHOOLS, {"group": "school", "group_equal": ("loadings", "intercepts")}),
    "fixed_x": (SCHOOLS.dropna(), {}),
}


def names_as_lavaan(boot) -> list[str]:
    frame = boot.parameters
    free = frame[frame["op"] != ":="]
    group = np.where(free["group"] > 1, ".g" + free["group"].astype(str), "")
    plain = free["lhs"] + free["op"] + free["rhs"] + group
    return [label or name for label, name in zip(free["label"], plain, strict=True)]


@pytest.mark.parametrize("case", CASES)
def test_draws_equal_lavaans_refits_of_the_same_resamples(case):
    data, options = CASES[case]
    expected = REFERENCE[case]
    fit = sem.fit(expected["model"], data, **options)
    boot = fit.bootstrap(indices=np.array(expected["index"]))
    converged = np.array(expected["converged"])
    assert converged.sum() > len(converged) / 2
    chisq = np.array(expected["chisq"], dtype=float)[converged]
    np.testing.assert_allclose(boot.chisq[converged], chisq, rtol=1e-6, atol=1e-8)
    names = names_as_lavaan(boot)
    ours = pd.DataFrame(boot.draws.to_numpy()[:, : len(names)], columns=names)
    for name in dict.fromkeys(expected["names"]):
        if name.startswith(".p"):
            continue  # lavaan's label of a parameter that another one is set equal to
        column = expected["names"].index(name)
        lavaan = np.array(expected["coef"])[converged, column]
        np.testing.assert_allclose(ours[name][converged], lavaan, atol=5e-4)


@pytest.fixture(scope="module")
def small():
    expected = REFERENCE["boot"]
    data = MEDIATION.iloc[: expected["rows"]]
    fit = sem.fit(expected["model"], data)
    return fit.bootstrap(indices=np.array(expected["index"])), expected


@pytest.mark.parametrize("kind", ["percentile", "basic", "bca"])
def test_intervals_equal_those_of_boot(small, kind):
    boot, expected = small
    found = boot.interval(kind).set_index("label").loc[["a", "b", "ind"], ["ci_lower", "ci_upper"]]
    np.testing.assert_allclose(found, expected[kind], rtol=1e-6, atol=1e-8)


def test_bias_correction_without_acceleration_is_bca_with_zero(small):
    boot, _ = small
    values = np.sort(boot.draws.to_numpy(), axis=0)
    centre = boot.estimate.to_numpy()
    lower, upper = corrected(values, centre, np.array([0.025, 0.975]), np.zeros(values.shape[1]))
    found = boot.interval("bc")
    np.testing.assert_allclose(found["ci_lower"], quantiles(values, lower), rtol=1e-12)
    np.testing.assert_allclose(found["ci_upper"], quantiles(values, upper), rtol=1e-12)


def test_the_same_seed_gives_the_same_draws_with_any_number_of_workers():
    fit = sem.fit(REFERENCE["boot"]["model"], MEDIATION)
    one, two = (fit.bootstrap(600, seed=7, jobs=jobs).draws for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert not one.equals(fit.bootstrap(600, seed=8).draws)


def test_standardized_draws_follow_the_standardized_estimates():
    fit = sem.fit(REFERENCE["political_democracy"]["model"], DEMOCRACY)
    boot = fit.bootstrap(200, seed=1)
    row = fit.estimates.query("op == '~' and lhs == 'dem60'").iloc[0]
    assert boot.estimate_standardized["dem60 ~ ind60"] == pytest.approx(row["std_all"], abs=1e-8)
    assert (boot.standardized.filter(like="=~").abs() < 1.2).to_numpy().all()


def test_a_column_that_is_constant_in_a_draw_fails_that_draw_only():
    rng = np.random.default_rng(3)
    base = rng.normal(size=40)
    data = pd.DataFrame({f"x{k}": base + rng.normal(size=40) for k in (1, 2, 3)})
    data["rare"] = 0.0
    data.loc[[0, 1], "rare"] = 1.0
    fit = sem.fit("f =~ x1 + x2 + x3 + rare", data)
    boot = fit.bootstrap(300, seed=2)
    failed = boot.fate == "singular sample covariance"
    assert 10 < failed.sum() < 100  # (38/40)^40 = 13 % of the draws have neither row
    assert boot.draws[failed].isna().to_numpy().all()
    assert np.isnan(boot.chisq[failed]).all()
    assert any(f"{(boot.fate != 'converged').sum()} of 300" in warning for warning in boot.warnings)
    assert np.isfinite(boot.interval("bca")["ci_lower"]).all()


MODEL_DRAWS = json.loads((HERE / "resampling" / "model_bootstraps.json").read_text())
MODEL_CASES = {
    "political_democracy": (DEMOCRACY, {}),
    "schools": (SCHOOLS, {"group": "school", "group_equal": ("loadings", "intercepts")}),
}


@pytest.mark.parametrize("kind", ["bollen_stine", "parametric"])
@pytest.mark.parametrize("case", MODEL_CASES)
def test_draws_from_the_model_are_distributed_as_lavaans(case, kind):
    """Test statistic by a two-sample test, its p by two binomial shares, estimates by their moments."""
    data, options = MODEL_CASES[case]
    theirs = MODEL_DRAWS[case][kind]
    fit = sem.fit(MODEL_DRAWS[case]["model"], data, **options)
    boot = fit.bootstrap(2000, seed=5, kind=kind)
    good = boot.fate == "converged"
    assert ks_2samp(boot.chisq[good], theirs["chisq"]).pvalue > 0.001
    share, counts = theirs["p"], 1 / good.sum() + 1 / theirs["draws"]
    ours = (boot.chisq[good] >= fit.chisq).mean()
    assert abs(ours - share) < 3.5 * np.sqrt(max(share * (1 - share), 1 / theirs["draws"]) * counts)
    if kind == "bollen_stine":
        assert boot.pvalue == ours
    draws = pd.DataFrame(boot.draws.to_numpy()[good], columns=boot.draws.columns)
    draws.columns = [*names_as_lavaan(boot), *draws.columns[len(names_as_lavaan(boot)) :]]
    sd, kurtosis = np.array(theirs["sd"]), np.array(theirs["kurtosis"])
    known = [name in draws for name in theirs["names"]]
    assert sum(known) > 30  # lavaan names what is equal across groups by labels of its own
    kept = draws[[name for name in theirs["names"] if name in draws]]
    sd, kurtosis, mean = sd[known], kurtosis[known], np.array(theirs["mean"])[known]
    assert (np.abs(kept.mean().to_numpy() - mean) < 4.5 * sd * np.sqrt(counts)).all()
    off = np.abs(kept.std().to_numpy() / sd - 1)
    assert (off < 4.5 * np.sqrt((kurtosis - 1) / 4 * counts)).all()


def test_parametric_draws_have_the_normal_theory_standard_errors():
    fit = sem.fit(REFERENCE["groups"]["model"], SCHOOLS)
    boot = fit.bootstrap(1500, seed=5, kind="parametric")
    expected = np.sqrt(np.diag(fit.vcov))
    kept = boot.draws.filter(regex="=~").columns
    np.testing.assert_allclose(boot.draws[kept].std(), expected[: len(kept)], rtol=0.15)


def test_coverage_of_percentile_intervals():
    """Of 200 seeded samples, about 95 % of the intervals for an indirect effect hold the planted value."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        x = rng.normal(size=120)
        m = 0.4 * x + rng.normal(size=120)
        y = 0.5 * m + rng.normal(size=120)
        fit = sem.fit("m ~ a*x\ny ~ b*m\nab := a*b", pd.DataFrame({"x": x, "m": m, "y": y}))
        row = fit.bootstrap(250, seed=1, jobs=1).interval("percentile").iloc[-1]
        held += row["ci_lower"] < 0.2 < row["ci_upper"]
    assert 0.90 < held / 200 < 0.98


@pytest.mark.parametrize(
    ("indices", "words"),
    [
        (np.zeros((3, 5), int), "shape"),
        (np.full((3, 250), 250), "count from 0 to 249"),
        (np.zeros((3, 250)), "whole numbers"),
    ],
)
def test_wrong_indices_are_refused(indices, words):
    fit = sem.fit(REFERENCE["boot"]["model"], MEDIATION)
    with pytest.raises(sem.SpecificationError, match=words):
        fit.bootstrap(indices=indices)


def test_moments_alone_allow_a_parametric_bootstrap_only():
    given = sem.moments(MEDIATION.cov(), 250)
    fit = sem.fit(REFERENCE["boot"]["model"], given)
    assert len(fit.bootstrap(50, kind="parametric").draws) == 50
    with pytest.raises(sem.DataError, match="rows"):
        fit.bootstrap(50)


def test_kernel_gradient_and_hessian_are_exact():
    """Against central differences, with means, two groups, observed paths and equal loadings."""
    text = """
    visual =~ x1 + x2 + x3
    textual =~ x4 + x5 + x6
    textual ~ visual + x9
    x7 ~ textual + x3
    x1 ~~ x7
    visual ~~ x2
    """
    fit = sem.fit(text, SCHOOLS, group="school", group_equal=("loadings", "intercepts"))
    problem = fit.problem
    structure = batch.structure_of(problem.model)
    model = problem.model
    scratch = space(model.observed, model.size, structure.core.size, model.parameters)
    cov = np.stack([target.cov[0] for target in problem.targets])
    mean = np.stack([target.mean[0] for target in problem.targets])
    weight = problem.n / problem.n.sum()
    at = fit.x + np.random.default_rng(4).normal(scale=0.05, size=fit.x.size)

    def expand(theta):
        newton.expand(theta, cov, mean, weight, False, False, np.nan, structure, scratch)
        return scratch.gradient.copy(), scratch.hessian.copy()

    def value(theta):
        return newton._discrepancy(theta, cov, mean, weight, structure, scratch)

    step = 1e-5 * np.eye(at.size)
    gradient, hessian = expand(at)
    np.testing.assert_allclose([(value(at + h) - value(at - h)) / 2e-5 for h in step], gradient, atol=1e-7)
    np.testing.assert_allclose(
        [(expand(at + h)[0] - expand(at - h)[0]) / 2e-5 for h in step], hessian, atol=1e-6
    )


HOLES = {
    "fiml": ({"missing": "fiml"}, "percentile"),
    "ordered": ({"ordered": ["x1", "x2", "x3"], "estimator": "WLSMV"}, "bc"),
    "least squares": ({"estimator": "DWLS"}, "basic"),
}


@pytest.mark.parametrize("case", HOLES)
def test_other_fits_are_refitted_one_by_one(case):
    settings, interval = HOLES[case]
    data = SCHOOLS[["x1", "x2", "x3"]].copy()
    if case == "fiml":
        data.loc[::7, "x2"] = np.nan
        data.loc[5] = np.nan
    elif case == "ordered":
        data = data.apply(lambda column: pd.qcut(column, 3, labels=False))
    fit = sem.fit("f =~ x1 + x2 + x3", data, **settings)
    usable = np.flatnonzero(data.notna().any(axis=1)) if case == "fiml" else np.arange(len(data))
    picked = np.random.default_rng(2).integers(0, len(usable), (24, len(usable)))
    boot = fit.bootstrap(indices=picked, jobs=1)
    again = sem.fit("f =~ x1 + x2 + x3", data.iloc[usable[picked[3]]], **settings).estimates
    merged = boot.parameters.merge(again, on=["lhs", "op", "rhs", "group"])
    np.testing.assert_allclose(boot.draws.iloc[3], merged["est"], rtol=1e-6)
    assert (boot.interval(interval)["ci_lower"] < boot.interval(interval)["ci_upper"]).all()


OPTIONS = {
    "std_lv": ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", {"std_lv": True}),
    "linear": ("f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + x6\na == 0.3*b + 0.4\nd := a - b*c", {}),
    "means": ("f =~ x1 + x2 + x3\nf ~ ageyr + sex\nx4 ~ f + ageyr\nx4 ~ 1", {}),
    "random x": ("f =~ x1 + x2 + x3\nf ~ ageyr + sex", {"fixed_x": False}),
    "groups": ("f =~ x1 + x2 + x3\nf ~ c(p, q)*ageyr\nd := p - q", {"group": "school"}),
    "robust": ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", {"estimator": "MLM"}),
    "second order": ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\ntop =~ f + g + h", {}),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_stacked_draws_are_fits_to_the_same_rows(case):
    model, options = OPTIONS[case]
    data = SCHOOLS.dropna().reset_index(drop=True)
    fit = sem.fit(model, data, **options)
    parts = [np.arange(len(data))]
    if "group" in options:
        parts = [np.flatnonzero(data["school"] == label) for label in fit.groups]
    rng = np.random.default_rng(1)
    picked, begin = [], 0
    for part in parts:
        picked.append(rng.integers(begin, begin + len(part), (3, len(part))))
        begin += len(part)
    picked = np.concatenate(picked, axis=1)
    boot = fit.bootstrap(indices=picked, jobs=1)
    for draw in range(3):
        again = sem.fit(model, data.iloc[np.concatenate(parts)[picked[draw]]], **options)
        merged = boot.parameters.merge(again.estimates, on=["lhs", "op", "rhs", "group"], how="left")
        np.testing.assert_allclose(boot.draws.iloc[draw], merged["est"], atol=1e-6)
        np.testing.assert_allclose(boot.standardized.iloc[draw], merged["std_all"], atol=1e-6)
        assert boot.chisq[draw] == pytest.approx(again.measures["chisq"], rel=1e-9, abs=1e-9)


def cfi(fit):
    return {"cfi": fit.measures["cfi"], "baseline": fit.measures["baseline_chisq"]}


def test_a_statistic_of_stacked_refits_is_that_of_fits_to_the_same_rows():
    model = REFERENCE["groups"]["model"]
    data = SCHOOLS.assign(x1=SCHOOLS["x1"] + 4)
    fit = sem.fit(model, data, group="school", group_equal=("loadings",))
    order = data.groupby("school", sort=False).indices
    rows = np.concatenate([order[label] for label in fit.groups])
    rng = np.random.default_rng(6)
    picked = np.concatenate([rng.integers(0, 156, (25, 156)), rng.integers(156, 301, (25, 145))], axis=1)
    boot = fit.bootstrap(indices=picked, statistic=cfi)
    assert boot.estimate_statistic["cfi"] == fit.measures["cfi"]
    for draw in (0, 24):
        again = sem.fit(model, data.iloc[rows[picked[draw]]], group="school", group_equal=("loadings",))
        np.testing.assert_allclose(boot.statistic.iloc[draw], list(cfi(again).values()), rtol=1e-6)
        np.testing.assert_allclose(
            boot.r2.iloc[draw].xs(2, level="group"), again.r2[again.groups[1]], atol=1e-5
        )
    table = boot.interval(of="statistic")
    assert list(table["statistic"]) == ["cfi", "baseline"]
    assert (table["draws"] == 25).all()
    assert (table["ci_lower"] < table["ci_upper"]).all()


def test_explained_variances_have_intervals():
    fit = sem.fit(REFERENCE["boot"]["model"], MEDIATION)
    table = fit.bootstrap(300, seed=2).interval("bca", of="r2")
    np.testing.assert_allclose(table["est"], fit.r2[table["lhs"]], rtol=1e-9)
    assert (table["op"] == "r2").all()
    assert ((table["ci_lower"] < table["est"]) & (table["est"] < table["ci_upper"])).all()


def test_a_statistic_that_a_draw_has_not_is_counted_out():
    fit = sem.fit(REFERENCE["boot"]["model"], MEDIATION)
    calls = iter(range(1000))

    def fickle(again):
        if next(calls) % 3 == 1:
            raise sem.DataError("nothing to see")
        return again.r2["Y"]

    boot = fit.bootstrap(90, seed=2, statistic=fickle, jobs=1)
    table = boot.interval(of="statistic")
    assert table["draws"].tolist() == [60]
    with pytest.raises(sem.SpecificationError, match="no statistic"):
        fit.bootstrap(30).interval(of="statistic")
    with pytest.raises(sem.SpecificationError, match="numbers by name"):
        fit.bootstrap(30, statistic=lambda again: {"model": again.model})


def test_bca_is_for_resampled_rows():
    boot = sem.fit(REFERENCE["boot"]["model"], MEDIATION).bootstrap(60, kind="parametric")
    with pytest.raises(sem.SpecificationError, match="bc"):
        boot.interval("bca")


def test_an_even_sample_of_rows_gives_nearly_the_acceleration_of_all(monkeypatch):
    boot = sem.fit(REFERENCE["boot"]["model"], MEDIATION).bootstrap(60)
    everything = acceleration(boot._left_out)
    monkeypatch.setattr(resampling, "LARGEST_JACKKNIFE", 125)
    half = acceleration(sem.fit(REFERENCE["boot"]["model"], MEDIATION).bootstrap(60)._left_out)
    np.testing.assert_allclose(half, everything, atol=0.02)
    assert not np.array_equal(half, everything)


@pytest.mark.cluster
def test_a_dask_cluster_gives_the_same_draws():
    distributed = pytest.importorskip("distributed")
    holes = SCHOOLS[["x1", "x2", "x3"]].copy()
    holes.loc[::7, "x2"] = np.nan
    stacked = sem.fit(REFERENCE["boot"]["model"], MEDIATION)
    looped = sem.fit("f =~ x1 + x2 + x3", holes, missing="fiml")
    size = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**size) as cluster:
        for fit, draws in ((stacked, 600), (looped, 22)):
            alone = fit.bootstrap(draws, seed=3, jobs=1).draws
            spread = fit.bootstrap(draws, seed=3, scheduler=cluster.scheduler_address).draws
            pd.testing.assert_frame_equal(spread, alone, check_exact=True)
