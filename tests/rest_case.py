"""A vendor's REST API over a list of rows, on a real local server, and a source that reads it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import ingest_case as case
from throughline.conform import conform, find_parts
from throughline.landing import InputBatch
from throughline.settings import Settings
from throughline.source_folders import Source

TOKEN = "canary-token-7f3a"
D1, D2, D3 = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
MAPPING = """
select
    _file,
    _row,
    record->>'id' as lead_id,
    record->>'created' as created_at,
    record->>'changed' as updated_at,
    record->>'status' as status,
    record->>'name' as name
from leads
"""
STEP = {"field": "changed", "lag_hours": 1}


def lead(number: int, changed: str = "2026-03-01T04:00:00Z", **more: Any) -> dict[str, Any]:
    """A record; its change is within the night of 1 March unless said otherwise."""
    row = {"id": f"L{number:04d}", "created": "2026-01-01T00:00:00Z", "changed": changed}
    return {**row, "status": "new", "name": f"Name {number}", **more}


@dataclass
class Api:
    """Rows behind an endpoint. `before_page` is called with the number of each page asked for."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    size: int = 3
    asked: list[Request] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda number: None

    def wanted(self, request: Request) -> list[dict[str, Any]]:
        """The rows of a request, by its `since` (inclusive), in order of change and id."""
        since = request.args.get("since", "")
        found = [row for row in self.rows if _instant(row["changed"]) >= _instant(since)]
        return sorted(found, key=lambda row: (row["changed"], row["id"]))

    def by_cursor(self, request: Request) -> Response:
        """Cursor pages: the cursor names the last row that was given, not a count."""
        self._note(request)
        rows = self.wanted(request)
        after = request.args.get("after")
        if after:
            rows = [row for row in rows if [row["changed"], row["id"]] > json.loads(after)]
        page, rest = rows[: self.size], rows[self.size :]
        end = json.dumps([page[-1]["changed"], page[-1]["id"]]) if rest else None
        return answer({"results": page, "paging": {"next": {"after": end}}})

    def by_page(self, request: Request) -> Response:
        """Numbered pages, from 1."""
        self._note(request)
        begin = (int(request.args["page"]) - 1) * self.size
        return answer({"results": self.wanted(request)[begin : begin + self.size]})

    def by_offset(self, request: Request) -> Response:
        """Pages by offset."""
        self._note(request)
        begin = int(request.args.get("offset", 0))
        return answer({"results": self.wanted(request)[begin : begin + self.size]})

    def by_link(self, request: Request) -> Response:
        """Pages by a Link header that names the last id given."""
        self._note(request)
        last = request.args.get("last", "")
        rows = sorted((row for row in self.wanted(request) if row["id"] > last), key=_id)
        page = rows[: self.size]
        found = answer(page)
        if len(rows) > self.size:
            since = request.args.get("since", "")
            found.headers["Link"] = f'</leads?since={since}&last={page[-1]["id"]}>; rel="next"'
        return found

    def by_keyset(self, request: Request) -> Response:
        """Pages after the id that is given, as Stripe's."""
        self._note(request)
        last = request.args.get("starting_after", "")
        rows = sorted((row for row in self.wanted(request) if row["id"] > last), key=_id)
        return answer({"results": rows[: self.size], "has_more": len(rows) > self.size})

    def _note(self, request: Request) -> None:
        self.asked.append(request)
        self.before_page(len(self.asked))


PAGINGS: dict[str, tuple[Callable[[Api, Request], Response], dict[str, Any]]] = {
    "cursor": (Api.by_cursor, {"type": "cursor", "param": "after", "next": "paging.next.after"}),
    "page": (Api.by_page, {"type": "page"}),
    "offset": (Api.by_offset, {"type": "offset"}),
    "link": (Api.by_link, {"type": "link"}),
    "keyset": (
        Api.by_keyset,
        {"type": "keyset", "param": "starting_after", "field": "id", "more": "has_more"},
    ),
}


def answer(document: Any, **more: Any) -> Response:
    """A JSON answer."""
    return Response(json.dumps(document), content_type="application/json", **more)


def stream(paging: str = "cursor", changes: bool = False, **keys: Any) -> dict[str, Any]:
    """Keys of a REST stream for a way of paging; fast, and patient for a second at most."""
    given = {
        "way": "rest",
        "connection": "vendor",
        "path": "/leads",
        "auth": {"type": "bearer"},
        "records": "" if paging == "link" else "results",
        "key": ["id"],
        "pagination": PAGINGS[paging][1],
        "per_second": 1000,
        "private_network": True,
        "limits": {"wait_seconds": 0.05, "retry_seconds": 20, "page_seconds": 5},
    }
    if changes:
        given |= {"incremental": STEP, "params": {"since": "{lower}"}}
    return {**given, **keys}


def source(settings: Settings, **keys: Any) -> Source:
    """A source folder `vendor` with one stream `leads`."""
    return case.write_source(
        settings, "vendor", {"leads": stream(**keys)}, {"lead": MAPPING}, domain="crm"
    )


def serve(server: HTTPServer, api: Api, paging: str = "cursor") -> None:
    """Let the server answer for the API."""
    server.expect_request("/leads").respond_with_handler(
        lambda request: PAGINGS[paging][0](api, request)
    )


def connect(monkeypatch: Any, server: HTTPServer) -> None:
    """Hand the connection over as Airflow does."""
    url = f"http://someone:{TOKEN}@127.0.0.1:{server.port}"
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", url)


def taken(settings: Settings, of: Source, as_of: date = D3) -> list[InputBatch]:
    """Conform what is landed up to a night."""
    parts, _ = find_parts(settings, of, "lead", as_of)
    return [conform(settings, each) for each in parts]


def accepted(settings: Settings, of: Source, as_of: date = D3) -> list[tuple[str, datetime]]:
    """Ids and changes of all accepted rows up to a night, with repetitions."""
    return sorted(
        row
        for batch in taken(settings, of, as_of)
        for row in case.rows(batch.path, "lead_id, updated_at")
    )


def _id(row: dict[str, Any]) -> str:
    return row["id"]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def raw_server(answers: list[bytes], drip: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A server that writes these bytes, one list entry a connection, and closes it.

    With `drip` it goes on with a byte every tenth of a second. Yields its port and the beginnings
    of the requests it got.
    """
    seen: list[bytes] = []

    def run() -> None:
        for content in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    seen.append(connection.recv(65536))
                    connection.sendall(content)
                    for _ in range(100 if drip else 0):
                        time.sleep(0.1)
                        connection.sendall(b" ")
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
    thread.join(timeout=15)
