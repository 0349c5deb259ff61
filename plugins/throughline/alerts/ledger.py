"""The life of an incident: opened, repeated, acknowledged, resolved, opened again.

Each function is one transaction: the incident and the messages it owes are written together.
"""

from datetime import datetime, timedelta
from typing import Any

from throughline.alerts import owed, routes
from throughline.alerts.incident import Incident, Recovery
from throughline.settings import Settings

FLAPS, FLAP_WINDOW = 3, timedelta(hours=24)
"""An incident that was resolved so often in so long is flapping when it opens again."""

FLAPPING_HOLD = timedelta(hours=1)
"""A flapping incident is called resolved only after it stayed so for this long."""

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
returning *
"""
_REOPEN = """
update throughline.incidents
set
    episode = episode + 1, opened_at = %(reported_at)s, summary = %(summary)s,
    blocks = %(blocks)s, command = %(command)s, detail = %(detail)s, is_flapping = (
        select count(*) >= %(flaps)s
        from throughline.incident_events as past
        where past.incident_id = incidents.incident_id and past.event = 'resolved'
            and past.happened_at > %(since)s
    ),
    acknowledged_at = null, acknowledged_by = null, resolved_at = null, resolved_by = null
where incident_id = %(incident_id)s
returning *
"""
_PARTS = """
insert into throughline.incident_parts (incident_id, part, detail, failed_at)
select %s, given.part, given.detail, %s
from unnest(%s::text[], %s::text[]) as given (part, detail)
on conflict (incident_id, part) do update
set detail = excluded.detail, failed_at = excluded.failed_at, passed_at = null
"""
_INHERIT = """
update throughline.incidents as born
set acknowledged_at = known.acknowledged_at, acknowledged_by = known.acknowledged_by
from throughline.incidents as known
where born.incident_id = %(incident_id)s and known.incident_id < born.incident_id
    and known.kind = born.kind and known.subject = born.subject
    and known.acknowledged_at is not null and known.resolved_at is null
    and not exists (
        select part from throughline.incident_parts where incident_id = born.incident_id
        except
        select part from throughline.incident_parts
        where incident_id = known.incident_id and passed_at is null
    )
returning born.acknowledged_by
"""
_EARLIER = """
("window" = %(window)s or (
    "window" < %(window)s and "window" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
    and %(window)s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
))
"""
_PASS_PARTS = f"""
update throughline.incident_parts
set passed_at = %(passed_at)s
from throughline.incidents
where incidents.incident_id = incident_parts.incident_id and incidents.resolved_at is null
    and incidents.kind = any(%(kinds)s) and {_EARLIER}
    and incident_parts.part = any(%(parts)s) and incident_parts.passed_at is null
    and incident_parts.failed_at <= %(passed_at)s
returning incident_parts.incident_id
"""
_WHOLE = """
select incident_id
from throughline.incident_parts
where incident_id = any(%s)
group by incident_id
having bool_and(passed_at is not null)
"""
_PASSED = f"""
select incident_id
from throughline.incidents
where resolved_at is null and kind = any(%(kinds)s) and {_EARLIER}
    and opened_at <= %(passed_at)s and (
        subject = %(subject)s
        or (right(%(subject)s, 1) = '.' and starts_with(subject, %(subject)s))
    )
"""
_LOCK = """
select incident_id
from throughline.incidents
where incident_id = any(%s)
order by incident_id
for update
"""
_RESOLVE = """
update throughline.incidents
set resolved_at = %s, resolved_by = %s
where incident_id = any(%s) and resolved_at is null
returning *
"""


def record(connection: Any, settings: Settings, incident: Incident) -> None:
    """Open an incident, count it up, or open it again where it was over; commits."""
    given = {**incident.as_json(), "key": incident.key}
    row = connection.execute(_RECORD, given).fetchone()
    is_new = row["occurrences"] == 1
    is_over = row["resolved_at"] is not None and row["resolved_at"] < incident.reported_at
    if is_over:
        limits = {"flaps": FLAPS, "since": incident.reported_at - FLAP_WINDOW}
        row = connection.execute(
            _REOPEN, {**given, **limits, "incident_id": row["incident_id"]}
        ).fetchone()
    if incident.parts and row["resolved_at"] is None:
        names, details = list(incident.parts), list(incident.parts.values())
        connection.execute(_PARTS, [row["incident_id"], incident.reported_at, names, details])
    if is_new or is_over:
        note(connection, row, "opened", incident.reported_at, "throughline")
        _tell(connection, settings, row, incident.reported_at)
    connection.commit()


def recover(connection: Any, settings: Settings, recovery: Recovery) -> int:
    """Resolve what a recovery ends and return how many incidents that were; commits."""
    given = {
        "kinds": list(recovery.kinds),
        "subject": recovery.subject,
        "window": recovery.window,
        "parts": list(recovery.parts),
        "passed_at": recovery.passed_at,
    }
    if recovery.parts:
        touched = _ids(connection.execute(_PASS_PARTS, given))
        over = _ids(connection.execute(_WHOLE, [touched]))
    else:
        over = _ids(connection.execute(_PASSED, given))
    return resolve(connection, settings, over, "a later run", recovery.passed_at)


def resolve(
    connection: Any, settings: Settings, incident_ids: list[int], who: str, at: datetime
) -> int:
    """Resolve incidents that are open and return how many those were; commits."""
    connection.execute(_LOCK, [incident_ids])
    ended = connection.execute(_RESOLVE, [at, who, incident_ids]).fetchall()
    for incident in ended:
        note(connection, incident, "resolved", at, who)
    oldest_first = sorted(ended, key=lambda incident: incident["opened_at"])
    due = {found["incident_id"]: _due_at(settings, found, at) for found in ended}
    owed.resolved(connection, oldest_first, due, routes.stateful(settings))
    connection.commit()
    return len(ended)


def note(connection: Any, incident: dict[str, Any], event: str, at: datetime, who: str) -> None:
    """Add a line to an incident's history."""
    connection.execute(
        "insert into throughline.incident_events (incident_id, event, happened_at, who) "
        "values (%s, %s, %s, %s)",
        [incident["incident_id"], event, at, who],
    )


def _tell(connection: Any, settings: Settings, incident: dict[str, Any], at: datetime) -> None:
    """Owe the news, unless somebody acknowledged this very failure on an earlier night."""
    inherited = connection.execute(_INHERIT, incident).fetchone()
    if inherited:
        note(connection, incident, "acknowledged", at, inherited["acknowledged_by"])
        return
    due_at = routes.due_at(settings, incident["severity"], at)
    owed.opened(connection, incident, routes.channels(settings, incident["owner"]), due_at)


def _due_at(settings: Settings, incident: dict[str, Any], at: datetime) -> datetime | None:
    """When its end may be announced; of a flapping incident, when it stayed so for a while."""
    held = at + FLAPPING_HOLD if incident["is_flapping"] else at
    quiet = routes.due_at(settings, incident["severity"], held)
    return quiet or (held if incident["is_flapping"] else None)


def _ids(found: Any) -> list[int]:
    return sorted({row["incident_id"] for row in found.fetchall()})
