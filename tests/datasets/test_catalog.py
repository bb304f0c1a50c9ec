import pytest

from workbench import run_records
from workbench.datasets import catalog
from workbench.errors import DataError, ParameterError

FILES = "id,a\n1,3\n2,4\n"
BOOK = "title: Mine\nid: id\nscales: {s: {min: 1, max: 5}}\nconstructs: {c: {scale: s, items: {a: A}}}\n"


@pytest.fixture
def own(tmp_path):
    answers, book = tmp_path / "answers.csv", tmp_path / "book.yaml"
    answers.write_text(FILES, encoding="utf-8")
    book.write_text(BOOK, encoding="utf-8")
    return str(answers), str(book)


def test_every_shipped_survey_opens_and_has_the_kind_of_its_codebook():
    opened = {name: catalog.open_dataset(name) for name in catalog.names() if name not in catalog.PUBLIC}
    assert opened["customer_survey"].kind == "simulated"
    assert len(opened["customer_survey"].responses) == 1000


def test_a_variant_opens_with_its_bases_codebook_and_a_title_of_its_own():
    assert catalog.variants()["customer_survey_method"] == "customer_survey"
    survey = catalog.open_dataset("customer_survey_method")
    assert (survey.kind, survey.rows) == ("simulated", 1000)
    assert "common-method" in survey.title
    assert survey.source == "data/populations/customer_survey_method.yaml"
    assert list(survey.codebook.constructs) == list(catalog.open_codebook("customer_survey").constructs)


def test_an_unknown_name_gets_a_guess():
    with pytest.raises(DataError, match=r"Did you mean 'customer_survey'\? There are: abc, abc2"):
        catalog.open_dataset("customer_surveys")


def test_a_study_takes_the_readers_files_and_records_them(own, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv(run_records.VARIABLE, str(folder))
    survey = catalog.study_survey("customer_survey", *own)
    records = [one for one in run_records.records(folder) if one["kind"] == "data"]
    assert survey.kind == "user"
    assert records == [
        {
            "kind": "data",
            "data_kind": "user",
            "name": "",
            "title": "Mine",
            "source": "",
            "file": "answers.csv",
            "sha256": survey.sha256,
            "rows": 2,
        }
    ]


def test_a_file_without_its_codebook_is_refused(own):
    with pytest.raises(ParameterError, match="survey_file is given but codebook_file is empty"):
        catalog.study_survey("customer_survey", survey_file=own[0])
    with pytest.raises(ParameterError, match="codebook_file is given but survey_file is empty"):
        catalog.study_survey("customer_survey", codebook_file=own[1])
