"""A webhook receiver, an SMTP server and a state database: real sockets, counted messages."""

import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from threading import Lock

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from throughline.alerts import report_incident
from throughline.checks.results import CheckResult
from throughline.settings import Settings, load_settings

SECRET = "not-a-real-secret"


@dataclass
class Receiver:
    """Answers with the planned replies, then with 200; keeps what it accepted."""

    planned: list[Response] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    accepted: list[Request] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def answer(self, request: Request) -> Response:
        request.get_data()  # read before the connection closes
        with self.lock:
            if self.planned:
                self.refused.append(request)
                return self.planned.pop(0)
            self.accepted.append(request)
            return Response('{"errcode": 0}', content_type="application/json")

    @property
    def messages(self) -> list[dict]:
        return [json.loads(request.get_data()) for request in self.accepted]


class Inbox(MessageHandler):
    """Keeps every mail; refuses while `closed`."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.mails: list[Message] = []
        self.closed = False

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.closed:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


def new_database(postgres_url: str) -> str:
    """Create an empty database on the session's server and return its URL."""
    name = f"state_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return psycopg.conninfo.make_conninfo(postgres_url, dbname=name)


def write_settings(folder: Path, alerts: str) -> Settings:
    config = folder / "throughline.yml"
    config.write_text(f"home: home\nalerts:\n{alerts}", encoding="utf-8")
    return load_settings(config)


def rows(settings: Settings, sql: str) -> list[tuple]:
    assert settings.state_url is not None
    with psycopg.connect(settings.state_url) as connection:
        return connection.execute(sql).fetchall()


def change(settings: Settings, sql: str) -> None:
    assert settings.state_url is not None
    with psycopg.connect(settings.state_url) as connection:
        connection.execute(sql)


def due_now(settings: Settings) -> None:
    """Let the waiting time of every message pass."""
    change(settings, "update throughline.outbox set next_attempt_at = now()")


INCIDENT = {
    "kind": "check",
    "subject": "lead.leads",
    "owner": "sales-ops",
    "severity": "critical",
    "summary": "check lead.leads failed: 3 of 100 rows",
    "blocks": "publishing of 2026-06-30; the release of 2026-06-29 is served",
    "command": "throughline status --as-of 2026-06-30",
    "window": "2026-06-30",
}


def report(settings: Settings, **changes: str) -> None:
    report_incident(settings, **{**INCIDENT, **changes})  # type: ignore[arg-type]


def judged(
    number: int, owner: str, severity: str = "critical", status: str = "fail"
) -> CheckResult:
    """One result of a check on a table that bears a number."""
    return CheckResult(
        suite=f"lead.table_{number}",
        expectation="expect_column_values_to_not_be_null[lead_id]#000000",
        layer="lead",
        table_name=f"table_{number}",
        severity=severity,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        observed=f"{number} of 900 rows",
        expected="always",
        unexpected_rows=number,
        seconds=0.1,
        owner=owner,
        why="the test wants a storm",
    )


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    receiver = Receiver()
    httpserver.expect_request("/hook", method="POST").respond_with_handler(receiver.answer)
    return receiver


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    handler = Inbox(port)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def settings(
    tmp_path: Path,
    postgres_url: str,
    httpserver: HTTPServer,
    receiver: Receiver,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Both channels, an address for sales-ops, an empty state database."""
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", httpserver.url_for("/hook"))
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_SECRET", SECRET)
    return write_settings(
        tmp_path,
        "  webhook: {secret_env: THROUGHLINE_WEBHOOK_SECRET}\n"
        f"  email: {{host: 127.0.0.1, port: {inbox.port}, sender: alerts@example.com}}\n"
        "  owners: {sales-ops: sales-ops@example.com}\n",
    )
