"""Product events as source systems hold them: files of three formats, a REST API, a database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import psycopg

DAY = "2026-03-01"
PAGE = 2000
FIELDS = (
    *("event_id", "type", "event", "distinct_id", "login_id", "event_time", "received_at"),
    *("company_id", "employee_id", "app_version", "os", "ip", "ua", "event_duration"),
)
ROWS = """
    select
        lpad(i::varchar, 12, '0') as event_id,
        'track' as type,
        'feature_' || hash(i, 1) % 45 as event,
        'u' || hash(i, 2) % 200000 as distinct_id,
        'u' || hash(i, 2) % 200000 as login_id,
        strftime(timestamp '{day} 00:00:00' + to_microseconds(86400000000 // {rows} * i),
            '%Y-%m-%dT%H:%M:%S.%g+08:00') as event_time,
        strftime(timestamp '{day} 00:00:01' + to_microseconds(86400000000 // {rows} * i),
            '%Y-%m-%dT%H:%M:%S.%g+08:00') as received_at,
        'c' || hash(i, 3) % 9000 as company_id,
        'e' || hash(i, 2) % 200000 as employee_id,
        '5.' || hash(i, 4) % 30 as app_version,
        'iOS' as os,
        '10.' || hash(i, 5) % 250 || '.' || hash(i, 6) % 250 || '.7' as ip,
        'Mozilla/5.0 (iPhone; build ' || hash(i, 7) % 400 || ')' as ua,
        case when i % 5 = 0 then (hash(i, 8) % 90000) / 1000 end as event_duration,
    from range({rows}) as rows (i)
"""
FORMATS = {
    "jsonl": "(format json)",
    "csv": "(format csv, header)",
    "parquet": "(format parquet, compression zstd)",
}


def write_file(path: Path, way: str, rows: int) -> None:
    """Write so many events of one day, ordered by id."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        select = ROWS.format(rows=rows, day=DAY)
        con.execute(f"copy ({select}) to '{path}' {FORMATS[way]}")


def fill_table(url: str, path: Path) -> None:
    """Copy a CSV file of events into the table `app.events`."""
    columns = ", ".join(f"{name} text" for name in FIELDS[:-1])
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("drop schema if exists app cascade; create schema app")
        con.execute(f"create table app.events ({columns}, event_duration double precision)")
        with (
            con.cursor().copy("copy app.events from stdin (format csv, header)") as target,
            path.open("rb") as source,
        ):
            while block := source.read(1 << 20):
                target.write(block)
        con.execute("alter table app.events add primary key (event_id)")


@contextmanager
def rest_api(path: Path) -> Iterator[str]:
    """Serve a JSON lines file page by page at /events; yields the URL, with a login."""
    places = [0]
    with path.open("rb") as file:
        places += [file.tell() for _ in iter(file.readline, b"")]

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            begin = int(asked["after"][0]) + 1 if "after" in asked else 0
            end = min(begin + PAGE, len(places) - 1)
            with path.open("rb") as file:
                file.seek(places[begin])
                lines = file.read(places[end] - places[begin]).rstrip(b"\n")
            more = b"true" if end < len(places) - 1 else b"false"
            body = b'{"more": %b, "results": [%b]}' % (more, lines.replace(b"\n", b","))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the terminal for the numbers."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://someone:token@127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def stream_of(way: str, path: Path) -> dict[str, Any]:
    """Keys of the stream in `source.yml`."""
    if way == "rest":
        limits = {"pages": 1_000_000, "page_seconds": 60}
        paging = {"type": "keyset", "param": "after", "field": "event_id", "more": "more"}
        return {
            **{"way": "rest", "connection": "app", "path": "/events", "records": "results"},
            **{"auth": {"type": "bearer"}, "key": ["event_id"], "pagination": paging},
            **{"per_second": 1000, "private_network": True, "limits": limits},
        }
    if way == "database":
        table = {"way": "database", "connection": "app", "table": "app.events"}
        return {**table, "key": ["event_id"]}
    return {"way": "files", "path": str(path.parent / "events_{date}_{until}"), "format": way}


def mapping_of(way: str) -> str:
    """The SELECT that maps the stream to the entity app_event."""
    if way in ("rest", "jsonl"):
        names = ", ".join(f"record->>'{name}' as {name}" for name in FIELDS)
    else:
        names = ", ".join(FIELDS)
    return f"select events._file, events._row, {names} from events\n"
