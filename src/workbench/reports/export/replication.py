"""A replication package: what another person needs to make a report's numbers again."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path

from workbench.reports import manifest
from workbench.reports.execute import NOTEBOOK
from workbench.reports.export.document import Document
from workbench.reports.studies import CODEBOOK_FILE, SURVEY_FILE
from workbench.resources import SOURCE_TREE

OWN_MODEL = "18_own_model"  # the study whose columns are made from the codebook, controls coded
# Every file of a package has this date, so that the same report makes the same package.
DATE = (1980, 1, 1, 0, 0, 0)


def write(folder: Path, report: Document, path: Path, *, answers: bool = False) -> None:
    """Write the package: report, notebook, tables, codebook, models, parameters, hashes, versions, README.

    Parameters
    ----------
    folder : of the report. report : of `document.read`. path : the file, ``.zip``.
    answers : put the answers in, as they were read (``answers.csv``), which the scripts for lavaan need.
        Without, only their SHA-256 is there, so that who has them can check them.
    """
    entry = report.entry
    codebook = Path(str(entry["parameters"].get(CODEBOOK_FILE) or ""))
    files = {
        "report.html": (folder / manifest.REPORT).read_bytes(),
        "notebook.ipynb": (folder / NOTEBOOK).read_bytes(),
        "run.json": json.dumps(_portable(entry), ensure_ascii=False, indent=1).encode(),
        "README.md": _readme(report, codebook, answers).encode(),
    }
    files |= {
        f"tables/{table.name}": table.read_bytes() for table in sorted((folder / "tables").glob("*.csv"))
    }
    if codebook.is_file():
        files["codebook.yaml"] = codebook.read_bytes()
    if SOURCE_TREE is not None and (SOURCE_TREE / "requirements.lock").is_file():
        files["requirements.lock"] = (SOURCE_TREE / "requirements.lock").read_bytes()
    for model in entry.get("models") or ():
        files[f"models/{model['name']}.R"] = model["script"].encode()
        files[f"models/{model['name']}.txt"] = f"{model['text']}\n".encode()
    if answers:
        files["models/answers.csv"] = _answers(entry)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in sorted(files.items()):
            package.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)


def _answers(entry: dict) -> bytes:
    """The answers that the models were fitted to, as CSV."""
    from workbench.datasets import study_survey

    given = entry["parameters"]
    named = [one["name"] for one in entry["data"] if one.get("name")]
    survey = study_survey(
        given.get("dataset") or (named[0] if named else ""),
        given.get(SURVEY_FILE, ""),
        given.get(CODEBOOK_FILE, ""),
    )
    frame = survey.responses
    if entry["study"] == OWN_MODEL:
        from workbench.studies import own_model
        from workbench.survey import analysis_samples

        frame = own_model.own_model(analysis_samples(survey).survey).data
    return frame.to_csv(index=False).encode()


def _portable(entry: dict) -> dict:
    """The run's record without the paths of the machine that it ran on."""
    made = json.loads(json.dumps(entry))
    for part in ("parameters", "given"):
        for name, value in made.get(part, {}).items():
            if name.endswith("_file") and value:
                made[part][name] = Path(str(value)).name
    return made


_MODELS = """
## The models in lavaan

`models/` holds the text of each model, and a script for R that fits it with lavaan to `answers.csv`: the
answers as they were read, reversed items turned, codes for no answer empty.
`workbench export --to zip --answers` puts that file in.
"""


def _said(kind: str | None) -> str:
    """What a file is: data of a kind, or the codebook, which holds none."""
    return f"{kind} data" if kind else "codebook"


def _readme(report: Document, codebook: Path, answers: bool) -> str:
    entry = report.entry
    given = {
        name: value
        for name, value in entry.get("given", {}).items()
        if name not in (SURVEY_FILE, CODEBOOK_FILE)
    }
    words = ["workbench", "run", entry["study"]]
    if entry["parameters"].get(SURVEY_FILE):
        words += ["--survey", Path(entry["parameters"][SURVEY_FILE]).name, "--codebook", "codebook.yaml"]
    elif entry["parameters"].get(CODEBOOK_FILE):
        words += ["--codebook", "codebook.yaml"]
    for name, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["-p", f"{name}={text}"]
    data = "\n".join(
        f"- {one.get('name') or one.get('file') or 'unnamed'}: {_said(one.get('data_kind'))}"
        + (f", {one['rows']:,} rows" if one.get("rows") is not None else "")
        + (f", SHA-256 {one['sha256']}" if one.get("sha256") else "")
        + (f". Source: {one['source']}" if one.get("source") else "")
        for one in entry.get("data", ())
    )
    own = bool(entry["parameters"].get(SURVEY_FILE))
    answers_are = (
        "The answers, as they were analysed, are in `models/answers.csv`."
        if answers
        else "The answers are not in this package."
    )
    if own:
        answers_are += " The file that they came in is not: who has it can check it by its SHA-256 above."
    put = ", put that file beside the codebook" if own else ""
    brings = "" if own or entry["parameters"].get(CODEBOOK_FILE) else " The study brings its data along."
    return f"""# {report.title}: replication package

Study {entry["study"]}, run {entry["started"]}, commit {entry.get("commit") or "unknown"}.

## Data

{data or "none"}

{answers_are}
{_MODELS if entry.get("models") else ""}
## Run it again

Install the CRM survey workbench with the versions of `requirements.lock`{put}, then:

```
{shlex.join(words)}
```

The tables in `tables/` are at full precision; the new run's should be equal to them to the digits shown
in the report.{brings}

## Versions

{", ".join(f"{name} {version}" for name, version in entry.get("versions", {}).items())}
"""
