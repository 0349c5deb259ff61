"""PagerDuty Events v2: one alert per incident, triggered, acknowledged and resolved by its key."""

import hashlib
from datetime import UTC
from typing import Any

from throughline.alerts import message
from throughline.alerts.incident import Incident
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError, posting
from throughline.settings import Settings
from throughline.settings_alerts import Channel

ADDRESS = "https://events.pagerduty.com/v2/enqueue"
ACTIONS = {
    "opened": "trigger",
    "flapping": "trigger",
    "acknowledged": "acknowledge",
    "resolved": "resolve",
}
LONGEST_KEY = 255


def send(settings: Settings, channel: Channel, due: Due) -> str:
    """Post one event and return status and body as receipt; only 202 and `success` is taken.

    Raises:
        SendError: it was not taken.
    """
    url = posting.secret(settings, channel.url_env) if channel.url_env else ADDRESS
    body = event(posting.secret(settings, channel.secret_env), due)
    reply = posting.post(url, posting.encoded(body), channel.url_env or "PagerDuty")
    given = reply.json
    if reply.status != 202 or not isinstance(given, dict) or given.get("status") != "success":
        raise SendError(f"refused: {reply.receipt}")
    return reply.receipt


def event(routing_key: str, due: Due) -> dict[str, Any]:
    """The event; only a trigger has a payload."""
    action = ACTIONS[due.event]
    head = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": dedup_key(due.incident),
    }
    return (
        {**head, "client": "Throughline", "payload": _payload(due)} if action == "trigger" else head
    )


def dedup_key(incident: Incident) -> str:
    """The incident's key; its hash where it is too long."""
    if len(incident.key) <= LONGEST_KEY:
        return incident.key
    return hashlib.sha256(incident.key.encode()).hexdigest()


def _payload(due: Due) -> dict[str, Any]:
    incident = due.incident
    return {
        "summary": message.subject_line(due),
        "source": "throughline",
        "severity": incident.severity,
        "timestamp": incident.reported_at.astimezone(UTC).isoformat(),
        "component": message.plain(incident.subject),
        "class": incident.kind,
        "custom_details": {
            "text": message.text(due),
            "detail": message.plain(incident.detail, message.LONG),
        },
    }
