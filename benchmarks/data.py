"""Data of any size: time and peak memory of ingestion and of the data gates as tables grow, beside the least there is.

`python -m benchmarks data`: each size is written by seeded code as CSV and as Parquet, read in fresh interpreters by
Flywheel (checks, declared kinds, canonical Parquet, digests, facts) and by bare pyarrow (source to Parquet). Then the
data gates judge the kept table, once by row groups and once as one frame in memory.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.domain.digests import Digest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from flywheel.project.reading.table import Table

SIZES_GB = (0.5, 1.0, 2.0)
BATCH_ROWS = 250_000
ROW_BYTES = 154
"""What a generated row takes in the CSV file."""
PROJECTED_GB = 20
CHARTER = """
name = "wide-table"
title = "Time and memory of ingestion"
owner = "ana@bank.example"
[data]
target = "late"
positive = "yes"
sources.rows = { uri = "NAME" }
columns.id = { kind = "text" }
columns.at = { kind = "time" }
columns.region = { kind = "category", permitted = false }
columns.count = { kind = "integer", between = [0, 1_000] }
checks = [{ expect_column_values_to_be_unique = { column = "id" } }]
"""


def main() -> None:
    """Measure each size, print ratios and what they come to at twenty times the size."""
    found = []
    for size in SIZES_GB:
        folder = Path(tempfile.mkdtemp(prefix="fw-data-"))
        try:
            written = write_rows(folder, size)
            found += [_compared(folder, name, size_bytes) for name, size_bytes in written.items()]
        finally:
            shutil.rmtree(folder)
    for name in ("rows.csv", "rows.parquet"):
        _project([one for one in found if one["name"] == name])


def write_rows(folder: Path, gigabytes: float) -> dict[str, int]:
    """Write the same rows as CSV and as Parquet; say how large each became."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    rows = int(gigabytes * 1e9 / ROW_BYTES)
    first = _rows(0, 1)
    with (
        pc.CSVWriter(folder / "rows.csv", first.schema) as as_csv,
        pq.ParquetWriter(folder / "rows.parquet", first.schema) as as_parquet,
    ):
        for begin in range(0, rows, BATCH_ROWS):
            batch = _rows(begin, min(BATCH_ROWS, rows - begin))
            as_csv.write_table(batch)
            as_parquet.write_table(batch)
    column = 'columns.x{} = {{ kind = "number", between = [-100, 300], missing = {{ at_most = 0.1 }} }}\n'
    (folder / "project.toml").write_text(CHARTER + "".join(column.format(n) for n in range(10)))
    return {name: (folder / name).stat().st_size for name in ("rows.csv", "rows.parquet")}


def ours(folder: Path, name: str) -> str:
    """Ingest and prepare as a data preparation does; say the digest."""
    # what the floor does without must not count in its memory
    from flywheel.adapters.artifacts import Artifacts
    from flywheel.project.loader import load_project
    from flywheel.services.data import preparation
    from flywheel.setting_groups import LimitSettings
    from flywheel.settings import Settings

    (folder / "project.toml").write_text((folder / "project.toml").read_text().replace("NAME", name))
    settings = Settings(
        home=folder, data_root=folder / "store", limits=LimitSettings(rows=10**9, bytes=10**12, memory_bytes=10**9)
    )
    project, artifacts = load_project(folder), Artifacts(settings.artifacts_root, max_bytes=10**12)
    tables = {n: s.digest for n, s in preparation.ingest(project, settings=settings, artifacts=artifacts).items()}
    return preparation.prepare(project, artifacts=artifacts, tables=tables, settings=settings).digest


def floor(folder: Path, name: str) -> str:
    """Let pyarrow alone read the file by batches with the same types and write Parquet."""
    import pyarrow.csv as pc
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    kinds = _rows(0, 1).schema
    source = folder / name
    convert = pc.ConvertOptions(column_types=dict(zip(kinds.names, kinds.types, strict=True)))
    if source.suffix == ".csv":
        batches = iter(pc.open_csv(source, pc.ReadOptions(use_threads=False), convert_options=convert))
    else:
        batches = ds.dataset(source).to_batches(batch_size=65_536, use_threads=False)
    with pq.ParquetWriter(folder / "floor.parquet", kinds, compression="zstd", compression_level=3) as written:
        for batch in batches:
            written.write_batch(batch.cast(kinds))
    return "written"


def gates(folder: Path, digest: str) -> str:
    """Let the data gates judge the kept table by row groups; say their verdicts."""
    # what the floor does without must not count in its memory
    from flywheel.adapters.artifacts import Artifacts

    with Artifacts(folder / "store" / "artifacts", max_bytes=10**12).table(Digest(digest)) as table:
        return _judged(folder, table)


def gates_at_once(folder: Path, digest: str) -> str:
    """Let them judge one frame that holds all of it."""
    # what the floor does without must not count in its memory
    from flywheel.adapters.artifacts import Artifacts

    return _judged(folder, Artifacts(folder / "store" / "artifacts", max_bytes=10**12).get_frame(Digest(digest)))


def _judged(folder: Path, rows: pd.DataFrame | Table) -> str:
    # what the floor does without must not count in its memory
    from flywheel.project.loader import load_project
    from validators import charter_rules, data_expectations, permissions, schema

    warnings.simplefilter("ignore")  # Great Expectations' metrics warn about their own data
    charter = load_project(folder).charter
    rules, asked = charter_rules.rules_from_charter(charter), charter_rules.expectations_from_charter(charter)
    forbidden = charter_rules.forbidden_in(charter)
    found = (
        schema.check(rows, rules=rules),
        data_expectations.check(rows, rules=rules, expectations=asked),
        permissions.check(rows, rules=rules, forbidden=forbidden, now=datetime.now(UTC)),
    )
    return " ".join(f"{one.result.code} {one.result.verdict.value}" for one in found)


def one(way: str, folder: str, name: str) -> None:
    """Do it one way in this interpreter and print what it took."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    began, used = time.perf_counter(), time.process_time()
    said = {"ours": ours, "floor": floor, "gates": gates, "gates_at_once": gates_at_once}[way](Path(folder), name)
    figures = {
        "said": said,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def _compared(folder: Path, name: str, size: int) -> dict[str, float | str]:
    charter = (folder / "project.toml").read_text()
    told = {way: _told(way, folder, name) for way in ("floor", "ours")}
    if name == "rows.csv":
        _gates_compared(folder, str(told["ours"]["said"]))
    (folder / "project.toml").write_text(charter)
    shutil.rmtree(folder / "store")
    mine, bare = told["ours"], told["floor"]
    print(
        f"{name:<13}{size / 1e9:5.2f} GB: ours {mine['seconds']:6.1f} s ({mine['cpu']:6.1f} CPU), peak"
        f" {mine['peak_mb']:4.0f} MB; pyarrow {bare['seconds']:6.1f} s ({bare['cpu']:6.1f} CPU), peak"
        f" {bare['peak_mb']:4.0f} MB; ratio {mine['cpu'] / bare['cpu']:.2f}; {mine['said'][:19]};"
        f" load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return {"name": name, "size": size / 1e9, **mine}


def _gates_compared(folder: Path, digest: str) -> None:
    parts, whole = (_told(way, folder, digest) for way in ("gates", "gates_at_once"))
    if parts["said"] != whole["said"]:
        raise SystemExit(f"the gates differ: {parts['said']} and {whole['said']}")
    print(
        f"  its gates ({parts['said']}): by row groups {parts['cpu']:5.1f} CPU s, peak {parts['peak_mb']:5.0f} MB;"
        f" as one frame {whole['cpu']:5.1f} CPU s, peak {whole['peak_mb']:5.0f} MB; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _told(way: str, folder: Path, what: str) -> dict[str, Any]:
    code = f"from benchmarks.data import one; one({way!r}, {str(folder)!r}, {what!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _project(found: list[dict[str, float | str]]) -> None:
    sizes = np.array([float(row["size"]) for row in found])
    for what, unit in (("seconds", "s"), ("peak_mb", "MB")):
        slope, start = np.polyfit(sizes, [float(row[what]) for row in found], 1)
        # generated rows are smaller as Parquet: the projection is for the rows of a CSV of that size
        wanted = PROJECTED_GB / SIZES_GB[-1] * sizes[-1]
        print(
            f"{found[0]['name']}: by a line, the rows of {PROJECTED_GB} GB of CSV: {start + slope * wanted:,.0f} {unit}"
        )


def _rows(begin: int, count: int) -> pa.Table:
    import pyarrow as pa

    chance = np.random.default_rng([7, begin])
    numbers = {f"x{n}": np.round(chance.normal(100, 30, count), 4 + n % 3) for n in range(10)}
    return pa.table(
        {
            "id": np.char.add("row-", np.arange(begin, begin + count).astype(str)),
            "at": pa.array(
                1_700_000_000_000_000 + np.arange(begin, begin + count) * 1_000_000, pa.timestamp("us", "UTC")
            ),
            "region": pa.array(chance.choice(["north", "south", "east", "west"], count)),
            "count": chance.integers(0, 1_000, count),
            "late": pa.array(chance.choice(["yes", "no"], count)),
            **{name: pa.array(values, mask=chance.random(count) < 0.02) for name, values in numbers.items()},
        }
    )
