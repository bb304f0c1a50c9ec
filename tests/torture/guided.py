"""Texts for the project's readers, guided by what they make the code do (atheris).

    python -m tests.torture.guided [seconds of a processor]

atheris is no dependency of the project: where it is not installed nothing is done, and said so. Its
search begins with a right text for every reader and a dictionary of their words. Time is that of the
processor, here and for one text, so that a machine with other things to do neither shortens the search nor
makes a text look slow.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from workbench.errors import WorkbenchError

SECONDS = 3600
SLOW = 5.0  # seconds of a processor for one text, with every branch counted
LONGEST = 4000  # bytes
RIGHT = {
    "models": "f =~ a*x1 + x2 + c(1, NA)*x3\nx4 ~ f + start(0.5)*x1\nx1 ~~ x2\nd := a^2 + exp(-a)\na > 0.1",
    "hypotheses": "quality x price -> loyalty -> trust (+)",
    "parameters": "seed: 2\nrate: 0.5\nname: 'x'\nparts: [1, {a: b}]\nby: {a: 1.5}\n",
    "notebooks": '{"cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]},'
    ' "source": "seed = 1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "run records": '{"status": "ok", "data": {"kind": "printed"}, "files": {}, "verdicts": [], "given": {}}',
}


def main(seconds: int = SECONDS) -> int:
    """Run until the time is over; atheris ends the process with a status of its own where a text is wrong."""
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: nothing was tried (pip install atheris)")
        return 0
    with atheris.instrument_imports(include=["workbench"]):
        from workbench.reports import manifest, studies
        from workbench.sem import syntax
        from workbench.survey import codebook, hypotheses
    from tests.torture._inputs import (
        BOOK,
        ODD,
        WORDS,
    )  # imports the package, which is to be instrumented first

    folder = Path(tempfile.mkdtemp())
    book, parameters, notebook, record = (
        folder / name for name in ("book.yaml", "parameters.yaml", "01_study.ipynb", "run.json")
    )
    study = studies.Study("01_study", notebook, "t", "q", {"a": None, "seed": 1, "rate": 0.5, "parts": [1]})

    def read_parameters(path: Path) -> None:
        study.parameters(studies.from_file(path))

    readers = {
        "models": syntax.parse,
        "codebooks": _through(book, codebook.read_codebook),
        "hypotheses": lambda text: hypotheses.parse_hypothesis("H1", text),
        "parameters": _through(parameters, read_parameters),
        "notebooks": _through(notebook, studies.read),
        "run records": _through(record, lambda path: manifest.load(path.parent)),
    }
    names = list(readers)
    tried: Counter[str] = Counter()

    def say() -> None:
        print(f"tried: {dict(tried)} in {time.process_time() / 60:.1f} min of a processor", flush=True)

    def bears(data: bytes) -> None:
        name = names[data[0] % len(names)] if data else names[0]
        tried[name] += 1
        if sum(tried.values()) % 100_000 == 0:
            say()
        began = time.process_time()
        if began > seconds:
            say()
            os._exit(0)  # libFuzzer's own limit is on the clock of the wall
        with contextlib.suppress(WorkbenchError):
            readers[name](data[1:].decode("utf-8", "surrogateescape"))
        if (took := time.process_time() - began) > SLOW:
            raise RuntimeError(f"{name}: {took:.1f} s of a processor")

    right = {**RIGHT, "codebooks": BOOK}
    corpus, words = folder / "corpus", folder / "words.txt"
    corpus.mkdir()
    for number, name in enumerate(names):
        (corpus / name).write_bytes(bytes([number]) + right[name].encode())
    words.write_text("\n".join(map(_entry, {*WORDS, *ODD})), encoding="ascii")
    bounds = (f"-max_len={LONGEST}", "-rss_limit_mb=1024", "-timeout=1200")
    atheris.Setup([sys.argv[0], *bounds, f"-dict={words}", str(corpus)], bears)
    atheris.Fuzz()
    return 0


def _through(path: Path, read):
    def reader(text: str) -> None:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        read(path)

    return reader


def _entry(word: str) -> str:
    """A word of libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word[:60].encode("utf-8", "surrogatepass")) + '"'


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
