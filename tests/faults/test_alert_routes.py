"""Owners are told on their channels, and on a second one when the first refuses three times."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alert_case import due_now, new_database, report, rows, write_settings
from chat_case import ROUTING_KEY, SIGNING_KEY, Chat
from throughline.alerts import deliver, register, report_passed
from throughline.settings import Settings

CHANNELS = """\
  channels:
    sales: {type: dingtalk, url_env: SALES_URL, secret_env: SALES_SECRET}
    everyone: {type: slack, url_env: EVERYONE_URL}
    duty: {type: pagerduty, url_env: DUTY_URL, secret_env: DUTY_KEY}
"""
ROUTES = """\
  routes:
    sales-ops: {channels: [sales], backup: everyone}
    data-platform: {channels: [duty]}
  default_route: {channels: [everyone]}
"""


@pytest.fixture
def chats(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Chat]:
    kinds = {"sales": "dingtalk", "everyone": "slack", "duty": "pagerduty"}
    chats = {name: Chat(kind) for name, kind in kinds.items()}
    for name, chat in chats.items():
        httpserver.expect_request(f"/{name}").respond_with_handler(chat.answer)
        url = httpserver.url_for(f"/{name}?access_token=token")
        monkeypatch.setenv(f"{name.upper()}_URL", url)
    monkeypatch.setenv("SALES_SECRET", SIGNING_KEY)
    monkeypatch.setenv("DUTY_KEY", ROUTING_KEY)
    return chats


@pytest.fixture
def configured(
    chats: dict[str, Chat], tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Settings]:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    return lambda alerts: write_settings(tmp_path, alerts)


def told(chats: dict[str, Chat]) -> dict[str, int]:
    return {name: len(chat.taken) for name, chat in chats.items()}


def again(settings: Settings) -> None:
    due_now(settings)
    deliver(settings)


def test_owner_is_told_on_its_own_channels_and_others_on_the_default_ones(
    configured: Callable[[str], Settings], chats: dict[str, Chat]
) -> None:
    settings = configured(CHANNELS + ROUTES)
    report(settings, owner="sales-ops")
    assert told(chats) == {"sales": 1, "everyone": 0, "duty": 0}
    report(settings, owner="finance", subject="payment.orders")
    assert told(chats) == {"sales": 1, "everyone": 1, "duty": 0}


def test_without_routes_every_channel_is_told(
    configured: Callable[[str], Settings], chats: dict[str, Chat]
) -> None:
    report(configured(CHANNELS))
    assert told(chats) == {"sales": 1, "everyone": 1, "duty": 1}


def test_second_channel_is_told_after_three_refusals_and_the_first_when_it_is_back(
    configured: Callable[[str], Settings], chats: dict[str, Chat]
) -> None:
    settings = configured(CHANNELS + ROUTES)
    refused = '{"errcode": 310000, "errmsg": "keywords not in content"}'
    chats["sales"].planned = [Response(refused) for _ in range(5)]
    report(settings)
    again(settings)
    assert told(chats) == {"sales": 0, "everyone": 0, "duty": 0}
    again(settings)  # the third refusal
    deliver(settings)
    assert told(chats) == {"sales": 0, "everyone": 1, "duty": 0}
    for _ in range(4):
        again(settings)
    assert told(chats) == {"sales": 1, "everyone": 1, "duty": 0}
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert told(chats) == {"sales": 2, "everyone": 2, "duty": 0}, "both hear of the end"


def test_pager_is_triggered_acknowledged_and_resolved(
    configured: Callable[[str], Settings], chats: dict[str, Chat]
) -> None:
    settings = configured(CHANNELS + ROUTES)
    report(settings, owner="data-platform")
    (found,) = register.incidents(settings)
    register.acknowledge(settings, found["incident_id"], "li")
    deliver(settings)
    report(settings, owner="data-platform")
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    actions = [body["event_action"] for body in chats["duty"].taken]
    assert actions == ["trigger", "acknowledge", "resolve"]
    assert len({body["dedup_key"] for body in chats["duty"].taken}) == 1


def test_pager_closes_each_night_and_the_chat_hears_of_the_end_once(
    configured: Callable[[str], Settings], chats: dict[str, Chat]
) -> None:
    settings = configured(CHANNELS + "  default_route: {channels: [everyone, duty]}\n")
    for window in ("2026-06-30", "2026-07-01", "2026-07-02"):
        report(settings, window=window)
    report_passed(settings, ["check"], ["lead.leads"], "2026-07-02")
    assert told(chats) == {"sales": 0, "everyone": 4, "duty": 6}
    report(settings, window="2026-07-02")
    assert told(chats) == {"sales": 0, "everyone": 5, "duty": 7}, "it broke again"


def test_receipts_are_kept(configured: Callable[[str], Settings], chats: dict[str, Chat]) -> None:
    settings = configured(CHANNELS)
    report(settings)
    kept = dict(rows(settings, "select channel, receipt from throughline.outbox"))
    assert kept["everyone"] == "200 ok"
    assert kept["sales"] == '200 {"errcode": 0, "errmsg": "ok"}'
    assert kept["duty"].startswith('202 {"status": "success"')
