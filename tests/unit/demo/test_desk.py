"""The chat desk's API: its pages hold each chat once, whatever is asked; nobody without a token."""

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from demo_case import connected
from throughline.conform import find_parts
from throughline.demo import desk
from throughline.extract import extract_source
from throughline.landing.batches import input_batches
from throughline.settings import Settings, load_settings
from throughline.source_folders import load_sources

HEADER = "chat_id,anonymous_id,opened_at,first_visitor_msg_at,msgs_visitor,msgs_agent,phone,wechat"
HEADER += ",agent_id,channel,updated_at"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A desk with 1,203 chats of March, three a minute, of which two share each instant."""
    (tmp_path / "throughline.yml").write_text("home: home\n")
    given = load_settings(tmp_path / "throughline.yml")
    path = given.demo_folder / "success" / "chats.csv.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER.split(","))
        for number in range(1203):
            day, second = 1 + number // 100, number % 100 // 2 * 20
            at = f"2026-03-{day:02d} 23:{second // 60:02d}:{second % 60:02d}"
            rows.writerow([f"chat-{number}", "ck", at, "", 0, 0, "", "", "sdr-1", "site", at])
    return given


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    with desk.serving(settings, "127.0.0.1", 0, "secret") as server:
        yield f"http://127.0.0.1:{server.server_port}/v1/chats"


def get(url: str, **asked: object) -> httpx.Response:
    return httpx.get(url, params=asked, headers={"Authorization": "Bearer secret"})


@pytest.mark.parametrize("limit", [1, 7, 500])
@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        ({}, range(1203)),
        (
            {
                "updated_since": "2026-03-02T00:00:00+08:00",
                "updated_before": "2026-03-03T15:00:20+00:00",
            },
            range(100, 202),
        ),
    ],
)
def test_pages_hold_every_chat_once(
    url: str, limit: int, bounds: dict[str, str], wanted: range
) -> None:
    found, asked, pages = [], {**bounds, "limit": limit}, 0
    while asked.get("cursor", "first") is not None:
        answer = get(url, **asked).json()
        found += [chat["chat_id"] for chat in answer["chats"]]
        asked["cursor"], pages = answer["next_cursor"], pages + 1
    assert sorted(found) == sorted(f"chat-{number}" for number in wanted)
    assert pages == -(-len(wanted) // limit)


def test_an_empty_text_is_null_and_a_count_a_number(url: str) -> None:
    first = get(url, limit=1).json()["chats"][0]
    assert first == {
        **{"chat_id": "chat-0", "anonymous_id": "ck", "opened_at": "2026-03-01 23:00:00"},
        **{"first_visitor_msg_at": None, "msgs_visitor": 0, "msgs_agent": 0, "phone": None},
        **{"wechat": None, "agent_id": "sdr-1", "channel": "site"},
        "updated_at": "2026-03-01 23:00:00",
    }


@pytest.mark.parametrize(
    ("status", "headers", "asked"),
    [
        (401, {}, ""),
        (401, {"Authorization": "Bearer secrets"}, ""),
        (401, {"Authorization": "Basic secret"}, ""),
        (404, {"Authorization": "Bearer secret"}, "/42"),
        (400, {"Authorization": "Bearer secret"}, "?limit=0"),
        (400, {"Authorization": "Bearer secret"}, "?limit=many"),
        (400, {"Authorization": "Bearer secret"}, "?updated_since=yesterday"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    url: str, status: int, headers: dict[str, str], asked: str
) -> None:
    answer = httpx.get(url + asked, headers=headers)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_nights_take_what_changed_since_the_last_one(settings: Settings) -> None:
    source = load_sources(settings)["demo_desk"]
    with connected(settings, ""):
        for night in (date(2026, 3, 5), date(2026, 3, 6)):
            report = extract_source(settings, "demo_desk", night)
            assert (report.errors, report.held) == ((), ())
    batches = input_batches(settings)
    assert [batch.rows for batch in batches] == [500, 200]  # a day, and the hour before it again
    (parts,) = find_parts(settings, source, "im_chat", date(2026, 3, 6))[0][-1:]
    assert parts.window == "2026-03-06"


def test_a_wrong_token_is_told_without_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.serving(settings, "127.0.0.1", 0, "secret") as server:
        url = f"http://desk:mistyped@127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AIRFLOW_CONN_DEMO_DESK", url)
        report = extract_source(settings, "demo_desk", date(2026, 3, 5))
    [said] = report.errors
    assert "401" in said and "the token is missing or wrong" in said and "mistyped" not in said
