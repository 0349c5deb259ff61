"""Incidents and the messages they owe, in schema `throughline` of the state database.

An incident and its outbox rows are written in one transaction: one row per channel, whatever
happens twice. A row is locked while its message is on the way and marked in the same transaction,
so two senders never send one message, and a sender that dies before the mark sends it again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from throughline.alerts.incident import Incident
from throughline.errors import ConfigError
from throughline.settings import Settings

_LOCK = 7_205_114_926_843_011
"""Advisory lock of the schema and of draining the spool."""

_TABLES = """
create schema if not exists throughline;
create table if not exists throughline.incidents (
    incident_id bigint generated always as identity primary key,
    dedup_key text not null unique,
    kind text not null,
    subject text not null,
    "window" text not null,
    owner text not null,
    severity text not null,
    summary text not null,
    blocks text not null,
    command text not null,
    detail text not null,
    occurrences integer not null default 1,
    opened_at timestamptz not null,
    last_seen_at timestamptz not null
);
create table if not exists throughline.outbox (
    message_id bigint generated always as identity primary key,
    incident_id bigint not null references throughline.incidents,
    channel text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    receipt text,
    last_error text,
    unique (incident_id, channel)
);
"""

_RECORD = """
insert into throughline.incidents (
    dedup_key, kind, subject, "window", owner, severity, summary, blocks, command, detail,
    opened_at, last_seen_at
)
values (
    %(key)s, %(kind)s, %(subject)s, %(window)s, %(owner)s, %(severity)s, %(summary)s, %(blocks)s,
    %(command)s, %(detail)s, %(reported_at)s, %(reported_at)s
)
on conflict (dedup_key) do update
set
    occurrences = throughline.incidents.occurrences + 1,
    last_seen_at = greatest(throughline.incidents.last_seen_at, excluded.last_seen_at)
returning incident_id
"""

_NEXT = """
select outbox.message_id, outbox.channel, outbox.attempts, incidents.kind, incidents.subject,
    incidents."window", incidents.owner, incidents.severity, incidents.summary, incidents.blocks,
    incidents.command, incidents.detail, incidents.opened_at as reported_at
from throughline.outbox
inner join throughline.incidents using (incident_id)
where outbox.sent_at is null and outbox.next_attempt_at <= now() and outbox.message_id <> all(%s)
order by outbox.next_attempt_at, outbox.message_id
limit 1
for update of outbox skip locked
"""


@dataclass(frozen=True)
class Due:
    """A message on its way: it keeps `message_id` over all attempts."""

    message_id: int
    channel: str
    attempts: int
    incident: Incident

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt, so that a receiver can drop a second copy."""
        return hashlib.sha256(f"{self.channel}/{self.incident.key}".encode()).hexdigest()[:32]


def unreachable() -> tuple[type[Exception], ...]:
    """Errors that mean: no state database now."""
    import psycopg

    return (psycopg.Error, OSError, ConfigError)


def channels(settings: Settings) -> list[str]:
    """Channels that are configured."""
    given = {"webhook": settings.alerts.webhook, "email": settings.alerts.email}
    return [name for name, section in given.items() if section is not None]


@contextmanager
def connect(settings: Settings) -> Iterator[Any]:
    """Open the state database with its tables in place; commits at the end.

    Raises:
        ConfigError: no state database is known.
        psycopg.Error: it cannot be reached.
    """
    import psycopg
    from psycopg.rows import dict_row

    url = settings.state_url
    if url is None:
        raise ConfigError("no state database is known; `make up` starts one")
    limits = "-c lock_timeout=5s -c statement_timeout=15s"
    with psycopg.connect(url, connect_timeout=5, options=limits, row_factory=dict_row) as opened:
        known = opened.execute("select to_regclass('throughline.outbox') as found").fetchone()
        if known["found"] is None:
            opened.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            opened.execute(_TABLES)
        opened.commit()
        yield opened


def record(connection: Any, incident: Incident, channel_names: list[str]) -> None:
    """Write an incident and one outbox row per channel, or count it up; commits."""
    given = {**incident.as_json(), "key": incident.key}
    row = connection.execute(_RECORD, given).fetchone()
    for channel in channel_names:
        connection.execute(
            "insert into throughline.outbox (incident_id, channel) values (%s, %s) "
            "on conflict (incident_id, channel) do nothing",
            [row["incident_id"], channel],
        )
    connection.commit()


def take(connection: Any, tried: list[int]) -> Due | None:
    """Lock the next due message, except those in `tried`; the lock lasts until `mark_*`."""
    row = connection.execute(_NEXT, [tried]).fetchone()
    if row is None:
        connection.commit()
        return None
    head = {name: row.pop(name) for name in ("message_id", "channel", "attempts")}
    return Due(**head, incident=Incident(**row))


def mark_sent(connection: Any, due: Due, receipt: str) -> None:
    """Keep the receipt and end the transaction of `take`."""
    connection.execute(
        "update throughline.outbox set sent_at = now(), receipt = %s, last_error = null, "
        "attempts = attempts + 1 where message_id = %s",
        [receipt, due.message_id],
    )
    connection.commit()


def mark_failed(connection: Any, due: Due, error: str, wait_seconds: float) -> None:
    """Note the error, plan the next attempt and end the transaction of `take`."""
    connection.execute(
        "update throughline.outbox set last_error = %s, attempts = attempts + 1, "
        "next_attempt_at = now() + make_interval(secs => %s) where message_id = %s",
        [error[:500], wait_seconds, due.message_id],
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
    row = connection.execute("select pg_try_advisory_lock(%s) as got", [_LOCK + 1]).fetchone()
    connection.commit()
    return bool(row["got"])
