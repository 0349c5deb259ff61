"""Chats and a pager that check what they get; what they refuse is a failure, also at status 200."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alert_case import INCIDENT, write_settings
from chat_case import ROUTING_KEY, SIGNING_KEY, Chat
from throughline.alerts.incident import Incident
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError, chosen, dingtalk, feishu
from throughline.settings import Settings

KINDS = ["slack", "dingtalk", "feishu", "wecom", "pagerduty"]
SIGNED = {"dingtalk": SIGNING_KEY, "feishu": SIGNING_KEY, "pagerduty": ROUTING_KEY}
OPENED = datetime(2026, 6, 30, 18, 0, tzinfo=UTC)
PAYLOAD = "<!channel> <@U1> @all [pay](http://evil.example) `x` *b* <at user_id='all'></at>\n# h"


def due(event: str = "opened", **changes: str) -> Due:
    incident = Incident(**{"detail": "", **INCIDENT, **changes}, reported_at=OPENED)  # type: ignore[arg-type]
    ended = OPENED + timedelta(minutes=90) if event == "resolved" else None
    by = "a later run" if ended else None
    return Due(7, "chat", 0, event, 1, 12, ended, by, incident)


def configured(folder: Path, kind: str) -> Settings:
    signed = ", secret_env: CHAT_SECRET" if kind in SIGNED else ""
    channel = f"{{type: {kind}, url_env: CHAT_URL{signed}}}"
    return write_settings(folder, f"  channels: {{chat: {channel}}}\n")


@pytest.fixture(params=KINDS)
def chat(
    request: pytest.FixtureRequest, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Chat:
    chat = Chat(request.param)
    httpserver.expect_request("/hook", method="POST").respond_with_handler(chat.answer)
    url = httpserver.url_for("/hook?access_token=token&key=token")
    monkeypatch.setenv("CHAT_URL", url)
    monkeypatch.setenv("CHAT_SECRET", SIGNED.get(chat.kind, "unused"))
    return chat


def test_message_is_taken_and_says_what_is_needed(chat: Chat, tmp_path: Path) -> None:
    receipt = chosen.send(configured(tmp_path, chat.kind), due())
    assert receipt.startswith("202 " if chat.kind == "pagerduty" else "200 ")
    (text,) = chat.texts
    for part in ("critical", "check lead.leads failed", "Owner: sales-ops", "throughline status"):
        assert part in text


@pytest.mark.parametrize("chat", ["slack", "dingtalk", "feishu", "wecom"], indirect=True)
def test_end_is_told_with_its_duration(chat: Chat, tmp_path: Path) -> None:
    chosen.send(configured(tmp_path, chat.kind), due("resolved"))
    assert "after 1 h 30 min, by a later run" in chat.texts[0]


@pytest.mark.parametrize("chat", ["dingtalk", "feishu", "pagerduty"], indirect=True)
def test_wrong_secret_is_a_failure(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_SECRET", "another")
    with pytest.raises(SendError, match=r"sign|routing_key"):
        chosen.send(configured(tmp_path, chat.kind), due())
    assert chat.taken == []


@pytest.mark.parametrize(
    "reply",
    [
        Response('{"errcode": 45009, "code": 11232, "errmsg": "api freq out of limit"}'),
        Response('{"errmsg": "no code at all"}'),
        Response("<html>log in to this network</html>"),
        Response("", status=200),
        Response('{"errcode": "0", "code": "0", "status": "throttled"}', status=202),
        Response('{"errcode": false, "code": false}'),
        Response("no_service", status=404),
    ],
    ids=["too-fast", "no-code", "portal", "empty", "not-success", "false", "404"],
)
def test_answer_that_is_no_yes_is_a_failure(chat: Chat, tmp_path: Path, reply: Response) -> None:
    chat.planned = [reply]
    with pytest.raises(SendError):
        chosen.send(configured(tmp_path, chat.kind), due())


@pytest.mark.parametrize(
    ("chat", "body"),
    [
        ("dingtalk", '{"errcode": 130101, "errmsg": "send too fast"}'),
        ("feishu", '{"code": 11232, "msg": "frequency limited"}'),
        ("wecom", '{"errcode": 45009, "errmsg": "api freq out of limit"}'),
    ],
    indirect=["chat"],
)
def test_robot_that_is_asked_too_often_is_left_alone_for_a_minute(
    chat: Chat, tmp_path: Path, body: str
) -> None:
    chat.planned = [Response(body)]
    with pytest.raises(SendError) as refused:
        chosen.send(configured(tmp_path, chat.kind), due())
    assert refused.value.retry_after == 60


def test_source_text_mentions_links_and_formats_nothing(chat: Chat, tmp_path: Path) -> None:
    named = dict.fromkeys(("summary", "owner", "blocks", "command", "detail", "subject"), PAYLOAD)
    chosen.send(configured(tmp_path, chat.kind), due(**named))
    (text,) = chat.texts
    for bad in ("<!", "<@", "<at", "@all", "](", "http://", "`", "*b*", "\n#", "\\n#"):
        assert bad not in text, bad
    body = chat.taken[0]
    assert body.get("at", {}).get("isAtAll", False) is False
    assert body.get("mrkdwn", False) is False
    if chat.kind == "wecom":
        assert body["text"]["mentioned_list"] == []


def test_long_text_is_taken(chat: Chat, tmp_path: Path) -> None:
    long = dict.fromkeys(
        ("summary", "owner", "blocks", "command", "subject", "detail"), "渠道" * 999
    )
    chosen.send(configured(tmp_path, chat.kind), due(**long))
    assert len(chat.taken) == 1


def test_no_log_line_error_or_receipt_shows_an_address_or_a_secret(
    chat: Chat, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configured(tmp_path, chat.kind)
    shown = []
    with caplog.at_level(logging.INFO):
        shown.append(chosen.send(settings, due()))
        for reply in (Response(status=500), Response("[]")):
            chat.planned = [reply]
            with pytest.raises(SendError) as refused:
                chosen.send(settings, due())
            shown.append(str(refused.value))
        monkeypatch.setenv("CHAT_URL", "http://127.0.0.1:9/hook?access_token=token")
        with pytest.raises(SendError) as refused:
            chosen.send(settings, due())
        shown.append(str(refused.value))
    ours = [line.getMessage() for line in caplog.records if line.name != "werkzeug"]
    for text in (*shown, *ours):
        assert "token" not in text
        assert SIGNED.get(chat.kind, "/hook") not in text


@pytest.mark.parametrize("chat", ["pagerduty"], indirect=True)
def test_pager_gets_one_key_for_all_events_of_an_incident(chat: Chat, tmp_path: Path) -> None:
    settings = configured(tmp_path, "pagerduty")
    for subject in ("lead.leads", "渠" * 300):
        chat.taken.clear()
        for event in ("opened", "acknowledged", "resolved"):
            chosen.send(settings, due(event, subject=subject))
        actions = [body["event_action"] for body in chat.taken]
        assert actions == ["trigger", "acknowledge", "resolve"]
        assert len({body["dedup_key"] for body in chat.taken}) == 1


@pytest.mark.parametrize("chat", ["dingtalk"], indirect=True)
def test_every_signature_survives_the_query(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configured(tmp_path, "dingtalk")
    for _ in range(30):  # base64 of a digest holds `=` always, `+` and `/` often
        chosen.send(settings, due())
    assert len(chat.taken) == 30
    assert all("%3D" in query and "%253D" not in query for query in chat.raw)


def test_signatures_are_those_of_the_documented_recipes() -> None:
    # openssl: printf '1700000000000\nsecret' | openssl dgst -sha256 -hmac secret -binary | base64
    assert dingtalk.signed("secret", 1_700_000_000_000)["sign"] == DINGTALK_SIGN
    # openssl: printf '' | openssl dgst -sha256 -hmac $'1700000000\nsecret' -binary | base64
    assert feishu.signed("secret", 1_700_000_000)["sign"] == FEISHU_SIGN


DINGTALK_SIGN = "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY="
FEISHU_SIGN = "fiWS2+gh28DOydAv7hzONH/mDn9+b1Y4Y5ivXWXy8vA="


def test_channel_that_is_gone_from_the_configuration_says_so(tmp_path: Path) -> None:
    settings = configured(tmp_path, "slack")
    with pytest.raises(SendError, match=r"alerts\.channels\.other is no longer configured"):
        chosen.send(settings, replace(due(), channel="other"))
