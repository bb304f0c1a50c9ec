"""Up to date means up to date: whatever a study read, and whatever it wrote."""

import hashlib
import json
import os
import subprocess

import pytest
from tests.reports.conftest import write_study

from workbench import cli
from workbench.reports import inputs, manifest, runner, scoreboard, seal, studies

pytestmark = pytest.mark.usefixtures("quick_kernels")

READING = """from workbench import open_survey
import helper
open_survey(survey_file, codebook=codebook_file)
open_survey("second/answers.csv", codebook="second/codebook.yaml")
helper.said()"""


def run(notebooks, output, given=None, sweeps=None):
    options = runner.Options(output, jobs=1)
    tasks = runner.plan(list(studies.find(notebooks).values()), given or {}, sweeps or {}, options)
    return [outcome.status for outcome in runner.run(tasks, options)]


@pytest.fixture
def reading(notebooks, tmp_path):
    """A study that reads two surveys, one by a path relative to its notebook, and a module beside it."""
    write_study(notebooks, "01_study", READING)
    (notebooks / "helper.py").write_text("def said():\n    print('said')\n")
    for folder in (tmp_path / "first", notebooks / "second"):
        folder.mkdir()
        (folder / "answers.csv").write_text("v\n1\n2\n")
        (folder / "codebook.yaml").write_text("title: T\nvariables: {v: {}}\n")
    return {
        "survey_file": str(tmp_path / "first" / "answers.csv"),
        "codebook_file": str(tmp_path / "first" / "codebook.yaml"),
    }


def test_every_file_that_a_study_read_counts_and_touching_one_changes_nothing(
    reading, notebooks, output, tmp_path
):
    assert run(notebooks, output, reading) == ["ok"]
    read = [
        *(tmp_path / "first" / name for name in ("answers.csv", "codebook.yaml")),
        *(notebooks / "second" / name for name in ("answers.csv", "codebook.yaml")),
        notebooks / "helper.py",
    ]
    entry = manifest.load(output / "01_study")
    assert set(entry["read"]) == {str(path) for path in read}
    for path in read:
        os.utime(path, (1, 1))
    expected = inputs.fingerprint(studies.read(notebooks / "01_study.ipynb"), reading)
    assert manifest.state(output / "01_study", expected) == "up to date"
    for path in read:
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        now = inputs.fingerprint(studies.read(notebooks / "01_study.ipynb"), reading)
        assert manifest.state(output / "01_study", now) == "stale", path
        assert str(path) in manifest.reasons(output / "01_study", now)
        path.write_bytes(before)
    assert run(notebooks, output, reading) == ["unchanged"]
    read[-1].write_text("def said():\n    print('another')\n")
    assert run(notebooks, output, reading) == ["ok"]
    assert "another" in (output / "01_study" / "report.html").read_text()


def test_a_file_named_relative_to_the_notebook_is_found_where_the_notebook_finds_it(
    notebooks, tmp_path, monkeypatch
):
    study = studies.read(write_study(notebooks, "01_study", "x = 1", parameters="rules_file = ''"))
    (notebooks / "rules.txt").write_text("one")
    monkeypatch.chdir(tmp_path)
    before = inputs.fingerprint(study, {"rules_file": "rules.txt"})
    (notebooks / "rules.txt").write_text("two")
    assert inputs.fingerprint(study, {"rules_file": "rules.txt"})["data"] != before["data"]


def test_another_installed_version_makes_a_run_stale(notebooks, tmp_path, monkeypatch):
    study = studies.read(write_study(notebooks, "01_study", "x = 1"))
    place = tmp_path / "wherever modules are found"
    (place / "quick-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(place))
    inputs.installed.cache_clear()
    try:
        assert "quick-1.0.dist-info" in inputs.installed()
        before = inputs.fingerprint(study, {})["installed"]
        os.rename(place / "quick-1.0.dist-info", place / "quick-1.1.dist-info")
        inputs.installed.cache_clear()
        assert inputs.fingerprint(study, {})["installed"] != before
    finally:
        inputs.installed.cache_clear()


def test_an_index_that_is_missing_cut_short_or_changed_is_made_again(notebooks, output, capsys):
    write_study(notebooks, "01_study", "x = 1")
    words = ["run", "--notebooks", str(notebooks), "-o", str(output), "-j", "1"]

    def again(more=()):
        with pytest.raises(SystemExit) as end:
            cli.main([*words, *more])
        assert not end.value.code

    again()
    index = output / "index.html"
    whole = index.read_bytes()
    for damage in (b"", whole[:-40], whole[: len(whole) // 2], whole.replace(b"A study", b"Another")):
        index.write_bytes(damage)
        again()
        assert index.read_bytes() == whole
    index.unlink()
    again()
    assert index.read_bytes() == whole
    clock = index.stat().st_mtime_ns
    again()
    assert index.stat().st_mtime_ns == clock
    again(["--sweep", "seed=1,2"])
    pages = [output / "sweeps" / "01_study" / name for name in ("index.html", "sweep.csv")]
    for page in pages:
        kept = page.read_bytes()
        page.write_bytes(kept[:-30])
        again(["--sweep", "seed=1,2"])
        assert page.read_bytes() == kept
    assert "said" not in capsys.readouterr().err


DAMAGED = [
    "{}", "[]", "", '{"status": "ok"}', '{"status": "ok", "data": [{}]}', '{"status": "failed"}',
    '{"status": "ok", "given": {"survey_file": 3, "codebook_file": ["x"]}}', '{"status": "odd", "files": 1}',
    '{"status": "ok", "files": {"a\\u0000b": 1, "../x": null}, "read": {"": "", "/dev/zero": "x"}}',
    '{"status": "ok", "fingerprint": {"new": []}, "verdicts": {}, "answer": 1, "duration": "x"}',
    '{"status": "not applicable"}', '{"status": "not applicable", "lacks": 3}',
    '{"status": "failed", "error": {"cell": {}}, "last_good": {"status": "ok", "verdicts": 2}}',
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_one_damaged_record_stops_neither_list_nor_index_nor_run(notebooks, output, text, capsys):
    study = studies.read(write_study(notebooks, "01_study", "x = 1"))
    (output / "01_study").mkdir(parents=True)
    (output / "01_study" / manifest.FILE).write_text(text)
    cli_words = ["list", "--notebooks", str(notebooks), "-o", str(output)]
    with pytest.raises(SystemExit) as end:
        cli.main(cli_words)
    assert not end.value.code
    known = {study.name: study}
    scoreboard.write_index(output, known)
    assert seal.holds(output / "index.html", seal.of_records(output, known))
    state = manifest.state(output / "01_study", inputs.fingerprint(study, {}))
    assert state in ("not run", "failed", "stale")


def test_a_damaged_record_is_replaced_by_the_next_run(notebooks, output):
    write_study(notebooks, "01_study", "x = 1")
    (output / "01_study").mkdir(parents=True)
    (output / "01_study" / manifest.FILE).write_text("{}")
    assert run(notebooks, output) == ["ok"]
    assert json.loads((output / "01_study" / manifest.FILE).read_text())["status"] == "ok"


def test_values_that_no_folder_can_be_called_have_a_safe_name_and_stand_in_the_record(notebooks, output):
    write_study(notebooks, "01_study", "print(ascii(label))")
    values = ["..", "../up", "a\udcffb", "长" * 400, "index.html", "CON?", "plain"]
    assert run(notebooks, output, sweeps={"label": values}) == ["ok"] * len(values)
    folders = sorted(path.name for path in (output / "sweeps" / "01_study").iterdir())
    assert len(folders) == len(values)
    assert "plain" in folders
    assert all(len(name.encode()) < 100 and not name.startswith(".") for name in folders)
    kept = {
        path.parent.name: json.loads(path.read_text()) for path in output.glob("sweeps/01_study/*/run.json")
    }
    assert {entry["given"]["label"] for entry in kept.values()} == set(values)
    study = studies.read(notebooks / "01_study.ipynb")
    page = scoreboard.write_sweep(output / "sweeps" / "01_study", study, "label", kept)
    assert seal.holds(page, seal.of_sweep(page.parent, kept))
    assert "a\\udcffb" in page.with_name(seal.SWEEP).read_text(encoding="utf-8")
    assert run(notebooks, output, sweeps={"label": values}) == ["unchanged"] * len(values)


def test_more_output_than_a_page_can_hold_fails_the_study_and_the_others_go_on(notebooks, output):
    write_study(
        notebooks, "01_loud", "for _ in range(800):\n    print('x' * 65536)", "import time\ntime.sleep(60)"
    )
    write_study(notebooks, "02_good", "x = 1")
    assert run(notebooks, output) == ["failed", "ok"]
    error = manifest.load(output / "01_loud")["error"]
    assert (error["kind"], error["cell"]) == ("output", 3)
    assert "print less" in error["message"]


def test_the_lock_is_hashed_where_the_package_has_its_tree_and_nothing_where_it_has_not(
    monkeypatch, tmp_path
):
    lock_hash, nothing = inputs._lock_hash.__wrapped__, hashlib.sha256(b"").hexdigest()
    monkeypatch.setattr(inputs, "SOURCE_TREE", None)
    assert lock_hash() == nothing
    monkeypatch.setattr(inputs, "SOURCE_TREE", tmp_path)
    assert lock_hash() == nothing
    (tmp_path / "requirements.lock").write_bytes(b"numpy==2\n")
    assert lock_hash() == hashlib.sha256(b"numpy==2\n").hexdigest()


def test_the_hash_of_a_folder_is_of_its_files_and_of_nothing_compiled(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_bytes(b"1")
    before = inputs.tree_hash(tmp_path)
    (tmp_path / "inner" / "__pycache__").mkdir()
    (tmp_path / "inner" / "__pycache__" / "a.pyc").write_bytes(b"2")
    assert inputs.tree_hash(tmp_path) == before
    (tmp_path / "a.py").write_bytes(b"1")
    assert inputs.tree_hash(tmp_path) != before


def test_a_commit_has_a_plus_where_tracked_files_differ_and_is_none_without_a_tree(monkeypatch, tmp_path):
    commit = inputs.git_commit.__wrapped__
    monkeypatch.setattr(inputs, "SOURCE_TREE", None)
    assert commit() is None
    monkeypatch.setattr(inputs, "SOURCE_TREE", tmp_path)
    assert commit() is None  # no repository
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
    (tmp_path / "a").write_text("1")
    for words in (["init", "-q"], ["add", "a"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    own = commit()
    assert len(own) == 40
    (tmp_path / "b").write_text("untracked")
    assert commit() == own
    (tmp_path / "a").write_text("2")
    assert commit() == f"{own}+"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(inputs, "SOURCE_TREE", None)
    assert commit() is None  # whatever repository one stands in
