"""Engine seconds of the core: a night of new events on a history, and a rebuild of everything.

    python benchmarks/core.py                              1, 3 and 10 million events of history
    python benchmarks/core.py --history 10 30 100 --json core.json

Each size gets a fresh home with accepted batches of page views and product events, 0.55 M a day,
one fiftieth as many people as events. The project's own models are built by dbt from nothing
(`rebuild`), then `--nights` further days of 0.55 M are built one by one; the fastest counts. The
seconds are those that dbt measured per model, wall time of one process with the limits of
`--memory` and `--threads`; `prepare` finds the touched dates. `scan` reads the columns that a
model reads, `times scan` is its rebuild in such scans; `peak` is the memory of dbt's process.
Nothing is read or written outside the fresh homes.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from history import NIGHT_ROWS, put_day
from rich.console import Console
from rich.table import Table

from throughline.landing import live_batches
from throughline.settings import Settings, load_settings
from throughline.warehouse import connect, prepare
from throughline.warehouse.dbt import Dbt, dbt_vars, project_folder
from throughline.warehouse.fingerprints import drop_changed, fingerprints
from throughline.warehouse.graph import Graph
from throughline.warehouse.prepare import finish_attempt

FIRST = date(2026, 1, 1)
SELECTION = ("+fct_user_day", "+fct_web_session")
PARTS = {
    "stg_pageview": ("stg_pageview",),
    "stg_app_event": ("stg_app_event",),
    "fct_pageview": ("fct_pageview",),
    "fct_business_event": ("int_app_events__flagged", "fct_business_event"),
    "fct_user_day": ("fct_user_day",),
    "identity": ("int_identit", "map_", "person_alias", "bridge_person"),
    "sessions": ("int_pageviews__sessioned", "fct_web_session"),
}
"""Lines of the table, and the beginnings of the names of the models whose seconds they add up."""
NODE_GRAIN = ("fct_pageview", "fct_business_event", "fct_user_day")
SCANS = {
    "fct_user_day": (
        "core.fct_business_event",
        "login_id, anonymous_id, company_id, employee_id, business_line, business_date, is_active,"
        " is_core_feature, is_login, is_launch, event_duration, event_at",
    ),
    "sessions": (
        "core.fct_pageview",
        "event_id, anonymous_id, event_at, leave_at, url_path, is_bot, is_internal, site_id,"
        " utm_source, utm_medium, utm_campaign, referrer_domain, device, os, browser",
    ),
}


@dataclass(frozen=True)
class Measured:
    """One part of one history: seconds of the rebuild, of the fastest night, of a scan."""

    history: int
    part: str
    rebuild: float
    night: float
    scan: float | None = None

    @property
    def times_scan(self) -> float | None:
        """The rebuild in scans of the columns that it reads."""
        return round(self.rebuild / self.scan, 1) if self.scan else None


@dataclass(frozen=True)
class Phase:
    """Seconds by part, and the peak memory of dbt's process in MB (None where unknown)."""

    seconds: dict[str, float]
    peak: float | None


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--history", type=float, nargs="+", default=[1, 3, 10], help="million")
    parser.add_argument("--night", type=int, default=NIGHT_ROWS, help="rows of a new day")
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    found: list[Measured] = []
    for millions in given.history:
        with _home(given.memory, given.threads) as settings:
            rows = round(millions * 1_000_000)
            lines, peaks = measure(settings, rows, given.night, given.nights)
            found += lines
            told = ", ".join(f"{name} {peak:,.0f} MB" for name, peak in peaks.items() if peak)
            console.print(f"{rows:,} events: memory_limit {given.memory}, peak of {told}")
    console.print(_table(found))
    console.print(f"node-grain facts of a night, from the smallest to the largest: {_flat(found)}")
    if given.json:
        lines = [{**asdict(one), "times_scan": one.times_scan} for one in found]
        given.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


def measure(
    settings: Settings, history: int, night: int, nights: int
) -> tuple[list[Measured], dict[str, float | None]]:
    """Build a history of so many rows, then nights on top; per part the fastest night counts."""
    days = max(history // night, 1)
    catalogue = project_folder(settings) / "seeds" / "event_catalogue.csv"
    for number in range(days + nights):
        rows = history // days if number < days else night
        put_day(settings, FIRST + timedelta(days=number), rows, history, catalogue)
    first = build(settings, FIRST + timedelta(days=days - 1))
    scans = {part: _scan(settings, *what) for part, what in SCANS.items()}
    later = [build(settings, FIRST + timedelta(days=days + number)) for number in range(nights)]
    lines = []
    for part, seconds in first.seconds.items():
        fastest = min(one.seconds.get(part, 0.0) for one in later)
        lines.append(Measured(history, part, seconds, fastest, scans.get(part)))
    return lines, {"rebuild": first.peak, "night": max(one.peak or 0 for one in later)}


def build(settings: Settings, as_of: date) -> Phase:
    """Build the selection as the night of `as_of` does; what did not change keeps its rows."""
    with Dbt(settings, settings.work_file) as dbt:
        begun = time.monotonic()
        batches = live_batches(settings, as_of)
        lost = prepare(settings, as_of, settings.work_file, batches, f"{as_of}-benchmark")
        prepared = time.monotonic() - begun
        graph = Graph(dbt.manifest(), dbt_vars(settings))
        dbt.build("--select", "resource_type:seed", *graph.before_facts())
        with connect(settings, settings.work_file) as con:
            prints = fingerprints(con, graph)
            drop_changed(con, graph, prints, lost)
        dbt.build("--select", *SELECTION, "--exclude", "resource_type:seed")
        peak = _peak_of_children()
    with connect(settings, settings.work_file) as con:
        finish_attempt(con, prints)
    seconds = {"prepare": prepared, **dict.fromkeys(PARTS, 0.0), "others": 0.0}
    for run in dbt.runs:
        part = next((name for name, of in PARTS.items() if run.model.startswith(of)), "others")
        seconds[part] += run.seconds
    return Phase({part: round(value, 2) for part, value in seconds.items()}, peak)


def _scan(settings: Settings, table: str, columns: str) -> float:
    """Seconds to read columns of a table: the fastest of three, after one to warm up."""
    select = ", ".join(f"max({name})" for name in columns.split(", "))
    times = []
    with connect(settings, settings.work_file, read_only=True) as con:
        for _ in range(4):
            begun = time.monotonic()
            con.execute(f"select {select} from {table}").fetchall()
            times.append(time.monotonic() - begun)
    return round(min(times[1:]), 3)


def _peak_of_children() -> float | None:
    """Largest peak memory of the running child processes in MB; None where no one can say."""
    peaks = []
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text(encoding="utf-8").split():
            status = Path("/proc", pid, "status").read_text(encoding="utf-8")
            lines = dict(line.split(":", 1) for line in status.splitlines())
            peaks.append(int(lines["VmHWM"].split()[0]) / 1024)
    return round(max(peaks)) if peaks else None


def _flat(found: list[Measured]) -> str:
    sums: dict[int, float] = {}
    for one in found:
        if one.part in NODE_GRAIN:
            sums[one.history] = sums.get(one.history, 0.0) + one.night
    least = sums[min(sums)] or 1
    told = [f"{rows:,} {value:.2f} s ({value / least - 1:+.0%})" for rows, value in sums.items()]
    return ", ".join(told)


@contextmanager
def _home(memory: str, threads: int) -> Iterator[Settings]:
    """A fresh home; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as folder:
        config = Path(folder) / "throughline.yml"
        limits = {"memory_limit": memory, "threads": threads}
        config.write_text(json.dumps({"home": "home", "warehouse": limits}), encoding="utf-8")
        os.environ.pop("THROUGHLINE_HOME", None)
        yield load_settings(config)


def _table(found: list[Measured]) -> Table:
    table = Table(title="Engine seconds", box=None, title_justify="left", pad_edge=False)
    table.add_column("history", justify="right")
    table.add_column("part")
    for column in ("night", "rebuild", "scan", "times scan"):
        table.add_column(column, justify="right")
    for one in found:
        numbers = (one.night, one.rebuild, one.scan or "", one.times_scan or "")
        table.add_row(f"{one.history:,}", one.part, *map(str, numbers))
    return table


if __name__ == "__main__":
    main()
