"""Moments of a file too large to load: time and peak memory of `sem.moments_from`, beside pandas.

    python benchmarks/streaming.py [--rows 2000000] [--without-pandas]

Each side runs in a process of its own, so that peak memory is its own. 22 columns, float32, Parquet.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

OURS = """
from workbench import sem
moments = sem.moments_from({path!r})
cov = moments.cov[0]
"""
PANDAS = """
import pandas as pd
cov = pd.read_parquet({path!r}).astype(float).cov().to_numpy()
"""
MEASURED = """
import json, resource, time
begin = time.perf_counter()
{code}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([time.perf_counter() - begin, peak, float(cov[0, 1])]))
"""


def write(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    writer = None
    for begin in range(0, rows, 1_000_000):
        size = min(1_000_000, rows - begin)
        common = rng.standard_normal((size, 1), dtype=np.float32)
        values = 3 + 0.7 * common + rng.standard_normal((size, 22), dtype=np.float32)
        table = pa.table({f"q{column + 1}": values[:, column] for column in range(22)})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def measure(code: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(code=code)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--without-pandas", action="store_true", help="for files that pandas cannot hold")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        write(path, options.rows)
        print(f"{options.rows:,} rows x 22 columns, {path.stat().st_size / 2**20:,.0f} MiB on disk")
        seconds, peak, value = measure(OURS.format(path=str(path)))
        print(f"  sem.moments_from  {seconds:7.1f} s  peak {peak:6.2f} GiB")
        if options.without_pandas:
            return
        other_seconds, other_peak, other = measure(PANDAS.format(path=str(path)))
        print(f"  pandas            {other_seconds:7.1f} s  peak {other_peak:6.2f} GiB")
        print(f"  ratio pandas/ours {other_seconds / seconds:7.1f}    memory {other_peak / peak:6.1f}")
        print(f"  largest difference in the first covariance: {abs(value - other):.1e}")


if __name__ == "__main__":
    main()
