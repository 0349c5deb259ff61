"""Any order of extract, kill, late row, change and second extract ends with the same rows.

A plain-Python model knows what the vendor holds; what was landed must hold every version that was
there when a night was read, and nothing else, however the nights went.
"""

import gzip
import json
import os
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pytest_httpserver import HTTPServer

import ingest_case as case
import rest_case as rest
from throughline.connect.rest import land_endpoint
from throughline.landing import landed

BEGIN = datetime.fromisoformat("2026-03-01T00:00:00+08:00")
LAG = timedelta(hours=1)


class Vendor(RuleBasedStateMachine):
    """Nights of one endpoint; `now` is the vendor's clock, `reached` the newest change landed."""

    server: HTTPServer
    paging: str

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.home = case.make_settings(Path(self.folder.name))
        self.api = rest.Api(size=3)
        self.server.clear()
        rest.serve(self.server, self.api, self.paging)
        self.source = rest.source(self.home, paging=self.paging, changes=True)
        self.nights = 0
        self.now = BEGIN + timedelta(minutes=1)
        self.reached: datetime | None = None
        self.count = 0
        self.ever: set[tuple[str, str]] = set()

    def stamp(self, at: datetime) -> str:
        return at.isoformat(timespec="seconds")

    def put(self, row: dict[str, str]) -> None:
        self.api.rows = [old for old in self.api.rows if old["id"] != row["id"]] + [row]
        self.ever.add((row["id"], row["changed"]))

    @rule(minutes=st.integers(1, 300), many=st.integers(1, 5))
    def rows_are_made(self, minutes: int, many: int) -> None:
        end = BEGIN + timedelta(days=self.nights + 1, seconds=-1)
        self.now = min(self.now + timedelta(minutes=minutes), end)
        for _ in range(many):
            self.count += 1
            self.put(rest.lead(self.count, self.stamp(self.now)))

    @precondition(lambda self: self.reached is not None)
    @rule(minutes=st.integers(0, 59))
    def a_row_is_committed_late(self, minutes: int) -> None:
        self.count += 1
        self.put(rest.lead(self.count, self.stamp(self.reached - timedelta(minutes=minutes))))

    @precondition(lambda self: self.api.rows)
    @rule(pick=st.integers(0, 99))
    def a_row_changes(self, pick: int) -> None:
        old = self.api.rows[pick % len(self.api.rows)]
        self.put({**old, "changed": self.stamp(self.now), "status": "working"})

    @rule(point=st.sampled_from(["land.after_page", "land.after_copy", "land.before_manifest"]))
    def a_night_is_killed(self, point: str) -> None:
        child = os.fork()
        if child == 0:
            os.environ["THROUGHLINE_FAULT"] = f"{point}:kill"
            land_endpoint(self.home, self.source, "leads", self.night)
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])

    @rule(again=st.booleans())
    def a_night_is_read(self, again: bool) -> None:
        land_endpoint(self.home, self.source, "leads", self.night)
        if again:
            before = len(self.api.asked)
            assert land_endpoint(self.home, self.source, "leads", self.night) == []
            assert len(self.api.asked) == before
        assert {(row["id"], row["changed"]) for row in self.api.rows} <= self.received()
        found = [datetime.fromisoformat(row["changed"]) for row in self.api.rows]
        self.reached = max(found, default=self.reached)
        self.nights += 1
        self.now = BEGIN + timedelta(days=self.nights, minutes=1)

    @property
    def night(self) -> date:
        return rest.D1 + timedelta(days=self.nights)

    def received(self) -> set[tuple[str, str]]:
        found = set()
        for manifest in landed(self.home, "vendor", "leads"):
            for file in manifest.files:
                path = manifest.folder(self.home) / file.name
                rows = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
                found |= {(row["id"], row["changed"]) for row in rows}
        return found

    @invariant()
    def nothing_is_landed_that_never_was(self) -> None:
        if hasattr(self, "ever"):
            assert self.received() <= self.ever

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


@pytest.mark.parametrize("paging", ["cursor", "page"])
def test_any_order_of_nights_kills_and_late_rows_lands_what_the_vendor_holds(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, paging: str
) -> None:
    rest.connect(monkeypatch, httpserver)
    machine = type("Machine", (Vendor,), {"server": httpserver, "paging": paging})
    machine.TestCase.settings = settings(
        max_examples=8,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    machine.TestCase().runTest()
