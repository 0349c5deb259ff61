"""Schema `throughline` of the state database: incidents, what became of them, messages they owe."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from throughline.errors import ConfigError
from throughline.settings import Settings

LOCK = 7_205_114_926_843_011
"""Advisory lock of the schema; the next number is that of draining the spool."""

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
alter table throughline.incidents
    add column if not exists episode integer not null default 1,
    add column if not exists is_flapping boolean not null default false,
    add column if not exists acknowledged_at timestamptz,
    add column if not exists acknowledged_by text,
    add column if not exists resolved_at timestamptz,
    add column if not exists resolved_by text,
    add column if not exists end_reason text not null default '',
    add column if not exists first_bad_run text not null default '',
    add column if not exists blast_radius text[] not null default '{}',
    add column if not exists served text not null default '';
create table if not exists throughline.incident_parts (
    incident_id bigint not null references throughline.incidents,
    part text not null,
    detail text not null,
    failed_at timestamptz not null,
    passed_at timestamptz,
    primary key (incident_id, part)
);
create table if not exists throughline.incident_events (
    event_id bigint generated always as identity primary key,
    incident_id bigint not null references throughline.incidents,
    event text not null,
    happened_at timestamptz not null,
    who text not null
);
create index if not exists incident_events_of on throughline.incident_events (incident_id);
create table if not exists throughline.outbox (
    message_id bigint generated always as identity primary key,
    incident_id bigint not null references throughline.incidents,
    channel text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    receipt text,
    last_error text
);
alter table throughline.outbox
    add column if not exists episode integer not null default 1,
    add column if not exists event text not null default 'opened',
    add column if not exists folded_into bigint,
    drop constraint if exists outbox_incident_id_channel_key;
create unique index if not exists outbox_once
    on throughline.outbox (incident_id, channel, episode, event);
create index if not exists outbox_sent on throughline.outbox (channel, sent_at);
"""


def unreachable() -> tuple[type[Exception], ...]:
    """Errors that mean: no state database now."""
    import psycopg

    return (psycopg.Error, OSError, ConfigError)


def silence(error: BaseException) -> str:
    """What such an error says, in one line."""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    return f"the database of incidents does not answer: {first}"


def opened(url: str, **more: Any) -> Any:
    """Connect to the state database; what is wrong in an address may be its password: not told.

    Raises:
        ConfigError: the address is none.
        psycopg.Error: nothing answers there.
    """
    import psycopg

    try:
        return psycopg.connect(url, connect_timeout=5, **more)
    except psycopg.ProgrammingError:
        raise ConfigError(
            "THROUGHLINE_STATE_URL is no address of a PostgreSQL database, as in"
            " postgresql://user:password@host:5432/database (special characters percent-encoded)"
        ) from None


@contextmanager
def connect(settings: Settings) -> Iterator[Any]:
    """Open the state database with its tables in place; commits at the end.

    Raises:
        ConfigError: no state database is known.
        psycopg.Error: it cannot be reached.
    """
    from psycopg.rows import dict_row

    url = settings.state_url
    if url is None:
        raise ConfigError("no state database is known; `make up` starts one")
    limits = "-c lock_timeout=5s -c statement_timeout=15s"
    with opened(url, options=limits, row_factory=dict_row) as con:
        known = con.execute("select to_regclass('throughline.outbox_sent') as found").fetchone()
        if known["found"] is None:
            con.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            con.execute(_TABLES)
        con.commit()
        yield con
