"""What a run records and leaves, whatever happens to its studies."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import sys
import threading
import time
import uuid

import pandas as pd
import pytest
from tests.reports.conftest import write_study

from workbench import cli, run_records
from workbench.errors import ParameterError, SpecificationError
from workbench.reports import commit, inputs, kernels, locks, manifest, runner, scoreboard, studies

RECORDING = """from workbench import run_records
run_records.record("answer", {"text": f"seed {seed}", "data_kind": "printed"})
run_records.record("data", {"name": "made up", "data_kind": "printed", "rows": 3})
print(seed, label)"""
TABLE = "import pandas as pd\nrun_records.write_table('numbers', pd.DataFrame({'x': [0.1, 1 / 3]}))"


pytestmark = pytest.mark.usefixtures("quick_kernels")


def run(notebooks, output, given=None, sweeps=None, **options):
    """Outcomes by label."""
    options = runner.Options(output, **{"jobs": 1, **options})
    tasks = runner.plan(list(studies.find(notebooks).values()), given or {}, sweeps or {}, options)
    return {outcome.task.label: outcome for outcome in runner.run(tasks, options)}


def test_a_table_may_be_named_after_a_group_of_any_codebook(tmp_path, monkeypatch):
    monkeypatch.setattr(run_records, "run_folder", lambda: tmp_path)
    for name in ("groups_Region", "groups_部门", "groups_firm.size"):
        run_records.write_table(name, pd.DataFrame({"x": [1]}))
    left = sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert left == ["groups_firm_size.csv", "groups_region.csv", "groups_部门.csv"]
    with pytest.raises(SpecificationError, match="letters, digits"):
        run_records.write_table("../up", pd.DataFrame({"x": [1]}))


def test_what_a_run_finished_is_known_whatever_the_clock_says(notebooks, output, monkeypatch):
    """The clock was put back since the last run, and the workers die after the first of two studies."""
    for name in ("01_first", "02_second"):
        write_study(notebooks, name, "print(seed)")
        old = {"status": "ok", "started": "2099-01-01T00:00:00+00:00", "run": "another"}
        (output / name).mkdir(parents=True)
        (output / name / "run.json").write_text(json.dumps(old), encoding="utf-8")

    def dies(work, todo, **options):
        work(todo[0])
        raise RuntimeError("a worker died")

    monkeypatch.setattr(runner.parallel, "map", dies)
    outcomes = run(notebooks, output)
    assert [outcome.status for outcome in outcomes.values()] == ["ok", "failed"]
    assert outcomes["02_second"].entry["error"]["kind"] == "killed"


def test_a_good_run_leaves_report_notebook_tables_and_manifest(notebooks, output):
    write_study(notebooks, "01_good", RECORDING, TABLE)
    outcome = run(notebooks, output, {"seed": "4", "label": "it's"})["01_good"]
    folder = output / "01_good"
    entry = json.loads((folder / "run.json").read_text())
    assert outcome.status == entry["status"] == "ok"
    assert entry["answer"] == {"text": "seed 4", "data_kind": "printed"}
    assert entry["seed"] == entry["parameters"]["seed"] == 4
    assert entry["data"][0]["rows"] == 3
    assert entry["versions"]["pandas"]
    assert set(entry["fingerprint"]) == {"notebook", "parameters", "data", "package", "lock", "installed"}
    assert (folder / "tables" / "numbers.csv").read_text().splitlines()[2] == "0.3333333333333333"
    assert "seed 4" in (folder / "report.html").read_text()
    executed = (folder / "notebook.ipynb").read_text()
    assert "4 it's" in executed
    assert str(output) not in executed
    assert not (output / ".workbench").exists()


def test_a_run_on_other_data_leaves_out_what_speaks_of_the_shipped_data(notebooks, output, tmp_path):
    path = write_study(notebooks, "01_good", "planted = 'the shipped truth'", "print(seed)", "1 / (seed - 3)")
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["metadata"] = {"tags": ["shipped"]}
    path.write_text(json.dumps(notebook))
    answers = tmp_path / "answers.csv"
    answers.write_text("a\n1\n")
    assert run(notebooks, output)["01_good"].status == "ok"
    assert "the shipped truth" in (output / "01_good" / "report.html").read_text()
    given = {"survey_file": str(answers), "codebook_file": str(answers)}
    assert run(notebooks, output, given)["01_good"].status == "ok"
    for name in ("report.html", "notebook.ipynb"):
        assert "the shipped truth" not in (output / "01_good" / name).read_text()
    assert not (output / "01_good" / "source.ipynb").exists()
    # A cell that fails is named by its number in the file that a reader opens, shipped cells counted.
    failed = run(notebooks, output, {**given, "seed": 3})["01_good"].entry
    assert failed["error"]["cell"] == 5


def test_a_study_that_other_data_cannot_feed_is_not_applicable_and_no_failure(notebooks, output, tmp_path):
    lacking = (
        "from workbench.errors import Fault, NotApplicable\n"
        "raise NotApplicable(Fault('it needs the construct trust', 'book.yaml', fix='Name its items'))"
    )
    write_study(notebooks, "01_good", "x = 1")
    write_study(notebooks, "02_lacking", "print(1)", lacking)
    answers = tmp_path / "answers.csv"
    answers.write_text("a\n1\n")
    given = {"survey_file": str(answers), "codebook_file": str(answers)}
    outcomes = run(notebooks, output, given)
    assert {name: one.status for name, one in outcomes.items()} == {
        "01_good": "ok",
        "02_lacking": "not applicable",
    }
    entry = json.loads((output / "02_lacking" / "run.json").read_text())
    assert entry["lacks"] == "book.yaml: it needs the construct trust. Name its items"
    assert sorted(path.name for path in (output / "02_lacking").iterdir()) == ["run.json"]
    assert run(notebooks, output, given)["02_lacking"].status == "unchanged"
    # On the shipped data the same words are a fault of the study.
    assert run(notebooks, output)["02_lacking"].status == "failed"


def test_the_index_of_a_readers_survey_opens_with_her_studies_and_hypotheses(notebooks, output, tmp_path):
    deciding = (
        "from workbench import run_records\n"
        "run_records.record('data', {'name': '', 'title': 'My <b>survey</b>', 'file': survey_file, "
        "'data_kind': 'user', 'rows': 1234})\n"
        "run_records.record('hypothesis', {'id': 'H1', 'statement': 'a → b', 'expected': '+', 'std': -0.004, "
        "'ci_lower': -0.1, 'ci_upper': 0.1, 'pvalue': 0.9, 'p_holm': 0.9, 'decision': 'not supported', "
        "'after_holm': 'not supported'})"
    )
    lacking = (
        "from workbench.errors import NotApplicable\nraise NotApplicable('it needs the construct trust')"
    )
    write_study(notebooks, "01_own", deciding, title="Own")
    write_study(notebooks, "02_lacking", lacking, title="Lacking")
    answers = tmp_path / "answers.csv"
    answers.write_text("a\n1\n")
    run(notebooks, output, {"survey_file": str(answers), "codebook_file": str(answers)})
    page = scoreboard.write_index(output, studies.find(notebooks)).read_text(encoding="utf-8")
    assert "My &lt;b&gt;survey&lt;/b&gt;" in page
    assert "1,234 respondents" in page
    assert (
        page.index("Your hypotheses") < page.index(">Own</a>") < page.index("Not applicable to these answers")
    )
    assert "0.00</td>" in page
    assert "\N{MINUS SIGN}0.00<" not in page  # no number is minus nothing
    assert "it needs the construct trust" in page
    assert "planned" not in page


def test_a_parameter_goes_to_the_studies_that_have_it(notebooks, output):
    write_study(notebooks, "01_good", "print(seed)")
    path = write_study(notebooks, "02_other", "print(draws)")
    notebook = json.loads(path.read_text())
    cell = next(cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", ()))
    cell["source"] = "draws = 10\n"
    path.write_text(json.dumps(notebook))
    outcomes = run(notebooks, output, {"draws": "20"})
    assert outcomes["02_other"].entry["parameters"] == {"draws": 20}
    assert "draws" not in outcomes["01_good"].entry["parameters"]
    with pytest.raises(ParameterError, match="seeed"):
        run(notebooks, output, {"seeed": "2"})


def test_what_is_unchanged_is_not_run_again(notebooks, output):
    path = write_study(notebooks, "01_good", "x = 1")
    assert run(notebooks, output)["01_good"].status == "ok"
    assert run(notebooks, output)["01_good"].status == "unchanged"
    assert run(notebooks, output, {"seed": 2})["01_good"].status == "ok"
    assert run(notebooks, output, {"seed": 2}, force=True)["01_good"].status == "ok"
    expected = inputs.fingerprint(studies.read(path), {"seed": 2})
    assert manifest.state(output / "01_good", expected) == "up to date"
    write_study(notebooks, "01_good", "x = 2")
    changed = inputs.fingerprint(studies.read(path), {"seed": 2})
    assert manifest.state(output / "01_good", changed) == "stale"
    assert manifest.reasons(output / "01_good", changed) == ["notebook"]


def test_outputs_of_a_notebook_do_not_make_it_stale_and_a_changed_user_file_does(notebooks, output, tmp_path):
    path = write_study(notebooks, "01_good", "x = 1")
    answers = tmp_path / "answers.csv"
    answers.write_text("a\n1\n")
    before = inputs.fingerprint(studies.read(path), {"survey_file": str(answers)})
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    path.write_text(json.dumps(notebook))
    assert inputs.fingerprint(studies.read(path), {"survey_file": str(answers)}) == before
    answers.write_text("a\n2\n")
    assert inputs.fingerprint(studies.read(path), {"survey_file": str(answers)})["data"] != before["data"]


def test_failures_are_recorded_with_cell_and_error_and_the_others_go_on(notebooks, output):
    write_study(notebooks, "01_good", "x = 1")
    write_study(notebooks, "02_raises", "x = 1", "1 / 0")
    write_study(notebooks, "03_killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    write_study(notebooks, "04_slow", "print('begun', flush=True)", "import time\ntime.sleep(60)")
    outcomes = run(notebooks, output, jobs=2, timeout=6.0)
    assert {label: outcome.status for label, outcome in outcomes.items()} == {
        "01_good": "ok",
        "02_raises": "failed",
        "03_killed": "failed",
        "04_slow": "failed",
    }
    errors = {label: outcome.entry.get("error") for label, outcome in outcomes.items()}
    assert (errors["02_raises"]["kind"], errors["02_raises"]["cell"]) == ("error", 4)
    assert errors["02_raises"]["name"] == "ZeroDivisionError"
    assert errors["02_raises"]["section"] == "First section"
    assert (errors["03_killed"]["kind"], errors["03_killed"]["cell"]) == ("killed", 3)
    assert (errors["04_slow"]["kind"], errors["04_slow"]["cell"]) == ("timeout", 4)
    for label in ("02_raises", "03_killed", "04_slow"):
        assert (output / label / "failed.ipynb").exists()
        assert not (output / label / "report.html").exists()
    assert "begun" in (output / "04_slow" / "failed.ipynb").read_text()


def test_a_time_limit_holds_before_the_kernel_has_started(notebooks, output):
    write_study(notebooks, "01_slow", "import time\ntime.sleep(60)")
    outcome = run(notebooks, output, timeout=0.001)["01_slow"]
    assert outcome.status == "failed"
    assert outcome.entry["error"]["kind"] == "timeout"
    assert outcome.entry["duration"] < 30


def test_a_failed_run_leaves_a_page_of_how_far_it_came(notebooks, output):
    write_study(notebooks, "01_bad", "print('reached')", "raise ValueError('<script>x</script>')")
    run(notebooks, output)
    page = (output / "01_bad" / "failed.html").read_text(encoding="utf-8")
    assert "This run failed" in page
    assert "ValueError: &lt;script&gt;x&lt;/script&gt;" in page
    assert "reached" in page
    assert "<script" not in page


def test_the_last_good_report_stands_beside_a_failure_and_a_good_run_clears_it(notebooks, output):
    write_study(notebooks, "01_study", RECORDING, TABLE)
    run(notebooks, output)
    report = (output / "01_study" / "report.html").read_bytes()
    write_study(notebooks, "01_study", RECORDING, "raise ValueError('<script>alert(1)</script>')")
    outcome = run(notebooks, output, {"seed": 2})["01_study"]
    assert outcome.status == "failed"
    assert outcome.entry["error"]["cell"] == 4  # as in the file, without the cell that papermill puts in
    assert outcome.entry["last_good"]["answer"]["text"] == "seed 1"
    assert (output / "01_study" / "report.html").read_bytes() == report
    assert (output / "01_study" / "tables" / "numbers.csv").exists()
    write_study(notebooks, "01_study", RECORDING)
    assert run(notebooks, output)["01_study"].status == "ok"
    assert not (output / "01_study" / "failed.ipynb").exists()


def test_the_last_good_run_is_remembered_through_failure_upon_failure(notebooks, output):
    write_study(notebooks, "01_study", RECORDING)
    run(notebooks, output)
    for number in (1, 2):
        write_study(notebooks, "01_study", RECORDING, f"raise ValueError({number})")
        entry = run(notebooks, output)["01_study"].entry
        assert entry["error"]["message"] == str(number)
        assert entry["last_good"]["answer"]["text"] == "seed 1"
        assert "last_good" not in entry["last_good"]


def test_without_its_report_a_study_is_not_up_to_date(notebooks, output):
    path = write_study(notebooks, "01_study", "x = 1")
    run(notebooks, output)
    expected = inputs.fingerprint(studies.read(path), {})
    assert manifest.state(output / "01_study", expected) == "up to date"
    (output / "01_study" / "report.html").unlink()
    assert manifest.state(output / "01_study", expected) == "stale"
    assert run(notebooks, output)["01_study"].status == "ok"


def test_other_dependencies_make_a_run_stale(notebooks, output, tmp_path, monkeypatch):
    study = studies.read(write_study(notebooks, "01_study", "x = 1"))
    lock = tmp_path / "requirements.lock"
    monkeypatch.setattr(inputs, "SOURCE_TREE", tmp_path)

    def hash_with(text):
        lock.write_text(text)
        inputs._lock_hash.cache_clear()
        return inputs.fingerprint(study, {})["lock"]

    try:
        assert hash_with("numpy==2.3\n") == hashlib.sha256(b"numpy==2.3\n").hexdigest()
        assert hash_with("numpy==2.4\n") == hashlib.sha256(b"numpy==2.4\n").hexdigest()
        lock.unlink()
        inputs._lock_hash.cache_clear()
        assert inputs.fingerprint(study, {})["lock"] == hashlib.sha256(b"").hexdigest()
    finally:
        inputs._lock_hash.cache_clear()


def test_a_file_of_the_reader_is_recorded_with_its_hash(notebooks, output, tmp_path):
    write_study(notebooks, "01_study", "x = 1")
    files = {"survey_file": tmp_path / "answers.csv", "codebook_file": tmp_path / "codebook.yaml"}
    for name, path in files.items():
        path.write_text(name)
    entry = run(notebooks, output, {name: str(path) for name, path in files.items()})["01_study"].entry
    assert {one["file"]: one["sha256"] for one in entry["data"]} == {
        path.name: hashlib.sha256(name.encode()).hexdigest() for name, path in files.items()
    }


def test_a_record_that_a_kill_cut_short_is_left_out_and_the_others_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    run_records.record("answer", {"text": "whole"})
    run_records.record("warning", {"text": "whole\u2028too\x85"})
    file = tmp_path / run_records.RECORDS
    for half in ('{"kind": "answer", "te', '{"kind": "answer", "text": "no end of line"}'):
        whole = file.read_text()
        file.write_text(whole + half)
        assert [one["text"] for one in run_records.records(tmp_path)] == ["whole", "whole\u2028too\x85"]
        file.write_text(whole)


@pytest.mark.parametrize("text", ["", '{"status": "o', "[1, 2]", '{"study": "01_study"}', "\x00"])
def test_a_damaged_manifest_counts_as_no_run(tmp_path, text):
    (tmp_path / manifest.FILE).write_text(text)
    assert manifest.load(tmp_path) is None
    assert manifest.last_good(manifest.load(tmp_path)) is None
    assert manifest.state(tmp_path, {}) == "not run"


def test_an_interrupt_is_recorded_and_ends_the_run(notebooks, output, capsys):
    write_study(notebooks, "01_slow", "import time\ntime.sleep(60)")
    write_study(notebooks, "02_waits", "x = 1")
    progress = output / ".workbench" / "work" / "01_slow" / "progress.json"

    def interrupt_in_the_third_cell():
        patience = time.monotonic() + 50
        while not (progress.exists() and '"cell": 3' in progress.read_text()):
            if time.monotonic() > patience:
                return
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=interrupt_in_the_third_cell)
    watcher.start()
    words = ["run", "--notebooks", str(notebooks), "-o", str(output), "--jobs", "1"]
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    watcher.join()
    assert end.value.code == 1
    assert "interrupted in cell 3" in capsys.readouterr().err
    entries = [json.loads((output / name / "run.json").read_text()) for name in ("01_slow", "02_waits")]
    assert [entry["error"]["kind"] for entry in entries] == ["interrupted", "interrupted"]
    assert (output / "01_slow" / "failed.ipynb").exists()
    assert not (output / ".workbench").exists()


@pytest.mark.parametrize("count", [2, 4])
def test_runs_at_once_do_not_corrupt_the_folder(notebooks, output, count):
    write_study(notebooks, "01_study", RECORDING, TABLE, "import time\ntime.sleep(1)")
    statuses = []

    def once():
        statuses.append(run(notebooks, output)["01_study"].status)

    threads = [threading.Thread(target=once) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == ["ok", *["unchanged"] * (count - 1)]
    entry = json.loads((output / "01_study" / "run.json").read_text())
    assert entry["status"] == "ok"
    assert entry["files"] == commit.hashes(output / "01_study")
    assert not (output / locks.HIDDEN).exists()
    assert sorted(path.name for path in (output / "01_study" / "tables").iterdir()) == ["numbers.csv"]


def test_a_killed_run_leaves_what_stood_and_no_lock(notebooks, output):
    write_study(notebooks, "01_study", RECORDING)
    run(notebooks, output)
    work = output / ".workbench" / "work" / "01_study"
    work.mkdir(parents=True)
    (work / "records.jsonl").write_text('{"kind": "answer", "te')
    outcome = run(notebooks, output, force=True)["01_study"]
    assert outcome.status == "ok"
    assert outcome.entry["answer"]["text"] == "seed 1"


def test_a_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    manifest.write_atomically(path, "old")

    def fails(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fails)
    with contextlib.suppress(OSError):
        manifest.write_atomically(path, "new")
    assert path.read_text() == "old"


def test_a_sweep_has_a_folder_a_value(notebooks, output):
    write_study(notebooks, "01_study", RECORDING)
    outcomes = run(notebooks, output, sweeps={"seed": ["1", "2"]})
    assert list(outcomes) == ["01_study 1", "01_study 2"]
    assert (output / "sweeps" / "01_study" / "2" / "report.html").exists()
    with pytest.raises(ParameterError, match="both set and swept"):
        run(notebooks, output, {"seed": 1}, sweeps={"seed": ["1"]})
    with pytest.raises(ParameterError, match="share a folder"):
        run(notebooks, output, sweeps={"label": ["a", "A"]})


def test_nothing_runs_when_a_parameter_of_one_study_is_wrong(notebooks, output):
    write_study(notebooks, "01_study", "x = 1")
    write_study(notebooks, "02_other", "x = 1", parameters="draws = 5")
    with pytest.raises(ParameterError, match="02_other"):
        run(notebooks, output, {"draws": "many"})
    assert not output.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are for Linux")
def test_a_warm_kernel_gives_what_a_cold_one_gives(notebooks, output, monkeypatch):
    drawing = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 3, 2]);"
    state = "import os, sys\nprint(__name__, sys.argv[0].split('/')[-1][:6], '' in sys.path, os.getcwd())"
    fresh = (
        "import numpy as np, random\nprint(sorted(name for name in globals() if not name.startswith('_')))"
    )
    seen = "import warnings\nwarnings.warn('seen')"
    write_study(notebooks, "01_study", RECORDING, drawing, state, fresh, seen)
    warm = _outputs(run(notebooks, output)["01_study"], output)
    monkeypatch.setattr(kernels, "forge", lambda *_: contextlib.nullcontext(None))
    cold = _outputs(run(notebooks, output, force=True)["01_study"], output)
    assert len(cold) >= 5
    assert warm == cold


@pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are for Linux")
def test_a_forge_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(kernels, "ANSWER", 0.2)
    monkeypatch.setattr(kernels, "LOOK", 0.1)
    address = f"here workbench-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(kernels._socket_name(address))
        silent.listen()
        with pytest.raises(TimeoutError):
            kernels.ForkedProcess(address, {})


def _outputs(outcome, output):
    assert outcome.status == "ok"
    notebook = json.loads((output / "01_study" / "notebook.ipynb").read_text())
    found = [one for cell in notebook["cells"] if cell["cell_type"] == "code" for one in cell["outputs"]]
    for one in found:
        if one["output_type"] == "stream" and one["name"] == "stderr":
            one["text"] = "".join(one["text"]).split(": ", 1)[-1]  # the process id in the path of a cell
    return found
