"""Engine seconds of the core: a night of new events on a history, and a rebuild of everything.

    python benchmarks/core.py                              1, 3 and 10 million events of history
    python benchmarks/core.py --history 10 30 100 --json core.json

Each size gets a fresh home with accepted batches of page views and product events, 0.55 M a day,
one fiftieth as many people as events. The statements that dbt wrote for the project's own models
are executed as the night does (`tests/replay_case.py`): first everything from nothing (`rebuild`),
then `--nights` further days of 0.55 M one by one; the fastest counts. Seconds are CPU seconds of
the process over all its threads, with the limits of `--memory` and `--threads`, because a busy
machine changes them least; `prepare` finds the touched dates. `scan` reads the columns that a model
reads; `query` is the model's SELECT alone, `rebuild` also writes its rows; both in such scans too.
Linux only.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from history import NIGHT_ROWS, put_day
from rich.console import Console
from rich.table import Table

from throughline.settings import Settings, load_settings
from throughline.warehouse import connect
from throughline.warehouse.dbt import project_folder

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from night_case import make_home, use_part_of_project
from replay_case import Replay

FIRST = date(2026, 1, 1)
TABLES = ("fct_user_day", "fct_web_session", "int_fx_rates__reporting")
PARTS = {
    "stg_pageview": ("stg_pageview",),
    "stg_app_event": ("stg_app_event",),
    "fct_pageview": ("fct_pageview",),
    "fct_business_event": ("int_app_events__flagged", "fct_business_event"),
    "fct_user_day": ("fct_user_day",),
    "identity": ("int_identit", "map_", "person_alias", "bridge_person"),
    "sessions": ("int_visits__parted", "fct_web_session"),
    "visits by date, of sessions": ("int_visits__parted",),
}
"""Lines of the table, and the beginnings of the names of the models whose seconds they add up."""
FACTS = ("fct_pageview", "fct_business_event", "fct_user_day")
BY_DATE = ("prepare", "stg_pageview", "stg_app_event", *FACTS, "visits by date, of sessions")
"""What a night builds of its touched dates alone."""
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
    """One part of one history: seconds of the rebuild, of the fastest night, of scan and query."""

    history: int
    part: str
    rebuild: float
    night: float
    scan: float | None = None
    query: float | None = None

    def scans(self, seconds: float | None) -> float | None:
        """Seconds in scans of the columns that the part reads."""
        return round(seconds / self.scan, 1) if seconds and self.scan else None


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
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = [round(millions * 1_000_000) for millions in given.history]
    if given.one:
        settings = load_settings(given.one)
        print(json.dumps(measure(settings, sizes[0], given.night, given.nights)))
        return
    console = Console(width=None if sys.stdout.isatty() else 120)
    found: list[Measured] = []
    for rows in sizes:
        told = _apart(given, rows)
        lines = [Measured(**line) for line in told["lines"]]
        found += lines
        console.print(_table(lines))
        peaks = f"rebuild {told['rebuild']:,} MB, night {told['night']:,} MB"
        console.print(f"{rows:,} events, memory_limit {given.memory}: peak of {peaks}")
    console.print(f"the three facts of a night by history: {_flat(found, FACTS)}")
    console.print(f"all that a night builds by date: {_flat(found, BY_DATE)}")
    if given.json:
        lines = [{**asdict(one), "rebuild_scans": one.scans(one.rebuild),
                  "query_scans": one.scans(one.query)} for one in found]  # fmt: skip
        given.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


def measure(settings: Settings, history: int, night: int, nights: int) -> dict[str, Any]:
    """Build a history of so many rows, then nights on top; per part the fastest night counts."""
    days = max(history // night, 1)
    catalogue = project_folder(settings) / "seeds" / "event_catalogue.csv"
    replay = Replay(settings, FIRST)
    for number in range(days + nights):
        rows = history // days if number < days else night
        put_day(settings, FIRST + timedelta(days=number), rows, history, catalogue)
    first, peak = build(replay, FIRST + timedelta(days=days - 1))
    scans = {part: _scan(settings, *what) for part, what in SCANS.items()}
    queries = {part: _query(settings, replay, part) for part in SCANS}
    later = [build(replay, FIRST + timedelta(days=days + number)) for number in range(nights)]
    lines = []
    for part, seconds in first.items():
        fastest = min(one.get(part, 0.0) for one, _ in later)
        lines.append(asdict(Measured(history, part, seconds, fastest, scans.get(part),
                                    queries.get(part))))  # fmt: skip
    return {"lines": lines, "rebuild": peak, "night": max(peak for _, peak in later)}


def build(replay: Replay, as_of: date) -> tuple[dict[str, float], int]:
    """Build the night of `as_of`: seconds by part, and the peak of this process in MB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    replay.cpu.clear()
    replay.night(as_of)
    seconds = {"prepare": 0.0, **dict.fromkeys(PARTS, 0.0), "others": 0.0}
    for model, spent in replay.cpu.items():
        parts = {"prepare": ("prepare",), **PARTS}
        for part in [name for name, of in parts.items() if model.startswith(of)] or ["others"]:
            seconds[part] += spent
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return {name: round(spent, 2) for name, spent in seconds.items()}, int(peak.split()[1]) // 1024


def _scan(settings: Settings, table: str, columns: str) -> float:
    """Seconds to read columns of a table."""
    return _read(settings, f"select {columns} from {table}")


def _query(settings: Settings, replay: Replay, part: str) -> float:
    """Seconds of the SELECTs of a part's models, whose rows are not written."""
    selects = (one.select for one in replay.models if one.name.startswith(PARTS[part]))
    return round(sum(_read(settings, select) for select in selects), 3)


def _read(settings: Settings, select: str) -> float:
    """Seconds to make all values of a SELECT: the fastest of three, after one to warm up."""
    times = []
    with connect(settings, settings.work_file, read_only=True) as con:
        columns = [f'"{row[0]}"' for row in con.execute(f"describe {select}").fetchall()]
        largest = ", ".join(f"max({name})" for name in columns)
        for _ in range(4):
            begun = time.process_time()
            con.execute(f"select {largest} from ({select})").fetchall()
            times.append(time.process_time() - begun)
    return round(min(times[1:]), 3)


def _flat(found: list[Measured], parts: tuple[str, ...]) -> str:
    """Seconds of a night of some parts together, by history, and how much more than the least."""
    sums: dict[int, float] = {}
    for one in found:
        if one.part in parts:
            sums[one.history] = sums.get(one.history, 0.0) + one.night
    least = sums[min(sums)] or 1
    told = [f"{rows:,} {value:.2f} s ({value / least - 1:+.0%})" for rows, value in sums.items()]
    return ", ".join(told)


def _apart(given: argparse.Namespace, rows: int) -> dict[str, Any]:
    """Measure one size in a process and a home of its own; both are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as folder:
        limits = {"memory_limit": given.memory, "threads": given.threads}
        settings = make_home(Path(folder), ["pageview", "app_event"], warehouse=limits)
        use_part_of_project(settings, *TABLES)
        command = [sys.executable, __file__, "--one", str(settings.config_file)]
        command += ["--history", str(rows / 1e6), "--night", str(given.night)]
        command += ["--nights", str(given.nights)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _table(found: list[Measured]) -> Table:
    table = Table(title="Engine seconds", box=None, title_justify="left", pad_edge=False)
    table.add_column("history", justify="right")
    table.add_column("part")
    for column in ("night", "rebuild", "scan", "query", "rebuild, query in scans"):
        table.add_column(column, justify="right")
    for one in found:
        scans = f"{one.scans(one.rebuild)}, {one.scans(one.query)}" if one.scan else ""
        numbers = (one.night, one.rebuild, one.scan or "", one.query or "", scans)
        table.add_row(f"{one.history:,}", one.part, *map(str, numbers))
    return table


if __name__ == "__main__":
    main()
