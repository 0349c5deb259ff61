"""A company whose nights go wrong at random: everything that a batch set can suffer, by seed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from night_case import put
from random_rows import LISTED, Draw, employees
from throughline import landing
from throughline.contracts import load_contracts
from throughline.settings import Settings

EVENTS = ("pageview", "app_event", "form_submit", "api_request_log")
DAILY = (*EVENTS, "lead", "ad_spend_daily")
ENTITIES = (*DAILY, *LISTED, "employee_account")
LATE_DAYS = 40


@dataclass(frozen=True)
class Sent:
    """One batch as it was put."""

    entity: str
    window: str
    rows: list[dict[str, Any]]
    batch_id: str


class Company:
    """Batches of one home; every night draws fates, and none twice before all were drawn.

    Lists change every second night: in the nights between, no fact is rebuilt.
    """

    def __init__(self, settings: Settings, seed: int, day: date) -> None:
        self.settings = settings
        self.draw = Draw(seed)
        self.day = day
        self.sent: list[Sent] = []
        self.deck: list[str] = []
        self.nights = 0
        self.minute = 0
        for entity in LISTED:
            self.put(entity, LISTED[entity](self.draw), "snapshot")
        self.put("employee_account", employees(), "snapshot")

    def next_night(self, fates: int = 3) -> list[str]:
        """A day passes: its own batches, and what else befell; returns the fates by name."""
        self.day += timedelta(days=1)
        self.nights += 1
        self.minute = 0
        for entity in DAILY:
            if entity == "api_request_log" and self.nights % 3 != 1:
                continue  # on dates without requests the app's own events count
            rows = [self.draw.row(entity, self.day) for _ in range(self.draw.random.randint(1, 4))]
            self.put(entity, rows, self.day.isoformat())
        drawn = [self._drawn() for _ in range(fates)]
        for fate in drawn:
            FATES[fate](self)
        if fates and self.nights % 2 == 0:
            drawn += LISTED
            for entity in LISTED:
                self._change(entity)
        return drawn

    def put(self, entity: str, rows: list[dict[str, Any]], window: str, **more: Any) -> None:
        """Put a batch of tonight; the later one of two is the newer."""
        self.minute += 1
        batch_id = put(self.settings, entity, rows, self.day, window, minute=self.minute, **more)
        self.sent.append(Sent(entity, window, rows, batch_id))

    def live(self, entity: str) -> list[Sent]:
        """Batches of an entity that tonight is built from, oldest first."""
        ids = {batch.batch_id for batch in landing.live_batches(self.settings, self.day)}
        return [one for one in self.sent if one.entity == entity and one.batch_id in ids]

    def one_live(self, entity: str) -> Sent:
        """One of them that has rows; one that was live once where none is now."""
        live = [one for one in self.live(entity) if one.rows]
        once = [one for one in self.sent if one.entity == entity and one.rows]
        return self.draw.random.choice(live or once)

    def _change(self, entity: str) -> None:
        """Another list than the one before."""
        before = self.live(entity)[-1].rows
        while (rows := LISTED[entity](self.draw)) == before:
            pass
        self.put(entity, rows, "snapshot")

    def _drawn(self) -> str:
        if not self.deck:
            self.deck = self.draw.random.sample(sorted(FATES), len(FATES))
        return self.deck.pop()


def business_date(company: Company, row: dict[str, Any]) -> date:
    """Date of an event; a client clock over ten minutes ahead is not believed (G3)."""
    if "ts" in row:
        return row["ts"].astimezone(company.settings.zone).date()
    happened, received = row["event_time"], row["received_at"]
    if happened > received + timedelta(minutes=10):
        happened = received
    return happened.astimezone(company.settings.zone).date()


def _late(company: Company, status: str = "passed") -> None:
    draw = company.draw
    for entity in EVENTS:
        days = [company.day - timedelta(days=draw.random.randint(1, LATE_DAYS)) for _ in range(3)]
        rows = [draw.row(entity, day) for day in days]
        company.put(entity, rows, draw.name("late"), status=status)


def _copies(company: Company) -> None:
    """Events once more with other values, received earlier or later and on other dates."""
    draw = company.draw
    for entity in EVENTS:
        first = company.one_live(entity)
        day = company.day - timedelta(days=draw.random.randint(0, LATE_DAYS))
        [key] = load_contracts()[entity].key
        rows = [{**draw.row(entity, day), key: row[key]} for row in first.rows]
        company.put(entity, rows, draw.name("copies"))


def _again(company: Company) -> None:
    """Whole batches once more, byte for byte, in a window that overlaps theirs."""
    for entity in DAILY:
        rows = company.one_live(entity).rows
        company.put(entity, rows, company.draw.name("again"))


def _corrected(company: Company) -> None:
    """Windows delivered again: a row gone, one changed, one more."""
    draw = company.draw
    for entity in DAILY:
        old = company.one_live(entity)
        day = company.day - timedelta(days=draw.random.randint(0, LATE_DAYS))
        changed = [{**row, "is_test": False, "ua": "Mozilla/5.0"} for row in old.rows[1:]]
        known = draw.row(entity, day).keys()
        rows = [{name: row[name] for name in row if name in known} for row in changed]
        company.put(entity, [*rows, draw.row(entity, day)], old.window)


def _emptied(company: Company) -> None:
    """A whole business date turns out to be wrong: every batch comes again without it."""
    for entity in EVENTS:
        lost = business_date(company, company.one_live(entity).rows[0])
        for old in company.live(entity):
            rows = [row for row in old.rows if business_date(company, row) != lost]
            if rows != old.rows:
                company.put(entity, rows, old.window)


def _withdrawn(company: Company) -> None:
    for entity in DAILY:
        name = company.one_live(entity).batch_id
        landing.set_verdict(company.settings, name, "withdrawn", "test", "wrong file")


def _released(company: Company) -> None:
    """Every batch that was held or withdrawn turns out to be right."""
    for batch in landing.input_batches(company.settings):
        if batch.status in ("held", "withdrawn"):
            landing.set_verdict(company.settings, batch.batch_id, "passed", "test", "looked at")


FATES: dict[str, Callable[[Company], None]] = {
    "late": _late,
    "held": lambda company: _late(company, "held"),
    "copies": _copies,
    "again": _again,
    "corrected": _corrected,
    "emptied": _emptied,
    "withdrawn": _withdrawn,
    "released": _released,
}
