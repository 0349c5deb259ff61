"""Answers that go wrong: ridden out when they pass, told at once when they do not, never landed."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import stamina
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import ingest_case as case
import rest_case as rest
from throughline.connect.rest import land_endpoint
from throughline.errors import SourceError
from throughline.landing import landed
from throughline.settings import Settings

GOOD = json.dumps({"results": [rest.lead(1), rest.lead(2)]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def home(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    rest.connect(monkeypatch, httpserver)
    yield case.make_settings(tmp_path)


@pytest.fixture
def impatient() -> Iterator[None]:
    """No waiting between tries, for tests that do not look at the clock."""
    with stamina.set_testing(True, attempts=6):
        yield


def serve_after(
    server: HTTPServer, bad: Callable[[], Response], times: int
) -> list[tuple[float, Request]]:
    """Answer `bad` so many times and then a good page; returns when each request came."""
    calls: list[tuple[float, Request]] = []

    def handle(request: Request) -> Response:
        calls.append((time.monotonic(), request))
        return bad() if len(calls) <= times else Response(GOOD, content_type="application/json")

    server.expect_request("/leads").respond_with_handler(handle)
    return calls


PASSING = {
    "429": lambda: Response("slow down", 429),
    "500": lambda: Response("oops", 500),
    "502": lambda: Response("<html>bad gateway</html>", 502),
    "503": lambda: Response("", 503),
    "408": lambda: Response("", 408),
    "empty 200": lambda: Response("", 200),
    "html 200": lambda: Response("<html>please sign in</html>", 200),
    "error 200": lambda: Response('{"error": "try later"}', 200),
    "cut json": lambda: Response(GOOD[:-30], 200),
    "records no list": lambda: Response('{"results": {"id": 1}}', 200),
    "cut gzip": lambda: Response(gzip.compress(GOOD)[:-9], 200, {"Content-Encoding": "gzip"}),
    "no gzip": lambda: Response(GOOD, 200, {"Content-Encoding": "gzip"}),
    "flipped gzip": lambda: Response(flipped(), 200, {"Content-Encoding": "gzip"}),
    "unasked coding": lambda: Response(GOOD, 200, {"Content-Encoding": "br"}),
}


def flipped() -> bytes:
    packed = bytearray(gzip.compress(GOOD))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


@pytest.mark.parametrize("fault", PASSING)
def test_rest_fault_that_passes_is_ridden_out(
    home: Settings, httpserver: HTTPServer, impatient: None, fault: str
) -> None:
    calls = serve_after(httpserver, PASSING[fault], 3)
    (manifest,) = land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert (manifest.rows, len(calls)) == (2, 4)


@pytest.mark.parametrize("fault", PASSING)
def test_rest_fault_that_stays_ends_after_six_tries_and_lands_nothing(
    home: Settings, httpserver: HTTPServer, impatient: None, fault: str
) -> None:
    calls = serve_after(httpserver, PASSING[fault], 1000)
    with pytest.raises(SourceError, match=r"vendor at http://.*/leads .* \(tried 6 times\)"):
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert len(calls) == 6
    assert landed(home, "vendor", "leads") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_rest_refusal_fails_at_once_with_what_the_vendor_says_and_without_the_secret(
    home: Settings, httpserver: HTTPServer, status: int
) -> None:
    said = {"status": "error", "message": f"Token {rest.TOKEN} lacks scope crm.leads.read"}
    calls = serve_after(httpserver, lambda: rest.answer(said, status=status), 1000)
    with pytest.raises(SourceError) as caught:
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert f"answered {status}: Token *** lacks scope crm.leads.read" in str(caught.value)
    assert len(calls) == 1 and rest.TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "told",
    [
        {"errcode": 40014, "errmsg": "invalid access_token"},  # WeCom, DingTalk
        {"code": 99991663, "msg": "invalid access_token", "data": {}},  # Feishu
    ],
)
def test_rest_refusal_within_a_200_says_what_the_vendor_says(
    home: Settings, httpserver: HTTPServer, impatient: None, told: dict[str, Any]
) -> None:
    serve_after(httpserver, lambda: rest.answer(told), 1000)
    with pytest.raises(SourceError, match=r"answered 200, but .*: invalid access_token"):
        land_endpoint(home, rest.source(home), "leads", rest.D1)


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        ("0.6", 0.6, 2),
        ("1e9", 1, 3),  # capped at limits.wait_seconds, one second here
        ("-5", 0, 3),
        ("soon", 0, 3),
        ("date", 0, 3),
        ("past", 0, 3),
    ],
)
def test_rest_retry_after_is_honoured_and_capped(
    home: Settings, httpserver: HTTPServer, wish: str, least: float, most: float
) -> None:
    at = datetime.now(UTC)
    dates = {"date": at + timedelta(days=400), "past": at - timedelta(days=1)}
    told = format_datetime(dates[wish], usegmt=True) if wish in dates else wish
    calls = serve_after(httpserver, lambda: Response("", 429, {"Retry-After": told}), 1)
    limits = {"wait_seconds": 1}
    land_endpoint(home, rest.source(home, limits=limits), "leads", rest.D1)
    waited = calls[1][0] - calls[0][0]
    assert least <= waited < most + 5  # a loaded machine may take its time


def test_rest_retries_end_with_their_budget_of_time(home: Settings, httpserver: HTTPServer) -> None:
    calls = serve_after(httpserver, lambda: Response("", 429, {"Retry-After": "1"}), 1000)
    limits = {"wait_seconds": 1, "retry_seconds": 2, "attempts": 1000}
    with pytest.raises(SourceError, match="429"):
        land_endpoint(home, rest.source(home, limits=limits), "leads", rest.D1)
    assert 2 <= len(calls) <= 4


RAW = {
    "reset in the body": HEAD + b"Content-Length: 5000\r\n\r\n" + GOOD[:40],
    "wrong content length": HEAD + f"Content-Length: {len(GOOD) + 7}\r\n\r\n".encode() + GOOD,
    "cut chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n" + GOOD[:50],
    "closed without a length": HEAD + b"Connection: close\r\n\r\n" + GOOD[:-3],
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("fault", RAW)
def test_rest_answer_broken_on_the_wire_is_tried_again_and_never_landed_in_part(
    home: Settings, monkeypatch: pytest.MonkeyPatch, impatient: None, fault: str
) -> None:
    whole = HEAD + f"Content-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD
    with rest.raw_server([RAW[fault], RAW[fault], whole]) as (port, calls):
        monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"http://:x@127.0.0.1:{port}")
        (manifest,) = land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert (manifest.rows, len(calls)) == (2, 3)


@pytest.mark.parametrize("begin", [HEAD + b"Content-Length: 5000\r\n\r\n", HEAD + b"X-Slow: "])
def test_rest_answer_that_drips_is_given_up_after_the_time_of_a_page(
    home: Settings, monkeypatch: pytest.MonkeyPatch, impatient: None, begin: bytes
) -> None:
    with rest.raw_server([begin] * 2, drip=True) as (port, calls):
        monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"http://:x@127.0.0.1:{port}")
        limits = {"page_seconds": 0.5, "attempts": 2}
        two = stamina.set_testing(True, attempts=2)
        with two, pytest.raises(SourceError, match=r"0\.5 seconds"):
            land_endpoint(home, rest.source(home, limits=limits), "leads", rest.D1)
    assert len(calls) == 2


def test_rest_nobody_there_is_told_after_the_tries(
    home: Settings, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", "http://:x@127.0.0.1:9")
    with pytest.raises(SourceError, match="refused"):
        land_endpoint(home, rest.source(home), "leads", rest.D1)


@pytest.mark.parametrize(
    ("body", "headers", "limits", "said"),
    [
        (b'{"results": ["' + b"x" * 3_000_000 + b'"]}', {}, {"page_megabytes": 2}, "2 MB"),
        (gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}, {}, "100 times its size"),
        (b'{"results": [{"id": 1, "amount": NaN}]}', {}, {}, "NaN"),
        (b'{"results": [{"id": 1, "amount": -Infinity}]}', {}, {}, "-Infinity"),
        (b'{"results": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", {}, {}, "too deeply"),
    ],
)
def test_rest_answer_beyond_a_limit_fails_at_once(
    home: Settings,
    httpserver: HTTPServer,
    body: bytes,
    headers: dict[str, str],
    limits: dict[str, Any],
    said: str,
) -> None:
    calls = serve_after(httpserver, lambda: Response(body, 200, headers), 1000)
    with pytest.raises(SourceError, match=said):
        land_endpoint(home, rest.source(home, limits=limits), "leads", rest.D1)
    assert len(calls) == 1 and landed(home, "vendor", "leads") == []


def test_rest_read_has_an_end_in_time(home: Settings, httpserver: HTTPServer) -> None:
    count = iter(range(10_000))
    httpserver.expect_request("/leads").respond_with_handler(
        lambda _: rest.answer(
            {"results": [rest.lead(next(count))], "paging": {"next": {"after": str(next(count))}}}
        )
    )
    with pytest.raises(SourceError, match=r"limits\.minutes"):
        land_endpoint(home, rest.source(home, limits={"minutes": 0.02}), "leads", rest.D1)


def test_rest_text_that_cannot_be_stored_is_rejected_and_the_rest_is_kept(
    home: Settings, httpserver: HTTPServer
) -> None:
    odd = [
        '{"id": "nul", "name": "a\\u0000b"}',
        '{"id": "lone", "name": "\\ud800"}',
        '{"id": "deep", "x": ' + "[" * 200 + "]" * 200 + "}",
        '{"id": "twice", "id": "twice"}',
        '{"id": "case", "ID": "other"}',
        '"no object"',
        '{"id": "big", "name": "' + "x" * 2_000_000 + '"}',
    ]
    whole = [*odd, json.dumps(rest.lead(1))]
    httpserver.expect_request("/leads").respond_with_data(f'{{"results": [{", ".join(whole)}]}}')
    source = rest.source(home)
    (manifest,) = land_endpoint(home, source, "leads", rest.D1)
    (batch,) = rest.taken(home, source)
    assert (manifest.rows, batch.rows_read) == (8, 8)
    assert batch.rows + batch.rejected + batch.not_mapped == 8
    assert [row[0] for row in case.rows(batch.path, "lead_id")] == ["L0001"]
