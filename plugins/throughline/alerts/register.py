"""Read incidents, acknowledge them and resolve them by hand, for the command line and the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from throughline.alerts import ledger, owed, routes, state
from throughline.errors import NotFoundError, ThroughlineError
from throughline.settings import Settings

_LIST = """
select incident_id, dedup_key, kind, subject, "window", owner, severity, summary, blocks, command,
    occurrences, is_flapping, opened_at, last_seen_at, acknowledged_at, acknowledged_by,
    resolved_at, resolved_by, end_reason, first_bad_run, blast_radius, served,
    case
        when resolved_at is not null then 'resolved'
        when acknowledged_at is not null then 'acknowledged'
        else 'open'
    end as status
from throughline.incidents
where resolved_at is null or %s
order by opened_at desc, incident_id desc
limit %s
"""
_HISTORY = """
select event, happened_at, who
from throughline.incident_events
where incident_id = %s
order by event_id
"""
_PARTS = """
select part, detail, failed_at, passed_at
from throughline.incident_parts
where incident_id = %s
order by passed_at is not null, part
"""
_MESSAGES = """
select message_id, channel, event, episode, attempts, next_attempt_at, sent_at, receipt, last_error
from throughline.outbox
where incident_id = %s
order by message_id
"""
_ACKNOWLEDGE = """
update throughline.incidents
set acknowledged_at = %s, acknowledged_by = %s
where incident_id = %s and resolved_at is null and acknowledged_at is null
returning *
"""


def incidents(
    settings: Settings, resolved_too: bool = False, limit: int | None = 500
) -> list[dict[str, Any]]:
    """Incidents, newest first; `status` is open, acknowledged or resolved.

    `blast_radius` lists the published tables (`schema.table`) and then the exposures
    (`exposure:name`) made of what failed, `served` is the release read when it opened.

    Raises:
        ThroughlineError: the state database cannot be reached.
    """
    with _connected(settings) as connection:
        return connection.execute(_LIST, [resolved_too, limit]).fetchall()


def incident(settings: Settings, incident_id: int) -> dict[str, Any]:
    """One incident with its `detail`, `history`, `parts` and `messages`.

    Raises:
        ThroughlineError: there is no such incident, or no state database.
    """
    with _connected(settings) as connection:
        found = _find(connection, incident_id)
        for name, sql in (("history", _HISTORY), ("parts", _PARTS), ("messages", _MESSAGES)):
            found[name] = connection.execute(sql, [incident_id]).fetchall()
        return found


def acknowledge(settings: Settings, incident_id: int, who: str) -> bool:
    """Say that somebody is at it: unsent news are taken back; False when it was no news.

    Later nights with the same failures stay silent until it is resolved.

    Raises:
        ThroughlineError: there is no such incident, or no state database.
    """
    now = datetime.now(UTC)
    with _connected(settings) as connection:
        _find(connection, incident_id)
        changed = connection.execute(_ACKNOWLEDGE, [now, who, incident_id]).fetchone()
        if changed:
            ledger.note(connection, changed, "acknowledged", now, who)
            owed.acknowledged(connection, changed, routes.stateful(settings))
        return changed is not None


def resolve(settings: Settings, incident_id: int, who: str) -> bool:
    """End an incident by hand; False when it was over already.

    Raises:
        ThroughlineError: there is no such incident, or no state database.
    """
    with _connected(settings) as connection:
        _find(connection, incident_id)
        return ledger.resolve(connection, settings, [incident_id], who, datetime.now(UTC)) == 1


@contextmanager
def _connected(settings: Settings) -> Iterator[Any]:
    try:
        with state.connect(settings) as connection:
            yield connection
    except ThroughlineError:
        raise
    except state.unreachable() as error:
        raise ThroughlineError(f"{state.silence(error)}; `throughline up` starts it") from error


def _find(connection: Any, incident_id: int) -> dict[str, Any]:
    sql = "select * from throughline.incidents where incident_id = %s"
    found = connection.execute(sql, [incident_id]).fetchone()
    if found is None:
        raise NotFoundError(
            f"there is no incident {incident_id}; `throughline alerts list --all` shows all"
        )
    return found
