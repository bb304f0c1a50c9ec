"""A run's record: read whole whatever it holds, and up to date only where nothing that counts has changed."""

import hashlib
import json

import pytest

from workbench.reports import manifest

NOW = {"notebook": "a", "package": "b"}
VERDICT = {"claim": "D0-1", "verdict": "supported", "data_kind": "user", "found": True}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def kept(tmp_path):
    """A folder with a report, a file that was read, and a function that writes the record of a run."""
    (tmp_path / "report.html").write_text("page")
    (tmp_path / "answers.csv").write_text("v\n1\n")
    good = {
        "status": "ok",
        "fingerprint": NOW,
        "read": {str(tmp_path / "answers.csv"): digest("v\n1\n")},
        "files": {"report.html": digest("page")},
    }

    def write(**changes):
        entry = {name: value for name, value in {**good, **changes}.items() if value is not ...}
        (tmp_path / manifest.FILE).write_text(json.dumps(entry))
        return tmp_path

    write.good = good
    return write


def test_a_run_is_up_to_date_where_nothing_changed(kept):
    folder = kept()
    assert manifest.state(folder, NOW) == "up to date"
    assert manifest.reasons(folder, NOW) == []
    assert manifest.standing(folder, manifest.load(folder)) == ["report.html"]


def test_what_is_not_applicable_is_settled_until_something_changes(kept):
    folder = kept(status="not applicable", lacks="a construct")
    assert manifest.state(folder, NOW) == "not applicable"
    assert manifest.state(folder, {**NOW, "package": "c"}) == "stale"
    assert manifest.load(folder)["lacks"] == "a construct"
    assert manifest.last_good(manifest.load(folder)) is None


@pytest.mark.parametrize(
    ("before", "now", "names"),
    [
        (NOW, {**NOW, "package": "c"}, ["package"]),
        (NOW, {**NOW, "lock": "d"}, ["lock"]),  # a kind of input that the record did not know
        ({**NOW, "old": "e"}, NOW, ["old"]),  # one that is no longer looked at
        ({}, NOW, ["notebook", "package"]),
    ],
)
def test_every_input_that_differs_makes_it_stale_by_name(kept, before, now, names):
    folder = kept(fingerprint=before)
    assert manifest.state(folder, now) == "stale"
    assert manifest.reasons(folder, now) == names


@pytest.mark.parametrize("name", ["report.html", "answers.csv"])
@pytest.mark.parametrize("text", ["another", None])
def test_a_file_that_was_read_or_written_and_is_another_or_gone_makes_it_stale(kept, name, text):
    folder = kept()
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    assert manifest.state(folder, NOW) == "stale"
    (reason,) = manifest.reasons(folder, NOW)
    assert reason.endswith(name)


def test_a_record_that_does_not_say_what_it_wrote_is_stale_by_its_report(kept):
    folder = kept(files=...)
    assert manifest.state(folder, NOW) == "stale"
    assert manifest.reasons(folder, NOW) == ["report.html"]
    assert manifest.standing(folder, manifest.load(folder)) == []


def test_without_a_record_nothing_has_run(tmp_path):
    assert manifest.load(tmp_path) is None
    assert manifest.state(tmp_path, NOW) == "not run"
    assert manifest.last_good(None) is None


@pytest.mark.parametrize("text", ["[]", "3", "{}", '{"status": 3}', "{", "[" * 100_000])
def test_what_is_no_record_is_none(tmp_path, text):
    (tmp_path / manifest.FILE).write_text(text)
    assert manifest.load(tmp_path) is None


def test_what_an_older_record_lacks_is_filled_in_and_what_it_has_in_a_wrong_form_is_left_out(kept):
    entry = manifest.load(kept())
    assert (entry["given"], entry["data"], entry["verdicts"], entry["started"]) == ({}, [], [], "")
    assert (entry["answer"], entry["duration"]) == (None, None)
    odd = manifest.load(kept(given=[1], data={}, warnings="w", started=3, duration="x", answer={"text": "a"}))
    assert (odd["given"], odd["data"], odd["warnings"], odd["started"]) == ({}, [], [], "")
    assert (odd["answer"], odd["duration"]) == (None, None)


@pytest.mark.parametrize(("duration", "kept_as"), [(3, 3), (2.5, 2.5), (True, None), ("3", None)])
def test_a_duration_is_a_number(kept, duration, kept_as):
    assert manifest.load(kept(duration=duration))["duration"] == kept_as


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        ({"text": "yes", "data_kind": "user"}, True),
        ({"text": "yes", "data_kind": "invented"}, False),
        ({"text": "yes"}, False),
        ({"text": "yes", "data_kind": None}, False),
        ({"text": 3, "data_kind": "user"}, False),
        ("yes", False),
    ],
)
def test_an_answer_has_a_text_and_a_kind_of_data(kept, answer, whole):
    assert manifest.load(kept(answer=answer))["answer"] == (answer if whole else None)


def test_data_may_have_no_kind_but_none_that_does_not_exist(kept):
    data = [
        {"name": "a", "data_kind": "user"},
        {"name": "b"},
        {"name": "c", "data_kind": "invented"},
        "d",
        None,
    ]
    assert [one["name"] for one in manifest.load(kept(data=data))["data"]] == ["a", "b"]


@pytest.mark.parametrize("lacks", [..., "", "  ", 3])
def test_what_is_lacking_is_always_said(kept, lacks):
    entry = manifest.load(kept(status="not applicable", lacks=lacks))
    assert entry["lacks"] == "what it lacks was not recorded"


def test_a_failure_has_a_reason_and_the_last_good_run_is_kept_through_several(kept):
    entry = manifest.load(kept(status="failed", error={"cell": 3}, last_good=kept.good))
    assert entry["error"] == {"kind": "failed", "cell": 3, "message": "no reason was recorded"}
    assert manifest.last_good(entry)["files"] == kept.good["files"]
    again = manifest.load(kept(status="failed", error="odd", last_good=manifest.last_good(entry)))
    assert again["error"]["message"] == "no reason was recorded"
    assert manifest.last_good(again)["files"] == kept.good["files"]
    folder = kept(status="failed", last_good=kept.good)
    assert manifest.state(folder, NOW) == "failed"
    assert manifest.reasons(folder, NOW) == []
    assert manifest.reasons(folder, {**NOW, "package": "c"}) == ["package"]
    assert manifest.last_good(manifest.load(kept(status="failed"))) is None


def test_of_the_last_good_run_only_what_is_as_it_left_it_stands(kept):
    folder = kept()
    (folder / "more.csv").write_text("more")
    good = {**kept.good, "files": {**kept.good["files"], "more.csv": digest("more"), "gone.csv": "x"}}
    assert sorted(manifest.standing(folder, good)) == ["more.csv", "report.html"]
    (folder / "more.csv").write_text("else")
    assert manifest.standing(folder, good) == ["report.html"]
    (folder / "report.html").write_text("else")
    assert manifest.standing(folder, good) == []
    assert manifest.standing(folder, None) == []


@pytest.mark.parametrize(
    "record",
    [
        3,
        {},
        {**VERDICT, "claim": 3},
        {**VERDICT, "verdict": None},
        {**VERDICT, "data_kind": "x"},
        {"claim": "a"},
    ],
)
def test_a_verdict_without_claim_word_or_kind_is_left_out(record):
    assert manifest.as_verdicts([record, VERDICT]) == manifest.as_verdicts([VERDICT])
    assert manifest.as_verdicts({"a": 1}) == []


@pytest.mark.parametrize(
    ("kind", "word", "found", "now"),
    [
        ("simulated", "recovered", True, "found"),
        ("simulated", "supported", True, "found"),
        ("simulated", "not recovered", False, "not found"),
        ("simulated", "odd", None, "odd"),
        ("user", "not supported", False, "not supported"),
        ("user", "supported", True, "supported"),
    ],
)
def test_a_verdict_of_a_first_version_says_what_was_found_and_no_more(kind, word, found, now):
    (one,) = manifest.as_verdicts([{"claim": "D0-1", "verdict": word, "data_kind": kind}])
    assert (one["found"], one["verdict"], one["planted"]) == (found, now, None)
    assert (one["part"], one["reason"], one["rates"]) == (None, "", [])


def test_a_verdict_of_today_keeps_its_word():
    (one,) = manifest.as_verdicts(
        [{**VERDICT, "data_kind": "simulated", "verdict": "missed", "planted": True}]
    )
    assert (one["verdict"], one["planted"], one["found"]) == ("missed", True, True)


@pytest.mark.parametrize(
    ("limits", "kept_as"),
    [
        ([0.1, 1], [0.1, 1]),
        ([0.1], None),
        ([0.1, "x"], None),
        ("ab", None),
        ([0.1, True], None),
        ([1, 2, 3], None),
    ],
)
def test_an_interval_is_two_numbers(limits, kept_as):
    (one,) = manifest.as_verdicts([{**VERDICT, "interval": limits}])
    assert one["interval"] == kept_as


@pytest.mark.parametrize(("value", "kept_as"), [(3, 3), (0.5, 0.5), ("3", None), (True, None), ([], None)])
def test_estimate_and_n_are_numbers(value, kept_as):
    (one,) = manifest.as_verdicts([{**VERDICT, "estimate": value, "n": value}])
    assert (one["estimate"], one["n"]) == (kept_as, kept_as)


def test_a_rate_has_a_population_and_two_numbers():
    whole = {"population": "shop", "found": 3, "seeds": 5}
    odd = [
        {**whole, "population": 3},
        {**whole, "found": "x"},
        {**whole, "seeds": None},
        {"population": "a"},
        3,
    ]
    (one,) = manifest.as_verdicts([{**VERDICT, "rates": [whole, *odd]}])
    assert one["rates"] == [whole]
    assert manifest.as_verdicts([{**VERDICT, "rates": whole}])[0]["rates"] == []


def test_a_text_takes_its_place_in_one_step_and_leaves_nothing_beside_it(tmp_path):
    place = tmp_path / "index.html"
    place.write_text("before")
    manifest.write_atomically(place, "长 after")
    assert place.read_text(encoding="utf-8") == "长 after"
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
