"""Texts for the readers of models, codebooks and hypotheses, guided by what they make the code do (atheris).

    python -m tests.torture.guided [seconds]

atheris is no dependency of the project: where it is not installed nothing is done, and said so.
"""

import sys
import tempfile
from pathlib import Path

from workbench.errors import WorkbenchError

SECONDS = 3600


def main(seconds: int = SECONDS) -> int:
    """Run until the time is over; atheris ends the process with a status of its own where a text is wrong."""
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: nothing was tried (pip install atheris)")
        return 0
    with atheris.instrument_imports(include=["workbench"]):
        from workbench.sem import syntax
        from workbench.survey import codebook, hypotheses
    path = Path(tempfile.mkdtemp()) / "book.yaml"

    def codebooks(text: str) -> None:
        path.write_text(text, encoding="utf-8", errors="replace")
        codebook.read_codebook(path)

    doors = (syntax.parse, codebooks, lambda text: hypotheses.parse_hypothesis("H1", text))

    def bears(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        door = doors[given.ConsumeIntInRange(0, len(doors) - 1)]
        try:
            door(given.ConsumeUnicode(4000))
        except WorkbenchError:
            return

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-rss_limit_mb=1024", "-timeout=5"], bears)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
