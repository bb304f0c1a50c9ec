"""The command: what it says when something is wrong, and what it leaves when all is well."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
import yaml
from tests.reports.conftest import write_study

from workbench import cli
from workbench.cli import outcomes, running
from workbench.errors import in_a_line

ROOT = Path(__file__).parents[1]


def run(*words, capsys):
    """Exit status and what was said."""
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return end.value.code or 0, " ".join((said.out + said.err).replace("│", " ").split())


@pytest.fixture
def folder(tmp_path, quick_kernels):
    write_study(tmp_path / "notebooks", "01_study", "print(seed)")
    write_study(tmp_path / "notebooks", "02_table", "x = 1", parameters="draws = 5")
    return tmp_path


def test_a_run_a_second_run_and_the_list(folder, capsys):
    words = ("run", "01", "--notebooks", folder / "notebooks", "-o", folder / "out", "-p", "seed=3")
    status, said = run(*words, capsys=capsys)
    assert status == 0, said
    assert "✓ 01_study" in said
    assert (folder / "out" / "index.html").is_file()
    assert "up to date" in run(*words, capsys=capsys)[1]
    status, said = run("list", "--notebooks", folder / "notebooks", "-o", folder / "out", capsys=capsys)
    assert status == 0
    assert said == "01 A study up to date 02 A study not run"


def test_run_and_list_count_the_verdicts_by_their_words(folder, capsys):
    judged = (
        "from workbench.evidence import claims\nseen = {'kind': 'simulated', 'n': 9, 'pattern': 'above'}\n"
    )
    for number, (planted, low) in enumerate([(True, 0.1), (True, 0.2), (True, -1), (False, 1), (False, -1)]):
        one = f"estimate=2, interval=({low}, 3), planted={planted}, part='{number}'"
        judged += f"claims.judge('D0-1', {one}, **seen);"
    write_study(folder / "notebooks", "03_judges", judged)
    words = ("--notebooks", folder / "notebooks", "-o", folder / "out")
    status, said = run("run", "03", *words, capsys=capsys)
    assert status == 0
    counted = ("✓ 2 recovered", "✗ 1 missed", "▲ 1 false alarm", "◇ 1 rightly rejected")
    assert ", ".join(counted) in said
    said = run("list", *words, capsys=capsys)[1]
    assert "2 ✓ 1 ✗ 1 ▲ 1 ◇ of 5" in said


def test_the_version_and_what_a_form_is_are_said_before_anything_runs(folder, capsys):
    status, said = run("--version", capsys=capsys)
    assert status == 0
    assert re.fullmatch(r"workbench \d+\.\d+\.\d+\S*\s*", said)
    words = ("--notebooks", folder / "notebooks", "-o", folder / "out")
    status, said = run("run", "01", "--export", "pdf", *words, capsys=capsys)
    assert status == 2
    assert "not exported to 'pdf'" in said
    assert not (folder / "out").exists()


def test_a_run_writes_its_reports_as_files_too(folder, capsys):
    words = ("--notebooks", folder / "notebooks", "-o", folder / "out")
    status, said = run("run", "01", "--export", "zip", *words, capsys=capsys)
    assert status == 0, said
    assert (folder / "out" / "export" / "01_study.zip").is_file()


def test_jupyterlab_is_not_started_for_root_without_a_word(folder, capsys, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    status, said = run("lab", "--notebooks", folder / "notebooks", capsys=capsys)
    assert status == 2
    assert "--allow-root" in said
    asked = []
    monkeypatch.setattr(
        "subprocess.run", lambda command, check: asked.append(command) or SimpleNamespace(returncode=0)
    )
    assert (
        run("lab", "--notebooks", folder / "notebooks", "--allow-root", "--port=8890", capsys=capsys)[0] == 0
    )
    assert asked[0][-2:] == ["--allow-root", "--port=8890"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_jupyterlab_answers_this_machine_alone_and_nobody_without_the_token(folder, tmp_path, monkeypatch):
    """Also where a configuration of the machine says otherwise."""
    for name in ("CONFIG", "RUNTIME", "DATA"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / name))
    (tmp_path / "CONFIG" / "jupyter_server_config.py").write_text("c.ServerApp.ip = '0.0.0.0'\n")
    command = [sys.executable, "-m", "workbench.cli", "lab", "--notebooks", str(folder / "notebooks")]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    contents = f"http://127.0.0.1:{port}/api/contents"
    command += ["--allow-root", "--no-browser", f"--port={port}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as lab:
        try:
            end = time.monotonic() + 120
            status = 0
            while status != 200:
                assert lab.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
                for path in (tmp_path / "RUNTIME").glob("jpserver-*.json"):
                    token = json.loads(path.read_text())["token"]
                    with suppress(URLError):  # it is written before the server listens
                        status = urlopen(f"{contents}?token={token}").status
            assert len(token) > 30
            with pytest.raises(HTTPError) as refused:
                urlopen(contents)
            assert refused.value.code == 403
            sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            places = {words[1] for words in sockets if words[3] == "0A"}  # those that listen
            places = {place for place in places if place.endswith(f":{port:04X}")}
            assert places == {f"0100007F:{port:04X}"}
        finally:
            os.killpg(lab.pid, signal.SIGKILL)


def test_a_failed_study_makes_the_status_one_and_says_where(folder, capsys):
    write_study(folder / "notebooks", "03_bad", "1 / 0")
    words = ("--notebooks", folder / "notebooks", "-o", folder / "out")
    assert run("run", "01", "03", *words, capsys=capsys)[0] == 1  # one of two is enough
    status, said = run("run", "03", *words, capsys=capsys)
    assert status == 1
    assert "03_bad failed" in said
    assert "cell 3" in said
    assert "ZeroDivisionError" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-p", "sead=2"], "not in the notebook's parameters cell"),
        (["-p", "x;import os=2"], "is not NAME=VALUE"),
        (["-p", "seed=two"], "should be a whole number"),
        (["99"], "there is no study '99'"),
        (["--survey", "nowhere.csv"], "go together"),
        (["--survey", "nowhere.csv", "--codebook", "nowhere.yaml"], "there is no such file"),
        (["01", "--backend", "dask"], "scheduler's address"),
        (["--parameters", "nowhere.yaml"], "no such file of parameters"),
        (["01", "--sweep", "seed=1,1"], "repeats a value"),
        (["01", "--sweep", "seed=1", "--sweep", "seed=2"], "swept twice"),
        (["-p", "seed=1", "-p", "seed=2"], "set twice"),
        (["-p", "survey_file=nowhere.csv"], "go together"),
        (["01", "--jobs", "0"], "at least one worker"),
        (["01", "--timeout", "0"], "seconds that a study may take"),
        (["01", "--backend", "ray"], "is not known"),
        (["01", "--parameters", "/dev/null"], "no such file of parameters"),
        (["01", "--output", "/dev/null/x"], "/dev/null/x"),
        (["01", "--notebooks", "/dev"], "no notebook in this folder"),
    ],
)
def test_faults_are_one_panel_before_anything_runs(folder, capsys, words, expected):
    words = ["run", "--notebooks", folder / "notebooks", "-o", folder / "out", *words]
    status, said = run(*words, capsys=capsys)
    assert status == 2
    assert expected in said
    assert "Traceback" not in said
    assert not list((folder / "out").glob("*/run.json"))


def test_a_codebook_alone_is_for_the_study_that_plans_answers(tmp_path, capsys, monkeypatch):
    from workbench.resources import DATA

    monkeypatch.chdir(tmp_path)
    book = DATA / "codebooks" / "corp_rep_data.yaml"
    few = ["-p", "sizes=[120, 240]", "-p", "draws=20"]
    status, said = run("run", "16", "18", "--codebook", book, capsys=capsys)
    assert status == 2
    assert "only study 16, by name, takes a codebook" in said
    status, said = run("run", "16", "--codebook", book, *few, "--output", tmp_path / "out", capsys=capsys)
    assert status == 0, said
    entry = json.loads((tmp_path / "out/16_sample_size_and_power/run.json").read_text(encoding="utf-8"))
    assert [one["data_kind"] for one in entry["data"]] == ["simulated"]
    page = (tmp_path / "out/16_sample_size_and_power/report.html").read_text(encoding="utf-8")
    assert "The other studies of this workbench" not in page
    assert "There are no answers yet" in page
    assert "Public data" not in page


def test_own_files_are_read_once_before_any_study_runs(folder, capsys):
    (folder / "a.csv").write_text("v\n1\n")
    (folder / "c.yaml").write_text("title: T\nvariables: {w: {}}\n")
    words = ["run", "--survey", folder / "a.csv", "--codebook", folder / "c.yaml", "-o", folder / "out"]
    status, said = run(*words, "--notebooks", folder / "notebooks", capsys=capsys)
    assert status == 2
    assert "a.csv, row 1: no column of the codebook is in row 1" in said
    assert not list((folder / "out").glob("*/run.json"))


def test_reports_on_own_answers_leave_the_others_alone(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "mine.csv").write_text("v\n1\n")
    (folder / "c.yaml").write_text("title: T\nvariables: {v: {}}\n")
    assert run("run", "01", "--survey", "mine.csv", "--codebook", "c.yaml", capsys=capsys)[0] == 0
    page = (folder / "reports" / "mine" / "01_study" / "report.html").read_text(encoding="utf-8")
    assert "Made from your files" in page
    assert not (folder / "reports" / "01_study").exists()


def test_debug_shows_the_traceback(folder):
    with pytest.raises(ValueError, match="no study"):
        cli.main(["run", "99", "--debug", "--notebooks", str(folder / "notebooks")])


def test_a_new_folder_passes_its_own_check(tmp_path, capsys):
    status, _ = run("new", tmp_path / "mine", capsys=capsys)
    assert status == 0
    files = ("check", tmp_path / "mine" / "answers.csv", "--codebook", tmp_path / "mine" / "codebook.yaml")
    status, said = run(*files, capsys=capsys)
    assert status == 0
    assert "12 respondents" in said
    assert "sat3" in said  # reverse-coded, and said so
    status, said = run("new", tmp_path / "mine", capsys=capsys)
    assert status == 2
    assert "already exists" in said


def test_check_names_the_place_of_a_fault(tmp_path, capsys):
    run("new", tmp_path / "mine", capsys=capsys)
    answers = tmp_path / "mine" / "answers.csv"
    answers.write_text(answers.read_text().replace("2,5,4,1,5,5", "2,5,44,1,5,5"))
    status, said = run("check", answers, "--codebook", tmp_path / "mine" / "codebook.yaml", capsys=capsys)
    assert status == 2
    for part in ("answers.csv", "row 3", "sat2", "44"):
        assert part in said


def test_what_is_up_to_date_is_found_without_the_heavy_libraries():
    heavy = "{'pandas', 'numpy', 'scipy', 'matplotlib', 'papermill', 'nbconvert', 'joblib'}"
    code = "import sys, workbench.cli, workbench.reports.runner, workbench.reports.studies"
    check = f"{code}\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def exported_file(tmp_path):
    from tests.survey import exported

    return exported.qualtrics_text(tmp_path).path


def test_a_codebook_is_drafted_from_a_file_and_passes_the_check(exported_file, tmp_path, capsys):
    status, said = run("new", tmp_path / "mine", "--from", exported_file, capsys=capsys)
    assert status == 0
    assert "60 answers, an export of Qualtrics" in said
    assert "construct satisfaction: 3 items on agree5, 1 of them probably reversed" in said
    assert "look like personal data: IPAddress" in said
    book = tmp_path / "mine" / "codebook.yaml"
    status, said = run("check", exported_file, "--codebook", book, capsys=capsys)
    assert status == 0
    assert "Studies that can run: 01, 02, 03, 06, 07, 10, 14." in said
    assert "hypotheses: {H1: part_q1 -> satisfaction (+)}" in said
    assert "Female" in said
    book.write_text(book.read_text(encoding="utf-8").replace(", reverse: true", ""), encoding="utf-8")
    status, said = run("check", exported_file, "--codebook", book, capsys=capsys)
    assert "The items of satisfaction run against each other (alpha -" in said


def test_new_says_what_goes_with_what(exported_file, tmp_path, capsys):
    assert "name it with --from" in run("new", tmp_path / "a", "--sheet", "Data", capsys=capsys)[1]
    status, said = run("new", tmp_path / "a", "--from", exported_file, "--sheet", "Data", capsys=capsys)
    assert status == 2
    assert "only a workbook" in said
    assert not (tmp_path / "a").exists()


def test_what_a_study_lacks_is_said_in_one_line():
    assert outcomes.first_sentence("the codebook lacks x. Add it") == "the codebook lacks x"
    assert outcomes.first_sentence("2 faults:\n  1. no way fitted. Name fewer\n  2. other") == "no way fitted"
    told = "codebook.yaml: the codebook lacks the construct x; it has: a, b, c. Name it under constructs"
    assert in_a_line(told) == "codebook.yaml: the codebook lacks the construct x. Name it under constructs"
    assert in_a_line("3 faults:\n  1. a. Do b\n  2. c\n  3. d") == "a. Do b (and 2 more)"
    assert in_a_line("no table. Name another") == "no table. Name another"


OLD_EXCEL = (
    Path(__file__).parent / "survey" / "files" / "old_excel.xls"
)  # two sheets, the answers on the second
BOOK = """title: T
scales: {s: {min: 1, max: 5}}
constructs: {satisfaction: {scale: s, items: {q1: {column: 您对服务满意吗}, q2: {column: 您愿意推荐吗}}}}
"""


@pytest.mark.parametrize("more", ["", "file: {header_rows: 1}\n"])
def test_a_sheet_that_is_named_for_a_run_is_written_down_beside_its_reports(folder, capsys, more):
    code = (
        "from workbench.datasets import study_survey\n"
        "print(study_survey('abc2', survey_file, codebook_file).rows)"
    )
    write_study(folder / "notebooks", "03_own", code, parameters="survey_file = ''\ncodebook_file = ''")
    (folder / "book.yaml").write_text(BOOK + more, encoding="utf-8")
    files = ("--survey", OLD_EXCEL, "--codebook", folder / "book.yaml", "--notebooks", folder / "notebooks")
    words = ("run", "03", *files, "-o", folder / "out")
    assert "the sheet '说明' has no rows of answers" in run(*words, capsys=capsys)[1]
    status, said = run(*words, "--sheet", "答卷", capsys=capsys)
    assert status == 0, said
    assert "12" in (folder / "out" / "03_own" / "report.html").read_text("utf-8")
    kept = yaml.safe_load((folder / "out" / "book.as-read.yaml").read_text("utf-8"))
    assert kept["file"]["sheet"] == "答卷"
    assert {**kept, "file": None} == {**yaml.safe_load(BOOK + more), "file": None}
    assert "has no sheet 'answers'" in run(*words, "--sheet", "answers", capsys=capsys)[1]
    status, said = run("run", "01", "--sheet", "x", "--notebooks", folder / "notebooks", capsys=capsys)
    assert status == 2
    assert "name it with --survey" in said


def test_surveys_of_one_name_have_folders_of_their_own_and_none_leaves_reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["2025/answers.csv", "2026/answers.csv", "x/2026/answers.csv", "2026/...csv", "2026/..csv"]
    names += ["2026/01_study.csv", "2026/index.html.csv", "2026/sweeps.csv", "2026/" + "长" * 80 + ".csv"]
    surveys = [tmp_path / name for name in names]
    places = [running._folder_of(survey, {"01_study"}) for survey in surveys]
    assert places[:2] == [Path("reports/answers"), Path("reports/2026-answers")]
    assert len(set(places)) == len(names)
    assert all(place.parent == Path("reports") and place.name not in (".", "..") for place in places)
    assert {path.name for path in Path("reports").iterdir()} == {place.name for place in places}
    assert not {place.name for place in places} & {"01_study", "index.html", "sweeps"}
    assert [running._folder_of(survey, {"01_study"}) for survey in surveys] == places


def test_a_study_that_asks_the_network_is_found_out(folder, no_network):
    """Every study of the project runs under the same watch in ``notebooks/test_stored_outputs.py``."""
    asks = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), timeout=1)\n"
    asks += "except OSError as error:\n    print(error)"
    write_study(folder / "notebooks", "03_asks", asks)
    command = [sys.executable, "-m", "workbench.cli", "run", "03", "-o", str(folder / "out"), "-j", "1"]
    command += ["--notebooks", str(folder / "notebooks")]
    done = subprocess.run(command, check=False, env={**os.environ, **no_network.variables})
    assert done.returncode == 0
    assert "the network was asked for 192.0.2.1" in (folder / "out" / "03_asks" / "report.html").read_text()
    assert no_network.asked() == ["192.0.2.1"]
