import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

import ingest_case as case
import rest_case as rest
from throughline.connect.rest import land_endpoint
from throughline.errors import ConfigError, SourceError
from throughline.extract import extract_source
from throughline.landing import landed, verify
from throughline.settings import Settings
from throughline.source_folders import load_sources


@pytest.fixture
def home(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    rest.connect(monkeypatch, httpserver)
    yield case.make_settings(tmp_path)


def text_of(settings: Settings) -> list[str]:
    import gzip

    (manifest,) = landed(settings, "vendor", "leads")
    path = manifest.folder(settings) / "records.jsonl.gz"
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.mark.parametrize("paging", rest.PAGINGS)
@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_rest_reads_every_record_once_by_every_way_of_paging(
    home: Settings, httpserver: HTTPServer, paging: str, count: int
) -> None:
    api = rest.Api([rest.lead(number) for number in range(count)])
    rest.serve(httpserver, api, paging)
    source = rest.source(home, paging=paging)
    (manifest,) = land_endpoint(home, source, "leads", rest.D1)
    verify(home, manifest)
    assert (manifest.rows, manifest.window) == (count, "snapshot")
    assert [row[0] for row in rest.accepted(home, source)] == [row["id"] for row in api.rows]


def test_rest_source_goes_through_a_night_and_a_second_time_asks_nothing(
    home: Settings, httpserver: HTTPServer
) -> None:
    api = rest.Api([rest.lead(number) for number in range(4)])
    rest.serve(httpserver, api)
    rest.source(home)
    report = extract_source(home, "vendor", rest.D1)
    assert (report.status, report.accepted, report.rejected) == ("ok", 4, 0)
    before = len(api.asked)
    again = extract_source(home, "vendor", rest.D1)
    assert (again.status, again.batches) == ("ok", report.batches)
    assert len(api.asked) == before == 2


def test_rest_numbers_and_texts_land_exactly_as_received(
    home: Settings, httpserver: HTTPServer
) -> None:
    record = (
        '{"id": "L1", "created": "2026-01-01T00:00:00Z", "status": "new", "changed": null,\n'
        ' "name": "\\u674e 🧑‍💻 \\u202e", "amount": 0.10,'
        ' "big": 123456789012345678901234567890123456789,'
        ' "exp": 1e400}'
    )
    httpserver.expect_request("/leads").respond_with_data('{"results": [' + record + "]}")
    source = rest.source(home)
    land_endpoint(home, source, "leads", rest.D1)
    assert text_of(home) == [record.replace("\n", " ")]
    assert len(rest.accepted(home, source)) == 1


@pytest.mark.parametrize(
    "number", ["1e99999999999999999999", "-1e-99999999999999999999", "1e1000005"]
)
def test_rest_number_beyond_all_bounds_lands_as_received_and_is_no_time(
    home: Settings, httpserver: HTTPServer, number: str
) -> None:
    good = '{"id": "L1", "created": "2026-01-01T00:00:00Z", "status": "new", "at": 1772337600}'
    odd = f'{{"id": "L2", "created": "2026-01-01T00:00:00Z", "status": "new", "at": {number}}}'
    httpserver.expect_request("/leads").respond_with_data(f'{{"results": [{good}, {odd}]}}')
    step = {"field": "at", "format": "epoch"}
    source = rest.source(home, incremental=step, params={"since": "{lower}"})
    (manifest,) = land_endpoint(home, source, "leads", rest.D1)
    assert text_of(home) == [good, odd]
    assert manifest.cursor_to == "2026-03-01T04:00:00+00:00"
    (batch,) = rest.taken(home, source)
    assert batch.rows + batch.rejected == 2


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("0.rows", '[{"rows": [%s]}]'),
        ("data.1.rows", '{"data": [ {"rows": [0, "}"]} , {"a": "]", "rows": [%s]}, []], "b": 1}'),
        ("0", "[ [%s] , 1]"),
    ],
)
def test_rest_records_may_stand_inside_a_list(
    home: Settings, httpserver: HTTPServer, path: str, document: str
) -> None:
    given = ['{"id": "L1", "n": [1, {"x": "],"}]}', '{"id": "L2", "amount": 0.10}']
    httpserver.expect_request("/leads").respond_with_data(document % " , ".join(given))
    land_endpoint(home, rest.source(home, records=path), "leads", rest.D1)
    assert text_of(home) == given


def test_rest_signs_in_as_declared(home: Settings, httpserver: HTTPServer) -> None:
    seen = []

    def handle(request: Request) -> Response:
        seen.append((request.headers.get("Authorization"), request.headers.get("X-Api-Key")))
        return rest.answer({"results": []})

    httpserver.expect_request("/leads").respond_with_handler(handle)
    ways = [
        {"type": "none"},
        {"type": "bearer"},
        {"type": "basic"},
        {"type": "header", "name": "X-Api-Key", "prefix": "Key "},
    ]
    for night, auth in zip((1, 2, 3, 4), ways, strict=True):
        source = rest.source(home, auth=auth)
        land_endpoint(home, source, "leads", rest.D1.replace(day=night))
    assert seen == [
        (None, None),
        (f"Bearer {rest.TOKEN}", None),
        ("Basic c29tZW9uZTpjYW5hcnktdG9rZW4tN2YzYQ==", None),  # someone:canary-token-7f3a
        (None, f"Key {rest.TOKEN}"),
    ]


def test_rest_client_credentials_fetch_one_token_and_renew_it_before_its_end(
    home: Settings, httpserver: HTTPServer
) -> None:
    api = rest.Api([rest.lead(number) for number in range(9)])
    tokens = []

    def token(request: Request) -> Response:
        tokens.append((request.form["grant_type"], request.form["scope"], request.authorization))
        lasts = 61 if len(tokens) == 1 else 3600
        return rest.answer({"access_token": f"t{len(tokens)}", "expires_in": lasts})

    httpserver.expect_request("/oauth/token", method="POST").respond_with_handler(token)
    rest.serve(httpserver, api)
    auth = {"type": "oauth2", "token_url": "/oauth/token", "scope": "read"}
    source = rest.source(home, auth=auth, per_second=1)  # the first token is good for one second
    land_endpoint(home, source, "leads", rest.D1)
    used = [request.headers["Authorization"] for request in api.asked]
    assert used[0] == "Bearer t1" and used[-1] == "Bearer t2" and len(tokens) == 2
    assert tokens[0][:2] == ("client_credentials", "read")
    assert (tokens[0][2].username, tokens[0][2].password) == ("someone", rest.TOKEN)


@pytest.mark.parametrize("good_for", [0, 2])
def test_rest_token_that_ends_before_its_time_is_renewed_and_one_that_never_was_good_is_not(
    home: Settings, httpserver: HTTPServer, good_for: int
) -> None:
    api = rest.Api([rest.lead(number) for number in range(15)])  # five pages
    tokens: list[int] = []

    def token(request: Request) -> Response:
        tokens.append(0)
        return rest.answer({"access_token": f"t{len(tokens)}"})

    def handle(request: Request) -> Response:
        tokens[-1] += 1
        over = tokens[-1] > good_for or request.headers["Authorization"] != f"Bearer t{len(tokens)}"
        return (
            rest.answer({"error": "session expired"}, status=401)
            if over
            else api.by_cursor(request)
        )

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/leads").respond_with_handler(handle)
    source = rest.source(home, auth={"type": "oauth2", "token_url": "/token"})
    if good_for == 0:
        with pytest.raises(SourceError, match="answered 401: session expired"):
            land_endpoint(home, source, "leads", rest.D1)
        assert tokens == [1]
        return
    (manifest,) = land_endpoint(home, source, "leads", rest.D1)
    assert (manifest.rows, tokens) == (15, [3, 3, 1])


def test_rest_reads_airflow_connections_as_json_too(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.serve(httpserver, rest.Api([rest.lead(1)]))
    monkeypatch.setenv(
        "AIRFLOW_CONN_VENDOR",
        f'{{"conn_type": "http", "host": "http://{httpserver.host}", "port": {httpserver.port},'
        ' "password": "x"}',
    )
    (manifest,) = land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert manifest.rows == 1


@pytest.mark.parametrize(
    "given",
    [
        "",
        "no url",
        '{"conn_type": "http"}',
        "{",
        "ftp://u:pw9@host",
        '{"host": "https://u:pw9@host", "password": "pw9"}',
        '{"host": "host", "password": 99}',
        '{"host": "host", "port": "pw9"}',
    ],
)
def test_rest_connection_that_is_none_is_named_without_its_secret(
    home: Settings, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", given)
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_VENDOR") as caught:
        land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert "pw9" not in str(caught.value)


@pytest.mark.parametrize("host", ["http://{}/v1", "http://{}/v1/"])
def test_rest_port_of_a_connection_goes_before_the_path_of_its_host(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    httpserver.expect_request("/v1/leads").respond_with_json({"results": [rest.lead(1)]})
    given = {"host": host.format(httpserver.host), "port": httpserver.port, "password": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", json.dumps(given))
    (manifest,) = land_endpoint(home, rest.source(home), "leads", rest.D1)
    assert manifest.rows == 1


@pytest.mark.parametrize(
    "secret", ["canary%0A", "%20canary", "can%00ary", "canary%C3%A9", "%E5%AF%86"]
)
@pytest.mark.parametrize("auth", [{"type": "bearer"}, {"type": "header", "name": "X-Key"}])
def test_rest_secret_that_no_header_holds_is_named_and_not_shown(
    home: Settings,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
    auth: dict[str, str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", f"http://:{secret}@127.0.0.1:{httpserver.port}")
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_VENDOR cannot be sent in a header") as said:
        land_endpoint(home, rest.source(home, auth=auth), "leads", rest.D1)
    assert "canary" not in str(said.value) and httpserver.log == []


def test_rest_token_that_no_header_holds_is_no_token(
    home: Settings, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/token").respond_with_json({"access_token": "canary\n"})
    auth = {"type": "oauth2", "token_url": "/token"}
    limits = {"attempts": 1}
    with pytest.raises(SourceError, match="gave no access_token") as said:
        land_endpoint(home, rest.source(home, auth=auth, limits=limits), "leads", rest.D1)
    assert "canary" not in str(said.value)


def test_rest_post_sends_bounds_and_cursor_in_the_body(
    home: Settings, httpserver: HTTPServer
) -> None:
    bodies = []

    def handle(request: Request) -> Response:
        bodies.append(request.get_json())
        more = {"next": {"after": "2"}} if len(bodies) == 1 else {}
        return rest.answer({"results": [rest.lead(len(bodies))], "paging": more})

    httpserver.expect_request("/leads", method="POST").respond_with_handler(handle)
    body = {"filters": [{"name": "changed", "from": "{lower}", "to": "{upper}"}], "limit": 3}
    source = rest.source(home, method="POST", body=body, incremental=rest.STEP)
    land_endpoint(home, source, "leads", rest.D1)
    # The night of 1 March in Shanghai ends at 16:00 UTC.
    first = {"name": "changed", "from": "1970-01-01T00:00:00Z", "to": "2026-03-01T16:00:00Z"}
    assert bodies[0] == {"filters": [first], "limit": 3}
    assert bodies[1] == {**bodies[0], "after": "2"}


@pytest.mark.parametrize(("form", "units"), [("epoch", 1), ("epoch_ms", 1000)])
def test_rest_post_sends_an_epoch_as_a_number(
    home: Settings, httpserver: HTTPServer, form: str, units: int
) -> None:
    bodies = []

    def handle(request: Request) -> Response:
        bodies.append(request.get_json())
        return rest.answer({"results": []})

    httpserver.expect_request("/leads", method="POST").respond_with_handler(handle)
    body = {"from": "{lower}", "span": ["{upper}"], "query": "changed>={lower}"}
    step = {**rest.STEP, "format": form, "first": "2026-03-01T00:00:00Z"}
    source = rest.source(home, method="POST", body=body, incremental=step, paging="page")
    land_endpoint(home, source, "leads", rest.D1)
    # 2026-03-01 00:00 and 16:00 UTC.
    begin, end = 1772323200 * units, 1772380800 * units
    expected = {"from": begin, "span": [end], "query": f"changed>={begin}", "page": 1}
    assert bodies == [expected]


@pytest.mark.parametrize("paging", ["page", "offset", "cursor", "keyset"])
def test_rest_post_sends_numbers_as_numbers(
    home: Settings, httpserver: HTTPServer, paging: str
) -> None:
    sent = []
    param = {"page": "page", "offset": "offset", "cursor": "after", "keyset": "starting_after"}[
        paging
    ]

    def handle(request: Request) -> Response:
        sent.append(request.get_json().get(param))
        rows = [rest.lead(len(sent), id=len(sent))] if len(sent) <= 2 else []
        more = {"after": 7} if len(sent) == 1 else {}
        return rest.answer({"results": rows, "paging": {"next": more}, "has_more": len(sent) < 2})

    httpserver.expect_request("/leads", method="POST").respond_with_handler(handle)
    land_endpoint(home, rest.source(home, paging=paging, method="POST", body={}), "leads", rest.D1)
    expected = {"page": [1, 2, 3], "offset": [None, 1, 2], "cursor": [None, 7], "keyset": [None, 1]}
    assert sent[: len(expected[paging])] == expected[paging]


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("iso", "2026-03-01T02:59:59.500Z"),
        ("epoch", "1772333999"),
        ("epoch_ms", "1772333999500"),
        ("date", "2026-03-01"),
    ],
)
def test_rest_lower_bound_is_the_newest_change_less_the_lag_in_the_form_the_vendor_wants(
    home: Settings, httpserver: HTTPServer, form: str, sent: str
) -> None:
    seen: list[str] = []
    changed = {
        "iso": "2026-03-01T03:59:59.500Z",
        "epoch": 1772337599.5,
        "epoch_ms": 1772337599500,
        "date": "2026-03-01",
    }[form]

    def handle(request: Request) -> Response:
        seen.append(request.args["since"])
        return rest.answer({"results": [{**rest.lead(1), "changed": changed}]})

    httpserver.expect_request("/leads").respond_with_handler(handle)
    step = {**rest.STEP, "format": form, "lag_hours": 1 if form != "date" else 0}
    source = rest.source(home, incremental=step, params={"since": "{lower}"})
    land_endpoint(home, source, "leads", rest.D1)
    land_endpoint(home, source, "leads", rest.D2)
    assert seen[1] == sent


def test_rest_read_begins_again_where_the_vendor_goes_no_further(
    home: Settings, httpserver: HTTPServer
) -> None:
    rows = [rest.lead(n, f"2026-03-01T04:00:{n // 2:02d}Z") for n in range(40)]
    api = rest.Api(rows, size=5)

    def handle(request: Request) -> Response:
        deep = request.args.get("after") and len(api.asked) - starts[-1] >= 2
        if not request.args.get("after"):
            starts.append(len(api.asked))
        return Response("too deep", 400) if deep else api.by_cursor(request)

    starts: list[int] = []
    httpserver.expect_request("/leads").respond_with_handler(handle)
    paging = {**rest.PAGINGS["cursor"][1], "most": 10}
    source = rest.source(
        home, incremental=rest.STEP, params={"since": "{lower}"}, pagination=paging
    )
    (manifest,) = land_endpoint(home, source, "leads", rest.D1)
    assert manifest.rows == 40 and len(starts) > 3


def test_rest_requests_keep_the_declared_rate(home: Settings, httpserver: HTTPServer) -> None:
    import time

    api = rest.Api([rest.lead(number) for number in range(9)], size=1)
    rest.serve(httpserver, api)
    began = time.monotonic()
    land_endpoint(home, rest.source(home, per_second=20), "leads", rest.D1)
    assert time.monotonic() - began >= 8 / 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auth": {"type": "magic"}}, "auth: Input tag 'magic'"),
        ({"params": {"since": "{lower}"}}, "incremental and {lower} .* need each other"),
        ({"incremental": {"field": "changed"}}, "incremental and {lower} .* need each other"),
        ({"method": "POST"}, "method POST needs a body"),
        ({"path": "leads"}, "path: String should match"),
        ({"pagination": {**rest.PAGINGS["cursor"][1], "most": 3}}, "most needs incremental"),
        ({"headers": {"X-Name": "é"}}, "headers.X-Name: String should match"),
        ({"headers": {"X-Name": "a\n"}}, "headers.X-Name: String should match"),
        ({"auth": {"type": "header", "name": "X", "prefix": "密"}}, "prefix: String should match"),
        ({"secret": "x"}, "secret: Extra inputs are not permitted"),
    ],
)
def test_rest_stream_that_contradicts_itself_is_named(
    home: Settings, change: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=f"(?s)source.yml is not valid:.*{said}"):
        rest.source(home, **change)
    assert not (home.landing / "vendor").exists()


@pytest.mark.parametrize(
    "step", [{"field": "changd"}, {"field": "changed", "format": "epoch"}, {"field": "status"}]
)
def test_rest_increments_that_no_record_tells_are_named(
    home: Settings, httpserver: HTTPServer, step: dict[str, str]
) -> None:
    httpserver.expect_request("/leads").respond_with_json({"results": [rest.lead(1), rest.lead(2)]})
    source = rest.source(home, incremental=step, params={"since": "{lower}"})
    with pytest.raises(SourceError, match=f"none of 2 records has an instant .* {step['field']}"):
        land_endpoint(home, source, "leads", rest.D1)
    assert landed(home, "vendor", "leads") == []


def test_rest_page_that_tells_of_more_and_names_no_next_one_is_not_the_end(
    home: Settings, httpserver: HTTPServer
) -> None:
    told = {"results": [rest.lead(1)], "has_more": True, "next_cursor": "b"}
    httpserver.expect_request("/leads").respond_with_json(told)
    paging = {"type": "cursor", "param": "after", "next": "nextCursor", "more": "has_more"}
    with pytest.raises(SourceError, match="there is more, but names no next page at nextCursor"):
        land_endpoint(home, rest.source(home, pagination=paging), "leads", rest.D1)
    assert landed(home, "vendor", "leads") == []


@pytest.mark.parametrize(("yes", "no"), [(True, False), ("true", "False"), ("Y", "N"), (1, 0)])
@pytest.mark.parametrize("flag", ["more", "done"])
def test_rest_last_page_is_told_by_truth_or_its_text(
    home: Settings, httpserver: HTTPServer, flag: str, yes: object, no: object
) -> None:
    asked = []

    def handle(request: Request) -> Response:
        asked.append(request)
        said = yes if (len(asked) < 3) == (flag == "more") else no
        rows = [rest.lead(len(asked))]
        return rest.answer({"results": rows, "flag": said, "after": str(len(asked))})

    httpserver.expect_request("/leads").respond_with_handler(handle)
    paging = {"type": "cursor", "param": "after", "next": "after", flag: "flag"}
    (manifest,) = land_endpoint(home, rest.source(home, pagination=paging), "leads", rest.D1)
    assert (manifest.rows, len(asked)) == (3, 3)


def test_rest_connection_that_is_missing_is_named(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_VENDOR")
    rest.source(home)
    report = extract_source(home, "vendor", rest.D1)
    assert report.errors == ("leads: environment variable AIRFLOW_CONN_VENDOR is not set",)
    assert list(load_sources(home)) == ["vendor"]


def test_rest_keyset_stops_where_a_full_page_shares_one_value(
    home: Settings, httpserver: HTTPServer
) -> None:
    api = rest.Api([rest.lead(number) for number in range(5)], size=3)

    def handle(request: Request) -> Response:
        since = request.args.get("since_changed", "")
        found = [row for row in api.rows if row["changed"] >= since]
        return rest.answer({"results": found[:3]})

    httpserver.expect_request("/leads").respond_with_handler(handle)
    paging = {"type": "keyset", "param": "since_changed", "field": "changed"}
    with pytest.raises(SourceError, match="use a field that differs"):
        land_endpoint(home, rest.source(home, pagination=paging), "leads", rest.D1)
    assert landed(home, "vendor", "leads") == []
