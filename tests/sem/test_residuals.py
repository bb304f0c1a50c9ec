"""Residuals, their z values and summaries against lavaan 0.6-14, and what they are where lavaan is wrong."""

import numpy as np
import pytest
from tests.sem.residual_cases import CASES, arguments, fitted, frame, numbers

from workbench import sem

ORDERED_GROUPS = [name for name in CASES if name.startswith("ordered_groups")]
KINDS = ("rmr", "srmr", "crmr")


def by_group(name):
    fit = fitted(name)
    return [fit.residuals] if len(fit.groups) == 1 else list(fit.residuals.values())


def vech(frame, names):
    columns, rows = np.triu_indices(len(names))
    return frame.loc[names, names].to_numpy()[rows, columns]


def share(name, group):
    """What lavaan's standard errors of ordered items in several groups are too small by."""
    n = np.atleast_1d(CASES[name]["n"])
    return np.sqrt(n[group] / n.sum()) if name in ORDERED_GROUPS else 1.0


@pytest.mark.parametrize("name", CASES)
def test_residuals_and_z_values(name):
    assert fitted(name).chisq == pytest.approx(CASES[name]["chisq"], rel=1e-5, abs=1e-6)
    for group, (mine, theirs) in enumerate(zip(by_group(name), CASES[name]["groups"], strict=True)):
        names = theirs["names"]
        for part, key in (("raw", "raw"), ("correlation", "correlation"), ("bollen", "bollen")):
            expected = numbers(theirs[key])
            if expected.size:
                np.testing.assert_allclose(
                    vech(getattr(mine, part).cov, names), expected, atol=1e-4 if part == "raw" else 2e-5
                )
        factor = share(name, group)
        # lavaan does not divide residuals below 1e-4 (1e-5 where they are raw)
        pairs = (
            ("standardized", "z", "correlation", 1e-4),
            ("bollen_z", "bollen_z", "bollen", 1e-4),
            ("normalized", "normalized", "raw", 1e-5),
        )
        for part, key, residual, small in pairs:
            expected = numbers(theirs[key])
            if expected.size:
                divided = np.abs(numbers(theirs[residual])) > 1.01 * small
                found = vech(getattr(mine, part).cov, names)
                np.testing.assert_allclose(
                    found[divided], factor * expected[divided], rtol=1e-3, atol=1e-3, err_msg=part
                )
                np.testing.assert_allclose(expected[~divided], numbers(theirs[residual])[~divided], atol=2e-4)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ORDERED_GROUPS])
def test_z_values_as_mplus_has_them(name):
    for mine, theirs in zip(by_group(name), CASES[name]["groups"], strict=True):
        expected, plain = numbers(theirs["mplus"]), numbers(theirs["normalized"])
        if not expected.size:
            continue
        found = vech(mine.standardized_mplus.cov, theirs["names"])
        # a difference of two variances: where it is small beside them, both are rounding
        clear = np.abs(plain) > 0.05 * np.abs(expected)
        clear &= np.abs(numbers(theirs["raw"])) > 2e-5
        np.testing.assert_allclose(found[clear], expected[clear], rtol=3e-3, atol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_residuals_of_means_and_thresholds(name):
    for group, (mine, theirs) in enumerate(zip(by_group(name), CASES[name]["groups"], strict=True)):
        names, factor = theirs["names"], share(name, group)
        mean = numbers(theirs["mean"])
        assert (mine.raw.mean is None) == (mean.size == 0)
        if mean.size:
            np.testing.assert_allclose(mine.raw.mean[names], mean, atol=2e-5, rtol=1e-4)
        z = numbers(theirs["mean_z"])
        if mine.standardized.mean is not None and z.size:
            assert list(mine.standardized.mean.index) == names
            z = z[: len(names)]  # lavaan recycles NA over thresholds where there is none
            known = (np.abs(z) > 1e-4) & (np.abs(z) < 1e6)
            np.testing.assert_allclose(mine.standardized.mean[known], z[known], rtol=1e-3, atol=1e-3)
            if name != "fiml_expected":
                np.testing.assert_allclose(
                    mine.standardized.mean[~known], np.where(np.isnan(z[~known]), np.nan, 0.0), atol=5e-3
                )
        thresholds = numbers(theirs["thresholds"])
        if thresholds.size:
            np.testing.assert_allclose(mine.raw.thresholds, thresholds, atol=2e-5)
            z = numbers(theirs["thresholds_z"])
            if z.size:
                np.testing.assert_allclose(mine.standardized.thresholds, factor * z, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ORDERED_GROUPS])
def test_summaries(name):
    for mine, theirs in zip(by_group(name), CASES[name]["groups"], strict=True):
        for kind in KINDS:
            for column, expected in (theirs[kind] or {}).items():
                expected = numbers(expected)
                rows = [row for row in mine.summary.index if row.removeprefix("u").startswith(kind)]
                found = mine.summary.loc[rows, column].to_numpy()
                if column == "total" and "ordered" in name:  # see below
                    rows, found, expected = rows[:4], found[:4], expected[:4]
                means = "fiml" in name and column == "mean"  # lavaan's EM stops earlier
                np.testing.assert_allclose(
                    found, expected, rtol=1e-3 if means else 3e-4, atol=1e-4, err_msg=f"{kind} {column}"
                )


@pytest.mark.parametrize("kind", KINDS)
def test_total_of_ordered_items_whose_thresholds_fit_exactly_is_that_of_the_correlations(kind):
    # no residual is added, only moments: lavaan, which pairs residuals and variances in different orders,
    # gets another unbiased measure out of the same residuals
    summary = fitted("ordered").residuals.summary
    thresholds = sum(used for _, used in fitted("ordered").table.options.ordered)
    counted = 15 + (0 if kind == "crmr" else 6)
    ratio = np.sqrt(counted / (counted + thresholds))
    for row in (kind, f"{kind}_se", f"u{kind}", f"u{kind}_se"):
        assert summary.loc[row, "total"] == pytest.approx(ratio * summary.loc[row, "cor"], rel=1e-6), row
    theirs = CASES["ordered"]["groups"][0][kind]
    assert theirs["total"][1] == pytest.approx(ratio * theirs["cor"][1], rel=1e-6)
    assert abs(theirs["total"][5] / (ratio * theirs["cor"][5]) - 1) > 0.3


@pytest.mark.parametrize("name", ["ordered_groups", "groups"])
def test_groups_without_common_parameters_have_the_z_values_of_fits_by_themselves(name):
    case, options = CASES[name], arguments(CASES[name])
    column = options.pop("group")
    data = frame(case["data"])
    for label, own in fitted(name).residuals.items():
        alone = sem.fit(case["model"], data[data[column] == label], **options, meanstructure=True)
        np.testing.assert_allclose(own.standardized.cov, alone.residuals.standardized.cov, atol=1e-4)
        np.testing.assert_allclose(own.summary, alone.residuals.summary, atol=1e-4)


def test_z_values_do_not_depend_on_units():
    case = CASES["fixed_x_means"]
    data = frame(case["data"])
    small = data.assign(**{name: data[name] * 1e-4 for name in ("u1", "v2", "x")})
    found = sem.fit(case["model"], small, meanstructure=True).residuals
    mine = fitted("fixed_x_means").residuals
    np.testing.assert_allclose(found.standardized.cov, mine.standardized.cov, atol=1e-4)
    np.testing.assert_allclose(found.correlation.cov, mine.correlation.cov, atol=1e-6)


@pytest.mark.parametrize("estimator", ["ULS", "WLSMV"])
def test_least_squares_z_values_vary_as_resamples_do(estimator):
    # lavaan has none: the spread of the residuals over resamples is what the standard errors stand for
    case = CASES["uls"]
    data = frame("hs")
    fit = sem.fit(case["model"], data, estimator=estimator)
    error = fit.residuals.raw.cov / fit.residuals.standardized.cov
    rng = np.random.default_rng(7)
    draws = [
        sem.fit(case["model"], data.iloc[rng.integers(0, len(data), len(data))], estimator=estimator)
        for _ in range(100)
    ]
    spread = np.std([(draw.observed.cov - draw.implied.cov).to_numpy() for draw in draws], axis=0)
    off = np.triu_indices(6, 1)
    ratio = spread[off] / error.to_numpy()[off]
    assert 0.85 < np.median(ratio) < 1.2


def test_least_squares_of_moments_alone_has_the_z_values_of_normal_variables():
    z = fitted("moments_uls").residuals.standardized.cov.to_numpy()
    rows = fitted("uls").residuals.standardized.cov.to_numpy()
    off = np.triu_indices(6, 1)
    np.testing.assert_allclose(z[off] / rows[off], 1.0, atol=0.35)


@pytest.mark.parametrize(("model", "ordered"), [("f =~ x1", ()), ("x1 ~ ageyr", ("x1",))])
def test_a_variable_by_itself_has_no_residuals(model, ordered):
    data = frame("hs")
    if ordered:
        data = data.assign(x1=(data["x1"] > 5).astype(int))
    residuals = sem.fit(model, data, ordered=ordered).residuals
    assert residuals.raw.cov.abs().max(axis=None) < 1e-9
    assert (residuals.standardized.cov == 0).all(axis=None)
    if not ordered:
        assert residuals.summary.loc["srmr", "cov"] == pytest.approx(0.0, abs=1e-9)


def test_first_order_information_of_few_rows_has_no_z_values():
    case = CASES["first_order_means"]
    residuals = sem.fit(
        case["model"], frame("hs").head(27), information="first_order", meanstructure=True
    ).residuals
    assert residuals.standardized.cov.isna().all(axis=None)
    assert residuals.summary.loc["usrmr"].isna().all()
    assert residuals.raw.cov.notna().all(axis=None)
