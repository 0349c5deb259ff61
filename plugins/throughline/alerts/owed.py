"""The messages that an incident owes: each channel is told what it does not know yet.

A channel knows of an open incident when the last message to it about the incident says so.
Callers hold the lock of the incident's row, so two processes never owe the same message.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

OPEN = ("opened", "flapping", "acknowledged")

_KNOWS = """
select channel
from (
    select distinct on (channel) channel, event
    from throughline.outbox
    where incident_id = %s
    order by channel, message_id desc
) as last_messages
where event = any(%s)
order by channel
"""
_OWE = """
insert into throughline.outbox (
    incident_id, channel, episode, event, next_attempt_at, sent_at, receipt
)
values (
    %s, %s, %s, %s, coalesce(%s, now()), case when %s::text is null then null else now() end, %s
)
on conflict (incident_id, channel, episode, event) do nothing
"""
_DROP = """
delete from throughline.outbox
where message_id in (
    select message_id
    from throughline.outbox
    where incident_id = %s and sent_at is null and event = any(%s) and channel <> all(%s)
    for update skip locked
)
"""


def opened(
    connection: Any, incident: dict[str, Any], channels: list[str], due_at: datetime | None
) -> None:
    """Owe the news of an open incident to the channels that do not know it."""
    event = "flapping" if incident["is_flapping"] else "opened"
    _drop(connection, incident, ["resolved"])
    known = _knowing(connection, incident)
    for channel in channels:
        if channel not in known:
            _owe(connection, incident, channel, event, due_at)


def acknowledged(connection: Any, incident: dict[str, Any], stateful: list[str]) -> None:
    """Take back what is not sent yet; only channels that keep a state are told."""
    _drop(connection, incident, ["opened", "flapping"], stateful)
    for channel in _knowing(connection, incident):
        if channel in stateful:
            _owe(connection, incident, channel, "acknowledged")


def resolved(
    connection: Any,
    incidents: list[dict[str, Any]],
    due: Mapping[int, datetime | None],
    stateful: list[str],
) -> None:
    """Owe the end of incidents: once per channel where several of one subject end together.

    `incidents` come oldest first, and the oldest one speaks for the others; channels that keep a
    state are told of each. `due` says per incident when.
    """
    speakers: dict[tuple[str, str, str], int] = {}
    for incident in incidents:
        due_at = due[incident["incident_id"]]
        for channel in _knowing(connection, incident):
            group = (incident["kind"], incident["subject"], channel)
            speaker = speakers.setdefault(group, incident["incident_id"])
            alone = channel in stateful or speaker == incident["incident_id"]
            receipt = None if alone else f"told with incident {speaker}"
            _owe(connection, incident, channel, "resolved", due_at, receipt)


def _drop(
    connection: Any, incident: dict[str, Any], events: list[str], keep: list[str] | None = None
) -> None:
    """Take back messages that nobody is sending, except those to the channels in `keep`."""
    connection.execute(_DROP, [incident["incident_id"], events, keep or []])


def _knowing(connection: Any, incident: dict[str, Any]) -> list[str]:
    found = connection.execute(_KNOWS, [incident["incident_id"], list(OPEN)]).fetchall()
    return [row["channel"] for row in found]


def _owe(
    connection: Any,
    incident: dict[str, Any],
    channel: str,
    event: str,
    due_at: datetime | None = None,
    receipt: str | None = None,
) -> None:
    given = [incident["incident_id"], channel, incident["episode"], event, due_at, receipt, receipt]
    connection.execute(_OWE, given)
