"""Wall time of the demo's nights, split into their parts.

    python benchmarks/night.py                        tiny, the size of `make test`
    python benchmarks/night.py --sizes tiny default large --nights 3
    python benchmarks/night.py --sizes default --airflow default --json night.json

Each size gets a fresh home that is deleted afterwards. The first night takes the whole history,
the others one day each. Nights run in this process, source after source; for the size named by
`--airflow` they run through the real stack instead, and `airflow` is the wall time of the DAG runs
minus all parts (below zero where domains are extracted side by side). Seconds; `make run` must
have been able to run once, because the CRM is a real PostgreSQL.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from throughline import demo, night
from throughline.demo.world import SIZES
from throughline.extract import extract_source, finish_domain, sources_of
from throughline.landing import input_batches
from throughline.landing.reports import read_report
from throughline.local import airflow, postgres, rest, scheduled, stack
from throughline.local.progress import Progress
from throughline.night_report import read_report as read_night
from throughline.settings import DOMAINS, Settings, load_settings

PARTS = ("land", "conform", "checks input", "checks core", "checks candidate", "dbt", "publish")
_PART_OF = {"copy": "publish", "publish": "publish", "checks_core": "checks core",
            "checks_candidate": "checks candidate"}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One night of one size: rows that came in, wall seconds, and the parts of them.

    `cpu` are seconds of this process and its children, which a busy machine changes less than the
    wall; not known through Airflow.
    """

    size: str
    as_of: str
    through: str
    rows: int
    wall: float
    cpu: float | None
    parts: dict[str, float]

    @property
    def rest(self) -> float:
        """Wall seconds that no part explains; in Airflow its own."""
        return round(self.wall - sum(self.parts.values()), 1)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=["tiny"])
    parser.add_argument("--nights", type=int, default=3)
    parser.add_argument("--end", type=date.fromisoformat, default=date.today() - timedelta(days=1))
    parser.add_argument("--airflow", choices=list(SIZES), help="this size through the real stack")
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    progress = Progress(console)
    found = []
    for size in dict.fromkeys([*given.sizes, *filter(None, [given.airflow])]):
        with _home(size, given.nights, given.end, progress) as settings:
            measure = _through_airflow if size == given.airflow else _in_process
            found += measure(settings, given.end, progress)
    console.print(_table(found))
    if given.json:
        rows = [{**asdict(one), "rest": one.rest} for one in found]
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _home(size: str, nights: int, end: date, progress: Progress) -> Iterator[Settings]:
    """A fresh home with the demo generated and PostgreSQL running; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as folder:
        config = Path(folder) / "throughline.yml"
        given = {"home": "home", "demo": {"size": size, "nights": nights, "end": str(end)}}
        config.write_text(json.dumps(given), encoding="utf-8")
        os.environ["THROUGHLINE_CONFIG"] = str(config)
        os.environ.pop("THROUGHLINE_HOME", None)
        settings = load_settings()
        begun = time.monotonic()
        demo.generate(settings, end)
        progress.say(f"{size}: generated in {time.monotonic() - begun:.1f} s")
        with stack.stopped_at_the_end(settings):
            stack.start_servers(settings, progress.say)
            yield settings


def _in_process(settings: Settings, end: date, progress: Progress) -> list[Measured]:
    os.environ.update(airflow.connections(settings))

    def one_night(as_of: date) -> None:
        for domain in DOMAINS:
            for source in sources_of(settings, domain):
                report = extract_source(settings, source.name, as_of)
                progress.say(f"  {source.name}: {report.status}, {report.accepted:,} rows")
            finish_domain(settings, domain, as_of)
        night.run(settings, as_of)

    return _nights(settings, end, progress, "process", one_night)


def _through_airflow(settings: Settings, end: date, progress: Progress) -> list[Measured]:
    dags = stack.expected_dags(settings)
    stack.start_airflow(settings, schedule=False)
    stack.wait_until_ready(settings, dags)

    def one_night(as_of: date) -> None:
        with rest.connect(settings) as api:
            result = scheduled.run_night(settings, api, as_of, dags, progress.watch)
        if not result.ok:
            raise SystemExit(f"the night of {as_of} failed: {result.states}")

    return _nights(settings, end, progress, "airflow", one_night)


def _nights(
    settings: Settings,
    end: date,
    progress: Progress,
    through: str,
    one_night: Callable[[date], None],
) -> list[Measured]:
    found = []
    size, count = settings.demo.size, settings.demo.nights
    for as_of in (end - timedelta(days=back) for back in reversed(range(count))):
        demo.load_crm(settings, postgres.url(settings, "demo_crm"), as_of)
        begun, used = time.monotonic(), _cpu()
        one_night(as_of)
        wall = round(time.monotonic() - begun, 1)
        cpu = None if through == "airflow" else round(_cpu() - used, 1)
        rows = sum(batch.rows for batch in input_batches(settings) if batch.as_of == as_of)
        parts = _parts(settings, as_of)
        found.append(Measured(size, as_of.isoformat(), through, rows, wall, cpu, parts))
        progress.say(f"{size} {as_of} through {through}: {wall} s, {rows:,} rows")
    return found


def _cpu() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _parts(settings: Settings, as_of: date) -> dict[str, float]:
    """Wall seconds of the parts, as the reports of the sources and of the night tell them."""
    parts = dict.fromkeys(PARTS, 0.0)
    for source in (source for domain in DOMAINS for source in sources_of(settings, domain)):
        report = read_report(settings, source.name, as_of)
        for name, seconds in (report.seconds if report else {}).items():
            parts["checks input" if name == "checks" else name] += seconds
    for name, seconds in read_night(settings, as_of).seconds.items():
        parts[_PART_OF.get(name, "dbt")] += seconds
    return {name: round(seconds, 1) for name, seconds in parts.items()}


def _table(found: list[Measured]) -> Table:
    table = Table(title="Wall seconds of a night", box=None, title_justify="left", pad_edge=False)
    for column in ("size", "night", "through"):
        table.add_column(column)
    for column in ("rows", "wall", "cpu", *PARTS, "rest"):
        table.add_column(column, justify="right")
    for one in found:
        numbers = [one.wall, one.cpu or "", *(one.parts[part] for part in PARTS), one.rest]
        table.add_row(one.size, one.as_of, one.through, f"{one.rows:,}", *map(str, numbers))
    return table


if __name__ == "__main__":
    main()
