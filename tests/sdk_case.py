"""Vendors' own SDKs in tests of packs: kept on this machine, told what happens when."""

import hashlib
import hmac
import socket
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import ingest_case as case
from throughline.conform import pii
from throughline.landing import InputBatch
from throughline.settings import Settings

DAY = date(2026, 3, 1)


def keep_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no SDK reach its vendor, whatever its own defaults and the caller's proxies are."""
    connect = socket.socket.connect

    def checked(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "localhost"):
            raise AssertionError(f"an SDK calls out: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)
    monkeypatch.setenv("NO_PROXY", "*")


def after(milliseconds: float) -> datetime:
    """So many milliseconds after ten o'clock on 1 March, in UTC."""
    return datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def hashed(settings: Settings, text: str) -> str:
    """What a phone number or an e-mail address becomes everywhere."""
    key = pii.pii_key(settings)
    return f"{pii.key_id(key)}:{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def read(batch: InputBatch, columns: tuple[str, ...], order: str) -> list[tuple[Any, ...]]:
    """Accepted rows in order."""
    rows = case.rows(batch.path, ", ".join((order, *columns)))
    return [row[1:] for row in sorted(rows, key=lambda row: row[0])]
