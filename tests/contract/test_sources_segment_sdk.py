"""Segment messages that the vendor's own library posts are mapped to what it was told."""

import gzip
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from segment.analytics.client import Client

from pack_case import installed, taken
from sdk_case import DAY, after, hashed, keep_to_loopback, read
from throughline.settings import Settings


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_to_loopback(monkeypatch)


@pytest.mark.parametrize(("is_sync", "keeps_sent_at"), [(False, True), (True, False)])
def test_segment_messages_of_the_library_are_mapped_as_told(
    tmp_path: Path, httpserver: HTTPServer, is_sync: bool, keeps_sent_at: bool
) -> None:
    httpserver.expect_request("/v1/batch", method="POST").respond_with_json({"success": True})
    failed: list[Any] = []
    client = Client(
        "key",
        host=httpserver.url_for("/"),
        sync_mode=is_sync,
        on_error=lambda error, items: failed.append((error, items)),
    )
    ids = tell_segment(client)
    if not is_sync:
        client.shutdown()
        assert not any(consumer.is_alive() for consumer in client.consumers)
    assert failed == []
    settings = installed(tmp_path, "segment")
    sent_at = keep_messages(settings, httpserver, keeps_sent_at)
    assert len(httpserver.log) == (10 if is_sync else 1)
    found, errors = taken(settings, "segment", DAY)
    assert errors == []

    events, pages = found["app_event"], found["pageview"]
    # Left out of either: identify, group, alias and screen, and what the other takes.
    assert (events.reasons, events.not_mapped) == ({}, 4 + 2)
    assert (pages.reasons, pages.not_mapped) == ({}, 4 + 4)
    who = ("event_id", "event", "distinct_id", "anonymous_id", "login_id", "company_id", "lib")
    lib, ann = "analytics-python", hashed(settings, "ann@b.example")
    assert read(events, who, "event_time") == [
        (ids[0], "signed_up", "u1", "a1", "u1", "g1", lib),
        (ids[1], "etape_validee", "77", None, "77", "5", lib),
        (ids[2], "_3d_viewer_opened", "a2", "a2", None, None, lib),
        ("own-id", "paid", ann, None, ann, None, lib),
    ]
    seen = ("event_id", "anonymous_id", "user_id", "url", "url_path", "title", "site_id", "module")
    assert read(pages, seen, "event_time") == [
        (ids[4], "a1", "u1", "https://X.example/ä?b=1", "/ä", "Käse 🧀", "x.example", "Docs"),
        (ids[5], "u1", "u1", "https://x.example", "/", None, "x.example", None),
    ]
    sent_with = read(pages, ("utm_source", "utm_medium", "ua"), "event_time")
    assert sent_with == [("google", "cpc", "UA"), (None, None, None)]
    arrived = [
        row
        for batch in (events, pages)
        for row in read(batch, ("event_id", "event_time", "received_at"), "event_time")
    ]
    assert arrived == [
        (name, after(number), sent_at if keeps_sent_at else after(number))
        for number, name in enumerate(ids)
    ]


def tell_segment(client: Client) -> list[str]:
    """One call of each kind, a millisecond apart; the ids of four tracks and two pages."""
    zone = timezone(timedelta(hours=8))
    # The library cuts what is shorter than a millisecond off.
    told = [
        client.track("u1", "Signed Up", {"plan": "试用"}, {"groupId": "g1"}, after(0.9), "a1"),
        client.track(77, "Étape Validée", {"groupId": 5}, timestamp=after(1).astimezone(zone)),
        # A time without a zone is taken for UTC.
        client.track(
            None, "3D Viewer Opened", {"company": "A"}, None, after(2).replace(tzinfo=None), "a2"
        ),
        client.track("ann@b.example", "Paid", None, None, after(3), message_id="own-id"),
        client.page(
            "u1",
            "Docs",
            "Home",
            {"url": "https://X.example/ä?b=1#c", "title": "Käse 🧀"},
            {"campaign": {"source": "google", "medium": "cpc"}, "userAgent": "UA"},
            after(4),
            "a1",
        ),
        client.page("u1", properties={"url": "https://x.example"}, timestamp=after(5)),
    ]
    client.identify("u1", {"email": "ann@b.example"})
    client.group("u1", "g1", {"name": "A"})
    client.alias("a1", "u1")
    client.screen("u1", "Docs", "Home", {"url": "https://x.example"})
    assert all(success for success, _ in told)
    return [message["messageId"] for _, message in told]


def keep_messages(settings: Settings, server: HTTPServer, keeps_sent_at: bool) -> datetime:
    """Collect what was posted as the day's file, and give the last instant of sending."""
    (folder := settings.home / "segment").mkdir()
    bodies = [request.get_json() for request, _ in server.log]
    with gzip.open(folder / f"messages_{DAY}.jsonl.gz", "wt", encoding="utf-8") as file:
        for body in bodies:
            kept = {"sentAt": body["sentAt"]} if keeps_sent_at else {}
            file.writelines(json.dumps({**message, **kept}) + "\n" for message in body["batch"])
    return datetime.fromisoformat(bodies[-1]["sentAt"])
