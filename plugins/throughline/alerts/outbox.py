"""The messages that incidents owe, and what became of each attempt to send them.

A row is locked while its message is on the way and marked in the same transaction, so two senders
never send one message, and a sender that dies before the mark sends it again. The messages about
one incident leave in their order, channel by channel.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throughline.alerts.incident import Incident
from throughline.alerts.state import LOCK, connect, unreachable

__all__ = ["Due", "connect", "lock_spool", "mark_failed", "mark_sent", "take", "unreachable"]

_HEAD = (
    "message_id",
    "channel",
    "attempts",
    "event",
    "episode",
    "incident_id",
    "ended_at",
    "ended_by",
    "end_reason",
)
_NEXT = """
select outbox.message_id, outbox.channel, outbox.attempts, outbox.event, outbox.episode,
    outbox.incident_id, incidents.resolved_at as ended_at, incidents.resolved_by as ended_by,
    incidents.end_reason,
    incidents.kind, incidents.subject, incidents."window", incidents.owner, incidents.severity,
    incidents.summary, incidents.blocks, incidents.command, incidents.detail,
    incidents.opened_at as reported_at, incidents.first_bad_run as run_id,
    incidents.blast_radius, incidents.served
from throughline.outbox
inner join throughline.incidents using (incident_id)
where outbox.sent_at is null and outbox.next_attempt_at <= now() and outbox.message_id <> all(%s)
    and not exists (
        select from throughline.outbox as earlier
        where earlier.incident_id = outbox.incident_id and earlier.channel = outbox.channel
            and earlier.message_id < outbox.message_id and earlier.sent_at is null
    )
order by outbox.next_attempt_at, outbox.message_id
limit 1
for update of outbox skip locked
"""


@dataclass(frozen=True)
class Due:
    """A message on its way: it keeps `message_id` over all attempts.

    `event` is opened, flapping, acknowledged or resolved; `episode` counts how often the incident
    was opened. `ended_at` and `ended_by` are known when it is resolved, and `end_reason` where
    nothing passed.
    """

    message_id: int
    channel: str
    attempts: int
    event: str
    episode: int
    incident_id: int
    ended_at: datetime | None
    ended_by: str | None
    incident: Incident
    end_reason: str = ""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt, so that a receiver can drop a second copy."""
        named = f"{self.channel}/{self.incident.key}/{self.event}/{self.episode}"
        return hashlib.sha256(named.encode()).hexdigest()[:32]


def take(connection: Any, tried: list[int]) -> Due | None:
    """Lock the next due message, except those in `tried`; the lock lasts until `mark_*`."""
    row = connection.execute(_NEXT, [tried]).fetchone()
    if row is None:
        connection.commit()
        return None
    head = {name: row.pop(name) for name in _HEAD}
    return Due(**head, incident=Incident(**row))


def mark_sent(connection: Any, due: Due, receipt: str) -> None:
    """Keep the receipt and end the transaction of `take`."""
    connection.execute(
        "update throughline.outbox set sent_at = now(), receipt = %s, last_error = null, "
        "attempts = attempts + 1 where message_id = %s",
        [receipt, due.message_id],
    )
    connection.commit()


def mark_failed(
    connection: Any, due: Due, error: str, wait_seconds: float, backup: str | None = None
) -> None:
    """Note the error, plan the next attempt and end the transaction of `take`.

    `backup` is owed the same news, once.
    """
    connection.execute(
        "update throughline.outbox set last_error = %s, attempts = attempts + 1, "
        "next_attempt_at = now() + make_interval(secs => %s) where message_id = %s",
        [error[:500], wait_seconds, due.message_id],
    )
    if backup:
        connection.execute(
            "insert into throughline.outbox (incident_id, channel, episode, event) "
            "values (%s, %s, %s, %s) on conflict do nothing",
            [due.incident_id, backup, due.episode, due.event],
        )
    connection.commit()


def waiting(connection: Any) -> int:
    """Count the messages that are not sent yet."""
    row = connection.execute(
        "select count(*) as rows_found from throughline.outbox where sent_at is null"
    ).fetchone()
    connection.commit()
    return int(row["rows_found"])


def lock_spool(connection: Any) -> bool:
    """Become the only one who drains the spool, until the connection closes."""
    row = connection.execute("select pg_try_advisory_lock(%s) as got", [LOCK + 1]).fetchone()
    connection.commit()
    return bool(row["got"])
