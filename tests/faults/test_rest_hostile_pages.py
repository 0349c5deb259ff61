"""Pagination that never ends or leads away: it stops, and no secret leaves the host."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import ingest_case as case
import rest_case as rest
from throughline.connect.rest import land_endpoint
from throughline.errors import SourceError
from throughline.landing import landed
from throughline.settings import Settings


@pytest.fixture
def home(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    rest.connect(monkeypatch, httpserver)
    yield case.make_settings(tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """Another host, which nobody may call."""
    server = HTTPServer(port=0)
    server.start()
    yield server
    server.clear()
    server.stop()


def answering(server: HTTPServer, handle: Callable[[Request, int], Response]) -> list[Request]:
    calls: list[Request] = []

    def counted(request: Request) -> Response:
        calls.append(request)
        return handle(request, len(calls))

    server.expect_request("/leads").respond_with_handler(counted)
    return calls


def page(number: int, after: object) -> Response:
    return rest.answer({"results": [rest.lead(number)], "paging": {"next": {"after": after}}})


@pytest.mark.parametrize(
    ("after", "calls_made"),
    [
        (lambda number: "same", 2),
        (lambda number: "ab"[number % 2], 3),
        (lambda number: "abcde"[number % 5], 6),
    ],
)
def test_hostile_cursor_that_comes_back_stops_before_a_page_is_asked_for_again(
    home: Settings, httpserver: HTTPServer, after: Callable[[int], str], calls_made: int
) -> None:
    calls = answering(httpserver, lambda _, number: page(number, after(number)))
    with pytest.raises(SourceError, match="circle"):
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert len(calls) == calls_made and landed(home, "vendor", "leads") == []


@pytest.mark.parametrize(("count", "said"), [(1, "again and again"), (0, "no records any more")])
def test_hostile_pages_that_bring_nothing_new_stop(
    home: Settings, httpserver: HTTPServer, count: int, said: str
) -> None:
    def handle(_: Request, number: int) -> Response:
        records = [rest.lead(1)] * count
        return rest.answer({"results": records, "paging": {"next": {"after": str(number)}}})

    calls = answering(httpserver, handle)
    with pytest.raises(SourceError, match=said):
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert len(calls) == (3 if count else 11)


@pytest.mark.parametrize("cursor", ['{"after": "b"}', "true", "[1]", '"\\ud800"'])
def test_hostile_cursor_that_cannot_be_sent_is_told(
    home: Settings, httpserver: HTTPServer, cursor: str
) -> None:
    told = f'{{"results": [], "paging": {{"next": {{"after": {cursor}}}}}}}'
    calls = answering(httpserver, lambda *_: Response(told, 200))
    with pytest.raises(SourceError, match=r"neither text nor number|a URL that is none"):
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert len(calls) == 1


def test_hostile_number_of_pages_is_capped(home: Settings, httpserver: HTTPServer) -> None:
    calls = answering(httpserver, lambda _, number: page(number, str(number)))
    with pytest.raises(SourceError, match="more than 7 pages"):
        land_endpoint(home, rest.source(home, limits={"pages": 7}), "leads", rest.D1)
    assert len(calls) == 7


@pytest.mark.parametrize("paging", ["header", "body"])
@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/leads",
        "//{elsewhere_host}/leads",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/leads",
        "http://localhost:{port}/leads",
        "https://127.0.0.1:{port}/leads",
        "http://127.0.0.1:{port}@{elsewhere_host}/leads",
        "http://someone@127.0.0.1:{port}/leads",
        "file:///etc/passwd",
        "ftp://127.0.0.1/leads",
        "http://[::1/leads",
        "http://127.0.0.1:port/leads",
    ],
)
def test_hostile_next_link_is_not_followed_off_the_host(
    home: Settings, httpserver: HTTPServer, elsewhere: HTTPServer, paging: str, link: str
) -> None:
    target = link.format(
        elsewhere=elsewhere.url_for("").rstrip("/"),
        elsewhere_host=f"{elsewhere.host}:{elsewhere.port}",
        port=httpserver.port,
    )

    def handle(_: Request, number: int) -> Response:
        found = rest.answer({"results": [rest.lead(number)], "next": target})
        if paging == "header":
            found.headers["Link"] = f'<{target}>; rel="next"'
        return found

    calls = answering(httpserver, handle)
    kind = {"type": "link"} if paging == "header" else {"type": "link", "next": "next"}
    with pytest.raises(SourceError, match="nothing was sent"):
        land_endpoint(home, rest.source(home, pagination=kind), "leads", rest.D1)
    assert (len(calls), len(elsewhere.log)) == (1, 0)
    assert landed(home, "vendor", "leads") == []


def test_hostile_redirect_is_not_followed_off_the_host(
    home: Settings, httpserver: HTTPServer, elsewhere: HTTPServer
) -> None:
    to = elsewhere.url_for("/leads") + "?token=abc"
    calls = answering(httpserver, lambda *_: Response("", 302, {"Location": to}))
    with pytest.raises(SourceError, match="nothing was sent") as caught:
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert (len(calls), len(elsewhere.log)) == (1, 0)
    assert "abc" not in str(caught.value)


def test_redirect_on_the_own_host_is_followed_but_not_for_ever(
    home: Settings, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/leads").respond_with_data("", 307, {"Location": "/v2/leads"})
    httpserver.expect_request("/v2/leads").respond_with_json({"results": [rest.lead(1)]})
    (manifest,) = land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert manifest.rows == 1
    httpserver.clear()
    calls = answering(httpserver, lambda *_: Response("", 302, {"Location": "/leads"}))
    with pytest.raises(SourceError, match="redirects more than 3 times"):
        land_endpoint(home, rest.source(home), "leads", rest.D2)
    assert len(calls) == 4


def test_post_is_not_redirected(home: Settings, httpserver: HTTPServer) -> None:
    calls = answering(httpserver, lambda *_: Response("", 307, {"Location": "/leads"}))
    source = rest.source(home, method="POST", body={"limit": 1})
    with pytest.raises(SourceError, match="answered 307"):
        land_endpoint(home, source, "leads", rest.D1)
    assert len(calls) == 1


def test_plain_http_is_refused_unless_the_network_is_declared_private(
    home: Settings, httpserver: HTTPServer
) -> None:
    with pytest.raises(SourceError, match="is not https"):
        land_endpoint(home, rest.source(home, private_network=False), "leads", rest.D1)
    assert httpserver.log == []


def test_host_that_resolves_into_the_private_network_gets_no_byte(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a rebinding name server does: a public name, an address inside.
    with rest.raw_server([b""] * 9) as (port, calls):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"https://:{rest.TOKEN}@api.example.test:{port}")
        with pytest.raises(SourceError, match=r"resolves to 127\.0\.0\.1, inside a private"):
            land_endpoint(home, rest.source(home, private_network=False), "leads", rest.D1)
    assert calls in ([], [b""])


def test_token_is_never_asked_for_over_plain_http_of_another_host(
    home: Settings, httpserver: HTTPServer, elsewhere: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"https://:{rest.TOKEN}@api.example.test")
    auth = {"type": "oauth2", "token_url": elsewhere.url_for("/token")}
    with pytest.raises(SourceError, match=r"token_url .* is not https"):
        land_endpoint(home, rest.source(home, auth=auth, private_network=False), "leads", rest.D1)
    assert elsewhere.log == []


LONG = 'canary"' + "0123456789abcdef" * 40


@pytest.mark.parametrize(
    "told",
    [
        lambda secret: rest.answer({"message": "x" * 250 + secret}, status=401),
        lambda secret: rest.answer(
            {"errors": [{"code": 1, "text": "x" * 250 + secret}]}, status=401
        ),
        lambda secret: Response("x" * 250 + secret, 401),
        lambda secret: Response(f"<html><body>{secret}", 200),
        lambda secret: rest.answer({"message": "x" * 250 + secret}),
        lambda secret: Response("", 302, {"Location": f"http://elsewhere.test/{secret}"}),
        lambda secret: Response("", 302, {"Location": f"http://elsewhere.test#{secret}"}),
    ],
)
def test_secret_that_a_service_repeats_is_hidden_also_where_the_message_is_cut(
    home: Settings,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[[str], Response],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"http://:{quote(LONG)}@127.0.0.1:{httpserver.port}")
    answering(httpserver, lambda *_: told(LONG))
    limits = {"attempts": 1}
    with pytest.raises(SourceError) as caught:
        land_endpoint(home, rest.source(home, limits=limits), "leads", rest.D1)
    assert "canary" not in str(caught.value) and len(str(caught.value)) < 600


def test_secrets_stand_in_no_log_no_file_and_no_message(
    home: Settings, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    from throughline.extract import extract_domain

    def handle(request: Request, number: int) -> Response:
        if number == 1:
            return page(1, "next")
        told = json.dumps({"message": f"bad {request.headers['Authorization']}"})
        return Response(told, 403)

    answering(httpserver, handle)
    rest.source(home)
    caplog.set_level("DEBUG", logger="throughline")
    outcome = extract_domain(home, "crm", rest.D1)
    assert outcome.status == "failed" and "bad Bearer ***" in outcome.detail
    assert rest.TOKEN not in "".join(
        r.getMessage() for r in caplog.records if "throughline" in r.name
    )
    for path in home.home.rglob("*"):
        assert path.is_dir() or rest.TOKEN.encode() not in path.read_bytes(), path
