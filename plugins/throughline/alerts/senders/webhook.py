"""POST an alert as JSON to one URL; a 200 that carries an error code is a refusal."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError
from throughline.errors import ConfigError
from throughline.settings import Settings, Webhook

TIMEOUT_SECONDS = 10.0
LONGEST_RETRY_AFTER = 3600.0
_CODES = ("errcode", "code", "StatusCode", "status_code", "error_code")
_FINE = (0, 200, "0", "200", "ok", "OK", "success", None)


def send(settings: Settings, due: Due) -> str:
    """Post one message and return status and body as receipt.

    Headers: `Idempotency-Key`, and where `secret_env` is set `X-Throughline-Timestamp` and
    `X-Throughline-Signature`: HMAC-SHA256 of `<timestamp>.<body>` in hex.

    Raises:
        SendError: it was not taken.
    """
    import httpx

    hook = settings.alerts.webhook
    if hook is None:
        raise SendError("alerts.webhook is no longer configured")
    body = json.dumps(payload(due), ensure_ascii=False).encode()
    try:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": due.idempotency_key,
            **_signature(settings, hook, body),
        }
        url = settings.secret(hook.url_env)
        reply = httpx.post(
            url, content=body, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False
        )
    except ConfigError as error:
        raise SendError(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SendError(f"{type(error).__name__} at the address in {hook.url_env}") from error
    _refuse(reply)
    return f"{reply.status_code} {reply.text[:200]}"


def payload(due: Due) -> dict[str, Any]:
    """The message as a receiver gets it: a text to show, and the same facts one by one."""
    incident = due.incident
    return {
        "text": message.text(due),
        "idempotency_key": due.idempotency_key,
        "event": due.event,
        "incident_id": due.incident_id,
        "kind": incident.kind,
        "severity": incident.severity,
        "subject": message.plain(incident.subject),
        "window": message.plain(incident.window),
        "owner": message.plain(incident.owner),
        "summary": message.plain(incident.summary),
        "blocks": message.plain(incident.blocks),
        "command": message.plain(incident.command),
        "detail": message.plain(incident.detail, message.LONG),
        "opened_at": incident.reported_at.astimezone(UTC).isoformat(),
        "resolved_at": due.ended_at.astimezone(UTC).isoformat() if due.ended_at else None,
    }


def _signature(settings: Settings, hook: Webhook, body: bytes) -> dict[str, str]:
    if hook.secret_env is None:
        return {}
    stamp = str(int(time.time()))
    secret = settings.secret(hook.secret_env).encode()
    digest = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Throughline-Timestamp": stamp, "X-Throughline-Signature": f"sha256={digest}"}


def _refuse(reply: Any) -> None:
    """Raise SendError unless the reply is a success that says nothing else in its body."""
    if not 200 <= reply.status_code < 300:
        wait = _seconds(reply.headers.get("Retry-After"))
        raise SendError(f"status {reply.status_code}: {reply.text[:200]}", wait)
    try:
        given = json.loads(reply.text)
    except ValueError:
        return
    if not isinstance(given, dict):
        return
    codes = [given.get(name) for name in _CODES]
    denied = given.get("ok") is False or given.get("success") is False or given.get("error")
    if denied or any(code not in _FINE for code in codes):
        raise SendError(f"status {reply.status_code}, but refused: {reply.text[:200]}")


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdigit():
            wait = float(retry_after)
        else:
            wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)
