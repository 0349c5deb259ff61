"""What the checks cost: every suite beside hand-written SQL for the same facts.

    python benchmarks/checks.py --home .throughline          a home that has run a night
    python benchmarks/checks.py --sizes tiny default large   fresh homes, one night each, deleted

Per gate the suites are judged as the night judges them (Great Expectations, push-down, two
processes), and the same facts, those not applicable left out, are asked as one would by hand: per
table one SELECT with an aggregate for each fact about a column, each query of a check as it is, on
one connection with the same limits. Both must come to the same verdict for every fact, or the
benchmark stops. Both sides are measured `--rounds` times in turns, and the fastest round of each
counts. `share` is what the gates took of the newest night (`throughline run`'s own report;
Airflow's part not counted). Seconds of wall time; nothing in a home is written.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from by_hand import Facts, ask
from rich.console import Console
from rich.table import Table

from throughline import demo, night
from throughline.checks.datasource import preload
from throughline.checks.gate import check_candidate, check_layer
from throughline.checks.results import CheckResult
from throughline.checks.suites import STAGES, Suite, load_layer
from throughline.demo.world import SIZES
from throughline.extract import extract_domain, sources_of
from throughline.landing.reports import read_report
from throughline.local import airflow, postgres, stack
from throughline.night_report import NightReport
from throughline.night_report import read_report as read_night
from throughline.settings import DOMAINS, Settings, load_settings

LAYERS = ("staging", "core", "stages")


@dataclass(frozen=True)
class Measured:
    """One gate of one home: facts, wall seconds of both sides, what the night spent on it."""

    home: str
    gate: str
    facts: int
    suites: float
    by_hand: float

    @property
    def ratio(self) -> float:
        """How many times as long as by hand."""
        return round(self.suites / self.by_hand, 2)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, nargs="*", default=[])
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--end", type=date.fromisoformat, default=date.today() - timedelta(days=1))
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    given = parser.parse_args()
    preload()
    console = Console(width=None if sys.stdout.isatty() else 120)
    found: list[Measured] = []
    shares: dict[str, dict[str, float]] = {}
    for name, opened in _homes(given.home, given.sizes, given.end):
        with opened as settings:
            found += measure(settings, name, given.rounds)
            shares[name] = share_of_night(settings)
    console.print(_table(found))
    for name, share in shares.items():
        parts = ", ".join(f"{part} {seconds:g} s" for part, seconds in share.items())
        console.print(f"{name}: {share['share']:.1%} of the night ({parts})")
    if given.json:
        rows = [{**asdict(one), "ratio": one.ratio} for one in found]
        text = json.dumps({"gates": rows, "nights": shares}, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


def measure(settings: Settings, name: str, rounds: int) -> list[Measured]:
    """Judge a home's newest night by suites and by hand, in turns; the fastest round counts.

    Raises:
        SystemExit: the two sides disagree about a fact.
    """
    report = _newest(settings)
    out = []
    for gate in LAYERS:
        suites = _suites(gate)
        file = Path(report.release or "") if gate == "stages" else Path(report.work_file)
        times: dict[str, list[float]] = {"suites": [], "by hand": []}
        for _ in range(rounds):
            judged = _timed(times["suites"], lambda g=gate: _judge(settings, g, report))
            idle = {(r.suite, r.expectation) for r in judged if r.status == "not_applicable"}
            by_hand = partial(ask, settings, file, suites, idle)
            facts = _timed(times["by hand"], by_hand)
        _agree(judged, facts)
        best = {side: round(min(seconds), 2) for side, seconds in times.items()}
        out.append(Measured(name, gate, len(facts), best["suites"], best["by hand"]))
    total = {
        side: round(sum(getattr(one, side) for one in out), 2) for side in ("suites", "by_hand")
    }
    return [*out, Measured(name, "all", sum(one.facts for one in out), **total)]


def share_of_night(settings: Settings) -> dict[str, float]:
    """Seconds of the gates and of the whole newest night, and their share."""
    report = _newest(settings)
    as_of = date.fromisoformat(report.as_of)
    sources = [source for domain in DOMAINS for source in sources_of(settings, domain)]
    extracts = [read_report(settings, source.name, as_of) for source in sources]
    extracted = [extract.seconds for extract in extracts if extract is not None]
    parts = {
        "input": sum(seconds.get("checks", 0.0) for seconds in extracted),
        "staging and core": report.seconds.get("checks_core", 0.0),
        "candidate": report.seconds.get("checks_candidate", 0.0),
    }
    whole = sum(sum(seconds.values()) for seconds in extracted) + sum(report.seconds.values())
    rounded = {part: round(seconds, 1) for part, seconds in parts.items()}
    return {**rounded, "night": round(whole, 1), "share": sum(parts.values()) / whole}


def _suites(gate: str) -> list[Suite]:
    layers = STAGES if gate == "stages" else (gate,)
    return [suite for layer in layers for suite in load_layer(layer)]


def _judge(settings: Settings, gate: str, report: NightReport) -> list[CheckResult]:
    if gate == "stages":
        return check_candidate(settings, Path(report.release or ""), set())
    return check_layer(settings, gate, Path(report.work_file))


def _agree(judged: list[CheckResult], facts: Facts) -> None:
    by_suites = {(one.suite, one.expectation): one.status for one in judged}
    for key, holds in facts.items():
        said = by_suites.get(key)
        if said != ("pass" if holds else "fail"):
            raise SystemExit(f"{key}: the suite says {said}, SQL by hand says {holds}")


def _timed(times: list[float], work: Callable[[], Any]) -> Any:
    begun = time.monotonic()
    result = work()
    times.append(time.monotonic() - begun)
    return result


def _newest(settings: Settings) -> NightReport:
    nights = sorted((settings.home / "logs" / "nights").glob("*.json"))
    if not nights:
        raise SystemExit(f"{settings.home} has run no night; `make run`")
    report = read_night(settings, date.fromisoformat(nights[-1].stem))
    if report.release is None:
        raise SystemExit(f"the night of {report.as_of} published nothing")
    return report


def _homes(homes: list[Path], sizes: list[str], end: date) -> Iterator[tuple[str, Any]]:
    for home in homes:
        yield home.resolve().parent.name, _existing(home)
    for size in sizes or (["tiny"] if not homes else []):
        yield size, _fresh(size, end)


@contextmanager
def _existing(home: Path) -> Iterator[Settings]:
    yield load_settings().model_copy(update={"home": home.resolve()})


@contextmanager
def _fresh(size: str, end: date) -> Iterator[Settings]:
    """A home with one night of the demo; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as folder:
        config = Path(folder) / "throughline.yml"
        config.write_text(json.dumps({"home": "home", "demo": {"size": size}}), encoding="utf-8")
        os.environ["THROUGHLINE_CONFIG"] = str(config)
        os.environ.pop("THROUGHLINE_HOME", None)
        settings = load_settings()
        demo.generate(settings, end)
        with stack.stopped_at_the_end(settings):
            stack.start_servers(settings, lambda _: None)
            url = postgres.url(settings, "demo_crm")
            os.environ.update(airflow.connections(settings))
            demo.load_crm(settings, url, end)
            for domain in DOMAINS:
                extract_domain(settings, domain, end)
            night.run(settings, end)
            yield settings


def _table(found: list[Measured]) -> Table:
    table = Table(title="Wall seconds of the gates", box=None, title_justify="left", pad_edge=False)
    for column in ("home", "gate"):
        table.add_column(column)
    for column in ("facts", "suites", "by hand", "ratio"):
        table.add_column(column, justify="right")
    for one in found:
        numbers = (one.facts, one.suites, one.by_hand, one.ratio)
        table.add_row(one.home, one.gate, *map(str, numbers))
    return table


if __name__ == "__main__":
    main()
