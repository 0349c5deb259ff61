"""P25, P26, P33: every failure arrives once, whatever the receivers do. Messages are counted."""

import hashlib
import hmac
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alert_case import (
    SECRET,
    Inbox,
    Receiver,
    due_now,
    inbox,
    new_database,
    receiver,
    report,
    rows,
    settings,
)
from scoreboard import Facts
from throughline.alerts import deliver, outbox
from throughline.settings import Settings

__all__ = ["inbox", "receiver", "settings"]


@pytest.mark.parametrize("kind", ["check", "task", "cutoff"])
def test_failure_arrives_once_on_both_channels_with_all_that_is_needed(
    settings: Settings, receiver: Receiver, inbox: Inbox, kind: str
) -> None:
    report(settings, kind=kind)
    deliver(settings)
    (message,) = receiver.messages
    (mail,) = inbox.mails
    for text in (message["text"], mail.get_payload()):
        assert "critical" in text
        assert "Owner: sales-ops" in text
        assert "check lead.leads failed: 3 of 100 rows" in text
        assert "Blocks: publishing of 2026-06-30; the release of 2026-06-29 is served" in text
        assert "Look closer: throughline status --as-of 2026-06-30" in text
    assert message["kind"] == kind
    assert mail["To"] == "sales-ops@example.com"


def test_repeat_counts_up_and_sends_nothing(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    for _ in range(5):
        report(settings)
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)
    assert rows(settings, "select dedup_key, occurrences from throughline.incidents") == [
        ("check/lead.leads/2026-06-30", 5)
    ]


def test_another_kind_subject_or_window_is_another_incident(
    settings: Settings, receiver: Receiver
) -> None:
    report(settings)
    report(settings, kind="task")
    report(settings, subject="lead.call_daily")
    report(settings, window="2026-07-01")
    assert len(receiver.accepted) == 4


def test_same_incident_from_eight_processes_at_once_is_one_message(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    threads = [threading.Thread(target=report, args=(settings,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)
    assert rows(settings, "select occurrences from throughline.incidents") == [(8,)]


def test_four_senders_at_once_send_each_message_once(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    receiver.planned = [Response(status=503) for _ in range(outbox.ALONE)]
    inbox.closed = True
    for number in range(outbox.ALONE):
        report(settings, subject=f"lead.table_{number}")
    receiver.planned.clear()
    inbox.closed = False
    due_now(settings)
    threads = [threading.Thread(target=deliver, args=(settings,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    subjects = [message["subject"] for message in receiver.messages]
    assert sorted(subjects) == sorted(f"lead.table_{number}" for number in range(outbox.ALONE))
    assert len({mail["Message-ID"] for mail in inbox.mails}) == len(inbox.mails) == outbox.ALONE


@pytest.mark.parametrize(
    "reply",
    [
        Response(status=500),
        Response(status=429, headers={"Retry-After": "1"}),
        Response('{"errcode": 310000, "errmsg": "sign not match"}', status=200),
        Response('{"code": 19021, "msg": "sign match fail"}', status=200),
        Response('{"ok": false, "error": "channel_not_found"}', status=200),
        Response(status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=["500", "429", "200-errcode", "200-code", "200-not-ok", "redirect"],
)
def test_refused_message_is_sent_again_and_arrives_once(
    settings: Settings, receiver: Receiver, inbox: Inbox, reply: Response
) -> None:
    receiver.planned = [reply]
    report(settings)
    assert (len(receiver.accepted), len(inbox.mails)) == (0, 1)  # the other channel goes on
    assert deliver(settings).sent == 0, "not due yet"
    due_now(settings)
    assert deliver(settings).sent == 1
    due_now(settings)
    assert deliver(settings).sent == 0
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)
    first, second = receiver.refused[0], receiver.accepted[0]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_receiver_that_asks_to_wait_is_left_alone_so_long(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.planned = [Response(status=429, headers={"Retry-After": "900"})]
    report(settings)
    (wait,) = rows(
        settings,
        "select extract(epoch from next_attempt_at - now())::int from throughline.outbox "
        "where channel = 'webhook'",
    )
    assert 880 <= wait[0] <= 900


def test_waits_grow_but_stay_below_five_minutes(settings: Settings, receiver: Receiver) -> None:
    receiver.planned = [Response(status=500) for _ in range(9)]
    report(settings)
    waits = []
    for _ in range(9):
        waits += rows(
            settings,
            "select extract(epoch from next_attempt_at - now())::float from throughline.outbox "
            "where channel = 'webhook'",
        )
        due_now(settings)
        deliver(settings)
    assert waits[0][0] <= 5
    assert 55 <= waits[-1][0] <= 120
    assert len(receiver.accepted) == 1


def test_endpoint_that_hangs_holds_up_nobody_for_long(
    settings: Settings, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = os.environ["THROUGHLINE_WEBHOOK_URL"]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, never answers
        monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        report(settings)
        assert time.monotonic() - started < 15
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", working)
    due_now(settings)
    deliver(settings)
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)


def test_endpoint_and_mail_server_down_then_back_lose_nothing(
    settings: Settings, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = os.environ["THROUGHLINE_WEBHOOK_URL"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", f"http://127.0.0.1:{nobody}/")
    inbox.closed = True
    report(settings)
    assert (len(receiver.accepted), len(inbox.mails)) == (0, 0)
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", working)
    inbox.closed = False
    due_now(settings)
    deliver(settings)
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)


def test_missing_webhook_address_is_an_error_on_the_row_and_nowhere_else(
    settings: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THROUGHLINE_WEBHOOK_URL")
    report(settings)
    assert len(inbox.mails) == 1
    ((error,),) = rows(
        settings, "select last_error from throughline.outbox where channel = 'webhook'"
    )
    assert error == "environment variable THROUGHLINE_WEBHOOK_URL is not set"


@pytest.mark.parametrize(("point", "copies"), [("before", 1), ("after", 2)])
def test_sender_killed_around_the_send_sends_again_under_the_same_key(
    settings: Settings, receiver: Receiver, facts: Facts, point: str, copies: int
) -> None:
    receiver.planned = [Response(status=500)]
    report(settings)
    due_now(settings)
    code = "from throughline.alerts import deliver; from throughline.settings import load_settings"
    killed = subprocess.run(
        [sys.executable, "-c", f"{code}; deliver(load_settings())"],
        env={
            **os.environ,
            "THROUGHLINE_CONFIG": str(settings.config_file),
            "THROUGHLINE_FAULT": f"alerts.send.{point}:kill",
        },
        check=False,
    )
    assert killed.returncode == -9
    facts.killed(f"alerts.send.{point}")
    assert rows(settings, "select count(*) from throughline.outbox where sent_at is null") == [(1,)]
    deliver(settings)
    keys = [request.headers["Idempotency-Key"] for request in receiver.accepted]
    assert len(keys) == copies
    assert len(set(keys)) == 1
    assert rows(settings, "select count(*) from throughline.outbox where sent_at is null") == [(0,)]


def test_report_without_a_state_database_is_spooled_and_arrives_later_once(
    settings: Settings, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = os.environ["THROUGHLINE_STATE_URL"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    monkeypatch.setenv("THROUGHLINE_STATE_URL", f"postgresql://127.0.0.1:{nobody}/state")
    report(settings)
    report(settings)
    down = deliver(settings)
    assert (down.spooled, down.sent) == (2, 0)
    assert down.problem
    monkeypatch.setenv("THROUGHLINE_STATE_URL", working)
    back = deliver(settings)
    assert (back.drained, back.sent, back.spooled, back.problem) == (2, 2, 0, "")
    assert (len(receiver.accepted), len(inbox.mails)) == (1, 1)
    assert rows(settings, "select occurrences from throughline.incidents") == [(2,)]


def test_half_written_or_foreign_spool_file_stops_no_other_report(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = settings.home / "alerts" / "spool"
    working = os.environ["THROUGHLINE_STATE_URL"]
    monkeypatch.delenv("THROUGHLINE_STATE_URL")
    report(settings)
    (spool / "00000000T000000-torn.json").write_text('{"kind": "che')
    monkeypatch.setenv("THROUGHLINE_STATE_URL", working)
    assert deliver(settings).drained == 1
    assert len(receiver.accepted) == 1
    assert [path.suffix for path in spool.iterdir()] == [".unreadable"]


def test_reporting_never_raises_even_without_a_place_to_write(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THROUGHLINE_STATE_URL")
    (tmp_path / "file").write_text("a file where a folder should be")
    report(settings.model_copy(update={"home": tmp_path / "file"}))


def test_tables_are_made_by_ten_processes_at_once_without_an_error(
    settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    threads = [
        threading.Thread(target=report, args=(settings,), kwargs={"subject": f"table {number}"})
        for number in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(settings, "select count(*) from throughline.incidents") == [(10,)]


def test_body_is_signed_with_the_secret(settings: Settings, receiver: Receiver) -> None:
    report(settings)
    (request,) = receiver.accepted
    stamp = request.headers["X-Throughline-Timestamp"]
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + request.get_data(), hashlib.sha256)
    assert request.headers["X-Throughline-Signature"] == f"sha256={expected.hexdigest()}"


def test_owner_without_an_address_is_told_at_the_default_one(
    settings: Settings, inbox: Inbox
) -> None:
    report(settings, owner="finance")
    assert inbox.mails[0]["To"] == "oncall@localhost"


PAYLOAD = "<!channel> @all [pay](http://evil.example) `x` *b*\r\nBcc: a@b.c\u202e {{ 7*7 }} '; DROP"


def test_source_text_in_an_alert_is_shown_and_never_obeyed(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    report(settings, summary=PAYLOAD, subject=PAYLOAD, detail=PAYLOAD, owner=PAYLOAD)
    (message,) = receiver.messages
    (mail,) = inbox.mails
    shown = "".join(str(value) for name, value in message.items() if name != "idempotency_key")
    for bad in ("<!", "@all", "](", "http://", "`", "*", "\r", "\u202e"):
        assert bad not in shown, bad
    assert len(message["text"].splitlines()) == 5
    assert "7" in message["summary"]
    assert mail["Bcc"] is None
    assert mail.get_all("X-RcptTo") == ["oncall@localhost"]
    assert rows(settings, "select count(*) from throughline.incidents") == [(1,)]


def test_state_database_that_dies_while_sending_keeps_the_message_due(
    settings: Settings, receiver: Receiver, httpserver: HTTPServer
) -> None:
    """The connection is cut while the receiver answers: sent, never marked, so sent again."""

    def cut(request) -> Response:
        with psycopg.connect(os.environ["THROUGHLINE_STATE_URL"], autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        return receiver.answer(request)

    receiver.planned = [Response(status=500)]
    report(settings)
    due_now(settings)
    httpserver.clear()
    httpserver.expect_request("/hook").respond_with_handler(cut)
    assert deliver(settings).problem
    httpserver.clear()
    httpserver.expect_request("/hook").respond_with_handler(receiver.answer)
    assert deliver(settings).sent == 1
    keys = {request.headers["Idempotency-Key"] for request in receiver.accepted}
    assert (len(receiver.accepted), len(keys)) == (2, 1)
