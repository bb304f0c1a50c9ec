"""Moments of files, against pandas on the same rows."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)) + [1e6, 0, -5], columns=["a", "b", "c"]
    )
    frame["where"] = np.where(np.arange(500) % 3 == 0, "south", "north")
    return frame


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_moments_equal_those_of_the_rows(rows, tmp_path, suffix):
    path = tmp_path / f"answers.{suffix}"
    rows.to_parquet(path) if suffix == "parquet" else rows.to_csv(path, index=False)
    found = sem.moments_from(path)
    assert found.names == ("a", "b", "c")
    assert found.n == (500,)
    np.testing.assert_allclose(found.cov[0], rows[["a", "b", "c"]].cov(), rtol=1e-9)
    np.testing.assert_allclose(found.mean[0], rows[["a", "b", "c"]].mean(), rtol=1e-12)


def test_groups_come_in_order_of_first_appearance(rows, tmp_path):
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    found = sem.moments_from(path, group="where")
    assert found.groups == ("south", "north")
    for label, cov, n, mean in zip(found.groups, found.cov, found.n, found.mean, strict=True):
        part = rows.loc[rows["where"] == label, ["a", "b", "c"]]
        assert n == len(part)
        np.testing.assert_allclose(cov, part.cov(), rtol=1e-8)
        np.testing.assert_allclose(mean, part.mean(), rtol=1e-12)


def test_a_fit_from_the_file_is_the_fit_from_the_rows(rows, tmp_path):
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    model = "c ~ a + b"
    by_file, by_rows = sem.fit(model, sem.moments_from(path)), sem.fit(model, rows)
    np.testing.assert_allclose(by_file.estimates["est"], by_rows.estimates["est"], rtol=1e-6)


def test_rows_with_missing_values_are_left_out_and_counted(rows, tmp_path):
    rows.loc[[3, 9], "a"] = np.nan
    rows.loc[9, "b"] = np.nan
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    found = sem.moments_from(path, columns=["a", "b"])
    assert found.n == (498,)
    assert "2 of 500 rows" in found.notes[0]
    np.testing.assert_allclose(found.cov[0], rows[["a", "b"]].dropna().cov(), rtol=1e-9)
    assert any("2 of 500 rows" in warning for warning in sem.fit("b ~ a", found).warnings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["a", "z"]}, "no such column"),
        ({"columns": ["where"]}, "not numeric"),
        ({"group": "z"}, "no such column"),
    ],
)
def test_wrong_columns_are_named(rows, tmp_path, options, words):
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    with pytest.raises(sem.DataError, match=words):
        sem.moments_from(path, **options)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "answers.txt").write_text("a\n1\n")
    with pytest.raises(sem.DataError, match=r"parquet or \.csv"):
        sem.moments_from(tmp_path / "answers.txt")
    with pytest.raises(sem.DataError, match="no such file"):
        sem.moments_from(tmp_path / "absent.csv")


def test_large_means_lose_nothing(tmp_path):
    """Means of a million, standard deviations of one, groups two million apart: as numpy, to 1e-10."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(3000, 3)), columns=["a", "b", "c"])
    frame["b"] += frame["a"]
    frame["where"] = np.where(np.arange(3000) < 1000, "here", "there")
    frame[["a", "b"]] += np.where(frame["where"] == "here", 1e6, -1e6)[:, None]
    path = tmp_path / "far.parquet"
    frame.to_parquet(path)
    found = sem.moments_from(path, group="where")
    for label, cov, mean in zip(found.groups, found.cov, found.mean, strict=True):
        part = frame.loc[frame["where"] == label, ["a", "b", "c"]].to_numpy()
        np.testing.assert_allclose(cov, np.cov(part.T), rtol=0, atol=1e-10)
        np.testing.assert_allclose(mean, part.mean(axis=0), rtol=1e-15, atol=1e-12)


def test_columns_passed_over_are_named(rows, tmp_path):
    path = tmp_path / "answers.csv"
    rows.assign(b=np.where(rows["b"] > 2, np.nan, rows["b"])).to_csv(path, index=False, na_rep="nan")
    found = sem.moments_from(path)
    assert found.names == ("a", "b", "c")
    assert "left out: where" in found.notes[0]
    assert "missing values" in found.notes[1]
    assert len(sem.moments_from(path, columns=["a", "c"]).notes) == 0


def test_whole_numbers_may_have_decimals_later(tmp_path):
    path = tmp_path / "answers.CSV"
    path.write_text("a,b\n" + "".join(f"{i},{i * i % 7}\n" for i in range(12_000)) + "0.5,3\n")
    assert sem.moments_from(path).n == (12_001,)


def test_names_in_the_file_cannot_clash_with_what_is_computed(rows, tmp_path):
    path = tmp_path / "answers.csv"
    named = rows.rename(columns={"a": "n", "b": "sum v0", "c": "row", "where": "group"})
    named.to_csv(path, index=False)
    found = sem.moments_from(path, group="group")
    np.testing.assert_allclose(found.cov[0], rows[rows["where"] == "south"][["a", "b", "c"]].cov(), rtol=1e-8)
    named.rename(columns={"group": "v0"}).to_csv(path, index=False)
    assert sem.moments_from(path, group="v0").groups == ("south", "north")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b\n", "no numeric column"),
        (b"a,b\n1,2\n", "1 complete rows of 1"),
        (b"a;b\n1;2\n3;4\n", "Separate columns by commas"),
        ("\u6ee1,b\n1,2\n3,4\n".encode("gbk"), "UTF-8"),
        (b"a,a\n1,2\n3,4\n", "more than once"),
        (b"a,b\n1,2\n3,4,5\n", "broken.csv could not be read"),
    ],
)
def test_a_broken_file_is_refused_with_a_reason(tmp_path, content, words):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(sem.DataError, match=words):
        sem.moments_from(path)


def test_a_column_asked_for_twice_and_a_file_that_is_no_parquet(rows, tmp_path):
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    with pytest.raises(sem.DataError, match="more than once"):
        sem.moments_from(path, columns=["a", "a"])
    path.write_bytes(b"nothing")
    with pytest.raises(sem.DataError, match="could not be read"):
        sem.moments_from(path)


def test_infinite_values_are_refused(rows, tmp_path):
    rows.loc[3, "a"] = np.inf
    path = tmp_path / "answers.parquet"
    rows.to_parquet(path)
    with pytest.raises(sem.DataError, match="infinite"):
        sem.moments_from(path)
