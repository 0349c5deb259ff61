"""Any order of nights, kills, deletes and returns ends with the rows that a plain model counts.

The model is a few sets of ids. Tables and files are read by the real ways in, swept on Sundays.
"""

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pytest_httpserver import HTTPServer

import delete_case as deletes
import rest_case as rest
from delete_case import FIRST, SUNDAY, Vendor

POINTS = (
    *("land.after_copy", "land.before_manifest", "conform.before_manifest", "verdict.before"),
    *("sweep.after_keys", "sweep.after_list", "sweep.landed"),
)


class Orders(RuleBasedStateMachine):
    """Leads of one source; `counts` and `swept` are what the warehouse must think of them.

    Every order begins with a row that a sweep found gone, and that is there again, unchanged.
    """

    way: str
    server: HTTPServer
    patch: pytest.MonkeyPatch
    url: str

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.vendor: Vendor = deletes.vendor(
            self.way,
            Path(self.folder.name),
            self.server,
            self.patch,
            lambda: self.url,
            max_share=1,
            allowed_rows=1000,
        )
        self.day, self.last_list = FIRST, None
        self.count = 0
        self.gone: dict[str, dict] = {}
        self.fresh: set[str] = set()
        self.counts: set[str] = set()
        self.swept: set[str] = set()
        self.rows_are_made(3)
        self.night()
        self.a_row_is_deleted(0)
        self.day = SUNDAY
        self.night()
        assert self.swept == set(deletes.ids(1))
        self.a_row_comes_back(0, changed=False)
        self.day = SUNDAY + timedelta(days=3)

    @rule(many=st.integers(1, 3))
    def rows_are_made(self, many: int) -> None:
        for _ in range(many):
            self.count += 1
            self.vendor.put(self.count, self.day)
            self.fresh.add(deletes.ids(self.count)[0])

    @precondition(lambda self: self.way == "database" and self.vendor.rows)
    @rule()
    def a_row_is_committed_late(self) -> None:
        self.count += 1
        name = deletes.ids(self.count)[0]
        at = max(datetime.fromisoformat(row["changed"]) for row in self.vendor.rows.values())
        told = (at - timedelta(minutes=30)).isoformat()
        if at.date() < self.day:  # else it is an ordinary row of this day
            self.vendor.rows[name] = rest.lead(self.count, told)
            self.fresh.add(name)

    @precondition(lambda self: self.vendor.rows)
    @rule(pick=st.integers(0, 99))
    def a_row_changes(self, pick: int) -> None:
        name = sorted(self.vendor.rows)[pick % len(self.vendor.rows)]
        self.vendor.put(int(name[1:]), self.day)
        self.fresh.add(name)

    @precondition(lambda self: self.vendor.rows)
    @rule(pick=st.integers(0, 99))
    def a_row_is_deleted(self, pick: int) -> None:
        name = sorted(self.vendor.rows)[pick % len(self.vendor.rows)]
        self.gone[name] = self.vendor.rows.pop(name)

    @precondition(lambda self: set(self.gone) & (self.counts | self.swept))
    @rule(pick=st.integers(0, 99), changed=st.booleans())
    def a_row_comes_back(self, pick: int, changed: bool) -> None:
        known = sorted(set(self.gone) & (self.counts | self.swept))
        name = known[pick % len(known)]
        self.vendor.rows[name] = self.gone.pop(name)
        if changed:
            self.vendor.put(int(name[1:]), self.day)
            self.fresh.add(name)

    @rule(
        point=st.none() | st.sampled_from(POINTS),
        again=st.booleans(),
        days=st.sampled_from([1, 4, 7]),
    )
    def a_night_is_over(self, point: str | None, again: bool, days: int) -> None:
        if point is not None:
            self.killed(point)
        self.night()
        if again:
            self.vendor.night(self.day)
            assert set(self.vendor.counted(self.day)) == self.counts
        self.day += timedelta(days=days)

    def killed(self, point: str) -> None:
        child = os.fork()
        if child == 0:
            os.environ["THROUGHLINE_FAULT"] = f"{point}:kill"
            self.vendor.night(self.day)
            os._exit(0)
        os.waitpid(child, 0)  # points of a sweep are reached only where one is due

    def night(self) -> None:
        """Take the night, and the model with it."""
        _, errors = self.vendor.night(self.day)
        there = set(self.vendor.rows)
        read = self.fresh & there
        self.counts |= read
        self.swept -= read
        self.fresh = set()
        sunday = self.day - timedelta(days=(self.day.weekday() - 6) % 7)
        due = sunday > FIRST and (self.last_list is None or self.last_list < sunday)
        refused = due and not there and bool(self.counts)
        assert bool(errors) == refused
        if due and not refused:
            gone, back = self.counts - there, self.swept & there
            self.counts = self.counts - gone | back
            self.swept = self.swept - back | gone
            self.last_list = self.day
        assert set(self.vendor.counted(self.day)) == self.counts

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


@pytest.mark.parametrize("way", ["files", "database"])
def test_any_order_of_nights_kills_deletes_and_returns_ends_with_what_counts(
    request: pytest.FixtureRequest,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    url = request.getfixturevalue("postgres_url") if way == "database" else ""
    given = {"way": way, "server": httpserver, "patch": monkeypatch, "url": url}
    machine = type("Machine", (Orders,), given)
    machine.TestCase.settings = settings(
        max_examples=4,
        stateful_step_count=9,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    machine.TestCase().runTest()
