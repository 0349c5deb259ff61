"""Rows per second of landing and conforming, per way in, beside DuckDB's own read and dlt.

    python benchmarks/ingest.py                          1 and 5 million product events
    python benchmarks/ingest.py --millions 1 5 50 --ways jsonl csv --json ingest.json
    python benchmarks/ingest.py --dlt-python /path/to/venv/bin/python

Every measurement is a process of its own with the limits of `--memory` and `--threads`. `land`
takes the events from the source system (a file, a REST API of this machine, the embedded
PostgreSQL) into a landing batch; `conform` turns that into accepted rows: mapping, contract,
personal data hashed, Parquet ordered by key. `read` is DuckDB reading the landed bytes into a
table, types detected by itself; `ratio` is conform in such reads, both in CPU seconds, which a
busy machine changes least; the other columns are wall time. `peak` is the memory
of the process. REST and database take a fifth of the rows. dlt (default path: JSON lines through
a Python generator into DuckDB) is no dependency: `python -m venv V && V/bin/pip install
"dlt[duckdb]"`, then `--dlt-python V/bin/python`; without it that column is left out.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from systems import DAY, fill_table, mapping_of, rest_api, stream_of, write_file

from throughline.conform import conform, find_parts
from throughline.connect.streams import land_stream
from throughline.connect.transactions import Connections
from throughline.landing import landed
from throughline.local import postgres, processes
from throughline.settings import Settings, load_settings
from throughline.source_folders import load_sources

FILES = ("jsonl", "csv", "parquet")
WAYS = (*FILES, "rest", "database")
READERS = {"jsonl": "read_ndjson", "csv": "read_csv", "parquet": "read_parquet"}
DLT_ROWS = 100_000
DLT = Path(__file__).with_name("with_dlt.py")


@dataclass(frozen=True)
class Measured:
    """One way in at one size: wall and CPU seconds of its steps; peak in MB."""

    way: str
    rows: int
    land: float
    conform: float
    conform_cpu: float
    read_cpu: float
    peak: int

    @property
    def rate(self) -> int:
        """Rows that are conformed in a second."""
        return round(self.rows / self.conform)

    @property
    def ratio(self) -> float:
        """Conform's CPU seconds in reads."""
        return round(self.conform_cpu / self.read_cpu, 1)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 5])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dlt-python", default=sys.executable, help="Python that has dlt")
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not shutil.which(given.dlt_python):
        parser.error(f"--dlt-python: there is no program {given.dlt_python}")
    if given.one:
        print(json.dumps(_one(Path(given.one[0]), given.one[1])))
        return
    console = Console(width=None if sys.stdout.isatty() else 120)
    found, dlt = _measure_all(given, console)
    console.print(_table(found))
    files = [one for one in found if one.way == "jsonl"]
    if dlt and files:
        times = ", ".join(f"{one.rate / dlt:,.0f} x at {one.rows:,}" for one in files)
        console.print(f"dlt's default path: {dlt:,.0f} rows/s; JSON lines are conformed {times}")
    if given.json:
        rows = [{**asdict(one), "rate": one.rate, "ratio": one.ratio} for one in found]
        text = json.dumps({"ways": rows, "dlt_rows_per_second": dlt}, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


def _measure_all(given: Any, console: Console) -> tuple[list[Measured], float | None]:
    found: list[Measured] = []
    dlt = None
    for number, millions in enumerate(given.millions):
        for way in given.ways:
            rows = round(millions * 1_000_000 / (1 if way in FILES else 5))
            with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as name:
                folder = Path(name)
                found.append(_measure(folder, way, rows, given.memory, given.threads))
                console.print(f"{way}, {rows:,} rows: {found[-1].rate:,} rows/s conformed")
                if number == 0 and way == "jsonl":
                    dlt = _dlt(given.dlt_python, folder, min(rows, DLT_ROWS), console)
    return found, dlt


def _measure(folder: Path, way: str, rows: int, memory: str, threads: int) -> Measured:
    """Make the source system, then land, conform and read in a process of its own."""
    path = folder / "drop" / f"events_{DAY}_{DAY}"
    write_file(path, {"rest": "jsonl", "database": "csv"}.get(way, way), rows)
    source = folder / "sources" / "app"
    source.mkdir(parents=True)
    spec = {
        **{"source": "app", "domain": "product", "owner": "app", "description": "Events."},
        **{"timezone": "Asia/Shanghai", "streams": {"events": stream_of(way, path)}},
        "entities": {"app_event": {"streams": ["events"]}},
    }
    (source / "source.yml").write_text(json.dumps(spec), encoding="utf-8")
    (source / "app_event.sql").write_text(mapping_of(way), encoding="utf-8")
    limits = {"memory_limit": memory, "threads": threads}
    config = {"home": "home", "sources_path": ["sources"], "warehouse": limits}
    (folder / "throughline.yml").write_text(json.dumps(config), encoding="utf-8")
    settings = load_settings(folder / "throughline.yml")
    with ExitStack() as stack:
        url = ""
        if way == "rest":
            url = stack.enter_context(rest_api(path))
        if way == "database":
            stack.callback(processes.stop_all, settings)
            postgres.start(settings)
            url = postgres.url(settings, "demo_crm")
            fill_table(url, path)
        command = [sys.executable, __file__, "--one", str(folder), way]
        told = _told(command, {"AIRFLOW_CONN_APP": url})
    return Measured(way, told.pop("rows"), **told)


def _one(folder: Path, way: str) -> dict[str, Any]:
    """Land, conform and read what a folder holds; the numbers of `Measured`."""
    settings = load_settings(folder / "throughline.yml")
    source = load_sources(settings)["app"]
    as_of = date.fromisoformat(DAY)

    def land() -> None:
        with Connections() as connections:
            errors, _ = land_stream(settings, source, "events", as_of, connections)
        if errors:
            raise SystemExit(f"{way}: {errors}")

    landing, _, _ = _timed(land)
    [parts] = find_parts(settings, source, "app_event", as_of)[0]
    seconds, cpu, batch = _timed(lambda: conform(settings, parts))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    [manifest] = landed(settings, "app", "events")
    path = manifest.folder(settings) / manifest.files[0].name
    kind = {"rest": "jsonl", "database": "parquet"}.get(way, way)
    read = min(_timed(lambda: _read(settings, kind, path))[1] for _ in range(2))
    numbers = {"land": landing, "conform": seconds, "conform_cpu": cpu, "read_cpu": read}
    rounded = {name: round(value, 2) for name, value in numbers.items()}
    return {"rows": batch.rows, **rounded, "peak": peak}


def _read(settings: Settings, kind: str, path: Path) -> None:
    limits = settings.warehouse
    config = {"threads": limits.threads, "memory_limit": limits.memory_limit}
    with duckdb.connect(config=config) as con:
        con.execute(f"create temp table events as from {READERS[kind]}(?)", [str(path)])


def _dlt(python: str, folder: Path, rows: int, console: Console) -> float | None:
    """Rows per second of dlt's default path; None where it is not installed."""
    if subprocess.run([python, "-c", "import dlt"], capture_output=True, check=False).returncode:
        console.print(f"dlt is not installed for {python}: left out; --help says how to add it")
        return None
    path = folder / "drop" / f"events_{DAY}_{DAY}"
    told = _told([python, str(DLT), str(path), str(rows), str(folder)], {})
    return told["rows"] / told["seconds"]


def _told(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """The JSON on the last line of what a command prints."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall seconds, CPU seconds of this process, and what the work returned."""
    begun, used = time.monotonic(), time.process_time()
    result = work()
    return time.monotonic() - begun, time.process_time() - used, result


def _table(found: list[Measured]) -> Table:
    table = Table(title="Ways in", box=None, title_justify="left", pad_edge=False)
    table.add_column("way")
    for column in (
        "rows",
        "land s",
        "conform s",
        "cpu s",
        "read cpu s",
        "ratio",
        "rows/s",
        "peak MB",
    ):
        table.add_column(column, justify="right")
    for one in found:
        numbers = (one.land, one.conform, one.conform_cpu, one.read_cpu, one.ratio)
        table.add_row(
            one.way, f"{one.rows:,}", *map(str, numbers), f"{one.rate:,}", f"{one.peak:,}"
        )
    return table


if __name__ == "__main__":
    main()
