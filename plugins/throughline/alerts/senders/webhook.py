"""POST an alert as JSON to one URL; a 200 that carries an error code is a refusal."""

import hashlib
import hmac
import json
import time
from datetime import UTC
from typing import Any

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError, posting
from throughline.settings import Settings
from throughline.settings_alerts import Webhook

_CODES = ("errcode", "code", "StatusCode", "status_code", "error_code")
_FINE = (0, 200, "0", "200", "ok", "OK", "success", None)


def send(settings: Settings, due: Due) -> str:
    """Post one message and return status and body as receipt.

    Headers: `Idempotency-Key`, and where `secret_env` is set `X-Throughline-Timestamp` and
    `X-Throughline-Signature`: HMAC-SHA256 of `<timestamp>.<body>` in hex.

    Raises:
        SendError: it was not taken.
    """
    hook = settings.alerts.webhook
    if hook is None:
        raise SendError("alerts.webhook is no longer configured")
    body = json.dumps(payload(due), ensure_ascii=False).encode()
    url = posting.secret(settings, hook.url_env)
    headers = {"Idempotency-Key": due.idempotency_key, **_signature(settings, hook, body)}
    reply = posting.post(url, body, hook.url_env, headers)
    _refuse(reply)
    return reply.receipt


def payload(due: Due) -> dict[str, Any]:
    """The message as a receiver gets it: a text to show, and the same facts one by one."""
    incident = due.incident
    return {
        "text": message.text(due),
        "idempotency_key": due.idempotency_key,
        "event": due.event,
        "incident_id": due.incident_id,
        "folded": [one.incident_id for one in due.folded],
        "kind": incident.kind,
        "severity": incident.severity,
        "subject": message.plain(incident.subject),
        "window": message.plain(incident.window),
        "owner": message.plain(incident.owner),
        "summary": message.plain(incident.summary),
        "blocks": message.plain(incident.blocks),
        "command": message.plain(incident.command),
        "blast_radius": [message.plain(name) for name in incident.blast_radius],
        "served": message.plain(incident.served),
        "first_bad_run": message.plain(incident.run_id),
        "detail": message.plain(incident.detail, message.LONG),
        "opened_at": incident.reported_at.astimezone(UTC).isoformat(),
        "resolved_at": due.ended_at.astimezone(UTC).isoformat() if due.ended_at else None,
    }


def _signature(settings: Settings, hook: Webhook, body: bytes) -> dict[str, str]:
    if hook.secret_env is None:
        return {}
    stamp = str(int(time.time()))
    secret = posting.secret(settings, hook.secret_env).encode()
    digest = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Throughline-Timestamp": stamp, "X-Throughline-Signature": f"sha256={digest}"}


def _refuse(reply: posting.Reply) -> None:
    """Raise SendError where the body of a success says something else."""
    given = reply.json
    if not isinstance(given, dict):
        return
    codes = [given.get(name) for name in _CODES]
    denied = given.get("ok") is False or given.get("success") is False or given.get("error")
    if denied or any(code not in _FINE for code in codes):
        raise SendError(f"refused: {reply.receipt}")
