"""The Zendesk packs: against the export over two nights, and on the vendor's real tables."""

from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer

import ingest_case as case
import zendesk_case as zendesk
from pack_case import installed, load_seeds, needs_seeds, seed_rows, taken
from throughline.settings import Settings

D1, D2 = date(2026, 3, 1), date(2026, 3, 2)
PATHS = ("/api/v2/incremental/tickets/cursor.json", "/api/v2/organizations.json")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    local = ("    way: rest\n", "    way: rest\n    private_network: true\n")
    fast = [("per_second: 0.15", "per_second: 1000"), ("per_second: 3", "per_second: 1000")]
    return installed(tmp_path, "zendesk", local, *fast)


def connect(server: HTTPServer, api: zendesk.Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in PATHS:
        server.expect_request(path).respond_with_handler(api.answer)
    secret = f"{quote(zendesk.LOGIN, safe='')}:{zendesk.TOKEN}"
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK", f"http://{secret}@127.0.0.1:{server.port}")


def desk() -> zendesk.Zendesk:
    return zendesk.Zendesk(
        [zendesk.ticket(number) for number in range(1, 6)],
        [{"id": 501, "external_id": "acc-7"}, {"id": 502, "external_id": None}, {"id": 503}],
    )


def test_zendesk_export_brings_what_changed_night_by_night(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = desk()
    api.busy = 2
    connect(httpserver, api, monkeypatch)
    found, errors = taken(home, "zendesk", D1)
    assert errors == []
    first = found["support_contact"]
    assert (first.rows, first.rejected) == (5, 0)
    # Five tickets are three pages of two, three organizations two; two calls were told to wait.
    # The last page of either has a cursor, which is not asked for.
    assert len(api.calls) == 3 + 2 + 2
    assert "start_time=0&" in api.calls[0]

    solved = {"status": "solved", "metric_set": {"solved_at": "2026-03-02T02:00:00Z"}}
    api.tickets[0] = zendesk.ticket(1, "2026-03-02T03:00:00Z", **solved)
    api.tickets[1] = zendesk.ticket(2, "2026-03-02T04:00:00Z", status="deleted")
    found, errors = taken(home, "zendesk", D2)
    assert errors == []
    # An hour before the newest change of the first night, 10:00 on 1 March.
    lower = int(datetime.fromisoformat("2026-03-01T09:00:00+00:00").timestamp())
    assert f"start_time={lower}&" in api.calls[7]
    columns = "case_id, account_id, closed_at::varchar, is_deleted"
    rows = case.rows(found["support_contact"].path, columns)
    assert rows[:2] == [("1", "acc-7", "2026-03-02 02:00:00+00", False), ("2", "acc-7", None, True)]


def test_zendesk_wrong_token_is_told_in_its_words_after_one_call_a_stream(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = desk()
    connect(httpserver, api, monkeypatch)
    monkeypatch.setattr(zendesk, "TOKEN", "another")
    _, errors = taken(home, "zendesk", D1)
    assert len(errors) == len(api.calls) == 2
    assert all("401: Couldn't authenticate you" in error for error in errors)
    assert "canary" not in str(errors)


SEEDED = ("ticket", "ticket_field_history", "ticket_tag", "organization")


@needs_seeds
def test_zendesk_real_tables_are_read_as_the_vendor_shapes_them(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_seeds(postgres_url, "zendesk", {name: f"zendesk/{name}" for name in SEEDED})
    monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_TABLES", postgres_url)
    found, errors = taken(installed(tmp_path, "zendesk_tables"), "zendesk_tables", case.NIGHT)
    assert errors == []

    def table(name: str) -> list[dict[str, str]]:
        return seed_rows(f"zendesk/{name}")

    history = [row for row in table("ticket_field_history") if row["field_name"] == "status"]

    def closed(ticket: dict[str, str]) -> datetime | None:
        if ticket["status"] not in ("solved", "closed"):
            return None
        at, was = datetime.fromisoformat(ticket["updated_at"]), False
        own = (row for row in history if row["ticket_id"] == ticket["id"])
        for row in sorted(own, key=lambda row: row["updated"]):
            if (now := row["value"] in ("solved", "closed")) and not was:
                at = datetime.fromisoformat(row["updated"])
            was = now
        return at

    wanted = {row["id"]: (closed(row), row["status"] == "deleted") for row in table("ticket")}
    batch = found["support_contact"]
    assert (batch.rows, batch.rejected) == (len(wanted), 0) == (10, 0)
    rows = case.rows(batch.path, "case_id, closed_at, is_deleted")
    assert {number: (at and at.replace(tzinfo=None), gone) for number, at, gone in rows} == wanted
