"""Rates over seeds: made the same by any number of workers, kept, compared, shown only where they belong."""

import sys
from dataclasses import replace

import pytest
from tests.studies import double

from workbench import cli, run_records, studies
from workbench.datasets import open_dataset
from workbench.errors import DataError, SpecificationError
from workbench.evidence import rates
from workbench.studies import rate_tables

NULL = "no effect of CRM use"


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """The double as the only study, and an empty folder for its table."""
    monkeypatch.setattr(studies, "REGISTRY", {"77": "double"})
    monkeypatch.setitem(sys.modules, "workbench.studies.double", double)
    monkeypatch.setattr(rates, "FOLDER", tmp_path / "verdict_rates")
    return tmp_path / "verdict_rates"


def test_the_exact_interval_is_that_of_r():
    # binom.test(46, 50), binom.test(0, 50), binom.test(50, 50), binom.test(1, 3, conf.level = .9) in R
    for found, seeds, level, expected in (
        (46, 50, 0.95, (0.8076572, 0.9777720)),
        (0, 50, 0.95, (0.0, 0.07112174)),
        (50, 50, 0.95, (0.9288783, 1.0)),
        (1, 3, 0.90, (0.01695243, 0.8646497)),
    ):
        assert rates.exact_interval(found, seeds, level) == pytest.approx(expected, abs=1e-6)
    assert all(limit != limit for limit in rates.exact_interval(0, 0))
    with pytest.raises(SpecificationError, match="0 ≤ found ≤ seeds"):
        rates.exact_interval(4, 3)


def test_a_table_counts_finds_and_failures_on_planted_and_null_populations(registered):
    made = rate_tables.make("77", seeds=5, jobs=1)
    rate_tables.write("77", made.table)
    table = rates.read("77").set_index(["population", "claim", "part"])
    assert list(table["planted"]) == [True, False, False, False]
    planted = table.loc[("customer_survey", "D0-1", "")]
    assert (planted["outcomes"], planted["found"], planted["seeds"], planted["failed"]) == ("yyyxy", 4, 4, 1)
    assert table.loc[(NULL, "D0-3", "reversed"), "found"] <= 1
    assert [(population, seed) for population, seed, _ in made.failures] == [
        ("customer_survey", 4),
        (NULL, 4),
    ]
    assert made.failures[0][2] == "ArithmeticError: nothing converges here"


def test_a_table_does_not_depend_on_the_number_of_workers(registered):
    one, two = (rate_tables.make("77", seeds=3, first_seed=11, jobs=jobs).table for jobs in (1, 2))
    assert one.equals(two)
    assert list(one["first_seed"].unique()) == [11]


def test_a_table_that_no_longer_is_the_studys_is_found_out(registered, monkeypatch):
    table = rate_tables.make("77", seeds=3, jobs=1).table
    rate_tables.write("77", table)
    assert rate_tables.disagreements("77", seeds=2, jobs=1) == []
    flipped = table.assign(outcomes=table["outcomes"].str.replace("y", "n", n=1))
    rate_tables.write("77", flipped)
    assert rate_tables.disagreements("77", seeds=1, jobs=1) == [
        "D0-1, customer_survey: n in the table, now y"
    ]
    assert rate_tables.disagreements("77") == []
    monkeypatch.setattr(double, "truths", lambda population: {"D0-1": False, "D0-5": True})
    said = rate_tables.disagreements("77")
    assert "D0-1, customer_survey: planted True in the table, now False" in said
    assert "D0-3 reversed, customer_survey: planted False in the table, now not known" in said
    assert "D0-5 has a truth, but the study never decided it" in said
    monkeypatch.setattr(double, "nulls", lambda population: {"another": population})
    said = rate_tables.disagreements("77")
    assert "population 'another' is not in the table" in said
    assert f"population {NULL!r} is no longer the study's" in said


def test_faults_of_a_table_are_said(registered):
    with pytest.raises(DataError, match="no rates are kept for study 77"):
        rates.read("77")
    registered.mkdir()
    (registered / "77.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="not a table of rates"):
        rates.read("77")
    with pytest.raises(SpecificationError, match="at least one"):
        rate_tables.make("77", seeds=0)
    with pytest.raises(SpecificationError, match="no verdicts on simulated data"):
        rate_tables.require(["08"])


def test_the_command_makes_checks_and_says_what_failed(registered, capsys):
    def run(*words):
        with pytest.raises(SystemExit) as end:
            cli.main(["rates", "77", "--jobs", "1", *words])
        return end.value.code or 0, " ".join(capsys.readouterr().out.split())

    status, said = run("--seeds", "3")
    assert status == 0
    assert "D0-1, customer_survey (planted): found in 3 of 3" in said
    assert run("--check", "--seeds", "1") == (0, "77 as in the table")
    status, said = run("--seeds", "4")
    assert status == 1
    assert "failed: customer_survey, seed 4: ArithmeticError: nothing converges here" in said


def test_rates_stand_beside_a_verdict_on_the_shipped_survey_and_nowhere_else(
    registered, monkeypatch, tmp_path
):
    rate_tables.write("77", rate_tables.make("77", seeds=3, jobs=1).table)
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    survey = open_dataset("customer_survey")
    planted = studies.planted("77", survey, level=0.95)
    assert planted.truths == {"D0-1": True, "D0-3 reversed": False}
    first, second = planted.rated(double.decide(survey, seed=1, truths=planted.truths))
    assert (first.word, second.word) == ("recovered", "rightly rejected")
    assert [(rate.population, rate.found, rate.seeds) for rate in first.rates] == [
        ("customer_survey", 3, 3),
        (NULL, 0, 3),
    ]
    assert [rate.population for rate in second.rates] == ["customer_survey"]  # planted nowhere
    assert first.as_record()["rate"] == 1.0
    assert [one["kind"] for one in run_records.records(tmp_path)] == ["verdict", "verdict", "rate", "rate"]

    other_level = studies.planted("77", survey, level=0.9)
    assert other_level.truths
    assert "level differ" in other_level.why
    half = survey.subset(survey.responses["respondent"] < 500, "half")
    own = replace(survey, sha256="0" * 64)
    for changed in (half, own):
        unknown = studies.planted("77", changed, level=0.95)
        assert not unknown.truths
        assert unknown.why == "this is not the shipped survey as a whole"
        assert {one.word for one in double.decide(changed, seed=1, truths=unknown.truths)} == {
            "found",
            "not found",
        }
    for nothing in (other_level, studies.planted("77", half, level=0.95)):
        assert all(not one.rates for one in nothing.rated(double.decide(survey, seed=1)))
    with pytest.raises(SpecificationError, match="its rules depend on the parameters level; given: none"):
        studies.planted("77", survey)
