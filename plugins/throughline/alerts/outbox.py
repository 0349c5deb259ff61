"""The messages that incidents owe, and what became of each attempt to send them.

A row is locked while its message is on the way and marked in the same transaction, so two senders
never send one message, and a sender that dies before the mark sends it again. The messages about
one incident leave in their order, channel by channel; many at once are folded into one.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from throughline.alerts.incident import Incident
from throughline.alerts.state import LOCK, connect, unreachable

__all__ = ["Due", "connect", "lock_spool", "mark_failed", "mark_sent", "take", "unreachable"]

ALONE, MOST = 12, 20
"""Messages to a channel in a minute that are sent one by one, and that are sent at all."""

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
_DUE = """
select outbox.message_id, outbox.channel, outbox.attempts, outbox.event, outbox.episode,
    outbox.incident_id, incidents.resolved_at as ended_at, incidents.resolved_by as ended_by,
    incidents.end_reason,
    incidents.kind, incidents.subject, incidents."window", incidents.owner, incidents.severity,
    incidents.summary, incidents.blocks, incidents.command, incidents.detail,
    incidents.opened_at as reported_at, incidents.first_bad_run as run_id,
    incidents.blast_radius, incidents.served
from throughline.outbox
inner join throughline.incidents using (incident_id)
where outbox.sent_at is null and outbox.next_attempt_at <= now()
    and outbox.message_id <> all(%(tried)s)
    and not exists (
        select from throughline.outbox as earlier
        where earlier.incident_id = outbox.incident_id and earlier.channel = outbox.channel
            and earlier.message_id < outbox.message_id and earlier.sent_at is null
    )
    and {which}
order by outbox.next_attempt_at, outbox.message_id
limit {limit}
for update of outbox skip locked
"""
_NEXT = _DUE.format(which="outbox.channel <> all(%(busy)s)", limit=1)
_REST = _DUE.format(
    which="outbox.channel = %(channel)s and incidents.owner = %(owner)s", limit="all"
)
_RECENT = """
select count(*) as rows_found
from throughline.outbox
where channel = %s and sent_at > now() - interval '1 minute' and attempts > 0
    and folded_into is null
"""


@dataclass(frozen=True)
class Due:
    """A message on its way: it keeps `message_id` over all attempts.

    `event` is opened, flapping, acknowledged or resolved; `episode` counts how often the incident
    was opened. `ended_at` and `ended_by` are known when it is resolved, and `end_reason` where
    nothing passed. `folded` are messages of the same channel and owner that travel in this one.
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
    folded: tuple["Due", ...] = ()

    @property
    def together(self) -> tuple["Due", ...]:
        """This message and those that travel in it."""
        return (self, *self.folded)

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt, so that a receiver can drop a second copy."""
        named = "".join(
            f"{one.channel}/{one.incident.key}/{one.event}/{one.episode}" for one in self.together
        )
        return hashlib.sha256(named.encode()).hexdigest()[:32]


def take(connection: Any, tried: list[int], folds: Callable[[str], bool]) -> Due | None:
    """Lock the next due message, except those in `tried`; the lock lasts until `mark_*`.

    One sender at a time sends to a channel, and never more than `MOST` messages a minute; what is
    more waits. After `ALONE` of them what is due to an owner travels as one message, on channels
    that `folds` allows.
    """
    busy: list[str] = []
    while True:
        row = connection.execute(_NEXT, {"tried": tried, "busy": busy}).fetchone()
        if row is None:
            connection.commit()
            return None
        due = _due(row)
        recent = _recent(connection, due.channel)
        if recent is None or recent >= MOST:
            connection.rollback()
            busy.append(due.channel)
            continue
        return _with_rest(connection, due) if recent >= ALONE and folds(due.channel) else due


def mark_sent(connection: Any, due: Due, receipt: str) -> None:
    """Keep the receipt and end the transaction of `take`."""
    connection.execute(
        "update throughline.outbox set sent_at = now(), receipt = %s, last_error = null, "
        "attempts = attempts + 1, folded_into = nullif(%s, message_id) where message_id = any(%s)",
        [receipt, due.message_id, [one.message_id for one in due.together]],
    )
    connection.commit()


def mark_failed(
    connection: Any, due: Due, error: str, wait_seconds: float, backups: Mapping[int, str]
) -> None:
    """Note the error, plan the next attempt and end the transaction of `take`.

    `backups` says by message id which other channel is owed the same news, once.
    """
    connection.execute(
        "update throughline.outbox set last_error = %s, attempts = attempts + 1, "
        "next_attempt_at = now() + make_interval(secs => %s) where message_id = any(%s)",
        [error[:500], wait_seconds, [one.message_id for one in due.together]],
    )
    for one in due.together:
        if one.message_id in backups:
            connection.execute(
                "insert into throughline.outbox (incident_id, channel, episode, event) "
                "values (%s, %s, %s, %s) on conflict do nothing",
                [one.incident_id, backups[one.message_id], one.episode, one.event],
            )
    connection.commit()


def _due(row: dict[str, Any]) -> Due:
    head = {name: row.pop(name) for name in _HEAD}
    return Due(**head, incident=Incident(**row))


def _recent(connection: Any, channel: str) -> int | None:
    """Messages sent to a channel in the last minute; None while somebody else sends to it."""
    sql = "select pg_try_advisory_xact_lock(hashtextextended(%s, %s)) as got"
    if not connection.execute(sql, [channel, LOCK]).fetchone()["got"]:
        return None
    return int(connection.execute(_RECENT, [channel]).fetchone()["rows_found"])


def _with_rest(connection: Any, due: Due) -> Due:
    given = {"tried": [due.message_id], "channel": due.channel, "owner": due.incident.owner}
    rest = connection.execute(_REST, given).fetchall()
    return replace(due, folded=tuple(_due(row) for row in rest))


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
