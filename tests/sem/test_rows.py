"""A fit owns its rows: which they are, and what is computed from them, whatever happens to the frame."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem

MODEL = "f =~ x0 + x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f"
ITEMS = tuple(f"x{place}" for place in range(7))
WAYS = {
    "ML": {},
    "MLR with groups": {"estimator": "MLR", "group": "branch"},
    "GLS": {"estimator": "GLS"},
    "ULS with groups": {"estimator": "ULS", "group": "branch"},
    "FIML": {"missing": "fiml"},
    "FIML with groups": {"missing": "fiml", "group": "branch"},
    "ordered": {"ordered": ITEMS, "estimator": "WLSMV"},
    "ordered, groups": {"ordered": ITEMS, "estimator": "WLSMV", "group": "branch"},
    "ordered, pairwise": {"ordered": ITEMS, "estimator": "WLSMV", "missing": "pairwise"},
}
INDEXES = {
    "strings": lambda n: [f"r{place:03d}" for place in np.random.default_rng(1).permutation(n)],
    "two levels": lambda n: pd.MultiIndex.from_product([["b", "a"], range(n // 2)], names=["site", "visit"]),
    "dates": lambda n: pd.date_range("2024-01-01", periods=n)[::-1],
}


def answers(index=None, holes=0.05, n=400):
    """Two factors, the first of which is kept beside its items; groups of unequal size in mixed order."""
    rng = np.random.default_rng(11)
    f = rng.normal(size=n)
    g = 0.6 * f + rng.normal(size=n)
    latent = np.column_stack([np.tile(f, (4, 1)).T, np.tile(g, (3, 1)).T])
    values = np.clip(np.round(latent + rng.normal(size=(n, 7)) * 0.7 + 3), 1, 5)
    values[rng.random(values.shape) < holes] = np.nan
    data = pd.DataFrame(values, columns=list(ITEMS), index=index)
    data["branch"] = rng.choice(["south", "north", "east"], n, p=[0.2, 0.5, 0.3])
    return data.assign(truth=f)


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("way", WAYS)
def test_scores_join_the_rows_they_belong_to(way, index):
    data = answers(INDEXES[index](400))
    fit = sem.fit(MODEL, data, **WAYS[way])
    scores = fit.factor_scores()
    assert scores.index.names == data.index.names
    assert data.drop(columns="branch").join(scores)[["f", "truth"]].corr().iloc[0, 1] > 0.85
    kept = data[list(ITEMS)].notna()
    kept = kept.all(axis=1) if WAYS[way].get("missing", "listwise") == "listwise" else kept.any(axis=1)
    parts = fit.rows if "group" in WAYS[way] else {None: fit.rows}
    for label, rows in parts.items():
        belongs = kept if label is None else kept & (data["branch"] == label)
        assert rows.equals(data.index[belongs])
    assert scores.index.equals(pd.concat([rows.to_series() for rows in parts.values()]).index)
    assert list(parts) == ([None] if "group" not in WAYS[way] else list(data["branch"].unique()))


def test_rows_without_an_answer_are_not_in_the_analysis_and_have_no_scores():
    data = answers(INDEXES["strings"](400))
    data.iloc[[3, 250], :7] = np.nan
    for options in ({"missing": "fiml"}, WAYS["ordered, pairwise"]):
        fit = sem.fit(MODEL, data, **options)
        assert len(fit.rows) == 398 == fit.problem.n.sum()
        assert not fit.rows.isin(data.index[[3, 250]]).any()
        scores = fit.factor_scores()
        assert list(data.join(scores).index[data.join(scores)["f"].isna()]) == list(data.index[[3, 250]])
    assert sem.fit(MODEL, data, missing="fiml").factor_scores().index.equals(data.index)  # as lavPredict


def test_labels_that_repeat_are_kept_as_they_are():
    data = answers(np.arange(400) % 50)
    assert sem.fit(MODEL, data).rows.equals(data.index[data[list(ITEMS)].notna().all(axis=1)])


@pytest.mark.parametrize("way", WAYS)
def test_nothing_done_to_the_frame_changes_a_fit(way):
    data = answers(holes=0.03)
    fit, other = (sem.fit(MODEL, data.copy(), **WAYS[way]) for _ in range(2))
    edited = sem.fit(MODEL, data, **WAYS[way])
    data[list(ITEMS)] = data[list(ITEMS)].to_numpy()[::-1] * [-1, 2, 1, 1, 1, 1, 5]
    data["branch"] = "one"
    data.index = data.index[::-1]
    del data["x3"]
    expected, found = (each.bootstrap(draws=25, seed=4, jobs=1) for each in (other, edited))
    pd.testing.assert_frame_equal(expected.draws, found.draws, check_exact=True)
    pd.testing.assert_frame_equal(fit.factor_scores(), edited.factor_scores(), check_exact=True)
    pd.testing.assert_series_equal(fit.measures, edited.measures, check_exact=True)


def test_a_fit_holds_no_frame():
    def frames(value, seen):
        if id(value) in seen:
            return []
        seen.add(id(value))
        own = [value] if isinstance(value, pd.DataFrame) else []
        parts = list(value.values()) if isinstance(value, dict) else []
        parts += list(value) if isinstance(value, (tuple, list)) else []
        parts += [getattr(value, "__dict__", {})] if type(value).__module__.startswith("workbench") else []
        return own + [frame for part in parts for frame in frames(part, seen)]

    for options in WAYS.values():
        assert not frames(sem.fit(MODEL, answers(), **options), set())


@pytest.mark.parametrize("way", [*WAYS, "FIML, fixed causes", "ordered, causes", "DWLS", "nonlinear"])
def test_drawing_every_row_once_gives_the_fit_again(way):
    data = answers()
    data["z"] = np.random.default_rng(2).normal(size=400) + data["truth"]
    data.loc[data.index[::9], "z"] = np.nan
    model, options = MODEL, WAYS.get(way)
    if way in ("FIML, fixed causes", "ordered, causes"):
        model += "\nf ~ z"
        options = {"missing": "fiml", "estimator": "MLR"} if "FIML" in way else WAYS["ordered"]
    if way == "DWLS":
        options = {"estimator": "DWLS"}
    if way == "nonlinear":
        model, options = MODEL.replace("x1 + x2", "a*x1 + b*x2") + "\na * b == 0.9", {}
    fit = sem.fit(model, data, **options)
    n = fit.problem.n.sum()
    boot = fit.bootstrap(indices=np.tile(np.arange(n), (2, 1)), jobs=1)
    np.testing.assert_allclose(boot.draws.iloc[0], boot.estimate, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(boot.chisq, fit.chisq, rtol=1e-6)


def test_draws_are_those_of_a_frame_of_the_drawn_rows():
    data = answers()
    for way in ("GLS", "FIML", "ordered, pairwise"):
        fit = sem.fit(MODEL, data, **WAYS[way])
        indices = np.random.default_rng(8).integers(0, len(fit.rows), (3, len(fit.rows)))
        boot = fit.bootstrap(indices=indices, jobs=1)
        for draw, picked in enumerate(indices):
            again = sem.fit(MODEL, data.loc[fit.rows[picked]].reset_index(drop=True), **WAYS[way])
            np.testing.assert_allclose(boot.draws.iloc[draw], again.free_values, rtol=1e-9, atol=1e-10)


def test_a_statistic_may_use_the_rows_of_a_refit():
    data = answers()
    fit = sem.fit(MODEL, data, estimator="GLS")
    boot = fit.bootstrap(
        draws=3,
        seed=2,
        jobs=1,
        statistic=lambda refit: {"rows": len(refit.rows), "kinds": refit.rows.nunique()},
    )
    assert (boot.statistic["rows"] == len(fit.rows)).all()
    assert (boot.statistic["kinds"] < 0.7 * len(fit.rows)).all()


def test_moments_have_no_rows():
    fit = sem.fit("f =~ a + b + c", sem.moments(np.eye(3) + 0.5, 100, names=list("abc")))
    with pytest.raises(sem.DataError, match="only moments are given"):
        _ = fit.rows


def test_draws_without_a_category_fail_with_that_reason():
    data = answers(holes=0)
    data["x0"] = np.where(np.arange(400) < 2, 5, np.minimum(data["x0"], 4))
    fit = sem.fit("f =~ x0 + x1 + x2 + x3", data, ordered=ITEMS[:4], estimator="WLSMV")
    without = np.tile(np.r_[2:400, 2, 3], (21, 1))
    boot = fit.bootstrap(indices=without, jobs=1)
    assert set(boot.fate) == {"a category is not drawn (join rare ones)"}
    assert boot.draws.isna().all(axis=None)
    with pytest.raises(sem.DataError, match=r"21 of 21 ended so: a category is not drawn"):
        boot.interval()
