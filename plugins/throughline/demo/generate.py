"""The demo world, day by day: arrivals, usage, costs, and the files they leave."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from throughline.demo import (
    api_calls,
    arrivals,
    campaigns,
    costs,
    elders,
    endpoints,
    exported,
    households,
    midnight,
    odd_rows,
    plots,
    quiet,
    reference,
    routine,
    scripted,
    seo,
    staff,
    usage,
)  # fmt: skip
from throughline.demo.arrivals import Day
from throughline.demo.broken import broken_lines
from throughline.demo.crm_versions import Versions
from throughline.demo.facts import Facts
from throughline.demo.ledger import Ledger
from throughline.demo.streams import STREAMS, Writer
from throughline.demo.times import add_months
from throughline.demo.truth import Tally, Truth, manifest
from throughline.demo.world import World, open_world, write_json
from throughline.errors import ConfigError
from throughline.settings import Settings

log = logging.getLogger(__name__)


def generate(settings: Settings, end: date) -> Truth:
    """Create the demo world up to the end of business date `end`, or extend it to there.

    Deterministic in seed, size, and the `end` and number of nights of the first call, which fix
    where history ends and nightly files begin. Files that exist are never touched.

    Raises:
        ConfigError: the folder holds another world, or `end` lies before its history ends.
    """
    world = open_world(settings, end)
    if end < world.history_until:
        raise ConfigError(
            f"demo: the world in {settings.demo_folder} has one history file up to "
            f"{world.history_until}; end {end} lies before it"
        )
    with _no_cycles():
        told = Told(Tally(world.vast), Facts(end, world.vast),
                    Versions(settings.demo_folder / "crm_versions", end))  # fmt: skip
        _tell(settings, world, end, told)
        reference.write(settings.demo_folder, world)
        endpoints.write(settings.demo_folder)
        return _conclude(settings, world, told, end)


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Pause the cycle collector: the story makes millions of records and no cycle among them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class Told:
    """Where what a ledger notes goes day by day, so that no world is ever held in memory."""

    tally: Tally
    facts: Facts
    versions: Versions

    def take(self, ledger: Ledger, enough: int = 20_000) -> None:
        """Take what the ledger need not remember."""
        self.facts.take(ledger)
        self.versions.take(ledger, enough)


def _tell(settings: Settings, world: World, end: date, told: Told) -> None:
    ledger, folder = Ledger(), settings.demo_folder
    _prologue(ledger, world)
    tenants: list[Any] = []
    past_leads: dict[str, int] = {}
    for first, last in world.windows(end):
        writers = [Writer(stream, stream.file(folder, first, last)) for stream in STREAMS]
        label = f"{first}" if first == last else f"{first}_{last}"
        for number in range(first.toordinal(), last.toordinal() + 1):
            _live(ledger, world, number, tenants, past_leads)
            _deliver(ledger, world, number, label, writers, told.tally)
            told.take(ledger)
        for writer in writers:
            writer.close()
        log.info("demo: files of %s written", label)
    told.take(ledger, enough=0)


def _prologue(ledger: Ledger, world: World) -> None:
    staff.past_rates(ledger, world.start)
    staff.staff(ledger, world.start)
    scripted.tell(ledger, world, plots.PLOTS)
    scripted.streaks(ledger, world)
    elders.tell(ledger, world)
    midnight.tell(ledger, world)
    households.tell(ledger, world)
    campaigns.tell(ledger, world)


def _conclude(settings: Settings, world: World, told: Told, end: date) -> Truth:
    folder = settings.demo_folder
    until = told.versions.folder / "until"
    longest = (
        not until.exists() or date.fromisoformat(until.read_text(encoding="utf-8").strip()) <= end
    )
    counts = told.versions.close(appear=longest)
    if longest:
        until.write_text(f"{end}\n", encoding="utf-8")
    data = manifest(world, told.tally, told.facts, counts, end)
    exported.write(folder, world, told.facts, end, data)
    data["seo"] = seo.truth(world)
    path = folder / "truth" / "truth_manifest.json"
    write_json(path, data)
    return Truth(path, data)


def _live(
    ledger: Ledger, world: World, number: int, tenants: list[Any], past_leads: dict[str, int]
) -> None:
    """Tell everything that happens on one day; the draws of a day depend on seed and day only."""
    today = date.fromordinal(number)
    rng = Random(f"{world.seed}:{number}")
    day = Day(number, world)
    if today.day == 1:
        _month_begins(rng, ledger, world, today, past_leads)
    staff.rates(rng, ledger, today)
    arrivals.arrive(rng, ledger, day)
    odd_rows.plant(rng, ledger, world, number)
    for channel, count in day.leads.items():
        past_leads[channel] = past_leads.get(channel, 0) + count
    costs.ad_day(rng, ledger, number, world.start.toordinal(), day.landed,
                 world.history_until.toordinal())  # fmt: skip
    tenants[:] = [known for known in tenants if known[0] >= number]
    tenants += [(new.last_day, new) for new in ledger.tenants.pop(number, [])]
    weekday = today.weekday()
    drawn = Random(f"{world.seed}:{number}:usage")
    for _, tenant in tenants:
        usage.day_of_tenant(drawn, ledger, tenant, number, weekday, world.busy)
    using = [tenant for _, tenant in tenants if tenant.in_use(number)]
    quiet.fill(ledger, world, number, using)
    api_calls.programs(ledger, using, number)
    for _, tenant in tenants:
        routine.day(ledger, world, tenant, number)
    seo.day(ledger, world, number)
    if number % 30 == 0:
        log.info("demo: %s, %d tenants", today, len(tenants))


def _month_begins(
    rng: Random, ledger: Ledger, world: World, today: date, past_leads: dict[str, int]
) -> None:
    staff.targets(ledger, today)
    if today >= add_months(world.start, 1):
        costs.monthly(rng, ledger, today, past_leads)
    past_leads.clear()
    leads = arrivals.expected_event_leads(world)
    costs.market_event(rng, ledger, today.toordinal() + 11, leads)


def _deliver(
    ledger: Ledger, world: World, number: int, label: str, writers: list[Writer], tally: Tally
) -> None:
    """Print what arrived on a day into the files of its window."""
    for writer in writers:
        stream = writer.stream
        rows = ledger.files[stream.name].pop(number, [])
        broken = broken_lines(world, stream.name, number, rows)
        tally.add(stream.name, label, rows, broken)
        if writer.done:
            continue
        texts = [stream.line(row[1:]) for row in rows]
        texts += [made if isinstance(made, str) else stream.line(made) for _, _, made in broken]
        writer.write(texts)
